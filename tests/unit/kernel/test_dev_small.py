"""The root, the console and its neighbours, descriptors as files, environment variables."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.errors import KernelError, Unsupported
from elf9.kernel import stat
from elf9.kernel.chan import DMDIR, OEXEC, ORCLOSE, ORDWR, OREAD, OTRUNC, OWRITE, QTEXCL, Qid
from elf9.kernel.dev.cons import Cons, tokenize
from elf9.kernel.sync import Block

from .fakes import SECONDS, FakeProcess


def listed(process: FakeProcess, name: str) -> list[stat.Dir]:
    return [stat.unpack(entry) for entry in stat.entries(process.contents(name))]


def names(process: FakeProcess, name: str) -> str:
    return " ".join(entry.name.decode() for entry in listed(process, name))


# The root


def test_root_is_the_kernels(start: Callable[..., FakeProcess]) -> None:
    process = start(binds=[("/", "/n/host", True)])
    assert names(process, "#/") == "boot bin dev env fd mnt n net net.alt proc rc root srv shr tmp"
    entries = {entry.name: entry for entry in listed(process, "#/")}
    assert entries[b"boot"].qid.path == 0x1000
    assert [entries[name].qid.path for name in (b"bin", b"dev", b"root")] == [3, 4, 13]
    # even here the listing shows what is mounted
    assert "".join(chr(entries.pop(name).type) for name in (b"fd", b"proc", b"shr", b"srv", b"tmp")) == "dpσsM"
    assert all(entry.mode == DMDIR | 0o555 and chr(entry.type) == "/" for entry in entries.values())
    assert process.refused(process.create, "/boot/x") == "permission denied: '/boot/x'"
    assert process.refused(process.remove, "/boot") == "permission denied"
    assert stat.unpack(process.stat("/")).qid.type == 0x80
    # rootgen finds an empty directory in itself
    assert process.fd2path(process.open("/mnt/mnt/mnt")) == b"/mnt/mnt/mnt"
    assert process.refused(process.open, "/boot/boot") == "file does not exist: '/boot/boot'"
    assert process.refused(process.open, "/mnt/n") == "file does not exist: '/mnt/n'"
    assert process.refused(process.create, "/env/env") == "permission denied: '/env/env'"


def test_a_directory_of_the_kernel_does_not_rewind_by_pread(process: FakeProcess) -> None:
    fd = process.open("#c")
    first = process.pread(fd, 200)
    assert process.pread(fd, 200, 0) not in (first, b"")
    process.seek(fd, 0)
    assert process.pread(fd, 200) == first
    assert process.refused(process.pread, fd, 200, 1) == "seek in directory"
    assert process.refused(process.pread, fd, 10, len(first)) == "i/o count too small"
    assert process.pread(fd, 0) == b""
    assert process.refused(process.seek, fd, 1) == "file is a directory"


def test_a_union_rewinds_and_takes_any_offset(process: FakeProcess) -> None:
    fd = process.open("/dev")
    first = process.pread(fd, 200)
    assert process.pread(fd, 200, 0) == first
    assert process.pread(fd, 200, 12345) not in (first, b"")
    process.seek(fd, 0)
    assert process.pread(fd, 10) == b""
    assert process.pread(fd, 200) == first


# Small files of /dev


def test_drivers(process: FakeProcess) -> None:
    wanted = ["root", "cons", "swap", "env", "pipe", "proc", "mnt", "srv", "shr", "dup", "segment"]
    lines = process.contents("/dev/drivers").decode().splitlines()
    assert [line.split()[1] for line in lines] == wanted
    assert [line[1] for line in lines] == list("/c¶e|pMsσdg")
    process.close(process.open("#s"))  # now it is there
    assert process.contents("/dev/drivers").decode().splitlines() == lines
    process.pwrite(process.open("/dev/drivers", OWRITE), b"chdev &~ |g")
    assert process.refused(process.open, "#|") == process.refused(process.open, "#g") == "mount/attach disallowed"
    assert [line.split()[1] for line in process.contents("/dev/drivers").decode().splitlines()] == [
        name for name in wanted if name not in ("pipe", "segment")
    ]


def test_a_new_hostowner(process: FakeProcess) -> None:
    child, other = process.fork(), process.fork()
    other.user = "other"
    process.kernel.processes = {one.pid: one for one in (process, child, other)}
    process.close(process.create("#s/x", OWRITE))
    process.pwrite(process.open("/dev/hostowner", OWRITE), b"gre")
    assert (process.user, child.user, other.user) == ("gre", "gre", "other")
    assert {entry.uid for entry in listed(process, "#s")} == {b"gre"}


def test_listing_of_dev(process: FakeProcess) -> None:
    assert names(process, "/dev") == (
        "bintime cons consctl cputime drivers hostdomain hostowner kmesg kprint null osversion pid ppid random "
        "reboot sysname sysstat time user zero config mordor swap swapfile"
    )
    entries = {entry.name.decode(): entry for entry in listed(process, "/dev")}
    shown = {name: (entry.qid.path, entry.mode & 0o777, entry.length) for name, entry in entries.items()}
    assert shown["bintime"] == (1, 0o664, 24)
    assert shown["cons"] == (2, 0o660, 0)
    assert shown["time"] == (18, 0o664, 78)
    assert shown["mordor"] == (21, 0o666, 0)
    assert shown["config"] == (22, 0o444, 0)
    assert entries["kprint"].qid.type == QTEXCL and entries["kprint"].mode == QTEXCL << 24 | 0o440
    assert entries["null"].atime == SECONDS and entries["null"].uid == b"glenda"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pid", b"          7 "),
        ("ppid", b"          1 "),
        ("user", b"glenda"),
        ("hostowner", b"glenda"),
        ("osversion", b"2000"),
        ("sysname", b""),
        ("null", b""),
        ("cputime", b"         10          20         130           0           0           0 "),
        ("time", b" 1700000000   1700000000123456789               5000000            1000000000 "),
        ("sysstat", b"          0 " * 10 + b"\n"),
    ],
)
def test_text(process: FakeProcess, name: str, text: bytes) -> None:
    assert process.contents("/dev/" + name) == text
    fd = process.open("/dev/" + name)
    assert process.pread(fd, 5, 3) == text[3:8]
    assert process.pread(fd, 5, len(text)) == b""


@pytest.mark.parametrize(("count", "got"), [(100, 24), (24, 24), (23, 16), (16, 16), (15, 8), (7, 0)])
def test_bintime(process: FakeProcess, count: int, got: int) -> None:
    data = process.pread(process.open("/dev/bintime"), count, 5)
    assert len(data) == got
    wanted = (process.kernel.now, 5_000_000, 1_000_000_000)
    assert data == b"".join(number.to_bytes(8, "big") for number in wanted)[:got]


def test_sysstat_counts_until_it_is_written(process: FakeProcess) -> None:
    process.kernel.switches, process.kernel.calls = 3, 12345
    zero = b"          0 "
    assert process.contents("/dev/sysstat") == zero + b"          3 " + zero + b"      12345 " + zero * 6 + b"\n"
    process.pwrite(process.open("/dev/sysstat", OWRITE), b"x")
    process.kernel.calls += 2
    assert process.contents("/dev/sysstat") == zero * 3 + b"          2 " + zero * 6 + b"\n"


def test_swap_says_what_the_run_may_take(process: FakeProcess) -> None:
    lines = process.contents("/dev/swap").decode().splitlines()
    assert lines[:3] == ["67108864 memory", "4096 pagesize", "0 kernel"]
    used, pages = lines[3].removesuffix(" user").split("/")
    assert int(used) > 0 and int(pages) == 16384
    assert lines[4:] == [
        "0/0 swap",
        "0/16384 reclaim",
        "0/0/0 kernel malloc",
        "0/0/0 kernel draw",
        "0/0/0 kernel secret",
    ]
    fd = process.open("#¶/swap", OWRITE)
    assert process.pwrite(fd, b"start") == 5
    assert process.refused(process.pwrite, fd, b"stop") == "bad process or channel control request"
    assert process.refused(process.pwrite, fd, b"9" * 9) == "fd out of range or not open"
    assert process.refused(process.pwrite, fd, b"s" * 256) == "the front fell off"
    with pytest.raises(Unsupported, match="swapping to descriptor"):
        process.pwrite(fd, b"%d" % process.open("/dev/null", ORDWR))
    assert process.refused(process.open, "#¶/swapfile", OREAD) == "permission denied: '#¶/swapfile'"
    assert process.refused(process.open, "#¶/swapfile", ORDWR) == "the front fell off: '#¶/swapfile'"


def test_zero_null_random(process: FakeProcess) -> None:
    assert process.pread(process.open("/dev/zero"), 1000, 1 << 40) == bytes(1000)
    fd = process.open("/dev/null", ORDWR)
    assert process.pwrite(fd, b"abc") == 3 and process.pread(fd) == b""
    assert process.pread(process.open("/dev/random"), 5) == bytes((0, 7, 14, 21, 28))


@pytest.mark.parametrize(
    ("name", "mode", "error"),
    [
        ("null", OEXEC, "permission denied: '/dev/null'"),
        ("zero", OWRITE, "permission denied: '/dev/zero'"),
        ("consctl", OREAD, "permission denied: '/dev/consctl'"),
        ("cons", OEXEC, "permission denied: '/dev/cons'"),
        ("nosuch", OREAD, "file does not exist: '/dev/nosuch'"),
    ],
)
def test_permissions_of_dev(process: FakeProcess, name: str, mode: int, error: str) -> None:
    assert process.refused(process.open, "/dev/" + name, mode) == error


def test_words_of_the_others(process: FakeProcess) -> None:
    mordor = process.open("/dev/mordor", ORDWR)
    assert process.refused(process.pread, mordor) == "one does not simply read from mordor"
    assert process.refused(process.pwrite, mordor, b"x") == "one does not simply write into mordor"
    assert process.refused(process.remove, "/dev/null") == "permission denied"


def test_consctl_takes_the_words_of_kbdfs(process: FakeProcess) -> None:
    console = process.kernel.devices.by_letter["c"]
    assert isinstance(console, Cons)

    def raw() -> bool:
        return console.raw

    one, two = process.open("/dev/consctl", OWRITE), process.open("/dev/consctl", OWRITE)
    assert process.pwrite(one, b"rawon") == 5
    assert raw()
    assert process.pwrite(two, b"rawoff\n") == 7
    assert not raw()
    process.pwrite(two, b"rawon and more")
    for word in (b"raw", b"", b"RAWON", b" rawon", b"holdon"):
        assert process.refused(process.pwrite, one, word) == "invalid argument"
    process.close(two)
    assert raw()
    process.close(one)
    assert not raw()


class OnTerminal:
    """A process whose descriptor 0 is a terminal of the test's."""

    def __init__(self, start: Callable[..., FakeProcess]) -> None:
        self.keyboard, self.terminal = pty.openpty()
        self.before = termios.tcgetattr(self.terminal)
        self.process = start(descriptors=(self.terminal, 1, 2))

    def attributes(self) -> list[Any]:
        return termios.tcgetattr(self.terminal)


