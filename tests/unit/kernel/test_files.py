"""The system calls on files: the order of their checks, offsets, and memory in pieces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from elf9.errors import BadAddress, KernelError, OddAddress
from elf9.kernel import stat
from elf9.kernel.chan import CMSG, DMDIR, ORDWR, OREAD, OWRITE
from elf9.kernel.syscalls.files import HANDLERS

from .fakes import BASE, SIZE, FakeProcess

BAD = 0x10
NAME = BASE
BUFFER = BASE + 0x1000


def test_every_call_of_this_part_is_there() -> None:
    assert sorted(HANDLERS) == [3, 4, 5, 11, 14, 15, 16, 18, 20, 22, 23, 25, 26, 27, 39, 42, 43, 44, 45, 50, 51]


@pytest.mark.parametrize(
    ("number", "slots"),
    [
        (50, (99, BAD, 4, -1)),  # the buffer before the descriptor
        (51, (99, BAD, 4, -1)),
        (15, (99, BAD, 4)),
        (20, (99, BAD, 4)),
        (50, (99, BASE + SIZE - 3, 4, -1)),
        (50, (0, BAD, 0, -1)),  # even for nothing
        (39, (BAD, 99, 0, 0)),  # where the result goes before the descriptor
        (39, (BASE + SIZE - 4, 99, 0, 0)),
        (42, (NAME, BAD, 100)),  # the buffer before the name
        (42, (BAD, BUFFER, 100)),
        (43, (99, BAD, 100)),
        (23, (99, BAD, 100)),
        (18, (NAME, BASE + SIZE - 115)),
        (11, (99, BASE + SIZE - 115)),
        (44, (BAD, BAD, 49)),
        (45, (99, BAD, 49)),
        (14, (BAD, 0)),
        (22, (BAD, 0, 0)),
        (25, (BAD,)),
        (3, (BAD,)),
    ],
)
def test_a_bad_address_wins(process: FakeProcess, number: int, slots: tuple[int, ...]) -> None:
    process.put(b"nosuch\0")
    with pytest.raises(BadAddress):
        process.call(number, *slots)


@pytest.mark.parametrize(
    ("number", "slots", "text"),
    [
        (14, (BAD, 4), "bad arg in system call"),  # the mode before the name's address
        (14, (BAD, 0x1000), "bad arg in system call"),
        (22, (BAD, 0x2000, 0), "bad arg in system call"),
        (50, (99, BUFFER, 4, -1), "fd out of range or not open"),
        (50, (1, BUFFER, 4, -5), "inappropriate use of fd"),  # the mode before the offset
        (50, (0, BUFFER, 4, -5), "negative i/o offset"),
        (51, (1, BUFFER, 4, -5), "negative i/o offset"),
        (51, (0, BUFFER, 4, -5), "inappropriate use of fd"),
        (39, (BUFFER, 99, 0, 9), "fd out of range or not open"),
        (39, (BUFFER, 0, 0, 9), "bad arg in system call"),
        (39, (BUFFER, 0, -1, 0), "negative i/o offset"),
        (39, (BUFFER, 0, -1, 1), "negative i/o offset"),
        (4, (99,), "fd out of range or not open"),
        (4, (-1,), "fd out of range or not open"),
        (5, (99, -1), "fd out of range or not open"),
        (5, (0, -2), "fd out of range or not open"),
        (43, (99, BUFFER, 100), "fd out of range or not open"),
        (43, (0, BUFFER, 1), "bad arg in system call"),
        (23, (99, BUFFER, 100), "fd out of range or not open"),
        (44, (BAD, BUFFER, 49), "malformed stat buffer"),  # the entry before the name
        (45, (99, BUFFER, 49), "malformed stat buffer"),
        (45, (99, BUFFER, 0x90000), "malformed stat buffer"),
        (26, (BAD,), "old wstat system call - recompile"),
        (27, (BAD,), "old fwstat system call - recompile"),
    ],
)
def test_order_of_refusals(process: FakeProcess, number: int, slots: tuple[int, ...], text: str) -> None:
    assert process.refused(process.call, number, *slots) == text


def test_odd_result_address(process: FakeProcess) -> None:
    with pytest.raises(OddAddress):
        process.call(39, BAD + 1, 99, 0, 0)


def test_a_count_of_minus_one_is_4_gib(process: FakeProcess) -> None:
    with pytest.raises(BadAddress) as error:
        process.call(50, 0, BUFFER, -1, -1)
    assert (error.value.address, error.value.length) == (BUFFER, 0xFFFFFFFF)


def test_only_the_low_half_of_an_int_counts(process: FakeProcess) -> None:
    fd = process.create("f", ORDWR)
    assert process.call(51, fd | 7 << 32, process.put(b"abcdef", BUFFER), 6 | 1 << 32, -1) == 6
    assert process.contents("f") == b"abcdef"


@pytest.mark.parametrize("split", [False, True])
def test_offsets(process: FakeProcess, split: bool) -> None:
    """Memory in one piece or not, the offset of the descriptor or the caller's."""
    process.memory.split = split
    fd = process.create("f", ORDWR)
    assert process.pwrite(fd, b"0123456789") == 10
    assert process.pwrite(fd, b"ab") == 2
    assert process.pwrite(fd, b"XY", 4) == 2
    assert process.pread(fd, 3, 3) == b"3XY"
    assert process.pread(fd, 3) == b""
    assert process.seek(fd, -4, 1) == 8
    assert process.pread(fd, 100) == b"89ab"
    assert process.seek(fd, -1, 2) == 11
    assert process.pread(fd, 0) == b"" == process.pread(fd, 0, 0)
    assert process.pread(fd, 1) == b"b"
    assert process.seek(fd, 1 << 40) == 1 << 40
    assert process.pread(fd, 1) == b""
    assert process.call(16, fd, 5, 0) == 5
    assert process.call(15, fd, BUFFER, 2) == 2 and process.memory.read(BUFFER, 2) == b"Y6"
    assert process.call(20, fd, process.put(b"!", BUFFER), 1) == 1
    assert process.contents("f") == b"0123XY6!89ab"
    # a failed write leaves the offset alone
    process.seek(fd, 1)
    with pytest.raises(KernelError):
        process.call(51, fd, BUFFER, 1, -2)
    assert process.seek(fd, 0, 1) == 1
    process.seek(fd, (1 << 63) - 1)
    assert process.refused(process.seek, fd, 1, 1) == "negative i/o offset"


