"""The kernel's words for what the machine reports.

Source: facts/notes.md §4.  ` pc=0x…` is added when the note is delivered.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.machine.cpu import Trap

__all__ = ["note"]

# Bits of MXCSR and the x87 status word: the lowest of 1 to 5 first, then bit 0.
_FLOAT = {
    1: "denormalized operand",
    2: "division by zero",
    3: "numeric overflow",
    4: "numeric underflow",
    5: "precision loss",
}
_WITHOUT_TRAP = ("breakpoint", "floating point in note handler")


def note(trap: Trap) -> str:
    """The text of the note that `trap` posts."""
    kind = trap.kind
    if trap.address is not None:
        return f"sys: trap: {kind} addr=0x{trap.address:x}"
    if kind == "debug exception":
        return "sys: debug exception dr6=0xffff4ff0"
    if kind == "floating point":
        return f"sys: fp: {_float_text(trap.status)} fppc=0x{trap.pc:x} status=0x{trap.status:x}"
    if kind in _WITHOUT_TRAP:
        return f"sys: {kind}"
    return f"sys: trap: {kind}"


def _float_text(status: int) -> str:
    for bit, text in _FLOAT.items():
        if status >> bit & 1:
            return text
    return "invalid operation"
