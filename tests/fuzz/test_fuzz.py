"""Every fuzzer, a little; `./scons fuzz` and `benchmarks/fuzz.py` run them for longer."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .fuzzers import FUZZERS
from .harness import targets

#: Cases in a test run: a few seconds each.
CASES = {
    "entries": 300,
    "messages": 300,
    "handlers": 15,
    "loader": 6,
    "calls": 40,
    "races": 12,
    "server": 12,
    "code": 10,
}


def test_each_has_its_share() -> None:
    assert sorted(CASES) == sorted(FUZZERS)


@pytest.mark.parametrize("name", ["entries", "messages"])
def test_decoders(name: str) -> None:
    @settings(max_examples=CASES[name], suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def run(chance: random.Random) -> None:
        FUZZERS[name](chance)

    run()


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("entries", "messages")])
def test_programs(name: str) -> None:
    assert targets(), "the programs of this folder are missing: run ./scons test, or ./scons tests/fuzz before pytest"

    @settings(max_examples=CASES[name], suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.integers(0, (1 << 40) - 1))
    def run(seed: int) -> None:
        FUZZERS[name](random.Random(seed))

    run()
