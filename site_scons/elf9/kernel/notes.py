"""Notes: how they are queued, when they are delivered, the frame a handler finds, and noted(2).

Sources: facts/notes.md, facts/observed-amd64.md §f, facts/observed-arm64.md §e; pushnote, popnote of
proc.c, notify and noted of trap.c.
"""

from __future__ import annotations

from elf9.errors import ERRMAX, KernelError, OddAddress
from elf9.kernel.process import Death, cut
from elf9.machine.cpu import Trap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Process

__all__ = ["NDEBUG", "NEXIT", "NUSER", "Note", "deliver", "forget", "noted", "push", "read_ureg", "write_ureg"]

#: Kinds: from outside (also alarm and closed pipes), a quiet kill, faults and the kernel's complaints.
NUSER, NEXIT, NDEBUG = range(3)
#: Notes that may wait for a process.
_LONGEST_QUEUE = 5
_MASK64 = (1 << 64) - 1

# noted(2)
_NCONT, _NDFLT, _NSAVE, _NRSTR = range(4)

#: Below the interrupted stack pointer this much is left alone.
_SKIPPED = 256
#: From the handler's stack pointer: 0, Ureg*, message*, then the message and the previous Ureg's address.
_BELOW_UREG = 3 * 8 + ERRMAX + 8

#: Fields of struct Ureg that are registers, by offset (facts/notes.md §2).
_AMD64 = (
    *((8 * index, name) for index, name in enumerate(("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp"))),
    *((8 * (number - 1), f"r{number}") for number in range(8, 16)),
    (144, "rip"),
    (160, "rflags"),
    (168, "sp"),
)
_ARM64 = (*((8 * number, f"x{number}") for number in range(31)), (248, "sp"), (256, "pc"), (264, "psr"))
_FIELDS = {"amd64": _AMD64, "arm64": _ARM64}
#: Where the kinds of entry are told: Ureg.type.
_TYPE = {"amd64": 128, "arm64": 272}
_AMD64_ERROR, _AMD64_CS, _AMD64_SS = 136, 152, 176
#: How a process came into the kernel that noted brings back; amd64's error follows the type.
_NOTED = "noted"
_KIND_SIZE = 16
_USER_CODE, _USER_DATA = 0x2B, 0x23
_AMD64_USER_PC = 0x7FFF_FFFF_FFFF

#: Ureg.type of amd64: trap numbers; system calls and the clock have their own.
_AMD64_TRAPS = {
    "divide error": 0,
    "debug exception": 1,
    "breakpoint": 3,
    "overflow": 4,
    "bounds check": 5,
    "invalid opcode": 6,
    "floating point in note handler": 7,
    "invalid TSS": 10,
    "segment not present": 11,
    "stack exception": 12,
    "general protection violation": 13,
    "fault read": 14,
    "fault write": 14,
    "alignment check": 17,
    "floating point": 19,
    "preempted": 0x20,
}
_AMD64_SYSCALL = 0x40
#: Ureg.type of arm64: the syndrome register; facts/observed-arm64.md §d.
_ARM64_TRAPS = {
    "unknown": 0x02000000,
    "WFI or WFE instruction execution": 0x07E00000,
    "floating point in note handler": 0x1FE00000,
    "illegal execution state": 0x3A000000,
    "illegal MSR/MRS access": 0x62000000,
    "misaligned pc": 0x8A000000,
    "fault read": 0x92000007,
    "fault write": 0x92000047,
    "breakpoint": 0xF2000000,
    "preempted": 1 << 32,
}
_ARM64_SYSCALL, _ARM64_FETCH = 0x56000000, 0x82000007
#: Page fault error codes: user mode, and what was tried.
_READ_ERROR, _WRITE_ERROR, _FETCH_ERROR = 4, 6, 0x14


class Note:
    """One note.

    `ref` counts who has it: it waits for them, or was the last one that they got.  `fixed` is one of the
    kernel's own.
    """

    __slots__ = ("fixed", "kind", "ref", "text")

    def __init__(self, text: bytes, kind: int, *, fixed: bool = False) -> None:
        self.text = _shorten(text)
        self.kind = kind
        self.fixed = fixed
        self.ref = 0


def _shorten(text: bytes) -> bytes:
    """At most 127 bytes, the end of a longer one replaced by `...` (kstrcpy)."""
    text = text.split(b"\0", 1)[0]
    return text if len(text) < ERRMAX else cut(text, ERRMAX - 4) + b"..."


def push(process: Process, note: Note) -> bool:
    """Queue a note, and get a process that waits out of its call (pushnote); False if it was refused."""
    if process.exit_string is not None:
        return False
    notes = process.notes
    if note.kind != NUSER and (process.handler == 0 or process.in_handler):
        _drop(process)
    if len(notes) >= _LONGEST_QUEUE:
        return False
    notes.append(note)
    note.ref += 1
    process.attention = True
    process.kernel.interrupt(process)
    return True


