"""Processes that talk: the short ways of pipes and rendezvous, and the CPU that is handed on within a run.

Whatever processes do, it must come to the same as by the long ways: each call made again by the scheduler.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from elf9.kernel import chan
from elf9.kernel.dev import pipe
from elf9.kernel.kernel import Kernel
from elf9.kernel.memory import DATA
from elf9.kernel.process import Process
from elf9.kernel.sync import Meeting

from .fake_cpu import FakeCpu, Step, call
from .test_kernel import Machine, data_address

PWRITE, PREAD, RFORK, RENDEZVOUS, SEMACQUIRE, SEMRELEASE, SLEEP, CLOSE, PIPE = 51, 50, 19, 34, 37, 38, 17, 4, 21
ALARM = 6
RFPROC, RFMEM = 1 << 4, 1 << 5
NO_MEMORY = 0x10000000
#: Descriptors of the ends of three pipes, the first ones that are free.
ENDS = range(3, 9)
PROCESSES, STEPS, SEEDS = 4, 60, 12


def scenario(machine: Machine, seed: int) -> list[list[Step]]:
    """What each of some processes does: pipes, meetings, semaphores, notes, mistakes."""
    chance = random.Random(seed)
    base = data_address(machine)
    close_some = chance.random() < 0.3
    large = chance.random() < 0.3

    def post(number: int) -> Step:
        def step(_cpu: FakeCpu) -> None:
            for process in list(machine.kernel.processes.values()):
                if process.pid == number:
                    machine.kernel.post_note(process, b"hello")

        return step

    def one() -> Step:
        kind = chance.random()
        end = chance.choice(ENDS)
        address = base + chance.randrange(0x100)
        sizes = (0, 1, 1, 1, 2, 15, 16, 100, *((65536, 70000, 300000, 1 << 31) if large else ()))
        size = chance.choice(sizes)
        if kind < 0.02:
            address = chance.choice((NO_MEMORY, base - 1, 0, 1 << 63))
        offset = -1 if chance.random() < 0.95 else chance.choice((0, 5, -2))
        if kind < 0.42:
            return call(PWRITE, end, address, size, offset)
        if kind < 0.75:
            return call(PREAD, end, address, size, offset)
        if kind < 0.82:
            return call(RENDEZVOUS, chance.randrange(2), chance.randrange(1000))
        if kind < 0.91:
            return call(SEMRELEASE, base + 0x200, chance.randrange(2))
        if kind < 0.94:
            return call(SEMACQUIRE, base + 0x200, chance.randrange(2))
        if kind < 0.96:
            return call(SLEEP, 0)
        if kind < 0.98:
            return call(CLOSE, end) if close_some else call(SEMRELEASE, base + 0x200, 1)
        return post(1 + chance.randrange(PROCESSES)) if chance.random() < 0.5 else call(SLEEP, -1)

    def push() -> Step:
        kind = chance.random()
        if kind < 0.5:
            return call(SLEEP, 0)
        if kind < 0.8:
            return call(PWRITE, chance.choice(ENDS), base + 0x180, 1, -1)
        return call(SEMRELEASE, base + 0x200, 1) if kind < 0.9 else post(1 + chance.randrange(PROCESSES))

    # and one that keeps them going
    return [[one() for _ in range(STEPS)] for _ in range(PROCESSES)] + [[push() for _ in range(10 * STEPS)]]


def history(
    folder: Path, name: str, seed: int, *, passes: bool = True
) -> tuple[str | None, list[list[int]], list[int], bytes, str, int, int]:
    """What became of a scenario; and how often the CPU was handed on."""
    folder.mkdir()
    machine = Machine(folder, name)
    machine.start()
    base = data_address(machine)
    segment = machine.process.memory.segments[DATA]
    assert segment is not None
    first, *others = scenario(machine, seed)
    machine.cpu.passes = passes
    machine.cpu.children = [[*steps, call(8, 0)] for steps in others]
    machine.process.handler = machine.target.text_base
    start = [call(PIPE, base + 8 * number) for number in range(len(ENDS) // 2)]
    forks = [call(RFORK, RFPROC | RFMEM)] * len(others)
    machine.options.wait_all = True
    limit = machine.run(*start, *forks, *first)
    results = [machine.cpu.results, *(cpu.results for cpu in machine.cpu.born)]
    left = [len(cpu.steps) for cpu in (machine.cpu, *machine.cpu.born)]
    memory = bytes(segment.regions[0].view[: segment.top - segment.base])
    passed = sum(cpu.passed for cpu in (machine.cpu, *machine.cpu.born))
    said, calls = machine.said(), machine.kernel.calls
    machine.close()
    return limit, results, left, memory, said, calls, passed


@pytest.mark.parametrize("name", ["amd64", "arm64"])
def test_the_same_as_the_long_way(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = range(SEEDS)
    quick = [history(tmp_path / f"quick{seed}", name, seed) for seed in seeds]
    stays = [history(tmp_path / f"stays{seed}", name, seed, passes=False) for seed in seeds]

    def long_way(_self: object, process: Process) -> int | None:
        return process.kernel.make_call(process)

    for owner in (pipe.Flow, Meeting):
        monkeypatch.setattr(owner, "again", long_way)
    for short in ("receive", "send"):
        monkeypatch.setattr(pipe.Flow, short, lambda *_: chan.NOT_SIMPLE)
    monkeypatch.setattr(Kernel, "_pass_on", lambda *_: None)
    slow = [history(tmp_path / f"slow{seed}", name, seed) for seed in seeds]
    for seed in seeds:
        assert quick[seed][:-1] == stays[seed][:-1] == slow[seed][:-1], f"scenario {seed}"
    assert sum(found[-1] for found in quick) > 5 * SEEDS
    assert not any(found[-1] for found in stays + slow)
    # they differ, and come to different ends
    assert {found[0] for found in quick} == {None, "deadlock"}


def test_an_echo_stays_within_one_run(tmp_path: Path) -> None:
    """A byte to another process and back, many times: the CPU comes back a few times, not with each."""
    machine = Machine(tmp_path, "amd64")
    machine.start()
    base = data_address(machine)
    count = 50
    to, back = (3, 4), (5, 6)
    machine.cpu.children = [
        [call(PREAD, to[1], base, 1, -1), call(PWRITE, back[1], base, 1, -1)] * count + [call(8, 0)],
    ]
    machine.run(
        call(PIPE, base),
        call(PIPE, base + 8),
        call(RFORK, RFPROC),
        *([call(PWRITE, to[0], base, 1, -1), call(PREAD, back[0], base, 1, -1)] * count),
    )
    (child,) = machine.cpu.born
    assert machine.cpu.results[3:] == [1] * 2 * count
    assert child.results[1:] == [1] * 2 * count
    assert machine.cpu.passed + child.passed >= 2 * count - 4
    assert machine.kernel.switches >= 2 * count
    machine.close()


def test_a_note_that_the_call_brought_comes_first(tmp_path: Path) -> None:
    """A writer that waits is woken as the reader's end closes: it dies, and does not go on behind its call."""
    machine = Machine(tmp_path, "amd64")
    machine.start()
    base = data_address(machine)
    first, second = (3, 4), (5, 6)
    machine.cpu.children = [[call(CLOSE, first[1]), call(PREAD, second[1], base, 1, -1)]]
    machine.run(
        call(PIPE, base),
        call(PIPE, base + 8),
        call(RFORK, RFPROC),
        call(PWRITE, first[0], base, 0x1000, -1),
        *[call(PWRITE, first[0], base, 0x1000, -1)] * 100,
    )
    (child,) = machine.cpu.born
    assert child.steps == []
    assert machine.process.exit_string == b"sys: write on closed pipe pc=0x200103"
    # the call that failed was the last one
    assert machine.cpu.results[3:].count(0x1000) == len(machine.cpu.results) - 4
    assert machine.cpu.results[-1] == -1
    machine.close()


def test_alarms_that_were_taken_back_are_forgotten(tmp_path: Path) -> None:
    """A program that sets an alarm for each thing it does keeps one timer, not one for each of them."""
    machine = Machine(tmp_path, "amd64")
    machine.start()
    most = 0

    def look(_cpu: FakeCpu) -> None:
        nonlocal most
        most = max(most, len(machine.kernel._timers))

    hour = 3600 * 1000
    machine.run(*([call(ALARM, hour)] * 1500 + [look]) * 4, call(ALARM, 0))
    assert 0 < most <= 2000
    assert machine.cpu.results[1] > hour - 60_000
    machine.close()
