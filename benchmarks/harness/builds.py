"""The last section: building a hundred small programs for every machine, with elf9 and with make.

Both compile and link the same files with the same compiler, flags, linker script and runtime library,
follow the headers, write the linker's map, and run as many jobs at once as there are CPUs.  elf9 does
more in each link: it converts the ELF to an a.out and checks both files as a 9front kernel would; in a
null build it compares contents and commands besides times.  make reads the headers' names from files
that the compiler writes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial

from benchmarks.harness.measure import Command, Failed, cpu, figure, interleave, run_once, wall
from benchmarks.harness.setting import Setting
from benchmarks.harness.table import Row, Section

from elf9.build import flags
from elf9.build.linkerscript import Layout, instantiate
from elf9.target import Target

__all__ = ["builds"]

PROGRAMS = 100

#: What SCons says when everything is up to date, and only then.
_NOTHING_TO_DO = "scons: Entering directory `{place}'\nscons: `all' is up to date.\n"

_SCONSTRUCT = """\
import elf9

env = elf9.Environment()
for number in range({count}):
    name = f"p{{number:02}}"
    env.Plan9Program(name, [f"src/{{name}}.c"], CPPPATH=["src"])
"""

_HEADER = """\
/* What the programs share. */
enum { Words = 4 };
extern char *argv0;
"""

_SOURCE = """\
#include <u.h>
#include <libc.h>
#include "shared.h"

/* Program {number}: mixes its arguments' bytes. */
static ulong
mix(char *s, ulong sum)
{{
	for(; *s != 0; s++)
		sum = sum*{odd} + (uchar)*s;
	return sum;
}}

void
main(int argc, char *argv[])
{{
	ulong sum;
	int i;

	sum = {number};
	for(i = 1; i < argc && i < Words; i++)
		sum = mix(argv[i], sum);
	print("program {number}: %lud\\n", sum);
	exits(nil);
}}
"""


def builds(setting: Setting) -> Section:
    """Full build and null build."""
    section = Section(
        f"building {PROGRAMS} small programs for {' and '.join(setting.toolchains)}",
        unit="s",
        note="elf9 also makes and checks an a.out of each; the same flags, runtime and jobs",
    )
    with tempfile.TemporaryDirectory(prefix="elf9-benchmark-") as folder:
        _generate(setting, folder)
        place = os.path.realpath(os.path.join(folder, "elf9"))
        nothing = _NOTHING_TO_DO.format(place=place).encode()
        ours = [*setting.scons, "-C", place, f"ARCH={','.join(setting.toolchains)}"]
        full = {"elf9": Command(ours, environment=setting.scons_environment, before=partial(_clear, folder, "elf9"))}
        null = {"elf9": Command(ours, nothing, environment=setting.scons_environment)}
        if setting.make:
            make = [setting.make, "-s", "-C", os.path.join(folder, "make"), f"-j{setting.jobs}"]
            full["make"] = Command(make, before=partial(_clear, folder, "make"))
            null["make"] = Command(make, b"")
        done_full = interleave(full, 1 if setting.quick else 3, warm=False)
        done_null = interleave(null, 5 if setting.quick else 11)
        problem = "" if setting.make else "GNU make is not installed"
        if not any(isinstance(samples, str) for samples in (*done_full.values(), *done_null.values())):
            problem = problem or _compare(setting, folder)
    machines = "both" if len(setting.toolchains) > 1 else next(iter(setting.toolchains))
    for what, done, limit in (("full build", done_full, None), ("null build", done_null, 1.0)):
        for kind, of in (("wall", wall), ("user + system", cpu)):
            theirs = problem or figure(done["make"], of, 1)
            target = limit if of is wall else None
            row = Row(
                f"{what}, {kind}", machines, figure(done["elf9"], of, 1), f"make -j{setting.jobs}", theirs, target
            )
            section.rows.append(row)
    return section


def _clear(folder: str, which: str) -> None:
    shutil.rmtree(os.path.join(folder, which, "build"), ignore_errors=True)


def _compare(setting: Setting, folder: str) -> str:
    """What is wrong with what make built: it must do the same as elf9's; "" if it does."""
    name = f"p{PROGRAMS - 1:02}"
    for machine in setting.toolchains:
        programs = (
            os.path.join(folder, "elf9", "build", machine, "debug", name),
            os.path.join(folder, "make", "build", machine, name),
        )
        try:
            said = [run_once(Command([*setting.elf9, "run", path, "one", "two"])).stdout for path in programs]
        except Failed as failure:
            return f"not the same programs: {failure}"
        if said[0] != said[1]:
            return f"not the same programs: {said[1]!r} instead of {said[0]!r}"
    return ""


