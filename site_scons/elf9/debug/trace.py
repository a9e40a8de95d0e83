"""`elf9 run --trace`: one line a system call, both sides, as 9front's ratrace(1) shows it.

A line is

    PID NAME Call PC ARGUMENTS = RESULT "errstr" START STOP

with the arguments printed as 9front's kernel prints them (/proc/n/syscall, proc(3)): a string or a buffer as
`ADDRESS/"text"`, flags in hexadecimal, START and STOP in nanoseconds.  Two things are made easier to read than
the kernel's: bytes are escaped as in C instead of replaced by dots, and what the kernel fills in is shown in the
place of its argument instead of behind all of them.

A call that has not returned (because it waits, or never will) is shown as far as it is known, and when its
result comes after another process's line, `PID NAME Call ...` takes it up again.
"""

from __future__ import annotations

from elf9.errors import KernelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol, TextIO

    class Memory(Protocol):
        """The part of a process's address space that a trace reads."""

        def check(self, address: int, length: int, write: bool, /) -> None: ...
        def read(self, address: int, length: int, /) -> bytes: ...
        def string(self, address: int, limit: int | None = None, /) -> bytes: ...

    class Process(Protocol):
        """The part of a process that a trace shows; read-only, so that any process will do."""

        @property
        def pid(self) -> int: ...
        @property
        def name(self) -> bytes: ...
        @property
        def memory(self) -> Memory: ...

    Integer = int

    class Args(Protocol):
        """The five argument slots, by Plan 9 type (facts/abi.md §1)."""

        def int(self, index: Integer, /) -> Integer: ...
        def uint(self, index: Integer, /) -> Integer: ...
        def vlong(self, index: Integer, /) -> Integer: ...
        def pointer(self, index: Integer, /) -> Integer: ...


__all__ = ["KINDS", "Tracer", "call_name", "quote"]

#: Bytes of a buffer that are shown, as in the kernel.
SHOWN = 64
#: Bytes of a string that are shown; the kernel shows them all.
SHOWN_STRING = 1024

_SIGNED = frozenset({"fd", "int", "long", "count"})
_UNSIGNED = frozenset({"uint", "ulong", "ucount"})
_WIDE = frozenset({"vlong", "offset"})
_HEX = frozenset({"mode", "flags", "perm"})
_STRINGS = frozenset({"path", "string"})
_LATE = frozenset({"buf-in", "string-in", "vlong-in"})

#: Every kind of argument that the table of system calls may name.
KINDS = _SIGNED | _UNSIGNED | _WIDE | _HEX | _STRINGS | _LATE | {"ptr", "argv", "buf-out"}

_ESCAPES = {0x07: "\\a", 0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}


def quote(data: bytes, limit: int = SHOWN) -> str:
    """The first `limit` bytes as a C string literal; `...` after the quote says that there is more."""
    shown = data[:limit]
    text = "".join(_ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in shown)
    return f'"{text}"' + ("..." if len(data) > limit else "")


def call_name(name: str) -> str:
    """A system call's name as the kernel prints it: `Open`, `Exits`, `_stat` (facts/syscalls.md §2)."""
    special = {"_exits": "Exits", "exits": "Exits", "rendezvous": "Rendez", "sysr1": "Running", "brk_": "Brk_"}
    return special.get(name) or (name if name.startswith("_") else name[:1].upper() + name[1:])


class _Call:
    """A call that was entered and has not returned yet."""

    __slots__ = ("head", "kinds", "pointers", "process", "shown", "texts")

    def __init__(self, process: Process, head: str, kinds: Sequence[str], args: Args, texts: list[str | None]) -> None:
        self.process = process
        self.head = head
        self.kinds = kinds
        #: A copy: the process has one `Args` for all its calls.
        self.pointers = [args.pointer(index) for index in range(len(kinds))]
        #: One text an argument; None for what the kernel fills in.
        self.texts = texts
        self.shown = False


