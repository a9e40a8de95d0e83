"""The rules for `#!` scripts (facts/exec.md §5)."""

from __future__ import annotations

from elf9.image.findings import Findings
from elf9.image.layout import HEAD_SIZE
from elf9.image.model import Script

__all__ = ["check_script"]

#: Where Unix systems keep what Plan 9 has elsewhere or not at all.
HOST_PREFIXES = (b"/usr/", b"/opt/", b"/sbin/")
HOST_PROGRAMS = (b"/bin/sh", b"/bin/bash", b"/bin/dash", b"/bin/zsh", b"/bin/env", b"/bin/python3")


def check_script(data: bytes, made: Script | None, findings: Findings) -> None:
    """Look at the first line of a script; `made` is what exec reads in it, if it does."""
    line, newline, rest = data[:HEAD_SIZE].partition(b"\n")
    if not newline or made is None:
        return
    place = "line 1"
    interpreter = made.interpreter
    name = interpreter.decode("utf-8", "replace")
    if not interpreter.startswith((b"/", b"#")):
        findings.add("script-relative", f"the interpreter `{name}` is looked up in the caller's folder", place=place)
    if interpreter.startswith(HOST_PREFIXES) or interpreter in HOST_PROGRAMS:
        findings.add("script-host-interpreter", f"Plan 9 has no `{name}`", place=place)
    if line.partition(b"\0")[0].count(b"'") % 2:
        findings.add("script-quote", "the line has an odd number of quotes", place=place)
    if b"\0" in line:
        findings.add("script-nul", f"the line has a NUL byte at offset {line.index(0):#x}", place=place)
    if line.endswith(b"\r") and (b"\r\n" in rest or not rest):
        findings.add("script-crlf", "the first line ends with CR LF", place=place)
