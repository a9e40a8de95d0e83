"""The system calls: one table from number to name, arguments and function.

`CALLS[number]` is (name, kinds of its arguments for the trace, handler).  A number that is not in
the table is unknown to the kernel as well.  Source: facts/syscalls.md §2.
"""

from __future__ import annotations

from elf9.kernel.syscalls import files, memory, names, pipes, process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.process import Args, Process

    Handler = Callable[[Process, Args], int | None]

__all__ = ["CALLS"]

_HANDLERS: dict[int, Handler] = {
    **files.HANDLERS,
    **memory.HANDLERS,
    **names.HANDLERS,
    **pipes.HANDLERS,
    **process.HANDLERS,
}

_ROWS: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (0, "sysr1", ()),
    (1, "_errstr", ("string-in",)),
    (2, "bind", ("path", "path", "flags")),
    (3, "chdir", ("path",)),
    (4, "close", ("fd",)),
    (5, "dup", ("fd", "fd")),
    (6, "alarm", ("ulong",)),
    (7, "exec", ("path", "argv")),
    (8, "_exits", ("string",)),
    (9, "_fsession", ("fd", "ptr", "uint")),
    (10, "fauth", ("fd", "string")),
    (11, "_fstat", ("fd", "ptr")),
    (12, "segbrk", ("ptr", "ptr")),
    (13, "_mount", ("fd", "path", "flags", "string")),
    (14, "open", ("path", "mode")),
    (15, "_read", ("fd", "buf-in", "count")),
    (16, "oseek", ("fd", "long", "int")),
    (17, "sleep", ("long",)),
    (18, "_stat", ("path", "ptr")),
    (19, "rfork", ("flags",)),
    (20, "_write", ("fd", "buf-out", "count")),
    (21, "pipe", ("ptr",)),
    (22, "create", ("path", "mode", "perm")),
    (23, "fd2path", ("fd", "string-in", "ucount")),
    (24, "brk_", ("ptr",)),
    (25, "remove", ("path",)),
    (26, "_wstat", ("path", "ptr")),
    (27, "_fwstat", ("fd", "ptr")),
    (28, "notify", ("ptr",)),
    (29, "noted", ("int",)),
    (30, "segattach", ("int", "string", "ptr", "ulong")),
    (31, "segdetach", ("ptr",)),
    (32, "segfree", ("ptr", "ulong")),
    (33, "segflush", ("ptr", "ulong")),
    (34, "rendezvous", ("ptr", "ptr")),
    (35, "unmount", ("path", "path")),
    (36, "_wait", ("ptr",)),
    (37, "semacquire", ("ptr", "int")),
    (38, "semrelease", ("ptr", "long")),
    (39, "seek", ("vlong-in", "fd", "offset", "int")),
    (40, "fversion", ("fd", "int", "string", "int")),
    (41, "errstr", ("string-in", "ucount")),
    (42, "stat", ("path", "buf-in", "ucount")),
    (43, "fstat", ("fd", "buf-in", "ucount")),
    (44, "wstat", ("path", "buf-out", "ucount")),
    (45, "fwstat", ("fd", "buf-out", "ucount")),
    (46, "mount", ("fd", "fd", "path", "flags", "string")),
    (47, "await", ("string-in", "ucount")),
    (50, "pread", ("fd", "buf-in", "count", "offset")),
    (51, "pwrite", ("fd", "buf-out", "count", "offset")),
    (52, "tsemacquire", ("ptr", "ulong")),
    (53, "_nsec", ()),
)

CALLS: dict[int, tuple[str, tuple[str, ...], Handler]] = {
    number: (name, kinds, _HANDLERS[number]) for number, name, kinds in _ROWS
}
