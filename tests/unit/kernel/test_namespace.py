"""Names to channels: the walk against a model, unions, and the kernel's words for every failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elf9.errors import KernelError
from elf9.kernel import stat
from elf9.kernel.chan import DMDIR, Chan, close
from elf9.kernel.dev.host import Host
from elf9.kernel.namespace import (
    MAFTER,
    MBEFORE,
    MCREATE,
    MREPL,
    Aaccess,
    Abind,
    Acreate,
    Amount,
    Aopen,
    Atodir,
    Aunmount,
    bind,
    cannot,
    check_name,
    last_element,
    namec,
    quote,
    unmount,
)

from .fakes import FakeProcess

Tree = dict[str, "Tree | None"]
TREE: Tree = {"a": {"b": {"c": {}, "f": None}, "f": None}, "d": {}, "f": None}


def build(where: Path, tree: Tree) -> None:
    for name, below in tree.items():
        if below is not None:
            (where / name).mkdir()
            build(where / name, below)
        else:
            (where / name).write_text(name)


@pytest.fixture(scope="module")
def walker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeProcess]:
    top = tmp_path_factory.mktemp("tree")
    build(top, TREE)
    process = FakeProcess(binds=[(str(top), "/t", False)], cwd="/t/a")
    yield process
    assert process.finish() == []


def go(process: FakeProcess, name: str | bytes, amode: int = Aaccess, *more: int) -> Chan:
    text = name.encode() if isinstance(name, str) else name
    return namec(process, text, amode, *more)  # type: ignore[arg-type]


def model(name: str) -> str:
    """The absolute name, or the error, by the simplest reading of the rules; the process is in /t/a."""
    tree: dict[str, object] = {"t": TREE, "dev": {"null": None}}
    here: list[str] = [] if name.startswith("/") else ["t", "a"]

    def find(path: list[str]) -> object:
        node: object = tree
        for element in path:
            assert isinstance(node, dict)
            node = node[element]
        return node

    elements = [element for element in name.split("/") if element not in ("", ".")]
    ends = []
    at = 0
    for element in elements:
        while name[at : at + 1] == "/" or name[at : at + 2] in ("./", "."):
            at += 1
        at += len(element)
        ends.append(name[:at])
    if elements and name.endswith(("/", "/.")):
        ends[-1] = name
    for index, element in enumerate(elements):
        node = find(here)
        if not isinstance(node, dict):
            return f"not a directory: '{ends[index - 1]}'"
        if element == "..":
            here = here[:-1]
        elif element in node:
            here = [*here, element]
        else:
            return f"file does not exist: '{ends[index]}'"
    if (name.endswith(("/", "/.")) or not elements) and find(here) is None:
        return f"not a directory: '{name}'"
    return "/" + "/".join(here)


names = st.lists(st.sampled_from(["a", "b", "c", "d", "f", "t", "..", ".", "", "x", "dev", "null"]), max_size=24)


@given(names, st.sampled_from(["", "/", "/t/", "./"]))
def test_walk_agrees_with_the_model(walker: FakeProcess, elements: list[str], start: str) -> None:
    name = start + "/".join(elements)
    # the kernel's own empty directories contain themselves (tests/conformance/devs.c)
    if not name or elements.count("dev") > 1:
        return
    try:
        chan = go(walker, name)
    except KernelError as error:
        got = error.text.decode()
    else:
        got = chan.path.text.decode()
        close(walker, chan)  # type: ignore[arg-type]
    assert got == model(name)


@given(names)
def test_fd2path_of_what_opens_is_clean_and_opens_again(walker: FakeProcess, elements: list[str]) -> None:
    try:
        fd = walker.open("/t/" + "/".join(elements))
    except KernelError:
        return
    path = walker.fd2path(fd)
    assert b"//" not in path and b".." not in path.split(b"/") and b"." not in path.split(b"/")
    again = walker.open(path)
    assert walker.fstat(again) == walker.fstat(fd)
    walker.close(fd)
    walker.close(again)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "empty file name"),
        ("nosuch", "file does not exist: 'nosuch'"),
        ("/a/b", "file does not exist: '/a'"),
        ("//dev/./nosuch/x", "file does not exist: '//dev/./nosuch'"),
        ("/dev/null/x", "not a directory: '/dev/null'"),
        ("/dev/null/", "not a directory: '/dev/null/'"),
        ("/dev/null/.", "not a directory: '/dev/null/.'"),
        ("#Z/x", "unknown device in # filename"),
        ("#", "unknown device in # filename"),
        ("#c/nosuch", "file does not exist: '#c/nosuch'"),
        ("#ex", "bad arg in system call"),
        ("#M", "mount/attach disallowed"),
        ("it's", "file does not exist: 'it''s'"),
        ("a\x01b", "bad character in file name: 'a\x01b'"),
        ("a\x7fb", "bad character in file name: a\x7fb"),
        ("new\nline", "bad character in file name: 'new\nline'"),
        ("#/boot/boot/x", "file does not exist: '#/boot/boot/x'"),
        ("#/boot/cmds", "file does not exist: '#/boot/cmds'"),
        ("é/x", "file does not exist: 'é'"),
    ],
)
def test_errors_of_open(process: FakeProcess, name: str, text: str) -> None:
    assert process.refused(process.open, name) == text


def test_errors_of_create(process: FakeProcess) -> None:
    def create(name: str, perm: int = 0o666, mode: int = 1) -> str:
        return process.refused(process.create, name, mode, perm)

    assert create("/") == create(".") == create("#c") == "create without DMDIR"
    assert create("/", DMDIR | 0o777, 0) == "file already exists"
    assert create("/nodir/f") == "file does not exist: '/nodir'"
    assert create("/f") == "permission denied: '/f'"
    assert create("/..") == "permission denied: '/..'"
    assert create("new/") == "create without DMDIR: 'new/'"
    assert create("/dev/null/x") == "permission denied: '/dev/null/x'"
    assert create("/dev/null/x/", DMDIR, 0) == "not a directory: '/dev/null'"
    process.create("f")
    assert create("f", 0o666, 0x1001) == "file already exists: 'f'"
    process.close(process.create("/dev/null/", 0, DMDIR))
    assert create("/boot") == "permission denied: '/boot'"
    assert create("/boot", 0o666, 0x1001) == "file already exists: '/boot'"


def test_sharp_names(process: FakeProcess) -> None:
    for name in ("#/boot", "#/x", "#/..", "#/."):
        assert process.contents(name) == process.contents("#/") != b""
    assert process.contents("#//boot") == b""
    assert process.fd2path(process.open("#//boot")) == b"#/boot"
    assert process.fd2path(process.open("#c/../null")) == b"#c/null"
    process.chdir("#c")
    assert process.fd2path(process.open("null")) == b"#c/null"
    process.chdir("..")
    assert process.fd2path(process.open(".")) == b"#c"
    assert process.refused(process.open, "#" + "x" * 126) == "unknown device in # filename"
    assert process.refused(process.open, "#" + "x" * 127) == "file name syntax"


def test_long_names(process: FakeProcess) -> None:
    assert process.refused(process.open, "x" * 65535).startswith("file does not exist: '...xxxxx")
    process.memory.data[: 1 << 17] = b"x" * (1 << 17)
    assert process.refused(process.call, 14, 0x400000, 0) == "name too long"
    # a last element that is long alone: its last 32 bytes
    assert process.refused(process.open, "y/" * 3 + "z" * 200) == "file does not exist: 'y'"
    assert process.refused(process.open, "z" * 200) == "file does not exist: '..." + "z" * 32 + "'"
    # at a rune's border
    assert process.refused(process.open, "ä" * 100 + "z") == "file does not exist: '..." + "ä" * 15 + "z'"


def namelenerror(name: str, error: str) -> str:
    """The rule of observed-devices A.10 in other words than the code's."""
    if len(name) < 42 or len(name) + len(error) < 85:
        return name
    shown = ""
    rest = name
    while rest:
        before, slash, last = rest.rpartition("/")
        longer = slash + last + shown
        if len(longer) >= 42 and len(longer) + len(error) >= 85:
            break
        shown, rest = longer, before
    return "..." + (shown or name[-32:])


