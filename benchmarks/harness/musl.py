"""musl beside elf9's library in one Plan 9 program: its own sources, compiled with elf9's flags.

A few of musl's files go into one object.  Two headers of `benchmarks/library/musl` take the place of musl's own:
system calls are calls of a function of ours, and the thread is found without a register.  Every name that musl
defines gets `musl_` before it, so that both libraries fit into one program.  What is left undefined may only be
that function and what GCC's own library has; otherwise something of elf9's would be measured as musl's.

musl's printf and strtod have doubles and do not compile for general registers alone: they are compiled with the
flags of float=True, everywhere.  So is its arm64 memset.S left out, which uses vector registers; memset.c is taken.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

from benchmarks.harness.measure import Command, Failed, run_once
from benchmarks.harness.setting import Setting

from elf9.build import flags
from elf9.build.toolchain import Toolchain
from elf9.target import Target

__all__ = ["build", "system_calls", "version"]

#: Of musl's src/: folder -> files in C.
_SOURCES = {
    "errno": "__errno_location strerror",
    "internal": "floatscan libc shgetc syscall_ret",
    "locale": "__lctrans",
    "malloc": "calloc free lite_malloc realloc replaced",
    "malloc/mallocng": "aligned_alloc donate free malloc realloc",
    "math": "__fpclassifyl __signbitl copysignl fabsl fmodl frexpl scalbn scalbnl",
    "mman": "madvise mmap mprotect mremap munmap",
    "multibyte": "wcrtomb wctomb",
    "stdio": (
        "__lockfile __overflow __stdio_close __stdio_exit __stdio_read __stdio_seek __stdio_write "
        "__stdout_write __toread __towrite __uflow fflush fgets fprintf fwrite getc ofl putc snprintf stdin "
        "stdout vfprintf vsnprintf"
    ),
    "stdlib": "qsort qsort_nr strtod",
    "string": "memchr memcmp memcpy memmove memset stpcpy strchr strchrnul strcmp strcpy strlen strnlen",
    "thread": "__lock",
    "unistd": "lseek",
}

#: Written with doubles, or handing them on.
_FLOATING = (
    "internal/floatscan.c",
    "stdio/fprintf.c",
    "stdio/snprintf.c",
    "stdio/vfprintf.c",
    "stdlib/strtod.c",
    "math/",
)

#: musl's name of a machine, and its assembly for general registers, in place of the files in C.
_MACHINES = {
    "amd64": ("x86_64", ("string/x86_64/memcpy.s", "string/x86_64/memmove.s", "string/x86_64/memset.s")),
    "arm64": ("aarch64", ("string/aarch64/memcpy.S",)),
}

#: System calls of what is measured.
_CALLS = ("brk", "ioctl", "madvise", "mmap", "mprotect", "mremap", "munmap", "read", "readv", "write", "writev")

#: What elf9 has to give: the functions in benchmarks/library/musl, and what GCC makes up itself.
_GIVEN = re.compile(r"elf9_syscall|__\w+[dst][fi][0-9]?")


def version(folder: str) -> str:
    """`musl 1.2.5`; Failed if there is no source of musl."""
    try:
        with open(os.path.join(folder, "VERSION"), encoding="utf-8") as file:
            return f"musl {file.read().strip()}"
    except OSError as error:
        raise Failed(f"--musl {folder}: no source of musl there: {error.strerror}: {error.filename}") from error


def build(setting: Setting, target: Target, folder: str) -> str:
    """The path of an object with what is measured of musl, under names that begin with `musl_`."""
    toolchain = setting.toolchains[target.name]
    work = os.path.join(setting.work, "musl", target.name)
    os.makedirs(os.path.join(work, "include", "bits"), exist_ok=True)
    machine, assembly = _MACHINES[target.name]
    _headers(folder, machine, work)
    replaced = {re.sub(r"/\w+/(\w+)\.[sS]$", r"/\1.c", name) for name in assembly}
    sources = [f"{place}/{name}.c" for place, names in _SOURCES.items() for name in names.split()]
    sources = [name for name in sources if name not in replaced] + list(assembly)
    shim = os.path.join(setting.root, "benchmarks", "library", "musl")
    files = [os.path.join(folder, "src", name) for name in sources] + [os.path.join(shim, "start.c")]
    includes = [
        *(f"-I{path}" for path in (shim, os.path.join(folder, "arch", machine), os.path.join(folder, "arch/generic"))),
        *(f"-I{os.path.join(work, 'include')}", f"-I{os.path.join(folder, 'src/include')}"),
        *(f"-I{os.path.join(folder, name)}" for name in ("src/internal", "include")),
    ]

    def one(path: str) -> str:
        made = os.path.join(work, os.path.relpath(path, folder if path.startswith(folder) else shim).replace("/", "_"))
        made += ".o"
        if path.endswith(".c"):
            floating = any(f"/src/{name}" in path for name in _FLOATING)
            general = flags.compiler_flags(target, "release", "c", floating=floating)
            argv = [toolchain.cc, *general, "-w", "-D_XOPEN_SOURCE=700", "-std=c99", *flags.RUNTIME_FLAGS[:1]]
        else:
            argv = [toolchain.cc, *flags.assembler_flags(target)]
        run_once(Command([*argv, *includes, "-c", path, "-o", made]))
        return made

    with ThreadPoolExecutor(setting.jobs) as pool:
        objects = list(pool.map(one, files))
    together = os.path.join(work, "together.o")
    run_once(Command([toolchain.ld, "-r", "-o", together, *objects]))
    renamed = os.path.join(work, "musl.o")
    _rename(toolchain, together, renamed)
    return renamed


def _headers(folder: str, machine: str, work: str) -> None:
    """The two headers that musl's Makefile generates."""
    arch = os.path.join(folder, "arch", machine, "bits")
    script = os.path.join(folder, "tools", "mkalltypes.sed")
    types = [os.path.join(arch, "alltypes.h.in"), os.path.join(folder, "include", "alltypes.h.in")]
    done = run_once(Command(["sed", "-f", script, *types]))
    with open(os.path.join(work, "include", "bits", "alltypes.h"), "wb") as file:
        file.write(done.stdout)
    with open(os.path.join(work, "include", "bits", "syscall.h"), "w", encoding="utf-8") as file:
        file.write("".join(f"#define SYS_{name} {number}\n" for name, number in _numbers(folder, machine).items()))


