"""How many cases the conformance suite has, by program and machine: `.venv/bin/python tests/conformance/count.py`.

Runs every program on the emulator, in ELF, and prints a table for the record; `./scons tests/conformance`
builds them.  The exit status is 1 if a case is not ok, 2 if a program is not built.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "site_scons")]

from tests.conformance.test_conformance import PROGRAMS, binary, rows, run_program  # noqa: E402

from elf9.target import TARGETS, Target  # noqa: E402


def count(target: Target, name: str) -> tuple[int, int, int]:
    """How many cases of a program are ok, skipped, not ok."""
    lines = run_program(target, name).stdout.decode(errors="replace").splitlines()
    good = [line for line in lines if line.startswith("ok ")]
    skipped = sum("# SKIP" in line for line in good)
    bad = sum(line.startswith("not ok ") for line in lines)
    if f"1..{len(good) + bad}" not in lines:
        bad += 1  # it did not come to its end
    return len(good) - skipped, skipped, bad


def main() -> int:
    """Print the table."""
    machines = sorted(TARGETS)
    totals = dict.fromkeys(machines, 0)
    failed = 0
    try:
        for machine in machines:
            for name in PROGRAMS:
                binary(TARGETS[machine], name)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 2
    print("| program |", " | ".join(machines), "|")
    print("|---|" + "---|" * len(machines))
    for name in PROGRAMS:
        cells = []
        for machine in machines:
            good, skipped, bad = count(TARGETS[machine], name)
            totals[machine] += good
            failed += bad
            cells.append(f"{good}" + (f", {skipped} skipped" if skipped else "") + (f", {bad} not ok" if bad else ""))
        print(f"| {name} |", " | ".join(cells), "|", flush=True)
    deaths = {machine: sum(arch == machine for arch, *_ in rows()) for machine in machines}
    print("| deaths |", " | ".join(str(deaths[machine]) for machine in machines), "|")
    print("| all |", " | ".join(str(totals[machine] + deaths[machine]) for machine in machines), "|")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
