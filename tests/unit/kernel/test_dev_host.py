"""The host's files as a Plan 9 server shows them, and that no way leads out of what was granted."""

from __future__ import annotations

import os
import socket
import stat as host_stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elf9.errors import KernelError
from elf9.kernel import stat
from elf9.kernel.boot import BootError, host_file, shutdown
from elf9.kernel.chan import (
    DMAPPEND,
    DMDIR,
    DMEXCL,
    OCEXEC,
    OEXCL,
    OEXEC,
    ORCLOSE,
    ORDWR,
    OREAD,
    OTRUNC,
    OWRITE,
    Chan,
    Qid,
)
from elf9.kernel.dev import host as host_module
from elf9.kernel.namespace import MCREATE, MREPL, Abind, Amount, bind, namec

from .fakes import FakeProcess

Start = Callable[..., FakeProcess]


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def listed(process: FakeProcess, name: str | bytes = ".") -> dict[bytes, stat.Dir]:
    entries = map(stat.unpack, stat.entries(process.contents(name)))
    return {entry.name: entry for entry in entries}


def make(process: FakeProcess, name: str | bytes, data: bytes = b"", perm: int = 0o666) -> None:
    fd = process.create(name, OREAD if perm & DMDIR else OWRITE, perm)
    if data:
        process.pwrite(fd, data)
    process.close(fd)


def change(**fields: object) -> bytes:
    """A packed entry that leaves everything but `fields` as it is."""
    entry = stat.Dir(b"", Qid(stat.NO_CHANGE64, stat.NO_CHANGE32, 0xFF), stat.NO_CHANGE32, length=stat.NO_CHANGE64)
    entry.type, entry.dev = 0xFFFF, stat.NO_CHANGE32
    entry.atime = entry.mtime = stat.NO_CHANGE32
    for name, value in fields.items():
        setattr(entry, name, value)
    return stat.pack(entry)


# Files as they should be


def test_create_write_read(process: FakeProcess, tmp_path: Path) -> None:
    fd = process.create("new", ORDWR, 0o640)
    assert process.pwrite(fd, b"hello world") == 11
    assert process.pwrite(fd, b"HE", 0) == 2
    assert process.pread(fd, 5, 0) == b"HEllo"
    assert process.pread(fd) == b""
    assert process.pread(fd, 5, 1 << 62) == process.pread(fd, 5, (1 << 63) - 1) == b""
    assert (tmp_path / "new").read_bytes() == b"HEllo world"
    assert process.fd2path(fd) == b"/t/new"
    # once more: opened and cut
    process.close(process.create("new", OWRITE))
    assert (tmp_path / "new").read_bytes() == b""


@pytest.mark.parametrize(
    ("above", "perm", "wanted"),
    [(0o755, 0o666, 0o644), (0o700, 0o777, 0o711), (0o750, 0o444, 0o440), (0o755, DMDIR | 0o777, 0o755)],
)
def test_permissions_of_what_is_created(process: FakeProcess, above: int, perm: int, wanted: int) -> None:
    make(process, "d", perm=DMDIR | 0o777)
    process.wstat("d", change(mode=DMDIR | above))
    make(process, "d/f", perm=perm)
    assert stat.unpack(process.stat("d/f")).mode == (perm & DMDIR) | wanted


def test_a_created_file_is_open_whatever_its_permissions(process: FakeProcess) -> None:
    fd = process.create("f", ORDWR, 0)
    assert process.pwrite(fd, b"x") == 1
    assert process.refused(process.open, "f") == "permission denied: 'f'"


