#!/usr/bin/env python3
"""Makes docs/library.md, the page of every name in the library's headers, and a program that links them all.

    mklibrary.py write     docs/library.md and tests/conformance/surface.c
    mklibrary.py page      the text of the page, on standard output
    mklibrary.py program   the text of the program, on standard output

Names, prototypes, headers come from include/, libraries and flavours from the sources that define them: what is in a
folder `float` is for programs with float=True.  `library.txt` has the sentences and the order.  A name without a
sentence, a sentence without a name, and a function that nothing defines are errors, each with its line.  The manual's
pages are those of 9front, sys/man/2; which headers 9front has: its sys/include.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RUNTIME = Path(__file__).resolve().parent
TEXT = RUNTIME / "library.txt"
PAGE = RUNTIME.parent / "docs" / "library.md"
PROGRAM = RUNTIME.parent / "tests" / "conformance" / "surface.c"

#: Header -> what else must be included before it, and the files that hold its text.
HEADERS = {
    "u.h": ("", "u.h"),
    "libc.h": ("u.h", "libc.h syscalls.h"),
    "ctype.h": ("u.h libc.h", "ctype.h"),
    "bio.h": ("u.h libc.h", "bio.h"),
    "regexp.h": ("u.h libc.h", "regexp.h"),
    "String.h": ("u.h libc.h bio.h", "String.h"),
    "fcall.h": ("u.h libc.h", "fcall.h"),
    "thread.h": ("u.h libc.h", "thread.h"),
    "9p.h": ("u.h libc.h fcall.h thread.h", "9p.h"),
    "tos.h": ("u.h", "tos.h"),
    "ureg.h": ("u.h", "amd64/ureg.h arm64/ureg.h"),
    "limits.h": ("", "limits.h"),
}

#: Who else defines something: the program itself, the linker script.
ELSEWHERE = {"threadmain", "end"}

#: Macros that are a program's although they begin with `_`.
MACROS = {"_toupper", "_tolower"}

#: A function or a variable where it is defined, in style(6): at the left margin.
DEFINED = re.compile(
    r"^(?!static|extern|typedef|return)(?:\w[\w *]*[ *]\(?\*?)?(\w+)"
    r"(?:\)?\([^;{}]*\)\s*\{|\)\([^;]*\)(?: =|;)|(?:\[.*\])?(?: =|;|\n))",
    re.M,
)

MANUAL = "https://man.9front.org/2/"


#: The beginning of the page.
INTRODUCTION = """\
# The library

Every function, variable, type, macro and constant of the headers, on the pages of the manual's section 2. This page is
made by `runtime/mklibrary.py` from the headers, the sources and the sentences of `runtime/library.txt`; a test sees to
it that it is up to date and that nothing declared is missing, and a program links every function.

The headers declare {functions} functions. {there} are there, {floating} of them for programs with `float=True` only;
{absent} are absent; {differ} differ from Plan 9's in something that is said here. [What is not here](#what-is-not-here)
lists 9front's other headers.

Flavour `any`: in every program; `float`: with `float=True` only. State `there`: as the manual has it. How to use the
headers, and what is different everywhere: [Porting a program](porting.md). GCC's headers that need no system are there
as well (`stddef.h`, `stdint.h`, `stdarg.h`, `stdbool.h`, `float.h`); `elf9.h` and `elf9va.h` are the runtime's own.

| header | library | after |
|---|---|---|
"""

#: Above the headers that are not here.
MISSING = """\
## What is not here

A program that includes one of these headers compiles when its port brings the header, and the library's files.

| header | library | manual | why |
|---|---|---|---|
"""

#: Above Unix' names.
UNIX = """\

## From C for Unix

What a program for Unix calls, and what one for Plan 9 uses in its stead. A build that fails for one of these names says
it.

| Unix | Plan 9 |
|---|---|
"""

#: The end of the program.
CHECK = """
static int
there(void **p, int n)
{{
	for(; n > 0; n--)
		if(*p++ == nil)
			return 0;
	return 1;
}}

