"""Recipes that run the compiler, the archiver and the linker.

Every program is run in the project's folder with relative file names, a clean environment and
prefix maps, so that what comes out does not depend on where the project lies.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from elf9.build import dialect, enums, flags, formats, literals, unions
from elf9.build.linkerscript import Layout, instantiate
from elf9.build.recipe import Failure, Interrupted, Recipe, replace_all, run_program
from elf9.build.session import STATE, Session, Variant
from elf9.build.toolchain import Toolchain, clean_environment, cxx_hint

if TYPE_CHECKING:
    from elf9.image.check import Report

__all__ = [
    "FLOAT_FOLDER",
    "Compiler",
    "archive_recipe",
    "findings_recipe",
    "flavoured",
    "link_recipe",
    "runtime_recipe",
    "script_recipe",
]


class Compiler:
    """The compiler of one variant with the flags of one program."""

    def __init__(
        self,
        session: Session,
        variant: Variant,
        *,
        floating: bool,
        includes: Sequence[str] = (),
        extra: Mapping[str, Sequence[str]] | None = None,
        plan9: bool = True,
    ) -> None:
        """`includes` are folders; `extra` holds more flags for each language.

        `plan9`: C may be kencc's, and print's formats are looked at; not so for the runtime's own sources.
        """
        self.session = session
        self.variant = variant
        self.floating = floating
        self._extra = dict(extra or {})
        self._plan9 = plan9
        self._formats = plan9 and "-Wno-format" not in self._extra.get("c", ())
        self._includes = [f"-I{folder}" for folder in includes]
        self._commands: dict[str, list[str]] = {}
        self._signatures: dict[str, bytes] = {}

    def signature(self, language: str) -> bytes:
        """What objects in this language depend on besides their source: flags and compiler.

        Where the project and the runtime lie is no part of it, for the prefix maps keep that out of the output.
        """
        if language not in self._signatures:
            maps = flags.prefix_maps(self._maps())
            words = [_short(self.session, word, "-I") for word in self.command(language)[: -len(maps)]]
            self._signatures[language] = _digest([*words, self.toolchain.signature if self.variant.toolchain else ""])
        return self._signatures[language]

    def recipe(self, source: str, language: str) -> Recipe:
        """The step that compiles `source`."""
        return Recipe(
            _TAGS[language],
            self.variant.label,
            source,
            signature=self.signature(language),
            run=lambda targets, sources: self.compile(sources[0], targets[0], language),
        )

    def compile(self, source: str, target: str, language: str, more: Sequence[str] = ()) -> None:
        """Compile `source` into `target`, both relative to the project or absolute; `more` flags change no object."""
        if language == "c++" and not self.toolchain.cxx:
            raise Failure(f"{self.toolchain.cc} compiles no C++; to add it: {cxx_hint(self.toolchain)}")
        scratch, translated, rooted = f"{target}.tmp", f"{target}.i", f"{target}.c"
        seed = hashlib.md5(_short(self.session, source).encode(), usedforsecurity=False).hexdigest()[:8]
        words = [source]
        try:
            if language == "c" and self._plan9:
                words = given = self._root(source, rooted)
                if self._translate(source, given, translated):
                    words = [*dialect.PREPROCESSED, translated]
            self._run(language, [*more, f"-frandom-seed={seed}", "-c", *words, "-o", scratch])
            if language == "c" and self._plan9:
                self._free_literals(scratch)
            if language == "c" and self._formats:
                # what is left of the macros is expanded in what was translated: `long long` is no more `int int`
                self._check_formats(source, given if words is given else ["-x", "c", translated], translated)
            os.replace(scratch, target)
        except Interrupted:
            self.session.interrupted.set()
            raise
        finally:
            _remove(scratch)
            _remove(translated)
            _remove(rooted)

    def _root(self, source: str, target: str) -> list[str]:
        """What GCC is given for a source.

        `#include "/sys/include/x.h"` means the root of a Plan 9 system, which may be one of the folders of CPPPATH.
        """
        content = _content(os.path.join(self.session.top, source))
        folders = [os.path.join(self.session.top, word[2:]) for word in self._includes]

        def relative(match: re.Match[bytes]) -> bytes:
            name = os.fsdecode(match[2]).lstrip("/")
            there = any(os.path.exists(os.path.join(folder, name)) for folder in folders)
            return match[1] + os.fsencode(name) if there else match[0]

        changed = _ABSOLUTE.sub(relative, content)
        if changed == content:
            return [source]
        replace_all({target: b'#line 1 "%s"\n%s' % (os.fsencode(source), changed)})
        return ["-iquote", os.path.dirname(source) or ".", target]

    def _translate(self, source: str, given: Sequence[str], target: str) -> bool:
        """Write what GCC can read of a source that only kencc can; False if GCC can read it as it is."""
        content = _content(os.path.join(self.session.top, source))
        if not dialect.may_need(content, self.session.headers) and not enums.may_need(content):
            return False
        text = self._run("c", [*dialect.PREPROCESS, *given])
        changed = enums.make_signed(unions.name_members(dialect.translate(text) or text))
        if changed == text:
            return False
        replace_all({target: changed})
        return True

    def _free_literals(self, path: str) -> None:
        """Let a program of the dialect write into its string literals."""
        path = os.path.join(self.session.top, path)
        if changed := literals.make_writable(_content(path)):
            with open(path, "wb") as file:
                file.write(changed)

    def _check_formats(self, source: str, given: Sequence[str], scratch: str) -> None:
        """Warn about calls of print whose arguments are not what the format says; with -Werror, fail."""
        if not formats.may_need(_content(os.path.join(self.session.top, source))):
            return

        def again(text: bytes) -> str:
            replace_all({scratch: text})
            done = subprocess.run(
                [*self.command("c"), *formats.RECHECK, scratch],
                env=clean_environment([self.toolchain.cc]),
                cwd=self.session.top,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
            return done.stderr.decode(errors="replace")

        warnings = formats.check(self._run("c", [*formats.EXPAND, *given]), again)
        if warnings:
            self.session.output.problem("\n".join(warnings))
        if warnings and "-Werror" in self._extra.get("c", ()):
            raise Failure("a format is wrong, and -Werror makes that an error")

    def _run(self, language: str, words: Sequence[str]) -> bytes:
        """Run the compiler; what it writes on standard output."""
        return run_program(
            [*self.command(language), *words],
            environment=clean_environment([self.toolchain.cc]),
            folder=self.session.top,
            output=self.session.output,
            what="compile",
            hide=["-fdiagnostics-color=always"] if self.session.output.colour else [],
        )

    @property
    def toolchain(self) -> Toolchain:
        return _toolchain(self.variant)

    def command(self, language: str) -> list[str]:
        """The command line up to the file names."""
        if language not in self._commands:
            target, mode = self.variant.target, self.variant.mode
            if language == "asm":
                words = flags.assembler_flags(target)
            else:
                words = flags.compiler_flags(target, mode, language, floating=self.floating)
            if self.floating:
                words.append("-DELF9_FLOAT=1")
            toolchain = self.variant.toolchain
            cc = toolchain.cc if toolchain else ""
            words += self._includes
            words += ["-isystem", toolchain.include] if toolchain else []
            words += self._extra.get(language, ())
            self._commands[language] = [cc, "-pipe", *words, *flags.prefix_maps(self._maps())]
        return self._commands[language]

    def _maps(self) -> list[tuple[str, str]]:
        """The project's folder is `.`, and the runtime is `runtime` wherever it is installed."""
        maps = [(self.session.top, ".")]
        if os.path.isabs(self.session.runtime):
            maps.append((self.session.runtime, "runtime"))
        return maps


