"""What a build says, and how."""

from __future__ import annotations

import io
import os

import pytest

from elf9.build.help import Help
from elf9.build.options import variables
from elf9.build.output import Output, shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_step_is_one_plain_line_in_a_file():
    out = io.StringIO()
    output = Output(verbose=False, stdout=out, stderr=io.StringIO())
    output.step(output.line("CC", "amd64/debug", "hello.c"))
    assert out.getvalue() == "  CC      amd64/debug hello.c\n"
    assert not output.colour


def test_nobody_reads_any_more():
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as out:
        output = Output(verbose=False, stdout=out, stderr=out)
        output.step("  CC      a")
        output.say("b")
        output.problem("c")
        output.close()


def test_colours_on_a_terminal(terminal):
    output = Output(verbose=False, stdout=terminal, stderr=terminal)
    output.step(output.line("CC", "amd64/debug", "hello.c"))
    assert terminal.getvalue().startswith("  \x1b[36mCC     \x1b[0m amd64/debug hello.c\n")
    assert output.colour


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colours_where_they_are_not_wanted(terminal, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    output = Output(verbose=False, stdout=terminal, stderr=terminal)
    output.count = lambda: 100
    output.step(output.line("CC", "amd64/debug", "hello.c"))
    output.warn("x")
    assert "\x1b" not in terminal.getvalue()


def test_the_running_count(terminal):
    output = Output(verbose=False, stdout=terminal, stderr=terminal)
    output.count = lambda: 100
    output.step("  CC      a")
    assert "[1 of at most 100]" in terminal.getvalue()
    output.close()
    assert terminal.getvalue().endswith("\r\x1b[2K")


def test_no_running_count_for_a_short_build(terminal):
    output = Output(verbose=False, stdout=terminal, stderr=terminal)
    output.count = lambda: 4
    output.step("  CC      a")
    assert "steps" not in terminal.getvalue()


def test_a_shown_command_can_be_typed():
    assert shown(["gcc", "-DX=a b", "it's.c"]) == """gcc '-DX=a b' 'it'"'"'s.c'"""


def test_help_fits_a_screen():
    text = Help()
    text.variables = variables()
    text.aliases = dict.fromkeys(("all", "check", "test", "pytest", "mypy", "ruff", "new"), "what it does")
    text.programs = [f"examples/program{number}" for number in range(100)]
    lines = str(text).splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 80
    assert "100 in all" in str(text)


def test_help_of_the_project_is_added():
    text = Help() + "My own words.\n"
    assert str(text).endswith("My own words.")
