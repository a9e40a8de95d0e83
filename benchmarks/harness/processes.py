"""The section of several processes: pipes, switches, exec, rfork, files of the host, thousands at once.

What takes part runs in several processes, with QEMU and natively several of the host's, so wall time is
what is compared: the whole run less the same with nothing to do, over how often it was done.  Pipes
and switches of the peers stay on one CPU, which is where they are fastest.

Memory is the proportional share of each process's pages (Pss) that Linux tells, of the whole tree of
processes, with so many idle children less with none.
"""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Mapping

from benchmarks.harness.measure import Command, Figure, Sample, figure, interleave, wall
from benchmarks.harness.setting import Setting
from benchmarks.harness.table import Row, Section

from elf9.target import Target

__all__ = ["processes"]

Programs = Mapping[tuple[str, str], tuple[str, str]]

#: Bytes of the file that is read.
_FILE_SIZE = 100_000_000

#: The guest's names for the folder of the program to start, and for that of the file to read.
_BIN, _DATA = "/bin", "/data"

#: How this host's processor is called here.
_NATIVE = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

#: Seconds that idle processes have to come to life.
_PATIENCE = 300.0

_SWITCH = "Python: the calls, the scheduler; then Unicorn: system calls, registers, translations of addresses"
_FORK = "a page table's look-up of what was touched, and memcpy of that"


class _Kind:
    """One thing to measure: how often elf9 and the others do it, fewer with --quick, and how it is shown."""

    __slots__ = ("bound", "counts", "limit", "scale", "title", "unit", "what")

    def __init__(
        self,
        what: str,
        title: str,
        counts: tuple[int, int],
        unit: str,
        limit: float | None = None,
        bound: str = "",
    ) -> None:
        self.what = what
        self.title = title
        self.counts = counts
        self.unit = unit
        self.scale = {"µs": 1e6, "ms": 1e3}[unit]
        self.limit = limit
        self.bound = bound


_KINDS = (
    _Kind("pipe", "1 byte to a child and back", (20_000, 50_000), "µs", 20, f"two switches and four calls. {_SWITCH}"),
    _Kind("switch", "switch between two processes", (40_000, 100_000), "µs", 10, _SWITCH),
    _Kind("spawn", "rfork, exec, await", (1000, 200), "ms", 4, "Python: rfork, the new program's pages, its notes"),
    _Kind("fork", "rfork, await", (2000, 500), "ms", None, "Python: rfork and the end of a process, some 60 objects"),
    _Kind("fork4", "the same with 4 MiB in use", (200, 200), "ms", None, _FORK),
    _Kind("fork64", "the same with 64 MiB in use", (20, 40), "ms", None, _FORK),
    _Kind(
        "forkmapped", "the same with 1 GiB not in use", (1000, 200), "ms", None, "the host's table of 1 GiB of pages"
    ),
    _Kind("file", "100 MB of a host's file, 64 KiB each", (20, 20), "ms", 200, "the host's copy out of its cache"),
    _Kind("many", "2000 processes at once, each", (2000, 2000), "ms", None, "rfork, as above"),
)

#: For the memory: with elf9, with the others, whose idle processes the host has to hold.
_IDLE = (2000, 300)


def processes(setting: Setting, programs: Programs) -> Section:
    """All of `_KINDS`, and memory."""
    section = Section(
        "several processes, wall time of each",
        unit="ms",
        note="less the same run with nothing to do; 500 MB/s are 200 ms for 100 MB",
    )
    with tempfile.TemporaryDirectory(prefix="data-", dir=setting.work) as folder:
        data = os.path.join(folder, "data")
        _make_file(data)
        runners = {target.name: _runners(setting, programs, target, data) for target in setting.targets}
        for kind in _KINDS:
            section.rows += _measure(setting, kind, runners)
        for target in setting.targets:
            section.rows += _memory(setting, target.name, runners[target.name])
    return section


class _Runner:
    """How a program is run by elf9 or a peer; or why it cannot be (`missing`)."""

    __slots__ = ("argv", "file", "missing", "name", "program")

    def __init__(self, name: str, argv: list[str], program: list[str], file: str, missing: str = "") -> None:
        self.name = name
        self.argv = argv
        #: What a child has to execute to run the smallest program, and the file to read.
        self.program = program
        self.file = file
        self.missing = missing

    def command(self, count: int, what: str) -> list[str]:
        """argv for `count` times `what`."""
        operands = {"spawn": self.program, "file": [self.file]}.get(what, [])
        return [*self.argv, str(count), what, *operands]


