"""`elf9 run`: options, exit statuses, messages and reports, with a kernel that only says what it is told to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.cli import run
from elf9.cli.run import UsageError, parse, parse_bind, parse_size
from elf9.errors import Unsupported
from elf9.kernel.watchdog import Terminated
from elf9.machine.cpu import NotInstalled
from elf9.target import TARGETS
from elf9.testing.report import try_report


class Options:
    """The real ones have more; these are those that the command sets."""

    def __init__(self) -> None:
        self.root = self.cwd = self.trace = self.dump = self.seed = None
        self.wait_all = False
        self.binds: list[object] = []
        self.env: dict[bytes, bytes] = {}
        self.timeout: float | None = 60.0
        self.max_memory = self.max_output = self.max_processes = self.max_files = self.max_directory = 1
        self.cpu = ""
        self.user = "glenda"


def outcome(**changes):
    values = {
        "exit_string": b"", "status": 0, "killed": None, "error": None, "reason": None, "death": None,
        "stats": {"calls": 3}, "name": b"hello", "pid": 1, "target": TARGETS["amd64"], "interrupted": False,
        "program": None, "other": None,
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


class Kernel:
    """Stands in for elf9.kernel.kernel; keeps what it was asked."""

    Options = Options

    def __init__(self, answer) -> None:
        self.answer = answer

    def run_program(self, path, args, options, *, target):
        self.path, self.args, self.options, self.target = path, args, options, target
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello").write_bytes(b"not looked at")
    return "hello"


def go(answer, *words):
    kernel = Kernel(answer)
    return run.main(list(words), kernel=kernel), kernel


# Options


def test_everything_behind_the_program_is_the_guests(program):
    status, kernel = go(outcome(), "--timeout", "5", program, "--timeout", "x", "-h", "--", "--help", "\udcff")
    assert status == 0
    assert kernel.path == "hello"
    assert kernel.args == [b"--timeout", b"x", b"-h", b"--", b"--help", b"\xff"]
    assert kernel.options.timeout == 5


def test_double_dash_ends_the_options(program):
    request = parse(["--quiet", "--", "-odd", "a"])
    assert (request.path, request.args, request.quiet) == ("-odd", [b"a"], True)


def test_all_options_reach_the_kernel(program, tmp_path):
    status, kernel = go(
        outcome(), "--arch=arm64", "--cpu", "max", "--root", str(tmp_path), "--bind", f"{tmp_path}:/a:ro",
        "--bind", f"{tmp_path}:/b", "--cwd", "/a", "--env", "x=1=2", "--env=y=", "--user", "ken", "--timeout", "none",
        "--max-memory", "1G", "--max-output=10", "--max-processes", "7", "--max-files=8", "--max-directory", "9",
        "--seed", "17", "--wait", "--argv0", "/bin/x", program,
    )  # fmt: skip
    options = kernel.options
    assert status == 0
    assert kernel.target is TARGETS["arm64"]
    assert (options.root, options.cwd, options.user, options.cpu) == (str(tmp_path), b"/a", "ken", "max")
    assert options.binds == [(str(tmp_path), b"/a", True), (str(tmp_path), b"/b", False)]
    assert options.env == {b"x": b"1=2", b"y": b""}
    assert (options.timeout, options.max_memory, options.max_output) == (None, 1 << 30, 10)
    assert (options.max_processes, options.max_files, options.max_directory) == (7, 8, 9)
    assert (options.seed, options.wait_all, options.argv0) == (17, True, b"/bin/x")


def test_defaults_are_the_kernels(program):
    _, kernel = go(outcome(), program)
    assert {**vars(kernel.options), "dump": None} == vars(Options())
    assert kernel.target is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no program named"),
        (["--quiet"], "no program named"),
        ([""], "empty"),
        (["--tiemout", "5", "hello"], "did you mean --timeout?"),
        (["-x", "hello"], "stand behind its name"),
        (["--timeout"], "needs a value: --timeout SECONDS"),
        (["--timeout", "soon", "hello"], "not a time in seconds"),
        (["--timeout", "-1", "hello"], "not a time in seconds"),
        (["--timeout", "0", "hello"], "not a time in seconds"),
        (["--timeout", "nan", "hello"], "not a time in seconds"),
        (["--timeout", "inf", "hello"], "not a time in seconds"),
        (["--max-memory", "many", "hello"], "not a size"),
        (["--max-output", "0", "hello"], "more than nothing"),
        (["--arch", "386", "hello"], "amd64 or arm64"),
        (["--root", "/nonexistent", "hello"], "not a directory"),
        (["--bind", "/", "hello"], "HOST:GUEST"),
        (["--bind", "/:relative", "hello"], "not an absolute path"),
        (["--bind", "/nonexistent:/x", "hello"], "does not exist on this host"),
        (["--bind", "/:/x:rx", "hello"], "HOST:GUEST"),
        (["--cwd", "relative", "hello"], "absolute path"),
        (["--env", "novalue", "hello"], "NAME=VALUE"),
        (["--env", "=x", "hello"], "NAME=VALUE"),
        (["--env", "a/b=x", "hello"], "without a slash"),
        (["--user", "", "hello"], "user's name"),
        (["--quiet=yes", "hello"], "takes no value"),
        (["--report=", "hello"], "name of a file"),
        (["--max-processes", "0", "hello"], "at least 1"),
        (["--max-files", "-1", "hello"], "not a number"),
        (["--seed", "x", "hello"], "not a number"),
        (["--seed", "9" * 19, "hello"], "not a number"),
        (["--seeds", "0", "hello"], "at least 1"),
        (["--seeds", "5-4", "hello"], "larger than the last"),
        (["--seeds", "1-", "hello"], "not a number"),
        (["--seeds", "3", "--seed", "3", "hello"], "--seeds 7-7"),
        (["--seeds", "3", "--trace", "hello"], "--seed N --trace"),
        (["--seeds", "3", "--stats", "hello"], "--seed N --stats"),
        (["--jobs", "3", "hello"], "for --seeds"),
        (["--wiat", "hello"], "did you mean --wait?"),
        (["--trace-format", "xml", "hello"], "text or jsonl"),
        (["--stats=xml", "hello"], "table or json"),
        (["--trace-calls", "preed", "hello"], "did you mean 'pread'?"),
        (["--trace-calls", "qqqq", "hello"], "docs/syscalls.md"),
        (["--trace-calls", ",", "hello"], "is empty"),
    ],
)
def test_wrong_command_lines(words, message, capfd):
    status, kernel = go(outcome(), *words)
    err = capfd.readouterr().err
    assert status == 2
    assert message in err
    assert "elf9 run --help" in err
    assert not hasattr(kernel, "path")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1), ("4096", 4096), ("4k", 4096), ("4K", 4096), ("4KB", 4096), ("4KiB", 4096), ("2M", 2 << 20),
        ("1.5G", 3 << 29), ("0.5k", 512), ("1T", 1 << 40), ("100B", 100),
    ],
)  # fmt: skip
def test_sizes(text, size):
    assert parse_size("--max-memory", text) == size


@pytest.mark.parametrize("text", ["", "K", "1KK", "1X", "-1", "1.K", ".5K", "1,5K", "0x10", "1e3", "iB", "1iB", "٣K"])
def test_wrong_sizes(text):
    with pytest.raises(UsageError, match="--max-memory"):
        parse_size("--max-memory", text)


def test_colons_in_bound_names(tmp_path):
    odd = tmp_path / "a:b\\c"
    odd.mkdir()
    escaped = str(odd).replace("\\", "\\\\").replace(":", "\\:")
    assert parse_bind(f"{escaped}:/x\\:y:ro") == (str(odd), b"/x:y", True)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_escaped_guest_names_come_back(name):
    escaped = name.replace("\\", "\\\\").replace(":", "\\:")
    assert parse_bind(f"/:/{escaped}:rw") == ("/", b"/" + name.encode(), False)


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_words_are_understood_or_refused(words):
    try:
        parse(words)
    except UsageError as error:
        assert str(error)


def test_help_names_every_option_and_status(capsys):
    assert run.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(option in text for option in run.OPTIONS)
    assert all(status in text for status, _ in run.EXIT_STATUSES)
    assert max(len(line) for line in text.splitlines()) <= 120


def test_deterministic_is_a_seed(program):
    assert parse(["--deterministic", "x"]).seed == 0
    assert parse(["--seed", "5", "--deterministic", "x"]).seed == 5
    assert parse(["--deterministic", "--seed=6", "x"]).seed == 6
    assert parse(["x"]).seed is None


def test_filters_imply_a_trace(program):
    assert parse(["x"]).trace is None
    assert parse(["--trace-errors", "x"]).trace == ""
    assert parse(["--trace-calls=open,Pread,_exits,exits", "--trace=f", "x"]).trace == "f"
    assert parse(["--trace-format", "jsonl", "--trace-processes", "1,cat", "x"]).trace_processes == ["1", "cat"]


def test_options_that_the_runs_of_seeds_get(program):
    request = parse(["--seeds", "3-5", "-q", "--jobs=2", "--env", "a=b", "--deterministic", "--report", "r", "x", "-y"])
    assert (request.seeds, request.jobs) == ((3, 5), 2)
    assert request.words == ["-q", "--env", "a=b"]
    assert request.args == [b"-y"]


# Ends


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (outcome(), 0, ""),
        (outcome(exit_string=b"foo", status=1), 1, "hello: exit status 'foo'\n"),
        (outcome(exit_string=b"17", status=17), 17, "hello: exit status '17'\n"),
        (outcome(exit_string=b"\x1b[2J\xff\xc3\xa9", status=1), 1, "hello: exit status '\\x1b[2J\\xffé'\n"),
        (outcome(killed="timeout", status=124), 124, "hello: stopped by its limit: --timeout 60\n"),
        (outcome(killed="memory", status=124), 124, "hello: stopped by its limit: --max-memory 1\n"),
        (outcome(killed="directory", status=124), 124, "hello: stopped by its limit: --max-directory 1\n"),
        (
            outcome(killed="deadlock", status=124), 124,
            "hello: deadlock: every process waits, and nothing can wake one of them\n",
        ),
        (outcome(exit_string=b"interrupt", status=1), 1, "hello: exit status 'interrupt'\n"),
        (outcome(exit_string=b"interrupt", status=1, interrupted=True), 130, ""),
        (outcome(exit_string=b"", interrupted=True), 0, ""),
        (outcome(error="exec header invalid", reason="Why.", status=1), 126, "hello: exec header invalid\nWhy.\n"),
        (KeyboardInterrupt(), 130, ""),
        (Terminated(), 143, "hello: terminated\n"),
        (BrokenPipeError(), 141, ""),
    ],
)  # fmt: skip
def test_ends(program, capfd, answer, status, message):
    assert go(answer, program)[0] == status
    captured = capfd.readouterr()
    assert captured.err == message
    assert captured.out == ""


def test_quiet_says_nothing(program, capfd):
    assert go(outcome(exit_string=b"foo", status=1), "-q", program)[0] == 1
    assert go(outcome(killed="timeout"), "--quiet", program)[0] == 124
    assert capfd.readouterr().err == ""


def test_unsupported_stops_the_run_and_names_what_is_missing(program, capfd):
    assert go(Unsupported("system call 19 rfork is not implemented yet"), program)[0] == 125
    err = capfd.readouterr().err
    assert "system call 19 rfork is not implemented yet" in err
    assert "Traceback" not in err


def test_no_cpu_library_is_no_fault_of_the_emulator(program, capfd):
    assert go(NotInstalled("there is no Unicorn"), program)[0] == 125
    message = "the installation is incomplete (there is no Unicorn); `elf9 doctor` says what to do"
    assert capfd.readouterr().err == f"elf9 run: hello: {message}\n"


@pytest.mark.parametrize(
    ("words", "killed", "limit"),
    [
        (["--timeout", "0.25"], "timeout", "--timeout 0.25"),
        (["--max-memory", "1536K"], "memory", "--max-memory 1536K"),
        (["--max-output", "1000"], "output", "--max-output 1000"),
    ],
)
def test_a_limit_is_named_as_it_was_set(program, capfd, words, killed, limit):
    assert go(outcome(killed=killed, status=124), *words, program)[0] == 124
    assert capfd.readouterr().err == f"hello: stopped by its limit: {limit}\n"


def test_emulator_fault_is_one_line_and_a_traceback_on_request(program, capfd, monkeypatch):
    monkeypatch.delenv("ELF9_DEBUG", raising=False)
    assert go(ZeroDivisionError("odd\nthing"), program)[0] == 125
    err = capfd.readouterr().err
    assert err.splitlines()[0] == "elf9 run: hello: the emulator failed, not the program: ZeroDivisionError: odd thing"
    assert "report" in err
    assert "Traceback" not in err
    monkeypatch.setenv("ELF9_DEBUG", "1")
    assert go(ZeroDivisionError("odd"), program)[0] == 125
    assert "Traceback" in capfd.readouterr().err


def test_files_that_the_host_does_not_give(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello").write_bytes(b"x")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert go(FileNotFoundError(2, "No such file", "helo"), "helo")[0] == 127
    assert capfd.readouterr().err == "helo: file does not exist: 'helo'\nThere is no such file; did you mean 'hello'?\n"
    assert go(FileNotFoundError(2, "No such file", "dangling"), "dangling")[0] == 126
    assert "a link to a file that is not there" in capfd.readouterr().err
    assert go(IsADirectoryError(21, "Is a directory", str(tmp_path)), str(tmp_path))[0] == 126
    assert f"cannot exec directory: '{tmp_path}'" in capfd.readouterr().err
    assert go(PermissionError(13, "Permission denied", "hello"), "hello")[0] == 126
    assert "permission denied: 'hello'" in capfd.readouterr().err
    assert go(OSError(28, "No space left on device", "/elsewhere"), "hello")[0] == 1
    assert "No space left on device: '/elsewhere'" in capfd.readouterr().err


# Deaths

DEATH = SimpleNamespace(
    text=b"sys: trap: fault read addr=0x0 pc=0x200100", pc=0x200100, sp=0x7FFFFFFFE000, address=0,
    registers={"rax": 1, "rip": 0x200100}, memory=lambda address, length: bytes(length),
)  # fmt: skip


def test_explanation_on_request_only(program, capfd):
    dead = outcome(exit_string=DEATH.text, status=1, death=DEATH)
    assert go(dead, program)[0] == 1
    assert capfd.readouterr().err == f"hello: exit status '{DEATH.text.decode()}'\n"
    assert go(dead, "--explain", program)[0] == 1
    err = capfd.readouterr().err
    assert "likely cause: a nil pointer." in err
    assert "rax    0000000000000001   rip    0000000000200100" in err


def test_an_explanation_that_fails_does_not_hide_the_end(program, capfd, monkeypatch):
    monkeypatch.delenv("ELF9_DEBUG", raising=False)
    os.unlink(program)
    assert go(outcome(exit_string=b"x", status=1, death=DEATH), "--explain", program)[0] == 1
    err = capfd.readouterr().err
    assert "exit status 'x'" in err
    assert "cannot explain" in err
    assert "Traceback" not in err


# Reports


def report(tmp_path):
    return json.loads((tmp_path / "r.json").read_text())


def test_report_of_a_success(program, tmp_path):
    go(outcome(), "--report", "r.json", program, "a\udcff")
    assert report(tmp_path) == {
        "schema": "elf9-run/1", "program": "hello", "args": ["a\\xff"], "arch": "amd64", "status": 0,
        "exit_string": "", "killed": None, "error": None, "reason": None, "death": None, "explanation": None,
        "processes": None, "stats": {"calls": 3},
    }  # fmt: skip
    assert sorted(os.listdir(tmp_path)) == ["hello", "r.json"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (outcome(killed="timeout"), {"status": 124, "killed": "timeout", "exit_string": None}),
        (outcome(error="exec header invalid", reason="Why."), {"status": 126, "error": "exec header invalid"}),
        (KeyboardInterrupt(), {"status": 130, "reason": "interrupted", "exit_string": None}),
        (Unsupported("system call 2 bind"), {"status": 125, "exit_string": None}),
        (outcome(exit_string=b"foo", status=1), {"status": 1, "exit_string": "foo"}),
    ],
)
def test_report_of_other_ends(program, tmp_path, answer, expected):
    go(answer, "--quiet", "--report=r.json", program)
    found = report(tmp_path)
    assert {name: found[name] for name in expected} == expected


def test_report_of_a_death(program, tmp_path):
    go(outcome(exit_string=DEATH.text, status=1, death=DEATH), "--report", "r.json", program)
    death = report(tmp_path)["death"]
    assert death["hint"] == "a nil pointer."
    assert death["registers"] == {"rax": "0x1", "rip": "0x200100"}
    assert death["backtrace"][0]["pc"] == "0x200100"
    assert "registers:" in report(tmp_path)["explanation"]


@pytest.mark.parametrize(("place", "why"), [("/nonexistent/r.json", "No such file"), (".", "Is a directory")])
def test_a_report_that_cannot_be_written_is_said_before_anything_is_run(program, capfd, place, why):
    status, kernel = go(outcome(), "--report", place, program)
    assert status == 1
    assert not hasattr(kernel, "path")
    said = capfd.readouterr().err
    assert said.startswith(f"elf9 run: cannot write the report '{place}': {why}")
    assert said.endswith("; nothing was run\n")


def test_looking_whether_a_report_can_be_written_leaves_nothing(program, tmp_path):
    (tmp_path / "r.json").write_text("old")
    try_report(str(tmp_path / "r.json"))
    assert (tmp_path / "r.json").read_text() == "old"
    try_report(str(tmp_path / "new.json"))
    os.mkfifo(tmp_path / "pipe")
    try_report(str(tmp_path / "pipe"))
    assert sorted(os.listdir(tmp_path)) == ["hello", "pipe", "r.json"]


def test_a_report_that_cannot_be_written_any_more_is_a_failure(program, capfd):
    class Removes(Kernel):
        def run_program(self, path, args, options, *, target):
            os.rmdir("gone")
            return self.answer

    for answer, status in ((outcome(), 1), (outcome(exit_string=b"3", status=3), 3)):
        os.mkdir("gone")
        assert run.main(["--quiet", "--report", "gone/r.json", program], kernel=Removes(answer)) == status
        assert "cannot write the report" in capfd.readouterr().err


# Trace


class Tracing(Kernel):
    def run_program(self, path, args, options, *, target):
        options.trace.note(SimpleNamespace(pid=1, name=b"hello"), b"alarm")
        return super().run_program(path, args, options, target=target)


def test_trace_goes_to_a_file_and_is_closed(program, tmp_path):
    assert run.main(["--trace=t.txt", program], kernel=Tracing(outcome())) == 0
    assert (tmp_path / "t.txt").read_text() == '1 hello note "alarm"\n'


def test_trace_without_a_value_is_standard_error(program, capfd):
    assert run.main(["--trace", program], kernel=Tracing(outcome())) == 0
    assert capfd.readouterr().err == '1 hello note "alarm"\n'


def test_a_trace_that_cannot_be_written(program, capfd):
    assert go(outcome(), "--trace=/nonexistent/t", program)[0] == 1
    assert "cannot write the trace" in capfd.readouterr().err
    assert run.main(["--trace=/dev/full", program], kernel=Tracing(outcome())) == 1
    said = capfd.readouterr().err
    assert said == "elf9 run: hello: cannot write the trace '/dev/full': No space left on device; the run was ended\n"


def test_trace_as_json(program, tmp_path):
    assert run.main(["--trace=t.txt", "--trace-format=jsonl", program], kernel=Tracing(outcome())) == 0
    assert json.loads((tmp_path / "t.txt").read_text()) == {
        "event": "note", "pid": 1, "name": "hello", "text": "alarm"
    }  # fmt: skip


class Counting(Kernel):
    def run_program(self, path, args, options, *, target):
        process = SimpleNamespace(
            pid=1, name=b"hello", memory=SimpleNamespace(segments=[]), exit_string=None, args=None
        )
        options.trace.enter(process, 3, "chdir", (), None, 16, 5)
        options.trace.leave(process, -1, b"no", 6)
        process.exit_string = b""
        options.trace.ended(process)
        return super().run_program(path, args, options, target=target)


def test_statistics(program, capfd, tmp_path):
    assert run.main(["--stats", program], kernel=Counting(outcome())) == 0
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].split()[:5] == ["pid", "name", "calls", "errors", "notes"]
    assert lines[1].split()[:5] == ["1", "hello", "1", "1", "0"]
    assert lines[-1].split()[:3] == ["chdir", "1", "1"]
    assert run.main(["--stats=json", "--trace=t", "--report=r.json", program], kernel=Counting(outcome())) == 0
    found = json.loads(capfd.readouterr().err)
    assert found["processes"][0]["calls"]["chdir"]["errors"] == 1
    assert "Chdir" in (tmp_path / "t").read_text()
    stats = report(tmp_path)["stats"]
    assert stats["calls"] == 3
    assert stats["total"]["calls"]["chdir"]["count"] == 1


def test_the_command_itself_imports_nothing_heavy():
    """What the import budget forbids; tests/cli looks at the whole path."""
    code = (
        "import sys, elf9.cli.main\n"
        "from elf9.cli import run\n"
        "run.parse(['--timeout', '5', '--env', 'a=b', '--arch', 'amd64', 'hello', 'x'])\n"
        "print(*sys.modules)"
    )
    folder = os.path.dirname(os.path.dirname(os.path.dirname(run.__file__)))
    environment = {**os.environ, "PYTHONPATH": folder}
    command = [sys.executable, "-S", "-c", code]
    loaded = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    heavy = {"argparse", "dataclasses", "typing", "enum", "inspect", "json", "logging", "subprocess", "re", "pathlib"}
    assert "elf9.cli.run" in loaded
    assert not heavy & set(loaded)
