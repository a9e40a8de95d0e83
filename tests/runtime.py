"""The runtime, compiled once for all tests that link it: every machine, mode and flavour.

To compile it takes longer than most of what is tested.  A project of elf9 does it in a temporary folder,
beginning with the debug objects that the checkout has in `build`, if any; SCons finds out itself whether
they are what it would make.  Tests' own projects begin with what it left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Where a build keeps the runtime's objects.
KEPT = Path("build/.elf9/runtime")

#: A program for each of the libraries that is used in tests, in both flavours.
_PROJECT = """\
import elf9
env = elf9.Environment()
env.Plan9Program("whole", ["whole.c"])
env.Plan9Program("doubles", ["whole.c"], float=True)
"""

_PROGRAM = """\
#include <u.h>
#include <libc.h>
#include <bio.h>

void
main(void)
{
	exits(nil);
}
"""


def environment() -> dict[str, str]:
    """What SCons is started with: nothing of the user's, and a HOME that is not there."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "site_scons"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/dev/null",  # root can make /nonexistent
    }


def begin_with(objects: Path, project: Path) -> None:
    """Put the runtime's objects where a build before the first would have left them."""
    shutil.copytree(objects, project / KEPT, dirs_exist_ok=True)


def built(factory: pytest.TempPathFactory) -> Path:
    """The folder of the project; no other process of this run of pytest makes it again.

    A warning is an error.
    """
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "runtime"
    place.mkdir(exist_ok=True)
    with open(place / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        project, made = place / "project", place / "made"
        if not made.exists():
            shutil.rmtree(project, ignore_errors=True)
            project.mkdir()
            # not those of MODE=release, which test_reproducible.py compares: GCC lists a relative name once less
            for folder in (ROOT / KEPT).glob("*/debug"):
                shutil.copytree(folder, project / folder.relative_to(ROOT))
            (project / "SConstruct").write_text(_PROJECT)
            (project / "whole.c").write_text(_PROGRAM)
            command = [sys.executable, "-m", "SCons", "-Q", "MODE=all"]
            done = subprocess.run(
                command, cwd=project, env=environment(), capture_output=True, text=True, timeout=400, check=False
            )
            assert (done.returncode, "warning: " in done.stderr) == (0, False), done.stdout + done.stderr
            made.touch()
    return project
