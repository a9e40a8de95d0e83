"""`elf9 new DIR`: a program of one's own, from a template of `elf9.build.templates`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from elf9.build.templates import TEMPLATES, TemplateError, create

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "create", "in_project", "main"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `elf9 new`."""
    parser.epilog = (
        "Exit status: 0 it is made, 1 it cannot be, and nothing of it is there, 2 the command line is wrong."
    )
    parser.add_argument("directory", metavar="DIR", help="the folder to make; it may exist if it is empty")
    parser.add_argument(
        "--template",
        default="hello",
        metavar="TEMPLATE",
        help="; ".join(f"{name}: {text}" for name, text in TEMPLATES.items()) + " (default: hello)",
    )
    parser.add_argument("--name", default="", help="name of the program (default: that of the folder)")


def main(namespace: argparse.Namespace) -> int:
    """Make the folder and say what to do next.  Exit status 1 if it cannot be made."""
    directory = namespace.directory
    steps = [f"{_scons()} test"]
    if os.path.abspath(directory) != os.getcwd():
        steps.insert(0, f"cd {_quoted(directory)}")
    return _make(directory, namespace.template, namespace.name, steps, inside=False)


def in_project(project: str, folder: str, template: str) -> int:
    """`./scons new NAME=folder`: a folder of the project itself, below `examples` if it names no other.

    `project` is the folder with the SConstruct, which finds `examples/*/SConscript`.
    """
    if os.sep not in folder:
        folder = os.path.join("examples", folder)
    target = os.path.abspath(os.path.join(project, folder))
    inside = os.path.dirname(target) == os.path.join(project, "examples")
    steps = [f"./scons {_quoted(folder)}"] if inside else [f"cd {_quoted(target)}", f"{_scons()} test"]
    return _make(target, template, "", steps, inside=inside)


def _make(directory: str, template: str, name: str, steps: list[str], *, inside: bool) -> int:
    try:
        files = create(directory, template=template, name=name, inside=inside)
    except TemplateError as error:
        print(f"elf9 new: {error}", file=sys.stderr)
        return 1
    print("Made")
    for path in files:
        print(f"  {os.path.relpath(path)}")
    print("Next")
    for step in steps:
        print(f"  {step}")
    return 0


def _scons() -> str:
    """How to call the SCons that can import this elf9: `scons` if that is the one in PATH."""
    import shutil

    beside = os.path.join(os.path.dirname(sys.executable), "scons")
    found = shutil.which("scons")
    if (found and os.path.realpath(found) == os.path.realpath(beside)) or not os.path.exists(beside):
        return "scons"
    return _quoted(beside)


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)
