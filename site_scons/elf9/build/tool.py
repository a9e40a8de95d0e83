"""`elf9.Environment` and the builders Plan9Program, Plan9Object, Plan9Library, Plan9Test.

Each builder declares its files once for every chosen machine and mode, below `build/ARCH/MODE/`, and
returns the nodes of all of them.  A node knows its variant, so that what one builder returns can be
given to another.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import SCons.Builder
import SCons.Defaults
import SCons.Node.FS
import SCons.Scanner
import SCons.Script
import SCons.Util

from elf9.build import flags
from elf9.build.compile import Compiler, archive_recipe, findings_recipe, link_recipe, runtime_recipe, script_recipe
from elf9.build.libraries import IncludeScanner, library_scanner, mark_compiled
from elf9.build.linkerscript import Layout, script_name
from elf9.build.misuse import misuse
from elf9.build.paths import linker_dir
from elf9.build.recipe import RECIPE, Recipe, Step
from elf9.build.session import BUILD, Session, Variant, current
from elf9.build.suggest import did_you_mean, one_of

__all__ = ["Environment", "declare_file", "exists", "generate"]

#: Construction variables that reach the compiler or the linker.
_VARIABLES = ("CPPDEFINES", "CPPPATH", "CCFLAGS", "CFLAGS", "CXXFLAGS", "ASFLAGS", "LINKFLAGS")

#: Options of the builders that are ours.
_OBJECT_OPTIONS = ("float",)
_PROGRAM_OPTIONS = ("float", "libs", "base", "alignment", "headers", "allow")

#: Aliases that a program's own name must not join.
_RESERVED = ("all", "check", "test")


def Environment(*, variables: Mapping[str, str] | None = None, tools: Sequence[Any] = (), **construction: Any) -> Any:  # noqa: N802
    """A SCons Environment with elf9's builders.

    `variables` are further `NAME=VALUE` variables of this project with their help; all others are
    errors.  `tools` are SCons tools to have besides, none by default.  The rest are construction
    variables, of which CPPDEFINES, CPPPATH, CCFLAGS, CFLAGS, CXXFLAGS, ASFLAGS and LINKFLAGS reach
    the compiler; nothing does from the environment in which SCons was started.
    """
    current().start(variables or {})
    environment = SCons.Script.Environment(tools=list(tools), **construction)
    generate(environment)
    return environment


def exists(env: Any) -> bool:
    """SCons' question whether the tool can be used; a missing compiler is said by `generate`."""
    del env
    return True


def generate(env: Any) -> None:
    """Add the builders to a SCons Environment."""
    session = current()
    session.start({})
    env.Decider("content-timestamp")
    # Else SCons asks its default environment, which looks for a dozen compilers when it is made.
    env.CacheDir(None)
    env["PRINT_CMD_LINE_FUNC"] = _print_step
    for method in (Plan9Program, Plan9Object, Plan9Library, Plan9Test):
        env.AddMethod(method)
    if ("default",) not in session.made:
        session.made[("default",)] = True
        for name, text in (
            ("all", "every program: ELF, a.out, map and check report (the default)"),
            ("check", "the reports of what a 9front kernel would do with each program"),
            ("test", "run the tests of every program on the emulator"),
        ):
            session.alias(env, [name], [])
            session.alias_help(name, text)
        env.Default("all")


def _print_step(text: str, target: Any, source: Any, env: Any) -> None:
    """How SCons prints the line of a step, ours or the project's own."""
    del target, source, env
    current().output.step(text)


