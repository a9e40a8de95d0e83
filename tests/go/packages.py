#!/usr/bin/env python3
"""Run the tests of Go's standard library for Plan 9 on the emulator, and compare with a native run.

    tests/go/packages.py                    every package of the table in docs/go.md; some minutes
    tests/go/packages.py strings os/exec    some packages
    tests/go/packages.py --run Pipe os      some tests

What runs is `GOOS=plan9 GOARCH=amd64 go test -exec tests/go/launch.py PACKAGE`.  A test that passes natively must pass
on Plan 9 or skip itself there, unless `cannot.tsv` names it with its reason; one named there that passes is reported,
too, so that the list stays true.  The exit status is 0 if nothing is to be reported.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.go.gotool import BUILD, Go, build, find, launcher

__all__ = ["CANNOT", "PACKAGES", "Known", "Result", "exceptions", "main"]

CANNOT = Path(__file__).with_name("cannot.tsv")

#: Package: (arguments of go test, why it is not simply all of it, or "").
PACKAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "strings": ((), ""),
    "bytes": ((), ""),
    "sort": ((), ""),
    "strconv": ((), ""),
    "math/big": (("-short",), "-short: the rest only computes longer"),
    "regexp": (("-short",), "-short: the rest only computes longer"),
    "encoding/json": (("-short",), "-short: the rest only computes longer"),
    "compress/gzip": ((), ""),
    "time": (
        ("-tags=timetzdata",),
        "-tags=timetzdata: Debian leaves out lib/time/zoneinfo.zip, where Plan 9 has its zones",
    ),
    "sync": ((), ""),
    "os": ((), ""),
    "os/exec": ((), ""),
    "path/filepath": ((), ""),
    "io": ((), ""),
    "bufio": ((), ""),
    "runtime": (
        ("-short",),
        "-short: the rest builds programs, for which there is no go command on Plan 9, or takes hours",
    ),
}

#: Seconds that one package may take.
_PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Known:
    """A row of cannot.tsv: what a test does on Plan 9, and why that cannot be otherwise."""

    package: str
    #: The test's name; a subtest has its test's name and a slash before.
    test: str
    #: `fails`; or `left out`: it is not even started, because it would take the other tests with it.
    how: str
    reason: str


@dataclass(slots=True)
class Result:
    """What the tests of a package came to."""

    #: Test: `pass`, `fail` or `skip`.
    outcomes: dict[str, str] = field(default_factory=dict)
    #: What each test printed.
    output: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    #: What was printed outside of any test; on a crash, everything that says why.
    rest: str = ""
    passed: bool = False


def exceptions() -> list[Known]:
    """The rows of cannot.tsv."""
    rows = []
    for number, line in enumerate(CANNOT.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4 or fields[2] not in {"fails", "left out"}:
            raise SystemExit(f"{CANNOT}:{number}: expected package, test, `fails` or `left out`, and a reason, by tabs")
        rows.append(Known(*fields))
    return rows


def run(go: Go, package: str, *, plan9: bool, selected: str = "") -> Result:
    """`go test` of a package, test by test."""
    command = [
        go.path,
        "test",
        "-json",
        "-count=1",
        "-vet=off",
        f"-timeout={_PATIENCE}s",
        *PACKAGES.get(package, ((),))[0],
    ]
    environment = go.environment(plan9=plan9) | {"GOROOT": str(go.root)}
    if plan9:
        command += [
            "-exec",
            " ".join(launcher("--timeout", str(_PATIENCE), "--bind", f"{build(go, plan9=True)}:/bin:ro")),
        ]
    if selected:
        command += ["-run", selected]
    begin = time.monotonic()
    done = subprocess.run(
        [*command, package], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False, cwd=BUILD,
    )  # fmt: skip
    result = _read(done.stdout)
    result.seconds = time.monotonic() - begin
    result.passed = done.returncode == 0
    return result


def _names(go: Go, package: str) -> list[str]:
    """The tests and examples of a package that are built for Plan 9, as its test program lists them."""
    arguments = PACKAGES.get(package, ((),))[0]
    command = [go.path, "test", "-vet=off", *arguments, "-exec", " ".join(launcher()), "-list", ".", package]
    environment = go.environment(plan9=True) | {"GOROOT": str(go.root)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=BUILD)
    if done.returncode:
        print(f"the list of {package}'s tests:\n{_indented(done.stdout + done.stderr)}", file=sys.stderr)
    return [name for name in done.stdout.split() if re.match(r"Test|Example|Fuzz", name)]


def _read(text: str) -> Result:
    """The events of `go test -json`, of which lines of the go command itself may be part."""
    result = Result()
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            result.rest += line + "\n"
            continue
        test, action = event.get("Test"), event["Action"]
        if action == "output":
            if test is None:
                result.rest += event["Output"]
            else:
                result.output[test] = result.output.get(test, "") + event["Output"]
        elif test is not None and action in {"pass", "fail", "skip"}:
            result.outcomes[test] = action
        elif test is not None and action == "run":
            result.outcomes[test] = "fail"  # until it says otherwise
    return result


def compare(package: str, names: list[str], ours: Result, theirs: Result, known: list[Known]) -> list[str]:
    """What is to be reported about a package, of which the tests `names` were to be run on Plan 9."""
    expected = {row.test for row in known if row.package == package and row.how == "fails"}
    above = {test[:at] for test in expected for at, letter in enumerate(test) if letter == "/"}
    said = []
    for test, outcome in ours.outcomes.items():
        if outcome == "fail" and theirs.outcomes.get(test) != "fail" and test not in expected | above:
            said.append(f"FAIL {package} {test}\n{_indented(ours.output.get(test, ''))}")
        if outcome != "fail" and test in expected:
            said.append(f"{package} {test} is in {CANNOT.name} and did not fail: {outcome}")
    said += [f"{package} {test} is in {CANNOT.name} and is not there" for test in expected - set(ours.outcomes)]
    said += [f"MISSING {package} {test}" for test in names if test in theirs.outcomes and test not in ours.outcomes]
    if not ours.passed and "fail" not in ours.outcomes.values():
        said.append(f"FAIL {package}\n{_indented(ours.rest)}")
    return said


def _indented(text: str) -> str:
    lines = text.rstrip().splitlines()
    if len(lines) > 60:
        lines = [*lines[:40], "…", *lines[-20:]]
    return "\n".join("    " + line for line in lines)


def main(words: list[str] | None = None) -> int:
    """Run, compare, print a table; 0 if nothing is to be reported."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0], allow_abbrev=False)
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=f"default: {' '.join(PACKAGES)}")
    parser.add_argument("--run", default="", metavar="REGEXP", help="only these tests")
    parser.add_argument("--skips", action="store_true", help="say what the tests that skip themselves say")
    chosen = parser.parse_args(words)
    go = find()
    if isinstance(go, str):
        print(f"packages.py: {go}", file=sys.stderr)
        return 1
    os.makedirs(BUILD, exist_ok=True)
    known = exceptions()
    problems: list[str] = []
    print(f"{go.version}, {os.cpu_count()} CPUs")
    print(f"{'package':<16}{'passed':>8}{'skipped':>9}{'failed':>8}{'natively':>20}{'s':>8}{'s natively':>12}")
    for package in chosen.packages or PACKAGES:
        rows = [row for row in known if row.package == package]
        left_out = {row.test for row in rows if row.how == "left out"}
        names = [name for name in _names(go, package) if name not in left_out]
        theirs = run(go, package, plan9=False, selected=chosen.run)
        ours = run(go, package, plan9=True, selected=chosen.run or (f"^({'|'.join(names)})$" if left_out else ""))
        here, there = Counter(ours.outcomes.values()), Counter(theirs.outcomes.values())
        natively = f"{there['pass']}+{there['skip']}+{there['fail']}"
        print(
            f"{package:<16}{here['pass']:>8}{here['skip']:>9}{here['fail']:>8}{natively:>20}"
            f"{ours.seconds:>8.1f}{theirs.seconds:>12.1f}",
            flush=True,
        )
        problems += compare(package, names, ours, theirs, [] if chosen.run else rows)
        if chosen.skips:
            problems += [
                f"SKIP {package} {test}\n{_indented(ours.output.get(test, ''))}"
                for test, outcome in ours.outcomes.items()
                if outcome == "skip" and theirs.outcomes.get(test) != "skip"
            ]
    if problems:
        print()
        print("\n".join(problems))
    return 1 if any(not problem.startswith("SKIP") for problem in problems) else 0


if __name__ == "__main__":
    sys.exit(main())
