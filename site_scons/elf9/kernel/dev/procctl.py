"""The messages that /proc/n/ctl takes, and the lines of /proc/n/watchpt.

A message is a verb with its arguments, quoted as in rc.  Sources: procctlreq, writewatchpt of
devproc.c, setupwatchpts of devarch.c and arm64's trap.c, edfadmit of edf.c, parse.c; facts/devices.md §5,
facts/observed-devices.md A.17 and B (ctl).
"""

from __future__ import annotations

from elf9.errors import Ebadctl, Ebadfd, Ecmdargs, Egreg, Eintr, Einuse, Eperm, Eprocdied, KernelError, Unsupported
from elf9.kernel.chan import close
from elf9.kernel.dev.cons import control_error, tokenize
from elf9.kernel.memory import TEXT
from elf9.kernel.sync import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.dev.proc import Proc
    from elf9.kernel.process import Process

__all__ = [
    "Debug",
    "atoi",
    "control",
    "debug",
    "sample",
    "show_entry",
    "show_exit",
    "show_watchpoints",
    "write_watchpoints",
]

#: Priorities go from 0 to 19; only the host owner gives more than a normal process has.
_NORMAL, _HIGHEST = 10, 19
#: Bytes of text that share a counter of 32 bits (LRESPROF).
_TEXT_PER_COUNTER = 8
_COUNTER = 4
_TICK_MS = 10
#: User event of the trace file (trace.h).
_EVENT_USER = 13
_EXEC = 7


class Debug:
    """What only debugged processes have.

    `by` is the process that waits for this one to stop; `traced`: its events go to the trace file;
    `call` what /proc/n/syscall shows; `watchpoints` are (kinds, address, length);
    `started` is when the call began; `period`, `deadline` and `cost` are those of real-time scheduling
    in µs, `scheduled` if any was ever given.
    """

    __slots__ = ("by", "call", "cost", "deadline", "period", "scheduled", "started", "traced", "watchpoints")

    def __init__(self) -> None:
        self.by: Process | None = None
        self.traced = False
        self.call = b""
        self.watchpoints: tuple[tuple[str, int, int], ...] = ()
        self.period = self.deadline = self.cost = 0
        self.scheduled = False
        self.started = 0


def debug(process: Process) -> Debug:
    """The process's Debug, made if it has none."""
    if process.debug is None:
        process.debug = Debug()
    return process.debug


def atoi(text: bytes) -> int:
    """The decimal number at the start of a text, 0 if there is none (atoi)."""
    return _number(text.lstrip(b" \t"), 10)[0]


def _number(text: bytes, base: int) -> tuple[int, bytes]:
    """The number at the start of a text with its sign, and what follows it; `base` 0 looks for 0x and 0 (strtol)."""
    rest = text
    sign = 1
    if rest[:1] in (b"-", b"+"):
        sign = -1 if rest[:1] == b"-" else 1
        rest = rest[1:]
    if base in (0, 16) and rest[:2].lower() == b"0x" and rest[2:3].isalnum():
        rest, base = rest[2:], 16
    elif base == 0:
        base = 8 if rest[:1] == b"0" else 10
    digits = b"0123456789abcdef"[:base]
    value = count = 0
    while count < len(rest) and rest[count : count + 1].lower() in [digits[i : i + 1] for i in range(base)]:
        # far out of range is enough to know: a guest's number may have a million digits
        value = min(value * base + digits.index(rest[count : count + 1].lower()), _MASK64 + 1)
        count += 1
    return (sign * value, rest[count:]) if count else (0, text)


def control(device: Proc, process: Process, target: Process, data: bytes) -> None:
    """Do what a message asks of `target`.

    Raises KernelError for what the kernel refuses, Block until the target has stopped, Unsupported for
    what the emulator cannot do.
    """
    if process.progress is not None:
        _go_on_waiting(process, process.progress)
        return
    words = tokenize((data[:-1] if data.endswith(b"\n") else data).split(b"\0", 1)[0])
    if not words:
        raise KernelError("empty control message")
    row = _VERBS.get(words[0])
    if row is None:
        raise control_error("unknown control message", words)
    count, act = row
    if count not in (0, len(words)):
        raise control_error(Ecmdargs, words)
    act(device, process, target, words)


