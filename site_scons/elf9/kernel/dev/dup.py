"""`#d`: the descriptors of the process that looks, bound on /fd.

`N` opens to the very channel that descriptor N has; `Nctl` tells about it in one line.
Sources: devdup.c, procfdprint of devproc.c; facts/devices.md §7, facts/observed-devices.md A.14.
"""

from __future__ import annotations

from elf9.errors import Eisdir, Eperm, KernelError
from elf9.kernel.chan import COPEN, ORCLOSE, QTDIR, Chan, Qid, close, open_mode
from elf9.kernel.dev.device import Device, copy_out
from elf9.kernel.stat import Dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Process

__all__ = ["Dup", "describe"]

_PERMISSIONS = (0o400, 0o200, 0o600, 0)


def describe(chan: Chan, fd: int, room: int = 256) -> bytes:
    """The line about a descriptor that /fd/Nctl and /proc/n/fd show, printed into `room` bytes (procfdprint).

    Number, mode, device letter and number, qid, iounit, offset, path.
    """
    head = (
        f"{fd:3d} {('r ', 'w ', 'rw', '')[chan.mode & 3]} {chan.device.letter} {chan.dev:4d}"
        f" ({chan.qid.path:016x} {chan.qid.vers} {chan.qid.type:02x}) {chan.iounit:5d} {chan.offset:8d} "
    )
    return (head.encode() + chan.path.text + b"\n")[: room - 1]


class Dup(Device):
    """The descriptor device."""

    __slots__ = ()

    letter = "d"
    name = "dup"

    def parent(self, process: Process, chan: Chan) -> Qid:
        return chan.qid

    def _file(self, process: Process, chan: Chan, number: int) -> Dir | None:
        """File `number`: 2N is descriptor N, 2N+1 its Nctl."""
        fd = number // 2
        if number < 0 or fd > process.fds.highest:
            raise IndexError
        open_chan = process.fds.chans[fd]
        if open_chan is None:
            return None
        if number & 1:
            name, perm = b"%dctl" % fd, 0o400
        else:
            name, perm = b"%d" % fd, _PERMISSIONS[open_chan.mode & 3]
        return self.entry(process, chan, name, Qid(number + 1), perm)

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        digits = name[:-3] if name.endswith(b"ctl") else name
        if not digits.isdigit() or digits != b"%d" % int(digits[:9]):
            return None
        number = 2 * int(digits) + (digits is not name)
        try:
            file = self._file(process, chan, number)
        except IndexError:
            return None
        return None if file is None else file.qid

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        # the kernel's list starts with a hole
        return None if index == 0 else self._file(process, chan, index - 1)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        if chan.qid.type & QTDIR:
            return None
        try:
            return self._file(process, chan, chan.qid.path - 1)
        except IndexError:
            return None

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        if omode & ORCLOSE:
            raise KernelError(Eperm)
        if chan.qid.type & QTDIR:
            if omode != 0:
                raise KernelError(Eisdir)
        elif not (chan.qid.path - 1) & 1:
            same = process.fds.chan((chan.qid.path - 1) // 2, open_mode(omode))
            same.ref += 1
            close(process, chan)
            return same
        chan.mode = open_mode(omode)
        chan.flag |= COPEN
        chan.offset = 0
        return chan

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        fd = (chan.qid.path - 1) // 2
        return copy_out(describe(process.fds.chan(fd), fd), buffer, offset & 0xFFFFFFFF)
