"""A hundred thousand doubles, printed and read on each machine, against Python's numbers; and the mathematics.

Hypothesis chooses what is special and what the rest is drawn from; thousands go into one run of one program,
which is `doubles.c`.  What a format makes is worked out by mkcases.py with decimal numbers: the exact value,
rounded half up (docs/porting.md).
"""

from __future__ import annotations

import math
import random
import runpy
import struct
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.conformance.test_conformance import ARCHITECTURES, binary

from elf9.build.toolchain import ToolchainError, discover
from elf9.target import TARGETS
from elf9.testing import Case, run_case

MODEL: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("mkcases.py")))

#: Runs of the program a machine, and doubles that each prints and reads again.
RUNS, ROUND = 10, 10_000
#: Of these so many also in another format, so many also read from their shortest text, and texts beside them.
FORMATS, SHORT, TEXTS = 500, 1000, 500
#: A failure names the double, so there is nothing to shrink.
RULES = settings(
    max_examples=RUNS, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)

FINITE = (0x7FF << 52) - 1


def pattern(value: float) -> int:
    """A double's bits."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


#: Bits of finite doubles, positive ones, each drawn in its own way.
SOURCES: tuple[Callable[[random.Random], int], ...] = (
    lambda source: source.randrange(FINITE + 1),
    lambda source: source.getrandbits(source.randrange(1, 53)),
    lambda source: pattern(float(source.getrandbits(source.randrange(1, 64)))),
    lambda source: pattern(source.getrandbits(20) / source.choice((2, 4, 8, 10, 100, 1000, 1024, 10**6))),
    lambda source: pattern(float(f"{source.getrandbits(30)}e{source.randrange(-330, 299)}")),
    lambda source: min(max((source.randrange(2047) << 52) + source.randrange(-2, 3), 0), FINITE),
)


def text_of(source: random.Random) -> str:
    """A number in decimal: of any length, halfway between two doubles, or next to that."""
    kind = source.randrange(4)
    if kind == 0:
        return f"{source.getrandbits(source.randrange(1, 90))}e{source.randrange(-345, 310)}"
    if kind == 1:
        return f"-{source.getrandbits(60)}.{source.getrandbits(source.randrange(1, 200))}"
    low = source.choice(SOURCES)(source) % FINITE
    with localcontext() as context:
        context.prec = 1100
        half = (Decimal(MODEL["double"](low)) + Decimal(MODEL["double"](low + 1))) / 2
        if kind == 2:
            return str(half)
        return str(half.next_plus() if source.random() < 0.5 else half.next_minus())


def send(program: Path, lines: list[str]) -> list[str]:
    """What the program answers, a line each."""
    result = run_case(Case(str(program), stdin="".join(f"{line}\n" for line in lines), timeout=120))
    assert result.passed, result.explain()
    answers = result.stdout.decode().splitlines()
    assert len(answers) == len(lines)
    return answers


def shown(bits: int) -> str:
    """`%.17g` of a double: as Python's, but a tie is rounded up, not to even."""
    value = MODEL["double"](bits)
    if f"{value:.18e}".partition("e")[0].endswith("50"):  # perhaps a tie
        return str(MODEL["floating"](bits, "", 0, 17, "g"))
    return f"{value:.17g}"


@pytest.fixture(params=sorted(TARGETS))
def program(request: pytest.FixtureRequest) -> Path:
    """The program of each machine."""
    arch = request.param
    target = TARGETS[arch]
    if arch not in ARCHITECTURES:
        pytest.skip(f"{arch} is not built")
    try:
        discover(target)
    except ToolchainError as error:
        pytest.skip(f"no compiler for {arch}: {str(error).splitlines()[0]}")
    return binary(target, "doubles")


def test_a_hundred_thousand_doubles(program: Path) -> None:
    """Each is printed exactly and read back; texts become the double next to them."""
    seen = 0

    @RULES
    @given(
        seed=st.integers(0, 2**64 - 1),
        special=st.lists(st.floats(allow_nan=False, allow_infinity=False).map(pattern), max_size=60),
    )
    def run(seed: int, special: list[int]) -> None:
        nonlocal seen
        source = random.Random(seed)
        doubles = list(special)
        while len(doubles) < ROUND:
            doubles.append(source.choice(SOURCES)(source) | source.getrandbits(1) << 63)
        lines = [f"{bits:x}" for bits in doubles]
        wanted = [shown(bits) for bits in doubles]
        for bits in source.sample(doubles, SHORT):
            text = repr(MODEL["double"](bits))
            lines.append(f"={text}")
            wanted.append(f"{bits:x} {len(text)}")
        for bits in source.sample(doubles, FORMATS):
            flags = "".join(flag for flag in "-+ #" if source.random() < 0.2)
            width, precision = source.choice((0, 0, 9, 30)), source.choice((None, *range(31), 35))
            verb = source.choice("eEfgG")
            lines.append(f"{bits:x} %{MODEL['respell'](flags, width, precision)}{verb}")
            wanted.append(MODEL["floating"](bits, flags, width, precision, verb))
        for _ in range(TEXTS):
            text = text_of(source)
            lines.append(f"={text}")
            wanted.append(f"{pattern(float(text)):x} {len(text)}")
        for line, answer, want in zip(lines, send(program, lines), wanted, strict=True):
            assert answer == want, line
        seen += len(doubles)

    run()
    assert seen >= RUNS * ROUND


