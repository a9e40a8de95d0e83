"""`elf9 run [options] FILE [args…]`: run a Plan 9 program on the emulated kernel.

Reads the options, calls `elf9.kernel.kernel.run_program`, and turns its outcome into what a user of a Unix host
expects: an exit status, a line on standard error, a report.  This module is on the path whose time is budgeted,
so it parses its own options instead of importing argparse, and imports everything else when it is needed.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from elf9.debug.explain import Explanation
    from elf9.debug.processes import Snapshot
    from elf9.debug.stats import Statistics
    from elf9.debug.trace import Tracer
    from elf9.kernel.kernel import Kernel, Options, Outcome
    from elf9.target import Target

__all__ = ["EXIT_STATUSES", "Request", "UsageError", "help_text", "main", "parse", "parse_bind", "parse_size"]

FAILED = 1
USAGE = 2
KILLED_BY_LIMIT = 124
EMULATOR_FAULT = 125
CANNOT_EXECUTE = 126
NOT_FOUND = 127
INTERRUPTED = 130
BROKEN_PIPE = 141
TERMINATED = 143

#: The exit statuses of `elf9 run`, for its help and for docs/cli.md.
EXIT_STATUSES = (
    ("0", "the program's exit string was empty: success"),
    ("1–255", "the exit string was that decimal number"),
    ("1", "any other exit string, a note that killed the program included; or no file for a trace or report"),
    ("2", "the command line was wrong"),
    ("124", "a limit stopped it (--timeout, --max-memory, --max-output, --max-directory), or a deadlock"),
    ("125", "the emulator is at fault, or does not do yet what the program asked for"),
    ("126", "the file is there, but a 9front kernel refuses to execute it"),
    ("127", "the file is not there"),
    ("130", "interrupted: the note of a Ctrl-C killed it, or a second Ctrl-C ended the run"),
    ("141", "nobody reads the output any more (as a program killed by SIGPIPE)"),
    ("143", "terminated (SIGTERM, SIGHUP)"),
)

#: Option: (placeholder of its value or None, group, help).  A value in [] may be left out and needs `=`.
OPTIONS: dict[str, tuple[str | None, str, str]] = {
    "--root": (
        "DIR",
        "what it sees",
        "the guest's / is this host directory; default: it sees the current directory only",
    ),
    "--bind": ("HOST:GUEST[:ro]", "what it sees", "show a host file or directory at GUEST; `\\:` is a colon in a name"),
    "--cwd": ("GUEST", "what it sees", "start in this directory of the guest"),
    "--env": ("NAME=VALUE", "what it sees", "set an environment variable (a file in /env)"),
    "--user": ("NAME", "what it sees", "the user's name in the guest; default: glenda"),
    "--argv0": ("NAME", "what it sees", "its argv[0]; default: the last element of FILE"),
    "--arch": ("ARCH", "what runs it", "amd64 or arm64; default: what the file is for"),
    "--cpu": ("MODEL", "what runs it", "baseline (what every 9front machine has, the default), v2 (amd64), max"),
    "--wait": (None, "what runs it", "end when all processes have ended; default: when the first one has"),
    "--deterministic": (None, "order of events", "every run is the same: time, pids, random, interleaving; --seed 0"),
    "--seed": ("N", "order of events", "the same, with the interleaving that N picks"),
    "--seeds": ("N|A-B", "order of events", "run once with each seed (N: 1-N), and say which ones fail"),
    "--jobs": ("N", "order of events", "runs at the same time, for --seeds; default: one a core"),
    "--timeout": ("SECONDS", "limits", "stop the program after this time; default: 600; `none`: never"),
    "--max-memory": ("SIZE", "limits", "most memory the guest may use; K, M, G, T are powers of 1024; default: 4G"),
    "--max-output": ("SIZE", "limits", "most bytes it may write to standard output, error and files; default: 1G"),
    "--max-processes": ("N", "limits", "most processes at once; then rfork fails with `no procs`; default: 5000"),
    "--max-files": ("N", "limits", "most host files open at once; then open fails; default: 1000"),
    "--max-directory": ("N", "limits", "most entries of a host directory that it may list; default: 1000000"),
    "--trace": ("[FILE]", "watching", "one line a system call, of all processes, to FILE or standard error"),
    "--trace-calls": ("NAME,...", "watching", "trace these calls only"),
    "--trace-processes": ("PID|NAME,...", "watching", "trace these processes only"),
    "--trace-errors": (None, "watching", "trace calls that fail, notes and ends with a status only"),
    "--trace-format": ("FORMAT", "watching", "text (the default) or jsonl: one JSON object a line"),
    "--stats": ("[FORMAT]", "watching", "calls, times and memory by process, on standard error; table or json"),
    "--explain": (None, "watching", "explain a fault: source line, backtrace, registers (default on a terminal)"),
    "--no-explain": (None, "watching", "do not explain faults"),
    "--report": ("FILE", "watching", "write the result as JSON (docs/cli.md has the fields)"),
    "--quiet": (None, "watching", "say nothing but what the program says; -q"),
}
_SHORT = {"-q": "--quiet"}
#: Options whose words the runs of `--seeds` do not get.
_NOT_FOR_EACH = frozenset({"--seeds", "--jobs", "--report", "--deterministic"})

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


#: Fields of a request that are the kernel's options under the same name, unless None.
_PASSED_ON = (
    "root",
    "cwd",
    "max_memory",
    "max_output",
    "max_processes",
    "max_files",
    "max_directory",
    "cpu",
    "user",
    "argv0",
    "seed",
)


class UsageError(Exception):
    """The command line is wrong; the text says where and what was expected."""


class Request:
    """What the words of a command line ask for."""

    __slots__ = (
        "arch",
        "args",
        "argv0",
        "binds",
        "cpu",
        "cwd",
        "deterministic",
        "env",
        "explain",
        "help",
        "jobs",
        "max_directory",
        "max_files",
        "max_memory",
        "max_output",
        "max_processes",
        "path",
        "quiet",
        "report",
        "root",
        "seed",
        "seeds",
        "stats",
        "timeout",
        "trace",
        "trace_calls",
        "trace_errors",
        "trace_format",
        "trace_processes",
        "user",
        "wait",
        "words",
    )

    def __init__(self) -> None:
        self.path = ""
        self.args: list[bytes] = []
        self.arch: str | None = None
        self.cpu: str | None = None
        self.root: str | None = None
        #: (host path, absolute guest path, read-only)
        self.binds: list[tuple[str, bytes, bool]] = []
        self.cwd: bytes | None = None
        self.env: dict[bytes, bytes] = {}
        self.user: str | None = None
        self.argv0: bytes | None = None
        #: Seconds; infinity for `none`; None: not said.
        self.timeout: float | None = None
        #: Bytes.
        self.max_memory: int | None = None
        self.max_output: int | None = None
        #: Counts.
        self.max_processes: int | None = None
        self.max_files: int | None = None
        self.max_directory: int | None = None
        #: End with the last process, not with the first.
        self.wait = False
        self.deterministic = False
        self.seed: int | None = None
        #: First and last of `--seeds`.
        self.seeds: tuple[int, int] | None = None
        self.jobs: int | None = None
        #: File name, "" for standard error, None for no trace.
        self.trace: str | None = None
        self.trace_calls: list[str] | None = None
        self.trace_processes: list[str] | None = None
        self.trace_errors = False
        #: "text" or "jsonl".
        self.trace_format: str | None = None
        #: "table" or "json".
        self.stats: str | None = None
        #: None: if standard error is a terminal.
        self.explain: bool | None = None
        self.report: str | None = None
        self.quiet = False
        self.help = False
        #: The options as they were written, for the runs of `--seeds`.
        self.words: list[str] = []


def parse(words: Sequence[str]) -> Request:
    """Read `[options] FILE [args…]`; everything behind FILE is the guest's.  Raises UsageError."""
    request = Request()
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            position -= 1
            break
        if word in {"-h", "--help"}:
            request.help = True
            return request
        name, equals, value = word.partition("=")
        name = _SHORT.get(name, name)
        if name not in OPTIONS:
            raise UsageError(f"unknown option {word!r}{_suggestion(name)}")
        placeholder = OPTIONS[name][0]
        first = position - 1
        if placeholder is None:
            if equals:
                raise UsageError(f"{name} takes no value, but got {value!r}")
        elif not equals and not placeholder.startswith("["):
            if position == len(words):
                raise UsageError(f"{name} needs a value: {name} {placeholder}")
            value = words[position]
            position += 1
        _apply(request, name, value)
        if name not in _NOT_FOR_EACH:
            request.words += words[first:position]
    _check_together(request)
    if position >= len(words):
        raise UsageError("no program named; expected: elf9 run [options] FILE [args…]")
    request.path = words[position]
    if not request.path:
        raise UsageError("the program's name is empty")
    request.args = [os.fsencode(word) for word in words[position + 1 :]]
    return request