@pytest.fixture
def on_terminal(start: Callable[..., FakeProcess]) -> Iterator[OnTerminal]:
    made = OnTerminal(start)
    yield made
    os.close(made.keyboard)
    os.close(made.terminal)


def test_raw_mode_of_a_terminal(on_terminal: OnTerminal) -> None:
    process = on_terminal.process
    console = process.open("/dev/cons")
    control = process.open("/dev/consctl", OWRITE)
    os.write(on_terminal.keyboard, b"a")
    with pytest.raises(Block) as waits:
        process.pread(console, 10)
    assert waits.value.readable == on_terminal.terminal
    process.pwrite(control, b"rawon")
    flags = on_terminal.attributes()[3]
    assert flags & (termios.ICANON | termios.ECHO) == 0
    assert process.pread(console, 10) == b"a"
    erase = on_terminal.before[6][termios.VERASE]
    os.write(on_terminal.keyboard, b"\x03\x04\x1a\r" + erase)
    assert process.pread(console, 10) == b"\x03\x04\x1a\n\x08"
    process.close(control)
    assert on_terminal.attributes() == on_terminal.before
    os.write(on_terminal.keyboard, b"line\n\x04")
    assert process.pread(console, 10) == b"line\n"
    assert process.pread(console, 10) == b""


