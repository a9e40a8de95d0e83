"""The scan for SSE checks against three witnesses: this CPU, a recording of one, and capstone.

The recording holds what an AMD EPYC (SSE to SSE4.2, SSE4a, AES, SHA and GFNI) did with every
opcode of the maps 0F, 0F 38 and 0F 3A; on an x86-64 Linux host with gcc it is taken anew and compared.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import capstone
import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elf9.machine.amd64_scan import LONGEST, NONE, RIP, Site, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[[list[str]], list[str]]

PREFIXES = {"none": b"", "66": b"\x66", "f3": b"\xf3", "f2": b"\xf2"}
MAPS = {"0f": b"\x0f", "0f38": b"\x0f\x38", "0f3a": b"\x0f\x3a"}
#: Opcodes of map 0F that a probe must not run: system calls, jumps, loads of segment registers, descriptor
#: tables, bit strings (their address depends on a register), CPUID and the escapes.  None is SSE.
UNTRIED = {0, 1, 5, 7, 0x0F, 0x34, 0x35, 0x37, 0x38, 0x3A, *range(0x80, 0x90), 0xA1, 0xA2, 0xA3, 0xA9, 0xAB}
UNTRIED |= {0xB2, 0xB3, 0xB4, 0xB5, 0xBB}
#: The SHA instructions: Intel demands alignment (volume 2, exceptions type 4), AMD does not.
SHA = {("0f38", opcode) for opcode in range(0xC8, 0xCE)} | {("0f3a", 0xCC)}

# Recorded: opcodes whose memory operand faults with #GP 1 and 8 bytes off, but not 16.
ALIGNED = {
    "0f none": "14-15 28-29 2b 51-59 5b-5f c2 c6",
    "0f 66": "14-15 28-29 2b-2d 51 54-6d 6f-70 74-76 7c-7d 7f c2 c6 d0-d5 d8-ef f1-f6 f8-fe",
    "0f f3": "12 16 5b 70",
    "0f f2": "70 7c-7d d0 e6",
    "0f38 66": "00-0b 10 14-15 17 1c-1e 28-2b 37-41 cf db-df",
    "0f3a 66": "08-09 0c-0f 40-42 44 ce-cf df",
}
# Recorded: opcodes that set a sticky flag in MXCSR, and trap when the exceptions are unmasked.
FLOATING = {
    "0f none": "2a 2c-2f 51 58-5f c2",
    "0f 66": "2c-2f 51 58-5f 7c-7d c2 d0 e6",
    "0f f3": "2a 2c-2d 51 58-5f c2",
    "0f f2": "2c-2d 51 58-5a 5c-5f 7c-7d c2 d0 e6",
    "0f3a 66": "08-0b 40-41",
}
# The same, only with REX.W.
FLOATING_WIDE = {
    "0f f2": "2a",
}
# Recorded: groups, by opcode and ModRM's register field: alignment needed, with REX.W and without.
GROUPS = {
    "0f none ae /0": (16, 16),
    "0f none ae /1": (16, 16),
    "0f none ae /4": (64, 64),
    "0f none ae /5": (64, 64),
    "0f none ae /6": (64, 64),
    "0f none c7 /4": (64, 64),
    "0f none c7 /1": (16, 0),
    "0f 66 c7 /1": (16, 0),
    "0f f3 c7 /1": (16, 0),
    "0f f2 c7 /1": (16, 0),
}


class Encoding(NamedTuple):
    """An instruction with the operand [rsi] or the register 1; `reg` is ModRM's register field."""

    table: str
    prefix: str
    opcode: int
    wide: bool
    reg: int
    memory: bool

    @property
    def code(self) -> bytes:
        rex = b"\x48" if self.wide else b""
        modrm = self.reg << 3 | (6 if self.memory else 0xC1)
        return PREFIXES[self.prefix] + rex + MAPS[self.table] + bytes((self.opcode, modrm))


def encodings() -> Iterator[Encoding]:
    for table in MAPS:
        for prefix in PREFIXES:
            for opcode in range(256):
                if table == "0f" and opcode in UNTRIED:
                    continue
                for wide in (False, True):
                    for reg in range(8):
                        yield Encoding(table, prefix, opcode, wide, reg, True)
                    if table != "0f" or opcode != 0xAE:  # WRFSBASE would end the probe
                        yield Encoding(table, prefix, opcode, wide, 0, False)


def opcodes(text: str) -> Iterator[int]:
    for word in text.split():
        first, _, last = word.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def is_recorded(record: dict[str, str], e: Encoding) -> bool:
    return e.opcode in opcodes(record.get(f"{e.table} {e.prefix}", ""))


