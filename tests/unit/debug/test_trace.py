"""The lines of `elf9 run --trace` against hand-written expectations."""

from __future__ import annotations

import ast
import builtins
import io
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.debug.trace import KINDS, Filter, JsonTracer, Tracer, call_name, quote
from elf9.errors import BadAddress
from elf9.kernel.syscalls import CALLS
from elf9.kernel.syscalls.show import state

BASE = 0x1000
SIZE = 0x200
READ = ("fd", "buf-in", "count", "offset")
WRITE = ("fd", "buf-out", "count", "offset")


class Memory:
    """A flat piece of guest memory."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data.ljust(SIZE, b"\0"))

    def check(self, address: int, length: int, write: bool) -> None:
        if not BASE <= address <= address + length <= BASE + SIZE:
            raise BadAddress(address, length)

    def read(self, address: int, length: int) -> bytes:
        self.check(address, length, False)
        return bytes(self.data[address - BASE : address - BASE + length])

    def string(self, address: int, limit: int | None = None) -> bytes:
        self.check(address, 1, False)
        return bytes(self.data[address - BASE :]).split(b"\0")[0]


class Process:
    def __init__(self, data: bytes = b"", pid: int = 7, name: bytes = b"cat") -> None:
        self.pid = pid
        self.name = name
        self.memory = Memory(data)


class Args:
    def __init__(self, *values: builtins.int) -> None:
        self.values = values

    def pointer(self, index: builtins.int) -> builtins.int:
        return self.values[index] & (1 << 64) - 1

    def uint(self, index: builtins.int) -> builtins.int:
        return self.values[index] & (1 << 32) - 1

    def int(self, index: builtins.int) -> builtins.int:
        value = self.uint(index)
        return value - (1 << 32) if value >> 31 else value

    def vlong(self, index: builtins.int) -> builtins.int:
        value = self.pointer(index)
        return value - (1 << 64) if value >> 63 else value


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def test_success_line(out):
    tracer, process = Tracer(out), Process(b"/lib/x\0")
    tracer.enter(process, 14, "open", ("path", "mode"), Args(BASE, 0x20), 0x200113, 10)
    tracer.leave(process, 3, b"old error", 25)
    assert out.getvalue() == '7 cat Open 200113 0x1000/"/lib/x" 0x20 = 3 "" 10 25\n'


def test_failure_shows_errstr(out):
    tracer, process = Tracer(out), Process(b"/x\0")
    tracer.enter(process, 3, "chdir", ("path",), Args(BASE), 0x10, 1)
    tracer.leave(process, (1 << 64) - 1, b"file does not exist: '/x'", 2)
    assert out.getvalue() == '7 cat Chdir 10 0x1000/"/x" = -1 "file does not exist: \'/x\'" 1 2\n'


def test_written_bytes_are_those_at_entry_and_read_bytes_those_at_return(out):
    tracer, process = Tracer(out), Process(b"new\n")
    tracer.enter(process, 51, "pwrite", WRITE, Args(1, BASE, 4, -1), 0x10, 1)
    process.memory.data[:4] = b"gone"
    tracer.leave(process, 4, b"", 2)
    tracer.enter(process, 50, "pread", READ, Args(0, BASE, 100, -1), 0x10, 3)
    process.memory.data[:6] = b'\x00\xff"a\\\t'
    tracer.leave(process, 6, b"", 4)
    first, second = out.getvalue().splitlines()
    assert first == '7 cat Pwrite 10 1 0x1000/"new\\n" 4 -1 = 4 "" 1 2'
    assert second == '7 cat Pread 10 0 0x1000/"\\x00\\xff\\"a\\\\\\t" 100 -1 = 6 "" 3 4'


def test_long_buffers_are_cut(out):
    tracer, process = Tracer(out), Process(b"a" * 100)
    tracer.enter(process, 51, "pwrite", WRITE, Args(1, BASE, 100, 0), 0x10, 1)
    tracer.leave(process, 100, b"", 2)
    assert f'0x1000/"{"a" * 64}"... 100 0 = 100' in out.getvalue()


def test_kinds_of_results(out):
    tracer, process = Tracer(out), Process((77).to_bytes(8, "little"))
    tracer.enter(process, 39, "seek", ("vlong-in", "fd", "offset", "int"), Args(BASE, 3, 77, 0), 0x10, 1)
    tracer.leave(process, 0, b"", 2)
    tracer.enter(process, 34, "rendezvous", ("ptr", "ptr"), Args(0x40, 0x50), 0x10, 1)
    tracer.leave(process, 0x1234, b"", 2)
    process.memory.data[:4] = b"err\0"
    tracer.enter(process, 41, "errstr", ("string-in", "ucount"), Args(BASE, 128), 0x10, 1)
    tracer.leave(process, 0, b"", 2)
    lines = out.getvalue().splitlines()
    assert lines[0] == '7 cat Seek 10 0x1000/77 3 77 0 = 0 "" 1 2'
    assert lines[1] == '7 cat Rendez 10 0x40 0x50 = 0x1234 "" 1 2'
    assert lines[2] == '7 cat Errstr 10 0x1000/"err" 128 = 0 "" 1 2'


def test_bad_pointers_are_shown_bare(out):
    tracer, process = Tracer(out), Process()
    tracer.enter(process, 14, "open", ("path", "mode"), Args(0xDEAD0000, 0), 0x10, 1)
    tracer.enter(process, 51, "pwrite", WRITE, Args(1, 0xDEAD0000, 5, -1), 0x10, 1)
    tracer.enter(process, 7, "exec", ("path", "argv"), Args(0, 0xDEAD0000), 0x10, 1)
    tracer.close()
    assert out.getvalue().splitlines() == [
        "7 cat Open 10 0xdead0000 0x0 = ?",
        "7 cat Pwrite 10 1 0xdead0000 5 -1 = ?",
        '7 cat Exec 10 0/"" 0xdead0000 = ?',
    ]


def test_exec_vector(out):
    pointers = b"".join(pointer.to_bytes(8, "little") for pointer in (0x1020, 0x1028, 0, 0))
    tracer, process = Tracer(out), Process(pointers + b"ls\0".ljust(8, b"\0") + b"-l\0")
    tracer.enter(process, 7, "exec", ("path", "argv"), Args(0x1020, BASE), 0x10, 1)
    tracer.close()
    assert out.getvalue() == '7 cat Exec 10 0x1020/"ls" 0x1020/"ls" 0x1028/"-l" = ?\n'


def test_calls_that_wait_are_shown_and_taken_up_again(out):
    tracer, reader, writer = Tracer(out), Process(pid=7), Process(pid=8, name=b"a b")
    tracer.enter(reader, 50, "pread", READ, Args(0, BASE, 9, -1), 0x10, 1)
    tracer.blocked(reader)
    tracer.blocked(reader)
    tracer.enter(writer, 17, "sleep", ("long",), Args(-1), 0x20, 1)
    tracer.leave(writer, 0, b"", 2)
    tracer.leave(reader, 0, b"", 3)
    assert out.getvalue().splitlines() == [
        "7 cat Pread 10 0 0x1000 9 -1 = ?",
        '8 a b Sleep 20 -1 = 0 "" 1 2',
        '7 cat Pread ... 0 0x1000/"" 9 -1 = 0 "" 1 3',
    ]


def test_notes_end_the_call(out):
    tracer, process = Tracer(out), Process()
    tracer.enter(process, 8, "_exits", ("string",), Args(0), 0x10, 1)
    tracer.note(process, b"sys: bad address in syscall pc=0x10")
    tracer.close()
    assert out.getvalue() == '7 cat Exits 10 0/"" = ?\n7 cat note "sys: bad address in syscall pc=0x10"\n'


def test_a_result_without_a_call_is_ignored(out):
    Tracer(out).leave(Process(), 0, b"", 2)
    assert out.getvalue() == ""


def test_unknown_kind_is_an_error(out):
    with pytest.raises(KeyError, match="socket"):
        Tracer(out).enter(Process(), 99, "socket", ("socket",), Args(0), 0, 1)


def test_names():
    given_names = ("open", "_exits", "_stat", "rendezvous", "brk_", "sysr1")
    assert [call_name(name) for name in given_names] == ["Open", "Exits", "_stat", "Rendez", "Brk", "Running"]
    assert all(call_name(row[0]) == state(number) for number, row in CALLS.items())


def test_the_table_of_system_calls_names_known_kinds_only():
    assert len(CALLS) > 40
    assert {kind for _, kinds, _ in CALLS.values() for kind in kinds} <= KINDS
    assert all(len(kinds) <= 5 for _, kinds, _ in CALLS.values())


@given(st.binary(max_size=200))
def test_quoted_bytes_are_printable_and_can_be_read_back(data):
    text = quote(data, 1000)
    assert text.isascii()
    assert text.isprintable()
    assert ast.literal_eval("b" + text) == data


# Processes


def test_lines_about_processes(out):
    tracer, parent, child = Tracer(out), Process(), Process(pid=8, name=b"sh")
    tracer.enter(parent, 19, "rfork", ("flags",), Args(0x14), 0x10, 1)
    tracer.born(parent, child, 0x14)
    tracer.leave(parent, 8, b"", 2)
    child.name = b"ls"
    tracer.executed(child)
    child.exit_string = b"it's over"  # type: ignore[attr-defined]
    tracer.ended(child)  # type: ignore[arg-type]
    assert out.getvalue().splitlines() == [
        "8 sh new of 7",
        '7 cat Rfork 10 0x14 = 8 "" 1 2',
        "8 ls exec",
        '8 ls ended "it\'s over"',
    ]


def some_calls(tracer):
    """Two processes; two calls fail, one waits; a note."""
    one, two = Process(b"/x\0"), Process(b"/y\0", pid=8, name=b"sh")
    for process in (one, two):
        tracer.enter(process, 14, "open", ("path", "mode"), Args(BASE, 0), 0x10, 1)
        tracer.leave(process, -1, b"file does not exist", 2)
        tracer.enter(process, 53, "_nsec", (), Args(), 0x10, 1)
        tracer.leave(process, 5, b"", 2)
    tracer.enter(two, 50, "pread", READ, Args(0, BASE, 9, -1), 0x10, 1)
    tracer.blocked(two)
    tracer.note(two, b"alarm")
    tracer.born(one, two, 1)
    tracer.close()


@pytest.mark.parametrize(
    ("wanted", "heads"),
    [
        (Filter(), ["7 Open", "7 _nsec", "8 Open", "8 _nsec", "8 Pread", "8 note", "8 new"]),
        (Filter(calls=["open", "PREAD"]), ["7 Open", "8 Open", "8 Pread", "8 note", "8 new"]),
        (Filter(processes=["8"]), ["8 Open", "8 _nsec", "8 Pread", "8 note", "8 new"]),
        (Filter(processes=["cat"]), ["7 Open", "7 _nsec"]),
        (Filter(processes=["cat", "8"], calls=["_nsec"]), ["7 _nsec", "8 _nsec", "8 note", "8 new"]),
        (Filter(errors=True), ["7 Open", "8 Open", "8 note"]),
        (Filter(errors=True, calls=["pread"]), ["8 note"]),
    ],
)
def test_filters(out, wanted, heads):
    some_calls(Tracer(out, wanted))
    assert [" ".join(line.split()[0:3:2]) for line in out.getvalue().splitlines()] == heads


def test_of_errors_only_the_ends_that_are_none_are_left_out(out):
    tracer = Tracer(out, Filter(errors=True, processes=["8"]))
    for pid, status in ((7, b"other"), (8, b""), (8, b"sad")):
        tracer.ended(SimpleNamespace(pid=pid, name=b"sh", exit_string=status))
    assert out.getvalue() == '8 sh ended "sad"\n'


def test_json_lines(out):
    some_calls(JsonTracer(out))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0] == {
        "event": "call", "pid": 7, "name": "cat", "call": "open", "number": 14, "pc": "0x10",
        "args": [{"address": "0x1000", "text": "/x"}, 0], "result": -1, "errstr": "file does not exist",
        "start": 1, "stop": 2,
    }  # fmt: skip
    assert lines[4] == {
        "event": "wait", "pid": 8, "name": "sh", "call": "pread", "number": 50, "pc": "0x10",
        "args": [0, "0x1000", 9, -1], "result": None,
    }  # fmt: skip
    assert lines[5] == {"event": "note", "pid": 8, "name": "sh", "text": "alarm"}
    assert lines[6] == {"event": "new", "pid": 8, "name": "sh", "parent": 7, "flags": 1}


@given(st.binary(max_size=80), st.integers(0, (1 << 64) - 1))
def test_any_buffer_gives_a_line_of_json(data, address):
    stream = io.StringIO()
    tracer, process = JsonTracer(stream), Process(data, name=data)
    tracer.enter(process, 51, "pwrite", WRITE, Args(1, BASE, len(data), address), 0x10, 1)
    tracer.leave(process, -1, data, 2)
    tracer.enter(process, 14, "open", ("path", "mode"), Args(address, address), 0x10, 1)
    tracer.close()
    assert [json.loads(line)["call"] for line in stream.getvalue().split("\n")[:-1]] == ["pwrite", "open"]
