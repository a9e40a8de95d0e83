"""brk_: the one call of this family so far.  Source: facts/syscalls.md §5."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.process import Args, Process

__all__ = ["HANDLERS"]


def brk(process: Process, args: Args) -> int:
    """brk_(addr): the end of the bss segment; 0, or the segment's base for nil."""
    return process.memory.brk(args.pointer(0))


HANDLERS: dict[int, Callable[[Process, Args], int]] = {24: brk}
