"""Who runs when: the clock, processes that wait and are woken, slices of time, and a CPU that is handed on.

A process runs until a trap; a call that has to wait marks its process blocked (`block`), and is made again when what
it waits for is there (`unblock`).  What a trap or a call means is not known here: `elf9.kernel.calls` does that.

Where nothing special is about, a process that waits passes its CPU on to the next one within its system call
(`_pass_on`), so that the engine is not left: that is what makes two processes that talk quick.
"""

from __future__ import annotations

import os
import time
from _heapq import heapify, heappop, heappush
from time import monotonic_ns

from elf9.kernel.sync import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable
    from typing import Any

    from elf9.kernel.deep import Deep
    from elf9.kernel.dev.device import Devices
    from elf9.kernel.options import Options
    from elf9.kernel.process import Process
    from elf9.kernel.sync import Queue
    from elf9.kernel.watchdog import Watchdog
    from elf9.machine.cpu import Trap
else:
    # What `collections` hands on, without the millisecond that it takes.
    from _collections import deque

__all__ = ["DEAD", "READY", "Scheduler"]

#: What happens to a process, as /proc/trace has it (trace.h).
_RUN, READY, _SLEEP, DEAD = 3, 4, 5, 10
#: The call that changes the CPU as a whole, and may have to wait all the same: for what it executes.
_EXEC = 7
#: Ticks of the kernel's clock in a second.
_HZ = 100
#: From so many milliseconds on the kernel counts whole seconds (ms2tk).
_COARSE_MS = 1_000_000_000 // _HZ
#: The deterministic clock: its start, what a call and a block of code take, blocks in a slice.
_EPOCH_NS = 1_700_000_000_000_000_000
_CALL_NS, _BLOCK_NS = 1000, 10
_SLICE_BLOCKS = 100_000
_SLICE_BITS = 14
#: With a seed a slice may end inside of a block: behind 1 to 12 instructions of it, at its start in 4 of 16 cases.
_INSIDE_BITS, _AT_BLOCKS = 4, 3
#: Timers, at first, beyond which those that nobody waits for any more are thrown away.
_TIMERS = 1000
#: How often the host's descriptors are looked at while there is something else to do.
_POLL_NS = 1_000_000


