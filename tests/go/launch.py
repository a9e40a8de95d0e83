#!/usr/bin/env python3
"""Run a Go program for plan9/amd64 on the emulator: what `go test -exec` wants.

    GOOS=plan9 GOARCH=amd64 go test -exec tests/go/launch.py strings

`go test` starts the test program in its package's folder.  The program may write there if the user may, reads the
rest of GOROOT, and has a /tmp of its own, which is removed when it is over, and the /lib/ndb that every Plan 9 has.
Options of `elf9 run` may stand before the program, with `--` behind them; the exit status is that of `elf9 run`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PACKAGE = os.path.join(_ROOT, "site_scons")


def main(words: list[str]) -> int:
    """Run `[options of elf9 run --] PROGRAM [args…]`; the exit status."""
    options = []
    if "--" in words:
        options, words = words[: words.index("--")], words[words.index("--") + 1 :]
    if not words:
        print("usage: launch.py [options of elf9 run --] PROGRAM [args…]", file=sys.stderr)
        return 2
    scratch = tempfile.mkdtemp(prefix="elf9-go-")
    try:
        program = os.path.abspath(words[0])
        command = [
            _python(),
            "-m",
            "elf9",
            "run",
            *_options(scratch, program),
            *options,
            "--",
            program,
            *words[1:],
        ]
        environment = {**os.environ, "PYTHONPATH": _PACKAGE}
        with subprocess.Popen(command, env=environment) as process:
            # go test ends what takes too long with a signal to this process
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
                signal.signal(number, lambda number, _: process.send_signal(number))
            return process.wait()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _python() -> str:
    """The interpreter that runs the emulator: this one if it has what that needs, else the checkout's own."""
    own = os.path.join(_ROOT, ".venv", "bin", "python")
    return sys.executable if importlib.util.find_spec("unicorn") or not os.access(own, os.X_OK) else own


def _options(scratch: str, program: str) -> list[str]:
    """What the program sees: itself, where it is; GOROOT; its folder; a /tmp."""
    here = os.getcwd()
    tmp = os.path.join(scratch, "tmp")
    os.mkdir(tmp)
    folder = os.path.dirname(program)
    ndb = os.path.join(scratch, "ndb")
    os.mkdir(ndb)
    for name in ("common", "local"):
        with open(os.path.join(ndb, name), "w", encoding="ascii") as file:
            file.write("# the network's names; there is none\n")
    shown = [(tmp, "/tmp", ""), (ndb, "/lib/ndb", ":ro"), (folder, folder, ":ro")]
    root = os.environ.get("GOROOT", "")
    if root and os.path.isdir(root):
        # piece by piece: distributions put some elsewhere, and no link leads out of what is shown
        pieces = (os.path.join(root, name) for name in sorted(os.listdir(root)))
        shown += [(os.path.realpath(piece), piece, ":ro") for piece in pieces]
    shown.append((here, here, ""))
    options = ["--quiet", "--cwd", here, "--argv0", program, "--max-files", "5000"]
    # with GO_GCFLAGS set, tests that want to build programs skip themselves: there is no go command there
    options += [
        word for pair in (f"GOROOT={root}", "GO_GCFLAGS=none", "home=/tmp", "path=/bin") for word in ("--env", pair)
    ]
    for host, guest, access in shown:
        options += ["--bind", f"{_escaped(host)}:{_escaped(guest)}{access}"]
    return options


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
