"""The one other thread: limits of time and memory, the host's signals, and the clock's ticks.

Python runs no signal handler while the guest runs (facts/unicorn.md §7), so a signal's byte wakes this
thread through a pipe, and the thread makes the CPU come back:

- the time is over, or too much memory is used: the run ends (`reason`);
- SIGINT (Ctrl-C): the kernel is asked for an `interrupt` note, the second one within two seconds ends the run;
- SIGQUIT (Ctrl-\\) and SIGINFO: the kernel is asked to show its processes (`asked`);
- SIGTERM, and SIGHUP when its terminal goes: the run ends, and puts away what it made on the host;
- 100 times a second `on_tick`, where the kernel takes the CPU from who had it for too long.
"""

from __future__ import annotations

import _thread
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any
else:
    # What `signal` wraps: the wrapper imports enum, which takes 3 ms.
    import _signal as signal

__all__ = ["Terminated", "Watchdog", "resident_bytes"]

#: Seconds that a process has the CPU before others get it; ticks between two looks at the memory in use.
_TICK, _LOOK = 0.01, 5
#: Seconds within which a second Ctrl-C ends the run; seconds after which the CPU is stopped by force.
_TWICE, _FORCE = 2.0, 1.0
_PAGE = 4096

#: Signals that are taken, and what the kernel is asked for.
_SIGNALS = {
    signal.SIGINT: "interrupt",
    signal.SIGQUIT: "quit",
    signal.SIGTERM: "terminate",
    signal.SIGHUP: "terminate",
    **({signal.SIGINFO: "quit"} if hasattr(signal, "SIGINFO") else {}),
}


class Terminated(KeyboardInterrupt):
    """The host asked for an end with SIGTERM or SIGHUP."""


def resident_bytes() -> int:
    """Host memory that this process occupies, in bytes; 0 where the host does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if os.uname().sysname == "Darwin" else peak * 1024


class Watchdog:
    """Watches a run.  `reason` becomes `interrupt`, `terminate`, `timeout` or `memory` when it has to end.

    `asked` holds what the kernel is to do between two slices, `interrupt` or `quit`, until it has called `take`.
    `barks` is a host descriptor that is readable from then on, for who waits in select.  `preempt` and `stop` are
    called from the watchdog's thread, repeatedly: make the CPU come back, exactly where it was or anyhow.
    """

    __slots__ = (
        "_bark",
        "_done",
        "_interrupted",
        "_limit",
        "_lock",
        "_old",
        "_preempt",
        "_stop",
        "_timeout",
        "_wake",
        "_wakeup",
        "asked",
        "barks",
        "on_tick",
        "reason",
    )

    def __init__(
        self, preempt: Callable[[], None], stop: Callable[[], None], timeout: float | None, max_memory: int
    ) -> None:
        self._preempt = preempt
        self._stop = stop
        self._timeout = timeout
        self._limit = max_memory
        self._done = False
        #: When the last Ctrl-C came.
        self._interrupted = float("-inf")
        self.asked: list[str] = []
        self.reason: str | None = None
        #: Called about 100 times a second by the watchdog's thread.
        self.on_tick: Callable[[], None] = _nothing

    def __enter__(self) -> Watchdog:
        self._limit += resident_bytes()
        self.barks, self._bark = os.pipe()
        self._wakeup, self._wake = os.pipe()
        for descriptor in (self.barks, self._bark, self._wake):
            os.set_blocking(descriptor, False)
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        #: Handlers that were there, and the descriptor that was woken.
        self._old: dict[int, Any] = {}
        try:
            old = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
            for number in _SIGNALS:
                # What the host ignores, as a shell's background jobs do, stays ignored.
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._old[number] = signal.signal(number, _ignore)
            self._old[0] = old
        except ValueError:
            # Not in the main thread: signals are somebody else's.
            pass
        _thread.start_new_thread(self._watch, ())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if 0 in self._old:
            signal.set_wakeup_fd(self._old.pop(0))
            for number, handler in self._old.items():
                signal.signal(number, handler)
        self._done = True
        os.write(self._wake, b"\0")
        self._lock.acquire()
        for descriptor in (self.barks, self._bark, self._wakeup, self._wake):
            os.close(descriptor)

    def take(self) -> list[str]:
        """What was asked for since the last time, in its order; `barks` is quiet again unless the run has to end."""
        asked = self.asked
        self.asked = []
        self._quiet()
        if self.reason is not None:
            self._wake_who_waits()
        return asked

    def _watch(self) -> None:
        from select import select

        try:
            end = None if self._timeout is None else time.monotonic() + self._timeout
            looks = 0
            while not self._done and self.reason is None:
                self.on_tick()
                if self.asked:
                    # Again, if the CPU was just between two runs.
                    self._preempt()
                wait = _TICK
                if end is not None:
                    wait = min(wait, max(0.0, end - time.monotonic()))
                if select((self._wakeup,), (), (), wait)[0]:
                    for number in os.read(self._wakeup, 64):
                        self._signal(_SIGNALS.get(number, ""))
                elif end is not None and time.monotonic() >= end:
                    self.reason = "timeout"
                else:
                    looks += 1
                    if looks % _LOOK == 0 and resident_bytes() > self._limit:
                        self.reason = "memory"
            if self.reason is not None:
                self._wake_who_waits()
            force = time.monotonic() + _FORCE
            while not self._done:
                if time.monotonic() < force:
                    self._preempt()
                else:
                    self._stop()
                time.sleep(_TICK)
        finally:
            self._lock.release()

    def _signal(self, what: str) -> None:
        now = time.monotonic()
        if what == "terminate" or (what == "interrupt" and now - self._interrupted < _TWICE):
            self.reason = what
        elif what:
            if what == "interrupt":
                self._interrupted = now
            self.asked.append(what)
            self._wake_who_waits()
            self._preempt()

    def _quiet(self) -> None:
        try:
            os.read(self.barks, 64)
        except BlockingIOError:
            return

    def _wake_who_waits(self) -> None:
        try:
            os.write(self._bark, b"!")
        except BlockingIOError:
            # Full: it is readable.
            return


def _nothing() -> None:
    """No tick is asked for."""


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """The watchdog sees the signal; Python's handler must not raise in the middle of a callback."""