class Tracer:
    """Writes the trace of all processes to one text stream.

    The kernel calls `enter` and `leave` around every call, `blocked` when a process starts to wait and `note` when
    it gets a note.  An OSError of the stream ends the run like one of any other output.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        #: Calls under way by pid, oldest first.
        self._calls: dict[int, _Call] = {}

    def enter(self, process: Process, number: int, name: str, kinds: Sequence[str], args: Args, pc: int) -> None:
        """A process makes call `number`; `pc` is behind the system call instruction."""
        self._finish(process.pid)
        label = call_name(name) if name else str(number)
        head = f"{process.pid} {_printable(process.name)} {label}"
        texts = [self._argument(process, kinds, args, index) for index in range(len(kinds))]
        call = _Call(process, head, kinds, args, texts)
        call.head += f" {pc:x}"
        self._calls[process.pid] = call

    def leave(self, process: Process, result: int, errstr: bytes, start: int, stop: int) -> None:
        """The call returns `result` (-1: it failed with `errstr`); times in nanoseconds since 1970."""
        call = self._calls.pop(process.pid, None)
        if call is None:
            return
        result = _signed64(result)
        for index, text in enumerate(call.texts):
            if text is None:
                call.texts[index] = self._filled_in(call, index, result)
        head = call.head.rsplit(" ", 1)[0] + " ..." if call.shown else call.head
        shown = hex(result & 0xFFFFFFFFFFFFFFFF) if _is_address(call.head) else str(result)
        error = quote(errstr if result == -1 else b"", SHOWN_STRING)
        self._line(" ".join([head, *_texts(call), "=", shown, error, str(start), str(stop)]))

    def blocked(self, process: Process) -> None:
        """The call under way has to wait: show it now, so that a hang can be seen."""
        call = self._calls.get(process.pid)
        if call is not None and not call.shown:
            self._show_open(call)

    def note(self, process: Process, text: bytes) -> None:
        """`process` is given, or dies of, the note `text`."""
        self._finish(process.pid)
        self._line(f"{process.pid} {_printable(process.name)} note {quote(text, SHOWN_STRING)}")

    def close(self) -> None:
        """Show the calls that never returned."""
        for pid in list(self._calls):
            self._finish(pid)
        self._stream.flush()

    def _finish(self, pid: int) -> None:
        """A call that will not return: the process ended in it."""
        call = self._calls.pop(pid, None)
        if call is not None and not call.shown:
            self._show_open(call)

    def _show_open(self, call: _Call) -> None:
        call.shown = True
        self._line(" ".join([call.head, *_texts(call), "= ?"]))

    def _line(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()

    def _argument(self, process: Process, kinds: Sequence[str], args: Args, index: int) -> str | None:
        kind = kinds[index]
        if kind in _SIGNED:
            return str(args.int(index))
        if kind in _UNSIGNED:
            return str(args.uint(index))
        if kind in _WIDE:
            return str(args.vlong(index))
        if kind in _HEX:
            return f"{args.uint(index):#x}"
        if kind in _LATE:
            return None
        address = args.pointer(index)
        if kind == "ptr":
            return f"{address:#x}"
        if kind in _STRINGS:
            return _string(process, address)
        if kind == "argv":
            return _vector(process, address)
        if kind == "buf-out":
            return _buffer(process, address, _length(kinds, args, index + 1))
        raise KeyError(f"unknown kind of argument {kind!r}")

    def _filled_in(self, call: _Call, index: int, result: int) -> str:
        kind = call.kinds[index]
        address = call.pointers[index]
        if result < 0:
            return f"{address:#x}"
        if kind == "buf-in":
            return _buffer(call.process, address, result)
        if kind == "string-in":
            return _string(call.process, address)
        raw = _read(call.process, address, 8)
        return f"{address:#x}" if raw is None else f"{address:#x}/{int.from_bytes(raw, 'little', signed=True)}"


def _texts(call: _Call) -> list[str]:
    """The arguments as far as they are known."""
    return [f"{call.pointers[index]:#x}" if text is None else text for index, text in enumerate(call.texts)]


def _length(kinds: Sequence[str], args: Args, index: int) -> int:
    """The value of the length argument at `index`; 0 if there is none or it is negative."""
    if index >= len(kinds):
        return 0
    return max(0, args.uint(index) if kinds[index] in _UNSIGNED else args.int(index))


def _is_address(head: str) -> bool:
    """Calls whose result the kernel prints as an address (syscallfmt.c, sysretfmt)."""
    return head.split(" ")[-2] in {"Exec", "Segbrk", "Segattach", "Rendez"}


def _signed64(value: int) -> int:
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


def _printable(name: bytes) -> str:
    return quote(name, SHOWN_STRING)[1:-1]


def _read(process: Process, address: int, length: int) -> bytes | None:
    """Guest memory, or None where the program has none."""
    try:
        process.memory.check(address, length, False)
        return bytes(process.memory.read(address, length))
    except KernelError:
        return None


def _string(process: Process, address: int) -> str:
    if address == 0:
        return '0/""'
    try:
        return f"{address:#x}/{quote(bytes(process.memory.string(address)), SHOWN_STRING)}"
    except KernelError:
        return f"{address:#x}"


def _buffer(process: Process, address: int, length: int) -> str:
    wanted = min(length, SHOWN)
    data = _read(process, address, wanted)
    if data is None:
        return f"{address:#x}"
    return f"{address:#x}/{quote(data)}" + ("..." if length > wanted else "")


def _vector(process: Process, address: int, most: int = 64) -> str:
    """exec's argument vector: each string, up to the null pointer."""
    words: list[str] = []
    for index in range(most):
        raw = _read(process, address + 8 * index, 8)
        if raw is None:
            return " ".join([*words, f"{address:#x}"])
        pointer = int.from_bytes(raw, "little")
        if pointer == 0:
            return " ".join(words)
        words.append(_string(process, pointer))
    return " ".join([*words, "..."])
