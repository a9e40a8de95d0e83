"""Builds the programs of `benchmarks/programs`, for Plan 9 and for Linux.

For Plan 9 with elf9's own builders, in release mode.  For Linux with the same compiler, the same flags,
the same sources and the same `memcpy` (elf9's), linked static and freestanding: there is no C library in
either, and the loops are the same instructions.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from benchmarks.harness.measure import Command, Failed, run_once
from benchmarks.harness.setting import Setting

from elf9.build import flags
from elf9.target import Target

__all__ = ["FLOATING", "PROGRAMS", "build", "go_hello"]

PROGRAMS = ("hello", "calls", "sieve", "stone", "sha256", "memcpy", "nbody", "chase", "processes", "nothing")

#: Programs without common.c, which have a main of their own.
ALONE = ("nothing",)

#: Programs that are compiled with float=True.
FLOATING = ("nbody",)

_SCONSTRUCT = """\
import elf9

env = elf9.Environment()
SConscript("benchmarks/SConscript", exports="env")
"""


def build(setting: Setting) -> dict[tuple[str, str], tuple[str, str]]:
    """(program, machine) -> paths of the ELF for Plan 9 and of that for Linux; Failed says what did not build."""
    place = os.path.join(setting.work, "programs")
    source = os.path.join(setting.root, "benchmarks")
    copy = os.path.join(place, "benchmarks")
    os.makedirs(place, exist_ok=True)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(os.path.join(source, "programs"), os.path.join(copy, "programs"))
    shutil.copy2(os.path.join(source, "SConscript"), copy)
    with open(os.path.join(place, "SConstruct"), "w", encoding="utf-8") as file:
        file.write(_SCONSTRUCT)
    machines = ",".join(setting.toolchains)
    argv = [*setting.scons, "-C", place, f"ARCH={machines}", "MODE=release"]
    run_once(Command(argv, environment=setting.scons_environment))
    return {
        (name, target.name): (
            os.path.join(place, "build", target.name, "release", "benchmarks", name),
            _for_linux(setting, target, name),
        )
        for target in setting.targets
        for name in PROGRAMS
    }


def go_hello(setting: Setting) -> tuple[str, str] | str:
    """The hello of tests/go, for Plan 9 and for this host; or why there is none."""
    from tests.go import gotool

    if "amd64" not in setting.toolchains:
        return "Go's port is for amd64"
    go = gotool.find()
    if isinstance(go, str):
        return go
    try:
        ours, native = (gotool.build(go, plan9=plan9) for plan9 in (True, False))
    except RuntimeError as error:
        raise Failed(str(error)) from error
    return str(ours / "hello"), str(native / "hello")


def _for_linux(setting: Setting, target: Target, name: str) -> str:
    toolchain = setting.toolchains[target.name]
    folder = os.path.join(setting.work, "linux", target.name, name)
    os.makedirs(folder, exist_ok=True)
    floating = name in FLOATING
    sources = os.path.join(setting.root, "benchmarks", "programs")
    runtime = os.path.join(setting.root, "runtime", target.name)
    compile_c = [
        toolchain.cc,
        *flags.compiler_flags(target, "release", "c", floating=floating),
        *(["-ffp-contract=off"] if floating else []),
        "-isystem",
        toolchain.include,
    ]
    compile_asm = [toolchain.cc, *flags.assembler_flags(target)]
    files = [f"{name}.c", "linux.c"] if name in ALONE else [f"{name}.c", "common.c", "linux.c"]
    objects = [
        *(_object(compile_c, os.path.join(sources, file), folder) for file in files),
        *(_object(compile_asm, os.path.join(runtime, file), folder) for file in ("memmove.S", "memset.S")),
    ]
    program = os.path.join(folder, name)
    libgcc = [toolchain.libgcc] if toolchain.libgcc else []
    run_once(Command([toolchain.ld, "-static", "--gc-sections", "-e", "_start", "-o", program, *objects, *libgcc]))
    return program


def _object(command: Sequence[str], source: str, folder: str) -> str:
    made = os.path.join(folder, os.path.basename(source) + ".o")
    if not os.path.exists(source):
        raise Failed(f"{source} does not exist")
    run_once(Command([*command, "-c", source, "-o", made]))
    return made
