"""Regions of guest memory: copies are equal and cost what was touched."""

from __future__ import annotations

import mmap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elf9.machine import memory
from elf9.machine.memory import READ, WRITE, Region

PAGE = mmap.PAGESIZE
BASE = 0x40_0000


def resident() -> int:
    """Pages of this process in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1])


@pytest.fixture(params=["with the system's map", "without"])
def pagemap(request, monkeypatch):
    """Where the system does not tell which pages were touched, everything counts as touched."""
    if request.param == "without":
        monkeypatch.setattr(memory.Arenas, "resident", lambda *arguments: None)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 60 * PAGE - 9), st.binary(min_size=1, max_size=9)), max_size=12),
    st.integers(1, 60 * PAGE),
)
def test_a_copy_is_equal(writes, size):
    region = Region(BASE, size, READ | WRITE, 60 * PAGE)
    for at, data in writes:
        region.view[at : at + len(data)] = data
    copy = region.copy()
    assert (copy.base, copy.top, copy.access, copy.capacity) == (
        region.base,
        region.top,
        region.access,
        region.capacity,
    )
    assert copy.view[:size] == region.view[:size]
    assert not any(copy.view[size:])
    copy.view[0] = region.view[0] ^ 1
    assert copy.view[0] != region.view[0]
    region.close()
    copy.close()


def test_the_edges_are_copied(pagemap):
    region = Region(BASE, 300 * PAGE, READ | WRITE)
    places = [0, 16 * PAGE - 1, 16 * PAGE, 200 * PAGE + 5, 300 * PAGE - 1]
    for at in places:
        region.view[at] = 1
    copy = region.copy()
    assert [at for at in range(300 * PAGE) if copy.view[at]] == places


def test_what_was_not_touched_or_is_zero_costs_nothing():
    size = 1 << 30
    region = Region(BASE, size, READ | WRITE)
    region.view[size // 2] = 1
    region.view[: 32 << 20] = bytes(32 << 20)
    before = resident()
    copy = region.copy()
    assert copy.view[size // 2] == 1
    assert (resident() - before) * PAGE < 4 << 20
    region.close()
    copy.close()
