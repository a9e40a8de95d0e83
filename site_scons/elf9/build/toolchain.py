"""Finds a GCC for each target, asks it what it is, and remembers the answer.

Order: what the user names (`CC_amd64=...` on the command line), else the names in
`Target.compilers`; `-dumpmachine` decides, not the name.  Only GCC will do: Plan 9 C needs
`-fplan9-extensions`, which clang does not have.  This module does not import SCons, so that
`elf9 doctor` can use it.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields

from elf9.target import TARGETS, Target, by_gnu_machine

__all__ = [
    "OLDEST_GCC",
    "Cache",
    "Toolchain",
    "ToolchainError",
    "clean_environment",
    "cxx_hint",
    "discover",
    "install_hint",
    "probe",
]

#: The first GCC that knows every flag used: `-mno-outline-atomics` (10).
OLDEST_GCC = 10

#: Seconds after which a compiler that does not even say its version is given up.
_PATIENCE = 30

#: Systems whose GCC does not write ELF files, as they show in `-dumpmachine`.
_NOT_ELF = ("darwin", "mingw", "cygwin", "msys", "windows")


class ToolchainError(Exception):
    """No compiler, or one that cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One compiler with its binutils.  Every path is absolute."""

    target: str  #: name of the Target
    cc: str
    machine: str  #: `-dumpmachine`
    version: str  #: first line of `--version`
    ld: str
    ld_version: str  #: first line of `ld --version`
    ar: str
    objdump: str  #: "" if there is none
    cxx: bool  #: whether this GCC compiles C++
    libgcc: str  #: the static libgcc, "" if there is none
    include: str  #: the folder of GCC's own freestanding headers, stddef.h and so on

    @property
    def signature(self) -> str:
        """What makes an object stale when it changes: path and version of compiler and linker."""
        return f"{self.cc}\n{self.machine}\n{self.version}\n{self.ld}\n{self.ld_version}\n{self.libgcc}"

    @property
    def gcc_major(self) -> int:
        """12 for GCC 12.2; 0 if the version line has no number."""
        return _major(self.version)


def clean_environment(programs: Iterable[str] = ()) -> dict[str, str]:
    """The environment of every compiler run: nothing of the user's that could change its output.

    PATH holds the folders of `programs` and the system's two, for GCC looks there for `as`.
    HOME and TMPDIR are kept for wrappers such as ccache; GCC takes no settings from them.
    """
    folders = [os.path.dirname(program) for program in programs if program]
    path = dict.fromkeys(folder for folder in [*folders, "/usr/bin", "/bin"] if folder)
    environment = {"PATH": ":".join(path), "LC_ALL": "C"}
    for name in ("HOME", "TMPDIR"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment


def install_hint(target: Target, *, machine: str | None = None) -> list[tuple[str, str]]:
    """How to get a compiler for `target`: (system, command) pairs, the running system's own first.

    `machine` is the host's as `platform.machine()` gives it.  Debian's `gcc-multilib` is never asked
    for: it conflicts with the cross compilers.
    """
    native = by_gnu_machine(machine or platform.machine()) is target
    gnu = target.gnu_cpu
    package = gnu.replace("_", "-")
    if native:
        hints = [
            ("Debian/Ubuntu", "sudo apt install gcc g++"),
            ("Fedora", "sudo dnf install gcc gcc-c++"),
            ("Arch", "sudo pacman -S gcc"),
        ]
    else:
        hints = [
            ("Debian/Ubuntu", f"sudo apt install gcc-{package}-linux-gnu g++-{package}-linux-gnu"),
            ("Fedora", f"sudo dnf install gcc-{gnu}-linux-gnu gcc-c++-{gnu}-linux-gnu"),
            ("Arch", f"sudo pacman -S {gnu}-linux-gnu-gcc" if gnu == "aarch64" else f"yay -S {gnu}-elf-gcc"),
        ]
    hints.append(("Homebrew", f"brew install {gnu}-elf-gcc"))
    here = _this_system()
    return sorted(hints, key=lambda hint: hint[0] != here)


def cxx_hint(toolchain: Toolchain) -> str:
    """The command that adds C++ to an installed GCC, for Debian; other systems bundle it."""
    triple = toolchain.machine.replace("_", "-")
    native = by_gnu_machine(platform.machine()) is TARGETS[toolchain.target]
    return "sudo apt install g++" if native else f"sudo apt install g++-{triple}"


def _this_system() -> str:
    """The name that `install_hint` uses for the system we run on, or "" if it is none of these."""
    if platform.system() == "Darwin":
        return "Homebrew"
    for tool, name in (("apt-get", "Debian/Ubuntu"), ("dnf", "Fedora"), ("pacman", "Arch")):
        if shutil.which(tool):
            return name
    return ""


class Cache:
    """What compilers said, by their file's path, time and size: a null build starts no compiler.

    One JSON file.  A cache that cannot be read or written is only slower, never an error.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._entries: dict[str, dict[str, object]] = {}
        self._changed = False
        try:
            with open(path, encoding="utf-8") as file:
                entries = json.load(file)
        except (OSError, ValueError):
            return
        if isinstance(entries, dict):
            self._entries = entries

    def get(self, key: str) -> Toolchain | str | None:
        """The toolchain behind `key`, or the reason why it is none, or None if it was never asked."""
        entry = self._entries.get(key)
        if not isinstance(entry, dict):
            return None
        if "refused" in entry:
            return str(entry["refused"])
        names = {field.name for field in fields(Toolchain)}
        if set(entry) != names | {"seen"}:
            return None
        toolchain = Toolchain(**{name: entry[name] for name in names})  # type: ignore[arg-type]
        return toolchain if entry["seen"] == _seen(toolchain) else None

    def put(self, key: str, answer: Toolchain | str) -> None:
        """Remember an answer; `save` writes it."""
        if isinstance(answer, str):
            self._entries[key] = {"refused": answer}
        else:
            self._entries[key] = {**asdict(answer), "seen": _seen(answer)}
        self._changed = True

    def save(self) -> None:
        """Write the file if there is something new in it."""
        if not self._changed:
            return
        scratch = f"{self.path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(scratch, "w", encoding="utf-8") as file:
                json.dump(self._entries, file, indent=1, sort_keys=True)
            os.replace(scratch, self.path)
        except OSError:
            return
        self._changed = False


