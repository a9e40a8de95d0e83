"""The one other thread: it ends a run on Ctrl-C, on its time limit and on its memory limit.

Python runs no signal handler while the guest runs (facts/unicorn.md §7), so the signal's byte wakes
this thread through a pipe, and the thread stops the CPU.  That is safe for ending only.
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
else:
    # What `signal` wraps: the wrapper imports enum, which takes 3 ms.
    import _signal as signal

__all__ = ["Terminated", "Watchdog", "resident_bytes"]

#: Seconds between two looks at the memory in use, and between two tries to stop the guest.
_LOOK, _RETRY = 0.05, 0.01
#: Seconds that a process has the CPU before others get it.
_TICK = 0.01
_PAGE = 4096


class Terminated(KeyboardInterrupt):
    """The host asked for an end with SIGTERM."""


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
    """Watches a run.  `reason` becomes `interrupt`, `timeout` or `memory` when it has to end.

    `barks` is a host descriptor that is readable from then on, for who waits in select.
    """

    __slots__ = (
        "_bark",
        "_done",
        "_limit",
        "_lock",
        "_old",
        "_stop",
        "_timeout",
        "_wake",
        "_wakeup",
        "barks",
        "on_tick",
        "reason",
    )

    def __init__(self, stop: Callable[[], None], timeout: float | None, max_memory: int) -> None:
        self._stop = stop
        self._timeout = timeout
        self._limit = max_memory
        self._done = False
        self.reason: str | None = None
        #: Called about 100 times a second by the watchdog's thread.
        self.on_tick: Callable[[], None] = _nothing

    def __enter__(self) -> Watchdog:
        self._limit += resident_bytes()
        self.barks, self._bark = os.pipe()
        self._wakeup, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._old = None
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        try:
            handler = signal.signal(signal.SIGINT, _ignore)
            self._old = (handler, signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False))
        except ValueError:
            # Not in the main thread: signals are somebody else's.
            self._old = None
        _thread.start_new_thread(self._watch, ())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._old is not None:
            handler, descriptor = self._old
            signal.set_wakeup_fd(descriptor)
            signal.signal(signal.SIGINT, handler)
        self._done = True
        os.write(self._wake, b"\0")
        self._lock.acquire()
        for descriptor in (self.barks, self._bark, self._wakeup, self._wake):
            os.close(descriptor)

    def _watch(self) -> None:
        from select import select

        try:
            end = None if self._timeout is None else time.monotonic() + self._timeout
            while not self._done and self.reason is None:
                self.on_tick()
                wait = _TICK
                if end is not None:
                    wait = min(wait, max(0.0, end - time.monotonic()))
                if select((self._wakeup,), (), (), wait)[0]:
                    if signal.SIGINT in os.read(self._wakeup, 64):
                        self.reason = "interrupt"
                elif end is not None and time.monotonic() >= end:
                    self.reason = "timeout"
                elif resident_bytes() > self._limit:
                    self.reason = "memory"
            if self.reason is not None:
                os.write(self._bark, b"!")
            while not self._done:
                self._stop()
                time.sleep(_RETRY)
        finally:
            self._lock.release()


def _nothing() -> None:
    """No tick is asked for."""


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """The watchdog sees the signal; Python's handler must not raise in the middle of a callback."""
