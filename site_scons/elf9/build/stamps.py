"""Plan9Test: a program is run on the emulator, and a stamp says that it passed.

The stamp, NAME.test.json, is a SCons target: a test that passed is not run again until the program,
the case, the files it is given or the emulator's own sources change.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import SCons.Util

from elf9.build.misuse import misuse
from elf9.build.output import shown
from elf9.build.paths import package_dir
from elf9.build.recipe import Failure, Recipe, replace_all
from elf9.build.session import STATE, Session, Variant, current
from elf9.build.suggest import did_you_mean, one_of

__all__ = ["declare_test"]

#: Rooms and files of the package on which the result of a run depends.
_EMULATOR = ("target.py", "__main__.py", "image", "machine", "kernel", "testing", "cli")

_FORMATS = ("elf", "aout")

#: Most lines of a program's output that are shown when it is built by name.
_LINES = 40


@dataclass(frozen=True, slots=True)
class _Test:
    """One test of one program in one variant."""

    session: Session
    variant: Variant
    name: str  #: FOLDER/NAME of the test
    program: str  #: FOLDER/NAME of the program
    formats: tuple[str, ...]
    case: Mapping[str, Any]  #: fields of elf9.testing.Case; a value may be a File node


def declare_test(env: Any, program: Any, case: Mapping[str, Any]) -> Any:
    """One stamp node a variant.  `case` holds the fields of `elf9.testing.Case`, besides the program, and:

    `name` of the test, for its stamp; `formats`, of `elf` and `aout`, by default both; `status` may be the
    exit string, too.  File nodes may stand wherever bytes may, and in `files` what Plan9Program returned:
    the test's program finds that one there, built for its own machine and in its own format.
    """
    from elf9.build.tool import declare_file, program_aliases

    session = current()
    options = dict(case)
    formats = _formats(options.pop("formats", _FORMATS))
    name = str(options.pop("name", ""))
    if isinstance(options.get("status"), str | bytes | re.Pattern):
        options["exit_string"] = options.pop("status")
    _check(options)
    nodes = SCons.Util.flatten([program])
    elves = [node for node in nodes if hasattr(getattr(node, "attributes", None), "plan9_files")]
    if not elves and session.variants:
        raise misuse("Plan9Test: the first argument must be what Plan9Program returned")
    here = os.path.relpath(env.Dir(".").get_abspath(), session.top)
    stamps: list[Any] = []
    for elf in elves:
        own = elf.attributes.plan9_name
        variant = elf.attributes.plan9
        title = name or _free_name(session, elf)
        folder = os.path.dirname(elf.get_internal_path())
        own_options = {key: _of_variant(variant, value) for key, value in options.items()}
        files = [node for value in own_options.values() for node in _file_nodes(value)]
        test = _Test(session, variant, os.path.join(os.path.dirname(own), title), own, formats, own_options)
        images = [node for node, kind in zip(elf.attributes.plan9_files, _FORMATS, strict=False) if kind in formats]
        recipe = Recipe(
            "TEST",
            variant.label,
            _line(test),
            signature=functools.partial(_signature, test),
            run=functools.partial(_run, test),
        )
        target = os.path.join(folder, f"{title}.test.json")
        if ("made", target) in session.made:
            raise misuse(f"Plan9Test: there are two tests called '{title}': give one of them another name.")
        session.made["made", target] = True
        stamp = declare_file(env, "plain", [target], [*images, *files], recipe)[0]
        stamps.append(stamp)
        aliases = program_aliases(own)
        declared = program_aliases(os.path.normpath(os.path.join(here, title)))[1:]
        session.alias(env, dict.fromkeys([*aliases, *declared]), [stamp])
        # The first test of a program is shown to who asks for the program, or for the folder that declares the test.
        names, place = aliases[:2], elf.get_internal_path()
        if declared and declared[0] not in aliases:
            names, place = declared[:1], target
        key = ("show", elf.get_internal_path(), *names)
        if session.wanted.intersection(names) and key not in session.made:
            recipe = Recipe("", variant.label, own, signature=b"", run=functools.partial(_show, test))
            show = declare_file(env, "plain", [f"{place}.run"], [stamp], recipe)
            session.made[key] = env.AlwaysBuild(show)
            session.alias(env, names, show)
    session.alias(env, ["test"], stamps)
    return SCons.Util.NodeList(stamps)


def _formats(value: Any) -> tuple[str, ...]:
    words = tuple(SCons.Util.flatten([value]))
    for word in words:
        if word not in _FORMATS:
            raise misuse(
                f"Plan9Test: unknown format '{word}'{did_you_mean(str(word), _FORMATS)} Known: {one_of(_FORMATS)}."
            )
    if not words:
        raise misuse("Plan9Test: formats is empty: the test would run nothing")
    return words


def _check(options: Mapping[str, Any]) -> None:
    """An option that Case does not have would be ignored, and a test that ignores passes."""
    from elf9.testing import Case, CaseError

    known = [*(field.name for field in fields(Case) if field.name != "program"), "formats", "name"]
    for name in options:
        if name not in known:
            raise misuse(f"Plan9Test: unknown option '{name}'{did_you_mean(name, known)} Known: {one_of(known)}.")
    try:
        Case(program="program", **{name: _value("", value) for name, value in options.items()})
    except (CaseError, TypeError) as error:
        raise misuse(f"Plan9Test: {error}") from error


def _free_name(session: Session, elf: Any) -> str:
    """`hello`, `hello-2`, ...: the tests of a program in the order of their declaration."""
    key = ("tests", elf.get_internal_path())
    session.made[key] = count = session.made.get(key, 0) + 1
    name: str = os.path.basename(elf.attributes.plan9_name)
    return name if count == 1 else f"{name}-{count}"


def _line(test: _Test) -> str:
    """`examples/hello/hello a b`, for the step's line."""
    words = [str(word) for word in SCons.Util.flatten([test.case.get("args", ())])]
    line = shown([test.program, *words]).replace("\n", "\\n")
    return line if len(line) <= 80 else line[:77] + "..."


