"""Programs to start from: one folder a template, made into a folder of one's own by `create`.

A template's files are text.  `@NAME@` in them is the program's name, `@IDENT@` the same as a C identifier;
`NAME` at the start of a file's name is the name, too, and `dot.` is a dot.  `SCons` becomes SConstruct in a
folder that stands alone, and SConscript in one that belongs to a project; `@ENV@` in it is the line that gets
`env`.  The files of `common` go into every folder that stands alone.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile

__all__ = ["TEMPLATES", "TemplateError", "create"]

#: Name of a template -> what it makes.
TEMPLATES = {
    "hello": "prints a greeting and its arguments",
    "filter": "reads files, or standard input, and numbers their lines",
    "library": "a library with a test program",
}

#: Files that stand-alone folders of every template have.
_COMMON = "common"

#: What makes `env` in the folder's own SConstruct, and in a SConscript.
_ALONE = "import elf9\n\nenv = elf9.Environment()"
_INSIDE = 'Import("env")'

#: Words that `scons` already understands, and the folder that it builds in.
_RESERVED = ("all", "build", "check", "new", "test")

#: A name in a Plan 9 directory has at most 27 bytes (KNAMELEN in 9front's port/lib.h counts the NUL), and
#: the longest suffix that a template adds is "_test".
_LONGEST = 27 - len("_test")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class TemplateError(Exception):
    """The folder could not be made; nothing of it is there.  The text says why and what to do."""


def create(directory: str, *, template: str = "hello", name: str = "", inside: bool = False) -> list[str]:
    """Make `directory` from a template and return the paths of its files, sorted.

    `name` of the program is by default that of the folder.  The folder may exist if it is empty, the one
    above it must.  With `inside`, the folder is one of a project whose SConstruct exports `env`.
    TemplateError if anything is wrong; then nothing was made.
    """
    if template not in TEMPLATES:
        from elf9.build.suggest import did_you_mean, one_of

        raise TemplateError(f"no template '{template}'{did_you_mean(template, TEMPLATES)} There are {one_of(TEMPLATES)}.")
    target = os.path.abspath(directory)
    name = name or os.path.basename(target)
    _check_name(name)
    _check_target(directory, target)
    try:
        files = _expand(template, name, inside)
        return _write(target, files)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TemplateError(f"cannot make {directory}: {reason}") from None


def _check_name(name: str) -> None:
    if name in _RESERVED:
        raise TemplateError(f"'{name}' cannot be a program's name: it is a word of `scons`. Choose another with --name.")
    if not _NAME.fullmatch(name):
        raise TemplateError(
            f"'{name}' cannot be a program's name: expected a letter, then letters, digits, '-' and '_'. "
            "Choose another with --name."
        )
    if len(name) > _LONGEST:
        raise TemplateError(
            f"'{name}' cannot be a program's name: it has {len(name)} letters, and {_LONGEST} fit in a Plan 9 "
            "file name with what is added to it. Choose another with --name."
        )


def _check_target(directory: str, target: str) -> None:
    above = os.path.dirname(target)
    if os.path.isdir(target) and not os.path.islink(target):
        if os.listdir(target):
            raise TemplateError(f"{directory} is not empty: name a new folder, or an empty one.")
    elif os.path.lexists(target):
        raise TemplateError(f"{directory} is there already, and is no folder: name a new one.")
    elif not os.path.isdir(above):
        raise TemplateError(f"cannot make {directory}: there is no folder {above}. Make it first.")


def _expand(template: str, name: str, inside: bool) -> dict[str, str]:
    """File name -> text of every file of the new folder."""
    values = {"@NAME@": name, "@IDENT@": name.replace("-", "_"), "@ENV@": _INSIDE if inside else _ALONE}
    files: dict[str, str] = {}
    root = os.path.dirname(os.path.abspath(__file__))
    for folder in [template] if inside else [_COMMON, template]:
        for entry in os.scandir(os.path.join(root, folder)):
            if not entry.is_file() or entry.name.startswith("."):
                continue
            with open(entry.path, encoding="utf-8") as file:
                text = file.read()
            for word, value in values.items():
                text = text.replace(word, value)
            files[_file_name(entry.name, name, inside)] = text
    return files


def _file_name(name: str, program: str, inside: bool) -> str:
    if name == "SCons":
        return "SConscript" if inside else "SConstruct"
    if name.startswith("dot."):
        return name[len("dot") :]
    return re.sub(r"^NAME(?=[._])", program, name)


def _write(target: str, files: dict[str, str]) -> list[str]:
    """Write the files beside `target` and put them in its place at once.  OSError leaves nothing behind."""
    above, base = os.path.split(target)
    # An existing empty folder is filled and not replaced: somebody's shell may be in it.
    fill = os.path.isdir(target)
    scratch = tempfile.mkdtemp(prefix=f".{base}.", dir=target if fill else above)
    placed: list[str] = []
    try:
        for name, text in files.items():
            with open(os.path.join(scratch, name), "x", encoding="utf-8") as file:
                file.write(text)
        if fill:
            for name in files:
                os.rename(os.path.join(scratch, name), os.path.join(target, name))
                placed.append(os.path.join(target, name))
        else:
            umask = os.umask(0o22)
            os.umask(umask)
            os.chmod(scratch, 0o777 & ~umask)
            os.rename(scratch, target)
    except BaseException:
        for path in placed:
            os.unlink(path)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return sorted(os.path.join(target, name) for name in files)
