"""Where in amd64 code the emulated CPU must be watched: SSE alignment, SSE exceptions, MXCSR.

Unicorn checks no 16-byte alignment, raises no SIMD floating-point exception and sets no sticky
flag in MXCSR (facts/unicorn.md §5); the kernel starts programs with invalid, zero-divide and
overflow unmasked (facts/abi.md §3).  The machine closes the gap with one-address code hooks, and
this module says where: at every byte at which an instruction that needs a check *might* start.  A
hook where no instruction starts never fires; a missing hook is a false pass.  So nothing here
follows the flow of control: each `0F` byte is taken as an opcode, and each position in the run of
prefix bytes before it as a start.

The tables say which instructions demand aligned memory and which can raise an exception.  They
were read from the Intel manual (volume 2, "Exceptions" of each instruction) and found equal on a
real CPU by running every opcode of the maps 0F, 0F 38 and 0F 3A; the unit test does so again.  One
row is stricter than that CPU: AMD lets the SHA instructions read unaligned memory, Intel does not.

Not here, on purpose:
- VEX and EVEX forms: to the kernel's baseline CPU they are invalid opcodes, and of them only the
  explicitly aligned moves (VMOVAPS and its kind) check alignment.  The machine must refuse them whole.
- IN, OUT, INS and OUTS: Unicorn reports each with an exact PC through UC_HOOK_INSN, and hooking every
  byte 6C-6F, E4-E7, EC-EF would cover a twentieth of all code.  Only REP INS and REP OUTS are found,
  since with a count of 0 Unicorn reports nothing and the CPU still raises #GP.
- INT n, INT3: Unicorn reports them.  ICEBP (F1): Unicorn says invalid instruction.
- LOCK, or two of 66 F2 F3, before instructions of which the tables below know nothing.
"""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

__all__ = ["LONGEST", "NONE", "RIP", "Site", "scan"]

#: Length in bytes of the longest instruction; a longer one is #GP, which Unicorn raises itself.
LONGEST = 15
#: `Site.base` and `Site.index`: no register; `Site.base`: the address of the next instruction.
NONE = -1
RIP = 16

# Opcodes by map (the last byte of its escape) and mandatory prefix (0 none, 1 66, 2 F3, 3 F2).
# m128 operands that must be 16-aligned: the packed instructions and the aligned and non-temporal
# moves; not MOVU*, LDDQU, the m8-m64 operands (MOVLPS, MOVDDUP, CVTPS2PD, PMOVSX, PINSRW, every MMX
# form ...) nor PCMPxSTRx.
_ALIGNED = (
    (0x0F, 0, "14-15 28-29 2b 51-59 5b-5f c2 c6"),
    (0x0F, 1, "14-15 28-29 2b-2d 51 54-6d 6f-70 74-76 7c-7d 7f c2 c6 d0-d5 d8-ef f1-f6 f8-fe"),
    (0x0F, 2, "12 16 5b 70"),
    (0x0F, 3, "70 7c-7d d0 e6"),
    (0x38, 0, "c8-cd"),
    (0x38, 1, "00-0b 10 14-15 17 1c-1e 28-2b 37-41 cf db-df"),
    (0x3A, 0, "cc"),
    (0x3A, 1, "08-09 0c-0f 40-42 44 ce-cf df"),
)
# What can raise a SIMD floating-point exception, masked or not: a sticky flag is one.  Not CVTPI2PD,
# CVTDQ2PD, CVTSI2SD of 32 bits (always exact), RCPPS, RSQRTPS, logic, shuffles and blends.
_FLOATING = (
    (0x0F, 0, "2a 2c-2f 51 58-5f c2"),
    (0x0F, 1, "2c-2f 51 58-5f 7c-7d c2 d0 e6"),
    (0x0F, 2, "2a 2c-2d 51 58-5f c2"),
    (0x0F, 3, "2a 2c-2d 51 58-5a 5c-5f 7c-7d c2 d0 e6"),
    (0x3A, 1, "08-0b 40-41"),
)
# RCPPS, RCPSS, RSQRTPS, RSQRTSS raise nothing and set no flag; Unicorn divides, and sets some.
_ESTIMATES = ((0x0F, 0, "52-53"), (0x0F, 2, "52-53"))
_IMMEDIATE = frozenset((0x0F70, 0x0FC2, 0x0FC6))  # with an imm8, as all of map 3A
_CVTSI2SD = (0x0F2A, 3)  # can be inexact only with a 64-bit source, REX.W

