"""The host's Go: where it is, why it cannot be used, and builds of the programs beside this file.

Everything that Go makes goes to `build/go`, and nothing comes from the network.
"""

from __future__ import annotations

import fcntl
import functools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BUILD", "LAUNCHER", "ROOT", "Go", "build", "find", "launcher"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "go"
LAUNCHER = HERE / "launch.py"

#: The oldest Go that was tried; older ones do not know generics, which the programs use.
_OLDEST = (1, 19)


@dataclass(frozen=True, slots=True)
class Go:
    """A Go that can build for plan9/amd64."""

    path: str
    version: str
    #: Its standard library: GOROOT as the go command says it.
    root: Path

    def environment(self, *, plan9: bool) -> dict[str, str]:
        """The variables of a go command: caches below `build/go`, no network, no settings of the user's."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        made = {
            "GOCACHE": str(BUILD / "cache"),
            "GOPATH": str(BUILD / "path"),
            "GOENV": "off",
            "GOFLAGS": "",
            "GOPROXY": "off",
            "GOTELEMETRY": "off",
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
            "HOME": str(BUILD),
        }
        if plan9:
            made |= {"GOOS": "plan9", "GOARCH": "amd64"}
        return kept | made


@functools.cache
def find() -> Go | str:
    """The host's Go, or in a sentence why there is none to use."""
    path = shutil.which("go")
    if path is None:
        return "no Go here (Debian, Ubuntu: apt-get install --no-install-recommends golang-go)"
    environment = {**os.environ, "GOENV": "off", "GOTOOLCHAIN": "local", "GOTELEMETRY": "off", "HOME": str(BUILD)}
    asked = [path, "env", "GOVERSION", "GOROOT"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60, env=environment)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{path} does not work: {error}"
    version, root = [*done.stdout.splitlines(), "", ""][:2]
    number = re.match(r"go(\d+)\.(\d+)", version)
    if number is None or (int(number[1]), int(number[2])) < _OLDEST:
        return f"{path} is {version or 'nameless'}, and go{_OLDEST[0]}.{_OLDEST[1]} is the oldest that will do"
    if not (Path(root) / "src" / "runtime" / "os_plan9.go").exists():
        return f"{path} has no sources of its library for Plan 9 in {root} (Debian: golang-src)"
    return Go(path, version, Path(root))


def build(go: Go, *, plan9: bool) -> Path:
    """The folder with the programs `cases`, `hello` and `pwd`, built now unless they are up to date."""
    folder = BUILD / ("plan9" if plan9 else "native")
    folder.mkdir(parents=True, exist_ok=True)
    command = [go.path, "build", "-o", f"{folder}{os.sep}", "./..."]
    # other processes of the test run want the same files
    with open(BUILD / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment = go.environment(plan9=plan9)
        done = subprocess.run(
            command, cwd=HERE / "programs", env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return folder


def launcher(*options: str) -> list[str]:
    """The command that runs a program for Plan 9, with options of elf9 run: `[*launcher(), program, argument, …]`."""
    return [sys.executable, str(LAUNCHER), *options, "--"]