def _drop(process: Process) -> None:
    """Forget the notes that wait (freenotes)."""
    for note in process.notes:
        note.ref -= 1
    process.notes.clear()


def forget(process: Process) -> None:
    """Forget those, and the last one that was delivered."""
    _drop(process)
    if process.last_note is not None:
        process.last_note.ref -= 1
        process.last_note = None


def deliver(process: Process) -> None:
    """On the way to user mode: deliver the first note, if one may be (notify).

    The process continues in its handler, or as it was, or has ended.
    """
    notes = process.notes
    process.attention = False
    if not notes:
        return
    process.note_pending = False
    note = notes[0]
    if process.in_handler and note.kind == NUSER:
        return
    del notes[0]
    last, process.last_note = process.last_note, note
    if last is not None:
        last.ref -= 1
    if not note.fixed and note.ref == 1 and note.text.startswith(b"sys:"):
        # nobody else reads it any more
        note.text = (note.text + b" pc=0x%x" % process.cpu.pc)[: ERRMAX - 1]
    text = note.text
    if process.kernel.options.trace is not None:
        process.kernel.options.trace.note(process, text)
    if process.handler == 0 or process.in_handler:
        die(process, text, note.kind)
        return
    process.attention = bool(notes)
    process.in_handler = True
    _enter_handler(process, text)


def die(process: Process, text: bytes, kind: int) -> None:
    """End a process by a note that it does not handle."""
    trap = process.trap
    process.death = Death(process, text, process.cpu.pc, None if trap is None else trap.address)
    if kind == NDEBUG:
        process.print(b"suicide: " + text + b"\n")
    process.exit(text, broken=kind == NDEBUG)


def _suicide(process: Process, line: bytes) -> None:
    """The kernel gives up on a process that uses notes wrongly."""
    process.death = Death(process, line, process.cpu.pc, None)
    process.print(line + b"\n")
    process.exit(b"Suicide", broken=True)


def _enter_handler(process: Process, text: bytes) -> None:
    target, memory, cpu = process.kernel.target, process.memory, process.cpu
    amd64 = target.name == "amd64"
    saved = read_ureg(process)
    ureg = cpu.sp - _SKIPPED - target.ureg_size
    if not amd64:
        ureg &= ~7
    ureg &= _MASK64
    sp = ureg - _BELOW_UREG & _MASK64
    handler = process.handler
    try:
        if not amd64 and handler & 3:
            raise OddAddress
        memory.check(handler, 1, False)
        memory.check(sp, _BELOW_UREG + target.ureg_size, True)
    except KernelError:
        where = b"" if amd64 else b": handler=0x%x sp=0x%x" % (handler, ureg)
        _suicide(process, b"suicide: bad address in notify" + where)
        return
    message = sp + 24
    frame = bytearray()
    # arm64 leaves the first word as it was
    frame += bytes(8) if amd64 else memory.read(sp, 8)
    frame += ureg.to_bytes(8, "little") + message.to_bytes(8, "little")
    frame += text[: ERRMAX - 1].ljust(ERRMAX, b"\0")
    frame += process.ureg.to_bytes(8, "little") + saved
    memory.write(sp, bytes(frame))
    process.ureg = ureg
    if amd64:
        cpu.set_registers({"rsp": sp, "rip": handler, "rbp": ureg})
    else:
        registers = {"sp": sp, "pc": handler, "x0": ureg, "x30": 0}
        if process.trap is None:
            registers |= {"x1": sp, "x2": handler, "x3": cpu.registers()["psr"]}
        cpu.set_registers(registers)
    cpu.float_allowed = False


def read_ureg(process: Process) -> bytes:
    """The process's registers as struct Ureg, as they were when it entered the kernel."""
    target = process.kernel.target
    registers = process.cpu.registers()
    amd64 = target.name == "amd64"
    if amd64:
        registers["sp"] = registers["rsp"]
    if process.trap is None:
        if amd64:
            registers["rbp"] = process.number
            registers["rcx"] = registers["r11"] = registers["rbx"]
        else:
            registers["x1"] = registers["x2"] = registers["x3"] = registers["x4"]
            if process.blocked is None:
                registers["x17"] = process.cpu.temporary
    data = bytearray(target.ureg_size)
    for offset, name in _FIELDS[target.name]:
        data[offset : offset + 8] = registers[name].to_bytes(8, "little")
    kind, trap = _TYPE[target.name], process.trap
    if trap is not None and trap.kind == _NOTED:
        size = min(_KIND_SIZE, len(data) - kind)
        data[kind : kind + size] = trap.status.to_bytes(size, "little")
    elif amd64:
        data[kind : kind + 8] = _amd64_type(process.trap).to_bytes(8, "little")
        data[_AMD64_ERROR : _AMD64_ERROR + 8] = _amd64_error(process.trap).to_bytes(8, "little")
    else:
        data[kind : kind + 8] = _arm64_type(process).to_bytes(8, "little")
    if amd64:
        data[_AMD64_CS : _AMD64_CS + 8] = _USER_CODE.to_bytes(8, "little")
        data[_AMD64_SS : _AMD64_SS + 8] = _USER_DATA.to_bytes(8, "little")
    return bytes(data)


