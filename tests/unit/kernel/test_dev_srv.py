"""Postings and boards of /srv: who may, what a number is, and how long things live."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elf9.kernel import stat
from elf9.kernel.chan import DMDIR, OCEXEC, OEXCL, OEXEC, ORCLOSE, ORDWR, OREAD, OTRUNC, OWRITE, QTAUTH, Qid
from elf9.kernel.dev.pipe import Pipe
from elf9.kernel.dev.srv import Srv, parse_number
from elf9.kernel.sync import Block

from .fakes import FakeProcess
from .test_dev_pipe import pipe

DOWN = "device shut down: '#s/{}'"
DENIED = "permission denied: '#s/{}'"


@pytest.fixture
def guest(process: FakeProcess) -> Iterator[FakeProcess]:
    """A process whose kernel has #s and pipes, and a descriptor 0 that can be read only."""
    devices = process.kernel.devices
    for device in (Pipe, Srv):
        if device.letter not in devices.by_letter:
            devices.add(device(devices))
    yield process
    process.user = process.kernel.devices.host_owner
    for name in names(process).split()[1:]:
        if not stat.unpack(process.stat("#s/" + name)).mode & DMDIR:
            process.remove("#s/" + name)


def post(process: FakeProcess, name: str, fd: int, perm: int = 0o600) -> None:
    posting = process.create(f"#s/{name}", OWRITE, perm)
    assert process.pwrite(posting, b"%d" % fd) == len(str(fd))
    process.close(posting)


def listed(process: FakeProcess, name: str = "#s") -> list[stat.Dir]:
    return [stat.unpack(entry) for entry in stat.entries(process.contents(name))]


def names(process: FakeProcess, name: str = "#s") -> str:
    return " ".join(entry.name.decode() for entry in listed(process, name))


def change(process: FakeProcess, name: str, *, rename: bytes = b"", mode: int | None = None, uid: bytes = b"") -> int:
    entry = stat.Dir(rename, Qid(0), 0xFFFFFFFF if mode is None else mode, length=stat.NO_CHANGE64)
    entry.uid = uid
    entry.atime = entry.mtime = stat.NO_CHANGE32
    return process.wstat(name, stat.pack(entry))


# Posting and opening


def test_the_posted_channel_itself(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    post(guest, "a", one)
    chan = guest.fds.chan(one)
    for mode in (ORDWR, OREAD, OWRITE, OREAD | OCEXEC):
        fd = guest.open("#s/a", mode)
        assert guest.fds.chan(fd) is chan
        guest.pwrite(fd, b"x")  # whatever the mode was
        assert guest.pread(other) == b"x"
        guest.close(fd)
    assert guest.fd2path(one) == b"#|/data"
    assert chan.srvname == b"#s/a"
    post(guest, "b", one)
    assert chan.srvname == b"#s/a"


def test_modes_must_agree(guest: FakeProcess) -> None:
    post(guest, "r", 0)
    assert guest.fds.chan(0).mode == OREAD
    guest.close(guest.open("#s/r", OREAD))
    for mode in (OWRITE, ORDWR):
        assert guest.refused(guest.open, "#s/r", mode) == DENIED.format("r")
    one, _ = pipe(guest)
    post(guest, "p", one)
    assert guest.refused(guest.open, "#s/p", OEXEC) == DENIED.format("p")
    assert guest.refused(guest.open, "#s/p", OREAD | OTRUNC) == "file already exists: '#s/p'"
    assert guest.refused(guest.open, "#s/p", OREAD | ORCLOSE) == DENIED.format("p")


def test_permissions(guest: FakeProcess) -> None:
    one, _ = pipe(guest)
    post(guest, "secret", one, 0o600)
    post(guest, "open", one, 0o777)
    post(guest, "read", one, 0o644)
    guest.user = "other"
    assert guest.refused(guest.open, "#s/secret", OREAD) == DENIED.format("secret")
    assert guest.refused(guest.remove, "#s/secret") == "permission denied"
    assert guest.refused(change, guest, "#s/secret", mode=0o777) == "permission denied"
    guest.close(guest.open("#s/open", ORDWR))
    guest.close(guest.open("#s/read", OREAD))
    assert guest.refused(guest.open, "#s/read", ORDWR) == DENIED.format("read")
    guest.close(guest.create("#s/mine", OWRITE, 0o600))
    guest.user = "third"
    assert guest.refused(guest.remove, "#s/mine") == "permission denied"
    guest.user = "glenda"  # the host owner
    guest.remove("#s/mine")


@pytest.mark.parametrize("mode", [OREAD, ORDWR, OEXEC])
def test_create_is_for_writing(guest: FakeProcess, mode: int) -> None:
    assert guest.refused(guest.create, "#s/x", mode, 0o600) == DENIED.format("x")


def test_create(guest: FakeProcess) -> None:
    for number, mode in enumerate((OWRITE, OWRITE | OTRUNC, OWRITE | OCEXEC, OWRITE | OEXCL)):
        guest.close(guest.create(f"#s/{number}", mode, DMDIR | 0o7654))
    entry = stat.unpack(guest.stat("#s/0"))
    assert entry.mode == 0o654 and entry.uid == b"glenda" and chr(entry.type) == "s"
    for name in ("0", "clone"):
        assert guest.refused(guest.create, f"#s/{name}", OWRITE) == f"file already exists: '#s/{name}'"
    long = "n" * 127
    guest.close(guest.create("#s/" + long, OWRITE))
    assert guest.refused(guest.create, f"#s/{long}n", OWRITE).startswith("name too long: '...")
    assert guest.refused(guest.open, "#s/x/y") == "file does not exist: '#s/x'"
    assert guest.refused(guest.open, "#s/0/y") == "not a directory: '#s/0'"


def test_listing(guest: FakeProcess) -> None:
    for name in "abc":
        guest.close(guest.create("#s/" + name, OWRITE))
    guest.close(guest.open("#s/clone"))
    assert names(guest) == "clone c b a"
    entries = {entry.name: entry for entry in listed(guest)}
    assert entries[b"clone"].mode == 0o444 and entries[b"clone"].qid.path == 1
    assert [entries[name].qid.path for name in (b"a", b"b", b"c")] == [4, 8, 12]
    board = guest.open("#s/clone")
    assert names(guest) == "clone c b a 5"
    guest.close(board)
    root = stat.unpack(guest.stat("#s"))
    assert root.mode == DMDIR | 0o777 and root.name == b"#s"
    for mode in (OWRITE, ORDWR):
        assert guest.refused(guest.open, "#s", mode) == "file is a directory"
    assert guest.refused(guest.open, "#s", OREAD | OTRUNC) == "file already exists"


# The number


@given(st.integers(-(1 << 40), 1 << 40), st.sampled_from([b"", b" ", b"\t\n"]), st.sampled_from([b"", b"\n", b" x"]))
def test_numbers(value: int, before: bytes, behind: bytes) -> None:
    wanted = value & 0xFFFFFFFF if abs(value) < 1 << 32 else 0xFFFFFFFF
    for text in (
        b"%d" % value,
        (b"-" if value < 0 else b"") + b"0x%X" % abs(value),
        oct(value).replace("o", "").encode(),
    ):
        assert parse_number(before + text + behind) == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"junk", 0), (b"", 0), (b"1\0002", 1), (b"+3", 3), (b"0x", 0), (b"0xg", 0), (b"08", 0), (b"- 1", 0), (b"010", 8)],
)
def test_strange_numbers(text: bytes, value: int) -> None:
    assert parse_number(text) == value