@given(st.lists(st.text(st.sampled_from("abc"), min_size=1, max_size=60), min_size=1, max_size=12))
def test_long_names_keep_their_last_elements(elements: list[str]) -> None:
    name = "/" + "/".join(elements)
    error = "file does not exist"
    wanted = f"{error}: '{namelenerror(name, error)}'"
    assert cannot(error.encode(), name.encode()).text.decode() == wanted
    assert len(wanted) <= 127


def unquoted(text: str) -> str:
    assert text[0] == text[-1] == "'"
    return text[1:-1].replace("''", "'")


@given(st.text(), st.integers(2, 60))
def test_quote_cuts_whole_characters(text: str, room: int) -> None:
    got = quote(text.encode(errors="replace"), room, always=True)
    assert len(got) <= room
    assert text.encode(errors="replace").decode().startswith(unquoted(got.decode()))


@given(st.binary(max_size=200))
@example(b"\xed\xa0\x80")
def test_any_bytes_make_a_valid_message(name: bytes) -> None:
    error = cannot(b"file does not exist", name)
    assert len(error.text) <= 127
    error.text.decode(errors="surrogatepass")  # runes as well to Plan 9 (chartorune)


@given(st.binary(max_size=50))
def test_check_name(name: bytes) -> None:
    bad = any(byte < 0x20 or byte == 0x7F for byte in name)
    for slash in (True, False):
        try:
            check_name(name, slash)
        except KernelError as error:
            assert bad or (not slash and b"/" in name)
            assert error.text.startswith(b"bad character in file name: ")
        else:
            assert not bad and (slash or b"/" not in name)


