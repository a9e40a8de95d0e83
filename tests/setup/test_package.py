"""What pip installs: the package with the runtime and the linker template in it, and nothing left in the tree."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.runtime import begin_with

import elf9

from .checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def files(folder: Path) -> set[str]:
    """The files below a folder that a checkout has from git, or that somebody is about to add."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is packed."""
    tree = tmp_path_factory.mktemp("tree") / "a checkout"
    tree.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tree)
    for name in ("site_scons", "runtime", "linker"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    (tree / "build" / "lib" / "elf9").mkdir(parents=True)
    (tree / "build" / "lib" / "elf9" / "leftover.py").touch()
    return tree


def build(tree: Path, kind: str, folder: Path) -> Path:
    """Build a wheel or an sdist without a network, as pip does it."""
    if importlib.util.find_spec("setuptools") is None or int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip("setuptools is too old to build with")
    before = sorted(tree.rglob("*"))
    code = f"from setuptools import build_meta; print(build_meta.build_{kind}({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(tree.rglob("*")) == before, "something was left in the tree"
    return folder / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout."""
    return build(tree, "wheel", tmp_path_factory.mktemp("wheel"))


def test_wheel_has_everything_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith("elf9/")}
    wanted = {f"elf9/{name}" for name in files(ROOT / "site_scons" / "elf9") if not name.startswith("data/")}
    wanted |= {f"elf9/data/{part}/{name}" for part in ("runtime", "linker") for name in files(ROOT / part)}
    assert inside == wanted
    assert "elf9/data/linker/plan9.ld.in" in inside
    assert "elf9/data/runtime/include/u.h" in inside
    assert "elf9/build/templates/common/dot.gitignore" in inside


def test_wheel_has_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/entry_points.txt")]
        assert "elf9 = elf9.cli.main:console" in archive.read(name).decode()


def test_sdist_gives_the_same_wheel(tree: Path, wheel: Path, tmp_path: Path) -> None:
    sdist = build(tree, "sdist", tmp_path)
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # not in the 3.11 of Debian 12
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(tmp_path / "unpacked")
    [source] = (tmp_path / "unpacked").iterdir()
    other = build(source, "wheel", tmp_path)
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(other) as theirs:
        contents = [
            {name: file.read(name) for name in file.namelist() if name.startswith("elf9/")} for file in (ours, theirs)
        ]
    assert contents[0] == contents[1]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no compiler")
def test_installed_package_builds_a_program(wheel: Path, tmp_path: Path, objects: Path) -> None:
    """With nothing but the wheel's files: from elf9 new to a test that passed."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words: str, folder: Path = tmp_path) -> str:
        command = [sys.executable, "-P", "-m", *words]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("elf9", "new", "mine")
    begin_with(objects, tmp_path / "mine")
    run("SCons", "-Q", "test", folder=tmp_path / "mine")
    assert list((tmp_path / "mine" / "build").rglob("mine.test.json"))


# ---- the metadata and the lock file say the same ----


def locked() -> dict[str, list[str]]:
    """Name -> lines of each entry of the lock file."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    entries: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        lines = [line.rstrip("\\").strip() for line in entry.splitlines()]
        entries[lines[0].partition("==")[0]] = lines
    return entries


def test_lock_has_the_pinned_versions() -> None:
    entries = locked()
    for requirement in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]:
        name, _, wanted = requirement.partition("==")
        assert wanted, f"{requirement} is not pinned"
        assert entries[name][0] == requirement


def test_lock_has_hashes_and_no_address() -> None:
    for name, lines in locked().items():
        assert len(lines) > 1, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in lines[1:]), name
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text


def test_versions_agree() -> None:
    assert PROJECT["version"] == elf9.__version__


def test_license() -> None:
    assert PROJECT["license"] == "MIT"
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n") and "The elf9 authors" in text