def _seen(toolchain: Toolchain) -> list[str]:
    """The state of every file that a toolchain stands for, besides the compiler itself."""
    return [_file_key(path) for path in (toolchain.ld, toolchain.ar, toolchain.libgcc) if path]


def _file_key(path: str) -> str:
    """Path, modification time and size of a file; "" for one that is gone."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{path} {status.st_mtime_ns} {status.st_size}"


def discover(target: Target, *, named: str = "", cache: Cache | None = None) -> Toolchain:
    """The compiler for `target`: the one `named` by the user and no other, else the first that will do.

    ToolchainError says what was looked for, what each was, and how to install one.
    """
    if named:
        answer = _ask(target, named, cache)
        if isinstance(answer, Toolchain):
            return answer
        raise ToolchainError(f"CC_{target.name}={named} cannot be used: {answer}.")
    looked: list[str] = []
    for name in target.compilers:
        answer = _ask(target, name, cache)
        if isinstance(answer, Toolchain):
            return answer
        looked.append(f"  {name + ':':<26} {answer}")
    width = max(len(system) for system, _ in install_hint(target))
    hints = "\n".join(f"  {system + ':':<{width + 1}} {command}" for system, command in install_hint(target))
    raise ToolchainError(
        f"no compiler for {target.name}. Looked for:\n" + "\n".join(looked) + "\n"
        f"Install one:\n{hints}\nor name one: CC_{target.name}=/path/to/gcc"
    )


def _ask(target: Target, name: str, cache: Cache | None) -> Toolchain | str:
    """Probe the compiler `name`, through the cache."""
    path = shutil.which(os.path.expanduser(name))
    if path is None:
        return "there is no such program" if os.sep in name else "not found in PATH"
    path = os.path.abspath(path)
    key = f"{target.name} {_file_key(path)}"
    known = cache.get(key) if cache is not None else None
    if known is not None:
        return known
    answer = probe(target, path)
    if cache is not None:
        cache.put(key, answer)
    return answer


def probe(target: Target, path: str) -> Toolchain | str:
    """Ask the program at `path` what it is: a Toolchain, or one sentence saying why it will not do."""
    environment = clean_environment([path])

    def say(*arguments: str) -> str:
        done = subprocess.run(
            [path, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=True,
        )
        return done.stdout.decode(errors="replace").strip()

    try:
        machine = say("-dumpmachine")
        version = say("--version").partition("\n")[0]
        refusal = _refusal(target, machine, version)
        if refusal:
            return refusal
        toolchain = _complete(target, path, machine, version, say)
    except (OSError, subprocess.SubprocessError) as error:
        return f"is no working compiler ({_reason(error)})"
    return toolchain


def _refusal(target: Target, machine: str, version: str) -> str:
    """Why a compiler with this `-dumpmachine` and version line is not used; "" if it may be."""
    if "clang" in version.lower():
        return f"is clang ({version}), and Plan 9 C needs GCC's -fplan9-extensions"
    if by_gnu_machine(machine) is not target:
        return f"produces {machine or 'nothing it would name'} (-dumpmachine), not {target.gnu_cpu}"
    if any(system in machine for system in _NOT_ELF):
        return f"produces {machine} (-dumpmachine), which are not ELF files"
    if "gcc" not in version.lower() and "Free Software Foundation" not in version and not _major(version):
        return f"does not say that it is GCC ({version or 'no version'})"
    if 0 < _major(version) < OLDEST_GCC:
        return f"is too old ({version}); GCC {OLDEST_GCC} or newer is needed"
    return ""


def _complete(target: Target, path: str, machine: str, version: str, say: Callable[..., str]) -> Toolchain | str:
    """Find the binutils and libraries that belong to a GCC."""

    def program(name: str) -> str:
        answer = say(f"-print-prog-name={name}")
        if os.path.isabs(answer):
            return os.path.realpath(answer)
        beside = os.path.join(os.path.dirname(path), f"{machine}-{name}")
        search = clean_environment([path])["PATH"]
        return beside if os.access(beside, os.X_OK) else shutil.which(answer, path=search) or ""

    ld, ar = program("ld.bfd") or program("ld"), program("ar")
    for name, found in (("ld", ld), ("ar", ar), ("as", program("as"))):
        if not found:
            return f"({version}) has no {name}: install its binutils"
    libgcc = say(*target.machine_flags, "-print-libgcc-file-name")
    include = say("-print-file-name=include")
    if not os.path.exists(os.path.join(include, "stddef.h")):
        return f"({version}) has no stddef.h in {include}"
    return Toolchain(
        target=target.name,
        cc=path,
        machine=machine,
        version=version,
        ld=ld,
        ld_version=_first_line(ld),
        ar=ar,
        objdump=program("objdump"),
        cxx=os.path.isabs(say("-print-prog-name=cc1plus")),
        libgcc=os.path.realpath(libgcc) if os.path.isabs(libgcc) and os.path.exists(libgcc) else "",
        include=os.path.realpath(include),
    )


def _first_line(program: str) -> str:
    """The first line of `program --version`."""
    done = subprocess.run(
        [program, "--version"],
        env=clean_environment([program]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_PATIENCE,
        check=True,
    )
    return done.stdout.decode(errors="replace").partition("\n")[0]


def _major(version: str) -> int:
    """The major number in a `--version` line: the last word that starts with a digit and has a dot."""
    for word in reversed(version.split()):
        head = word.partition(".")[0]
        if head.isdigit() and "." in word:
            return int(head)
    return 0


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer to {error.cmd[-1]} in {_PATIENCE} seconds"
    if isinstance(error, subprocess.CalledProcessError):
        return f"{error.cmd[-1]} ended with status {error.returncode}"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)
