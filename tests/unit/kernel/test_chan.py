"""Descriptors against a model, and the rules of dup, close-on-exec and the limit."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from elf9.errors import KernelError
from elf9.kernel.chan import (
    CCEXEC,
    MAX_FD,
    OCEXEC,
    OEXEC,
    ORCLOSE,
    ORDWR,
    OREAD,
    OTRUNC,
    OWRITE,
    Chan,
    FdTable,
    Path,
    Qid,
    open_mode,
)

from .fakes import FakeProcess


class _Device:
    letter = "t"

    def __init__(self) -> None:
        self.closed: list[int] = []

    def close(self, process: object, chan: Chan) -> None:
        self.closed.append(chan.qid.path)


class _Process:
    """Without a console: warnings go nowhere."""

    def __init__(self) -> None:
        self.fds = FdTable()


def make(device: Any, number: int) -> Chan:
    return Chan(device, Qid(number), Path(b"/x"))


@settings(max_examples=60, stateful_step_count=40)
class FdModel(RuleBasedStateMachine):
    """A dict says which channel each descriptor has; a table that is copied stays as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.device = _Device()
        self.process: Any = _Process()
        self.model: dict[int, int] = {}
        self.marked: set[int] = set()
        self.size = 20
        self.made = 0

    @property
    def fds(self) -> FdTable:
        fds: FdTable = self.process.fds
        return fds

    @rule(cexec=st.booleans())
    def add(self, cexec: bool) -> None:
        self.made += 1
        wanted = next(fd for fd in range(10000) if fd not in self.model)
        assert self.fds.add(self.process, make(self.device, self.made), OCEXEC if cexec else 0) == wanted
        self.model[wanted] = self.made
        self.marked.discard(wanted)
        if cexec:
            self.marked.add(wanted)
        self.size = max(self.size, wanted // 20 * 20 + 20)

    @rule(old=st.integers(-1, 30), new=st.integers(-3, 130))
    def dup(self, old: int, new: int) -> None:
        if old not in self.model or new < -1 or new >= self.size + 20:
            with pytest.raises(KernelError, match="fd out of range or not open"):
                self.fds.dup(self.process, old, new)
            return
        got = self.fds.dup(self.process, old, new)
        wanted = next(fd for fd in range(10000) if fd not in self.model) if new == -1 else new
        assert got == wanted
        self.model[wanted] = self.model[old]
        self.marked.discard(wanted)
        if wanted >= self.size:
            self.size += 20

    @rule(fd=st.integers(-2, 140))
    def close(self, fd: int) -> None:
        self.fds.close(self.process, fd)
        self.model.pop(fd, None)

    @rule()
    def copy(self) -> None:
        before = self.process.fds
        self.process.fds = before.copy()
        before.release(self.process)
        self.size = max(self.model, default=0) // 20 * 20 + 20

    @precondition(lambda self: self.marked)
    @rule()
    def close_on_exec(self) -> None:
        self.fds.close_on_exec(self.process)
        for fd in self.marked:
            self.model.pop(fd, None)
        self.marked.clear()

    @invariant()
    def agrees(self) -> None:
        found = {fd: chan.qid.path for fd, chan in enumerate(self.fds.chans) if chan is not None}
        assert found == self.model
        assert self.fds.highest == max(self.model, default=0) or not self.model
        assert len(self.fds.chans) == len(self.fds.flags) == self.size
        assert {fd for fd in self.model if self.fds.flags[fd] & CCEXEC} == self.marked & set(self.model)
        held = list(self.model.values())
        for chan in filter(None, self.fds.chans):
            assert chan.ref == held.count(chan.qid.path)
        assert sorted(self.device.closed) == sorted(set(range(1, self.made + 1)) - set(held))


TestFdTable = FdModel.TestCase


@pytest.mark.parametrize(
    ("opened", "asked", "fine"),
    [
        (OREAD, OREAD, True),
        (OREAD, OWRITE, False),
        (OREAD, ORDWR, False),
        (OREAD, OREAD | OTRUNC, False),
        (OWRITE, OWRITE | OTRUNC, True),
        (OWRITE, OREAD, False),
        (ORDWR, OREAD, True),
        (ORDWR, OWRITE, True),
        (ORDWR, ORDWR, True),
        (OREAD, -1, True),
    ],
)
def test_mode_of_a_descriptor(opened: int, asked: int, fine: bool) -> None:
    process: Any = _Process()
    chan = make(_Device(), 1)
    chan.mode = opened
    process.fds.add(process, chan)
    if fine:
        assert process.fds.chan(0, asked) is chan
    else:
        with pytest.raises(KernelError, match="inappropriate use of fd"):
            process.fds.chan(0, asked)


def test_open_mode() -> None:
    assert [open_mode(mode) for mode in (OREAD, OWRITE, ORDWR, OEXEC)] == [0, 1, 2, 0]
    assert open_mode(OTRUNC | ORCLOSE | OCEXEC | ORDWR) == ORDWR
    for mode in (4, 0x80, 0x1000, 0x8000, 0x80000000, -1):
        with pytest.raises(KernelError, match="bad arg in system call"):
            open_mode(mode)


def test_limit_and_warnings(start: Callable[..., FakeProcess], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    process = start(binds=[], cwd="/")
    while True:
        try:
            last = process.open("/dev/null")
        except KernelError as error:
            assert error.text == b"no free file descriptors"
            break
    assert last == MAX_FD - 1
    said = capfdbinary.readouterr().err.splitlines()
    assert said == [b"test 7: warning: process exceeds %d file descriptors" % n for n in range(100, 5000, 100)]
    assert b"no free file descriptors\n" in process.kernel.devices.kmesg
    # one slot is not enough for a pipe, and stays free
    process.close(1234)
    device = process.fds.chans[3].device  # type: ignore[union-attr]
    pair = (make(device, 10), make(device, 10))
    with pytest.raises(KernelError, match="no free file descriptors"):
        process.fds.add_pair(process, pair)  # type: ignore[arg-type]
    for chan in pair:
        chan.ref = 0
    assert process.open("/dev/null") == 1234


def test_dup_shares_offset_and_clears_close_on_exec(process: FakeProcess) -> None:
    fd = process.create("f", ORDWR | OCEXEC)
    process.pwrite(fd, b"0123456789", 0)
    assert process.fds.flags[fd] & CCEXEC
    other = process.call(5, fd, -1)
    process.seek(fd, 3)
    assert process.pread(other, 4) == b"3456"
    assert process.pread(fd, 1) == b"7"
    assert process.call(5, fd, fd) == fd
    assert not process.fds.flags[fd] & CCEXEC
    assert process.refused(process.call, 5, fd, -2) == "fd out of range or not open"
    assert process.refused(process.call, 5, 19, 30) == "fd out of range or not open"


def test_a_process_with_many_descriptors_is_warned(start: Callable[..., FakeProcess], tmp_path: pathlib.Path) -> None:
    """At each hundred; 5000 are the limit (facts/observed-amd64.md §d)."""
    with (tmp_path / "stderr").open("wb") as file:
        process = start(descriptors=(0, 1, file.fileno()))
        for wanted in range(3, 5000):
            assert process.open("/dev/null") == wanted
        for action in (lambda: process.open("/dev/null"), lambda: process.call(5, 0, -1)):
            assert process.refused(action) == "no free file descriptors"
        for new in (5000, 5100):
            assert process.refused(process.call, 5, 0, new) == "fd out of range or not open"
        assert process.call(5, 0, 4999) == 4999
    lines = (tmp_path / "stderr").read_text().splitlines()
    assert lines == [f"test 7: warning: process exceeds {count} file descriptors" for count in range(100, 5000, 100)]
