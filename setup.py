"""What pyproject.toml cannot say: the runtime's sources and the linker template go into the wheel.

They lie beside the package in a checkout and in elf9/data in a wheel; `elf9.build.paths` looks in both.
Everything that setuptools makes on its way goes to a temporary folder: nothing is left in the tree, and
nothing that a former build left there gets into the wheel.
"""

from __future__ import annotations

import os
import shutil
import tempfile

from setuptools import setup
from setuptools.command.build_py import build_py

#: Folders of the checkout that become elf9/data/NAME.
DATA = ("linker", "runtime")


class BuildWithData(build_py):
    """`build_py` that also copies DATA, except in an editable install, which finds the originals."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in DATA:
            target = os.path.join(self.build_lib, "elf9", "data", name)
            shutil.copytree(name, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))


def main() -> None:
    """Run the command that pip asks for."""
    with tempfile.TemporaryDirectory(prefix="elf9-") as scratch:
        options = {"build": {"build_base": scratch}, "egg_info": {"egg_base": scratch}}
        setup(cmdclass={"build_py": BuildWithData}, options=options)


main()
