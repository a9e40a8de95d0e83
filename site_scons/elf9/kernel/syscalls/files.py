"""System calls on files: open, create, close, remove, read, write, seek, dup, stat, chdir and kin.

Arguments are checked in the kernel's order, so that the same one of several mistakes wins.
Guest memory is lent to the device, which moves the bytes without a copy between.
Sources: sysfile.c; facts/syscalls.md §3, §6, facts/observed-devices.md A.3-A.9.
"""

from __future__ import annotations

from elf9.errors import Ebadarg, Ebadstat, Edirseek, Eisdir, Eismtpt, Eisstream, Enegoff, KernelError
from elf9.kernel.chan import (
    NOT_SIMPLE,
    OEXCL,
    OREAD,
    OWRITE,
    QTDIR,
    Chan,
    clone,
    close,
    hold,
    open_mode,
    release,
)
from elf9.kernel.namespace import (
    Aaccess,
    Acreate,
    Aopen,
    Aremove,
    Atodir,
    cannot,
    check_name,
    namec,
    printed,
)
from elf9.kernel.stat import (
    OLD_SIZE,
    check,
    entries,
    fit,
    identity,
    name_of,
    pack,
    pack_old,
    rename,
)
from elf9.kernel.sync import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.process import Args, Process

__all__ = ["HANDLERS", "read_union"]

_MASK32, _MASK64 = 0xFFFFFFFF, (1 << 64) - 1
_SIGN32 = 1 << 31
_MAX_OFFSET = (1 << 63) - 1
#: A larger entry cannot say its size.
_MAX_STAT = 0xFFFF + 2


def _name(process: Process, address: int) -> bytes:
    """The file name at `address`, at most as long as a name may be."""
    process.memory.check(address, 1, False)
    return process.memory.string(address, 1 << 16)


# Descriptors


def _enter(process: Process, chan: Chan, mode: int) -> int:
    try:
        return process.fds.add(process, chan, mode)
    except KernelError:
        close(process, chan)
        raise


def sys_open(process: Process, args: Args) -> int:
    """open(2): the lowest free descriptor."""
    mode = args.ulong(1)
    open_mode(mode)
    return _enter(process, namec(process, _name(process, args.pointer(0)), Aopen, mode), mode)


def sys_create(process: Process, args: Args) -> int:
    """create(2): OEXCL is fine here, and only here."""
    mode = args.int(1)
    open_mode(mode & ~OEXCL)
    name = _name(process, args.pointer(0))
    return _enter(process, namec(process, name, Acreate, mode & _MASK32, args.int(2) & _MASK32), mode)


def sys_close(process: Process, args: Args) -> int:
    """close(2): fails only if there is nothing to close."""
    fd = args.int(0)
    process.fds.chan(fd)
    process.fds.close(process, fd)
    return 0


def sys_dup(process: Process, args: Args) -> int:
    """dup(2)."""
    return process.fds.dup(process, args.int(0), args.int(1))


def sys_fd2path(process: Process, args: Args) -> int:
    """fd2path(2): the name by which the file was opened, cut to the buffer."""
    address, count = args.pointer(1), args.uint(2)
    process.memory.check(address, count, True)
    chan = process.fds.chan(args.int(0))
    if count:
        process.memory.write(address, printed(chan.path.text, count - 1) + b"\0")
    return 0


# Reading and writing


def sys_pread(process: Process, args: Args) -> int | None:
    """pread(2); offset -1 is read(2)."""
    # the hottest of calls: `args.int(0), args.pointer(1), args.long(2), args.vlong(3)`
    fd, address, count, offset, _ = args.slots
    chans = process.fds.chans
    if offset == -1 and 0 <= fd < len(chans):
        chan = chans[fd]
        if chan is not None and chan.incoming is not None:
            done = chan.incoming.receive(process, chan, address, count)
            if done != NOT_SIMPLE:
                return done
    return _read(
        process, (fd & _MASK32 ^ _SIGN32) - _SIGN32, address & _MASK64, (count & _MASK32 ^ _SIGN32) - _SIGN32, offset
    )


