"""Nothing outside of what was granted can be reached, whatever the host does meanwhile; limits hold.

What a single look can show is in test_dev_host.py.  Here are races, real ones, against a thread of the host's, the
host's own special trees, large things, a host that runs out of something, and whole runs that reach a limit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from elf9.kernel.chan import ORDWR, OREAD, OWRITE

from .fakes import FakeProcess

Start = Callable[..., FakeProcess]


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def test_the_end_closes_what_is_open(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    before = descriptors()
    process = FakeProcess(binds=[(str(tmp_path), "/t", False)], cwd="/t")
    for mode in (OREAD, ORDWR):
        process.open("f", mode)
    process.open(".")
    process.create("g", OWRITE)
    fds, process.fds = process.fds, process.fds.__class__()
    assert process.finish() != []
    assert descriptors() == before
    # and nobody closes another file's descriptor when channels go later
    others = [os.open(os.devnull, os.O_RDONLY) for _ in range(8)]
    fds.release(process)  # type: ignore[arg-type]
    for other in others:
        os.close(other)


def test_files_open_at_a_time(start: Start, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    process = start(binds=[(str(tmp_path), "/t", False)], cwd="/t", max_files=3)
    fds = [process.open("f"), process.open("."), process.create("g")]
    for action in (lambda: process.open("f"), lambda: process.create("h"), lambda: process.open(".")):
        assert "no free file descriptors" in process.refused(action)
    assert not (tmp_path / "h").exists()
    assert process.contents("/dev/null") == b""
    process.close(fds[0])
    assert process.contents("f") == b"x"


@pytest.mark.parametrize(("most", "limited"), [(10, 0), (9, 1)])
def test_entries_of_a_directory(start: Start, tmp_path: Path, most: int, limited: int) -> None:
    for number in range(10):
        (tmp_path / str(number)).write_text("")
    process = start(binds=[(str(tmp_path), "/t", False)], max_directory=most)
    process.contents("/t")
    assert process.kernel.limited == limited
