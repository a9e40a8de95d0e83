"""A process, and what happens to it: system calls counted out of registers, notes, the end.

Source: facts/notes.md (notes, suicide lines, exit texts), facts/syscalls.md §1 (the error string).
"""

from __future__ import annotations

import struct

from elf9.errors import ERRMAX
from elf9.kernel.chan import FdTable, pprint
from elf9.kernel.memory import AddressSpace

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins

    from elf9.errors import BadAddress, Block
    from elf9.kernel.chan import Chan
    from elf9.kernel.dev.env import Environment
    from elf9.kernel.kernel import Kernel
    from elf9.kernel.namespace import NameSpace
    from elf9.machine.cpu import Cpu

__all__ = ["Args", "Death", "Process", "cut"]


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
    """One process: memory, files, names, error strings and its state."""

    __slots__ = (
        "args",
        "blocked",
        "children_ms",
        "cpu",
        "death",
        "dot",
        "environment",
        "error",
        "exit_string",
        "fds",
        "kernel",
        "memory",
        "name",
        "namespace",
        "number",
        "parent_pid",
        "pid",
        "slash",
        "started_ns",
        "user",
        "wake_ns",
    )

    dot: Chan
    slash: Chan
    namespace: NameSpace
    environment: Environment

    def __init__(self, kernel: Kernel, pid: int, parent_pid: int, cpu: Cpu, user: str) -> None:
        self.kernel = kernel
        self.pid = pid
        self.parent_pid = parent_pid
        self.user = user
        self.cpu = cpu
        self.memory = AddressSpace(kernel.target, cpu)
        self.fds = FdTable()
        #: The process's name as in `NAME PID: suicide: …`: the last element of the program's path.
        self.name = b""
        #: The error string, at most 127 bytes; a failing call sets it, errstr(2) swaps it.
        self.error = b""
        #: Arguments and number of the call being served.
        self.args = Args()
        self.number = 0
        #: Why the call being served has to wait, or None.
        self.blocked: Block | None = None
        #: When a sleep ends, on the kernel's monotonic clock; 0 when the process does not sleep.
        self.wake_ns = 0
        #: What the process passed to exits, or died of; None while it lives.
        self.exit_string: bytes | None = None
        self.death: Death | None = None
        self.started_ns = kernel.ticks_ns()
        #: User and system time in ms of the children waited for.
        self.children_ms = (0, 0)

    def times_ms(self) -> tuple[int, int, int, int, int, int]:
        """User, system and real time in ms, and those of the children waited for (`/dev/cputime`)."""
        real = (self.kernel.ticks_ns() - self.started_ns) // 1_000_000
        return (real, 0, real, *self.children_ms, 0)

    def print(self, text: str | bytes) -> None:
        """A line of the kernel's about this process, `NAME PID: TEXT`, on its descriptor 2."""
        pprint(self, text)

    def complain(self, error: BadAddress) -> None:
        """The line that validaddr prints before it posts its note (facts/abi.md §1)."""
        text = f"suicide: invalid address 0x{error.address:x}/{error.length} in sys call pc=0x{self.cpu.pc:x}"
        self.print(text + "\n")

    def wait_message(self) -> bytes:
        """What the parent's wait gets: `NAME PID: STATUS`, at most 127 bytes, or nothing.

        Source: facts/notes.md §6; the tail that is no UTF-8 is dropped (facts/observed-devices.md A.25).
        """
        if not self.exit_string:
            return b""
        return cut(b"%s %d: %s" % (self.name, self.pid, self.exit_string))

    def exit(self, status: bytes) -> None:
        """End: remember the status, close the files.  The caller stops running the process."""
        if self.exit_string is None:
            self.exit_string = cut(status)
            self.fds.release(self)

    def kill(self, text: bytes, pc: int, address: int | None = None, *, suicide: bool = True) -> None:
        """Deliver a note to a process without a handler.

        `suicide`: the note is a fault or a kernel's complaint (NDebug), which prints a line.
        """
        note = cut(text + (b" pc=0x%x" % pc if text.startswith(b"sys:") else b""))
        self.death = Death(self, note, pc, address)
        if self.kernel.options.trace is not None:
            self.kernel.options.trace.note(self, note)
        if suicide:
            self.print(b"suicide: " + note + b"\n")
        self.exit(note)


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
