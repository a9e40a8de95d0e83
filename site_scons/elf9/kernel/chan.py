"""Channels and the table of file descriptors.

A channel is what the kernel holds for every file it knows: open, walked to, mounted on,
or the place a process is in.  It belongs to a device (`elf9.kernel.dev`), which does the
work; the channel only says which file, in which mode, at which offset.  References are
counted by hand as the kernel counts them, because a device is told when the last one goes
(a host descriptor is closed, a removed-on-close file goes, a 9P server gets its clunk).

Sources: chan.c, sysfile.c and pgrp.c of 9front's kernel; facts/syscalls.md §3,
facts/observed-devices.md B (fd limit, dup).
"""

from __future__ import annotations

from elf9.errors import Ebadarg, Ebadfd, Ebadusefd, Enofd, KernelError
from elf9.kernel.sync import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from elf9.kernel.dev.device import Device
    from elf9.kernel.dev.mnt import Connection
    from elf9.kernel.dev.pipe import Flow
    from elf9.kernel.namespace import Mhead
    from elf9.kernel.process import Process

__all__ = ["Chan", "FdTable", "Path", "Qid", "clone", "close", "open_mode", "pprint", "read_bytes", "unique"]

# open(2), create(2)
OREAD = 0
OWRITE = 1
ORDWR = 2
OEXEC = 3
OTRUNC = 0x10
OCEXEC = 0x20
ORCLOSE = 0x40
OEXCL = 0x1000

# Qid.type, and the same bits in the top byte of a mode
QTDIR = 0x80
QTAPPEND = 0x40
QTEXCL = 0x20
QTMOUNT = 0x10
QTAUTH = 0x08
QTTMP = 0x04
QTFILE = 0x00
DMDIR = 0x80000000
DMAPPEND = 0x40000000
DMEXCL = 0x20000000
DMTMP = 0x04000000

# Chan.flag, and CCEXEC in the flags of a descriptor
COPEN = 0x01
CMSG = 0x02
CCEXEC = 0x08
CRCLOSE = 0x20

#: What the short ways of a pipe (`incoming`, `outgoing`) return when they did nothing, as it is not that simple.
NOT_SIMPLE = -1

#: The table of descriptors grows by this many, and not beyond that many.
DELTA_FD = 20
MAX_FD = 5000


class Qid:
    """What tells a file from all others of its server: `path`; `vers` counts its changes.  Immutable."""

    __slots__ = ("path", "type", "vers")

    def __init__(self, path: int, vers: int = 0, type: int = QTFILE) -> None:
        self.path = path
        self.vers = vers
        self.type = type

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Qid):
            return NotImplemented
        return self.path == other.path and self.vers == other.vers and self.type == other.type

    def __hash__(self) -> int:
        return hash((self.path, self.vers, self.type))

    def __repr__(self) -> str:
        return f"Qid({self.path:#x} {self.vers} {self.type:#x})"


class Path:
    """The name by which a channel was reached, and the mount points crossed on the way.

    `text` is absolute or starts with `#`, and clean.  `mtpt[i]` is the channel that element i
    was mounted upon, or None; `..` steps back through it.  A Path never changes: `add` makes
    another.  It holds a reference to each of its mount points and is counted itself.
    """

    __slots__ = ("mtpt", "ref", "text")

    def __init__(self, text: bytes, mtpt: tuple[Chan | None, ...] = (None,)) -> None:
        self.text = text
        self.mtpt = mtpt
        self.ref = 1
        for chan in mtpt:
            if chan is not None:
                chan.ref += 1

    def __repr__(self) -> str:
        return f"Path({self.text!r})"

    @property
    def last(self) -> bytes:
        """The last element of the name; empty for `/`, the whole name of a bare `#c`."""
        return self.text[self.text.rfind(b"/") + 1 :]

    def close(self, process: Process) -> None:
        """Drop one reference; with the last one the mount points go, too."""
        self.ref -= 1
        if self.ref == 0:
            for chan in self.mtpt:
                if chan is not None:
                    close(process, chan)


