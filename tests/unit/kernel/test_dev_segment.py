"""Global segments: making, giving an address, reading and writing, attaching, and their end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from elf9.errors import KernelError
from elf9.kernel import stat
from elf9.kernel.chan import DMDIR, ORCLOSE, ORDWR, OREAD, OTRUNC, OWRITE, Qid, pprint
from elf9.kernel.dev.segment import Segments, find
from elf9.kernel.memory import STACK, AddressSpace, data_segment
from elf9.target import TARGETS

from .fake_cpu import FakeCpu
from .fakes import FakeProcess

PAGE = 4096
AT = 0x10000000
UNALLOCATED = "segment not yet allocated"


@pytest.fixture
def guest(process: FakeProcess) -> Iterator[FakeProcess]:
    """A process whose kernel has #g."""
    devices = process.kernel.devices
    if "g" not in devices.by_letter:
        devices.add(Segments(devices))
    yield process


def make(process: FakeProcess, name: str, control: str = "") -> None:
    process.close(process.create("#g/" + name, OREAD, DMDIR | 0o777))
    if control:
        write(process, f"#g/{name}/ctl", control.encode())


def write(process: FakeProcess, name: str, data: bytes, offset: int = -1) -> int:
    fd = process.open(name, OWRITE)
    try:
        return process.pwrite(fd, data, offset)
    finally:
        process.close(fd)


def listed(process: FakeProcess, name: str) -> list[stat.Dir]:
    return [stat.unpack(entry) for entry in stat.entries(process.contents(name))]


def change(process: FakeProcess, name: str, mode: int, uid: bytes = b"") -> int:
    entry = stat.Dir(b"", Qid(0), mode, length=stat.NO_CHANGE64)
    entry.uid = uid
    return process.wstat(name, stat.pack(entry))


def found(process: FakeProcess, name: bytes) -> Any:
    return find(cast(Any, process), name)


def test_making_one(guest: FakeProcess) -> None:
    make(guest, "a")
    make(guest, "b")
    assert [(entry.name, entry.mode) for entry in listed(guest, "#g")] == [
        (name, DMDIR | 0o777) for name in (b"a", b"b")
    ]
    files = listed(guest, "#g/a")
    assert [(entry.name, entry.mode, entry.length, entry.qid.path) for entry in files] == [
        (b"ctl", 0o660, 0, 2),
        (b"data", 0o660, 0, 3),
    ]
    assert stat.unpack(guest.stat("#g/b")).qid.path == 9
    assert guest.stat("#g/b/..")[8:21] == guest.stat("#g")[8:21]
    assert guest.refused(guest.open, "#g/c") == "file does not exist: '#g/c'"
    assert guest.refused(guest.open, "#g/a/x") == "file does not exist: '#g/a/x'"


@pytest.mark.parametrize(
    ("name", "perm", "text"),
    [
        ("shared", DMDIR, "name collision with physical segment: '#g/shared'"),
        ("memory", 0, "name collision with physical segment: '#g/memory'"),
        ("file", 0o666, "bad arg in system call: '#g/file'"),
        ("a/x", DMDIR, "permission denied: '#g/a/x'"),
        ("a/ctl", 0, "file is a directory"),
    ],
)
def test_what_cannot_be_made(guest: FakeProcess, name: str, perm: int, text: str) -> None:
    make(guest, "a")
    if name == "a/ctl":
        guest.close(guest.create("#g/a/ctl", OWRITE, perm))  # it exists
        return
    assert guest.refused(guest.create, "#g/" + name, OREAD, perm) == text


def test_a_hundred(guest: FakeProcess) -> None:
    for number in range(100):
        make(guest, str(number))
    assert guest.refused(make, guest, "more") == "too many global segments: '#g/more'"
    guest.remove("#g/50")
    make(guest, "more")
    assert [entry.name for entry in listed(guest, "#g")][50] == b"more"


