"""The kernel on a CPU made of Python: calls, notes, ends, limits, word for word."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.errors import KernelError, Unsupported
from elf9.kernel import kernel as kernels
from elf9.kernel.boot import BootError, boot, shutdown
from elf9.kernel.chan import Chan
from elf9.kernel.dev.host import Host
from elf9.kernel.exec import RefusedError, execute
from elf9.kernel.kernel import Kernel, Options
from elf9.kernel.memory import BSS, DATA, STACK
from elf9.kernel.process import Args, Process, cut
from elf9.kernel.watchdog import resident_bytes
from elf9.machine.memory import EXECUTE
from elf9.target import TARGETS, Target

from .fake_cpu import FakeCpu, Step, call, poke, trap

NO_MEMORY = 0x10000000


def elf(target: Target, text: bytes = b"T" * 0x100, data: bytes = b"data", bss: int = 0x2000) -> bytes:
    """An ELF file as the loader wants it, entry at the first byte of text."""
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, target.elf_machine, 1, target.text_base, 64, 0, 0, 64, 56, 2, 0, 0, 0
    )
    at = 64 + 112
    segments = struct.pack("<IIQQQQQQ", 1, 5, at, 0, 0, len(text), len(text), 1)
    segments += struct.pack("<IIQQQQQQ", 1, 6, at + len(text), 0, 0, len(data), len(data) + bss, 1)
    return header + segments + text + data


class Machine:
    """A kernel with one process that runs a program of steps, its descriptor 2 in a pipe."""

    def __init__(self, folder: Path, name: str) -> None:
        self.target = TARGETS[name]
        self.options = Options()
        self.options.binds = [(str(folder), b"/w", False)]
        self.options.cwd = b"/w"
        self.folder = folder
        self.kernel = Kernel(self.target, self.options, lambda: FakeCpu(self.target))
        self.process: Process = self.kernel.new_process()
        cpu = self.process.cpu
        assert isinstance(cpu, FakeCpu)
        self.cpu = cpu
        self.reader, self.writer = os.pipe()
        self.options.stdout = self.options.stderr = self.writer
        boot(self.process, self.options)

    def start(self, image: bytes | None = None, argv: list[bytes] | None = None) -> None:
        """exec a program file called `prog`."""
        path = self.folder / "prog"
        path.write_bytes(elf(self.target) if image is None else image)
        path.chmod(0o755)
        execute(self.process, b"prog", argv or [b"prog"])

    def run(self, *steps: Step) -> str | None:
        """Run the steps, then exits(nil); the limit that ended it."""
        self.cpu.steps = [*steps, call(8, 0)]
        return self.kernel.run(self.process)

    def said(self) -> str:
        """What the process wrote to its descriptors 1 and 2."""
        os.set_blocking(self.reader, False)
        try:
            return os.read(self.reader, 1 << 16).decode()
        except BlockingIOError:
            return ""

    def close(self) -> None:
        """Give everything back."""
        shutdown(self.process)
        for fd in (self.reader, self.writer):
            os.close(fd)


@pytest.fixture(params=["amd64", "arm64"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path, request.param)
    made.start()
    yield made
    made.close()


def data_address(machine: Machine) -> int:
    segment = machine.process.memory.segments[DATA]
    assert segment is not None
    return segment.base


# The end.


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        (b"", b""),
        (b"foo", b"foo"),
        (b"it's\n", b"it's\n"),
        (b"x" * 299, b"x" * 127),
        # no text is left of it, but it is no success
        (b"\xff\xfe", b"\xff\xfe"),
        (b"caf\xc3\xa9", b"caf\xc3\xa9"),
        (b"caf\xc3", b"caf"),
    ],
)
def test_exits(machine: Machine, status: bytes, kept: bytes) -> None:
    address = data_address(machine)
    assert machine.run(poke(address, status + b"\0"), call(8, address)) is None
    assert machine.process.exit_string == kept
    message = machine.process.wait_message()
    assert len(message) <= 127
    assert message == (cut(b"prog 1: " + kept) if kept else b"")


def test_exits_with_a_bad_pointer(machine: Machine) -> None:
    machine.run(call(8, NO_MEMORY))
    assert machine.process.exit_string == b"invalid exit string"
    assert machine.said() == "prog 1: suicide: invalid address 0x10000000/1 in sys call pc=0x200103\n"


@pytest.mark.parametrize(
    ("kind", "address", "status", "text"),
    [
        ("fault read", 0, 0, "sys: trap: fault read addr=0x0"),
        ("fault write", 0x400, 0, "sys: trap: fault write addr=0x400"),
        ("divide error", None, 0, "sys: trap: divide error"),
        ("breakpoint", None, 0, "sys: breakpoint"),
        ("unknown", None, 0, "sys: trap: unknown"),
        ("debug exception", None, 0, "sys: debug exception dr6=0xffff4ff0"),
        ("floating point", None, 4, "sys: fp: division by zero fppc=0x2000d4 status=0x4"),
        ("floating point", None, 1, "sys: fp: invalid operation fppc=0x2000d4 status=0x1"),
        ("floating point", None, 0x28, "sys: fp: numeric overflow fppc=0x2000d4 status=0x28"),
    ],
)
def test_a_trap_kills(machine: Machine, kind: str, address: int | None, status: int, text: str) -> None:
    machine.run(trap(kind, 0x2000D4, address, status))
    note = text + " pc=0x2000d4"
    assert machine.process.exit_string == note.encode()
    assert machine.said() == f"prog 1: suicide: {note}\n"
    assert machine.process.wait_message().decode() == f"prog 1: {note}"
    death = machine.process.death
    assert death is not None
    assert (death.text.decode(), death.pc, death.address) == (note, 0x2000D4, address)


def test_int_64_is_a_panic(machine: Machine) -> None:
    with pytest.raises(Unsupported, match="unknown trap/intr: 64"):
        machine.run(trap("panic", status=64))


# Calls.


def test_bad_pointer(machine: Machine) -> None:
    machine.run(call(50, 0, NO_MEMORY, 12, -1))
    assert machine.said() == (
        "prog 1: suicide: invalid address 0x10000000/12 in sys call pc=0x200103\n"
        "prog 1: suicide: sys: bad address in syscall pc=0x200103\n"
    )
    assert machine.process.exit_string == b"sys: bad address in syscall pc=0x200103"


def test_a_negative_count_is_a_bad_address(machine: Machine) -> None:
    machine.run(call(50, 0, data_address(machine), -1, -1))
    assert f"invalid address {data_address(machine):#x}/4294967295 in sys call" in machine.said()


@pytest.mark.parametrize("length", [0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize(("number", "before"), [(43, (0,)), (23, (1,)), (50, (0,)), (51, (1,))])
def test_a_length_of_2_gb_is_bad_even_where_memory_is(
    machine: Machine, number: int, before: tuple[int, ...], length: int
) -> None:
    at = data_address(machine)
    machine.run(call(24, at + (5 << 30)), call(number, *before, at, length, -1))
    assert f"invalid address {at:#x}/{length} in sys call" in machine.said()
    assert machine.cpu.results == [0, -1]


def test_reading_into_text_kills(machine: Machine) -> None:
    machine.run(call(50, 0, machine.target.text_base, 4, -1))
    assert f"invalid address {machine.target.text_base:#x}/4 in sys call" in machine.said()


def test_length_0_still_wants_an_address(machine: Machine) -> None:
    machine.run(call(51, 1, 0, 0, -1))
    assert "invalid address 0x0/0 in sys call" in machine.said()


@pytest.mark.parametrize("number", [48, 49, 54, 60, 0xFFFFFFFF])
def test_unknown_number(machine: Machine, number: int) -> None:
    machine.run(call(number))
    assert machine.process.exit_string == b"sys: bad sys call pc=0x200103"
    assert machine.said() == "prog 1: suicide: sys: bad sys call pc=0x200103\n"


def test_only_the_low_32_bits_of_the_number_count(machine: Machine) -> None:
    machine.run(call(0x100000000 | 53))
    assert abs(machine.cpu.results[0] - time.time_ns()) < 60_000_000_000


def test_stack_pointer_rules(machine: Machine) -> None:
    target = machine.target
    machine.run(
        call(53, sp=target.stack_top - 48), call(53, sp=target.stack_top - 49), call(53, sp=target.stack_base + 64)
    )
    assert len(machine.cpu.results) == 3
    assert machine.process.exit_string == b""


@pytest.mark.parametrize("below", [47, 40, 1, 0])
def test_stack_pointer_too_close_to_the_top(machine: Machine, below: int) -> None:
    sp = machine.target.stack_top - below
    machine.run(call(53, sp=sp))
    assert f"invalid address 0x{sp:x}/48 in sys call" in machine.said()


def test_odd_stack_pointer(machine: Machine) -> None:
    machine.run(call(53, sp=machine.target.stack_base + 0x2002))
    if machine.target.name == "arm64":
        assert machine.process.exit_string == b"sys: odd address pc=0x200103"
    else:
        assert machine.process.exit_string == b""


def test_errstr_swaps(machine: Machine) -> None:
    at = data_address(machine)
    swapped: list[bytes] = []

    def look(cpu: FakeCpu) -> None:
        swapped.append(cpu.peek(at, 64).split(b"\0")[0])

    machine.run(call(4, 77), poke(at, b"mine\0" + b"." * 60), call(41, at, 64), look, call(41, at + 128, 5))
    assert machine.cpu.results == [-1, 0, 0]
    assert swapped == [b"fd out of range or not open"]
    assert machine.cpu.peek(at + 128, 5) == b"mine\0"


def test_errstr_is_cut_at_a_rune(machine: Machine) -> None:
    at = data_address(machine)
    machine.process.error = "ab\u00e9".encode()
    machine.run(call(41, at, 4))
    assert machine.cpu.peek(at, 3) == b"ab\0"


def test_errstr_without_room(machine: Machine) -> None:
    machine.run(call(41, data_address(machine), 0))
    assert machine.cpu.results[0] == -1
    assert machine.process.error == b"bad arg in system call"


def test_success_leaves_the_error_string(machine: Machine) -> None:
    machine.run(call(4, 77), call(53))
    assert machine.process.error == b"fd out of range or not open"


def test_sleep(machine: Machine) -> None:
    start = time.monotonic()
    machine.run(call(17, 30), call(17, 0), call(17, -5))
    assert machine.cpu.results == [0, 0, 0]
    assert time.monotonic() - start >= 0.03


# Memory.


def test_brk(machine: Machine) -> None:
    bss = machine.process.memory.segments[BSS]
    assert bss is not None
    base, top, page = bss.base, bss.top, machine.target.page

    def look(cpu: FakeCpu) -> None:
        cpu.results.append(cpu.peek(top + 5 * page, 1)[0])

    machine.run(
        call(24, 0),
        call(24, top + 5 * page + 1),
        poke(top + 5 * page, b"x"),
        call(24, base + page),
        call(24, top + 6 * page),
        look,
    )
    assert machine.cpu.results == [base, 0, 0, 0, 0]
    assert bss.top == top + 6 * page


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (1 << 12, b"virtual memory allocation failed"),
        (1 << 47, b"segments overlap"),
        ("stack", b"segments overlap"),
        ("large", b"virtual memory allocation failed"),
    ],
)
def test_brk_refuses(machine: Machine, address: int | str, text: bytes) -> None:
    where = {"stack": machine.target.stack_base + 1, "large": data_address(machine) + 2 * machine.target.max_segment}
    machine.run(call(24, address if isinstance(address, int) else where[address]))
    assert machine.cpu.results[0] == -1
    assert machine.process.error == text


def test_brk_into_data_frees_the_bss(machine: Machine) -> None:
    bss = machine.process.memory.segments[BSS]
    assert bss is not None
    machine.run(call(24, data_address(machine)))
    assert machine.cpu.results[0] == 0
    assert bss.top == bss.base


# exec.


def test_segments(machine: Machine) -> None:
    target = machine.target
    t = target.text_base + target.segment_align
    ranges = [(s.kind, s.base, s.top) for s in machine.process.memory.segments if s is not None]
    assert ranges == [
        ("Stack", target.stack_base, target.stack_top),
        ("Text", target.text_base, t),
        ("Data", t, t + 4096),
        ("Bss", t + 4096, t + 0x3000),
    ]
    assert machine.cpu.peek(t, 8) == b"data\0\0\0\0"
    assert machine.cpu.pc == target.text_base


def test_a_refusal_leaves_the_process_alone(machine: Machine) -> None:
    machine.process.error = b"before"
    with pytest.raises(RefusedError, match="exec header invalid"):
        machine.start(b"\0" * 500)
    assert machine.process.exit_string is None
    assert machine.process.name == b"prog"
    assert machine.cpu.peek(data_address(machine), 4) == b"data"


def test_death_after_commit(machine: Machine) -> None:
    image = bytearray(elf(machine.target))
    image[64 + 56 + 40 : 64 + 56 + 48] = (1 << 37 if machine.target.name == "amd64" else 1 << 34).to_bytes(8, "little")
    machine.start(bytes(image))
    assert machine.process.exit_string == b"virtual memory allocation failed"


def test_a_short_file_dies_when_touched(machine: Machine) -> None:
    image = bytearray(elf(machine.target, data=b"d" * 0x3000))
    machine.start(bytes(image[:-0x1800]))
    at = data_address(machine)
    assert machine.cpu.peek(at, 1) == b"d"
    assert machine.process.memory.missing_page(at + 0x1000) is not None
    machine.run(trap("fault read", 0x2000D4, at + 0x1000))
    assert machine.process.exit_string == b"i/o error in demand load"
    assert machine.said() == ("prog 1: suicide: sys: i/o error in demand load accessing /w/prog: i/o count too small\n")


def test_the_kernel_touching_a_missing_page(machine: Machine) -> None:
    machine.start(elf(machine.target, data=b"d" * 0x3000)[:-0x1800])
    machine.run(call(51, 1, data_address(machine) + 0x1000, 4, -1))
    assert b"i/o error in demand load accessing /w/prog" in (machine.process.exit_string or b"")


def test_an_exit_string_on_a_missing_page(machine: Machine) -> None:
    machine.start(elf(machine.target, data=b"d" * 0x3000)[:-0x1800])
    machine.run(call(8, data_address(machine) + 0x1000))
    assert machine.process.exit_string == b"invalid exit string"
    assert machine.said() == ""


def test_a_file_that_cannot_be_read_dies_when_touched(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the point of no return exec does not fail any more; an interrupted read is tried again."""
    image = elf(machine.target, data=b"d" * 0x3000)
    good = len(image) - 0x1800
    interruptions = [KernelError("interrupted")]

    def read(self: Host, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        if interruptions and offset > 0:
            raise interruptions.pop()
        if offset + len(buffer) > good:
            raise KernelError("the disk is gone")
        return real(self, process, chan, buffer, offset)

    real = Host.read
    monkeypatch.setattr(Host, "read", read)
    machine.start(image)
    at = data_address(machine)
    assert machine.cpu.peek(at, 1) == b"d"
    machine.run(trap("fault read", 0x2000D4, at + 0x2000))
    assert machine.process.exit_string == b"i/o error in demand load"
    assert machine.said() == ("prog 1: suicide: sys: i/o error in demand load accessing /w/prog: the disk is gone\n")
    assert not interruptions


def test_a_short_file_whose_name_is_no_utf8(machine: Machine) -> None:
    """The path is bytes in the note as in the line."""
    path = os.fsencode(machine.folder) + b"/p\xff"
    with open(path, "wb") as file:
        file.write(elf(machine.target, data=b"d" * 0x3000)[:-0x1800])
    os.chmod(path, 0o755)
    execute(machine.process, b"p\xff", [b"p"])
    machine.run(call(51, 1, data_address(machine) + 0x1000, 4, -1))
    assert b"accessing /w/p\xff: i/o count too small" in (machine.process.exit_string or b"")


def test_script(machine: Machine) -> None:
    machine.start()
    script = machine.folder / "sh"
    script.write_text("#!/w/prog -x 'a b'\nrest\n")
    script.chmod(0o755)
    execute(machine.process, b"sh", [b"ignored", b"A1"])
    assert machine.process.name == b"sh"
    argc = int.from_bytes(machine.cpu.peek(machine.cpu.sp, 8), "little")
    words = [int.from_bytes(machine.cpu.peek(machine.cpu.sp + 8 + 8 * i, 8), "little") for i in range(argc)]
    assert [machine.process.memory.string(word) for word in words] == [b"sh", b"-x", b"a b", b"sh", b"A1"]


# Limits.


def test_time_limit(machine: Machine) -> None:
    machine.options.timeout = 0.1
    machine.cpu.steps = [call(17, 60_000)]
    assert machine.kernel.run(machine.process) == "timeout"
    assert machine.process.exit_string == b"Killed: time limit"


def test_time_limit_of_a_spinning_guest(machine: Machine) -> None:
    def spin(cpu: FakeCpu) -> None:
        while not cpu.stopped:
            time.sleep(0.001)

    machine.options.timeout = 0.1
    machine.cpu.steps = [spin]
    assert machine.kernel.run(machine.process) == "timeout"


def test_output_limit(machine: Machine, tmp_path: Path) -> None:
    machine.process.kernel.devices.limit = 10
    at = data_address(machine)
    assert machine.run(call(51, 1, at, 8, -1), call(51, 1, at, 8, -1), call(51, 1, at, 8, -1)) == "output"
    assert len(machine.said()) == 10


@pytest.mark.parametrize(
    ("exit_string", "killed", "status"),
    [
        (b"", None, 0),
        (b"1", None, 1),
        (b"255", None, 255),
        (b"256", None, 1),
        (b"0", None, 1),
        (b"007", None, 7),
        (b"oops", None, 1),
        ("\u00b2".encode(), None, 1),
        (b"", "timeout", 124),
    ],
)
def test_host_status(machine: Machine, exit_string: bytes, killed: str | None, status: int) -> None:
    machine.process.exit_string = exit_string
    outcome = kernels.Outcome(machine.process)
    outcome.killed = killed
    assert outcome.status == status


# Pure parts.


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=5, max_size=5))
def test_slot_widths(values: list[int]) -> None:
    args = Args()
    args.slots = Args.layout.unpack(struct.pack("<5q", *values))
    for index, value in enumerate(values):
        low = struct.unpack("<i", struct.pack("<q", value)[:4])[0]
        assert args.int(index) == args.long(index) == low
        assert args.uint(index) == args.ulong(index) == low & 0xFFFFFFFF
        assert args.vlong(index) == value
        assert args.pointer(index) == value & 0xFFFFFFFFFFFFFFFF


