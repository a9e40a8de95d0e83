"""`#s`: channels posted under a name for other processes to open, bound on /srv.

A directory of postings is a board.  Opening `clone` in a board makes a new one below it, which lives
as long as that descriptor and has a `clone` of its own.  Opening a posting gives the posted channel
itself.  Sources: devsrv.c, strtoul.c; facts/devices.md §8, facts/observed-devices.md A.11, A.12,
A.15 and B (#s rows).
"""

from __future__ import annotations

from elf9.errors import (
    Ebadchar,
    Ebadusefd,
    Eexist,
    Eisdir,
    Enonexist,
    Enotdir,
    Eperm,
    Eshutdown,
    Etoobig,
    Etoolong,
    KernelError,
)
from elf9.kernel.chan import (
    COPEN,
    CRCLOSE,
    ORCLOSE,
    ORDWR,
    OREAD,
    OTRUNC,
    OWRITE,
    QTAUTH,
    QTDIR,
    QTFILE,
    Chan,
    Qid,
    close,
    open_mode,
)
from elf9.kernel.dev.device import Device, Devices, copy_out, permit
from elf9.kernel.stat import NO_CHANGE32, Dir, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from elf9.kernel.process import Process

__all__ = ["Srv", "parse_number"]

# The low two bits of a qid path; above them is a serial number.
_SRV, _CLONE, _LEASE = range(3)

#: A name with its NUL; a descriptor's number with its NUL.
_NAME_LENGTH = 128
_NUMBER_LENGTH = 32
_MASK32 = 0xFFFFFFFF
_BLANKS = b" \t\n\f\r\v"


def parse_number(text: bytes, mask: int = _MASK32) -> int:
    """The number that `text` starts with, 0 if it starts with none; more than fits is `mask` (strtoul, base 0)."""
    text = text.split(b"\0", 1)[0].lstrip(_BLANKS)
    negative = text[:1] == b"-"
    if text[:1] in (b"-", b"+"):
        text = text[1:]
    base, digits = 10, b"0123456789"
    if text[:2].lower() == b"0x" and text[2:3].lower() in tuple(b"%x" % digit for digit in range(16)):
        base, digits, text = 16, b"0123456789abcdef", text[2:].lower()
    elif text[:1] == b"0":
        base, digits = 8, b"01234567"
    value = 0
    for digit in text:
        if digit not in digits:
            break
        value = value * base + digits.index(digit)
        if value > mask:
            return mask
    return -value & mask if negative else value


class _Posting:
    __slots__ = ("chan", "name", "owner", "path", "perm")

    def __init__(self, name: bytes, owner: str, perm: int, path: int) -> None:
        self.name = name
        self.owner = owner
        self.perm = perm
        self.path = path
        #: What is posted; None until the number was written.
        self.chan: Chan | None = None


class _Board:
    """`ref` counts channels in a board; the root board is always there.  Lists have the newest first."""

    __slots__ = ("boards", "closed", "name", "owner", "parent", "path", "perm", "postings", "ref")

    def __init__(self, name: bytes, owner: str, perm: int, path: int, parent: _Board | None) -> None:
        self.name = name
        self.owner = owner
        self.perm = perm
        self.path = path
        self.parent = parent
        self.ref = 0
        self.closed = False
        self.postings: list[_Posting] = []
        self.boards: list[_Board] = []

    def posting(self, chan: Chan) -> _Posting | None:
        """The posting that `chan` is about, None if it was removed."""
        path = chan.qid.path >> 2
        return next((posting for posting in self.postings if posting.path == path), None)

    def named(self, name: bytes) -> _Posting | _Board | None:
        return next((entry for entry in self.entries() if entry.name == name), None)

    def entries(self) -> list[_Posting | _Board]:
        """In the order of the listing."""
        return [*self.postings, *self.boards]

    def release(self) -> None:
        """One channel less; a closed board goes with the last one, and closed ones above it (boardclunk)."""
        if self.parent is None:
            return
        self.ref -= 1
        board, above = self, self.parent
        while board.closed and board.ref == 0 and not board.boards:
            above.boards.remove(board)
            if above.parent is None:
                break
            board, above = above, above.parent


