"""Programs compiled here and run on Unicorn until they fault: real registers and stacks to explain."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm64_const, x86_const

from elf9.target import TARGETS, Target

COMPILERS = {
    "amd64": ("x86_64-elf-gcc", "x86_64-linux-gnu-gcc"),
    "arm64": ("aarch64-elf-gcc", "aarch64-linux-gnu-gcc"),
}
FLAGS = [
    "-ffreestanding", "-fno-pic", "-no-pie", "-static", "-nostdlib", "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-mgeneral-regs-only", "-Wl,--build-id=none",
    "-Wl,-T,crash.ld",
]  # fmt: skip
#: Two segments and nothing else, as exec wants them.
SCRIPT = """\
ENTRY(_start)
PHDRS {{ text PT_LOAD FILEHDR PHDRS FLAGS(5); data PT_LOAD FLAGS(6); }}
SECTIONS
{{
    . = {base:#x} + SIZEOF_HEADERS;
    .text : {{ *(.text .text.*) *(.rodata .rodata.*) }} :text
    .eh_frame : {{ *(.eh_frame) }} :text
    . = ALIGN({align:#x});
    .data : {{ *(.data .data.*) LONG(0) }} :data
    .bss : {{ *(.bss .bss.* COMMON) }} :data
}}
"""
START = {
    "amd64": ".globl _start\n_start: xor %ebp, %ebp\n call main\n ud2\n",
    "arm64": ".globl _start\n_start: mov x29, #0\n bl main\n udf #0\n",
}


@dataclass
class Crash:
    """A program and the state it died in; has what `elf9.debug.explain.Death` wants."""

    path: Path
    target: Target
    text: bytes
    pc: int
    sp: int
    address: int | None
    registers: dict[str, int]
    memory: Callable[[int, int], bytes]


@pytest.fixture(params=sorted(TARGETS))
def target(request) -> Target:
    target = TARGETS[request.param]
    if not any(shutil.which(name) for name in COMPILERS[target.name]):
        pytest.skip(f"no compiler for {target.name}")
    return target


def build(folder: Path, target: Target, source: str, flags: list[str]) -> Path:
    """Compile `source` (a C file) for `target`; the program is linked where 9front would load it."""
    compiler = next(name for name in COMPILERS[target.name] if shutil.which(name))
    (folder / "crash.c").write_text(source)
    (folder / "start.s").write_text(START[target.name])
    (folder / "crash.ld").write_text(SCRIPT.format(base=target.text_base, align=target.segment_align))
    machine = ["-fcf-protection=none"] if target.name == "amd64" else ["-mbranch-protection=none"]
    subprocess.run(
        [compiler, *FLAGS, *machine, *flags,
         "-Wl,-z,noexecstack", "-o", "crash", "crash.c", "start.s"],
        cwd=folder, check=True,
    )  # fmt: skip
    return folder / "crash"


def execute(path: Path, target: Target) -> Crash:
    """Run the program until it faults."""
    amd64 = target.name == "amd64"
    if amd64:
        uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
        names = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", *[f"r{n}" for n in range(8, 16)], "rip"]
        numbers = {name: getattr(x86_const, f"UC_X86_REG_{name.upper()}") for name in names}
    else:
        uc = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
        numbers = {f"x{n}": getattr(arm64_const, f"UC_ARM64_REG_X{n}") for n in range(31)}
        numbers |= {"sp": arm64_const.UC_ARM64_REG_SP, "pc": arm64_const.UC_ARM64_REG_PC}
    with path.open("rb") as file:
        elf = ELFFile(file)
        entry = elf["e_entry"]
        for segment in elf.iter_segments("PT_LOAD"):
            start = segment["p_vaddr"] & ~0xFFF
            end = segment["p_vaddr"] + segment["p_memsz"] + 0xFFF & ~0xFFF
            rights = unicorn.UC_PROT_READ | (unicorn.UC_PROT_EXEC if segment["p_flags"] & 1 else unicorn.UC_PROT_WRITE)
            uc.mem_map(start, end - start, rights)
            uc.mem_write(segment["p_vaddr"], segment.data())
    uc.mem_map(target.stack_base, target.stack_size, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
    uc.reg_write(numbers["rsp" if amd64 else "sp"], target.stack_top - 64)
    seen: list[tuple[int, int]] = []
    uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, lambda uc, access, address, *rest: seen.append((access, address)))
    text = "sys: trap: invalid opcode" if amd64 else "sys: trap: unknown"
    try:
        uc.emu_start(entry, (1 << 64) - 1, count=10_000_000)
    except unicorn.UcError:
        pass
    else:
        raise AssertionError("the program was to fault")
    address = None
    if seen:
        access, address = seen[-1]
        writes = {unicorn.UC_MEM_WRITE_UNMAPPED, unicorn.UC_MEM_WRITE_PROT}
        text = f"sys: trap: fault {'write' if access in writes else 'read'} addr={address:#x}"
    registers = {name: uc.reg_read(number) for name, number in numbers.items()}
    pc = registers["rip" if amd64 else "pc"]
    return Crash(
        path, target, f"{text} pc={pc:#x}".encode(), pc, registers["rsp" if amd64 else "sp"], address, registers,
        lambda address, length: bytes(uc.mem_read(address, length)),
    )  # fmt: skip


@pytest.fixture
def crash(tmp_path, target) -> Callable[..., Crash]:
    """`crash(source, *flags)` compiles and runs a C program that faults."""
    return lambda source, *flags: execute(build(tmp_path, target, source, list(flags)), target)