def test_writing_behind_the_end_leaves_zeros(process: FakeProcess) -> None:
    fd = process.create("f", ORDWR)
    process.pwrite(fd, b"x", 5)
    assert process.pread(fd, 10, 0) == b"\0\0\0\0\0x"
    assert process.pread(fd, 10) == b"\0\0\0\0\0x"


def test_a_large_transfer(process: FakeProcess, tmp_path: Path) -> None:
    data = bytes(index * 31 & 0xFF for index in range(700_000))
    (tmp_path / "f").write_bytes(data)
    fd = process.open("f")
    assert process.call(50, fd, BUFFER, len(data) + 99, -1) == len(data)
    assert process.memory.read(BUFFER, len(data)) == data
    out = process.create("g")
    assert process.call(51, out, BUFFER, len(data), -1) == len(data)
    assert (tmp_path / "g").read_bytes() == data


def test_seek_of_devices(process: FakeProcess) -> None:
    assert process.seek(process.open("/dev/time"), 0, 2) == 78
    fd = process.open("/t")
    for offset, whence in ((1, 0), (0, 1), (0, 2)):
        assert process.refused(process.seek, fd, offset, whence) == "file is a directory"
    assert process.seek(fd, 0) == 0


def test_directories_cannot_be_written(process: FakeProcess) -> None:
    fd = process.open("/t")
    chan = process.fds.chans[fd]
    assert chan is not None
    assert process.refused(process.pwrite, fd, b"x") == "inappropriate use of fd"
    chan.mode = ORDWR
    assert process.refused(process.pwrite, fd, b"x") == "file is a directory"


