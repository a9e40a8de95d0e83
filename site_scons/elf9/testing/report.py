"""The report of `elf9 run --report FILE.json`: how a run went, for programs.  docs/cli.md describes the fields."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elf9.debug.explain import Explanation
    from elf9.kernel.kernel import Outcome
    from elf9.kernel.process import Death

__all__ = ["SCHEMA", "run_report", "try_report", "write_report"]

#: Changes when a field changes its meaning or goes; new fields do not change it.
SCHEMA = "elf9-run/1"


def run_report(
    path: str,
    args: list[bytes],
    arch: str | None,
    outcome: Outcome | None,
    status: int,
    problem: tuple[str | None, str] | None,
    explanation: Explanation | None,
) -> dict[str, Any]:
    """The report as plain values, of the program file `path` run with `args`.

    `arch` is the machine that was asked for, or None.  `problem` is (kernel's error or None, reason) of a run without a
    proper end.
    """
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "program": _text(os.fsencode(path)),
        "args": [_text(word) for word in args],
        "arch": arch,
        "status": status,
        "exit_string": None,
        "killed": None,
        "error": None,
        "reason": None,
        "death": None,
        "explanation": None,
        "processes": None,
        "stats": {},
    }
    if problem is not None:
        report["error"], report["reason"] = problem
    if outcome is None:
        return report
    report["stats"] = outcome.stats
    if outcome.target is not None:
        report["arch"] = outcome.target.name
    report["killed"] = outcome.killed
    if outcome.error is None and outcome.killed is None:
        report["exit_string"] = _text(outcome.exit_string)
    if outcome.death is not None:
        report["death"] = _death(outcome.death, explanation)
    report["explanation"] = None if explanation is None else explanation.to_text()
    return report


def _death(death: Death, explanation: Explanation | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "text": _text(death.text),
        "pc": f"{death.pc:#x}",
        "sp": f"{death.sp:#x}",
        "address": None if death.address is None else f"{death.address:#x}",
        "registers": {name: f"{value:#x}" for name, value in death.registers.items()},
        "hint": None,
        "backtrace": [],
    }
    if explanation is not None:
        result |= explanation.to_json()
    return result


def _text(data: bytes | str) -> str:
    """Text for JSON; bytes that are no UTF-8 become `\\xNN`."""
    return data if isinstance(data, str) else data.decode("utf-8", "backslashreplace")


def try_report(path: str) -> None:
    """Find out before a run, which may take long, whether its report can be written; raises OSError if not."""
    if _in_place(path):
        if not stat.S_ISFIFO(os.stat(path).st_mode):  # who reads it may come later
            os.close(os.open(path, os.O_WRONLY | os.O_NOCTTY))
        return
    temporary = _temporary(path)
    with open(temporary, "wb"):
        os.unlink(temporary)


def write_report(path: str, report: dict[str, Any]) -> None:
    """Write JSON in one step: whoever reads `path` finds the whole report or the old one.  Raises OSError."""
    text = json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"
    data = text.encode("utf-8", "backslashreplace")
    if _in_place(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    temporary = _temporary(path)
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        raise


def _in_place(path: str) -> bool:
    """Is this a pipe, a terminal, /dev/stdout: nothing to replace?"""
    return os.path.exists(path) and not os.path.isfile(path)


def _temporary(path: str) -> str:
    return f"{path}.{os.getpid()}.tmp"
