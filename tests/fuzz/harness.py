"""What all fuzzers share: a place with a secret beside it, runs in this Python process, and what must hold after them.

A fuzzer is a function `case(chance)`: it does something random with `chance` (random.Random, so that a seed is
the whole input) and raises Finding, or anything else, if the emulator fails.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from elf9.errors import Unsupported
from elf9.kernel.kernel import Options, Outcome, run_program
from elf9.target import TARGETS, Target

__all__ = [
    "KNOWN",
    "Case",
    "Finding",
    "Prison",
    "binary",
    "descriptors",
    "guest",
    "nothing_left",
    "targets",
]

TOP = Path(__file__).resolve().parents[2]
MODE = os.environ.get("ELF9_MODE", "debug").split(",")[0]
SECRET = b"what nobody was given"

Case = Callable[[random.Random], None]

#: What the emulator says it does not do: the words of docs/emulator.md, not a fault.
KNOWN = re.compile(
    r"int \$\d+ at .*a 9front kernel panics here"
    r"|.*two of the prefixes 66, F2 and F3"
    r"|.*the guest cannot set the host's clock or restart it"
    r"|/proc/\d+/mem at .*the kernel's own memory is not emulated"
    r"|/proc/\d+/(kregs|kfpregs|proc|fpregs):"
    r"|the bss ends at .* the host cannot reserve memory for it"
)


class Finding(AssertionError):
    """The emulator did what it must never do."""


def binary(target: Target, name: str) -> Path:
    """A program of this folder, built."""
    path = TOP / "build" / target.name / MODE / "tests" / "fuzz" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run ./scons tests/fuzz")
    return path


def targets() -> list[Target]:
    """The machines whose programs are built."""
    return [target for name, target in sorted(TARGETS.items()) if (TOP / "build" / name / MODE / "tests/fuzz").exists()]


def descriptors() -> dict[int, str]:
    """The host descriptors of this process, and what they are."""
    found = {}
    for name in os.listdir("/dev/fd"):
        try:
            found[int(name)] = os.readlink(f"/dev/fd/{name}")
        except OSError:
            continue
    return found


@contextmanager
def nothing_left() -> Iterator[None]:
    """No host descriptor is open after this that was not before, and Python has ignored no error."""
    before = descriptors()
    ignored: list[str] = []
    hook = sys.unraisablehook
    sys.unraisablehook = lambda what: ignored.append(f"{what.exc_value!r} in {what.object!r}")
    try:
        yield
    finally:
        sys.unraisablehook = hook
    if ignored:
        raise Finding(f"errors that nobody saw: {ignored[:3]}")
    after = {number: what for number, what in descriptors().items() if before.get(number) != what}
    if after:
        raise Finding(f"host descriptors left open: {after}")


class Prison:
    """A directory of the host that is granted, `inside`, in one that is not, with ways that seem to lead out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inside = folder / "inside"
        self.outside = folder / "outside"
        (self.inside / "d0" / "d1").mkdir(parents=True)
        (self.inside / "d1").mkdir()
        (self.outside / "d").mkdir(parents=True)
        for place in (self.outside / "secret", self.outside / "d" / "secret", folder / "canary"):
            place.write_bytes(SECRET)
        for name in ("f0", "f1", "d0/f0", "d0/d1/f2"):
            (self.inside / name).write_bytes(os.fsencode(name) * 100)
        os.symlink("../outside", self.inside / "out")
        os.symlink(self.outside / "secret", self.inside / "link")
        os.symlink("../../canary", self.inside / "d0" / "out")
        os.symlink("/proc/self/fd", self.inside / "d1" / "fd")
        os.symlink("d0", self.inside / "in")
        os.mkfifo(self.inside / "fifo")
        (self.inside / "script").write_bytes(b"#!calls 3 20\n")
        (self.inside / "script").chmod(0o755)
        self.before = self._look()

    def _look(self) -> list[tuple[str, bytes, int, int]]:
        found = []
        for place in (self.folder, self.outside, *sorted(self.outside.rglob("*")), self.folder / "canary"):
            known = place.lstat()
            contents = place.read_bytes() if place.is_file() else b""
            found.append((str(place), contents, known.st_mode, known.st_mtime_ns))
        return found

    def check(self, said: bytes = b"") -> None:
        """Nothing outside has changed, and nobody has read it."""
        if self._look() != self.before:
            raise Finding(f"the host's files outside of what was granted have changed: {self.outside}")
        if SECRET in said:
            raise Finding("the program has read a file that was not granted")


def guest(program: Path, args: Sequence[str], prison: Prison | None, **wanted: object) -> tuple[Outcome | None, bytes]:
    """Run a program in this process: how it ended (None: the emulator said what it does not do), and what it said.

    What the emulator may say is a limit, a death or the kernel's refusal; anything else is a Finding.
    """
    options = Options()
    options.timeout = 10.0
    options.max_memory = 1 << 30
    options.max_output = 16 << 20
    options.max_processes = 60
    if prison is not None:
        options.binds = [(str(prison.inside), b"/guest", False)]
        options.cwd = b"/guest"
    target: Target | None = wanted.pop("target", None)  # type: ignore[assignment]
    for name, value in wanted.items():
        setattr(options, name, value)
    command = f"{program.name} {' '.join(args)} with {wanted}"
    output = os.memfd_create("output")
    null = os.open(os.devnull, os.O_RDONLY)
    options.stdin, options.stdout, options.stderr = null, output, output
    outcome = None
    try:
        with nothing_left():
            try:
                outcome = run_program(str(program), [os.fsencode(word) for word in args], options, target=target)
            except Unsupported as missing:
                if not KNOWN.match(str(missing)):
                    raise Finding(f"{command}: {missing}") from missing
            except Exception as error:
                raise Finding(f"{command}: {type(error).__name__}: {error}") from error
        said = os.pread(output, 1 << 24, 0)
    finally:
        os.close(output)
        os.close(null)
    if b"Traceback" in said:
        raise Finding(f"{command}: {said.decode(errors='replace')}")
    if prison is not None:
        prison.check(said)
    return outcome, said