def sys_read(process: Process, args: Args) -> int:
    """read(2) before there was pread."""
    return _read(process, args.int(0), args.pointer(1), args.long(2), -1)


def sys_pwrite(process: Process, args: Args) -> int:
    """pwrite(2); offset -1 is write(2)."""
    fd, address, count, offset, _ = args.slots
    chans = process.fds.chans
    if offset == -1 and 0 <= fd < len(chans):
        chan = chans[fd]
        if chan is not None and chan.outgoing is not None:
            done = chan.outgoing.send(process, chan, address, count)
            if done != NOT_SIMPLE:
                return done
    return _write(
        process, (fd & _MASK32 ^ _SIGN32) - _SIGN32, address & _MASK64, (count & _MASK32 ^ _SIGN32) - _SIGN32, offset
    )


def sys_write(process: Process, args: Args) -> int:
    """write(2) before there was pwrite."""
    return _write(process, args.int(0), args.pointer(1), args.long(2), -1)


def _read(process: Process, fd: int, address: int, count: int, offset: int) -> int:
    memory = process.memory
    view = memory.lend(address, count & _MASK32, True)
    # others who have the descriptors may close this one while a call waits for it
    chan = process.held or process.fds.chan(fd, OREAD, True)
    own = offset == -1
    if own:
        offset = chan.offset
    # writing has moved it beyond 63 bits, where the kernel's is negative, or it was given so
    if not 0 <= offset <= _MAX_OFFSET:
        raise KernelError(Enegoff)
    directory = chan.qid.type & QTDIR
    if offset == 0:
        if own or directory:
            chan.offset = chan.devoffset = 0
        if directory:
            _rewind(process, chan)
    if directory:
        data, taken = _read_directory(process, chan, count, offset)
        memory.write(address, data)
        chan.devoffset += taken
        chan.offset += len(data)
        return len(data)
    # a server may take its time, in which memory that is shared can move
    if chan.mchan is not None:
        view = None
    try:
        if view is None:
            buffer = memoryview(bytearray(count))
            done = chan.device.read(process, chan, buffer, offset)
            memory.write(address, buffer[:done])
        else:
            done = chan.device.read(process, chan, view, offset)
    except Block:
        hold(process, chan)
        raise
    if own:
        chan.offset += done
    return done


def _write(process: Process, fd: int, address: int, count: int, offset: int) -> int:
    memory = process.memory
    view = memory.lend(address, count & _MASK32, False)
    chan = process.held or process.fds.chan(fd, OWRITE, True)
    if chan.qid.type & QTDIR:
        raise KernelError(Eisdir)
    own = offset == -1
    if own:
        offset = chan.offset
    if not 0 <= offset <= _MAX_OFFSET:
        raise KernelError(Enegoff)
    if chan.mchan is not None:
        view = None
    if view is None:
        view = memoryview(memory.read(address, count))
    try:
        done = chan.device.write(process, chan, view, offset)
    except Block:
        hold(process, chan)
        raise
    if own:
        chan.offset += done
    return done


# Directories


def _rewind(process: Process, chan: Chan) -> None:
    """Forget what a directory read left over, and start the union again (mountrewind, unionrewind)."""
    chan.rock.clear()
    chan.uri = 0
    if chan.umc is not None:
        element, chan.umc = chan.umc, None
        close(process, element)


def _read_directory(process: Process, chan: Chan, count: int, offset: int) -> tuple[bytes, int]:
    """Entries for the guest, and how many bytes the device gave just now."""
    data = _left_over(chan, count)
    given = 0
    if not data:
        if chan.umh is not None:
            data = read_union(process, chan, count)
        else:
            if offset != chan.offset:
                raise KernelError(Edirseek)
            data = chan.device.read_directory(process, chan, count, chan.devoffset)
        # the kernel counts what was left over a second time here, and 9P servers then refuse the offset
        given = len(data)
    return _show_mounts(process, chan, data, count), given


def _left_over(chan: Chan, count: int) -> bytes:
    """Entries kept from the last read, as many as fit (mountrockread)."""
    rock = chan.rock
    if not rock:
        return b""
    size = 0
    number = 0
    for entry in rock:
        if size + len(entry) > count:
            break
        size += len(entry)
        number += 1
    data = b"".join(rock[:number])
    del rock[:number]
    return data