def _type(chan: Chan) -> int:
    return chan.qid.path & 3


class Srv(Device):
    """The service registry.  A channel's `aux` is the board it is in, or the posting's, or the one leased."""

    __slots__ = ("_root", "_serial")

    letter = "s"
    name = "srv"

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        self._serial = 0
        self._root = _Board(b"#s", devices.host_owner, 0o777, 0, None)

    def _new_path(self) -> int:
        self._serial += 1
        return self._serial

    def rename_user(self, old: str, new: str) -> None:
        """The host owner has another name: so have postings and boards (srvrenameuser)."""
        boards = [self._root]
        for board in boards:
            boards += board.boards
            if board.owner == old:
                board.owner = new
            for posting in board.postings:
                if posting.owner == old:
                    posting.owner = new

    # Files

    def attach(self, process: Process, spec: bytes) -> Chan:
        chan = super().attach(process, spec)
        chan.aux = self._root
        return chan

    def walk(self, process: Process, chan: Chan, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        copy, qids = super().walk(process, chan, names)
        if copy is not None:
            copy.aux.ref += 1
        return copy, qids

    def _into(self, process: Process, chan: Chan, board: _Board) -> Qid:
        permit(process, board.owner, board.perm, 3)
        chan.aux = board
        return Qid(board.path << 2 | _SRV, 0, QTDIR)

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        if len(name) >= _NAME_LENGTH:
            return None
        if name == b"clone":
            return Qid(chan.qid.path & ~3 | _CLONE)
        entry = chan.aux.named(name)
        if isinstance(entry, _Board):
            return self._into(process, chan, entry)
        return None if entry is None else Qid(entry.path << 2 | _SRV)

    def parent(self, process: Process, chan: Chan) -> Qid:
        return self._into(process, chan, chan.aux.parent or self._root)

    def _board_entry(self, process: Process, chan: Chan, board: _Board) -> Dir:
        qid = Qid(board.path << 2 | _SRV, 0, QTDIR)
        return self.entry(process, chan, board.name, qid, board.perm, owner=board.owner)

    def _entry(self, process: Process, chan: Chan, posting: _Posting) -> Dir:
        qid = Qid(posting.path << 2 | _SRV)
        return self.entry(process, chan, posting.name, qid, posting.perm, owner=posting.owner)

    def _clone_entry(self, process: Process, chan: Chan) -> Dir:
        return self.entry(process, chan, b"clone", Qid(chan.qid.path & ~3 | _CLONE), 0o444)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        board: _Board = chan.aux
        if index == 0:
            return self._clone_entry(process, chan)
        entry = board.entries()[index - 1]
        if isinstance(entry, _Board):
            return self._board_entry(process, chan, entry)
        return self._entry(process, chan, entry)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        if chan.qid.type & QTDIR:
            return self._board_entry(process, chan, chan.aux)
        kind = _type(chan)
        if kind == _CLONE:
            return self._clone_entry(process, chan)
        posting = chan.aux.posting(chan) if kind == _SRV else None
        return None if posting is None else self._entry(process, chan, posting)

    # Opening

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        if omode & OTRUNC:
            raise KernelError(Eexist)
        if omode & ORCLOSE:
            raise KernelError(Eperm)
        mode = open_mode(omode)
        board: _Board = chan.aux
        if chan.qid.type & QTDIR:
            if omode != OREAD:
                raise KernelError(Eisdir)
            permit(process, board.owner, board.perm, omode)
            chan.mode = mode
            chan.flag |= COPEN
            chan.offset = 0
            return chan
        if board.closed:
            raise KernelError(Eshutdown)
        if _type(chan) == _CLONE:
            return self._lease(process, chan, board, mode)
        posting = board.posting(chan)
        if posting is None or posting.chan is None:
            raise KernelError(Eshutdown)
        posted = posting.chan
        if posted.mode not in (mode, ORDWR):
            raise KernelError(Eperm)
        permit(process, posting.owner, posting.perm, omode)
        posted.ref += 1
        close(process, chan)
        return posted

    def _lease(self, process: Process, chan: Chan, board: _Board, mode: int) -> Chan:
        path = self._new_path()
        while any(posting.name == b"%d" % path for posting in board.postings):
            path = self._new_path()
        new = _Board(b"%d" % path, process.user, 0o770, path, board)
        new.ref = 1
        board.boards.insert(0, new)
        chan.aux = new
        chan.qid = Qid(path << 2 | _LEASE)
        chan.mode = mode
        board.release()
        return chan

    def create(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        if open_mode(omode) != OWRITE:
            raise KernelError(Eperm)
        if len(name) >= _NAME_LENGTH:
            raise KernelError(Etoolong)
        if name == b"clone":
            raise KernelError(Eexist)
        board: _Board = chan.aux
        if board.closed:
            raise KernelError(Eshutdown)
        permit(process, board.owner, board.perm, OWRITE)
        if board.named(name) is not None:
            raise KernelError(Eexist)
        posting = _Posting(name, process.user, perm & 0o777, self._new_path())
        board.postings.insert(0, posting)
        chan.qid = Qid(posting.path << 2 | _SRV, 0, QTFILE)
        chan.flag |= COPEN
        chan.mode = OWRITE
        return chan

    def close(self, process: Process, chan: Chan) -> None:
        board: _Board = chan.aux
        if chan.flag & CRCLOSE and _type(chan) != _LEASE:
            self.remove(process, chan)
            return
        postings: list[_Posting] = []
        if _type(chan) == _LEASE:
            postings, board.postings = board.postings, []
            board.closed = True
        board.release()
        for posting in postings:
            if posting.chan is not None:
                close(process, posting.chan)

    # Reading, writing and the rest

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        if _type(chan) != _LEASE:
            raise KernelError(Enotdir)
        return copy_out(chan.aux.name, buffer, offset & _MASK32)

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        board: _Board = chan.aux
        if _type(chan) == _LEASE:
            raise KernelError(Eperm)
        if len(data) >= _NUMBER_LENGTH:
            raise KernelError(Etoobig)
        number = parse_number(bytes(data))
        posted = process.fds.chan((number ^ 0x80000000) - 0x80000000)
        if board.closed:
            raise KernelError(Eshutdown)
        if posted.qid.type & QTAUTH:
            raise KernelError("cannot post auth file in srv")
        posting = board.posting(chan)
        if posting is None:
            raise KernelError(Enonexist)
        if posting.chan is not None:
            raise KernelError(Ebadusefd)
        posted.ref += 1
        posting.chan = posted
        if not posted.srvname:
            posted.srvname = chan.path.text
        return len(data)

    def remove(self, process: Process, chan: Chan) -> None:
        board: _Board = chan.aux
        try:
            if chan.qid.type & QTDIR or _type(chan) != _SRV:
                raise KernelError(Eperm)
            posting = board.posting(chan)
            if posting is None:
                raise KernelError(Enonexist)
            if process.user not in (posting.owner, self.devices.host_owner):
                raise KernelError(Eperm)
            board.postings.remove(posting)
        finally:
            board.release()
        if posting.chan is not None:
            close(process, posting.chan)

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        board: _Board = chan.aux
        directory = chan.qid.type & QTDIR
        if _type(chan) != _SRV or (directory and board is self._root):
            raise KernelError(Eperm)
        new = unpack(data)
        if board.closed:
            raise KernelError(Eshutdown)
        entry = board if directory else board.posting(chan)
        if entry is None:
            raise KernelError(Enonexist)
        if process.user not in (entry.owner, self.devices.host_owner):
            raise KernelError(Eperm)
        if new.name and new.name != entry.name:
            if b"/" in new.name:
                raise KernelError(Ebadchar)
            if len(new.name) >= _NAME_LENGTH:
                raise KernelError(Etoolong)
            where = (board.parent or self._root) if directory else board
            if new.name == b"clone" or where.named(new.name) is not None:
                raise KernelError(Eexist)
            entry.name = new.name
        if new.uid:
            entry.owner = new.uid.decode(errors="replace")
        if new.mode != NO_CHANGE32:
            entry.perm = new.mode & 0o777
        return len(data)