class _Declaration:
    """One call of a builder: where it is, and what the construction variables give it."""

    def __init__(self, env: Any, options: Mapping[str, Any], known: Sequence[str], builder: str) -> None:
        self.session = current()
        self.builder = builder
        for name in options:
            if name not in known and name not in _VARIABLES:
                words = [*known, *_VARIABLES]
                raise misuse(f"{builder}: unknown option '{name}'{did_you_mean(name, words)} Known: {one_of(words)}.")
        self.env = env
        self.floating = bool(options.get("float", False))
        self._options = options
        self.folder = os.path.relpath(env.Dir(".").get_abspath(), self.session.top)
        if self.folder == ".":
            self.folder = ""
        self.include_nodes = [env.Dir(folder) for folder in self._value("CPPPATH")]
        self._includes = [_path(node) for node in self.include_nodes]
        runtime = os.path.join(self.session.runtime, "include")
        self.include_nodes.append(_top().Dir(runtime))
        self._includes.append(runtime)
        defines = [f"-D{word}" for word in self._defines()]
        both = [*defines, *self._value("CCFLAGS")]
        self._extra = {
            "c": [*both, *self._value("CFLAGS")],
            "c++": [*both, *self._value("CXXFLAGS")],
            "asm": [*defines, *self._value("ASFLAGS")],
        }
        self.link_flags = self._value("LINKFLAGS")

    def compiler(self, variant: Variant) -> Compiler:
        """The compiler with this call's flags; calls with the same flags share one."""
        key = ("compiler", variant.label, str(self.floating), repr(self._includes), repr(self._extra))
        made = self.session.made
        if key not in made:
            made[key] = Compiler(
                self.session, variant, floating=self.floating, includes=self._includes, extra=self._extra
            )
        compiler: Compiler = made[key]
        return compiler

    def _value(self, name: str) -> list[Any]:
        """A construction variable as a list, with `$VARIABLES` in it replaced."""
        value = self._options.get(name, self.env.get(name))
        if not value:
            return []
        words = SCons.Util.Split(value) if isinstance(value, str) else SCons.Util.flatten([value])
        return [self.env.subst(word) if isinstance(word, str) and "$" in word else word for word in words]

    def _defines(self) -> list[str]:
        value = self._options.get("CPPDEFINES", self.env.get("CPPDEFINES"))
        if not value:
            return []
        return [self.env.subst(word) for word in SCons.Defaults.processDefines(value)]

    def object(self, variant: Variant, source: Any, owner: str) -> Any:
        """The object node made from a source node; `owner` is who needs it, for its name if two differ."""
        path = _path(source)
        language = flags.language_of(path)
        if not language:
            raise misuse(
                f"{self.builder}: '{path}' is no source file: expected one of {one_of(flags.LANGUAGES)}, "
                "or what Plan9Object or Plan9Library returned."
            )
        compiler = self.compiler(variant)
        signature = path.encode() + b"\0" + compiler.signature(language)
        folder, name = os.path.split(path)
        stem, extension = os.path.splitext(name)
        place = f"{variant.folder}/{_inside(folder)}"
        for candidate in (f"{stem}.o", f"{stem}{extension}.o", f"{owner}-{stem}.o", f"{owner}-{stem}{extension}.o"):
            target = os.path.normpath(os.path.join(place, candidate))
            known = self.session.objects.get(target)
            if known == signature:
                return _top().File(target)
            if known is None:
                self.session.objects[target] = signature
                recipe = compiler.recipe(path, language)
                node = declare_file(self.env, "compile", [target], [source], recipe, CPPPATH=self.include_nodes)[0]
                mark_compiled(node, [source], self.include_nodes)
                return _mark(node, variant, self.floating)
        raise misuse(f"{self.builder}: '{path}' is compiled with different flags under one name.")

    def objects(self, variant: Variant, sources: Iterable[Any], owner: str) -> list[Any]:
        """Object and archive nodes of one variant for source nodes."""
        made: list[Any] = []
        for source in sources:
            origin = getattr(source.attributes, "plan9", None)
            if origin is not None and origin is not variant:
                continue
            if origin is not None and source.attributes.plan9_float and not self.floating:
                raise misuse(
                    f"{self.builder}: '{source}' is made with float=True, but '{owner}' is not: "
                    "say float=True here, or leave it out there."
                )
            if origin is not None or str(source).endswith((".o", ".a")):
                made.append(source)
            else:
                made.append(self.object(variant, source, owner))
        return made

    def make(self, targets: Sequence[str], sources: Sequence[Any], recipe: Recipe, kind: str = "plain") -> list[Any]:
        """Declare files that a recipe makes; twice the same is an error of the SConscript."""
        if ("made", targets[0]) in self.session.made:
            raise misuse(f"{self.builder}: {targets[0]} is made by another call: give one of them another name.")
        self.session.made["made", targets[0]] = True
        return declare_file(self.env, kind, targets, sources, recipe)

    def place(self, variant: Variant, name: str) -> str:
        """`build/amd64/debug/FOLDER/NAME`."""
        return os.path.normpath(os.path.join(variant.folder, _inside(self.folder), name))

    def own_name(self, name: str) -> str:
        """`FOLDER/NAME`, as people name the program."""
        return os.path.join(self.folder, name)

    def aliases(self, name: str) -> list[str]:
        """The aliases of a program: its own, its folder and the folders above it."""
        return program_aliases(self.own_name(name))


