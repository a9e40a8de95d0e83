"""Why a program died, for the person who wrote it: source line, backtrace, registers, likely cause.

The kernel's own line (`suicide: …`, facts/notes.md §5) has been printed by then.  This adds what a Plan 9 user
would ask acid(1) for.  Nothing is invented: what is not known is left out, and guesses are called guesses.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from elf9.debug.binary import Binary, open_binary, parse_binary
from elf9.debug.lines import Lines, Place, find_source
from elf9.debug.symbols import Symbols, read_symbols
from elf9.debug.unwind import Frame, Unwinder

if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.target import Target

__all__ = ["Call", "Death", "Explanation", "call_line", "calls_of", "explain"]

#: An address below this is a nil pointer, or a member of what one points to.
NIL_PAGE = 4096
#: How far behind an object an address still looks like a bad index into it.
NEAR = 1 << 24


class Death(Protocol):
    """The state in which a process died (`elf9.kernel.kernel.Death`)."""

    @property
    def text(self) -> bytes: ...
    @property
    def pc(self) -> int: ...
    @property
    def sp(self) -> int: ...
    @property
    def address(self) -> int | None: ...
    @property
    def registers(self) -> dict[str, int]: ...
    @property
    def memory(self) -> Callable[[int, int], bytes]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the backtrace."""

    pc: int
    #: `main+0x12`; None without symbols.
    label: str | None
    place: Place | None
    #: How the frame was found (elf9.debug.unwind.Frame.how), or "inlined".
    how: str