# 0F AE /reg with memory: kind, alignment.  /7 is CLFLUSH.
_STATE = (
    ("stmxcsr", 16),  # FXSAVE
    ("ldmxcsr", 16),  # FXRSTOR
    ("ldmxcsr", 0),
    ("stmxcsr", 0),
    ("stmxcsr", 64),  # XSAVE
    ("ldmxcsr", 64),  # XRSTOR
    ("stmxcsr", 64),  # XSAVEOPT
)
_CMPXCHG16B = 1  # 0F C7 /1 with REX.W
_XSAVEC = 4  # 0F C7 /4

_OTHER_PREFIXES = frozenset(b"\x26\x2e\x36\x3e")  # segments that 64-bit mode ignores


class Site:
    """A place in code where an instruction that needs a check may start.

    `kind` is why:

    - `aligned`: does nothing but need its memory operand at a multiple of `alignment`, else #GP
    - `fp`: SSE arithmetic, may raise a SIMD floating-point exception and sets MXCSR's sticky flags;
      the check of `alignment`, when not 0, comes first
    - `estimate`: RCPPS and its kind, which set no flag although Unicorn does
    - `ldmxcsr`: LDMXCSR, FXRSTOR, XRSTOR: the exception masks may change
    - `stmxcsr`: STMXCSR, FXSAVE, XSAVE, XSAVEOPT, XSAVEC: the sticky flags become visible
    - `io`: REP INS or OUTS, #GP even when the count is 0
    - `invalid`: an invalid opcode (#UD) that Unicorn executes: LOCK before one of the above, 66, F2 or
      F3 before LDMXCSR and its kind
    - `conflict`: two of the prefixes 66, F2 and F3 before one opcode.  The CPU takes the last of F2 and
      F3, else 66; Unicorn takes 66, then F3: it would execute another instruction
    """

    __slots__ = (
        "address_size",
        "alignment",
        "base",
        "displacement",
        "index",
        "kind",
        "length",
        "memory",
        "scale",
        "segment",
        "start",
    )

    def __init__(self, start: int, length: int, kind: str, alignment: int = 0) -> None:
        #: Offset of the instruction in the buffer, and its length, immediates included; in bytes.
        self.start = start
        self.length = length
        self.kind = kind
        #: What the operand's address must be a multiple of: 0 (anything), 16 or 64.
        self.alignment = alignment
        #: Is there a ModRM operand in memory?  If not, the fields below mean nothing.
        self.memory = False
        #: Numbers of general registers in encoding order (rax rcx rdx rbx rsp rbp rsi rdi r8 ...) or
        #: NONE; `base` may be RIP, which counts from the instruction's end.
        self.base = NONE
        self.index = NONE
        #: 1, 2, 4 or 8, and a signed number of bytes.
        self.scale = 1
        self.displacement = 0
        #: 0 none, 4 FS, 5 GS: the base to add, after the sum was cut to `address_size` (64 or 32) bits.
        self.segment = 0
        self.address_size = 64

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"Site({fields})"


def scan(code: bytes | bytearray | memoryview, start: int, end: int) -> list[Site]:
    """Return the sites whose first byte is in code[start:end), by rising `start`, no two at one place.

    Up to 14 bytes behind `end` are looked at, if `code` has them.  An instruction cut off by the end
    of `code` is not reported: give the bytes that follow in memory, or scan the last 14 again when
    they are known.  Raises ValueError when the range is not inside `code`.
    """
    if not 0 <= start <= end <= len(code):
        raise ValueError(f"cannot scan bytes {start} to {end} of {len(code)}: the range must lie inside the code")
    tables = _tables()
    window = bytes(code[start : end + LONGEST - 1])
    sites: list[Site] = []
    for match in tables.opcodes.finditer(window):
        sites += _at_opcode(tables, window, match.start(), end - start)
    for match in tables.repeats.finditer(window):
        sites += _at_string(window, match.end() - 1, end - start)
    sites.sort(key=_start)
    if start:
        for site in sites:
            site.start += start
    return sites


def _start(site: Site) -> int:
    return site.start


