"""`#σ`: places to mount file servers for everybody, outside of private name spaces; bound on /shr.

A share is a directory of `#σc`; a file created in it and given the number of a descriptor mounts the
server behind that, and `#σ` shows under the share's name the union of what is mounted there, the newest
first.  Sources: devshr.c, shr(3); facts/devices.md §10.
"""

from __future__ import annotations

from elf9.errors import (
    Ebadarg,
    Ebadchar,
    Eexist,
    Egreg,
    Eisdir,
    Enoattach,
    Enocreate,
    Enonexist,
    Enotdir,
    Eperm,
    Eshutdown,
    Etoolong,
    KernelError,
)
from elf9.kernel.chan import (
    COPEN,
    CRCLOSE,
    DMDIR,
    ORCLOSE,
    ORDWR,
    OREAD,
    OTRUNC,
    OWRITE,
    QTDIR,
    Chan,
    Qid,
    clone,
    close,
    open_mode,
)
from elf9.kernel.dev.device import Device, Devices, permit
from elf9.kernel.namespace import MCREATE
from elf9.kernel.stat import NO_CHANGE32, Dir, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from elf9.kernel.deep import Deep
    from elf9.kernel.process import Process

__all__ = ["Shr"]

# The low four bits of a qid path: the two roots, a share in each, a mounted server.
_ROOT, _CONTROL_ROOT, _SHARE, _CONTROL, _MOUNT = range(5)

_NAME_LENGTH = 128
#: Digits that Python makes a number of without ado.
_LONGEST_NUMBER = 1000


class _Entry:
    __slots__ = ("id", "name", "owner", "perm")

    def __init__(self, id: int, name: bytes, owner: str, perm: int) -> None:
        self.id = id
        self.name = name
        self.owner = owner
        self.perm = perm


class _Mount(_Entry):
    """A server in a share; `to` is the root of its tree once there is one."""

    __slots__ = ("flag", "to")

    def __init__(self, id: int, name: bytes, owner: str, perm: int, flag: int) -> None:
        super().__init__(id, name, owner, perm)
        self.flag = flag
        self.to: Chan | None = None


class _Share(_Entry):
    """A share and its servers, the newest first."""

    __slots__ = ("mounts",)

    def __init__(self, id: int, name: bytes, owner: str, perm: int) -> None:
        super().__init__(id, name, owner, perm)
        self.mounts: list[_Mount] = []


class _Union:
    """What is mounted in a share, as reading a union wants it."""

    __slots__ = ("mounts",)

    def __init__(self, share: _Share) -> None:
        self.mounts = [mount for mount in share.mounts if mount.to is not None]


def _named(entries: Sequence[_Entry], name: bytes) -> Any:
    return next((entry for entry in entries if entry.name == name), None)


def _qid(level: int, id: int) -> Qid:
    return Qid(id << 4 | level, 0, 0 if level == _MOUNT else QTDIR)


def _level(chan: Chan) -> int:
    return chan.qid.path & 15


