"""Test cases as they are run: by `run_case`, and by `python -m elf9.testing`."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

from elf9.testing import Case, run_case


def test_a_case_that_passes(probe):
    result = run_case(
        Case(
            str(probe),
            args=["create", "sub/out", b"\xff!"],
            files={"sub/in": "x"},
            stdout="",
            stderr="",
            expected_files={"sub/out": b"\xff!", "sub/in": "x", "gone": None},
        )
    )
    assert result.passed, result.explain()
    assert (result.status, result.exit_string) == (0, b"")
    assert result.report["schema"] == "elf9-run/1"


def test_input_environment_and_options(probe):
    assert run_case(Case(str(probe), args=["cat"], stdin=b"\0\n", stdout=b"\0\n")).passed
    assert run_case(Case(str(probe), args=["cat", "/env/x"], env={"x": "1 2"}, stdout="1 2")).passed
    assert run_case(Case(str(probe), args=["yes"], options=["--max-output", "100"], status=124)).passed


def test_a_case_that_fails_shows_the_difference_and_the_command(probe):
    result = run_case(Case(str(probe), args=["args", "b"], stdin="it's 100%\n", stdout="probe\nargs\nc\n"))
    assert [problem.what for problem in result.problems] == ["stdout"]
    text = result.explain()
    assert "-c" in text
    assert "+b" in text
    again = text.split("again: ")[1].strip()
    assert again.startswith("printf 'it\\047s 100\\045\\012' | ")
    done = subprocess.run(["sh", "-c", again], capture_output=True, check=True)
    assert done.stdout == b"probe\nargs\nb\n"


def test_a_fault_is_explained(probe):
    result = run_case(Case(str(probe), args=["fault"]))
    assert not result.passed
    text = result.explain()
    assert "exit string: expected '', but it is 'sys: trap: fault write addr=0x0" in text
    assert "*p = 1;" in text
    assert run_case(Case(str(probe), args=["fault"], status=1)).passed


def test_programs_that_cannot_be_run(tmp_path, probe):
    result = run_case(Case(str(tmp_path / "nothing")))
    assert "run: refused: file does not exist" in result.explain()
    result = run_case(Case(str(probe), args=["spin"], timeout=0.3))
    assert "run: stopped by its limit on timeout" in result.explain()
    assert result.status == 124


def test_the_host_is_out_of_sight(probe, tmp_path):
    (tmp_path / "secret").write_text("x")
    result = run_case(Case(str(probe), args=["cat", str(tmp_path / "secret")], stdout="", exit_string="cannot read"))
    assert result.passed, result.explain()


def test_the_command(probe, tmp_path, environment):
    (tmp_path / "cases.json").write_text(
        json.dumps(
            [
                {"program": str(probe), "args": ["args"], "stdout": "probe\nargs\n"},
                {"program": str(probe), "args": ["exits", "no"], "title": "fails"},
            ]
        )
    )
    words = ["cases.json", "--json", "results.json", "--junit", "results.xml"]
    done = subprocess.run(
        [sys.executable, "-m", "elf9.testing", *words],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.startswith("probe args: passed\nfails: failed\n  exit string: expected '', but it is 'no'\n")
    assert done.stdout.endswith("1 of 2 passed\n")
    assert [item["passed"] for item in json.loads((tmp_path / "results.json").read_text())] == [True, False]
    assert ElementTree.parse(tmp_path / "results.xml").getroot().get("failures") == "1"


def test_the_command_refuses_what_is_no_case(tmp_path, environment):
    (tmp_path / "cases.json").write_text("[{}]")
    for name in ("cases.json", "none.json"):
        done = subprocess.run(
            [sys.executable, "-m", "elf9.testing", name],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
