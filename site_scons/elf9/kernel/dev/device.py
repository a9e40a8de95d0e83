"""What a device is to the kernel, and what devices have in common.

A `Device` is the row that a driver has in the kernel's table: attach, walk, stat, open,
create, close, read, write, remove, wstat, each with the channel it is asked about.  The
calling process comes first where the kernel would look at `up`.  The methods here are the
defaults of dev.c: a driver whose files are known one by one gives `child`, `parent`, `own`
and `child_at`, and inherits the rest.

Every method fails with KernelError, or raises Block before it has changed anything.
Sources: dev.c of 9front's kernel; facts/devices.md §1, facts/observed-devices.md A.3-A.8.
"""

from __future__ import annotations

from elf9.errors import Ebadarg, Enonexist, Enotdir, Eperm, Eshort, KernelError
from elf9.kernel.chan import COPEN, OREAD, QTDIR, Chan, Path, Qid, open_mode
from elf9.kernel.stat import Dir, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from elf9.kernel.process import Process

__all__ = ["Device", "Devices", "number", "permit"]

#: What the kernel devices give as time of last change: when the kernel was built (2024-03-31).
KERNEL_DATE = 1711843200
#: The last this many bytes that the console showed can be read from /dev/kmesg.
KMESG_SIZE = 16384

#: The order in which a kernel's configuration names its devices.
_ORDER = "/c¶e|pMsσdg"

_ACCESS = (0o400, 0o200, 0o600, 0o100)


class Devices:
    """The devices of one kernel, and what they share: the host owner, counters, console messages.

    `limit` is how many bytes the guest may write to the host in all, console and files together,
    None for any; the write that would pass it is cut there.
    """

    __slots__ = ("_dev", "_mount", "by_letter", "host_owner", "kmesg", "lazy", "limit", "listener", "written")

    def __init__(self, host_owner: str, limit: int | None = None) -> None:
        #: By letter, in the order of /dev/drivers.
        self.by_letter: dict[str, Device] = {}
        #: Those that few programs need, as (module of kernel.dev, class) until somebody does.
        self.lazy: dict[str, tuple[str, str]] = {}
        #: Who owns the devices ("eve").
        self.host_owner = host_owner
        self.kmesg = bytearray()
        #: Called with what the console shows, while somebody has /dev/kprint open.
        self.listener: Callable[[bytes], None] | None = None
        self.limit = limit
        #: Bytes written to the host so far.
        self.written = 0
        self._mount = 0
        self._dev = 0

    def allow(self, process: Process, count: int) -> int:
        """How many of `count` bytes may go to the host, and count them.

        Less than all: `process.kernel.limit_reached("output")` has been told.
        """
        if self.limit is not None and self.written + count > self.limit:
            count = self.limit - self.written
            process.kernel.limit_reached("output")
        self.written += count
        return count

    def add(self, device: Device) -> None:
        """Make a device known by its letter."""
        self.by_letter[device.letter] = device

    def find(self, letter: str) -> Device | None:
        """The device of a letter; one that nobody needed so far is imported now."""
        place = self.lazy.pop(letter, None)
        if place is not None:
            from importlib import import_module

            self.add(getattr(import_module(f"elf9.kernel.dev.{place[0]}"), place[1])(self))
        return self.by_letter.get(letter)

    def letters(self) -> list[str]:
        """The letters of all devices, in the order of /dev/drivers."""
        return sorted([*self.by_letter, *self.lazy], key=_ORDER.find)

    def drivers(self) -> list[tuple[str, str]]:
        """Letter and name of all devices, in that order; a module of kernel.dev has its driver's name."""
        lazy = self.lazy
        return [(at, lazy[at][0] if at in lazy else self.by_letter[at].name) for at in self.letters()]

    def next_mount(self) -> int:
        """A new mount id; they are given out in rising order."""
        self._mount += 1
        return self._mount

    def next_dev(self) -> int:
        """A new device number for a tree that is served under `M`."""
        self._dev += 1
        return self._dev

    def print(self, text: bytes) -> None:
        """What the kernel itself says on the console goes to /dev/kmesg."""
        kmesg = self.kmesg
        kmesg += text[-KMESG_SIZE:]
        if len(kmesg) > 2 * KMESG_SIZE:
            del kmesg[:-KMESG_SIZE]
        if self.listener is not None:
            self.listener(text)


def permit(process: Process, owner: str, perm: int, omode: int) -> None:
    """Refuse with Eperm unless the permissions let the process open so (devpermcheck).

    The owner has the first three bits, the host owner the middle ones, everybody else the last.
    """
    user = process.user
    if user != owner:
        perm <<= 3 if user == process.kernel.devices.host_owner else 6
    wanted = _ACCESS[omode & 3]
    if wanted & perm != wanted:
        raise KernelError(Eperm)


def number(value: int, size: int = 12) -> bytes:
    """A number as devices print it: right-justified in `size` bytes, the last one a blank (readnum)."""
    return b"%*d " % (size - 1, value)