def test_a_message_channel_is_not_for_programs(process: FakeProcess) -> None:
    fd = process.open("/dev/null", ORDWR)
    chan = process.fds.chans[fd]
    assert chan is not None
    chan.flag |= CMSG
    for action in (process.pread, process.seek):
        assert process.refused(action, fd, 0) == "inappropriate use of fd"
    assert process.refused(process.pwrite, fd, b"x") == "inappropriate use of fd"
    process.fstat(fd)
    process.close(fd)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (".", "/t"),
        ("f", "/t/f"),
        ("./d/..//f", "/t/f"),
        ("/dev/../t/d/../f", "/t/f"),
        ("/dev/null", "/dev/null"),
        ("#c/null", "#c/null"),
        ("#c", "#c"),
        ("/", "/"),
        ("/..", "/"),
        ("#/", "#/"),
    ],
)
def test_fd2path(process: FakeProcess, name: str, path: str) -> None:
    process.close(process.create("f"))
    process.close(process.create("d", OREAD, DMDIR | 0o777))
    fd = process.open(name)
    assert process.fd2path(fd).decode() == path
    process.put(b"\xaa" * 20, BUFFER)
    for count in range(len(path) + 3):
        process.put(b"\xaa" * 20, BUFFER)
        assert process.call(23, fd, BUFFER, count) == 0
        wanted = path[: max(count - 1, 0)].encode() + b"\0" if count else b""
        assert process.memory.read(BUFFER, 20) == wanted.ljust(20, b"\xaa")


def test_fd2path_cuts_between_characters(process: FakeProcess) -> None:
    fd = process.create("ä")
    process.call(23, fd, BUFFER, 5)
    assert process.memory.string(BUFFER) == b"/t/"


def test_names_in_entries_are_the_ones_used(process: FakeProcess) -> None:
    assert stat.name_of(process.stat("/")) == b""
    assert stat.name_of(process.stat("#c")) == b"#c"
    assert stat.name_of(process.stat("/dev")) == b"dev"
    assert stat.name_of(process.stat(".")) == b"t"
    assert stat.name_of(process.fstat(process.open("#d"))) == b"#d"
    # the hint of the root is for the device's own name (observed-devices A.7)
    process.user = process.kernel.devices.host_owner = ""
    assert process.stat("/", 49) == (48).to_bytes(2, "little")
    assert len(process.stat("/", 50)) == 49
    assert process.stat("/", 2) == (48).to_bytes(2, "little")


def test_old_stat(process: FakeProcess) -> None:
    fd = process.create("f")
    process.pwrite(fd, b"12345")
    process.put(b"f\0")
    assert process.call(18, NAME, BUFFER) == 0
    by_name = process.memory.read(BUFFER, 116)
    assert process.call(11, fd, BUFFER) == 0
    assert process.memory.read(BUFFER, 116) == by_name
    assert by_name[:2] == b"f\0" and by_name[28:35] == b"glenda\0" and by_name[104:112] == (5).to_bytes(8, "little")


def test_chdir(process: FakeProcess) -> None:
    process.close(process.create("d", OREAD, DMDIR | 0o777))
    process.close(process.create("f"))
    assert process.chdir("d") == 0
    assert process.refused(process.open, "f") == "file does not exist: 'f'"
    assert process.refused(process.chdir, "../f") == "not a directory: '../f'"
    assert process.refused(process.chdir, "/nosuch") == "file does not exist: '/nosuch'"
    process.chdir("..")
    process.close(process.open("f"))


def test_a_full_table_still_creates_the_file(start: Callable[..., FakeProcess], tmp_path: Path) -> None:
    process = start(binds=[(str(tmp_path), "/t", False)], cwd="/t")
    null = process.open("/dev/null")
    try:
        while True:
            process.call(5, null, -1)
    except KernelError as error:
        assert error.text == b"no free file descriptors"
    assert process.refused(process.create, "f") == "no free file descriptors"
    assert (tmp_path / "f").exists()
    assert process.refused(process.open, "f") == "no free file descriptors"


def test_a_call_for_nothing_changes_nothing_open(process: FakeProcess) -> None:
    fd = process.create("f", OWRITE)
    before = process.fstat(fd)
    assert process.pwrite(fd, b"") == 0
    assert process.fstat(fd) == before
