"""The emulated kernel: it owns the processes, the devices, the clock and the limits, and runs them.

One thread runs all guest code.  A process runs until a trap; a call that has to wait marks its
process blocked, and is made again when what it waits for is there.
"""

from __future__ import annotations

import os
import time
from _heapq import heappop, heappush
from time import monotonic_ns

from elf9.errors import BadAddress, Block, Ebadarg, Enoprocs, KernelError, OddAddress, Unsupported
from elf9.image import Script, guess_target, plan
from elf9.image.model import ExecError
from elf9.kernel.boot import BootError, boot, host_file, shutdown
from elf9.kernel.chan import close, let_go
from elf9.kernel.dev.device import Devices
from elf9.kernel.exec import RefusedError, execute
from elf9.kernel.fork import leave_record
from elf9.kernel.memory import DemandLoadError
from elf9.kernel.notes import NDEBUG, NEXIT, NUSER, Note, deliver, forget, push, read_ureg, write_ureg
from elf9.kernel.process import TOS_PID, Args, Death, Process
from elf9.kernel.sync import RendezvousGroup
from elf9.kernel.syscalls import CALLS
from elf9.kernel.traps import note
from elf9.kernel.watchdog import Terminated, Watchdog
from elf9.target import TARGETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Container
    from typing import Any

    from elf9.debug.stats import Statistics
    from elf9.debug.trace import Tracer
    from elf9.kernel.deep import Deep
    from elf9.kernel.memory import Segment
    from elf9.kernel.sync import Queue
    from elf9.machine.cpu import Cpu, Trap
    from elf9.target import Target

else:
    # What `collections` hands on, without the millisecond that it takes.
    from _collections import deque

__all__ = ["Kernel", "Options", "Outcome", "run_program"]

_SLOTS_SIZE = 48
_HEAD = 256
#: Calls that change the CPU as a whole: exec, _exits, rfork, noted.
_EXEC, _RFORK = 7, 19
_OUTSIDE = frozenset((_EXEC, 8, _RFORK, 29))
#: What happens to a process, as /proc/trace has it (trace.h).
_RUN, _READY, _SLEEP, _DEAD = 3, 4, 5, 10
#: Every number: a process whose calls /proc/n/syscall shows may stop at each.
_EVERY = range(1 << 32)
#: pids are positive 31-bit numbers; Broken processes that are kept; ticks of the kernel's clock in a second.
_LAST_PID = (1 << 31) - 1
_MAX_BROKEN = 4
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
#: Ctrl-\\ twice within this time ends a run that has the terminal in raw mode.
_TWICE_NS = 2_000_000_000
#: How often the host's descriptors are looked at while there is something else to do.
_POLL_NS = 1_000_000


class Options:
    """What a run may do; the defaults are generous, none is without a limit."""

    __slots__ = (
        "argv0",
        "binds",
        "cpu",
        "cwd",
        "dump",
        "env",
        "max_directory",
        "max_files",
        "max_memory",
        "max_output",
        "max_processes",
        "root",
        "seed",
        "stderr",
        "stdin",
        "stdout",
        "timeout",
        "trace",
        "user",
        "wait_all",
    )

    def __init__(self) -> None:
        #: Host directory that becomes `/`; (host path, guest path, read-only) of further trees.
        self.root: str | None = None
        self.binds: list[tuple[str, bytes, bool]] = []
        #: Guest directory to start in, and the variables of /env.
        self.cwd: bytes | None = None
        self.env: dict[bytes, bytes] = {}
        #: Seconds of wall time; bytes of host memory; bytes on descriptors 1 and 2.
        self.timeout: float | None = 600.0
        self.max_memory = 4 << 30
        self.max_output = 1 << 30
        #: Processes at a time; host descriptors that the guest's files may take.
        self.max_processes = 5000
        self.max_files = 1000
        #: Entries of a directory of the host that is listed.
        self.max_directory = 1_000_000
        #: Makes the run a function of this number (0: all slices alike); None for real time and chance.
        self.seed: int | None = None
        #: Wait for all processes, not only for the first one.
        self.wait_all = False
        #: One of the machine's MODELS, or "" for the baseline.
        self.cpu = ""
        self.user = "glenda"
        #: The first program's argv[0]; None: the last element of its path.
        self.argv0: bytes | None = None
        #: Told of every system call (elf9.debug.trace), if there is one.
        self.trace: Tracer | Statistics | None = None
        #: Shows all processes: asked for by a signal ("quit"), or before the run ends by "timeout" or "deadlock".
        self.dump: Callable[[Kernel, str], None] | None = None
        #: Host descriptors behind the guest's 0, 1 and 2.
        self.stdin, self.stdout, self.stderr = 0, 1, 2


