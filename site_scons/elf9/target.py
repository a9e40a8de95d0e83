"""Every number that depends on the architecture; no other module holds one.

The two targets are a 9front kernel on amd64 (pc64) and on arm64 (the QEMU virt
port, 4 KiB pages).  Addresses and sizes are in bytes.  Sources: facts/exec.md §1,
facts/abi.md §1-2, facts/observed-amd64.md §0, facts/observed-arm64.md §0.

A plain class with slots: `dataclasses` alone would cost a third of the time in which
`elf9 run hello` has to start.
"""

from __future__ import annotations

__all__ = ["TARGETS", "Target", "by_elf_machine", "by_gnu_machine", "by_name"]


class Target:
    """One architecture as the kernel, the compiler and the linker see it."""

    __slots__ = (
        "aout_magic",
        "compilers",
        "cycle_frequency",
        "elf_machine",
        "elf_output_format",
        "fpsave_size",
        "gnu_cpu",
        "header_size",
        "machine_flags",
        "machine_flags_float",
        "machine_flags_integer",
        "max_segment",
        "name",
        "page",
        "segment_align",
        "stack_size",
        "stack_top",
        "syscall_instruction",
        "text_base",
        "tos_size",
        "ureg_size",
        "word",
    )

    def __init__(
        self,
        *,
        name: str,
        gnu_cpu: str,
        compilers: tuple[str, ...],
        machine_flags: tuple[str, ...],
        machine_flags_integer: tuple[str, ...],
        machine_flags_float: tuple[str, ...],
        elf_machine: int,
        elf_output_format: str,
        aout_magic: int,
        text_base: int,
        segment_align: int,
        stack_top: int,
        max_segment: int,
        ureg_size: int,
        fpsave_size: int,
        cycle_frequency: int,
        syscall_instruction: bytes,
    ) -> None:
        #: Plan 9's name, the value of $objtype: `amd64`, `arm64`.
        self.name = name
        #: First field of the compiler's `-dumpmachine`.
        self.gnu_cpu = gnu_cpu
        #: Compilers to look for, best first; `-dumpmachine` has the last word.
        self.compilers = compilers
        #: Compiler flags of every C file, for integer-only code, for `float=True`.
        self.machine_flags = machine_flags
        self.machine_flags_integer = machine_flags_integer
        self.machine_flags_float = machine_flags_float
        #: e_machine of the ELF header, and ld's OUTPUT_FORMAT.
        self.elf_machine = elf_machine
        self.elf_output_format = elf_output_format
        #: First big-endian word of an a.out that this kernel executes.
        self.aout_magic = aout_magic
        #: UTZERO: where text, header included, is mapped.
        self.text_base = text_base
        #: The data segment starts at the next multiple of this after text.
        self.segment_align = segment_align
        #: USTKTOP and USTKSIZE; the stack segment is [stack_top - stack_size, stack_top).
        self.stack_top = stack_top
        self.stack_size = 16 << 20
        #: The largest segment the kernel makes.
        self.max_segment = max_segment
        #: BY2PG, BY2WD, sizeof(Tos), sizeof(Ureg), sizeof(FPsave).
        self.page = 4096
        self.word = 8
        self.tos_size = 72
        self.ureg_size = ureg_size
        self.fpsave_size = fpsave_size
        #: a.out header with its 64-bit entry (HDR_MAGIC is set on both machines).
        self.header_size = 40
        #: Tos.cyclefreq in Hz: the rate of the guest's RDTSC or CNTVCT_EL0.  Unicorn's
        #: arm64 counter ticks in nanoseconds, so CNTFRQ_EL0 is set to this as well.
        self.cycle_frequency = cycle_frequency
        #: The instruction of a system call; the pc in kernel texts is behind it.
        self.syscall_instruction = syscall_instruction

    def __repr__(self) -> str:
        return f"<Target {self.name}>"

    @property
    def stack_base(self) -> int:
        """Lowest address of the stack segment; text, data and bss must end below it."""
        return self.stack_top - self.stack_size

    @property
    def tos(self) -> int:
        """Address of the Tos structure, at the very top of the stack."""
        return self.stack_top - self.tos_size

    def round_page(self, address: int) -> int:
        """The first page boundary at or after `address`."""
        return -(-address // self.page) * self.page

    def round_segment(self, address: int) -> int:
        """The data base that exec computes for a text segment ending at `address`."""
        return -(-address // self.segment_align) * self.segment_align


AMD64 = Target(
    name="amd64",
    gnu_cpu="x86_64",
    compilers=("x86_64-elf-gcc", "x86_64-linux-gnu-gcc", "gcc", "cc"),
    machine_flags=("-m64", "-fcf-protection=none", "-mcmodel=small"),
    machine_flags_integer=("-mgeneral-regs-only",),
    machine_flags_float=("-mno-avx",),
    elf_machine=62,
    elf_output_format="elf64-x86-64",
    aout_magic=0x8A97,
    text_base=0x200000,
    segment_align=0x200000,
    stack_top=0x00007FFFFFFFF000,
    max_segment=64 << 30,
    ureg_size=184,
    fpsave_size=832,
    cycle_frequency=1_000_000_000,
    syscall_instruction=b"\x0f\x05",
)

ARM64 = Target(
    name="arm64",
    gnu_cpu="aarch64",
    compilers=("aarch64-elf-gcc", "aarch64-none-elf-gcc", "aarch64-linux-gnu-gcc", "gcc", "cc"),
    machine_flags=("-mbranch-protection=none", "-mno-outline-atomics", "-mcmodel=small"),
    machine_flags_integer=("-mgeneral-regs-only",),
    machine_flags_float=(),
    elf_machine=183,
    elf_output_format="elf64-littleaarch64",
    aout_magic=0x8C47,
    text_base=0x10000,
    segment_align=0x10000,
    stack_top=0x7FFFF0000,
    max_segment=8 << 30,
    ureg_size=280,
    fpsave_size=520,
    cycle_frequency=1_000_000_000,
    syscall_instruction=b"\x01\x00\x00\xd4",
)

#: Every target by its Plan 9 name, in the order in which the build goes through them.
TARGETS: dict[str, Target] = {target.name: target for target in (AMD64, ARM64)}


def by_name(name: str) -> Target:
    """The target called `name`; KeyError if there is none."""
    return TARGETS[name]


def by_elf_machine(machine: int) -> Target | None:
    """The target whose ELF files carry this e_machine, or None."""
    return next((target for target in TARGETS.values() if target.elf_machine == machine), None)


def by_gnu_machine(triple: str) -> Target | None:
    """The target a compiler with this `-dumpmachine` produces, or None."""
    cpu = triple.split("-", 1)[0]
    cpu = {"amd64": "x86_64", "arm64": "aarch64"}.get(cpu, cpu)
    return next((target for target in TARGETS.values() if target.gnu_cpu == cpu), None)
