#!/usr/bin/env python3
"""Makes the tables of libc/utf from the Unicode data that Python ships.

    mkunicode.py write           libc/utf/{runetype,runenorm,runebreak}.h
    mkunicode.py print NAME      the text of one of them, on standard output

The files are committed: another Python has another version of Unicode, and a build must not depend on
it.  Each says in its first lines which version it was made from; a test makes it again and compares.

Classes, cases, decompositions and combining classes are unicodedata's.  How text breaks (Unicode's
annex 29) is not in Python: general categories, names and the short lists below give it, as the annex
defines the properties; they were compared with the property files of Unicode 15.  What is what for
Plan 9 (`isupperrune` is true of whatever `toupperrune` makes, and so on): facts/libc.md §3, the manual
pages isalpharune(2) and runecomp(2).
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent / "libc" / "utf"
RUNES = 0x110000

#: Bits of a rune's class, as in runetype.h.
SPACE, ALPHA, DIGIT, UPPER, LOWER, TITLE = (1 << bit for bit in range(6))

#: A combining class that no rune has: a starter which composes with the starter before it.
JOINS = 255

HANGUL = range(0xAC00, 0xD7A4)

#: Grapheme_Cluster_Break; the first is for all others.
GRAPHEMES = "Other CR LF Control Extend ZWJ Region Prepend SpacingMark L V T LV LVT Pictographic"
GRAPHEME = GRAPHEMES.split()

#: Word_Break, with Pictographic, which two of its rules look at.
WORDS = (
    "Other CR LF Newline Extend ZWJ Format Region Katakana Hebrew ALetter MidLetter MidNum MidNumLet "
    "Numeric ExtendNumLet Space SingleQuote DoubleQuote Pictographic APictographic"
)
WORD = WORDS.split()


def runes(text: str) -> frozenset[int]:
    """The runes of a list of hexadecimal numbers and ranges."""
    found: set[int] = set()
    for word in text.split():
        first, _, last = word.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


REGIONS = runes("1F1E6-1F1FF")
#: Spacing marks and others that extend a grapheme: Other_Grapheme_Extend, emoji modifiers, ZWNJ.
EXTENDING = runes(
    "09BE 09D7 0B3E 0B57 0BBE 0BD7 0CC2 0CD5-0CD6 0D3E 0D57 0DCF 0DDF 1B35 200C 302E-302F FF9E-FF9F 1133E "
    "11357 114B0 114BD 115AF 11930 1D165 1D16E-1D172 1F3FB-1F3FF E0020-E007F"
)
PREPENDED = runes("0600-0605 06DD 070F 0890-0891 08E2 0D4E 110BD 110CD 111C2-111C3 1193F 11941 11A3A 11A84-11A89 11D46")
#: Marks of general category Mc that stand alone, and letters that do not.
NOT_SPACING = runes(
    "102B-102C 1038 1062-1064 1067-106D 1083 1087-108C 108F 109A-109C 1A61 1A63-1A64 AA7B AA7D 11720-11721"
)
SPACING = runes("0E33 0EB3")
#: Unassigned ones that show nothing.
IGNORED = runes("2065 FFF0-FFF8 E0000-E0FFF")
PICTOGRAPHIC = runes(
    "00A9 00AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 2388 23CF 23E9-23F3 23F8-23FA 24C2 "
    "25AA-25AB 25B6 25C0 25FB-25FE 2600-2605 2607-2612 2614-2685 2690-2705 2708-2712 2714 2716 271D 2721 2728 "
    "2733-2734 2744 2747 274C 274E 2753-2755 2757 2763-2767 2795-2797 27A1 27B0 27BF 2934-2935 2B05-2B07 "
    "2B1B-2B1C 2B50 2B55 3030 303D 3297 3299 1F000-1F0FF 1F10D-1F10F 1F12F 1F16C-1F171 1F17E-1F17F 1F18E "
    "1F191-1F19A 1F1AD-1F1E5 1F201-1F20F 1F21A 1F22F 1F232-1F23A 1F23C-1F23F 1F249-1F3FA 1F400-1F53D "
    "1F546-1F64F 1F680-1F6FF 1F774-1F77F 1F7D5-1F7FF 1F80C-1F80F 1F848-1F84F 1F85A-1F85F 1F888-1F88F "
    "1F8AE-1F8FF 1F90C-1F93A 1F93C-1F945 1F947-1FAFF 1FC00-1FFFD"
)

JAMO = {"L": runes("1100-115F A960-A97C"), "V": runes("1160-11A7 D7B0-D7C6"), "T": runes("11A8-11FF D7CB-D7FB")}

NEWLINES = runes("000B 000C 0085 2028 2029")
KATAKANA = runes("3031-3035 309B-309C 30A0 30FC 32D0-32FE 3300-3357 FF70")
#: Scripts that are written without blanks, or a letter a word.
UNSPACED = (
    "CJK",
    "HIRAGANA",
    "HENTAIGANA",
    "THAI",
    "LAO ",
    "KHMER",
    "MYANMAR",
    "NEW TAI",
    "TAI ",
    "TANGUT",
    "NUSHU",
    "KHITAN",
    "AHOM",
)
NOT_LETTERS = runes("3006-3007 3021-3029 3038-303A")
LETTERS = runes(
    "02C2-02C5 02D2-02D7 02DE-02DF 02E5-02EB 02ED 02EF-02FF 055A-055C 055E 058A 05F3 24B6-24E9 A708-A716 "
    "A720-A721 A789-A78A AB5B 16FE0-16FE1 1F130-1F149 1F150-1F169 1F170-1F189"
)
MIDLETTER = runes("003A 00B7 0387 055F 05F4 2027 FE13 FE55 FF1A")
MIDNUM = runes("002C 003B 037E 0589 060C-060D 066C 07F8 2044 FE10 FE14 FE50 FE54 FF0C FF1B")
MIDNUMLET = runes("002E 2018-2019 2024 FE52 FF07 FF0E")
NUMERIC = runes("066B FF10-FF19")


def simple_case(rune: int) -> tuple[int, int, int]:
    """Upper, lower and title case, each one rune; Python's own are of whole texts, `SS` for a sharp s."""
    char = chr(rune)
    upper, lower, title = char.upper(), char.lower(), char.title()
    if len(title) != 1:
        title = char if len(upper) != 1 else upper
    if len(upper) != 1:
        upper = title
    if len(lower) != 1:
        lower = lower[0]  # capital I with a dot: its i, without the dot above
    return ord(upper), ord(lower), ord(title)


