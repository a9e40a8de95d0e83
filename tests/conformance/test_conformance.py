"""Programs that look at the kernel from inside, run on the emulator.

They use nothing but the runtime, so the same binaries run on a real 9front, where they were written to
pass: what they expect is what the facts say of the kernel, not what the emulator does.
`./scons test` builds them; this file runs those of `build/ARCH/MODE/tests/conformance/`.
"""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from elf9.build.toolchain import ToolchainError, discover
from elf9.target import TARGETS, Target
from elf9.testing import Case, Result, run_case

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build"
#: What `./scons pytest` builds for; without it, everything in debug mode.
ARCHITECTURES = os.environ.get("ELF9_ARCH", ",".join(TARGETS)).split(",")
MODE = os.environ.get("ELF9_MODE", "debug").split(",")[0]


#: Those that print TAP.
PROGRAMS = (
    "alarms",
    "bgetd",
    "bio",
    "devs",
    "dirs",
    "entry",
    "errs",
    "execs",
    "files",
    "float",
    "forks",
    "fsurface",
    "fthreads",
    "gsegs",
    "lib9p",
    "lib9pt",
    "lmisc",
    "lnotes",
    "locks",
    "malloc",
    "mem",
    "names",
    "ninep",
    "notes",
    "pipes",
    "print",
    "proc",
    "regexp",
    "regs",
    "segs",
    "shares",
    "srv",
    "str",
    "strings",
    "surface",
    "sync",
    "threads",
    "times",
    "utf",
    "waits",
)
#: Programs that execute copies of themselves: their file has to be in the current directory, under its name.
EXECUTED = ("alarms", "execs", "lmisc", "threads")

#: Programs whose processes or threads share memory, and how many seeds are tried here: malloc's are long.
SEEDED = {"locks": 4, "malloc": 2, "threads": 4, "fthreads": 4, "lib9pt": 3}


@pytest.fixture(params=sorted(TARGETS), scope="module")
def target(request: pytest.FixtureRequest) -> Target:
    """Each target that this host has a compiler for."""
    target = TARGETS[request.param]
    if target.name not in ARCHITECTURES:
        pytest.skip(f"{target.name} is not built: ARCH={','.join(ARCHITECTURES)}")
    try:
        discover(target)
    except ToolchainError as error:
        pytest.skip(f"no compiler for {target.name}: {str(error).splitlines()[0]}")
    return target


def binary(target: Target, name: str) -> Path:
    """A built program; the test fails if it was not built."""
    path = BUILD / target.name / MODE / "tests" / "conformance" / name
    assert path.exists(), f"{path} is missing: run ./scons test, or ./scons tests/conformance before pytest"
    return path


def run_program(target: Target, name: str, form: str = "elf") -> Result:
    """Run a program that prints TAP."""
    program = binary(target, f"{name}.aout" if form == "aout" else name)
    files = {program.name: program.read_bytes()} if name in EXECUTED else {}
    return run_case(Case(str(program), args=["one", "", "three"], files=files))