def read_union(process: Process, chan: Chan, count: int) -> bytes:
    """Entries of the element the channel has come to; an element that fails is passed over (unionread)."""
    head = chan.umh
    assert head is not None
    while chan.uri < len(head.mounts):
        data = b""
        try:
            if chan.umc is None:
                element = clone(process, head.mounts[chan.uri].to)
                try:
                    element = element.device.open(process, element, OREAD)
                except BaseException:
                    close(process, element)
                    raise
                chan.umc = element
            element = chan.umc
            data = element.device.read_directory(process, element, count, element.offset)
            element.offset += len(data)
        except KernelError:
            pass
        if data:
            return data
        chan.uri += 1
        if chan.umc is not None:
            element, chan.umc = chan.umc, None
            close(process, element)
    return b""


def _show_mounts(process: Process, chan: Chan, data: bytes, count: int) -> bytes:
    """Entries of places mounted upon, replaced by those of what is mounted, name kept (mountfix).

    What no longer fits into `count` bytes waits in the channel for the next read.
    """
    heads = process.namespace.heads
    if not heads or not data:
        return data
    found = entries(data)
    changed = False
    index = 0
    while index < len(found):
        entry = found[index]
        key = identity(entry)
        head = heads.get(key)
        if head is not None and not any(mount.to.key == key for mount in head.mounts):
            to = head.mounts[0].to
            try:
                mounted = to.device.stat(process, to)
            except KernelError:
                mounted = None
            if mounted is not None:
                mounted.name = name_of(entry)
                shown = pack(mounted)
                changed = True
                if len(shown) > len(entry):
                    rest = sum(map(len, found)) - len(entry)
                    while rest + len(shown) > count:
                        last = found.pop()
                        chan.rock.append(last)
                        if len(found) == index:
                            break
                        rest -= len(last)
                if len(found) > index:
                    found[index] = shown
        index += 1
    return b"".join(found) if changed else data


# Offsets


def sys_seek(process: Process, args: Args) -> int:
    """seek(2): the new offset goes to the address in the first argument."""
    address = args.pointer(0)
    memory = process.memory
    memory.check_aligned(address)
    memory.check(address, 8, True)
    offset = _seek(process, args.int(1), args.vlong(2), args.int(3))
    memory.write(address, offset.to_bytes(8, "little"))
    return 0


def sys_oseek(process: Process, args: Args) -> int:
    """seek(2) of long ago: 32-bit offset in, offset out."""
    return _seek(process, args.int(0), args.long(1), args.int(2))


def _seek(process: Process, fd: int, offset: int, whence: int) -> int:
    chan = process.fds.chan(fd, -1, True)
    if chan.device.letter == "|":
        raise KernelError(Eisstream)
    directory = chan.qid.type & QTDIR
    if whence == 0:
        if directory and offset != 0:
            raise KernelError(Eisdir)
    elif whence == 1:
        if directory:
            raise KernelError(Eisdir)
        offset += chan.offset
    elif whence == 2:
        if directory:
            raise KernelError(Eisdir)
        offset += chan.device.stat(process, chan).length
    else:
        raise KernelError(Ebadarg)
    # beyond 63 bits the kernel's sum wraps and is negative
    if offset < 0 or offset > _MAX_OFFSET:
        raise KernelError(Enegoff)
    chan.offset = offset
    chan.uri = 0
    chan.dri = 0
    return offset


# Entries


def _stat(process: Process, chan: Chan, address: int, count: int) -> int:
    data = fit(chan.device.stat(process, chan), count, chan.device.too_small)
    data, size = rename(data, chan.path.last, count)
    process.memory.write(address, data)
    return size


def sys_stat(process: Process, args: Args) -> int:
    """stat(2)."""
    address, count = args.pointer(1), args.uint(2)
    process.memory.check(address, count, True)
    chan = namec(process, _name(process, args.pointer(0)), Aaccess)
    try:
        return _stat(process, chan, address, count)
    finally:
        close(process, chan)


