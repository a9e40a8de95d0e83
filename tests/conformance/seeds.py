"""Processes and threads in many orders: `.venv/bin/python tests/conformance/seeds.py [SEEDS] [PROGRAM...]`.

Runs the programs whose processes share memory once with each seed, 100 by default, on both machines, and prints a
table.  `./scons tests/conformance` builds them; a hundred seeds of all take a quarter of an hour of one core.
The tests run a few seeds only.  The exit status is 1 if a run failed, 2 if a program is not built; what failed, and
with which seed, is printed as `elf9 run --seeds` says it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "site_scons")]

from tests.conformance.test_conformance import SEEDED, binary  # noqa: E402

from elf9.target import TARGETS  # noqa: E402


def run(program: Path, seeds: int) -> tuple[bool, str]:
    """Did a program pass with each seed, and what was said; one after the other, in a directory of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(program, folder)
        command = [sys.executable, "-m", "elf9", "run", "--seeds", str(seeds), "--jobs", "1", f"./{program.name}"]
        done = subprocess.run(
            command,
            cwd=folder,
            env={"PYTHONPATH": str(ROOT / "site_scons")},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.returncode == 0, done.stdout + done.stderr


def main(arguments: list[str]) -> int:
    """Print the table."""
    seeds = int(arguments.pop(0)) if arguments and arguments[0].isdecimal() else 100
    names = arguments or list(SEEDED)
    unknown = sorted(set(names) - set(SEEDED))
    if unknown or seeds < 1:
        print(f"{__doc__}\nprograms: {' '.join(SEEDED)}", file=sys.stderr)
        return 2
    machines = sorted(TARGETS)
    failed = False
    try:
        programs = {(name, machine): binary(TARGETS[machine], name) for name in names for machine in machines}
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 2
    print("| program |", " | ".join(machines), "|")
    print("|---|" + "---|" * len(machines))
    for name in names:
        cells = []
        for machine in machines:
            passed, said = run(programs[name, machine], seeds)
            cells.append(f"{seeds} seeds" if passed else "failed")
            if not passed:
                failed = True
                print(said, file=sys.stderr)
        print(f"| {name} |", " | ".join(cells), "|", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
