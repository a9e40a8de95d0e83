"""What came of a test case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from elf9.testing.case import Case
from elf9.testing.show import show

__all__ = ["Problem", "Result"]

#: Of a run that was stopped: processes that are shown, and calls of each.
_MOST_PROCESSES, _MOST_CALLS = 20, 10


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not as expected."""

    #: "stdout", "stderr", "exit string", "status", "file NAME" or "run".
    what: str
    #: One line.
    summary: str
    #: More lines, such as a difference.
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.what}: {self.summary}", *(f"    {line}" for line in self.details)])


@dataclass(frozen=True, slots=True)
class Result:
    """A case, what came of it, and what of that is wrong."""

    case: Case
    stdout: bytes
    stderr: bytes
    #: None if there was no end to speak of: refused, killed by a limit, or the emulator failed.
    exit_string: bytes | None
    #: Exit status of `elf9 run`.
    status: int
    #: Wall time, start of the emulator included.
    seconds: float
    problems: tuple[Problem, ...]
    #: A shell command that runs the program in the same way.
    command: str
    #: The report of `elf9 run` (docs/cli.md); empty if it left none.
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.problems

    def explain(self) -> str:
        """What was expected, what came, and how to see it again; for a passed case, one line."""
        if self.passed:
            return f"{self.case.name}: passed"
        lines = [f"{self.case.name}: failed"]
        for problem in self.problems:
            lines += [f"  {line}" for line in str(problem).split("\n")]
        explanation = str(self.report.get("explanation") or "").rstrip("\n")
        if explanation:
            lines += [f"  {line}" for line in explanation.split("\n")]
        lines += _processes(self.report)
        shown = {problem.what for problem in self.problems}
        if self.stderr and "stderr" not in shown:
            lines.append("  its standard error:")
            lines += [f"    {show(line)}" for line in self.stderr.rstrip(b"\n").split(b"\n")[:20]]
        lines.append(f"  again: {self.command}")
        if self.case.files:
            lines.append(f"  (it had these files in its current directory: {', '.join(self.case.files)})")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain values; bytes that are no UTF-8 are shown as escapes."""
        return {
            "name": self.case.name,
            "program": self.case.program,
            "passed": self.passed,
            "status": self.status,
            "exit_string": None if self.exit_string is None else _text(self.exit_string),
            "stdout": _text(self.stdout),
            "stderr": _text(self.stderr),
            "seconds": round(self.seconds, 6),
            "problems": [
                {"what": problem.what, "summary": problem.summary, "details": list(problem.details)}
                for problem in self.problems
            ],
            "command": self.command,
            "report": self.report,
        }


def _processes(report: dict[str, Any]) -> list[str]:
    """What every process was doing when the run was ended."""
    processes = report.get("processes") or []
    lines = [f"  its processes when it was stopped ({len(processes)}):"] if processes else []
    for process in processes[:_MOST_PROCESSES]:
        words = [f"{process['pid']} {process['name']}", process["state"], process["call"] or "", f"pc={process['pc']}"]
        lines.append("    " + "  ".join(word for word in words if word))
        lines += [f"      {call}" for call in process["backtrace"][:_MOST_CALLS]]
    if len(processes) > _MOST_PROCESSES:
        lines.append(f"    … {len(processes) - _MOST_PROCESSES} more")
    return lines


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