def test_entry(process: FakeProcess, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    (tmp_path / "f").chmod(0o4751)
    os.utime(tmp_path / "f", (1_000_000_001, 1_000_000_002.9))
    entry = stat.unpack(process.stat("/t/f"))
    assert (entry.name, entry.length, entry.mode) == (b"f", 5, 0o751)
    assert (entry.atime, entry.mtime) == (1_000_000_001, 1_000_000_002)
    assert entry.uid == entry.gid == entry.muid == b"glenda"
    assert chr(entry.type) == "M" and entry.qid.type == 0
    directory = stat.unpack(process.stat("/t"))
    assert directory.mode & DMDIR and directory.length == 0 and directory.qid.type == 0x80
    assert directory.dev == entry.dev != 0 and directory.qid.path != entry.qid.path


def test_qids_tell_files_and_versions_apart(process: FakeProcess) -> None:
    make(process, "a", b"1")
    make(process, "b", b"1")
    a, b = (stat.unpack(process.stat(name)).qid for name in "ab")
    assert a.path != b.path
    fd = process.open("a", ORDWR)
    process.pwrite(fd, b"22")
    assert stat.unpack(process.stat("a")).qid.path == a.path
    assert stat.unpack(process.fstat(fd)).qid.vers != a.vers
    # a removed file's number is not given to the next, whatever the host does with inodes
    process.close(fd)
    seen = {a.path, b.path}
    for _ in range(20):
        process.remove("a")
        make(process, "a")
        path = stat.unpack(process.stat("a")).qid.path
        assert path not in seen
        seen.add(path)


def test_trees_have_numbers_of_their_own(start: Start, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    process = start(binds=[(str(tmp_path / name), "/" + name, False) for name in ("one", "two")])
    devs = [stat.unpack(process.stat(name)).dev for name in ("/one", "/two")]
    assert devs[0] != devs[1]


def test_short_stat_buffers(process: FakeProcess) -> None:
    make(process, "f")
    whole = process.stat("f")
    assert process.stat("f", len(whole)) == whole
    assert process.stat("f", len(whole) - 1) == (len(whole) - 2).to_bytes(2, "little")
    assert process.refused(process.stat, "f", 1) == "stat buffer too small"
    assert process.refused(process.stat, "/dev/null", 1) == "bad arg in system call"


def test_modes_of_open(process: FakeProcess, tmp_path: Path) -> None:
    make(process, "f", b"abc", 0o777)
    fd = process.open("f", OWRITE)
    assert process.refused(process.pread, fd) == "inappropriate use of fd"
    fd = process.open("f", OEXEC | OCEXEC)
    assert process.pread(fd) == b"abc"
    assert process.refused(process.pwrite, fd, b"x") == "inappropriate use of fd"
    fd = process.open("f", OREAD | OTRUNC)
    assert process.pread(fd) == b"" == (tmp_path / "f").read_bytes()


@pytest.mark.parametrize(
    ("perm", "allowed"),
    [
        (0o000, ()),
        (0o444, (OREAD,)),
        (0o222, (OWRITE, OWRITE | OTRUNC)),
        (0o200, (OWRITE, OWRITE | OTRUNC)),
        (0o666, (OREAD, OWRITE, ORDWR, OREAD | OTRUNC, OWRITE | OTRUNC)),
        (0o111, (OEXEC,)),
        (0o077, ()),
    ],
)
def test_permissions_hold_even_for_root(process: FakeProcess, perm: int, allowed: tuple[int, ...]) -> None:
    make(process, "f")
    process.wstat("f", change(mode=perm))
    for mode in (OREAD, OWRITE, ORDWR, OEXEC, OREAD | OTRUNC, OWRITE | OTRUNC):
        # a host that is not root may want to read what only is executable
        if mode in allowed and (mode != OEXEC or os.geteuid() == 0):
            process.close(process.open("f", mode))
        elif mode not in allowed:
            assert process.refused(process.open, "f", mode) == "permission denied: 'f'"


def test_permissions_of_directories(process: FakeProcess) -> None:
    make(process, "d", perm=DMDIR | 0o777)
    make(process, "d/f")
    process.wstat("d", change(mode=DMDIR | 0o555))
    assert process.refused(process.create, "d/g") == "permission denied: 'd/g'"
    assert process.refused(process.remove, "d/f") == "permission denied"
    assert process.refused(process.open, "d/f", ORDWR | ORCLOSE) == "permission denied: 'd/f'"
    process.close(process.open("d/f", ORDWR))
    process.wstat("d", change(mode=DMDIR | 0o666))
    assert process.refused(process.open, "d/f") == "file does not exist: 'd/f'"
    process.chdir("d")
    assert process.refused(process.open, "f") == "permission denied: 'f'"
    process.chdir("/t")
    process.wstat("d", change(mode=DMDIR | 0o333))
    assert process.refused(process.open, "d") == "permission denied: 'd'"
    process.wstat("d", change(mode=DMDIR | 0o777))
    process.wstat("d/f", change(mode=0))
    assert process.refused(process.open, "d/f") == "permission denied: 'd/f'"
    process.wstat("d/f", change(mode=0o644, mtime=1))
    assert process.contents("d/f") == b""


def test_none_has_the_rights_of_who_mounted(start: Start, tmp_path: Path) -> None:
    """A server knows who attached, not who uses the mounted tree (attach(5))."""
    (tmp_path / "private").write_text("x")
    (tmp_path / "private").chmod(0o600)
    process = start(binds=[(str(tmp_path), "/t", False)], cwd="/t")
    process.user = "none"
    assert process.contents("private") == b"x"
    make(process, "new")
    assert stat.unpack(process.stat("new")).uid == process.kernel.devices.host_owner.encode()
    process.wstat("private", change(mode=0o644))
    process.remove("private")


def test_qid_versions_count_writes(start: Start, tmp_path: Path) -> None:
    """Two writes of one length within a tick of the host's clock are two versions."""
    process = start(binds=[(str(tmp_path), "/t", False)], cwd="/t")
    fd = process.create("f", OWRITE)
    versions = set()
    for _ in range(50):
        process.pwrite(fd, b"x", 0)
        versions.add(stat.unpack(process.fstat(fd)).qid.vers)
    assert len(versions) == 50


@pytest.mark.parametrize("link", [False, True])
def test_a_renamed_file_keeps_its_channels(start: Start, tmp_path: Path, link: bool) -> None:
    """Whoever renamed it: an open file can be renamed again, and goes when it is closed."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to("a") if link else (tmp_path / "a").rename(tmp_path / "b")
    process = start(binds=[(str(tmp_path), "/t", False)], cwd="/t")
    first, second = process.open("b"), process.open("b", OREAD | ORCLOSE)
    process.wstat("b", change(name=b"c"))
    renamed = change(name=b"d")
    process.call(45, first, process.put(renamed), len(renamed))
    assert process.contents("d") == b"x"
    process.wstat("d", change(name=b"e"))
    assert set(listed(process)) == ({b"a", b"e"} if link else {b"e"})
    process.close(second)
    assert set(listed(process)) == ({b"a"} if link else set())


def test_exclusive_use_ends_with_who_has_it(start: Start, tmp_path: Path) -> None:
    """Who had the file open before it became one for exclusive use does not unlock it."""
    process = start(binds=[(str(tmp_path), "/t", False)], cwd="/t")
    early = process.create("f", OWRITE)
    process.wstat("f", change(mode=DMEXCL | 0o666))
    held = process.open("f")
    process.close(early)
    assert process.refused(process.open, "f") == "file is locked: 'f'"
    process.close(held)
    process.close(process.open("f"))


def test_tmp_is_one_mount_unless_something_is_granted_below(start: Start, tmp_path: Path) -> None:
    process = start(binds=[(str(tmp_path), "/s", False)])
    source, place = (namec(process, name, purpose) for name, purpose in ((b"/tmp", Abind), (b"/mnt", Amount)))  # type: ignore[arg-type]
    # a union could not be bound for creation
    bind(process, source, place, MREPL | MCREATE)  # type: ignore[arg-type]
    make(process, "/mnt/x")
    assert list(listed(process, "/tmp")) == [b"x"]
    shutdown(process)  # type: ignore[arg-type]


def test_readonly(start: Start, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").write_text("abc")
    process = start(binds=[(str(tmp_path), "/t", True)], cwd="/t")
    assert process.contents("f") == b"abc"
    for mode in (OWRITE, ORDWR, OREAD | OTRUNC, OREAD | ORCLOSE):
        assert process.refused(process.open, "f", mode) == "permission denied: 'f'"
    assert process.refused(process.create, "new") == "mounted directory forbids creation: 'new'"
    assert process.refused(process.create, "d/new") == "permission denied: 'd/new'"
    assert process.refused(process.create, "f") == "permission denied: 'f'"
    assert process.refused(process.remove, "f") == "permission denied"
    assert process.refused(process.wstat, "f", change(name=b"g")) == "permission denied"
    assert process.refused(process.wstat, "f", change(mode=0)) == "permission denied"
    assert sorted(os.listdir(tmp_path)) == ["d", "f"]


def test_remove(process: FakeProcess, tmp_path: Path) -> None:
    make(process, "d", perm=DMDIR | 0o777)
    make(process, "d/f", b"still here")
    assert process.refused(process.remove, "d") == "directory not empty"
    fd = process.open("d/f")
    process.remove("d/f")
    assert process.pread(fd) == b"still here"
    assert stat.unpack(process.fstat(fd)).length == 10
    process.remove("d")
    assert os.listdir(tmp_path) == []
    assert process.refused(process.remove, "d") == "file does not exist: 'd'"
    assert process.refused(process.remove, "/t") == "is a mount point"
    assert process.refused(process.remove, "/t/.") == "is a mount point"


def test_remove_on_close(process: FakeProcess, tmp_path: Path) -> None:
    fd = process.create("f", ORDWR | ORCLOSE)
    other = process.call(5, fd, -1)
    process.close(fd)
    assert (tmp_path / "f").exists()
    process.close(other)
    assert not (tmp_path / "f").exists()
    make(process, "g")
    fd = process.open("g", OREAD | ORCLOSE)
    # somebody put another file there: that one stays
    (tmp_path / "g").unlink()
    (tmp_path / "keep").write_text("1")
    (tmp_path / "keep").rename(tmp_path / "g")
    process.close(fd)
    assert (tmp_path / "g").exists()


def test_create_of_directories(process: FakeProcess, tmp_path: Path) -> None:
    for mode in (OWRITE, ORDWR, OEXEC, OREAD | OTRUNC):
        assert process.refused(process.create, "d", mode, DMDIR | 0o777) == "permission denied: 'd'"
    fd = process.create("d", OREAD, DMDIR | 0o777)
    assert process.pread(fd) == b""
    assert process.refused(process.pwrite, fd, b"x") == "inappropriate use of fd"
    assert process.refused(process.create, "d", OWRITE) == "permission denied: 'd'"
    assert process.refused(process.create, "d", OREAD | OEXCL, DMDIR) == "file already exists: 'd'"
    assert (tmp_path / "d").is_dir()


def test_exclusive_create(process: FakeProcess) -> None:
    process.close(process.create("f", OWRITE | OEXCL))
    assert process.refused(process.create, "f", OWRITE | OEXCL) == "file already exists: 'f'"
    assert process.refused(process.open, "f", OWRITE | OEXCL) == "bad arg in system call"


def test_append_only(process: FakeProcess, tmp_path: Path) -> None:
    fd = process.create("log", OWRITE, DMAPPEND | 0o666)
    process.pwrite(fd, b"one", 0)
    process.pwrite(fd, b"two", 0)
    process.close(fd)
    process.close(process.open("log", OWRITE | OTRUNC))
    assert (tmp_path / "log").read_bytes() == b"onetwo"
    entry = stat.unpack(process.stat("log"))
    assert entry.mode & DMAPPEND and entry.qid.type == 0x40
    process.wstat("log", change(mode=0o644))
    process.close(process.open("log", OWRITE | OTRUNC))
    assert (tmp_path / "log").read_bytes() == b""


def test_exclusive_use(process: FakeProcess) -> None:
    fd = process.create("lock", OWRITE, DMEXCL | 0o666)
    assert process.refused(process.open, "lock") == "file is locked: 'lock'"
    process.close(fd)
    fd = process.open("lock")
    assert stat.unpack(process.fstat(fd)).qid.type == 0x20
    assert process.refused(process.open, "lock") == "file is locked: 'lock'"
    process.close(fd)
    process.close(process.open("lock"))


def test_directory_reads(process: FakeProcess, tmp_path: Path) -> None:
    wanted = sorted(b"file%03d" % index + b"x" * (index % 50) for index in range(300))
    for name in wanted:
        make(process, name)
    fd = process.open("/t")
    first = process.pread(fd, 1000)
    assert process.contents("/t") == process.contents(".")
    assert 0 < len(first) <= 1000 and b"".join(stat.entries(first)) == first
    rest = b""
    while piece := process.pread(fd, 1000):
        rest += piece
    assert [stat.name_of(entry) for entry in stat.entries(first + rest)] == wanted
    # at 0 it starts again, by pread as well as by seek
    assert process.pread(fd, 1000, 0) == first
    process.seek(fd, 0)
    assert process.pread(fd, 1000) == first
    assert process.refused(process.pread, fd, 1000, 7) == "seek in directory"
    assert process.refused(process.pread, fd, 20) == "i/o count too small"
    # the listing is as of the start; who is gone is left out
    process.seek(fd, 0)
    first = process.pread(fd, 1000)
    gone = wanted[-1]
    (tmp_path / os.fsdecode(gone)).unlink()
    (tmp_path / "zzz").write_text("")
    rest = b""
    while piece := process.pread(fd, 1000):
        rest += piece
    assert [stat.name_of(entry) for entry in stat.entries(first + rest)] == wanted[:-1]


def test_wstat(process: FakeProcess, tmp_path: Path) -> None:
    make(process, "f", b"12345")
    make(process, "other")
    assert process.wstat("f", change()) == len(change())
    process.wstat("f", change(length=3))
    assert (tmp_path / "f").read_bytes() == b"123"
    process.wstat("f", change(length=5, mtime=12345, mode=0o600))
    found = (tmp_path / "f").stat()
    assert (found.st_size, int(found.st_mtime), found.st_mode & 0o777) == (5, 12345, 0o600)
    process.wstat("f", change(name=b"g"))
    assert sorted(os.listdir(tmp_path)) == ["g", "other"]
    # an entry as it was read changes nothing
    process.wstat("g", process.stat("g"))
    refusals: list[tuple[dict[str, object], str]] = [
        ({"name": b"other"}, "file already exists"),
        ({"name": b"a/b"}, "bad character in file name: a/b"),
        ({"name": b"a\nb"}, "bad character in file name: 'a\nb'"),
        ({"name": b".."}, "permission denied"),
        ({"uid": b"root2"}, "permission denied"),
        ({"gid": b"sys"}, "permission denied"),
        ({"mode": DMDIR | 0o777}, "permission denied"),
        # nothing of it, if one thing is refused
        ({"length": 0, "gid": b"sys"}, "permission denied"),
        ({"name": b"h", "uid": b"sys"}, "permission denied"),
    ]
    for fields, error in refusals:
        assert process.refused(process.wstat, "g", change(**fields)) == error
    assert (tmp_path / "g").stat().st_size == 5
    assert process.refused(process.wstat, "g", change()[:-1]) == "malformed stat buffer"
    assert process.refused(process.wstat, "/t", change(name=b"x")) == "is a mount point: '/t'"
    assert process.refused(process.wstat, ".", change(length=0, mode=0o777)) == "permission denied"


def test_fwstat(process: FakeProcess, tmp_path: Path) -> None:
    fd = process.create("f", OWRITE)
    process.pwrite(fd, b"12345")
    data = change(length=2, name=b"g")
    at = process.put(data, 0x400000)
    assert process.call(45, fd, at, len(data)) == len(data)
    assert (tmp_path / "g").read_bytes() == b"12"


def test_a_renamed_directory_keeps_its_channels(process: FakeProcess) -> None:
    make(process, "d", perm=DMDIR | 0o777)
    make(process, "d/e", perm=DMDIR | 0o777)
    make(process, "d/e/f", b"x")
    process.chdir("d/e")
    process.wstat("/t/d", change(name=b"new"))
    assert process.contents("f") == b"x"
    make(process, "g", b"y")
    assert process.contents("/t/new/e/g") == b"y"
    assert list(listed(process, "..")) == [b"e"]
    process.wstat("/t/new", change(name=b"d"))
    assert process.contents("../e/f") == b"x"


def test_a_place_that_is_another_file_meanwhile(process: FakeProcess, tmp_path: Path) -> None:
    make(process, "d", perm=DMDIR | 0o777)
    make(process, "d/f", b"x")
    process.chdir("d")
    (tmp_path / "d").rename(tmp_path / "old")
    assert process.refused(process.open, "f") == "file does not exist: 'f'"
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("another")
    assert process.refused(process.open, "f") == "file does not exist: 'f'"
    assert process.contents("/t/d/f") == b"another"


# Names


def test_names_are_bytes(process: FakeProcess, tmp_path: Path) -> None:
    odd = [b"\xff\xfe", "äß".encode(), b"a b", b"it's", b"-", b"#c", b"...", b"x" * 255]
    for name in odd:
        make(process, b"/t/" + name, name)
    assert sorted(os.listdir(os.fsencode(tmp_path))) == sorted(odd) == list(listed(process))
    for name in odd:
        assert process.contents(b"/t/" + name) == name
    assert process.refused(process.create, "x" * 256).startswith("name too long: ")
    assert process.refused(process.open, "x" * 256).startswith("file does not exist: ")


def test_control_characters_can_be_seen_but_not_said(process: FakeProcess, tmp_path: Path) -> None:
    (tmp_path / "new\nline").write_text("x")
    assert list(listed(process)) == [b"new\nline"]
    assert process.refused(process.open, "new\nline") == "bad character in file name: 'new\nline'"


def test_case_is_exact(process: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    make(process, "d", perm=DMDIR | 0o777)
    for place in ("", "d/"):
        make(process, place + "File", b"x")
        assert process.refused(process.open, place + "file") == f"file does not exist: '{place}file'"
    # a host that folds case: every spelling finds it
    real_stat, real_open = os.stat, os.open

    def folded(name: object) -> object:
        return b"File" if isinstance(name, bytes) and name.lower() == b"file" else name

    monkeypatch.setattr(os, "stat", lambda name, **more: real_stat(folded(name), **more))  # type: ignore[arg-type]
    monkeypatch.setattr(os, "open", lambda name, *rest, **more: real_open(folded(name), *rest, **more))  # type: ignore[arg-type]
    for place in ("", "d/"):
        assert process.refused(process.open, place + "file") == f"file does not exist: '{place}file'"
        assert process.refused(process.create, place + "FILE") == f"file already exists: '{place}FILE'"
        assert process.contents(place + "File") == b"x"


def test_reading_without_preadv(process: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    make(process, "f", b"0123456789")
    monkeypatch.setattr(host_module, "_preadv", host_module._pread_copy)
    fd = process.open("f")
    assert (process.pread(fd, 4), process.pread(fd, 100), process.pread(fd)) == (b"0123", b"456789", b"")
    assert process.pread(fd, 3, 1 << 62) == b""


# Containment


@pytest.fixture
def prison(start: Start, tmp_path: Path) -> FakeProcess:
    """/t is tmp/inside; tmp/outside has what must not be seen."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "d" / "e").mkdir(parents=True)
    (inside / "f").write_text("fine")
    (inside / "d" / "f").write_text("fine")
    (outside / "d").mkdir(parents=True)
    (outside / "f").write_text("secret")
    (outside / "d" / "f").write_text("secret")
    return start(binds=[(str(inside), "/t", False)], cwd="/t")


@pytest.mark.parametrize(
    "target",
    [
        "../outside/f",
        "../../outside/f",
        "d/../../outside/f",
        "d/e/../../../outside/f",
        "./.././outside/f",
        "{outside}/f",
        "/etc/passwd",
        "/",
        "..",
        "../inside-not",
        "../inside/../outside/f",
        "{inside}/../outside/f",
        "{inside}x/f",
        "back/outside/f",
        "chain1",
        "/proc/self/root/etc/passwd",
        "/dev/fd/0",
        "self/f",
        "loop1",
    ],
)
@pytest.mark.parametrize("place", ["link", "d/link", "d/e/link"])
def test_links_lead_nowhere_else(prison: FakeProcess, tmp_path: Path, target: str, place: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    os.symlink("..", inside / "back")
    os.symlink("chain2", inside / "chain1")
    os.symlink("d/../chain3", inside / "chain2")
    os.symlink("d/e/../../../outside/f", inside / "chain3")
    os.symlink("loop2", inside / "loop1")
    os.symlink("loop1", inside / "loop2")
    os.symlink("self", inside / "self")
    up = "../" * place.count("/")
    text = target.format(inside=inside, outside=outside)
    os.symlink(text if text.startswith("/") else up + text, inside / place)
    before = (outside / "f").read_text()
    assert prison.refused(prison.open, place) == f"permission denied: '{place}'"
    assert prison.refused(prison.open, place, ORDWR) == f"permission denied: '{place}'"
    assert prison.refused(prison.create, place) == f"permission denied: '{place}'"
    assert prison.refused(prison.create, place, OWRITE, DMDIR) == f"permission denied: '{place}'"
    assert prison.refused(prison.chdir, place) == f"not a directory: '{place}'"
    assert prison.refused(prison.open, place + "/f") == f"not a directory: '{place}'"
    assert prison.refused(prison.open, place + "/../f", ORDWR) == f"not a directory: '{place}'"
    assert prison.refused(prison.wstat, place, change(length=0)) == "permission denied"
    assert prison.refused(prison.wstat, place, change(mode=0)) == "permission denied"
    entry = stat.unpack(prison.stat(place))
    directory = place.rpartition("/")[0] or "."
    assert (entry.mode, entry.length) == (0, 0) == (listed(prison, directory)[b"link"].mode, 0)
    # removing it removes the link
    prison.remove(place)
    assert not os.path.lexists(inside / place)
    assert (outside / "f").read_text() == before


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("f", b"fine"),
        ("d/f", b"fine"),
        ("d/../f", b"fine"),
        ("./d/./e/../f", b"fine"),
        ("{inside}/f", b"fine"),
        ("{inside}/d/../d/f", b"fine"),
        ("to-e/../f", b"fine"),
    ],
)
def test_links_that_stay_inside_are_followed(prison: FakeProcess, tmp_path: Path, target: str, wanted: bytes) -> None:
    inside = tmp_path / "inside"
    os.symlink("d/e", inside / "to-e")
    os.symlink(target.format(inside=inside), inside / "link")
    assert prison.contents("link") == wanted
    assert stat.unpack(prison.stat("link")).length == 4
    assert listed(prison)[b"link"].length == 4
    prison.wstat("link", change(length=2))
    assert prison.contents("link") == wanted[:2]
    prison.remove("link")
    assert (inside / "f").exists() and (inside / "d" / "f").exists()


def test_a_link_to_a_directory(prison: FakeProcess, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    os.symlink("d/e", inside / "link")
    prison.chdir("link")
    make(prison, "new", b"x")
    assert (inside / "d" / "e" / "new").exists()
    assert prison.fd2path(prison.open(".")) == b"/t/link"
    # .. is where it was walked from, not where the link leads
    assert prison.contents("../f") == b"fine"
    assert b"link" in listed(prison, "..")
    assert prison.refused(prison.open, "../../../../outside/f") == "file does not exist: '../../../../outside'"
    prison.chdir("/t")
    assert prison.refused(prison.remove, "link/nosuch") == "file does not exist: 'link/nosuch'"
    prison.remove("link")
    assert (inside / "d" / "e" / "new").exists()


def test_dangling_links(prison: FakeProcess, tmp_path: Path) -> None:
    os.symlink("nowhere", tmp_path / "inside" / "link")
    assert prison.refused(prison.open, "link") == "file does not exist: 'link'"
    assert prison.refused(prison.create, "link") == "file does not exist: 'link'"
    assert not (tmp_path / "inside" / "nowhere").exists()
    prison.remove("link")


def test_a_long_chain_of_links(prison: FakeProcess, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    for index in range(60):
        os.symlink(f"l{index + 1}" if index < 59 else "f", inside / f"l{index}")
    assert prison.contents("l25") == b"fine"
    assert prison.refused(prison.open, "l5") == "permission denied: 'l5'"


def test_dotdot_stays_inside(prison: FakeProcess) -> None:
    assert prison.refused(prison.open, "../outside/f") == "file does not exist: '../outside'"
    assert prison.refused(prison.open, "/t/" + "../" * 20 + "outside/f").startswith("file does not exist: ")
    prison.chdir("d/e")
    assert prison.contents("../../f") == b"fine"
    assert b"t" in listed(prison, "../../..")
    assert prison.refused(prison.create, "..") == "permission denied: '..'"


def test_what_is_no_file_is_never_opened(prison: FakeProcess, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    os.mkfifo(inside / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(inside)
        listener.bind("socket")
        os.chdir(here)
    names = ["fifo", "socket"]
    if os.geteuid() == 0:
        try:
            os.mknod(inside / "device", host_stat.S_IFCHR | 0o666, os.makedev(1, 3))
            names.append("device")
        except OSError:
            pass
    os.symlink("fifo", inside / "to-fifo")
    names.insert(0, "to-fifo")
    for name in names:
        for mode in (OREAD, OWRITE, ORDWR, OEXEC, OREAD | OTRUNC):
            assert prison.refused(prison.open, name, mode) == f"permission denied: '{name}'"
        assert prison.refused(prison.create, name) == f"permission denied: '{name}'"
        entry = stat.unpack(prison.stat(name))
        assert (entry.mode, entry.length) == (0, 0)
        assert listed(prison)[name.encode()].mode == 0
        prison.remove(name)


def test_swapped_for_a_link_under_way(prison: FakeProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and opening somebody puts a link, or another file, in place of what was looked at."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    real = os.open

    def swapping(victim: Path, make: Callable[[], None]) -> None:
        def swap(name: bytes, *rest: object, **more: object) -> int:
            if name == os.fsencode(victim.name):
                monkeypatch.setattr(os, "open", real)
                victim.rename(tmp_path / "away")
                make()
            return real(name, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "open", swap)

    def restore(victim: Path) -> None:
        monkeypatch.setattr(os, "open", real)
        if victim.is_symlink() or victim.is_file():
            victim.unlink()
        elif victim.exists():
            victim.rmdir()
        (tmp_path / "away").rename(victim)

    file, directory = inside / "f", inside / "d"
    files: list[Callable[[], object]] = [
        lambda: prison.open("f", ORDWR),
        lambda: prison.open("f", OREAD | OTRUNC),
        lambda: prison.wstat("f", change(length=0)),
        lambda: prison.wstat("f", change(mode=0)),
    ]
    for action in files:
        swapping(file, lambda: os.symlink(outside / "f", file))
        assert prison.refused(action).startswith(("permission denied", "file does not exist"))
        restore(file)
        swapping(file, lambda: os.mkfifo(file))
        assert prison.refused(action).startswith(("permission denied", "file does not exist"))
        os.unlink(file)
        (tmp_path / "away").rename(file)
    os.symlink("d/f", inside / "to-f")
    os.symlink("d/e/..", inside / "to-d")
    below: list[Callable[[], object]] = [
        lambda: prison.open("to-f"),
        lambda: prison.open("to-f", ORDWR | OTRUNC),
        lambda: prison.create("to-d/new"),
        lambda: prison.remove("to-d/f"),
        lambda: prison.open("d/f", ORDWR),
        lambda: prison.create("d/new"),
        lambda: prison.remove("d/f"),
        lambda: prison.stat("d/f"),
        lambda: prison.chdir("d/e"),
    ]
    for action in below:
        swapping(directory, lambda: os.symlink(outside / "d", directory))
        assert prison.refused(action).startswith(("permission denied", "file does not exist", "not a directory"))
        restore(directory)
    assert (outside / "d" / "f").read_text() == "secret" and os.listdir(outside / "d") == ["f"]
    assert (outside / "f").read_text() == "secret"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["l1", "l2", "d/l3", "d/e/l4"]),
            st.lists(st.sampled_from(["..", ".", "d", "e", "l1", "l2", "l3", "l4", "outside", "inside"]), max_size=6),
            st.booleans(),
        ),
        max_size=4,
    ),
    st.lists(st.sampled_from(["..", "d", "e", "f", "l1", "l2", "l3", "l4", "outside"]), min_size=1, max_size=8),
)
def test_no_net_of_links_leads_out(
    prison: FakeProcess, tmp_path: Path, links: list[tuple[str, list[str], bool]], way: list[str]
) -> None:
    inside = tmp_path / "inside"
    made = []
    for place, target, absolute in links:
        if not os.path.lexists(inside / place):
            os.symlink((f"{inside}/" if absolute else "") + ("/".join(target) or "."), inside / place)
            made.append(inside / place)
    try:
        name = "/t/" + "/".join(way)
        try:
            data = prison.contents(name)
        except KernelError:
            return
        assert b"secret" not in data
        if name.endswith("/f"):
            assert data == b"fine"
        else:
            assert b"outside" not in data
    finally:
        for link in made:
            link.unlink()


def test_a_single_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("12345")
    (tmp_path / "other").write_text("secret")
    process = start(binds=[(str(tmp_path / "data"), "/lib/data", False), (str(tmp_path / "data"), "/ro", True)])
    assert process.contents("/lib/data") == b"12345"
    assert list(listed(process, "/lib")) == [b"data"]
    fd = process.open("/lib/data", ORDWR)
    process.pwrite(fd, b"ab")
    assert (tmp_path / "data").read_text() == "ab345"
    assert process.refused(process.open, "/lib/other") == "file does not exist: '/lib/other'"
    assert process.refused(process.open, "/lib/data/../other") == "not a directory: '/lib/data'"
    assert process.refused(process.remove, "/lib/data") == "is a mount point"
    assert process.refused(process.wstat, "/lib/data", change(name=b"other")) == "is a mount point: '/lib/data'"
    assert process.refused(process.open, "/ro", OWRITE) == "permission denied: '/ro'"
    # an editor writes a new file and renames it: the grant is of the name
    (tmp_path / "new").write_text("edited")
    (tmp_path / "new").rename(tmp_path / "data")
    assert process.contents("/lib/data") == b"edited"


# Descriptors


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "f").write_text("x")
    before = descriptors()
    process = FakeProcess(binds=[(str(tmp_path), "/t", False)], cwd="/t")
    with_tree = descriptors()
    assert with_tree == before + 1
    for _ in range(3):
        process.chdir("/t/d/e")
        process.stat("../f")
        process.refused(process.open, "../f/x")
        process.refused(process.open, "nosuch")
        process.refused(process.open, "../f", OEXEC)
        process.refused(process.create, "../f", OWRITE | OEXCL)
        process.refused(process.create, "../e")
        process.refused(process.remove, "../../d")
        process.wstat("../f", change(mtime=5))
    assert descriptors() == with_tree
    fd = process.open("../f")
    directory = process.open("..")
    process.pread(directory)
    assert descriptors() == with_tree + 2
    process.close(fd)
    process.close(directory)
    assert descriptors() == with_tree
    process.create("left-open")
    assert process.finish() == []
    assert descriptors() == before


def test_more_descriptors_than_the_host_first_allows(process: FakeProcess) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 400:
        pytest.skip("the hard limit is too low")
    make(process, "f")
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors() + 20, hard))
    try:
        fds = [process.open("f") for _ in range(200)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for fd in fds:
        process.close(fd)


# Booting


def test_default_is_the_current_directory_alone(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "proj"
    here.mkdir()
    (here / "f").write_text("x")
    (tmp_path / "sibling").write_text("secret")
    monkeypatch.chdir(here)
    process = start()
    assert process.contents("f") == process.contents(os.fsencode(here / "f")) == b"x"
    assert list(listed(process, "..")) == [b"proj"]
    assert process.refused(process.open, "../sibling") == "file does not exist: '../sibling'"
    assert process.refused(process.open, "/etc") == "file does not exist: '/etc'"
    make(process, "g")
    assert (here / "g").exists()


def test_a_place_in_a_directory_of_its_name(start: Start, tmp_path: Path) -> None:
    """Although the kernel's empty directories find themselves in them."""
    (tmp_path / "f").write_text("x")
    process = start(binds=[(str(tmp_path), "/mnt/mnt", False), (str(tmp_path), "/n/n/d", False)])
    assert process.contents("/mnt/mnt/f") == process.contents("/n/n/d/f") == b"x"
    assert list(listed(process, "/mnt")) == [b"mnt"]
    assert process.refused(process.open, "/mnt/f") == "file does not exist: '/mnt/f'"
    assert list(listed(process, "/bin/bin")) == []


def test_a_current_directory_that_is_gone(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(BootError, match="the current directory is gone"):
        start()


@pytest.mark.parametrize("below", [False, True])
def test_tmp_is_the_run_s_own_and_goes_with_it(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: bool
) -> None:
    scratch, shown = tmp_path / "scratch", tmp_path / "shown"
    scratch.mkdir()
    shown.mkdir()
    (shown / "f").write_text("x")
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    process = start(binds=[(str(shown), "/tmp/a/b" if below else "/s", False)])
    assert list(scratch.iterdir()) == []
    process.close(process.create("/tmp/d", OREAD, DMDIR | 0o777))
    make(process, "/tmp/d/x")
    (made,) = scratch.iterdir()
    assert made.stat().st_mode & 0o777 == 0o700
    assert (made / "d" / "x").exists()
    (made / "d").chmod(0)
    assert process.contents("/tmp/a/b/f" if below else "/s/f") == b"x"
    shutdown(process)  # type: ignore[arg-type]
    assert list(scratch.iterdir()) == []


def test_tmp_may_be_granted(start: Start, tmp_path: Path) -> None:
    process = start(binds=[(str(tmp_path), "/tmp", False)])
    make(process, "/tmp/x")
    assert (tmp_path / "x").exists()


def test_root(start: Start, tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "null").write_text("not this one")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ls").write_text("program")
    process = start(root=str(tmp_path))
    assert process.contents("/dev/null") == b""
    assert process.contents("/bin/ls") == b"program"
    assert process.contents("/env/cputype") == b"amd64"
    make(process, "/new", b"x")
    assert (tmp_path / "new").read_text() == "x"
    names = [stat.name_of(entry) for entry in stat.entries(process.contents("/"))]
    assert names.index(b"bin") < names.index(b"boot") and b"env" in names
    assert list(listed(process, "/..")) == list(listed(process, "/"))
    assert sorted(os.listdir(tmp_path)) == ["bin", "dev", "new"]


def test_binds_into_a_host_tree(start: Start, tmp_path: Path) -> None:
    for name in ("top/usr", "data"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "data" / "f").write_text("x")
    (tmp_path / "top" / "usr" / "old").write_text("y")
    data = str(tmp_path / "data")
    process = start(
        root=str(tmp_path / "top"),
        binds=[
            (data, "/usr/glenda/lib", False),
            (data, "/usr/bob", True),
            (data, "/n/data", True),
            (data, "/dev/d", True),
        ],
        cwd="/usr/glenda",
    )
    for name in ("lib/f", "/usr/bob/f", "/n/data/f", "/dev/d/f"):
        assert process.contents(name) == b"x"
    assert process.contents("/usr/old") == b"y"
    make(process, "/usr/new")
    assert sorted(os.listdir(tmp_path / "top" / "usr")) == ["new", "old"]
    assert process.contents("/dev/user") == b"glenda"
    assert process.refused(process.create, "/usr/glenda/x") == "permission denied: '/usr/glenda/x'"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"root": "/nonexistent"}, "cannot grant /nonexistent: No such file or directory"),
        ({"binds": [("/nonexistent", "/x", False)]}, "cannot grant /nonexistent: No such file or directory"),
        ({"binds": [("/", "x", False)]}, "cannot bind / at x: the guest path must start with /"),
        ({"binds": [("/", "/a/../b", False)]}, "cannot bind / at /a/../b: file name syntax"),
        ({"binds": [("/", "/a\nb", False)]}, "cannot bind / at /a\nb: bad character in file name: '/a\nb'"),
        ({"binds": [("/", "/dev/null", False)]}, "cannot bind / at /dev/null: inconsistent mount"),
        ({"binds": [("/dev/null", "/x", False)]}, "cannot grant /dev/null: neither a directory nor a regular file"),
        ({"binds": [("/", "/x", True)], "cwd": "/y"}, "cannot start in /y: file does not exist: '/y'; choose"),
        ({"root": __file__}, "is not a directory"),
    ],
)
def test_wishes_that_cannot_be_granted(options: dict[str, object], text: str) -> None:
    with pytest.raises(BootError) as error:
        FakeProcess(**options)
    assert text in str(error.value)


def test_the_program_need_not_be_granted(process: FakeProcess, tmp_path: Path) -> None:
    program = tmp_path / "prog"
    program.write_bytes(b"#!/bin/rc\n")
    program.chmod(0o755)
    chan: Chan = host_file(process, os.fsencode(program))  # type: ignore[arg-type]
    chan = chan.device.open(process, chan, OEXEC)  # type: ignore[arg-type]
    buffer = bytearray(4)
    assert chan.device.read(process, chan, memoryview(buffer), 2) == 4  # type: ignore[arg-type]
    assert buffer == b"/bin" and chan.path.text == os.fsencode(program)
    process.fds.add(process, chan)  # type: ignore[arg-type]