def _amd64_type(trap: Trap | None) -> int:
    return _AMD64_SYSCALL if trap is None else _AMD64_TRAPS[trap.kind]


def _amd64_error(trap: Trap | None) -> int:
    if trap is None or trap.address is None:
        return 0
    if trap.kind == "fault write":
        return _WRITE_ERROR
    return _FETCH_ERROR if trap.address == trap.pc else _READ_ERROR


def _arm64_type(process: Process) -> int:
    trap = process.trap
    if trap is None:
        return _ARM64_SYSCALL
    value = _ARM64_TRAPS.get(trap.kind, _ARM64_TRAPS["unknown"])
    if trap.kind == "fault read" and trap.address == trap.pc:
        return _ARM64_FETCH
    if trap.kind == "breakpoint":
        # the number in BRK's middle
        value |= int.from_bytes(process.memory.read(trap.pc, 4), "little") >> 5 & 0xFFFF
    return value


def write_ureg(process: Process, data: bytes) -> None:
    """Set the registers from a struct Ureg, as far as the kernel lets a user (setregisters)."""
    target = process.kernel.target
    new = {name: int.from_bytes(data[at : at + 8], "little") for at, name in _FIELDS[target.name]}
    if target.name == "amd64":
        new["rsp"] = new.pop("sp")
        new["rip"] &= _AMD64_USER_PC
        new["rflags"] = new["rflags"] & 0xFF | process.cpu.registers()["rflags"] & 0xFF00
    else:
        new["psr"] &= 0xF0000000
    process.cpu.set_registers(new)


def noted(process: Process, how: int) -> None:
    """noted(2): go on where the note came, or die.  The registers are set; there is no result."""
    if how != _NRSTR and not process.in_handler:
        _suicide(process, b"call to noted() when not notified")
        return
    process.in_handler = False
    process.attention = bool(process.notes)
    cpu, memory, target = process.cpu, process.memory, process.kernel.target
    amd64 = target.name == "amd64"
    ureg = process.ureg
    try:
        memory.check(ureg - 8 & _MASK64, 8 + target.ureg_size, False)
        if not amd64 and ureg & 7:
            raise OddAddress
    except KernelError:
        _suicide(process, b"bad ureg in noted or call to noted when not notified")
        return
    data = memory.read(ureg, target.ureg_size)
    if not amd64:
        # the kernel corrects the copy in user memory, too
        psr = int.from_bytes(data[264:272], "little") & 0xF0000000
        data = data[:264] + psr.to_bytes(8, "little") + data[272:]
        memory.write(ureg + 264, data[264:272])
    write_ureg(process, data)
    # all registers count again, and the rest of the Ureg as well: the next note may come at once
    kind = _TYPE[target.name]
    process.trap = Trap(_NOTED, cpu.pc, None, int.from_bytes(data[kind : kind + _KIND_SIZE], "little"))
    cpu.float_allowed = True
    if how not in (_NCONT, _NRSTR, _NSAVE):
        note = process.last_note
        assert note is not None
        if how != _NDFLT:
            note.kind = NDEBUG
        die(process, note.text, note.kind)
        return
    pc_at, sp_at = (144, 168) if amd64 else (256, 248)
    pc = int.from_bytes(data[pc_at : pc_at + 8], "little")
    sp = int.from_bytes(data[sp_at : sp_at + 8], "little")
    try:
        memory.check(pc, 1 if amd64 else 8, False)
        memory.check(sp, 8, False)
        if not amd64 and (pc & 3 or sp & 7):
            raise OddAddress
    except KernelError:
        _suicide(process, b"suicide: trap in noted")
        return
    if how != _NSAVE:
        process.ureg = int.from_bytes(memory.read(ureg - 8, 8), "little")
        return
    below = ureg - _BELOW_UREG
    memory.write(below, bytes(8) + ureg.to_bytes(8, "little"))
    cpu.set_registers({"rsp": below, "rbp": ureg} if amd64 else {"sp": below, "x0": ureg})
