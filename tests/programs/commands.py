#!/usr/bin/env python3
"""Compile 9front's own commands as they are, and run cases of them on the emulator.

    tests/programs/commands.py --sources DIR                     the whole table; some minutes
    tests/programs/commands.py --sources DIR --only wc sort      some commands
    tests/programs/commands.py --sources DIR --arch arm64        for one machine
    tests/programs/commands.py --sources DIR --only wc --show    what was wrong, in full

DIR is a copy of 9front's repository, or as much of it as is needed: sys/src and sys/include.  Nothing of it
is part of this project, so `./scons test` does not run this.  The exit status is 0 if every command compiles and
all its cases are right, but for those in whose row the table says why not.

The table, commands.tsv, has a row for each command:

  command   its name
  sources   files in DIR/sys/src, by patterns; nothing: cmd/COMMAND.c.  made/FOLDER/FILE is made by a step of
            made.tsv (made.py), with commands of this table; headers that are made are named, too
  needs     what it needs of 9front besides: headers of DIR/sys/include; folders with headers below DIR/sys/src
            (with a slash in their names; `/` is DIR itself); libraries, which are rows themselves (their names begin
            with lib); commands that it or its cases run.  Headers and libraries that elf9 has are not named.
  options   of Plan9Program or Plan9Library, as Python: float=True
  why not   why it does not compile or a case is wrong, if that is known and will stay so

The cases are in the folder `cases`: each module there has a list CASES of elf9.testing.Case, whose program is the
command's name; `6l rc` is a case of 6l that runs rc.  In `options` of a case {bin} is the folder of all commands
built, and {sources} is DIR.  A case with an `arch` is for that machine only.
"""

from __future__ import annotations

import argparse
import glob
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "site_scons"))

from tests.programs import made

from elf9.target import TARGETS
from elf9.testing import Case, Result, run_case

__all__ = ["Outcome", "Row", "Unusable", "all_cases", "build", "main", "project", "read_table", "run"]

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("commands.tsv")
COLUMNS = ("command", "sources", "needs", "options", "why not")
MODE = "debug"


class Unusable(Exception):
    """The sources or the table cannot be used; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: a command, or a library of 9front's."""

    name: str
    #: Patterns below sys/src.
    sources: tuple[str, ...]
    needs: tuple[str, ...] = ()
    options: str = ""
    why_not: str = ""

    @property
    def library(self) -> bool:
        return self.name.startswith("lib")

    @property
    def headers(self) -> list[str]:
        return [need for need in self.needs if need.endswith(".h")]

    @property
    def folders(self) -> list[str]:
        return [need for need in self.needs if "/" in need]

    @property
    def rows(self) -> list[str]:
        return [need for need in self.needs if not need.endswith(".h") and "/" not in need]


@dataclass(slots=True)
class Outcome:
    """What came of one command on one machine."""

    #: Why it was not built; "" if it was.
    trouble: str = ""
    results: list[Result] = field(default_factory=list)

    @property
    def right(self) -> int:
        return sum(result.passed for result in self.results)

    @property
    def good(self) -> bool:
        return not self.trouble and self.right == len(self.results)

    def __str__(self) -> str:
        return "no" if self.trouble else f"{self.right}/{len(self.results)}"

    @property
    def reason(self) -> str:
        """The first thing that is wrong."""
        for result in self.results:
            for problem in result.problems:
                return f"{result.case.name}: {problem.what}: {problem.summary}"
        return self.trouble


def read_table(path: Path) -> list[Row]:
    """The rows of a table.  Raises Unusable."""
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = [word.strip() for word in line.split("\t")]
        if tuple(words) == COLUMNS:
            continue
        if len(words) > len(COLUMNS):
            raise Unusable(f"{path}:{number}: {len(words)} columns; expected {', '.join(COLUMNS)}, with tabs between")
        name, sources, needs, options, why_not = [*words, *[""] * len(COLUMNS)][: len(COLUMNS)]
        rows.append(Row(name, tuple(sources.split()) or (f"cmd/{name}.c",), tuple(needs.split()), options, why_not))
    return rows


