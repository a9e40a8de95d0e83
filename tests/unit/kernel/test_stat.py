"""Directory entries: their bytes, and what happens in buffers that are too small."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.errors import KernelError
from elf9.kernel import stat
from elf9.kernel.chan import DMDIR, QTDIR, Qid

words = st.binary(max_size=40).filter(lambda text: b"\0" not in text)
u32 = st.integers(0, 2**32 - 1)


@st.composite
def dirs(draw: st.DrawFn) -> stat.Dir:
    qid = Qid(draw(st.integers(0, 2**64 - 1)), draw(u32), draw(st.integers(0, 255)))
    made = stat.Dir(draw(words), qid, draw(u32), length=draw(st.integers(0, 2**64 - 1)))
    made.type, made.dev = draw(st.integers(0, 65535)), draw(u32)
    made.atime, made.mtime = draw(u32), draw(u32)
    made.uid, made.gid, made.muid = draw(words), draw(words), draw(words)
    return made


def fields(entry: stat.Dir) -> dict[str, object]:
    return {name: getattr(entry, name) for name in stat.Dir.__slots__}


def test_layout_is_the_manuals() -> None:
    entry = stat.Dir(b"name", Qid(0x1122334455667788, 9, QTDIR), DMDIR | 0o755, length=7, type=ord("c"), dev=3)
    entry.atime, entry.mtime, entry.uid, entry.gid, entry.muid = 1, 2, b"u", b"gg", b""
    assert stat.pack(entry).hex(" ", 1) == (
        "36 00 63 00 03 00 00 00 80 09 00 00 00 88 77 66 55 44 33 22 11 ed 01 00 80 01 00 00 00 02 00 00 00 "
        "07 00 00 00 00 00 00 00 04 00 6e 61 6d 65 01 00 75 02 00 67 67 00 00"
    )
    assert stat.STATFIXLEN == 49


@given(dirs())
def test_unpack_reverses_pack(entry: stat.Dir) -> None:
    data = stat.pack(entry)
    assert stat.check(data)
    assert fields(stat.unpack(data)) == fields(entry)
    assert stat.name_of(data) == entry.name
    assert stat.identity(data) == (chr(entry.type), entry.dev, entry.qid.path)


@given(dirs(), st.integers(0, 250))
def test_a_cut_or_grown_entry_is_none(entry: stat.Dir, size: int) -> None:
    data = stat.pack(entry)
    assert stat.check((data + bytes(300))[:size]) == (size == len(data))


@given(st.binary(max_size=120))
def test_check_never_fails_on_noise_and_unpack_takes_what_it_takes(noise: bytes) -> None:
    if stat.check(noise):
        assert stat.pack(stat.unpack(noise)) == noise


@given(st.binary(max_size=120))
def test_unpack_of_noise_is_a_kernel_error_or_an_entry(noise: bytes) -> None:
    try:
        stat.unpack(noise)
    except KernelError as error:
        assert error.text == b"malformed stat buffer"


@given(st.lists(dirs(), max_size=5))
def test_entries_cuts_a_directory_read(listed: list[stat.Dir]) -> None:
    packed = [stat.pack(entry) for entry in listed]
    assert stat.entries(b"".join(packed)) == packed


@given(dirs(), words, st.integers(2, 300))
def test_rename_changes_the_name_alone(entry: stat.Dir, name: bytes, room: int) -> None:
    data = stat.pack(entry)
    put, told = stat.rename(data, name, room)
    entry.name = name
    wanted = stat.pack(entry)
    if len(wanted) <= room:
        assert (put, told) == (wanted, len(wanted))
    else:
        assert told == 2 and put[:2] == wanted[:2]


def test_a_short_buffer_gets_the_size_of_the_device_s_own_entry() -> None:
    entry = stat.Dir(b"/", Qid(0, 0, QTDIR), DMDIR | 0o555)
    # the root has the name "/" for the device: 50 bytes, so 48 is said (observed-devices A.7)
    assert stat.fit(entry, 49, "x") == (48).to_bytes(2, "little")
    assert stat.fit(entry, 50, "x") == stat.pack(entry)
    assert stat.rename(stat.fit(entry, 50, "x"), b"", 50)[1] == 49
    with pytest.raises(KernelError, match="too bad"):
        stat.fit(entry, 1, "too bad")


def test_the_old_entry() -> None:
    entry = stat.Dir(b"n" * 40, Qid(1 << 31 | 5, 6, QTDIR), DMDIR | 0o755, length=1 << 33, type=ord("M"), dev=0x12345)
    data = stat.pack_old(entry)
    assert len(data) == 116
    assert data[:28] == b"n" * 28
    assert data[84:88] == (5 | 1 << 31).to_bytes(4, "little")
    entry.qid = Qid(1 << 31 | 5)
    assert stat.pack_old(entry)[84:88] == (5).to_bytes(4, "little")
