"""What must trap does, with the kernel's kind and the exact pc; what is allowed runs on."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from elf9.machine.cpu import POISON

from .machines import Machine

DATA = 0x400000
NONCANONICAL = b"\x48\xb8" + (1 << 48).to_bytes(8, "little")  # mov $1<<48, %rax
PROTECTION = "general protection violation"
ONE, ZERO = b"\xb8\x01\0\0\0\xf2\x0f\x2a\xc0", b"\x66\x0f\xef\xc9"  # cvtsi2sd eax, xmm0; pxor xmm1

# name: (code, offset of the trapping instruction, kind, address)
AMD64: dict[str, tuple[bytes, int, str, int | None]] = {
    "hlt": (b"\xf4", 0, PROTECTION, None),
    "cli": (b"\xfa", 0, PROTECTION, None),
    "sti": (b"\xfb", 0, PROTECTION, None),
    "in": (b"\x90\xe4\x10", 1, PROTECTION, None),
    "out": (b"\x90\xe6\x10", 1, PROTECTION, None),
    "inl dx": (b"\x90\xed", 1, PROTECTION, None),
    "ins nil": (b"\x31\xff\x6c", 2, PROTECTION, None),
    "rep outs 0": (b"\x31\xc9\xf3\x6e", 2, PROTECTION, None),
    "rdmsr": (b"\x0f\x32", 0, PROTECTION, None),
    "wrmsr": (b"\x0f\x30", 0, PROTECTION, None),
    "rdpmc": (b"\x0f\x33", 0, PROTECTION, None),
    "mov cr0": (b"\x0f\x22\xc0", 0, PROTECTION, None),
    "lgdt": (b"\x0f\x01\x14\x24", 0, PROTECTION, None),
    "wbinvd": (b"\x0f\x09", 0, PROTECTION, None),
    "swapgs": (b"\x0f\x01\xf8", 0, PROTECTION, None),
    "clts": (b"\x0f\x06", 0, PROTECTION, None),
    "int 4": (b"\xcd\x04", 0, PROTECTION, None),
    "int 0x80": (b"\x90\xcd\x80", 1, PROTECTION, None),
    "int 0x40": (b"\xcd\x40", 0, "panic", None),
    "int3": (b"\x90\xcc", 1, "breakpoint", None),
    "int 3 long": (b"\x90\xcd\x03", 2, "breakpoint", None),  # the kernel takes 1 off
    "int 0xcc": (b"\xcd\xcc", 0, PROTECTION, None),
    "ud2": (b"\x0f\x0b", 0, "invalid opcode", None),
    "wrfsbase": (b"\xf3\x48\x0f\xae\xd0", 0, "invalid opcode", None),
    "rdfsbase": (b"\xf3\x48\x0f\xae\xc0", 0, "invalid opcode", None),
    "vmovaps": (b"\x90\xc5\xf8\x28\xc1", 1, "invalid opcode", None),
    "vaddpd 3-byte": (b"\xc4\xc1\x79\x58\xc1", 0, "invalid opcode", None),
    "vzeroupper": (b"\xc5\xf8\x77", 0, "invalid opcode", None),
    "evex": (b"\x62\xf1\x7c\x48\x28\xc1", 0, "invalid opcode", None),
    "popcnt": (b"\xf3\x0f\xb8\xc0", 0, "invalid opcode", None),
    "xgetbv": (b"\x0f\x01\xd0", 0, "invalid opcode", None),
    "push es": (b"\x06", 0, "invalid opcode", None),
    "lock nop": (b"\xf0\x90", 0, "invalid opcode", None),
    "divide": (b"\x31\xc9\xf7\xf1", 2, "divide error", None),
    "single step": (b"\x9c\x81\x0c\x24\0\x01\0\0\x9d\x90\x90", 10, "debug exception", None),
    "read nil": (b"\x48\x8b\x04\x25\x10\0\0\0", 0, "fault read", 0x10),
    "read across the end of data": (b"\x48\x8b\x04\x25\xfc\x0f\x40\0", 0, "fault read", 0x401000),
    "write nil": (b"\x31\xc0\x89\x00", 2, "fault write", 0),
    "write text": (b"\xc6\x04\x25\x23\x01\x20\0\x01", 0, "fault write", 0x200123),
    "execute data": (b"\xb8\x00\x00\x40\x00\xff\xe0", -1, "fault read", DATA),
    "execute stack": (b"\xff\xe4", -1, "fault read", 0x7FFFFFFFE000),
    "call nil": (b"\x31\xc0\xff\xd0", -1, "fault read", 0),
    "noncanonical": (NONCANONICAL + b"\x48\x8b\x00", 10, PROTECTION, None),
    "noncanonical stack": (NONCANONICAL + b"\x48\x89\xc4\x50", 13, "stack exception", None),
    "noncanonical rbp": (NONCANONICAL + b"\x48\x89\xc5\x8b\x45\x00", 13, "stack exception", None),
    "noncanonical movs before pop": (NONCANONICAL + b"\x48\x89\xc6\xa4\x5d\xc3", 13, PROTECTION, None),
    "noncanonical r13": (NONCANONICAL + b"\x49\x89\xc5\x41\x8b\x45\x00", 13, PROTECTION, None),
    "jump noncanonical": (NONCANONICAL + b"\xff\xe0", -1, PROTECTION, None),
    "mov fs kernel selector": (b"\xb8\x10\0\0\0\x8e\xe0", 5, PROTECTION, None),
    "movaps misaligned": (b"\x90\x0f\x28\x44\x24\x01", 1, PROTECTION, None),
    "movaps store misaligned": (b"\x0f\x29\x44\x24\x08", 0, PROTECTION, None),
    "movdqa indexed": (b"\x31\xc9\xff\xc1\x66\x0f\x6f\x04\xcc", 4, PROTECTION, None),
    "addps misaligned": (b"\x0f\x58\x44\x24\x04", 0, PROTECTION, None),
    "pxor rip": (b"\x66\x0f\xef\x05\x01\0\0\0", 0, PROTECTION, None),
    "ldmxcsr reserved bit": (b"\xc7\x04\x24\x80\x1f\x01\0\x0f\xae\x14\x24", 7, PROTECTION, None),
    "rip-relative load": (b"\x0f\x28\x05\x08\0\0\0", 0, PROTECTION, None),
    "lock movups": (b"\xf0\x0f\x10\x04\x24", 0, "invalid opcode", None),
    "lock mov": (b"\xf0\x89\x04\x24", 0, "invalid opcode", None),
    "lock cmp": (b"\xf0\x83\x3c\x24\x00", 0, "invalid opcode", None),
    "lock add to a register": (b"\x90\xf0\x01\xc8", 1, "invalid opcode", None),
    "lock bt": (b"\xf0\x0f\xba\x24\x24\x01", 0, "invalid opcode", None),
    "lock push": (b"\xf0\x50", 0, "invalid opcode", None),
    "lock movaps": (b"\xf0\x0f\x28\x04\x24", 0, "invalid opcode", None),
    "1/0": (ONE + ZERO + b"\xf2\x0f\x5e\xc1", 13, "floating point", None),
    "0/0": (ZERO + b"\xf2\x0f\x5e\xc9", 4, "floating point", None),
    "convert NaN": (ZERO + b"\x66\x0f\x76\xc9\xf2\x0f\x2d\xc1", 8, "floating point", None),
    "overflow": (
        b"\x48\xb8\xff\xff\xff\xff\xff\xff\xef\x7f\x66\x48\x0f\x6e\xc0\xf2\x0f\x58\xc0",
        15,
        "floating point",
        None,
    ),
    "1/0 masked, then unmasked": (
        b"\xc7\x04\x24\x80\x1f\0\0\x0f\xae\x14\x24" + ONE + ZERO + b"\xeb\x00" + b"\xf2\x0f\x5e\xc1"
        b"\x80\x3c\x24\x00\x74\x0c\xc7\x04\x24\x00\x19\0\0\x0f\xae\x14\x24\xeb\xda" + b"\xf4",
        11 + 13 + 2,
        "floating point",
        None,
    ),
}
ALLOWED_AMD64 = {
    "rdtsc": b"\x0f\x31",
    "cpuid": b"\x31\xc0\x0f\xa2",
    "sgdt": b"\x0f\x01\x04\x24",
    "movaps aligned": b"\x0f\x28\x04\x24",
    "movups misaligned": b"\x0f\x10\x44\x24\x01",
    "sse3": ZERO + b"\xf2\x0f\x7c\xc9",
    "inexact": ONE + b"\xb8\x03\0\0\0\xf2\x0f\x2a\xc8\xf2\x0f\x5e\xc1",
    "AC and an unaligned read": b"\x9c\x81\x0c\x24\0\0\x04\0\x9d\x8b\x44\x24\x01",
    "vex bytes in an immediate": b"\xb8\xc5\xf8\x28\xc1",
    "lock add": b"\xf0\x83\x04\x24\x01",
    "lock inc with REX": b"\xf0\x48\xff\x04\x24",
    "lock xadd": b"\xf0\x0f\xc1\x04\x24",
    "lock cmpxchg": b"\xf0\x0f\xb1\x0c\x24",
    "lock bts": b"\xf0\x0f\xba\x2c\x24\x01",
    "lock xchg": b"\xf0\x87\x04\x24",
    "lock neg": b"\xf0\xf7\x1c\x24",
    "lock cmpxchg16b": b"\xf0\x48\x0f\xc7\x0c\x24",
    "mov fs": b"\xb8\x23\0\0\0\x8e\xe0\x8c\xe1\x83\xe9\x23\xe3\x01\xf4",
    "mov gs from r8": b"\x41\xb8\x2b\0\0\0\x41\x8e\xe8",
    "mov ss": b"\xb8\x23\0\0\0\x8e\xd0",
    "mov fs nil": b"\x31\xc0\x8e\xe0",
    "x87 1/0": b"\xd9\xe8\xd9\xee\xde\xf9\x9b",
    "a stack write 15 pages down": b"\x88\x84\x24\x00\x20\xff\xff",
}


@pytest.fixture(scope="module", params=["native", "python"])
def amd64(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """With the checks in C, where there is a compiler, and with those in Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELF9_NATIVE", "1" if request.param == "native" else "0")
        machine = Machine("amd64")
        yield machine
        machine.close()