@given(st.text(max_size=80), st.integers(1, 127))
def test_cut_keeps_whole_runes(text: str, limit: int) -> None:
    data = text.encode()
    kept = cut(data, limit)
    assert data.startswith(kept)
    assert len(kept) <= limit
    assert kept.decode() == kept.decode(errors="ignore")
    assert len(data) <= limit or len(kept) > limit - 4


@given(st.binary(max_size=300))
def test_cut_never_fails(data: bytes) -> None:
    assert data.startswith(cut(data))


def test_run_program_says_whose_file_it_is(tmp_path: Path) -> None:
    """exec does not look at e_machine (facts/exec.md §3); the outcome says so."""
    path = tmp_path / "prog"
    path.write_bytes(elf(TARGETS["arm64"], text=bytes(64)))
    path.chmod(0o755)
    outcome = kernels.run_program(str(path), [], Options(), target=TARGETS["amd64"])
    assert outcome.exit_string.startswith(b"sys: trap: ")
    assert outcome.reason == "the file is for arm64; exec on amd64 does not look, and runs it"
    assert outcome.target is TARGETS["amd64"]


def test_run_program_takes_the_machine_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "prog"
    path.write_bytes(elf(TARGETS["arm64"], text=bytes(64)))
    path.chmod(0o755)
    outcome = kernels.run_program(str(path), [], Options())
    assert outcome.exit_string == b"sys: trap: unknown pc=0x10000"
    assert (outcome.reason, outcome.status, outcome.name) == (None, 1, b"prog")