class _Tables:
    """The tables above in the form that `scan` looks things up in."""

    __slots__ = ("aligned", "estimates", "floating", "opcodes", "repeats")

    def __init__(self) -> None:
        import re

        #: Opcode with its map (0x0F58, 0x3808) to the set of mandatory prefixes.
        self.aligned = _rows(_ALIGNED)
        self.floating = _rows(_FLOATING)
        self.estimates = _rows(_ESTIMATES)
        # Registers cannot be misaligned: an opcode of which only the alignment matters is a candidate
        # only before a ModRM byte that means memory.  Everything after 0F is looked ahead at: an
        # opcode such as 66 is also a prefix of what may start there.
        choices = [
            b"\xae[\x00-\x37\x40-\x77\x80-\xb7]",
            b"\xc7[\x08-\x0f\x48-\x4f\x88-\x8f\x20-\x27\x60-\x67\xa0-\xa7]",
        ]
        for table, escape in ((0x0F, b""), (0x38, b"\x38"), (0x3A, b"\x3a")):
            floating = {row & 0xFF for row in (*self.floating, *self.estimates) if row >> 8 == table}
            aligned = {row & 0xFF for row in self.aligned if row >> 8 == table} - floating
            if floating:
                choices.append(escape + _set(floating))
            choices.append(escape + _set(aligned) + b"[\x00-\xbf]")
        #: Matches the 0F of every instruction that the tables know.
        self.opcodes: re.Pattern[bytes] = re.compile(b"\x0f(?=" + b"|".join(choices) + b")", re.DOTALL)
        #: Matches from a repeat prefix to the opcode of INS or OUTS.
        self.repeats: re.Pattern[bytes] = re.compile(
            b"[\xf2\xf3][\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3]{0,13}[\x6c-\x6f]"
        )


@cache
def _tables() -> _Tables:
    return _Tables()  # on the first scan: a program that never runs amd64 code does not pay for them


def _rows(source: tuple[tuple[int, int, str], ...]) -> dict[int, frozenset[int]]:
    rows: dict[int, set[int]] = {}
    for table, prefix, opcodes in source:
        for opcode in _opcodes(opcodes):
            rows.setdefault(table << 8 | opcode, set()).add(prefix)
    return {row: frozenset(prefixes) for row, prefixes in rows.items()}


def _opcodes(text: str) -> Iterator[int]:
    for word in text.split():
        first, _, last = word.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def _set(opcodes: set[int]) -> bytes:
    """Return a regular expression that matches one byte of `opcodes`."""
    return b"[" + b"".join(b"\\x%02x" % opcode for opcode in sorted(opcodes)) + b"]"


class _Operand:
    """What ModRM, SIB and displacement say, but for the register bits that a REX prefix adds."""

    __slots__ = ("base", "displacement", "end", "index", "memory", "register", "scale")

    def __init__(self) -> None:
        self.memory = False
        self.base = self.index = NONE
        self.scale = 1
        self.displacement = 0
        self.register = 0
        self.end = 0


def _operand(code: bytes, at: int) -> _Operand:
    """Decode the operand whose ModRM byte is at `at`; `end` may lie behind the end of `code`."""
    operand = _Operand()
    modrm = code[at] if at < len(code) else 0
    mode, rm = modrm >> 6, modrm & 7
    operand.register = modrm >> 3 & 7
    at += 1
    if mode == 3:
        operand.end = at
        return operand
    operand.memory = True
    operand.base = rm
    if rm == 4:
        sib = code[at] if at < len(code) else 0
        at += 1
        operand.scale = 1 << (sib >> 6)
        operand.index = sib >> 3 & 7  # 4 is none, unless a REX prefix makes it r12
        operand.base = rm = sib & 7
        if mode == 0 and rm == 5:
            operand.base = NONE
    elif mode == 0 and rm == 5:
        operand.base = RIP
    size = (4 if rm == 5 else 0, 1, 4)[mode]
    operand.displacement = int.from_bytes(code[at : at + size], "little", signed=True)
    operand.end = at + size
    return operand


