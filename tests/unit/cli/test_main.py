"""`elf9`: verbs, help, versions, and the statuses that all verbs share."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from elf9 import __version__
from elf9.cli import doctor, run
from elf9.cli.main import VERBS, main

ROOT = Path(run.__file__).parents[2]


def command(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "elf9", *words],
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
    )


def test_no_verb_is_a_usage_error(capsys):
    assert main([]) == 2
    assert "usage: elf9 VERB" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-h", "--help", "help"])
def test_help(word, capsys):
    assert main([word]) == 0
    text = capsys.readouterr().out
    assert all(f"  {verb} " in text for verb in VERBS)
    assert "examples:" in text


def test_help_of_a_verb(capsys):
    assert main(["help", "run"]) == 0
    assert capsys.readouterr().out.startswith("usage: elf9 run ")
    assert main(["doctor", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: elf9 doctor ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "did you mean 'run'?"),
        (["chekc", "x"], "did you mean 'check'?"),
        (["zzz"], "there are run, check, new, calls, doctor"),
        (["--trace", "run"], "unknown option '--trace'"),
        ([sys.executable], f"to run the file: elf9 run {shlex.quote(sys.executable)}"),
    ],
)
def test_unknown_verbs(words, message, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_version(capsys):
    assert main(["--version"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"elf9 {__version__} (Python 3.")
    assert "unicorn 2." in out


def test_usage_errors_of_verbs(capsys):
    assert main(["doctor", "--jsno"]) == 2
    assert "--jsno" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, 130), (BrokenPipeError, 141)])
def test_interruptions_are_quiet(error, status, monkeypatch, capsys):
    def fail(words):
        raise error

    monkeypatch.setattr(run, "main", fail)
    monkeypatch.setattr("elf9.cli.main._silence", lambda: None)
    assert main(["run", "x"]) == status
    assert capsys.readouterr().err == ""


def test_module_is_the_command():
    done = command("nonsense")
    assert done.returncode == 2
    assert done.stderr.startswith(b"elf9: unknown verb 'nonsense'")


def test_nobody_reads_the_help():
    shell = f"'{sys.executable}' -m elf9 --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() in {"0", "141"}
    assert done.stderr == ""


def test_standard_output_is_closed():
    shell = f"'{sys.executable}' -m elf9 doctor >&-; '{sys.executable}' -m elf9 run nowhere >&- 2>&-; echo $?"
    done = subprocess.run(
        ["bash", "-c", shell], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr


def test_terminals_without_unicode_are_served():
    done = command("--help", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.startswith(b"usage: elf9 VERB [options] ?")


# doctor


def test_doctor_prints_a_line_a_finding(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine", lambda: iter([doctor.Finding("ok", "python", "3.11")]))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == "ok       python  3.11\nEverything that elf9 needs is here.\n"


def test_doctor_fails_when_something_is_missing(monkeypatch, capsys):
    findings = [doctor.Finding("note", "a", "slow"), doctor.Finding("problem", "bb", "gone", "get it\nor that")]
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings))
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "problem  bb  gone\n             → get it\n             → or that\n1 problem;" in out
    assert main(["doctor", "--json"]) == 1
    assert '"cure": "get it\\nor that"' in capsys.readouterr().out


def test_doctor_looks_at_this_machine():
    findings = {finding.subject: finding for finding in doctor.examine()}
    assert findings["python"].state == "ok"
    assert findings["unicorn library"].state == "ok"
    assert {"compiler for amd64", "compiler for arm64", "runtime files", "host"} <= set(findings)


def test_doctor_knows_the_accelerator(monkeypatch):
    monkeypatch.setenv("ELF9_NATIVE", "0")
    findings = {finding.subject: finding for finding in doctor.examine()}
    assert findings["accelerator"].found == "forbidden by ELF9_NATIVE=0"


def test_doctor_notices_a_missing_library(monkeypatch):
    monkeypatch.setattr(doctor, "library_versions", lambda: [("unicorn", None), ("scons", "1.0")])
    findings = {finding.subject: finding for finding in doctor.examine()}
    assert findings["unicorn"].state == "problem"
    assert "pip install 'unicorn==" in findings["unicorn"].cure
    assert findings["scons"].state == "note"
