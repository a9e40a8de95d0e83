"""The section `library`: elf9's C library beside musl's, both in Plan 9 programs on elf9's emulator.

Each case of `benchmarks/library` is compiled twice, against elf9's headers and against musl's names (see musl.py),
with the same flags.  A figure is the CPU time of a run less that of a run with nothing to do, over the units of
work; both sides must print the same checksum.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.harness import musl
from benchmarks.harness.measure import Command, Failed, Figure, Sample, cpu, figure, interleave, run_once
from benchmarks.harness.setting import Setting
from benchmarks.harness.table import Row, Section
from elftools.elf.elffile import ELFFile

from elf9.target import Target

__all__ = ["library"]

#: Bytes of text of a program that only prints "hello, world".
HELLO_TEXT = 24 << 10
#: Our time in musl's: a speed of 0.8.
SLOWEST = 1.25
#: Without and with float=True.
_PROGRAMS = ("library", "libraryfloat")
#: A case that is none: what starting and ending costs.
_NOTHING = "-"

_SCONSTRUCT = """\
import elf9

env = elf9.Environment()
SConscript("library/SConscript", exports={{"env": env, "musl": {musl!r}}})
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One row: how many units of which case."""

    program: str
    name: str
    units: int


def library(setting: Setting, folder: str) -> Section:
    """`folder`: the source of musl, or "" if there is none."""
    section = Section(
        "the C library, user + system time of one unit of work, under elf9 on both sides",
        unit="ns",
        note="less that of a run with nothing to do; musl with the same compiler and flags",
    )
    peer = musl.version(folder) if folder else "musl"
    places, problems = {}, {}
    for target in setting.targets:
        objects = ""
        try:
            objects = musl.build(setting, target, folder) if folder else ""
            problems[target.name] = "" if folder else "no --musl DIR"
        except Failed as failure:
            problems[target.name] = f"failed: {failure}"
        places[target.name] = _build(setting, target, folder, objects)
    section.rows += [_size(target.name, places[target.name]) for target in setting.targets]
    cases = {target.name: _cases(setting, places[target.name]) for target in setting.targets}
    commands = {}
    for machine, place in places.items():
        for side in ("", "-musl") if not problems[machine] else ("",):
            for case in (*(Case(program, _NOTHING, 0) for program in _PROGRAMS), *cases[machine]):
                argv = [*setting.elf9, "run", os.path.join(place, case.program + side), case.name, str(case.units)]
                commands[f"{machine} {case.program}{side} {case.name}"] = Command(argv)
    done = interleave(commands, 2 if setting.quick else 5, warm=False)
    for machine in places:
        for case in cases[machine]:
            ours = _one(done, machine, case, "")
            theirs = problems[machine] or _one(done, machine, case, "-musl")
            if isinstance(theirs, Figure) and (strange := _difference(done, machine, case)):
                theirs = strange
            section.rows.append(Row(case.name, machine, ours, peer, theirs, target_ratio=SLOWEST if folder else None))
    return section


def _build(setting: Setting, target: Target, folder: str, objects: str) -> str:
    """The folder of the programs, built for one machine."""
    place = os.path.join(setting.work, "library", target.name)
    copy = os.path.join(place, "library")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(os.path.join(setting.root, "benchmarks", "library"), copy)
    made = os.path.join(place, "build", target.name, "release", "library")
    options: dict[str, list[str]] = {}
    if objects:
        numbers = musl.system_calls(folder, target)
        options = {"LINKFLAGS": [objects], "CCFLAGS": ["-DMUSL", *(f"-DSYS_{name}={n}" for name, n in numbers.items())]}
        for program in _PROGRAMS:
            # SCons does not know that it depends on the object.
            if os.path.exists(stale := os.path.join(made, f"{program}-musl")):
                os.unlink(stale)
    with open(os.path.join(place, "SConstruct"), "w", encoding="utf-8") as file:
        file.write(_SCONSTRUCT.format(musl=options))
    argv = [*setting.scons, "-C", place, f"ARCH={target.name}", "MODE=release"]
    run_once(Command(argv, environment=setting.scons_environment))
    return made


def _size(machine: str, place: str) -> Row:
    """Of the text segment, as `size` on Plan 9 says it of the a.out."""
    with open(os.path.join(place, "hello"), "rb") as file:
        sizes = [segment["p_filesz"] for segment in ELFFile(file).iter_segments("PT_LOAD") if segment["p_flags"] & 1]
    text = Figure.of([sum(sizes)])
    return Row("text of hello with print", machine, text, "", "", target=HELLO_TEXT, unit="bytes")


def _cases(setting: Setting, place: str) -> list[Case]:
    """What the programs themselves say that they have."""
    found = []
    for program in _PROGRAMS:
        said = run_once(Command([*setting.elf9, "run", os.path.join(place, program)])).stdout.decode()
        for line in said.splitlines():
            units, _, name = line.partition(" ")
            found.append(Case(program, name, max(1, int(units) // (3 if setting.quick else 1))))
    return found


def _one(done: Mapping[str, list[Sample] | str], machine: str, case: Case, side: str) -> Figure | str:
    full = figure(done[f"{machine} {case.program}{side} {case.name}"], cpu, 1e9 / case.units)
    nothing = figure(done[f"{machine} {case.program}{side} {_NOTHING}"], cpu, 1e9 / case.units)
    if isinstance(full, str) or isinstance(nothing, str):
        return full if isinstance(full, str) else str(nothing)
    return Figure.of([sample - nothing.best for sample in full.samples])


def _difference(done: Mapping[str, list[Sample] | str], machine: str, case: Case) -> str:
    """That the two sides did not do the same; "" if they did."""
    said = [done[f"{machine} {case.program}{side} {case.name}"][0] for side in ("", "-musl")]
    texts = [sample.stdout.decode().strip() for sample in said if isinstance(sample, Sample)]
    return "" if len(set(texts)) == 1 else f"failed: its checksum is {texts[-1]}, elf9's is {texts[0]}"