#: An `#include` from the root; what is before the name, and the name.
_ABSOLUTE = re.compile(rb'^([ \t]*#[ \t]*include[ \t]*["<])(/[^">\n]+)', re.MULTILINE)

_TAGS = {"c": "CC", "c++": "CXX", "asm": "AS"}


def archive_recipe(session: Session, variant: Variant, name: str) -> Recipe:
    """Collects objects in an archive; D leaves time, owner and mode out of it."""
    toolchain = variant.toolchain
    return Recipe(
        "AR",
        variant.label,
        name,
        signature=_digest(["ar qcsD", toolchain.ar if toolchain else ""]),
        run=lambda targets, sources: _archive(session, variant, sources, targets[0]),
    )


def _archive(session: Session, variant: Variant, objects: Sequence[str], target: str) -> None:
    toolchain = _toolchain(variant)
    scratch = f"{target}.tmp"
    _remove(scratch)
    try:
        run_program(
            [toolchain.ar, "qcsD", scratch, *objects],
            environment=clean_environment([toolchain.cc]),
            folder=session.top,
            output=session.output,
            what="archive",
        )
        os.replace(scratch, target)
    finally:
        _remove(scratch)


def script_recipe(variant: Variant, layout: Layout, name: str) -> Recipe:
    """Makes a linker script from the template."""

    def run(targets: list[str], sources: list[str]) -> None:
        with open(sources[0], encoding="utf-8") as file:
            template = file.read()
        try:
            text = instantiate(template, variant.target, layout)
        except ValueError as error:
            raise Failure(f"{sources[0]}: {error}") from error
        replace_all({targets[0]: text.encode()})

    return Recipe("LDS", variant.target.name, name, signature=repr(layout).encode(), run=run)


