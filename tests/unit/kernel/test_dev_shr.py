"""Shares: what may be made where, what is mounted in them for everybody, and who may change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from elf9.kernel import stat
from elf9.kernel.chan import DMDIR, ORCLOSE, ORDWR, OREAD, OTRUNC, OWRITE, Chan, Qid, close
from elf9.kernel.dev.shr import Shr
from elf9.kernel.namespace import Aaccess, namec

from .fakes import FakeProcess
from .test_dev_pipe import pipe


class FakeDeep:
    """Mounts host directories instead of servers: the tree `spec` is /t/SPEC."""

    def __init__(self, process: FakeProcess) -> None:
        self.process = process
        self.mnt = self

    def call(self, process: object, function: Callable[[], int]) -> int:
        return function()

    def attach_to(self, process: object, server: Chan, auth: object, spec: bytes) -> Chan:
        assert auth is None
        user, self.process.user = self.process.user, "glenda"
        root = namec(cast(Any, process), b"/t/" + spec, Aaccess)
        self.process.user = user
        root.mchan = server
        server.ref += 1
        return root


@pytest.fixture
def guest(process: FakeProcess, tmp_path: Path) -> Iterator[FakeProcess]:
    """A process whose kernel has #σ; what it mounts are /t/one and /t/two."""
    devices = process.kernel.devices
    devices.find("σ")
    if "σ" not in devices.by_letter:
        devices.add(Shr(devices))
    cast(Any, process.kernel).deep = FakeDeep(process)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "both").write_text(name)
        (tmp_path / name / name).write_text(name)
    yield process
    process.user = devices.host_owner
    for share in names(process, "#σc"):
        change(process, f"#σc/{share}", mode=0o777)
        for mount in names(process, f"#σc/{share}"):
            process.remove(f"#σc/{share}/{mount}")


def names(process: FakeProcess, name: str) -> list[str]:
    return [stat.unpack(entry).name.decode() for entry in stat.entries(process.contents(name))]


def share(process: FakeProcess, name: str, perm: int = 0o777) -> None:
    process.close(process.create("#σc/" + name, OREAD, DMDIR | perm))


def mount(process: FakeProcess, name: str, fd: int, tree: str, perm: int = 0o600) -> None:
    file = process.create("#σc/" + name, OWRITE, perm)
    text = f"{fd}\n{tree}".encode()
    assert process.pwrite(file, text) == len(text)
    process.close(file)


def change(process: FakeProcess, name: str, *, rename: bytes = b"", mode: int = 0xFFFFFFFF, uid: bytes = b"") -> int:
    entry = stat.Dir(rename, Qid(0), mode)
    entry.uid = uid
    return process.wstat(name, stat.pack(entry))


def test_making_shares(guest: FakeProcess) -> None:
    for name in "ab":
        share(guest, name, 0o775)
    assert names(guest, "#σc") == names(guest, "#σ") == ["b", "a"]
    assert stat.unpack(guest.stat("#σ/a")).mode == DMDIR | 0o555
    assert stat.unpack(guest.stat("#σc/a")).mode == DMDIR | 0o775
    assert stat.unpack(guest.stat("#σ")).mode == DMDIR | 0o555
    assert stat.unpack(guest.stat("#σc")).mode == DMDIR | 0o777
    assert guest.stat("#σc/a/..")[8:21] == guest.stat("#σc")[8:21]
    assert names(guest, "#σ/a") == names(guest, "#σc/a") == []


@pytest.mark.parametrize(
    ("name", "mode", "perm", "text"),
    [
        ("#σ/x", OREAD, DMDIR, "permission denied: '#σ/x'"),
        ("#σc/x", OREAD, 0, "permission denied: '#σc/x'"),
        ("#σc/x", OWRITE, DMDIR, "permission denied: '#σc/x'"),
        ("#σc/a/x", OWRITE, DMDIR, "permission denied: '#σc/a/x'"),
        ("#σc/a/x", OREAD, 0, "permission denied: '#σc/a/x'"),
        ("#σc/a/x", ORDWR, 0, "permission denied: '#σc/a/x'"),
        ("#σ/a/x", OWRITE, 0, "mounted directory forbids creation: '#σ/a/x'"),
    ],
)
def test_what_cannot_be_made(guest: FakeProcess, name: str, mode: int, perm: int, text: str) -> None:
    share(guest, "a")
    assert guest.refused(guest.create, name, mode, perm) == text


def test_refusals(guest: FakeProcess) -> None:
    assert guest.refused(guest.stat, "#σx") == "mount/attach disallowed"
    assert guest.refused(guest.stat, "#σ/none") == "file does not exist: '#σ/none'"
    assert guest.refused(guest.stat, "#σ/..") == "the front fell off: '#σ/..'"
    assert guest.refused(guest.open, "#σ", OWRITE) == "file is a directory"
    long = "n" * 128
    assert guest.refused(share, guest, long).startswith("name too long: '...")
    guest.namespace.forbidden.add("M")
    assert guest.refused(share, guest, "a") == "mount/attach disallowed: '#σc/a'"