def types() -> list[tuple[int, int, int, int]]:
    """For each rune its class and how far away its upper, lower and title case are."""
    classes = [0] * RUNES
    cases = []
    for rune in range(RUNES):
        category = unicodedata.category(chr(rune))
        if category[0] == "L":
            classes[rune] |= ALPHA
        elif category[0] == "Z":
            classes[rune] |= SPACE
        elif category == "Nd":
            classes[rune] |= DIGIT
        classes[rune] |= {"Lu": UPPER, "Ll": LOWER, "Lt": TITLE}.get(category, 0)
        upper, lower, title = simple_case(rune)
        cases.append((upper - rune, lower - rune, title - rune))
    for rune in (*b"\t\n\v\f\r", 0x85, 0xFEFF):
        classes[rune] |= SPACE
    for rune, (upper, lower, title) in enumerate(cases):
        # a rune whose title case is itself although its upper case is not, says so
        if upper:
            classes[rune + upper] |= UPPER
        if lower:
            classes[rune + lower] |= LOWER
        if title or upper:
            classes[rune + title] |= TITLE
    return [(kind, *case) for kind, case in zip(classes, cases, strict=True)]


def decompositions() -> dict[int, tuple[int, int]]:
    """Canonical ones, one step; Hangul's are arithmetic.  The second rune may be 0."""
    found = {}
    for rune in range(RUNES):
        parts = unicodedata.decomposition(chr(rune)).split()
        if parts and not parts[0].startswith("<") and rune not in HANGUL:
            found[rune] = (int(parts[0], 16), int(parts[1], 16) if len(parts) > 1 else 0)
    return found


def composes(rune: int) -> bool:
    """Is this what its two parts become, and not one of the exclusions?"""
    return unicodedata.normalize("NFC", chr(rune)) == chr(rune)


def combining(pairs: dict[int, tuple[int, int]]) -> list[int]:
    """Canonical combining classes, JOINS for starters that are the second part of something."""
    classes = [unicodedata.combining(chr(rune)) for rune in range(RUNES)]
    seconds = {second for rune, (_, second) in pairs.items() if second and composes(rune)}
    seconds.update(range(0x1161, 0x1176), range(0x11A8, 0x11C3))
    for rune in seconds:
        if classes[rune] == 0:
            classes[rune] = JOINS
    return classes


