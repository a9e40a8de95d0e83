"""Calls about segments.  Source: facts/syscalls.md §5; the work is in `kernel.memory`."""

from __future__ import annotations

from elf9.kernel.exec import reload
from elf9.kernel.namespace import check_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.memory import Segment
    from elf9.kernel.process import Args, Process

__all__ = ["HANDLERS"]

_NAME_LIMIT = 1 << 16


def segbrk(process: Process, args: Args) -> int:
    """segbrk(inside, addr): the end of another segment than the bss."""
    return process.memory.segbrk(args.pointer(0), args.pointer(1))


def brk(process: Process, args: Args) -> int:
    """brk_(addr): the end of the bss segment; 0, or the segment's base for nil."""
    return process.memory.brk(args.pointer(0))


def segattach(process: Process, args: Args) -> int:
    """segattach(attr, class, va, len): the new segment's base."""
    memory = process.memory
    name = args.pointer(1)
    memory.check(name, 1, False)
    kind = memory.string(name, _NAME_LIMIT)
    check_name(kind)
    named: Callable[[], Segment | None] | None = None
    if "g" in process.kernel.devices.by_letter:
        from elf9.kernel.dev.segment import find

        def named() -> Segment | None:
            return find(process, kind)

    return memory.segattach(args.int(0), kind, args.pointer(2), args.ulong(3), named)


def segdetach(process: Process, args: Args) -> int:
    """segdetach(addr): without the segment at addr."""
    return process.memory.segdetach(args.pointer(0))


def segfree(process: Process, args: Args) -> int:
    """segfree(va, len): the whole pages in there as they were at first."""
    return process.memory.segfree(
        args.pointer(0), args.ulong(1), lambda segment, start, stop: reload(process, segment, start, stop)
    )


def segflush(process: Process, args: Args) -> int:
    """segflush(va, len): what was written there may be executed."""
    return process.memory.segflush(args.pointer(0), args.ulong(1))


HANDLERS: dict[int, Callable[[Process, Args], int]] = {
    12: segbrk,
    24: brk,
    30: segattach,
    31: segdetach,
    32: segfree,
    33: segflush,
}