def test_last_element() -> None:
    assert last_element(b"/bin/ls") == b"ls"
    assert last_element(b"ls/.") == b"ls"
    assert last_element(b"/") == last_element(b"#c") == last_element(b".") == b"."
    assert last_element(b"#c/cons") == b"cons"
    assert last_element(b"x" * 127) == b"x" * 127
    assert last_element(b"x" * 200) == b"x" * 123 + b"..."


# Mounts


def mount(process: FakeProcess, new: str, old: str, flag: int) -> None:
    source = go(process, new, Abind)
    try:
        place = go(process, old, Amount)
        try:
            bind(process, source, place, flag)  # type: ignore[arg-type]
        finally:
            close(process, place)  # type: ignore[arg-type]
    finally:
        close(process, source)  # type: ignore[arg-type]


def listed(process: FakeProcess, name: str) -> list[str]:
    return [stat.name_of(entry).decode() for entry in stat.entries(process.contents(name))]


@pytest.fixture
def union(process: FakeProcess) -> FakeProcess:
    """/t/{one,two,three,at}, a file in each of the first three, x in all of those."""
    for name in ("one", "two", "three", "at"):
        process.close(process.create(name, 0, DMDIR | 0o777))
        if name != "at":
            for file in (f"only{name}", "x"):
                fd = process.create(f"{name}/{file}")
                process.pwrite(fd, name.encode())
                process.close(fd)
    return process


def test_union_order_and_creation(union: FakeProcess) -> None:
    mount(union, "one", "at", MREPL)
    assert listed(union, "at") == ["onlyone", "x"]
    mount(union, "two", "at", MBEFORE)
    mount(union, "three", "at", MAFTER | MCREATE)
    assert listed(union, "at") == ["onlytwo", "x", "onlyone", "x", "onlythree", "x"]
    assert union.contents("at/x") == b"two"
    assert union.contents("at/onlythree") == b"three"
    # an existing file is opened where it is, a new one goes to the creatable element
    union.close(union.create("at/onlyone"))
    assert union.contents("one/onlyone") == b""
    union.close(union.create("at/fresh"))
    assert "fresh" in listed(union, "three")
    assert union.refused(union.create, "at/onlytwo", 0x1001) == "file already exists: 'at/onlytwo'"
    assert union.refused(union.open, "at/nosuch") == "file does not exist: 'at/nosuch'"