def grapheme(rune: int, category: str) -> str:
    """Grapheme_Cluster_Break."""
    if rune in PICTOGRAPHIC:
        return "Pictographic"
    match rune:
        case 0x0D:
            return "CR"
        case 0x0A:
            return "LF"
        case 0x200D:
            return "ZWJ"
    if category in {"Mn", "Me"} or rune in EXTENDING:
        return "Extend"
    if rune in PREPENDED:
        return "Prepend"
    if category in {"Zl", "Zp", "Cc", "Cf"} or (category == "Cn" and rune in IGNORED):
        return "Control"
    if rune in REGIONS:
        return "Region"
    if category == "Cn":
        return "Other"
    if rune in HANGUL:
        return "LVT" if (rune - HANGUL.start) % 28 else "LV"
    for kind, members in JAMO.items():
        if rune in members:
            return kind
    if (category == "Mc" and rune not in NOT_SPACING) or rune in SPACING:
        return "SpacingMark"
    return "Other"


def word(rune: int, category: str, cluster: str) -> str:
    """Word_Break."""
    if cluster in {"CR", "LF", "ZWJ", "Region", "Extend"}:
        return cluster
    name = unicodedata.name(chr(rune), "")
    lists = (
        ("Newline", NEWLINES),
        ("Katakana", KATAKANA),
        ("ALetter", LETTERS),
        ("MidLetter", MIDLETTER),
        ("MidNum", MIDNUM),
        ("MidNumLet", MIDNUMLET),
        ("Numeric", NUMERIC),
        ("ExtendNumLet", {0x202F}),
        ("SingleQuote", {0x27}),
        ("DoubleQuote", {0x22}),
    )
    found = next((kind for kind, members in lists if rune in members), "")
    if found:
        pass
    elif category == "Mc":
        found = "Extend"
    elif category == "Cf" and rune not in {0x200B, 0x200C}:
        found = "Format"
    elif category == "Zs" and "<noBreak>" not in unicodedata.decomposition(chr(rune)):
        found = "Space"
    elif category == "Nd":
        found = "Numeric"
    elif category == "Pc":
        found = "ExtendNumLet"
    elif category[0] == "L" and "KATAKANA" in name:
        found = "Katakana"
    elif category == "Lo" and name.startswith("HEBREW"):
        found = "Hebrew"
    elif category[0] == "L" or category == "Nl":
        # Tangut has no names in Python
        found = "ALetter" if name and not name.startswith(UNSPACED) and rune not in NOT_LETTERS else ""
    if rune in PICTOGRAPHIC:
        return "APictographic" if found == "ALetter" else "Pictographic"
    return found or "Other"


def numbers(values: Iterable[object]) -> str:
    """Lines of C's numbers, or of other initializers."""
    lines, line = [], "\t"
    for value in values:
        text = f"{value},"
        if len(line) + len(text) > 110:
            lines.append(line)
            line = "\t"
        line += text
    return "\n".join([*lines, line])


def ctype(values: Sequence[int]) -> tuple[str, int]:
    """The smallest of C's types for some numbers, and its size."""
    for name, low, high, size in (("uchar", 0, 255, 1), ("ushort", 0, 65535, 2), ("short", -32768, 32767, 2)):
        if low <= min(values) and max(values) <= high:
            return name, size
    return "int", 4


def trie(name: str, values: Sequence[int]) -> str:
    """A table in three steps, that takes a rune's high, middle and low bits, and a macro for it."""

    def blocks(source: Sequence[int], bits: int) -> tuple[list[int], list[int]]:
        seen: dict[tuple[int, ...], int] = {}
        index = [
            seen.setdefault(tuple(source[at : at + (1 << bits)]), len(seen)) for at in range(0, len(source), 1 << bits)
        ]
        return index, [value for block in seen for value in block]

    best: tuple[int, int, int, list[list[int]]] | None = None
    for low in range(3, 8):
        index, data = blocks(values, low)
        for middle in range(2, 8):
            if len(index) % (1 << middle):
                continue
            top, second = blocks(index, middle)
            tables = [top, second, data]
            size = sum(len(table) * ctype(table)[1] for table in tables)
            if best is None or size < best[0]:
                best = (size, low, middle, tables)
    assert best is not None
    size, low, middle, (top, second, data) = best
    parts = [f"/* {size} bytes */"]
    for suffix, table in (("top", top), ("middle", second), ("low", data)):
        parts.append(f"static const {ctype(table)[0]} {name}{suffix}[{len(table)}] = {{\n{numbers(table)}\n}};")
    shift, mask = low + middle, (1 << middle) - 1
    parts.append(
        f"#define {name.upper()}(r) {name}low[{name}middle[{name}top[(r)>>{shift}]<<{middle}"
        f"|((r)>>{low}&{mask})]<<{low}|((r)&{(1 << low) - 1})]"
    )
    return "\n".join(parts)


