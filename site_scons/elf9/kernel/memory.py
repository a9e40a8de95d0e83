"""Segments and address spaces: what a process can see, and what the kernel checks before it looks.

Source: facts/exec.md §4 (segments), facts/abi.md §1 (validaddr, evenaddr), facts/syscalls.md §5
(brk_).  Addresses are guest addresses, sizes bytes.
"""

from __future__ import annotations

from elf9.errors import BadAddress, Ebadarg, Einuse, Enovmem, Eshort, Esoverlap, KernelError, OddAddress
from elf9.machine.memory import EXECUTE, READ, WRITE, Region, touched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.sync import Queue
    from elf9.machine.cpu import Cpu
    from elf9.target import Target

__all__ = ["BSS", "DATA", "STACK", "TEXT", "AddressSpace", "DemandLoadError", "Segment"]

#: Slots of a process's segments, in the kernel's order; the attached ones follow.
STACK, TEXT, DATA, BSS = range(4)
#: Slots that segattach may fill: all but exec's own.
_ATTACHABLE = (0, 1, 2, 3, 5, 6, 7, 8, 9)
#: Classes of segattach and the kind of segment each makes.
_CLASSES = {b"shared": "Shared", b"memory": "Bss"}
#: Attributes of segattach (segattach(2)).
SG_RONLY, SG_CEXEC, SG_FAULT, SG_NOEXEC = 0o40, 0o100, 0o200, 0o2000

_PAGE = 4096
#: validaddr takes no more bytes than that, whatever is there (okaddr in fault.c).
_LARGEST_LENGTH = (1 << 31) - 1

#: Bytes that are copied at once when a segment moves on the host.
_COPY = 1 << 20


class Segment:
    """One segment: its range, its kind, and the host memory behind it.

    `kind` is the word in /proc/n/segment.  `missing` is the part [start, stop) of a text or data
    segment whose pages the file is too short for: touching it kills (facts/exec.md §4).
    """

    __slots__ = (
        "base",
        "close_on_exec",
        "faults",
        "kept",
        "kind",
        "missing",
        "never_executable",
        "path",
        "profile",
        "read_only",
        "reason",
        "regions",
        "semaphores",
        "source",
        "spaces",
        "top",
    )

    def __init__(self, kind: str, base: int, top: int, access: int, *, capacity: int = 0) -> None:
        self.kind = kind
        self.base = base
        self.top = top
        self.read_only = not access & WRITE
        self.missing = (top, top)
        #: exec takes it away (SG_CEXEC); segflush does not make it executable (SG_NOEXEC).
        self.close_on_exec = False
        self.never_executable = kind == "Stack"
        #: segattach was asked for faults, which only /proc/n/segment shows (SG_FAULT).
        self.faults = False
        #: Name of the file the pages come from, for the message when they do not, and why; offset and size there.
        self.path = b""
        self.reason = Eshort.encode()
        self.source = (0, 0)
        #: A counter of 32 bits for every 8 bytes of text, once ctl has asked for it (/proc/n/profile).
        self.profile: bytearray | None = None
        self.regions = [Region(base, top - base, access, capacity)]
        #: Who has it; several when it is shared.  A device that holds it counts as None.
        self.spaces: list[AddressSpace | None] = []
        #: Waiters for semaphores in it, by address.
        self.semaphores: dict[int, Queue] = {}
        #: Its memory stays when nobody has it, for exec to find.
        self.kept = False

    @property
    def ref(self) -> int:
        """How many have it, as /proc/n/segment shows."""
        return len(self.spaces)

    def copy(self) -> Segment:
        """One of the same contents, for a process's child; costs what was touched."""
        other = Segment.__new__(Segment)
        other.kind, other.base, other.top = self.kind, self.base, self.top
        other.read_only, other.missing = self.read_only, self.missing
        other.close_on_exec, other.never_executable = self.close_on_exec, self.never_executable
        other.path, other.reason, other.source = self.path, self.reason, self.source
        other.faults, other.profile = self.faults, None
        other.regions = [region.copy() for region in self.regions]
        other.spaces, other.semaphores, other.kept = [], {}, False
        return other

    def release(self, space: AddressSpace | None) -> None:
        """One has it no longer; with the last one its memory goes."""
        self.spaces.remove(space)
        if not self.spaces and not self.kept:
            for region in self.regions:
                region.close()

    def forget(self) -> None:
        """It is no longer kept."""
        self.kept = False
        if not self.spaces:
            for region in self.regions:
                region.close()

    def __repr__(self) -> str:
        return f"<Segment {self.kind} {self.base:#x}-{self.top:#x}>"

    def leave_out(self, start: int, stop: int) -> None:
        """Pages [start, stop) cannot be loaded: nothing is behind them.  Before anything is mapped."""
        (region,) = self.regions
        self.missing = (start, stop)
        upper = Region(stop, self.top - stop, region.access)
        region.top = start
        self.regions = [region, upper]

    def fill(self, address: int, data: bytes | memoryview) -> None:
        """Store the segment's initial bytes from `address` on."""
        region = self.regions[0]
        start = address - region.base
        region.view[start : start + len(data)] = data


