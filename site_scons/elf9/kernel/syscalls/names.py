"""System calls on the name space: bind, mount, unmount, and the conversation that precedes a mount.

Arguments are checked in the kernel's order, so that the same one of several mistakes wins.  What talks
to a 9P server waits in the middle of a call, which `elf9.kernel.deep` makes possible; both are loaded
when the first program wants them.  Sources: sysfile.c (bindmount, sysunmount), auth.c; facts/syscalls.md
§8, facts/observed-devices.md B (fversion, mount, _fsession).
"""

from __future__ import annotations

from elf9.errors import Ebadarg, Enoattach, KernelError
from elf9.kernel.chan import OCEXEC, ORDWR, OREAD, close
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
    from elf9.kernel.deep import Deep
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


# Talking to file servers


def _deep(process: Process) -> Deep:
    """What lets calls wait in the middle; from the first use on, all calls of this kernel can."""
    kernel = process.kernel
    if kernel.deep is None:
        from elf9.kernel.deep import Deep

        kernel.deep = Deep(kernel)
    return kernel.deep


def sys_mount(process: Process, args: Args) -> int:
    """mount(2): put a server's tree into the name space, and close the descriptor that leads to it."""
    return _mount(process, args.int(0), args.int(1), args.pointer(2), args.int(3), args.pointer(4))


def sys_old_mount(process: Process, args: Args) -> int:
    """_mount(): mount without authentication."""
    return _mount(process, args.int(0), -1, args.pointer(1), args.int(2), args.pointer(3))


def _mount(process: Process, fd: int, afd: int, old: int, flag: int, aname: int) -> int:
    _check_flag(flag)
    spec = _spec(process, aname)
    if "M" in process.namespace.forbidden:
        raise KernelError(Enoattach)
    server = process.fds.chan(fd, ORDWR)
    auth = process.fds.chan(afd, ORDWR) if afd >= 0 else None
    deep = _deep(process)

    def attach() -> int:
        held = [server] if auth is None else [server, auth]
        for chan in held:
            chan.ref += 1
        try:
            root = deep.mnt.attach_to(process, server, auth, spec)
        finally:
            for chan in held:
                close(process, chan)
        try:
            _bind(process, root, old, flag, spec)
        finally:
            close(process, root)
        process.fds.close(process, fd)
        return 0

    result: int = deep.call(process, attach)
    return result


def sys_fversion(process: Process, args: Args) -> int:
    """fversion(2): the length of the version that the two sides agree on."""
    fd, msize, address, count = args.int(0), args.int(1), args.pointer(2), args.int(3)
    memory = process.memory
    memory.check(address, count & _MASK32, True)
    text = memory.read(address, count) if count > 0 else b""
    if b"\0" not in text:
        raise KernelError(Ebadarg)
    version = text.split(b"\0", 1)[0]
    server = process.fds.chan(fd, ORDWR)
    deep = _deep(process)

    def agree() -> int:
        server.ref += 1
        try:
            agreed = deep.mnt.version(process, server, version, msize, count)
        finally:
            close(process, server)
        memory.write(address, agreed)
        return len(agreed)

    result: int = deep.call(process, agree)
    return result


def sys_fauth(process: Process, args: Args) -> int:
    """fauth(2): a descriptor, closed on exec, for the conversation that authenticates the user."""
    fd = args.int(0)
    spec = _spec(process, args.pointer(1))
    server = process.fds.chan(fd, ORDWR)
    deep = _deep(process)

    def authenticate() -> int:
        server.ref += 1
        try:
            chan = deep.mnt.auth(process, server, spec)
        finally:
            close(process, server)
        try:
            return process.fds.add(process, chan, OCEXEC)
        except KernelError:
            close(process, chan)
            raise

    result: int = deep.call(process, authenticate)
    return result


HANDLERS: dict[int, Callable[[Process, Args], int]] = {
    2: sys_bind,
    9: sys_fsession,
    10: sys_fauth,
    13: sys_old_mount,
    35: sys_unmount,
    40: sys_fversion,
    46: sys_mount,
}