def test_the_newest_server_is_first(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    share(guest, "a")
    mount(guest, "a/first", one, "one")
    mount(guest, "a/second", other, "two")
    assert names(guest, "#σc/a") == ["second", "first"]
    assert sorted(names(guest, "#σ/a")) == ["both", "both", "one", "two"]
    assert guest.contents("#σ/a/both") == b"two"
    assert guest.contents("#σ/a/one") == b"one"
    assert guest.refused(guest.open, "#σ/a/none") == "file does not exist: '#σ/a/none'"
    # new files go to the one that was there first
    fd = guest.create("#σ/a/new", OWRITE)
    guest.close(fd)
    assert "new" in names(guest, "/t/one")
    guest.remove("#σc/a/second")
    assert guest.contents("#σ/a/both") == b"one"
    assert guest.refused(guest.remove, "#σc/a") == "directory not empty"
    guest.remove("#σc/a/first")
    guest.remove("#σc/a")
    assert names(guest, "#σ") == []


def test_the_server_itself(guest: FakeProcess) -> None:
    one, _ = pipe(guest)
    share(guest, "a")
    fd = guest.create("#σc/a/s", OWRITE, 0o600)
    assert guest.refused(guest.open, "#σc/a/s", ORDWR) == "device shut down: '#σc/a/s'"
    for number in (b"", b"x", b"0x1", b"1 2", b"-"):
        assert guest.refused(guest.pwrite, fd, number) == "bad arg in system call"
    for number in (b"99", b"-1", b"99999999999999"):
        assert guest.refused(guest.pwrite, fd, number) == "fd out of range or not open"
    assert guest.refused(guest.pwrite, fd, b"0") == "inappropriate use of fd"
    assert guest.pwrite(fd, b" %d\none" % one) == len(b" %d\none" % one)
    guest.close(fd)
    opened = guest.open("#σc/a/s", ORDWR)
    assert guest.fds.chan(opened) is guest.fds.chan(one)
    for mode, text in (
        (OREAD, "permission denied"),
        (ORDWR | OTRUNC, "file already exists"),
        (ORDWR | ORCLOSE, "permission denied"),
    ):
        assert guest.refused(guest.open, "#σc/a/s", mode) == f"{text}: '#σc/a/s'"
    assert guest.refused(guest.create, "#σc/a/s", OWRITE | 0x1000, 0) == "file already exists: '#σc/a/s'"
    assert guest.refused(guest.stat, "#σc/a/s/x") == "not a directory: '#σc/a/s'"


def test_another_tree_in_its_place(guest: FakeProcess) -> None:
    one, _ = pipe(guest)
    share(guest, "a")
    fd = guest.create("#σc/a/s", OWRITE, 0o600)
    for tree in (b"one", b"two"):
        guest.pwrite(fd, b"%d\n%s" % (one, tree))
        assert guest.contents("#σ/a/both") == tree


def test_removed_at_close(guest: FakeProcess) -> None:
    one, _ = pipe(guest)
    share(guest, "a")
    fd = guest.create("#σc/a/s", OWRITE | ORCLOSE, 0o600)
    guest.pwrite(fd, b"%d\none" % one)
    assert guest.contents("#σ/a/one") == b"one"
    guest.close(fd)
    assert names(guest, "#σ/a") == []


def test_permissions(guest: FakeProcess) -> None:
    one, _ = pipe(guest)
    share(guest, "mine", 0o755)
    mount(guest, "mine/s", one, "one")
    guest.user = "none"
    assert guest.refused(share, guest, "x") == "permission denied: '#σc/x'"
    guest.user = "other"
    for name in ("#σc/mine/s", "#σc/mine"):
        assert guest.refused(guest.remove, name) == "permission denied"
        assert guest.refused(change, guest, name, mode=0o777) == "permission denied"
    assert guest.refused(guest.create, "#σc/mine/x", OWRITE, 0o600) == "permission denied: '#σc/mine/x'"
    assert guest.contents("#σ/mine/one") == b"one"
    share(guest, "theirs", 0o700)
    mount(guest, "theirs/s", one, "two")
    guest.user = "third"
    assert guest.refused(guest.open, "#σ/theirs") == "permission denied: '#σ/theirs'"
    guest.user = "glenda"
    guest.remove("#σc/theirs/s")


def test_wstat(guest: FakeProcess) -> None:
    share(guest, "a")
    assert change(guest, "#σc/a", rename=b"b", mode=0o700, uid=b"other") > 0
    entry = stat.unpack(guest.stat("#σc/b"))
    assert (entry.mode, entry.uid) == (DMDIR | 0o700, b"other")
    assert guest.refused(change, guest, "#σc/b", rename=b"n" * 128) == "name too long"
    assert guest.refused(change, guest, "#σ/b", mode=0) == "permission denied"
    assert guest.refused(change, guest, "#σc", mode=0) == "permission denied"


def test_the_hostowner_is_renamed(guest: FakeProcess) -> None:
    share(guest, "a")
    device = guest.kernel.devices.by_letter["σ"]
    assert isinstance(device, Shr)
    device.rename_user("glenda", "gre")
    assert stat.unpack(guest.stat("#σc/a")).uid == b"gre"


def test_clones_are_not_counted(guest: FakeProcess) -> None:
    share(guest, "a")
    chan = namec(cast(Any, guest), "#σc/a".encode(), Aaccess)
    close(cast(Any, guest), chan)
    assert names(guest, "#σc") == ["a"]
