"""What every process is doing: for Ctrl-\\ (SIGQUIT), and for a run that ends by its time limit or a deadlock.

    2 processes:
    1 sh  Await  await 0x7ffffefff000 127  pc=0x200a2c
        0x00200a2c  await+0xc
        0x002001b0  main+0x90  examples/sh/sh.c:41
    2 cat  Pread  pread 0 0x400040 8192 -1  pc=0x200a2c
        …

The words of a state are those of /proc/n/status (facts/devices.md §5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elf9.debug.arguments import quote, show
from elf9.debug.binary import parse_binary
from elf9.debug.explain import call_line, calls_of
from elf9.debug.lines import Lines
from elf9.debug.symbols import Symbols, read_symbols
from elf9.debug.unwind import Frame, Unwinder
from elf9.kernel.exec import read_program
from elf9.kernel.syscalls import CALLS

if TYPE_CHECKING:
    from elf9.debug.binary import Binary
    from elf9.debug.explain import Call
    from elf9.kernel.kernel import Kernel
    from elf9.kernel.process import Process

__all__ = ["Snapshot", "snapshots", "to_text"]

#: Processes whose calls are looked up, and that are shown at all.
MOST_BACKTRACES = 100
MOST_PROCESSES = 1000
#: Frames of each that are shown.
MOST_CALLS = 16


class Snapshot:
    """One process at one moment."""

    __slots__ = ("call", "calls", "name", "notes", "parent", "pc", "pid", "state")

    def __init__(self, process: Process) -> None:
        self.pid = process.pid
        self.parent = process.parent_pid
        self.name = quote(process.name, 64)[1:-1]
        self.state = process.state
        self.pc = process.cpu.pc
        #: `pread 0 0x400040 8192 -1`: what it waits in; empty when it does not.
        self.call = ""
        row = CALLS.get(process.number) if process.blocked is not None else None
        if row is not None:
            self.call = f"{row[0]} {show(process.memory, row[1], process.args)}".rstrip()
        #: Notes that were posted and not delivered, as C strings.
        self.notes = [quote(note.text) for note in process.notes]
        #: Innermost first; empty if nobody looked.
        self.calls: list[Call] = []

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the report (docs/cli.md)."""
        return {
            "pid": self.pid,
            "parent": self.parent,
            "name": self.name,
            "state": self.state,
            "call": self.call or None,
            "pc": f"{self.pc:#x}",
            "backtrace": [call_line(call) for call in self.calls],
        }


def snapshots(kernel: Kernel) -> list[Snapshot]:
    """Every process of the kernel, in the order of their pids.  Nothing about them changes.

    To be called while no guest runs: the registers are those of the last moment in which it did.
    """
    programs: dict[object, _Program] = {}
    found = []
    for count, pid in enumerate(sorted(kernel.processes)):
        process = kernel.processes[pid]
        snapshot = Snapshot(process)
        if count < MOST_BACKTRACES and process.exit_string is None:
            snapshot.calls = _backtrace(process, programs)
        found.append(snapshot)
    return found


def to_text(found: list[Snapshot]) -> str:
    """The processes as lines, each with its newline."""
    lines = [f"{len(found)} process{'' if len(found) == 1 else 'es'}:"]
    for snapshot in found[:MOST_PROCESSES]:
        words = [f"{snapshot.pid} {snapshot.name}", snapshot.state]
        if snapshot.call:
            words.append(snapshot.call)
        words.append(f"pc={snapshot.pc:#x}")
        if snapshot.notes:
            words.append(f"notes {' '.join(snapshot.notes)}")
        lines.append("  ".join(words))
        lines += [f"    {call_line(call)}" for call in snapshot.calls[:MOST_CALLS]]
        if len(snapshot.calls) > MOST_CALLS:
            lines.append(f"    … {len(snapshot.calls) - MOST_CALLS} more")
    if len(found) > MOST_PROCESSES:
        lines.append(f"… {len(found) - MOST_PROCESSES} more")
    return "\n".join(lines) + "\n"


class _Program:
    """A program file, opened once for all processes that run it."""

    __slots__ = ("binary", "lines", "symbols")

    def __init__(self, binary: Binary) -> None:
        self.binary = binary
        self.symbols = read_symbols(binary)
        self.lines = Lines(binary)


def _backtrace(process: Process, programs: dict[object, _Program]) -> list[Call]:
    """The calls that led to where the process is; only the pc where its program cannot be read."""
    pc, registers = process.cpu.pc, process.cpu.registers()
    program = _program(process, programs)
    frame = Frame(pc, process.cpu.sp, "fault")
    if program is None or program.binary.target is not process.kernel.target:
        symbols = Symbols(()) if program is None else program.symbols
        return calls_of(frame, symbols, Lines(parse_binary("", b"")) if program is None else program.lines)
    frames = Unwinder(program.binary, program.symbols, process.memory.read).frames(pc, registers)
    return [call for frame in frames for call in calls_of(frame, program.symbols, program.lines)]


def _program(process: Process, programs: dict[object, _Program]) -> _Program | None:
    """The file that the process was exec'd from, if it is one of the host's, which can be read at once."""
    chan = process.text_file
    if chan is None:
        return None
    key = (chan.device.letter, chan.dev, chan.qid.path, chan.qid.vers)
    if key not in programs:
        data = read_program(process)
        if data is None:
            return None
        name = chan.path.text.decode("utf-8", "surrogateescape")
        programs[key] = _Program(parse_binary(name, data, process.kernel.target))
    return programs[key]