class Device:
    """A driver.  `letter` is what follows `#`, `name` what /dev/drivers says.

    Buffers are memoryviews of the guest's memory: `read` fills one and returns how much,
    `write` takes all of one or says how much.  Offsets are in bytes and never negative.
    """

    __slots__ = ("devices",)

    letter = ""
    name = ""
    #: The error of a stat whose buffer has not even room for the size.
    too_small = Ebadarg

    def __init__(self, devices: Devices) -> None:
        self.devices = devices

    def rename_user(self, old: str, new: str) -> None:
        """The host owner has another name: so has what belongs to him."""

    # What a driver says about its files

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        """The file `name` in the directory `chan`, or None."""
        return None

    def parent(self, process: Process, chan: Chan) -> Qid:
        """The directory that `..` in the directory `chan` is."""
        return Qid(0, 0, QTDIR)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        """The entry of `chan` itself; None for a directory that has none, or a file that is gone."""
        return None

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        """The entry at `index` in the directory `chan`; None skips it, IndexError ends the list."""
        raise IndexError

    def entry(
        self,
        process: Process,
        chan: Chan,
        name: bytes,
        qid: Qid,
        perm: int,
        *,
        length: int = 0,
        owner: str | None = None,
    ) -> Dir:
        """An entry as kernel devices make them: read just now, changed when the kernel was built (devdir)."""
        made = Dir(name, qid, perm | qid.type << 24, length=length, type=ord(self.letter), dev=chan.dev)
        made.atime = process.kernel.time_ns() // 1_000_000_000
        made.mtime = KERNEL_DATE
        made.gid = self.devices.host_owner.encode()
        made.uid = made.muid = owner.encode() if owner else made.gid
        return made

    # What the kernel calls

    def attach(self, process: Process, spec: bytes) -> Chan:
        """The root of the device, a directory."""
        return Chan(self, Qid(0, 0, QTDIR), Path(b"#" + self.letter.encode() + spec))

    def walk(self, process: Process, chan: Chan, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        """A new channel along `names`, and the qids on the way (devwalk).

        A walk that fails at the first name raises; one that fails later gives None and the
        qids it got.  Without names it is a copy of `chan`.
        """
        copy = Chan(self, chan.qid, chan.path, dev=chan.dev, aux=chan.aux)
        copy.path.ref += 1
        copy.mode = chan.mode
        copy.offset = chan.offset
        qids: list[Qid] = []
        for name in names:
            qid = None
            if copy.qid.type & QTDIR:
                try:
                    qid = self.parent(process, copy) if name == b".." else self.child(process, copy, name)
                except KernelError:
                    copy.path.close(process)
                    raise
                text = Enonexist
            else:
                text = Enotdir
            if qid is None:
                copy.path.close(process)
                if not qids:
                    raise KernelError(text)
                return None, qids
            copy.qid = qid
            qids.append(qid)
        return copy, qids

    def stat(self, process: Process, chan: Chan) -> Dir:
        """The entry of `chan` (devstat)."""
        own = self.own(process, chan)
        if own is not None:
            return own
        if not chan.qid.type & QTDIR:
            raise KernelError(Enonexist)
        text = chan.path.text
        name = text if text == b"/" else chan.path.last
        return self.entry(process, chan, name, chan.qid, 0o555)

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        """Make `chan` ready for i/o and return it, or another one in its place (devopen)."""
        own = self.own(process, chan)
        if own is not None:
            permit(process, own.uid.decode(), own.mode, omode)
        return self.opened(chan, omode)

    def opened(self, chan: Chan, omode: int) -> Chan:
        """Mark `chan` open; directories can only be read."""
        chan.offset = 0
        if chan.qid.type & QTDIR and omode != OREAD:
            raise KernelError(Eperm)
        chan.mode = open_mode(omode)
        chan.flag |= COPEN
        return chan

    def create(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        """Create `name` in the directory `chan`, which becomes the open new file."""
        raise KernelError(Eperm)

    def close(self, process: Process, chan: Chan) -> None:
        """The last reference to `chan` is gone."""

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        """Fill `buffer` from `offset`; the number of bytes, 0 at the end."""
        raise KernelError(Eperm)

    def read_directory(self, process: Process, chan: Chan, count: int, offset: int) -> bytes:
        """The next whole entries of the directory, at most `count` bytes (devdirread).

        Goes by the channel's own index, not by `offset`, so that reading at offset 0 goes on
        where the last read stopped; only seek starts again.
        """
        parts: list[bytes] = []
        room = count
        while room > 0:
            try:
                entry = self.child_at(process, chan, chan.dri)
            except IndexError:
                break
            if entry is not None:
                data = pack(entry)
                if len(data) > room:
                    if not parts:
                        raise KernelError(Eshort)
                    break
                parts.append(data)
                room -= len(data)
            chan.dri += 1
        return b"".join(parts)

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        """Write `data` at `offset`; the number of bytes taken."""
        raise KernelError(Eperm)

    def remove(self, process: Process, chan: Chan) -> None:
        """Remove the file; `chan` is of no use afterwards but still to be closed."""
        raise KernelError(Eperm)

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        """Change what the packed entry `data` says should change; its length."""
        raise KernelError(Eperm)


class Stand(Device):
    """Stands where a device is mounted from the start, until somebody looks there: then that is imported.

    Only the root of the device is a channel of this class, and only until it is used.
    """

    __slots__ = ("letter",)

    def __init__(self, devices: Devices, letter: str) -> None:
        super().__init__(devices)
        self.letter = letter

    def root(self) -> Chan:
        """The channel to be mounted."""
        return Chan(self, Qid(0, 0, QTDIR), Path(b"#" + self.letter.encode()))

    def _replace(self, process: Process, chan: Chan) -> Device:
        """Make `chan` one of the device itself, which is returned."""
        device = self.devices.find(self.letter)
        assert device is not None
        real = device.attach(process, b"")
        chan.device, chan.qid, chan.aux = device, real.qid, real.aux
        return device

    def walk(self, process: Process, chan: Chan, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        return self._replace(process, chan).walk(process, chan, names)

    def stat(self, process: Process, chan: Chan) -> Dir:
        return self._replace(process, chan).stat(process, chan)

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        return self._replace(process, chan).open(process, chan, omode)


def copy_out(text: bytes | bytearray, buffer: memoryview, offset: int) -> int:
    """Fill `buffer` with `text` from `offset` on (readstr)."""
    part = text[offset : offset + len(buffer)]
    buffer[: len(part)] = part
    return len(part)