class Chan:
    """A channel.  A new one has one reference, which `close` drops; `ref += 1` makes another.

    `mode` means something once `flag` has COPEN.  `offset` is what read and write of the
    descriptor go by, `devoffset` what the device of a directory sees of it, `dri` the index at
    which a kernel device goes on listing.  `umh` is the mount head when the channel is an open
    union directory, `uri` and `umc` the element that is being read; `rock` holds directory
    entries that did not fit.  `aux` is the device's own.
    """

    __slots__ = (
        "aux",
        "dev",
        "device",
        "devoffset",
        "dri",
        "flag",
        "incoming",
        "iounit",
        "ismtpt",
        "mchan",
        "mode",
        "mux",
        "offset",
        "outgoing",
        "path",
        "qid",
        "ref",
        "rock",
        "srvname",
        "umc",
        "umh",
        "uri",
    )

    def __init__(self, device: Device, qid: Qid, path: Path, *, dev: int = 0, aux: Any = None) -> None:
        self.device = device
        self.dev = dev
        self.qid = qid
        #: Takes over the caller's reference.
        self.path = path
        self.ref = 1
        self.mode = 0
        self.flag = 0
        self.offset = 0
        self.devoffset = 0
        self.dri = 0
        self.iounit = 0
        self.ismtpt = False
        self.umh: Mhead | None = None
        self.umc: Chan | None = None
        self.uri = 0
        self.rock: list[bytes] = []
        #: The name under which it was first posted in #s, which ns shows for what is mounted from it.
        self.srvname = b""
        #: The 9P conversation over this channel; and for a file of a mounted tree the channel to its
        #: server, with a reference (elf9.kernel.dev.mnt).
        self.mux: Connection | None = None
        self.mchan: Chan | None = None
        #: The queues of an open end of a pipe that may be read, or written: the short way there.
        self.incoming: Flow | None = None
        self.outgoing: Flow | None = None
        self.aux = aux

    def __repr__(self) -> str:
        return f"<Chan #{self.device.letter} {self.path.text!r} {self.qid} ref={self.ref}>"

    @property
    def key(self) -> tuple[str, int, int]:
        """Equal for channels of the same file, whatever its version (eqchan)."""
        return (self.device.letter, self.dev, self.qid.path)


def close(process: Process, chan: Chan) -> None:
    """Drop a reference (cclose).  With the last one the device closes the file; that cannot fail."""
    chan.ref -= 1
    if chan.ref > 0:
        return
    if chan.ref < 0:
        raise AssertionError(f"{chan!r} is closed once too often")
    try:  # noqa: SIM105 - contextlib would cost the start-up
        chan.device.close(process, chan)
    except KernelError:
        pass
    release(process, chan)


def hold(process: Process, chan: Chan) -> None:
    """Keep the channel that a call has to wait for, for when the call is made again."""
    if process.held is None:
        process.held = chan
        chan.ref += 1


def let_go(process: Process) -> None:
    """The call that had to wait is over."""
    chan, process.held = process.held, None
    if chan is not None:
        close(process, chan)


def release(process: Process, chan: Chan) -> None:
    """Let go of what a channel holds beside its device (chanfree)."""
    if chan.umh is not None:
        chan.umh.close(process)
        chan.umh = None
    if chan.umc is not None:
        close(process, chan.umc)
        chan.umc = None
    chan.rock.clear()
    chan.mux = None
    if chan.mchan is not None:
        close(process, chan.mchan)
        chan.mchan = None
    chan.path.close(process)


def clone(process: Process, chan: Chan) -> Chan:
    """A new channel of the same file, not open (cclone)."""
    copy, _ = chan.device.walk(process, chan, ())
    if copy is None:
        raise KernelError("clone failed")
    return copy


def unique(process: Process, chan: Chan) -> Chan:
    """Trade the caller's reference for a channel that nobody else holds (cunique)."""
    if chan.ref == 1:
        return chan
    copy = clone(process, chan)
    close(process, chan)
    return copy


def open_mode(mode: int) -> int:
    """The channel's mode for open(2)'s: OEXEC reads.  Anything unknown fails with Ebadarg (openmode)."""
    mode &= 0xFFFFFFFF & ~(OTRUNC | OCEXEC | ORCLOSE)
    if mode > OEXEC:
        raise KernelError(Ebadarg)
    return OREAD if mode == OEXEC else mode


def read_bytes(process: Process, chan: Chan, count: int, offset: int) -> bytes:
    """`count` bytes of an open file at `offset`, fewer only at its end; for the kernel itself (exec)."""
    data = bytearray(count)
    with memoryview(data) as view:
        have = 0
        while have < count:
            n = chan.device.read(process, chan, view[have:], offset + have)
            if n <= 0:
                break
            have += n
    return bytes(data[:have]) if have < count else bytes(data)


def pprint(process: Process, text: str | bytes) -> None:
    """Say `NAME PID: text` on the process's descriptor 2, if that can be written (pprint).

    Never fails.  `text` brings its own newline.
    """
    chan = process.fds.chans[2] if len(process.fds.chans) > 2 else None
    if chan is None or chan.flag & CMSG or chan.mode not in (OWRITE, ORDWR):
        return
    line = b"%s %d: %s" % (process.name, process.pid, text.encode() if isinstance(text, str) else text)
    try:
        chan.device.write(process, chan, memoryview(line), chan.offset)
    except (KernelError, Block):
        return
    chan.offset += len(line)


