"""`elf9 run --seeds N`: the same run with many seeds, several at a time, and a table of those that fail.

A seed fixes what is chance on a real machine: which process goes on when, pids, time, random numbers.  So a seed that
fails can be repeated, with a trace or with another build of the program.  Each run is an `elf9 run` of its own; all
have the same standard input, and the same directories of the host: a program that changes files there wants `--jobs 1`.
Who forgets that is told: the first seed that fails is run again, alone, and has to do the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

from elf9.kernel.watchdog import Terminated
from elf9.testing.report import try_report, write_report
from elf9.testing.show import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from elf9.cli.run import Request

__all__ = ["SCHEMA", "Attempt", "run_seeds", "summary"]

SCHEMA = "elf9-seeds/1"
#: Exit statuses.
_FAILED, _INTERRUPTED, _TERMINATED = 1, 130, 143
#: Signals that end a search.
_ENDING = (signal.SIGTERM, signal.SIGHUP)
#: Failed seeds that the table shows; the report has all.
_SHOWN = 50
#: Columns of an exit string and of a line of standard error in the table.
_EXIT_WIDTH, _LINE_WIDTH = 30, 80


class Attempt:
    """What came of one seed."""

    __slots__ = ("exit_string", "first_line", "killed", "output", "seconds", "seed", "status")

    def __init__(self, seed: int, status: int, stdout: bytes, stderr: bytes, report: dict[str, Any]) -> None:
        self.seed = seed
        self.status = status
        self.exit_string: str | None = report.get("exit_string")
        self.killed: str | None = report.get("killed")
        line = next((line for line in stderr.split(b"\n") if line), b"")
        self.first_line = show(line)
        if not self.first_line and status:
            self.first_line = str(report.get("reason") or "")
        #: A name for what it printed.
        self.output = hashlib.sha256(stdout).hexdigest()[:16]
        self.seconds = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: getattr(self, name) for name in self.__slots__}


def run_seeds(request: Request, run: Callable[[list[str], bytes], Attempt] | None = None) -> int:
    """Run all seeds of `request.seeds`; exit status 0 if none failed, 1 if one did, 130 if interrupted.

    `run(words, stdin)` stands in for the runs in tests; the seed is the word after `--seed`.
    """
    assert request.seeds is not None
    if request.report is not None:
        try:
            try_report(request.report)
        except OSError as error:
            said = f"elf9 run: cannot write the report {request.report!r}: {error.strerror}; nothing was run"
            print(said, file=sys.stderr)
            return _FAILED
    first, last = request.seeds
    stdin = b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
    runs = _Runs()
    attempt_one = runs.one if run is None else run
    tail = [request.path, *(os.fsdecode(word) for word in request.args)]
    started = time.monotonic()
    attempts: list[Attempt] = []
    progress = not request.quiet and sys.stderr.isatty()
    workers = ThreadPoolExecutor(request.jobs or os.cpu_count() or 1)
    old = _on_signals(dict.fromkeys(_ENDING, _terminate))
    alone: Attempt | None = None
    try:
        under_way = [
            workers.submit(attempt_one, ["--seed", str(seed), *request.words, *tail], stdin)
            for seed in range(first, last + 1)
        ]
        for done in as_completed(under_way):
            attempts.append(done.result())
            if progress:
                failed = sum(attempt.status != 0 for attempt in attempts)
                sys.stderr.write(f"\r{len(attempts)} of {len(under_way)} seeds, {failed} failed\x1b[K")
                sys.stderr.flush()
        failures = sorted((attempt.seed, attempt.killed) for attempt in attempts if attempt.status)
        status = _FAILED if failures else 0
        if failures and failures[0][1] != "timeout" and len(under_way) > 1 and request.jobs != 1:
            alone = attempt_one(["--seed", str(failures[0][0]), *request.words, *tail], stdin)
    except KeyboardInterrupt as stop:
        runs.end()
        status = _TERMINATED if isinstance(stop, Terminated) else _INTERRUPTED
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
        _on_signals(old)
        if progress:
            sys.stderr.write("\r\x1b[K")
    attempts.sort(key=lambda attempt: attempt.seed)
    if not request.quiet:
        seconds = time.monotonic() - started
        sys.stdout.write(summary(attempts, seconds, [*request.words, *tail], last - first + 1, alone))
        sys.stdout.flush()
    if request.report is not None:
        report = {"schema": SCHEMA, "status": status, "seeds": [attempt.to_json() for attempt in attempts]}
        try:
            write_report(request.report, report)
        except OSError as error:
            print(f"elf9 run: cannot write the report {request.report!r}: {error.strerror}", file=sys.stderr)
            return status or _FAILED
    return status


def _terminate(_signal: int, _frame: object) -> None:
    """A signal that ends us is one for all runs, which have process groups of their own."""
    raise Terminated


def _on_signals(handlers: Mapping[int, Any]) -> dict[int, Any]:
    """Set handlers and return the old ones; nothing where signals are somebody else's."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    # nohup has SIGHUP ignored, and wants it to stay so
    wanted = {number: handler for number, handler in handlers.items() if signal.getsignal(number) != signal.SIG_IGN}
    return {number: signal.signal(number, handler) for number, handler in wanted.items()}


