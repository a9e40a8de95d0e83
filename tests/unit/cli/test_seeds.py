"""`elf9 run --seeds`: which runs are made, what is said about them; the runs themselves are made up."""

from __future__ import annotations

import json
import threading

import pytest

from elf9.cli.run import parse
from elf9.cli.seeds import Attempt, run_seeds, summary


def attempt(seed, status=0, stdout=b"ok\n", stderr=b"", **report):
    return Attempt(seed, status, stdout, stderr, {"exit_string": "" if status == 0 else "bad", **report})


@pytest.fixture
def no_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)


def test_each_seed_is_run_once_with_the_users_options(no_input, capfd):
    made = []
    lock = threading.Lock()

    def run(words, stdin):
        with lock:
            made.append((words, stdin))
        return attempt(int(words[1]))

    assert run_seeds(parse(["--seeds", "4-9", "--jobs", "3", "--env=a=b", "x", "--seeds"]), run) == 0
    assert sorted(words[1] for words, _ in made) == ["4", "5", "6", "7", "8", "9"]
    assert all(words[0] == "--seed" and words[2:] == ["--env=a=b", "x", "--seeds"] for words, _ in made)
    assert all(stdin == b"" for _, stdin in made)
    out = capfd.readouterr().out
    assert out.startswith("6 of 6 seeds passed, 0 failed (")
    assert out.count("\n") == 1


def test_failures_are_listed_and_can_be_repeated(no_input, capfd, tmp_path):
    def run(words, stdin):
        seed = int(words[1])
        if seed == 3:
            return attempt(seed, 1, stderr=b"\ncount is \x1b[1m7\nmore\n")
        if seed == 5:
            return attempt(seed, 124, killed="deadlock", exit_string=None, reason="deadlock: all wait")
        return attempt(seed)

    path = tmp_path / "r.json"
    assert run_seeds(parse(["--seeds", "6", "--report", str(path), "a b", "c"]), run) == 1
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("4 of 6 seeds passed, 2 failed")
    assert lines[2].split(maxsplit=3) == ["3", "1", "bad", "count is \\x1b[1m7"]
    assert lines[3].split(maxsplit=3) == ["5", "124", "deadlock", "deadlock: all wait"]
    assert lines[4] == "again: elf9 run --seed 3 'a b' c"
    found = json.loads(path.read_text())
    assert (found["schema"], found["status"]) == ("elf9-seeds/1", 1)
    assert [one["seed"] for one in found["seeds"]] == [1, 2, 3, 4, 5, 6]
    assert [one["status"] for one in found["seeds"]] == [0, 0, 1, 0, 124, 0]


def test_all_that_fail_alike_are_told_once(no_input, capfd):
    def run(words, stdin):
        return attempt(int(words[1]), 126, stderr=b"x: exec header invalid\n", exit_string=None)

    assert run_seeds(parse(["--seeds", "40", "--jobs", "2", "x"]), run) == 1
    first, *lines = capfd.readouterr().out.splitlines()
    assert first.startswith("0 of 40 seeds passed, 40 failed (")
    assert lines == [
        "all in the same way: status 126, end -: x: exec header invalid",
        "again: elf9 run --seed 1 x",
    ]


def test_a_failure_that_is_none_when_it_runs_alone_is_told(no_input, capfd):
    made = []

    def run(words, stdin):
        made.append(int(words[1]))
        return attempt(int(words[1]), int(words[1] in {"2", "3"} and made.count(2) < 2))

    assert run_seeds(parse(["--seeds", "4", "--jobs", "2", "x"]), run) == 1
    assert made[4:] == [2]
    assert "\nseed 2 passes when it runs alone: the runs disturb each other, by files" in capfd.readouterr().out
    made.clear()
    assert run_seeds(parse(["--seeds", "4", "--jobs", "1", "x"]), run) == 1
    assert made == [1, 2, 3, 4]
    assert "alone" not in capfd.readouterr().out


def test_outputs_that_differ_are_told_though_all_pass():
    attempts = [attempt(seed, stdout=b"1\n" if seed % 4 else b"2\n") for seed in range(1, 9)]
    assert summary(attempts, 1.0, ["x"], 8).splitlines()[1] == "standard output differs: 6 as seed 1, 2 as seed 4"


def test_a_report_that_cannot_be_written_is_said_first(no_input, capfd):
    def run(words, stdin):
        raise AssertionError("it was run")

    assert run_seeds(parse(["--seeds", "3", "--report", "/dev/null/r.json", "x"]), run) == 1
    assert capfd.readouterr().err.endswith("Not a directory; nothing was run\n")


def test_quiet_leaves_the_status(no_input, capfd):
    assert run_seeds(parse(["-q", "--seeds", "2", "x"]), lambda words, stdin: attempt(int(words[1]), 7)) == 1
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_an_interrupt_ends_it(no_input, capfd):
    def run(words, stdin):
        if words[1] == "2":
            raise KeyboardInterrupt
        return attempt(int(words[1]))

    assert run_seeds(parse(["--seeds", "2", "--jobs", "1", "x"]), run) == 130
    assert "interrupted before" in capfd.readouterr().out
