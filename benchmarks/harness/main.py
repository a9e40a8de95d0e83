"""The command line of `benchmarks/run.py`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from benchmarks.harness import builds, library, processes, programs, sections
from benchmarks.harness.measure import Failed
from benchmarks.harness.setting import QEMU, Setting
from benchmarks.harness.table import Section, as_json, as_text

__all__ = ["main"]

_SECTIONS = ("startup", "calls", "processes", "cpu", "library", "builds")


def main(root: str, argv: Sequence[str] | None = None) -> int:
    """Measure and print; 0 unless something could not be run.  Slow is not an error."""
    names = (*_SECTIONS, *sections.CPU_PROGRAMS)
    parser = argparse.ArgumentParser(
        prog="benchmarks/run.py",
        description="elf9's speed beside its peers: user-mode QEMU, Qiling, musl, make.  Prints one table of ratios.",
        allow_abbrev=False,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure (default: all): {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs: some minutes")
    parser.add_argument("--arch", default=",".join(QEMU), help="machines to measure (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write everything measured, each sample, to FILE")
    parser.add_argument(
        "--qiling", metavar="PYTHON", default=sys.executable, help="a Python that has Qiling (default: this one)"
    )
    parser.add_argument("--musl", metavar="DIR", default="", help="source of musl, to measure the C library beside it")
    chosen = parser.parse_args(argv)
    for name in chosen.names:
        if name not in names:
            parser.error(f"unknown name {name!r}: choose from {', '.join(names)}")
    machines = chosen.arch.split(",")
    for machine in machines:
        if machine not in QEMU:
            parser.error(f"unknown machine {machine!r}: choose from {', '.join(QEMU)}")
    setting = Setting(root, machines=machines, quick=chosen.quick, qiling=chosen.qiling)
    described = setting.describe() | setting.missing
    if not setting.targets:
        print("\n".join(setting.missing.values()), file=sys.stderr)
        return 1
    try:
        measured = _measure(setting, set(chosen.names) or set(_SECTIONS), chosen.musl)
    except Failed as failure:
        print(f"benchmarks: {failure}", file=sys.stderr)
        return 1
    print(as_text(described, measured), end="")
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(as_json(described, measured), file, indent=1)
            file.write("\n")
    failed = any(
        str(side).startswith("failed")
        for section in measured
        for row in section.rows
        for side in (row.ours, row.theirs)
    )
    return 1 if failed else 0


def _measure(setting: Setting, wanted: set[str], musl: str) -> list[Section]:
    measured = []
    some = set(sections.CPU_PROGRAMS) if "cpu" in wanted else wanted & set(sections.CPU_PROGRAMS)
    if some or wanted & {"startup", "calls", "processes"}:
        _say("building the programs")
        paths = programs.build(setting)
        if "startup" in wanted:
            _say("start-up")
            measured.append(sections.startup(setting, paths))
        if "calls" in wanted:
            _say("system calls")
            measured.append(sections.calls(setting, paths))
        if "processes" in wanted:
            _say("processes")
            measured.append(processes.processes(setting, paths))
        if some:
            _say("CPU")
            measured.append(sections.work(setting, paths, some))
    if "library" in wanted:
        _say("the C library")
        measured.append(library.library(setting, os.path.abspath(musl) if musl else ""))
    if "builds" in wanted:
        _say("builds")
        measured.append(builds.builds(setting))
    return measured


def _say(text: str) -> None:
    print(f"benchmarks: {text} ...", file=sys.stderr, flush=True)