void
threadmain(int argc, char **argv)
{{
	USED(argc, argv);
{}
	done();
}}
"""


class LibraryError(Exception):
    """Headers, sources and library.txt do not agree; the text says where."""


class Name(NamedTuple):
    """Something that a header declares; `kind` is function, variable, macro, constant or type."""

    name: str
    kind: str
    header: str
    declaration: str

    @property
    def linked(self) -> bool:
        return self.kind in ("function", "variable")


class Entry(NamedTuple):
    """A row of library.txt."""

    line: int
    names: list[str]
    sentence: str
    difference: str


class Section(NamedTuple):
    """A page of the manual, or (`page` is "") a title without one."""

    chapter: str
    page: str
    title: str
    entries: list[Entry]
    #: (names, header, reason) of what this library has not.
    absent: list[tuple[list[str], str, str]]


class Missing(NamedTuple):
    """Headers of 9front that are not here."""

    headers: list[str]
    libraries: list[str]
    pages: list[str]
    reason: str


class Library(NamedTuple):
    """library.txt."""

    sections: list[Section]
    missing: list[Missing]
    #: Unix' names, and what Plan 9 has instead.
    unix: list[tuple[list[str], str]]


def visible(text: str) -> Iterator[str]:
    """The lines that a C program sees; both branches of a condition on the machine."""
    skip: list[bool] = []
    for line in text.splitlines():
        match line.split():
            case ["#ifdef", "__cplusplus"]:
                skip.append(True)
            case [("#if" | "#ifdef" | "#ifndef"), *_]:
                skip.append(False)
            case ["#else", *_]:
                skip[-1] = not skip[-1] and "__cplusplus" in line
            case ["#endif", *_]:
                skip.pop()
            case _ if not any(skip):
                yield line


def declarations(text: str) -> Iterator[tuple[str, str, str]]:
    """(name, kind, declaration) of everything in a header, in its order within each kind."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S).replace("\\\n", " ")
    text = "\n".join(visible(text))
    for name, parameters in re.findall(r"^#define (\w+)(\([^)]*\))?", text, flags=re.M):
        yield name, "macro", name + parameters
    text = re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)
    text = re.sub(r"^extern inline .*?^}", "", text, flags=re.M | re.S)
    for body in re.findall(r"\benum\s*{([^}]*)}", text):
        for item in body.split(","):
            if item.strip():
                yield item.split("=")[0].strip(), "constant", item.split("=")[0].strip()
    while "{" in text:
        text, found = re.subn(r"{[^{}]*}", " ", text)
        if not found:
            raise LibraryError("a brace is not closed")
    for statement in text.split(";"):
        words = " ".join(statement.split())
        words = re.sub(r" ?__attribute__ ?\(\(.*\)\)", "", words)
        if words.startswith("typedef "):
            match = re.search(r"(\w+) ?(?:\[\w+\]|\(.*\))?$", words)
            if match:
                yield match[1], "type", match[1]
        elif words.startswith("extern ") and "__asm__" not in words:
            words = words.removeprefix("extern ").removeprefix("_Noreturn ")
            match = re.search(r"^[^(]*\(\*(\w+)\)\(|^[^(]*?(\w+)\(", words)
            if match:
                yield match[1] or match[2], "variable" if match[1] else "function", words
            else:
                match = re.search(r"(\w+)(?:\[\])?$", words)
                if match:
                    yield match[1], "variable", words


def names_of_headers(include: Path = RUNTIME / "include") -> dict[str, Name]:
    """Every name of the headers that a program may use.

    Left out: the guards, and what begins with `_` and is neither a function nor a variable."""
    found: dict[str, Name] = {}
    for header, (_, files) in HEADERS.items():
        for file in files.split():
            for name, kind, declaration in declarations((include / file).read_text(encoding="utf-8")):
                if name.startswith("_") and name not in MACROS and kind not in ("function", "variable"):
                    continue
                if name.startswith("SYS_") or name == "main":
                    continue
                if name not in found:
                    found[name] = Name(name, kind, header, declaration)
                elif found[name].kind == "macro":  # such as getcallerpc, which has a prototype as well
                    found[name] = found[name]._replace(declaration=declaration)
    return found


