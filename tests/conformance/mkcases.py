#!/usr/bin/env python3
"""Makes the tables of print.c and float.c: formats, arguments and what Plan 9 makes of them.

    mkcases.py write          print_cases.h and float_cases.h
    mkcases.py print NAME     the text of one of them, on standard output

What is wanted is worked out here, from the manual page print(2) and facts/libc.md §4, with Python's
integers and decimal numbers: nothing of the library's own way of doing it is used.
"""

from __future__ import annotations

import random
import struct
import sys
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

HERE = Path(__file__).resolve().parent

BASES = {"d": 10, "x": 16, "X": 16, "o": 8, "b": 2}
SIZES = {"": 32, "h": 16, "hh": 8, "l": 32, "ll": 64, "z": 64}


def digits(value: int, base: int) -> str:
    """A number that is not negative."""
    text = ""
    while True:
        text = "0123456789abcdef"[value % base] + text
        value //= base
        if value == 0:
            return text


def place(text: str, flags: str, width: int) -> str:
    """A field, of runes."""
    return text.ljust(width) if "-" in flags else text.rjust(width)


def integer(value: int, flags: str, width: int, precision: int | None, size: str, verb: str) -> str:
    """The verbs d x X o b; `value` is what the argument is before it is cut to its size."""
    bits = SIZES[size]
    value &= (1 << bits) - 1
    if "u" not in flags and value >> (bits - 1):
        value -= 1 << bits
    body = digits(abs(value), BASES[verb])
    if "," in flags:
        groups: list[str] = []
        while body:
            groups.insert(0, body[-3:])
            body = body[:-3]
        body = ",".join(groups)
    if precision is not None:
        body = body.rjust(precision, "0")
    sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
    prefix = ""
    if "#" in flags:
        if verb in "xX":
            prefix = f"0{verb}"
        elif verb == "o" and body[0] != "0":
            prefix = "0"
    if verb == "X":
        body = body.upper()
    if "0" in flags and "-" not in flags and precision is None:
        body = body.rjust(width - len(sign + prefix), "0")
    return place(sign + prefix + body, flags, width)


def bits(value: float) -> int:
    """A double's 64 bits."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def double(value: int) -> float:
    """The double of 64 bits."""
    return float(struct.unpack("<d", struct.pack("<Q", value))[0])


def significant(value: Decimal, count: int) -> tuple[str, int]:
    """So many digits of a number, rounded half up, and the power of ten of the first."""
    if value == 0:
        return "0" * count, 0
    exponent = value.adjusted()
    text = str(int(value.scaleb(count - 1 - exponent).quantize(Decimal(1), rounding=ROUND_HALF_UP)))
    return text[:count], exponent + len(text) - count


def floating(pattern: int, flags: str, width: int, precision: int | None, verb: str) -> str:
    """The verbs e E f g G, of the double with these bits: its exact value, rounded half up."""
    wanted = min(6 if precision is None else precision, 30)
    sign = "-" if pattern >> 63 else "+" if "+" in flags else " " if " " in flags else ""
    pattern &= (1 << 63) - 1
    if pattern >> 52 == 0x7FF:
        return place(sign + ("NaN" if pattern & ((1 << 52) - 1) else "Inf"), flags, width)
    letter = "E" if verb in "EG" else "e"
    with localcontext() as context:
        context.prec = 1500
        value = Decimal(double(pattern))
        if verb == "f":
            body = format(value.quantize(Decimal(1).scaleb(-wanted), rounding=ROUND_HALF_UP), "f")
            tail, after = "", wanted
        else:
            count = wanted + 1 if verb in "eE" else max(wanted, 1)
            text, exponent = significant(value, count)
            tail = f"{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
            after = count - 1
            if verb in "gG" and -4 <= exponent < count:
                tail = ""
                after -= exponent
                text = "0" * -exponent + text
                exponent = max(exponent, 0)
                body = text[: exponent + 1] + ("." + text[exponent + 1 :] if after else "")
            else:
                body = text[0] + ("." + text[1:] if after else "")
    if "#" in flags:
        body += "." if after == 0 else ""
    elif verb in "gG" and after:
        body = body.rstrip("0").rstrip(".")
    return place(sign + body + tail, flags, width)


def literal(text: str) -> str:
    """C's literal of a text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?") + '"'


def fields(generator: random.Random, allowed: str, precisions: list[int]) -> tuple[str, int, int | None, str]:
    """Flags, width and precision at random, and how a format spells them."""
    flags = "".join(flag for flag in allowed if generator.random() < 0.25)
    width = generator.choice([0, 0, 1, 5, 8, 12, 20, 33])
    precision = generator.choice([None, None, *precisions])
    spelled = respell(flags, width, precision)
    if precision == 0 and generator.random() < 0.5:
        spelled = spelled[:-1]  # a point alone
    return flags, width, precision, spelled


