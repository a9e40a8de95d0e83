"""Commands about numbers, sums and dates."""

from __future__ import annotations

import calendar
import hashlib
import re
import zlib

from elf9.testing import Case

from . import no_file

DATA = bytes(range(256)) * 300 + b"the end"
#: One zone, half of the year one hour later.
MET = {"timezone": "MET 3600 MES 7200\n 7520400 23248800\n"}

SEPTEMBER_1752 = """\
   September 1752
Su  M Tu  W Th  F Sa
       1  2 14 15 16
17 18 19 20 21 22 23
24 25 26 27 28 29 30



"""


def lines(*words: object) -> str:
    """Each on a line of its own."""
    return "".join(f"{word}\n" for word in words)


def month(year: int, number: int, first: int = 6) -> str:
    """A month as cal(1) prints it: always six weeks; `first` is the day the week begins with, Monday is 0."""
    names = ["M", "Tu", "W", "Th", "F", "Sa", "Su"]
    rows = [" ".join(f"{names[(first + day) % 7]:>2}" for day in range(7))]
    for week in calendar.Calendar(first).monthdayscalendar(year, number):
        rows.append(" ".join(f"{day or '':>2}" for day in week).rstrip())
    rows += [""] * (7 - len(rows))
    return f"   {calendar.month_name[number]} {year}\n" + lines(*rows)


def factors(number: int) -> str:
    """factor(1)."""
    found, rest, divisor = [], number, 2
    while rest > 1:
        if rest % divisor:
            divisor += 1
        else:
            found.append(f"{divisor:6d}")
            rest //= divisor
    return lines(number, *(f"     {word.strip()}" for word in found), "")


def primes(first: int, last: int) -> str:
    """primes(1), both included."""
    return lines(*(n for n in range(max(first, 2), last + 1) if all(n % d for d in range(2, int(n**0.5) + 1))))


