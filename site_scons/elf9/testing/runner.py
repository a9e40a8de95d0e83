"""Runs a case: `elf9 run` in a process of its own, in a directory of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from typing import Any

import elf9.testing
from elf9.target import TARGETS
from elf9.testing.case import Case, Expected, as_bytes
from elf9.testing.result import Problem, Result
from elf9.testing.show import difference, lines_of, show

__all__ = ["run_case"]

#: Seconds that the emulator may take longer than the case's own timeout before it is killed itself.
GRACE = 15.0
#: Exit status of `elf9 run` for a limit that was reached, and for the emulator's own faults.
KILLED_BY_LIMIT = 124
EMULATOR_FAULT = 125
#: How a file begins that exec would look at: ELF, `#!`, a.out.
PROGRAMS = (b"\x7fELF", b"#!", *(target.aout_magic.to_bytes(4, "big") for target in TARGETS.values()))


def run_case(case: Case) -> Result:
    """Run the program and compare.  A program that cannot be run is a failed case, not an exception.

    The program's current directory is fresh, holds `case.files` and is all of the host that it sees.  It is removed
    afterwards.  With seeds: the result of the first that fails, or of the last.
    """
    seconds = 0.0
    for seed in range(1, case.seeds + 1) if case.seeds else [0 if case.deterministic else None]:
        result = _run_once(case, seed)
        seconds += result.seconds
        if not result.passed:
            break
    return replace(result, seconds=seconds)


def _run_once(case: Case, seed: int | None) -> Result:
    """One run, with a seed or without."""
    with tempfile.TemporaryDirectory(prefix="elf9-") as folder:
        work = os.path.join(folder, "work")
        os.mkdir(work)
        for name, content in case.files.items():
            _write(os.path.join(work, name), as_bytes(content))
        report_path = os.path.join(folder, "report.json")
        words = _words(case, seed)
        options = ["--quiet", "--report", report_path]
        started = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "elf9", "run", *options, *words],
                input=as_bytes(case.stdin),
                capture_output=True,
                cwd=work,
                env=_environment(),
                timeout=case.timeout + GRACE,
                check=False,
            )
            status, stdout, stderr = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            status, stdout, stderr = EMULATOR_FAULT, late.stdout or b"", late.stderr or b""
        seconds = time.monotonic() - started
        report = _read_report(report_path)
        end = report.get("exit_string")
        exit_string = end.encode() if isinstance(end, str) else None
        problems = _judge(case, status, stdout, stderr, exit_string, report)
        problems += _compare_files(case, work)
    return Result(case, stdout, stderr, exit_string, status, seconds, tuple(problems), _command(case, words), report)


def _words(case: Case, seed: int | None) -> list[str | bytes]:
    """The command line behind `elf9 run`, without what only this module needs."""
    words: list[str | bytes] = []
    if case.arch is not None:
        words += ["--arch", case.arch]
    words += ["--timeout", f"{case.timeout:g}"]
    if seed is not None:
        words += ["--seed", str(seed)]
    if case.wait:
        words.append("--wait")
    for name, value in case.env.items():
        words += ["--env", f"{name}={value}"]
    return [*words, *case.options, os.path.abspath(case.program), *case.args]


def _environment() -> dict[str, str]:
    """The host's environment, with the package that is running now first."""
    environment = dict(os.environ)
    path = [_package_folder(), *environment.get("PYTHONPATH", "").split(os.pathsep)]
    environment["PYTHONPATH"] = os.pathsep.join(word for word in path if word)
    return environment


