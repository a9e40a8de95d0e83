"""System calls on the name space: bind, mount, unmount, and the conversation that precedes a mount.

Arguments are checked in the kernel's order, so that the same one of several mistakes wins.  What talks
to a 9P server waits in the middle of a call, which `elf9.kernel.deep` makes possible; both are loaded
when the first program wants them.  Sources: sysfile.c (bindmount, sysunmount), auth.c; facts/syscalls.md
§8, facts/observed-devices.md B (fversion, mount, _fsession).
"""

from __future__ import annotations

from elf9.errors import Ebadarg, KernelError
from elf9.kernel.chan import OREAD, close
from elf9.kernel.namespace import (
    MAFTER,
    MBEFORE,
    MMASK,
    MORDER,
    Abind,
    Amount,
    Aunmount,
    bind,
    check_name,
    namec,
    unmount,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.chan import Chan
    from elf9.kernel.process import Args, Process

__all__ = ["HANDLERS"]

_MASK32 = 0xFFFFFFFF
_MAX_NAME = 1 << 16


def _name(process: Process, address: int) -> bytes:
    """The file name at `address`, at most as long as a name may be."""
    process.memory.check(address, 1, False)
    return process.memory.string(address, _MAX_NAME)


def _spec(process: Process, address: int) -> bytes:
    """What to attach to, which is spelled like a name but may be empty (validnamedup)."""
    spec = _name(process, address)
    check_name(spec)
    return spec


def _check_flag(flag: int) -> None:
    if flag & ~MMASK or flag & MORDER == MBEFORE | MAFTER:
        raise KernelError(Ebadarg)


def _bind(process: Process, new: Chan, old: int, flag: int, spec: bytes = b"") -> None:
    """Put `new` at the place that the name at address `old` means."""
    place = namec(process, _name(process, old), Amount)
    try:
        bind(process, new, place, flag, spec)
    finally:
        close(process, place)


def sys_bind(process: Process, args: Args) -> int:
    """bind(2)."""
    flag = args.int(2)
    _check_flag(flag)
    new = namec(process, _name(process, args.pointer(0)), Abind)
    try:
        _bind(process, new, args.pointer(1), flag)
    finally:
        close(process, new)
    return 0


def sys_unmount(process: Process, args: Args) -> int:
    """unmount(2): everything that is mounted there if the first name is nil."""
    place = namec(process, _name(process, args.pointer(1)), Amount)
    mounted: Chan | None = None
    try:
        if args.pointer(0):
            mounted = namec(process, _name(process, args.pointer(0)), Aunmount, OREAD)
        unmount(process, place, mounted)
    finally:
        close(process, place)
        if mounted is not None:
            close(process, mounted)
    return 0


def sys_fsession(process: Process, args: Args) -> int:
    """_fsession(): the empty challenge of servers of long ago; the descriptor is not looked at."""
    address, count = args.pointer(1), args.uint(2)
    if count == 0:
        raise KernelError(Ebadarg)
    process.memory.check(address, count, True)
    process.memory.write(address, b"\0")
    return 0


HANDLERS: dict[int, Callable[[Process, Args], int]] = {
    2: sys_bind,
    9: sys_fsession,
    35: sys_unmount,
}