def runtime_recipe(session: Session, variant: Variant, compilers: Sequence[Compiler], name: str) -> Recipe:
    """Builds one library of the runtime, in one step; `compilers` are that of the integer flavour and, for a
    library of the float flavour, that as well.

    One SCons target and not one for each of its some hundred files: they would be most of a null
    build's time.  Beside each object lies a digest of everything it depends on, so that a change in one
    file compiles that file.
    """
    signatures = [compiler.signature(language).hex() for compiler in compilers for language in ("c", "asm")]
    return Recipe(
        "LIB",
        variant.label,
        name,
        signature=_digest(["runtime", *signatures]),
        run=lambda targets, sources: _runtime(session, variant, compilers, targets[0], sources),
    )


#: What a file of the runtime says that is not the same in both flavours: a function with `...` has to keep
#: the FP registers that a caller passes doubles in.
_FLAVOURED = (b"ELF9_FLOAT", b"va_start")

#: Files in a folder of this name are in the float flavour only.
FLOAT_FOLDER = "float"


def _runtime(
    session: Session, variant: Variant, compilers: Sequence[Compiler], target: str, files: Sequence[str]
) -> None:
    """Compile what is not compiled and collect it.

    Whatever does not depend on the flavour is compiled once, with integer registers only: a note handler
    may call it in any program (facts/abi.md §3).
    """
    integer, chosen = compilers[0], compilers[-1]
    folder = os.path.join(STATE, "runtime", variant.target.name, variant.mode)
    sources = [path for path in files if flags.language_of(path)]
    failed = threading.Event()

    def build(source: str) -> str:
        inside = os.path.relpath(source, session.runtime if source in files else os.path.join(folder, "source"))
        compiler = chosen if FLOAT_FOLDER in inside.split(os.sep) or flavoured(source) else integer
        kind = "float" if compiler.floating else "integer"
        made = os.path.join(folder, kind, os.path.splitext(inside)[0] + ".o")
        if failed.is_set() or session.interrupted.is_set():
            raise Failure("given up")
        try:
            _compile_once(compiler, source, made)
        except Failure:
            failed.set()
            raise
        return made

    if not chosen.floating:
        sources = [path for path in sources if FLOAT_FOLDER not in path.split(os.sep)]
    with session.runtime_lock:  # two flavours share objects
        sources += _stubs(session, variant, files, os.path.join(folder, "source", "stubs"))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            futures = [pool.submit(build, source) for source in sources]
            try:
                objects = [future.result() for future in futures]
            except Failure:
                pool.shutdown(cancel_futures=True)
                raise
        _archive(session, variant, objects, target)


def flavoured(source: str) -> bool:
    """Is the object of this file not the same in both flavours?"""
    text = _content(source)
    return any(word in text for word in _FLAVOURED)


