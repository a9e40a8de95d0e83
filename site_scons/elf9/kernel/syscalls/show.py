"""How the kernel itself prints a system call: the text of /proc/n/syscall, and the words of a state.

A process started by the control message `startsyscall` stops before its next call with

    PID NAME Open PC ADDR/"/nosuch" 0x0

in its `syscall` file, and again behind it with ` = RESULT "" START STOP`, where the error's text stands
in place of `""` when there was one.  The quirks are the kernel's: an address without `0x` is the
pc's, a failing read shows the buffer, whatever `%ld` shows is the low 32 bits.

Sources: syscallfmt.c, mksystab of 9front's kernel; facts/observed-devices.md B (startsyscall).
"""

from __future__ import annotations

from elf9.errors import KernelError, Unsupported
from elf9.kernel.namespace import printed
from elf9.kernel.process import call_state
from elf9.kernel.syscalls import CALLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Args, Process

__all__ = ["enter", "leave", "state"]

_MASK64 = (1 << 64) - 1
#: The kernel shows that much of what is written and read, and of a string.
_DATA = 64
_STRING = 1 << 16
_WORD = 8
_PRINTABLE = bytes(byte if 0x20 < byte < 0x7F else 0x2E for byte in range(256))
#: Numbers that 9front has taken out.
_REMOVED = (48, 49)
_READ, _WRITE, _PREAD, _PWRITE, _NSEC, _EXEC, _AWAIT = 15, 20, 50, 51, 53, 7, 47
_OLD_ERRSTR, _ERRSTR, _FD2PATH = 1, 41, 23
#: What returns a pointer: exec, segbrk, segattach, rendezvous.
_POINTERS = frozenset((_EXEC, 12, 30, 34))
_OLD_ERRSTR_SIZE = 64

#: How the kernel prints an argument, by its kind in `CALLS`: s a string; p a pointer, d a signed, u an unsigned and
#: x a hexadecimal number of 32 bits; v a signed and X a hexadecimal number of 64; A exec's vector, with a blank before
#: each word.
_FORMS = {
    **dict.fromkeys(("path", "string"), "s"),
    **dict.fromkeys(("ptr", "buf-in", "buf-out", "string-in", "vlong-in"), "p"),
    **dict.fromkeys(("fd", "int", "long", "count"), "d"),
    **dict.fromkeys(("uint", "ulong", "ucount"), "u"),
    **dict.fromkeys(("mode", "flags", "perm"), "x"),
    **dict.fromkeys(("vlong", "offset"), "v"),
}

#: Calls that the kernel prints in another way than the kinds of their arguments, a blank between them, would have it:
#: what stands here is copied, but letters are the next slots.  D is the data of a write, before its length.
_ODD = {
    0: "p",
    1: "s",
    6: "u ",
    7: "sA",
    9: "d p",
    10: "ds",
    20: "d Dd",
    39: "p d X d",
    40: "d d s u",
    51: "d Dd v",
    52: "p d",
}


def state(number: int) -> str:
    """The word for a process inside call `number`, as /proc/n/status and the trace have it.

    The call's name with a capital; a leading `_` keeps it small, `sysr1` is `Running`, `rendezvous`
    `Rendez`, and what is no call at all is its number.
    """
    if number in CALLS:
        return call_state(number)
    return "huh?" if number in _REMOVED else f" {number}"


def enter(process: Process, number: int, pc: int) -> bytes:
    """The text before a call: process, name, pc, arguments; no newline (syscallfmt).

    Raises BadAddress for what the kernel cannot read, as the call itself would; the call then fails.
    """
    head = b"%d %s %s %x " % (process.pid, printed(process.name, _STRING), state(number).encode(), pc)
    out = [head]
    slot = 0
    for char in _format(number):
        if char == " ":
            out.append(b" ")
        elif char == "A":
            out.append(_argv(process, process.args.pointer(slot)))
        elif char == "D":
            out.append(_data(process, process.args.pointer(slot), min(process.args.long(slot + 1), _DATA)) + b" ")
            slot += 1
        else:
            out.append(_argument(process, char, process.args, slot))
            slot += 1
    return b"".join(out)