def test_the_terminal_is_put_back_at_the_end_of_the_run(on_terminal: OnTerminal) -> None:
    process = on_terminal.process
    process.pwrite(process.open("/dev/consctl", OWRITE), b"rawon")
    assert on_terminal.attributes() != on_terminal.before
    console = process.kernel.devices.by_letter["c"]
    assert isinstance(console, Cons)
    console.shutdown()
    assert on_terminal.attributes() == on_terminal.before


def test_sysname(process: FakeProcess) -> None:
    fd = process.open("/dev/sysname", ORDWR)
    process.pwrite(fd, b"cirno\n", 0)
    assert process.contents("/dev/sysname") == b"cirno"
    for data, offset in ((b"", 0), (b"x" * 256, 0), (b"x", 1)):
        assert process.refused(process.pwrite, fd, data, offset) == "bad arg in system call"


def test_owner_and_none(process: FakeProcess) -> None:
    fd = process.open("/dev/hostowner", OWRITE)
    assert process.refused(process.pwrite, fd, b"") == "bad arg in system call"
    assert process.refused(process.pwrite, fd, b"x" * 28) == "name too long"
    process.pwrite(fd, b"cinap")
    assert process.contents("/dev/user") == b"cinap"
    assert listed(process, "/dev")[0].uid == b"cinap"
    user = process.open("/dev/user", OWRITE)
    assert process.refused(process.pwrite, user, b"root") == "permission denied"
    process.pwrite(user, b"none")
    assert process.contents("/dev/user") == b"none"
    assert process.refused(process.pwrite, fd, b"glenda") == "permission denied"
    assert process.refused(process.open, "/dev/cons") == "permission denied: '/dev/cons'"
    process.close(process.open("/t"))  # attached by who was host owner then


