"""Regions of guest memory: copies are equal and cost what was touched."""

from __future__ import annotations

import mmap
import subprocess
import sys

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


def test_a_copy_of_much_is_equal_and_its_place_is_clean_again() -> None:
    """Large pages, which such a copy asks for, are gone with it: what is there next is zero and small."""
    size = 24 << 20
    region = Region(BASE, size, READ | WRITE)
    pattern = bytes(range(1, 251)) * (size // 2 // 250)
    region.view[: len(pattern)] = pattern
    copy = region.copy()
    assert bytes(copy.view) == bytes(region.view)
    place = copy.address
    copy.close()
    before = resident()
    again = Region(BASE, size, READ | WRITE)
    assert again.address == place
    for at in range(0, size, 4 << 20):
        assert again.view[at] == 0
        again.view[at] = 1
    assert resident() - before < 100


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from elf9.machine import amd64
from elf9.machine.memory import EXECUTE, READ, WRITE, Region
small = [Region(0x1000000 * n, 0x1000, READ | WRITE) for n in range(50)]
text = Region(0x200000, 0x1000, READ | EXECUTE)
text.view[:9] = bytes.fromhex("fe042500004000f4f4")
large = Region(0x400000, 0x2000, READ | WRITE, 4 << 30)
assert 0x2000 <= large.capacity < 1 << 30
cpu = amd64.Cpu()
for region in (text, large):
    cpu.map(region)
cpu.start(0x200000, 0x401000, 0)
assert cpu.run().pc == 0x200007
assert large.view[0] == 1
try:
    Region(0, 2 << 30, READ)
except OSError:
    print("refused")
"""


def test_a_limit_of_address_space() -> None:
    """Under ulimit -v there is less room, and it is said what there is none for."""
    result = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("refused\n", "")