@pytest.fixture(scope="module")
def arm64() -> Iterator[Machine]:
    machine = Machine("arm64")
    yield machine
    machine.close()


@pytest.mark.parametrize("name", AMD64)
def test_amd64_traps(amd64: Machine, name: str) -> None:
    code, offset, kind, address = AMD64[name]
    amd64.at = 0
    amd64.cpu.forget_code(amd64.text.base, amd64.text.top)
    trap, entry = amd64.run(code + b"\xf4")
    assert (trap.kind, trap.address) == (kind, address)
    if offset >= 0:
        assert trap.pc - entry == offset
    elif address is not None:
        assert trap.pc == address
    assert amd64.cpu.pc == trap.pc


@pytest.mark.parametrize("name", ALLOWED_AMD64)
def test_amd64_allows(amd64: Machine, name: str) -> None:
    code = ALLOWED_AMD64[name]
    amd64.at = 0
    amd64.cpu.forget_code(amd64.text.base, amd64.text.top)
    trap, entry = amd64.run(code + b"\xf4")
    assert (trap.kind, trap.pc - entry) == (PROTECTION, len(code))


def word(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


UNKNOWN, WAIT, ACCESS = "unknown", "WFI or WFE instruction execution", "illegal MSR/MRS access"
X1_DATA = 0xD2A00041  # mov x1, #0x20000
X1_ODD = (X1_DATA, 0x91001021)  # ... add x1, x1, #4

# name: (words, index of the trapping one, kind, address)
ARM64: dict[str, tuple[tuple[int, ...], int, str, int | None]] = {
    "udf": ((0,), 0, UNKNOWN, None),
    "all ones": ((0xFFFFFFFF,), 0, UNKNOWN, None),
    "hlt": ((0xD4400000,), 0, UNKNOWN, None),
    "hvc": ((0xD4000002,), 0, UNKNOWN, None),
    "smc": ((0xD4000003,), 0, UNKNOWN, None),
    "eret": ((0xD69F03E0,), 0, UNKNOWN, None),
    "brk": ((0xD503201F, 0xD4200020), 1, "breakpoint", None),
    "wfi": ((0xD503207F,), 0, WAIT, None),
    "wfe": ((0xD503201F, 0xD503205F), 1, WAIT, None),
    "mrs midr": ((0xD5380000,), 0, UNKNOWN, None),
    "mrs id_aa64isar0": ((0xD5380600,), 0, UNKNOWN, None),
    "mrs currentel": ((0xD5384240,), 0, UNKNOWN, None),
    "mrs sctlr": ((0xD5381000,), 0, UNKNOWN, None),
    "tlbi": ((0xD508871F,), 0, UNKNOWN, None),
    "mrs ctr": ((0xD53B0020,), 0, ACCESS, None),
    "mrs daif": ((0xD53B4220,), 0, ACCESS, None),
    "msr daifset": ((0xD50342DF,), 0, ACCESS, None),
    "mrs cntpct": ((0xD53BE020,), 0, ACCESS, None),
    "mrs cntv_ctl": ((0xD53BE320,), 0, ACCESS, None),
    "mrs pmcr": ((0xD53B9C00,), 0, ACCESS, None),
    "dc zva": ((X1_DATA, 0xD50B7421), 1, ACCESS, None),
    "dc cvau": ((X1_DATA, 0xD50B7B21), 1, ACCESS, None),
    "ic ivau": ((X1_DATA, 0xD50B7521), 1, ACCESS, None),
    "ldaddal": ((X1_DATA, 0xB8E20020), 1, UNKNOWN, None),
    "ldxr unaligned": ((*X1_ODD, 0xC85F7C22), 2, "fault read", 0x20004),
    "ldar unaligned": ((*X1_ODD, 0xC8DFFC22), 2, "fault read", 0x20004),
    "stlr unaligned": ((*X1_ODD, 0xC89FFC22), 2, "fault write", 0x20004),
    "read nil": ((0xD2800001, 0xF9400422), 1, "fault read", 8),
    "write nil": ((0xD2800001, 0xF9000422), 1, "fault write", 8),
    "write text": ((0xD2A00021, 0xF9000022), 1, "fault write", 0x10000),
    "execute data": ((X1_DATA, 0xD61F0020), -1, "fault read", 0x20000),
    "jump to nil": ((0xD2800001, 0xD61F0020), -1, "fault read", 0),
    "odd pc": ((0xD2A00021, 0x91000421, 0xD61F0020), -2, "misaligned pc", 0x10001),
    "odd pc in data": ((X1_DATA, 0x91000421, 0xD61F0020), -1, "fault read", 0x20001),
}
ALLOWED_ARM64 = {
    "hints": (0xD503201F, 0xD503203F, 0xD503209F, 0xD503233F, 0xD50323BF),
    "barriers": (0xD5033FDF, 0xD5033BBF),
    "cntvct": (0xD53BE042,),
    "cntfrq": (0xD53BE002,),
    "pmccntr": (0xD53B9D02,),
    "pmuserenr": (0xD53B9E02,),
    "tpidr": (0xD53BD042, 0xD51BD042),
    "fpcr": (0xD53B4402, 0xD51B4402),
    "fadd": (0x1E602800,),
    "crc32": (0x1AC04042,),
    "ldr unaligned": (*X1_ODD, 0xF8401022),
    "ldar aligned": (X1_DATA, 0xC8DFFC22),
    "ldarb odd": (*X1_ODD, 0x91000421, 0x08DFFC22),
    "1/0": (0x1E6E1000, 0x9E6703E1, 0x1E611800),
    "0 / 0 as integers": (0xD2800001, 0x9AC10821),
    "sp misaligned": (0x910007FF, 0xF94003E2),
    "prfm nil": (0xD2800001, 0xF9800020),
}


@pytest.mark.parametrize("name", ARM64)
def test_arm64_traps(arm64: Machine, name: str) -> None:
    words, index, kind, address = ARM64[name]
    arm64.at = 0
    arm64.cpu.forget_code(arm64.text.base, arm64.text.top)
    trap, entry = arm64.run(word(*words, 0))
    if index == -2:
        assert (trap.kind, trap.pc) == (kind, address)
        return
    assert (trap.kind, trap.address) == (kind, address)
    assert trap.pc == (address if index < 0 else entry + 4 * index)


@pytest.mark.parametrize("name", ALLOWED_ARM64)
def test_arm64_allows(arm64: Machine, name: str) -> None:
    words = ALLOWED_ARM64[name]
    arm64.at = 0
    arm64.cpu.forget_code(arm64.text.base, arm64.text.top)
    trap, entry = arm64.run(word(*words, 0))
    assert (trap.kind, trap.pc - entry) == (UNKNOWN, 4 * len(words))


def test_destroyed_registers_are_not_pointers() -> None:
    """A poisoned register used as an address must fault on both machines."""
    assert (POISON >> 47) not in (0, 0x1FFFF)
    assert POISON > 1 << 36


@pytest.mark.parametrize("warm", [False, True])
def test_nothing_runs_behind_a_refused_instruction(amd64: Machine, warm: bool) -> None:
    """The checked instruction ends the guest at once, also in a block that has run before."""
    # mov $1, %ebx; mov $2, %ecx; 1: dec %ecx; jnz 1b; movaps (%rsp,%rdx), %xmm0; mov $3, %ebx; movl $7, 16(%rsp); hlt
    code = b"\xbb\x01\0\0\0\xb9\x02\0\0\0\xff\xc9\x75\xfc\x0f\x28\x04\x14"
    code += b"\xbb\x03\0\0\0\xc7\x44\x24\x10\x07\0\0\0\xf4"
    clear_rdx, nops = b"\x31\xd2", b"\x90\x90"
    amd64.at = 0
    amd64.cpu.forget_code(amd64.text.base, amd64.text.top)
    if warm:
        trap, entry = amd64.run(clear_rdx + code)
        assert trap.pc - entry == len(code) + 1
        amd64.at = 0
        amd64.cpu.forget_code(amd64.text.base, amd64.text.base + 2)
    written = amd64.sp + 16 - amd64.stack.base
    amd64.stack.view[written] = 0
    # A program starts with poison in RDX, whose low four bits are 2.
    trap, entry = amd64.run(nops + code)
    assert (trap.kind, trap.pc - entry) == (PROTECTION, 2 + 14)
    assert amd64.cpu.registers()["rbx"] == 1
    assert amd64.stack.view[written] == 0


@pytest.mark.parametrize("tail", [b"\x0f", b"\x66", b"\xf0\x48", b"\xc5", b"\x0f\x38", b"\x48\xb8", b"\x0f\x28"])
def test_code_cut_off_at_the_end_of_text(amd64: Machine, tail: bytes) -> None:
    """An instruction that runs out of text faults on the first byte behind it, or is invalid before that."""
    end = amd64.text.top
    amd64.text.view[-len(tail) :] = tail
    amd64.cpu.forget_code(amd64.text.base, end)
    amd64.cpu.start(end - len(tail), amd64.sp, amd64.target.tos)
    trap = amd64.cpu.run()
    assert trap.pc == end - len(tail)
    assert (trap.kind, trap.address) in {("fault read", end), ("invalid opcode", None)}
    amd64.text.view[-len(tail) :] = bytes(len(tail))
