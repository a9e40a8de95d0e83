"""What exec learns from a file, as plain values: the header's numbers, the plan, the refusal.

The names are those of the kernel's exec: a text and a data piece of the file, a bss behind them
(facts/exec.md §3-4).  Everything is in bytes.  No dataclasses here: `elf9 run` imports this.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.target import Target

__all__ = ["ExecError", "Header", "Piece", "Plan", "Script"]

#: uintptr arithmetic wraps here; so does the kernel's sum of two sizes from a hostile header.
MASK64 = (1 << 64) - 1


class ExecError(Exception):
    """exec refuses before the point of no return: it returns -1 and leaves the process as it was.

    `text` is the kernel's error string, word for word.  `problem` says what is wrong, where in
    the file and what was expected; `cure` what to do; `reason` is both in one sentence.  `rule`
    is the id under which `elf9 check` reports it (`elf9.image.rules`), empty for arguments.
    """

    def __init__(self, text: str, problem: str, cure: str, *, rule: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.problem = problem
        self.cure = cure
        self.rule = rule

    @property
    def reason(self) -> str:
        """What is wrong, where, what was expected and what to do, for a person."""
        return f"{self.problem}; {self.cure}"

    def __str__(self) -> str:
        return f"{self.text}: {self.reason}"


class Piece:
    """A part of the file and the segment that shows it.

    `offset`, `size`: where it is in the file, and how many bytes the kernel takes from there
    (the segment's fstart and flen; neither is checked against the file's length).
    `base`, `top`: the segment [base, top); bytes past `size` are zero.
    """

    __slots__ = ("base", "offset", "size", "top")

    def __init__(self, *, offset: int, size: int, base: int, top: int) -> None:
        self.offset = offset
        self.size = size
        self.base = base
        self.top = top

    @property
    def loaded(self) -> int:
        """Bytes of the file that the segment's pages show: `size`, or less if it is absurdly large."""
        return min(self.size, self.top - self.base)

    def __repr__(self) -> str:
        return f"Piece(offset={self.offset:#x}, size={self.size:#x}, base={self.base:#x}, top={self.top:#x})"


class Header:
    """The numbers that exec takes out of an a.out or ELF header, before any layout.

    `text_size` counts the a.out header too, as the text segment does.  `align` is what the data
    base is rounded up to: it follows the file's machine, not the kernel's (facts/exec.md §1).
    """

    __slots__ = ("align", "bss", "data_offset", "data_size", "entry", "kind", "text_offset", "text_size")

    def __init__(
        self,
        *,
        kind: str,
        entry: int,
        text_offset: int,
        text_size: int,
        data_offset: int,
        data_size: int,
        bss: int,
        align: int,
    ) -> None:
        self.kind = kind
        self.entry = entry
        self.text_offset = text_offset
        self.text_size = text_size
        self.data_offset = data_offset
        self.data_size = data_size
        self.bss = bss
        self.align = align


class Plan:
    """The segments exec makes of an executable.

    `kind`: "elf" or "a.out".  `entry`: first pc.  `text`, `data`: see `Piece`.
    `bss_base`, `bss_top`: the bss segment, which brk_ grows; it may be empty.
    `align`: the rounding of the data base.
    `fatal`: None, or what the process dies of after the point of no return, because a segment
    cannot be made (facts/exec.md §3 row 16); the tops are then the header's, not a segment's.
    """

    __slots__ = ("align", "bss_base", "bss_top", "data", "entry", "fatal", "kind", "target", "text")

    def __init__(
        self,
        *,
        kind: str,
        target: Target,
        entry: int,
        text: Piece,
        data: Piece,
        bss: tuple[int, int],
        align: int,
        fatal: str | None,
    ) -> None:
        self.kind = kind
        self.target = target
        self.entry = entry
        self.text = text
        self.data = data
        self.bss_base, self.bss_top = bss
        self.align = align
        self.fatal = fatal

    def __repr__(self) -> str:
        bss = f"bss={self.bss_base:#x}-{self.bss_top:#x}"
        return f"Plan({self.kind} {self.target.name}, entry={self.entry:#x}, {self.text!r}, {self.data!r}, {bss})"


class Script:
    """A `#!` line: `words` are the interpreter's path and its arguments, 1 to 31 of them.

    exec starts the interpreter with argv = [last element of the script's path, words[1:]...,
    the script's path as it was given to exec, the caller's argv[1:]...] (facts/exec.md §5).
    """

    __slots__ = ("words",)

    def __init__(self, words: list[bytes]) -> None:
        self.words = words

    @property
    def interpreter(self) -> bytes:
        """The path to open, relative to the caller's dot when it is relative."""
        return self.words[0]

    def arguments(self, element: bytes, path: bytes, argv: list[bytes]) -> list[bytes]:
        """The interpreter's argv for a script `path`, whose last element is `element`, run with `argv`."""
        return [element, *self.words[1:], path, *argv[1:]]

    def __repr__(self) -> str:
        return f"Script({self.words!r})"