@dataclass(slots=True)
class Explanation:
    """Everything that is known about a death."""

    text: str
    calls: list[Call]
    registers: dict[str, int]
    #: The likely cause, one sentence or two; None if there is nothing more to say than the note does.
    hint: str | None = None
    #: The source around the fault: (line number, text), and which of them it was.
    source: list[tuple[int, str]] = field(default_factory=list)
    line: int | None = None
    #: Name and pid of who died, if that is not the process that was run.
    who: str | None = None
    #: Why there is less to see than there could be.
    missing: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The same as plain values, for the report (docs/cli.md)."""
        return {
            "hint": self.hint,
            "backtrace": [
                {
                    "pc": f"{call.pc:#x}",
                    "function": call.label,
                    "file": call.place.path if call.place else None,
                    "line": call.place.line if call.place else None,
                    "how": call.how,
                }
                for call in self.calls
            ],
        }

    def to_text(self, *, colour: bool = False) -> str:
        """Several lines, each with its newline."""
        paint = _paint if colour else _plain
        lines = [] if self.who is None else [f"{self.who} died of {self.text}"]
        first = self.calls[0]
        if first.place is not None:
            lines.append(f"at {paint('1', str(first.place))}" + (f", in {_function(first)}" if first.label else ""))
            width = len(str(self.source[-1][0])) if self.source else 0
            for number, text in self.source:
                here = number == self.line
                row = f"  {'>' if here else ' '} {number:>{width}}  {text}".rstrip()
                lines.append(paint("1;31", row) if here else row)
        if self.hint:
            lines.append(f"{paint('1;33', 'likely cause')}: {self.hint}")
        lines.append("calls, innermost first:")
        lines += [f"  {call_line(call)}" for call in self.calls]
        if self.missing:
            lines.append(f"  ({self.missing})")
        lines.append("registers:")
        lines += [f"  {row}" for row in _register_rows(self.registers)]
        return "\n".join(lines) + "\n"


def explain(
    path: str, death: Death, *, target: Target | None = None, program: tuple[bytes, bytes] | None = None
) -> Explanation:
    """Explain the death of the program in the host file `path`.  Raises OSError if the file has gone.

    `program`: the guest's name and the contents of the file that it executed last, if that can be another one.
    """
    binary = _executed(path, target, program)
    symbols = read_symbols(binary)
    lines = Lines(binary)
    stranger = target is not None and binary.target not in {None, target}
    if binary.target is None or stranger:
        frames = [Frame(death.pc, death.sp, "fault")]
    else:
        frames = Unwinder(binary, symbols, death.memory).frames(death.pc, death.registers)
    calls = [call for frame in frames for call in calls_of(frame, symbols, lines)]
    text = death.text.decode("utf-8", "backslashreplace")
    result = Explanation(text, calls, dict(death.registers), hint=_hint(text, death, binary, symbols))
    if stranger and target is not None and binary.target is not None:
        result.hint = f"the file is for {binary.target.name}, but it was run on {target.name}; exec does not look."
    place = calls[0].place
    if place is not None:
        _add_source(result, place, path)
    if not len(symbols):
        result.missing = "no names: the file has no symbol table; link without -s"
    elif binary.dwarf is None:
        result.missing = "no source lines: compile with -g, or run the debug build"
    return result


def _executed(path: str, target: Target | None, program: tuple[bytes, bytes] | None) -> Binary:
    """What had been executed: the file `path`, unless `program` has other contents."""
    if program is None:
        return open_binary(path, target)
    name, data = program
    with open(path, "rb") as file:
        if file.read() == data:
            return parse_binary(path, data, target)
    # Its sources, and the ELF file that an a.out was made from, are looked for where those of `path` are.
    other = os.path.join(os.path.dirname(path), os.path.basename(os.fsdecode(name)))
    if not data.startswith(b"\x7fELF") and not other.endswith(".aout"):
        other += ".aout"
    return parse_binary(other, data, target)


def calls_of(frame: Frame, symbols: Symbols, lines: Lines) -> list[Call]:
    """A frame, as one line for itself and one for each function inlined there."""
    places = lines.places(frame.inside)
    found = symbols.find(frame.inside)
    label = None
    if found is not None:
        offset = frame.pc - found[0].address
        label = f"{found[0].name}+{offset:#x}" if offset else found[0].name
    inlined = [Call(frame.pc, place.function, place, "inlined") for place in places[:-1]]
    return [*inlined, Call(frame.pc, label, places[-1] if places else None, frame.how)]


def _add_source(result: Explanation, place: Place, path: str, around: int = 2) -> None:
    result.line = place.line
    name = find_source(place.path, path)
    if name is None:
        return
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            text = file.read().split("\n")
    except OSError:
        return
    low, high = max(1, place.line - around), min(len(text), place.line + around)
    result.source = [(number, text[number - 1].expandtabs(4).rstrip()) for number in range(low, high + 1)]


def _function(call: Call) -> str:
    return (call.label or "?").split("+")[0]


def call_line(call: Call) -> str:
    """`0x00200104  show+0x4  fault.c:29`."""
    words = [f"{call.pc:#010x}", call.label or "?"]
    if call.place is not None:
        words.append(f"{call.place}")
    if call.how in {"inlined", "guess"}:
        words.append(f"({call.how})")
    return "  ".join(words)


def _register_rows(registers: dict[str, int]) -> list[str]:
    """Two columns, read downwards."""
    cells = [f"{name:<6} {value & (1 << 64) - 1:016x}" for name, value in registers.items()]
    half = (len(cells) + 1) // 2
    return [f"{left}   {right}".rstrip() for left, right in zip(cells[:half], [*cells[half:], ""], strict=False)]


def _paint(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def _plain(style: str, text: str) -> str:
    return text


# Likely causes

_FAULT = re.compile(r"sys: trap: fault (read|write) addr=0x([0-9a-f]+)")

#: Text of the note, and what usually leads to it (facts/notes.md §4, abi.md §3 and §5, unicorn.md §5).
_BY_TEXT = (
    ("divide error", "a division by zero, or the most negative number divided by -1."),
    (
        "invalid opcode",
        "an instruction that this CPU does not have: __builtin_trap() or unreachable code (ud2), or code compiled for "
        "more than the baseline (-march=native, AVX). `elf9 run --cpu` raises the baseline; not every machine has it.",
    ),
    (
        "illegal MSR/MRS access",
        "an instruction that 9front's arm64 kernel does not allow programs: cache maintenance "
        "(__builtin___clear_cache), DC ZVA, or reading CTR_EL0. Use segflush(2) after writing code.",
    ),
    ("WFI or WFE", "wfi and wfe belong to the kernel; wait with sleep(0) or a yield instruction."),
    (
        "sys: trap: unknown",
        "an instruction that this CPU does not have or the kernel keeps for itself: atomics of ARMv8.1 (compile with "
        "-mno-outline-atomics and without +lse), or an ID register.",
    ),
    ("misaligned pc", "a jump to an address that is no multiple of 4: a damaged function pointer or return address."),
    (
        "floating point in note handler",
        "a note handler used floating point or vector registers, if only to copy a structure; put it and all that it "
        "calls into a file built without float=True (-mgeneral-regs-only).",
    ),
    (
        "sys: fp: ",
        "a floating-point exception that the kernel leaves unmasked when a program starts (invalid operation, division "
        "by zero, overflow). Build with float=True: its start-up code sets the IEEE defaults.",
    ),
    ("sys: breakpoint", "a breakpoint instruction (int3, brk): __builtin_trap() on arm64, or an assertion."),
    (
        "bad address in syscall",
        "a system call was given an address that is not in the program, or a buffer in read-only text to fill.",
    ),
    ("odd address", "a system call on arm64 was given a pointer or a stack that is not 4-aligned."),
    ("bad sys call", "a system call number that 9front does not have."),
    ("i/o error in demand load", "the file is shorter than its headers say: truncated while it was copied?"),
    ("stack exception", "an address from the stack or frame pointer that no program can have: a smashed stack?"),
    ("write on closed pipe", "everybody who could read the pipe has closed it."),
)


def _hint(text: str, death: Death, binary: Binary, symbols: Symbols) -> str | None:
    fault = _FAULT.search(text)
    here = symbols.find(death.pc)
    if fault is not None and int(fault[2], 16) == 0 and here is not None and here[0].name == "abort":
        return "the program ended itself by abort(2): an assertion, or the library said above what is wrong."
    if fault is not None:
        return _fault_hint(fault[1], int(fault[2], 16), death, binary, symbols)
    if "general protection violation" in text:
        return _protection_hint(death)
    return next((cause for words, cause in _BY_TEXT if words in text), None)


def _fault_hint(access: str, address: int, death: Death, binary: Binary, symbols: Symbols) -> str | None:
    target = binary.target
    if target is None:
        return None
    if address == death.pc:
        return _wild_jump_hint(address, binary, target, symbols)
    if target.stack_base - NEAR <= address < target.stack_base and abs(death.sp - address) < NEAR:
        return "stack overflow: the stack is 16 MiB and does not grow. Endless recursion, or a huge local array?"
    if address < NIL_PAGE:
        return f"a nil pointer{f', used for a member or element {address} bytes into it' if address else ''}."
    if access == "write" and target.text_base <= address < target.round_segment(binary.text[1]):
        where = symbols.label(address)
        named = f" ({where})" if where and address < binary.text[1] else ""
        return f"a write to read-only text{named}: a string literal or other constant is not to be changed."
    if binary.writable[1] and binary.writable[1] <= address < binary.writable[1] + NEAR:
        return "an address just behind the program's data: an index out of range, or memory that brk(2) gave back."
    if 0x80000000 <= address <= 0xFFFFFFFF and target.name == "amd64":
        return "an address of 32 bits: a pointer that went through an int, for want of a function's declaration?"
    return None


def _wild_jump_hint(address: int, binary: Binary, target: Target, symbols: Symbols) -> str:
    """The pc itself cannot be executed."""
    if address < NIL_PAGE:
        return "a call through a nil function pointer."
    low, high = binary.writable
    in_stack = target.stack_base <= address < target.stack_top
    if in_stack or low <= address < high:
        where = symbols.label(address)
        segment = "stack" if in_stack else "data"
        named = f" ({where})" if where and not in_stack else ""
        return f"the program jumped into its {segment}{named}, which is not executable; segflush(2) makes data code."
    return "a jump to where there is no code: a damaged function pointer, or a smashed return address."


def _protection_hint(death: Death) -> str:
    """General protection: a misaligned vector access, a privileged instruction, or a non-canonical address."""
    instruction = _disassemble(_code(death), death.pc)
    if instruction is None:
        return "a jump to an address that no program can have."
    mnemonic, operands = instruction
    shown = f"`{mnemonic} {operands}`" if operands else f"`{mnemonic}`"
    if "xmmword ptr" in operands:
        return (
            f"{shown} needs an address that is a multiple of 16. The stack is only 8-aligned when a program or a "
            "note handler starts; start-up code and hand-written assembly must align it before they call C."
        )
    if "[" in operands:
        return f"{shown} uses an address that no program can have (not canonical): a damaged pointer."
    if mnemonic.startswith("ret"):
        return f"{shown} to an address that no program can have: a smashed stack."
    return f"{shown} is for the kernel only."


def _code(death: Death) -> bytes:
    """The bytes at the pc: up to 15, fewer where memory ends."""
    for length in range(15, 0, -1):
        try:
            return bytes(death.memory(death.pc, length))
        except Exception:
            continue
    return b""


def _disassemble(code: bytes, pc: int) -> tuple[str, str] | None:
    if not code:
        return None
    import capstone

    for found in capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64).disasm(code, pc, 1):
        return str(found.mnemonic), str(found.op_str)
    return None