class Outcome:
    """How a run ended.

    `exit_string`: the exit string, without `NAME PID: `; empty is success.  `killed`: the limit
    that ended it, or None.  `error`: the kernel's refusal of the file, or None.  `reason`: what to
    know about the file, for a person, or None.  `interrupted`: the user typed Ctrl-C.
    """

    __slots__ = ("death", "error", "exit_string", "interrupted", "killed", "name", "pid", "reason", "stats", "target")

    def __init__(self, process: Process) -> None:
        self.exit_string = process.exit_string or b""
        self.killed: str | None = None
        self.error: str | None = None
        self.reason: str | None = None
        self.death: Death | None = process.death
        self.name = process.name
        self.pid = process.pid
        self.target = process.kernel.target
        self.stats: dict[str, object] = {}
        self.interrupted = process.kernel.interrupted

    @property
    def status(self) -> int:
        """The host's exit status for this exit string: 0, a decimal 1 to 255, else 1; 124 for a limit."""
        text = self.exit_string
        if self.killed is not None:
            return 124
        if not text:
            return 0
        return int(text) if text.isdigit() and len(text) < 4 and 1 <= int(text) <= 255 else 1


class Kernel:
    """A 9front kernel of one architecture."""

    __slots__ = (
        "_broken",
        "_last_pid",
        "_limit",
        "_output_closed",
        "_polled_ns",
        "_quit_ns",
        "_random",
        "_readers",
        "_serial",
        "_slice_start",
        "_ticked",
        "_timers",
        "_virtual_ns",
        "calls",
        "current",
        "deep",
        "deterministic",
        "devices",
        "ending",
        "first",
        "images",
        "interrupted",
        "new_cpu",
        "options",
        "processes",
        "ready",
        "slice_number",
        "switches",
        "target",
        "watchdog",
    )

    devices: Devices
    watchdog: Watchdog

    def __init__(self, target: Target, options: Options, new_cpu: Callable[[], Cpu]) -> None:
        self.target = target
        self.options = options
        #: Makes a CPU for the first process.
        self.new_cpu = new_cpu
        #: The living ones by pid, and those that are Broken.
        self.processes: dict[int, Process] = {}
        #: The first one; the run ends with it.
        self.first: Process | None = None
        #: Who may run, first come, first served; and who does.
        self.ready: deque[Process] = deque()
        self.current: Process | None = None
        #: Lets calls wait in the middle, from the first conversation with a 9P server on (elf9.kernel.deep).
        self.deep: Deep | None = None
        #: The run is over although processes live: a limit, or nobody reads the output.
        self.ending = False
        #: Text segments by which exec knows a program again, the last one used last.
        self.images: list[Segment] = []
        #: System calls made so far, times that another process went on, and slices of time.
        self.calls = 0
        self.switches = 0
        self.slice_number = 0
        self._limit: str | None = None
        self._output_closed = False
        self._last_pid = 0
        #: Broken processes, oldest first.
        self._broken: list[Process] = []
        #: Calls that end at a time, alarms: (when, serial, process, the Block or None for its alarm).
        self._timers: list[tuple[int, int, Process, Block | None]] = []
        self._serial = 0
        #: Who waits for a host descriptor to be readable.
        self._readers: dict[int, list[Process]] = {}
        self._polled_ns = 0
        self._slice_start = 0
        #: The slice at the last tick; when the user asked for the processes last; has he typed Ctrl-C?
        self._ticked = 0
        self._quit_ns = 0
        self.interrupted = False
        #: Time, chance and the order of processes are functions of `options.seed`.
        self.deterministic = options.seed is not None
        self._virtual_ns = 0
        self._random = None
        if options.seed is not None:
            from _random import Random

            self._random = Random(options.seed)

    # Services for devices and system calls.

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

    def limit_reached(self, name: str) -> None:
        """A device has given all that the run may have of something: end it (`output`, `directory`)."""
        self._limit = name
        self.ending = True

    @property
    def output_closed(self) -> bool:
        """Did the host's reader of the output go away?  The console sets it; the run then ends."""
        return self._output_closed

    @output_closed.setter
    def output_closed(self, closed: bool) -> None:
        self._output_closed = self.ending = closed

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
            self._event(process, _READY)
        self.ready.append(process)

    def _set_timer(self, when: int, process: Process, block: Block | None) -> None:
        self._serial += 1
        heappush(self._timers, (when, self._serial, process, block))

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

    # Notes and control, from anybody at any time.

    def post_note(self, process: Process, text: bytes, kind: int = NUSER, *, fixed: bool = False) -> bool:
        """Post a note (postnote); False if it was refused, or five are waiting already."""
        return push(process, Note(text, kind, fixed=fixed))

    def post_group(self, group: int, text: bytes, sender: Process | None) -> None:
        """Post a note to everybody of a note group but the sender (postnotepg)."""
        note = Note(text, NUSER)
        members = [one for one in self.processes.values() if one.note_group == group and one is not sender]
        # still counted while it is handed out, so that it is one note that many have
        note.ref += 1
        for member in members:
            push(member, note)
        note.ref -= 1

    def interrupt(self, process: Process) -> None:
        """Let the call that a process waits in, or else the next one that would wait, fail (procinterrupt)."""
        process.note_pending = True
        block = process.blocked
        if process.waiting:
            assert block is not None
            if not block.eager:
                # it is told apart from being woken by what it waited for
                process.outside = True
            self.unblock(process)

    def stop(self, process: Process, how: str = "stop") -> None:
        """Stop a process before it next goes on in user mode.

        `how` is "stop", "trace" (when a note comes) or "syscall" (before and behind its next system call).
        """
        process.control = how
        process.attention = True
        if how == "syscall":
            process.cpu.on_call = self._server(process, _EVERY)

    def start(self, process: Process) -> None:
        """Let a Stopped process go on."""
        if process.state == "Stopped":
            process.state = ""
            self.ready.append(process)

    def kill(self, process: Process) -> None:
        """ctl's kill: a quiet note and the end (facts/devices.md §5)."""
        state = process.state
        if state == "Broken":
            self._broken.remove(process)
            self._remove(process)
            return
        process.control = "kill"
        self.post_note(process, b"sys: killed", NEXIT, fixed=True)
        if state == "Stopped":
            # it goes on behind the stop, where only the note is looked at
            process.control = ""
            self.start(process)

    def ureg(self, process: Process) -> bytes:
        """The registers a process has in user mode, as struct Ureg."""
        return read_ureg(process)

    def set_ureg(self, process: Process, data: bytes) -> None:
        """Set them, as far as a user may."""
        write_ureg(process, data)

    def new_note_group(self, process: Process) -> None:
        """A note group of its own; kept, if nobody else uses the number of the one it has (setnoteid)."""
        group = process.note_group
        # its own pid counts, and that of anybody's parent
        if group in (process.pid, process.parent_pid) or any(
            group in (one.note_group, one.pid, one.parent_pid) for one in self.processes.values() if one is not process
        ):
            process.note_group = self._new_pid()

    # Processes.

    def new_process(self, parent: Process | None = None) -> Process:
        """A process with the next pid: the first one, or one with a copy of its parent's registers.

        Raises KernelError when there are too many.
        """
        if len(self.processes) >= self.options.max_processes:
            raise KernelError(Enoprocs)
        if parent is None:
            process = Process(self, self._new_pid(), 0, self.new_cpu(), self.options.user)
            process.rendezvous_group = RendezvousGroup()
            if self.deterministic:
                # the counters of a CPU that user mode can read; copies inherit it
                process.cpu.clock = self.ticks_ns
            self.first = process
        else:
            process = Process(self, self._new_pid(), parent.pid, parent.cpu.copy(), parent.user)
        process.cpu.on_call = self._server(process)
        self.processes[process.pid] = process
        return process

    def _new_pid(self) -> int:
        while True:
            self._last_pid = self._last_pid % _LAST_PID + 1
            pid = self._last_pid
            if pid not in self.processes:
                return pid

    def end(self, process: Process, broken: bool) -> None:
        """What happens in the kernel when a process ends (pexit); `Process.exit` calls it."""
        process.alarm_ns = 0
        if process.debug is not None:
            self._event(process, _DEAD)
        process.fds.release(process)
        process.environment.release()
        process.rendezvous_group.ref -= 1
        close(process, process.dot)
        process.namespace.release(process)
        if self.options.trace is not None:
            self.options.trace.ended(process)
        leave_record(process)
        process.state = "Broken" if broken else "Moribund"
        process.living_children = 0
        process.wait_records.clear()
        if not broken:
            forget(process)
        self.wakeup(process.wait_queue)
        self.wakeup(process.stop_queue)

    def _reap(self, process: Process) -> None:
        """Remove a process that has ended; of the Broken ones some stay."""
        if process is self.first:
            # whoever asks how it died looks at its memory
            del self.processes[process.pid]
            return
        if process.state != "Broken":
            self._remove(process)
            return
        self._broken.append(process)
        if len(self._broken) > _MAX_BROKEN:
            self._remove(self._broken.pop(0))

    def _remove(self, process: Process) -> None:
        del self.processes[process.pid]
        process.state = "Dead"
        forget(process)
        self.wakeup(process.stop_queue)
        if process.text_file is not None:
            close(process, process.text_file)
            process.text_file = None
        process.cpu.close()
        process.memory.release()

    # Running.

    def run(self, process: Process) -> str | None:
        """Run until the first process has ended; the name of the limit that ended it before, or None.

        Raises KeyboardInterrupt if the user asked for an end (Terminated by SIGTERM), Unsupported and
        EmulatorError.
        """
        self.ready.append(process)
        options = self.options
        with Watchdog(self._preempt_cpu, self._stop_cpu, options.timeout, options.max_memory) as watchdog:
            self.watchdog = watchdog
            watchdog.on_tick = self._tick
            ready = self.ready
            while not (self.ending or process.exit_string is not None) or not self._is_over(process):
                if self._timers or self._readers:
                    self._look()
                if ready:
                    self._run_slice(ready.popleft() if self._random is None else self._next())
                elif not self._wait():
                    self._limit = "deadlock"
                    break
                if watchdog.asked:
                    self._answer(process)
                if watchdog.reason is not None:
                    break
            reason = watchdog.reason
            if options.dump is not None and (self._limit == "deadlock" or reason == "timeout"):
                options.dump(self, self._limit or "timeout")
        over = process.exit_string is not None and self._is_over(process)
        if not over and reason == "interrupt":
            raise KeyboardInterrupt
        if not over and reason == "terminate":
            raise Terminated
        if self.output_closed:
            raise BrokenPipeError("nobody reads the output")
        limit = self._limit or (None if over else reason)
        if limit is not None and process.exit_string is None:
            process.exit(_LIMIT_STATUS[limit])
        return limit

    def _answer(self, first: Process) -> None:
        """Do what the user asked for with a signal, between two slices."""
        for asked in self.watchdog.take():
            if asked == "interrupt":
                self.interrupted = True
                self.post_group(first.note_group, b"interrupt", None)
            elif self.options.dump is not None:
                self.options.dump(self, "quit")
                console = self.devices.by_letter["c"]
                now = time.monotonic_ns()
                if getattr(console, "raw", False) and now - self._quit_ns < _TWICE_NS:
                    # Ctrl-C is the program's own now.
                    raise KeyboardInterrupt
                self._quit_ns = now

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

    def _is_over(self, process: Process) -> bool:
        if self.ending:
            return True
        if process.exit_string is None or (self.deep is not None and self.deep.is_waiting(process)):
            return False
        return not (self.options.wait_all and any(one.state != "Broken" for one in self.processes.values()))

    def close(self) -> None:
        """End all processes without their doing anything more, and give back what they have."""
        if self.deep is not None:
            self.deep.close()
        for process in self.processes.values():
            if process is not self.first:
                process.cpu.close()
                process.memory.release()
        self.processes.clear()
        if self.first is not None:
            self.first.cpu.close()

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

    def _next(self) -> Process:
        """Take the process that runs next from those that may."""
        ready = self.ready
        if self._random is not None and len(ready) > 1 and self.options.seed:
            ready.rotate(-int(self._random.random() * len(ready)))
        return ready.popleft()

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

    def _handle(self, process: Process, trap: Trap) -> bool:
        """See to why the CPU came back; may the process go on at once?"""
        kind = trap.kind
        if kind == "call":
            process.trap = None
            if process.outside:
                traced = process.number not in _OUTSIDE or process.control == "syscall"
                if traced and self._stops_before(process):
                    return False
                if process.outside:
                    process.outside = False
                    return self._serve_outside(process)
            if process.result is None:
                return False
            result, process.result = process.result, None
            process.cpu.call_return(result)
            return not (process.control == "syscall" and self._stops_behind(process, result))
        if kind == "preempted":
            process.trap = trap
            if process.debug is not None:
                self._event(process, _READY)
            if process.is_profiled:
                from elf9.kernel.dev.procctl import sample

                sample(process, trap.pc)
            self.ready.append(process)
            return False
        if kind == "stopped":
            return False
        if kind == "panic":
            raise Unsupported(
                f"int ${trap.status} at pc={trap.pc:#x}: a 9front kernel panics here "
                f"(panic: unknown trap/intr: {trap.status}); system calls are made with the SYSCALL instruction"
            )
        process.trap = trap
        return self._fault(process, trap)

    def _fault(self, process: Process, trap: Trap) -> bool:
        """Post the note of a trap; False if the process is dead without one."""
        if self.deep is not None and not self.deep.inside():
            return bool(self._deeply(process, self._fault, process, trap))
        if trap.address is not None:
            segment = process.memory.missing_page(trap.address)
            if segment is not None:
                text = DemandLoadError(segment).note
                process.print(b"suicide: " + text + b"\n")
                process.death = Death(process, text, trap.pc, trap.address)
                process.exit(b"i/o error in demand load")
                return False
        self.post_note(process, note(trap).encode(), NDEBUG)
        return True

    def _may_go_on(self, process: Process) -> bool:
        """On the way to user mode: stops, kills and notes; False if the process does not get there."""
        if not process.attention:
            return True
        if self.deep is not None and not self.deep.inside():
            return bool(self._deeply(process, self._may_go_on, process))
        control = process.control
        if control == "kill":
            process.exit(b"Killed")
        elif control == "stop" or (control == "trace" and process.notes):
            self._halt(process)
            return False
        else:
            deliver(process)
        return process.exit_string is None

    def _deeply(self, process: Process, function: Callable[..., Any], *args: object) -> Any:
        """What `function(*args)` returns, or None if it has to wait in the middle: then `process` is blocked."""
        assert self.deep is not None
        try:
            return self.deep.call(process, function, *args)
        except Block as block:
            self._wait_for(process, block)
            return None
        except KernelError as error:
            # of the first call of all, which began before there was this way
            return self._fail(process, error)

    def _event(self, process: Process, kind: int) -> None:
        """Tell the reader of /proc/trace about a process that is traced."""
        if process.debug is not None and process.debug.traced:
            device = self.devices.find("p")
            assert device is not None
            device.event(process, kind)  # type: ignore[attr-defined]

    def _halt(self, process: Process) -> None:
        """Make a process Stopped, and tell who waits for that."""
        process.control = ""
        process.state = "Stopped"
        if process.debug is not None:
            process.debug.by = None
        self.wakeup(process.stop_queue)

    def _stops_before(self, process: Process) -> bool:
        """Is the process stopped before a call that /proc/n/syscall shows?"""
        if process.control != "syscall":
            # its calls are not watched any more
            process.cpu.on_call = self._server(process)
            return False
        from elf9.kernel.dev.procctl import show_entry

        try:
            show_entry(process)
        except KernelError as error:
            # what the kernel cannot print, it does not call
            process.outside = False
            process.result = self._fail(process, error)
            return False
        self._halt(process)
        return True

    def _stops_behind(self, process: Process, result: int | None) -> bool:
        """Is the process stopped behind a call that /proc/n/syscall shows?"""
        from elf9.kernel.dev.procctl import show_exit

        show_exit(process, result)
        self._halt(process)
        return True

    # System calls.

    def _server(self, process: Process, outside: Container[int] = _OUTSIDE) -> Callable[[int, int], int | None]:
        """The function that serves a process's calls (`Cpu.on_call`).

        It runs while the CPU is in the middle of its instruction.  None stops the CPU: the process waits
        (`blocked`), has ended, gets a note first (`result`), or the call has to be made with the CPU at
        rest (`outside`).
        """
        memory, args = process.memory, process.args
        unpack = Args.layout.unpack_from
        stack_top = self.target.stack_top
        last = stack_top - _SLOTS_SIZE
        unseen = stack_top - self.target.page
        aligned = self.target.name == "amd64"
        # The kernel writes Tos.pid on every way out (facts/exec.md §6).
        pid = process.pid.to_bytes(4, "little")
        pid_start = self.target.tos + TOS_PID - self.target.stack_base
        pid_stop = pid_start + 4

        def serve(number: int, sp: int) -> int | None:
            self.calls += 1
            process.number = number
            stack = memory.stack
            # The topmost page is accepted even unaligned (facts/abi.md §1).
            if stack.base <= sp <= last and (aligned or not sp & 3 or sp >= unseen):
                args.slots = unpack(stack.view, sp - stack.base + 8)
            else:
                try:
                    memory.check(sp, _SLOTS_SIZE, False)
                    memory.check_aligned(sp)
                    args.slots = unpack(memory.read(sp, _SLOTS_SIZE), 8)
                except KernelError as error:
                    process.result = self._fail(process, error)
                    return None
            if number in outside:
                process.outside = True
                return None
            result = call(process)
            if result is None and plain and process.blocked is not None:
                return self._pass_on(process)
            stack.view[pid_start:pid_stop] = pid
            if process.attention and result is not None:
                process.result = result
                return None
            return result

        call = self.make_call if self.options.trace is None else self._traced
        # else each slice is run, and seen, by itself
        plain = self.options.trace is None and not self.deterministic
        return serve

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

    def make_call(self, process: Process) -> int | None:
        """Do the call in `process.number` and `process.args`: its result, or None if that is not now.

        None means that the process waits (`blocked`), has ended or been given other registers, or that the
        run ends.
        """
        if self.deep is not None and not self.deep.inside():
            result: int | None = self._deeply(process, self.make_call, process)
            return result
        row = CALLS.get(process.number)
        if row is None:
            process.error = Ebadarg.encode()
            self.post_note(process, b"sys: bad sys call", NDEBUG)
            return -1
        try:
            result = row[2](process, process.args)
        except Block as block:
            self._wait_for(process, block)
            return None
        except KernelError as error:
            process.progress = None
            result = self._fail(process, error)
        if result is None and process.blocked is not None and process.number != _EXEC:
            return None
        process.progress = None
        if process.held is not None:
            let_go(process)
        return None if self.ending or process.exit_string is not None else result

    def _traced(self, process: Process) -> int | None:
        """`make_call`, with both sides told to the tracer."""
        trace = self.options.trace
        row = CALLS.get(process.number)
        if trace is None or row is None:
            return self.make_call(process)
        if process.blocked is None:
            trace.enter(process, process.number, row[0], row[1], process.args, process.cpu.pc, self.time_ns())
        began = time.perf_counter_ns()
        result = self.make_call(process)
        trace.served(process, time.perf_counter_ns() - began)
        if result is not None:
            trace.leave(process, result, process.error, self.time_ns())
        return result

    def _serve_outside(self, process: Process) -> bool:
        """Make a call with the CPU at rest; False if the process does not go on now."""
        result = self.make_call(process) if self.options.trace is None else self._traced(process)
        if process.blocked is not None or process.exit_string is not None:
            return False
        if result is not None:
            process.write_tos_pid()
            process.cpu.call_return(result)
        if process.control == "syscall" and self._stops_behind(process, result):
            return False
        if process.number == _RFORK and result is not None and result > 0:
            # the child goes first (sched in sysrfork), and notes wait for another way out than this one
            if process.debug is not None:
                self._event(process, _READY)
            self.ready.append(process)
            return False
        return True

    def _resume(self, process: Process) -> bool:
        """Make a blocked call again, or interrupt it; can the process go on in user mode?"""
        block = process.blocked
        assert block is not None
        result: int | None
        if process.note_pending and (block.eager or process.outside):
            process.outside = False
            process.note_pending = not block.eager
            result = self._interrupted(process, block)
            if result is not None and self.options.trace is not None:
                self.options.trace.leave(process, result, process.error, self.time_ns())
        else:
            again = block.again
            if self.options.trace is not None:
                result = self._traced(process)
            else:
                result = self.make_call(process) if again is None else again(process)
        if process.blocked is not block or process.exit_string is not None:
            return False
        if result is None and (process.number != _EXEC or self.ending):
            return False
        process.blocked = None
        if result is not None:
            process.write_tos_pid()
            process.cpu.call_return(result)
        process.trap = None
        if process.control == "syscall" and self._stops_behind(process, result):
            return False
        return not process.attention or self._may_go_on(process)

    def _interrupted(self, process: Process, block: Block) -> int | None:
        """What a call returns that a note interrupted."""
        try:
            if block.interrupted is None:
                raise process.eintr()
            result = block.interrupted()
        except Block as other:
            self._wait_for(process, other)
            return None
        except KernelError as error:
            process.progress = None
            result = self._fail(process, error)
        process.progress = None
        if process.held is not None:
            # that may have to wait, if it was the last to have it, and here nobody can
            if self.deep is None or not self.deep.start(close, process.held):
                close(process, process.held)
            process.held = None
        return result

    def _fail(self, process: Process, error: KernelError) -> int:
        """-1 for the process, which is also posted a note if the error is one of those."""
        process.error = error.text
        if isinstance(error, BadAddress):
            process.complain(error)
            self.post_note(process, b"sys: bad address in syscall", NDEBUG)
        elif isinstance(error, OddAddress):
            self.post_note(process, b"sys: odd address", NDEBUG)
        elif isinstance(error, DemandLoadError):
            self.post_note(process, error.note, NDEBUG)
        return -1