def _package_folder() -> str:
    """The directory in which `elf9` is found."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(elf9.testing.__file__))))


def _command(case: Case, words: list[str | bytes]) -> str:
    """The same run as a line for a shell."""
    installed = os.path.join(os.path.dirname(sys.executable), "elf9")
    if os.access(installed, os.X_OK):
        head = [installed]
    else:
        head = ["env", f"PYTHONPATH={_package_folder()}", sys.executable, "-m", "elf9"]
    line = " ".join(shlex.quote(os.fsdecode(word)) for word in [*head, "run", *words])
    line = line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if not case.stdin:
        return line + " </dev/null"
    data = as_bytes(case.stdin)
    if len(data) > 200:
        return f"{line}   (with {len(data)} bytes of standard input)"
    octal = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\%" else f"\\{byte:03o}" for byte in data)
    return f"printf '{octal}' | {line}"


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    if data.startswith(PROGRAMS):
        os.chmod(path, 0o755)


def _read_report(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def _judge(
    case: Case, status: int, stdout: bytes, stderr: bytes, exit_string: bytes | None, report: dict[str, Any]
) -> list[Problem]:
    problems = []
    if exit_string is None and case.status != status:
        problems.append(_no_end(status, stderr, report))
    elif case.status is not None and case.status != status:
        problems.append(Problem("status", f"expected {case.status}, but it is {status}"))
    if exit_string is not None:
        problems += _compare_exit_string(case.wanted_exit_string, exit_string)
    elif case.exit_string is not None and case.status == status:
        problems.append(Problem("exit string", "expected one, but the program did not end by itself"))
    problems += _compare("stdout", case.stdout, stdout)
    problems += _compare("stderr", case.stderr, stderr)
    return problems


def _no_end(status: int, stderr: bytes, report: dict[str, Any]) -> Problem:
    """The run did not end with an exit string."""
    reason = str(report.get("reason") or "").split("\n")[0]
    if report.get("error"):
        return Problem("run", f"refused: {report['error']}", (reason,) if reason else ())
    if report.get("killed") == "deadlock":
        return Problem("run", "deadlock: every process waits, and nothing can wake one of them")
    if report.get("killed"):
        return Problem("run", f"stopped by its limit on {report['killed']}")
    said = tuple(show(line) for line in stderr.rstrip(b"\n").split(b"\n")[-20:] if line)
    if not report:
        return Problem("run", f"the emulator left no report, exit status {status}", said)
    return Problem("run", reason or f"no exit string, exit status {status}")


def _compare(what: str, expected: Expected, actual: bytes) -> list[Problem]:
    if expected is None:
        return []
    if isinstance(expected, re.Pattern):
        if _matches(expected, actual):
            return []
        shown = lines_of(actual)[:20] or ["(nothing)"]
        return [Problem(what, f"nothing in it matches {expected.pattern!r}; it is", tuple(shown))]
    wanted = as_bytes(expected)
    if wanted == actual:
        return []
    return [Problem(what, "not as expected (- expected, + came)", tuple(difference(wanted, actual)))]


def _compare_exit_string(expected: Expected, actual: bytes) -> list[Problem]:
    if expected is None:
        return []
    if isinstance(expected, re.Pattern):
        ok, wanted = _matches(expected, actual), f"a match of {expected.pattern!r}"
    else:
        ok, wanted = as_bytes(expected) == actual, f"'{show(as_bytes(expected))}'"
    more = (_MAIN_RETURNED,) if actual in {b"main", b"threadmain"} else ()
    return [] if ok else [Problem("exit string", f"expected {wanted}, but it is '{show(actual)}'", more)]


#: What else the exit string of a main that returns says to somebody from Unix.
_MAIN_RETURNED = "a main that returns without exits(nil) ends so, whatever it returns"


def _matches(pattern: re.Pattern[str] | re.Pattern[bytes], data: bytes) -> bool:
    if isinstance(pattern.pattern, bytes):
        return re.search(pattern.pattern, data, pattern.flags) is not None
    return re.search(pattern.pattern, data.decode("utf-8", "surrogateescape"), pattern.flags) is not None


def _compare_files(case: Case, work: str) -> list[Problem]:
    problems = []
    for name, expected in case.expected_files.items():
        what = f"file {name}"
        try:
            with open(os.path.join(work, name), "rb") as file:
                content = file.read()
        except FileNotFoundError:
            if expected is not None:
                problems.append(Problem(what, "is not there"))
            continue
        except OSError as error:
            problems.append(Problem(what, f"cannot be read: {error.strerror}"))
            continue
        if expected is None:
            problems.append(Problem(what, "was not to be there"))
        else:
            problems += _compare(what, expected, content)
    return problems
