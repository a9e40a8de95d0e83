"""A system call's arguments, decoded from the slots of its stack frame by the kinds in the table of calls.

Text is 9front's (/proc/n/syscall, proc(3)): a string or a buffer as `ADDRESS/"text"`, flags in hexadecimal; bytes are
escaped as in C.  The same values as plain data are for JSON.  Who decodes sees memory as the process would: what
cannot be read is shown as a bare address.
"""

from __future__ import annotations

from elf9.errors import KernelError
from elf9.kernel.process import call_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    from collections.abc import Sequence
    from typing import Any, Protocol

    class Memory(Protocol):
        """The part of a process's address space that is read here."""

        def check(self, address: int, length: int, write: bool, /) -> None: ...
        def read(self, address: int, length: int, /) -> bytes: ...
        def string(self, address: int, limit: int | None = None, /) -> bytes: ...

    class Args(Protocol):
        """The five argument slots, by Plan 9 type (facts/abi.md §1)."""

        def int(self, index: builtins.int, /) -> builtins.int: ...
        def uint(self, index: builtins.int, /) -> builtins.int: ...
        def vlong(self, index: builtins.int, /) -> builtins.int: ...
        def pointer(self, index: builtins.int, /) -> builtins.int: ...


__all__ = ["KINDS", "Value", "call_name", "decode", "fill_in", "quote", "show"]

#: Bytes of a buffer that are shown, as in the kernel.
SHOWN = 64
#: Bytes of a string that are shown; the kernel shows them all.
SHOWN_STRING = 1024
#: Elements of exec's argument vector that are shown.
_SHOWN_WORDS = 64

_SIGNED = frozenset({"fd", "int", "long", "count"})
_UNSIGNED = frozenset({"uint", "ulong", "ucount"})
_WIDE = frozenset({"vlong", "offset"})
_HEX = frozenset({"mode", "flags", "perm"})
_STRINGS = frozenset({"path", "string"})
_LATE = frozenset({"buf-in", "string-in", "vlong-in"})

#: Every kind of argument that the table of system calls may name.
KINDS = _SIGNED | _UNSIGNED | _WIDE | _HEX | _STRINGS | _LATE | {"ptr", "argv", "buf-out"}

_ESCAPES = {0x07: "\\a", 0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}


class Value:
    """One argument: `text` as the kernel shows it, `plain` as JSON has it.

    A number is itself; an address a string such as "0x7fff"; what it points to makes it an object with `address`
    and `text`, or `value` for a number, and `cut` if there is more.  A vector is a list of those.
    """

    __slots__ = ("plain", "text")

    def __init__(self, text: str, plain: Any) -> None:
        self.text = text
        self.plain = plain


def quote(data: bytes, limit: int = SHOWN) -> str:
    """The first `limit` bytes as a C string literal; `...` after the quote says that there is more."""
    shown = data[:limit]
    text = "".join(_ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in shown)
    return f'"{text}"' + ("..." if len(data) > limit else "")


def decode(memory: Memory, kinds: Sequence[str], args: Args) -> list[Value | None]:
    """The arguments when a call begins; None for what the kernel fills in."""
    return [_decode(memory, kinds, args, index) for index in range(len(kinds))]


def show(memory: Memory, kinds: Sequence[str], args: Args) -> str:
    """The arguments of a call under way, with blanks between them."""
    values = decode(memory, kinds, args)
    return " ".join(f"{args.pointer(index):#x}" if value is None else value.text for index, value in enumerate(values))


def fill_in(memory: Memory, kind: str, address: int, result: int) -> Value:
    """An argument that `decode` left open, when the call has returned `result`."""
    if result < 0:
        return address_value(address)
    if kind == "buf-in":
        return _buffer(memory, address, result)
    if kind == "string-in":
        return _string(memory, address)
    raw = _read(memory, address, 8)
    if raw is None:
        return address_value(address)
    number = int.from_bytes(raw, "little", signed=True)
    return Value(f"{address:#x}/{number}", {"address": f"{address:#x}", "value": number})


def address_value(address: int) -> Value:
    """An address of which no more is known."""
    return Value(f"{address:#x}", f"{address:#x}")


def _decode(memory: Memory, kinds: Sequence[str], args: Args, index: int) -> Value | None:
    kind = kinds[index]
    if kind in _LATE:
        return None
    if kind in _HEX:
        return Value(f"{args.uint(index):#x}", args.uint(index))
    number = None
    if kind in _SIGNED:
        number = args.int(index)
    elif kind in _UNSIGNED:
        number = args.uint(index)
    elif kind in _WIDE:
        number = args.vlong(index)
    if number is not None:
        return Value(str(number), number)
    address = args.pointer(index)
    if kind == "ptr":
        return address_value(address)
    if kind in _STRINGS:
        return _string(memory, address)
    if kind == "argv":
        return _vector(memory, address)
    if kind == "buf-out":
        return _buffer(memory, address, _length(kinds, args, index + 1))
    raise KeyError(f"unknown kind of argument {kind!r}")


def _length(kinds: Sequence[str], args: Args, index: int) -> int:
    """The value of the length argument at `index`; 0 if there is none or it is negative."""
    if index >= len(kinds):
        return 0
    return max(0, args.uint(index) if kinds[index] in _UNSIGNED else args.int(index))


def _read(memory: Memory, address: int, length: int) -> bytes | None:
    """Guest memory, or None where the program has none."""
    try:
        memory.check(address, length, False)
        return bytes(memory.read(address, length))
    except KernelError:
        return None


def _plain(address: int, data: bytes, limit: int, more: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {"address": f"{address:#x}", "text": data[:limit].decode("utf-8", "backslashreplace")}
    if more:
        plain["cut"] = True
    return plain


def _string(memory: Memory, address: int) -> Value:
    if address == 0:
        return Value('0/""', {"address": "0x0", "text": ""})
    try:
        data = bytes(memory.string(address))
    except KernelError:
        return address_value(address)
    plain = _plain(address, data, SHOWN_STRING, len(data) > SHOWN_STRING)
    return Value(f"{address:#x}/{quote(data, SHOWN_STRING)}", plain)


def _buffer(memory: Memory, address: int, length: int) -> Value:
    wanted = min(length, SHOWN)
    data = _read(memory, address, wanted)
    if data is None:
        return address_value(address)
    more = length > wanted
    return Value(f"{address:#x}/{quote(data)}" + ("..." if more else ""), _plain(address, data, SHOWN, more))


def _vector(memory: Memory, address: int) -> Value:
    """exec's argument vector: each string, up to the null pointer."""
    words: list[Value] = []
    for index in range(_SHOWN_WORDS):
        raw = _read(memory, address + 8 * index, 8)
        if raw is None:
            words.append(address_value(address))
            break
        pointer = int.from_bytes(raw, "little")
        if pointer == 0:
            break
        words.append(_string(memory, pointer))
    else:
        words.append(Value("...", "..."))
    return Value(" ".join(word.text for word in words), [word.plain for word in words])