#: Functions of one number, where their argument lies, and by how many units in the last place they may be off what
#: this host's C library says, which itself may be off by one half.
ONE: dict[str, tuple[Callable[[float], float], float, float, int]] = {
    "acos": (math.acos, -1, 1, 1),
    "asin": (math.asin, -1, 1, 1),
    "atan": (math.atan, -1e3, 1e3, 1),
    "cos": (math.cos, -1e20, 1e20, 1),
    "cosh": (math.cosh, -700, 700, 2),
    "exp": (math.exp, -745, 709, 1),
    "fabs": (math.fabs, -1e300, 1e300, 0),
    "log": (math.log, 5e-324, 1e300, 1),
    "log10": (math.log10, 5e-324, 1e300, 2),
    "sin": (math.sin, -1e20, 1e20, 1),
    "sinh": (math.sinh, -700, 700, 2),
    "sqrt": (math.sqrt, 0, 1e308, 0),
    "tan": (math.tan, -1e20, 1e20, 2),
    "tanh": (math.tanh, -20, 20, 2),
}
TWO: dict[str, tuple[Callable[[float, float], float], int]] = {
    "atan2": (math.atan2, 1),
    "fmod": (math.fmod, 0),
    "hypot": (math.hypot, 1),
}

#: Values that C99 fixes, as lines and answers: numbers in Python's words.
FIXED: tuple[tuple[str, tuple[float, ...], float], ...] = (
    ("log", (0.0,), -math.inf),
    ("log", (1.0,), 0.0),
    ("exp", (-745.0,), 5e-324),
    ("exp", (-1000.0,), 0.0),
    ("exp", (1000.0,), math.inf),
    ("exp", (0.0,), 1.0),
    ("sqrt", (-0.0,), -0.0),
    ("atan2", (0.0, 0.0), 0.0),
    ("atan2", (0.0, -1.0), math.pi),
    ("atan2", (-0.0, -1.0), -math.pi),
    ("atan2", (1.0, 0.0), math.pi / 2),
    ("hypot", (math.inf, 1.0), math.inf),
    ("hypot", (1e300, 1e300), math.hypot(1e300, 1e300)),
    ("pow", (2.0, 0.5), math.sqrt(2)),
    ("pow", (2.0, -1074.0), 5e-324),
    ("pow", (-2.0, 3.0), -8.0),
    ("pow", (0.0, 0.0), 1.0),
    ("pow", (10.0, 308.0), 1e308),
    ("ceil", (0.0,), 0.0),
    ("ceil", (-0.5,), -0.0),
    ("ceil", (1.5,), 2.0),
    ("ceil", (-math.inf,), -math.inf),
    ("floor", (-0.0,), -0.0),
    ("floor", (-0.5,), -1.0),
    ("floor", (2251799813685249.5,), 2251799813685249.0),
    ("floor", (1e300,), 1e300),
)


def ordinal(bits: int) -> int:
    """Doubles in their order: neighbours differ by one."""
    return bits if bits < 1 << 63 else (1 << 63) - bits


def test_mathematics(program: Path) -> None:
    """Functions are within a unit or two of the last place, or exact where they can be."""
    source = random.Random(1729)
    lines: list[str] = []
    wanted: list[str] = []
    off: list[int] = []

    def case(line: str, want: str, units: int = 0) -> None:
        lines.append(f"~{line}")
        wanted.append(want)
        off.append(units)

    def hexadecimal(value: float) -> str:
        return f"{pattern(value):x}"

    for name, (one, low, high, units) in ONE.items():
        for _ in range(300):
            value = source.uniform(low, high) if source.random() < 0.5 else high * 2.0 ** -source.randrange(80)
            value *= source.uniform(0.5, 1)
            case(f"{name} {hexadecimal(value)}", hexadecimal(one(value)), units)
    for name, (two, units) in TWO.items():
        for _ in range(300):
            x, y = (source.uniform(-1, 1) * 10.0 ** source.randrange(-20, 20) for _ in "xy")
            case(f"{name} {hexadecimal(x)} {hexadecimal(y)}", hexadecimal(two(x, y)), units)
    for _ in range(300):
        x, y = source.uniform(0, 100), source.uniform(-100, 100)
        case(f"pow {hexadecimal(x)} {hexadecimal(y)}", hexadecimal(math.pow(x, y)), 1)
        value = MODEL["double"](source.randrange(FINITE + 1)) * source.choice((1, -1))
        fraction, exponent = math.frexp(value)
        case(f"frexp {hexadecimal(value)}", f"{exponent} {hexadecimal(fraction)}")
        shift = source.randrange(-1100, 900)
        shift = min(shift, 1024 - exponent)
        case(f"ldexp {hexadecimal(value)} {shift}", hexadecimal(math.ldexp(value, shift)))
        value = source.uniform(-1e6, 1e6) * 10.0 ** source.randrange(-10, 20)
        fraction, whole = math.modf(value)
        case(f"modf {hexadecimal(value)}", f"{hexadecimal(whole)} {hexadecimal(fraction)}")
    for exponent in range(-330, 309):
        case(f"pow10 {exponent}", hexadecimal(float(f"1e{exponent}")))
    for name, values, result in FIXED:
        case(f"{name} {' '.join(map(hexadecimal, values))}", hexadecimal(result))

    for line, answer, want, units in zip(lines, send(program, lines), wanted, off, strict=True):
        if units == 0:
            assert answer == want, line
        else:
            assert abs(ordinal(int(answer, 16)) - ordinal(int(want, 16))) <= units, f"{line}: {answer}, want {want}"
