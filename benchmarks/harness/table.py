"""The table, for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.harness.measure import Figure

__all__ = ["Row", "Section", "as_json", "as_text"]


@dataclass(slots=True)
class Row:
    """One comparison.  A side that is text says why there is no figure; "" means that there is none to have."""

    what: str
    machine: str
    ours: Figure | str
    peer: str
    theirs: Figure | str
    target: float | None = None  #: our median must not be above it, in the row's unit
    target_ratio: float | None = None  #: nor the ratio of medians above this
    mean: float | None = None  #: of a row that sums up others: mean of their ratios
    best_mean: float | None = None
    unit: str = ""  #: if it is not the section's
    bound: str = ""  #: what our figure consists of

    @property
    def ratio(self) -> float | None:
        """Our median in medians of the peer."""
        if isinstance(self.ours, Figure) and isinstance(self.theirs, Figure) and self.theirs.median > 0:
            return self.ours.median / self.theirs.median
        return self.mean

    @property
    def best_ratio(self) -> float | None:
        """Our least in the peer's least."""
        if isinstance(self.ours, Figure) and isinstance(self.theirs, Figure) and self.theirs.best > 0:
            return self.ours.best / self.theirs.best
        return self.best_mean

    @property
    def verdict(self) -> str:
        """Whether the target is met, and by which figure."""
        if self.target is not None:
            limit = f"<= {self.target:g}"
            if not isinstance(self.ours, Figure):
                return f"{limit}: no figure"
            median, best = self.ours.median <= self.target, self.ours.best <= self.target
        elif self.target_ratio is not None:
            limit = f"<= {self.target_ratio:g}x"
            if self.ratio is None or self.best_ratio is None:
                return f"{limit}: no figure"
            median, best = self.ratio <= self.target_ratio, self.best_ratio <= self.target_ratio
        else:
            return ""
        if median:
            return f"{limit}: met"
        return f"{limit}: met by the least only" if best else f"{limit}: missed"


@dataclass(slots=True)
class Section:
    """Rows in one unit."""

    title: str
    unit: str
    note: str = ""
    rows: list[Row] = field(default_factory=list)


_HEAD = ("", "machine", "elf9", "(least)", "peer", "", "(least)", "ratio", "(least)", "target")
_LEFT = (0, 1, 4, 9)
_SHORT = 14


def as_text(described: dict[str, str], sections: list[Section]) -> str:
    """The whole report: the host, then the sections as one aligned table."""
    wide = max(len(name) for name in described)
    lines = [f"{name:<{wide}}  {text}" for name, text in described.items()]
    lines += ["", "Medians, and in parentheses the least of all runs; a ratio is elf9's time in the peer's.", ""]
    table = [(section, _cells(row, row.unit or section.unit)) for section in sections for row in section.rows]
    widths = [max(len(cells[i]) for cells in [_HEAD, *(cells for _, cells in table)]) for i in range(len(_HEAD))]
    lines.append(_line(_HEAD, widths))
    last = None
    for section, cells in table:
        if section is not last:
            lines += ["", f"{section.title} ({section.note})" if section.note else section.title]
            last = section
        lines.append(_line(cells, widths))
        reasons = [text for text in cells[10:] if text]
        lines += [f"    {text}" for text in reasons]
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        f"{cell:<{width}}" if i in _LEFT else f"{cell:>{width}}"
        for i, (cell, width) in enumerate(zip(cells, widths, strict=False))
    ]
    return ("  " + "  ".join(padded)).rstrip()


def _cells(row: Row, unit: str) -> tuple[str, ...]:
    """The ten columns, then texts that need a line of their own."""
    ours, ours_best, ours_text = _side(row.ours, unit)
    theirs, theirs_best, theirs_text = _side(row.theirs, unit)
    return (
        row.what,
        row.machine,
        ours,
        ours_best,
        row.peer,
        theirs,
        theirs_best,
        _times(row.ratio),
        f"({_times(row.best_ratio)})" if row.best_ratio is not None else "",
        row.verdict,
        f"elf9: {ours_text}" if ours_text else "",
        f"{row.peer}: {theirs_text}" if theirs_text else "",
        f"bound by {row.bound}" if row.bound else "",
    )


def _side(figure: Figure | str, unit: str) -> tuple[str, str, str]:
    if isinstance(figure, Figure):
        return f"{_number(figure.median)} {unit}", f"({_number(figure.best)})", ""
    # A short reason stands in the column, a long one on a line of its own.
    return (figure, "", "") if len(figure) < _SHORT else ("-", "", figure)


def _number(value: float) -> str:
    """Three digits, about."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{_number(ratio)}x"


def as_json(described: dict[str, str], sections: list[Section]) -> dict[str, Any]:
    """Everything that was measured, every sample of it."""
    return {
        "host": described,
        "sections": [
            {
                "title": section.title,
                "unit": section.unit,
                "note": section.note,
                "rows": [
                    {
                        "what": row.what,
                        "machine": row.machine,
                        "unit": row.unit or section.unit,
                        "elf9": _json(row.ours),
                        "peer": row.peer,
                        "theirs": _json(row.theirs),
                        "ratio": row.ratio,
                        "least_ratio": row.best_ratio,
                        "target": row.target,
                        "target_ratio": row.target_ratio,
                        "verdict": row.verdict,
                        "bound": row.bound,
                    }
                    for row in section.rows
                ],
            }
            for section in sections
        ],
    }


def _json(figure: Figure | str) -> Any:
    if isinstance(figure, Figure):
        return {"median": figure.median, "least": figure.best, "samples": list(figure.samples)}
    return figure or None
