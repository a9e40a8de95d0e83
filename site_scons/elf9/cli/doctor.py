"""`elf9 doctor`: what elf9 needs on this machine, what it found, and what to do about the rest."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from elf9 import __version__
from elf9.target import TARGETS, Target

if TYPE_CHECKING:
    import argparse

__all__ = ["Finding", "add_arguments", "examine", "library_versions", "main"]

OLDEST_PYTHON = (3, 11)
#: Distributions that elf9 stands on, and what of elf9 needs them.
LIBRARIES = {
    "unicorn": "elf9 run",
    "scons": "builds",
    "pyelftools": "explanations of faults",
    "capstone": "elf9 check",
    "rich": "progress of builds",
    "greenlet": "9P servers in elf9 run",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    #: "ok", "note" (works, but less well) or "problem".
    state: str
    #: What was looked at: "python", "unicorn", "compiler for amd64".
    subject: str
    #: What was found.
    found: str
    #: What to do; empty if nothing need be done.
    cure: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `elf9 doctor`."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.epilog = "Exit status: 0 if everything needed is there, 1 if not."


def main(namespace: argparse.Namespace) -> int:
    """Print the findings; 1 if there is a problem."""
    findings = list(examine())
    if namespace.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print(to_text(findings, colour=os.isatty(1) and "NO_COLOR" not in os.environ), end="")
    return 1 if any(finding.state == "problem" for finding in findings) else 0


def to_text(findings: list[Finding], *, colour: bool) -> str:
    """A line a finding, and one for its cure."""
    width = max(len(finding.subject) for finding in findings)
    styles = {"ok": "32", "note": "33", "problem": "1;31"}
    lines = []
    for finding in findings:
        state = f"{finding.state:<8}"
        if colour:
            state = f"\x1b[{styles[finding.state]}m{state}\x1b[0m"
        lines.append(f"{state} {finding.subject:<{width}}  {finding.found}")
        lines += [f"{'':<{width + 10}} → {line}" for line in finding.cure.split("\n") if line]
    problems = sum(finding.state == "problem" for finding in findings)
    lines.append("" if problems else "Everything that elf9 needs is here.")
    if problems:
        lines[-1] = f"{problems} problem{'s' if problems > 1 else ''}; what to do stands behind the arrows."
    return "\n".join(lines) + "\n"


def examine() -> Iterator[Finding]:
    """Look at everything, the most important first.  Nothing is changed, no network is used."""
    yield _elf9()
    yield _python()
    yield _host()
    yield from _libraries()
    yield _unicorn()
    yield _accelerator()
    yield from _data()
    for target in TARGETS.values():
        yield _compiler(target)
    yield _terminal()


def library_versions() -> list[tuple[str, str | None]]:
    """The libraries and their installed versions; None for one that is missing."""
    from importlib.metadata import PackageNotFoundError, version

    found: list[tuple[str, str | None]] = []
    for name in LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, None))
    return found


def _elf9() -> Finding:
    return Finding("ok", "elf9", f"{__version__} in {os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}")


def _python() -> Finding:
    found = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("problem", "python", found, "install Python 3.11 or newer")
    if platform.python_implementation() != "CPython":
        return Finding("note", "python", found, "only CPython is tested")
    return Finding("ok", "python", found)


def _host() -> Finding:
    system, machine = platform.system(), platform.machine()
    found = f"{system} {platform.release()} on {machine}"
    if (system, machine) in {("Linux", "x86_64"), ("Linux", "aarch64")}:
        return Finding("ok", "host", found)
    if system == "Darwin":
        return Finding("note", "host", found, "macOS is expected to work, but not tested")
    return Finding("note", "host", found, "tested hosts are Linux on x86_64 and aarch64")


def _pinned() -> dict[str, str]:
    """The versions that this elf9 was tested with, from its own metadata or its checkout."""
    lines: list[str] = []
    try:
        import tomllib

        here = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(here, "..", "..", "..", "pyproject.toml"), "rb") as file:
            project = tomllib.load(file)["project"]
        if project.get("name") == "elf9":
            lines = list(project.get("dependencies", []))
    except (OSError, ValueError, KeyError):
        from importlib.metadata import PackageNotFoundError, requires

        try:
            lines = requires("elf9") or []
        except PackageNotFoundError:
            lines = []
    pairs = (line.split(";")[0].strip().partition("==") for line in lines if "extra ==" not in line)
    return {name.strip().lower(): number.strip() for name, _, number in pairs}


def _libraries() -> Iterator[Finding]:
    pinned = _pinned()
    for name, installed in library_versions():
        if pinned and name not in pinned:
            continue
        wanted = pinned.get(name)
        spec = f"{name}=={wanted}" if wanted else name
        cure = f"{sys.executable} -m pip install '{spec}'   (or ./scons, which sets up everything)"
        if installed is None:
            yield Finding("problem", name, f"not installed; needed for {LIBRARIES[name]}", cure)
        elif wanted and installed != wanted:
            yield Finding("note", name, f"{installed}, but {wanted} is what was tested", cure)
        else:
            yield Finding("ok", name, installed)


def _unicorn() -> Finding:
    """Whether the library itself loads: the package may be there for another machine."""
    try:
        import unicorn

        major, minor, patch = unicorn.uc_version()[0], unicorn.uc_version()[1], unicorn.__version__
        for arch in (unicorn.UC_ARCH_X86, unicorn.UC_ARCH_ARM64):
            if not unicorn.uc_arch_supported(arch):
                return Finding("problem", "unicorn library", "built without x86 or arm64", "install Unicorn from PyPI")
    except ImportError as error:
        return Finding("problem", "unicorn library", f"does not load: {error}", "install Unicorn again")
    return Finding("ok", "unicorn library", f"loads (engine {major}.{minor}, binding {patch}), knows both machines")


def _accelerator() -> Finding:
    """The optional C helper of the machine (elf9.machine.native), which the host's own compiler makes."""
    from elf9.machine import native

    if os.environ.get("ELF9_NATIVE") == "0":
        return Finding("note", "accelerator", "forbidden by ELF9_NATIVE=0", "programs run, but some of them slower")
    if native.load() is None:
        cure = f"install a C compiler for this host and see that {native.cache_folder()} can be written"
        return Finding("note", "accelerator", "not available: programs run, but some of them slower", cure)
    return Finding("ok", "accelerator", f"in {native.cache_folder()}")