def definitions(runtime: Path = RUNTIME) -> dict[str, tuple[str, bool]]:
    """Name -> (library, whether it is for programs with float=True only), of all that the sources define."""
    found: dict[str, tuple[str, bool]] = {}
    stems: dict[str, tuple[str, bool]] = {}

    def add(name: str, library: str, floating: bool) -> None:
        if name not in found or found[name][1]:
            found[name] = (library, floating)

    for path in [*sorted(runtime.glob("lib*/**/*.[cS]")), *sorted(runtime.glob("*64/*.S"))]:
        folder = path.relative_to(runtime).parts[0]
        library = folder if folder.startswith("lib") else "libc"
        floating = "float" in path.parts
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
        for name in DEFINED.findall(text):
            add(name, library, floating)
        for line in re.findall(r"^\s*\.globl\s+(.*)", text, flags=re.M):
            for name in re.findall(r"\w+", line):
                add(name, library, floating)
        stems.setdefault(path.stem, (library, floating))
    for line in (runtime / "syscalls.tsv").read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            add(line.split("\t")[2], "libc", False)
    # What a macro defines, as in regexec.c, the expression does not find: a file is named after what it has.
    return stems | found


def read_text(path: Path = TEXT) -> Library:
    """library.txt; LibraryError names the line that is not of its form."""
    sections: list[Section] = []
    missing: list[Missing] = []
    unix: list[tuple[list[str], str]] = []
    chapter = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        mark, _, rest = line.partition(" ")
        if line.startswith("\t"):
            if not sections or not sections[-1].entries or sections[-1].entries[-1].difference:
                raise LibraryError(f"{where}: a difference without a name before it")
            sections[-1].entries[-1] = sections[-1].entries[-1]._replace(difference=line.strip())
        elif mark == "=":
            chapter = rest
        elif mark == "@":
            page, _, title = rest.partition(" ")
            sections.append(Section(chapter, "" if page == "?" else page, title or f"{page}(2)", [], []))
        elif mark in ("-", "!", ">"):
            words, colon, reason = rest.partition(": ")
            if not colon:
                raise LibraryError(f"{where}: expected `: ` and a reason")
            if mark == ">":
                unix.append((words.split(), reason))
            elif mark == "-":
                *names, header = words.split()
                sections[-1].absent.append((names, header.strip("()"), reason))
            else:
                headers = [word for word in words.split() if word.endswith(".h")]
                libraries, *pages = [word for word in words.split() if word not in headers and word != "-"] or [""]
                missing.append(Missing(headers, libraries.split(","), pages, reason))
        else:
            words, colon, sentence = line.partition(": ")
            if not colon or not sections:
                raise LibraryError(f"{where}: expected names, `: ` and a sentence, below a page")
            sections[-1].entries.append(Entry(number, words.split(), sentence, ""))
    return Library(sections, missing, unix)


def check(library: Library, names: dict[str, Name], defined: dict[str, tuple[str, bool]]) -> None:
    """Raise LibraryError unless headers, sources and library.txt agree; it lists all that is wrong."""
    wrong: list[str] = []
    said: dict[str, int] = {}
    for section in library.sections:
        for entry in section.entries:
            for name in entry.names:
                where = f"{TEXT.name}:{entry.line}: {name}"
                if name in said:
                    wrong.append(f"{where} has a sentence in line {said[name]}")
                elif name not in names:
                    wrong.append(f"{where} is in none of the headers")
                elif names[name].linked and name not in ELSEWHERE:
                    absent = entry.difference.startswith("absent: ")
                    if absent and name in defined:
                        wrong.append(f"{where} is absent, but {defined[name][0]} defines it")
                    if not absent and name not in defined:
                        wrong.append(f"{where} is declared by {names[name].header}, and nothing defines it")
                said[name] = entry.line
    for unix, _ in library.unix:
        wrong += [f"{TEXT.name}: {name} is said to be Unix' only" for name in unix if name in names]
    for declared in names.values():
        if declared.name not in said:
            wrong.append(f"{declared.header}: {declared.name} has no sentence in {TEXT.name}")
    if wrong:
        raise LibraryError("\n".join(wrong))