def sum32(data: bytes) -> str:
    """sum(1): a CRC without its usual complements, of the data and of its length, disguised."""
    crc = zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF
    size = bytes(a ^ b for a, b in zip(len(data).to_bytes(4, "big"), (0xCC, 0x55, 0xCC, 0x55), strict=True))
    crc = zlib.crc32(size, crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
    return f"{crc:08x} {len(data):6d}"


def sum_r(data: bytes) -> str:
    """sum -r: that of Research UNIX, rotating, and blocks of 1024 bytes."""
    total = 0
    for byte in data:
        total = ((total >> 1 | (total & 1) << 15) + byte) & 0xFFFF
    return f"{total:05d}{-(-len(data) // 1024):6d}"


def sum_5(data: bytes) -> str:
    """sum -5: that of System V, and blocks of 512 bytes."""
    total = sum(data)
    total = (total >> 16) + total & 0xFFFF
    return f"{total:05d}{-(-len(data) // 512):6d}"


CASES = [
    Case("md5sum", stdin=DATA, stdout=f"{hashlib.md5(DATA).hexdigest()}\n"),
    Case(
        "md5sum",
        ["a", "b"],
        files={"a": "", "b": DATA},
        stdout=f"{hashlib.md5(b'').hexdigest()}\ta\n{hashlib.md5(DATA).hexdigest()}\tb\n",
    ),
    Case(
        "md5sum",
        ["none"],
        stderr=f"md5sum: can't open none: {no_file('none')}\n",
        exit_string=f"can't open none: {no_file('none')}",
    ),
    Case("sha1sum", stdin=DATA, stdout=f"{hashlib.sha1(DATA).hexdigest()}\n"),
    *(
        Case(
            "sha1sum",
            ["-2", str(bits), "f"],
            files={"f": DATA},
            stdout=f"{hashlib.new(f'sha{bits}', DATA).hexdigest()}\tf\n",
        )
        for bits in (224, 256, 384, 512)
    ),
    Case(
        "sha1sum", ["-2", "7"], stderr="sha1sum: unknown number of sha2 bits: 7\n", exit_string=re.compile("bits: 7$")
    ),
    Case("crc32", stdin=DATA, stdout=f"{zlib.crc32(DATA):x}\n"),
    Case("crc32", ["a"], files={"a": "123456789"}, stdout="cbf43926\ta\n"),
    Case("crc32", ["none"], stderr=f"crc32: can't open none: {no_file('none')}\n", exit_string="open"),
    Case("sum", stdin=DATA, stdout=f"{sum32(DATA)}\n"),
    Case(
        "sum", ["a", "b"], files={"a": "", "b": "text\n"}, stdout=f"{sum32(b'')} a\n{sum32(b'text' + bytes([10]))} b\n"
    ),
    Case("sum", ["-r"], stdin=DATA, stdout=f"{sum_r(DATA)}\n"),
    Case("sum", ["-5"], stdin=DATA, stdout=f"{sum_5(DATA)}\n"),
    # calculators
    Case("dc", stdin="2 3+p\n", stdout="5\n"),
    Case("dc", stdin="2 200^p\n", stdout=f"{2**200}\n"),
    Case("dc", stdin="20k 2vp\n", stdout="1.41421356237309504880\n"),
    Case("dc", stdin="16o 255p 8i 17p\n", stdout="ff\nf\n"),
    Case("dc", stdin="[la1+dsa*pla10>y]sy0sa1lyx\n", stdout=lines(1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800)),
    Case("dc", ["f"], files={"f": "1 2 3f"}, stdout="3\n2\n1\n"),
    Case(
        "factor",
        ["360", "1000003", "9999999967"],
        stdout="".join(map(factors, (360, 1000003))) + "9999999967\n     9999999967\n\n",
    ),
    Case("factor", stdin="17\n", stdout=factors(17)),
    Case("primes", ["1", "300"], stdout=primes(1, 300)),
    Case("primes", ["1000000", "1000100"], stdout=primes(1000000, 1000100)),
    Case("primes", ["-1"], exit_string="limits"),
    Case("seq", ["5"], stdout=lines(1, 2, 3, 4, 5)),
    Case("seq", ["0", ".05", ".1"], stdout=lines(0, 0.05, 0.1)),
    Case("seq", ["-w", "8", "11"], stdout=lines("08", "09", "10", "11")),
    Case("seq", ["-f", "<%.2f>", "3", "-1", "2"], stdout=lines("<3.00>", "<2.00>")),
    Case("seq", ["1", "0", "2"], stderr="seq: zero increment\n", exit_string="zero increment"),
    # dates
    Case("cal", ["2", "2024"], stdout=month(2024, 2)),
    Case("cal", ["-s", "1", "12", "2023"], stdout=month(2023, 12, 0)),
    Case(
        "cal",
        ["sep", "1752"],
        stdout=SEPTEMBER_1752,
    ),
    Case("cal", ["2024"], stdout=re.compile(r"^\n\n\n {32}2024\n\n {9}Jan {20}Feb {20}Mar\n(.*\n)* {9}Oct")),
    Case("cal", ["13", "2024"], stdout="cal: bad argument\n", exit_string="main"),
    Case("date", ["-u", "0"], stdout="Thu Jan  1 00:00:00 GMT 1970\n"),
    Case(
        "date",
        ["1000000000"],
        env={"timezone": "EST -18000 EDT -14400\n 986108400 1004248800\n"},
        stdout="Sat Sep  8 21:46:40 EDT 2001\n",
    ),
    Case("date", ["-t", "10000000"], env=MET, stdout="1970-04-26T19:46:40+02:00\n"),
    Case("date", ["-n", "-u", "12345"], stdout="12345\n"),
    Case("date", ["-u", "-f", "DD.MM.YYYY hh:mm", "1000000000"], stdout="09.09.2001 01:46\n"),
    Case("date", ["-n", "-u"], stdout=re.compile(r"^1[0-9]{9}\n$")),
    Case("seconds", ["9 Sep 2001 01:46:40 GMT"], env=MET, stdout="1000000000\n"),
    Case("seconds", ["2001-09-09T01:46:40Z"], env=MET, stdout="1000000000\n"),
    Case("seconds", ["1970-01-02"], env=MET, stdout="82800\n"),
    Case(
        "seconds",
        ["yesterday"],
        env=MET,
        stderr=re.compile("^seconds: tmparse: "),
        exit_string=re.compile("^tmparse: "),
    ),
    Case("sleep", ["0"], stdout=""),
    Case("sleep", [".2"], timeout=5),
]
