"""Executables as exec sees them: a.out, ELF and `#!` scripts; layout, first stack, lint, a.out writer.

`plan` and `build_stack` are what running a program needs and cost next to nothing to import.
`aout_from_elf` and `read_symbols` come with their modules at first use.  `elf9 check` is
`elf9.image.check`.
"""

from __future__ import annotations

from elf9.image.layout import HEAD_SIZE, guess_target, plan
from elf9.image.model import ExecError, Header, Piece, Plan, Script
from elf9.image.stack import Stack, build_stack, process_args

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.image.symbols import read_symbols
    from elf9.image.write import aout_from_elf

__all__ = [
    "HEAD_SIZE",
    "ExecError",
    "Header",
    "Piece",
    "Plan",
    "Script",
    "Stack",
    "aout_from_elf",
    "build_stack",
    "guess_target",
    "plan",
    "process_args",
    "read_symbols",
]


def __getattr__(name: str) -> object:
    """Import what only the build and the debugger use when they use it."""
    if name == "aout_from_elf":
        from elf9.image.write import aout_from_elf

        return aout_from_elf
    if name == "read_symbols":
        from elf9.image.symbols import read_symbols

        return read_symbols
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
