"""The compiler's and the linker's flags, and why each is there (facts/abi.md §9, facts/exec.md §9).

Distributions build their GCC with defaults that a Plan 9 program cannot have: position-independent
executables, CET and BTI notes, stack protector, outline atomics, build-id, `_FORTIFY_SOURCE`.  Every
one is switched off by name, so that the same source gives the same program with any GCC.
"""

from __future__ import annotations

from collections.abc import Sequence

from elf9.target import Target

__all__ = [
    "LANGUAGES",
    "RUNTIME_FLAGS",
    "assembler_flags",
    "compiler_flags",
    "language_of",
    "link_flags",
    "prefix_maps",
]

#: File name extension -> language.
LANGUAGES = {".c": "c", ".s": "asm", ".S": "asm", ".cc": "c++", ".cpp": "c++", ".cxx": "c++", ".C": "c++"}

#: Of every language: nothing that needs another system's start-up, loader or thread pointer.
_MACHINE_INDEPENDENT = (
    "-ffreestanding",
    "-nostdinc",
    "-fno-pic",
    "-fno-pie",
    "-fno-stack-protector",
    "-fno-stack-clash-protection",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-fsigned-char",
    "-fno-strict-aliasing",
    "-fwrapv",
    # a nil pointer is a fault that the kernel names, not an undefined instruction that GCC puts there
    "-fno-delete-null-pointer-checks",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-lto",
    "-U_FORTIFY_SOURCE",
)

#: -fcommon: `int n;` in two files is one variable, as for kencc, whose headers have such lines.
_C = ("-std=gnu17", "-fplan9-extensions", "-fcommon")

_CXX = ("-std=gnu++17", "-fno-exceptions", "-fno-rtti")

#: Of the runtime's own C: its memset must not become a call of memset; and nothing of what u.h
#: forgives or changes.
RUNTIME_FLAGS = ("-fno-tree-loop-distribute-patterns", "-fno-common", "-DELF9_WARN=1", "-DELF9_RUNTIME=1")

#: Without the one that Plan 9's own idiom earns on every line: `int i; i < nelem(table)`.  The pragmas of
#: its headers are not GCC's: elf9.build.libraries reads them.
_WARNINGS = ("-Wall", "-Wextra", "-Wno-sign-compare", "-Wno-unknown-pragmas")

_MODES = {"debug": ("-Og",), "release": ("-O2",)}

#: Debug information goes into release builds as well: it is not loaded, and backtraces need it.
#: DWARF 4, because GCC 10 and 11 differ in their default.
_DEBUG_INFORMATION = ("-g", "-gdwarf-4", "-gno-record-gcc-switches")


def language_of(name: str) -> str:
    """`c`, `c++`, `asm`, or "" for a file that no compiler takes."""
    dot = name.rfind(".")
    return LANGUAGES.get(name[dot:], "") if dot >= 0 else ""


def compiler_flags(target: Target, mode: str, language: str, *, floating: bool) -> list[str]:
    """The flags for one C or C++ file; `floating` lets the compiler use FP and vector registers."""
    return [
        *(_C if language == "c" else _CXX),
        *_MODES[mode],
        *_DEBUG_INFORMATION,
        *_WARNINGS,
        *_MACHINE_INDEPENDENT,
        *target.machine_flags,
        *(target.machine_flags_float if floating else target.machine_flags_integer),
    ]


def assembler_flags(target: Target) -> list[str]:
    """The flags for one assembly file, .s or .S (which the preprocessor sees first)."""
    return ["-g", "-gdwarf-4", "-Wa,--noexecstack", "-nostdinc", "-U_FORTIFY_SOURCE", *target.machine_flags]


def prefix_maps(maps: Sequence[tuple[str, str]]) -> list[str]:
    """Flags that keep the folder out of the output; the last map that fits wins in GCC."""
    return [f"-ffile-prefix-map={old}={new}" for old, new in maps]


def link_flags() -> list[str]:
    """ld's flags: exactly what the linker script says, and nothing that a distribution adds.

    `-n` packs both segments without page alignment (facts/exec.md §9).  ld is called directly, for the
    compiler's specs would add start files, PIE and hardening of the distribution's.
    """
    return [
        "-nostdlib",
        "-static",
        "-n",
        "--build-id=none",
        "--no-dynamic-linker",
        "--no-eh-frame-hdr",
        "--gc-sections",
        "--orphan-handling=error",
        "--no-warn-rwx-segments",
        "-z",
        "noexecstack",
        "-z",
        "norelro",
        "-z",
        "noseparate-code",
    ]