def _format(number: int) -> str:
    """The letters of a call's arguments; none for what is no call."""
    if number in _ODD or number not in CALLS:
        return _ODD.get(number, "")
    return " ".join(_FORMS[kind] for kind in CALLS[number][1])


def leave(process: Process, number: int, result: int, start: int, stop: int) -> bytes:
    """The text after a call: what it gave, the error string if it failed, both times in ns (sysretfmt)."""
    args = process.args
    failed = b'""'
    value = (result & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
    end = b" = %d" % value
    if number in _POINTERS:
        if result & _MASK64 == _MASK64:
            failed = process.error
        text = b" = %#x" % (result & _MASK64)
    elif number in (_AWAIT, _OLD_ERRSTR, _ERRSTR, _FD2PATH):
        at = 1 if number == _FD2PATH else 0
        size = _OLD_ERRSTR_SIZE if number == _OLD_ERRSTR else args.ulong(at + 1)
        if result:
            text = _string(process, args.pointer(at)) + b" "
        else:
            failed = process.error
            text = (b"%#x" % args.pointer(at) if number == _AWAIT else b"") + (b'/"" ' if number == _AWAIT else b'"" ')
        text += b"%d" % size + end
    elif number in (_READ, _PREAD):
        if result:
            text = _shown(process, args.pointer(1), min(result & _MASK64, _DATA))
        else:
            text = b'/""'
            failed = process.error
        text += b" %d" % args.long(2)
        if number == _PREAD:
            text += b" %d" % args.vlong(3)
        text += end
    elif number == _NSEC:
        text = b" = %d" % ((result & _MASK64 ^ 1 << 63) - (1 << 63))
    else:
        if value == -1:
            failed = process.error
        text = end
    return text + b" %s %d %d\n" % (printed(failed, _STRING), start, stop)


def _argument(process: Process, char: str, args: Args, slot: int) -> bytes:
    if char == "s":
        return _string(process, args.pointer(slot))
    if char == "p":
        return b"%#x" % args.pointer(slot)
    if char == "X":
        return b"%#x" % args.pointer(slot)
    if char == "x":
        return b"%#x" % args.uint(slot)
    if char == "u":
        return b"%d" % args.ulong(slot)
    if char == "v":
        return b"%d" % args.vlong(slot)
    return b"%d" % args.long(slot)


def _string(process: Process, address: int) -> bytes:
    """`ADDRESS/"TEXT"` (fmtuserstring)."""
    if address == 0:
        return b'0/""'
    process.memory.check(address, 1, False)
    text = process.memory.string(address, _STRING)
    return b'%#x/"%s"' % (address, printed(text, 3 * _STRING))


def _data(process: Process, address: int, count: int) -> bytes:
    """Bytes in memory, with a `.` for what is not printable, blanks included (fmtrwdata)."""
    if address == 0:
        return b"0x0"
    process.memory.check(address, count & 0xFFFFFFFF, False)
    return b' %#x/"%s"' % (address, process.memory.read(address, count).translate(_PRINTABLE))


def _shown(process: Process, address: int, count: int) -> bytes:
    """`_data` behind a call, where the kernel is not prepared for memory that is not there."""
    try:
        return _data(process, address, count)
    except KernelError:
        raise Unsupported(
            f"startsyscall shows {count} bytes at {address:#x} after a failed read, and memory ends before: "
            "a 9front kernel panics here"
        ) from None


def _argv(process: Process, address: int) -> bytes:
    """The arguments of exec, each after a blank."""
    memory = process.memory
    memory.check_aligned(address)
    out: list[bytes] = []
    while True:
        memory.check(address, _WORD, False)
        pointer = int.from_bytes(memory.read(address, _WORD), "little")
        if pointer == 0:
            return b"".join(out)
        out.append(b" " + _string(process, pointer))
        address += _WORD
