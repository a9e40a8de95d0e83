"""pipe(2).  The work is in `kernel.dev.pipe`; source: syspipe of sysfile.c, facts/syscalls.md §3."""

from __future__ import annotations

from elf9.kernel.chan import ORDWR, Chan, clone, close
from elf9.kernel.namespace import Atodir, namec, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.process import Args, Process

__all__ = ["HANDLERS"]


def sys_pipe(process: Process, args: Args) -> int:
    """pipe(2): the two lowest free descriptors, both ORDWR; -1 in both places if it fails."""
    address, memory = args.pointer(0), process.memory
    memory.check(address, 8, True)
    memory.check_aligned(address)
    memory.write(address, b"\xff" * 8)
    directory = namec(process, b"#|", Atodir)
    ends: list[Chan] = []
    try:
        for name in (b"data", b"data1"):
            ends.append(clone(process, directory))
            ends[-1] = walk(process, ends[-1], [name], True)
            ends[-1] = ends[-1].device.open(process, ends[-1], ORDWR)
        pair = process.fds.add_pair(process, (ends[0], ends[1]))
    except BaseException:
        for end in ends:
            close(process, end)
        raise
    finally:
        close(process, directory)
    memory.write(address, pair[0].to_bytes(4, "little") + pair[1].to_bytes(4, "little"))
    return 0


#: By system call number (facts/syscalls.md §2).
HANDLERS: dict[int, Callable[[Process, Args], int]] = {21: sys_pipe}
