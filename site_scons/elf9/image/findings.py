"""What a check finds, and the list it is collected in."""

from __future__ import annotations

from dataclasses import dataclass, field

from elf9.image.rules import RULES

__all__ = ["Finding", "Findings", "printable"]

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule; `place` is a file offset, an address, a section or a symbol."""

    rule: str
    severity: str
    place: str
    message: str
    cure: str


@dataclass(slots=True)
class Findings:
    """The findings of one file, in the order in which they were found."""

    items: list[Finding] = field(default_factory=list)

    def add(self, rule: str, message: str, *, place: str, cure: str = "", severity: str | None = None) -> None:
        """Add a breach of `rule`; its severity and cure are the rule's unless given."""
        known = RULES[rule]
        self.items.append(
            Finding(
                rule=rule,
                severity=severity or known.severity,
                place=printable(place),
                message=printable(message),
                cure=cure or known.cure,
            )
        )

    def has(self, rule: str) -> bool:
        """Whether there is a breach of `rule` yet."""
        return any(finding.rule == rule for finding in self.items)

    def sorted(self) -> list[Finding]:
        """Errors first, then warnings, then notes."""
        return sorted(self.items, key=lambda finding: SEVERITIES.index(finding.severity))


def printable(text: str) -> str:
    """`text` with everything escaped that a file could use to disturb a terminal or an encoder."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
