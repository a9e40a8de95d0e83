"""A CPU made of Python: its program is a list of steps that make system calls, poke memory or trap."""

from __future__ import annotations

import struct
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

    def run(self) -> Trap:
        while self.steps and not self.stopped:
            trap = self.steps.pop(0)(self)
            if trap is not None:
                return trap
        return Trap("stopped", self.pc)

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.regions.clear()

    def call_return(self, result: int) -> None:
        self.results.append(result)

    def registers(self) -> dict[str, int]:
        return {"pc": self.pc, "sp": self.sp}

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
        cpu.call_return(result)
        return None

    return step


def poke(address: int, data: bytes) -> Step:
    """A step that stores bytes."""

    def step(cpu: FakeCpu) -> None:
        cpu.poke(address, data)

    return step


def trap(kind: str, pc: int = 0x2000D4, address: int | None = None, status: int = 0) -> Step:
    """A step that traps."""
    return lambda _cpu: Trap(kind, pc, address, status)