def recorded_alignment(e: Encoding) -> int:
    if not e.memory:
        return 0
    group = GROUPS.get(f"{e.table} {e.prefix} {e.opcode:02x} /{e.reg}")
    if group:
        return group[0 if e.wide else 1]
    return 16 if is_recorded(ALIGNED, e) else 0


def recorded_floating(e: Encoding) -> bool:
    return is_recorded(FLOATING, e) or (e.wide and is_recorded(FLOATING_WIDE, e))


def is_estimate(e: Encoding) -> bool:
    """RCPPS, RCPSS, RSQRTPS, RSQRTSS."""
    return e.table == "0f" and e.opcode in {0x52, 0x53} and e.prefix in {"none", "f3"}


def at(code: bytes, start: int = 0) -> Site | None:
    """Return the site at `start`, however many there are behind."""
    found = scan(code, start, start + 1)
    assert len(found) <= 1
    return found[0] if found else None


def test_scan_demands_what_the_recorded_cpu_does() -> None:
    for e in encodings():
        site = at(e.code + bytes(8))
        if site is not None and site.kind == "invalid":
            assert e.opcode in {0xAE, 0xC7}, e
            assert e.prefix != "none", e
            continue
        alignment = 16 if (e.table, e.opcode) in SHA and e.prefix == "none" and e.memory else recorded_alignment(e)
        assert (site.alignment if site else 0) == alignment, e
        assert (site is not None and site.kind == "fp") == recorded_floating(e), e
        if alignment and not recorded_floating(e):
            assert site is not None, e
            assert site.kind in {"aligned", "estimate", "stmxcsr", "ldmxcsr"}, e
        assert (site is not None and site.kind == "estimate") == is_estimate(e), e