def test_union_without_a_creatable_element(union: FakeProcess) -> None:
    mount(union, "one", "at", MBEFORE)
    text = "mounted directory forbids creation: 'at/new'"
    assert union.refused(union.create, "at/new") == text
    assert listed(union, "at") == ["onlyone", "x"]


def test_an_element_that_walks_ends_the_search(union: FakeProcess) -> None:
    for name in ("one", "two"):
        union.close(union.create(f"{name}/sub", 0, DMDIR | 0o777))
    union.close(union.create("two/sub/deep"))
    mount(union, "one", "at", MREPL)
    mount(union, "two", "at", MAFTER)
    assert union.refused(union.open, "at/sub/deep") == "file does not exist: 'at/sub/deep'"


def test_dotdot_goes_back_over_mounts(union: FakeProcess) -> None:
    mount(union, "one", "at", MREPL)
    union.chdir("at")
    assert union.contents("x") == b"one"
    assert union.fd2path(union.open("../two/x")) == b"/t/two/x"
    union.chdir("../../t/at/..")
    assert listed(union, ".") == ["at", "one", "three", "two"]
    # the mount is on the other side of dot: bind over . shows
    union.chdir("/t/three")
    mount(union, "/t/two", ".", MREPL)
    assert union.contents("x") == b"two"


def test_bind_checks(union: FakeProcess) -> None:
    def refused(new: str, old: str, flag: int) -> str:
        return union.refused(mount, union, new, old, flag)

    assert refused("one", "one/x", MREPL) == "inconsistent mount"
    assert refused("one/x", "two/x", MBEFORE) == "inconsistent mount"
    mount(union, "one/x", "two/x", MREPL)
    assert union.contents("two/x") == b"one"
    mount(union, "one", "at", MREPL)
    mount(union, "two", "at", MAFTER)
    assert refused("at", "three", MREPL | MCREATE) == "inconsistent mount"
    mount(union, "at", "three", MAFTER)
    assert listed(union, "three") == ["onlythree", "x", "onlyone", "x", "onlytwo", "x"]


def test_unmount(union: FakeProcess) -> None:
    def undo(new: str | None, old: str) -> None:
        place = go(union, old, Amount)
        mounted = go(union, new, Aunmount) if new is not None else None
        try:
            unmount(union, place, mounted)  # type: ignore[arg-type]
        finally:
            close(union, place)  # type: ignore[arg-type]
            if mounted is not None:
                close(union, mounted)  # type: ignore[arg-type]

    assert union.refused(undo, None, "at") == "not mounted"
    mount(union, "one", "at", MREPL)
    mount(union, "two", "at", MAFTER)
    assert union.refused(undo, "three", "at") == "not in union"
    undo("one", "at")
    assert listed(union, "at") == ["onlytwo", "x"]
    undo("two", "at")
    assert listed(union, "at") == []
    mount(union, "one", "at", MREPL)
    undo(None, "at")
    assert union.refused(undo, None, "at") == "not mounted"


def test_copies_of_a_name_space_part_ways(union: FakeProcess) -> None:
    mount(union, "one", "at", MREPL)
    before = union.namespace
    union.namespace = before.copy()
    ids = [mount.id for _, mount in union.namespace.mounts()]
    assert ids == sorted(ids) and min(ids) > max(mount.id for _, mount in before.mounts())
    mount(union, "two", "at", MBEFORE)
    assert union.contents("at/x") == b"two"
    copy, union.namespace = union.namespace, before
    assert union.contents("at/x") == b"one"
    copy.release(union)  # type: ignore[arg-type]