def _of_variant(variant: Variant, value: Any) -> Any:
    """An option for the tests of one variant: of several builds of a program, in `files`, the one for it."""
    if not isinstance(value, Mapping):
        return value
    return {key: _own_build(variant, item) for key, item in value.items()}


def _own_build(variant: Variant, item: Any) -> Any:
    """One value in `files`: of what Plan9Program returned the node of this variant, all else as it is."""
    if not isinstance(item, list | tuple | SCons.Util.NodeList):
        return item
    own = [node for node in SCons.Util.flatten([item]) if getattr(node.attributes, "plan9", None) is variant]
    if len(own) != 1:
        raise misuse(f"Plan9Test: files: expected one file or what one Plan9Program returned, but it is {item!r}")
    return own[0]


def _file_nodes(value: Any) -> list[Any]:
    """The File nodes in an option's value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    return [thing for thing in SCons.Util.flatten([value]) if hasattr(thing, "rfile")]


def _signature(test: _Test) -> bytes:
    """What a result depends on besides the program and the files: the case and the emulator."""
    case = sorted((name, _text(value)) for name, value in test.case.items())
    return hashlib.sha256(repr((case, test.formats, _emulator())).encode()).digest()


def _text(value: Any) -> str:
    """An option's value as text that is the same in every run."""
    if isinstance(value, Mapping):
        return repr(sorted((str(key), _text(item)) for key, item in value.items()))
    if isinstance(value, re.Pattern):
        return f"{value.pattern!r} {value.flags}"
    return str(value) if hasattr(value, "rfile") else repr(value)


@functools.cache
def _emulator() -> str:
    """A digest of the emulator's sources and of the version of Unicorn."""
    from importlib.metadata import PackageNotFoundError, version

    digest = hashlib.sha256()
    root = package_dir()
    paths: list[str] = []
    for name in _EMULATOR:
        place = os.path.join(root, name)
        if os.path.isfile(place):
            paths.append(place)
        for folder, _, names in os.walk(place):
            paths += [os.path.join(folder, file) for file in names if file.endswith(".py")]
    for path in sorted(paths):
        digest.update(os.path.relpath(path, root).encode())
        with open(path, "rb") as file:
            digest.update(file.read())
    try:
        digest.update(version("unicorn").encode())
    except PackageNotFoundError:
        digest.update(b"none")
    return digest.hexdigest()


def _value(top: str, value: Any, kind: str = "") -> Any:
    """An option as Case takes it: what a File node stands for is its content, a program's in the format `kind`.

    Without `kind`, when it is not there yet, every content is empty.
    """
    if isinstance(value, Mapping):
        return {key: _value(top, item, kind) for key, item in value.items()}
    if not kind and isinstance(value, SCons.Util.NodeList):
        return b""
    if not hasattr(value, "rfile"):
        return value
    if not kind:
        return b""
    images = dict(zip(_FORMATS, getattr(value.attributes, "plan9_files", ()), strict=False))
    with open(os.path.join(top, str(images.get(kind, value))), "rb") as file:
        return file.read()


def _run(test: _Test, targets: Sequence[str], sources: Sequence[str]) -> None:
    """Run the program in each format; the stamp is written when all pass."""
    from elf9.testing import Case, run_case

    session = test.session
    results = []
    for kind, path in zip(test.formats, sources, strict=False):
        given = {name: _value(session.top, value, kind) for name, value in test.case.items()}
        result = run_case(Case(program=_by_its_name(test, kind, path), **given))
        if not result.passed:
            details = result.explain().partition("\n")[2]
            session.output.problem(f"{test.name} ({test.variant.label}, {kind}) failed:\n{details}")
            raise Failure("test failed")
        results.append({"format": kind, **result.to_json()})
    stamp = {"test": test.name, "variant": test.variant.label, "time": time.time(), "results": results}
    replace_all({targets[0]: (json.dumps(stamp, indent=1, sort_keys=True) + "\n").encode()})


def _by_its_name(test: _Test, kind: str, path: str) -> str:
    """The absolute path of an image whose last word is the program's name, which it sees as argv[0].

    The a.out, NAME.aout, gets a symbolic link.
    """
    image = os.path.join(test.session.top, path)
    if kind != "aout":
        return image
    link = os.path.join(test.session.top, STATE, kind, test.variant.label, test.program)
    os.makedirs(os.path.dirname(link), exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.symlink(os.path.relpath(image, os.path.dirname(link)), link)
    return link


def _show(test: _Test, targets: Sequence[str], sources: Sequence[str]) -> None:
    """Show what the program printed when it passed, for who asked for it by name."""
    del targets
    with open(sources[0], encoding="utf-8") as file:
        stamp = json.load(file)
    result = stamp["results"][0]
    text = str(result.get("stdout", ""))
    lines = text.splitlines(keepends=True)
    if len(lines) > _LINES:
        text = "".join(lines[:_LINES]) + f"... ({len(lines)} lines; all of them are in {sources[0]})\n"
    again = "" if stamp["time"] >= test.session.began else "  (unchanged since it passed)"
    head = test.session.output.line("RUN", test.variant.label, _line(test) + again)
    test.session.output.step(head, text)