def _check_together(request: Request) -> None:
    """Options that make no sense with each other, or without another."""
    filtered = request.trace_calls is not None or request.trace_processes is not None or request.trace_errors
    if request.trace is None and (filtered or request.trace_format is not None):
        request.trace = ""
    if request.seeds is None:
        if request.jobs is not None:
            raise UsageError("--jobs is for --seeds, which was not given")
        if request.deterministic and request.seed is None:
            request.seed = 0
        return
    if request.seed is not None:
        raise UsageError("--seeds and --seed: expected one of them; --seeds 7-7 runs seed 7 alone")
    for name, given in (("--trace", request.trace is not None), ("--stats", request.stats is not None)):
        if given:
            raise UsageError(f"{name} with --seeds would mix the runs; repeat one of them with --seed N {name}")


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, OPTIONS, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else "; options of the program itself stand behind its name"


def _apply(request: Request, name: str, value: str) -> None:
    match name:
        case "--arch":
            from elf9.target import TARGETS

            if value not in TARGETS:
                raise UsageError(f"--arch {value!r} is not known; expected {' or '.join(TARGETS)}")
            request.arch = value
        case "--cpu":
            request.cpu = value
        case "--root":
            if not os.path.isdir(value):
                raise UsageError(f"--root {value!r} is not a directory of this host")
            request.root = value
        case "--bind":
            request.binds.append(parse_bind(value))
        case "--cwd":
            if not value.startswith("/"):
                raise UsageError(f"--cwd {value!r}: expected an absolute path of the guest, such as /tmp")
            request.cwd = os.fsencode(value)
        case "--env":
            variable, equals, text = value.partition("=")
            if not variable or not equals or "/" in variable:
                raise UsageError(f"--env {value!r}: expected NAME=VALUE, NAME without a slash")
            request.env[os.fsencode(variable)] = os.fsencode(text)
        case "--user":
            if not value or "/" in value:
                raise UsageError(f"--user {value!r} is not a user's name")
            request.user = value
        case "--argv0":
            request.argv0 = os.fsencode(value)
        case "--timeout":
            request.timeout = _seconds(value)
        case "--max-memory":
            request.max_memory = parse_size("--max-memory", value)
        case "--max-output":
            request.max_output = parse_size("--max-output", value)
        case "--max-processes" | "--max-files" | "--max-directory":
            setattr(request, name[2:].replace("-", "_"), _count(name, value))
        case "--wait":
            request.wait = True
        case "--deterministic":
            request.deterministic = True
        case "--seed":
            request.seed = _number(name, value)
        case "--seeds":
            request.seeds = _range(value)
        case "--jobs":
            request.jobs = _count(name, value)
        case "--trace":
            request.trace = value
        case "--trace-calls":
            request.trace_calls = _call_names(value)
        case "--trace-processes":
            request.trace_processes = _list(name, value)
        case "--trace-errors":
            request.trace_errors = True
        case "--trace-format":
            request.trace_format = _one_of(name, value, ("text", "jsonl"))
        case "--stats":
            request.stats = _one_of(name, value or "table", ("table", "json"))
        case "--explain" | "--no-explain":
            request.explain = name == "--explain"
        case "--report":
            if not value:
                raise UsageError("--report needs the name of a file")
            request.report = value
        case "--quiet":
            request.quiet = True


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(option: str, text: str) -> int:
    if not _is_decimal(text) or len(text) > 18:
        raise UsageError(f"{option} {text!r} is not a number; expected such as 17")
    return int(text)