def test_an_unknown_cpu_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prog"
    path.write_bytes(elf(TARGETS["arm64"]))
    options = Options()
    options.cpu = "z80"
    with pytest.raises(BootError, match="unknown CPU z80 for arm64: choose one of baseline, max"):
        kernels.run_program(str(path), [], options)


# Segments (the rest is in tests/conformance/segs.c).


def test_a_detached_segment_is_gone(machine: Machine) -> None:
    name = data_address(machine)
    bad_pointer = call(50, 0, 0x40000000, 4, -1)
    machine.run(poke(name, b"shared\0"), call(30, 0, name, 0x40000000, 1), call(31, 0x40000800), bad_pointer)
    assert machine.cpu.results == [0x40000000, 0, -1]
    assert "invalid address 0x40000000/4 in sys call" in machine.said()


def test_a_read_only_segment_refuses_the_kernel(machine: Machine) -> None:
    name = data_address(machine)
    machine.run(poke(name, b"memory\0"), call(30, 0o40, name, 0x40000000, 1), call(50, 0, 0x40000000, 4, -1))
    assert "invalid address 0x40000000/4 in sys call" in machine.said()


def test_exec_keeps_attached_segments_but_those_that_close(machine: Machine) -> None:
    name = data_address(machine)
    machine.cpu.steps = [
        poke(name, b"memory\0"),
        call(30, 0, name, 0x40000000, 1),
        call(30, 0o100, name, 0x50000000, 1),
    ]
    machine.cpu.run()
    machine.start()
    kept = [segment.base for segment in machine.process.memory.segments[5:] if segment is not None]
    assert kept == [0x40000000]


