"""A process, and what happens to it: system calls counted out of registers, notes, the end.

Source: facts/notes.md (notes, suicide lines, exit texts), facts/syscalls.md §1 (the error string).
"""

from __future__ import annotations

import struct

from elf9.errors import ERRMAX, Eintr, KernelError
from elf9.kernel.chan import FdTable, pprint
from elf9.kernel.memory import TEXT, AddressSpace
from elf9.kernel.sync import Queue

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    from typing import Any

    from elf9.errors import BadAddress
    from elf9.kernel.chan import Chan
    from elf9.kernel.dev.env import Environment
    from elf9.kernel.dev.procctl import Debug
    from elf9.kernel.fork import WaitRecord
    from elf9.kernel.kernel import Kernel
    from elf9.kernel.namespace import NameSpace
    from elf9.kernel.notes import Note
    from elf9.kernel.sync import Block, Meeting, RendezvousGroup
    from elf9.machine.cpu import Cpu, Trap

__all__ = ["TOS_PID", "Args", "Death", "Process", "call_name", "call_state", "cut"]

#: Offset in struct Tos, and how it is stored.
TOS_PID = 64
_pid = struct.Struct("<I")
#: A tick of the kernel's clock.
_TICK_NS = 10_000_000


class Args:
    """The five 8-byte slots above a call's stack pointer, read with the kernel's widths.

    Slots count from 0 (facts/abi.md §1, "Widths inside a slot").
    """

    __slots__ = ("slots",)

    #: How the slots lie in memory.
    layout = struct.Struct("<5q")

    def __init__(self) -> None:
        #: Signed 64-bit values.
        self.slots: tuple[builtins.int, ...] = (0,) * 5

    def int(self, index: builtins.int) -> builtins.int:
        """The low 32 bits, signed: int and long."""
        return (self.slots[index] & 0xFFFFFFFF ^ 0x80000000) - 0x80000000

    long = int

    def uint(self, index: builtins.int) -> builtins.int:
        """The low 32 bits, unsigned: uint and ulong."""
        return self.slots[index] & 0xFFFFFFFF

    ulong = uint

    def vlong(self, index: builtins.int) -> builtins.int:
        """All 64 bits, signed."""
        return self.slots[index]

    def pointer(self, index: builtins.int) -> builtins.int:
        """All 64 bits, unsigned."""
        return self.slots[index] & 0xFFFFFFFFFFFFFFFF


class Death:
    """How a process was killed: the note, and the machine at that moment.

    `text` is the note as delivered, with its pc; `address` that of a memory fault, or None;
    `registers` by name; `memory(address, length)` reads what the process could see, and raises
    KernelError elsewhere.
    """

    __slots__ = ("address", "memory", "pc", "registers", "sp", "text")

    def __init__(self, process: Process, text: bytes, pc: int, address: int | None) -> None:
        self.text = text
        self.pc = pc
        self.sp = process.cpu.sp
        self.address = address
        self.registers = process.cpu.registers()
        self.memory = process.memory.read


