"""Sources that 9front makes while it builds: `y.tab.c` by yacc, `enam.c` by a script for rc.

The programs that make them are commands of the table, and run on the emulator.  made.tsv has a line for each step:

  folder    where it is made, in the folder `made` of the build; a row of commands.tsv names `made/FOLDER/FILE`
  command   what makes it, a row of commands.tsv
  arguments of the command; split at blanks
  sources   patterns below sys/src: files that are copied to the folder beforehand
  makes     the files; one behind `>` is the command's standard output
  needs     other commands that it runs

The steps are done in the order of the table.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TABLE", "Step", "StepError", "do", "needed", "read_steps"]

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("made.tsv")


class StepError(Exception):
    """Something was not made; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of made.tsv."""

    folder: str
    command: str
    arguments: tuple[str, ...]
    sources: tuple[str, ...]
    makes: tuple[str, ...]
    needs: tuple[str, ...] = ()

    @property
    def files(self) -> list[str]:
        """What it makes, as the rows of commands.tsv name it."""
        return [f"made/{self.folder}/{name.removeprefix('>')}" for name in self.makes]

    @property
    def commands(self) -> list[str]:
        return [self.command, *self.needs]


def read_steps(path: Path) -> list[Step]:
    """The lines of a table."""
    steps = []
    for line in path.read_text().splitlines()[1:]:
        words = [word.strip() for word in line.split("\t")]
        folder, command, arguments, sources, makes, needs = [*words, *[""] * 6][:6]
        steps.append(
            Step(
                folder,
                command,
                tuple(arguments.split()),
                tuple(sources.split()),
                tuple(makes.split()),
                tuple(needs.split()),
            )
        )
    return steps


def needed(steps: Sequence[Step], files: Container[str]) -> list[Step]:
    """The steps that make some of `files`."""
    return [step for step in steps if any(file in files for file in step.files)]


def do(step: Step, folder: Path, sources: Path, programs: Path) -> None:
    """Do a step in the build's folder with the commands in `programs`.  Raises StepError."""
    made = folder / "made"
    here = made / step.folder
    here.mkdir(parents=True, exist_ok=True)
    for source in _sources(step, sources):
        shutil.copy(source, here)
    for name in step.makes:
        (here / name.removeprefix(">")).unlink(missing_ok=True)
    binds = [f"{programs}:/bin:ro", f"{sources}/rc:/rc:ro", f"{sources}/sys:/sys:ro", f"{made}:/made"]
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "elf9", "run", "--quiet", "--timeout", "60"),
            *(word for bind in binds if os.path.exists(bind.split(":")[0]) for word in ("--bind", bind)),
            *("--cwd", f"/made/{step.folder}", str(programs / step.command), *step.arguments),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "site_scons")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    for name in step.makes:
        if name.startswith(">"):
            (here / name[1:]).write_bytes(done.stdout)
    missing = [file for file in step.files if not (folder / file).exists()]
    if done.returncode or missing:
        said = done.stderr.decode(errors="replace").strip().splitlines()[:1]
        raise StepError(
            f"{step.command} did not make {' '.join(missing or step.files)}: {' '.join(said) or 'silently'}"
        )


def _sources(step: Step, sources: Path) -> Iterable[str]:
    for pattern in step.sources:
        matches = sorted(glob.glob(str(sources / "sys/src" / pattern)))
        if not matches:
            raise StepError(f"the sources have no sys/src/{pattern}")
        yield from matches
