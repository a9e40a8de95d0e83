"""build_stack() against the worked examples and the kernels (facts/exec.md §6 and §8)."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.image import ExecError, build_stack, process_args
from elf9.target import TARGETS

AMD64, ARM64 = TARGETS["amd64"], TARGETS["arm64"]
targets = st.sampled_from([AMD64, ARM64])
arguments = st.lists(st.binary(max_size=40).filter(lambda text: b"\0" not in text), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("target", "argv", "sp", "pointers", "pad"),
    [
        (AMD64, [b"hello", b"world"], 0x7FFFFFFFEF88, [0x7FFFFFFFEFAC, 0x7FFFFFFFEFB2], 4),
        (ARM64, [b"hello", b"world"], 0x7FFFEFF88, [0x7FFFEFFAC, 0x7FFFEFFB2], 4),
        (AMD64, [b"hello", b"a", b"bb"], 0x7FFFFFFFEF80, [0x7FFFFFFFEFAD, 0x7FFFFFFFEFB3, 0x7FFFFFFFEFB5], 5),
        (ARM64, [b"hello", b"a", b"bb"], 0x7FFFEFF80, [0x7FFFEFFAD, 0x7FFFEFFB3, 0x7FFFEFFB5], 5),
        (AMD64, [b"hello", b"short"], 0x7FFFFFFFEF88, [0x7FFFFFFFEFAC, 0x7FFFFFFFEFB2], 4),
        (ARM64, [b"hello", b"short"], 0x7FFFEFF88, [0x7FFFEFFAC, 0x7FFFEFFB2], 4),
    ],
)
def test_pictures(target, argv, sp, pointers, pad):
    stack = build_stack(target, argv, pid=7)
    assert (stack.sp, stack.address, stack.argc) == (sp, sp, len(argv))
    words = struct.unpack_from(f"<{len(argv) + 2}Q", stack.data)
    assert words == (len(argv), *pointers, 0)
    strings = b"".join(word + b"\0" for word in argv)
    assert stack.data[8 * (len(argv) + 2) : -72] == bytes(pad) + strings


@pytest.mark.parametrize("target", [AMD64, ARM64], ids=lambda target: target.name)
def test_tos(target):
    data = build_stack(target, [b"x"], pid=0x12345).data[-72:]
    assert data[:40] == bytes(40)
    assert struct.unpack_from("<QQQII", data, 40) == (target.cycle_frequency, 0, 0, 0x12345, 0)


@given(targets, arguments)
def test_invariants(target, argv):
    stack = build_stack(target, argv, pid=1)
    strings = sum(len(word) + 1 for word in argv)
    assert stack.sp == target.stack_top - 8 * (len(argv) + 1) - -(-(72 + strings) // 8) * 8 - 8
    assert stack.sp % 8 == 0
    assert stack.address + len(stack.data) == target.stack_top
    count, *pointers, end = struct.unpack_from(f"<{len(argv) + 2}Q", stack.data)
    assert (count, end) == (len(argv), 0)
    for pointer, word in zip(pointers, argv, strict=True):
        at = pointer - stack.address
        assert stack.data[at : at + len(word) + 1] == word + b"\0"
    assert pointers == sorted(pointers)
    assert pointers[-1] + len(argv[-1]) + 1 == target.tos


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([], "bad arg in system call"),
        ([b"x" * (15 << 20)], None),
        ([b"x" * ((16 << 20) - 1)], "virtual memory allocation failed"),
        ([b"x" * (17 << 20)], "bad arg in system call"),
        ([b"x"] * 200000, None),
        ([b"x"] * 2000000, "virtual memory allocation failed"),
    ],
    ids=["none", "15 MB", "16 MB", "17 MB", "200000", "2000000"],
)
def test_limits(argv, text):
    """facts/observed-amd64.md §c."""
    if text is None:
        assert build_stack(AMD64, argv, pid=1).argc == len(argv)
        return
    with pytest.raises(ExecError) as caught:
        build_stack(AMD64, argv, pid=1)
    assert caught.value.text == text


def test_a_nul_inside_an_argument_is_the_callers_mistake():
    with pytest.raises(ValueError, match=r"argv\[1\]"):
        build_stack(AMD64, [b"a", b"b\0c"], pid=1)


@pytest.mark.parametrize(
    ("argv", "kept"),
    [
        ([b"a", b"bc"], b"a\0bc\0"),
        ([b"x" * 127], b"x" * 127 + b"\0"),
        ([b"x" * 128], b"x" * 127 + b"\0"),
        ([b"x" * 300, b"y"], b"x" * 127 + b"\0"),
        ([b"x" * 127 + "é".encode()], b"x" * 126 + b"\0"),
        ([b"x" * 126 + "é".encode() + b"z"], b"x" * 126 + b"\0"),
        ([b"x" * 125 + "é".encode() + b"z"], b"x" * 125 + "é".encode() + b"\0"),
    ],
)
def test_args_of_proc(argv, kept):
    got = process_args(argv)
    assert len(got) <= 128
    assert got == kept
