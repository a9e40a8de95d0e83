"""Guest memory: stretches of host memory that a CPU maps at guest addresses.

A region reserves address space on the host for all it may ever grow to; a page costs
memory only once it is touched (facts/unicorn.md §6, §8).
"""

from __future__ import annotations

import ctypes
import mmap
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EXECUTE", "READ", "WRITE", "Region"]

#: Access bits, as Unicorn's UC_PROT_*.
READ, WRITE, EXECUTE = 1, 2, 4

#: What Linux says of each page of this process in 8 bytes, in the last one that it is present or swapped out.
_PAGEMAP, _PAGEMAP_ENTRY = "/proc/self/pagemap", 8
_TOUCHED = bytes(1 if flags & 0xC0 else 0 for flags in range(256))

#: Bytes that a copy looks at together: if they are all zero, they are not copied.
_CHUNK = 64 << 10

_FLAGS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)


class Region:
    """Bytes [base, top) of a guest's address space, zero until written.

    `access` is what user mode may do there; the kernel writes through `view` whatever it is.
    """

    __slots__ = ("_anchor", "_map", "access", "address", "base", "capacity", "top", "view")

    def __init__(self, base: int, size: int, access: int, capacity: int = 0) -> None:
        self.base = base
        self.top = base + size
        self.access = access
        #: Bytes reserved on the host; at least one page, so that an empty region can exist.
        self.capacity = max(size, capacity, mmap.PAGESIZE)
        self._map = mmap.mmap(-1, self.capacity, flags=_FLAGS)
        self._anchor = (ctypes.c_char * self.capacity).from_buffer(self._map)
        #: Host address of the first byte.
        self.address = ctypes.addressof(self._anchor)
        #: Writable bytes of the whole reservation; index 0 is guest address `base`.
        self.view = memoryview(self._map)

    def __repr__(self) -> str:
        return f"<Region {self.base:#x}-{self.top:#x} access {self.access}>"

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.top - self.base

    def discard(self, start: int, stop: int) -> None:
        """Make guest addresses [start, stop), page-aligned, zero again and give their memory back."""
        if stop > start:
            self._map.madvise(mmap.MADV_DONTNEED, start - self.base, stop - start)

    def copy(self) -> Region:
        """Another region with the same place, contents and access; costs only what was touched and is not zero."""
        made = Region(self.base, self.size, self.access, self.capacity)
        equal = ctypes.CDLL(None).memcmp
        equal.argtypes = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
        for start, stop in self._touched():
            for at in range(start, stop, _CHUNK):
                end = min(at + _CHUNK, stop)
                address = self.address + at
                # as many zeros as bytes: the first is one, and each is like the one before
                if self.view[at] or equal(address, address + 1, end - at - 1):
                    made.view[at:end] = self.view[at:end]
        return made

    def _touched(self) -> Iterator[tuple[int, int]]:
        """Stretches of this region, as offsets, outside of which no page was ever touched."""
        page = mmap.PAGESIZE
        count = -(-self.size // page)
        try:
            pagemap = os.open(_PAGEMAP, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            yield 0, self.size
            return
        try:
            entries = os.pread(pagemap, count * _PAGEMAP_ENTRY, self.address // page * _PAGEMAP_ENTRY)
        except OSError:
            entries = b""
        finally:
            os.close(pagemap)
        pages = entries[_PAGEMAP_ENTRY - 1 :: _PAGEMAP_ENTRY].translate(_TOUCHED)
        start = pages.find(1)
        while start >= 0:
            stop = pages.find(0, start)
            if stop < 0:
                stop = len(pages)
            yield start * page, min(stop * page, self.size)
            start = pages.find(1, stop)
        if len(pages) < count:
            # what the system did not say
            yield len(pages) * page, self.size

    def close(self) -> None:
        """Give the host memory back, at the latest with the last piece of `view`; no CPU may have it mapped."""
        self.view.release()
        del self._anchor
        try:
            self._map.close()
        except BufferError:
            # the error of a call that waited still holds what it was to fill
            return

    def find_zero(self, start: int, stop: int) -> int:
        """Guest address of the first zero byte in [start, stop), or -1."""
        found = self._map.find(b"\0", start - self.base, stop - self.base)
        return -1 if found < 0 else found + self.base
