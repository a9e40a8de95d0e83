"""Projects in temporary folders, and SCons run on them in a process of its own.

Most begin with the runtime's objects, for they take long to make: see tests/runtime.py.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests import runtime

HELLO = """\
#include <u.h>
#include <libc.h>

void
main(int argc, char *argv[])
{
	int i;

	for(i = 0; i < argc; i++)
		print("%s\\n", argv[i]);
	exits(nil);
}
"""

#: Builds the one folder that a test names, so that what another test wrote cannot disturb it.
WORKSHOP = """\
import elf9
env = elf9.Environment(variables={"ONLY=FOLDER": "the folder to read"})
SConscript(ARGUMENTS["ONLY"] + "/SConscript", exports="env")
"""


class Project:
    """A project's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by their path in the project."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def begin_with(self, objects: Path) -> None:
        """Put the runtime's objects where a build before this one would have left them."""
        runtime.begin_with(objects, self.folder)

    def scons(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run SCons quietly; `env` is added to a small environment with a HOME that is not there."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=environment(env),
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def built(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run SCons, which must end well; its standard output."""
        done = self.scons(*arguments, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "SCons", "-Q", *arguments]

    def files(self) -> set[str]:
        """Every file below the folder, by its path in the project."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What SCons is started with."""
    return {**runtime.environment(), **(more or {})}


class Workshop(Project):
    """One project for many tests: its runtime is built once.  Each test has a folder of its own."""

    def __init__(self, folder: Path, objects: Path) -> None:
        super().__init__(folder)
        self.write({"SConstruct": WORKSHOP})
        self.begin_with(objects)

    def only(self, name: str, *arguments: str, arch: str = "amd64") -> subprocess.CompletedProcess[str]:
        """Build the folder `name`."""
        return self.scons(f"ONLY={name}", f"ARCH={arch}", *arguments)

    def output(self, name: str, *arguments: str, arch: str = "amd64") -> str:
        """Build the folder `name`, which must end well; what SCons says."""
        return self.built(f"ONLY={name}", f"ARCH={arch}", *arguments)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, objects: Path) -> Workshop:
    """See Workshop; one a process of pytest."""
    return Workshop(tmp_path_factory.mktemp("workshop"), objects)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project; nothing of the runtime is compiled."""
    return Project(tmp_path / "project")


@pytest.fixture
def prepared(project: Project, objects: Path) -> Project:
    """An empty project in which the runtime need not be compiled."""
    project.begin_with(objects)
    return project


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], str]:
    """Makes an executable shell script: name, text -> path."""

    def make(name: str, text: str) -> str:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    return make