def all_cases() -> list[Case]:
    """The cases of every module in the folder `cases`."""
    package = importlib.import_module("tests.programs.cases")
    modules = [f"{package.__name__}.{item.name}" for item in pkgutil.iter_modules(package.__path__)]
    return [case for name in modules for case in importlib.import_module(name).CASES]


def chosen(rows: Sequence[Row], only: Iterable[str], steps: Sequence[made.Step]) -> list[Row]:
    """The rows that are named, and those of what they need.  Raises Unusable."""
    known = {row.name: row for row in rows}
    names = list(only) or [row.name for row in rows if not row.library]
    wanted: dict[str, Row] = {}
    while names:
        name = names.pop(0)
        if name in wanted:
            continue
        if name not in known:
            raise Unusable(f"{name} is not in the table")
        row = wanted[name] = known[name]
        names += row.rows
        names += [command for step in made.needed(steps, row.sources) for command in step.commands]
    return [row for row in rows if row.name in wanted]


def files(sources: Path, row: Row) -> list[str]:
    """Paths of a row's sources: absolute, or of the build's folder if they are made."""
    found: list[str] = []
    for pattern in row.sources:
        found += [pattern] if is_made(pattern) else sorted(glob.glob(str(sources / "sys/src" / pattern)))
    return found


def is_made(pattern: str) -> bool:
    return pattern.startswith("made/")


def project(folder: Path, sources: Path, rows: Sequence[Row]) -> None:
    """Write the SConstruct of a project that builds the rows, as a user of elf9 would write it."""
    lines = [
        "import elf9",
        "",
        "env = elf9.Environment()",
        "# Warnings of other people's programs.",
        'env["CFLAGS"] = "-w"',
        "",
    ]
    libraries = {row.name for row in rows if row.library}
    for row in sorted(rows, key=lambda row: not row.library):
        include = folder / "include" / row.name
        options = [row.options] if row.options else []
        if row.headers:
            include.mkdir(parents=True, exist_ok=True)
        for header in row.headers:
            (include / header).unlink(missing_ok=True)
            (include / header).symlink_to(sources / "sys/include" / header)
        names = files(sources, row)
        if includes := include_folders(sources, row, names):
            options.append(f"CPPPATH={includes!r}")
        builder, name = ("Library", row.name.removeprefix("lib")) if row.library else ("Program", row.name)
        words = [repr(name), repr([name for name in names if not name.endswith(".h")]), *options]
        if libs := [need for need in row.needs if need in libraries and not row.library]:
            words.append(f"libs=[{', '.join(libs)}]")  # not every header asks for its library
        lines.append(f"{row.name + ' = ' if row.library else ''}env.Plan9{builder}({', '.join(words)})")
    (folder / "SConstruct").write_text("\n".join(lines) + "\n")


def include_folders(sources: Path, row: Row, names: Sequence[str]) -> list[str]:
    """Where the row's sources look for headers besides their own folder."""
    found = [f"include/{row.name}"] if row.headers else []
    if any(map(is_made, names)):  # a file that is made includes those beside what it is made from, and the reverse
        found += sorted({os.path.dirname(name) for name in names}, key=lambda name: not is_made(name))
    found += [str(sources / "sys/src" / need) if need != "/" else str(sources) for need in row.folders]
    return found