def system_calls(folder: str, target: Target) -> dict[str, int]:
    """Name -> number, of the calls that benchmarks/library/musl/plan9.c knows."""
    return {name: number for name, number in _numbers(folder, _MACHINES[target.name][0]).items() if name in _CALLS}


def _numbers(folder: str, machine: str) -> dict[str, int]:
    with open(os.path.join(folder, "arch", machine, "bits", "syscall.h.in"), encoding="utf-8") as file:
        return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+)\s+(\d+)\b", file.read())}


def _rename(toolchain: Toolchain, together: str, renamed: str) -> None:
    defined: set[str] = set()
    undefined: set[str] = set()
    for line in _tool(toolchain, "nm", "-P", "-g", together).splitlines():
        name, kind = line.split()[:2]
        (undefined if kind in "Uw" else defined).add(name)
    strange = [name for name in sorted(undefined) if not _GIVEN.fullmatch(name)]
    if strange:
        raise Failed(
            f"musl's object lacks {', '.join(strange)}: this version of musl has them in files of another name"
        )
    names = renamed + ".names"
    with open(names, "w", encoding="utf-8") as file:
        file.writelines(f"{name} musl_{name}\n" for name in sorted(defined))
    _tool(toolchain, "objcopy", f"--redefine-syms={names}", together, renamed)


def _tool(toolchain: Toolchain, name: str, *arguments: str) -> str:
    path = run_once(Command([toolchain.cc, f"-print-prog-name={name}"])).stdout.decode().strip()
    return run_once(Command([path, *arguments])).stdout.decode()