def test_exec_over_a_segment_that_it_keeps_is_not_guessed(machine: Machine) -> None:
    name, bss = data_address(machine), machine.process.memory.segments[BSS]
    assert bss is not None
    at = bss.base
    machine.cpu.steps = [
        poke(name, b"memory\0"),
        call(31, at),
        call(30, 0, name, 0x40000000, 1),  # takes the bss's slot
        call(30, 0, name, at, 1),
    ]
    machine.cpu.run()
    with pytest.raises(Unsupported, match="exec keeps the attached Bss segment"):
        machine.start()


def test_segfree_of_data_reads_the_file_again(machine: Machine) -> None:
    at = data_address(machine)
    seen: list[bytes] = []

    def look(cpu: FakeCpu) -> None:
        seen.append(cpu.peek(at, 8))

    machine.run(poke(at, b"changed!"), look, call(32, at, 4096), look)
    assert machine.cpu.results == [0]
    assert seen == [b"changed!", b"data\0\0\0\0"]


def test_segfree_of_text_changes_nothing(machine: Machine) -> None:
    machine.run(call(32, machine.target.text_base, 4096))
    assert machine.cpu.results == [0]
    assert machine.cpu.peek(machine.target.text_base, 4) == b"TTTT"


def test_segflush_makes_a_segment_executable_and_its_code_new(machine: Machine) -> None:
    at = data_address(machine)
    machine.run(call(33, at + 8, 16))
    assert machine.cpu.results == [0]
    assert machine.cpu.forgotten == [(at + 8, at + 24)]
    segment = machine.process.memory.segments[DATA]
    assert segment is not None
    assert segment.regions[0].access & EXECUTE
    stack = machine.process.memory.segments[STACK]
    assert stack is not None
    assert not stack.regions[0].access & EXECUTE


