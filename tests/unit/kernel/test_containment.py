"""Nothing outside of what was granted can be reached, whatever the host does meanwhile; limits hold.

What a single look can show is in test_dev_host.py.  Here are races, real ones, against a thread of the host's, the
host's own special trees, large things, a host that runs out of something, and whole runs that reach a limit.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from elf9.errors import KernelError
from elf9.kernel import stat
from elf9.kernel.chan import DMDIR, OEXEC, ORDWR, OREAD, OTRUNC, OWRITE, Qid
from elf9.kernel.dev.cons import tokenize
from elf9.kernel.memory import AddressSpace
from elf9.target import TARGETS

from .fake_cpu import FakeCpu
from .fakes import FakeProcess

TOP = Path(__file__).resolve().parents[3]

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


# Names that are ways


@pytest.mark.parametrize(
    "name",
    [
        b"./" * 40 + b"../outside/escaped",
        b"./" * 40 + b"../outside/f",
        b"d/../" * 20 + b"x",
        b"/" * 70 + b"tmp/elf9-escaped",
        b"{outside}/" + b"./" * 40 + b"escaped",
        b"d/" + b"x" * 70,
        b"f\0" + b"x" * 70,
        b"a\0b",
        b"../outside/f",
        b"..",
        b".",
        b"/",
    ],
)
def test_a_new_name_is_no_way(prison: FakeProcess, tmp_path: Path, name: bytes) -> None:
    """wstat: the kernel looks for slashes in names of less than 64 bytes only."""
    name = name.replace(b"{outside}", os.fsencode(tmp_path / "outside"))
    before = looks(tmp_path)
    entry = stat.Dir(name, Qid(stat.NO_CHANGE64, stat.NO_CHANGE32, 0xFF), stat.NO_CHANGE32, length=stat.NO_CHANGE64)
    entry.type, entry.dev = 0xFFFF, stat.NO_CHANGE32
    entry.atime = entry.mtime = stat.NO_CHANGE32
    for file in ("f", "d/f", "d"):
        said = prison.refused(prison.wstat, file, stat.pack(entry))
        assert said.startswith(("bad character in file name", "permission denied"))
    fd = prison.open("f", ORDWR)
    assert prison.refused(prison.call, 45, fd, prison.put(stat.pack(entry), 0x420000), len(stat.pack(entry)))
    assert looks(tmp_path) == before


# What the host does meanwhile

#: Swaps a directory and a link that leads out, as fast as it can, until its standard input closes.
SWAP = """
import os, select, sys
os.chdir(sys.argv[1])
while not select.select([0], [], [], 0)[0]:
    for _ in range(50):
        os.rename("d", "kept")
        os.rename("trap", "d")
        os.rename("d", "trap")
        os.rename("kept", "d")
