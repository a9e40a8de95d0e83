"""From offending instructions to findings: one a rule and kind of instruction, with its function."""

from __future__ import annotations

from bisect import bisect_right

from elf9.image.findings import Findings
from elf9.image.instructions import CodeRange, Hit, scan

__all__ = ["SymbolNames", "report_hits"]


class SymbolNames:
    """Addresses to `name+0x12`."""

    def __init__(self, symbols: list[tuple[int, str]]) -> None:
        self._symbols = sorted(symbols)
        self._addresses = [address for address, _ in self._symbols]

    def name(self, address: int) -> str:
        """The nearest symbol at or before `address`, and the distance; empty if there is none."""
        at = bisect_right(self._addresses, address) - 1
        if at < 0:
            return ""
        start, name = self._symbols[at]
        return name if start == address else f"{name}+{address - start:#x}"

    def place(self, address: int) -> str:
        """An address as a place of a finding."""
        name = self.name(address)
        return f"{address:#x} ({name})" if name else f"{address:#x}"


def report_hits(
    target: str, code: list[CodeRange], names: SymbolNames, findings: Findings, *, sure: bool = True
) -> None:
    """Scan `code` and add what is found, instructions of one kind together.

    Unless `sure` that all of it is code, nothing is worse than a warning.
    """
    groups: dict[tuple[str, str, str | None], list[Hit]] = {}
    for hit in scan(target, code):
        kind = "" if hit.rule in {"undecodable-code", "segment-register"} else hit.text.partition(" ")[0]
        groups.setdefault((hit.rule, kind, hit.severity), []).append(hit)
    for (rule, _, severity), hits in groups.items():
        if not sure and rule == "undecodable-code":
            continue
        first = hits[0]
        more = f", and at {len(hits) - 1} more places" if len(hits) > 1 else ""
        findings.add(
            rule,
            f"`{first.text}`: {first.what}{more}",
            place=names.place(first.address),
            severity=severity if sure or severity else "warning",
        )