# The probe: one request a line, one answer a line.
PROBE = r"""
/* Run one instruction per input line under signal handlers and say what the CPU did. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf back;
static unsigned char *text, *memory;
static volatile char what;
static volatile int length;
static volatile unsigned mxcsr, wanted;
static volatile uint64_t rax, xmm[2];
static uint64_t left[2], right[2];
static unsigned char fx[512] __attribute__((aligned(64)));

static void caught(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	struct _libc_fpstate *fp = u->uc_mcontext.fpregs;

	what = sig == SIGTRAP ? '.' : sig == SIGILL ? 'U' : sig == SIGFPE ? 'F'
		: sig == SIGSEGV && info->si_code == SI_KERNEL ? 'G' : 'P';
	length = sig == SIGTRAP ? (int)(u->uc_mcontext.gregs[REG_RIP] - 1 - (greg_t)text) : 0;
	mxcsr = fp->mxcsr;
	rax = u->uc_mcontext.gregs[REG_RAX];
	memcpy((void *)xmm, &fp->_xmm[0], 16);
	siglongjmp(back, 1);
}

/* every XMM and MM register but number 1 holds `left`; number 1, RCX and memory at RSI hold `right` */
static void run(uint64_t offset)
{
	register unsigned char *entry asm("r10") = text;
	int i;

	memcpy(memory + offset, right, 16);
	memset(fx, 0, sizeof fx);
	fx[0] = 0x7f, fx[1] = 3, fx[4] = 0xff;	/* x87: all masked, all registers in use, top 0 */
	memcpy(fx + 24, (const void *)&wanted, 4);
	for(i = 0; i < 8; i++){
		memcpy(fx + 32 + 16*i, i == 1 ? right : left, 8);
		memset(fx + 40 + 16*i, 0xff, 2);
	}
	for(i = 0; i < 16; i++)
		memcpy(fx + 160 + 16*i, i == 1 ? right : left, 16);
	if(sigsetjmp(back, 0))
		return;
	entry = text;
	asm volatile("fxrstor (%[fx])\n\t"
		"xor %%eax, %%eax\n\txor %%ebx, %%ebx\n\txor %%edx, %%edx\n\txor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\t"
		"jmp *%%r10"
		:: [fx] "r"(fx), "S"(memory + offset), "D"(memory + 8192 + offset), "c"(right[0]), "r"(entry)
		: "memory", "rax", "rbx", "rdx", "r8", "r9");
	__builtin_unreachable();
}

static void arm(int sig)
{
	struct sigaction a = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	if(sigaction(sig, &a, 0))
		exit(2);
}

static const uint64_t doubles[] = {
	0, 1ULL<<63, 1, 0x000fffffffffffff, 0x0010000000000000, 0x3ff0000000000000, 0xbff0000000000000,
	0x4008000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000, 0xfff0000000000000,
	0x7ff8000000000000, 0x7ff4000000000000, 0x3ff8000000000001, 0x7fffffffffffffff, 0x43f0000000000000,
};
static const uint32_t floats[] = {
	0, 1u<<31, 1, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000, 0x40400000, 0x7f7fffff, 0xff7fffff,
	0x7f800000, 0xff800000, 0x7fc00000, 0x7fa00000, 0x3fc00001, 0x7fffffff, 0x5f800000,
};
#define N (int)(sizeof doubles / sizeof doubles[0])

/* over a fifth of all pairs of operands: the sticky flags when masked, did SIGFPE come when
 * unmasked, and was it always the one exactly when it was the other */
static void floating(void)
{
	unsigned flags = 0;
	int i, j, k, trapped = 0, same = 1;

	for(i = 0; i < N; i++)
		for(j = i % 5; j < N; j += 5)
			for(k = 0; k < 2; k++){
				left[0] = left[1] = k ? doubles[i] : floats[i] * 0x100000001ULL;
				right[0] = right[1] = k ? doubles[j] : floats[j] * 0x100000001ULL;
				wanted = 0x1f80;
				run(0);
				unsigned f = what == '.' ? mxcsr & 0x3f : 0;
				flags |= f;
				wanted = 0;
				run(0);
				trapped |= what == 'F';
				same &= (f != 0) == (what == 'F');
			}
	printf("%02x %d %d\n", flags, trapped, same);
}

int main(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
	static const int offsets[] = { 0, 1, 8, 16 };
	static char line[256];
	stack_t s = { .ss_sp = malloc(1 << 17), .ss_size = 1 << 17 };
	unsigned i, n, byte;

	text = mmap(0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory = mmap(0, 1 << 16, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if(text == MAP_FAILED || memory == MAP_FAILED || sigaltstack(&s, 0))
		return 2;
	memory += 1 << 15;
	for(i = 0; i < 5; i++)
		arm(sigs[i]);
	while(fgets(line, sizeof line, stdin)){
		memset(text, 0xcc, 64);
		for(n = 0; sscanf(line + 2 + 2*n, "%2x", &byte) == 1; n++)
			text[n] = byte;
		memset(left, 0, 16), memset(right, 0, 16);
		wanted = 0x1f80;
		switch(line[0]){
		case 'A':	/* length, then what happens at each offset */
			for(i = 0; i < 4; i++){
				memset(memory - 64, 0, 1024);
				run(offsets[i]);
				if(i == 0)
					printf("%d ", length);
				putchar(what);
				if(what == 'U')
					break;
			}
			putchar('\n');
			break;
		case 'F':
			floating();
			break;
		case 'R':
			left[0] = 0x400000003f800000; left[1] = 0x40e0000040a00000;
			right[0] = left[0]; right[1] = left[1];
			run(0);
			printf("%c %d %llx %016llx%016llx\n", what, length, (unsigned long long)rax,
				(unsigned long long)xmm[1], (unsigned long long)xmm[0]);
			break;
		}
	}
	return 0;
}
"""


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return a function that has this machine's CPU execute instructions."""
    if platform.machine() != "x86_64" or sys.platform != "linux":
        pytest.skip("the CPU of this host is not an x86-64 under Linux; the recording stands for it")
    gcc = shutil.which("x86_64-linux-gnu-gcc") or shutil.which("gcc")
    if gcc is None:
        pytest.skip("no gcc to build the probe with; the recording stands for the CPU")
    folder = tmp_path_factory.mktemp("probe")
    (folder / "probe.c").write_text(PROBE)
    command = [gcc, "-O1", "-mno-red-zone", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror", "-o", "probe"]
    subprocess.run([*command, "probe.c"], cwd=folder, check=True)

    def run(lines: list[str]) -> list[str]:
        text = "".join(f"{line}\n" for line in lines)
        done = subprocess.run([folder / "probe"], input=text, capture_output=True, text=True, check=True)
        answers = done.stdout.splitlines()
        assert len(answers) == len(lines), f"the probe died of {lines[len(answers)]}"
        return answers

    return run


def alignment_seen(outcome: str) -> int:
    """Translate the outcomes at offsets 0, 1, 8 and 16."""
    assert outcome in {"U", "....", ".GG.", ".GGG", "GGGG", "PPPP"}, outcome
    return {".GG.": 16, ".GGG": 64}.get(outcome, 0)


def test_recorded_alignment_is_this_cpus(ask: Ask) -> None:
    tried = list(encodings())
    seen = set()
    for e, answer in zip(tried, ask([f"A {e.code.hex()}" for e in tried]), strict=True):
        length, outcome = answer.split()
        site = at(e.code + b"\xcc" * 8)
        if outcome == "U":
            continue  # this CPU does not have it
        assert site is None or site.kind != "invalid", e
        if (e.table, e.opcode) not in SHA:
            assert alignment_seen(outcome) == recorded_alignment(e), e
        if site is not None and outcome[0] == ".":
            assert site.length == int(length), e
            seen.add(site.kind)
    assert {"aligned", "fp", "ldmxcsr", "stmxcsr"} <= seen


def test_recorded_exceptions_are_this_cpus(ask: Ask) -> None:
    tried = [e for e in encodings() if e.reg == 0 and (e.table, e.opcode) not in {("0f", 0xAE), ("0f", 0xC7)}]
    answers = ask([f"A {e.code.hex()}" for e in tried])
    exist = [(e, int(a.split()[0])) for e, a in zip(tried, answers, strict=True) if a.split()[1][0] == "."]
    # an imm8 selects what DPPS, CMPPS and ROUNDPS do; where there is none, these bytes never run
    codes = [e.code + fill * (length - len(e.code)) for fill in (b"\x00", b"\xff") for e, length in exist]
    answers = ask([f"F {code.hex()}" for code in codes])
    for (e, _), first, second in zip(exist, answers, answers[len(exist) :], strict=False):
        results = [(int(flags, 16), trapped, same) for flags, trapped, same in (first.split(), second.split())]
        assert any(flags for flags, _, _ in results) == recorded_floating(e), e
        assert any(trapped == "1" for _, trapped, _ in results) == recorded_floating(e), e
        assert all(same == "1" for _, _, same in results), e
    assert sum(recorded_floating(e) for e, _ in exist) > 200


def execute(ask: Ask, code: str) -> tuple[str, int, int, str]:
    """Return what ended the instruction, its length, RAX and XMM0 after it."""
    what, length, rax, xmm0 = ask([f"R {code}"])[0].split()
    return what, int(length), int(rax, 16), xmm0


def test_prefix_rules_are_this_cpus(ask: Ask) -> None:
    addps, addpd, addss, addsd = (execute(ask, code)[3] for code in ("0f58c1", "660f58c1", "f30f58c1", "f20f58c1"))
    assert len({addps, addpd, addss, addsd}) == 4
    assert execute(ask, "f2f30f58c1")[3] == addss  # the last of F2 and F3 counts
    assert execute(ask, "f3f20f58c1")[3] == addsd
    assert execute(ask, "66f20f58c1")[3] == execute(ask, "f2660f58c1")[3] == addsd  # either beats 66
    assert execute(ask, "41660f58c1")[3] == addpd  # REX counts only before the opcode: not xmm9
    assert execute(ask, "660fae16")[0] == execute(ask, "f30fae16")[0] == execute(ask, "f00fae16")[0] == "U"
    assert execute(ask, "f00f58c1")[0] == execute(ask, "f00f2806")[0] == "U"
    assert execute(ask, "f3480fc70e")[0] == execute(ask, "66480fc70e")[0] == execute(ask, "f0480fc70e")[0] == "."
    assert execute(ask, "670f2806")[0] == "P"  # the low half of the address
    # FS:0 holds its own address: CS does not undo FS, the last of FS and GS counts
    threads = ask([f"R {segments}488b042500000000" for segments in ("64", "642e", "2e64", "6564")])
    assert threads[0].startswith(". 9 ")
    assert len({answer.split()[2] for answer in threads}) == 1
    assert execute(ask, "6465488b042500000000")[0] == "P"


# capstone's view, by names and operand sizes.
NUMBERS = {
    name: number
    for names in (
        "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 rip",
        "eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d eip",
    )
    for number, name in enumerate(names.split())
}
NUMBERS |= {"": NONE, "riz": NONE, "eiz": NONE}
UNALIGNED = re.compile(r"(movu[pd]|movupd|movdqu|lddqu|pcmp[ei]str|bnd|inv|comisd)")  # COMISD: capstone's size is wrong
ARITHMETIC = re.compile(
    r"(add|sub|mul|div|sqrt|max|min|cmp\w*|round|dp|hadd|hsub|addsub)(ps|pd|ss|sd)$|u?comis[sd]$"
    r"|cvtt?(ps|pd)2(pi|dq)$|cvt(pi2ps|dq2ps|pd2ps|ps2pd|ss2sd|sd2ss|si2ss|si2sd)$|cvtt?s[sd]2si$"
)
STATE = {
    "fxsave": ("stmxcsr", 16),
    "fxrstor": ("ldmxcsr", 16),
    "ldmxcsr": ("ldmxcsr", 0),
    "stmxcsr": ("stmxcsr", 0),
    "xsave": ("stmxcsr", 64),
    "xsavec": ("stmxcsr", 64),
    "xsaveopt": ("stmxcsr", 64),
    "xrstor": ("ldmxcsr", 64),
}


def disassembler() -> capstone.Cs:
    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    engine.detail = True
    return engine


PREFIX_RUN = re.compile(rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3]*")


def ignores_prefix(code: bytes) -> bool:
    """Whether `code` has a mandatory prefix with which, by the recording, the opcode is none of ours.

    capstone then shows the instruction without the prefix; the CPU says invalid opcode.
    """
    run = PREFIX_RUN.match(code)
    assert run is not None
    prefix = next((name for name, byte in PREFIXES.items() if byte and byte in run[0]), "none")
    first, second = (code + b"\0")[run.end() + 1 :][:2]
    table = {0x38: "0f38", 0x3A: "0f3a"}.get(first, "0f")
    e = Encoding(table, prefix, first if table == "0f" else second, True, 0, True)
    return prefix != "none" and not is_recorded(ALIGNED, e) and not recorded_floating(e)


def demand(insn: capstone.CsInsn) -> tuple[str, int] | None:
    """Return the kind and alignment that an instruction needs, from its name."""
    name = insn.mnemonic.split()[-1]
    if re.match(r"rep\w* (ins|outs)[bwd]$", insn.mnemonic):
        return "io", 0
    if insn.opcode[0] != 0x0F:  # VEX, and the string instructions CMPSD and MOVSD
        return None
    if name == "cmpxchg16b":
        return "aligned", 16
    if ignores_prefix(bytes(insn.bytes)):
        return None
    if name.removesuffix("64") in STATE:
        return STATE[name.removesuffix("64")]
    size = next((o.size for o in insn.operands if o.type == capstone.x86.X86_OP_MEM), 0)
    alignment = 16 if size == 16 and not UNALIGNED.match(name) else 0
    if ARITHMETIC.match(name) and not (name == "cvtsi2sd" and insn.operands[1].size == 4):
        return "fp", alignment
    if re.match(r"r(cp|sqrt)[ps]s$", name):
        return "estimate", alignment
    return ("aligned", alignment) if alignment else None


def assert_same(site: Site, insn: capstone.CsInsn) -> None:
    assert site.length == insn.size, (site, insn)
    assert (site.kind, site.alignment) == demand(insn), (site, insn)
    if site.kind == "io":
        return
    operand = next((o.mem for o in insn.operands if o.type == capstone.x86.X86_OP_MEM), None)
    assert site.memory == (operand is not None), (site, insn)
    if operand is None:
        assert (site.base, site.index) == (NONE, NONE), (site, insn)
        return
    mask = (1 << site.address_size) - 1
    assert site.address_size == insn.addr_size * 8, (site, insn)
    assert site.base == NUMBERS[insn.reg_name(operand.base) or ""], (site, insn)
    assert site.index == NUMBERS[insn.reg_name(operand.index) or ""], (site, insn)
    if site.index != NONE:
        assert site.scale == operand.scale, (site, insn)
    assert site.displacement & mask == operand.disp & mask, (site, insn)
    assert -(1 << 31) <= site.displacement < 1 << 31
    segment = {"fs": 4, "gs": 5}.get(insn.reg_name(operand.segment) or "", 0)
    assert site.segment == segment, (site, insn)


# What the two read differently, or capstone cannot: more than one mandatory prefix, LOCK, a REX or a segment
# that does not count.
ODD = re.compile(
    rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3]*"
    rb"(\xf0|[\x40-\x4f][\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3]"
    rb"|[\x26\x2e\x36\x3e\x64\x65].*[\x26\x2e\x36\x3e\x64\x65]|[\x66\xf2\xf3].*[\x66\xf2\xf3])",
    re.DOTALL,
)