@pytest.mark.parametrize("form", ["elf", "aout"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_tap(target: Target, name: str, form: str) -> None:
    """Every case of a program is ok, none is skipped, and none is left out."""
    result = run_program(target, name, form)
    lines = result.stdout.decode(errors="replace").splitlines()
    bad = [line for line in lines if not line.startswith("ok ") or "# SKIP" in line]
    plan = f"1..{sum('ok ' in line[:7] for line in lines)}"
    assert bad == [plan], "\n".join([*bad, *lines[-1:], result.explain()])
    assert result.passed, result.explain()


@pytest.mark.parametrize("name", SEEDED)
def test_seeds(target: Target, name: str) -> None:
    """Processes and threads do what they should in whatever order they run; seeds.py tries a hundred."""
    program = binary(target, name)
    every = re.compile(r"\A(ok .*\n)+1\.\.[0-9]+\n\Z")
    result = run_case(Case(str(program), files={program.name: program.read_bytes()}, stdout=every, seeds=SEEDED[name]))
    assert result.passed, result.explain()


def rows() -> list[tuple[str, str, str, str]]:
    """(arch, case, printed, status) of deaths.tsv, a row for each machine."""
    found = []
    for line in (HERE / "deaths.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        arch, case, printed, status = line.split("\t")
        found += [(name, case, printed, status) for name in sorted(TARGETS) if arch in {name, "both"}]
    return found


class Deaths:
    """The program deaths of one machine, and the addresses in it."""

    def __init__(self, target: Target) -> None:
        self.program = binary(target, "deaths")
        with self.program.open("rb") as file:
            elf = ELFFile(file)
            table = elf.get_section_by_name(".symtab")
            self.symbols = {symbol.name: int(symbol["st_value"]) for symbol in table.iter_symbols()}
            data = elf.get_section_by_name(".data")
            content, base = data.data(), int(data["sh_addr"])
            segment = next(elf.iter_segments())
            text, text_base = segment.data(), int(segment["p_vaddr"])
        functions = {address: name for name, address in self.symbols.items() if name.startswith("die_")}
        self.marks: dict[str, str] = {}
        at = self.symbols["deaths"] - base
        while True:
            name, function = struct.unpack_from("<QQ", content, at)
            at += 16
            if name == 0:
                break
            start = name - text_base
            case = text[start : text.index(b"\0", start)].decode()
            self.marks[case] = functions[function].replace("die_", "at_", 1)

    def pattern(self, template: str, case: str, stdout: str) -> str:
        """A regular expression for a text of the table."""

        def value(match: re.Match[str]) -> str:
            name, _, offset = match[1].partition("+")
            match name:
                case "any":
                    return "0x[0-9a-f]+"
                case "long":
                    return "a{117}(a{10})?"  # 127 bytes, of the text or of `deaths 1: ` with it
                case "printed":
                    return stdout.partition("\n")[0]
                case "at":
                    name = self.marks[case]
            return f"{self.symbols[name] + int(offset or '0', 0):#x}"

        parts = re.split(r"(\{[^{}]+\})", template)
        return "".join(
            value(found) if (found := re.fullmatch(r"\{(.+)\}", part)) else re.escape(part) for part in parts
        )


@pytest.fixture(scope="module")
def deaths() -> dict[str, Deaths]:
    """One Deaths a machine, made when it is needed."""
    return {}


@pytest.mark.parametrize(("arch", "case", "printed", "status"), rows(), ids=["-".join(row[:2]) for row in rows()])
def test_death(arch: str, case: str, printed: str, status: str, deaths: dict[str, Deaths]) -> None:
    """The kernel's words on standard error, and the exit string."""
    target = TARGETS[arch]
    try:
        discover(target)
    except ToolchainError:
        pytest.skip(f"no compiler for {arch}")
    program = deaths.setdefault(arch, Deaths(target)) if arch not in deaths else deaths[arch]
    result = run_case(Case(str(program.program), args=[case]))
    stdout = result.stdout.decode()
    lines = [] if printed == "-" else [program.pattern(line, case, stdout) for line in printed.split(" | ")]
    said = [f"deaths [0-9]+: suicide: {line}" for line in lines]
    if case == "sysfatal":
        said.append("deaths: 3 is too much")
    elif case == "assert":
        said.insert(0, "assert failed: null != nil")
    stderr = result.stderr.decode().splitlines()
    wanted = (lines[-1] if lines else "") if status == "=" else program.pattern(status, case, stdout)
    shown = f"printed {stderr}, want {said}\nexit string {result.exit_string!r}, want {wanted}\n{result.command}"
    assert len(stderr) == len(said), shown
    assert all(re.fullmatch(want, line) for want, line in zip(said, stderr, strict=True)), shown
    assert result.exit_string is not None, shown
    assert re.fullmatch(wanted, result.exit_string.decode()), shown
    assert ("went on" in stdout) == (status == "went on"), shown


def test_table_has_every_case(target: Target) -> None:
    """What the program lists and what the table knows are the same."""
    result = run_case(Case(str(binary(target, "deaths"))))
    assert result.passed, result.explain()
    known = [case for arch, case, _, _ in rows() if arch == target.name]
    listed = result.stdout.decode().split()
    assert len(known) == len(set(known))
    assert sorted(listed) == sorted(known)
