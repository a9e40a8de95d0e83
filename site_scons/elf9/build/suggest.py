"""`Did you mean`: the same words for every misspelt variable, value, option and target."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "one_of"]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'amd64'?` or nothing, to be put behind what was wrong."""
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.55)
    return f"; did you mean '{names[close[0]]}'?" if close else ""


def one_of(known: Iterable[str]) -> str:
    """`amd64, arm64`: what would have been right."""
    return ", ".join(known)
