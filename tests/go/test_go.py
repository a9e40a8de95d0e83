"""Programs in Go, on the emulator and natively: both must print the same and end the same.

Go's runtime asks more of the kernel than any other program: each of its threads is a process that shares memory, waits
on semaphores and has a note handler that edits registers; os/exec forks from one of them and execs.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from .gotool import LAUNCHER, ROOT, launcher
from .packages import PACKAGES, exceptions

#: Cases that mean the same everywhere.
PORTABLE = (
    "addresses", "append", "arithmetic", "big", "blocked", "directories", "env", "errors", "exec", "exec-many",
    "exec-nested", "exec-pipes", "exit", "files", "finalizers", "float", "gc", "goexit", "goroutines", "heap", "kill",
    "library", "locks", "maps", "nil", "nil-threads", "panics", "parallel-files", "permissions", "pipes", "random",
    "select", "sieve", "signal-child", "signal-self", "spin", "stack", "threads", "tickers", "time", "timers", "walk",
)  # fmt: skip

#: Cases that end the program.
DEATHS = (
    "death-deadlock", "death-deadlock-goexit", "death-deadlock-mutex", "death-divide", "death-exit-thread", "death-map",
    "death-nil", "death-nil-goroutine", "death-panic", "death-panic-error", "death-stack", "death-traceback-all",
    "death-unlock",
)  # fmt: skip

#: Cases of Plan 9's alone, and what they print.
PLAN9 = {
    "plan9-notes": "got a text of my own\ngot alarm\n0\n",
    "plan9-exit-text": (
        "exit status:  0\nexit status: 'cases PID: 17' 1\n"
        "exit status: 'cases PID: 2' 1\nexit status: 'cases PID: 2' 1\n"
    ),
    "plan9-proc": "12\ntrue\nStack\nText\nData\nBss\ntrue true\n",
    "plan9-syscalls": (
        "file does not exist: '/none'\n"
        "fd out of range or not open\n"
        "7 8\n"
        '"one way" "and back"\n'
        "#|/data\n"
        "seek on a stream\n"
    ),
}


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `command` in `folder`, with nothing to read."""
    return subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120
    )


def on_plan9(folder: Path, program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program on the emulator."""
    return run([*launcher("--timeout", "100"), str(program), *words], folder)


def natively(folder: Path, program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program on the host."""
    return run([str(program), *words], folder)


def test_hello(plan9, tmp_path):
    done = on_plan9(tmp_path, plan9 / "hello")
    assert (done.stdout, done.stderr, done.returncode) == ("hello, world\n", "", 0)


def test_the_launcher_finds_the_checkouts_python(plan9, tmp_path):
    """As `go test -exec` starts it: by its `#!` line, whose Python has no emulator."""
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "python3").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    (bare / "python3").chmod(0o755)
    if not (ROOT / ".venv/bin/python").exists():
        pytest.skip("the checkout has no .venv")
    path = f"{bare}:{os.environ['PATH']}"
    done = subprocess.run(
        [LAUNCHER, plan9 / "hello"], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"hello, world\n", b"", 0)


@pytest.mark.parametrize("name", PORTABLE)
def test_portable(plan9, native, tmp_path, name):
    ours = on_plan9(tmp_path, plan9 / "cases", name)
    assert os.listdir(tmp_path) == []
    theirs = natively(tmp_path, native / "cases", name)
    assert theirs.stderr == ""
    assert (ours.stdout, ours.stderr, ours.returncode) == (theirs.stdout, "", theirs.returncode)


@pytest.mark.parametrize("name", DEATHS)
def test_deaths(plan9, native, tmp_path, name):
    ours = on_plan9(tmp_path, plan9 / "cases", name)
    theirs = natively(tmp_path, native / "cases", name)
    assert (ours.stdout, ours.returncode) == (theirs.stdout, theirs.returncode)
    assert essence(ours.stderr) == essence(theirs.stderr)


def essence(trace: str) -> list[str]:
    """What of a goroutine trace does not depend on the system: what happened, and the calls in this program."""
    kept = []
    goroutine = ""
    for line in trace.splitlines():
        plain = re.sub(
            r"\(0x[^)]*\)$|\(\.\.\.\)$|\(\{0x.*\)$| fp=.*", "()", re.sub(r"^goroutine \d+", "goroutine", line)
        )
        if plain.startswith("goroutine ["):
            goroutine = plain
        elif re.match(r"panic:|fatal error:|runtime: goroutine", plain):
            kept.append(plain)
        elif re.match(r"created by main\.|main\.", plain):
            kept += [goroutine, plain]
    return kept


@pytest.mark.parametrize("name", PLAN9)
def test_plan9(plan9, tmp_path, name):
    done = on_plan9(tmp_path, plan9 / "cases", name)
    assert (done.stdout, done.stderr, done.returncode) == (PLAN9[name], "", 0)


def test_every_case_is_run(plan9, native, tmp_path):
    """The programs' own list is the list of this file."""
    assert set(natively(tmp_path, native / "cases").stdout.split()) == {*PORTABLE, *DEATHS}
    assert set(on_plan9(tmp_path, plan9 / "cases").stdout.split()) == {*PORTABLE, *DEATHS, *PLAN9}


def test_what_cannot_pass_is_in_the_docs():
    page = (ROOT / "docs" / "go.md").read_text(encoding="utf-8")
    rows = exceptions()
    assert rows
    assert [row for row in rows if f"| {row.package} | {row.test} | {row.reason} |" not in page] == []
    assert [package for package in PACKAGES if f"\n| {package} | " not in page] == []
