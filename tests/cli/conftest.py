"""Whole commands as users type them: `elf9` in a process of its own, on a program compiled for both machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import elf9
from elf9.target import TARGETS

HERE = Path(__file__).parent
COMPILERS = {
    "amd64": ("x86_64-elf-gcc", "x86_64-linux-gnu-gcc"),
    "arm64": ("aarch64-elf-gcc", "aarch64-linux-gnu-gcc"),
}
FLAGS = [
    "-g", "-O1", "-ffreestanding", "-fno-pic", "-no-pie", "-static", "-nostdlib", "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-mgeneral-regs-only", "-Wl,--build-id=none",
    "-Wl,-z,noexecstack", "-Wl,-T,probe.ld",
]  # fmt: skip
SCRIPT = """\
ENTRY(_start)
PHDRS {{ text PT_LOAD FILEHDR PHDRS FLAGS(5); data PT_LOAD FLAGS(6); }}
SECTIONS
{{
    . = {base:#x} + SIZEOF_HEADERS;
    .text : {{ *(.text .text.*) *(.rodata .rodata.*) }} :text
    . = ALIGN({align:#x});
    .data : {{ *(.data .data.*) LONG(0) }} :data
    .bss : {{ *(.bss .bss.* COMMON) }} :data
}}
"""


@pytest.fixture(scope="session", params=sorted(TARGETS))
def probe(request, tmp_path_factory) -> Path:
    """The program of probe.c, with its debug information."""
    target = TARGETS[request.param]
    compiler = next((name for name in COMPILERS[target.name] if shutil.which(name)), None)
    if compiler is None:
        pytest.skip(f"no compiler for {target.name}")
    folder = tmp_path_factory.mktemp(target.name)
    for name in ("probe.c", f"{target.name}.s"):
        shutil.copy(HERE / name, folder)
    (folder / "probe.ld").write_text(SCRIPT.format(base=target.text_base, align=target.segment_align))
    machine = ["-fcf-protection=none"] if target.name == "amd64" else ["-mbranch-protection=none"]
    subprocess.run([compiler, *FLAGS, *machine, "-o", "probe", "probe.c", f"{target.name}.s"], cwd=folder, check=True)
    program: Path = folder / "probe"
    return program


@pytest.fixture
def environment() -> dict[str, str]:
    """The host's environment with this package first, and nothing that would change what is said."""
    kept = {name: value for name, value in os.environ.items() if name not in {"ELF9_DEBUG", "NO_COLOR"}}
    return {**kept, "PYTHONPATH": str(Path(elf9.__file__).parents[1]), "TERM": "xterm", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def elf9_run(tmp_path, environment) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """`elf9_run(words…, input=b"")` in an empty directory."""

    def go(*words: str | bytes | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
        settings: dict[str, Any] = {
            "cwd": tmp_path,
            "env": environment,
            "capture_output": True,
            "timeout": 60,
            "input": b"",
        }
        command = [sys.executable, "-m", "elf9", "run", *words]
        return subprocess.run(command, check=False, **(settings | options))

    return go
