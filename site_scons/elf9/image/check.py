"""What exec would do with a file, and what would go wrong later: `elf9 check` without the command line.

Every breach is a `Finding` with the stable id of a rule (`elf9.image.rules`), its place and a
cure.  The layout is computed by the same code that the emulator loads programs with
(`elf9.image.layout`); sections, symbols and instructions, which exec never looks at, are read
here to tell where the linked program and the loaded one differ.  Off the path of `elf9 run`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field
from typing import Any

from elf9.image.check_aout import check_aout
from elf9.image.check_elf import check_elf
from elf9.image.check_script import check_script
from elf9.image.elf import ELF_MAGIC
from elf9.image.findings import Finding, Findings, printable
from elf9.image.layout import HEAD_SIZE, guess_target, plan
from elf9.image.model import ExecError, Plan, Script
from elf9.image.rules import RULES
from elf9.target import TARGETS, Target

__all__ = ["Finding", "Report", "check_bytes", "check_file"]

#: Version of `Report.to_json`; it grows when a field changes its meaning or goes.
SCHEMA = 1
#: Files of more bytes are not read; no segment of theirs would be sensible.
LARGEST = 1 << 30
#: How each severity is counted in a sentence.
PLURALS = {"error": "errors", "warning": "warnings", "note": "notes"}
COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m", "ok": "\x1b[1;32m", "dim": "\x1b[2m"}
RESET = "\x1b[0m"


@dataclass(slots=True)
class Report:
    """What exec does with one file, and everything found in it.

    `kind`: "elf", "a.out", "script" or "unknown".  `target`: name of the kernel's architecture.
    `accepted`: exec makes a process of it.  `error`: the kernel's words if not; also when exec
    passes and the process dies at once for want of a segment (`fatal`).
    `layout`: segments and entry that exec computes, empty if it refuses; see `to_json`.
    """

    path: str
    kind: str
    target: str
    accepted: bool
    error: str | None
    fatal: bool = False
    layout: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings and notes may be."""
        return not self.count("error")

    def count(self, severity: str) -> int:
        """How many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The report as plain data: addresses and file offsets as `0x…` strings, sizes as numbers."""
        return {
            "schema": SCHEMA,
            "path": self.path,
            "kind": self.kind,
            "target": self.target,
            "accepted": self.accepted,
            "error": self.error,
            "fatal": self.fatal,
            "ok": self.ok,
            "layout": self.layout,
            "findings": [
                {
                    "rule": finding.rule,
                    "severity": finding.severity,
                    "place": finding.place,
                    "message": finding.message,
                    "cure": finding.cure,
                }
                for finding in self.findings
            ],
        }

    def to_text(self, colour: bool = False) -> str:
        """The report for a person, ending with a newline; escape sequences only with `colour`."""

        def paint(name: str, text: str) -> str:
            return f"{COLOURS[name]}{text}{RESET}" if colour else text

        if self.accepted:
            outcome = paint("ok", "exec loads it")
        else:
            outcome = paint("error", f"exec {'kills the process' if self.fatal else 'refuses it'}: {self.error}")
        what = {"unknown": "no program", "script": "script"}.get(self.kind, f"{self.kind}, {self.target}")
        lines = [f"{printable(self.path)}: {what}: {outcome}", *self._layout_lines()]
        for finding in self.findings:
            place = paint("dim", finding.place)
            lines.append(f"  {paint(finding.severity, finding.severity)} {finding.rule}: {place}")
            lines += [f"    {finding.message}", f"    cure: {finding.cure}"]
        counts = [
            f"{number} {severity if number == 1 else plural}"
            for severity, plural in PLURALS.items()
            if (number := self.count(severity))
        ]
        lines.append(f"  {', '.join(counts)}" if counts else f"  {paint('ok', 'nothing to complain about')}")
        return "\n".join(lines) + "\n"

    def _layout_lines(self) -> list[str]:
        """The segments as a table, or the script's words."""
        if "words" in self.layout:
            return [f"  runs {' '.join(printable(word) for word in self.layout['words'])}"]
        lines = []
        for segment in self.layout.get("segments", ()):
            source = "zeros"
            if segment["file_size"]:
                source = f"file {segment['offset']} + {segment['file_size']:#x}"
            elif segment["name"] == "Stack":
                source = "arguments at the top"
            span = f"{segment['base']}-{segment['top']}"
            lines.append(f"  {segment['name']:<6}{segment['permissions']:<5}{span:<32}{source}")
        if lines:
            lines.append(f"  entry {self.layout['entry']}")
        return lines


