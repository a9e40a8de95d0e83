"""Steps of a SConstruct that are no programs for Plan 9: the checkers of Python code, `new`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from elf9.build.output import shown
from elf9.build.recipe import Failure, Recipe
from elf9.build.session import STATE, Session, current

__all__ = ["always", "checker", "describe", "new_program"]


def always(env: Any, alias: str, text: str, recipe: Recipe, *, after: Sequence[Any] = ()) -> Any:
    """An alias that does its step each time it is asked for; `text` is its line in `-h`."""
    from elf9.build.tool import declare_file

    session = current()
    session.alias_help(alias, text)
    node = declare_file(env, "plain", [os.path.join(STATE, "always", alias)], [], recipe)
    env.Depends(node, list(after))  # no sources: an alias among them has no file
    env.AlwaysBuild(node)
    session.alias(env, [alias], node)
    return node


def describe(**aliases: str) -> None:
    """The lines of aliases in `-h`."""
    current().help.aliases.update(aliases)


def checker(env: Any, alias: str, text: str, argv: Sequence[str], *, after: Sequence[Any] = ()) -> Any:
    """An alias that runs a Python tool, `python -m ARGV`, in the project's folder, when `after` is built.

    The tool's output is kept from the terminal when it ends well, all but its last line.  It finds the
    chosen machines and modes in ELF9_ARCH and ELF9_MODE.
    """
    session = current()

    def run(targets: list[str], sources: list[str]) -> None:
        del targets, sources
        last = _run_tool(session, alias, [sys.executable, "-m", *argv])
        session.output.step(session.output.line(argv[0].upper(), "", last))

    recipe = Recipe(argv[0].upper(), "", " ".join(argv[1:]), signature=b"", run=run)
    return always(env, alias, text, recipe, after=after)


def _run_tool(session: Session, alias: str, argv: Sequence[str]) -> str:
    """Run it; the last line of what it says."""
    output = session.output
    if output.verbose:
        output.say(shown(argv))
    try:
        done = subprocess.run(
            argv,
            cwd=session.top,
            env={
                **os.environ,
                "ELF9_ARCH": ",".join(dict.fromkeys(variant.target.name for variant in session.variants)),
                "ELF9_MODE": ",".join(dict.fromkeys(variant.mode for variant in session.variants)),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise Failure(f"{argv[0]} cannot be run: {error.strerror}") from error
    text = done.stdout.decode(errors="replace").rstrip()
    if done.returncode:
        output.problem(text)
        output.problem(f"the command was: {shown(argv)}")
        raise Failure(f"{alias} failed")
    head, _, last = text.rpartition("\n")
    if output.verbose and head:
        output.say(head)
    return last


def new_program(env: Any, name: str, template: str) -> Any:
    """The alias `new`: makes a program from a template, in the folder `name`."""

    def run(targets: list[str], sources: list[str]) -> None:
        del targets, sources
        from elf9.cli import new

        if not name:
            raise Failure("it needs a folder: scons new NAME=folder")
        if new.in_project(current().top, name, template or "hello"):
            raise Failure("nothing was made")

    return always(env, "new", "a new program: NAME=folder [TEMPLATE=...]", Recipe("", "", "", signature=b"", run=run))