def anchor(section: Section) -> str:
    """GitHub's anchor of the section's heading."""
    return re.sub(r"[^\w -]", "", section.title.lower()).replace(" ", "-")


def cell(text: str) -> str:
    """Text in a table: nothing in it is a tag or ends the cell; what is between backquotes stays as it is."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([<>])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts).replace("|", "\\|")


def state(entry: Entry) -> str:
    if not entry.difference:
        return "there"
    return entry.difference if entry.difference.startswith("absent: ") else f"differs: {entry.difference}"


def show(names: list[Name]) -> str:
    """The first cell of a row: prototypes, or the names of what has none."""
    if any(name.kind in ("function", "variable") or "(" in name.declaration for name in names):
        return "<br>".join(f"`{name.declaration.replace('|', chr(92) + '|')}`" for name in names)
    return " ".join(f"`{name.name}`" for name in names)


def rows(section: Section, names: dict[str, Name], defined: dict[str, tuple[str, bool]]) -> Iterator[str]:
    """The tables of a section, one for each header that it takes from."""
    used = [header for header in HEADERS if any(names[e.names[0]].header == header for e in section.entries)]
    for header in used:
        entries = [entry for entry in section.entries if names[entry.names[0]].header == header]
        libraries = {defined[name][0] for e in entries for name in e.names if names[name].linked and name in defined}
        includes = " ".join(f"<{name}>" for name in [*HEADERS[header][0].split(), header])
        yield f"`#include {includes}`" + "".join(f" · {library}" for library in sorted(libraries))
        yield ""
        yield "| declaration | what it does | flavour | state |"
        yield "|---|---|---|---|"
        for entry in entries:
            of = [names[name] for name in entry.names]
            flavours = {defined[name.name][1] for name in of if name.linked and name.name in defined}
            flavour = "" if not flavours else "float" if flavours == {True} else "any"
            if flavours == {True, False}:
                raise LibraryError(f"{TEXT.name}:{entry.line}: one row for functions of two flavours")
            yield f"| {show(of)} | {cell(entry.sentence)} | {flavour} | {cell(state(entry))} |"
        yield ""
    if section.absent:
        yield "| absent | why |"
        yield "|---|---|"
        for absent, header, reason in section.absent:
            yield f"| {' '.join(f'`{name}`' for name in absent)} of `{header}` | {cell(reason)} |"
        yield ""


def introduction(library: Library, names: dict[str, Name], defined: dict[str, tuple[str, bool]]) -> list[str]:
    """What is above the first page: how much there is, the headers."""
    functions = [name.name for name in names.values() if name.kind == "function"]
    there = [name for name in functions if name in defined or name in ELSEWHERE]
    entries = [entry for section in library.sections for entry in section.entries if entry.difference]
    differ = [name for entry in entries for name in entry.names if name in there]
    text = INTRODUCTION.format(
        functions=len(functions),
        there=len(there),
        floating=sum(defined[name][1] for name in there if name in defined),
        absent=len(functions) - len(there),
        differ=len(differ),
    )
    lines = text.splitlines()
    for header, (before, _) in HEADERS.items():
        linked = [name.name for name in names.values() if name.header == header and name.linked]
        libraries = sorted({defined[name][0] for name in linked if name in defined})
        wants = " ".join(f"`{name}`" for name in before.split())
        lines.append(f"| `{header}` | {' '.join(libraries)} | {wants} |")
    return lines


def contents(library: Library, names: dict[str, Name]) -> list[str]:
    """Links to the manual's pages, and to each function's."""
    lines = ["", "## Pages", ""]
    for chapter in dict.fromkeys(section.chapter for section in library.sections):
        links = [f"[{s.title}](#{anchor(s)})" for s in library.sections if s.chapter == chapter]
        lines.append(f"- {chapter}: {', '.join(links)}")
    places = {name: section for section in library.sections for entry in section.entries for name in entry.names}
    functions = [name for name in places if names[name].kind == "function" or "(" in names[name].declaration]
    functions.sort(key=lambda name: (name.lstrip("_").lower(), name))
    lines += ["", "## Functions", ""]
    for letter in sorted({name.lstrip("_")[0].upper() for name in functions}):
        of = [name for name in functions if name.lstrip("_")[0].upper() == letter]
        lines += [" ".join(f"[{name}](#{anchor(places[name])})" for name in of), ""]
    return lines


def page(library: Library, names: dict[str, Name], defined: dict[str, tuple[str, bool]]) -> str:
    """The text of docs/library.md."""
    lines = introduction(library, names, defined) + contents(library, names)
    chapter = ""
    for section in library.sections:
        if section.chapter != chapter:
            chapter = section.chapter
            lines += [f"## {chapter}", ""]
        lines += [f"### {section.title}", ""]
        if section.page:
            lines += [f"The manual: [{section.title}]({MANUAL}{section.page})", ""]
        lines += rows(section, names, defined)
    lines += MISSING.splitlines()
    for one in library.missing:
        pages = " ".join(f"[{name}(2)]({MANUAL}{name})" for name in one.pages)
        headers = " ".join(f"`{name}`" for name in one.headers)
        lines.append(f"| {headers} | {' '.join(one.libraries)} | {pages} | {cell(one.reason)} |")
    lines += UNIX.splitlines()
    for unix, instead in library.unix:
        lines.append(f"| {' '.join(f'`{name}`' for name in unix)} | {instead.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def program(names: dict[str, Name], defined: dict[str, tuple[str, bool]]) -> str:
    """The text of a program that takes the address of all that is there; FLOAT: with float=True."""
    lines = [
        "/*",
        " * Everything that the headers declare can be linked.  Made by runtime/mklibrary.py;",
        " * FLOAT: with what is for programs with float=True only.",
        " */",
        *(f"#include <{header}>" for header in HEADERS),
        '#include "tap.h"',
        "",
        "int mainstacksize = 16384;",
    ]
    cases: list[str] = []
    for floating in (False, True):
        lines += ["", "#ifdef FLOAT"] if floating else []
        cases += ["#ifdef FLOAT"] if floating else []
        for header in HEADERS:
            of = [n.name for n in names.values() if n.header == header and n.linked and n.name in defined]
            of = [name for name in of if defined[name][1] == floating]
            if of:
                array = f"{'f' if floating else 'i'}{header.removesuffix('.h')}"
                lines += ["", f"static void *{array}[] =", "{", *(f"\t(void*)&{name}," for name in of), "};"]
                kind = "functions with floating point" if floating else "functions and variables"
                cases.append(f'\tok(there({array}, nelem({array})), "{header}: {kind}");')
    return "\n".join([*lines, "", "#endif", CHECK.format("\n".join([*cases, "#endif"]))])


def main(arguments: list[str]) -> int:
    library, names, defined = read_text(), names_of_headers(), definitions()
    match arguments:
        case ["write"]:
            check(library, names, defined)
            PAGE.write_text(page(library, names, defined), encoding="utf-8")
            PROGRAM.write_text(program(names, defined), encoding="utf-8")
        case ["page"]:
            check(library, names, defined)
            sys.stdout.write(page(library, names, defined))
        case ["program"]:
            sys.stdout.write(program(names, defined))
        case _:
            sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LibraryError as error:
        sys.exit(f"mklibrary: {error}")