@settings(max_examples=50)
@given(st.binary(max_size=40))
def test_any_number(text: bytes) -> None:
    assert 0 <= parse_number(text) <= 0xFFFFFFFF


@pytest.mark.parametrize("text", [b"junk", b"", b"0", b" 0", b"0\n", b"0 junk", b"0" * 31])
def test_lenient_numbers(guest: FakeProcess, text: bytes) -> None:
    fd = guest.create("#s/a", OWRITE, 0o600)
    assert guest.refused(guest.open, "#s/a") == DOWN.format("a")
    assert guest.pwrite(fd, text) == len(text)
    opened = guest.open("#s/a")
    assert guest.fds.chan(opened) is guest.fds.chan(0)


def test_writing_again(guest: FakeProcess) -> None:
    fd = guest.create("#s/a", OWRITE, 0o600)
    assert guest.refused(guest.pwrite, fd, b"0" * 32) == "read or write too large"
    for text in (b"99", b"-1", b"99999999999"):
        assert guest.refused(guest.pwrite, fd, text) == "fd out of range or not open"
    guest.pwrite(fd, b"0")
    assert guest.refused(guest.pwrite, fd, b"0") == "inappropriate use of fd"
    assert guest.refused(guest.pread, fd) == "inappropriate use of fd"


def test_an_auth_file_is_not_posted(guest: FakeProcess) -> None:
    one, _ = pipe(guest)
    chan = guest.fds.chan(one)
    chan.qid = Qid(chan.qid.path, 0, QTAUTH)
    fd = guest.create("#s/a", OWRITE, 0o600)
    assert guest.refused(guest.pwrite, fd, b"%d" % one) == "cannot post auth file in srv"


# How long


