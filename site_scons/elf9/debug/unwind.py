"""Backtraces: from a stopped program's registers and stack to the calls that led there.

Three ways, the surest first: DWARF call frame information (.debug_frame or .eh_frame, DWARF 5 §6.4), the chain of
frame pointers (RBP; X29, AAPCS64 §6.2.3), and as a last resort the first word on the stack that points behind a
call instruction.  Each frame says how it was found, and a guess is marked as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elf9.debug.binary import Binary
    from elf9.debug.symbols import Symbols

    Reader = Callable[[int, int], bytes]

__all__ = ["AMD64_REGISTERS", "Frame", "Unwinder", "by_dwarf_number"]

MASK64 = (1 << 64) - 1

#: DWARF numbers of amd64's registers (System V psABI, figure 3.36).
AMD64_REGISTERS = (
    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
)  # fmt: skip
_AMD64_RBP, _AMD64_RSP = 6, 7
_ARM64_FP, _ARM64_LR, _ARM64_SP = 29, 30, 31

#: Words of stack that are searched for a return address, and the most frames shown.
SCANNED = 512
MOST_FRAMES = 64


@dataclass(frozen=True, slots=True)
class Frame:
    """One call.  `pc` is the instruction that was reached; in all but the first frame a return address."""

    pc: int
    sp: int
    #: "fault" (the first), "cfi", "frame pointer", "link register", "return address" or "guess".
    how: str

    @property
    def inside(self) -> int:
        """An address inside the instruction that the frame is at; a return address may be the next function's."""
        return self.pc if self.how == "fault" else self.pc - 1


def by_dwarf_number(registers: dict[str, int], machine: str) -> dict[int, int]:
    """Registers by name as registers by DWARF number, those that are known."""
    if machine == "amd64":
        numbers = {name: number for number, name in enumerate(AMD64_REGISTERS)}
        numbers["sp"] = _AMD64_RSP
    else:
        numbers = {f"x{number}": number for number in range(31)}
        numbers |= {"sp": _ARM64_SP, "fp": _ARM64_FP, "lr": _ARM64_LR}
    return {numbers[name]: value & MASK64 for name, value in registers.items() if name in numbers}


