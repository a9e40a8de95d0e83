"""Directory entries: what stat returns and wstat takes, and what a directory reads as.

The layout is 9P2000's (stat(5)): little-endian, a 41-byte fixed part, then name, owner,
group and last modifier as counted strings.  Sources: convD2M.c, convM2D.c, sysfile.c
(dirsetname, packoldstat, validstat); facts/syscalls.md §6, facts/observed-devices.md A.7.
"""

from __future__ import annotations

from struct import Struct

from elf9.errors import Ebadstat, KernelError
from elf9.kernel.chan import DMDIR, QTDIR, Qid

__all__ = [
    "OLD_SIZE",
    "STATFIXLEN",
    "Dir",
    "check",
    "entries",
    "fit",
    "pack",
    "pack_old",
    "rename",
    "unpack",
]

_FIXED = Struct("<HHIBIQIIIQ")
_SHORT = Struct("<H")
_OLD = Struct("<28s28s28sIIIIIQHH")

#: Bytes of an entry whose four strings are empty.
STATFIXLEN = _FIXED.size + 4 * _SHORT.size
#: Bytes of the entry of _stat and _fstat.
OLD_SIZE = _OLD.size
#: "Leave this as it is" in the integers of a wstat.
NO_CHANGE16 = 0xFFFF
NO_CHANGE32 = 0xFFFFFFFF
NO_CHANGE64 = 0xFFFFFFFFFFFFFFFF


class Dir:
    """One directory entry (stat(2)).

    `type` is the device's letter as a number, `mode` has DMDIR and friends above the
    permissions, times are in seconds since 1970, `length` in bytes.
    """

    __slots__ = ("atime", "dev", "gid", "length", "mode", "mtime", "muid", "name", "qid", "type", "uid")

    def __init__(self, name: bytes, qid: Qid, mode: int, *, length: int = 0, type: int = 0, dev: int = 0) -> None:
        self.name = name
        self.qid = qid
        self.mode = mode
        self.length = length
        self.type = type
        self.dev = dev
        self.atime = 0
        self.mtime = 0
        self.uid = b""
        self.gid = b""
        self.muid = b""

    def __repr__(self) -> str:
        return f"<Dir {self.name!r} {self.qid} {self.mode:#o} {self.length}>"


def pack(entry: Dir) -> bytes:
    """The entry as bytes (convD2M)."""
    name, uid, gid, muid = entry.name, entry.uid, entry.gid, entry.muid
    size = STATFIXLEN + len(name) + len(uid) + len(gid) + len(muid)
    qid = entry.qid
    return b"".join(
        (
            _FIXED.pack(
                (size - 2) & 0xFFFF,
                entry.type & 0xFFFF,
                entry.dev & 0xFFFFFFFF,
                qid.type,
                qid.vers & 0xFFFFFFFF,
                qid.path & 0xFFFFFFFFFFFFFFFF,
                entry.mode & 0xFFFFFFFF,
                entry.atime & 0xFFFFFFFF,
                entry.mtime & 0xFFFFFFFF,
                entry.length & 0xFFFFFFFFFFFFFFFF,
            ),
            _SHORT.pack(len(name)),
            name,
            _SHORT.pack(len(uid)),
            uid,
            _SHORT.pack(len(gid)),
            gid,
            _SHORT.pack(len(muid)),
            muid,
        )
    )


def unpack(data: bytes) -> Dir:
    """The entry at the start of `data` (convM2D); what follows it is ignored.

    Fails with Ebadstat when a string does not fit; the size field is not looked at.
    """
    if len(data) < STATFIXLEN:
        raise KernelError(Ebadstat)
    _, type_, dev, qtype, vers, path, mode, atime, mtime, length = _FIXED.unpack_from(data)
    entry = Dir(b"", Qid(path, vers, qtype), mode, length=length, type=type_, dev=dev)
    entry.atime = atime
    entry.mtime = mtime
    strings = []
    at = _FIXED.size
    for _ in range(4):
        if at + 2 > len(data):
            raise KernelError(Ebadstat)
        end = at + 2 + data[at] + (data[at + 1] << 8)
        if end > len(data):
            raise KernelError(Ebadstat)
        strings.append(bytes(data[at + 2 : end]))
        at = end
    entry.name, entry.uid, entry.gid, entry.muid = strings
    return entry


def check(data: bytes) -> bool:
    """Whether `data` is exactly one entry: size field right, strings filling it to the end (statcheck)."""
    if len(data) < STATFIXLEN or len(data) != 2 + data[0] + (data[1] << 8):
        return False
    at = _FIXED.size
    for _ in range(4):
        if at + 2 > len(data):
            return False
        at += 2 + data[at] + (data[at + 1] << 8)
    return at == len(data)


def fit(entry: Dir, count: int, too_small: str) -> bytes:
    """The entry as a device puts it into a buffer of `count` bytes.

    Too small for it: two bytes, the size field, so that the caller can come again with that
    plus 2.  Too small for those: the error `too_small`, which depends on the device.
    """
    data = pack(entry)
    if count >= len(data):
        return data
    if count < 2:
        raise KernelError(too_small)
    return data[:2]


def rename(data: bytes, name: bytes, count: int) -> tuple[bytes, int]:
    """Give the packed entry `data` another name, in a buffer of `count` bytes (dirsetname).

    Returns what is then in the buffer and the length that the caller is told.  An entry that
    outgrows the buffer keeps its old name and has the new size in front, and the length is 2.
    """
    if len(data) == 2:
        return data, 2
    at = _FIXED.size
    old = data[at] + (data[at + 1] << 8)
    size = len(data) + len(name) - old
    head = _SHORT.pack((size - 2) & 0xFFFF)
    if size > count:
        return head + data[2:], 2
    return b"".join((head, data[2:at], _SHORT.pack(len(name)), name, data[at + 2 + old :])), size


def name_of(data: bytes) -> bytes:
    """The name in the packed entry `data`."""
    at = _FIXED.size
    return bytes(data[at + 2 : at + 2 + data[at] + (data[at + 1] << 8)])


def entries(data: bytes) -> list[bytes]:
    """What a directory read returned, cut into its packed entries."""
    parts = []
    at = 0
    while at + 2 < len(data):
        end = at + 2 + data[at] + (data[at + 1] << 8)
        if end > len(data):
            break
        parts.append(data[at:end])
        at = end
    return parts


def identity(data: bytes) -> tuple[str, int, int]:
    """The `Chan.key` of the file that the packed entry `data` describes."""
    _, type_, dev, _, _, path, *_ = _FIXED.unpack_from(data)
    return (chr(type_), dev, path)


def pack_old(entry: Dir) -> bytes:
    """The entry in the 116 bytes of _stat and _fstat (packoldstat)."""
    path = entry.qid.path & 0xFFFFFFFF & ~DMDIR
    if entry.qid.type & QTDIR:
        path |= DMDIR
    return _OLD.pack(
        entry.name,
        entry.uid,
        entry.gid,
        path,
        entry.qid.vers & 0xFFFFFFFF,
        entry.mode & 0xFFFFFFFF,
        entry.atime & 0xFFFFFFFF,
        entry.mtime & 0xFFFFFFFF,
        entry.length & 0xFFFFFFFFFFFFFFFF,
        entry.type & 0xFFFF,
        entry.dev & 0xFFFF,
    )
