"""A machine without a kernel: text, data and stack where 9front puts them, and code made of bytes."""

from __future__ import annotations

from elf9.machine import amd64, arm64
from elf9.machine.cpu import Trap
from elf9.machine.memory import EXECUTE, READ, WRITE, Region
from elf9.target import TARGETS


class Machine:
    """A CPU with a page of text, one of data and one of stack."""

    def __init__(self, name: str, model: str = "baseline") -> None:
        self.target = TARGETS[name]
        self.cpu: amd64.Cpu | arm64.Cpu = amd64.Cpu(model) if name == "amd64" else arm64.Cpu(model)
        base = self.target.text_base
        self.text = Region(base, 0x2000, READ | EXECUTE)
        self.data = Region(base + self.target.segment_align, 0x1000, READ | WRITE)
        self.stack = Region(self.target.stack_top - 0x10000, 0x10000, READ | WRITE)
        for region in (self.text, self.data, self.stack):
            self.cpu.map(region)
        self.sp = self.target.stack_top - 0x1000
        self.at = 0

    def load(self, code: bytes) -> int:
        """Put code at a fresh address of text; its address."""
        address = self.text.base + self.at
        self.text.view[self.at : self.at + len(code)] = code
        self.at += (len(code) + 63) & ~63
        if self.at > 0x1800:
            raise AssertionError("the test's text page is full")
        return address

    def run(self, code: bytes) -> tuple[Trap, int]:
        """Run code from a fresh start; the trap and the code's address."""
        entry = self.load(code)
        self.cpu.start(entry, self.sp, self.target.tos)
        return self.cpu.run(), entry

    def close(self) -> None:
        """Free the CPU."""
        self.cpu.close()
