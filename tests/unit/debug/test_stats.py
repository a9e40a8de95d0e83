"""`--stats`: what is counted, with calls made by hand and memory that is really touched."""

from __future__ import annotations

import json
import mmap
from types import SimpleNamespace
from typing import Any

import pytest

from elf9.debug import stats
from elf9.debug.stats import Statistics, filled_pages
from elf9.machine.memory import READ, WRITE, Region


class Tracer:
    """Keeps the names of what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.told.append(name)


def process(pid: int, name: bytes = b"sh", *regions: Region) -> Any:
    memory = SimpleNamespace(segments=[None, SimpleNamespace(regions=list(regions))])
    return SimpleNamespace(pid=pid, name=name, memory=memory, exit_string=None)


def call(counted: Statistics, who: Any, name: str, result: int, nanoseconds: int) -> None:
    counted.enter(who, 1, name, (), None, 0, 0)  # type: ignore[arg-type]
    counted.served(who, nanoseconds)
    counted.leave(who, result, b"", 0)


@pytest.fixture
def region() -> Region:
    return Region(0x1000, 64 * mmap.PAGESIZE, READ | WRITE)


def test_filled_pages_are_those_that_were_touched(region):
    memory: Any = process(1, b"", region).memory
    assert filled_pages(memory) == 0
    region.view[0] = 1
    region.view[5 * mmap.PAGESIZE] = 1
    region.view[6 * mmap.PAGESIZE - 1] = 1
    assert filled_pages(memory) == 2
    region.discard(0x1000, 0x1000 + mmap.PAGESIZE)
    assert filled_pages(memory) == 1


def test_calls_and_times():
    counted, one = Statistics(), process(1)
    call(counted, one, "open", -1, 2_000_000)
    call(counted, one, "open", (1 << 64) - 1, 1_000_000)
    call(counted, one, "pread", 5, 3_000_000)
    counted.ran(one, 10_000_000)
    # A call that waits: it is made again outside the CPU's run.
    counted.enter(one, 17, "sleep", (), None, 0, 0)  # type: ignore[arg-type]
    counted.served(one, 1_000_000)
    counted.blocked(one)
    counted.ran(one, 2_000_000)
    counted.served(one, 500_000)
    counted.leave(one, 0, b"", 0)
    counted.note(one, b"alarm")
    counted.close()
    (row,) = counted.to_json()["processes"]
    assert row["calls"]["open"] == {"count": 2, "errors": 2, "ms": 3.0}
    assert row["calls"]["sleep"] == {"count": 1, "errors": 0, "ms": 1.5}
    assert (row["errors"], row["notes"]) == (2, 1)
    assert (row["user_ms"], row["system_ms"]) == (5.0, 7.5)


def test_programs_one_after_the_other(region):
    counted, one = Statistics(), process(1, b"sh", region)
    counted.switched(one)
    region.view[: 3 * mmap.PAGESIZE] = bytes(3 * mmap.PAGESIZE)
    counted.executing(one)
    region.discard(region.base, region.top)
    region.view[0] = 1
    one.name = b"ls"
    counted.executed(one)
    counted.ended(one)
    counted.close()
    (row,) = counted.to_json()["processes"]
    assert (row["name"], row["fills"], row["peak"]) == ("ls", 4, 3 * mmap.PAGESIZE)


def test_processes_and_switches():
    counted, one, two = Statistics(), process(1), process(2, b"\xff")
    for who in (one, one, two, one):
        counted.switched(who)
    counted.born(one, two, 0x10)
    counted.switched(two)
    counted.ended(two)
    counted.close()
    data = counted.to_json()
    assert json.loads(json.dumps(data)) == data
    assert [(row["pid"], row["parent"], row["switches"]) for row in data["processes"]] == [(1, 0, 2), (2, 1, 1)]
    assert data["total"]["switches"] == 3
    assert data["total"]["processes"] == 2


def test_everything_is_passed_on_to_a_tracer():
    tracer: Any = Tracer()
    counted, one = Statistics(tracer), process(1)
    call(counted, one, "open", 3, 1)
    counted.blocked(one)
    counted.note(one, b"x")
    counted.born(one, process(2), 0)
    counted.executed(one)
    counted.ended(one)
    counted.close()
    assert tracer.told == ["enter", "leave", "blocked", "note", "born", "executed", "ended", "close"]


def test_the_table():
    counted = Statistics()
    for pid in range(1, 60):
        call(counted, process(pid), "open", 3, 1000)
    counted.close()
    lines = counted.to_text(most=40).splitlines()
    assert lines[0].split() == ["pid", "name", "calls", "errors", "notes", *["user", "ms"], *["sys", "ms"],
                                *["real", "ms"], "fills", "peak", "switches"]  # fmt: skip
    assert [line.split()[0] for line in lines[1:41]] == [str(pid) for pid in range(1, 41)]
    assert lines[41].split()[:2] == ["total", "59"]
    assert lines[42] == "(19 more processes; --stats=json has them all)"
    assert lines[-1].split() == ["open", "59", "0", "0.059", "1.0"]
    assert len({len(line) for line in lines[:42]}) == 1


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0"), (4096, "4K"), (1536, "1.5K"), (10 << 20, "10M"), (1 << 45, "32768G")]
)
def test_sizes(size, text):
    assert stats._size(size) == text