class DemandLoadError(KernelError):
    """A page was touched that the file is too short for; `note` is what is posted for it."""

    def __init__(self, segment: Segment) -> None:
        super().__init__(Ebadarg)
        self.note = b"sys: i/o error in demand load accessing %s: %s" % (segment.path, segment.reason)


class AddressSpace:
    """The segments of a process, by slot, and the CPU that sees them."""

    __slots__ = ("cpu", "last", "segments", "stack", "target")

    def __init__(self, target: Target, cpu: Cpu) -> None:
        self.target = target
        self.cpu = cpu
        self.segments: list[Segment | None] = [None] * 10
        #: Where memory was looked at last, which is checked by what this says.
        self.last: Region | None = None
        #: Where the arguments of system calls usually are.
        self.stack = Region(0, 0, 0)

    # The process's map.

    def attach(self, slot: int, segment: Segment) -> None:
        """Put a segment into a slot, and let the CPU see it."""
        self.segments[slot] = segment
        segment.spaces.append(self)
        if slot == STACK:
            self.stack = segment.regions[0]
        for region in segment.regions:
            self.cpu.map(region)

    def copy_to(self, other: AddressSpace, share: bool) -> None:
        """Give a child's address space these segments, shared or copied as rfork does (dupseg).

        `share` (RFMEM): data and bss are shared as well; the stack never is.
        """
        for slot, segment in enumerate(self.segments):
            if segment is None:
                continue
            own = segment.kind == "Stack" or (segment.kind in ("Data", "Bss") and not share)
            other.attach(slot, segment.copy() if own else segment)

    def release(self) -> None:
        """Let go of everything.  The CPU is gone: to unmap takes as long as a segment is large."""
        self.last = None
        self.stack = Region(0, 0, 0)
        for slot, segment in enumerate(self.segments):
            self.segments[slot] = None
            if segment is not None:
                segment.release(self)

    def detach(self, slot: int) -> None:
        """Empty a slot."""
        segment = self.segments[slot]
        self.segments[slot] = self.last = None
        if segment is not None:
            for region in segment.regions:
                self.cpu.unmap(region)
            segment.release(self)
            if slot == STACK:
                self.stack = Region(0, 0, 0)

    def find(self, address: int) -> Segment | None:
        """The segment that `address` lies in, or None."""
        for segment in self.segments:
            if segment is not None and segment.base <= address < segment.top:
                return segment
        return None

    def missing_page(self, address: int) -> Segment | None:
        """The segment whose page at `address` could not be loaded, or None if that is not so."""
        segment = self.find(address)
        return segment if segment is not None and segment.missing[0] <= address < segment.missing[1] else None

    # Checks (facts/abi.md §1).

    def check(self, address: int, length: int, write: bool) -> None:
        """validaddr: raise BadAddress unless segments cover [address, address + length).

        `write`: none of them may be read-only.  `length` is the kernel's unsigned 32 bits, and must be
        positive as signed ones; with 0 the address itself still has to lie in a segment.
        """
        last = self.last
        if (
            last is not None
            and last.base <= address < last.top
            and address + length <= last.top
            and length <= _LARGEST_LENGTH
            and (not write or last.access & WRITE)
        ):
            return
        at = address
        while True:
            segment = self.find(at)
            if segment is None or (write and segment.read_only) or length > _LARGEST_LENGTH:
                raise BadAddress(address, length)
            if address + length <= segment.top:
                return
            at = segment.top

    def lend(self, address: int, length: int, write: bool) -> memoryview | None:
        """`check`, and then `view`: in one, since nearly every read and write needs both."""
        last = self.last
        if (
            last is not None
            and last.base <= address < last.top
            and address + length <= last.top
            and length <= _LARGEST_LENGTH
            and (not write or last.access & WRITE)
        ):
            start = address - last.base
            return last.view[start : start + length]
        self.check(address, length, write)
        return self.view(address, length)

    def check_aligned(self, address: int) -> None:
        """evenaddr: arm64 wants a multiple of 4, amd64 anything."""
        if address & 3 and self.target.name == "arm64":
            raise OddAddress

    # Access.

    def _region(self, address: int) -> Region | None:
        last = self.last
        if last is not None and last.base <= address < last.top:
            return last
        for segment in self.segments:
            if segment is not None and segment.base <= address < segment.top:
                for region in segment.regions:
                    if region.base <= address < region.top:
                        self.last = region
                        return region
        return None

    def view(self, address: int, length: int) -> memoryview | None:
        """The bytes themselves, to read and to write, if one stretch of memory holds them all."""
        region = self._region(address)
        if region is None or address + length > region.top:
            return None
        start = address - region.base
        return region.view[start : start + length]

    def read(self, address: int, length: int) -> bytes:
        """A copy of `length` bytes.  Raises BadAddress where nothing is mapped."""
        view = self.view(address, length)
        if view is not None:
            return bytes(view)
        return b"".join(bytes(piece) for piece in self._pieces(address, length))

    def write(self, address: int, data: bytes | memoryview) -> None:
        """Store bytes, wherever memory is.  Raises BadAddress before it stores anything."""
        view = self.view(address, len(data))
        if view is not None:
            view[:] = data
            return
        start = 0
        for piece in list(self._pieces(address, len(data))):
            piece[:] = data[start : start + len(piece)]
            start += len(piece)

    def _pieces(self, address: int, length: int) -> list[memoryview]:
        pieces = []
        at, left = address, length
        while left > 0:
            region = self._region(at)
            if region is None:
                raise self._nothing(at, address, length)
            size = min(left, region.top - at)
            pieces.append(region.view[at - region.base : at - region.base + size])
            at += size
            left -= size
        return pieces

    def string(self, address: int, limit: int | None = None) -> bytes:
        """The NUL-terminated string at `address`, without its NUL, or its first `limit` bytes.

        Raises BadAddress if memory ends before the string does.
        """
        text = b""
        at = address
        while True:
            region = self._region(at)
            if region is None:
                raise self._nothing(at, at, 1)
            stop = region.top
            if limit is not None:
                stop = min(stop, address + limit)
            end = region.find_zero(at, stop)
            if end >= 0:
                return text + bytes(region.view[at - region.base : end - region.base])
            text += bytes(region.view[at - region.base : stop - region.base])
            if limit is not None and stop == address + limit:
                return text
            at = stop

    def _nothing(self, at: int, address: int, length: int) -> KernelError:
        segment = self.missing_page(at)
        return BadAddress(address, length) if segment is None else DemandLoadError(segment)

    # Calls about segments (facts/syscalls.md §5).

    def brk(self, address: int) -> int:
        """brk_: move the end of the bss segment; 0, or its base when `address` is 0."""
        bss = self.segments[BSS]
        if bss is None:
            raise KernelError(Ebadarg)
        data = self.segments[DATA]
        if address and data is not None and data.base <= address < bss.base:
            # The bss may have begun in the middle of data's last page.
            address = bss.base
        return self._resize(bss, address)

    def segbrk(self, inside: int, address: int) -> int:
        """segbrk: move the end of the Bss or Shared segment that `inside` lies in."""
        segment = self.find(inside)
        if segment is None or segment.kind not in ("Bss", "Shared"):
            raise KernelError(Ebadarg)
        return self._resize(segment, address)

    def _resize(self, segment: Segment, address: int) -> int:
        """ibrk: 0, or the segment's base when `address` is 0."""
        if address == 0:
            return segment.base
        if address < segment.base:
            raise KernelError(Enovmem)
        top = self.target.round_page(address)
        if top >= segment.top:
            self._room(segment, top)
        region = segment.regions[0]
        old = segment.top
        if top < old:
            if segment.ref > 1:
                # what goes may have been given to the kernel by another process already
                raise KernelError(Einuse)
            region.discard(top, old)
        elif top - segment.base > region.capacity:
            _move(segment, top)
            return 0
        segment.top = region.top = top
        for space in segment.spaces:
            if space is not None:
                space.last = None
                space.cpu.changed(region, old)
        return 0

    def segattach(
        self,
        attributes: int,
        kind: bytes,
        address: int,
        length: int,
        named: Callable[[], Segment | None] | None = None,
    ) -> int:
        """segattach: a new segment of class `kind`, its base chosen below the stack if `address` is 0.

        `named` looks for a global segment, which is attached where it belongs whatever `address` is.
        """
        target = self.target
        if address >= target.stack_top:
            raise KernelError(Ebadarg)
        slot = next((slot for slot in _ATTACHABLE if self.segments[slot] is None), None)
        if slot is None:
            raise KernelError(Enovmem)
        found = None if named is None else named()
        if found is not None:
            if self._overlap(found.base, found.top) is not None:
                raise KernelError(Esoverlap)
            self.attach(slot, found)
            return found.base
        length = target.round_page(length + address % target.page)
        if length == 0:
            raise KernelError(Ebadarg)
        address = self._hole(length) if address == 0 else address - address % target.page
        if address == 0 or address + length > target.stack_top:
            raise KernelError(Ebadarg)
        if self._overlap(address, address + length) is not None:
            raise KernelError(Esoverlap)
        if kind not in _CLASSES:
            raise KernelError(Ebadarg)
        if length > target.max_segment:
            raise KernelError(Enovmem)
        access = READ if attributes & SG_RONLY else READ | WRITE
        segment = Segment(_CLASSES[kind], address, address + length, access, capacity=2 * length)
        segment.close_on_exec = bool(attributes & SG_CEXEC)
        segment.faults = bool(attributes & SG_FAULT)
        segment.never_executable = bool(attributes & SG_NOEXEC)
        self.attach(slot, segment)
        return address

    def _hole(self, length: int) -> int:
        """The highest place for `length` bytes below the stack, going down from segment to segment."""
        above = self.segments[STACK]
        address = self.target.stack_base
        while above is not None:
            if length >= above.base:
                raise KernelError(Enovmem)
            address = above.base - length
            above = self._overlap(address, address + length)
        return address

    def segdetach(self, address: int) -> int:
        """segdetach: take the segment at `address` away; not the stack."""
        for slot, segment in enumerate(self.segments):
            if segment is None:
                continue
            if segment.base <= address < segment.top or address == segment.base == segment.top:
                if slot == STACK:
                    break
                self.detach(slot)
                return 0
        raise KernelError(Ebadarg)

    def segfree(self, address: int, length: int, reload: Callable[[Segment, int, int], None]) -> int:
        """segfree: give back the whole pages in [address, address + length); they read as zeros again.

        Those of a Data segment read as the file says: `reload` puts that there.
        """
        page = self.target.page
        segment = self.find(address)
        stop = (address + length) // page * page
        start = self.target.round_page(address)
        if segment is None or address + length >= 1 << 64:
            raise KernelError(Ebadarg)
        if start >= stop:
            return 0
        if stop > segment.top:
            raise KernelError(Ebadarg)
        if segment.kind == "Text":
            # its pages come from the file again, which are the same
            return 0
        for region in segment.regions:
            region.discard(max(start, region.base), min(stop, region.top))
        if segment.kind == "Data":
            reload(segment, start, stop)
        return 0

    def segflush(self, address: int, length: int) -> int:
        """segflush: code may have been written in [address, address + length).

        Each segment touched becomes executable as a whole, but for the stack
        (facts/observed-arm64.md, "NX and segflush").
        """
        stop = address + length
        while address < stop:
            segment = self.find(address)
            if segment is None:
                raise KernelError(Ebadarg)
            for region in segment.regions:
                if not segment.never_executable and not region.access & EXECUTE:
                    region.access |= EXECUTE
                    for space in segment.spaces:
                        if space is not None:
                            space.cpu.changed(region, region.top)
            for space in segment.spaces:
                if space is not None:
                    space.cpu.forget_code(max(address, segment.base), min(stop, segment.top))
            address = segment.top
        return 0

    def _overlap(self, base: int, top: int, but: Segment | None = None) -> Segment | None:
        for segment in self.segments:
            if segment is not None and segment is not but and top > segment.base and base < segment.top:
                return segment
        return None

    def _room(self, segment: Segment, top: int) -> None:
        """Raise unless `segment` may grow to `top`."""
        if self._overlap(segment.base, top, segment) is not None or top >= self.target.stack_top:
            raise KernelError(Esoverlap)
        if top - segment.base > self.target.max_segment:
            raise KernelError(Enovmem)


def _move(segment: Segment, top: int) -> None:
    """Give a segment a larger reservation, with what it holds."""
    (old,) = segment.regions
    try:
        new = Region(segment.base, top - segment.base, old.access, 2 * (top - segment.base))
    except (OSError, OverflowError, ValueError) as error:
        raise KernelError(Enovmem) from error
    # Only what was touched and is not zero: a copy of the rest would cost its memory.
    for first, last in touched(old.address, old.size):
        for start in range(first, last, _COPY):
            piece = bytes(old.view[start : min(start + _COPY, last)])
            if piece.count(0) != len(piece):
                new.view[start : start + len(piece)] = piece
    segment.regions = [new]
    segment.top = top
    for space in segment.spaces:
        if space is not None:
            space.cpu.unmap(old)
            space.last = None
            space.cpu.map(new)
    old.close()


def text_segment(base: int, top: int) -> Segment:
    """A read-only, executable segment."""
    return Segment("Text", base, top, READ | EXECUTE)


def data_segment(kind: str, base: int, top: int, *, capacity: int = 0) -> Segment:
    """A writable segment, not executable: Data, Bss or Stack."""
    return Segment(kind, base, top, READ | WRITE, capacity=capacity)
