"""Segments and address spaces: what a process can see, and what the kernel checks before it looks.

Source: facts/exec.md §4 (segments), facts/abi.md §1 (validaddr, evenaddr), facts/syscalls.md §5
(brk_).  Addresses are guest addresses, sizes bytes.
"""

from __future__ import annotations

from elf9.errors import BadAddress, Ebadarg, Enovmem, Esoverlap, KernelError, OddAddress
from elf9.machine.memory import EXECUTE, READ, WRITE, Region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.machine.cpu import Cpu
    from elf9.target import Target

__all__ = ["BSS", "DATA", "STACK", "TEXT", "AddressSpace", "DemandLoadError", "Segment"]

#: Slots of a process's segments, in the kernel's order; the attached ones follow.
STACK, TEXT, DATA, BSS = range(4)

_PAGE = 4096


class Segment:
    """One segment: its range, its kind, and the host memory behind it.

    `kind` is the word in /proc/n/segment.  `missing` is the part [start, stop) of a text or data
    segment whose pages the file is too short for: touching it kills (facts/exec.md §4).
    """

    __slots__ = ("base", "kind", "missing", "path", "read_only", "regions", "top")

    def __init__(self, kind: str, base: int, top: int, access: int, *, capacity: int = 0) -> None:
        self.kind = kind
        self.base = base
        self.top = top
        self.read_only = not access & WRITE
        self.missing = (top, top)
        #: Name of the file the pages come from, for the message when they do not.
        self.path = b""
        self.regions = [Region(base, top - base, access, capacity)]

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
    """The kernel touched a page that the file is too short for."""

    def __init__(self, segment: Segment) -> None:
        super().__init__(Ebadarg)
        self.segment = segment


class AddressSpace:
    """The segments of a process, by slot, and the CPU that sees them."""

    __slots__ = ("_last", "cpu", "segments", "stack", "target")

    def __init__(self, target: Target, cpu: Cpu) -> None:
        self.target = target
        self.cpu = cpu
        self.segments: list[Segment | None] = [None] * 10
        self._last: Region | None = None
        #: Where the arguments of system calls usually are.
        self.stack = Region(0, 0, 0)

    # The process's map.

    def attach(self, slot: int, segment: Segment) -> None:
        """Put a segment into a slot, and let the CPU see it."""
        self.segments[slot] = segment
        if slot == STACK:
            self.stack = segment.regions[0]
        for region in segment.regions:
            self.cpu.map(region)

    def detach(self, slot: int) -> None:
        """Empty a slot."""
        segment = self.segments[slot]
        self.segments[slot] = self._last = None
        for region in segment.regions if segment is not None else ():
            self.cpu.unmap(region)

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

        `write`: none of them may be read-only.  `length` is taken as the kernel's unsigned 32 or 64
        bits; with 0 the address itself still has to lie in a segment.
        """
        last = self._last
        if (
            last is not None
            and last.base <= address < last.top
            and address + length <= last.top
            and (not write or last.access & WRITE)
        ):
            return
        at = address
        while True:
            segment = self.find(at)
            if segment is None or (write and segment.read_only):
                raise BadAddress(address, length)
            if address + length <= segment.top:
                return
            at = segment.top

    def check_aligned(self, address: int) -> None:
        """evenaddr: arm64 wants a multiple of 4, amd64 anything."""
        if address & 3 and self.target.name == "arm64":
            raise OddAddress

    # Access.

    def _region(self, address: int) -> Region | None:
        last = self._last
        if last is not None and last.base <= address < last.top:
            return last
        for segment in self.segments:
            if segment is not None and segment.base <= address < segment.top:
                for region in segment.regions:
                    if region.base <= address < region.top:
                        self._last = region
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

    # brk_ (facts/syscalls.md §5).

    def brk(self, address: int) -> int:
        """ibrk on the bss segment: 0, or the segment's base when `address` is 0."""
        bss, data = self.segments[BSS], self.segments[DATA]
        if bss is None:
            raise KernelError(Enovmem)
        if address == 0:
            return bss.base
        if address < bss.base:
            if data is None or address < data.base:
                raise KernelError(Enovmem)
            address = bss.base
        top = self.target.round_page(address)
        if top > bss.top:
            self._room(bss, top)
        region = bss.regions[0]
        old = bss.top
        if top < old:
            region.discard(top, old)
        elif top - bss.base > region.capacity:
            self._move(bss, top)
            return 0
        bss.top = region.top = top
        self._last = None
        self.cpu.changed(region, old)
        return 0

    def _room(self, segment: Segment, top: int) -> None:
        for other in self.segments:
            if other is not None and other is not segment and other.base < top and segment.base < other.top:
                raise KernelError(Esoverlap)
        if top >= self.target.stack_top:
            raise KernelError(Esoverlap)
        if top - segment.base > self.target.max_segment:
            raise KernelError(Enovmem)

    def _move(self, segment: Segment, top: int) -> None:
        """Give a segment a larger reservation, with what it holds."""
        (old,) = segment.regions
        try:
            new = Region(segment.base, top - segment.base, old.access, 2 * (top - segment.base))
        except (OSError, OverflowError, ValueError) as error:
            raise KernelError(Enovmem) from error
        new.view[: old.size] = old.view[: old.size]
        self.cpu.unmap(old)
        segment.regions = [new]
        segment.top = top
        self._last = None
        self.cpu.map(new)


def text_segment(base: int, top: int) -> Segment:
    """A read-only, executable segment."""
    return Segment("Text", base, top, READ | EXECUTE)


def data_segment(kind: str, base: int, top: int, *, capacity: int = 0) -> Segment:
    """A writable segment, not executable: Data, Bss or Stack."""
    return Segment(kind, base, top, READ | WRITE, capacity=capacity)
