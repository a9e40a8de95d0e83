"""`elf9 run --trace`: one line a system call, both sides, as 9front's ratrace(1) shows it.

A line is

    PID NAME Call PC ARGUMENTS = RESULT "errstr" START STOP

with the arguments as `elf9.debug.arguments` decodes them, START and STOP in nanoseconds.  Two things are made easier
to read than the kernel's: bytes are escaped as in C instead of replaced by dots, and what the kernel fills in is shown
in the place of its argument instead of behind all of them.

A call that has not returned (because it waits, or never will) is shown as far as it is known, and when its
result comes after another process's line, `PID NAME Call ...` takes it up again.

Between the calls stand lines in lower case about the process itself:

    PID NAME new of PARENT          rfork made it
    PID NAME exec                   it runs another program, under this name
    PID NAME note "text"            a note is given to it, or kills it
    PID NAME ended "status"         it is gone

`JsonTracer` writes the same as one JSON object a line (docs/cli.md).
"""

from __future__ import annotations

from elf9.debug.arguments import (
    KINDS,
    SHOWN_STRING,
    Value,
    address_value,
    call_name,
    decode,
    fill_in,
    quote,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol, TextIO

    from elf9.debug.arguments import Args, Memory

    class Process(Protocol):
        """The part of a process that a trace shows; read-only, so that any process will do."""

        @property
        def pid(self) -> int: ...
        @property
        def name(self) -> bytes: ...
        @property
        def memory(self) -> Memory: ...

    class Ended(Process, Protocol):
        """A process that has exited."""

        @property
        def exit_string(self) -> bytes | None: ...


__all__ = ["KINDS", "Filter", "JsonTracer", "TraceError", "Tracer", "call_name", "quote"]


class TraceError(OSError):
    """The trace cannot be written: its disk is full, say."""


class Filter:
    """What of a trace is shown: `calls` by name, `processes` by pid or name, `errors` only; None is all.

    Names of calls are those of the table of calls or of the trace, whatever their case.  Of errors only,
    notes and ends that are no success are shown beside the calls that failed.
    """

    __slots__ = ("_calls", "_names", "_pids", "errors")

    def __init__(
        self, calls: Sequence[str] | None = None, processes: Sequence[str] | None = None, errors: bool = False
    ) -> None:
        self._calls = None if calls is None else frozenset(call_name(name.lower()).lower() for name in calls)
        self._pids = frozenset(int(word) for word in processes or () if word.isdecimal())
        names = frozenset(word.encode("utf-8", "surrogateescape") for word in processes or () if not word.isdecimal())
        self._names = None if processes is None else names
        self.errors = errors

    def process(self, process: Process) -> bool:
        """Whether anything of this process is shown."""
        return self._names is None or process.pid in self._pids or process.name in self._names

    def call(self, name: str) -> bool:
        """Whether calls of this name are shown."""
        return self._calls is None or call_name(name).lower() in self._calls


class _Call:
    """A call that was entered and has not returned yet."""

    __slots__ = ("kinds", "name", "number", "pc", "pointers", "process", "process_name", "shown", "start", "values")

    def __init__(
        self, process: Process, number: int, name: str, kinds: Sequence[str], args: Args, pc: int, start: int
    ) -> None:
        self.process = process
        #: exec changes it.
        self.process_name = process.name
        self.number = number
        self.name = name
        self.kinds = kinds
        self.pc = pc
        self.start = start
        #: A copy: the process has one `Args` for all its calls.
        self.pointers = [args.pointer(index) for index in range(len(kinds))]
        #: None for what the kernel fills in.
        self.values = decode(process.memory, kinds, args)
        self.shown = False

    @property
    def label(self) -> str:
        return call_name(self.name) if self.name else str(self.number)

    def complete(self, result: int) -> None:
        """Read what the kernel has filled in."""
        memory = self.process.memory
        for index, value in enumerate(self.values):
            if value is None:
                self.values[index] = fill_in(memory, self.kinds[index], self.pointers[index], result)

    def known(self) -> list[Value]:
        """The arguments as far as they are known."""
        return [
            address_value(self.pointers[index]) if value is None else value for index, value in enumerate(self.values)
        ]


class Tracer:
    """Writes the trace of all processes to one text stream.

    The kernel calls `enter` and `leave` around every call, `blocked` when a process starts to wait, and `note`,
    `born`, `executed` and `ended` when that happens.  An OSError of the stream becomes a TraceError, which ends the
    run; but a pipe that nobody reads is the same as on the program's own output.
    """

    def __init__(self, stream: TextIO, wanted: Filter | None = None) -> None:
        self._stream = stream
        self._wanted = Filter() if wanted is None else wanted
        #: Calls under way by pid, oldest first.
        self._calls: dict[int, _Call] = {}

    def enter(
        self, process: Process, number: int, name: str, kinds: Sequence[str], args: Args, pc: int, start: int
    ) -> None:
        """A process makes call `number`; `pc` is behind the system call instruction, `start` ns since 1970."""
        self._finish(process.pid)
        if self._wanted.process(process) and self._wanted.call(name):
            self._calls[process.pid] = _Call(process, number, name, kinds, args, pc, start)

    def leave(self, process: Process, result: int, errstr: bytes, stop: int) -> None:
        """The call returns `result` (-1: it failed with `errstr`) at `stop`, in nanoseconds since 1970."""
        call = self._calls.pop(process.pid, None)
        if call is None:
            return
        result = _signed64(result)
        if self._wanted.errors and result != -1:
            return
        call.complete(result)
        self._show(call, result, errstr if result == -1 else b"", call.start, stop)

    def blocked(self, process: Process) -> None:
        """The call under way has to wait: show it now, so that a hang can be seen."""
        call = self._calls.get(process.pid)
        if call is not None and not call.shown and not self._wanted.errors:
            call.shown = True
            self._show_open(call)

    def note(self, process: Process, text: bytes) -> None:
        """`process` is given, or dies of, the note `text`."""
        if self._wanted.process(process):
            self._finish(process.pid)
            self._show_event(process, "note", text)

    def born(self, parent: Process, child: Process, flags: int) -> None:
        """rfork with `flags` made `child`."""
        if self._shows_events(child):
            self._show_event(child, "new", b"", parent=parent.pid, flags=flags)

    def executed(self, process: Process) -> None:
        """exec gave the process another program; `name` is the new one."""
        self._finish(process.pid)
        if self._shows_events(process):
            self._show_event(process, "exec")

    def ended(self, process: Ended) -> None:
        """The process has exited."""
        self._finish(process.pid)
        status = process.exit_string or b""
        if self._shows_events(process) or (status and self._wanted.process(process)):
            self._show_event(process, "ended", status)

    # What `elf9.debug.stats.Statistics` is told, too; nothing of it is shown.

    def served(self, process: Process, nanoseconds: int) -> None:
        """The kernel worked that long on a call."""

    def executing(self, process: Process) -> None:
        """exec is about to take the process's memory away."""

    def switched(self, process: Process) -> None:
        """The process gets the CPU."""

    def ran(self, process: Process, nanoseconds: int) -> None:
        """The CPU ran that long for the process."""

    def close(self) -> None:
        """Show the calls that never returned, unless the stream has failed."""
        for pid in list(self._calls):
            if not self._stream.closed:
                self._finish(pid)

    def _shows_events(self, process: Process) -> bool:
        return not self._wanted.errors and self._wanted.process(process)

    def _finish(self, pid: int) -> None:
        """A call that will not return: the process ended in it."""
        call = self._calls.pop(pid, None)
        if call is not None and not call.shown and not self._wanted.errors:
            self._show_open(call)

    def _line(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            import contextlib

            with contextlib.suppress(OSError):
                self._stream.close()  # else Python would try once more at its end, and complain
            raise TraceError(error.errno, error.strerror) from error

    # The form of the lines.

    def _show(self, call: _Call, result: int, errstr: bytes, start: int, stop: int) -> None:
        pc = "..." if call.shown else f"{call.pc:x}"
        shown = hex(result & 0xFFFFFFFFFFFFFFFF) if call.label in _ADDRESSES else str(result)
        error = quote(errstr, SHOWN_STRING)
        self._line(" ".join([self._head(call), pc, *_texts(call), "=", shown, error, str(start), str(stop)]))

    def _show_open(self, call: _Call) -> None:
        self._line(" ".join([self._head(call), f"{call.pc:x}", *_texts(call), "= ?"]))

    def _head(self, call: _Call) -> str:
        return f"{call.process.pid} {_printable(call.process_name)} {call.label}"

    def _show_event(self, process: Process, event: str, text: bytes | None = None, **more: int) -> None:
        words = [str(process.pid), _printable(process.name), event]
        if event == "new":
            words += ["of", str(more["parent"])]
        elif text is not None:
            words.append(quote(text, SHOWN_STRING))
        self._line(" ".join(words))


class JsonTracer(Tracer):
    """The trace as one JSON object a line: `event` is `call`, `wait` (a call that has not returned), or the word of
    another line.
    """

    def _show(self, call: _Call, result: int, errstr: bytes, start: int, stop: int) -> None:
        fields = {"result": result, "errstr": _text(errstr), "start": start, "stop": stop}
        self._object("call", call.process.pid, call.process_name, **_fields(call), **fields)

    def _show_open(self, call: _Call) -> None:
        self._object("wait", call.process.pid, call.process_name, **_fields(call), result=None)

    def _show_event(self, process: Process, event: str, text: bytes | None = None, **more: int) -> None:
        fields: dict[str, Any] = dict(more)
        if event in {"note", "ended"}:
            fields["text"] = _text(text or b"")
        self._object(event, process.pid, process.name, **fields)

    def _object(self, event: str, pid: int, name: bytes, **fields: Any) -> None:
        import json

        self._line(json.dumps({"event": event, "pid": pid, "name": _text(name), **fields}, ensure_ascii=False))


#: Calls whose result the kernel prints as an address (syscallfmt.c, sysretfmt).
_ADDRESSES = frozenset({"Exec", "Segbrk", "Segattach", "Rendez"})


def _texts(call: _Call) -> list[str]:
    return [value.text for value in call.known()]


def _fields(call: _Call) -> dict[str, Any]:
    args = [value.plain for value in call.known()]
    return {"call": call.name or str(call.number), "number": call.number, "pc": f"{call.pc:#x}", "args": args}


def _signed64(value: int) -> int:
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


def _printable(name: bytes) -> str:
    return quote(name, SHOWN_STRING)[1:-1]


def _text(data: bytes) -> str:
    """Bytes for JSON; what is no UTF-8 becomes `\\xNN`."""
    return data.decode("utf-8", "backslashreplace")
