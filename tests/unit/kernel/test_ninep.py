"""9P messages: pack and unpack are inverses, and unpack takes nothing else."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.kernel import ninep
from elf9.kernel.chan import Qid
from elf9.kernel.ninep import NAMES, BadMessage, pack, unpack

texts = st.binary(max_size=40)
qids = st.builds(Qid, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, 255))
VALUES = {
    "1": st.integers(0, 2**8 - 1),
    "2": st.integers(0, 2**16 - 1),
    "4": st.integers(0, 2**32 - 1),
    "8": st.integers(0, 2**64 - 1),
    "s": texts,
    "S": texts,
    "d": texts,
    "q": qids,
    "names": st.lists(texts, max_size=16),
    "qids": st.lists(qids, max_size=16),
}
#: Written down again, from intro(5): a second witness for the table under test.
FIELDS = {
    "Tversion": "4 s",
    "Rversion": "4 s",
    "Tauth": "4 s s",
    "Rauth": "q",
    "Rerror": "s",
    "Tflush": "2",
    "Rflush": "",
    "Tattach": "4 4 s s",
    "Rattach": "q",
    "Twalk": "4 4 names",
    "Rwalk": "qids",
    "Topen": "4 1",
    "Ropen": "q 4",
    "Tcreate": "4 s 4 1",
    "Rcreate": "q 4",
    "Tread": "4 8 4",
    "Rread": "d",
    "Twrite": "4 8 d",
    "Rwrite": "4",
    "Tclunk": "4",
    "Rclunk": "",
    "Tremove": "4",
    "Rremove": "",
    "Tstat": "4",
    "Rstat": "S",
    "Twstat": "4 S",
    "Rwstat": "",
}
NUMBERS = {name: number for number, name in NAMES.items()}


@st.composite
def messages(draw: st.DrawFn) -> tuple[int, int, tuple[object, ...]]:
    name = draw(st.sampled_from(sorted(FIELDS)))
    return NUMBERS[name], draw(st.integers(0, 0xFFFF)), tuple(draw(VALUES[kind]) for kind in FIELDS[name].split())


def test_every_message_is_known():
    assert set(FIELDS) == set(NUMBERS)


@given(messages())
def test_unpack_undoes_pack(message: tuple[int, int, tuple[object, ...]]):
    kind, tag, values = message
    data = pack(kind, tag, *values)
    assert struct.unpack_from("<IBH", data) == (len(data), kind, tag)
    assert unpack(data) == message


@given(messages(), st.data())
def test_a_piece_or_more_is_refused(message: tuple[int, int, tuple[object, ...]], data: st.DataObject):
    packed = pack(message[0], message[1], *message[2])
    cut = data.draw(st.integers(0, len(packed) - 1))
    for wrong in (packed[:cut], packed + b"\0", struct.pack("<I", cut) + packed[4:]):
        with pytest.raises(BadMessage):
            unpack(wrong)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_refused(body: bytes):
    data = struct.pack("<I", len(body) + 4) + body
    try:
        kind, tag, values = unpack(data)
    except BadMessage:
        return
    assert pack(kind, tag, *values) == data


@given(messages(), st.data())
def test_changed_bytes_are_a_message_or_refused(message: tuple[int, int, tuple[object, ...]], data: st.DataObject):
    packed = bytearray(pack(message[0], message[1], *message[2]))
    packed[data.draw(st.integers(4, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        kind, tag, values = unpack(bytes(packed))
    except BadMessage:
        return
    assert pack(kind, tag, *values) == packed


def test_examples():
    version = pack(ninep.TVERSION, ninep.NOTAG, 8216, b"9P2000")
    assert version == bytes.fromhex("13000000 64 ffff 18200000 0600") + b"9P2000"
    walk = pack(ninep.TWALK, 1, 2, 3, [b"a", b"bc"])
    assert walk == bytes.fromhex("18000000 6e 0100 02000000 03000000 0200 0100 61 0200 6263")
    read = pack(ninep.RREAD, 5, b"xyz")
    assert read == bytes.fromhex("0e000000 75 0500 03000000") + b"xyz"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((ninep.TCLUNK, 1), "no such message"),
        ((106, 1, b"x"), "no such message"),
        ((ninep.TCLUNK, 1, 1 << 32), "Tclunk"),
        ((ninep.TCLUNK, 1 << 16, 1), "Tclunk"),
        ((ninep.TWALK, 1, 1, 2, [b"a"] * 17), "at most 16"),
        ((ninep.TSTAT, 1, -1), "Tstat"),
        ((ninep.RERROR, 1, b"x" * 65536), "Rerror"),
    ],
)
def test_what_does_not_fit_is_not_packed(values: tuple[int, ...], why: str):
    with pytest.raises(ValueError, match=why):
        pack(*values)
