"""libregexp against Python's re, on random expressions.

Both try the same alternatives in the same order, but Plan 9 takes the longest of the leftmost matches
(facts/observed-libc.md 19).  So re is asked for every end, the last one first, with a lookahead that lets
nothing but this end match: then it also gives the parts as the first thread has them.  Left out is the
repetition of what can be empty, where the two differ; regexp.c has cases of it.
"""

from __future__ import annotations

import random
import re

import pytest
from tests.conformance.test_conformance import binary, target  # noqa: F401

from elf9.target import Target
from elf9.testing import Case, run_case

#: Expressions in one run of the program.
COUNT = 400


def longest(expression: str, text: str) -> re.Match[str] | None:
    """Of the leftmost matches the longest; the expression is in Python's notation."""
    for start in range(len(text) + 1):
        for end in range(len(text), start - 1, -1):
            rest = f"(?=(?s:.{{{len(text) - end}}})\\Z)"
            if match := re.compile(f"(?:{expression}){rest}", re.MULTILINE).match(text, start):
                return match
    return None


def spans(expression: str, text: str) -> str:
    """What the program prints: in bytes, where the match and its parts are."""
    match = longest(expression, text)
    if match is None:
        return "no"

    def span(i: int) -> str:
        if match.start(i) < 0:
            return "(-)"
        return "({},{})".format(*(len(text[:at].encode()) for at in match.span(i)))

    return "".join(span(i) for i in range(match.re.groups + 1))


class Maker:
    """Makes expressions, each in Plan 9's notation and in Python's."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.groups = 0

    def atom(self, depth: int) -> tuple[str, str]:
        pick = self.random.random()
        if pick < 0.5:
            return (self.random.choice("aabbé"),) * 2
        if pick < 0.58:
            return ".", "."
        if pick < 0.7:
            word = self.random.choice(["[ab]", "[^a]", "[a-b]", "[^é]", "[b-é]", "[^b-é]"])
            return word, word.replace("]", "\n]") if "^" in word else word
        if pick < 0.78:
            return (self.random.choice("^$"),) * 2
        if depth == 0 or self.groups > 20:
            return "a", "a"
        self.groups += 1
        plan9, python = self.alternatives(depth - 1)
        return f"({plan9})", f"({python})"

    def repeated(self, depth: int) -> tuple[str, str]:
        plan9, python = self.atom(depth)
        empty = re.search(r"(?<!\[)\^|\$", plan9) or re.fullmatch(python, "")
        if not empty and self.random.random() < 0.4:
            sign = self.random.choice("*+?")
            return plan9 + sign, python + sign
        return plan9, python

    def alternatives(self, depth: int) -> tuple[str, str]:
        parts = []
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            row = [self.repeated(depth) for _ in range(self.random.choice([1, 1, 2, 2, 3]))]
            parts.append(("".join(a for a, _ in row), "".join(b for _, b in row)))
        return "|".join(a for a, _ in parts), "|".join(b for _, b in parts)

    def expression(self) -> tuple[str, str]:
        self.groups = 0
        return self.alternatives(3)

    def text(self) -> str:
        return "".join(self.random.choice("aabbbé\n") for _ in range(self.random.randrange(9)))


@pytest.mark.parametrize("seed", [1, 2])
def test_like_python(target: Target, seed: int) -> None:  # noqa: F811
    """Matches and their parts are those that re finds."""
    maker = Maker(seed)
    cases = [(*maker.expression(), maker.text()) for _ in range(COUNT)]
    lines = "".join("{}\t{}\n".format(plan9, text.replace("\n", "\\n")) for plan9, _, text in cases)
    result = run_case(Case(str(binary(target, "regexp")), args=["match"], stdin=lines.encode()))
    assert result.passed, result.explain()
    found = result.stdout.decode().splitlines()
    wrong = [
        f"{plan9!r} in {text!r}: {got}, want {want}"
        for (plan9, python, text), got in zip(cases, found, strict=True)
        if got != (want := spans(python, text))
    ]
    assert not wrong, "\n".join(wrong)
    assert sum(line != "no" for line in found) > COUNT // 4
