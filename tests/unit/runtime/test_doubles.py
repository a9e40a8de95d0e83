"""Doubles printed and read by the C library, against Python's decimal numbers; its generated files are up to date."""

from __future__ import annotations

import runpy
import struct
import unicodedata
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "tests" / "conformance" / "mkcases.py"
UNICODE = ROOT / "runtime" / "mkunicode.py"
TABLES = ROOT / "runtime" / "libc" / "utf"

RULES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

#: Bits of doubles: any, denormal ones, small integers and fractions, powers of two with their neighbours.
PATTERNS = st.one_of(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**52),
    st.floats().map(lambda value: struct.unpack("<Q", struct.pack("<d", value))[0]),
    st.builds(
        lambda top, bottom: struct.unpack("<Q", struct.pack("<d", top / bottom))[0],
        st.integers(-(10**6), 10**6),
        st.sampled_from([1, 2, 4, 8, 10, 100, 1000, 1024, 10**6]),
    ),
    st.builds(lambda exponent, step: ((exponent << 52) + step) % 2**63, st.integers(1, 2046), st.integers(-2, 2)),
)
FORMATS = st.tuples(
    st.sets(st.sampled_from("-+ #")).map(sorted).map("".join),
    st.sampled_from([0, 0, 8, 30]),
    st.one_of(st.none(), st.integers(0, 35)),
    st.sampled_from("eEfgG"),
)


class Doubles:
    """The two functions of doubles.c, in a process under the hostile kernel."""

    def __init__(self, process):
        self.process = process
        self.base = process.target.stack_base
        self.model = runpy.run_path(str(CASES))

    def format(self, form: str, pattern: int) -> str:
        self.process.uc.mem_write(self.base, form.encode() + b"\0")
        size = self.process.invoke("format", self.base + 64, 1000, self.base, pattern) & 0xFFFFFFFF
        return bytes(self.process.uc.mem_read(self.base + 64, size)).decode()

    def parse(self, text: str) -> tuple[int, int]:
        data = text.encode() + b"\0"
        self.process.uc.mem_write(self.base + 64, data)
        bits = self.process.invoke("parse", self.base + 64, self.base)
        (end,) = struct.unpack("<Q", self.process.uc.mem_read(self.base, 8))
        return bits, end - self.base - 64

    def bits(self, value: float) -> int:
        bits: int = self.model["bits"](value)
        return bits


@pytest.fixture(scope="module")
def doubles(workshop, programs, hostile):
    return Doubles(hostile(workshop.program("doubles", [programs / "doubles.c"], floating=True)))


@RULES
@given(cases=st.lists(st.tuples(PATTERNS, FORMATS), min_size=20, max_size=20))
def test_doubles_are_printed_exactly(doubles, cases):
    for pattern, (flags, width, precision, verb) in cases:
        form = f"%{doubles.model['respell'](flags, width, precision)}{verb}"
        wanted = doubles.model["floating"](pattern, flags, width, precision, verb)
        assert doubles.format(form, pattern) == wanted, f"{form} of {pattern:#x}"


@RULES
@given(patterns=st.lists(PATTERNS, min_size=20, max_size=20))
def test_seventeen_digits_are_read_back(doubles, patterns):
    for pattern in patterns:
        if pattern >> 52 & 0x7FF != 0x7FF:
            text = doubles.format("%.17g", pattern)
            assert doubles.parse(text) == (pattern, len(text)), text


@RULES
@given(
    texts=st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False).map(repr),
            st.builds("{}e{}".format, st.integers(0, 10**25), st.integers(-350, 310)),
            st.builds("{}e{}".format, st.integers(0, 10**19), st.integers(-22, 22)),
            st.builds("-{}.{}".format, st.integers(0, 10**20), st.integers(0, 10**20)),
        ),
        min_size=20,
        max_size=20,
    )
)
def test_numbers_become_the_next_double(doubles, texts):
    for text in texts:
        assert doubles.parse(text) == (doubles.bits(float(text)), len(text)), text


@RULES
@given(pattern=st.integers(0, 0x7FEFFFFFFFFFFFFE), more=st.sampled_from(["", "0", "1", "0000000000001"]))
def test_between_two_doubles(doubles, pattern, more):
    """Halfway it is the even one, and a digit behind all others decides."""
    with localcontext() as context:
        context.prec = 1500
        halves = (Decimal(doubles.model["double"](pattern)) + Decimal(doubles.model["double"](pattern + 1))) / 2
        text = format(halves, "f")
    text += more if "." in text else f".{more}"
    assert doubles.parse(text) == (doubles.bits(float(text)), len(text))


@pytest.mark.parametrize("name", ["print_cases.h", "float_cases.h"])
def test_conformance_cases_are_up_to_date(name):
    assert runpy.run_path(str(CASES))["MAKERS"][name]() == (CASES.parent / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["runetype", "runenorm", "runebreak"])
def test_unicode_tables_are_up_to_date(name):
    text = (TABLES / f"{name}.h").read_text(encoding="utf-8")
    if f"Unicode {unicodedata.unidata_version};" not in text:
        pytest.skip(f"this Python has Unicode {unicodedata.unidata_version}, which the tables are not made from")
    assert runpy.run_path(str(UNICODE))["text"](name) == text


def test_unicode_script_says_how_it_is_used(capsys):
    script = runpy.run_path(str(UNICODE))
    assert script["main"]([]) == 2
    assert "mkunicode.py write" in capsys.readouterr().err