def _is_stale(when: int, _serial: int, process: Process, block: Block | None) -> bool:
    """Does nobody wait for this time any more?"""
    return process.alarm_ns != when if block is None else process.blocked is not block


_LIMIT_STATUS = {
    "timeout": b"Killed: time limit",
    "memory": b"Killed: Insufficient physical memory",
    "output": b"Killed: output limit",
    "directory": b"Killed: a directory is too large",
    "deadlock": b"Killed: every process waits for ever",
}


def new_cpu(target: Target, model: str) -> Cpu:
    """A CPU of `target`; `model` is a --cpu value or "" for the baseline."""
    if target.name == "amd64":
        from elf9.machine import amd64 as machine
    else:
        from elf9.machine import arm64 as machine  # type: ignore[no-redef]
    models = machine.MODELS
    if model and model not in models:
        raise BootError(f"unknown CPU {model} for {target.name}: choose one of {', '.join(models)}")
    return machine.Cpu(model or "baseline")


def run_program(path: str, args: list[bytes], options: Options, *, target: Target | None = None) -> Outcome:
    """Run the host's program file `path` with `args` (without argv[0]) to its end.

    `target`: the machine to be; None takes the file's own.  Raises OSError if the file cannot be
    read, BootError if `options` ask for what cannot be granted, Unsupported, EmulatorError,
    KeyboardInterrupt, and BrokenPipeError when nobody reads the host's output.
    """
    name = os.fsencode(path)
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    chosen = target or guess_target(head) or _script_target(head, path) or TARGETS["amd64"]
    kernel = Kernel(chosen, options, lambda: new_cpu(chosen, options.cpu))
    process = kernel.new_process()
    try:
        boot(process, options)
        outcome = _execute(process, name, [os.path.basename(name) if options.argv0 is None else options.argv0, *args])
        if outcome is None:
            killed = kernel.run(process)
            outcome = Outcome(process)
            outcome.killed = killed
            made_for = guess_target(head)
            if made_for is not None and made_for is not chosen:
                outcome.reason = f"the file is for {made_for.name}; exec on {chosen.name} does not look, and runs it"
        outcome.stats = {"system_calls": kernel.calls}
        return outcome
    finally:
        if hasattr(kernel, "devices"):
            shutdown(process)
        kernel.close()


def _execute(process: Process, name: bytes, argv: list[bytes]) -> Outcome | None:
    """Load the first program; the outcome if the kernel refuses it."""
    try:
        execute(process, name, argv, host_file(process, name))
    except KernelError as error:
        process.exit(error.text)
        outcome = Outcome(process)
        outcome.name = os.path.basename(name)
        outcome.error = error.text.decode(errors="surrogateescape")
        outcome.reason = error.reason if isinstance(error, RefusedError) else None
        return outcome
    return None


def _script_target(head: bytes, path: str) -> Target | None:
    """The machine of a script's interpreter, if that is a file of the host's at the same path."""
    try:
        made = plan(head, TARGETS["amd64"])
    except ExecError:
        return None
    if not isinstance(made, Script):
        return None
    try:
        with open(made.interpreter, "rb") as file:
            return guess_target(file.read(_HEAD))
    except OSError:
        return None
