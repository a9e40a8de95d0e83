"""Runs commands and says how long they took.

Two times are taken of each run.  `wall` is what a user waits for: start-up and builds are judged by it.
`cpu` is user plus system time of the process and what it started (wait4(2)): work is judged by it, for it
suffers less from whatever else the host does.  On a busy host both only grow, so the least of several runs
is shown beside the median: it is closest to what the program costs.

Commands that are compared run in turn, one of each a round, so that a slow minute of the host hits all.
"""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Command", "Failed", "Figure", "Sample", "cpu", "figure", "interleave", "run_once", "wall"]

#: Seconds after which a run is given up.
PATIENCE = 600.0


class Failed(Exception):
    """A command that ended badly or printed something else than it should; the text says which and how."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and the standard output it must have (None: any)."""

    argv: Sequence[str]
    stdout: bytes | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Done before each run, outside of what is measured.
    before: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One run, in seconds."""

    wall: float
    cpu: float
    stdout: bytes


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity measured several times: in seconds, unless who made it says otherwise."""

    median: float
    best: float
    samples: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """The median and the least of `values`, of which there must be one."""
        return cls(statistics.median(values), min(values), tuple(values))


def wall(sample: Sample) -> float:
    """Seconds from start to end."""
    return sample.wall


def cpu(sample: Sample) -> float:
    """Seconds of user and system time."""
    return sample.cpu


def figure(samples: list[Sample] | str, of: Callable[[Sample], float], scale: float) -> Figure | str:
    """One of the times of all samples, times `scale`; or how the command failed."""
    if isinstance(samples, str):
        return f"failed: {samples}"
    return Figure.of([of(sample) * scale for sample in samples])


def run_once(command: Command) -> Sample:
    """Run a command to its end; Failed unless it exits with 0 and prints what it should."""
    if command.before is not None:
        command.before()
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **command.environment}
    if "HOME" in os.environ:
        environment.setdefault("HOME", os.environ["HOME"])
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as null:
        files = [(os.POSIX_SPAWN_DUP2, file.fileno(), number) for number, file in enumerate((null, out, err))]
        begin = time.perf_counter()
        try:
            pid = os.posix_spawnp(command.argv[0], list(command.argv), environment, file_actions=files)
        except OSError as error:
            raise Failed(f"{command.argv[0]}: {error.strerror}") from error
        _, status, usage = _wait(pid)
        wall = time.perf_counter() - begin
        out.seek(0)
        err.seek(0)
        stdout = out.read()
        code = os.waitstatus_to_exitcode(status)
        if code:
            how = f"exit status {code}" if code > 0 else f"killed by {signal.Signals(-code).name}"
            said = err.read().decode(errors="replace").strip().splitlines()
            raise Failed(f"{_short(command)}: {how}{': ' + said[-1] if said else ''}")
    if command.stdout is not None and stdout != command.stdout:
        raise Failed(f"{_short(command)}: printed {stdout[:80]!r}, not {command.stdout[:80]!r}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, stdout)


def interleave(commands: Mapping[str, Command], rounds: int, *, warm: bool = True) -> dict[str, list[Sample] | str]:
    """The samples of each command, or how it failed.  `warm`: one more round before, which does not count."""
    results: dict[str, list[Sample] | str] = {key: [] for key in commands}
    for number in range(-1 if warm else 0, rounds):
        for key, command in commands.items():
            samples = results[key]
            if isinstance(samples, str):
                continue
            try:
                sample = run_once(command)
            except Failed as failure:
                results[key] = str(failure)
                continue
            if number >= 0:
                samples.append(sample)
    return results


def _wait(pid: int) -> tuple[int, int, os.struct_rusage]:  # type: ignore[name-defined]
    killer = threading.Timer(PATIENCE, os.kill, (pid, signal.SIGKILL))
    killer.daemon = True
    killer.start()
    try:
        return os.wait4(pid, 0)
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    finally:
        killer.cancel()


def _short(command: Command) -> str:
    words = " ".join(os.path.basename(word) for word in command.argv)
    return words if len(words) <= 60 else words[:57] + "..."