class Process:
    """One process: memory, files, names, notes, error strings and its state."""

    __slots__ = (
        "_pid_at",
        "_proc_state",
        "_stack_top",
        "alarm_ns",
        "args",
        "args_text",
        "attention",
        "blocked",
        "children_ms",
        "control",
        "cpu",
        "death",
        "debug",
        "dot",
        "environment",
        "error",
        "exit_string",
        "fds",
        "handler",
        "hang",
        "held",
        "in_handler",
        "kernel",
        "last_note",
        "living_children",
        "meeting",
        "memory",
        "name",
        "namespace",
        "no_swap",
        "note_group",
        "note_pending",
        "notes",
        "number",
        "outside",
        "parent",
        "parent_pid",
        "pid",
        "priority",
        "private",
        "proc_mode",
        "progress",
        "rendezvous_group",
        "result",
        "run_ns",
        "slash",
        "started_ns",
        "stop_queue",
        "text_file",
        "trap",
        "ureg",
        "user",
        "wait_queue",
        "wait_records",
        "waiter",
        "waiting",
    )

    dot: Chan
    slash: Chan
    namespace: NameSpace
    environment: Environment
    rendezvous_group: RendezvousGroup

    def __init__(self, kernel: Kernel, pid: int, parent_pid: int, cpu: Cpu, user: str) -> None:
        self.kernel = kernel
        self.pid = pid
        self.parent_pid = parent_pid
        #: Who gets the wait record: None for the first process and after RFNOWAIT.
        self.parent: Process | None = None
        self.user = user
        #: Address of Tos.pid, and where the stack ends.
        self._pid_at = kernel.target.tos + TOS_PID
        self._stack_top = kernel.target.stack_top
        self.cpu = cpu
        self.memory = AddressSpace(kernel.target, cpu)
        self.fds = FdTable()
        #: The process's name as in `NAME PID: suicide: …`: the last element of the program's path.
        self.name = b""
        #: Arguments of exec, each with its NUL, at most 128 bytes (/proc/n/args).
        self.args_text = b""
        #: The file it was exec'd from, kept open.
        self.text_file: Chan | None = None
        #: The error string, at most 127 bytes; a failing call sets it, errstr(2) swaps it.
        self.error = b""
        #: What the process passed to exits, or died of; None while it lives.
        self.exit_string: bytes | None = None
        self.death: Death | None = None

        # The call being served.

        self.args = Args()
        self.number = 0
        #: Why it has to wait, or None; what its handler did before that (see Block).
        self.blocked: Block | None = None
        #: Nobody has woken it yet.
        self.waiting = False
        self.progress: Any = None
        #: The open file that it waits for, whatever becomes of its descriptor meanwhile.
        self.held: Chan | None = None
        #: What it waits with in rendezvous(2), from the first time on.
        self.meeting: Meeting | None = None
        #: The call is to be served while the CPU does not run.
        self.outside = False
        #: The result of a call that ended while something else has to happen first.
        self.result: int | None = None

        # Notes (facts/notes.md §1).

        self.notes: list[Note] = []
        #: Address of the handler, or 0; is it running; where the Ureg of its frame is.
        self.handler = 0
        self.in_handler = False
        self.ureg = 0
        #: The note delivered last.
        self.last_note: Note | None = None
        #: The next call that waits fails (notepending).
        self.note_pending = False
        self.note_group: int = pid
        #: Something has to be seen to before the process goes on in user mode: a note, a stop, a kill.
        self.attention = False
        #: How the process came into the kernel: by this trap, or by a system call (None).
        self.trap: Trap | None = None
        #: When the alarm rings on the kernel's clock (`ticks_ns`), or 0.
        self.alarm_ns = 0

        # Children.

        self.living_children = 0
        #: The newest last.
        self.wait_records: list[WaitRecord] = []
        self.wait_queue = Queue()
        #: Who waits for a record.
        self.waiter: Process | None = None
        #: User and system time in ms of the children waited for.
        self.children_ms = (0, 0)

        # /proc (facts/devices.md §5).

        #: What ctl asked for: "", "stop", "trace" (stop for a note), "kill", "syscall".
        self.control = ""
        self._proc_state = ""
        #: What it has when it is debugged.
        self.debug: Debug | None = None
        #: Who waits for the process to stop.
        self.stop_queue = Queue()
        self.proc_mode = 0o640
        self.private = self.hang = self.no_swap = False
        self.priority = 10

        self.started_ns = kernel.ticks_ns()
        self.run_ns = 0

    @property
    def state(self) -> str:
        """The word in /proc/n/status: Running, Ready, Stopped, Broken, or the call it waits in."""
        if self._proc_state:
            return self._proc_state
        if self.exit_string is not None:
            return "Moribund"
        if self.kernel.current is self:
            return "Running"
        return call_state(self.number) if self.blocked is not None else "Ready"

    @state.setter
    def state(self, word: str) -> None:
        self._proc_state = word

    @property
    def is_profiled(self) -> bool:
        """Is it counted where its text runs (/proc/n/profile)?"""
        text = self.memory.segments[TEXT]
        return text is not None and text.profile is not None

    def times_ms(self) -> tuple[int, int, int, int, int, int]:
        """User, system and real time, and those of the children waited for (`/dev/cputime`).

        In ms, whole ticks of the kernel's clock, which are 10 ms.
        """
        real = (self.kernel.ticks_ns() - self.started_ns) // _TICK_NS * 10
        return (self.kernel.run_ns_of(self) // _TICK_NS * 10, 0, real, *self.children_ms, 0)

    def print(self, text: str | bytes) -> None:
        """A line of the kernel's about this process, `NAME PID: TEXT`, on its descriptor 2."""
        pprint(self, text)

    def complain(self, error: BadAddress) -> None:
        """The line that validaddr prints before it posts its note (facts/abi.md §1)."""
        text = f"suicide: invalid address 0x{error.address:x}/{error.length} in sys call pc=0x{self.cpu.pc:x}"
        self.print(text + "\n")

    def eintr(self) -> KernelError:
        """The error of a call that a note interrupted."""
        return KernelError(Eintr)

    def write_tos_pid(self) -> None:
        """Tos.pid, which the kernel writes on every way out (facts/exec.md §6)."""
        stack = self.memory.stack
        if stack.top == self._stack_top:
            _pid.pack_into(stack.view, self._pid_at - stack.base, self.pid)

    def wait_message(self) -> bytes:
        """What the parent's wait gets: `NAME PID: STATUS`, at most 127 bytes, or nothing.

        Source: facts/notes.md §6; the tail that is no UTF-8 is dropped (facts/observed-devices.md A.25).
        """
        if not self.exit_string:
            return b""
        return cut(b"%s %d: %s" % (self.name, self.pid, self.exit_string))

    def exit(self, status: bytes, *, broken: bool = False) -> None:
        """End: let go of files, names and groups, then tell the parent (pexit).

        `broken`: its memory stays to be looked at (facts/notes.md §1).  The kernel removes the process
        when its CPU has stopped.
        """
        if self.exit_string is None:
            # what is no UTF-8 is dropped, but it is not an empty status
            self.exit_string = cut(status) or status[: ERRMAX - 1]
            self.kernel.end(self, broken)


def call_state(number: int) -> str:
    """The kernel's word for a process inside a call: see `call_name`."""
    from elf9.kernel.syscalls import CALLS

    row = CALLS.get(number)
    return "Wakeme" if row is None else call_name(row[0])


def call_name(name: str) -> str:
    """A system call's name as the kernel prints it: `Pread`, `Exits`, `Brk`, `_stat` (facts/syscalls.md §2)."""
    name = name.rstrip("_")
    special = {"_exits": "Exits", "exits": "Exits", "rendezvous": "Rendez", "sysr1": "Running"}
    return special.get(name) or (name if name.startswith("_") else name[:1].upper() + name[1:])


def cut(text: bytes, limit: int = ERRMAX - 1) -> bytes:
    """At most `limit` bytes of `text`, without an incomplete or invalid rune at its end."""
    text = text[:limit]
    while text and text[-1] >= 0x80:
        # A rune has at most four bytes; only its first one is 0xC0 or more.
        tail = text[-4:]
        start = next((size for size in range(1, len(tail) + 1) if tail[-size] >= 0xC0), 0)
        if start and _rune_size(tail[-start]) == start:
            break
        text = text[: -(start or 1)]
    return text


def _rune_size(first: int) -> int:
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4 if first < 0xF8 else 0
