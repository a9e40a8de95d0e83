"""Which instructions of a program end it on 9front: privileged, trapped, foreign, not everywhere.

amd64 code is decoded with capstone; arm64 instructions are recognised by their bits, which is
exact and fast, and capstone only spells them.  What a kernel allows was observed
(facts/observed-amd64.md §d-e, facts/observed-arm64.md §d); what a machine has is the baseline of
facts/unicorn.md §5: x86-64 without AVX, ARMv8.0.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["CodeRange", "Hit", "scan"]


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Bytes that are instructions from the first on, and their address."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Hit:
    """An instruction that breaks `rule`; `what` says in a few words why, `text` spells it."""

    rule: str
    address: int
    text: str
    what: str
    severity: str | None = None


def scan(target: str, ranges: list[CodeRange]) -> Iterator[Hit]:
    """The offending instructions of a program for `target` ("amd64" or "arm64"), by address."""
    return _scan_amd64(ranges) if target == "amd64" else _scan_arm64(ranges)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# amd64

PRIVILEGED = _words(
    "hlt cli sti in out insb insw insd outsb outsw outsd lgdt lidt lldt ltr lmsw clts invd wbinvd invlpg invpcid "
    "wrmsr rdmsr rdpmc sysret sysretq sysexit sysexitq xsetbv monitor mwait vmcall vmlaunch vmresume vmxoff vmxon "
    "vmptrld vmclear vmread vmwrite vmrun vmmcall vmload vmsave stgi clgi skinit invept invvpid swapgs iretd "
    "rsm clac stac"
)
TRAPPED = _words("rdfsbase rdgsbase wrfsbase wrgsbase rdpkru wrpkru encls enclu")
FOREIGN = _words("sysenter int int1 into")
#: Missing where the baseline ends; mnemonics that also begin other names are matched whole.
AVX_LIKE = _words(
    "andn bextr blsi blsmsk blsr bzhi mulx pdep pext rorx sarx shlx shrx adcx adox xbegin xend xabort xtest "
    "sha1msg1 sha1msg2 sha1nexte sha1rnds4 sha256msg1 sha256msg2 sha256rnds2 rdseed rdrand lzcnt "
    "clflushopt clwb gf2p8affineqb gf2p8affineinvqb gf2p8mulb kmovw kmovd kmovq kmovb"
)
#: On nearly every machine, but not in the baseline: SSE3 to SSE4.2 and their time.
SINCE_2010 = _words(
    "popcnt movbe crc32 aesenc aesenclast aesdec aesdeclast aesimc aeskeygenassist pclmulqdq "
    "addsubpd addsubps haddpd haddps hsubpd hsubps lddqu movddup movshdup movsldup fisttp "
    "pabsb pabsw pabsd palignr phaddw phaddd phaddsw phsubw phsubd phsubsw pmaddubsw pmulhrsw pshufb "
    "psignb psignw psignd blendpd blendps blendvpd blendvps dppd dpps extractps insertps movntdqa mpsadbw "
    "packusdw pblendvb pblendw pcmpeqq pextrb pextrd pextrq phminposuw pinsrb pinsrd pinsrq pmaxsb pmaxsd "
    "pmaxud pmaxuw pminsb pminsd pminud pminuw pmovsxbd pmovsxbq pmovsxbw pmovsxdq pmovsxwd pmovsxwq pmovzxbd "
    "pmovzxbq pmovzxbw pmovzxdq pmovzxwd pmovzxwq pmuldq pmulld ptest roundpd roundps roundsd roundss "
    "pcmpestri pcmpestrm pcmpistri pcmpistrm pcmpgtq extrq insertq movntsd movntss"
)
NOT_VEX = _words("verr verw")
PREFIXES = _words("lock rep repe repne repz repnz bnd notrack data16 xacquire xrelease")


def _amd64_rule(mnemonic: str, operands: str) -> tuple[str, str, str | None] | None:
    """Rule, reason and severity (None: the rule's) of one instruction."""
    if mnemonic == "mov":
        if "cr" in operands or "dr" in operands:
            return "privileged-instruction", "control and debug registers are the kernel's", None
    elif mnemonic in PRIVILEGED:
        return "privileged-instruction", "general protection violation", None
    elif mnemonic in TRAPPED:
        return "trapped-instruction", "invalid opcode: 9front does not switch it on", None
    elif mnemonic in FOREIGN:
        if operands in {"0x40", "64"}:
            return "foreign-interrupt", "stops the whole kernel: panic: unknown trap/intr: 64", None
        return "foreign-interrupt", "not a system call of 9front on amd64", None
    elif mnemonic in AVX_LIKE or (mnemonic[0] == "v" and mnemonic not in NOT_VEX):
        return "unavailable-instruction", "newer than the x86-64 baseline without AVX", None
    elif mnemonic in SINCE_2010:
        return "unavailable-instruction", "newer than the x86-64 baseline, though most machines have it", "warning"
    if ("fs:" in operands or "gs:" in operands) and mnemonic != "nop":
        return "segment-register", "the base of %fs and %gs is 0", None
    return None


def _scan_amd64(ranges: list[CodeRange]) -> Iterator[Hit]:
    import capstone

    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    found: list[Hit] = []
    guarded = False
    for part in ranges:
        end = part.address
        for address, size, mnemonic, operands in decoder.disasm_lite(part.data, part.address):
            end = address + size
            name = mnemonic
            if " " in name:
                name = next((word for word in name.split() if word not in PREFIXES), name)
            if name == "cpuid":
                guarded = True
            rule = _amd64_rule(name, operands)
            if rule:
                found.append(Hit(rule[0], address, f"{mnemonic} {operands}".strip(), rule[1], rule[2]))
        rest = part.data[end - part.address :]
        if rest.strip(b"\0"):
            found.append(Hit("undecodable-code", end, rest[:8].hex(" "), f"{len(rest)} bytes are left out"))
    for hit in found:
        # A program that asks cpuid may well use such instructions only where they exist.
        if guarded and hit.rule == "unavailable-instruction" and hit.severity is None:
            yield Hit(
                hit.rule, hit.address, hit.text, f"{hit.what}; the program uses cpuid, see that it asks", "warning"
            )
        else:
            yield hit


# arm64


def _system_register(word: int) -> tuple[int, int, int, int, int]:
    """op0, op1, CRn, CRm, op2 of an MSR or MRS."""
    return 2 + (word >> 19 & 1), word >> 16 & 7, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7


#: What a program may read, and of these what it may write.
READABLE = {
    (3, 3, 14, 0, 2): "cntvct_el0",
    (3, 3, 14, 0, 0): "cntfrq_el0",
    (3, 3, 9, 13, 0): "pmccntr_el0",
    (3, 3, 9, 14, 0): "pmuserenr_el0",
    (3, 3, 0, 0, 7): "dczid_el0",
    (3, 3, 13, 0, 2): "tpidr_el0",
    (3, 3, 13, 0, 3): "tpidrro_el0",
    (3, 3, 4, 2, 0): "nzcv",
    (3, 3, 4, 4, 0): "fpcr",
    (3, 3, 4, 4, 1): "fpsr",
    (2, 3, 0, 1, 0): "mdccsr_el0",
}
WRITABLE = frozenset({"tpidr_el0", "nzcv", "fpcr", "fpsr"})

Verdict = tuple[str, str, str | None] | None


def _unknown(word: int) -> Verdict:
    return "privileged-instruction", "sys: trap: unknown", None


def _wait(word: int) -> Verdict:
    return "trapped-instruction", "sys: trap: WFI or WFE instruction execution", None


def _system_instruction(word: int) -> Verdict:
    """SYS: caches, TLBs, address translation."""
    if word >> 16 & 7 == 3:
        return "trapped-instruction", "cache instructions are switched off for programs", None
    return "privileged-instruction", "sys: trap: unknown", None


def _register_access(word: int) -> Verdict:
    register = _system_register(word)
    name = READABLE.get(register)
    if name and (word >> 21 & 1 or name in WRITABLE):
        return None
    if register[1] == 3:
        return "trapped-instruction", "sys: trap: illegal MSR/MRS access or unknown", None
    return "privileged-instruction", "system registers are the kernel's", None


def _immediate(word: int) -> Verdict:
    """MSR (immediate) and its neighbours: DAIF and SPSel are trapped, the flag ones are newer."""
    op1, op2 = word >> 16 & 7, word >> 5 & 7
    if (op1, op2) in {(3, 6), (3, 7)}:
        return "trapped-instruction", "sys: trap: illegal MSR/MRS access", None
    if (op1, op2) == (0, 5):
        return "privileged-instruction", "sys: trap: unknown", None
    return "unavailable-instruction", "newer than ARMv8.0", None


def _newer(what: str, severity: str | None = None) -> Callable[[int], Verdict]:
    return lambda word: ("unavailable-instruction", what, severity)


LSE = _newer("atomics (LSE) of ARMv8.1; ARMv8.0 machines such as the Raspberry Pi 4 do not have them")
PAUTH = _newer("pointer authentication of ARMv8.3")
CRYPTO = _newer("an optional extension, which the Raspberry Pi 4 does not have", "warning")

#: (mask, value, verdict): the first that fits decides.
PATTERNS: tuple[tuple[int, int, Callable[[int], Verdict]], ...] = (
    (0xFFE0001F, 0xD4400000, _unknown),  # HLT
    (0xFFE0001F, 0xD4000002, _unknown),  # HVC
    (0xFFE0001F, 0xD4000003, _unknown),  # SMC
    (0xFFE0001C, 0xD4A00000, _unknown),  # DCPS1-3
    (0xFFFFFFFF, 0xD69F03E0, _unknown),  # ERET
    (0xFFFFFFFF, 0xD6BF03E0, _unknown),  # DRPS
    (0xFFFFFFDF, 0xD503205F, _wait),  # WFE, WFI
    (0xFFF8F01F, 0xD500401F, _immediate),
    (0xFFD80000, 0xD5080000, _system_instruction),  # SYS, SYSL
    (0xFFD00000, 0xD5100000, _register_access),  # MSR, MRS
    (0x3F200C00, 0x38200000, LSE),  # LDADD and friends, SWP, LDAPR
    (0x3FA07C00, 0x08A07C00, LSE),  # CAS
    (0xBFA07C00, 0x08207C00, LSE),  # CASP
    (0x3FFFFC00, 0x089F7C00, LSE),  # STLLR
    (0x3FFFFC00, 0x08DF7C00, LSE),  # LDLAR
    (0x3F200C00, 0x19000000, _newer("LDAPUR and STLUR of ARMv8.4")),
    (0x3F200400, 0x38200400, PAUTH),  # LDRAA, LDRAB
    (0xFE9FF800, 0xD61F0800, PAUTH),  # BRAA, RETAA and friends
    (0xFFFF0000, 0xDAC10000, PAUTH),  # PACIA and friends
    (0xFF200000, 0xD9200000, _newer("memory tagging of ARMv8.5")),
    (0x1E000000, 0x04000000, _newer("SVE")),
    (0x9E000000, 0x80000000, _newer("SME")),
    (0xBFE0FC00, 0x0E809400, _newer("dot product of ARMv8.2")),  # SDOT
    (0xBFE0FC00, 0x2E809400, _newer("dot product of ARMv8.2")),  # UDOT
    (0xFFFF7C00, 0x1EE24000, lambda word: None),  # FCVT from half precision is in ARMv8.0
    (0xFFE00000, 0x1EE00000, _newer("half-precision arithmetic of ARMv8.2")),
    (0xFF000000, 0xCE000000, _newer("SHA-3, SHA-512 and SM of ARMv8.2")),
    (0xFF3E0C00, 0x4E280800, CRYPTO),  # AES
    (0xFF208C00, 0x5E000000, CRYPTO),  # SHA, three registers
    (0xFF3E0C00, 0x5E280800, CRYPTO),  # SHA, two registers
)


def _by_top_byte() -> tuple[tuple[tuple[int, int, Callable[[int], Verdict]], ...], ...]:
    """The patterns that can fit a word, by its top byte: most bytes have none."""
    return tuple(tuple(row for row in PATTERNS if (byte ^ row[1] >> 24) & row[0] >> 24 == 0) for byte in range(256))


def _scan_arm64(ranges: list[CodeRange]) -> Iterator[Hit]:
    table = _by_top_byte()
    for part in ranges:
        for index, (word,) in enumerate(struct.iter_unpack("<I", part.data[: len(part.data) & ~3])):
            for mask, value, judge in table[word >> 24]:
                if word & mask == value:
                    verdict = judge(word)
                    if verdict:
                        yield Hit(verdict[0], part.address + 4 * index, _spell(word), verdict[1], verdict[2])
                    break


def _spell(word: int) -> str:
    """The instruction as an assembler writes it, or its number."""
    import capstone

    decoder = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_LITTLE_ENDIAN)
    for _, _, mnemonic, operands in decoder.disasm_lite(struct.pack("<I", word), 0):
        return f"{mnemonic} {operands}".strip()
    return f".inst {word:#010x}"