def test_an_address(guest: FakeProcess) -> None:
    make(guest, "a")
    fd = guest.open("#g/a/ctl", ORDWR)
    assert guest.refused(guest.pread, fd) == UNALLOCATED
    assert guest.refused(guest.open, "#g/a/data") == UNALLOCATED + ": '#g/a/data'"
    for text in (b"va", b"va 1", b"va 0 4096", b"va 0x10000000 0", b"va 0x7fffffffffff 1", b"va -1 1"):
        assert guest.refused(guest.pwrite, fd, text) == "bad arg in system call"
    for text in (b"", b"x", b"vax 1 2", b"'va 1 2'"):
        assert guest.refused(guest.pwrite, fd, text) == "bad process or channel control request"
    assert guest.refused(guest.pwrite, fd, b"va 0x1000 0x6000000000000") == "bad arg in system call"
    assert guest.refused(guest.pwrite, fd, b"va 0x1000 0x1000001000") == "virtual memory allocation failed"
    assert guest.pwrite(fd, b"va 0x10000123 5000\n") == 19
    assert guest.pread(fd, 100, 0) == b"va 0x10000000 0x2000\n"
    assert guest.pread(fd, 4, 3) == b"0x10"
    assert guest.refused(guest.pwrite, fd, b"va 1 2") == "already has a virtual address"
    assert stat.unpack(guest.stat("#g/a/data")).length == 2 * PAGE


def test_kinds(guest: FakeProcess) -> None:
    for name, kind in (("f", "fixed"), ("s", "sticky"), ("o", "other")):
        make(guest, name, f"va {AT} 4096 {kind}")
    assert guest.contents("#g/f/ctl").startswith(b"va 0x10000000 0x1000 fixed 0x")
    assert guest.contents("#g/s/ctl") == b"va 0x10000000 0x1000 sticky\n"
    assert guest.contents("#g/o/ctl") == b"va 0x10000000 0x1000\n"
    assert [found(guest, name).kind for name in (b"f", b"s", b"o")] == ["Fixed", "Sticky", "Shared"]
    guest.user = "other"
    make(guest, "mine")
    for kind in ("fixed", "sticky"):
        assert guest.refused(write, guest, "#g/mine/ctl", f"va 4096 1 {kind}".encode()) == "permission denied"
    assert write(guest, "#g/mine/ctl", b"va 4096 1") == 9


def test_data(guest: FakeProcess) -> None:
    make(guest, "a", f"va {AT} 8192")
    fd = guest.open("#g/a/data", ORDWR)
    assert guest.pwrite(fd, b"hello") == 5
    assert guest.pwrite(fd, b"end", 2 * PAGE - 3) == 3
    for offset, data in ((2 * PAGE - 2, b"abc"), (2 * PAGE, b""), (1 << 60, b"x")):
        assert guest.refused(guest.pwrite, fd, data, offset) == "bad arg in system call"
    assert guest.pread(fd, 5, 0) == b"hello"
    assert guest.pread(fd, 100, 2 * PAGE - 3) == b"end"
    assert guest.pread(fd, 100, 2 * PAGE) == b""
    assert len(guest.contents("#g/a/data")) == 2 * PAGE


def test_permissions(guest: FakeProcess) -> None:
    make(guest, "a", f"va {AT} 1")
    guest.user = "other"
    assert guest.refused(guest.open, "#g/a/ctl") == "permission denied: '#g/a/ctl'"
    assert guest.refused(found, guest, b"a") == "permission denied"
    assert guest.refused(change, guest, "#g/a/ctl", 0o666) == "permission denied"
    guest.user = "glenda"
    assert change(guest, "#g/a/ctl", 0o604) > 0
    assert stat.unpack(guest.stat("#g/a/data")).mode == 0o604
    guest.user = "other"
    guest.close(guest.open("#g/a/data", OREAD))
    assert guest.refused(found, guest, b"a") == "permission denied"
    guest.user = "glenda"
    assert change(guest, "#g/a/data", stat.NO_CHANGE32, b"other") > 0
    assert stat.unpack(guest.stat("#g/a/ctl")).uid == b"other"


