"""What the benchmarks run with: this checkout, its Python, the compilers, the peers; and what the host is."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property

from elf9.build.toolchain import Cache, Toolchain, ToolchainError, discover
from elf9.target import TARGETS, Target

__all__ = ["QEMU", "Qemu", "Setting"]

#: Machine -> the names of its user-mode QEMU.
QEMU = {
    "amd64": ("qemu-x86_64", "qemu-x86_64-static"),
    "arm64": ("qemu-aarch64", "qemu-aarch64-static"),
}


@dataclass(frozen=True, slots=True)
class Qemu:
    """A user-mode QEMU, or why there is none."""

    path: str  #: "" if it is missing
    name: str
    version: str


class Setting:
    """`rounds` scales how often things run: 1 is usual, less is quicker."""

    def __init__(self, root: str, *, machines: list[str], quick: bool, qiling: str) -> None:
        self.root = root
        self.quick = quick
        self.qiling_python = qiling
        #: Survives between runs, below what `scons -c` removes.
        self.work = os.path.join(root, "build", "benchmarks")
        os.makedirs(self.work, exist_ok=True)
        self.jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        #: Machines to measure, each with its compiler.
        self.toolchains: dict[str, Toolchain] = {}
        #: Machines that cannot be measured -> why.
        self.missing: dict[str, str] = {}
        cache = Cache(os.path.join(self.work, "toolchains.json"))
        for name in machines:
            try:
                self.toolchains[name] = discover(TARGETS[name], cache=cache)
            except ToolchainError as error:
                self.missing[name] = f"no compiler for {name}: {str(error).splitlines()[0]}"
        cache.save()

    @property
    def targets(self) -> list[Target]:
        """The machines that can be measured."""
        return [TARGETS[name] for name in self.toolchains]

    @cached_property
    def elf9(self) -> list[str]:
        """How `elf9` is started: as the console script beside this Python does, on this checkout's package."""
        return [sys.executable, "-IS", "-c", _CONSOLE.format(paths=[self._package, *_library_folders()])]

    @property
    def scons(self) -> list[str]:
        """How `./scons` starts SCons."""
        return [sys.executable, "-P", "-m", "SCons", "-Q"]

    @property
    def scons_environment(self) -> dict[str, str]:
        """With this checkout's `elf9`, whether it is installed or not."""
        return {"PYTHONPATH": self._package}

    def _revision(self) -> str:
        """The commit, and whether the files are still as in it."""
        commit = _said(["git", "-C", self.root, "log", "-1", "--format=%h %cs"])
        changed = _said(["git", "-C", self.root, "status", "--porcelain", "-uno"])
        return (commit + " with changes" if changed else commit) or "no git"

    @property
    def _package(self) -> str:
        return os.path.join(self.root, "site_scons")

    @cached_property
    def qemu(self) -> dict[str, Qemu]:
        """The user-mode QEMU of each machine."""
        return {machine: _find_qemu(names) for machine, names in QEMU.items()}

    @cached_property
    def qiling(self) -> str:
        """Version of Qiling in the Python that may have it, or ""."""
        return _said([self.qiling_python, "-c", "import qiling; print(qiling.__version__)"])

    @cached_property
    def make(self) -> str:
        """GNU make's path, or ""."""
        for name in ("gmake", "make"):
            path = shutil.which(name)
            if path and "GNU Make" in _said([path, "--version"]):
                return path
        return ""

    def describe(self) -> dict[str, str]:
        """The host and every version that the figures depend on."""
        load = " ".join(f"{number:.1f}" for number in os.getloadavg())
        busy = "; busy: wall times are too long" if os.getloadavg()[0] > self.jobs / 2 else ""
        found = {
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "host": f"{_processor()}, {self.jobs} CPUs, {platform.system()} {platform.release()}",
            "load": f"{load} (1, 5, 15 minutes, at the start){busy}",
            "elf9": ", ".join(
                [
                    self._revision(),
                    f"Python {platform.python_version()}",
                    *(f"{name} {importlib.metadata.version(name)}" for name in ("unicorn", "scons")),
                ]
            ),
        }
        for name, toolchain in self.toolchains.items():
            found[f"compiler {name}"] = f"{toolchain.version}; {toolchain.ld_version}"
        for qemu in self.qemu.values():
            found[qemu.name] = qemu.version
        found["Qiling"] = self.qiling or "not installed"
        found["make"] = _said([self.make, "--version"]) if self.make else "GNU make is not installed"
        return found


_CONSOLE = "import sys; sys.path += {paths!r}; from elf9.cli.main import console; console()"


def _library_folders() -> list[str]:
    """Where this Python has Unicorn."""
    return [folder for folder in sys.path if os.path.isdir(os.path.join(folder, "unicorn", "lib"))][:1]


def _find_qemu(names: tuple[str, ...]) -> Qemu:
    for name in names:
        path = shutil.which(name)
        if path:
            return Qemu(path, name, _said([path, "--version"]))
    return Qemu("", names[0], "not installed (Debian: sudo apt install qemu-user)")


def _said(argv: list[str]) -> str:
    """The first line that a command prints; "" if it fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