def test_brk_without_a_bss(machine: Machine) -> None:
    bss = machine.process.memory.segments[BSS]
    assert bss is not None
    machine.run(call(31, bss.base), call(24, bss.base + 4096))
    assert machine.cpu.results == [0, -1]
    assert machine.process.error == b"bad arg in system call"


@pytest.mark.parametrize("room", [0x3000, 0x5000])
def test_brk_beyond_what_was_reserved(machine: Machine, room: int) -> None:
    """A bss that outgrows its reservation is one segment still, whatever it consists of."""
    memory = machine.process.memory
    bss = memory.segments[BSS]
    assert bss is not None
    bss.regions[0].capacity = room
    base = bss.base
    at = base + room

    def look(cpu: FakeCpu) -> None:
        cpu.results.append(memory.read(at - 2, 4)[0])
        cpu.results.append(memory.read(at - 2, 4)[3])

    def write(cpu: FakeCpu) -> None:
        memory.check(at - 2, 4, True)
        memory.write(at - 2, b"abcd")

    machine.run(
        call(24, at + 0x4000),
        write,
        call(24, at + 0x40000),
        look,
        call(24, at),
        call(24, at + 0x2000),
        look,
        call(24, base),
        call(24, at + 0x2000),
        look,
    )
    assert machine.cpu.results == [0, 0, ord("a"), ord("d"), 0, 0, ord("a"), 0, 0, 0, 0, 0]
    assert bss.top == at + 0x2000


