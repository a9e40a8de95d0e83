"""Guest memory: stretches of host memory that a CPU maps at guest addresses.

A region reserves address space on the host for all it may ever grow to; a page costs
memory only once it is touched (facts/unicorn.md §6, §8).
"""

from __future__ import annotations

import ctypes
import mmap

__all__ = ["EXECUTE", "READ", "WRITE", "Region"]

#: Access bits, as Unicorn's UC_PROT_*.
READ, WRITE, EXECUTE = 1, 2, 4

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
        """Another region with the same place, contents and access."""
        made = Region(self.base, self.size, self.access, self.capacity)
        made.view[: self.size] = self.view[: self.size]
        return made

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
