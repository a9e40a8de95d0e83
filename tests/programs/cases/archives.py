"""Commands that compare, pack and compress; Python's modules are on the other side."""

import bz2
import gzip
import io
import re
import tarfile
import zipfile

from elf9.testing import Case

from . import COMMANDS

TEXT = "".join(f"line {n}, {n * n}\n" for n in range(2000))
SHORT = "one\ntwo\nthree\nfour\nfive\n"
CHANGED = "one\n2\nthree\nfive\nsix\n"


def tar(**members: str) -> bytes:
    """A tar file as Python writes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1000000000
            file.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


def zipped(**members: str) -> bytes:
    """A zip file as Python writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name, (2001, 9, 9, 1, 46, 40)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


CASES = [
    Case("diff", ["a", "b"], files={"a": SHORT, "b": SHORT}, stdout=""),
    Case(
        "diff",
        ["a", "b"],
        files={"a": SHORT, "b": CHANGED},
        stdout="2c2\n< two\n---\n> 2\n4d3\n< four\n5a5\n> six\n",
        exit_string="some",
    ),
    Case(
        "diff",
        ["-u", "a", "b"],
        files={"a": SHORT, "b": CHANGED},
        stdout=re.compile(r"^--- a\n\+\+\+ b\n@@ -1,5 \+1,5 @@\n one\n-two\n\+2\n three\n-four\n five\n\+six\n$"),
        exit_string="some",
    ),
    Case(
        "diff",
        ["-e", "a", "b"],
        files={"a": SHORT, "b": CHANGED},
        stdout="5a\nsix\n.\n4d\n2c\n2\n.\n",
        exit_string="some",
    ),
    Case(
        "diff",
        ["-r", "x", "y"],
        files={"x/f": "1\n", "y/f": "2\n", "x/only": ""},
        stdout=re.compile(r"diff x/f y/f\n1c1\n< 1\n---\n> 2\n(.*\n)*Only in x: only\n"),
        exit_string="some",
    ),
    Case("diff", ["-b", "a", "b"], files={"a": "a  b\n", "b": "a b\n"}, stdout=""),
    Case(
        "merge3",
        ["mine", "base", "theirs"],
        files={"base": "a\nb\nc\nd\ne\n", "mine": "a\nB\nc\nd\ne\n", "theirs": "a\nb\nc\nd\nE\n"},
        stdout="a\nB\nc\nd\nE\n",
    ),
    Case("tar", ["tf", "x.tar"], files={"x.tar": tar(one="1\n", two="22\n")}, stdout="one\ntwo\n"),
    Case(
        "tar",
        ["xvf", "x.tar"],
        files={"x.tar": tar(one="1\n", two=TEXT)},
        stdout="",
        stderr="one\ntwo\n",
        expected_files={"one": "1\n", "two": TEXT},
    ),
    Case(
        "tar",
        ["cf", "new.tar", "dir"],
        files={"dir/f": TEXT, "dir/sub/g": "g"},
        expected_files={"new.tar": re.compile(b"^dir/\0.*ustar.*line 1999", re.DOTALL)},
    ),
    Case("tar", ["tzf", "x.tgz"], files={"x.tgz": gzip.compress(tar(one="1\n"))}, stdout="one\n", options=COMMANDS),
    Case("gunzip", ["-c", "x.gz"], files={"x.gz": gzip.compress(TEXT.encode())}, stdout=TEXT),
    Case("gunzip", ["x.gz"], files={"x.gz": gzip.compress(TEXT.encode())}, expected_files={"x": TEXT}),
    Case(
        "gunzip",
        ["-c", "x.gz"],
        files={"x.gz": b"no gzip"},
        stderr=re.compile("gunzip: x.gz"),
        exit_string=re.compile("."),
    ),
    Case("gzip", ["x"], files={"x": TEXT}, expected_files={"x.gz": re.compile(rb"^\x1f\x8b")}),
    Case("zip", ["-f", "x.zip", "a"], files={"a": TEXT}, expected_files={"x.zip": re.compile(rb"^PK\x03\x04")}),
    Case(
        "unzip",
        ["-f", "x.zip"],
        files={"x.zip": zipped(one="1\n", two=TEXT)},
        expected_files={"one": "1\n", "two": TEXT},
    ),
    Case("unzip", ["-tf", "x.zip"], files={"x.zip": zipped(one="1\n", two=TEXT)}, stdout="one\ntwo\n"),
    Case("bunzip2", ["-c", "x.bz2"], files={"x.bz2": bz2.compress(TEXT.encode())}, stdout=TEXT),
    Case("bzip2", ["x"], files={"x": TEXT}, expected_files={"x.bz2": bz2.compress(TEXT.encode(), 6)}),
]