@pytest.mark.parametrize("name", ["#g", "#g/a"])
def test_directories(guest: FakeProcess, name: str) -> None:
    make(guest, "a")
    for mode in (OWRITE, ORDWR, OREAD | OTRUNC):
        assert guest.refused(guest.open, name, mode).startswith("file is a directory")
    assert guest.refused(change, guest, name, 0o777) == "permission denied"
    assert stat.unpack(guest.stat(name)).mode == DMDIR | 0o555


def test_removing(guest: FakeProcess) -> None:
    make(guest, "a", f"va {AT} 1")
    for name in ("#g", "#g/a/ctl", "#g/a/data"):
        assert guest.refused(guest.remove, name) == "permission denied"
    fd = guest.open("#g/a/data", ORDWR)
    where = guest.open("#g/a")
    guest.remove("#g/a")
    assert guest.pwrite(fd, b"still there") == 11
    assert guest.refused(guest.fstat, fd) == "global segment disappeared"
    assert guest.refused(guest.pread, where) == "global segment disappeared"
    assert found(guest, b"a") is None
    assert listed(guest, "#g") == []


def test_removed_at_close(guest: FakeProcess) -> None:
    guest.close(guest.create("#g/a", OREAD | ORCLOSE, DMDIR))
    make(guest, "b")
    guest.close(guest.open("#g/b", OREAD | ORCLOSE))
    assert listed(guest, "#g") == []


def test_attaching(guest: FakeProcess) -> None:
    make(guest, "a")
    assert guest.refused(found, guest, b"a") == "global segment not assigned a virtual address"
    assert found(guest, b"b") is None
    write(guest, "#g/a/ctl", f"va {AT} 8192".encode())
    segment = found(guest, b"a")
    spaces = [AddressSpace(TARGETS["amd64"], cast(Any, FakeCpu(TARGETS["amd64"]))) for _ in range(2)]
    for space in spaces:
        space.attach(STACK, data_segment("Stack", 0x7FFFFFFE0000, 0x7FFFFFFF0000))
        assert space.segattach(0, b"a", 0x5000, 1, lambda: segment) == AT
        with pytest.raises(KernelError, match="segments overlap"):
            space.segattach(0, b"a", 0, 0, lambda: segment)
    assert segment.ref == 3
    spaces[0].write(AT + 10, b"hi mom")
    assert spaces[1].read(AT + 10, 6) == b"hi mom"
    assert guest.contents("#g/a/data")[10:16] == b"hi mom"
    guest.remove("#g/a")
    spaces[0].segdetach(AT + PAGE)
    assert spaces[1].read(AT + 10, 6) == b"hi mom" and segment.ref == 1
    spaces[1].release()


def test_nobody_used_it(process: FakeProcess) -> None:
    process.kernel.devices.by_letter.pop("g", None)
    assert found(process, b"a") is None


def test_the_kernel_prints_on_a_directory(guest: FakeProcess) -> None:
    """One that was created for writing, as descriptor 2: what it says is lost."""
    guest.close(2)
    assert guest.create("#g/a", ORDWR, DMDIR | 0o777) == 2
    assert guest.refused(guest.pwrite, 2, b"x") == "file is a directory"
    pprint(guest, "hello\n")  # type: ignore[arg-type]


def test_a_number_of_a_million_digits(guest: FakeProcess) -> None:
    """It is too large, and that takes no time."""
    make(guest, "a")
    fd = guest.open("#g/a/ctl", ORDWR)
    began = time.monotonic()
    assert guest.refused(guest.pwrite, fd, b"va " + b"9" * 900_000 + b" 4096") == "bad arg in system call"
    assert time.monotonic() - began < 5
