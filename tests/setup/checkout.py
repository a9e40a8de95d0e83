"""A checkout with the real launcher and stand-ins for everything that it calls.

`python3` makes a real virtual environment, but its `pip` installs a SCons that only reports how it was
called; `apt-get` makes the compilers that it is asked for.  Nothing else is in PATH but the tools of sh.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_TOOLS = (
    *("cat", "chmod", "cksum", "cp", "cut", "date", "env", "grep", "ls", "mkdir", "mv"),
    *("readlink", "rm", "sed", "sleep", "sort", "tail", "touch", "tr"),
)

_PYTHON = r"""#!/bin/sh
case "$*" in
*find_spec*)
    [ -z "$FAKE_TOO_OLD" ] || exit 1
    path=$0
    [ -n "$FAKE_HAS" ] || FAKE_HAS='venv pip'
    [ ! -e "$FAKE/venv-package" ] || FAKE_HAS='venv pip'
    [ -z "$FAKE_PATH" ] || [ -e "$FAKE/venv-package" ] || path=$FAKE_PATH
    printf '%s\n' "$path" 3.11 "$FAKE_HAS "
    ;;
*--version*) echo Python 3.9.2 ;;
*'-m venv'*)
    echo venv >>"$FAKE/calls"
    exec "$REAL_PYTHON" "$@"
    ;;
*'-m pip'*)
    echo "pip $*" >>"$FAKE/calls"
    [ ! -e "$FAKE/slow" ] || sleep "$(cat "$FAKE/slow")"
    if [ -e "$FAKE/no-network" ]; then
        echo "WARNING: Retrying after connection broken by 'NameResolutionError(no such host)': /x/"
        echo "ERROR: No matching distribution found for scons"
        exit 1
    fi
    for library in .venv/lib/python3*/site-packages; do cp -R "$FAKE/SCons" "$library"; done
    ;;
*) exec "$REAL_PYTHON" "$@" ;;
esac
"""

_SCONS = """\
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "folder": os.getcwd(), "python": sys.executable, "path": sys.path}))
"""

_APT = r"""#!/bin/sh
echo "apt-get $*" >>"$FAKE/calls"
case $1 in update) exit 0 ;; esac
[ ! -e "$FAKE/no-apt" ] || { echo 'E: Unable to locate package' >&2; exit 100; }
for package; do
    case $package in
    gcc | g++ | gcc-*-gnu | g++-*-gnu)
        name=$(echo "$package" | sed 's/^\(g[c+]*\)-\(.*\)/\2-\1/; s/x86-64/x86_64/')
        printf '#!/bin/sh\n' >"${0%/*}/$name"
        chmod +x "${0%/*}/$name"
        ;;
    python3.11-venv) touch "$FAKE/venv-package" ;;
    esac
done
"""

_UNAME = r"""#!/bin/sh
case $1 in -s) echo "${FAKE_SYSTEM:-Linux}" ;; -m) echo "${FAKE_MACHINE:-x86_64}" ;; -n) echo host ;; esac
"""

_MAIN = """\
import sys
def console():
    print("elf9", *sys.argv[1:], sys.flags.isolated, sys.flags.no_site)
"""


class Checkout:
    """`path` is the checkout; `run` starts its ./scons."""

    def __init__(self, folder: Path, name: str = "checkout") -> None:
        self.path = folder / name
        self.fake = folder / "fake"
        self.bin = self.fake / "bin"
        self.environment = {
            "PATH": str(self.bin),
            "HOME": "/nonexistent",
            "FAKE": str(self.fake),
            "REAL_PYTHON": os.path.realpath(getattr(sys, "_base_executable", sys.executable)),
        }
        package = self.path / "site_scons" / "elf9" / "cli"
        package.mkdir(parents=True)
        (package / "main.py").write_text(_MAIN)
        shutil.copy(ROOT / "scons", self.path / "scons")
        (self.path / "requirements.lock").write_text("scons==1\n")
        (self.fake / "SCons").mkdir(parents=True)
        (self.fake / "SCons" / "__main__.py").write_text(_SCONS)
        self.bin.mkdir()
        for tool in _TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.bin / tool).symlink_to(found)
        self.script("python3", _PYTHON)
        self.script("uname", _UNAME)
        self.script("id", "#!/bin/sh\necho 1000\n")

    def script(self, name: str, text: str) -> None:
        """Put a program into PATH."""
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def compilers(self, *names: str) -> Checkout:
        """Put compilers into PATH that nobody starts."""
        for name in names or ("gcc", "g++", "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++"):
            self.script(name, "#!/bin/sh\n")
        return self

    def root_with_apt(self) -> Checkout:
        """Be root on a Debian."""
        self.script("id", "#!/bin/sh\necho 0\n")
        self.script("apt-get", _APT)
        return self

    def start(self, *arguments: str, program: str = "", **environment: str) -> subprocess.Popen[str]:
        """Start ./scons in a process group of its own, from the folder /."""
        return subprocess.Popen(
            [program or str(self.path / "scons"), *arguments],
            cwd="/",
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, program: str = "", **environment: str) -> Outcome:
        """Run ./scons to its end."""
        process = self.start(*arguments, program=program, **environment)
        stdout, stderr = process.communicate(timeout=60)
        return Outcome(process.returncode, stdout, stderr)

    def calls(self) -> list[str]:
        """What was called since the last time: `venv`, `pip ...`, `apt-get ...`."""
        path = self.fake / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


class Outcome:
    """How a run ended."""

    def __init__(self, status: int, stdout: str, stderr: str) -> None:
        self.status, self.stdout, self.stderr = status, stdout, stderr

    @property
    def scons(self) -> dict[str, object]:
        """How SCons was called; fails if it was not."""
        assert self.status == 0, self.stderr
        report: dict[str, object] = json.loads(self.stdout)
        return report