def test_a_large_bss_that_moves_costs_no_memory(machine: Machine) -> None:
    """The kernel promises gigabytes; only what was touched is copied."""
    bss = machine.process.memory.segments[BSS]
    assert bss is not None
    bss.regions[0].capacity = 2 << 30
    at = bss.base + (1 << 30)

    def touch(cpu: FakeCpu) -> None:
        cpu.poke(at, b"x")

    def look(cpu: FakeCpu) -> None:
        cpu.results.append(cpu.peek(at, 1)[0])

    before = resident_bytes()
    machine.run(call(24, bss.base + (2 << 30)), touch, call(24, bss.base + (3 << 30)), look)
    assert machine.cpu.results == [0, 0, ord("x")]
    assert resident_bytes() - before < 64 << 20


@pytest.mark.parametrize("seed", [None, 3])
def test_the_counters_of_a_cpu_follow_the_clock_of_a_seed(seed: int | None) -> None:
    options = Options()
    options.seed = seed
    target = TARGETS["amd64"]
    kernel = Kernel(target, options, lambda: FakeCpu(target))
    cpu = kernel.new_process().cpu
    assert (cpu.clock == kernel.ticks_ns) == (seed is not None)


def test_the_clock_of_a_seed_rings_for_who_only_makes_calls(machine: Machine) -> None:
    """Calls that are served with the CPU at rest end no slice; an alarm comes among them nevertheless."""
    machine.kernel.deterministic = True
    again = call(19, 0x2000)  # rfork(RFREND)
    machine.run(call(6, 10), *[again] * 20_000)
    assert machine.process.exit_string == b"alarm"
    assert len(machine.cpu.steps) > 5_000