class Shr(Device):
    """The share device.  A channel's `aux` is its share and its server, either may be None."""

    __slots__ = ("_serial", "_shares")

    letter = "σ"
    name = "shr"

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        #: The newest first.
        self._shares: list[_Share] = []
        self._serial = 0

    def _new_id(self) -> int:
        self._serial += 1
        return self._serial

    def rename_user(self, old: str, new: str) -> None:
        """The host owner has another name (shrrenameuser)."""
        for share in self._shares:
            for entry in (share, *share.mounts):
                if entry.owner == old:
                    entry.owner = new

    # Files

    def attach(self, process: Process, spec: bytes) -> Chan:
        if spec not in (b"", b"c"):
            raise KernelError(Enoattach)
        chan = super().attach(process, spec)
        chan.qid = _qid(_CONTROL_ROOT if spec else _ROOT, 0)
        chan.aux = None, None
        return chan

    def walk(self, process: Process, chan: Chan, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        copy = Chan(self, chan.qid, chan.path, dev=chan.dev, aux=chan.aux)
        copy.path.ref += 1
        copy.mode, copy.offset = chan.mode, chan.offset
        qids: list[Qid] = []
        try:
            for index, name in enumerate(names):
                if _level(copy) == _SHARE and name != b"..":
                    inner, more = self._walk_in(process, copy.aux[0], names[index:])
                    copy.path.close(process)
                    return inner, qids + more
                copy.qid, copy.aux = self._step(copy, name)
                qids.append(copy.qid)
        except KernelError:
            copy.path.close(process)
            if not qids:
                raise
            return None, qids
        return copy, qids

    def _step(self, chan: Chan, name: bytes) -> tuple[Qid, tuple[_Share | None, _Mount | None]]:
        level = _level(chan)
        share: _Share | None = chan.aux[0]
        if level == _MOUNT:
            raise KernelError(Enotdir)
        if name == b"..":
            if share is None:
                raise KernelError(Egreg)
            return _qid(_ROOT if level == _SHARE else _CONTROL_ROOT, 0), (None, None)
        if share is None:
            share = _named(self._shares, name)
            if share is None:
                raise KernelError(Enonexist)
            return _qid(_SHARE if level == _ROOT else _CONTROL, share.id), (share, None)
        mount: _Mount | None = _named(share.mounts, name)
        if mount is None:
            raise KernelError(Enonexist)
        return _qid(_MOUNT, mount.id), (share, mount)

    def _walk_in(self, process: Process, share: _Share, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        """Walk on in the first server that knows the way."""
        for mount in list(share.mounts):
            if mount.to is None:
                continue
            try:
                return mount.to.device.walk(process, mount.to, names)
            except KernelError:
                continue
        raise KernelError(Enonexist)

    def _entry(self, process: Process, chan: Chan, level: int, entry: _Entry) -> Dir:
        perm = entry.perm & ~0o222 if level == _SHARE else entry.perm
        return self.entry(process, chan, entry.name, _qid(level, entry.id), perm, owner=entry.owner)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        level = _level(chan)
        share, mount = chan.aux
        if share is None:
            name, perm = (b"#\xcf\x83", 0o555) if level == _ROOT else (b"#\xcf\x83c", 0o777)
            return self.entry(process, chan, name, chan.qid, perm)
        return self._entry(process, chan, level, share if mount is None else mount)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        level = _level(chan)
        share: _Share | None = chan.aux[0]
        if share is None:
            return self._entry(process, chan, _SHARE if level == _ROOT else _CONTROL, self._shares[index])
        return self._entry(process, chan, _MOUNT, share.mounts[index])

    def read_directory(self, process: Process, chan: Chan, count: int, offset: int) -> bytes:
        if _level(chan) != _SHARE:
            return super().read_directory(process, chan, count, offset)
        from elf9.kernel.syscalls.files import read_union

        union: Any = _Union(chan.aux[0])
        before, chan.umh = chan.umh, union
        try:
            return read_union(process, chan, count)
        finally:
            chan.umh = before

    # Opening

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        if chan.qid.type & QTDIR and omode != OREAD:
            raise KernelError(Eisdir)
        mode = open_mode(omode)
        share, mount = chan.aux
        if mount is not None:
            return self._open_server(process, chan, mount, omode, mode)
        if share is not None:
            permit(process, share.owner, share.perm, mode)
        return self._opened(chan, mode)

    def _opened(self, chan: Chan, mode: int) -> Chan:
        chan.mode = mode
        chan.flag |= COPEN
        chan.offset = 0
        return chan

    def _open_server(self, process: Process, chan: Chan, mount: _Mount, omode: int, mode: int) -> Chan:
        """The channel to the server itself."""
        if omode & OTRUNC:
            raise KernelError(Eexist)
        if omode & ORCLOSE:
            raise KernelError(Eperm)
        permit(process, mount.owner, mount.perm, mode)
        server = mount.to.mchan if mount.to is not None else None
        if server is None:
            raise KernelError(Eshutdown)
        if mode != server.mode:
            raise KernelError(Eperm)
        server.ref += 1
        close(process, chan)
        return server

    def create(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        mode = open_mode(omode)
        level = _level(chan)
        if level == _SHARE:
            return self._create_in(process, chan, name, omode, perm)
        if level not in (_CONTROL_ROOT, _CONTROL) or process.user == "none":
            raise KernelError(Eperm)
        if "M" in process.namespace.forbidden:
            raise KernelError(Enoattach)
        if bool(perm & DMDIR) != (level == _CONTROL_ROOT) or mode != (OREAD if level == _CONTROL_ROOT else OWRITE):
            raise KernelError(Eperm)
        share: _Share | None = chan.aux[0]
        if share is not None:
            self._may_change(process, share)
            permit(process, share.owner, share.perm, ORDWR)
        if len(name) >= _NAME_LENGTH:
            raise KernelError(Etoolong)
        if _named(self._shares if share is None else share.mounts, name) is not None:
            raise KernelError(Eexist)
        if share is None:
            share = _Share(self._new_id(), name, process.user, perm)
            self._shares.insert(0, share)
            chan.qid, chan.aux = _qid(_CONTROL, share.id), (share, None)
        else:
            # new files go to the server that was there first
            mount = _Mount(self._new_id(), name, process.user, perm, 0 if share.mounts else MCREATE)
            share.mounts.insert(0, mount)
            chan.qid, chan.aux = _qid(_MOUNT, mount.id), (share, mount)
        return self._opened(chan, mode)

    def _create_in(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        """Create a file of a server's."""
        share: _Share = chan.aux[0]
        root = next((mount.to for mount in share.mounts if mount.flag & MCREATE and mount.to is not None), None)
        if root is None:
            raise KernelError(Enocreate)
        new = clone(process, root)
        try:
            new = new.device.create(process, new, name, omode, perm)
        except BaseException:
            close(process, new)
            raise
        close(process, chan)
        return new

    def _may_change(self, process: Process, share: _Share) -> None:
        """What the host owner made is the host owner's."""
        if process.user != self.devices.host_owner == share.owner:
            raise KernelError(Eperm)

    def close(self, process: Process, chan: Chan) -> None:
        if chan.flag & CRCLOSE:
            self.remove(process, chan)

    # Changing

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        """The number of a descriptor mounts the server behind it; a second line says which tree."""
        if "M" in process.namespace.forbidden:
            raise KernelError(Enoattach)
        mount: _Mount | None = chan.aux[1]
        if mount is None:
            raise KernelError(Egreg)
        count = len(data)
        digits, _, spec = bytes(data).split(b"\0", 1)[0].lstrip(b" \t\n\f\r\v").partition(b"\n")
        if not digits[digits[:1] in (b"-", b"+") :].isdigit():
            raise KernelError(Ebadarg)
        number = max(min(int(digits), 0x7FFFFFFF), -1) if len(digits) < _LONGEST_NUMBER else -1
        server = process.fds.chan(number, ORDWR)
        deep = _deep(process)

        def attach() -> int:
            server.ref += 1
            try:
                root = deep.mnt.attach_to(process, server, None, spec)
            finally:
                close(process, server)
            before, mount.to = mount.to, root
            if before is not None:
                close(process, before)
            return count

        result: int = deep.call(process, attach)
        return result

    def remove(self, process: Process, chan: Chan) -> None:
        share, mount = chan.aux
        if _level(chan) not in (_CONTROL, _MOUNT):
            raise KernelError(Eperm)
        if process.user != self.devices.host_owner:
            self._may_change(process, share)
            permit(process, share.owner, share.perm, ORDWR)
        if mount is None:
            if share.mounts:
                raise KernelError("directory not empty")
            if share in self._shares:
                self._shares.remove(share)
        elif mount in share.mounts:
            share.mounts.remove(mount)
            root, mount.to = mount.to, None
            if root is not None:
                close(process, root)

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        new = unpack(data)
        share, mount = chan.aux
        if _level(chan) not in (_CONTROL, _MOUNT):
            raise KernelError(Eperm)
        entry: _Entry = share if mount is None else mount
        if process.user not in (entry.owner, self.devices.host_owner):
            raise KernelError(Eperm)
        if new.name and new.name != entry.name:
            if b"/" in new.name:
                raise KernelError(Ebadchar)
            if len(new.name) >= _NAME_LENGTH:
                raise KernelError(Etoolong)
            entry.name = new.name
        if new.uid:
            entry.owner = new.uid.decode(errors="replace")
        if new.mode != NO_CHANGE32:
            entry.perm = new.mode & 0o777
        return len(data)


def _deep(process: Process) -> Deep:
    """What lets a call wait in the middle (`kernel.deep`), which talking to a server takes."""
    kernel = process.kernel
    if kernel.deep is None:
        from elf9.kernel.deep import Deep

        kernel.deep = Deep(kernel)
    return kernel.deep