def enum(prefix: str, names: Sequence[str]) -> str:
    """C's enum of some names."""
    return "enum\n{\n" + "".join(f"\t{prefix}{name},\n" for name in names) + "};"


def runetype() -> str:
    found = types()
    kinds: dict[tuple[int, int, int, int], int] = {}
    index = [kinds.setdefault(entry, len(kinds)) for entry in found]
    rows = "\n".join(f"\t{{{kind}, {up}, {low}, {title}}}," for kind, up, low, title in kinds)
    names = ("Space", "Alpha", "Digit", "Upper", "Lower", "Title")
    bits = "".join(f"\tR{name} = {1 << bit},\n" for bit, name in enumerate(names))
    return "\n\n".join(
        [
            f"enum\n{{\n{bits}}};",
            "typedef struct Runetype Runetype;\nstruct Runetype\n{\n\tint\tclass;\n"
            "\tint\tupper;\t/* how far away they are */\n\tint\tlower;\n\tint\ttitle;\n};",
            f"static const Runetype types[{len(kinds)}] = {{\n{rows}\n}};",
            trie("type", index),
        ]
    )


def runenorm() -> str:
    pairs = decompositions()
    order = sorted(pairs)
    wide = [rune for rune in order if max(rune, *pairs[rune]) > 0xFFFF]
    narrow = [rune for rune in order if rune not in set(wide)]
    parts = [f"#define JOINS {JOINS}\t/* a starter that composes with the one before it */"]
    parts.append("/* a rune, its two parts; the second may be 0 */")
    for name, ctype_, members in (("narrow", "ushort", narrow), ("wide", "uint", wide)):
        rows = (f"{{{rune},{pairs[rune][0]},{pairs[rune][1]}}}" for rune in members)
        parts.append(f"static const {ctype_} {name}[{len(members)}][3] = {{\n{numbers(rows)}\n}};")
    composed = sorted((pairs[rune], rune) for rune in narrow if pairs[rune][1] and composes(rune))
    at = {rune: place for place, rune in enumerate(narrow)}
    places = numbers(at[rune] for _, rune in composed)
    parts.append("/* where in narrow the pairs are that compose, by their parts */")
    parts.append(f"static const ushort composed[{len(composed)}] = {{\n{places}\n}};")
    parts.append(trie("combining", combining(pairs)))
    excluded = [rune for rune in wide if pairs[rune][1] and not composes(rune)]
    parts.append("/* pairs of wide that do not compose */")
    parts.append(f"static const uint excluded[{len(excluded)}] = {{\n{numbers(excluded)}\n}};")
    return "\n\n".join(parts)


def runebreak() -> str:
    kinds: dict[tuple[int, int], int] = {}
    index = []
    for rune in range(RUNES):
        category = unicodedata.category(chr(rune))
        cluster = grapheme(rune, category)
        kind = (GRAPHEME.index(cluster), WORD.index(word(rune, category, cluster)))
        index.append(kinds.setdefault(kind, len(kinds)))
    return "\n\n".join(
        [
            enum("G", GRAPHEME),
            enum("W", WORD),
            f"static const uchar graphemes[{len(kinds)}] = {{\n{numbers(first for first, _ in kinds)}\n}};",
            f"static const uchar words[{len(kinds)}] = {{\n{numbers(second for _, second in kinds)}\n}};",
            trie("break", index),
        ]
    )


MAKERS = {"runetype": runetype, "runenorm": runenorm, "runebreak": runebreak}


def text(name: str) -> str:
    """The whole of one file."""
    version = unicodedata.unidata_version
    return f"/* Made by mkunicode.py from the data of Unicode {version}; not for programs. */\n\n{MAKERS[name]()}\n"


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write"]:
            for name in MAKERS:
                (HERE / f"{name}.h").write_text(text(name), encoding="utf-8")
        case ["print", name] if name in MAKERS:
            sys.stdout.write(text(name))
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
