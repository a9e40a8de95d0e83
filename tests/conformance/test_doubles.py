"""A hundred thousand doubles, printed and read on each machine, against Python's numbers.

Hypothesis chooses what is special and what the rest is drawn from; thousands go into one run of one program,
which is `doubles.c`.  What a format makes is worked out by mkcases.py with decimal numbers: the exact value,
rounded half up (docs/porting.md).
"""

from __future__ import annotations

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


@pytest.mark.parametrize("arch", sorted(TARGETS))
def test_a_hundred_thousand_doubles(arch: str) -> None:
    """Each is printed exactly and read back; texts become the double next to them."""
    target = TARGETS[arch]
    if arch not in ARCHITECTURES:
        pytest.skip(f"{arch} is not built")
    try:
        discover(target)
    except ToolchainError as error:
        pytest.skip(f"no compiler for {arch}: {str(error).splitlines()[0]}")
    program = binary(target, "doubles")
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