def program_aliases(own: str) -> list[str]:
    """`examples/hello/hello` -> itself, `examples/hello`, `examples`; not what stands for something else."""
    names = [own]
    while os.path.dirname(names[-1]):
        names.append(os.path.dirname(names[-1]))
    return [name for name in names if name not in _RESERVED]


def Plan9Program(env: Any, target: Any, source: Any = None, **options: Any) -> Any:  # noqa: N802
    """A program: ELF, a.out (NAME.aout), map, and check report (NAME.check.txt, NAME.check.json).

    `target` is its name, `source` what it is made of: C, C++ and assembly files, objects, libraries.
    Options: `float=True` lets the compiler use FP and vector registers (off, because a note handler
    must not touch them: facts/abi.md §3); `libs=[...]` are nodes of Plan9Library; `base`, `alignment`
    and `headers` move the segments (`Layout`); `allow=[...]` are rules of the check whose errors are
    meant, for a program that does the forbidden on purpose.  Returns the ELF nodes, one a variant.
    """
    if source is None:
        source = target
        target = os.path.splitext(os.path.basename(str(SCons.Util.flatten([source])[0])))[0]
    name = str(target)
    declaration = _Declaration(env, options, _PROGRAM_OPTIONS, "Plan9Program")
    layout = Layout(options.get("base"), options.get("alignment"), bool(options.get("headers", True)))
    if layout.problem():
        raise misuse(f"Plan9Program: {name}: {layout.problem()}")
    allowed = _allowed(options.get("allow", ()))
    session = declaration.session
    own = declaration.own_name(name)
    inputs = [*_nodes(env, source), *_nodes(env, options.get("libs"))]
    elves: list[Any] = []
    reports: list[Any] = []
    everything: list[Any] = []
    for variant in session.variants:
        parts = declaration.objects(variant, inputs, name)
        runtime = _runtime(env, session, variant, "libc", declaration.floating)
        sources = [_script(declaration, variant, layout), *parts, runtime]
        place = declaration.place(variant, name)
        targets = [place, f"{place}.aout", f"{place}.map", f"{place}.check.txt", f"{place}.check.json"]
        extra = declaration.link_flags
        recipe = link_recipe(
            session, variant, own, floating=declaration.floating, layout=layout, extra=extra, allowed=allowed
        )
        nodes = declaration.make(targets, sources, recipe, "link")
        _mark(nodes[0], variant, declaration.floating)
        nodes[0].attributes.plan9_parts = [*parts, runtime]
        nodes[0].attributes.plan9_files = nodes
        nodes[0].attributes.plan9_name = own
        elves.append(nodes[0])
        if "check" in session.wanted:
            show = declare_file(env, "plain", [f"{place}.check"], nodes[4:], findings_recipe(session, variant, own))
            session.alias(env, ["check"], env.AlwaysBuild(show))
        reports += nodes[3:]
        everything += nodes
    session.alias(env, ["all", *declaration.aliases(name)], everything)
    session.alias(env, ["check"], reports)
    session.help.programs.append(declaration.folder if os.path.basename(declaration.folder) == name else own)
    return SCons.Util.NodeList(elves)


def Plan9Object(env: Any, source: Any, **options: Any) -> Any:  # noqa: N802
    """The objects of some sources, one a source and variant; `float=True` as in Plan9Program."""
    declaration = _Declaration(env, options, _OBJECT_OPTIONS, "Plan9Object")
    nodes: list[Any] = []
    for variant in declaration.session.variants:
        nodes += declaration.objects(variant, _nodes(env, source), "object")
    declaration.session.alias(env, ["all"], nodes)
    return SCons.Util.NodeList(nodes)


