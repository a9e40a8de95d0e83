"""`#g`: segments of memory with a name, an address and an owner, for all processes to attach.

Creating a directory makes one; `va ADDRESS LENGTH` written to its `ctl` gives it its place and its
memory, which `data` reads and writes and segattach(2) maps.  It lives as long as the directory or a
process that attached it.  Sources: devsegment.c, segment(3); facts/devices.md §10,
facts/observed-devices.md B (#g row).
"""

from __future__ import annotations

from elf9.errors import (
    Ebadarg,
    Ebadctl,
    Eexist,
    Eisdir,
    Enovmem,
    Eperm,
    Etoolong,
    KernelError,
)
from elf9.kernel.chan import COPEN, CRCLOSE, DMDIR, ORCLOSE, ORDWR, OREAD, QTDIR, Chan, Qid, open_mode
from elf9.kernel.dev.cons import tokenize
from elf9.kernel.dev.device import Device, Devices, copy_out, permit
from elf9.kernel.dev.srv import parse_number
from elf9.kernel.memory import Segment
from elf9.kernel.stat import NO_CHANGE32, Dir, unpack
from elf9.machine.memory import READ, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Process

__all__ = ["Segments", "find"]

# The low three bits of a qid path; above them is the number of the segment.
_TOP, _DIRECTORY, _CTL, _DATA = range(4)

#: How many there may be; but a qid tells only so many apart.
_MAX_SEGMENTS = 100
_QID_MASK = 0x3F
_NAME_LENGTH = 128
_MASK64 = (1 << 64) - 1
#: Classes of segattach(2), whose names are taken.
_CLASSES = (b"shared", b"memory")
#: Where the first fixed segment lies in the memory of a machine.
_PHYSICAL = 0x1000_0000

_NOT_ALLOCATED = "segment not yet allocated"


class _Global:
    """A named segment: without memory until `va` was written."""

    __slots__ = ("name", "owner", "perm", "physical", "ref", "segment")

    def __init__(self, name: bytes, owner: str) -> None:
        self.name = name
        self.owner = owner
        self.perm = 0o660
        self.segment: Segment | None = None
        self.physical = 0
        #: The directory, and open channels.
        self.ref = 1

    def release(self) -> None:
        """One reference less; with the last one the memory is the attachers' alone."""
        self.ref -= 1
        if self.ref == 0 and self.segment is not None:
            self.segment.release(None)

    def text(self) -> bytes:
        """What ctl says."""
        segment = self.segment
        if segment is None:
            raise KernelError(_NOT_ALLOCATED)
        more = {"Fixed": f" fixed {self.physical:#x}", "Sticky": " sticky"}.get(segment.kind, "")
        return f"va {segment.base:#x} {segment.top - segment.base:#x}{more}\n".encode()


def find(process: Process, name: bytes) -> Segment | None:
    """The global segment that segattach means by `name`, or None if there is none of that name."""
    device = process.kernel.devices.by_letter.get("g")
    return device.find(process, name) if isinstance(device, Segments) else None


