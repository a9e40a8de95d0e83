"""`Did you mean`: the same words for every misspelt variable, value, option and target."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

__all__ = ["did_you_mean", "one_of"]


def did_you_mean(word: str, known: Iterable[str], also: Mapping[str, str] | None = None) -> str:
    """`; did you mean 'amd64'?` or a full stop, to be put behind what was wrong.

    `also` maps other names for what is known, such as `x86_64`, to ours.
    """
    names = {**(also or {}), **{name.lower(): name for name in known}}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.55)
    return f"; did you mean '{names[close[0]]}'?" if close else "."


def one_of(known: Iterable[str]) -> str:
    """`amd64, arm64`: what would have been right."""
    return ", ".join(known)
