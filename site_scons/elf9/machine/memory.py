"""Guest memory: stretches of host memory that a CPU maps at guest addresses.

All of it is cut from a few very large reservations, arenas, of which each emulated CPU is told once;
what a guest then sees where is a matter of address translation alone.  A page costs memory only once
it is touched (facts/unicorn.md §6, §8).
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ARENAS", "EXECUTE", "READ", "WRITE", "Block", "Region", "touched"]

#: Access bits, as Unicorn's UC_PROT_*.
READ, WRITE, EXECUTE = 1, 2, 4

#: Linux's MAP_NORESERVE, which Python knows since 3.13.
_NORESERVE = 0x4000 if sys.platform == "linux" else 0
_FLAGS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", _NORESERVE)

#: Address space to ask the host for, in this order.  Where a limit (ulimit -v) allows none of these, an arena is
#: made for each large region, and small ones for the others.
_ARENAS = (1 << 44, 1 << 42, 1 << 40)
_SMALL_ARENA = 64 << 20
#: Unicorn's physical addresses have 48 bits on arm64.
_PHYSICAL_END = 1 << 47
#: Granules of allocation: a page of the guest, or of the host if that is larger.
_GRANULE = max(4096, mmap.PAGESIZE)
#: Bytes whose pages are asked about at once, when a region is copied.
_WINDOW = 1 << 30
#: Bytes that a copy looks at together: if they are all zero, they are not copied.
_CHUNK = 64 << 10
#: From so many bytes in one piece on a copy asks for large pages, where the host has them: a fault each
#: 4 KiB is most of its time.
_LARGE = 4 << 20
_LARGE_PAGES, _SMALL_PAGES = (getattr(mmap, name, None) for name in ("MADV_HUGEPAGE", "MADV_NOHUGEPAGE"))


class Arena:
    """One reservation of host memory; `physical` is where the emulated CPUs have it."""

    __slots__ = ("_anchor", "address", "free", "map", "next", "physical", "size", "view")

    def __init__(self, size: int, physical: int) -> None:
        self.map = mmap.mmap(-1, size, flags=_FLAGS)
        self._anchor = ctypes.c_char.from_buffer(self.map)
        #: Host address of the first byte.
        self.address = ctypes.addressof(self._anchor)
        self.view = memoryview(self.map)
        self.size = size
        self.physical = physical
        self.next = 0
        #: Offsets of what was given back, by size.
        self.free: dict[int, list[int]] = {}

    def take(self, size: int) -> int:
        """Offset of `size` zero bytes, or -1 if there are no more."""
        offsets = self.free.get(size)
        if offsets:
            return offsets.pop()
        if self.size - self.next < size:
            return -1
        self.next += size
        return self.next - size

    def give(self, offset: int, size: int) -> None:
        """Take back what `take` gave; its host memory is freed."""
        self.map.madvise(mmap.MADV_DONTNEED, offset, size)
        self.free.setdefault(size, []).append(offset)


class Arenas:
    """All arenas; there is one of this class, as there is one host address space."""

    __slots__ = ("_host", "arenas")

    def __init__(self) -> None:
        self.arenas: list[Arena] = []
        self._host: ctypes.CDLL | None = None

    def take(self, size: int) -> Block:
        """`size` zero bytes, a multiple of the granule.  Raises OSError if the host has no more."""
        for arena in reversed(self.arenas):
            offset = arena.take(size)
            if offset >= 0:
                return Block(arena, offset, size)
        arena = self._add(size)
        return Block(arena, arena.take(size), size)

    def _add(self, size: int) -> Arena:
        physical = sum(arena.size for arena in self.arenas)
        refusal = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        for wanted in (*_ARENAS, max(size, _SMALL_ARENA), size):
            if wanted >= size and physical + wanted <= _PHYSICAL_END:
                try:
                    arena = Arena(wanted, physical)
                except OSError as error:
                    refusal = error
                else:
                    self.arenas.append(arena)
                    return arena
        raise refusal

    def _library(self) -> ctypes.CDLL:
        """The host's C library."""
        if self._host is None:
            self._host = ctypes.CDLL(None)
            self._host.memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
            if hasattr(self._host, "mincore"):
                self._host.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        return self._host

    def equal(self, first: int, second: int, size: int) -> bool:
        """Is the same at two addresses of the host?"""
        return not self._library().memcmp(first, second, size)

    def resident(self, address: int, size: int) -> bytes | None:
        """A byte for each page of the host at `address`, its lowest bit set if it is in memory; None: unknown."""
        library = self._library()
        vector = ctypes.create_string_buffer((size + mmap.PAGESIZE - 1) // mmap.PAGESIZE)
        if not hasattr(library, "mincore") or library.mincore(address, size, vector):
            return None
        return vector.raw


#: The process has one address space, and cuts it here.
ARENAS = Arenas()


class Block:
    """A piece of an arena, which goes back when its last user has released it."""

    __slots__ = ("arena", "code_size", "large", "offset", "on_free", "references", "size")

    def __init__(self, arena: Arena, offset: int, size: int) -> None:
        self.arena = arena
        self.offset = offset
        self.size = size
        self.references = 1
        #: Bytes that were executed, at most.
        self.code_size = 0
        #: May it have large pages?
        self.large = False
        #: What to call before the memory is used for something else.
        self.on_free: list[Callable[[Block], None]] = []

    @property
    def address(self) -> int:
        """Host address."""
        return self.arena.address + self.offset

    @property
    def physical(self) -> int:
        """The address that emulated CPUs have it at."""
        return self.arena.physical + self.offset

    def prefer_large(self, start: int, stop: int) -> None:
        """Offsets [start, stop) are about to be filled: let the host do it with few large pages."""
        if _LARGE_PAGES is not None and _SMALL_PAGES is not None:
            try:
                self.arena.map.madvise(_LARGE_PAGES, self.offset + start, stop - start)
            except OSError:
                # the host has none
                return
            self.large = True

    def release(self) -> None:
        """One user less."""
        self.references -= 1
        if not self.references:
            for function in self.on_free:
                function(self)
            self.on_free.clear()
            if self.large and _SMALL_PAGES is not None:
                # the next user may touch little
                self.arena.map.madvise(_SMALL_PAGES, self.offset, self.size)
            self.arena.give(self.offset, self.size)


class Region:
    """Bytes [base, top) of a guest's address space, zero until written.

    `access` is what user mode may do there; the kernel writes through `view` whatever it is.
    """

    __slots__ = ("access", "address", "base", "block", "capacity", "top", "view")

    def __init__(self, base: int, size: int, access: int, capacity: int = 0) -> None:
        self.base = base
        self.top = base + size
        self.access = access
        #: Bytes reserved on the host; at least one page, so that an empty region can exist.  Less than was asked
        #: for, but not less than `size`, if the host has no more.
        self.capacity = _rounded(max(size, capacity))
        while True:
            try:
                self.block = ARENAS.take(self.capacity)
            except OSError:
                if self.capacity == _rounded(size):
                    raise
                self.capacity = _rounded(max(size, self.capacity // 4))
            else:
                break
        #: Host address of the first byte.
        self.address = self.block.address
        #: Writable bytes of the whole reservation; index 0 is guest address `base`.
        self.view = self.block.arena.view[self.block.offset : self.block.offset + self.capacity]

    def __repr__(self) -> str:
        return f"<Region {self.base:#x}-{self.top:#x} access {self.access}>"

    def __del__(self) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.top - self.base

    def copy(self) -> Region:
        """Another region with the same place, contents and access; costs what was touched and is not zero."""
        made = Region(self.base, self.size, self.access, self.capacity)
        view, there = self.view, made.view
        for start, stop in touched(self.address, self.size):
            if stop - start >= _LARGE:
                made.block.prefer_large(start, stop)
            for at in range(start, stop, _CHUNK):
                end = min(at + _CHUNK, stop)
                # as many zeros as bytes: the first is one, and each is like the one before
                if view[at] or not ARENAS.equal(self.address + at, self.address + at + 1, end - at - 1):
                    there[at:end] = view[at:end]
        return made

    def close(self) -> None:
        """Give the host memory back: no CPU may have the region mapped.  Closing again does nothing."""
        block = getattr(self, "block", _NOTHING)
        self.block = _NOTHING
        if block is not _NOTHING:
            self.view = _NOTHING_SEEN
            block.release()

    def discard(self, start: int, stop: int) -> None:
        """Make guest addresses [start, stop), page-aligned, zero again and give their memory back."""
        if stop > start:
            at = self.block.offset + start - self.base
            self.block.arena.map.madvise(mmap.MADV_DONTNEED, at, stop - start)

    def find_zero(self, start: int, stop: int) -> int:
        """Guest address of the first zero byte in [start, stop), or -1."""
        shift = self.base - self.block.offset
        found = self.block.arena.map.find(b"\0", start - shift, stop - shift)
        return -1 if found < 0 else found + shift


def _rounded(size: int) -> int:
    """At least one granule, and whole ones."""
    return (max(size, 1) + _GRANULE - 1) & -_GRANULE


#: What a closed region has.
_NOTHING = object.__new__(Block)
_NOTHING_SEEN = memoryview(b"")


def touched(address: int, size: int) -> list[tuple[int, int]]:
    """Offsets [start, stop) that hold all of this host memory that is not zero."""
    pieces: list[tuple[int, int]] = []
    page = mmap.PAGESIZE
    for window in range(0, size, _WINDOW):
        pages = ARENAS.resident(address + window, min(size - window, _WINDOW))
        if pages is None:
            return [(0, size)]
        pages = pages.translate(_RESIDENT)
        start = pages.find(1)
        while start >= 0:
            stop = pages.find(0, start)
            stop = len(pages) if stop < 0 else stop
            pieces.append((window + start * page, min(window + stop * page, size)))
            start = pages.find(1, stop)
    # A page on a swap device counts as not in memory.
    return [(0, size)] if _swapped() else pieces


#: The lowest bit says that a page is there; the others are reserved.
_RESIDENT = bytes(number & 1 for number in range(256))


def _swapped() -> bool:
    """Is any memory of this process on a swap device, or unknown to be?"""
    try:
        with open("/proc/self/status", "rb") as file:
            status = file.read()
    except OSError:
        return True
    _, found, rest = status.partition(b"VmSwap:")
    return not found or rest.split(None, 1)[0] != b"0"
