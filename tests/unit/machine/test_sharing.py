"""CPUs that take turns on one engine: registers, address spaces, code, pre-emption."""

from __future__ import annotations

import shutil
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from elf9.machine import amd64, arm64
from elf9.machine.cpu import POISON, EmulatorError
from elf9.machine.memory import ARENAS, EXECUTE, READ, WRITE, Region

from .machines import Machine

IN_HANDLER = "floating point in note handler"
END = {"amd64": b"\xf4", "arm64": bytes(4)}
PC = {"amd64": "rip", "arm64": "pc"}
FLAGS = {"amd64": "rflags", "arm64": "psr"}


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


@pytest.fixture(params=["amd64", "arm64"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    made = Machine(request.param)
    yield made
    made.close()


@pytest.fixture(params=["native", "python"])
def helper(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ELF9_NATIVE", "1" if request.param == "native" else "0")
    name: str = request.param
    return name


def test_set_registers(machine: Machine) -> None:
    """All that `registers` gives can be set; of the flags what user mode may set."""
    machine.cpu.start(machine.text.base, machine.sp, 0)
    values = {name: 0x1234_5678_0000_0000 + at for at, name in enumerate(machine.cpu.registers())}
    flags = FLAGS[machine.target.name]
    for given, kept in (
        ((0xFFFFFFFFFFFFFFFF, 0x240FD7), (0, 0x202)) if flags == "rflags" else ((0xFFFFFFFF, 0xF0000000), (0, 0))
    ):
        values[flags] = given
        machine.cpu.set_registers(values)
        assert machine.cpu.registers() == {**values, flags: kept}
    with pytest.raises(EmulatorError, match="no register w0: the names are"):
        machine.cpu.set_registers({"w0": 1})


def test_flags_reach_the_guest() -> None:
    machine = Machine("amd64")
    entry = machine.load(b"\x9c\x5b\xf4")  # pushf; pop %rbx; hlt
    for flags in (0x202, 0x240ED7, 0x603):
        machine.cpu.start(entry, machine.sp, 0)
        machine.cpu.set_registers({"rflags": flags})
        machine.cpu.run()
        assert machine.cpu.registers()["rbx"] == flags
        assert machine.cpu.registers()["rflags"] == flags
    machine.close()


def test_a_copy_has_all_registers_and_its_own() -> None:
    """General, x87, SSE registers and MXCSR; V registers, FPCR, FPSR and NZCV."""
    for name, load, store in (
        (
            "amd64",
            # stc; movq %rax, %xmm7; fld1; fldpi; ldmxcsr (%rsp)
            b"\xf9\x66\x48\x0f\x6e\xf8\xd9\xe8\xd9\xeb\x0f\xae\x14\x24\xf4",
            # fxsave64 (%rsp); hlt
            b"\x48\x0f\xae\x04\x24\xf4",
        ),
        (
            "arm64",
            # ldr x1, [sp]; msr fpcr, x1; msr fpsr, x1; fmov d7, x0; cmp sp, sp; msr tpidr_el0, x0
            words(0xF94003E1, 0xD51B4401, 0xD51B4421, 0x9E670007, 0xEB2063FF, 0xD51BD040, 0),
            # mrs x1, fpcr; mrs x2, fpsr; mrs x3, tpidr_el0; str q7, [sp, #32]; stp x1, x2, [sp]
            words(0xD53B4401, 0xD53B4422, 0xD53BD043, 0x3D800BE7, 0xA9000BE1, 0),
        ),
    ):
        machine = Machine(name)
        begin, then = machine.load(load), machine.load(store)
        machine.cpu.start(begin, machine.sp, 0x1122334455667788)
        at = machine.sp - machine.stack.base
        machine.stack.view[at : at + 8] = struct.pack("<Q", 0x1F80 if name == "amd64" else 0x0240000)
        machine.cpu.run()
        child = machine.cpu.copy()
        assert child.registers() == machine.cpu.registers()
        images = []
        for cpu in (machine.cpu, child, machine.cpu):
            stack = machine.stack if cpu is machine.cpu else machine.stack.copy()
            if cpu is child:
                for region in (machine.text, machine.data, stack):
                    cpu.map(region)
            cpu.set_registers({PC[name]: then})
            cpu.run()
            images.append((bytes(stack.view[at : at + 512]), cpu.registers()))
        if name == "arm64":
            assert images[1][1].pop("x3") & ~0xFF == POISON
            assert images[0][1].pop("x3") == images[2][1].pop("x3") == 0x1122334455667788
        assert images[0] == images[1] == images[2]
        assert struct.pack("<Q", 0x1122334455667788) in images[0][0]
        child.close()
        machine.close()


def test_two_spaces_with_other_code_and_data_at_the_same_place(machine: Machine) -> None:
    """Each CPU runs its own text and sees its own data, however often they take turns; what is shared is seen."""
    name = machine.target.name
    base = machine.target.text_base
    shared = Region(0x900000, 0x1000, READ | WRITE)
    cpus = []
    for number in range(3):
        cpu = machine.cpu.copy()
        text = Region(base, 0x1000, READ | EXECUTE)
        # data += number + 1; shared += 1; a system call
        if name == "amd64":
            code = b"\x80\x04\x25\x00\x00\x50\x00" + bytes([number + 1]) + b"\x80\x04\x25\x00\x00\x90\x00\x01\x0f\x05"
            code += b"\xeb" + (-len(code) - 2 & 0xFF).to_bytes(1, "little")
        else:
            code = words(
                0xD2A00A01,  # mov x1, #0x500000
                0x39400022,  # ldrb w2, [x1]
                0x11000042 | (number + 1) << 10,
                0x39000022,
                0xD2A01201,  # mov x1, #0x900000
                0x39400022,
                0x11000442,
                0x39000022,
                0xD4000001,
                0x17FFFFF7,
            )
        text.view[: len(code)] = code
        data = Region(0x500000, 0x1000, READ | WRITE)
        for region in (text, data, shared):
            cpu.map(region)
        cpu.start(base, machine.sp, 0)
        cpu.on_call = lambda _number, _sp: None
        cpus.append((cpu, data))
    for turn in range(1, 20):
        for number, (cpu, data) in enumerate(cpus):
            assert cpu.run().kind == "call"
            cpu.call_return(0)
            assert data.view[0] == turn * (number + 1)
            assert shared.view[0] == 3 * (turn - 1) + number + 1
    for cpu, _ in cpus:
        cpu.close()


def test_equal_text_of_another_process_is_the_same_code(machine: Machine) -> None:
    """Text with the same contents shares translations; changed from outside, it is on its own again."""
    one = b"\xb8\x01\0\0\0\xf4" if machine.target.name == "amd64" else words(0xD2800020, 0)
    two = b"\xb8\x02\0\0\0\xf4" if machine.target.name == "amd64" else words(0xD2800040, 0)
    register = "rax" if machine.target.name == "amd64" else "x0"
    machine.cpu.image("the program")
    assert machine.run(one)[1] == machine.text.base
    text = machine.text.copy()
    child = machine.cpu.copy()
    child.map(text)

    def result(cpu: amd64.Cpu | arm64.Cpu) -> int:
        cpu.start(machine.text.base, machine.sp, 0)
        cpu.run()
        return cpu.registers()[register]

    assert result(child) == 1
    assert child.space.physical[text] == machine.text.block.physical
    text.view[: len(two)] = two
    child.forget_code(text.base, text.base + 4)
    assert (result(child), result(machine.cpu)) == (2, 1)
    machine.text.view[: len(two)] = two
    machine.cpu.forget_code(text.base, text.base + 4)
    assert (result(child), result(machine.cpu)) == (2, 2)
    child.close()


def test_memory_of_the_dead_is_not_run(machine: Machine) -> None:
    """A region that takes the place of a closed one on the host has its own code and starts as zeros."""
    register = "rax" if machine.target.name == "amd64" else "x0"
    for number in range(8):
        region = Region(0x900000, 0x1000, READ | WRITE | EXECUTE)
        assert not any(region.view)
        code = b"\xb8" + bytes([number]) + b"\0\0\0\xf4"
        if machine.target.name == "arm64":
            code = words(0xD2800000 | number << 5, 0)
        region.view[: len(code)] = code
        machine.cpu.map(region)
        machine.cpu.start(region.base, machine.sp, 0)
        machine.cpu.run()
        assert machine.cpu.registers()[register] == number
        machine.cpu.unmap(region)
        region.close()


@pytest.mark.usefixtures("helper")
def test_watches_know_their_code() -> None:
    """Made code at one address in two spaces: a check made for the one does not trap in the other."""
    machine = Machine("amd64")
    movaps, movups = b"\x0f\x28\x44\x24\x08\xf4", b"\x0f\x10\x44\x24\x08\xf4"
    regions, cpus = [], []
    for code in (movaps, movups):
        region = Region(0x900000, 0x1000, READ | WRITE | EXECUTE)
        region.view[: len(code)] = code
        cpu = machine.cpu.copy()
        cpu.map(region)
        cpu.map(machine.stack)
        cpus.append(cpu)
        regions.append(region)
    for _ in range(3):
        for cpu, at in zip(cpus, (0, 5), strict=True):
            cpu.start(0x900000, machine.sp, 0)
            assert cpu.run().pc == 0x900000 + at
    # The guest changes its own code, and is watched anew.
    regions[1].view[: len(movaps)] = movaps
    cpus[1].forget_code(0x900000, 0x901000)
    for cpu in cpus:
        cpu.start(0x900000, machine.sp, 0)
        assert cpu.run().pc == 0x900000
        cpu.close()
    machine.close()


def test_code_that_changes_itself(machine: Machine) -> None:
    """A store into code that is about to run, by the one or by the other who shares it."""
    region = Region(0x900000, 0x1000, READ | WRITE | EXECUTE)
    if machine.target.name == "amd64":
        # movb $7, 1f+1; nop x20; 1: mov $0, %eax; hlt
        code = b"\xc6\x04\x25\x22\x00\x90\x00\x07".ljust(0x21, b"\x90") + b"\xb8\0\0\0\0\xf4"
        other, at, register = b"\xc6\x04\x25\x22\x00\x90\x00\x09\xf4", 0x21, "rax"
    else:
        # w1 = mov x0, #7 or 9; str w1, [x2]; b to the end; 1: mov x0, #0
        def store(number: int) -> bytes:
            word = 0xD2800000 | number << 5
            return words(
                0x52800001 | (word & 0xFFFF) << 5, 0x72A00001 | (word >> 16) << 5, 0xD2A01202, 0x91008042, 0xB9000041
            )

        code = (store(7) + words(0x14000003)).ljust(0x20, b"\0") + words(0xD2800000, 0)
        other, at, register = store(9) + words(0), 0x20, "x0"
    region.view[: len(code)] = code
    entry = machine.load(other)
    child = machine.cpu.copy()
    for mapped in (region, machine.text, machine.stack):
        child.map(mapped)
    machine.cpu.map(region)
    for cpu, start, expected in (
        (machine.cpu, 0x900000 + at, 0),
        (machine.cpu, 0x900000, 7),
        (child, 0x900000 + at, 7),
        (child, entry, None),
        (machine.cpu, 0x900000 + at, 9),
        (child, 0x900000 + at, 9),
    ):
        cpu.start(start, machine.sp, 0)
        cpu.run()
        if expected is not None:
            assert cpu.registers()[register] == expected
    child.close()


def test_images(machine: Machine) -> None:
    """An engine is used again for the same program, while it runs or after; a few idle ones are kept."""
    machine.cpu.image("shell")
    machine.run(END[machine.target.name])
    engines = machine.cpu._engines.engines
    for number in range(20):
        child = machine.cpu.copy()
        assert child._engine is machine.cpu._engine
        child.image(f"program {number % 15}")
        assert child._engine is not machine.cpu._engine
        child.map(machine.text)
        child.start(machine.text.base, machine.sp, 0)
        child.run()
        again = child.copy()
        again.image("shell")
        assert again._engine is machine.cpu._engine
        again.close()
        child.close()
        assert len(engines) <= 14
    machine.cpu.close()
    assert not engines


def test_exec_within_a_call(machine: Machine) -> None:
    """on_call may put another program on the CPU: what it sets is not touched by the call's return."""
    call = b"\x0f\x05\xf4" if machine.target.name == "amd64" else words(0xD4000001, 0)
    entry = machine.load(call)
    other = machine.load(END[machine.target.name] * 3)

    def execute(_number: int, _sp: int) -> None:
        machine.cpu.image("another")
        machine.cpu.start(other, machine.sp, 7)

    machine.cpu.on_call = execute
    machine.cpu.start(entry, machine.sp, 0)
    trap = machine.cpu.run()
    assert (trap.kind, machine.cpu.pc) == ("call", other)
    assert machine.cpu.run().pc == other
    assert machine.cpu.registers()["rax" if machine.target.name == "amd64" else "x0"] == 7
    # The same for registers set within a call: a handler's, or the ones noted(2) restores.
    machine.cpu.on_call = lambda _number, _sp: machine.cpu.set_registers({PC[machine.target.name]: other})
    machine.cpu.start(entry, machine.sp, 0)
    assert machine.cpu.run().kind == "call"
    assert machine.cpu.run().pc == other


def test_fork_within_a_call(machine: Machine) -> None:
    """A child made while its parent is in the call goes on behind it, on the same engine."""
    call = b"\x0f\x05\xf4" if machine.target.name == "amd64" else words(0xD4000001, 0)
    children = []

    def fork(_number: int, _sp: int) -> int:
        child = machine.cpu.copy()
        child.call_return(0)
        child.map(machine.text)
        children.append(child)
        return 5

    machine.cpu.on_call = fork
    trap, _ = machine.run(call)
    child_trap = children[0].run()
    assert (child_trap.kind, child_trap.pc) == (trap.kind, trap.pc)
    result = "rax" if machine.target.name == "amd64" else "x0"
    parent, child = machine.cpu.registers(), children[0].registers()
    assert (parent.pop(result), child.pop(result)) == (5, 0)
    assert parent == child
    children[0].close()


# Floating point in a note handler.

FLOAT = {
    # movaps, addps, fldz, movq mm0, stmxcsr, misaligned movaps
    "amd64": [
        b"\x0f\x28\xc0",
        b"\x0f\x58\xc1",
        b"\xd9\xee",
        b"\x0f\x6f\xc0",
        b"\x0f\xae\x1c\x24",
        b"\x0f\x28\x44\x24\x08",
    ],
    # fmov d0, d0; mov v0.16b; mrs fpcr; msr fpsr; ldr q0; stp q0, q1
    "arm64": [words(w) for w in (0x1E604000, 0x4EA01C00, 0xD53B4400, 0xD51B4420, 0x3DC003E0, 0xAD0007E0)],
}


@pytest.mark.usefixtures("helper")
def test_float_in_a_handler(machine: Machine) -> None:
    """Each instruction traps before it does anything, and runs again when it may; copies may as their origin."""
    name = machine.target.name
    for code in FLOAT[name]:
        entry = machine.load(code + END[name])
        for allowed in (True, False, True, False):
            machine.cpu.start(entry, machine.sp, 0)
            machine.cpu.float_allowed = allowed
            assert machine.cpu.float_allowed is allowed
            trap = machine.cpu.run()
            assert (trap.kind == IN_HANDLER) is not allowed, code.hex()
            if not allowed:
                assert trap.pc == entry
        machine.cpu.start(entry, machine.sp, 0)
        machine.cpu.float_allowed = False
        child = machine.cpu.copy()
        for region in (machine.text, machine.stack):
            child.map(region)
        assert child.run().kind == IN_HANDLER
        child.float_allowed = True
        assert child.run().kind != IN_HANDLER
        assert machine.cpu.run().kind == IN_HANDLER
        child.close()


@pytest.mark.usefixtures("helper")
def test_a_handler_that_writes_tpidr() -> None:
    """Floating point traps behind it as well, and the register is written."""
    machine = Machine("arm64")
    entry = machine.load(words(0xD51BD047, 0xD53BD041, 0x1E604000, 0))  # msr tpidr_el0, x7; mrs x1; fmov d0, d0
    for allowed in (True, False):
        machine.cpu.start(entry, machine.sp, 0)
        machine.cpu.set_registers({"x7": 0x1234})
        machine.cpu.float_allowed = allowed
        trap = machine.cpu.run()
        assert (trap.kind, trap.pc) == (("unknown", entry + 12) if allowed else (IN_HANDLER, entry + 8))
        assert machine.cpu.registers()["x1"] == 0x1234
    machine.close()


def test_sticky_flags_survive_a_refused_instruction() -> None:
    """The flags raised before the handler are there after it."""
    machine = Machine("amd64")
    # 1/3; then addps in a "handler"; stmxcsr
    third = b"\xb8\x01\0\0\0\xf2\x0f\x2a\xc0\xb8\x03\0\0\0\xf2\x0f\x2a\xc8\xf2\x0f\x5e\xc1\xf4"
    assert machine.run(third)[0].kind == "general protection violation"
    add, store = machine.load(b"\xf2\x0f\x58\xc0\xf4"), machine.load(b"\x0f\xae\x1c\x24\xf4")
    machine.cpu.float_allowed = False
    machine.cpu.set_registers({"rip": add})
    assert machine.cpu.run().kind == IN_HANDLER
    machine.cpu.float_allowed = True
    machine.cpu.set_registers({"rip": store})
    machine.cpu.run()
    at = machine.sp - machine.stack.base
    assert machine.stack.view[at : at + 4].tobytes() == struct.pack("<I", 0x1920)
    machine.close()


def test_who_unmasks_exceptions_does_not_slow_the_others() -> None:
    """A program that runs itself again, as Go's do: the child traps, the parent's arithmetic stays unwatched."""
    machine = Machine("amd64")
    machine.cpu.image("program")
    mask = b"\xc7\x04\x24\x80\x1f\0\0\x0f\xae\x14\x24"  # ldmxcsr 0x1f80
    divide = b"\xb8\1\0\0\0\xf2\x0f\x2a\xc0\x31\xc0\xf2\x0f\x2a\xc8\xf2\x0f\x5e\xc1\xf4"  # 1/0; hlt
    assert machine.run(mask + divide)[0].kind == "general protection violation"
    parents = machine.cpu._engine
    assert isinstance(parents, amd64.Engine)
    alone = machine.load(divide)
    machine.cpu.set_registers({"rip": alone})
    assert machine.cpu.run().kind == "general protection violation"
    child = machine.cpu.copy()
    child.image("program")
    for region in (machine.text, machine.stack):
        child.map(region)
    for _ in range(2):
        child.start(alone, machine.sp, 0)
        trap = child.run()
        assert (trap.kind, trap.status, trap.pc) == ("floating point", 4, alone + 15)
        assert child._engine is not parents and child._engine.strict
        # the same block, translated where it is not watched
        machine.cpu.set_registers({"rip": alone})
        assert machine.cpu.run().kind == "general protection violation"
        assert not parents.strict and not parents._float_watched
    child.set_registers({"rip": machine.load(mask + b"\xf4")})
    child.run()
    child.set_registers({"rip": alone})
    machine.cpu.run()
    assert child.run().kind == "general protection violation"
    assert child._engine is parents
    child.close()
    machine.close()


# Pre-emption.

# Loops that end well only if each of their instructions ran exactly once: additions to memory, locked and
# not, flags kept over a store, SSE arithmetic, PUSH, CALL, REP MOVSB; exclusive and ordered accesses, loads
# that overwrite their base, write-back.  The counter is r14 or x20, the number of rounds r15 or x27.
CHECKED = {
    "amd64": bytes.fromhex(
        "bb000040004531e448b8157c4a7fb979379e4989c566480f6ee80f57c041be0000000048830301f04883430801ff43104c0f"
        "c163184c8963184c89e9f90f29434048835320004801c9488b532073054883432801f2410f2acef20f114b50b903000000f2"
        "0f2ad1f20f595350f2480f2dd24b8d0c764839ca756e52e8690000005e4839ce7562488db380000000488dbb00020000b925"
        "000000fcf3a485c97548488d93a50000004839d6753c488b5308488b0b4839ca75308b531039d17529483b4b20752348f75b"
        "3048f75b3048f7533848d1436841ffc64c39f1750b4539fe0f853dffffff0f0bf4488343700148836b700175f3c3"
    ),
    "arm64": bytes.fromhex(
        "5300a0d2140080d2150080d2600240f900040091600200f90100001462220091437c5fc863040091437c04c8a4ffff357322"
        "00f9e50313aaa52040f9bf0013eba1040054e60313aac61c44a9df0013eb21040054e80313aa140501f8090d5ff8600200f9"
        "1f0113eb610300546afedfc85f0100eb010300544b010aab4bfc9fc8430000f96c0202918bfd9fc88cfddfc89f010beb0102"
        "00548002629e0128601e613200fd623240fd4d00789ebf0514eb21010054940600911f0014ebc10000547f0014eb81000054"
        "9f021beb01faff5400000000200020d4"
    ),
}
COUNTER = {"amd64": "r14", "arm64": "x20"}


def self_checking(machine: Machine, rounds: int) -> tuple[bytes, dict[str, int]]:
    """The loop, and the register that says how often."""
    name = machine.target.name
    return CHECKED[name], {"r15" if name == "amd64" else "x27": rounds}


@pytest.mark.parametrize("others", [1, 2])
def test_preemption_is_exact(machine: Machine, others: int) -> None:
    """Interrupted in each millisecond, the loop does not lose or repeat an instruction; two take turns."""
    rounds = 300_000 if machine.target.name == "amd64" else 1_500_000
    code, registers = self_checking(machine, rounds)
    entry = machine.load(code)
    cpus = []
    for _ in range(others):
        cpu = machine.cpu.copy()
        data = Region(machine.data.base, 0x1000, READ | WRITE)
        for region in (machine.text, data, machine.stack.copy()):
            cpu.map(region)
        cpu.start(entry, machine.sp, 0)
        cpu.set_registers(registers)
        cpus.append(cpu)
    over = threading.Event()
    current = [cpus[0]]

    def tick() -> None:
        while not over.wait(0.001):
            current[0].preempt()

    thread = threading.Thread(target=tick)
    thread.start()
    stops, traps = 0, []
    running = list(cpus)
    try:
        while running:
            for cpu in list(running):
                current[0] = cpu
                trap = cpu.run()
                if trap.kind == "preempted":
                    stops += 1
                else:
                    traps.append(trap)
                    running.remove(cpu)
    finally:
        over.set()
        thread.join()
    assert [trap.kind for trap in traps] == ["invalid opcode" if machine.target.name == "amd64" else "unknown"] * others
    assert stops > 10
    for cpu in cpus:
        assert cpu.registers()[COUNTER[machine.target.name]] == rounds
        cpu.close()


def test_preemption_without_a_compiler(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slower, and as exact."""
    monkeypatch.setenv("ELF9_NATIVE", "0")
    code, registers = self_checking(machine, 3000)
    machine.cpu.start(machine.load(code), machine.sp, 0)
    machine.cpu.set_registers(registers)
    stops = 0
    while True:
        timer = threading.Timer(0.003, machine.cpu.preempt)
        timer.start()
        trap = machine.cpu.run()
        timer.join()
        if trap.kind != "preempted":
            break
        stops += 1
    assert trap.kind in {"invalid opcode", "unknown"}
    assert stops


def test_a_preemption_between_runs_is_not_lost(machine: Machine) -> None:
    spin = b"\xeb\xfe" if machine.target.name == "amd64" else words(0x14000000)
    machine.cpu.start(machine.load(spin), machine.sp, 0)
    machine.cpu.preempt()
    assert machine.cpu.run().kind == "preempted"
    timer = threading.Timer(0.05, machine.cpu.preempt)
    timer.start()
    start = time.monotonic()
    assert machine.cpu.run().kind == "preempted"
    timer.join()
    assert time.monotonic() - start < 5


@pytest.mark.usefixtures("helper")
def test_blocks_are_counted(machine: Machine) -> None:
    """The same number of blocks ends at the same place every time, whatever was translated before."""
    code, registers = self_checking(machine, 400)
    entry = machine.load(code)

    def places(blocks: int) -> list[tuple[int, ...]]:
        machine.data.view[:] = bytes(len(machine.data.view))
        machine.cpu.start(entry, machine.sp, 0)
        machine.cpu.set_registers(registers)
        found = []
        while machine.cpu.run(blocks=blocks).kind == "preempted":
            found.append(tuple(machine.cpu.registers().values()))
        return found

    first = places(7)
    assert len(first) > 100
    assert places(7) == first
    assert places(21) == first[2::3]
    machine.cpu.run()


@pytest.mark.parametrize("inside", [1, 2, 5, 40])
def test_a_slice_may_end_inside_of_a_block(machine: Machine, helper: str, inside: int) -> None:
    """Behind some instructions of the block that would be next; none is lost, and nothing piles up."""
    code, registers = self_checking(machine, 40)
    entry = machine.load(code)
    machine.cpu.start(entry, machine.sp, 0)
    machine.cpu.set_registers(registers)
    engine = machine.cpu._engine
    places = set()
    kinds: list[str] = []
    while not kinds or kinds[-1] == "preempted":
        trap = machine.cpu.run(2, inside)
        kinds.append(trap.kind)
        places.add(trap.pc)
        assert trap.kind != "preempted" or trap.pc == machine.cpu.pc
    assert kinds[-1] in {"invalid opcode", "unknown"}
    assert len(kinds) > 40 and len(places) > 3
    assert machine.cpu.registers()[COUNTER[machine.target.name]] == 40
    assert not any("pause" in watches for watches in engine._watches.values())


def test_counters_follow_the_clock() -> None:
    """arm64: CNTVCT_EL0 at 62.5 MHz and PMCCNTR_EL0, once a clock is given."""
    machine = Machine("arm64")
    machine.cpu.clock = lambda: 1600
    machine.run(words(0xD53BE041, 0xD53B9D02, 0xD53BE05F, 0))
    registers = machine.cpu.registers()
    assert (registers["x1"], registers["x2"]) == (100, 1600)
    machine.close()


# Translation of addresses.


@pytest.mark.usefixtures("helper")
def test_many_pages_in_turns(machine: Machine) -> None:
    """Enough pages for C to take over, in two spaces."""
    size = 2000 * 4096
    if machine.target.name == "amd64":
        code = b"\xbe\0\0\0\x01\xb9\xd0\x07\0\0\xfe\x06\x48\x81\xc6\0\x10\0\0\xff\xc9\x75\xf3\xf4"
    else:
        code = words(0xD2A02001, 0xD280FA02, 0x39400023, 0x11000463, 0x39000023, 0x91400421, 0xF1000442, 0x54FFFF61, 0)
    entry = machine.load(code)
    heaps = [Region(0x1000000, size, READ | WRITE) for _ in range(2)]
    child = machine.cpu.copy()
    child.map(machine.text)
    for cpu, heap in zip((machine.cpu, child), heaps, strict=True):
        cpu.map(heap)
    for _ in range(3):
        for cpu in (machine.cpu, child, child):
            cpu.start(entry, machine.sp, 0)
            assert cpu.run().pc == entry + len(code) - (1 if machine.target.name == "amd64" else 4)
    assert (set(heaps[0].view[::4096]), set(heaps[1].view[::4096])) == ({3}, {6})
    assert (sum(heaps[0].view), sum(heaps[1].view)) == (6000, 12000)
    heaps[1].access = READ
    child.changed(heaps[1], heaps[1].top)
    child.start(entry, machine.sp, 0)
    assert child.run().kind == "fault write"
    child.close()


def test_lock_before_a_bit_test_of_a_register() -> None:
    """Unicorn would end the process when it translates one."""
    machine = Machine("amd64")
    machine.load(b"\x90")
    for code in (b"\xf0\x0f\xab\xc0", b"\xf0\x0f\xba\xe8\x05", b"\xf0\x48\x0f\xb3\xc8", b"\x66\xf0\x0f\xbb\xc8"):
        entry = machine.load(b"\x90" + code)
        fresh = Machine("amd64")
        fresh.text.view[:] = machine.text.view
        fresh.cpu.start(entry, machine.sp, 0)
        trap = fresh.cpu.run()
        assert (trap.kind, trap.pc) == ("invalid opcode", entry + 1)
        fresh.close()
    machine.close()


# String instructions.


def test_string_instructions_in_c() -> None:
    """REP STOS and REP MOVS give the same with and without the helper, at edges, too."""
    outcomes = []
    for native in ("1", "0"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ELF9_NATIVE", native)
            machine = Machine("amd64")
            heap = Region(0x10000000, 0x400000, READ | WRITE)
            beside = [Region(base, 0x1000, READ | WRITE) for base in (0x20000000, 0x20001000)]
            for region in (heap, *beside):
                machine.cpu.map(region)
            found = []
            for code in ("f3aa", "f3ab", "f348ab", "f3a4", "f3a5", "f348a5", "fdf3a4", "fdf3aa"):
                entry = machine.load(bytes.fromhex(code) + b"\xfc\xf4")
                for rax, to, start, count in (
                    (0x1122334455667788, 0x10000100, 0x10000007, 300),
                    (0, 0x10000333, 0x10001000, 0x3F000),
                    (7, 0x10000800, 0x10000803, 77),
                    (7, 0x10000803, 0x10000800, 77),
                    (7, 0x100FFFE0, 0x10000000, 0),
                    (7, 0x103FFF00, 0x10000000, 0x101),
                    (7, 0x10000000, 0x103FFF00, 0x101),
                    (7, machine.text.base, 0x10000000, 4),
                    (0x0101010101010101, 0x20000F03, 0x10000000, 0x90),
                    (7, 0x10000000, 0x20000EFD, 0x90),
                    (7, 0x20000E05, 0x20000F01, 0x90),
                    (7, 0x20000F00, 0x10000000, 0x1000),
                ):
                    for region in (heap, *beside):
                        region.view[:0x1000] = bytes(range(256)) * 16
                    heap.view[0x1000:0x2000] = bytes(range(256)) * 16
                    machine.cpu.start(entry, machine.sp, 0)
                    machine.cpu.set_registers({"rax": rax, "rdi": to, "rsi": start, "rcx": count})
                    trap = machine.cpu.run()
                    registers = machine.cpu.registers()
                    memory = hash(b"".join(bytes(region.view) for region in (heap, *beside)))
                    found.append((repr(trap), registers, memory))
            outcomes.append(found)
            machine.close()
    assert outcomes[0] == outcomes[1]


def test_a_large_fill_with_zeros_costs_no_memory() -> None:
    """What a garbage collector does at its start: the pages stay untouched."""
    if not shutil.which("cc"):
        pytest.skip("no C compiler on this host")
    machine = Machine("amd64")
    heap = Region(0x10000000, 64 << 20, READ | WRITE)
    heap.view[5 << 20] = 1
    machine.cpu.map(heap)
    entry = machine.load(b"\xf3\x48\xab\xf4")
    machine.cpu.start(entry, machine.sp, 0)
    machine.cpu.set_registers({"rax": 0, "rdi": heap.base, "rcx": 8 << 20})
    machine.cpu.run()
    assert machine.cpu.registers()["rdi"] == heap.top
    assert heap.view[5 << 20] == 0
    resident = ARENAS.resident(heap.address, heap.size)
    assert resident is None or sum(page & 1 for page in resident) < 20
    machine.close()