def is_odd(code: bytes) -> bool:
    run = PREFIX_RUN.match(code)
    assert run is not None
    return ODD.match(run[0]) is not None


def compare(code: bytes) -> tuple[int, int]:
    """Check each instruction of a linear disassembly and each site; return how many needed a site, and the sites."""
    sites = {site.start: site for site in scan(code, 0, len(code))}
    engine = disassembler()
    engine.skipdata = True
    needed = 0
    for insn in engine.disasm(code, 0):
        if insn.id == 0 or demand(insn) is None:
            continue
        needed += 1
        assert insn.address in sites, insn
        site = sites[insn.address]
        if site.kind not in {"invalid", "conflict"}:
            assert_same(site, insn)
    engine.skipdata = False
    for site in sites.values():  # also where nothing starts, as far as linear disassembly knows
        raw = code[site.start : site.start + LONGEST]
        insn = next(engine.disasm(raw, 0, 1), None)
        if insn is not None and not is_odd(raw) and site.kind != "invalid":
            assert_same(site, insn)
    return needed, len(sites)


# Loops that gcc makes SSE of, in every width.
VECTORS = r"""
#define N 1024
#define LOOPS(T) \
    void add_##T(T *a, T *b, T *c) { for(int i = 0; i < N; i++) a[i] = b[i] + c[i] * a[i]; } \
    T sum_##T(T *a) { T s = 0; for(int i = 0; i < N; i++) s += a[i]; return s; } \
    void less_##T(T *a, T *b) { for(int i = 0; i < N; i++) a[i] = a[i] < b[i] ? a[i] : b[i]; } \
    T fixed_##T[N], other_##T[N]; \
    void global_##T(T k) { for(int i = 0; i < N; i++) fixed_##T[i] = other_##T[N-1-i] - k; } \
    void both_##T(void) { for(int i = 0; i < N; i++) fixed_##T[i] = fixed_##T[i] * other_##T[i] + other_##T[i]; } \
    T most_##T(void) { T m = 0; for(int i = 0; i < N; i++) m = m > other_##T[i] ? m : other_##T[i]; return m; } \
    void near_##T(T k) { for(int i = 0; i < N; i++) if(fixed_##T[i] == k) fixed_##T[i] = other_##T[i]; } \
    void row_##T(T a[][N], T b[][N]) { for(int i = 0; i < N; i++) for(int j = 0; j < N; j++) a[i][j] -= b[j][i]; }
typedef unsigned char uchar; typedef unsigned short ushort; typedef unsigned int uint; typedef unsigned long ulong;
LOOPS(float) LOOPS(double) LOOPS(char) LOOPS(uchar) LOOPS(short) LOOPS(ushort) LOOPS(int) LOOPS(uint) LOOPS(long)
LOOPS(ulong)
#define CONVERT(S, T) \
    void S##_to_##T(S *a, T *b) { for(int i = 0; i < N; i++) b[i] = a[i]; } T one_##S##_to_##T(S a) { return a; }
CONVERT(float, double) CONVERT(double, float) CONVERT(int, float) CONVERT(int, double) CONVERT(float, int)
CONVERT(double, int) CONVERT(long, double) CONVERT(double, long) CONVERT(uchar, float) CONVERT(ulong, double)
float dot(float *a, float *b) { float s = 0; for(int i = 0; i < N; i++) s += a[i] * b[i]; return s; }
void roots(double *a, float *b) {
    for(int i = 0; i < N; i++) { a[i] = __builtin_sqrt(__builtin_floor(a[i])); b[i] = __builtin_sqrtf(b[i]) / 3; }
}
struct big { double x, y, z, w; } copy[64];
double norm(struct big *p, int i) { return p[i].x * p[i].x + copy[i].y * p[i].z + copy[63-i].w; }
"""


