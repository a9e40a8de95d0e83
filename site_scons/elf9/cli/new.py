"""`elf9 new DIR`: a program of one's own, from a template of `elf9.build.templates`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from elf9.build.templates import TEMPLATES, TemplateError, create

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "create", "main"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `elf9 new`."""
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
    try:
        files = create(namespace.directory, template=namespace.template, name=namespace.name)
    except TemplateError as error:
        print(f"elf9 new: {error}", file=sys.stderr)
        return 1
    for path in files:
        print(f"  {os.path.relpath(path)}")
    print("Next:")
    if os.path.abspath(namespace.directory) != os.getcwd():
        print(f"  cd {_quoted(namespace.directory)}")
    print(f"  {_scons()} test")
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
