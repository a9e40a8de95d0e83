"""`elf9 new`: what it makes builds and passes, and what it cannot make leaves nothing behind."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import string
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime import begin_with

from elf9.build import templates
from elf9.build.templates import TEMPLATES, TemplateError, create
from elf9.cli import new

from .checkout import ROOT


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_placeholder_is_left(tmp_path: Path, template: str) -> None:
    files = create(str(tmp_path / "my-tool"), template=template)
    assert files == sorted(str(path) for path in (tmp_path / "my-tool").iterdir())
    assert {"SConstruct", "README.md", ".gitignore", "my-tool.c"} <= set(names(tmp_path / "my-tool"))
    for path in files:
        assert "@" not in Path(path).read_text(), path
        assert "NAME" not in os.path.basename(path)
    assert names(tmp_path) == ["my-tool"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_inside_a_project(tmp_path: Path, template: str) -> None:
    create(str(tmp_path / "x"), template=template, inside=True)
    assert 'Import("env")' in (tmp_path / "x" / "SConscript").read_text()
    assert not {"SConstruct", "README.md", ".gitignore"} & set(names(tmp_path / "x"))


def test_name_differs_from_the_folder(tmp_path: Path) -> None:
    create(str(tmp_path / "2 many words"), name="tool-x", template="library")
    assert "tool_x_count(char *s, int c)" in (tmp_path / "2 many words" / "tool-x.h").read_text()


def test_empty_folder_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    inode = folder.stat().st_ino
    monkeypatch.chdir(folder)
    create(".")
    assert folder.stat().st_ino == inode
    assert "here.c" in names(folder)


def test_mode_is_that_of_any_new_folder(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    create(str(tmp_path / "mine"))
    assert (tmp_path / "mine").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("1st", "expected a letter"),
        ("a b", "expected a letter"),
        ("a.c", "expected a letter"),
        ("ü", "expected a letter"),
        ("test", "a word of `scons`"),
        ("a" * 23, "22 fit"),
    ],
)
def test_bad_names(tmp_path: Path, name: str, part: str) -> None:
    with pytest.raises(TemplateError, match=part):
        create(str(tmp_path / name))
    assert names(tmp_path) == []


@given(st.text(max_size=30))
def test_any_name_is_refused_or_used_for_files_and_c(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            files = create(os.path.join(folder, "x"), name=name, template="library")
        except TemplateError:
            assert os.listdir(folder) == []
            return
    assert all(os.path.dirname(path) == os.path.join(folder, "x") for path in files)
    name = name or "x"
    assert set(name) <= set(string.ascii_letters + string.digits + "_-")
    assert len(f"{name}_test") <= 27


def test_bad_template(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no template 'fitler'; did you mean 'filter'"):
        create(str(tmp_path / "x"), template="fitler")
    assert names(tmp_path) == []


def test_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.c").touch()
    with pytest.raises(TemplateError, match="is not empty"):
        create(str(tmp_path), name="mine")
    assert names(tmp_path) == ["mine.c"]


@pytest.mark.parametrize("kind", ["file", "link", "dangling"])
def test_something_else_is_there(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "mine"
    if kind == "file":
        target.touch()
    else:
        target.symlink_to(tmp_path if kind == "link" else "nowhere")
    with pytest.raises(TemplateError, match="is there already"):
        create(str(target))
    assert names(tmp_path) == ["mine"]


def test_no_folder_above(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=f"there is no folder {tmp_path}/no"):
        create(str(tmp_path / "no" / "mine"))
    assert names(tmp_path) == []


@pytest.mark.parametrize("there", [False, True])
def test_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    target = tmp_path / "mine"
    if there:
        target.mkdir()
    real, count = os.rename, 0

    def rename(old: str, new: str) -> None:
        nonlocal count
        count += 1
        if not there or count == 3:
            raise OSError(28, "No space left on device")
        real(old, new)

    monkeypatch.setattr(templates.os, "rename", rename)  # type: ignore[attr-defined]
    with pytest.raises(TemplateError, match=r"cannot make .*mine: No space left on device"):
        create(str(target))
    assert names(tmp_path) == (["mine"] if there else [])
    assert not there or names(target) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(TemplateError, match="Permission denied"):
        create(str(tmp_path / "mine"))


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    new.add_arguments(parser)
    return new.main(parser.parse_args(words))


def test_command_says_what_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command("my folder", "--name", "mine", "--template", "filter") == 0
    output = capsys.readouterr().out
    assert "  my folder/mine.c\n" in output
    assert "  cd 'my folder'\n" in output
    assert re.search(r"scons'? test\n$", output)  # quoted if a space is in its path


def test_command_fails_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(str(tmp_path / "1")) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("elf9 new: '1' cannot be a program's name") and captured.err.count("\n") == 1


def test_in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").mkdir()
    assert new.in_project(str(tmp_path), "mine", "hello") == 0
    assert names(tmp_path / "examples" / "mine") == ["SConscript", "mine.c"]
    assert capsys.readouterr().out.endswith("  ./scons examples/mine\n")
    assert new.in_project(str(tmp_path), f"{tmp_path}/alone", "hello") == 0
    assert "SConstruct" in names(tmp_path / "alone")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no compiler")
@pytest.mark.parametrize("template", TEMPLATES)
def test_it_builds_and_passes_at_once(tmp_path: Path, objects: Path, template: str) -> None:
    folder = tmp_path / "a folder"
    create(str(folder), name="my-tool", template=template)
    begin_with(objects, folder)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "site_scons")}
    for words in ((), ("test",), ("MODE=release", "test")):
        done = subprocess.run(
            [sys.executable, "-m", "SCons", "-Q", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in done.stdout + done.stderr
    assert (folder / "build" / "amd64" / "release").is_dir()
    assert not [name for name in names(folder) if name.startswith(".scons")]
