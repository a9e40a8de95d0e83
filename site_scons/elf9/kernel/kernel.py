"""The emulated kernel: it owns the processes, the devices and the limits, and runs them.

One thread runs all guest code.  `elf9.kernel.scheduler` says who runs when, `elf9.kernel.calls` what system calls
and traps come to; here is what begins and ends: processes, notes from others, the run.
"""

from __future__ import annotations

import os
import time

from elf9.errors import Enoprocs, KernelError
from elf9.image import Script, guess_target, plan
from elf9.image.model import ExecError
from elf9.kernel.boot import BootError, boot, host_file, shutdown
from elf9.kernel.calls import Calls
from elf9.kernel.chan import close
from elf9.kernel.exec import RefusedError, execute, read_program
from elf9.kernel.fork import leave_record
from elf9.kernel.notes import NEXIT, NUSER, Note, forget, push, read_ureg, write_ureg
from elf9.kernel.options import Options, Outcome
from elf9.kernel.process import Process
from elf9.kernel.scheduler import DEAD
from elf9.kernel.sync import RendezvousGroup
from elf9.kernel.watchdog import Terminated, Watchdog
from elf9.target import TARGETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.memory import Segment
    from elf9.kernel.process import Death
    from elf9.machine.cpu import Cpu
    from elf9.target import Target

__all__ = ["Kernel", "Options", "Outcome", "run_program"]

_HEAD = 256
#: Every number: a process whose calls /proc/n/syscall shows may stop at each.
_EVERY = range(1 << 32)
#: pids are positive 31-bit numbers; Broken processes that are kept.
_LAST_PID = (1 << 31) - 1
_MAX_BROKEN = 4
#: Ctrl-\\ twice within this time ends a run that has the terminal in raw mode.
_TWICE_NS = 2_000_000_000


class Kernel(Calls):
    """A 9front kernel of one architecture."""

    __slots__ = (
        "_broken",
        "_fallen",
        "_last_pid",
        "_limit",
        "_output_closed",
        "_quit_ns",
        "first",
        "images",
        "interrupted",
        "new_cpu",
    )

    def __init__(self, target: Target, options: Options, new_cpu: Callable[[], Cpu]) -> None:
        super().__init__(target, options)
        #: Makes a CPU for the first process.
        self.new_cpu = new_cpu
        #: The first one; the run ends with it.
        self.first: Process | None = None
        #: Text segments by which exec knows a program again, the last one used last.
        self.images: list[Segment] = []
        self._limit: str | None = None
        self._output_closed = False
        self._last_pid = 0
        #: Broken processes, oldest first.
        self._broken: list[Process] = []
        #: The process that `fallen` found, whose memory stays.
        self._fallen: Process | None = None
        #: When the user asked for the processes last; has he typed Ctrl-C?
        self._quit_ns = 0
        self.interrupted = False

    # Limits.

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
            self._event(process, DEAD)
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

    def fallen(self) -> tuple[bytes, int, Death, tuple[bytes, bytes] | None] | None:
        """Name, pid, death and program of the first process that a fault has ended, of those that are still known."""
        for process in self._broken:
            if process.death is not None:
                self._fallen = process
                return process.name, process.pid, process.death, _executed(process)
        return None

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
                if process is not self._fallen:
                    process.memory.release()
        self.processes.clear()
        if self.first is not None:
            self.first.cpu.close()


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
            if process.death is not None:
                outcome.program = _executed(process)
            else:
                outcome.other = kernel.fallen()
            made_for = guess_target(head)
            if made_for is not None and made_for is not chosen:
                outcome.reason = f"the file is for {made_for.name}; exec on {chosen.name} does not look, and runs it"
        outcome.stats = {"system_calls": kernel.calls}
        return outcome
    finally:
        if hasattr(kernel, "devices"):
            shutdown(process)
        kernel.close()


def _executed(process: Process) -> tuple[bytes, bytes] | None:
    """Name and contents of the file that a process has executed last."""
    return None if process.text_file is None else (process.text_file.path.text, read_program(process) or b"")


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