"""


@contextmanager
def swapping(folder: Path) -> Iterator[None]:
    """`d` in `folder` is now itself, now the link `trap`, now nothing."""
    with subprocess.Popen([sys.executable, "-c", SWAP, str(folder)], stdin=subprocess.PIPE) as swapper:
        try:
            yield
        finally:
            assert swapper.stdin is not None
            swapper.stdin.close()
            assert swapper.wait(10) == 0


@pytest.fixture
def prison(start: Start, tmp_path: Path) -> FakeProcess:
    """/t is tmp/inside; tmp/outside has the same names and what must not be seen or changed."""
    for place, text in (("inside", "fine"), ("outside", "secret")):
        (tmp_path / place / "d" / "e").mkdir(parents=True)
        for name in ("f", "d/f", "d/e/f"):
            (tmp_path / place / name).write_text(text)
    return start(binds=[(str(tmp_path / "inside"), "/t", False)], cwd="/t")


def looks(folder: Path) -> list[tuple[str, bytes, int, int]]:
    """All of a tree that can change."""
    found = []
    for place in (folder, *sorted(folder.rglob("*"))):
        known = place.lstat()
        text = place.read_bytes() if place.is_file() else b""
        found.append((str(place), text, known.st_mode, known.st_mtime_ns))
    return found


@pytest.mark.parametrize("trap", ["../outside/d", "absolute", "loop"])
def test_a_directory_swapped_for_a_link_all_the_time(prison: FakeProcess, tmp_path: Path, trap: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    os.symlink({"absolute": str(outside / "d"), "loop": "trap"}.get(trap, trap), inside / "trap")
    before = looks(outside)
    fine = refused = 0
    with swapping(inside):
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            for action in (
                lambda: prison.contents("d/f"),
                lambda: prison.contents("d/e/f"),
                lambda: prison.contents("d/e/../f"),
                lambda: prison.contents("/t/d/e/../../d/f"),
                lambda: prison.close(prison.create("d/new", ORDWR)),
                lambda: prison.close(prison.open("d/f", ORDWR)),
                lambda: prison.remove("d/new"),
                lambda: prison.wstat("d/f", change_of_mode(0o600)),
                lambda: prison.close(prison.create("d/e/dir", OREAD, DMDIR | 0o777)),
                lambda: prison.remove("d/e/dir"),
                lambda: prison.contents("d"),
                lambda: prison.chdir("d/e"),
                lambda: prison.contents("../f"),
                lambda: prison.chdir("/t"),
            ):
                try:
                    got = action()
                except KernelError as error:
                    refused += 1
                    word = error.text.decode().partition(":")[0]
                    assert word in (
                        "file does not exist",
                        "permission denied",
                        "not a directory",
                        "file already exists",
                    )
                    continue
                fine += 1
                assert not isinstance(got, bytes) or b"secret" not in got
    assert looks(outside) == before
    assert fine and refused


def test_a_file_swapped_for_what_is_none(prison: FakeProcess, tmp_path: Path) -> None:
    """A file, a link to a secret and a FIFO take turns under one name: no open waits, or gets another one."""
    inside = tmp_path / "inside"
    os.symlink("../outside/f", inside / "l0")
    os.mkfifo(inside / "l1")
    (inside / "l2").write_text("fine")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for name in ("l0", "l1", "l2"):
                os.rename(inside / name, inside / "x")
                os.rename(inside / "x", inside / name)

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen = set()
    try:
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            for mode in (OREAD, ORDWR, OWRITE):
                try:
                    fd = prison.open("x", mode)
                except KernelError as error:
                    seen.add(error.text)
                    continue
                if mode != OWRITE:
                    seen.add(prison.pread(fd))
                prison.close(fd)
    finally:
        stop.set()
        swapper.join()
    assert seen <= {b"fine", b"file does not exist: 'x'", b"permission denied: 'x'"}
    assert b"fine" in seen


def test_a_directory_that_is_moved_out(prison: FakeProcess, tmp_path: Path) -> None:
    prison.chdir("d/e")
    (tmp_path / "inside" / "d").rename(tmp_path / "outside" / "moved")
    before = looks(tmp_path / "outside")
    for name in ("f", "../f", "../../f", "../../moved/e/f", "../../../f", ".", ".."):
        try:
            assert prison.contents(name) != b"secret"
        except KernelError as error:
            assert error.text.startswith((b"file does not exist", b"permission denied"))
    for action in (lambda: prison.create("new"), lambda: prison.remove("f"), lambda: prison.create("../new")):
        assert prison.refused(action).startswith("file does not exist")
    assert looks(tmp_path / "outside") == before
    prison.chdir("/t")
    assert prison.contents("f") == b"fine"


def test_a_file_that_changes_its_size_while_it_is_read(prison: FakeProcess, tmp_path: Path) -> None:
    file = tmp_path / "inside" / "f"
    fd = prison.open("f")
    for size in (0, 10, 100_000, 3, 65536, 0, 1):
        file.write_bytes(b"y" * size)
        assert prison.pread(fd, 65536, 0) == b"y" * min(size, 65536)
        assert stat.unpack(prison.fstat(fd)).length == size


# The host's special trees


@pytest.mark.skipif(not Path("/proc/self/root").exists(), reason="no /proc")
def test_proc_of_the_host_granted(start: Start, tmp_path: Path) -> None:
    """Its links, which the host follows in ways of its own, are links to places that are not granted."""
    (tmp_path / "f").write_text("secret")
    held = os.open(tmp_path / "f", os.O_RDWR)
    process = start(binds=[("/proc/self", "/p", False)])
    try:
        for name in ("root", "cwd", "exe", "fd/0", f"fd/{held}", f"map_files/{held}", "ns/pid"):
            for mode in (OREAD, ORDWR, OEXEC, OREAD | OTRUNC):
                said = process.refused(process.open, f"/p/{name}", mode)
                assert said.startswith(("permission denied", "file does not exist")), name
            said = process.refused(process.open, f"/p/{name}/etc/passwd")
            assert said.startswith(("not a directory", "file does not exist", "permission denied"))
    finally:
        os.close(held)
    assert (tmp_path / "f").read_text() == "secret"


def test_dev_of_the_host_granted(start: Start) -> None:
    process = start(binds=[("/dev", "/d", False)])
    names = [
        name
        for name in ("null", "zero", "full", "tty", "ptmx", "stdin", "stdout", "fd/0", "random")
        if os.path.lexists(f"/dev/{name}")
    ]
    assert names
    before = descriptors()
    for name in names:
        for mode in (OREAD, OWRITE, ORDWR, OWRITE | OTRUNC):
            assert process.refused(process.open, f"/d/{name}", mode).startswith(
                ("permission denied", "not a directory", "file does")
            )
        assert process.refused(process.wstat, f"/d/{name}", change_of_mode(0)).startswith(
            ("permission denied", "not a", "file does")
        )
    assert descriptors() == before


def change_of_mode(mode: int) -> bytes:
    entry = stat.Dir(b"", Qid(stat.NO_CHANGE64, stat.NO_CHANGE32, 0xFF), mode, length=stat.NO_CHANGE64)
    entry.type, entry.dev = 0xFFFF, stat.NO_CHANGE32
    entry.atime = entry.mtime = stat.NO_CHANGE32
    return stat.pack(entry)


def test_a_hard_link_is_a_file_of_its_own(prison: FakeProcess, tmp_path: Path) -> None:
    """Whoever made a second name for it inside has granted it; removing that leaves the other."""
    os.link(tmp_path / "outside" / "f", tmp_path / "inside" / "hard")
    assert prison.contents("hard") == b"secret"
    prison.remove("hard")
    assert (tmp_path / "outside" / "f").read_text() == "secret"


def test_deeper_than_the_host_has_paths_for(prison: FakeProcess, tmp_path: Path) -> None:
    depth, name = 60, "x" * 200
    for _ in range(depth):
        prison.close(prison.create(name, OREAD, DMDIR | 0o777))
        prison.chdir(name)
    prison.close(prison.create("f", OWRITE))
    long = f"/t/{'/'.join([name] * depth)}"
    assert len(long) > 4096
    assert prison.contents(f"{long}/f") == b""
    assert prison.contents(f"{long}/{'../' * depth}f") == b"fine"
    prison.remove("f")
    for level in range(depth, 0, -1):
        prison.chdir("/t")
        prison.remove(f"/t/{'/'.join([name] * level)}")
    assert sorted(os.listdir(tmp_path / "inside")) == ["d", "f"]


# Large things, and a host that runs out of them


def test_a_large_directory(start: Start, tmp_path: Path) -> None:
    """Memory goes with the names, time with the entries; a second listing does not add to it."""
    count = 5_000
    for number in range(count):
        os.mknod(tmp_path / f"{number:06d}")
    process = start(binds=[(str(tmp_path), "/t", False)])
    fd = process.open("/t")
    tracemalloc.start()
    try:
        for _ in range(2):
            process.seek(fd, 0)
            seen = 0
            while piece := process.pread(fd):
                seen += len(stat.entries(piece))
            assert seen == count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 600 * count


def limited(what: str, value: int, code: str, folder: Path) -> None:
    """Run some lines with a process of the tests, `process`, in `folder`, under a limit of the host's."""
    program = (
        "import resource, sys\n"
        f"sys.path[:0] = [{str(TOP)!r}, {str(TOP / 'site_scons')!r}]\n"
        "from tests.unit.kernel.fakes import FakeProcess\n"
        "from elf9.kernel import stat\n"
        f"process = FakeProcess(binds=[({str(folder)!r}, '/t', False)], cwd='/t')\n"
        f"resource.setrlimit(resource.{what}, ({value}, {value}))\n" + textwrap.dedent(code)
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_host_has_no_descriptor_left(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").write_text("x")
    limited(
        "RLIMIT_NOFILE",
        40,
        """
        fds, said = [], ''
        while not said:
            try:
                fds.append(process.open('f'))
            except Exception as error:
                said = error.text.decode()
        assert said.startswith('no free file descriptors'), said
        for action in (
            lambda: process.open('d'),
            lambda: process.stat('d/x'),
            lambda: process.create('d/new'),
            lambda: process.remove('d'),
            lambda: process.open('f', 0x10),
            lambda: process.chdir('d/..'),
            lambda: process.wstat('f', process.stat('f')),
        ):
            try:
                action()
            except Exception as error:
                assert error.text.startswith((b'no free file descriptors', b'file does not exist')), error
        assert len(fds) > 5
        process.close(fds.pop())
        process.close(fds.pop())
        assert process.contents('f') == b'x'
        """,
        tmp_path,
    )
    assert (tmp_path / "f").read_text() == "x"


def test_the_host_takes_no_more_bytes(tmp_path: Path) -> None:
    limited(
        "RLIMIT_FSIZE",
        10_000,
        """
        fd = process.create('f')
        assert process.pwrite(fd, b'a' * 9000) == 9000
        assert process.pwrite(fd, b'b' * 9000) == 1000
        assert process.refused(process.pwrite, fd, b'c') == 'read or write too large'
        assert process.pwrite(fd, b'd', 0) == 1
        """,
        tmp_path,
    )
    assert (tmp_path / "f").read_bytes() == b"d" + b"a" * 8999 + b"b" * 1000


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root can make a small disk")
def test_the_disk_is_full(start: Start, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=8", "none", disk], capture_output=True, check=False
    ).returncode:
        pytest.skip("mount is not allowed here")
    try:
        process = start(binds=[(str(disk), "/t", False)], cwd="/t")
        fd = process.create("f")
        written = 0
        while True:
            try:
                written += process.pwrite(fd, b"x" * 30_000)
            except KernelError as error:
                assert error.text == b"disk full"
                break
        assert written == 65536 == (disk / "f").stat().st_size
        process.close(fd)
        made = 0
        while True:
            try:
                process.close(process.create(f"n{made}"))
            except KernelError as error:
                assert error.text.startswith(b"disk full")
                break
            made += 1
        assert len(os.listdir(disk)) == made + 1
        process.remove("f")
        fd = process.create("g")
        assert process.pwrite(fd, b"again") == 5
        process.close(fd)
        process.chdir("/")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_all_of_a_runs_tmp_goes(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However deep it is, whatever its modes and names are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    process = FakeProcess(binds=[(str(tmp_path), "/t", False)], cwd="/tmp")
    for name in ("1", "2", "7"):
        process.close(process.create(name, OWRITE))
    process.close(process.create("3", OREAD, DMDIR | 0o777))
    process.close(process.create("3/x", OWRITE))
    process.wstat("3", change_of_mode(DMDIR))
    (folder,) = tmp_path.iterdir()
    os.symlink("/", folder / "root")
    # a guest gets there by chdir
    at = os.open(folder, os.O_RDONLY)
    for level in range(1200):
        name = "deep" if level % 2 else "d" * 100
        os.mkdir("other", 0, dir_fd=at)
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    assert process.finish() == []
    assert list(tmp_path.iterdir()) == []


# What takes more and more of the host, in one call


def test_a_union_that_doubles(start: Start, tmp_path: Path) -> None:
    process = start(binds=[(str(tmp_path), "/t", False)])
    place = process.put(b"/t\0")
    refused = 0
    for _ in range(40):
        try:
            process.call(2, place, place, 2)
        except KernelError as error:
            assert error.text == b"kernel allocate failed"
            refused += 1
    assert 25 < refused < 30
    process.call(35, 0, place)


def test_a_segment_that_moves_on_the_host() -> None:
    """Growing what was never touched costs nothing, and keeps what was."""
    space = AddressSpace(TARGETS["amd64"], cast(Any, FakeCpu(TARGETS["amd64"])))
    base = space.segattach(0, b"memory", 0x10000000000, 4096, lambda: None)
    space.write(base + 100, b"hello")
    began = time.monotonic()
    for size in (4, 9, 19, 40):
        assert space.segbrk(base, base + (size << 30)) == 0
        assert space.read(base + 100, 5) == b"hello"
        space.write(base + (size << 30) - 10, b"there")
    assert space.read(base + (4 << 30) - 10, 5) == b"there"
    assert time.monotonic() - began < 5
    space.release()


def test_large_reads_of_devices_come_in_pieces(process: FakeProcess) -> None:
    asked: list[int] = []
    random = process.kernel.random

    def counted(count: int) -> bytes:
        asked.append(count)
        return random(count)

    process.kernel.random = counted  # type: ignore[method-assign]
    device = process.kernel.devices.by_letter["c"]
    chan = process.fds.chan(process.open("/dev/random"))
    buffer = memoryview(bytearray(5 << 20))
    assert device.read(cast(Any, process), chan, buffer, 0) == len(buffer)
    assert sum(asked) == len(buffer) and max(asked) <= 1 << 20
    assert bytes(buffer[-7:]) == random(1 << 20)[-7:]


def test_a_control_message_without_end(process: FakeProcess) -> None:
    with pytest.raises(KernelError, match="kernel allocate failed"):
        tokenize(b"x" * (2 << 20))
