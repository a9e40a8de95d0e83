"""The script that compiles and runs 9front's commands: with sources of the test's own, and nothing compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.programs import commands

from elf9.testing import Case, Problem, Result

TABLE = """\
# a comment
command\tsources\tneeds\toptions\twhy not
hi
both\tcmd/both/*.c\tlibx x.h\tfloat=True
lame\t\t\t\tit is lame
bad
none
libx\tlibx/*.c\tx.h
"""

CASES = [
    Case("hi", ["a"], stdout="a\n"),
    Case("hi", ["b"], stdout="wrong\n", arch="arm64"),
    Case("both", options=["--bind", "{bin}:/bin", "--bind", "{sources}/rc:/rc"]),
    Case("lame", stdout="never\n"),
]


@pytest.fixture
def sources(tmp_path):
    """A copy of a 9front with a few commands; `none` is not there."""
    for name in ("cmd/hi.c", "cmd/both/1.c", "cmd/both/2.c", "cmd/lame.c", "cmd/bad.c", "libx/x.c"):
        path = tmp_path / "9front/sys/src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "9front"


@dataclass
class Fakes:
    """Instead of SCons, which builds all but `bad`, and of the emulator, on which a program prints its arguments."""

    built: list[tuple[str, ...]] = field(default_factory=list)
    ran: list[Case] = field(default_factory=list)

    def scons(self, folder: Path, *words: str) -> tuple[bool, str]:
        self.built.append(words)
        if "-k" not in words:
            return (
                False,
                "  CC amd64/debug bad.c\n/x/9front/sys/src/cmd/bad.c:3:1: error: no\nscons: *** [bad.o] compile failed",
            )
        archs = next(word.removeprefix("ARCH=") for word in words if word.startswith("ARCH="))
        for arch in archs.split(","):
            for name in ("hi", "both", "lame"):
                program = folder / "build" / arch / "debug" / name
                program.parent.mkdir(parents=True, exist_ok=True)
                program.touch()
        return False, ""

    def run(self, case: Case) -> Result:
        self.ran.append(case)
        said = "".join(f"{word!s}\n" for word in case.args)
        wrong = case.stdout is not None and case.stdout != said
        return Result(case, said.encode(), b"", b"", 0, 0.1, (Problem("stdout", "not so"),) if wrong else (), "")


@pytest.fixture
def fakes(monkeypatch):
    """See Fakes."""
    made = Fakes()
    monkeypatch.setattr(commands, "scons", made.scons)
    monkeypatch.setattr(commands, "run_case", made.run)
    return made


@pytest.fixture
def call(sources, fakes, tmp_path, capsys):
    """Calls the script; its exit status, standard output and standard error."""
    (tmp_path / "table.tsv").write_text(TABLE)

    def run(*words: str, where: Path = sources) -> tuple[int, str, str]:
        fixed = ["--sources", str(where), "--table", str(tmp_path / "table.tsv"), "--build", str(tmp_path / "build")]
        status = commands.main([*fixed, *words], CASES)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def test_the_table(call):
    status, out, _ = call()
    assert status == 1
    lines = [re.split(r"\s{2,}", line) for line in out.splitlines()]
    assert lines[0][:3] == ["command", "amd64", "arm64"]
    assert lines[1] == ["hi", "1/1", "1/2", "hi b: stdout: not so"]
    assert lines[2] == ["both", "1/1", "1/1", "needs libx x.h"]
    assert lines[3] == ["lame", "0/1", "0/1", "it is lame"]
    assert lines[4] == ["bad", "no", "no", "sys/src/cmd/bad.c:3:1: error: no"]
    assert lines[5] == ["none", "no", "no", "the sources have no sys/src/cmd/none.c"]
    assert out.splitlines()[6].startswith("amd64: 3 of 5 commands compile, 2 run all their cases right, 2 of 3 cases")


def test_what_is_explained_is_no_failure(call):
    assert call("--only", "lame", "both")[0] == 0
    assert call("--only", "hi", "--arch", "amd64")[0] == 0
    assert call("--only", "hi", "--arch", "arm64")[0] == 1


def test_an_explanation_that_is_no_longer_needed_is(call, tmp_path):
    (tmp_path / "table.tsv").write_text("hi\t\t\t\tnot yet\n")
    status, out, _ = call("--arch", "amd64")
    assert status == 1
    assert "is right, though the table says why not: not yet" in out


def test_what_is_built_and_run(call, fakes, sources, tmp_path):
    call("--only", "both", "--arch", "amd64")
    text = (tmp_path / "build/SConstruct").read_text()
    cmd = f"{sources}/sys/src/cmd/both"
    words = f"'both', ['{cmd}/1.c', '{cmd}/2.c'], float=True, CPPPATH=['include/both'], libs=[libx]"
    assert f"env.Plan9Program({words})" in text
    assert f"libx = env.Plan9Library('x', ['{sources}/sys/src/libx/x.c'], CPPPATH=['include/libx'])" in text
    assert "hi" not in text
    assert (tmp_path / "build/include/both/x.h").readlink() == sources / "sys/include/x.h"
    (case,) = fakes.ran
    programs = tmp_path / "build/build/amd64/debug"
    assert case.program == str(programs / "both")
    assert case.options == ["--bind", f"{programs}:/bin", "--bind", f"{sources}/rc:/rc"]


def test_nothing_to_work_with(call, tmp_path):
    status, out, err = call(where=tmp_path)
    assert (status, out) == (2, "")
    assert err == f"commands.py: {tmp_path} has no sys/src: expected a copy of 9front's repository\n"
    assert call("--only", "nobody")[2] == "commands.py: nobody is not in the table\n"
    (tmp_path / "table.tsv").write_text("a\tb\tc\td\te\tf\n")
    assert "table.tsv:1: 6 columns; expected command, sources" in call()[2]


def test_the_real_table_and_its_cases():
    rows = commands.read_table(commands.TABLE)
    names = [row.name for row in rows]
    assert len(names) == len(set(names))
    cases = commands.all_cases()
    assert not {name for case in cases for name in case.program.split()} - set(names)