def check_file(path: str, *, target: Target | None = None) -> Report:
    """Check the file at `path` for a kernel of `target`; by default the file's own architecture.

    Raises OSError if it cannot be read, and for what is not a regular file.
    """
    status = os.stat(path)
    mode, size = status.st_mode, status.st_size
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        # Opening a pipe would wait, and reading a device might never end.
        raise OSError(errno.EINVAL, "not a regular file", path)
    if size > LARGEST:
        raise OSError(errno.EFBIG, f"file too large to check: {size} bytes", path)
    with open(path, "rb") as file:
        data = file.read()
    return check_bytes(data, path, target=target)


def check_bytes(data: bytes, path: str, *, target: Target | None = None) -> Report:
    """Check a file's contents; `path` is only for the report."""
    head = data[:HEAD_SIZE]
    kernel = target or guess_target(head) or TARGETS["amd64"]
    findings = Findings()
    made: Plan | Script | None = None
    refusal: ExecError | None = None
    try:
        made = plan(head, kernel)
    except ExecError as error:
        refusal = error
        findings.add(error.rule, error.problem, place=_place(error), cure=error.cure)
    kind = "unknown"
    if int.from_bytes(head[:4], "big") == ELF_MAGIC:
        kind = "elf"
        check_elf(data, kernel, made if isinstance(made, Plan) else None, findings)
    elif head[:2] == b"#!":
        kind = "script"
        check_script(data, made if isinstance(made, Script) else None, findings)
    elif int.from_bytes(head[:4], "big") in {known.aout_magic for known in TARGETS.values()}:
        kind = "a.out"
        if isinstance(made, Plan):
            check_aout(data, made, findings)
    fatal = made.fatal if isinstance(made, Plan) else None
    return Report(
        path=path,
        kind=kind,
        target=kernel.name,
        accepted=refusal is None and fatal is None,
        error=refusal.text if refusal else fatal,
        fatal=fatal is not None,
        layout=_layout(made),
        findings=findings.sorted(),
    )


def _place(refusal: ExecError) -> str:
    """Where in the file the thing is that made exec refuse it: as its text says, or the start."""
    found = re.search(r"file offset 0x[0-9a-f]+", refusal.problem)
    if refusal.rule.startswith("script"):
        return "line 1"
    return found.group() if found else "file offset 0x0"


def _layout(made: Plan | Script | None) -> dict[str, Any]:
    """The layout as plain data: see `Report.to_json`."""
    if made is None:
        return {}
    if isinstance(made, Script):
        return {"words": [word.decode("utf-8", "surrogateescape") for word in made.words]}
    target = made.target
    bss = made.bss_top - made.bss_base
    segments = [
        ("Text", "R X", made.text.base, made.text.top, made.text.offset, made.text.size),
        ("Data", "R W", made.data.base, made.data.top, made.data.offset, made.data.size),
        ("Bss", "R W", made.bss_base, made.bss_base + bss, 0, 0),
        ("Stack", "R W", target.stack_base, target.stack_top, 0, 0),
    ]
    return {
        "entry": f"{made.entry:#x}",
        "align": made.align,
        "segments": [
            {
                "name": name,
                "permissions": permissions,
                "base": f"{base:#x}",
                "top": f"{top:#x}",
                "offset": f"{offset:#x}",
                "file_size": size,
            }
            for name, permissions, base, top, offset, size in segments
        ],
    }


def rules_json() -> list[dict[str, str]]:
    """Every rule as plain data, for `elf9 check --rules --json`."""
    return [
        {"rule": rule.id, "severity": rule.severity, "title": rule.title, "why": rule.why, "cure": rule.cure}
        for rule in RULES.values()
    ]


def rules_text() -> str:
    """Every rule with its explanation, for `elf9 check --rules`."""
    lines = []
    for rule in RULES.values():
        lines += [f"{rule.id} ({rule.severity}): {rule.title}", f"    {rule.why}", f"    cure: {rule.cure}"]
    return "\n".join(lines) + "\n"