def Plan9Library(env: Any, target: Any, source: Any, **options: Any) -> Any:  # noqa: N802
    """A static library, libNAME.a for every variant; for `libs=` or the sources of Plan9Program."""
    name = str(target)
    declaration = _Declaration(env, options, _OBJECT_OPTIONS, "Plan9Library")
    session = declaration.session
    made: list[Any] = []
    for variant in session.variants:
        parts = declaration.objects(variant, _nodes(env, source), name)
        archive = declaration.place(variant, f"lib{name}.a")
        recipe = archive_recipe(session, variant, declaration.own_name(f"lib{name}.a"))
        node = _mark(declaration.make([archive], parts, recipe)[0], variant, declaration.floating)
        mark_compiled(node, parts, ())
        session.libraries.setdefault((variant.label, f"lib{name}.a"), []).append(node)
        made.append(node)
    session.alias(env, ["all", *declaration.aliases(f"lib{name}.a")], made)
    return SCons.Util.NodeList(made)


def Plan9Test(env: Any, program: Any, **case: Any) -> Any:  # noqa: N802
    """A test of a program on the emulator, for every variant: see `elf9.build.stamps`."""
    from elf9.build.stamps import declare_test

    return declare_test(env, program, case)


def declare_file(
    env: Any, kind: str, targets: Sequence[str], sources: Sequence[Any], recipe: Recipe, **overrides: Any
) -> list[Any]:
    """Declare to SCons the files (named from the project's folder) that a recipe makes.

    `kind` is `compile` for what includes headers, `link` for programs, else `plain`.
    """
    try:
        nodes = [_top().File(target) for target in targets]
    except TypeError as error:
        path = str(error).split("'")[1]  # Tried to lookup Dir 'build/amd64/debug/prog' as a File
        name = os.path.basename(path)
        raise misuse(
            f"{path} would be both a file and the folder of what is made of {name}/*: put the SConscript of {name} "
            f"into {name}/, or give the folder or the program another name"
        ) from error
    made: list[Any] = _builders(current(), env)[kind](env, nodes, list(sources), **overrides, **{RECIPE: recipe})
    return made


def _allowed(value: Any) -> tuple[str, ...]:
    """The rules in `allow=`; one that the check does not have would allow nothing."""
    from elf9.image.rules import RULES

    words = tuple(SCons.Util.Split(value) if isinstance(value, str) else SCons.Util.flatten([value]))
    for word in words:
        if word not in RULES:
            raise misuse(f"Plan9Program: allow: unknown rule '{word}'{did_you_mean(str(word), RULES)}")
    return words


def _script(declaration: _Declaration, variant: Variant, layout: Layout) -> Any:
    """The linker script's node; programs with the same layout share one, for both modes."""
    session = declaration.session
    target = f"{BUILD}/{variant.target.name}/{script_name(layout)}"
    key = ("script", target)
    if key not in session.made:
        template = _top().File(os.path.join(linker_dir(), "plan9.ld.in"))
        recipe = script_recipe(variant, layout, script_name(layout))
        session.made[key] = declaration.make([target], [template], recipe)[0]
    return session.made[key]


def _runtime(env: Any, session: Session, variant: Variant, name: str, floating: bool) -> Any:
    """The node of a library of the runtime, `libc` or a folder's name, for this variant and flavour."""
    file = ("libelf9" if name == "libc" else name) + ("-float.a" if floating else ".a")
    target = f"{variant.folder}/{file}"
    key = ("runtime", target)
    if key not in session.made:
        extra = dict.fromkeys(("c", "c++"), flags.RUNTIME_FLAGS)
        include = os.path.join(session.runtime, "include")
        compilers = [
            Compiler(session, variant, floating=flavour, includes=[include], extra=extra, plan9=False)
            for flavour in ((False, True) if floating else (False,))
        ]
        files = [_top().File(path) for path in _runtime_files(session, variant, name)]
        made = declare_file(env, "plain", [target], files, runtime_recipe(session, variant, compilers, file))[0]
        mark_compiled(made, [node for node in files if flags.language_of(str(node)) == "c"], [_top().Dir(include)])
        session.made[key] = _mark(made, variant, floating)
    return session.made[key]