def sys_fstat(process: Process, args: Args) -> int:
    """fstat(2)."""
    address, count = args.pointer(1), args.uint(2)
    process.memory.check(address, count, True)
    return _stat(process, process.fds.chan(args.int(0)), address, count)


def _old_stat(process: Process, chan: Chan, address: int) -> int:
    entry = chan.device.stat(process, chan)
    entry.name = chan.path.last
    process.memory.write(address, pack_old(entry))
    return 0


def sys_old_stat(process: Process, args: Args) -> int:
    """stat(2) with the entry of the third edition."""
    address = args.pointer(1)
    process.memory.check(address, OLD_SIZE, True)
    chan = namec(process, _name(process, args.pointer(0)), Aaccess)
    try:
        return _old_stat(process, chan, address)
    finally:
        close(process, chan)


def sys_old_fstat(process: Process, args: Args) -> int:
    """fstat(2) with the entry of the third edition."""
    address = args.pointer(1)
    process.memory.check(address, OLD_SIZE, True)
    return _old_stat(process, process.fds.chan(args.int(0)), address)


def _new_entry(process: Process, address: int, count: int) -> bytes:
    """The packed entry for a wstat, if it is one (validstat)."""
    process.memory.check(address, count, False)
    if count > _MAX_STAT:
        raise KernelError(Ebadstat)
    data = process.memory.read(address, count)
    if not check(data):
        raise KernelError(Ebadstat)
    name = name_of(data)
    if len(name) < 64 and name != b"/":
        check_name(name.split(b"\0", 1)[0], slash=False)
    return data


def _wstat(process: Process, chan: Chan, data: bytes) -> int:
    if chan.ismtpt and name_of(data):
        raise cannot(Eismtpt.encode(), chan.path.text)
    return chan.device.wstat(process, chan, data)


def sys_wstat(process: Process, args: Args) -> int:
    """wstat(2): the length of the entry."""
    data = _new_entry(process, args.pointer(1), args.uint(2))
    chan = namec(process, _name(process, args.pointer(0)), Aaccess)
    try:
        return _wstat(process, chan, data)
    finally:
        close(process, chan)


def sys_fwstat(process: Process, args: Args) -> int:
    """fwstat(2)."""
    data = _new_entry(process, args.pointer(1), args.uint(2))
    return _wstat(process, process.fds.chan(args.int(0), -1, True), data)


def sys_old_wstat(process: Process, args: Args) -> int:
    """Gone since the fourth edition."""
    raise KernelError("old wstat system call - recompile")


def sys_old_fwstat(process: Process, args: Args) -> int:
    """Gone since the fourth edition."""
    raise KernelError("old fwstat system call - recompile")


# Names


def sys_remove(process: Process, args: Args) -> int:
    """remove(2): mount points stay."""
    chan = namec(process, _name(process, args.pointer(0)), Aremove)
    if chan.ismtpt:
        close(process, chan)
        raise KernelError(Eismtpt)
    try:
        chan.device.remove(process, chan)
    finally:
        # removing closes the file for the device, whether it worked or not
        chan.ref = 0
        release(process, chan)
    return 0


def sys_chdir(process: Process, args: Args) -> int:
    """chdir(2)."""
    chan = namec(process, _name(process, args.pointer(0)), Atodir)
    before, process.dot = process.dot, chan
    close(process, before)
    return 0


#: By system call number (facts/syscalls.md §2).
HANDLERS: dict[int, Callable[[Process, Args], int | None]] = {
    3: sys_chdir,
    4: sys_close,
    5: sys_dup,
    11: sys_old_fstat,
    14: sys_open,
    15: sys_read,
    16: sys_oseek,
    18: sys_old_stat,
    20: sys_write,
    22: sys_create,
    23: sys_fd2path,
    25: sys_remove,
    26: sys_old_wstat,
    27: sys_old_fwstat,
    39: sys_seek,
    42: sys_stat,
    43: sys_fstat,
    44: sys_wstat,
    45: sys_fwstat,
    50: sys_pread,
    51: sys_pwrite,
}
