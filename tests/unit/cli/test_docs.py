"""docs/cli.md says what there is: every option, status and field, and no others."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

from elf9.cli.main import VERBS, main
from elf9.cli.run import EXIT_STATUSES, OPTIONS, Request
from elf9.kernel.syscalls import CALLS
from elf9.kernel.syscalls.states import DIFFERENCES, state
from elf9.testing import Case
from elf9.testing.report import run_report

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "cli.md").read_text()


def section(title: str) -> str:
    return re.split(r"\n##+ ", TEXT.split(f" {title}\n", 1)[1])[0]


def rows(title: str) -> list[str]:
    """First cells of a section's tables."""
    lines = re.findall(r"^\| ([^|]*) \|", section(title), re.MULTILINE)
    return [name for line in lines for name in re.split(r", ", line.replace("`", ""))]


def test_verbs():
    assert all(f"`elf9 {verb} " in TEXT or f"`elf9 {verb}`" in TEXT for verb in VERBS)


def test_options():
    documented = set(re.findall(r"`(--[a-z0-9-]+)", TEXT.split("## `elf9 check`")[0]))
    assert documented - {"--help"} == set(OPTIONS)


def test_exit_statuses():
    assert [row for row in rows("Exit status") if row != "status"] == [status for status, _ in EXIT_STATUSES]


def test_report_fields():
    request = Request()
    documented = [row for row in rows("The report") if row != "field"]
    assert documented == list(run_report(request.path, request.args, request.arch, None, 0, None, None))
    death = SimpleNamespace(text=b"", pc=0, sp=0, address=None, registers={})
    outcome = SimpleNamespace(
        stats={}, target=None, killed=None, error=None, exit_string=b"", death=death, name=b"", pid=1
    )
    report = run_report(request.path, request.args, request.arch, outcome, 0, None, None)  # type: ignore[arg-type]
    assert all(f"`{name}`" in section("The report") for name in report["death"])


def test_the_page_of_system_calls_is_what_the_code_says(capsys):
    """Make it with `elf9 calls --markdown >docs/syscalls.md`."""
    assert main(["calls", "--markdown"]) == 0
    assert (DOCS / "syscalls.md").read_text() == capsys.readouterr().out


def test_differences_are_sentences_about_calls_that_are_there():
    assert set(DIFFERENCES) <= set(CALLS)
    assert all(text[0].isupper() and text.endswith(".") for text in DIFFERENCES.values())
    assert all(state(number) != "missing" for number in DIFFERENCES)


def test_calls_by_name(capsys):
    assert main(["calls", "pread", "17"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["50", "17"]
    assert "pread(fd, buf, n, offset)" in lines[0]
    assert main(["calls", "preadd"]) == 2
    assert "did you mean 'pread'?" in capsys.readouterr().err
    assert main(["calls", "--json"]) == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == {row[0] for row in CALLS.values()}


def test_case_fields():
    assert [row for row in rows("Test cases") if row != "field"] == [field.name for field in fields(Case)]