class FdTable:
    """The descriptors of a process, or of several that share them (Fgrp).

    `chans[fd]` is the open channel or None; `flags[fd]` holds CCEXEC, which belongs to the
    descriptor and not to the channel.  The length of `chans` is always a multiple of 20.
    """

    __slots__ = ("chans", "exceeded", "flags", "highest", "ref")

    def __init__(self) -> None:
        self.chans: list[Chan | None] = [None] * DELTA_FD
        self.flags = bytearray(DELTA_FD)
        #: The highest descriptor in use, or 0 (maxfd).
        self.highest = 0
        #: The multiple of 100 that was just crossed, until it has been reported.
        self.exceeded = 0
        self.ref = 1

    def chan(self, fd: int, mode: int = -1, message: bool = False) -> Chan:
        """The channel of `fd` (fdtochan).  No reference is added.

        `mode` OREAD, OWRITE or ORDWR asks that it was opened so, -1 does not care; with
        `message` the channel of a 9P connection is refused.  Fails with Ebadfd, Ebadusefd.
        """
        chans = self.chans
        if fd < 0 or fd >= len(chans):
            raise KernelError(Ebadfd)
        chan = chans[fd]
        if chan is None:
            raise KernelError(Ebadfd)
        if message and chan.flag & CMSG:
            raise KernelError(Ebadusefd)
        if mode < 0 or chan.mode == ORDWR:
            return chan
        if mode & OTRUNC and chan.mode == OREAD:
            raise KernelError(Ebadusefd)
        if mode & ~OTRUNC != chan.mode:
            raise KernelError(Ebadusefd)
        return chan

    def add(self, process: Process, chan: Chan, mode: int = 0) -> int:
        """Put `chan` at the lowest free descriptor and return that (newfd).

        Takes over the caller's reference.  OCEXEC in `mode` marks the descriptor.  Fails with
        Enofd; then the reference is still the caller's.
        """
        fd = self.find_free(process, 0)
        if fd < 0:
            self._warn(process)
            raise KernelError(Enofd)
        self._put(fd, chan, CCEXEC if mode & OCEXEC else 0)
        self._warn(process)
        return fd

    def add_pair(self, process: Process, chans: tuple[Chan, Chan]) -> tuple[int, int]:
        """Two descriptors at once, as pipe(2) needs them: both or none (newfd2)."""
        first = self.find_free(process, 0)
        second = -1 if first < 0 else self.find_free(process, first + 1)
        if second < 0:
            self._warn(process)
            raise KernelError(Enofd)
        self._put(first, chans[0], 0)
        self._put(second, chans[1], 0)
        self._warn(process)
        return first, second

    def dup(self, process: Process, old: int, new: int) -> int:
        """Make `new` (-1: the lowest free descriptor) another name of `old`'s channel (dup(2)).

        What `new` was is closed afterwards.  The new descriptor survives exec.
        """
        chan = self.chan(old)
        if new == -1:
            chan.ref += 1
            try:
                return self.add(process, chan)
            except KernelError:
                close(process, chan)
                raise
        if new < 0 or not self._grow(process, new):
            self._warn(process)
            raise KernelError(Ebadfd)
        chan.ref += 1
        before = self.chans[new]
        self._put(new, chan, 0)
        self._warn(process)
        if before is not None:
            close(process, before)
        return new

    def close(self, process: Process, fd: int) -> None:
        """Close a descriptor; nothing happens if it is not open (fdclose)."""
        if fd < 0 or fd > self.highest:
            return
        chan = self.chans[fd]
        if chan is None:
            return
        self.chans[fd] = None
        if fd == self.highest:
            while fd > 0 and self.chans[fd] is None:
                fd -= 1
            self.highest = fd
        close(process, chan)

    def close_on_exec(self, process: Process) -> None:
        """Close what is marked OCEXEC; the sharers of this table lose it, too."""
        for fd in range(self.highest + 1):
            if self.flags[fd] & CCEXEC:
                self.close(process, fd)

    def copy(self) -> FdTable:
        """A table of its own with the same channels and marks, as RFFDG makes it (dupfgrp)."""
        other = FdTable()
        size = -(-(self.highest + 1) // DELTA_FD) * DELTA_FD
        other.chans = self.chans[:size]
        other.flags = self.flags[:size]
        other.highest = self.highest
        for chan in other.chans:
            if chan is not None:
                chan.ref += 1
        return other

    def release(self, process: Process) -> None:
        """One process less uses this table; the last one closes everything (closefgrp)."""
        self.ref -= 1
        if self.ref > 0:
            return
        for fd in range(self.highest + 1):
            chan = self.chans[fd]
            if chan is not None:
                self.chans[fd] = None
                close(process, chan)
        self.highest = 0

    def find_free(self, process: Process, start: int) -> int:
        """The lowest free descriptor from `start` on, after growing if need be; -1 if there is none."""
        try:
            return self.chans.index(None, start)
        except ValueError:
            fd = max(start, len(self.chans))
            return fd if self._grow(process, fd) else -1

    def _put(self, fd: int, chan: Chan, flags: int) -> None:
        self.highest = max(self.highest, fd)
        self.chans[fd] = chan
        self.flags[fd] = flags

    def _grow(self, process: Process, fd: int) -> bool:
        size = len(self.chans)
        if fd < size:
            return True
        if fd >= size + DELTA_FD:
            return False
        if size >= MAX_FD:
            process.kernel.devices.print(b"no free file descriptors\n")
            return False
        self.chans += [None] * DELTA_FD
        self.flags += bytes(DELTA_FD)
        if fd > self.highest:
            if fd // 100 > self.highest // 100:
                self.exceeded = fd // 100 * 100
            self.highest = fd
        return True

    def _warn(self, process: Process) -> None:
        if self.exceeded:
            exceeded, self.exceeded = self.exceeded, 0
            pprint(process, f"warning: process exceeds {exceeded} file descriptors\n")