def summary(
    attempts: Sequence[Attempt], seconds: float, words: Sequence[str], planned: int, alone: Attempt | None = None
) -> str:
    """The table: how many passed, which failed and how, how to repeat one, and whether all printed the same.

    `alone` is what the first that failed came to when it was run again, with no other beside it.
    """
    failed = [attempt for attempt in attempts if attempt.status]
    lines = [f"{len(attempts) - len(failed)} of {len(attempts)} seeds passed, {len(failed)} failed ({seconds:.1f} s)"]
    if len(attempts) < planned:
        lines[0] += f"; interrupted before the other {planned - len(attempts)}"
    if len(failed) == len(attempts) > 1 and len({_how(attempt) for attempt in failed}) == 1:
        end, line = _end(failed[0]), failed[0].first_line
        lines.append(f"all in the same way: status {failed[0].status}, end {end}{': ' if line else ''}{line}")
    elif failed:
        rows = [(str(attempt.seed), str(attempt.status), _end(attempt), attempt.first_line) for attempt in failed]
        rows = [("seed", "status", "end", "first line of standard error"), *rows[:_SHOWN]]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines += [
            f"{seed:>{widths[0]}}  {status:>{widths[1]}}  {end:<{widths[2]}}  {_cut(line, _LINE_WIDTH)}".rstrip()
            for seed, status, end, line in rows
        ]
        if len(failed) > _SHOWN:
            lines.append(f"… {len(failed) - _SHOWN} more (--report has them)")
    if failed:
        lines.append(f"again: {_command(failed[0].seed, words)}")
    if alone is not None and (_how(alone), alone.output) != (_how(failed[0]), failed[0].output):
        did = "ends otherwise" if alone.status else "passes"
        lines.append(
            f"seed {alone.seed} {did} when it runs alone: the runs disturb each other, by files in the directories "
            "that they share; --jobs 1 runs one at a time, and each run has a /tmp of its own"
        )
    kinds: dict[str, list[int]] = {}
    for attempt in attempts:
        kinds.setdefault(attempt.output, []).append(attempt.seed)
    if len(kinds) > 1:
        most = sorted(kinds.values(), key=lambda seeds: (-len(seeds), seeds[0]))
        shown = ", ".join(f"{len(seeds)} as seed {seeds[0]}" for seeds in most[:5])
        lines.append(f"standard output differs: {shown}" + (f", {len(most) - 5} other" if len(most) > 5 else ""))
    return "\n".join(lines) + "\n"


def _how(attempt: Attempt) -> tuple[int, str, str]:
    """What makes two failures the same."""
    return attempt.status, _end(attempt), attempt.first_line


def _end(attempt: Attempt) -> str:
    if attempt.killed is not None:
        return attempt.killed
    return "-" if attempt.exit_string is None else _cut(show(attempt.exit_string.encode()), _EXIT_WIDTH)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _command(seed: int, words: Sequence[str]) -> str:
    line = " ".join(shlex.quote(word) for word in ["elf9", "run", "--seed", str(seed), *words])
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _Runs:
    """The runs under way, each a process in a group of its own, so that Ctrl-C is only ours."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def one(self, words: list[str], stdin: bytes) -> Attempt:
        """Run with the seed in `words`."""
        seed = int(words[1])
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="elf9-") as folder:
            path = os.path.join(folder, "report.json")
            command = [sys.executable, "-m", "elf9", "run", "--quiet", "--report", path, *words]
            with self._lock:
                if self._ended:
                    return Attempt(seed, _INTERRUPTED, b"", b"", {})
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=_environment(),
                    process_group=0,
                )
                self._under_way.add(process)
            try:
                stdout, stderr = process.communicate(stdin)
            finally:
                with self._lock:
                    self._under_way.discard(process)
            attempt = Attempt(seed, process.returncode, stdout, stderr, _read(path))
        attempt.seconds = round(time.monotonic() - started, 3)
        return attempt

    def end(self) -> None:
        """Let those that run end, and start no more."""
        with self._lock:
            self._ended = True
            for process in self._under_way:
                process.send_signal(signal.SIGTERM)


def _environment() -> dict[str, str]:
    """The host's environment, with the package that is running now first."""
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = [folder, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(word for word in path if word)}


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}