class _Prefixes:
    """The prefixes between a start and an opcode; `take` is given the bytes from the last to the first."""

    __slots__ = ("address_size", "lock", "operand_size", "repeats", "rex", "segment")

    def __init__(self) -> None:
        self.address_size = 64
        self.segment = 0
        self.lock = False
        self.operand_size = False
        self.repeats = 0  # bits: 1 F3, 2 F2; with both, which of them counts does not matter: see `conflict`
        self.rex = 0

    def take(self, byte: int, last: bool) -> bool:
        """Add the prefix `byte`; False if it is not one.  `last`: it is the byte before the opcode."""
        if byte & 0xF0 == 0x40:
            if last:
                self.rex = byte  # anywhere else the CPU ignores it
        elif byte == 0x66:
            self.operand_size = True
        elif byte in {0xF2, 0xF3}:
            self.repeats |= 1 if byte == 0xF3 else 2
        elif byte == 0x67:
            self.address_size = 32
        elif byte in {0x64, 0x65}:
            self.segment = self.segment or byte - 0x60  # the last one; CS, DS, ES, SS do not undo it
        elif byte == 0xF0:
            self.lock = True
        elif byte not in _OTHER_PREFIXES:
            return False
        return True

    @property
    def mandatory(self) -> int:
        """Which of the four instructions of an opcode it is: 0 none, 1 66, 2 F3, 3 F2; more in a conflict."""
        return self.repeats + 1 if self.repeats else int(self.operand_size)

    @property
    def conflict(self) -> bool:
        return self.repeats == 3 or (self.operand_size and self.repeats != 0)


def _at_opcode(tables: _Tables, code: bytes, at: int, limit: int) -> Iterator[Site]:
    """Yield the sites of the instruction whose 0F byte is at `at`, starts below `limit` only."""
    opcode = code[at + 1]
    row = 0x0F00 | opcode
    modrm = at + 2
    if opcode in {0x38, 0x3A}:
        row = opcode << 8 | code[modrm]
        modrm += 1
    operand = _operand(code, modrm)
    end = operand.end + (row in _IMMEDIATE or opcode == 0x3A)
    if end > len(code):
        return
    prefixes = _Prefixes()
    begin = at
    while end - begin <= LONGEST:
        if begin < limit:
            kind, alignment = _demand(tables, row, operand, prefixes)
            if kind:
                yield _site(begin, end, kind, alignment, operand, prefixes)
        begin -= 1
        if begin < 0 or not prefixes.take(code[begin], begin == at - 1):
            return


def _demand(tables: _Tables, row: int, operand: _Operand, prefixes: _Prefixes) -> tuple[str, int]:
    """Return the kind of the site, "" for none, and the alignment that its operand needs."""
    mandatory = prefixes.mandatory
    if row == 0x0FAE:
        kind, alignment = _STATE[operand.register]
        if prefixes.lock or (mandatory and operand.register < 4):
            return "invalid", 0
        return ("", 0) if mandatory else (kind, alignment)  # CLWB and others
    if row == 0x0FC7:
        if operand.register == _CMPXCHG16B:  # 66, F2 and F3 change nothing, LOCK is welcome
            return ("aligned", 16) if prefixes.rex & 8 else ("", 0)
        return ("invalid", 0) if mandatory or prefixes.lock else ("stmxcsr", 64)
    floating = tables.floating.get(row, ())
    aligned = tables.aligned.get(row, ())
    if prefixes.conflict:
        return "conflict", 0
    alignment = 16 if operand.memory and mandatory in aligned else 0
    if mandatory in floating and ((row, mandatory) != _CVTSI2SD or prefixes.rex & 8):
        kind = "fp"
    elif mandatory in tables.estimates.get(row, ()):
        kind = "estimate"
    elif alignment:
        kind = "aligned"
    else:
        return "", 0
    return ("invalid", 0) if prefixes.lock else (kind, alignment)


def _site(begin: int, end: int, kind: str, alignment: int, operand: _Operand, prefixes: _Prefixes) -> Site:
    site = Site(begin, end - begin, kind, alignment)
    if operand.memory:
        rex = prefixes.rex
        base, index = operand.base, operand.index
        site.memory = True
        site.base = base | (rex & 1) << 3 if 0 <= base < 8 else base
        if index >= 0:
            index |= (rex & 2) << 2
            site.index = NONE if index == 4 else index
        site.scale = operand.scale
        site.displacement = operand.displacement
        site.segment = prefixes.segment
        site.address_size = prefixes.address_size
    return site


def _at_string(code: bytes, at: int, limit: int) -> Iterator[Site]:
    """Yield the sites of the INS or OUTS at `at` that have a repeat prefix, starts below `limit` only."""
    prefixes = _Prefixes()
    begin = at
    while begin > 0 and at - begin < LONGEST - 1 and prefixes.take(code[begin - 1], begin == at):
        begin -= 1
        if prefixes.repeats and begin < limit:
            yield Site(begin, at + 1 - begin, "invalid" if prefixes.lock else "io")