def _count(option: str, text: str) -> int:
    count = _number(option, text)
    if count == 0:
        raise UsageError(f"{option} 0: expected at least 1")
    return count


def _range(text: str) -> tuple[int, int]:
    """`100` as (1, 100), `5-9` as (5, 9)."""
    low, dash, high = text.partition("-")
    if not dash:
        return 1, _count("--seeds", text)
    first, last = _number("--seeds", low), _number("--seeds", high)
    if first > last:
        raise UsageError(f"--seeds {text!r}: the first is larger than the last")
    return first, last


def _one_of(option: str, text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise UsageError(f"{option} {text!r} is not known; expected {' or '.join(words)}")
    return text


def _list(option: str, text: str) -> list[str]:
    words = [word for word in text.split(",") if word]
    if not words:
        raise UsageError(f"{option} is empty; expected names with commas between them")
    return words


def _call_names(text: str) -> list[str]:
    """Names of system calls; one that there is not is a mistake, and a filter that shows nothing."""
    from elf9.debug.arguments import call_name
    from elf9.kernel.syscalls import CALLS

    words = _list("--trace-calls", text)
    known = {call_name(row[0]).lower(): row[0] for row in CALLS.values()}
    for word in words:
        if call_name(word.lower()).lower() not in known:
            from difflib import get_close_matches

            near = get_close_matches(word.lower(), known, n=1, cutoff=0.5)
            hint = f"; did you mean {known[near[0]]!r}?" if near else "; docs/syscalls.md has all of them"
            raise UsageError(f"--trace-calls: there is no system call {word!r}{hint}")
    return words


def _seconds(text: str) -> float:
    if text == "none":
        return float("inf")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise UsageError(f"--timeout {text!r} is not a time in seconds; expected such as 10 or 0.5, or `none`")
    return value


def parse_size(option: str, text: str) -> int:
    """A size in bytes from `4096`, `64K`, `1.5G`; units are powers of 1024, `B` and `iB` may follow.

    Raises UsageError naming `option`.
    """
    number = text.upper()
    for suffix in ("IB", "B"):
        if number.endswith(suffix) and (suffix == "B" or number[-3:-2] in _UNITS):
            number = number[: -len(suffix)]
            break
    unit = ""
    if number[-1:] in _UNITS and not number[-1:].isdigit():
        number, unit = number[:-1], number[-1:]
    whole, point, fraction = number.partition(".")
    if not _is_decimal(whole) or (point and not _is_decimal(fraction)):
        raise UsageError(f"{option} {text!r} is not a size; expected a number of bytes, or such as 64K, 256M, 1.5G")
    size = int(whole) * _UNITS[unit]
    if fraction:
        size += int(fraction) * _UNITS[unit] // 10 ** len(fraction)
    if size <= 0:
        raise UsageError(f"{option} {text!r}: expected more than nothing")
    return size


def parse_bind(text: str) -> tuple[str, bytes, bool]:
    """`HOST:GUEST[:ro|:rw]` as (host path, guest path, read-only); raises UsageError.

    A backslash before a colon or a backslash makes it part of the name.
    """
    fields = [""]
    escaped = False
    for char in text:
        if escaped:
            fields[-1] += char if char in ":\\" else "\\" + char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == ":":
            fields.append("")
        else:
            fields[-1] += char
    if escaped:
        fields[-1] += "\\"
    readonly = False
    if len(fields) == 3 and fields[2] in {"ro", "rw"}:
        readonly = fields.pop() == "ro"
    if len(fields) != 2 or not fields[0]:
        raise UsageError(f"--bind {text!r}: expected HOST:GUEST or HOST:GUEST:ro (write `\\:` for a colon in a name)")
    host, guest = fields
    if not guest.startswith("/"):
        raise UsageError(f"--bind {text!r}: {guest!r} is not an absolute path of the guest, such as /src")
    if not os.path.lexists(host):
        raise UsageError(f"--bind {text!r}: {host!r} does not exist on this host")
    return host, os.fsencode(guest), readonly


def help_text() -> str:
    """The text of `elf9 run --help`."""
    lines = [
        "usage: elf9 run [options] FILE [args…]",
        "",
        "Run a Plan 9 program (ELF, a.out or #! script, amd64 or arm64) as a 9front kernel would, on this machine.",
        "Everything behind FILE goes to the program. It sees the host's files only as far as it is given them.",
    ]
    group = ""
    for name, (placeholder, its_group, text) in OPTIONS.items():
        if its_group != group:
            group = its_group
            lines += ["", f"{group}:"]
        value = ""
        if placeholder is not None:
            value = f"[={placeholder[1:-1]}]" if placeholder.startswith("[") else f" {placeholder}"
        option = f"  {name}{value}"
        lines.append(f"{option:<27} {text}" if len(option) <= 27 else f"{option}\n{'':<28}{text}")
    lines += ["", "exit status:"]
    lines += [f"  {status:<6} {text}" for status, text in EXIT_STATUSES]
    lines += [
        "",
        "examples:",
        "  elf9 run ./hello a b c",
        "  elf9 run --trace ./hello                 the system calls on standard error",
        "  elf9 run --bind ~/src:/src:ro ./wc /src/notes",
        "  elf9 run --timeout 5 --report r.json ./test && echo passed",
        "  elf9 run --seeds 100 ./race               look for an interleaving that fails",
        "",
        "Ctrl-C posts the note `interrupt`, twice ends the run; Ctrl-\\ shows what every process is doing.",
    ]
    return "\n".join(lines) + "\n"


def main(words: Sequence[str], *, kernel: Any = None) -> int:
    """`elf9 run` with these words; returns the exit status.  `kernel` stands in for the real one in tests."""
    try:
        request = parse(words)
    except UsageError as error:
        _say(f"elf9 run: {error}\nTry `elf9 run --help`.")
        return USAGE
    if request.help:
        sys.stdout.write(help_text())
        return 0
    if request.seeds is not None:
        from elf9.cli.seeds import run_seeds

        return run_seeds(request)
    return _Run(request).run(kernel)


def _say(text: str) -> None:
    """A line on standard error, whatever bytes it is made of; if nobody listens, never mind."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
        data = (text + "\n").encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        pass


class _Run:
    """One run: what was asked, and what of it must be cleaned up or reported."""

    __slots__ = (
        "explanation",
        "name",
        "options",
        "outcome",
        "problem",
        "processes",
        "request",
        "statistics",
        "target",
        "tracer",
    )

    def __init__(self, request: Request) -> None:
        self.request = request
        self.name = os.path.basename(request.path) or request.path
        self.options: Options | None = None
        self.target: Target | None = None
        self.tracer: Tracer | None = None
        self.statistics: Statistics | None = None
        #: What every process was doing when a limit or a deadlock ended the run.
        self.processes: list[Snapshot] | None = None
        self.outcome: Outcome | None = None
        #: (kernel's words or None, explanation) of a run that gave no outcome.
        self.problem: tuple[str | None, str] | None = None
        self.explanation: Explanation | None = None

    def run(self, kernel: Any) -> int:
        if self.request.report is not None:
            from elf9.testing.report import try_report

            try:
                try_report(self.request.report)
            except OSError as error:
                _say(f"elf9 run: cannot write the report {self.request.report!r}: {error.strerror}; nothing was run")
                return FAILED
        try:
            status = self._run(kernel)
        except KeyboardInterrupt as stop:
            from elf9.kernel.watchdog import Terminated

            terminated = isinstance(stop, Terminated)
            self.problem = (None, "terminated" if terminated else "interrupted")
            status = TERMINATED if terminated else INTERRUPTED
            if terminated:  # by somebody else, unlike Ctrl-C
                self._tell(f"{self.name}: terminated")
        self._show_statistics()
        if self.request.report is not None:
            status = self._write_report(status)
        return status

    def _run(self, kernel: Any) -> int:
        request = self.request
        if request.arch is not None:
            from elf9.target import by_name

            self.target = by_name(request.arch)
        if kernel is None:
            try:
                from elf9.kernel import kernel as real
            except (ImportError, OSError) as error:
                return self._broken_installation(error)
            kernel = real
        try:
            self.options = options = self._options(kernel.Options())
        except OSError as error:
            return self._fail(FAILED, f"cannot write the trace {request.trace!r}: {error.strerror}; nothing was run")
        try:
            try:
                outcome = kernel.run_program(request.path, request.args, options, target=self.target)
            finally:
                self._close_watching()
        except BrokenPipeError:
            self.problem = (None, "nobody reads the output any more")
            return BROKEN_PIPE
        except OSError as error:
            return self._host_error(error)
        except Exception as error:
            return self._emulator_error(error)
        self.outcome = outcome
        return self._judge(outcome)

    def _options(self, options: Options) -> Options:
        """The kernel's defaults, with what the user said."""
        request = self.request
        if request.timeout is not None:
            options.timeout = None if request.timeout == float("inf") else request.timeout
        if request.binds:
            options.binds = request.binds
        if request.env:
            options.env = {**options.env, **request.env}
        for name in _PASSED_ON:
            value = getattr(request, name)
            if value is not None:
                setattr(options, name, value)
        if request.wait:
            options.wait_all = True
        options.dump = self._dump
        if request.trace is not None:
            from elf9.debug.trace import Filter, JsonTracer, Tracer

            stream = open(request.trace or 2, "w", encoding="utf-8", closefd=bool(request.trace))  # noqa: SIM115
            wanted = Filter(request.trace_calls, request.trace_processes, request.trace_errors)
            self.tracer = options.trace = (JsonTracer if request.trace_format == "jsonl" else Tracer)(stream, wanted)
        if request.stats is not None:
            from elf9.debug.stats import Statistics

            self.statistics = options.trace = Statistics(self.tracer)
        return options

    def _close_watching(self) -> None:
        """Trace and statistics are complete, however the run ended."""
        if self.statistics is not None:
            self.statistics.close()
        elif self.tracer is not None:
            self.tracer.close()

    def _dump(self, kernel: Kernel, why: str) -> None:
        """Show every process: the user asked for it (`why` is "quit"), or the run ends by a limit or a deadlock."""
        from elf9.debug.processes import snapshots, to_text

        wanted = why == "quit" or not self.request.quiet
        if not wanted and self.request.report is None:
            return
        try:
            found = snapshots(kernel)
        except Exception as error:
            # A look at the processes must not change how they end.
            if os.environ.get("ELF9_DEBUG"):
                raise
            self._tell(f"elf9 run: cannot show the processes: {type(error).__name__}: {error}")
            return
        if why != "quit":
            self.processes = found
        if wanted:
            _say(to_text(found).rstrip("\n"))

    def _show_statistics(self) -> None:
        if self.statistics is None:
            return
        if self.request.stats == "json":
            import json

            _say(json.dumps(self.statistics.to_json(), ensure_ascii=False))
        else:
            _say(self.statistics.to_text().rstrip("\n"))

    def _judge(self, outcome: Outcome) -> int:
        """Tell the user how it ended; returns the exit status."""
        if outcome.error is not None:
            return self._refuse(outcome.error, outcome.reason or "")
        if outcome.killed is not None:
            self.problem = (None, _limit(outcome.killed, self.options))
            self._tell(f"{self.name}: {self.problem[1]}")
            self._explain(outcome)
            return KILLED_BY_LIMIT
        if outcome.interrupted and outcome.exit_string == b"interrupt":
            # What a shell expects of a program that Ctrl-C has killed.
            return INTERRUPTED
        if outcome.exit_string:
            self._tell(f"{self.name}: exit status '{_text(outcome.exit_string)}'")
            if outcome.reason is not None:
                self._tell(f"{self.name}: {outcome.reason}")
        self._point_at_options()
        self._explain(outcome)
        return int(outcome.status)

    def _point_at_options(self) -> None:
        """A program of Plan 9 has no options of two dashes: who wrote one of ours behind it will not get it."""
        words = (os.fsdecode(word).partition("=")[0] for word in self.request.args)
        word = next((word for word in words if word in OPTIONS), None)
        if word is not None and os.isatty(2):
            self._tell(f"elf9 run: {word} was given to the program; options of elf9 run stand before {self.name}")

    def _explain(self, outcome: Outcome) -> None:
        """Explain a death, on standard error and for the report."""
        death, program, who = outcome.death, outcome.program, None
        if death is None:
            if outcome.other is None:
                return
            name, pid, death, program = outcome.other
            who = f"{_text(name)} {pid}"
        wanted = self.request.explain
        shown = wanted if wanted is not None else not self.request.quiet and os.isatty(2)
        if who is not None and wanted is None and outcome.status == 0:
            # Nobody minded.
            shown = False
        if not shown and self.request.report is None:
            return
        try:
            from elf9.debug.explain import explain

            colour = shown and os.isatty(2) and "NO_COLOR" not in os.environ
            self.explanation = explain(self.request.path, death, target=outcome.target, program=program)
            self.explanation.who = who
            if shown:
                _say(self.explanation.to_text(colour=colour).rstrip("\n"))
        except Exception as error:
            # The program's own end must be reported even if looking into it fails.
            if os.environ.get("ELF9_DEBUG"):
                raise
            self._tell(f"elf9 run: cannot explain the fault: {type(error).__name__}: {error}")

    def _refuse(self, error: str, reason: str) -> int:
        """exec refuses the file: the kernel's words, then ours."""
        reason = _foreign(self.request.path) or reason or _reason(self.request.path, error)
        self.problem = (error, reason)
        self._tell(f"{self.request.path}: {error}" + (f"\n{_sentence(reason)}" if reason else ""))
        return CANNOT_EXECUTE if os.path.lexists(self.request.path) else NOT_FOUND

    def _host_error(self, error: OSError) -> int:
        """The host does not let us have a file: usually the program itself."""
        if self.tracer is not None:
            from elf9.debug.trace import TraceError

            if isinstance(error, TraceError):
                where = repr(self.request.trace) if self.request.trace else "to standard error"
                return self._fail(FAILED, f"cannot write the trace {where}: {error.strerror}; the run was ended")
        path = self.request.path
        about_program = error.filename in {None, path, os.fsencode(path)}
        if about_program and not os.path.exists(path):
            reason = "it is a link to a file that is not there" if os.path.islink(path) else _near(path)
            return self._refuse(f"file does not exist: '{path}'", reason)
        if about_program and os.path.isdir(path):
            return self._refuse(f"cannot exec directory: '{path}'", "This is a directory; name the program in it.")
        if about_program and isinstance(error, PermissionError):
            return self._refuse(
                f"permission denied: '{path}'", "This host does not let you read the file; `ls -l` shows who may."
            )
        where = f": {error.filename!r}" if error.filename else ""
        return self._fail(FAILED, f"the host refused: {error.strerror or error}{where}")

    def _emulator_error(self, error: Exception) -> int:
        from elf9.errors import Unsupported
        from elf9.kernel.boot import BootError
        from elf9.machine.cpu import NotInstalled

        if isinstance(error, BootError):
            return self._fail(USAGE, str(error))
        if isinstance(error, Unsupported):
            return self._fail(EMULATOR_FAULT, f"{error}; the run stops here rather than pretend")
        if isinstance(error, NotInstalled):
            return self._broken_installation(error)
        if os.environ.get("ELF9_DEBUG"):
            import traceback

            traceback.print_exc()
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return self._fail(
            EMULATOR_FAULT,
            f"the emulator failed, not the program: {what}\n"
            "Please report it with the program and this command; ELF9_DEBUG=1 adds a traceback.",
        )

    def _broken_installation(self, error: Exception) -> int:
        if os.environ.get("ELF9_DEBUG"):
            import traceback

            traceback.print_exc()
        return self._fail(EMULATOR_FAULT, f"the installation is incomplete ({error}); `elf9 doctor` says what to do")

    def _fail(self, status: int, text: str) -> int:
        self.problem = (None, text)
        _say(f"elf9 run: {self.name}: {text}")
        return status

    def _tell(self, text: str) -> None:
        if not self.request.quiet:
            _say(text)

    def _write_report(self, status: int) -> int:
        from elf9.testing.report import run_report, write_report

        request = self.request
        report = run_report(
            request.path, request.args, request.arch, self.outcome, status, self.problem, self.explanation
        )
        if self.processes is not None:
            report["processes"] = [found.to_json() for found in self.processes]
        if self.statistics is not None:
            report["stats"] = {**report["stats"], **self.statistics.to_json()}
        try:
            write_report(str(self.request.report), report)
        except OSError as error:
            _say(f"elf9 run: cannot write the report {str(request.report)!r}: {error.strerror or error}")
            return status or FAILED
        return status


def _sentence(text: str) -> str:
    """With a capital letter, unless it begins with a name, such as e_phnum."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def _limit(killed: str, options: Options | None) -> str:
    """Why a run was ended, with the option that sets the limit as it was."""
    if killed == "deadlock":
        return "deadlock: every process waits, and nothing can wake one of them"
    name = "timeout" if killed == "timeout" else f"max_{killed}"
    value = getattr(options, name, None)
    said = "" if value is None else f" {value:g}" if killed == "timeout" else f" {_size(value)}"
    return f"stopped by its limit: --{name.replace('_', '-')}{said}"


def _size(number: int) -> str:
    """As an option takes it: 4G for 4 << 30, the plain number if no unit fits."""
    for shift, unit in ((40, "T"), (30, "G"), (20, "M"), (10, "K")):
        if number and not number % (1 << shift):
            return f"{number >> shift}{unit}"
    return str(number)


def _text(exit_string: bytes) -> str:
    """An exit string for a terminal: control characters are shown, not obeyed."""
    text = exit_string.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _reason(path: str, error: str) -> str:
    """What a refusal means that comes from the name space or the file's mode, not from its contents; or nothing."""
    if error.startswith("permission denied") and not os.access(path, os.X_OK):
        return f"the file is not executable; if it is a program: chmod +x {path}"
    try:
        with open(path, "rb") as file:
            script = file.read(2) == b"#!"
    except OSError:
        return ""
    if script and error.startswith("file does not exist"):
        return "the script's interpreter is not in the guest's name space; --bind HOST:GUEST puts it there"
    return ""


def _foreign(path: str) -> str:
    """What to say of a program for another system: the host's own, as a rule; or nothing."""
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError:
        return ""
    if not head.startswith(b"\x7fELF\x02\x01"):
        return ""
    offset, count = int.from_bytes(head[32:40], "little"), int.from_bytes(head[56:58], "little")
    for at in range(offset, offset + 56 * count, 56):
        if head[at : at + 4] == b"\3\0\0\0":  # PT_INTERP
            where = int.from_bytes(head[at + 8 : at + 16], "little")
            linker = _text(head[where:].partition(b"\0")[0])
            return (
                f"it is a program for another system, which asks for {linker or 'a dynamic linker'}; what runs here is "
                "built for Plan 9, and `elf9 check` says all that exec minds"
            )
    return ""


def _near(path: str) -> str:
    """A hint for a file that is not there."""
    from difflib import get_close_matches

    folder = os.path.dirname(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return f"There is no such file, nor a directory {folder!r} to look in."
    near = get_close_matches(os.path.basename(path), names, n=1, cutoff=0.6)
    if near:
        return f"There is no such file; did you mean {os.path.join(folder, near[0])!r}?"
    return "There is no such file on this host (programs are not looked for in /bin or $PATH)."