# Stopping and going on


def _wait_for_stop(process: Process, target: Process, how: str) -> None:
    """Ask the target to stop, if `how` says for what, and wait until it has (procstopwait)."""
    about = debug(target)
    if about.by is not None:
        raise KernelError(Einuse)
    if target.state in ("Stopped", "Broken"):
        return
    if how:
        target.kernel.stop(target, how)
    if process is target:
        return
    about.by = process
    process.progress = target
    _go_on_waiting(process, target)


def _go_on_waiting(process: Process, target: Process) -> None:
    about = debug(target)
    gone = target.exit_string is not None and target.state != "Broken"
    process.state = ""
    if gone or target.kernel.processes.get(target.pid) is not target:
        raise KernelError(Eprocdied)
    if about.by is not process:
        return

    def interrupted() -> int:
        process.state = ""
        if about.by is process:
            about.by = None
        raise KernelError(Eintr)

    process.state = "Stopwait"
    raise Block(queue=target.stop_queue, interrupted=interrupted)


def _need_stopped(target: Process) -> None:
    if target.state != "Stopped":
        raise KernelError(Ebadctl)


def _start(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
    _need_stopped(target)
    target.kernel.start(target)


def _start_and_wait(how: str) -> Callable[[Proc, Process, Process, list[bytes]], None]:
    def act(_device: Proc, process: Process, target: Process, _words: list[bytes]) -> None:
        _need_stopped(target)
        target.kernel.stop(target, how)
        target.kernel.start(target)
        _wait_for_stop(process, target, how)

    return act


def _stop(_device: Proc, process: Process, target: Process, _words: list[bytes]) -> None:
    _wait_for_stop(process, target, "stop")


def _wait_stop(_device: Proc, process: Process, target: Process, _words: list[bytes]) -> None:
    _wait_for_stop(process, target, "")


def _kill(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
    target.kernel.kill(target)


def _interrupt(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
    target.kernel.interrupt(target)


def _no_interrupt(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
    if target.notes:
        raise KernelError("notes pending")
    target.note_pending = False


def show_entry(process: Process) -> None:
    """Make the text of the call that a process is about to make.  Raises KernelError, see show.enter."""
    from elf9.kernel.syscalls import show

    debug(process).call = show.enter(process, process.number, process.cpu.pc)


def show_exit(process: Process, result: int | None) -> None:
    """Make the text of the call that a process has made; `result` None is an exec or a noted that went well."""
    from elf9.kernel.syscalls import show

    if result is None:
        result = process.kernel.target.tos if process.number == _EXEC else 0
    about = debug(process)
    about.call = show.leave(process, process.number, result, about.started, process.kernel.time_ns())
    about.started = 0


# Descriptors


def _close_one(_device: Proc, process: Process, target: Process, words: list[bytes]) -> None:
    _close(process, target, atoi(words[1]), False)


def _close_all(_device: Proc, process: Process, target: Process, _words: list[bytes]) -> None:
    _close(process, target, 0, True)


def _close(process: Process, target: Process, fd: int, on: bool) -> None:
    """Close a descriptor, with `on` all from there on (procctlclosefiles).  One that is not open is fine."""
    if fd < 0:
        raise KernelError(Ebadfd)
    if target.exit_string is not None:
        raise KernelError(Eprocdied)
    fds = target.fds
    while fd <= fds.highest:
        # the highest number stays: the kernel does not lower it here
        chan = fds.chans[fd]
        if chan is not None:
            fds.chans[fd] = None
            close(process, chan)
        if not on:
            break
        fd += 1


# Flags and priorities


def _set(name: str, value: bool) -> Callable[[Proc, Process, Process, list[bytes]], None]:
    def act(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
        setattr(target, name, value)

    return act


def _priority(_device: Proc, process: Process, target: Process, words: list[bytes]) -> None:
    priority = atoi(words[1])
    if priority > _NORMAL and process.user != process.kernel.devices.host_owner:
        raise KernelError(Eperm)
    target.priority = max(0, min(priority, _HIGHEST))


def _wire(_device: Proc, _process: Process, _target: Process, words: list[bytes]) -> None:
    # there is one processor, and every number means it
    atoi(words[1])


def _profile(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
    """Start to count, from 0, where the text is at each tick of the clock."""
    text = target.memory.segments[TEXT]
    if text is None or text.kind != "Text":
        raise KernelError(Egreg)
    text.profile = bytearray((text.top - text.base) // _TEXT_PER_COUNTER * _COUNTER)


def sample(process: Process, pc: int) -> None:
    """A tick of the clock found a process at `pc`: count it in the profile of its text (segclock)."""
    text = process.memory.segments[TEXT]
    assert text is not None
    counters = text.profile
    assert counters is not None
    places = [0]
    if text.base <= pc < text.top:
        places.append((pc - text.base) // _TEXT_PER_COUNTER * _COUNTER)
    for at in places:
        count = int.from_bytes(counters[at : at + _COUNTER], "little") + _TICK_MS
        counters[at : at + _COUNTER] = (count & 0xFFFFFFFF).to_bytes(_COUNTER, "little")


def _trace(_device: Proc, _process: Process, target: Process, words: list[bytes]) -> None:
    if len(words) > 2:
        raise KernelError("args")
    about = debug(target)
    about.traced = not about.traced if len(words) == 1 else atoi(words[1]) != 0


def _event(device: Proc, process: Process, _target: Process, _words: list[bytes]) -> None:
    device.event(process, _EVENT_USER)


# Real-time scheduling: its numbers are checked as the kernel checks them, but no process is admitted.


def _time(name: str) -> Callable[[Proc, Process, Process, list[bytes]], None]:
    def act(_device: Proc, _process: Process, target: Process, words: list[bytes]) -> None:
        about = debug(target)
        about.scheduled = True
        setattr(about, name, _nanoseconds(words[1]) // 1000)

    return act


def _nanoseconds(text: bytes) -> int:
    """A time with its unit (parsetime)."""
    value, rest = _number(text, 10)
    fraction = 0
    if rest[:1] == b".":
        digits = rest[1:]
        fraction, rest = _number(digits, 10)
        count = len(digits) - len(rest)
        if count > 9:
            raise KernelError("too many digits after decimal point")
        if count == 0:
            raise KernelError("ill-formed number")
        fraction *= 10 ** (9 - count)
    if rest in (b"", b"s"):
        return 1_000_000_000 * value + fraction
    if rest == b"ms":
        return 1_000_000 * value + fraction // 1000
    if rest in ("µs".encode(), b"us"):
        return 1000 * value + fraction // 1_000_000
    if rest == b"ns":
        return value
    raise KernelError("unrecognized unit")


def _make_scheduled(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
    debug(target).scheduled = True


def _admit(_device: Proc, _process: Process, target: Process, _words: list[bytes]) -> None:
    about = debug(target)
    if not about.scheduled:
        raise KernelError("edf params")
    if about.period == 0:
        raise KernelError("T not set")
    if about.cost == 0:
        raise KernelError("C not set")
    if about.deadline > about.period:
        raise KernelError("D > T")
    about.deadline = about.deadline or about.period
    if about.cost > about.deadline:
        raise KernelError("C > D")
    raise Unsupported(f"`admit` in /proc/{target.pid}/ctl: there is no real-time scheduling")


def _nothing(_device: Proc, _process: Process, _target: Process, _words: list[bytes]) -> None:
    """expel: nobody was ever admitted."""


#: Words of each message, verb included (0: any number), and what it does.
_VERBS: dict[bytes, tuple[int, Callable[[Proc, Process, Process, list[bytes]], None]]] = {
    b"close": (2, _close_one),
    b"closefiles": (1, _close_all),
    b"fixedpri": (2, _priority),
    b"hang": (1, _set("hang", True)),
    b"nohang": (1, _set("hang", False)),
    b"noswap": (1, _set("no_swap", True)),
    b"kill": (1, _kill),
    b"pri": (2, _priority),
    b"private": (1, _set("private", True)),
    b"profile": (1, _profile),
    b"start": (1, _start),
    b"startstop": (1, _start_and_wait("trace")),
    b"startsyscall": (1, _start_and_wait("syscall")),
    b"stop": (1, _stop),
    b"waitstop": (1, _wait_stop),
    b"wired": (2, _wire),
    b"trace": (0, _trace),
    b"interrupt": (1, _interrupt),
    b"nointerrupt": (1, _no_interrupt),
    b"period": (2, _time("period")),
    b"deadline": (2, _time("deadline")),
    b"cost": (2, _time("cost")),
    b"sporadic": (1, _make_scheduled),
    b"deadlinenotes": (1, _make_scheduled),
    b"admit": (1, _admit),
    b"extra": (1, _make_scheduled),
    b"expel": (1, _nothing),
    b"event": (1, _event),
}


# Watchpoints

_LONGEST_LINE = 255
_MOST_LINES = 65536
#: What amd64's debug registers can do.
_REGISTERS = 4
_KINDS = ("rw-", "-w-", "--x")
_LENGTHS = (1, 2, 4, 8)
_MASK64 = (1 << 64) - 1


def show_watchpoints(target: Process) -> bytes:
    """A line for each watchpoint (readwatchpt)."""
    points = target.debug.watchpoints if target.debug is not None else ()
    return b"".join(b"%s 0x%016x 0x%016x\n" % (kinds.encode(), at, length) for kinds, at, length in points)


def write_watchpoints(target: Process, data: bytes, offset: int) -> int:
    """Replace the watchpoints, at another offset than 0 add some; the bytes in whole lines (writewatchpt)."""
    if data.count(b"\n") > _MOST_LINES:
        raise KernelError(Egreg)
    old = debug(target).watchpoints if offset else ()
    new = []
    taken = data.rfind(b"\n") + 1
    for line in data[:taken].split(b"\n")[:-1]:
        if len(line) > _LONGEST_LINE:
            raise KernelError("line too long")
        point = _watchpoint(target, line.split(b"\0", 1)[0])
        if point is not None:
            new.append(point)
    if not new and old == debug(target).watchpoints:
        return taken
    points = (*old, *new)
    if target.kernel.target.name == "amd64":
        _check_registers(points)
        if points:
            raise Unsupported(f"/proc/{target.pid}/watchpt: the CPU of the emulator has no debug registers")
    # arm64's kernel keeps the list and watches nothing
    debug(target).watchpoints = points
    return taken


def _watchpoint(target: Process, line: bytes) -> tuple[str, int, int] | None:
    fields = tokenize(line)
    if not fields:
        return None
    if len(fields) != 3:
        raise KernelError("wrong number of fields")
    kinds = fields[0]
    if kinds.strip(b"rwx-") or any(kinds.count(kind) > 1 for kind in (b"r", b"w", b"x")):
        raise KernelError("invalid type")
    numbers = []
    for text, error in ((fields[1], "invalid address"), (fields[2], "invalid length")):
        value, rest = _number(text, 0)
        if rest or not text or abs(value) > _MASK64:
            raise KernelError(error)
        numbers.append(value & _MASK64)
    address, length = numbers
    if length > -address & _MASK64:
        raise KernelError("invalid length")
    if address + length > target.kernel.target.stack_top:
        raise KernelError("bad address")
    return "".join(letter if letter.encode() in kinds else "-" for letter in "rwx"), address, length


def _check_registers(points: tuple[tuple[str, int, int], ...]) -> None:
    """What amd64 cannot watch (setupwatchpts)."""
    if len(points) > _REGISTERS:
        raise KernelError("there are four watchpoints.")
    for kinds, address, length in points:
        if kinds not in _KINDS:
            raise KernelError("type must be rw-, -w- or --x")
        if kinds == "--x" and length != 1:
            raise KernelError("length must be 1 on breakpoints")
        if length not in _LENGTHS:
            raise KernelError("length must be 1,2,4,8")
        if address & (length - 1):
            raise KernelError("address must be aligned according to length")