@pytest.fixture(scope="session")
def vector_code(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Return the .text of programs that a compiler vectorised."""
    gcc = shutil.which("x86_64-linux-gnu-gcc") or (shutil.which("gcc") if platform.machine() == "x86_64" else None)
    if gcc is None:
        pytest.skip("no gcc for x86-64 to compile the vector programs with")
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "vectors.c").write_text(VECTORS)
    texts = []
    for flags in (
        ["-O3", "-msse4.2"],
        ["-O3", "-ffast-math", "-mcmodel=large"],
        ["-O2", "-ffast-math", "-mssse3", "-mx32"],
    ):
        subprocess.run([gcc, *flags, "-c", "-o", "vectors.o", "vectors.c"], cwd=folder, check=True)
        with open(folder / "vectors.o", "rb") as file:
            texts.append(ELFFile(file).get_section_by_name(".text").data())
    return texts


def test_vectorised_code_is_complete(vector_code: list[bytes]) -> None:
    for code in vector_code:
        needed, sites = compare(code)
        assert needed > 100
        assert needed <= sites < 3 * needed


@pytest.mark.parametrize("name", ["libm.so.6", "libcrypto.so.3"])
def test_system_libraries_are_complete(name: str) -> None:
    path = Path("/usr/lib/x86_64-linux-gnu", name)
    if not path.exists():
        pytest.skip(f"no {path}")
    with open(path, "rb") as file:
        code = ELFFile(file).get_section_by_name(".text").data()
    middle = len(code) // 2
    needed, sites = compare(code[middle : middle + 100_000])
    assert needed <= sites


GENERAL = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", *(f"r{n}" for n in range(8, 16))]
KNOWN = [b"\x0f\x28", b"\x0f\x58", b"\x66\x0f\x58", b"\x66\x0f\xef", b"\x66\x0f\x38\x00", b"\xf2\x0f\x5a", b"\x0f\xc6"]
KNOWN += [b"\x66\x0f\x3a\x0f", b"\xf3\x0f\xc2", b"\x66\x0f\x3a\x0b", b"\x66\x0f\x70", b"\x66\x0f\xe7"]


@settings(max_examples=400)
@given(
    known=st.sampled_from(KNOWN),
    rex=st.one_of(st.just(b""), st.integers(0x40, 0x4F).map(lambda b: bytes([b]))),
    before=st.sampled_from([b"", b"\x67", b"\x64", b"\x65", b"\x64\x67", b"\x67\x65", b"\x2e"]),
    operand=st.binary(min_size=8, max_size=8),
)
def test_any_operand_decodes_as_capstone_does(known: bytes, rex: bytes, before: bytes, operand: bytes) -> None:
    escape = known.index(b"\x0f")
    code = before + known[:escape] + rex + known[escape:] + operand
    insn = next(disassembler().disasm(code, 0, 1), None)
    if insn is None or (wanted := demand(insn)) is None:
        return
    site = at(code)
    assert site is not None
    assert (site.kind, site.alignment) == wanted
    assert_same(site, insn)


@settings(max_examples=300)
@given(code=st.binary(max_size=300), data=st.data())
def test_random_bytes(code: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(code)))
    end = data.draw(st.integers(start, len(code)))
    sites = scan(code, start, end)
    assert all(start <= site.start < end for site in sites)
    assert all(2 <= site.length <= LONGEST or site.kind == "io" for site in sites)
    assert all(site.start + site.length <= len(code) for site in sites)
    places = [site.start for site in sites]
    assert places == sorted(set(places))
    every = scan(memoryview(code), 0, len(code))
    assert [repr(s) for s in every if start <= s.start < end] == [repr(s) for s in sites]  # pages join without a gap


#: Bytes that make instructions of interest likely.
DENSE = st.lists(
    st.one_of(
        st.sampled_from([b"\x0f", b"\x66", b"\xf2", b"\xf3", b"\x48", b"\x44", b"\x64", b"\xf0", b"\x38", b"\x3a"]),
        st.sampled_from([b"\x0f\x58", b"\x66\x0f", b"\x0f\xae", b"\x0f\xc7", b"\x0f\x28", b"\x6d", b"\x04", b"\x05"]),
        st.binary(min_size=1, max_size=2),
    ),
    max_size=60,
).map(b"".join)


@settings(max_examples=300)
@given(DENSE)
@example(bytes.fromhex("0f660f58c1"))
def test_no_start_is_missed(code: bytes) -> None:
    """Whatever capstone finds at any offset is found."""
    sites = {site.start: site for site in scan(code, 0, len(code))}
    engine = disassembler()
    for start in range(len(code)):
        raw = code[start : start + LONGEST]
        insn = next(engine.disasm(raw, start, 1), None)
        if insn is None or is_odd(raw):
            continue
        site = sites.get(start)
        if demand(insn) is None:
            assert site is None or site.kind == "invalid", insn
        else:
            assert site is not None, insn
            if site.kind != "invalid":
                assert_same(site, insn)


def place(text: str, start: int = 0) -> Site:
    site = at(bytes.fromhex(text), start)
    assert site is not None
    return site


def describe(text: str) -> list[tuple[int, int, str, int]]:
    code = bytes.fromhex(text)
    return [(s.start, s.length, s.kind, s.alignment) for s in scan(code, 0, len(code))]


def test_every_prefix_is_a_possible_start() -> None:
    assert describe("90 f2 48 0f 2a c0 90") == [(1, 5, "fp", 0), (2, 4, "fp", 0), (3, 3, "fp", 0)]
    assert describe("66 44 0f 6f 06") == [(0, 5, "aligned", 16)]  # without 66 it is MMX
    assert describe("f3 0f 10 06 0f 11 06 66 0f 10 06") == []  # MOVSS, MOVUPS, MOVUPD


def test_an_opcode_may_be_the_prefix_of_what_starts_in_it() -> None:
    assert describe("66 0f 66 0f 58 c1") == [(0, 4, "aligned", 16), (2, 4, "fp", 0), (3, 3, "fp", 0)]


def test_operand_fields() -> None:
    s = place("66 43 0f 58 84 b5 00 ff ff ff")
    assert (s.length, s.memory, s.base, s.index, s.scale, s.displacement) == (10, True, 13, 14, 4, -256)
    s = place("0f 28 05 f0 ff ff ff")
    assert (s.length, s.base, s.index, s.displacement, s.memory) == (7, RIP, NONE, -16, True)
    s = place("0f 28 04 25 10 00 00 80")
    assert (s.length, s.base, s.index, s.displacement, s.memory) == (8, NONE, NONE, -(1 << 31) + 16, True)
    s = place("64 67 42 0f 28 04 24")
    assert (s.base, s.index, s.segment, s.address_size) == (4, 12, 4, 32)
    assert [place(f"{p} 0f 28 06").segment for p in ("64", "65", "64 65", "65 64", "64 2e", "36")] == [4, 5, 5, 4, 4, 0]
    s = place("0f 28 04 24")
    assert (s.base, s.index) == (4, NONE)
    s = place("0f 58 c1")
    assert (s.base, s.index, s.memory, s.alignment) == (NONE, NONE, False, 0)
    assert place("0f c6 46 7f 11").length == 5
    assert place("66 0f 3a 0f 46 80 11").displacement == -128


def test_state_instructions() -> None:
    assert describe("0f ae 06 0f ae 0e 0f ae 16 0f ae 1e") == [
        (0, 3, "stmxcsr", 16),
        (3, 3, "ldmxcsr", 16),
        (6, 3, "ldmxcsr", 0),
        (9, 3, "stmxcsr", 0),
    ]
    assert describe("0f ae 20 0f ae 28 0f ae 30 0f c7 20") == [
        (0, 3, "stmxcsr", 64),
        (3, 3, "ldmxcsr", 64),
        (6, 3, "stmxcsr", 64),
        (9, 3, "stmxcsr", 64),
    ]
    for opcode, kind in (("ae", "stmxcsr"), ("c7", "stmxcsr")):  # XSAVE, XSAVEC with every addressing mode
        sizes = [
            (s.length, s.kind) for s in map(place, (f"0f {opcode} {m} 00 00 00 00 00" for m in ("24", "67", "a7")))
        ]
        assert sizes == [(4, kind), (4, kind), (7, kind)]
    assert describe("0f ae 3e 0f ae e8 0f ae f8 66 0f ae 36 0f c7 f0") == [(10, 3, "stmxcsr", 64)]  # inside of CLWB


def test_cmpxchg16b_but_not_8b() -> None:
    assert describe("f0 48 0f c7 0e") == [(0, 5, "aligned", 16), (1, 4, "aligned", 16)]
    assert describe("f0 0f c7 0e") == []
    modes = ("0c 24", "4e 10", "8e 00 01 00 00")
    assert [place(f"48 0f c7 {mode}").length for mode in modes] == [5, 5, 8]


def test_invalid() -> None:
    """LOCK, and 66, F2, F3 before the MXCSR instructions: #UD, and Unicorn executes them."""
    assert place("f0 0f 58 c1").kind == place("f0 0f 28 06").kind == "invalid"
    assert place("66 0f c7 26").kind == "invalid"
    assert place("66 0f ae 16").kind == place("f3 0f ae 1e").kind == place("f0 0f ae 16").kind == "invalid"


def test_conflict() -> None:
    assert place("66 f2 0f 58 c1").kind == place("f2 f3 0f 58 c1").kind == "conflict"
    assert place("66 f2 0f 58 c1", 1).kind == "fp"
    assert place("66 66 0f 58 c1").kind == "fp"


def test_rex_counts_only_before_the_opcode() -> None:
    assert place("41 66 0f 58 06").base == 6
    assert place("66 41 0f 58 06").base == 14
    assert place("48 f2 0f 5a 06").kind == "fp"
    assert at(bytes.fromhex("48 f2 0f 2a c0")) is None  # CVTSI2SD of EAX is exact
    assert place("f2 48 0f 2a c0").kind == "fp"


def test_fifteen_bytes_and_no_more() -> None:
    code = b"\x2e" * 20 + bytes.fromhex("0f 28 80 00 00 00 00")
    assert [s.start for s in scan(code, 0, len(code))] == list(range(12, 21))
    assert at(code, 12) is not None
    assert describe("2e" * 14 + "f3 6d") == [(i, 16 - i, "io", 0) for i in range(1, 15)]


def test_only_repeated_string_io() -> None:
    assert describe("f3 6c 6c f2 48 6f") == [(0, 2, "io", 0), (3, 3, "io", 0)]
    assert describe("66 f3 6d") == [(0, 3, "io", 0), (1, 2, "io", 0)]
    assert describe("66 6d ec e4 10") == []
    assert describe("f3" + "2e" * 13 + "6d") == [(0, 15, "io", 0)]
    assert place("f0 f3 6d").kind == "invalid"


def test_instruction_over_the_end() -> None:
    code = bytes.fromhex("66 0f 3a 0f 44 24 10 08")
    assert [s.length for s in scan(code, 0, 1)] == [8]  # looks behind `end`
    assert all(scan(code[:size], 0, size) == [] for size in range(8))  # cut off


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 5)])
def test_a_range_outside_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="must lie inside"):
        scan(bytes(4), start, end)


def test_more_buffers_than_bytes() -> None:
    code = bytes.fromhex("90 0f 58 06")
    assert repr(scan(code, 1, 4)) == repr(scan(bytearray(code), 1, 4)) == repr(scan(memoryview(code), 1, 4))