def test_what_would_change_the_host_is_said_aloud(process: FakeProcess) -> None:
    fd = process.open("/dev/time", OWRITE)
    assert process.refused(process.pwrite, fd, b"1234567890123") == "bad time control"
    for text in (b"", b"0", b"now", b"-5"):
        assert process.refused(process.pwrite, fd, text) == "bad time control"
    with pytest.raises(Unsupported, match="/dev/time"):
        process.pwrite(fd, b"1")
    fd = process.open("/dev/bintime", OWRITE)
    for data in (b"", b"n", b"n1234567", b"d12345678901", b"f1234567", b"f" + bytes(8), b"f" + b"\xff" * 8):
        assert process.refused(process.pwrite, fd, data) == "bad time control"
    assert process.pwrite(fd, b"xy") == 2
    with pytest.raises(Unsupported, match="/dev/bintime"):
        process.pwrite(fd, b"n12345678")
    fd = process.open("/dev/reboot", OWRITE)
    assert process.refused(process.pwrite, fd, b"") == "empty control message"
    assert process.refused(process.pwrite, fd, b"halt now") == 'unknown control message "halt now"'
    with pytest.raises(Unsupported, match="/dev/reboot"):
        process.pwrite(process.open("/dev/reboot", OWRITE), b"reboot")


# The console


