"""`#pragma lib "libbio.a"`: which libraries a program asks for, found without a compiler.

The headers of a library of Plan 9 say its name, so a program that includes bio.h gets libbio linked
without being told (facts/libc.md §8).  Here a SCons scanner reads the pragmas on its way through the
`#include` lines; a second one, of the linking step, makes the libraries that were found its
dependencies.  As in SCons' own scanner, conditions around the lines are not looked at.

A library is one of the runtime (a folder `runtime/libNAME`) or what a Plan9Library of the project
made.  Libraries ask for libraries in the same way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

import SCons.Scanner

__all__ = ["IncludeScanner", "library_name", "library_scanner", "mark_compiled", "unresolved"]

_INCLUDE = r'^[ \t]*#[ \t]*(?:include|import)[ \t]*(<|")([^>"]+)(?:>|")'
_PRAGMA = re.compile(r'^[ \t]*#[ \t]*pragma[ \t]+lib[ \t]+"([^"\n]+)"', re.MULTILINE)

#: Part of every program, whatever it asks for.
_ALWAYS = "libc.a"


class IncludeScanner(SCons.Scanner.ClassicCPP):  # type: ignore[misc]
    """SCons' scanner of C files, which also notes what libraries a file names."""

    def __init__(self) -> None:
        super().__init__("IncludeScanner", "$CPPSUFFIXES", "CPPPATH", _INCLUDE)

    def find_include_names(self, node: Any) -> Any:
        """Called once for each file, when it is read."""
        text = node.get_text_contents()
        _note(node, text)
        # from the root: of Plan 9, which is looked for as GCC does it for a source (compile.py)
        return [(kind, name if os.path.exists(name) else name.lstrip("/")) for kind, name in self.cre.findall(text)]


def _note(node: Any, text: str) -> list[str]:
    names = [library_name(name) for name in _PRAGMA.findall(text)]
    node.attributes.plan9_libraries = names
    return names


def _named(node: Any) -> list[str]:
    """The libraries that one file names, also if a scanner of the project's own has read it first."""
    names: list[str] | None = getattr(node.attributes, "plan9_libraries", None)
    return _note(node, node.get_text_contents()) if names is None else names


def library_name(words: str) -> str:
    """`libbio.a` for the ways in which pragmas name it: `/$M/lib/libbio.a`, `../libbio/libbio.a$O`."""
    return os.path.basename(words).replace("$M", "").replace(".$O", "").replace("$O", "")


def mark_compiled(node: Any, sources: Iterable[Any], includes: Iterable[Any]) -> None:
    """Let an object or a library know what it is made from, and in which folders headers are looked for."""
    node.attributes.plan9_sources = tuple(sources)
    node.attributes.plan9_includes = tuple(includes)


def library_scanner(includes: IncludeScanner, find: Callable[[Any, str], Any]) -> Any:
    """The target scanner of a linking step; `find` gives the library of a name for a program, a node or a string.

    The string says why there is none.  It is kept for `unresolved`: it matters only when the linker
    misses something, for a header may name a library of which nothing is used.
    """
    asked: dict[tuple[Any, tuple[Any, ...]], frozenset[str]] = {}

    def names(source: Any, path: tuple[Any, ...], env: Any) -> frozenset[str]:
        """What a source file and the headers that it includes ask for."""
        key = (source, path)
        if key not in asked:
            files = [source, *source.get_implicit_deps(env, includes, lambda _: path)]
            found = {name for file in files for name in _named(file)}
            asked[key] = frozenset(found - {_ALWAYS})
        return asked[key]

    def below(node: Any, env: Any) -> set[str]:
        """What the sources of an object or a library ask for."""
        path = getattr(node.attributes, "plan9_includes", ())
        found: set[str] = set()
        for source in getattr(node.attributes, "plan9_sources", ()):
            if hasattr(source.attributes, "plan9_sources"):
                found |= below(source, env)
            else:
                found |= names(source, path, env)
        return found

    def scan(node: Any, env: Any, path: Any) -> list[Any]:
        del path
        parts = getattr(node.attributes, "plan9_parts", None)
        if parts is None:
            return []
        given = {os.path.basename(str(part)) for part in parts}
        found: dict[str, Any] = {}
        missing: list[str] = []
        todo = set().union(*(below(part, env) for part in parts))
        while todo := todo - given:
            given |= todo
            more: set[str] = set()
            for name in sorted(todo):
                library = find(node, name)
                if isinstance(library, str):
                    missing.append(library)
                elif library not in parts:
                    found[name] = library
                    more |= below(library, env)
            todo = more
        node.attributes.plan9_missing = missing
        return [found[name] for name in sorted(found)]

    return SCons.Scanner.ScannerBase(scan, "LibraryScanner")


def unresolved(node: Any) -> list[str]:
    """Why libraries that a program asks for are not linked, one line each."""
    lines: list[str] = getattr(node.attributes, "plan9_missing", [])
    return lines