def test_a_posting_keeps_its_channel(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    post(guest, "a", one)
    guest.close(one)
    with pytest.raises(Block):
        guest.pread(other)
    helper = guest.fork()
    helper.remove("#s/a")
    assert guest.again() == 0
    assert guest.refused(guest.remove, "#s/a") == "file does not exist: '#s/a'"


def test_a_removed_posting(guest: FakeProcess) -> None:
    fd = guest.create("#s/a", OWRITE, 0o600)
    guest.remove("#s/a")
    assert guest.refused(guest.pwrite, fd, b"0") == "file does not exist"
    assert guest.refused(guest.fstat, fd) == "file does not exist"


def test_removed_at_close(guest: FakeProcess) -> None:
    fd = guest.create("#s/a", OWRITE | ORCLOSE, 0o600)
    guest.pwrite(fd, b"0")
    guest.close(guest.open("#s/a"))
    guest.close(fd)
    assert names(guest) == "clone"


def test_a_posting_may_post_itself(guest: FakeProcess) -> None:
    fd = guest.create("#s/a", OWRITE, 0o600)
    guest.pwrite(fd, b"%d" % fd)
    assert guest.fds.chan(guest.open("#s/a", OWRITE)) is guest.fds.chan(fd)
    guest.remove("#s/a")


@pytest.mark.parametrize("name", ["#s", "#s/clone"])
def test_what_cannot_be_removed_or_changed(guest: FakeProcess, name: str) -> None:
    assert guest.refused(guest.remove, name) == "permission denied"
    assert guest.refused(change, guest, name, mode=0o777) == "permission denied"


def test_wstat(guest: FakeProcess) -> None:
    post(guest, "a", 0)
    guest.close(guest.create("#s/b", OWRITE))
    assert change(guest, "#s/a", rename=b"new", mode=0o7444, uid=b"someone") > 0
    entry = stat.unpack(guest.stat("#s/new"))
    assert (entry.mode, entry.uid) == (0o444, b"someone")
    assert change(guest, "#s/new", rename=b"new") > 0
    for name in (b"b", b"clone"):
        assert guest.refused(change, guest, "#s/new", rename=name) == "file already exists"
    assert guest.refused(change, guest, "#s/new", rename=b"n" * 128) == "name too long"
    # a shorter one is looked at before the device sees it
    assert guest.refused(change, guest, "#s/new", rename=b"x/" * 40) == "bad character in file name"


# Boards


def test_a_board(guest: FakeProcess) -> None:
    lease = guest.open("#s/clone")
    name = guest.pread(lease).decode()
    assert guest.pread(lease) == b""
    assert guest.refused(guest.pwrite, guest.open("#s/clone", ORDWR), b"x") == "permission denied"
    assert guest.refused(guest.fstat, lease) == "file does not exist"
    board = stat.unpack(guest.stat("#s/" + name))
    assert board.mode == DMDIR | 0o770 and board.uid == b"glenda"
    fd = guest.create(f"#s/{name}/inside", OWRITE, 0o600)
    guest.pwrite(fd, b"0")
    assert names(guest, "#s/" + name) == "clone inside"
    assert guest.stat(f"#s/{name}/..")[8:21] == guest.stat("#s")[8:21]
    guest.close(guest.open(f"#s/{name}/inside"))
    guest.close(lease)
    # what was open keeps it, but is of no use any more
    assert names(guest, "#s/" + name) == "clone"
    assert guest.refused(guest.pwrite, fd, b"0") == "device shut down"
    assert guest.refused(guest.fstat, fd) == "file does not exist"
    guest.close(fd)
    assert guest.refused(guest.stat, "#s/" + name) == f"file does not exist: '#s/{name}'"


def test_a_board_in_a_board(guest: FakeProcess) -> None:
    outer = guest.open("#s/clone")
    outer_name = guest.pread(outer).decode()
    inner = guest.open(f"#s/{outer_name}/clone")
    inner_name = guest.pread(inner).decode()
    guest.close(outer)
    # it stays to be walked through, but nothing can be posted there
    where = f"#s/{outer_name}"
    assert names(guest, where) == f"clone {inner_name}"
    assert guest.refused(guest.create, where + "/x", OWRITE) == f"device shut down: '{where}/x'"
    assert guest.refused(guest.open, where + "/clone") == f"device shut down: '{where}/clone'"
    guest.close(guest.create(f"{where}/{inner_name}/y", OWRITE))
    guest.close(inner)
    assert names(guest) == "clone"


def test_a_board_is_private(guest: FakeProcess) -> None:
    lease = guest.open("#s/clone")
    name = "#s/" + guest.pread(lease).decode()
    guest.user = "other"
    for action in (guest.stat, guest.open):
        assert guest.refused(action, name) == f"permission denied: '{name}'"
    guest.user = "glenda"
    assert change(guest, name, mode=0o755, rename=b"board") > 0
    guest.user = "other"
    assert names(guest, "#s/board") == "clone"
    assert guest.refused(guest.create, "#s/board/x", OWRITE) == "permission denied: '#s/board/x'"


def test_the_hostowner_is_renamed(guest: FakeProcess) -> None:
    post(guest, "a", 0)
    device = guest.kernel.devices.by_letter["s"]
    assert isinstance(device, Srv)
    device.rename_user("glenda", "gre")
    assert [entry.uid for entry in listed(guest)][1:] == [b"gre"]
    assert stat.unpack(guest.stat("#s")).uid == b"gre"