class Segments(Device):
    """The segment device."""

    __slots__ = ("_physical", "_slots")

    letter = "g"
    name = "segment"

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        self._slots: list[_Global | None] = [None] * _MAX_SEGMENTS
        self._physical = _PHYSICAL

    def find(self, process: Process, name: bytes) -> Segment | None:
        """The segment of that name.  Eperm, `global segment not assigned a virtual address`.

        No reference is added.
        """
        for entry in self._slots:
            if entry is not None and entry.name == name:
                permit(process, entry.owner, entry.perm, ORDWR)
                if entry.segment is None:
                    raise KernelError("global segment not assigned a virtual address")
                return entry.segment
        return None

    # Files

    def _number(self, chan: Chan) -> int:
        return chan.qid.path >> 3 & _QID_MASK

    def _global(self, chan: Chan) -> _Global:
        entry = self._slots[self._number(chan)]
        if entry is None:
            raise KernelError("global segment disappeared")
        return entry

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        if chan.qid.path & 7 == _TOP:
            for number, entry in enumerate(self._slots):
                if entry is not None and entry.name == name:
                    return Qid(number << 3 | _DIRECTORY, 0, QTDIR)
            return None
        self._global(chan)
        kind = {b"ctl": _CTL, b"data": _DATA}.get(name)
        return None if kind is None else Qid(self._number(chan) << 3 | kind)

    def _file(self, process: Process, chan: Chan, kind: int) -> Dir:
        entry = self._global(chan)
        length = 0
        if kind == _DATA and entry.segment is not None:
            length = entry.segment.top - entry.segment.base
        name = b"ctl" if kind == _CTL else b"data"
        qid = Qid(self._number(chan) << 3 | kind)
        return self.entry(process, chan, name, qid, entry.perm, length=length, owner=entry.owner)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        if chan.qid.path & 7 != _TOP:
            if index > 1:
                raise IndexError
            return self._file(process, chan, _CTL + index)
        entry = self._slots[index]
        if entry is None:
            return None
        qid = Qid(index << 3 | _DIRECTORY, 0, QTDIR)
        return self.entry(process, chan, entry.name, qid, 0o777, owner=entry.owner)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        kind = chan.qid.path & 7
        if kind in (_CTL, _DATA):
            return self._file(process, chan, kind)
        if kind == _DIRECTORY:
            self._global(chan)
        return None

    # Opening

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        kind = chan.qid.path & 7
        if kind in (_CTL, _DATA):
            entry = self._global(chan)
            permit(process, entry.owner, entry.perm, omode)
            if kind == _DATA and entry.segment is None:
                raise KernelError(_NOT_ALLOCATED)
            entry.ref += 1
            chan.aux = entry
        else:
            if kind == _DIRECTORY:
                omode &= ~ORCLOSE
            if omode != OREAD:
                raise KernelError(Eisdir)
        return self._opened(chan, omode)

    def _opened(self, chan: Chan, omode: int) -> Chan:
        chan.mode = open_mode(omode)
        chan.flag |= COPEN
        chan.offset = 0
        return chan

    def create(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        if chan.qid.path & 7 != _TOP:
            raise KernelError(Eperm)
        if len(name) >= _NAME_LENGTH:
            raise KernelError(Etoolong)
        if name in _CLASSES:
            raise KernelError("name collision with physical segment")
        if not perm & DMDIR:
            raise KernelError(Ebadarg)
        if any(entry is not None and entry.name == name for entry in self._slots):
            raise KernelError(Eexist)
        if None not in self._slots:
            raise KernelError("too many global segments")
        number = self._slots.index(None)
        self._slots[number] = _Global(name, process.user)
        chan.qid = Qid(number << 3 | _DIRECTORY, 0, QTDIR)
        return self._opened(chan, omode)

    def close(self, process: Process, chan: Chan) -> None:
        if not chan.flag & COPEN:
            return
        kind = chan.qid.path & 7
        if kind == _DIRECTORY and chan.flag & CRCLOSE:
            self.remove(process, chan)
        elif kind in (_CTL, _DATA):
            entry: _Global = chan.aux
            entry.release()

    def remove(self, process: Process, chan: Chan) -> None:
        if chan.qid.path & 7 != _DIRECTORY:
            raise KernelError(Eperm)
        number = self._number(chan)
        entry, self._slots[number] = self._slots[number], None
        if entry is not None:
            entry.release()

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        if chan.qid.type & QTDIR:
            raise KernelError(Eperm)
        entry = self._global(chan)
        if process.user not in (entry.owner, self.devices.host_owner):
            raise KernelError(Eperm)
        new = unpack(data)
        if new.uid:
            entry.owner = new.uid.decode(errors="replace")
        if new.mode != NO_CHANGE32:
            entry.perm = new.mode & 0o777
        return len(data)

    # Reading and writing

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        entry: _Global = chan.aux
        if chan.qid.path & 7 == _CTL:
            return copy_out(entry.text(), buffer, offset)
        segment = entry.segment
        assert segment is not None
        size = segment.top - segment.base
        if offset >= size:
            return 0
        count = min(len(buffer), size - offset)
        buffer[:count] = segment.regions[0].view[offset : offset + count]
        return count

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        if chan.qid.type & QTDIR:
            # created for writing, and where the kernel prints now
            raise KernelError(Eperm)
        entry: _Global = chan.aux
        if chan.qid.path & 7 == _CTL:
            self._control(process, entry, bytes(data))
            return len(data)
        segment = entry.segment
        assert segment is not None
        if offset >= segment.top - segment.base or offset + len(data) > segment.top - segment.base:
            raise KernelError(Ebadarg)
        segment.regions[0].view[offset : offset + len(data)] = data
        return len(data)

    def _control(self, process: Process, entry: _Global, text: bytes) -> None:
        words = tokenize(text.removesuffix(b"\n").split(b"\0", 1)[0])
        if words[:1] != [b"va"]:
            raise KernelError(Ebadctl)
        if entry.segment is not None:
            raise KernelError("already has a virtual address")
        if len(words) < 3:
            raise KernelError(Ebadarg)
        target = process.kernel.target
        base, length = parse_number(words[1], _MASK64), parse_number(words[2], _MASK64)
        top = target.round_page(base + length & _MASK64)
        base -= base % target.page
        if base == 0 or top > target.stack_top or top <= base:
            raise KernelError(Ebadarg)
        if top - base > target.max_segment:
            raise KernelError(Enovmem)
        kind = {b"fixed": "Fixed", b"sticky": "Sticky"}.get(words[3], "Shared") if len(words) > 3 else "Shared"
        if kind != "Shared" and process.user != self.devices.host_owner:
            raise KernelError(Eperm)
        try:
            entry.segment = Segment(kind, base, top, READ | WRITE)
        except (OSError, OverflowError, ValueError) as error:
            raise KernelError(Enovmem) from error
        entry.segment.spaces.append(None)
        if kind == "Fixed":
            entry.physical = self._physical
            self._physical += top - base
