"""Cases, comparisons and reports, without running anything."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.testing import Case, CaseError, Problem, Result, load_cases, run_case, to_junit
from elf9.testing.report import write_report
from elf9.testing.runner import _compare, _compare_exit_string, _judge
from elf9.testing.show import difference, lines_of, show


def result(case: Case, *problems: Problem, stdout: bytes = b"", stderr: bytes = b"", report=None) -> Result:
    return Result(case, stdout, stderr, b"", 0, 0.25, problems, "elf9 run x", report or {})


# Cases


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"program": ""}, "program is ''"),
        ({"program": "x", "args": "a b"}, "args is the string 'a b'"),
        ({"program": "x", "args": [1]}, "args holds 1"),
        ({"program": "x", "options": [None]}, "options holds None"),
        ({"program": "x", "timeout": 0}, "timeout is 0"),
        ({"program": "x", "stdout": 5}, "stdout is 5"),
        ({"program": "x", "seeds": -1}, "seeds is -1"),
        ({"program": "x", "seeds": True}, "seeds is True"),
        ({"program": "x", "wait": "yes"}, "wait is 'yes'"),
        ({"program": "x", "deterministic": 1}, "deterministic is 1"),
        ({"program": "x", "files": {"/etc/passwd": ""}}, "not inside"),
        ({"program": "x", "files": {"a/../../b": ""}}, "not inside"),
        ({"program": "x", "expected_files": {"": ""}}, "not inside"),
    ],
)
def test_cases_that_make_no_sense(fields, message):
    with pytest.raises(CaseError, match=re.escape(message)):
        Case(**fields)


def test_the_exit_string_is_always_judged():
    assert Case("x").wanted_exit_string == ""
    assert Case("x", status=3).wanted_exit_string is None
    assert Case("x", exit_string="oops", status=1).wanted_exit_string == "oops"


def test_names():
    assert Case("/a/b/hello", args=["x", b"y"]).name == "hello x y"
    assert Case("hello", title="greets").name == "greets"
    assert len(Case("hello", args=["x" * 100]).name) == 60


def test_cases_from_json(tmp_path):
    (tmp_path / "in.bin").write_bytes(b"\0\xff")
    (tmp_path / "cases.json").write_text(
        json.dumps(
            [
                {"program": "hello", "args": ["a", {"base64": "/w=="}], "stdin": {"file": "in.bin"}, "stdout": "a\n"},
                {"program": "/abs", "stdout": {"pattern": "^x+$"}, "expected_files": {"gone": None}, "status": 7},
            ]
        )
    )
    first, second = load_cases(str(tmp_path / "cases.json"))
    assert first.program == str(tmp_path / "hello")
    assert list(first.args) == ["a", b"\xff"]
    assert (first.stdin, first.stdout) == (b"\0\xff", "a\n")
    assert second.program == "/abs"
    assert isinstance(second.stdout, re.Pattern)
    assert second.expected_files == {"gone": None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[5]", "case 1 is 5"),
        ("{}", "program is missing"),
        ('{"program": "x", "stduot": ""}', "unknown field 'stduot'"),
        ('{"program": "x", "stdin": {"hex": "00"}}', "expected a string"),
        ('{"program": "x", "stdin": {"base64": "!"}}', "stdin: "),
        ('{"program": "x", "stdout": {"pattern": "("}}', "stdout: "),
        ('{"program": "x", "stdout": {"file": "none"}}', "stdout: "),
        ('{"program": "x", "args": "a"}', "args is the string"),
        ('{"program": "x", "timeout": "soon"}', "cases.json"),
    ],
)
def test_wrong_case_files(tmp_path, text, message):
    (tmp_path / "cases.json").write_text(text)
    with pytest.raises(CaseError, match=re.escape(message)):
        load_cases(str(tmp_path / "cases.json"))


# Comparisons


@pytest.mark.parametrize(
    ("expected", "actual", "equal"),
    [
        (None, b"anything", True),
        ("", b"", True),
        ("", b"x", False),
        ("é\n", "é\n".encode(), True),
        (b"\xff", b"\xff", True),
        ("a", b"a\n", False),
        (re.compile("^b$", re.M), b"a\nb\nc", True),
        (re.compile("^b$"), b"a\nb\nc", False),
        (re.compile(rb"\xff"), b"a\xffb", True),
        (re.compile("x"), b"\xff\xfe", False),
    ],
)
def test_comparisons(expected, actual, equal):
    assert (_compare("stdout", expected, actual) == []) is equal
    assert (_compare_exit_string(expected, actual) == []) is equal


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_different_bytes_never_pass_and_always_show_something(one, other):
    problems = _compare("stdout", one, other)
    assert (problems == []) is (one == other)
    if problems:
        assert problems[0].details


def test_a_main_that_returns_is_told_apart():
    for text, told in ((b"main", True), (b"threadmain", True), (b"oops", False)):
        (problem,) = _judge(Case("x"), 1, b"", b"", text, {"exit_string": text.decode()})
        assert ("exits(nil)" in str(problem)) is told


@pytest.mark.parametrize(
    ("case", "status", "exit_string", "report", "whats"),
    [
        (Case("x"), 0, b"", {"exit_string": ""}, []),
        (Case("x"), 1, b"oops", {"exit_string": "oops"}, ["exit string"]),
        (Case("x", status=1), 1, b"oops", {"exit_string": "oops"}, []),
        (Case("x", status=2), 1, b"oops", {"exit_string": "oops"}, ["status"]),
        (Case("x", exit_string="oops"), 0, b"", {"exit_string": ""}, ["exit string"]),
        (Case("x"), 124, None, {"killed": "timeout"}, ["run"]),
        (Case("x", status=124), 124, None, {"killed": "timeout"}, []),
        (Case("x", status=126), 126, None, {"error": "exec header invalid"}, []),
        (Case("x", exit_string="a", status=124), 124, None, {"killed": "timeout"}, ["exit string"]),
        (Case("x", stdout="y"), 126, None, {"error": "exec header invalid", "reason": "Why."}, ["run", "stdout"]),
        (Case("x"), 125, None, {}, ["run"]),
        (Case("x"), -9, None, {}, ["run"]),
    ],
)
def test_judgements(case, status, exit_string, report, whats):
    assert [problem.what for problem in _judge(case, status, b"", b"", exit_string, report)] == whats


# What people see


def test_text_is_shown_as_it_is_and_the_rest_escaped():
    assert show("é\t→".encode()) == "é\t→"
    assert show(b"\x1b[2J\xff\x00\\") == "\\x1b[2J\\xff\\x00\\\\"
    assert lines_of(b"a\nb\n") == ["a", "b"]
    assert lines_of(b"a\nb") == ["a", "b   (no newline at the end)"]
    assert lines_of(b"") == []


def test_binary_is_dumped():
    assert lines_of(bytes(range(18)))[0] == "000000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  ................"


@given(st.binary(max_size=500))
def test_nothing_that_is_shown_can_harm_a_terminal(data):
    assert all(char.isprintable() or char == "\t" for line in lines_of(data) for char in line)


def test_differences():
    assert difference(b"a\nb\nc\n", b"a\nx\nc\n")[1:] == [" a", "-b", "+x", " c"]
    assert difference(b"", b"a\n") == ["+a"]
    assert difference(b"a\n", b"") == ["-a"]
    assert difference(b"a\n", b"a")[-1] == "+a   (no newline at the end)"
    assert len(difference(b"", b"x\n" * 1000)) == 61
    assert difference(b"x" * 300 + b"1", b"x" * 300 + b"2")


def test_an_explanation_says_what_came_and_how_to_see_it_again():
    case = Case("dir/hello", args=["a"], stdout="x\n", files={"in": "1"})
    problem = Problem("stdout", "not as expected", ("-x", "+y"))
    text = result(
        case, problem, stdout=b"y\n", stderr=b"a warning\x07\n", report={"explanation": "at x.c:1\n"}
    ).explain()
    assert text.splitlines() == [
        "hello a: failed",
        "  stdout: not as expected",
        "      -x",
        "      +y",
        "  at x.c:1",
        "  its standard error:",
        "    a warning\\x07",
        "  again: elf9 run x",
        "  (it had these files in its current directory: in)",
    ]
    assert result(case).explain() == "hello a: passed"


def test_a_run_that_was_stopped_shows_its_processes():
    processes = [
        {"pid": pid, "parent": 0, "name": "sh", "state": "Await", "call": "await 0x10 512" if pid % 2 else None,
         "pc": "0x20", "backtrace": ["0x00000020  main+0x4  sh.c:9"] * 12}
        for pid in range(1, 24)
    ]  # fmt: skip
    text = result(Case("sh"), Problem("run", "deadlock"), report={"processes": processes}).explain().splitlines()
    assert text[2:5] == [
        "  its processes when it was stopped (23):",
        "    1 sh  Await  await 0x10 512  pc=0x20",
        "      0x00000020  main+0x4  sh.c:9",
    ]
    assert text[14] == "    2 sh  Await  pc=0x20"
    assert text[-2] == "    … 3 more"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, [[]]),
        ({"deterministic": True}, [["--seed", "0"]]),
        ({"seeds": 3, "wait": True}, [["--seed", str(seed), "--wait"] for seed in (1, 2, 3)]),
    ],
)
def test_runs_of_a_case(monkeypatch, tmp_path, fields, words):
    """A case is run once a seed, with the seed in the command that repeats it."""
    ran = []

    def run(command, **_):
        ran.append(command)
        report = command[command.index("--report") + 1]
        Path(report).write_text('{"exit_string": ""}')
        return subprocess.CompletedProcess(command, 0, b"ok\n", b"")

    monkeypatch.setattr("elf9.testing.runner.subprocess.run", run)
    done = run_case(Case("prog", stdout="ok\n", **fields))
    assert done.passed
    assert [command[command.index("--timeout") + 2 : -1] for command in ran] == words
    assert all(word in done.command for word in words[-1])


def test_the_first_seed_that_fails_is_the_result(monkeypatch):
    seeds = []

    def run(command, **_):
        seeds.append(command[command.index("--seed") + 1])
        Path(command[command.index("--report") + 1]).write_text('{"exit_string": ""}')
        return subprocess.CompletedProcess(command, 0, b"2\n" if seeds[-1] == "4" else b"1\n", b"")

    monkeypatch.setattr("elf9.testing.runner.subprocess.run", run)
    done = run_case(Case("prog", stdout="1\n", seeds=9))
    assert seeds == ["1", "2", "3", "4"]
    assert not done.passed
    assert "--seed 4" in done.explain()


def test_results_as_json():
    data = result(Case("hello"), Problem("status", "expected 1"), stdout=b"\xff\n").to_json()
    assert json.loads(json.dumps(data)) == data
    assert (data["passed"], data["stdout"]) == (False, "\\xff\n")


def test_junit():
    good = result(Case("hello"), stdout=b"ok\n")
    bad = result(Case("hello", args=["\x01"]), Problem("stdout", "wrong \x00"), stdout=b"\x1b\xff<&>", stderr=b"e")
    root = ElementTree.fromstring(to_junit([good, bad], "suite"))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == ("2", "1", "0.500")
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["hello", "hello \\x01"]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("message") == "stdout: wrong \\x00"
    assert cases[1].findtext("system-out") == "\\x1b\\xff<&>"


# The report's file


def test_a_report_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "r.json"
    path.write_text("old")
    write_report(str(path), {"text": "é\udcff"})
    assert json.loads(path.read_text()) == {"text": "é\udcff"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_that_fails_leaves_the_old_one(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_report(str(path), {})
    with pytest.raises(OSError, match="No such file"):
        write_report(str(tmp_path / "none" / "r.json"), {})
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_may_go_to_a_device():
    write_report("/dev/null", {"a": 1})
