"""Processes as files, on a kernel whose processes run nothing: what proc.c of the conformance suite cannot reach."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elf9.errors import KernelError, Unsupported
from elf9.kernel import stat
from elf9.kernel.boot import boot, shutdown
from elf9.kernel.chan import ORDWR, OREAD, OTRUNC, OWRITE
from elf9.kernel.dev import procctl
from elf9.kernel.dev.cons import tokenize
from elf9.kernel.fork import RFPROC, rfork
from elf9.kernel.kernel import Kernel, Options
from elf9.kernel.memory import DATA, STACK, TEXT, data_segment, text_segment
from elf9.kernel.process import Process
from elf9.kernel.sync import Block
from elf9.kernel.syscalls import CALLS
from elf9.target import TARGETS

from .fake_cpu import FakeCpu

DATA_BASE = 0x600000
FDG = 4


class World:
    """A kernel with process 1; `call` makes a call of any process at once."""

    def __init__(self, folder: Path, name: str) -> None:
        self.target = TARGETS[name]
        options = Options()
        options.binds = [(str(folder), b"/w", False)]
        options.cwd = b"/w"
        options.seed = 0
        self.null = os.open(os.devnull, os.O_RDWR)
        options.stdin = options.stdout = options.stderr = self.null
        self.kernel = Kernel(self.target, options, lambda: FakeCpu(self.target))
        self.one = self.kernel.new_process()
        boot(self.one, options)
        self.one.name = b"prog"
        memory = self.one.memory
        memory.attach(STACK, data_segment("Stack", self.target.stack_base, self.target.stack_top))
        memory.attach(TEXT, text_segment(0x400000, 0x402000))
        memory.attach(DATA, data_segment("Data", DATA_BASE, DATA_BASE + 0x4000))
        text = memory.segments[TEXT]
        assert text is not None
        text.fill(0x400000, b"code")

    def close(self) -> None:
        shutdown(self.one)
        self.kernel.close()
        os.close(self.null)

    def child(self) -> Process:
        """A child of process 1 with everything copied."""
        return self.kernel.processes[rfork(self.one, RFPROC | FDG)]

    def call(self, process: Process, number: int, *slots: Any) -> int:
        at = DATA_BASE
        values = []
        for slot in slots:
            if isinstance(slot, (bytes, str)):
                text = slot.encode() if isinstance(slot, str) else slot
                process.memory.write(at, text + b"\0")
                values.append(at)
                at += len(text) + 1
            else:
                values.append(slot)
        process.number = number
        process.args.slots = tuple(
            (value & (1 << 64) - 1 ^ 1 << 63) - (1 << 63) for value in [*values, 0, 0, 0, 0, 0][:5]
        )
        handler = CALLS[number][2]
        assert handler is not None
        try:
            result = handler(process, process.args)
        except KernelError:
            process.progress = None
            raise
        process.progress = None
        assert result is not None
        return result

    def open(self, process: Process, name: str, mode: int = OREAD) -> int:
        return self.call(process, 14, name, mode)

    def read(self, process: Process, fd: int, count: int = 1024, offset: int = -1) -> bytes:
        at = DATA_BASE + 0x2000
        return process.memory.read(at, self.call(process, 50, fd, at, count, offset))

    def write(self, process: Process, fd: int, data: bytes, offset: int = -1) -> int:
        return self.call(process, 51, fd, data, len(data), offset)

    def contents(self, process: Process, name: str) -> str:
        fd = self.open(process, name)
        try:
            return self.read(process, fd).decode()
        finally:
            self.call(process, 4, fd)

    def put(self, process: Process, name: str, text: str) -> int:
        fd = self.open(process, name, OWRITE)
        try:
            return self.write(process, fd, text.encode())
        finally:
            self.call(process, 4, fd)

    def refused(self, function: Any, *args: Any) -> str:
        with pytest.raises(KernelError) as caught:
            function(*args)
        return caught.value.text.decode()

    def stat(self, process: Process, name: str) -> stat.Dir:
        at = DATA_BASE + 0x2000
        return stat.unpack(process.memory.read(at, self.call(process, 42, name, at, 512)))


@pytest.fixture(params=["amd64", "arm64"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, request.param)
    yield made
    made.close()


def test_listing_goes_on_where_it_stopped(world: World) -> None:
    children = [world.child() for _ in range(5)]
    fd = world.open(world.one, "/proc")
    names = []
    while data := world.read(world.one, fd, 130):
        names += [stat.unpack(entry).name.decode() for entry in stat.entries(data)]
        if len(names) == 3:
            # one that goes meanwhile is not shown, the others are
            gone = children.pop(3)
            gone.exit(b"")
            world.kernel._reap(gone)
    assert names == ["trace", "1", *(str(child.pid) for child in children)]
    assert world.refused(world.read, world.one, world.open(world.one, "/proc"), 20) == "i/o count too small"


def test_only_the_host_owner_opens_trace_and_once(world: World) -> None:
    one = world.one
    assert world.stat(one, "/proc/trace").mode == 0o400
    other = world.child()
    other.user = "guest"
    assert world.refused(world.open, other, "/proc/trace") == "permission denied: '/proc/trace'"
    assert world.refused(world.open, one, "/proc/trace", ORDWR) == "permission denied: '/proc/trace'"
    fd = world.open(one, "/proc/trace")
    assert world.refused(world.open, one, "/proc/trace") == "already open: '/proc/trace'"
    world.put(one, "/proc/1/ctl", "event")
    assert world.read(one, fd) == b""
    world.put(one, "/proc/1/ctl", "trace")
    world.put(one, "/proc/1/ctl", "event")
    event = world.read(one, fd)
    assert event[:8] == b"\1\0\0\0\15\0\0\0" and len(event) == 16
    world.call(one, 4, fd)
    assert world.open(one, "/proc/trace") == fd


def test_others_need_permission(world: World) -> None:
    one, other = world.one, world.child()
    other.user = "guest"
    for name in ("mem", "regs", "ctl", "note", "wait", "args"):
        text = f"permission denied: '/proc/1/{name}'"
        assert world.refused(world.open, other, f"/proc/1/{name}") == text
    assert world.open(other, "/proc/1/status") >= 0
    # the host owner has the middle bits
    assert world.refused(world.open, one, f"/proc/{other.pid}/note", OWRITE).startswith("permission denied")
    one.proc_mode = 0o666
    assert world.open(other, "/proc/1/mem", ORDWR) >= 0


def test_pri_above_normal_is_for_the_host_owner(world: World) -> None:
    other = world.child()
    other.user = "guest"
    name = f"/proc/{other.pid}/ctl"
    assert world.refused(world.put, other, name, "pri 11") == "permission denied"
    world.put(other, name, "pri -5")
    assert other.priority == 0
    world.put(world.one, "/proc/1/ctl", "fixedpri 100")
    assert world.one.priority == 19


def test_stop_waits_until_the_process_has_stopped(world: World) -> None:
    one, target = world.one, world.child()
    other = world.child()
    fd = world.open(one, f"/proc/{target.pid}/ctl", OWRITE)
    with pytest.raises(Block) as waits:
        world.write(one, fd, b"stop")
    assert one.state == "Stopwait" and target.control == "stop"
    assert world.refused(world.put, other, f"/proc/{target.pid}/ctl", "waitstop") == "device or object already in use"
    assert not world.kernel._may_go_on(target)
    assert target.state == "Stopped"
    assert world.write(one, fd, b"stop") == 4
    assert waits.value.queue is target.stop_queue
    # one that ends instead
    world.kernel.start(target)
    with pytest.raises(Block):
        world.write(one, fd, b"waitstop")
    target.exit(b"")
    world.kernel._reap(target)
    assert world.refused(world.write, one, fd, b"waitstop") == "process exited"


def test_a_stop_that_is_interrupted_leaves_nothing(world: World) -> None:
    one, target = world.one, world.child()
    fd = world.open(one, f"/proc/{target.pid}/ctl", OWRITE)
    with pytest.raises(Block) as waits:
        world.write(one, fd, b"waitstop")
    assert waits.value.interrupted is not None
    assert world.refused(waits.value.interrupted) == "interrupted"
    assert target.debug is not None and target.debug.by is None
    one.progress = None
    with pytest.raises(Block):
        world.write(one, fd, b"waitstop")


def test_text_that_is_written_is_the_processs_own(world: World) -> None:
    one, target = world.one, world.child()
    target.state = "Stopped"
    fd = world.open(one, f"/proc/{target.pid}/mem", ORDWR)
    assert world.write(one, fd, b"CODE", 0x400000) == 4
    assert world.read(one, fd, 8, 0x400000) == b"CODE\0\0\0\0"
    assert one.memory.read(0x400000, 4) == b"code"
    written, kept = target.memory.segments[TEXT], one.memory.segments[TEXT]
    assert written is not None and kept is not None and (written.kind, kept.kind) == ("Data", "Text")
    assert (written.ref, kept.ref) == (1, 1)
    assert (0x400000, 0x400004) in target.cpu.forgotten  # type: ignore[attr-defined]
    assert world.refused(world.write, one, fd, bytes(8), 0x401FFC) == "bad arg in system call"
    assert world.read(one, fd, 100, 0x401FFC) == bytes(4)


def test_memory_of_the_kernel(world: World) -> None:
    fd = world.open(world.one, "/proc/1/mem")
    with pytest.raises(Unsupported, match="kernel's own memory"):
        world.read(world.one, fd, 8, 0x7FFFFFFF80000000)
    assert world.refused(world.read, world.one, fd, 8, 1 << 62) == "bad arg in system call"


def test_what_does_not_exist_here_is_said(world: World) -> None:
    child = world.child()
    for name in ("kregs", "proc", "fpregs"):
        fd = world.open(world.one, f"/proc/{child.pid}/{name}")
        with pytest.raises(Unsupported, match=name):
            world.read(world.one, fd)
    for name in ("kfpregs", "fpregs"):
        fd = world.open(world.one, f"/proc/1/{name}")
        assert world.refused(world.read, world.one, fd) == "process has no saved registers"


def test_registers_can_be_set_as_far_as_a_user_may(world: World) -> None:
    one, target = world.one, world.child()
    fd = world.open(one, f"/proc/{target.pid}/regs", ORDWR)
    size = world.target.ureg_size
    at = 144 if world.target.name == "amd64" else 256
    assert len(world.read(one, fd, 1024, 0)) == size
    assert world.write(one, fd, (0x400123).to_bytes(8, "little"), at) == 8
    assert target.cpu.pc == 0x400123
    assert world.write(one, fd, b"\xff" * 400, 8) == size - 8
    if world.target.name == "amd64":
        assert target.cpu.pc == 0x7FFFFFFFFFFF


def test_profile_counts(world: World) -> None:
    one = world.one
    fd = world.open(one, "/proc/1/profile")
    assert world.refused(world.read, one, fd) == "profile is off"
    world.put(one, "/proc/1/ctl", "profile")
    assert world.stat(one, "/proc/1/profile").length == 0x2000 // 8 * 4
    procctl.sample(one, 0x400010)
    procctl.sample(one, 0x10)
    counters = world.read(one, fd, 16, 0)
    assert counters == (20).to_bytes(4, "little") + bytes(4) + (10).to_bytes(4, "little") + bytes(4)
    assert "Text   RP " in world.contents(one, "/proc/1/segment")


def test_watchpoints(world: World) -> None:
    one = world.one
    name = "/proc/1/watchpt"
    lines = "rw- 0x600000 4\n--x 4194304 1\n"
    if world.target.name == "amd64":
        with pytest.raises(Unsupported, match="watchpt"):
            world.put(one, name, lines)
        assert world.refused(world.put, one, name, lines * 3) == "there are four watchpoints."
        return
    assert world.put(one, name, lines + "r") == len(lines)
    shown = "rw- 0x0000000000600000 0x0000000000000004\n--x 0x0000000000400000 0x0000000000000001\n"
    assert world.contents(one, name) == shown
    assert world.stat(one, name).length == len(shown)
    fd = world.open(one, name, OWRITE)
    assert world.write(one, fd, b"-w- 8 8\n", 1) == 8
    assert world.contents(one, name) == shown + "-w- 0x0000000000000008 0x0000000000000008\n"
    world.open(one, name, OWRITE | OTRUNC)
    assert world.contents(one, name) == ""


def test_ns_shows_the_hosts_trees(world: World) -> None:
    fd = world.open(world.one, "/proc/1/ns")
    lines = []
    while line := world.read(world.one, fd):
        lines.append(line.decode())
    assert lines[-1] == "cd /w\n"
    assert "mount -c #s/boot /w\n" in lines
    assert "bind  #p /proc\n" in lines


def test_a_line_can_be_read_in_pieces(world: World) -> None:
    fd = world.open(world.one, "/proc/1/fd")
    assert [world.read(world.one, fd, 2) for _ in range(2)] == [b"/w", b"\n"]
    assert world.read(world.one, fd, 5) == b"  0 r"
    assert world.read(world.one, fd, 1000).startswith(b"  c    0 (0000000000000002 0 00) ")


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=60)
def test_numbers_are_as_atoi_reads_them(text: bytes) -> None:
    wanted = 0
    stripped = text.lstrip(b" \t")
    for size in range(1, len(stripped) + 1):
        head = stripped[:size]
        if head.lstrip(b"+-").isdigit() and len(head) - len(head.lstrip(b"+-")) < 2:
            wanted = int(head)
        elif head not in (b"+", b"-"):
            break
    assert procctl.atoi(text) == wanted


@given(st.binary(max_size=40))
@settings(deadline=None, max_examples=60)
def test_any_message_is_done_or_refused(text: bytes) -> None:
    words = tokenize(text.removesuffix(b"\n").split(b"\0", 1)[0])
    if words and words[0] in procctl._VERBS:
        return
    with pytest.raises(KernelError, match="unknown control message" if words else "empty control message"):
        procctl.control(None, _Nobody(), None, text)  # type: ignore[arg-type]


class _Nobody:
    progress = None