def _data() -> Iterator[Finding]:
    try:
        from elf9.build import paths

        folders = [paths.runtime_dir(), paths.linker_dir()]
    except Exception as error:
        yield Finding("problem", "runtime files", str(error), "install elf9 again, or run it from its checkout")
        return
    yield Finding("ok", "runtime files", ", ".join(folders))


def _compiler(target: Target) -> Finding:
    subject = f"compiler for {target.name}"
    try:
        from elf9.build.toolchain import ToolchainError, discover, install_hint
    except ImportError as error:
        return Finding("problem", subject, f"cannot be looked for: {error}", "install elf9 again")
    try:
        found = discover(target)
    except ToolchainError:
        cure = "\n".join(f"{system}: {command}" for system, command in install_hint(target))
        return Finding("problem", subject, f"none found (looked for {', '.join(target.compilers)})", cure)
    text = f"{found.cc} ({found.version})"
    return Finding("ok", subject, text if found.cxx else f"{text}, without C++")


def _terminal() -> Finding:
    if sys.stdout is None or not sys.stdout.isatty():
        return Finding("ok", "terminal", "none: output is plain")
    size = os.get_terminal_size(sys.stdout.fileno())
    colour = "off (NO_COLOR)" if "NO_COLOR" in os.environ else "on"
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    found = f"{os.environ.get('TERM', 'unknown')}, {size.columns}×{size.lines}, colour {colour}"
    if encoding != "utf8":
        return Finding("note", "terminal", f"{found}, encoding {sys.stdout.encoding}", "set LANG=C.UTF-8")
    return Finding("ok", "terminal", found)