class Unwinder:
    """Unwinds the stack of one program.  `read(address, length)` gives guest memory or raises."""

    def __init__(self, binary: Binary, symbols: Symbols, read: Reader) -> None:
        if binary.target is None:
            raise ValueError("a backtrace needs to know the machine")
        self._binary = binary
        self._symbols = symbols
        self._read = read
        self._machine = binary.target.name
        self._stack_top = binary.target.stack_top
        self._rules = _Rules(binary)

    def frames(self, pc: int, registers: dict[str, int]) -> list[Frame]:
        """The calls from the innermost out; the first is always there, and is where the program stopped."""
        known = by_dwarf_number(registers, self._machine)
        stack = _AMD64_RSP if self._machine == "amd64" else _ARM64_SP
        frames = [Frame(pc, known.get(stack, 0), "fault")]
        while len(frames) < MOST_FRAMES:
            step = self._outer(frames[-1], known)
            if step is None:
                break
            caller, known = step
            if caller.sp < frames[-1].sp or (caller.sp, caller.pc) == (frames[-1].sp, frames[-1].pc):
                break
            frames.append(caller)
        return frames

    def _outer(self, frame: Frame, known: dict[int, int]) -> tuple[Frame, dict[int, int]] | None:
        """The caller of `frame` and its registers, or None when it has none or it cannot be found."""
        found = self._symbols.find(frame.inside)
        if found is not None and found[0].name == "_start":
            return None
        if not self._binary.in_text(frame.inside):
            return self._just_called(frame, known) if frame.how == "fault" else None
        rules = self._rules.at(frame.inside)
        if rules is not None:
            return self._by_cfi(rules, known)
        at_entry = frame.how == "fault" and found is not None and found[1] == 0
        if at_entry:
            return self._just_called(frame, known)
        return self._by_frame_pointer(frame, known) or self._by_guess(frame, known)

    def _just_called(self, frame: Frame, known: dict[int, int]) -> tuple[Frame, dict[int, int]] | None:
        """At a function's first instruction, or outside the program: the return address is where calls leave it."""
        if self._machine == "arm64":
            link = known.get(_ARM64_LR, 0)
            if not self._follows_call(link):
                return None
            return Frame(link, frame.sp, "return address"), known
        word = self._word(frame.sp)
        if word is None or not self._follows_call(word):
            return None
        return self._called_from(word, frame.sp + 8, known, "return address")

    def _by_cfi(self, rules: _Row, known: dict[int, int]) -> tuple[Frame, dict[int, int]] | None:
        base = known.get(rules.register)
        if base is None:
            return None
        cfa = (base + rules.offset) & MASK64
        caller = {number: value for number, value in known.items() if number not in rules.lost}
        for number, offset in rules.saved.items():
            value = self._word((cfa + offset) & MASK64)
            if value is None:
                if number == rules.link:
                    return None
                caller.pop(number, None)
            else:
                caller[number] = value
        pc = caller.get(rules.link)
        if rules.link in rules.lost or not pc or not self._binary.in_text(pc):
            return None
        caller[_AMD64_RSP if self._machine == "amd64" else _ARM64_SP] = cfa
        return Frame(pc, cfa, "cfi"), caller

    def _by_frame_pointer(self, frame: Frame, known: dict[int, int]) -> tuple[Frame, dict[int, int]] | None:
        if self._machine == "arm64" and frame.how == "fault" and self._is_leaf(frame, known):
            return Frame(known[_ARM64_LR], frame.sp, "link register"), known
        base = known.get(_AMD64_RBP if self._machine == "amd64" else _ARM64_FP, 0)
        if base % 8 or not frame.sp <= base < self._stack_top:
            return None
        saved, pc = self._word(base), self._word(base + 8)
        if saved is None or pc is None or not self._follows_call(pc):
            return None
        caller = {**known, _AMD64_RBP if self._machine == "amd64" else _ARM64_FP: saved}
        caller[_AMD64_RSP if self._machine == "amd64" else _ARM64_SP] = base + 16
        return Frame(pc, base + 16, "frame pointer"), caller

    def _is_leaf(self, frame: Frame, known: dict[int, int]) -> bool:
        """arm64: the function was called by the BL before X30, and X29 is still its caller's frame."""
        link = known.get(_ARM64_LR, 0)
        found = self._symbols.find(frame.inside)
        if found is None or not self._follows_call(link) or self._word(known.get(_ARM64_FP, 0) + 8) == link:
            return False
        word = int.from_bytes(self._bytes(link - 4, 4) or b"", "little")
        distance = (word & 0x3FFFFFF) - (word << 1 & 0x4000000)
        return word & 0xFC000000 == 0x94000000 and link - 4 + 4 * distance == found[0].address

    def _by_guess(self, frame: Frame, known: dict[int, int]) -> tuple[Frame, dict[int, int]] | None:
        if self._machine == "arm64" and frame.how == "fault":
            link = known.get(_ARM64_LR, 0)
            if self._follows_call(link) and not self._same_function(link - 1, frame.inside):
                return Frame(link, frame.sp, "guess"), known
        start = -(-frame.sp // 8) * 8
        for address in range(start, min(start + 8 * SCANNED, self._stack_top), 8):
            word = self._word(address)
            if word is None:
                return None
            if self._follows_call(word):
                return self._called_from(word, address + 8, known, "guess")
        return None

    def _called_from(self, pc: int, sp: int, known: dict[int, int], how: str) -> tuple[Frame, dict[int, int]]:
        return Frame(pc, sp, how), {**known, _AMD64_RSP if self._machine == "amd64" else _ARM64_SP: sp}

    def _same_function(self, one: int, other: int) -> bool:
        first, second = self._symbols.find(one), self._symbols.find(other)
        return first is not None and second is not None and first[0] == second[0]

    def _word(self, address: int) -> int | None:
        data = self._bytes(address, 8)
        return None if data is None else int.from_bytes(data, "little")

    def _bytes(self, address: int, length: int) -> bytes | None:
        """Guest memory, or None: whatever the reader raises, it means that nothing is there."""
        try:
            data = bytes(self._read(address, length))
        except Exception:
            return None
        return data if len(data) == length else None

    def _follows_call(self, address: int) -> bool:
        """Whether the instruction before `address` is a call."""
        if not self._binary.in_text(address) or not self._binary.in_text(address - 4):
            return False
        if self._machine == "arm64":
            data = self._bytes(address - 4, 4)
            if address % 4 or data is None:
                return False
            word = int.from_bytes(data, "little")
            return word & 0xFC000000 == 0x94000000 or word & 0xFFFFFC1F == 0xD63F0000
        data = self._bytes(address - 7, 7)
        if data is None:
            return False
        # CALL rel32, or FF /2 in its lengths of 2 to 7 bytes.
        return data[2] == 0xE8 or any(
            data[7 - length] == 0xFF and data[8 - length] >> 3 & 7 == 2 for length in (2, 3, 4, 6, 7)
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """How to find the caller at one address: CFA = register + offset, registers saved at CFA + their offset."""

    register: int
    offset: int
    saved: dict[int, int]
    lost: frozenset[int]
    link: int


class _Rules:
    """The call frame information of a program, by address."""

    def __init__(self, binary: Binary) -> None:
        self._entries: list[tuple[int, int, Any]] = []
        if binary.dwarf is not None:
            try:
                self._entries = sorted(_frame_entries(binary.dwarf), key=lambda entry: entry[:2])
            except Exception:  # damaged: do without
                self._entries = []
        self._starts = [low for low, _, _ in self._entries]

    def at(self, address: int) -> _Row | None:
        """The row for `address`, or None if there is none, or it needs more than this unwinder does."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._entries[index][1]:
            return None
        try:
            return _row(self._entries[index][2], address)
        except Exception:  # damaged: do without
            return None


def _row(entry: Any, address: int) -> _Row | None:
    row = None
    for line in entry.get_decoded().table:
        if line["pc"] > address:
            break
        row = line
    if row is None or row["cfa"].reg is None:
        return None
    saved, lost = {}, set()
    for number, rule in row.items():
        if not isinstance(number, int):
            continue
        if rule.type == "OFFSET":
            saved[number] = rule.arg
        elif rule.type != "SAME_VALUE":
            lost.add(number)
    return _Row(row["cfa"].reg, row["cfa"].offset, saved, frozenset(lost), entry.cie["return_address_register"])


def _frame_entries(dwarf: Any) -> list[tuple[int, int, Any]]:
    from elftools.dwarf.callframe import FDE

    entries = []
    if dwarf.has_CFI():
        entries += dwarf.CFI_entries()
    if dwarf.has_EH_CFI():
        entries += dwarf.EH_CFI_entries()
    return [
        (entry["initial_location"], entry["initial_location"] + entry["address_range"], entry)
        for entry in entries
        if isinstance(entry, FDE)
    ]