class Scheduler:
    """The part of a kernel that lets processes take turns."""

    __slots__ = (
        "_polled_ns",
        "_random",
        "_readers",
        "_serial",
        "_slice_start",
        "_ticked",
        "_timers",
        "_timers_limit",
        "_virtual_ns",
        "calls",
        "current",
        "deep",
        "deterministic",
        "devices",
        "ending",
        "options",
        "processes",
        "ready",
        "slice_number",
        "switches",
        "watchdog",
    )

    devices: Devices
    watchdog: Watchdog

    def __init__(self, options: Options) -> None:
        self.options = options
        #: The living ones by pid, and those that are Broken.
        self.processes: dict[int, Process] = {}
        #: Who may run, first come, first served; and who does.
        self.ready: deque[Process] = deque()
        self.current: Process | None = None
        #: Lets calls wait in the middle, from the first conversation with a 9P server on (elf9.kernel.deep).
        self.deep: Deep | None = None
        #: The run is over although processes live: a limit, or nobody reads the output.
        self.ending = False
        #: System calls made so far, times that another process went on, and slices of time.
        self.calls = 0
        self.switches = 0
        self.slice_number = 0
        #: Calls that end at a time, alarms: (when, serial, process, the Block or None for its alarm).
        self._timers: list[tuple[int, int, Process, Block | None]] = []
        self._timers_limit = _TIMERS
        self._serial = 0
        #: Who waits for a host descriptor to be readable.
        self._readers: dict[int, list[Process]] = {}
        self._polled_ns = 0
        self._slice_start = 0
        #: The slice at the last tick.
        self._ticked = 0
        #: Time, chance and the order of processes are functions of `options.seed`.
        self.deterministic = options.seed is not None
        self._virtual_ns = 0
        self._random = None
        if options.seed is not None:
            from _random import Random

            self._random = Random(options.seed)

    # What processes do when it is their turn.

    def make_call(self, process: Process) -> int | None:
        """Do the call that a process is in: its result, or None if that is not now."""
        raise NotImplementedError

    def post_note(self, process: Process, text: bytes, kind: int = 0, *, fixed: bool = False) -> bool:
        """Post a note (postnote); False if it was refused, or five are waiting already."""
        raise NotImplementedError

    def _resume(self, process: Process) -> bool:
        """Make a blocked call again, or interrupt it; can the process go on in user mode?"""
        raise NotImplementedError

    def _serve_outside(self, process: Process) -> bool:
        """Make a call with the CPU at rest; False if the process does not go on now."""
        raise NotImplementedError

    def _handle(self, process: Process, trap: Trap) -> bool:
        """See to why the CPU came back; may the process go on at once?"""
        raise NotImplementedError

    def _may_go_on(self, process: Process) -> bool:
        """On the way to user mode: stops, kills and notes; False if the process does not get there."""
        raise NotImplementedError

    def _deeply(self, process: Process, function: Callable[..., Any], *args: object) -> Any:
        """What `function(*args)` returns, or None if it has to wait in the middle: then `process` is blocked."""
        raise NotImplementedError

    def _reap(self, process: Process) -> None:
        """Remove a process that has ended."""
        raise NotImplementedError

    # Time and chance.

    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return _EPOCH_NS + self.ticks_ns() if self.deterministic else time.time_ns()

    def ticks_ns(self) -> int:
        """Nanoseconds on a clock that never goes back; what Block(until=) counts in."""
        return self._virtual_ns + _CALL_NS * self.calls if self.deterministic else time.monotonic_ns()

    def random(self, count: int) -> bytes:
        """`count` random bytes."""
        if self._random is None:
            return os.urandom(count)
        return self._random.getrandbits(8 * count).to_bytes(count, "little") if count else b""

    def run_ns_of(self, process: Process) -> int:
        """Nanoseconds that a process has run."""
        return process.run_ns + (self.ticks_ns() - self._slice_start if process is self.current else 0)

    # Waiting.

    def wakeup(self, queue: Queue) -> None:
        """Everybody who waits in `queue` makes the call again."""
        while queue.waiters:
            self.unblock(queue.waiters[0])

    def wakeup_one(self, queue: Queue) -> None:
        """The first one who waits in `queue` makes the call again."""
        if queue.waiters:
            self.unblock(queue.waiters[0])

    def make_ready(self, process: Process) -> None:
        """Let a process run when its turn comes."""
        self.ready.append(process)

    def block(self, process: Process, block: Block) -> None:
        """The call that `process` is in has to wait; it returns None.  To raise `block` is the same, but slower."""
        process.blocked = block
        if process.debug is not None:
            self._event(process, _SLEEP)
        if block.eager and process.note_pending:
            self.ready.append(process)
            return
        process.waiting = True
        queue = block.queue
        if queue is not None:
            if block.front:
                queue.waiters.insert(0, process)
            else:
                queue.waiters.append(process)
        if block.until is not None:
            self._set_timer(block.until, process, block)
        if block.readable is not None:
            self._readers.setdefault(block.readable, []).append(process)
        if self.options.trace is not None:
            self.options.trace.blocked(process)

    def _wait_for(self, process: Process, block: Block) -> None:
        """The call of `process` raised `block`."""
        # its frames have views of memory, which could not be given back
        block.__traceback__ = None
        self.block(process, block)

    def unblock(self, process: Process) -> None:
        """What a process waits for has come, or a note: its call goes on when its turn comes."""
        block = process.blocked
        assert block is not None
        process.waiting = False
        queue = block.queue
        if queue is not None:
            waiters = queue.waiters
            if waiters and waiters[0] is process:
                del waiters[0]
            elif process in waiters:
                waiters.remove(process)
        if block.readable is not None:
            readers = self._readers[block.readable]
            readers.remove(process)
            if not readers:
                del self._readers[block.readable]
        if process.debug is not None:
            self._event(process, READY)
        self.ready.append(process)

    def _set_timer(self, when: int, process: Process, block: Block | None) -> None:
        self._serial += 1
        timers = self._timers
        if len(timers) >= self._timers_limit:
            # of a program that sets an alarm for each thing it does, and takes it back
            timers[:] = [timer for timer in timers if not _is_stale(*timer)]
            heapify(timers)
            self._timers_limit = 2 * len(timers) + _TIMERS
        heappush(timers, (when, self._serial, process, block))

    def set_alarm(self, process: Process, milliseconds: int) -> int:
        """alarm(2): milliseconds that were left of the one before, in whole ticks of the kernel's clock."""
        now = self.ticks_ns()
        left = -((now - process.alarm_ns) * _HZ // 1_000_000_000) * 1000 // _HZ if process.alarm_ns > now else 0
        process.alarm_ns = 0
        if milliseconds:
            # to the nearest tick of the kernel's clock
            exact = milliseconds < _COARSE_MS
            ticks = (milliseconds * _HZ + 500) // 1000 if exact else milliseconds // 1000 * _HZ
            process.alarm_ns = now + ticks * (1_000_000_000 // _HZ)
            self._set_timer(process.alarm_ns, process, None)
        return left

    def _look(self) -> None:
        """See whose time has come, and what can be read."""
        now = self.ticks_ns()
        timers = self._timers
        while timers and timers[0][0] <= now:
            when, _, process, block = heappop(timers)
            if block is None:
                if process.alarm_ns == when:
                    process.alarm_ns = 0
                    self.post_note(process, b"alarm", fixed=True)
            elif process.blocked is block and process.waiting:
                self.unblock(process)
        if self._readers and self.ready and now - self._polled_ns > _POLL_NS:
            self._polled_ns = now
            self._poll(0)

    def _poll(self, timeout: float | None) -> None:
        """Wake who waits for a host descriptor that can be read, after at most `timeout` seconds."""
        from select import select

        readable, _, _ = select([self.watchdog.barks, *self._readers], (), (), timeout)
        for descriptor in readable:
            for process in list(self._readers.get(descriptor, ())):
                self.unblock(process)

    def _wait(self) -> bool:
        """Nobody can run: wait for the time, or the host; False if nothing can ever happen."""
        timers = self._timers
        while timers and _is_stale(*timers[0]):
            heappop(timers)
        if not timers and not self._readers:
            return False
        timeout = None
        if timers:
            wait = max(0, timers[0][0] - self.ticks_ns())
            if self.deterministic:
                self._virtual_ns += wait
                wait = 0
            timeout = wait / 1e9
        self._poll(timeout)
        return True

    def wait_writable(self, descriptor: int) -> bool:
        """Wait until the host's `descriptor` takes something; False if the run has to end before."""
        from select import select

        watchdog = getattr(self, "watchdog", None)
        barks = () if watchdog is None else (watchdog.barks,)
        while True:
            barking, writable, _ = select(barks, (descriptor,), ())
            if writable:
                return True
            if barking and watchdog is not None and watchdog.reason is not None:
                self.ending = True
                return False
            # A question for later, which barks on: only the writer is waited for.
            time.sleep(_POLL_NS / 1e9)

    # Taking turns.

    def _next(self) -> Process:
        """Take the process that runs next from those that may."""
        ready = self.ready
        if self._random is not None and len(ready) > 1 and self.options.seed:
            ready.rotate(-int(self._random.random() * len(ready)))
        return ready.popleft()

    def _run_slice(self, process: Process) -> None:
        """Let a process run until its time is over, or something happens."""
        if process.pid not in self.processes:
            if process.pid == 0 and self.deep is not None:
                self._deeply(process, self.deep.work, process)
            return
        self.switches += 1
        self.current = process
        self.slice_number += 1
        trace = self.options.trace
        if trace is not None:
            trace.switched(process)
        plain = trace is None and not self.deterministic
        self._slice_start = self.ticks_ns()
        if process.debug is not None:
            self._event(process, _RUN)
        try:
            if process.blocked is not None:
                going_on = self._resume(process)
            elif process.outside:
                # it was stopped before its call
                process.outside = False
                if process.debug is not None:
                    process.debug.started = self.time_ns()
                going_on = self._serve_outside(process) and self._may_go_on(process)
            else:
                going_on = self._may_go_on(process)
            while going_on:
                trap = process.cpu.run() if plain else self._run_cpu(process)
                if self.current is not process:
                    # others have taken its place since (_pass_on)
                    process = self.current
                going_on = self._handle(process, trap) and self._may_go_on(process)
                if going_on and self.deterministic and (self.ready or self._timers or self._readers):
                    # else one that makes calls outside for ever would have the CPU for ever
                    self.ready.append(process)
                    break
        finally:
            process.run_ns += self.ticks_ns() - self._slice_start
            self.current = None
            if process.exit_string is not None and (self.deep is None or not self.deep.is_waiting(process)):
                self._reap(process)

    def _pass_on(self, process: Process) -> int | None:
        """The call of `process` waits: let the next one go on in its place, within the same run of the engine.

        That one's result, or None if the CPU has to come back.  This is what `run` and `_run_slice` do, as long
        as nothing special is about.
        """
        ready = self.ready
        ran = process
        while ready and not self.ending and self.deep is None:
            other = ready[0]
            block = other.blocked
            if block is None or other.attention or other.note_pending or other.outside or other.debug is not None:
                return None
            if other.number == _EXEC:
                # that is done while no CPU runs
                return None
            now = monotonic_ns()
            if (self._timers and self._timers[0][0] <= now) or (self._readers and now - self._polled_ns > _POLL_NS):
                return None
            # in this order: the watchdog looks for who runs after it has asked
            self.current = other
            if self.watchdog.asked or self.watchdog.reason is not None:
                self.current = ran
                return None
            del ready[0]
            self.switches += 1
            self.slice_number += 1
            ran.run_ns += now - self._slice_start
            self._slice_start = now
            ran = other
            result = self.make_call(other) if block.again is None else block.again(other)
            if result is None:
                continue
            other.blocked = other.trap = None
            other.write_tos_pid()
            if not other.attention:
                passed = result if other is process else process.cpu.pass_on(other.cpu, result)
                if passed is not None:
                    return passed
            other.cpu.call_return(result)
            ready.appendleft(other)
            return None
        return None

    def _run_cpu(self, process: Process) -> Trap:
        trace = self.options.trace
        if trace is None:
            return self._run_blocks(process)
        began = time.perf_counter_ns()
        trap = self._run_blocks(process)
        trace.ran(process, time.perf_counter_ns() - began)
        return trap

    def _run_blocks(self, process: Process) -> Trap:
        if not self.deterministic:
            return process.cpu.run()
        blocks = self._blocks()
        trap = process.cpu.run(blocks, self._inside())
        # how many it was the CPU says only when it was all
        self._virtual_ns += blocks * _BLOCK_NS if trap.kind == "preempted" else _CALL_NS
        return trap

    def _inside(self) -> int:
        """How many instructions of the block behind the last one a slice has, so that races within one are found."""
        if self._random is None or not self.options.seed:
            return 0
        return max(0, self._random.getrandbits(_INSIDE_BITS) - _AT_BLOCKS)

    def _blocks(self) -> int:
        """How many blocks of code a slice has: all alike without a seed, else anything from few to many."""
        if self._random is None or not self.options.seed:
            return _SLICE_BLOCKS
        return 1 + self._random.getrandbits(1 + int(self._random.random() * _SLICE_BITS))

    def _event(self, process: Process, kind: int) -> None:
        """Tell the reader of /proc/trace about a process that is traced."""
        if process.debug is not None and process.debug.traced:
            device = self.devices.find("p")
            assert device is not None
            # Proc of dev/proc.py, which is not imported before it is used
            device.event(process, kind)  # type: ignore[attr-defined]

    # The watchdog's thread.

    def _stop_cpu(self) -> None:
        """Called by the watchdog's thread."""
        current = self.current
        if current is not None:
            current.cpu.stop()

    def _preempt_cpu(self) -> None:
        """Called by the watchdog's thread."""
        current = self.current
        if current is not None and not (self.deterministic and self.watchdog.reason is None):
            current.cpu.preempt()

    def _tick(self) -> None:
        """Called by the watchdog's thread 100 times a second: take the CPU from who had it all the while."""
        current, number = self.current, self.slice_number
        others = self.ready or self._timers or self._readers or (current is not None and current.is_profiled)
        if number == self._ticked and current is not None and others and not self.deterministic:
            current.cpu.preempt()
        self._ticked = number


def _is_stale(when: int, _serial: int, process: Process, block: Block | None) -> bool:
    """Does nobody wait for this time any more?"""
    return process.alarm_ns != when if block is None else process.blocked is not block
