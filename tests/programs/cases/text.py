"""Commands that read text and write text."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import quote_plus

from elf9.testing import Case

from . import COMMANDS, missing, no_file

POEM = "So much depends\nupon\n\na red wheel\nbarrow\n"
NUMBERS = "".join(f"{number}\n" for number in range(1, 31))
FRUIT = "pear\nApple\nfig\napple\nfig\n"


def lines(*words: object) -> str:
    """Each on a line of its own."""
    return "".join(f"{word}\n" for word in words)


def freq(data: bytes) -> str:
    """freq(1): decimal, octal, hexadecimal, the character if it has a picture, how often."""
    counts = sorted(Counter(data).items())
    return "".join(
        f"{byte:3d} {byte:03o} {byte:02x} {chr(byte) if 0x20 < byte < 0x7F else '-'} {count:8d}\n"
        for byte, count in counts
    )


CASES = [
    # echo, cat, tee, read: bytes go through as they are
    Case("echo", ["a", "", "b c"], stdout="a  b c\n"),
    Case("echo", ["-n", "no newline"], stdout="no newline"),
    Case("echo", stdout="\n"),
    Case("cat", ["one", "two"], files={"one": "1\n", "two": b"\xff\0"}, stdout=b"1\n\xff\0"),
    Case("cat", stdin="from stdin", stdout="from stdin"),
    Case("cat", ["big"], files={"big": "x" * 100_000}, stdout="x" * 100_000),
    Case("cat", ["nothing"], stderr=missing("cat", "nothing")[0], exit_string=missing("cat", "nothing")[1]),
    Case("tee", ["a", "b"], stdin=POEM, stdout=POEM, expected_files={"a": POEM, "b": POEM}),
    Case(
        "tee",
        ["-a", "log"],
        files={"log": "old\n"},
        stdin="new\n",
        stdout="new\n",
        expected_files={"log": "old\nnew\n"},
    ),
    Case("tee", ["no/file"], stdin="x", stdout="x", stderr="tee: cannot open no/file: file does not exist: 'no'\n"),
    Case("read", stdin=POEM, stdout="So much depends\n"),
    Case("read", ["-n", "2"], stdin=POEM, stdout="So much depends\nupon\n"),
    Case("read", ["-c", "7"], stdin=POEM, stdout="So much"),
    Case("read", ["-r", "3"], stdin="αβγδ", stdout="αβγ"),
    Case("read", stdin="", stdout="", exit_string="eof"),
    # wc
    Case("wc", stdin=POEM, stdout=f"{5:7d} {8:7d} {len(POEM):7d}\n"),
    Case("wc", ["-l"], stdin="a\nb\nc", stdout=f"{2:7d}\n"),
    Case("wc", ["-rb"], stdin=b"\xce\xb1\xff\n", stdout=f"{3:7d} {1:7d}\n"),
    Case(
        "wc",
        ["-w", "one", "two"],
        files={"one": "a b c\n", "two": "\td\n"},
        stdout=f"{3:7d} one\n{1:7d} two\n{4:7d} total\n",
    ),
    Case("wc", ["none"], stderr=f"none: {no_file('none')}\n", exit_string="can't open"),
    # sort, uniq, comm, join, look
    Case("sort", stdin=FRUIT, stdout=lines("Apple", "apple", "fig", "fig", "pear")),
    Case("sort", ["-u"], stdin=FRUIT, stdout=lines("Apple", "apple", "fig", "pear")),
    Case("sort", ["-fr"], stdin="b\nA\nC\n", stdout=lines("C", "b", "A")),
    Case("sort", ["-n"], stdin="10\n9\n-3\n2.5\n", stdout=lines("-3", "2.5", "9", "10")),
    Case("sort", ["-g"], stdin="1e3\n2\n1e-2\n", stdout=lines("1e-2", "2", "1e3")),
    Case("sort", ["-M"], stdin="mar\nJAN\nDec\n", stdout=lines("JAN", "mar", "Dec")),
    Case("sort", ["-t:", "+1n"], stdin="a:10\nb:9\nc:1\n", stdout=lines("c:1", "b:9", "a:10")),
    Case("sort", ["-t:", "-k", "2,2", "-k", "1,1r"], stdin="a:x\nb:x\nc:w\n", stdout=lines("c:w", "b:x", "a:x")),
    Case("sort", ["-m", "a", "b"], files={"a": "1\n3\n", "b": "2\n4\n"}, stdout=lines(1, 2, 3, 4)),
    Case("sort", ["-o", "f", "f"], files={"f": "b\na\n"}, stdout="", expected_files={"f": "a\nb\n"}),
    Case("sort", stdin=lines(*range(3000, 0, -1)), stdout=lines(*sorted(map(str, range(1, 3001))))),
    Case("sort", ["-c"], stdin="b\na\n", exit_string=re.compile(".")),
    Case("uniq", stdin="a\na\nb\na\n", stdout=lines("a", "b", "a")),
    Case("uniq", ["-c"], stdin="a\na\nb\n", stdout="   2 a\n   1 b\n"),
    Case("uniq", ["-d"], stdin="a\na\nb\n", stdout="a\n"),
    Case("uniq", ["-u"], stdin="a\na\nb\n", stdout="b\n"),
    Case("uniq", ["-1"], stdin="1 x\n2 x\n3 y\n", stdout=lines("1 x", "3 y")),
    Case("uniq", ["none"], stderr="uniq: cannot open none\n", exit_string="cannot open none"),
    Case("comm", ["a", "b"], files={"a": "1\n2\n3\n", "b": "2\n3\n4\n"}, stdout="1\n\t\t2\n\t\t3\n\t4\n"),
    Case("comm", ["-3", "a", "-"], files={"a": "1\n2\n"}, stdin="2\n3\n", stdout="1\n\t3\n"),
    Case("comm", ["-12", "a", "b"], files={"a": "1\n2\n3\n", "b": "2\n3\n4\n"}, stdout="2\n3\n"),
    Case("comm", ["a"], stderr="usage: comm [-123] file1 file2\n", exit_string="usage"),
    Case(
        "join",
        ["a", "b"],
        files={"a": "1 one\n2 two\n2 zwei\n4 four\n", "b": "2 II\n3 III\n4 IV\n"},
        stdout=lines("2 two II", "2 zwei II", "4 four IV"),
    ),
    Case(
        "join",
        ["-t:", "-a", "1", "-e", "none", "-o", "0,2.2", "a", "b"],
        files={"a": "x:1\ny:2\n", "b": "y:zwei\n"},
        stdout=lines("x:none", "y:zwei"),
    ),
    Case("join", ["a", "none"], files={"a": ""}, stderr="join: can't open none\n", exit_string="can't open %s"),
    Case("look", ["ap", "words"], files={"words": "ant\nape\napple\nbee\n"}, stdout=lines("ape", "apple")),
    Case("look", ["-f", "B", "words"], files={"words": "ant\nBear\nbee\n"}, stdout=lines("Bear", "bee")),
    Case("look", ["-n", "10", "n"], files={"n": "2\tb\n10\tx\n20\tc\n"}, stdout="10\tx\n"),
    Case("look", ["x", "words"], files={"words": "ant\n"}, exit_string="not found"),
    # tr, sed, col, fmt, deroff, pr, p
    Case("tr", ["a-z", "A-Z"], stdin=POEM, stdout=POEM.upper()),
    Case("tr", ["-d", "aeiou"], stdin="facetious\n", stdout="fcts\n"),
    Case("tr", ["-cs", "A-Za-z", "\\012"], stdin="one, two;  three\n", stdout="one\ntwo\nthree\n"),
    Case("tr", ["αβ", "ab"], stdin="αβγ\n", stdout="abγ\n"),
    Case("tr", ["-s", " ", " "], stdin="a   b\n", stdout="a b\n"),
    Case("tr", ["z-a", "x"], stderr="tr: invalid range specification\n", exit_string="invalid range specification"),
    Case("sed", ["s/[aeiou]/<&>/g"], stdin="hello\n", stdout="h<e>ll<o>\n"),
    Case("sed", ["-n", "2,3p"], stdin=NUMBERS, stdout="2\n3\n"),
    Case("sed", ["s/(.)(.)/\\2\\1/"], stdin="abc\n", stdout="bac\n"),
    Case("sed", ["$!d"], stdin=NUMBERS, stdout="30\n"),
    Case("sed", ["1!G;h;$!d"], stdin="1\n2\n3\n", stdout="3\n2\n1\n"),
    Case("sed", ["y/abc/ABC/"], stdin="aabbcc\n", stdout="AABBCC\n"),
    Case("sed", ["/2/q"], stdin=NUMBERS, stdout="1\n2\n"),
    Case(
        "sed",
        ["-f", "script"],
        files={"script": "/x/i\\\nbefore\ns/o/0/\n"},
        stdin="foo\nx\n",
        stdout="f0o\nbefore\nx\n",
    ),
    Case("sed", ["-n", "/^a/w out"], stdin="ab\nba\n", stdout="", expected_files={"out": "ab\n"}),
    Case("sed", ["-e", ":a", "-e", "s/xy//;ta"], stdin="xxyy\n", stdout="\n"),
    Case("sed", ["k"], stderr=re.compile("^sed: .*k"), exit_string=re.compile(".")),
    Case("col", stdin="under\b_lined\n", stdout="under\b_lined\n"),
    Case("col", ["-b"], stdin="bold\b\b\b\bBOLD\n", stdout="BOLD\n"),
    Case("col", ["-x"], stdin="a\tb\n", stdout="a       b\n"),
    Case("fmt", ["-l", "10"], stdin="one two three\nfour\n", stdout="one two\nthree four\n"),
    Case("fmt", ["-i", "2", "-l", "20"], stdin="End. Next\n\npara\n", stdout="  End.  Next\n\n  para\n"),
    Case("fmt", ["-j", "-l", "8"], stdin="a\nb\nlong long line\n", stdout="a\nb\nlong\nlong\nline\n"),
    Case("fmt", ["none"], stderr=f"fmt: can't open none: {no_file('none')}\n", exit_string="open"),
    Case("deroff", stdin=".TH X 1\n.PP\nSome \\fBbold\\fP words.\n", stdout=re.compile(r"^\s*Some +bold +words\.\n$")),
    Case(
        "deroff",
        ["-w", "doc"],
        files={"doc": ".SH Name\nIt isn't 42 words.\n"},
        stdout=lines("Name", "It", "isn't", "words"),
    ),
    Case(
        "pr", ["-t", "-l3", "-2", "-w20"], stdin=lines(*range(1, 7)), stdout="1         4\n2         5\n3         6\n"
    ),
    Case("pr", ["-t", "-n"], stdin="a\nb\n", stdout="    1\ta\n    2\tb\n"),
    Case(
        "pr",
        ["-h", "Title", "-l14"],
        stdin="a\n",
        stdout=re.compile(r"^\n\n[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d \d{4}  Title Page 1\n\n\na\n{9}$"),
    ),
    Case("p", ["-2", "f"], files={"f": lines(*range(1, 6))}, stdin="\n\n", stdout="1\n23\n45\n"),
    Case("p", ["-2", "f"], files={"f": lines(*range(1, 6))}, stdin="q\n", stdout="1\n2"),
    # tail, split, strings, xd, freq, ascii, unicode, urlencode
    Case("tail", ["f"], files={"f": NUMBERS}, stdout=lines(*range(21, 31))),
    Case("tail", ["-3"], stdin=NUMBERS, stdout=lines(28, 29, 30)),
    Case("tail", ["+28", "f"], files={"f": NUMBERS}, stdout=lines(28, 29, 30)),
    Case("tail", ["-c", "5"], stdin="hello world", stdout="world"),
    Case("tail", ["-r", "f"], files={"f": "1\n2\n3\n"}, stdout=lines(3, 2, 1)),
    Case("tail", ["none"], stderr=f"tail: none: {no_file('none')}\n", exit_string="none"),
    Case(
        "split",
        ["-n", "2"],
        stdin="1\n2\n3\n4\n5",
        expected_files={"xaa": "1\n2\n", "xab": "3\n4\n5", "xac": None},
    ),
    Case(
        "split",
        ["-x", "-e", "^# (.*)", "-s", ".txt", "book"],
        files={"book": "# one\n1\n# two\n2\n22\n"},
        expected_files={"one.txt": "1\n", "two.txt": "2\n22\n"},
    ),
    Case("split", ["-e", "("], stderr=re.compile("^regerror: .+\n$"), exit_string="regerr"),
    Case("strings", stdin=b"\0\1abc\0longer one\xff\0", stdout="       6: longer one\n"),
    Case("strings", ["-m", "3", "f"], files={"f": b"\0abc\1\2de\3xyz\n"}, stdout="       1: abc\n       9: xyz\n"),
    Case("xd", stdin="abcdefgh\n", stdout="0000000  61626364 65666768 0a000000\n0000009 \n"),
    Case("xd", ["-c"], stdin=b"a\n\t\x01", stdout="0000000   a \\n \\t 01\n0000004 \n"),
    Case("xd", ["-1x", "-2d"], stdin=b"\x01\x02", stdout="0000000  01 02\n      0  00258\n0000002 \n"),
    Case(
        "xd",
        ["-ad", "-s", "-4x"],
        stdin=bytes(range(16)),
        stdout="0000000  03020100 07060504 0b0a0908 0f0e0d0c\n0000016 \n0000016 \n",
    ),
    Case("xd", ["-r", "-b"], stdin=bytes(64), stdout=f"0000000 {' 00' * 16}\n*\n0000040 \n0000040 \n"),
    Case("xd", ["-8x"], stdin=bytes(range(0xF8, 0x100)), stdout="0000000  f8f9fafbfcfdfeff\n0000008 \n"),
    Case("xd", ["-s", "-8d"], stdin=b"\xff\xff\xff\xff\0\0\0\0", stdout="0000000  00000000004294967295\n0000008 \n"),
    Case("xd", ["none"], stderr="xd: can't open none\n", exit_string="error"),
    Case("freq", stdin="banana\n", stdout=freq(b"banana\n")),
    Case("freq", ["-rc"], stdin="αβα", stdout=f"α {2:8d}\nβ {1:8d}\n"),
    Case("freq", ["none"], stderr=f"open none: {no_file('none')}\n"),
    Case("ascii", ["A", "z"], stdout="41\n7a\n\n"),
    Case("ascii", ["-d", "-c", "65"], stdout=" A \n\n"),
    Case("ascii", ["-o"], stdout=re.compile(r"^\|000 nul\|001 soh.*\n(\|.*\n){14}\|170  x \|.*\|177 del\|\n\n$")),
    Case("unicode", ["41", "3b1", "1f600"], stdout=lines("A", "α", "😀")),
    Case("unicode", ["-n", "aα"], stdout=lines("0061", "03b1")),
    Case("unicode", ["41-43"], stdout="0041 A\t0042 B\t0043 C\n"),
    Case("unicode", ["-t", "68", "69"], stdout="hi"),
    Case("unicode", ["110000"], stderr="unicode: bad unicode value 110000\n", exit_string="bad char"),
    Case("urlencode", stdin="a b&c=ü/%", stdout=quote_plus("a b&c=ü/%", safe="/$-_@.!*'(),")),
    Case("urlencode", ["-d"], stdin="a+b%26c%3D%C3%BC%zz", stdout="a b&c=ü%zz"),
    # xargs, time: they run others
    Case("xargs", ["-n", "2", "echo", "+"], stdin="a\nb b\nc\n", options=COMMANDS, stdout="+ a b b\n+ c\n"),
    Case(
        "xargs",
        ["-p", "4", "-n", "1", "echo"],
        stdin="a\nb\nc\n",
        options=COMMANDS,
        stdout=re.compile("^([abc]\n){3}$"),
    ),
    Case("xargs", ["nothing"], stdin="x\n", options=COMMANDS, stderr=f"xargs: exec: {no_file('/bin/nothing')}\n"),
    Case(
        "time",
        ["echo", "hi"],
        options=COMMANDS,
        stdout="hi\n",
        stderr=re.compile(r"^\d+\.\d\du \d+\.\d\ds \d+\.\d\dr \t echo hi\n$"),
    ),
    Case(
        "time",
        ["cat", "none"],
        options=COMMANDS,
        stderr=re.compile(r"cat none  # status= ?can't open none"),
        exit_string=re.compile("can't open none"),
    ),
]