def test_directory_entries_show_what_is_mounted(union: FakeProcess) -> None:
    mount(union, "/dev", "at", MREPL)
    entries = {stat.name_of(entry): stat.unpack(entry) for entry in stat.entries(union.contents("/t"))}
    assert chr(entries[b"at"].type) == "/"
    # the original is in the union: nothing to show
    entries = {stat.name_of(entry): stat.unpack(entry) for entry in stat.entries(union.contents("/"))}
    assert chr(entries[b"dev"].type) == "/" and chr(entries[b"fd"].type) == "d"


def test_entries_that_grow_wait_for_the_next_read(union: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "_user", lambda self, kind, number: b"u")
    for name in ("at", "one", "two"):
        mount(union, "/env", name, MREPL)
    whole = stat.entries(union.contents("/t"))
    assert [stat.name_of(entry) for entry in whole] == [b"at", b"one", b"three", b"two"]
    short, long = (len(entry) for entry in (whole[2], whole[3]))
    assert short + 10 < long
    for count in (long, long + short, 2 * long, 3 * long):
        fd = union.open("/t")
        pieces = []
        while piece := union.pread(fd, count):
            assert b"".join(stat.entries(piece)) == piece and len(piece) <= count
            pieces += stat.entries(piece)
        assert sorted(pieces) == sorted(whole)
        # what waits is forgotten at the start of the directory
        union.pread(fd, long, 0)
        assert stat.entries(union.pread(fd, 4096, 0)) == whole
        union.close(fd)


def test_forbidden_devices(process: FakeProcess) -> None:
    fd = process.open("/dev/drivers", 2)
    assert process.pread(fd, 100, 0).splitlines()[:2] == [b"#/ root", b"#c cons"]
    process.pwrite(fd, b"chdev &~ e")
    assert process.refused(process.open, "#e") == "mount/attach disallowed"
    assert b"#e" not in process.pread(fd, 100, 0)
    process.pwrite(fd, b"chdev & cd\n")
    assert process.pread(fd, 100, 0) == b"#c cons\n#d dup\n"
    assert process.refused(process.open, "#/") == "mount/attach disallowed"
    assert process.contents("/dev/null") == b""
    process.pwrite(fd, b"chdev ~")
    assert process.pread(fd, 100, 0) == b""
    for message, text in [
        (b"", "empty control message"),
        (b"nonsense 'a b'", "unknown control message \"nonsense 'a b'\""),
        (b"chdev", "bad arg in system call"),
        (b"chdev x", "bad arg in system call"),
        (b"chdev &", "bad arg in system call"),
        (b"chdev ~ x", "bad arg in system call"),
    ]:
        assert process.refused(process.pwrite, fd, message) == text


def test_purposes(walker: FakeProcess) -> None:
    assert walker.refused(go, walker, "/t/f", Atodir) == "not a directory: '/t/f'"
    assert walker.refused(go, walker, "/t", Aopen, 3) == "cannot exec directory: '/t'"
    assert walker.refused(go, walker, "/", Aopen, 3) == "cannot exec directory"
    assert walker.refused(go, walker, "/", Aopen, 1) == "permission denied"
    assert walker.refused(go, walker, "/t", Aopen, 1) == "permission denied: '/t'"
    assert walker.refused(go, walker, "/t/d", Acreate, 0x1000, DMDIR) == "file already exists: '/t/d'"


def test_nothing_is_left_open_by_failures(start: Callable[..., FakeProcess], tmp_path: Path) -> None:
    build(tmp_path, TREE)
    process = start(binds=[(str(tmp_path), "/t", True)], cwd="/t")
    for name in ("nosuch", "f/x", "f/", "a/../../t/../x", "#c/x", "a/b/c/../../nosuch", "dev/../..//t/f/."):
        for action in (process.open, process.create, process.remove, process.stat, process.chdir):
            process.refused(action, name)
