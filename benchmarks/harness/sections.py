"""The sections that run one program each time: start-up, system calls, CPU.

`processes.py` has that of several processes, `builds.py` that of builds.

A section measures all its commands in one interleaved series and gives rows; a peer that is missing
and a run that fails are rows, too, that say so.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping

from benchmarks.harness.measure import Command, Failed, Figure, Sample, cpu, figure, interleave, run_once, wall
from benchmarks.harness.programs import go_hello
from benchmarks.harness.setting import Setting
from benchmarks.harness.table import Row, Section

__all__ = ["CPU_PROGRAMS", "calls", "startup", "work"]

Programs = Mapping[tuple[str, str], tuple[str, str]]

#: Name -> units of work, enough that start-up does not count; the second number is for --quick.
CPU_PROGRAMS = {
    "sieve": (100, 30),
    "stone": (4_000_000, 1_000_000),
    "sha256": (8000, 2500),
    "memcpy": (20_000, 6000),
    "nbody": (300_000, 100_000),
    "chase": (2000, 1000),
}

#: Measured and shown, but not one of those whose mean is judged.
_BESIDES = ("chase",)

_QILING = """\
import sys
from qiling import Qiling
from qiling.const import QL_VERBOSE
Qiling(sys.argv[1:], "/", verbose=QL_VERBOSE.OFF).run()
"""


def startup(setting: Setting, programs: Programs) -> Section:
    """`elf9 run hello`, from the start of the process to its end."""
    section = Section(
        "start-up of hello",
        unit="ms",
        note="elf9 as its console script starts it; the peers run the same hello for Linux",
    )
    commands = {"floor": Command([setting.elf9[0], "-IS", "-c", "pass"])}
    for target in setting.targets:
        program, linux = programs["hello", target.name]
        said = b"hello 1 0000000000000001\n"
        commands[f"elf9 {target.name}"] = Command([*setting.elf9, "run", program], said)
        qemu = setting.qemu[target.name]
        if qemu.path:
            commands[f"qemu {target.name}"] = Command([qemu.path, linux], said)
        if setting.qiling:
            commands[f"qiling {target.name}"] = Command([setting.qiling_python, "-c", _QILING, linux])
    go = go_hello(setting)
    if not isinstance(go, str):
        said = b"hello, world\n"
        commands["elf9 go"] = Command([*setting.elf9, "run", go[0]], said)
        commands["native go"] = Command([go[1]], said)
    done = interleave(commands, 15 if setting.quick else 40)
    for target in setting.targets:
        machine = target.name
        qemu = setting.qemu[machine]
        for kind, of, limit in (("wall", wall, 40.0), ("user + system", cpu, None)):
            ours = figure(done[f"elf9 {machine}"], of, 1e3)
            theirs = _peer(done, f"qemu {machine}", qemu.version, of, 1e3)
            section.rows.append(Row(f"hello, {kind}", machine, ours, qemu.name, theirs, limit))
        ours = figure(done[f"elf9 {machine}"], wall, 1e3)
        theirs = _peer(done, f"qiling {machine}", "not installed", wall, 1e3)
        section.rows.append(Row("hello, wall", machine, ours, "Qiling", theirs))
    if "amd64" in setting.toolchains:
        for kind, of, limit in (("wall", wall, 150.0), ("user + system", cpu, None)):
            sides = (
                (go, go) if isinstance(go, str) else [figure(done[f"{who} go"], of, 1e3) for who in ("elf9", "native")]
            )
            section.rows.append(Row(f"hello in Go, {kind}", "amd64", sides[0], "native", sides[1], limit))
    section.rows.append(Row("python -IS -c pass, wall", "host", figure(done["floor"], wall, 1e3), "", ""))
    return section


def calls(setting: Setting, programs: Programs) -> Section:
    """What one system call costs: a loop of them less the same loop of calls to an empty function."""
    section = Section(
        "one system call, user + system time",
        unit="µs",
        note="a loop of calls less a loop without; _nsec against getppid, seek against lseek",
    )
    count = {"elf9": 100_000 if setting.quick else 300_000, "qemu": 1_000_000 if setting.quick else 3_000_000}
    commands = {}
    for target in setting.targets:
        ours, linux = programs["calls", target.name]
        qemu = setting.qemu[target.name]
        for what in ("empty", "number", "seek"):
            n = count["elf9"]
            said = f"calls {n} {n:016x}\n".encode()
            commands[f"elf9 {target.name} {what}"] = Command([*setting.elf9, "run", ours, str(n), what], said)
            if qemu.path:
                n = count["qemu"]
                said = f"calls {n} {n:016x}\n".encode()
                commands[f"qemu {target.name} {what}"] = Command([qemu.path, linux, str(n), what], said)
    done = interleave(commands, 3 if setting.quick else 7)

    def one(who: str, machine: str, what: str) -> Figure | str:
        if f"{who} {machine} {what}" not in done:
            return setting.qemu[machine].version
        full = figure(done[f"{who} {machine} {what}"], cpu, 1e6 / count[who])
        empty = figure(done[f"{who} {machine} empty"], cpu, 1e6 / count[who])
        if isinstance(full, str) or isinstance(empty, str):
            return full if isinstance(full, str) else str(empty)
        differences = tuple(a - b for a, b in zip(full.samples, empty.samples, strict=True))
        return Figure(full.median - empty.median, full.best - empty.best, differences)

    for target in setting.targets:
        for what, name, limit in (("number", "_nsec", 1.5), ("seek", "seek", None)):
            section.rows.append(
                Row(
                    name,
                    target.name,
                    one("elf9", target.name, what),
                    setting.qemu[target.name].name,
                    one("qemu", target.name, what),
                    target=limit,
                )
            )
    return section


def work(setting: Setting, programs: Programs, names: Iterable[str]) -> Section:
    """Programs that only compute; each must print the same under elf9 and under QEMU."""
    chosen = [name for name in CPU_PROGRAMS if name in set(names)]
    section = Section(
        "CPU, user + system time of the whole run",
        unit="s",
        note="chase, 16 MiB visited in no order, is not in the mean",
    )
    commands: dict[str, Command] = {}
    failed: dict[str, str] = {}
    for target in setting.targets:
        for name in chosen:
            ours, linux = programs[name, target.name]
            size = str(CPU_PROGRAMS[name][setting.quick])
            qemu = setting.qemu[target.name]
            said = None
            if qemu.path:
                peer = Command([qemu.path, linux, size])
                try:
                    said = run_once(peer).stdout
                except Failed as failure:
                    failed[f"qemu {target.name} {name}"] = str(failure)
                else:
                    commands[f"qemu {target.name} {name}"] = Command(peer.argv, said)
            commands[f"elf9 {target.name} {name}"] = Command([*setting.elf9, "run", ours, size], said)
    done = {**failed, **interleave(commands, 3 if setting.quick else 5, warm=False)}
    for target in setting.targets:
        qemu = setting.qemu[target.name]
        rows = [
            Row(
                name,
                target.name,
                figure(done[f"elf9 {target.name} {name}"], cpu, 1),
                qemu.name,
                _peer(done, f"qemu {target.name} {name}", qemu.version, cpu, 1),
            )
            for name in chosen
        ]
        section.rows += rows
        judged = [row for row in rows if row.what not in _BESIDES]
        if judged:
            section.rows.append(_mean(target.name, qemu.name, judged))
    return section


def _mean(machine: str, peer: str, rows: list[Row]) -> Row:
    """The geometric mean of ratios; of all or of none."""
    ratios = [row.ratio for row in rows]
    best = [row.best_ratio for row in rows]
    row = Row("geometric mean", machine, "", peer, "", target_ratio=3.5)
    if all(ratio is not None for ratio in (*ratios, *best)):
        row.mean = statistics.geometric_mean([ratio for ratio in ratios if ratio is not None])
        row.best_mean = statistics.geometric_mean([ratio for ratio in best if ratio is not None])
    else:
        row.theirs = "no mean: a figure is missing"
    return row


def _peer(
    done: Mapping[str, list[Sample] | str], key: str, why_not: str, of: Callable[[Sample], float], scale: float
) -> Figure | str:
    """A peer's figure; or why there is none."""
    return figure(done[key], of, scale) if key in done else why_not