def _generate(setting: Setting, folder: str) -> None:
    """Two projects of the same sources: `elf9` and `make`."""
    for which in ("elf9", "make"):
        sources = os.path.join(folder, which, "src")
        os.makedirs(sources)
        _write(os.path.join(sources, "shared.h"), _HEADER)
        for number in range(PROGRAMS):
            text = _SOURCE.format(number=number, odd=2 * number + 31)
            _write(os.path.join(sources, f"p{number:02}.c"), text)
    _write(os.path.join(folder, "elf9", "SConstruct"), _SCONSTRUCT.format(count=PROGRAMS))
    _write(os.path.join(folder, "make", "Makefile"), _makefile(setting, os.path.join(folder, "make")))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _makefile(setting: Setting, folder: str) -> str:
    runtime = os.path.join(setting.root, "runtime")
    mksyscalls = os.path.join(runtime, "mksyscalls.py")
    names = subprocess.run(
        [sys.executable, mksyscalls, "names"], capture_output=True, text=True, check=True
    ).stdout.split()
    machines = setting.targets
    lines = [
        ".SUFFIXES:",
        ".DELETE_ON_ERROR:",
        f"PROGRAMS = {' '.join(f'p{number:02}' for number in range(PROGRAMS))}",
        f"all: {' '.join(f'$(PROGRAMS:%=build/{target.name}/%)' for target in machines)}",
    ]
    with open(os.path.join(setting.root, "linker", "plan9.ld.in"), encoding="utf-8") as file:
        template = file.read()
    for target in machines:
        _write(os.path.join(folder, f"{target.name}.ld"), instantiate(template, target, Layout()))
        lines += _rules(setting, target, runtime, names)
    return "\n".join(lines) + "\n"


def _rules(setting: Setting, target: Target, runtime: str, stubs: list[str]) -> list[str]:
    """The part of the Makefile for one machine."""
    toolchain = setting.toolchains[target.name]
    machine = target.name
    build = f"build/{machine}"
    include = ["-I" + os.path.join(runtime, "include"), "-isystem", toolchain.include]
    c_flags = [*flags.compiler_flags(target, "debug", "c", floating=False), *include]
    asm_flags = [*flags.assembler_flags(target), *include]
    maps = flags.prefix_maps([(runtime, "runtime")])
    mksyscalls = os.path.join(runtime, "mksyscalls.py")
    lines = [
        f"CC_{machine} = {toolchain.cc} -pipe {' '.join([*c_flags, *maps])} -MMD -MP",
        f"AS_{machine} = {toolchain.cc} -pipe {' '.join([*asm_flags, *maps])} -MMD -MP",
        f"{build}/%.o: src/%.c | {build}/lib",
        f"\t$(CC_{machine}) -Isrc -c $< -o $@",
        f"{build}/%: {build}/%.o {build}/libelf9.a {machine}.ld",
        f"\t{toolchain.ld} {' '.join(flags.link_flags())} -T {machine}.ld -Map $@.map -o $@ $< "
        f"--start-group {build}/libelf9.a {toolchain.libgcc} --end-group",
        f".PRECIOUS: {build}/%.o",
        f"{build}/lib:",
        "\tmkdir -p $@",
        f"{build}/stubs/.made: {mksyscalls} {os.path.join(runtime, 'syscalls.tsv')}",
        f"\tmkdir -p {build}/stubs",
        f"\t{sys.executable} -B {mksyscalls} stubs {machine} {build}/stubs",
        "\ttouch $@",
    ]
    objects = []
    for source in _runtime_sources(runtime, machine):
        made = f"{build}/lib/{os.path.basename(source)}.o"
        objects.append(made)
        compiler, more = ("CC", " ".join(flags.RUNTIME_FLAGS)) if source.endswith(".c") else ("AS", "")
        lines += [f"{made}: {source} | {build}/lib", f"\t$({compiler}_{machine}) {more} -c $< -o $@"]
    for name in stubs:
        made = f"{build}/lib/{name}.stub.o"
        objects.append(made)
        lines += [
            f"{made}: {build}/stubs/.made | {build}/lib",
            f"\t$(AS_{machine}) -c {build}/stubs/{name}.S -o $@",
        ]
    lines += [
        f"{build}/libelf9.a: {' '.join(objects)}",
        "\trm -f $@",
        f"\t{toolchain.ar} qcsD $@ $^",
        f"-include {build}/*.d {build}/lib/*.d",
    ]
    return lines


def _runtime_sources(runtime: str, machine: str) -> list[str]:
    found = []
    for folder in (machine, "libc"):
        place = os.path.join(runtime, folder)
        found += [os.path.join(place, name) for name in sorted(os.listdir(place)) if name.endswith((".c", ".S"))]
    return found