def test_output_goes_to_the_hosts_descriptors(process: FakeProcess, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    everything = bytes(range(256))
    assert process.pwrite(1, everything) == 256
    assert process.pwrite(2, b"err", 99) == 3
    assert process.pwrite(process.open("/dev/cons", OWRITE), b"!") == 1
    assert process.pwrite(1, b"") == 0
    out, err = capfdbinary.readouterr()
    assert (out, err) == (everything + b"!", b"err")
    assert process.contents("/dev/kmesg") == everything + b"err!"
    assert process.refused(process.pread, 1) == "inappropriate use of fd"
    assert process.fd2path(1) == b"/dev/cons"


def test_kmesg_keeps_the_end(process: FakeProcess, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for index in range(3000):
        process.pwrite(1, b"%09d\n" % index)
    text = process.contents("/dev/kmesg")
    assert len(text) == 16384 and text.endswith(b"000002998\n000002999\n")
    capfdbinary.readouterr()


def test_kprint_is_for_one(process: FakeProcess, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    fd = process.open("/dev/kprint")
    assert process.refused(process.open, "/dev/kprint") == "device or object already in use: '/dev/kprint'"
    with pytest.raises(Block):
        process.pread(fd)
    process.pwrite(1, b"abc")
    assert process.pread(fd) == b"abc"
    process.close(fd)
    process.pwrite(1, b"unheard")
    assert process.open("/dev/kprint") == fd
    capfdbinary.readouterr()


def tie(process: FakeProcess, fd: int, descriptor: int) -> None:
    """Put another host descriptor behind 0, 1 or 2."""
    chan = process.fds.chans[fd]
    assert chan is not None
    chan.aux = descriptor


def test_the_hosts_descriptors_are_a_choice(start: Callable[..., FakeProcess]) -> None:
    out, into = os.pipe()
    process = start(binds=[], cwd="/", descriptors=(out, into, into))
    process.pwrite(1, b"1")
    process.pwrite(2, b"2")
    process.pwrite(process.open("/dev/cons", OWRITE), b"3")
    assert process.pread(0, 2) == b"12" and process.pread(process.open("/dev/cons")) == b"3"
    os.close(out)
    os.close(into)


def test_reading_waits_without_side_effects(process: FakeProcess) -> None:
    out, into = os.pipe()
    tie(process, 0, out)
    with pytest.raises(Block) as wait:
        process.pread(0)
    assert wait.value.readable == out
    assert process.pread(0, 0) == b""
    os.write(into, b"\0\xff line\n")
    assert process.pread(0, 3) == b"\0\xff "
    assert process.pread(0, 100, 50) == b"line\n"
    os.close(into)
    assert process.pread(0) == b""
    os.close(out)
    assert process.refused(process.pread, 0) == "i/o error"


def test_reading_a_file_never_waits(process: FakeProcess) -> None:
    with open("input", "wb+") as file:
        file.write(b"abcdef")
        file.seek(0)
        tie(process, 0, file.fileno())
        assert [process.pread(0, 4), process.pread(0, 4), process.pread(0, 4)] == [b"abcd", b"ef", b""]


def test_a_closed_pipe_downstream(process: FakeProcess) -> None:
    out, into = os.pipe()
    tie(process, 1, into)
    os.close(out)
    assert process.refused(process.pwrite, 1, b"x") == "i/o on hungup channel"
    assert process.kernel.output_closed
    os.close(into)


def test_a_full_pipe_that_does_not_block_is_waited_for(process: FakeProcess) -> None:
    import threading

    out, into = os.pipe()
    os.set_blocking(into, False)
    tie(process, 1, into)
    data = os.urandom(300_000)
    got = bytearray()

    def drain() -> None:
        while len(got) < len(data):
            got.extend(os.read(out, 65536))

    reader = threading.Thread(target=drain)
    reader.start()
    at = process.put(data, 0x400000 + 0x10000)
    assert process.call(51, 1, at, len(data), -1) == len(data)
    reader.join()
    assert got == data
    os.close(out)
    os.close(into)


def test_output_limit(
    start: Callable[..., FakeProcess], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Console and files together."""
    process = start(binds=[(str(tmp_path), "/t", False)], cwd="/t", max_output=10)
    process.pwrite(1, b"1234")
    process.pwrite(process.create("f"), b"abcd")
    process.pwrite(process.open("/dev/null", OWRITE), b"does not count")
    assert process.kernel.limited == 0
    process.pwrite(2, b"xyz")
    assert process.kernel.limited == 1
    process.pwrite(process.create("g"), b"more")
    assert capfdbinary.readouterr() == (b"1234", b"xy")
    assert ((tmp_path / "f").read_bytes(), (tmp_path / "g").read_bytes()) == (b"abcd", b"")


@given(st.lists(st.binary(max_size=10).filter(lambda word: b"\0" not in word)))
def test_tokenize_undoes_quoting(words: list[bytes]) -> None:
    text = b" ".join(b"'" + word.replace(b"'", b"''") + b"'" for word in words)
    assert tokenize(text) == words


# Descriptors as files


def test_fd_directory(process: FakeProcess) -> None:
    fd = process.create("f", ORDWR)
    assert names(process, "/fd") == "0 0ctl 1 1ctl 2 2ctl 3 3ctl 4 4ctl"
    modes = {entry.name: (entry.mode, entry.qid.path) for entry in listed(process, "/fd")}
    assert modes[b"0"] == (0o400, 1) and modes[b"1"] == (0o200, 3) and modes[b"3"] == (0o600, 7)
    assert modes[b"3ctl"] == (0o400, 8)
    process.pwrite(fd, b"hello")
    again = process.open(f"/fd/{fd}", OREAD)
    assert process.fds.chans[again] is process.fds.chans[fd]
    assert process.fd2path(again) == b"/t/f"
    assert process.refused(process.open, "/fd/1", OREAD) == "inappropriate use of fd: '/fd/1'"
    assert process.refused(process.open, "/fd/9") == "file does not exist: '/fd/9'"
    assert process.refused(process.open, "/fd/01") == "file does not exist: '/fd/01'"
    assert process.refused(process.open, "/fd/3", OREAD | ORCLOSE) == "permission denied: '/fd/3'"
    assert process.refused(process.open, "/fd", OWRITE) == "file is a directory: '/fd'"
    assert process.refused(process.create, "/fd/77") == "mounted directory forbids creation: '/fd/77'"
    assert process.refused(process.create, "#d/77") == "permission denied: '#d/77'"


def test_ctl_line(process: FakeProcess, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    process.pwrite(1, b"x" * 143)
    line = b"  1 w  c    0 (0000000000000002 0 00)     0      143 /dev/cons\n"
    assert process.contents("/fd/1ctl") == line
    ctl = process.open("/fd/1ctl", ORDWR | OTRUNC)
    assert process.pread(ctl, 3, 2) == b"1 w"
    assert process.refused(process.pwrite, ctl, b"x") == "permission denied"
    process.close(1)
    assert process.refused(process.pread, ctl) == "fd out of range or not open"
    capfdbinary.readouterr()


# Environment


def put(process: FakeProcess, name: str, value: bytes, mode: int = OWRITE) -> None:
    fd = process.create("/env/" + name, mode)
    process.pwrite(fd, value)
    process.close(fd)


def test_variables(start: Callable[..., FakeProcess]) -> None:
    process = start(binds=[], cwd="/", env={b"home": b"/usr/glenda"})
    assert names(process, "/env") == "cputype objtype service terminal home"
    assert process.contents("/env/home") == b"/usr/glenda"
    assert process.contents("/env/cputype") == b"amd64"
    put(process, "path", b"/bin\0.\0")
    entry = stat.unpack(process.stat("/env/path"))
    assert (entry.length, entry.mode, entry.qid.vers) == (7, 0o666, 1)
    put(process, "path", b"x")
    assert process.contents("/env/path") == b"x"
    process.remove("/env/path")
    assert process.refused(process.open, "/env/path") == "file does not exist: '/env/path'"


def test_slots_are_filled_again(process: FakeProcess) -> None:
    for name in ("v1", "v2", "v3"):
        put(process, name, b"")
    before = names(process, "#e")
    process.remove("#e/v2")
    put(process, "new", b"")
    assert names(process, "#e") == before.replace("v2", "new")


def test_a_removed_variable_is_gone_for_its_descriptors(process: FakeProcess) -> None:
    put(process, "v", b"1")
    fd = process.open("/env/v", ORDWR)
    process.remove("/env/v")
    put(process, "v", b"2")
    for action in (process.pread, process.fstat):
        assert process.refused(action, fd) == "file does not exist"
    assert process.refused(process.pwrite, fd, b"x") == "file does not exist"


def test_writing_beyond_the_end(process: FakeProcess) -> None:
    fd = process.create("/env/v", ORDWR)
    process.pwrite(fd, b"ab", 4)
    assert process.pread(fd, 10, 0) == b"\0\0\0\0ab"
    process.pwrite(fd, b"", 9)
    assert process.pread(fd, 10, 0) == b"\0\0\0\0ab\0\0\0"
    assert stat.unpack(process.fstat(fd)).qid.vers == 2


def test_limits_of_variables(process: FakeProcess) -> None:
    group = process.environment
    fd = process.create("/env/big", ORDWR)
    assert process.refused(process.pwrite, fd, b"x", 512 * 1024) == "read or write too large"
    process.pwrite(fd, b"x", 512 * 1024 - 1)
    other = process.create("/env/other", ORDWR)
    room = (1 << 20) - group.size
    process.pwrite(other, b"x", room - 60)
    third = process.create("/env/third", ORDWR)
    assert process.refused(process.pwrite, third, b"x" * 20) == "kernel allocate failed"
    assert process.refused(process.create, "/env/fourth") == "kernel allocate failed: '/env/fourth'"
    assert stat.unpack(process.fstat(third)).length == 0
    process.remove("/env/third")
    assert process.refused(process.create, "/env/" + "n" * 128).startswith("name too long: '...")
    process.remove("/env/big")
    process.close(process.create("/env/" + "n" * 127))


def test_variables_without_values_take_room_as_well(process: FakeProcess) -> None:
    count = 0
    with pytest.raises(KernelError, match="kernel allocate failed"):
        while True:
            process.close(process.create(f"/env/{count:06}"))
            count += 1
    assert 15000 < count < (1 << 20) // 40
    process.remove("/env/000007")
    process.close(process.create("/env/again"))


def test_modes_of_variables(process: FakeProcess) -> None:
    put(process, "v", b"abc")
    assert process.refused(process.open, "/env", OWRITE) == "permission denied: '/env'"
    process.close(process.open("/env/v", OREAD | OTRUNC))
    assert process.contents("/env/v") == b""
    process.close(process.create("/env/d", OREAD, DMDIR | 0o777))
    assert stat.unpack(process.stat("/env/d")).mode == 0o666
    fd = process.create("/env/gone", OWRITE | ORCLOSE)
    process.close(fd)
    assert process.refused(process.stat, "/env/gone") == "file does not exist: '/env/gone'"
    assert process.refused(process.wstat, "/env/v", stat.pack(stat.Dir(b"", Qid(0), 0))) == "permission denied"


def test_groups(process: FakeProcess) -> None:
    put(process, "v", b"old")
    fd = process.open("/env/v", ORDWR)
    directory = process.open("#e")
    before = process.environment
    process.environment = before.copy()
    assert process.environment.items() == before.items()
    process.pwrite(fd, b"new", 0)
    assert process.contents("/env/v") == b"old"
    assert before.get(b"v") == b"new"
    put(process, "fresh", b"")
    assert b"fresh" not in process.pread(directory)
    assert stat.unpack(process.fstat(fd)).mode == 0o664
    conf = process.create("#ec/console", OWRITE)
    process.pwrite(conf, b"0")
    assert process.contents("/env/console") == b"0"
    process.user = "none"
    assert process.refused(process.create, "#ec/x") == "permission denied: '#ec/x'"
    with pytest.raises(KernelError, match="bad arg in system call"):
        process.open("#ex")
