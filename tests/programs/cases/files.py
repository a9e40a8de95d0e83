"""Commands about names, files and directories."""

from __future__ import annotations

import re

from elf9.testing import Case

from . import COMMANDS, HOME, no_file

MODE_AND_OWNER = r"[d-]-[r-][w-][x-][r-][w-][x-][r-][w-][x-] M \d+ \S+ +\S+ +"

CASES = [
    # names
    Case("basename", ["/usr/glenda/profile"], stdout="profile\n"),
    Case("basename", ["src/main.c", ".c"], stdout="main\n"),
    Case("basename", ["-d", "/usr/glenda/profile"], stdout="/usr/glenda\n"),
    Case("basename", stderr="usage: basename [-d] string [suffix]\n", exit_string="usage"),
    Case("cleanname", ["a//b/../c/.", "/..", ""], stdout="a/c\n/\n.\n"),
    Case("cleanname", ["-d", "/usr/glenda", "../rob", "/x/"], stdout="/usr/rob\n/x\n"),
    Case("pwd", options=COMMANDS, stdout=f"{HOME}\n"),
    # test: its answer is its exit string
    Case("test", ["-f", "f"], files={"f": ""}),
    Case("test", ["-d", "f"], files={"f": ""}, exit_string="false"),
    Case("test", ["-s", "f", "-o", "-d", "d"], files={"f": "", "d/x": ""}),
    Case("test", ["3", "-lt", "20", "-a", "abc", "!=", "abd"]),
    Case("test", ["!", "(", "x", "=", "y", ")"]),
    Case("test", ["-e", "none"], exit_string="false"),
    Case("test", ["("], stderr="test: argument expected\n", exit_string="bad syntax"),
    # looking at files
    Case("ls", files={"b": "", "a": "", "c/d": ""}, stdout="a\nb\nc\n"),
    Case("ls", ["-F", "-p", "d"], files={"d/e/f": "", "d/it's": ""}, stdout="e/\n'it''s'\n"),
    Case("ls", ["-r", "d"], files={"d/1": "", "d/2": ""}, stdout="d/2\nd/1\n"),
    Case("ls", ["-s"], files={"big": "x" * 3000}, stdout="3 big\n"),
    Case(
        "ls", ["-l", "f"], files={"f": "12345"}, stdout=re.compile(rf"^{MODE_AND_OWNER}5 \w\w\w [ \d]\d \d\d:\d\d f\n$")
    ),
    Case("ls", ["-ld", "d"], files={"d/x": ""}, stdout=re.compile(r"^d-rwx.* d\n$")),
    Case("ls", ["none"], stderr=f"ls: none: {no_file('none')}\n", exit_string="errors"),
    Case("du", ["d"], files={"d/f": "x" * 1025, "d/e/g": "y"}, stdout="1\td/e\n3\td\n"),
    Case("du", ["-n", "d"], files={"d/f": "x" * 1025}, stdout="1025\td/f\n1025\td\n"),
    Case("du", ["-sh", "d"], files={"d/f": "x" * 2560}, stdout="3k\td\n"),
    Case("du", ["none"], stdout="0\tnone\n", stderr=f"du: none: {no_file('none')}\n"),
    Case("walk", ["d"], files={"d/e/f": ""}, stdout="d/e/f\nd/e\nd\n"),
    Case("walk", ["-f", "-e", "ns"], files={"d/f": "abc"}, stdout="f 3\n"),
    Case("walk", ["-n", "1", "d"], files={"d/e/f": ""}, stdout="d/e\nd\n"),
    Case("walk", ["-e", "?"], stderr="walk: bad stfmt: ?\n", exit_string="bad stfmt: ?"),
    Case("mtime", ["f"], files={"f": ""}, stdout=re.compile(r"^ *\d{10} f\n$")),
    Case("mtime", ["none"], stderr=f"stat none: {no_file('none')}\n", exit_string="errors"),
    # changing them
    Case("cp", ["a", "b"], files={"a": "text"}, expected_files={"a": "text", "b": "text"}),
    Case("cp", ["-x", "a", "b", "d"], files={"a": "1", "b": "2", "d/c": ""}, expected_files={"d/a": "1", "d/b": "2"}),
    Case("cp", ["a", "a"], files={"a": "1"}, stderr="cp: a and a are the same file\n", exit_string="errors"),
    Case("cp", ["none", "b"], stderr=f"cp: can't stat none: {no_file('none')}\n", exit_string="errors"),
    Case("cp", ["a", "b", "c"], stderr="cp: c not a directory\n", exit_string="bad usage"),
    Case("fcp", ["a", "b"], files={"a": bytes(range(256)) * 1000}, expected_files={"b": bytes(range(256)) * 1000}),
    Case("fcp", ["none", "b"], stderr=f"fcp: can't stat none: {no_file('none')}\n", exit_string="errors"),
    Case("mv", ["a", "b"], files={"a": "1", "b": "2"}, expected_files={"a": None, "b": "1"}),
    Case(
        "mv", ["a", "b", "d"], files={"a": "1", "b": "2", "d/c": ""}, expected_files={"a": None, "d/a": "1", "d/b": "2"}
    ),
    Case("mv", ["d", "e"], files={"d/f": "1"}, expected_files={"d/f": None, "e/f": "1"}),
    Case("mv", ["d/f", "g"], files={"d/f": "1"}, expected_files={"d/f": None, "g": "1"}),
    Case("mv", ["none", "b"], stderr=f"mv: can't stat none: {no_file('none')}\n", exit_string="failure"),
    Case("rm", ["a", "b"], files={"a": "", "b": "", "c": ""}, expected_files={"a": None, "b": None, "c": ""}),
    Case("rm", ["-r", "d"], files={"d/e/f": "", "d/g": ""}, expected_files={"d/e/f": None, "d/g": None}),
    Case(
        "rm",
        ["d"],
        files={"d/g": ""},
        stderr=re.compile(r"^rm: d: "),
        exit_string=re.compile("."),
        expected_files={"d/g": ""},
    ),
    Case("rm", ["-f", "none"]),
    Case("mkdir", ["-p", "a/b/c"]),
    Case("mkdir", ["d"], files={"d/x": ""}, stderr="mkdir: d already exists\n", exit_string="error"),
    Case("mkdir", ["a/b"], stderr="mkdir: can't create a/b: file does not exist: 'a'\n", exit_string="error"),
    Case("touch", ["new", "old"], files={"old": "x"}, expected_files={"new": "", "old": "x"}),
    Case("touch", ["-c", "none"], stderr=f"touch: none: cannot wstat: {no_file('none')}\n", exit_string="touch"),
    Case("chmod", ["600", "f"], files={"f": "x"}, expected_files={"f": "x"}),
    Case("chmod", ["go-rwx", "none"], stderr=f"chmod: can't stat none: {no_file('none')}\n"),
    Case("chmod", ["u^x", "f"], files={"f": ""}, stderr="chmod: bad mode: u^x\n", exit_string="mode"),
    Case(
        "chgrp", ["glenda", "none"], stderr=f"chgrp: can't wstat none: {no_file('none')}\n", exit_string="can't wstat"
    ),
    Case(
        "dd",
        ["-if", "f", "-bs", "4"],
        files={"f": "0123456789"},
        stdout="0123456789",
        stderr="2+1 records in\n2+1 records out\n",
    ),
    Case(
        "dd",
        ["-if", "f", "-of", "g", "-bs", "2", "-iseek", "1", "-count", "2", "-quiet", "1"],
        files={"f": "0123456789"},
        stderr="",
        expected_files={"g": "2345"},
    ),
    Case("dd", ["-conv", "ucase,swab", "-if", "f", "-quiet", "1"], files={"f": "abcd"}, stdout="BADC"),
    Case("dd", ["-conv", "ebcdic", "-if", "f", "-quiet", "1"], files={"f": "Hi 9"}, stdout="Hi 9".encode("cp037")),
    Case("dd", ["-x"], stderr="dd: arg -x needs a value\n", exit_string="arg"),
    # comparing them
    Case("cmp", ["a", "b"], files={"a": "same", "b": "same"}, stdout=""),
    Case(
        "cmp", ["a", "b"], files={"a": "one\ntwo", "b": "one\ntoo"}, stdout="a b differ: char 6\n", exit_string="differ"
    ),
    Case(
        "cmp",
        ["-L", "a", "b"],
        files={"a": "1\n2", "b": "1\n3"},
        stdout="a b differ: char 3 line 2\n",
        exit_string="differ",
    ),
    Case("cmp", ["-l", "a", "b"], files={"a": "abc", "b": "axd"}, stdout="     2 0x62 0x78\n     3 0x63 0x64\n"),
    Case("cmp", ["a", "b"], files={"a": "12", "b": "123"}, stdout="EOF on a after 2 bytes\n", exit_string="EOF"),
    Case("cmp", ["-s", "a", "none"], files={"a": ""}, stderr="", exit_string="open"),
    Case(
        "patch",
        ["-p", "1", "change"],
        files={
            "f": "1\n2\n3\n",
            "change": "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
        },
        expected_files={"f": "1\ntwo\n3\n"},
    ),
    Case(
        "patch",
        ["-R", "c"],
        files={"f": "1\n", "c": "--- f\n+++ f\n@@ -1 +1 @@\n-0\n+1\n"},
        expected_files={"f": "0\n"},
    ),
    Case(
        "derp",
        ["mine", "old", "yours"],
        files={"mine/same": "1", "old/same": "1", "yours/same": "1", "mine/a": "1", "yours/b": "2"},
        stdout=re.compile(r"^a.* mine/a$|^a.*\ba\b", re.MULTILINE),
    ),
]
