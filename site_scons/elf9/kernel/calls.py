"""What brings a process into the kernel: system calls, traps, and the way back to user mode."""

from __future__ import annotations

import time

from elf9.errors import BadAddress, Ebadarg, KernelError, OddAddress, Unsupported
from elf9.kernel.chan import close, let_go
from elf9.kernel.memory import DemandLoadError
from elf9.kernel.notes import NDEBUG, deliver
from elf9.kernel.process import TOS_PID, Args, Death
from elf9.kernel.scheduler import READY, Scheduler
from elf9.kernel.sync import Block
from elf9.kernel.syscalls import CALLS
from elf9.kernel.traps import note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any

    from elf9.kernel.options import Options
    from elf9.kernel.process import Process
    from elf9.machine.cpu import Trap
    from elf9.target import Target

__all__ = ["Calls"]

_SLOTS_SIZE = 48
#: Calls that change the CPU as a whole: exec, _exits, rfork, noted.
_EXEC, _RFORK = 7, 19
_OUTSIDE = frozenset((_EXEC, 8, _RFORK, 29))


class Calls(Scheduler):
    """The part of a kernel that serves system calls and traps."""

    __slots__ = ("target",)

    def __init__(self, target: Target, options: Options) -> None:
        super().__init__(options)
        self.target = target

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
                self._event(process, READY)
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
        # it may wait with the same Block as before
        if process.blocked is not block or process.waiting or process.exit_string is not None:
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

    # Traps, and the way back to user mode.

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
                self._event(process, READY)
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

    # Stops, as /proc asks for them.

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