def _runtime_files(session: Session, variant: Variant, name: str) -> list[str]:
    """Every file that a library of the runtime is made from: its folder, all headers; libc has the machine's."""
    folders = [*((variant.target.name, ".") if name == "libc" else ()), name, "include"]
    found: list[str] = []
    for folder in folders:
        key = ("runtime files", folder)
        if key not in session.made:
            session.made[key] = list(_sources_below(session, folder))
        found += session.made[key]
    return found


def _sources_below(session: Session, name: str) -> Iterable[str]:
    """Sources, headers and tables in a folder of the runtime; `.` is the runtime without its folders."""
    root = os.path.join(session.top, session.runtime)
    for folder, folders, names in os.walk(os.path.join(root, name)):
        folders[:] = [] if name == "." else sorted(word for word in folders if not word.startswith(("_", ".")))
        short = os.path.normpath(os.path.join(session.runtime, os.path.relpath(folder, root)))
        for file in sorted(names):
            if flags.language_of(file) or file.endswith((".h", ".tsv", ".py")):
                yield os.path.join(short, file)


def _library(env: Any, session: Session, program: Any, name: str) -> Any:
    """The library that `#pragma lib` means in a program, one of the project or of the runtime; or why none is."""
    variant, floating = program.attributes.plan9, program.attributes.plan9_float
    known = session.libraries.get((variant.label, name), [])
    folder = os.path.dirname(program.get_internal_path())
    near = [node for node in known if os.path.dirname(node.get_internal_path()) == folder]
    if len(near or known) > 1:
        return f"{name} could be any of {one_of([node.get_internal_path() for node in known])}: say which with libs="
    for node in near or known:
        if node.attributes.plan9_float and not floating:
            return f"{node.get_internal_path()} is made with float=True: say so in the program, too"
        return node
    folder = os.path.splitext(name)[0]
    if os.path.isdir(os.path.join(session.top, session.runtime, folder)):
        return _runtime(env, session, variant, folder, floating)
    return f"{name} is asked for by a #pragma lib, but neither elf9 nor the project has it"


def _builders(session: Session, env: Any) -> dict[str, Any]:
    """The SCons builders that do all: one looks into C files for their headers, one for libraries."""
    if ("builders",) not in session.made:
        step = Step(session.output)
        includes = IncludeScanner()
        nothing = SCons.Scanner.ScannerBase(lambda node, env, path: [], "nothing")  # else SCons takes one of its own
        libraries = library_scanner(includes, lambda program, name: _library(env, session, program, name))
        session.made[("builders",)] = {
            "compile": SCons.Builder.Builder(action=step, source_scanner=includes),
            "link": SCons.Builder.Builder(action=step, source_scanner=nothing, target_scanner=libraries),
            "plain": SCons.Builder.Builder(action=step, source_scanner=nothing),
        }
    builders: dict[str, Any] = session.made[("builders",)]
    return builders


def _nodes(env: Any, things: Any) -> list[Any]:
    """File nodes for names (relative to the SConscript), nodes and lists of them."""
    if things is None:
        return []
    found = SCons.Util.flatten([things])
    return [env.File(thing) if isinstance(thing, str) else thing for thing in found]


def _mark(node: Any, variant: Variant, floating: bool) -> Any:
    """Let a node know what it was made for."""
    node.attributes.plan9 = variant
    node.attributes.plan9_float = floating
    return node


def _top() -> Any:
    return SCons.Node.FS.get_default_fs().Top


def _path(node: Any) -> str:
    """The path of a node: relative to the project if inside it, else absolute."""
    path: str = node.get_internal_path()
    return path


def _inside(folder: str) -> str:
    """A source folder as a folder below `build/ARCH/MODE`; one outside the project gets a place of its own."""
    if os.path.isabs(folder) or folder.startswith(".."):
        return os.path.join("outside", folder.strip(os.sep).replace("..", "up"))
    return folder
