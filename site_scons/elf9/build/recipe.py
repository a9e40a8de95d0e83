"""How one step is done: a recipe makes target files from source files, or leaves none of them.

SCons sees one action, which does what the step's recipe says.  A recipe's signature is all that its
output depends on besides the sources: command lines, the compiler's version, a test's case.  It is
made once, so that a null build expands no command lines.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import SCons.Action
import SCons.Errors

from elf9.build.hints import hints, without_false_advice
from elf9.build.libraries import unresolved
from elf9.build.output import Output, shown

__all__ = ["RECIPE", "Failure", "Interrupted", "Recipe", "Step", "replace_all", "run_program"]

#: The construction variable that carries a step's Recipe.
RECIPE = "ELF9_RECIPE"


class Failure(Exception):
    """A step went wrong, and everything about it has been shown; the text is one short phrase."""


class Interrupted(Failure):
    """The user pressed Ctrl-C, and so a program that the step had started is gone."""


class Recipe:
    """One step."""

    __slots__ = ("_signature", "run", "tag", "what", "where")

    def __init__(
        self,
        tag: str,
        where: str,
        what: str,
        *,
        signature: bytes | Callable[[], bytes],
        run: Callable[[list[str], list[str]], None],
    ) -> None:
        self.tag = tag
        self.where = where
        self.what = what
        self._signature = signature
        #: Called with the paths of targets and sources, relative to the project; raises Failure.
        self.run = run

    @property
    def signature(self) -> bytes:
        """What the output depends on besides the sources."""
        if callable(self._signature):
            self._signature = self._signature()
        return self._signature


class Step(SCons.Action.FunctionAction):  # type: ignore[misc]
    """The SCons action of every step."""

    def __init__(self, output: Output) -> None:
        super().__init__(_run, {"varlist": ()})
        self._output = output

    def strfunction(self, target: Any, source: Any, env: Any, executor: Any = None) -> str:
        """The step's line.  SCons prints it, so that `-n` and `-s` do what they should."""
        del target, source, executor
        recipe: Recipe = env[RECIPE]
        return self._output.line(recipe.tag, recipe.where, recipe.what) if recipe.tag else ""

    def get_presig(self, target: Any, source: Any, env: Any, executor: Any = None) -> bytes:
        """What SCons hashes to see whether the step has to be done again."""
        del target, source, executor
        signature: bytes = env[RECIPE].signature
        return signature

    def execute(self, target: Any, source: Any, env: Any, executor: Any = None) -> Any:
        """Do the step; a BuildError says in SCons' last line which file was not made."""
        if executor:
            target = executor.get_all_targets()
            source = executor.get_all_sources()
        recipe: Recipe = env[RECIPE]
        targets = [str(node) for node in target]
        # what a scanner found is for SCons to compare, but for libraries
        libraries = [node for node in target[0].implicit or () if str(node).endswith(".a")]
        try:
            recipe.run(targets, [str(node.rfile()) for node in [*source, *libraries]])
        except Failure as failure:
            reason = str(failure)
            for line in unresolved(target[0]):
                self._output.problem(line)
        except OSError as error:
            reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        else:
            return 0
        for path in targets:
            _remove(path)
        return SCons.Errors.BuildError(node=target[0], errstr=reason, status=2, action=self)


def _run(target: Any, source: Any, env: Any) -> None:
    """What FunctionAction is given; `Step.execute` is what runs."""
    del target, source, env
    raise NotImplementedError


def run_program(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: str,
    output: Output,
    what: str,
    hide: Sequence[str] = (),
) -> bytes:
    """Run a compiler or a linker and return its standard output.

    Its messages are shown; when it fails, so is the command, and Failure is raised.  `hide` are
    words (colour) that only matter to the terminal.
    """
    if output.verbose:
        output.say(shown(argv))
    try:
        done = subprocess.run(
            [argv[0], *hide, *argv[1:]],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise Failure(f"{argv[0]} cannot be run: {error.strerror}") from error
    if done.returncode == -signal.SIGINT:
        raise Interrupted(f"{what} interrupted")
    said = re.sub(r"(?<!define main )p9main", "main", done.stderr.decode(errors="replace"))  # libc.h's macro
    if said:
        output.problem(without_false_advice(said))
    if done.returncode == 0:
        return done.stdout
    if not output.verbose:
        output.problem(f"the command was: {shown(argv)}")
    for hint in hints(said):
        output.problem(hint)
    if done.returncode < 0:
        raise Failure(f"{what} killed by signal {-done.returncode}")
    raise Failure(f"{what} failed")


def replace_all(files: Mapping[str, bytes]) -> None:
    """Write files so that each is either the old or the new one, whole."""
    scratch = {path: f"{path}.tmp" for path in files}
    try:
        for path, data in files.items():
            with open(scratch[path], "wb") as file:
                file.write(data)
        for path, name in scratch.items():
            os.replace(name, path)
    except BaseException:
        for name in scratch.values():
            _remove(name)
        raise


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