def scons(folder: Path, *words: str) -> tuple[bool, str]:
    """Run SCons in a project: whether all went well, and what it said."""
    path = os.pathsep.join([str(ROOT / "site_scons"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "SCons", "-Q", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode == 0, done.stdout


def build(folder: Path, rows: Sequence[Row], archs: Sequence[str]) -> dict[tuple[str, str], str]:
    """Build the project: (command, machine) -> the first error, "" if there is none.  Raises Unusable."""
    for row in rows:
        for arch in archs:  # so that nothing is left of an earlier build, whatever fails now
            (folder / "build" / arch / MODE / row.name).unlink(missing_ok=True)
    well, said = scons(folder, "-k", f"ARCH={','.join(archs)}", f"MODE={MODE}")
    troubles = {}
    for row in rows:
        for arch in archs:
            program = Path("build") / arch / MODE / row.name
            if row.library:
                continue
            if well or (folder / program).exists():
                troubles[row.name, arch] = ""
                continue
            _, said = scons(folder, f"ARCH={arch}", f"MODE={MODE}", str(program))
            troubles[row.name, arch] = first_error(said)
    return troubles


def first_error(said: str) -> str:
    """The line that says best why a program was not built."""
    for pattern in (
        r"(?m)^\S+?:\d+:\d+: (?:fatal )?error: .*$",
        r"(?m)^.*undefined reference.*$",
        r"(?m)^.*\berror\b.*$",
    ):
        if found := re.search(pattern, said):
            return re.sub(r"^\S*/sys/", "sys/", found[0])
    return (said.strip().splitlines() or ["SCons said nothing"])[-1]


def run(folder: Path, sources: Path, case: Case, arch: str) -> Result:
    """Run a case of a command that was built."""
    programs = folder / "build" / arch / MODE
    options = [
        word.replace("{bin}", str(programs)).replace("{sources}", str(sources))
        for word in map(os.fsdecode, case.options)
    ]
    return run_case(replace(case, program=str(programs / case.program.split()[-1]), options=options))


def subject(case: Case) -> str:
    """The command that it is a case of."""
    return case.program.split()[0]


def make(folder: Path, sources: Path, rows: Sequence[Row], steps: Sequence[made.Step], arch: str) -> dict[str, str]:
    """Make what the rows have made, with commands for one machine: file -> why it was not made."""
    known = {row.name: row for row in rows}
    wanted = {name for row in rows for name in row.sources if is_made(name)}
    troubles: dict[str, str] = {}
    built: set[str] = set()
    for step in made.needed(steps, wanted):
        try:
            if not built.issuperset(step.commands):
                ready = [row for row in chosen(rows, step.commands, steps) if not troubles.keys() & set(row.sources)]
                project(folder, sources, ready)
                names = [step.command, *(need for need in step.needs if need in known)]
                scons(folder, "-k", f"ARCH={arch}", f"MODE={MODE}", *(f"build/{arch}/{MODE}/{name}" for name in names))
                built |= set(step.commands)
            made.do(step, folder, sources, folder / "build" / arch / MODE)
        except made.StepError as error:
            troubles |= dict.fromkeys(step.files, str(error))
    return troubles


def missing(sources: Path, row: Row) -> str:
    """The first pattern for which there is no source."""
    there = (pattern for pattern in row.sources if not is_made(pattern))
    return next((pattern for pattern in there if not glob.glob(str(sources / "sys/src" / pattern))), "")


def judge(
    folder: Path,
    sources: Path,
    rows: Sequence[Row],
    cases: Sequence[Case],
    archs: Sequence[str],
    jobs: int,
    steps: Sequence[made.Step] = (),
) -> dict[tuple[str, str], Outcome]:
    """Build the rows and run their cases."""
    outcomes: dict[tuple[str, str], Outcome] = {}
    there = []
    for row in rows:
        if pattern := missing(sources, row):
            if not row.library:
                trouble = f"the sources have no sys/src/{pattern}"
                outcomes |= {(row.name, arch): Outcome(trouble) for arch in archs}
        else:
            there.append(row)
    unmade = make(folder, sources, there, steps, archs[0])
    for row in there:
        if not row.library and (names := unmade.keys() & set(row.sources)):
            outcomes |= {(row.name, arch): Outcome(unmade[min(names)]) for arch in archs}
    there = [row for row in there if not unmade.keys() & set(row.sources)]
    project(folder, sources, there)
    outcomes |= {key: Outcome(trouble) for key, trouble in build(folder, there, archs).items()}
    work = [
        (outcome, case, arch)
        for case in cases
        for arch in archs
        if case.arch in {None, arch} and (outcome := outcomes.get((subject(case), arch))) and not outcome.trouble
    ]
    with ThreadPoolExecutor(jobs) as pool:
        results = pool.map(lambda item: run(folder, sources, item[1], item[2]), work)
        for (outcome, _, _), result in zip(work, results, strict=True):
            outcome.results.append(result)
    return outcomes


def report(rows: Sequence[Row], outcomes: Mapping[tuple[str, str], Outcome], archs: Sequence[str]) -> bool:
    """Print the table and what it comes to; whether nothing is wrong but what the table explains."""
    commands = [row for row in rows if not row.library]
    width = max(len(row.name) for row in commands)
    print(
        "  ".join([f"{'command':<{max(width, 7)}}", *(f"{arch:>6}" for arch in archs)]), " needs and why not", sep="  "
    )
    well = True
    for row in commands:
        mine = [outcomes[row.name, arch] for arch in archs]
        words = ["needs " + " ".join(row.needs)] if row.needs else []
        good = all(outcome.good and outcome.results for outcome in mine)
        if not good:
            reason = next((outcome.reason for outcome in mine if outcome.reason), "no case")
            words.append(row.why_not or reason)
            well = well and bool(row.why_not)
        elif row.why_not:
            words.append(f"is right, though the table says why not: {row.why_not}")
            well = False
        line = "  ".join([f"{row.name:<{max(width, 7)}}", *(f"{outcome!s:>6}" for outcome in mine), "; ".join(words)])
        print(line.rstrip())
    for arch in archs:
        mine = [outcomes[row.name, arch] for row in commands]
        print(
            f"{arch}: {sum(not outcome.trouble for outcome in mine)} of {len(mine)} commands compile,"
            f" {sum(outcome.good and bool(outcome.results) for outcome in mine)} run all their cases right,"
            f" {sum(outcome.right for outcome in mine)} of {sum(len(outcome.results) for outcome in mine)} cases"
        )
    return well


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=Path, required=True, metavar="DIR", help="a copy of 9front's repository")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these commands")
    parser.add_argument("--arch", nargs="+", default=list(TARGETS), choices=list(TARGETS), help="for these machines")
    parser.add_argument("--table", type=Path, default=TABLE, metavar="FILE", help="another table")
    parser.add_argument("--build", type=Path, metavar="DIR", help="build here, and keep what was built for next time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="cases at a time")
    parser.add_argument("--show", action="store_true", help="show all that is wrong, in full")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None, cases: Sequence[Case] | None = None) -> int:
    """The exit status; `cases` are instead of those in the folder."""
    given = arguments(words)
    sources = given.sources.resolve()
    try:
        if not (sources / "sys/src").is_dir():
            raise Unusable(f"{given.sources} has no sys/src: expected a copy of 9front's repository")
        steps = made.read_steps(made.TABLE)
        rows = chosen(read_table(given.table), given.only, steps)
        with tempfile.TemporaryDirectory(prefix="elf9-commands-") as scratch:
            folder = given.build.resolve() if given.build else Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            tried = all_cases() if cases is None else cases
            outcomes = judge(folder, sources, rows, tried, given.arch, given.jobs, steps)
    except (Unusable, OSError) as error:
        print(f"commands.py: {error}", file=sys.stderr)
        return 2
    if given.show:
        for outcome in outcomes.values():
            for result in outcome.results:
                if not result.passed:
                    print(result.explain())
    return 0 if report(rows, outcomes, given.arch) else 1


if __name__ == "__main__":
    sys.exit(main())