def print_cases() -> str:
    generator = random.Random(1992)
    lines = []
    values = [0, 1, -1, 7, 8, 9, 10, 42, -42, 99, 100, 101, 127, 128, 255, 256, 999, 1000, 1234, -1000, 32767, 32768]
    values += [65535, 65536, 999999, 1000000, 12345678, -12345678, 2**31 - 1, -(2**31), 2**32 - 1, 2**32, 10**18]
    values += [2**63 - 1, -(2**63), 0x123456789ABCDEF, -0x123456789ABCDEF]
    for verb in BASES:
        for size, length in SIZES.items():
            for unsigned in ("", "u"):
                for value in values:
                    if generator.random() > 0.16:
                        continue
                    flags, width, precision, spelled = fields(generator, "-+ #,0", [0, 1, 3, 8, 12])
                    want = integer(value, flags + unsigned, width, precision, size, verb)
                    kind = "Vlong" if length == 64 else "Int"
                    number = value & (2**64 - 1) if kind == "Vlong" else value & (2**32 - 1)
                    form = literal(f"%{spelled}{unsigned}{size}{verb}")
                    lines.append(f"\t{{{form}, {literal(want)}, {kind}, {number:#x}, nil}},")
    texts = ["", "a", "abc", "hello, world", "αβγ", "日本語", "x\U0001f600y", "naïve"]
    for text in texts:
        for flags in ("", "-"):
            for width in (0, 1, 4, 14):
                for precision in (None, 0, 2, 5):
                    if generator.random() > 0.5:
                        continue
                    cut = text if precision is None else text[:precision]
                    spelled = respell(flags, width, precision)
                    want = literal(place(cut, flags, width))
                    lines.append(f"\t{{{literal(f'%{spelled}s')}, {want}, Text, 0, {literal(text)}}},")
                    lines.append(f"\t{{{literal(f'%{spelled}S')}, {want}, Runes, 0, {literal(text)}}},")
    for rune in (0x41, 0x7F, 0x80, 0x3B1, 0x7FF, 0x800, 0xFFFD, 0x1F600, 0x10FFFF):
        for flags, width in (("", 0), ("", 4), ("-", 4)):
            form, want = literal(f"%{respell(flags, width, None)}C"), literal(place(chr(rune), flags, width))
            lines.append(f"\t{{{form}, {want}, Int, {rune:#x}, nil}},")
    return header("struct Case: format, result, kind of argument, number, text", "static Case cases[]", lines)


def respell(flags: str, width: int, precision: int | None) -> str:
    """How a format spells flags, width and precision."""
    return flags + (str(width) if width else "") + ("" if precision is None else f".{precision}")


def float_cases() -> str:
    generator = random.Random(1985)
    known = [0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 0.25, 0.05, 4.35, 2.675, 0.125, 1.0, 10.0, 9.5, 99.5, 999999.5, 9.9999995]
    known += [0.1, 0.3, 1 / 3, 2 / 3, 100.0, 123456.0, 1234567.0, 1e-4, 1e-5, 9.9999e-5, 3.14159265358979, 1e21, 1e22]
    known += [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, float(2**53), 1e100, 1e-100, 0.000123456]
    patterns = [bits(value) for value in known]
    patterns += [0x7FF << 52, 0xFFF << 52, 0x7FF0000000000001, 0xFFF8 << 48]
    patterns += [generator.getrandbits(64) for _ in range(12)]
    lines = []
    for pattern in patterns:
        for verb in "eEfgG":
            for _ in range(2):
                flags, width, precision, spelled = fields(generator, "-+ #", [0, 0, 1, 2, 3, 6, 15, 16, 17, 25, 30, 40])
                want = floating(pattern, flags, width, precision, verb)
                lines.append(f"\t{{{literal(f'%{spelled}{verb}')}, {literal(want)}, {pattern:#018x}}},")
    formats = header("a format, its result, the bits of the argument", "static Case cases[]", lines)

    lines = []
    texts = [repr(double(generator.getrandbits(63))) for _ in range(60)]
    texts = [text for text in texts if text not in {"nan", "inf"}]
    texts += [
        f"{generator.randrange(10 ** generator.randrange(1, 30))}e{generator.randrange(-330, 300)}" for _ in range(60)
    ]
    texts += [
        "0",
        "-0",
        "1",
        "+1.5",
        ".5",
        "5.",
        "1e5",
        "1E+5",
        "1e-5",
        "00012.500",
        "1e400",
        "-1e400",
        "1e-400",
        "-1e-400",
    ]
    texts += [
        "1e2147483648",
        "1e-2147483648",
        "123456789012345678901234567890",
        "0." + "0" * 400 + "1e401",
        "1" + "0" * 400,
    ]
    texts += ["2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623158e308", "1.7976931348623159e308"]
    for pattern in (
        0,
        1,
        2,
        0xFFFFFFFFFFFFF,
        0x10000000000000,
        bits(1.0),
        bits(0.1),
        bits(1e23),
        bits(1e22),
        0x7FEFFFFFFFFFFFFE,
    ):
        with localcontext() as context:
            context.prec = 1500
            # halfway to the next: to even; a little more: up
            middle = (Decimal(double(pattern)) + Decimal(double(pattern + 1))) / 2
            text = format(middle, "f")
            text += "" if "." in text else ".0"
        texts += [text, text + "0000001", text[:-1] + "4" + "9" * 20 if text[-1] == "5" else text + "1"]
    for text in texts:
        lines.append(f"\t{{{literal(text)}, {bits(float(text)):#018x}}},")
    return formats + "\n" + header("a number, the bits of the double next to it", "static Number numbers[]", lines)


def header(comment: str, declaration: str, lines: list[str]) -> str:
    return "\n".join([f"/* Made by mkcases.py.  {comment} */", f"{declaration} = {{", *lines, "};", ""])


MAKERS = {"print_cases.h": print_cases, "float_cases.h": float_cases}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write"]:
            for name, make in MAKERS.items():
                (HERE / name).write_text(make(), encoding="utf-8")
        case ["print", name] if name in MAKERS:
            sys.stdout.write(MAKERS[name]())
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