def _compile_once(compiler: Compiler, source: str, made: str) -> None:
    """Compile a file unless its object is there, made from the same text, headers and flags."""
    language = flags.language_of(source)
    signature = compiler.signature(language)
    note = f"{made}.key"
    session = compiler.session
    known, _, needed = _read_note(note).partition("\n")
    if known and os.path.exists(made) and known == _key(session, signature, [source, *needed.splitlines()]):
        return
    os.makedirs(os.path.dirname(made), exist_ok=True)
    _remove(note)
    rules = f"{made}.d"
    try:
        compiler.compile(source, made, language, more=["-MMD", "-MF", rules])
        headers = _prerequisites(rules)[1:]
    finally:
        _remove(rules)
    text = "\n".join([_key(session, signature, [source, *headers]), *(_short(session, name) for name in headers)])
    replace_all({note: text.encode()})


def _key(session: Session, signature: bytes, files: Sequence[str]) -> str:
    """A digest of a compiler's flags and of some files, "" if one is gone."""
    digest = hashlib.sha256(signature)
    for path in files:
        short = _short(session, path)
        try:
            content = _content(session.runtime + short.removeprefix(_RUNTIME) if short.startswith(_RUNTIME) else path)
        except OSError:
            return ""
        digest.update(f"{short}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


#: How the runtime's folder is called in signatures, wherever it is.
_RUNTIME = "<runtime>"


def _short(session: Session, word: str, flag: str = "") -> str:
    """A path, perhaps behind a flag, with a name for the runtime's folder that all projects have in common."""
    head = f"{flag}{session.runtime}/"
    return f"{flag}{_RUNTIME}/{word.removeprefix(head)}" if word.startswith(head) else word


def _prerequisites(path: str) -> list[str]:
    """The files that a rule for make, written by the compiler, names behind its colon."""
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    names = re.findall(r"(?:\\.|[^\s\\])+", text.partition(": ")[2])
    return [re.sub(r"\\(.)", r"\1", name).replace("$$", "$") for name in names]


def _read_note(path: str) -> str:
    """What an object was made from, "" if that is not known."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def _stubs(session: Session, variant: Variant, files: Sequence[str], folder: str) -> list[str]:
    """The system-call stubs, written into `folder` by the runtime's own generator."""
    generator = next((path for path in files if os.path.basename(path) == "mksyscalls.py"), None)
    if generator is None:
        return []
    place = os.path.join(session.top, folder)
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    path = os.path.join(session.top, generator)
    # in this process: a Python of its own would start for each machine, and show a traceback when interrupted
    program: dict[str, Any] = {"__name__": "mksyscalls", "__file__": path}
    exec(compile(_content(path), path, "exec"), program)
    try:
        program["main"](["stubs", variant.target.name, place])
    except ValueError as error:
        raise Failure(str(error)) from error
    return [os.path.join(folder, name) for name in sorted(os.listdir(place))]


def link_recipe(
    session: Session,
    variant: Variant,
    name: str,
    *,
    floating: bool,
    layout: Layout,
    extra: Sequence[str] = (),
    allowed: Sequence[str] = (),
) -> Recipe:
    """Links a program and makes all that comes from the same link; `allowed` rules of the check are only noted.

    Sources: linker script, objects, then archives.  Targets: ELF, a.out, map, report as text and JSON.
    """
    toolchain = variant.toolchain
    build = {
        "arch": variant.target.name,
        "mode": variant.mode,
        "float": floating,
        "compiler": toolchain.version if toolchain else "",
        "linker": toolchain.ld_version if toolchain else "",
        "base": layout.base,
        "alignment": layout.alignment,
        "headers": layout.headers,
        "allowed": list(allowed),
    }
    signature = [
        *flags.link_flags(),
        *extra,
        json.dumps(build),
        toolchain.signature if toolchain else "",
        _code("elf9.image"),
    ]

    def run(targets: list[str], sources: list[str]) -> None:
        _link(session, variant, targets, sources, extra=extra, build=build, allowed=allowed)

    return Recipe("LINK", variant.label, name, signature=_digest(signature), run=run)


def _link(
    session: Session,
    variant: Variant,
    targets: Sequence[str],
    sources: Sequence[str],
    *,
    extra: Sequence[str],
    build: Mapping[str, object],
    allowed: Sequence[str],
) -> None:
    from elf9.image import aout_from_elf
    from elf9.image.check import check_bytes

    elf, aout, linker_map, text, data = targets
    toolchain = _toolchain(variant)
    script, *inputs = sources
    objects = [path for path in inputs if not path.endswith(".a")]
    archives = [path for path in inputs if path.endswith(".a")]
    libgcc = [toolchain.libgcc] if toolchain.libgcc else []
    scratch, scratch_map = f"{elf}.tmp", f"{linker_map}.tmp"
    rejected = f"{elf}.rejected"
    command = [toolchain.ld, *flags.link_flags(), *extra, "-T", script, "-Map", scratch_map, "-o", scratch]
    _remove(rejected)
    try:
        run_program(
            [*command, *objects, "--start-group", *archives, *libgcc, "--end-group"],
            environment=clean_environment([toolchain.ld]),
            folder=session.top,
            output=session.output,
            what="link",
        )
        files = {linker_map: _content(scratch_map).replace(scratch.encode(), elf.encode())}
        image = _content(scratch)
        report = _allow(check_bytes(image, elf, target=variant.target), allowed)
        reports = [report]
        try:
            if report.ok:
                files[aout] = aout_from_elf(image)
                reports.append(_allow(check_bytes(files[aout], aout, target=variant.target), allowed))
        except ValueError as error:
            os.replace(scratch, rejected)
            raise Failure(f"no a.out can be made of it (kept as {rejected}): {error}") from error
        for checked in reports:
            _tell(session, checked)
        if not all(checked.ok for checked in reports):
            os.replace(scratch, rejected)
            raise Failure(f"9front would not run it; it is kept as {rejected}")
        files[text] = "".join([checked.to_text() for checked in reports] + [_how(build)]).encode()
        facts = {**report.to_json(), "aout": reports[1].to_json(), "build": build}
        files[data] = (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()
        replace_all(files)
        for path in (scratch, aout):
            os.chmod(path, 0o777 & ~session.umask)
        os.replace(scratch, elf)
    finally:
        _remove(scratch)
        _remove(scratch_map)


def _allow(report: Report, allowed: Sequence[str]) -> Report:
    """The report, with what breaks an allowed rule only noted."""
    findings = [replace(found, severity="note") if found.rule in allowed else found for found in report.findings]
    return replace(report, findings=findings)


def _tell(session: Session, report: Report) -> None:
    """Show what the check found; notes stay in the report."""
    for finding in report.findings:
        if finding.severity != "note":
            session.output.problem(
                f"{report.path}: {finding.severity}: {finding.message} ({finding.rule} at {finding.place})\n"
                f"  {finding.cure}"
            )


def _how(build: Mapping[str, object]) -> str:
    """The last line of a report: how the program was built."""
    registers = "FP and vector registers" if build["float"] else "integer registers only"
    return f"built for {build['arch']}, {build['mode']}, {registers}, with {build['compiler']}\n"


def findings_recipe(session: Session, variant: Variant, name: str) -> Recipe:
    """Shows what the check of a program came to: one line, and what it complains about."""

    def run(targets: list[str], sources: list[str]) -> None:
        del targets
        with open(sources[0], encoding="utf-8") as file:
            report = json.load(file)
        found = [*report["findings"], *report["aout"]["findings"]]
        count = f"{len(found)} finding{'' if len(found) == 1 else 's'}" if found else "nothing to complain about"
        lines = [f"  {item['severity']} {item['rule']}: {item['place']}: {item['message']}" for item in found]
        head = session.output.line("CHECK", variant.label, f"{name}: exec loads it; {count}")
        session.output.step(head, "\n".join(lines))

    return Recipe("", variant.label, name, signature=b"", run=run)


@functools.cache
def _code(package: str) -> str:
    """A digest of a package's Python files: what the a.out writer and the check are, is part of their output."""
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *package.split(".")[1:])
    digest = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            digest.update(_content(os.path.join(folder, name)))
    return digest.hexdigest()


def _toolchain(variant: Variant) -> Toolchain:
    """The variant's compiler; a step that runs always has one."""
    if variant.toolchain is None:
        raise Failure(f"no compiler for {variant.target.name} was looked for")
    return variant.toolchain


def _digest(words: Sequence[str]) -> bytes:
    return hashlib.sha256("\0".join(words).encode()).digest()


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