def _runners(setting: Setting, programs: Programs, target: Target, data: str) -> list[_Runner]:
    """elf9, then its peers."""
    ours, linux = programs["processes", target.name]
    smallest, smallest_linux = programs["nothing", target.name]
    qemu = setting.qemu[target.name]
    options = [
        f"--bind={_quoted(os.path.dirname(smallest))}:{_BIN}:ro",
        f"--bind={_quoted(os.path.dirname(data))}:{_DATA}:ro",
        "--max-memory=32G",
    ]
    found = [
        _Runner(
            "elf9",
            [*setting.elf9, "run", *options, ours],
            [f"{_BIN}/{os.path.basename(smallest)}"],
            f"{_DATA}/{os.path.basename(data)}",
        ),
        # the host could not execute another machine's program by itself
        _Runner(
            qemu.name,
            [qemu.path, linux],
            [qemu.path, smallest_linux],
            data,
            "" if qemu.path else qemu.version,
        ),
    ]
    if _NATIVE.get(platform.machine()) == target.name and platform.system() == "Linux":
        found.append(_Runner("native", [linux], [smallest_linux], data))
    return found


def _quoted(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:")


def _make_file(path: str) -> None:
    piece = bytes(range(256)) * 4096
    with open(path, "wb") as file:
        left = _FILE_SIZE
        while left:
            left -= file.write(piece[:left])


def _measure(setting: Setting, kind: _Kind, runners: Mapping[str, list[_Runner]]) -> list[Row]:
    """A row for each machine and peer."""
    counts = {"elf9": _fewer(setting, kind.counts[0])}
    commands: dict[str, Command] = {}
    for machine, who in runners.items():
        for runner in who:
            if runner.missing:
                continue
            count = counts.get(runner.name) or _fewer(setting, kind.counts[1])
            result = count * _FILE_SIZE if kind.what == "file" else count
            for n, value in ((0, 0), (count, result)):
                said = f"processes {n} {value:016x}\n".encode()
                commands[f"{machine} {runner.name} {bool(n)}"] = Command(runner.command(n, kind.what), said)
    done = interleave(commands, 2 if setting.quick else 5)
    rows = []
    for machine, who in runners.items():
        figures = [
            _difference(done, machine, runner, kind, _fewer(setting, kind.counts[i > 0]))
            for i, runner in enumerate(who)
        ]
        for runner, theirs in zip(who[1:], figures[1:], strict=True):
            first = runner is who[1]
            rows.append(
                Row(
                    kind.title,
                    machine,
                    figures[0],
                    runner.name,
                    theirs,
                    target=kind.limit,
                    unit=kind.unit,
                    bound=kind.bound if first and machine == next(iter(runners)) else "",
                )
            )
    return rows


def _fewer(setting: Setting, count: int) -> int:
    return count // 2 if setting.quick else count


def _difference(
    done: Mapping[str, list[Sample] | str], machine: str, runner: _Runner, kind: _Kind, count: int
) -> Figure | str:
    """What one of `count` takes."""
    if runner.missing:
        return runner.missing
    full = figure(done[f"{machine} {runner.name} True"], wall, kind.scale / count)
    empty = figure(done[f"{machine} {runner.name} False"], wall, kind.scale / count)
    if isinstance(full, str) or isinstance(empty, str):
        return full if isinstance(full, str) else str(empty)
    differences = tuple(a - b for a, b in zip(full.samples, empty.samples, strict=True))
    return Figure(full.median - empty.median, full.best - empty.best, differences)


def _memory(setting: Setting, machine: str, who: list[_Runner]) -> list[Row]:
    """Memory of an idle process more."""
    figures: list[Figure | str] = []
    for index, runner in enumerate(who):
        count = _IDLE[index > 0]
        if runner.missing:
            figures.append(runner.missing)
        elif not os.path.exists("/proc/self/smaps_rollup"):
            figures.append("this system does not tell")
        else:
            sizes = [_idle_memory(runner, n) for n in (0, count)]
            text = next((size for size in sizes if isinstance(size, str)), None)
            numbers = [size for size in sizes if not isinstance(size, str)]
            figures.append(text or Figure.of([(numbers[1] - numbers[0]) / count / 1e6]))
    return [
        Row(
            "memory of an idle process",
            machine,
            figures[0],
            runner.name,
            theirs,
            target=5,
            unit="MB",
            bound="pages of the stack and of what Unicorn translated, and Python's objects" if runner is who[1] else "",
        )
        for runner, theirs in zip(who[1:], figures[1:], strict=True)
    ]


def _idle_memory(runner: _Runner, count: int) -> int | str:
    """Bytes of all processes of a run with `count` idle children; or how it failed."""
    with subprocess.Popen(
        runner.command(count, "hold"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        first = process.stdout.readline()
        if first != b"alive\n":
            process.kill()
            return f"failed: said {first!r}"
        # the last ones are on their way into the read
        time.sleep(0.2)
        size = sum(map(_share, _tree(process.pid)))
        process.stdin.close()
        process.stdout.read()
        code = process.wait(_PATIENCE)
    return f"failed: exit status {code}" if code else size


def _tree(pid: int) -> list[int]:
    """A process, its children and theirs."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(name))
    found = [pid]
    for one in found:
        found += parents.get(one, ())
    return found


def _share(pid: int) -> int:
    """Bytes of a process: of pages that several have, its part."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
