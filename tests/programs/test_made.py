"""Sources that are made on the emulator: the table, and what is done with what a command made or did not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.programs import commands, made

TABLE = """\
folder\tcommand\targuments\tsources\tmakes\tneeds
x\tyacc\t-d x.y\tcmd/x/x.y cmd/x/*.h\ty.tab.c y.tab.h
x\tlist\t\t\t>list.c\ted sed
"""


@pytest.fixture
def steps(tmp_path):
    path = tmp_path / "made.tsv"
    path.write_text(TABLE)
    return made.read_steps(path)


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources/sys/src/cmd/x"
    folder.mkdir(parents=True)
    (folder / "x.y").write_text("%%\n")
    (folder / "x.h").write_text("")
    return tmp_path / "sources"


class Emulator:
    """Stands for `elf9 run`: makes files, prints, ends."""

    def __init__(self, folder: Path, *names: str, status: int = 0, stderr: bytes = b"") -> None:
        self.folder, self.names, self.status, self.stderr = folder, names, status, stderr
        self.words: list[str] = []

    def __call__(self, words, **options):
        self.words = words
        for name in self.names:
            (self.folder / name).write_text("made")
        return subprocess.CompletedProcess(words, self.status, b"printed", self.stderr)


def test_the_table(steps):
    first, second = steps
    assert first == made.Step("x", "yacc", ("-d", "x.y"), ("cmd/x/x.y", "cmd/x/*.h"), ("y.tab.c", "y.tab.h"))
    assert second.files == ["made/x/list.c"]
    assert second.commands == ["list", "ed", "sed"]
    assert made.needed(steps, {"made/x/y.tab.h"}) == [first]
    assert made.needed(steps, {"made/y/y.tab.h"}) == []


def test_what_is_made(steps, sources, tmp_path, monkeypatch):
    build = tmp_path / "build"
    here = build / "made/x"
    emulator = Emulator(here, "y.tab.c", "y.tab.h")
    monkeypatch.setattr(subprocess, "run", emulator)
    made.do(steps[0], build, sources, Path("/programs"))
    assert sorted(path.name for path in here.iterdir()) == ["x.h", "x.y", "y.tab.c", "y.tab.h"]
    assert emulator.words[-3:] == ["/programs/yacc", "-d", "x.y"]
    assert f"{sources}/sys:/sys:ro" in emulator.words
    assert f"{sources}/rc:/rc:ro" not in emulator.words, "what the sources do not have is not bound"
    made.do(steps[1], build, sources, Path("/programs"))
    assert (here / "list.c").read_bytes() == b"printed"


def test_what_is_not_made(steps, sources, tmp_path, monkeypatch):
    here = tmp_path / "made/x"
    monkeypatch.setattr(subprocess, "run", Emulator(here, "y.tab.c", stderr=b"no room\nat all\n"))
    with pytest.raises(made.StepError, match=r"^yacc did not make made/x/y\.tab\.h: no room$"):
        made.do(steps[0], tmp_path, sources, Path("/programs"))
    monkeypatch.setattr(subprocess, "run", Emulator(here, "y.tab.c", "y.tab.h", status=1))
    with pytest.raises(made.StepError, match=r"^yacc did not make made/x/y\.tab\.c made/x/y\.tab\.h: silently$"):
        made.do(steps[0], tmp_path, sources, Path("/programs"))
    (sources / "sys/src/cmd/x/x.y").unlink()
    with pytest.raises(made.StepError, match=r"^the sources have no sys/src/cmd/x/x\.y$"):
        made.do(steps[0], tmp_path, sources, Path("/programs"))


def test_the_tables_agree():
    """Each file that a row wants made is made by a step, and each step's commands are rows."""
    rows = commands.read_table(commands.TABLE)
    steps = made.read_steps(made.TABLE)
    wanted = {name for row in rows for name in row.sources if name.startswith("made/")}
    assert wanted <= {file for step in steps for file in step.files}
    assert {command for step in steps for command in step.commands} <= {row.name for row in rows}
    assert {need for row in rows for need in row.rows} <= {row.name for row in rows}
