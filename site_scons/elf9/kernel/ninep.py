"""9P2000 messages: what the kernel and file servers say to each other, as bytes and as values.

A message is size[4] type[1] tag[2] and then the fields of its type, little-endian; the table below
says which.  Values are ints, bytes (text without NUL, data, packed directory entries), `Qid`s, and
lists of names or qids.  `unpack` takes exactly what `pack` makes and nothing else: a size field that
is wrong, counts that reach beyond the end, more than 16 elements and unknown types are refused.
Source: intro(5), fcall(2), convM2S.c.
"""

from __future__ import annotations

from struct import Struct

from elf9.kernel.chan import Qid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["HEADER", "IOHDRSZ", "MAXWELEM", "NAMES", "NOFID", "NOTAG", "VERSION", "BadMessage", "pack", "unpack"]

TVERSION, RVERSION = 100, 101
TAUTH, RAUTH = 102, 103
TATTACH, RATTACH = 104, 105
#: There is no Terror.
RERROR = 107
TFLUSH, RFLUSH = 108, 109
TWALK, RWALK = 110, 111
TOPEN, ROPEN = 112, 113
TCREATE, RCREATE = 114, 115
TREAD, RREAD = 116, 117
TWRITE, RWRITE = 118, 119
TCLUNK, RCLUNK = 120, 121
TREMOVE, RREMOVE = 122, 123
TSTAT, RSTAT = 124, 125
TWSTAT, RWSTAT = 126, 127

VERSION = b"9P2000"
NOTAG = 0xFFFF
NOFID = 0xFFFFFFFF
#: Elements of a name in one walk.
MAXWELEM = 16
#: Bytes before the fields of any message; room that a message needs beside its data.
HEADER = 7
IOHDRSZ = 24

#: Fields by type.  1 2 4 8: an int of so many bytes; s: text; d: data with a count of 4 bytes, S: of 2;
#: q: a qid; names, qids: a count of 2 bytes and that many.
_FIELDS: dict[int, tuple[str, ...]] = {
    TVERSION: ("4", "s"),
    RVERSION: ("4", "s"),
    TAUTH: ("4", "s", "s"),
    RAUTH: ("q",),
    TATTACH: ("4", "4", "s", "s"),
    RATTACH: ("q",),
    RERROR: ("s",),
    TFLUSH: ("2",),
    RFLUSH: (),
    TWALK: ("4", "4", "names"),
    RWALK: ("qids",),
    TOPEN: ("4", "1"),
    ROPEN: ("q", "4"),
    TCREATE: ("4", "s", "4", "1"),
    RCREATE: ("q", "4"),
    TREAD: ("4", "8", "4"),
    RREAD: ("d",),
    TWRITE: ("4", "8", "d"),
    RWRITE: ("4",),
    TCLUNK: ("4",),
    RCLUNK: (),
    TREMOVE: ("4",),
    RREMOVE: (),
    TSTAT: ("4",),
    RSTAT: ("S",),
    TWSTAT: ("4", "S"),
    RWSTAT: (),
}

#: For people: the name of a type.
NAMES = {
    number: ("R" if number & 1 else "T") + word
    for first, word in (
        (TVERSION, "version"),
        (TAUTH, "auth"),
        (TATTACH, "attach"),
        (RERROR - 1, "error"),
        (TFLUSH, "flush"),
        (TWALK, "walk"),
        (TOPEN, "open"),
        (TCREATE, "create"),
        (TREAD, "read"),
        (TWRITE, "write"),
        (TCLUNK, "clunk"),
        (TREMOVE, "remove"),
        (TSTAT, "stat"),
        (TWSTAT, "wstat"),
    )
    for number in (first, first + 1)
    if number in _FIELDS
}

_HEADER = Struct("<IBH")
_QID = Struct("<BIQ")
_SHORT = Struct("<H")
_COUNTS = {"d": 4, "s": 2, "S": 2}


class BadMessage(Exception):
    """These bytes are no 9P2000 message; the text says why."""


def _pack_qid(qid: Qid) -> bytes:
    return _QID.pack(qid.type, qid.vers, qid.path)


def _pack_text(text: bytes) -> bytes:
    return _SHORT.pack(len(text)) + text


def pack(type: int, tag: int, *values: Any) -> bytes:
    """The message of `type` with these fields.

    Raises ValueError when there is no such type, or a value does not fit its field.
    """
    kinds = _FIELDS.get(type)
    if kinds is None or len(kinds) != len(values):
        raise ValueError(f"message type {type} with {len(values)} fields: there is no such message in 9P2000")
    parts = [b""]
    try:
        for kind, value in zip(kinds, values, strict=True):
            if kind in _COUNTS:
                parts.append(len(value).to_bytes(_COUNTS[kind], "little"))
                parts.append(bytes(value))
            elif kind == "q":
                parts.append(_pack_qid(value))
            elif kind in ("names", "qids"):
                if len(value) > MAXWELEM:
                    raise ValueError(f"{NAMES[type]} with {len(value)} elements: at most {MAXWELEM} are allowed")
                parts.append(_SHORT.pack(len(value)))
                parts += map(_pack_text if kind == "names" else _pack_qid, value)
            else:
                parts.append(value.to_bytes(int(kind), "little"))
        size = HEADER + sum(map(len, parts))
        parts[0] = _HEADER.pack(size, type, tag)
    except Exception as error:
        # struct and int each have an error of their own for what is too large
        raise ValueError(f"{NAMES[type]}: {error}") from error
    return b"".join(parts)


class _Reader:
    """Takes fields from the front of a message."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = HEADER

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise BadMessage(f"a field reaches {end - len(self.data)} bytes beyond the end")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def qid(self) -> Qid:
        kind, vers, path = _QID.unpack(self.take(_QID.size))
        return Qid(path, vers, kind)

    def field(self, kind: str) -> Any:
        if kind in _COUNTS:
            return self.take(self.number(_COUNTS[kind]))
        if kind == "q":
            return self.qid()
        if kind in ("names", "qids"):
            count = self.number(2)
            if count > MAXWELEM:
                raise BadMessage(f"{count} elements where at most {MAXWELEM} are allowed")
            return [self.field("s" if kind == "names" else "q") for _ in range(count)]
        return self.number(int(kind))


def unpack(data: bytes) -> tuple[int, int, tuple[Any, ...]]:
    """Type, tag and fields of the message that `data` is, from its first to its last byte.

    Raises BadMessage.
    """
    if len(data) < HEADER:
        raise BadMessage(f"{len(data)} bytes are fewer than the {HEADER} of the shortest message")
    size, type_, tag = _HEADER.unpack_from(data)
    kinds = _FIELDS.get(type_)
    if kinds is None:
        raise BadMessage(f"there is no message type {type_}")
    reader = _Reader(bytes(data))
    values = tuple(map(reader.field, kinds))
    if reader.at != len(data) or size != len(data):
        raise BadMessage(f"{NAMES[type_]} has {reader.at} bytes, says {size} and came with {len(data)}")
    return type_, tag, values
