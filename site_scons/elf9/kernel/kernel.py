"""The emulated kernel: it owns the processes, the devices, the clock and the limits, and runs them.

One thread runs all guest code.  A process runs until a trap; a call that has to wait marks its
process blocked, and is made again when what it waits for is there.
"""

from __future__ import annotations

import os
import time

from elf9.errors import BadAddress, Block, Ebadarg, KernelError, OddAddress, Unsupported
from elf9.image import Script, guess_target, plan
from elf9.image.model import ExecError
from elf9.kernel.boot import BootError, boot, host_file, shutdown
from elf9.kernel.dev.device import Devices
from elf9.kernel.exec import RefusedError, execute
from elf9.kernel.memory import DemandLoadError
from elf9.kernel.process import Args, Process
from elf9.kernel.syscalls import CALLS
from elf9.kernel.traps import note
from elf9.kernel.watchdog import Watchdog
from elf9.target import TARGETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.debug.trace import Tracer
    from elf9.kernel.process import Death
    from elf9.machine.cpu import Cpu, Trap
    from elf9.target import Target

__all__ = ["Kernel", "Options", "Outcome", "run_program"]

_SLOTS_SIZE = 48
_TOS_PID = 64
_HEAD = 256


class Options:
    """What a run may do; the defaults are generous, none is without a limit."""

    __slots__ = (
        "binds",
        "cpu",
        "cwd",
        "env",
        "max_memory",
        "max_output",
        "root",
        "stderr",
        "stdin",
        "stdout",
        "timeout",
        "trace",
        "user",
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
        #: One of the machine's MODELS, or "" for the baseline.
        self.cpu = ""
        self.user = "glenda"
        #: Told of every system call (elf9.debug.trace), if there is one.
        self.trace: Tracer | None = None
        #: Host descriptors behind the guest's 0, 1 and 2.
        self.stdin, self.stdout, self.stderr = 0, 1, 2


class Outcome:
    """How a run ended.

    `exit_string`: the exit string, without `NAME PID: `; empty is success.  `killed`: the limit
    that ended it, or None.  `error`: the kernel's refusal of the file, or None.  `reason`: what to
    know about the file, for a person, or None.
    """

    __slots__ = ("death", "error", "exit_string", "killed", "name", "pid", "reason", "stats", "target")

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
        "_limit",
        "_output_closed",
        "calls",
        "devices",
        "ending",
        "new_cpu",
        "options",
        "processes",
        "target",
        "watchdog",
    )

    devices: Devices

    def __init__(self, target: Target, options: Options, new_cpu: Callable[[], Cpu]) -> None:
        self.target = target
        self.options = options
        #: Makes a CPU for a new process.
        self.new_cpu = new_cpu
        self.processes: list[Process] = []
        #: The run is over although the process lives: a limit, or nobody reads the output.
        self.ending = False
        #: System calls made so far.
        self.calls = 0
        self._limit: str | None = None
        self._output_closed = False
        self.watchdog: Watchdog | None = None

    # Services for devices and system calls.

    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return time.time_ns()

    def ticks_ns(self) -> int:
        """Nanoseconds on a clock that never goes back; what Block(until=) counts in."""
        return time.monotonic_ns()

    def random(self, count: int) -> bytes:
        """`count` random bytes."""
        return os.urandom(count)

    def output_limit_reached(self) -> None:
        """The console has taken all that the run may write: end it."""
        self._limit = "output"
        self.ending = True

    @property
    def output_closed(self) -> bool:
        """Did the host's reader of the output go away?  The console sets it; the run then ends."""
        return self._output_closed

    @output_closed.setter
    def output_closed(self, closed: bool) -> None:
        self._output_closed = self.ending = closed

    # Running.

    def new_process(self, parent_pid: int = 0) -> Process:
        """A process with the next pid and nothing in it."""
        process = Process(self, len(self.processes) + 1, parent_pid, self.new_cpu(), self.options.user)
        process.cpu.on_call = self._server(process)
        self.processes.append(process)
        return process

    def run(self, process: Process) -> str | None:
        """Run a process to its end; the name of the limit that ended it first, or None.

        Raises KeyboardInterrupt if the user asked for an end, Unsupported and EmulatorError.
        """
        with Watchdog(process.cpu.stop, self.options.timeout, self.options.max_memory) as watchdog:
            self.watchdog = watchdog
            while process.exit_string is None and not self.ending:
                if process.blocked is None:
                    self._handle(process, process.cpu.run())
                else:
                    self._wait(process, process.blocked)
                    if watchdog.reason is None:
                        self._resume(process)
                if watchdog.reason is not None:
                    break
            reason = watchdog.reason
        if process.exit_string is None and reason == "interrupt":
            raise KeyboardInterrupt
        if self.output_closed:
            raise BrokenPipeError("nobody reads the output")
        limit = self._limit or (reason if process.exit_string is None else None)
        if limit is not None and process.exit_string is None:
            process.exit(_LIMIT_STATUS[limit])
        return limit

    def _wait(self, process: Process, block: Block) -> None:
        """Sleep until the call that raised `block` may go on, or the watchdog barks."""
        from select import select

        assert self.watchdog is not None
        timeout = None
        if block.until is not None:
            timeout = max(0, block.until - self.ticks_ns()) / 1e9
        readable = [self.watchdog.barks]
        if block.readable is not None:
            readable.append(block.readable)
        elif block.until is None:
            raise Unsupported(f"{CALLS[process.number][0]} would wait for ever: nothing can wake this process")
        select(readable, (), (), timeout)

    def _handle(self, process: Process, trap: Trap) -> None:
        kind = trap.kind
        if kind in ("call", "stopped"):
            return
        if kind == "panic":
            raise Unsupported(
                f"int ${trap.status} at pc={trap.pc:#x}: a 9front kernel panics here "
                f"(panic: unknown trap/intr: {trap.status}); system calls are made with the SYSCALL instruction"
            )
        if trap.address is not None:
            segment = process.memory.missing_page(trap.address)
            if segment is not None:
                text = DemandLoadError(segment).note
                process.print(b"suicide: " + text + b"\n")
                process.kill(text, trap.pc, trap.address, suicide=False)
                process.exit_string = b"i/o error in demand load"
                return
        process.kill(note(trap).encode(), trap.pc, trap.address)

    # System calls.

    def _server(self, process: Process) -> Callable[[int, int], int | None]:
        """The function that serves a process's calls (`Cpu.on_call`)."""
        memory, args = process.memory, process.args
        unpack = Args.layout.unpack_from
        stack_top = self.target.stack_top
        last = stack_top - _SLOTS_SIZE
        unseen = stack_top - self.target.page
        aligned = self.target.name == "amd64"
        # The kernel writes Tos.pid on every way out (facts/exec.md §6).
        pid = process.pid.to_bytes(4, "little")
        pid_start = self.target.tos + _TOS_PID - self.target.stack_base
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
                    return self._fail(process, error)
            result = call(process)
            memory.stack.view[pid_start:pid_stop] = pid
            return result

        call = self._call if self.options.trace is None else self._traced
        return serve

    def _call(self, process: Process) -> int | None:
        """Do the call in `process.number` and `process.args`: its result, or None if that is not now.

        None means that the process waits (`blocked`), has ended, or that the run ends.
        """
        row = CALLS.get(process.number)
        if row is None:
            process.error = Ebadarg.encode()
            process.kill(b"sys: bad sys call", process.cpu.pc)
            return None
        handler = row[2]
        if handler is None:
            raise Unsupported(f"system call {process.number} ({row[0]}) is not emulated yet, pc={process.cpu.pc:#x}")
        try:
            result = handler(process, process.args)
        except Block as block:
            process.blocked = block
            return None
        except KernelError as error:
            return self._fail(process, error)
        return None if self.ending or process.exit_string is not None else result

    def _traced(self, process: Process) -> int | None:
        """`_call`, with both sides told to the tracer."""
        trace = self.options.trace
        row = CALLS.get(process.number)
        if trace is None or row is None:
            return self._call(process)
        start = time.time_ns()
        if process.blocked is None:
            trace.enter(process, process.number, row[0], row[1], process.args, process.cpu.pc)
        result = self._call(process)
        if result is not None:
            trace.leave(process, result, process.error, start, time.time_ns())
        return result

    def _resume(self, process: Process) -> None:
        """Make a blocked call again, and end it if it no longer has to wait."""
        result = self._call(process) if self.options.trace is None else self._traced(process)
        if result is not None:
            process.blocked = None
            process.cpu.call_return(result)

    def _fail(self, process: Process, error: KernelError) -> int | None:
        """-1 for the process, or None if the error is one that posts a note and kills it."""
        process.error = error.text
        pc = process.cpu.pc
        if isinstance(error, BadAddress):
            process.complain(error)
            process.kill(b"sys: bad address in syscall", pc)
        elif isinstance(error, OddAddress):
            process.kill(b"sys: odd address", pc)
        elif isinstance(error, DemandLoadError):
            process.kill(error.note, pc)
        else:
            return None if self.ending else -1
        return None


_LIMIT_STATUS = {
    "timeout": b"Killed: time limit",
    "memory": b"Killed: Insufficient physical memory",
    "output": b"Killed: output limit",
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
        outcome = _execute(process, name, [os.path.basename(name), *args])
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
        process.cpu.close()


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
