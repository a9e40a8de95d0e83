"""The name space: names to channels, mounts and unions, and the errors that quote a name.

`namec` follows the kernel's function of that name step by step, because what programs see
depends on its order: which error wins, how much of the name it quotes, which side of a mount
point a channel is on.  Sources: chan.c and pgrp.c of 9front's kernel, quotefmt(2);
facts/devices.md §1, facts/observed-devices.md A.1-A.10 and B, facts/syscalls.md §8.
"""

from __future__ import annotations

from elf9.errors import (
    ERRMAX,
    Ebadchar,
    Ebadsharp,
    Eempty,
    Eexist,
    Efilename,
    Emount,
    Enoattach,
    Enocreate,
    Enomem,
    Enonexist,
    Enotdir,
    Etoolong,
    Eunion,
    Eunmount,
    KernelError,
)
from elf9.kernel.chan import (
    CRCLOSE,
    DMDIR,
    OCEXEC,
    OEXCL,
    OEXEC,
    ORCLOSE,
    OTRUNC,
    QTDIR,
    Chan,
    Path,
    clone,
    close,
    unique,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from elf9.kernel.dev.device import Devices
    from elf9.kernel.process import Process

__all__ = [
    "Mhead",
    "Mount",
    "NameSpace",
    "bind",
    "cannot",
    "check_name",
    "last_element",
    "namec",
    "printed",
    "quote",
    "unmount",
    "walk",
]

#: Elements of a union.
_MOST_MOUNTS = 10_000

# What namec() is asked for
Aaccess = 0  # stat, wstat
Abind = 1  # the new side of a bind
Atodir = 2  # chdir
Aopen = 3
Amount = 4  # what is mounted upon
Acreate = 5
Aremove = 6
Aunmount = 7

# bind(2)
MREPL = 0
MBEFORE = 1
MAFTER = 2
MCREATE = 4
MCACHE = 0x10
MORDER = 3
MMASK = 0x17

#: A name is shorter than this, so that it fits a 9P string.
MAX_NAME = 1 << 16
#: Elements in one walk request of a device.
MAX_WALK = 16

_FROGS = bytes([*range(0x20), 0x7F])
_FROGS_AND_SLASH = _FROGS + b"/"
_BAD_RUNE = b"\xef\xbf\xbd"


class Mount:
    """One element of what is mounted at a place."""

    __slots__ = ("flag", "id", "spec", "to")

    def __init__(self, to: Chan, flag: int, id: int, spec: bytes = b"") -> None:
        self.to = to
        to.ref += 1
        self.flag = flag
        self.id = id
        self.spec = spec


class Mhead:
    """A place that is mounted upon, and the elements mounted there, the first one first."""

    __slots__ = ("mounts", "ref", "upon")

    def __init__(self, upon: Chan) -> None:
        self.upon = upon
        upon.ref += 1
        self.mounts: list[Mount] = []
        self.ref = 1

    def close(self, process: Process) -> None:
        """Drop a reference (putmhead)."""
        self.ref -= 1
        if self.ref == 0:
            close(process, self.upon)

    def drop(self, process: Process) -> None:
        """Forget the elements (mountfree)."""
        mounts, self.mounts = self.mounts, []
        for mount in mounts:
            close(process, mount.to)


class NameSpace:
    """A process group's mounts (Pgrp), shared or copied by rfork."""

    __slots__ = ("devices", "forbidden", "heads", "ref")

    def __init__(self, devices: Devices) -> None:
        self.devices = devices
        #: By `Chan.key` of the place mounted upon.
        self.heads: dict[tuple[str, int, int], Mhead] = {}
        #: Letters of the devices that this group may not attach; `M` forbids mount(2).
        self.forbidden: set[str] = set()
        self.ref = 1

    def copy(self) -> NameSpace:
        """The same mounts in a table of its own, for RFNAMEG (pgrpcpy)."""
        other = NameSpace(self.devices)
        other.forbidden = set(self.forbidden)
        copies = []
        for key, head in self.heads.items():
            twin = other.heads[key] = Mhead(head.upon)
            twin.mounts = [Mount(mount.to, mount.flag, mount.id, mount.spec) for mount in head.mounts]
            copies += twin.mounts
        copies.sort(key=lambda mount: mount.id)
        for mount in copies:
            mount.id = self.devices.next_mount()
        return other

    def forbid_all_but(self, letters: str) -> None:
        """From now on only these devices may be attached, and nothing mounted (RFNOMNT)."""
        self.forbidden |= {"M", *self.devices.letters()} - set(letters)

    def release(self, process: Process) -> None:
        """One process less uses it; the last one takes the mounts along (closepgrp)."""
        self.ref -= 1
        if self.ref > 0:
            return
        heads = list(self.heads.values())
        self.heads.clear()
        for head in heads:
            head.drop(process)
            head.close(process)

    def mounts(self) -> list[tuple[Mhead, Mount]]:
        """Everything that is mounted, in the order in which it was."""
        found = [(head, mount) for head in self.heads.values() for mount in head.mounts]
        found.sort(key=lambda pair: pair[1].id)
        return found


# Text


def _rune(data: bytes, at: int) -> int:
    """How many bytes the rune at `at` takes, 0 when its bytes are no valid UTF-8 (chartorune)."""
    lead = data[at]
    if lead < 0x80:
        return 1
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC0 or lead >= 0xF8 or at + size > len(data):
        return 0
    value = lead & (0xFF >> (size + 1))
    for byte in data[at + 1 : at + size]:
        if byte & 0xC0 != 0x80:
            return 0
        value = value << 6 | byte & 0x3F
    least = (0x80, 0x800, 0x10000)[size - 2]
    return size if least <= value <= 0x10FFFF else 0


def printed(data: bytes, room: int) -> bytes:
    """`data` as the kernel's print copies it: whole runes, bad bytes as U+FFFD, at most `room` bytes."""
    if data.isascii():
        return data[:room]
    out = bytearray()
    at = 0
    while at < len(data):
        lead = data[at]
        full = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        if at + full > len(data):
            break
        size = _rune(data, at)
        rune = data[at : at + size] if size else _BAD_RUNE
        if len(out) + len(rune) > room:
            break
        out += rune
        at += size or 1
    return bytes(out)


def quote(text: bytes, room: int = 1 << 30, always: bool = False) -> bytes:
    """`text` quoted like rc words (%q; with `always` %#q), cut so that at most `room` bytes come out.

    `text` must be valid UTF-8 as far as it matters where to cut.
    """
    quoted = always or not text
    used = 2 if quoted else 0
    if quoted and room < 2:
        return b""
    at = 0
    while at < len(text):
        size = _rune(text, at) or 1
        if used + size > room:
            break
        char = text[at]
        if char <= 0x20 or char == 0x27:
            if not quoted:
                if used + size + 2 > room:
                    break
                used += 2
                quoted = True
            if char == 0x27:
                if used + size + 1 > room:
                    break
                used += 1
        used += size
        at += size
    text = text[:at]
    return b"'" + text.replace(b"'", b"''") + b"'" if quoted else text


def cannot(error: bytes, name: bytes) -> KernelError:
    """The error `TEXT: 'NAME'`, long names cut to their last elements (namelenerror)."""
    size = len(name)
    if size < ERRMAX // 3 or size + len(error) < 2 * ERRMAX // 3:
        shown = printed(name, ERRMAX - 1)
    else:
        following = size
        while True:
            start = following
            if following == 0:
                break
            following = max(name.rfind(b"/", 0, following), 0)
            length = size - following
            if length >= ERRMAX // 3 and length + len(error) >= 2 * ERRMAX // 3:
                break
        if start == size:
            start = size - ERRMAX // 4
            for _ in range(4):
                if start < size and name[start] & 0xC0 == 0x80:
                    start += 1
        shown = b"..." + printed(name[start:], ERRMAX - 4)
    return KernelError(error + b": " + quote(shown, ERRMAX - 1 - len(error) - 2, always=True))


def check_name(name: bytes, slash: bool = True) -> None:
    """Refuse control characters, with `slash` False also `/`, and 64 KiB or more (validname)."""
    if len(name) >= MAX_NAME:
        raise KernelError(Etoolong)
    frogs = _FROGS if slash else _FROGS_AND_SLASH
    if len(name.translate(None, frogs)) != len(name):
        text = Ebadchar.encode() + b": "
        raise KernelError(text + quote(printed(name, len(name) * 3), ERRMAX - 1 - len(text)))


def _skip(name: bytes, at: int) -> int:
    """The start of the next element: `/` and `.` elements are nothing (skipslash)."""
    size = len(name)
    while at < size:
        char = name[at]
        if char != 0x2F and not (char == 0x2E and (at + 1 == size or name[at + 1] == 0x2F)):
            break
        at += 1
    return at


def _parse(name: bytes) -> tuple[list[bytes], list[int], bool]:
    """Elements of a name, where each ends in it, and whether it must be a directory (parsename).

    `ends[n]` is the length of the name up to and including element n, `ends[0]` the length
    of what comes before the first.
    """
    elements: list[bytes] = []
    at = _skip(name, 0)
    ends = [at]
    while True:
        at = _skip(name, at)
        if at == len(name):
            ends[-1] = at
            return elements, ends, True
        slash = name.find(b"/", at)
        if slash < 0:
            elements.append(name[at:])
            ends.append(len(name))
            return elements, ends, False
        elements.append(name[at:slash])
        ends.append(slash)
        at = slash + 1


def last_element(name: bytes) -> bytes:
    """What the kernel calls a program opened by `name`: its last element, `.` if it has none.

    At most 127 bytes, the end of a longer one replaced by `...` (kstrcpy).
    """
    if name.startswith(b"#"):
        name = name[_prefix(name) :]
    elements = _parse(name)[0]
    last = elements[-1] if elements else b"."
    if len(last) < ERRMAX:
        return last
    at = ERRMAX - 4
    while at > 0:
        at -= 1
        if last[at] & 0xC0 != 0x80:
            break
    return last[:at] + b"..."


def _prefix(name: bytes) -> int:
    """Length of the device part of a name that starts with `#`."""
    slash = name.find(b"/", 2)
    return len(name) if slash < 0 else slash


def _with_element(process: Process, path: Path, name: bytes, mount: Chan | None) -> Path:
    """Trade a reference to `path` for the path of `name` in it (addelem)."""
    if name == b".":
        return path
    text = path.text
    joined = text + name if text.endswith(b"/") else text + b"/" + name
    if name == b"..":
        new = Path(_clean(joined), path.mtpt[:-1] if len(path.mtpt) > 1 else path.mtpt)
    else:
        new = Path(joined, (*path.mtpt, mount))
    path.close(process)
    return new


def _clean(text: bytes) -> bytes:
    """Take `.`, `..` and double slashes out of an absolute or `#` path (fixdotdotname)."""
    device = b""
    if text.startswith(b"#"):
        slash = text.find(b"/")
        if slash < 0:
            return text
        device, text = text[:slash], text[slash:]
    elements: list[bytes] = []
    for element in text.split(b"/"):
        if element == b"..":
            if elements:
                elements.pop()
        elif element not in (b"", b"."):
            elements.append(element)
    cleaned = b"/" + b"/".join(elements)
    # the name of a device's root is #c, but that of the root device is #/
    if cleaned == b"/" and device not in (b"", b"#"):
        return device
    return device + cleaned


# Mounts


def _find_mount(process: Process, chan: Chan) -> Mhead | None:
    return process.namespace.heads.get((chan.device.letter, chan.dev, chan.qid.path))


def _cross(process: Process, chan: Chan, path: Path) -> tuple[Chan, Mhead | None, Path]:
    """Step from a place onto what is mounted there (domount).

    References to `chan` and `path` are traded for those returned; the head comes with one.
    """
    head = _find_mount(process, chan)
    if head is None:
        return chan, None, path
    head.ref += 1
    to = head.mounts[0].to
    to.ref += 1
    crossed = Path(path.text, (*path.mtpt[:-1], head.upon))
    close(process, chan)
    path.close(process)
    return to, head, crossed


def bind(process: Process, new: Chan, old: Chan, flag: int, spec: bytes = b"") -> None:
    """Mount `new` on `old` in the process's name space (cmount).

    `new` comes from namec(Abind) or is the root of a mounted tree, `old` from namec(Amount);
    both references stay the caller's.  `flag` is bind(2)'s.  Fails with Emount.
    """
    space = process.namespace
    devices = space.devices
    if (old.qid.type ^ new.qid.type) & QTDIR:
        raise KernelError(Emount)
    order = flag & MORDER
    if not old.qid.type & QTDIR and order != MREPL:
        raise KernelError(Emount)
    union = new.umh.mounts if new.umh is not None else []
    # a union cannot be bound for creation: which element would it be
    if union and flag & MCREATE and (len(union) > 1 or not union[0].flag & MCREATE):
        raise KernelError(Emount)
    head = space.heads.get(old.key)
    # a union bound to itself doubles; the kernel's memory has an end
    if len(union) + (len(head.mounts) if head is not None else 0) > _MOST_MOUNTS:
        raise KernelError(Enomem)
    mounts = [Mount(new, flag, devices.next_mount(), spec)]
    for mount in union[1:]:
        mounts.append(Mount(mount.to, order or MAFTER, devices.next_mount(), mount.spec))

    if head is None:
        head = space.heads[old.key] = Mhead(old)
        if order != MREPL:
            head.mounts.append(Mount(old, 0, devices.next_mount()))
    if order == MAFTER:
        head.mounts += mounts
    elif order == MBEFORE:
        head.mounts[:0] = mounts
    else:
        dropped, head.mounts = head.mounts, mounts
        for mount in dropped:
            close(process, mount.to)


def unmount(process: Process, old: Chan, mounted: Chan | None) -> None:
    """Take `mounted` away from `old`, or everything if it is None (cunmount).  Eunmount, Eunion.

    A mounted tree is also known by the channel to its server.
    """
    space = process.namespace
    head = space.heads.get(old.key)
    if head is None:
        raise KernelError(Eunmount)
    if mounted is None:
        del space.heads[old.key]
        head.drop(process)
        head.close(process)
        return
    for index, mount in enumerate(head.mounts):
        mchan = mount.to.mchan
        if mount.to.key == mounted.key or (mchan is not None and mchan.key == mounted.key):
            del head.mounts[index]
            if not head.mounts:
                del space.heads[old.key]
            close(process, mount.to)
            if not head.mounts:
                head.close(process)
            return
    raise KernelError(Eunion)


# Names to channels


class _WalkError(KernelError):
    """A walk failed; `elements` of the names are worth showing."""

    def __init__(self, text: str | bytes, elements: int) -> None:
        super().__init__(text)
        self.elements = elements


def walk(process: Process, start: Chan, names: Sequence[bytes], nomount: bool = False) -> Chan:
    """Go from `start` along `names`, crossing mounts unless `nomount`.

    All the way: the caller's reference to `start` is traded for the channel returned, which
    is on the near side of a mount upon it.  Otherwise fails with the device's or the kernel's
    error, and `start` is still the caller's.
    """
    chan = start
    chan.ref += 1
    path = chan.path
    path.ref += 1
    head: Mhead | None = None
    try:
        have = 0
        crossed = False
        total = len(names)
        while have < total:
            if not chan.qid.type & QTDIR:
                raise _WalkError(Enotdir, have)
            batch = names[have : have + MAX_WALK]
            dotdot = batch[0] == b".."
            if dotdot:
                batch = batch[:1]
            elif b".." in batch:
                batch = batch[: list(batch).index(b"..")]
            if not (dotdot or nomount or crossed):
                if head is not None:
                    head.close(process)
                chan, head, path = _cross(process, chan, path)

            letter, dev = chan.device.letter, chan.dev
            try:
                copy, qids = chan.device.walk(process, chan, batch)
            except KernelError as error:
                text = error.text
                for mount in head.mounts[1:] if head is not None and not nomount else ():
                    try:
                        copy, qids = mount.to.device.walk(process, mount.to, batch)
                    except KernelError as other:
                        text = other.text
                    else:
                        letter, dev = mount.to.device.letter, mount.to.dev
                        break
                else:
                    raise _WalkError(text, have + 1) from None

            crossed = False
            next_head: Mhead | None = None
            if dotdot:
                assert copy is not None
                count = 1
                path = _with_element(process, path, b"..", None)
                upon = path.mtpt[-1]
                if upon is not None:
                    upon.ref += 1
                    close(process, copy)
                    copy = upon
                    uncrossed = Path(path.text, (*path.mtpt[:-1], None))
                    path.close(process)
                    path = uncrossed
            else:
                count = len(qids)
                if not nomount:
                    heads = process.namespace.heads
                    for index, qid in enumerate(qids[: len(batch) - 1]):
                        next_head = heads.get((letter, dev, qid.path))
                        if next_head is not None:
                            next_head.ref += 1
                            if copy is not None:
                                close(process, copy)
                            copy = next_head.mounts[0].to
                            copy.ref += 1
                            crossed = True
                            count = index + 1
                            break
                if copy is None:
                    if not qids or qids[-1].type & QTDIR:
                        raise _WalkError(Enonexist, have + count + 1)
                    raise _WalkError(Enotdir, have + count)
                for index in range(count):
                    mount_point = next_head.upon if next_head is not None and index == count - 1 else None
                    path = _with_element(process, path, batch[index], mount_point)
            close(process, chan)
            chan = copy
            if head is not None:
                head.close(process)
            head = next_head
            have += count
        chan = unique(process, chan)
    except BaseException:
        close(process, chan)
        path.close(process)
        if head is not None:
            head.close(process)
        raise
    if head is not None:
        head.close(process)
    chan.path.close(process)
    chan.path = path
    close(process, start)
    return chan


def namec(process: Process, name: bytes, amode: int, omode: int = 0, perm: int = 0) -> Chan:
    """The channel that `name` means, for the purpose `amode`; the caller owns one reference.

    Aopen opens it with `omode`, Acreate creates it with `omode` and `perm` or opens it
    truncated.  Aaccess, Aopen, Acreate and Aremove give a channel nobody else holds, on the
    far side of mounts; Atodir and Amount stay on the near side; Abind remembers the union.
    Fails with the plain text while no element was looked at, `TEXT: 'NAME'` afterwards.
    """
    if not name:
        raise KernelError(Eempty)
    check_name(name)
    by_letter = amode == Aunmount and name[:1] == b"#" and len(name) > 1 and 1 + (_rune(name, 1) or 1) == len(name)
    if amode == Aunmount:
        amode = Aopen

    prefix = 0
    nomount = False
    if name[:1] == b"/":
        chan = process.slash
        chan.ref += 1
    elif name[:1] == b"#":
        nomount = True
        prefix = _prefix(name)
        chan = _attach(process, name[:prefix], by_letter)
    else:
        chan = process.dot
        chan.ref += 1

    elements, ends, mustbedir = _parse(name[prefix:])
    shown = 0
    # the helpers below take our reference over, whether they succeed or not
    ours = True
    try:
        if amode == Acreate:
            if mustbedir and not perm & DMDIR:
                shown = len(elements)
                raise KernelError("create without DMDIR")
            if not elements:
                raise KernelError(Eexist)
            last = elements.pop()
        chan = walk(process, chan, elements, nomount)
        shown = len(elements)

        if mustbedir and not chan.qid.type & QTDIR:
            raise KernelError(Enotdir)
        if amode == Aopen:
            if omode & 3 == OEXEC and chan.qid.type & QTDIR:
                raise KernelError("cannot exec directory")
            ours = False
            chan = _arrive_and_open(process, chan, nomount, omode)
        elif amode in (Aaccess, Aremove):
            ours = False
            chan = _arrive(process, chan, nomount, False)
        elif amode == Acreate:
            shown += 1
            ours = False
            chan = _create(process, chan, last, nomount, omode, perm)
        elif amode == Atodir:
            if not chan.qid.type & QTDIR:
                raise KernelError(Enotdir)
        elif amode == Abind:
            ours = False
            chan = _arrive_to_bind(process, chan, nomount)
    except KernelError as error:
        if ours:
            close(process, chan)
        if isinstance(error, _WalkError):
            shown = error.elements
        if shown == 0:
            raise KernelError(error.text) from None
        raise cannot(error.text, name[: prefix + ends[shown]]) from None
    except BaseException:
        if ours:
            close(process, chan)
        raise
    return chan


def _attach(process: Process, prefix: bytes, unmounting: bool) -> Chan:
    """The root of the device that `#…` names."""
    if len(prefix) >= ERRMAX:
        raise KernelError(Efilename)
    size = (_rune(prefix, 1) or 1) if len(prefix) > 1 else 0
    letter = prefix[1 : 1 + size].decode(errors="replace")
    device = process.kernel.devices.find(letter)
    if device is None:
        raise KernelError(Ebadsharp)
    if not unmounting and letter in process.namespace.forbidden:
        raise KernelError(Enoattach)
    return device.attach(process, prefix[1 + size :])


def _arrive_to_bind(process: Process, chan: Chan, nomount: bool) -> Chan:
    """Cross onto what is mounted at `chan`; the channel remembers the union.  Takes the reference over."""
    head: Mhead | None = None
    try:
        if not nomount:
            head = _find_mount(process, chan)
            if head is not None:
                head.ref += 1
                near, chan = chan, head.mounts[0].to
                chan.ref += 1
                close(process, near)
        chan = unique(process, chan)
    except BaseException:
        close(process, chan)
        if head is not None:
            head.close(process)
        raise
    chan.umh = head
    return chan


def _arrive(process: Process, chan: Chan, nomount: bool, opening: bool) -> Chan:
    """Cross onto what is mounted at `chan` and make the channel ours, under the name it was reached by.

    When `opening` a union, its head is kept in the channel.  Takes the reference over.
    """
    path = chan.path
    path.ref += 1
    head: Mhead | None = None
    try:
        if not nomount:
            chan, head, path = _cross(process, chan, path)
        chan = unique(process, chan)
    except BaseException:
        close(process, chan)
        path.close(process)
        if head is not None:
            head.close(process)
        raise
    chan.path.close(process)
    chan.path = path
    chan.ismtpt = head is not None
    if head is not None:
        if opening and len(head.mounts) > 1:
            chan.umh = head
        else:
            head.close(process)
    return chan


def _arrive_and_open(process: Process, chan: Chan, nomount: bool, omode: int) -> Chan:
    """Cross onto what is mounted at `chan` and open that.  Takes the reference over."""
    chan = _arrive(process, chan, nomount, True)
    try:
        chan = chan.device.open(process, chan, omode & ~OCEXEC)
    except BaseException:
        close(process, chan)
        raise
    if omode & ORCLOSE:
        chan.flag |= CRCLOSE
    return chan


def _create(process: Process, chan: Chan, name: bytes, nomount: bool, omode: int, perm: int) -> Chan:
    """Create `name` in the directory `chan`, or open it truncated.  Takes the reference over."""
    new: Chan | None = None
    try:
        existing = _step(process, chan, name, nomount)
        if existing is None:
            head = None if nomount else _find_mount(process, chan)
            if head is not None:
                creatable = next((mount.to for mount in head.mounts if mount.flag & MCREATE), None)
                if creatable is None:
                    raise KernelError(Enocreate)
                new = clone(process, creatable)
            else:
                new = clone(process, chan)
            new.path.close(process)
            new.path = chan.path
            new.path.ref += 1
            new = new.device.create(process, new, name, omode & ~(OEXCL | OCEXEC), perm)
    except KernelError as error:
        if new is not None:
            close(process, new)
        # somebody else may have created it meanwhile
        existing = None if omode & OEXCL else _step(process, chan, name, nomount)
        if existing is None:
            close(process, chan)
            raise KernelError(error.text) from None
    except BaseException:
        if new is not None:
            close(process, new)
        close(process, chan)
        raise
    close(process, chan)
    if existing is not None:
        if omode & OEXCL:
            close(process, existing)
            raise KernelError(Eexist)
        return _arrive_and_open(process, existing, nomount, omode | OTRUNC)
    assert new is not None
    if omode & ORCLOSE:
        new.flag |= CRCLOSE
    new.path = _with_element(process, new.path, name, None)
    return new


def _step(process: Process, chan: Chan, name: bytes, nomount: bool) -> Chan | None:
    """Walk from `chan`, which stays, to `name` in it; None if that fails."""
    chan.ref += 1
    try:
        return walk(process, chan, [name], nomount)
    except KernelError:
        close(process, chan)
        return None
    except BaseException:
        close(process, chan)
        raise
