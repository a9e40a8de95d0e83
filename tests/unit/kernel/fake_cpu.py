"""A CPU made of Python: its program is a list of steps that make system calls, poke memory or trap."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

from elf9.machine.cpu import Trap
from elf9.machine.memory import Region
from elf9.target import Target

Step = Callable[["FakeCpu"], Trap | None]


class FakeCpu:
    """See `elf9.machine.cpu.Cpu`.  `results` collects what the calls returned."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.regions: list[Region] = []
        self.on_call: Callable[[int, int], int | None] = lambda number, sp: None
        self.pc = self.sp = 0
        self.steps: list[Step] = []
        self.results: list[int] = []
        self.forgotten: list[tuple[int, int]] = []
        self.stopped = False
        self.float_allowed = True
        self.temporary = 0
        self.clock: Callable[[], int] = time.monotonic_ns
        #: What the registers were set to.
        self.set: list[dict[str, int]] = []
        self.images: list[object] = []
        #: Does it let others take its place; who has just done so.
        self.passes = True
        self.successor: FakeCpu | None = None
        self.passed = 0
        #: The programs of copies that will be made; and the copies.
        self.children: list[list[Step]] = []
        self.born: list[FakeCpu] = []

    def copy(self) -> FakeCpu:
        made = FakeCpu(self.target)
        made.pc, made.sp, made.passes = self.pc, self.sp, self.passes
        made.steps = self.children.pop(0) if self.children else []
        self.born.append(made)
        return made

    def image(self, key: object) -> None:
        self.images.append(key)

    def set_registers(self, values: dict[str, int]) -> None:
        self.set.append(values)
        self.pc = values.get("rip", values.get("pc", self.pc))
        self.sp = values.get("rsp", values.get("sp", self.sp))

    def preempt(self) -> None:
        pass

    def pass_on(self, other: FakeCpu, result: int) -> int | None:
        if not self.passes or other.stopped:
            return None
        self.successor = other
        self.passed += 1
        return result

    def map(self, region: Region) -> None:
        assert not any(other.base < region.top and region.base < other.top for other in self.regions)
        self.regions.append(region)

    def unmap(self, region: Region) -> None:
        self.regions.remove(region)

    def changed(self, region: Region, old_top: int) -> None:
        assert region in self.regions

    def forget_code(self, start: int, stop: int) -> None:
        self.forgotten.append((start, stop))

    def start(self, entry: int, sp: int, tos: int) -> None:
        self.pc, self.sp = entry, sp

    def run(self, blocks: int | None = None, inside: int = 0) -> Trap:
        cpu = self
        while cpu.steps and not cpu.stopped:
            trap = cpu.steps.pop(0)(cpu)
            if trap is not None:
                return trap
            if cpu.successor is not None:
                successor, cpu.successor = cpu.successor, None
                cpu = successor
        return Trap("stopped", cpu.pc)

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.regions.clear()

    def call_return(self, result: int) -> None:
        self.results.append(result)

    def registers(self) -> dict[str, int]:
        if self.target.name == "amd64":
            names = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", *(f"r{number}" for number in range(8, 16)))
            return {**dict.fromkeys(names, 0), "rip": self.pc, "rsp": self.sp, "rflags": 0x202}
        return {**{f"x{number}": 0 for number in range(31)}, "pc": self.pc, "sp": self.sp, "psr": 0}

    # For the tests.

    def poke(self, address: int, data: bytes) -> None:
        """Store bytes as the guest would."""
        for region in self.regions:
            if region.base <= address < region.top:
                region.view[address - region.base : address - region.base + len(data)] = data
                return
        raise AssertionError(f"nothing at {address:#x}")

    def peek(self, address: int, length: int) -> bytes:
        """Bytes as the guest sees them."""
        for region in self.regions:
            if region.base <= address < region.top:
                return bytes(region.view[address - region.base : address - region.base + length])
        raise AssertionError(f"nothing at {address:#x}")


def call(number: int, *slots: int, sp: int | None = None, pc: int = 0x200103) -> Step:
    """A step that makes a system call from a stack below the program's."""

    def step(cpu: FakeCpu) -> Trap | None:
        saved = cpu.sp
        cpu.sp = saved - 0x100 if sp is None else sp
        if sp is None:
            padded = [*slots, *([0] * (5 - len(slots)))]
            cpu.poke(cpu.sp, struct.pack("<6Q", 0, *(slot & 0xFFFFFFFFFFFFFFFF for slot in padded)))
        cpu.pc = pc
        result = cpu.on_call(number & 0xFFFFFFFF, cpu.sp)
        cpu.sp = saved
        if result is None:
            return Trap("call", pc)
        (cpu.successor or cpu).call_return(result)
        return None

    return step


def poke(address: int, data: bytes) -> Step:
    """A step that stores bytes."""

    def step(cpu: FakeCpu) -> None:
        cpu.poke(address, data)

    return step


def trap(kind: str, pc: int = 0x2000D4, address: int | None = None, status: int = 0) -> Step:
    """A step that traps."""

    def step(cpu: FakeCpu) -> Trap:
        cpu.pc = pc
        return Trap(kind, pc, address, status)

    return step
