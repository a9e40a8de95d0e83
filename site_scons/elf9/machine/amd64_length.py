"""Where amd64 instructions begin: their lengths, and nothing else.

A block of code that may hold an instruction which needs a check is walked with this, so that
bytes that only look like one are told apart.  The tables follow the opcode maps of the AMD64
manual, volume 3, appendix A; tests compare them with capstone on whole programs.
"""

from __future__ import annotations

__all__ = ["instruction_length", "starts"]

_LEGACY_PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3")

# What follows an opcode, a letter each: m ModRM, b 8 bits, w 16 bits, z 16 or 32 bits by operand
# size, d 32 bits, v as z but 64 bits with REX.W, o a full address, t and T ModRM with an immediate
# (b, z) only for the TEST forms of groups F6 and F7.
_ARITHMETIC = ["m", "m", "m", "m", "b", "z", "", ""]
_ONE: list[str] = _ARITHMETIC * 8 + [""] * 16 + [""] * 16
_ONE += ["", "", "", "m", "", "", "", "", "z", "mz", "b", "mb", "", "", "", ""]
_ONE += ["b"] * 16
_ONE += ["mb", "mz", "mb", "mb"] + ["m"] * 12
_ONE += [""] * 16
_ONE += ["o", "o", "o", "o", "", "", "", "", "b", "z", "", "", "", "", "", ""]
_ONE += ["b"] * 8 + ["v"] * 8
_ONE += ["mb", "mb", "w", "", "", "", "mb", "mz", "wb", "", "w", "", "", "b", "", ""]
_ONE += ["m", "m", "m", "m", "", "", "", ""] + ["m"] * 8
_ONE += ["b"] * 8 + ["d", "d", "", "b", "", "", "", ""]
_ONE += ["", "", "", "", "", "", "t", "T", "", "", "", "", "", "", "m", "m"]

_TWO: list[str] = ["m"] * 256
for _first, _last, _what in (
    (0x05, 0x09, ""),
    (0x0B, 0x0B, ""),
    (0x0E, 0x0E, ""),
    (0x0F, 0x0F, "mb"),
    (0x30, 0x37, ""),
    (0x70, 0x73, "mb"),
    (0x77, 0x77, ""),
    (0x80, 0x8F, "d"),
    (0xA0, 0xA2, ""),
    (0xA4, 0xA4, "mb"),
    (0xA8, 0xAA, ""),
    (0xAC, 0xAC, "mb"),
    (0xBA, 0xBA, "mb"),
    (0xC2, 0xC2, "mb"),
    (0xC4, 0xC6, "mb"),
    (0xC8, 0xCF, ""),
):
    _TWO[_first : _last + 1] = [_what] * (_last - _first + 1)


def _modrm_length(code: bytes, at: int) -> int:
    """Bytes of ModRM, SIB and displacement at `at`; IndexError past the end."""
    modrm = code[at]
    mode, base = modrm >> 6, modrm & 7
    if mode == 3:
        return 1
    length = 1
    if base == 4:
        length += 1
        if mode == 0 and code[at + 1] & 7 == 5:
            length += 4
    elif base == 5 and mode == 0:
        length += 4
    return length + (0, 1, 4)[mode]


def instruction_length(code: bytes, at: int) -> int:
    """Length in bytes of the 64-bit mode instruction at `code[at]`; its immediate may be cut off.

    IndexError if `code` ends before the length is known.  An invalid opcode has some length too: it
    faults before what follows matters.
    """
    start = at
    wide_operand = wide_address = rex_w = False
    while code[at] in _LEGACY_PREFIXES:
        if code[at] == 0x66:
            wide_operand = True
        elif code[at] == 0x67:
            wide_address = True
        at += 1
    if code[at] & 0xF0 == 0x40:
        rex_w = bool(code[at] & 8)
        at += 1
    opcode = code[at]
    at += 1
    if opcode == 0x0F:
        opcode = code[at]
        at += 1
        if opcode in (0x38, 0x3A):
            what = "m" if opcode == 0x38 else "mb"
            at += 1
        else:
            what = _TWO[opcode]
    elif opcode in (0xC4, 0xC5):
        vex_map = code[at] & 31 if opcode == 0xC4 else 1
        at += 2 if opcode == 0xC4 else 1
        what = "mb" if vex_map == 3 else "m" if vex_map == 2 else _TWO[code[at]]
        at += 1
    elif opcode == 0x62:
        what = "mb" if code[at] & 7 == 3 else "m" if code[at] & 7 == 2 else _TWO[code[at + 3]]
        at += 4
    else:
        what = _ONE[opcode]
    for letter in what:
        if letter == "m":
            at += _modrm_length(code, at)
        elif letter == "b":
            at += 1
        elif letter == "w":
            at += 2
        elif letter == "d":
            at += 4
        elif letter == "z":
            at += 2 if wide_operand and not rex_w else 4
        elif letter == "v":
            at += 8 if rex_w else 2 if wide_operand else 4
        elif letter == "o":
            at += 4 if wide_address else 8
        else:
            test = code[at] >> 3 & 7 < 2
            at += _modrm_length(code, at)
            if test:
                at += 1 if letter == "t" else 2 if wide_operand and not rex_w else 4
    return at - start


def starts(code: bytes, size: int) -> dict[int, int]:
    """Offset to length of each instruction of a block whose first one is at offset 0 of `code`."""
    found = {}
    at = 0
    while at < size:
        try:
            length = instruction_length(code, at)
        except IndexError:
            length = size - at
        found[at] = length
        at += length
    return found
