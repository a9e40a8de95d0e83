"""The watchdog: signals, limits and ticks, with a run that does nothing but wait."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from select import select

import pytest

from elf9.kernel.watchdog import Watchdog


class Run:
    """What the watchdog does to a run."""

    def __init__(self, timeout: float | None = None, max_memory: int = 1 << 40) -> None:
        self.preempted = self.stopped = self.ticks = 0
        self.watchdog = Watchdog(self.preempt, self.stop, timeout, max_memory)
        self.watchdog.on_tick = self.tick

    def preempt(self) -> None:
        self.preempted += 1

    def stop(self) -> None:
        self.stopped += 1

    def tick(self) -> None:
        self.ticks += 1


def wait(condition: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def barks(watchdog: Watchdog) -> bool:
    return bool(select([watchdog.barks], [], [], 0)[0])


def kill(number: int) -> None:
    os.kill(os.getpid(), number)


def test_the_first_interrupt_asks_and_the_second_ends() -> None:
    run = Run()
    with run.watchdog as watchdog:
        kill(signal.SIGINT)
        wait(lambda: watchdog.asked)
        wait(lambda: barks(watchdog))
        wait(lambda: run.preempted >= 1)
        assert watchdog.take() == ["interrupt"]
        assert not barks(watchdog)
        assert watchdog.take() == []
        assert watchdog.reason is None
        kill(signal.SIGINT)
        wait(lambda: watchdog.reason == "interrupt")
        wait(lambda: barks(watchdog))
        watchdog.take()
        assert barks(watchdog)


def test_interrupts_far_apart_are_two_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elf9.kernel.watchdog._TWICE", 0.0)
    run = Run()
    with run.watchdog as watchdog:
        for _ in range(3):
            kill(signal.SIGINT)
            wait(lambda: watchdog.take() == ["interrupt"])
        assert watchdog.reason is None


def test_quit_asks_each_time() -> None:
    with Run().watchdog as watchdog:
        for _ in range(3):
            kill(signal.SIGQUIT)
            wait(lambda: watchdog.take() == ["quit"])
        assert watchdog.reason is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_terminate_ends(number: signal.Signals) -> None:
    run = Run()
    with run.watchdog as watchdog:
        kill(number)
        wait(lambda: watchdog.reason == "terminate")


def test_who_does_not_come_back_is_asked_again_and_then_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elf9.kernel.watchdog._FORCE", 0.1)
    run = Run(timeout=0.05)
    with run.watchdog as watchdog:
        wait(lambda: watchdog.reason == "timeout")
        wait(lambda: run.preempted > 2)
        assert run.stopped == 0
        wait(lambda: run.stopped > 2)


def test_a_question_is_repeated_until_it_is_taken() -> None:
    run = Run()
    with run.watchdog as watchdog:
        kill(signal.SIGQUIT)
        wait(lambda: run.preempted > 3)
        watchdog.take()
        time.sleep(0.03)
        before = run.preempted
        time.sleep(0.05)
        assert run.preempted == before


def test_ticks() -> None:
    run = Run()
    with run.watchdog:
        time.sleep(0.3)
    assert 5 < run.ticks < 60


def test_memory() -> None:
    run = Run(max_memory=16 << 20)
    with run.watchdog as watchdog:
        time.sleep(0.15)
        assert watchdog.reason is None
        taken = bytearray(b"x" * (48 << 20))
        wait(lambda: watchdog.reason == "memory")
        del taken


def test_everything_is_as_before_afterwards() -> None:
    def old(*_: object) -> None:
        """Stands for whatever was there."""

    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
    before = {number: signal.signal(number, old) for number in numbers}
    try:
        descriptors = len(os.listdir("/dev/fd"))
        with Run().watchdog:
            assert signal.getsignal(signal.SIGTERM) is not old
        assert all(signal.getsignal(number) is old for number in numbers)
        assert len(os.listdir("/dev/fd")) == descriptors
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with Run().watchdog as watchdog:
            kill(signal.SIGINT)
            time.sleep(0.05)
            assert watchdog.asked == []
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
