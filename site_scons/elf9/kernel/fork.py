"""rfork and wait: how processes are made, and what their parents are told in the end.

Sources: rfork of sysproc.c, pexit and pwait of proc.c; facts/syscalls.md §4,
facts/observed-devices.md A.24, A.25.
"""

from __future__ import annotations

from elf9.errors import Ebadarg, Einuse, Enochild, KernelError
from elf9.kernel.chan import FdTable
from elf9.kernel.dev.env import Environment
from elf9.kernel.namespace import NameSpace
from elf9.kernel.sync import Block, RendezvousGroup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Process

__all__ = ["RFMEM", "RFPROC", "WaitRecord", "leave_record", "rfork", "wait"]

# rfork(2)
RFNAMEG, RFENVG, RFFDG, RFNOTEG, RFPROC, RFMEM, RFNOWAIT = (1 << bit for bit in range(7))
RFCNAMEG, RFCENVG, RFCFDG, RFREND, RFNOMNT = (1 << bit for bit in range(10, 15))

#: A parent keeps that many records; children that end later leave none.
_MAX_RECORDS = 128
#: Devices that may still be attached by name after RFNOMNT.
_HARMLESS_DEVICES = "|decp"


class WaitRecord:
    """What wait(2) tells of a child: pid, three times in ms, and `NAME PID: STATUS` or nothing."""

    __slots__ = ("message", "pid", "real", "system", "user")

    def __init__(self, process: Process) -> None:
        user, system, real, child_user, child_system, _ = process.times_ms()
        self.pid = process.pid
        self.user = user + child_user
        self.system = system + child_system
        self.real = real
        self.message = process.wait_message()


def rfork(process: Process, flags: int) -> int:
    """rfork(2): the child's pid, or 0 without RFPROC.  Raises KernelError.

    It must not be called while the CPU runs: the child's registers are a copy.
    """
    for own, clean in ((RFFDG, RFCFDG), (RFNAMEG, RFCNAMEG), (RFENVG, RFCENVG)):
        if flags & own and flags & clean:
            raise KernelError(Ebadarg)
    if not flags & RFPROC:
        if flags & (RFMEM | RFNOWAIT):
            raise KernelError(Ebadarg)
        _leave_groups(process, flags)
        return 0
    kernel = process.kernel
    child = kernel.new_process(process)
    child.user = process.user
    child.name = process.name
    child.slash = process.slash
    child.dot = process.dot
    child.dot.ref += 1
    child.handler = process.handler
    if not flags & RFNOTEG:
        child.note_group = process.note_group
    child.proc_mode = process.proc_mode
    child.private, child.no_swap, child.hang = process.private, process.no_swap, process.hang
    child.priority = process.priority
    if process.control == "syscall":
        kernel.stop(child, "syscall")
    child.text_file = process.text_file
    if child.text_file is not None:
        child.text_file.ref += 1
    process.memory.copy_to(child.memory, bool(flags & RFMEM))
    child.fds, child.namespace = process.fds, process.namespace
    child.environment, child.rendezvous_group = process.environment, process.rendezvous_group
    for group in (child.fds, child.namespace, child.environment, child.rendezvous_group):
        group.ref += 1
    _leave_groups(child, flags & ~RFNOTEG)
    if not flags & RFNOWAIT:
        child.parent = process
        process.living_children += 1
    child.number = process.number
    child.cpu.call_return(0)
    # a child made in a note handler is in none
    child.cpu.float_allowed = True
    child.write_tos_pid()
    kernel.make_ready(child)
    if kernel.options.trace is not None:
        kernel.options.trace.born(process, child, flags)
    return child.pid


def _leave_groups(process: Process, flags: int) -> None:
    """Give a process groups of its own, as far as `flags` ask for it."""
    if flags & (RFFDG | RFCFDG):
        descriptors = process.fds
        process.fds = descriptors.copy() if flags & RFFDG else FdTable()
        descriptors.release(process)
    if flags & (RFNAMEG | RFCNAMEG):
        space = process.namespace
        if flags & RFNAMEG:
            process.namespace = space.copy()
        else:
            process.namespace = NameSpace(space.devices)
            process.namespace.forbidden = set(space.forbidden)
        space.release(process)
    if flags & RFNOMNT:
        process.namespace.forbid_all_but(_HARMLESS_DEVICES)
    if flags & RFREND:
        process.rendezvous_group.ref -= 1
        process.rendezvous_group = RendezvousGroup()
    if flags & (RFENVG | RFCENVG):
        environment = process.environment
        process.environment = environment.copy() if flags & RFENVG else Environment()
        environment.release()
    if flags & RFNOTEG:
        process.kernel.new_note_group(process)


def leave_record(process: Process) -> None:
    """Tell the parent that `process` has ended (pexit)."""
    parent = process.parent
    if parent is None or parent.exit_string is not None:
        return
    record = WaitRecord(process)
    parent.living_children -= 1
    user, system = parent.children_ms
    parent.children_ms = (user + record.user, system + record.system)
    if len(parent.wait_records) < _MAX_RECORDS:
        parent.wait_records.append(record)
        parent.kernel.wakeup(parent.wait_queue)


def wait(process: Process, target: Process | None = None) -> WaitRecord:
    """The newest record of `target`'s (by default the caller's own) children, once there is one (pwait).

    Raises Block, Enochild, and Einuse while another process waits for the same one's children.
    """
    target = target or process
    if target.waiter is not None and target.waiter is not process:
        raise KernelError(Einuse)
    if target.wait_records:
        target.waiter = None
        return target.wait_records.pop()
    if target.living_children == 0 and target is process:
        target.waiter = None
        raise KernelError(Enochild)
    target.waiter = process

    def interrupted() -> int:
        target.waiter = None
        raise process.eintr()

    raise Block(queue=target.wait_queue, interrupted=interrupted)
