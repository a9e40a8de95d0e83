"""A compiler, a linker and a hostile little kernel for the tests of the runtime.

The kernel here is not the emulator of `elf9 run`: it knows eight calls, and after each one it fills
every register that 9front does not promise to keep (facts/abi.md §2) with fresh garbage.  What survives
it survives any 9front.  It maps a program as exec does (facts/exec.md §4): by file offset and size, not
by the addresses in the program headers.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import unicorn
from elftools.elf.elffile import ELFFile
from tests import runtime
from unicorn import arm64_const as arm
from unicorn import x86_const as x86

from elf9.build.flags import assembler_flags, compiler_flags, language_of, link_flags
from elf9.build.linkerscript import Layout, instantiate
from elf9.build.toolchain import Toolchain, ToolchainError, discover
from elf9.target import TARGETS, Target

ROOT = Path(__file__).resolve().parents[3]
RUNTIME = ROOT / "runtime"
PROGRAMS = Path(__file__).resolve().parent / "programs"
TEMPLATE = ROOT / "linker" / "plan9.ld.in"


class Workshop:
    """Compiles and links for one target, with the flags that the builders use.

    Objects are shared by all processes of a test run, programs are this one's.
    """

    def __init__(
        self, target: Target, toolchain: Toolchain, folder: Path, shared: Path, built: Callable[[], Path]
    ) -> None:
        """`built` builds the runtime, if nobody has, and says where."""
        self.target = target
        self.toolchain = toolchain
        self.folder = folder
        self.shared = shared
        self.built = built

    @contextmanager
    def locked(self, name: str) -> Iterator[Path]:
        """The shared file `name`, which nobody else makes meanwhile."""
        with open(self.shared / f"{name}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.shared / name

    def run(self, *command: str | Path) -> str:
        """Standard error of a command that must succeed."""
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
        return done.stderr

    def compile(
        self, source: Path, *, optimize: str = "-O2", floating: bool = False, extra: Iterable[str] = ()
    ) -> Path:
        """An object of one source file; warnings are errors."""
        language = language_of(source.name)
        if language == "asm":
            flags = assembler_flags(self.target)
        else:
            flags = [*compiler_flags(self.target, "release", language, floating=floating), optimize, "-Werror"]
        if floating:
            flags.append("-DELF9_FLOAT=1")
        flags += [f"-I{RUNTIME / 'include'}", "-isystem", self.toolchain.include, *extra]
        key = hashlib.sha256(repr((source, source.read_bytes(), flags)).encode()).hexdigest()[:16]
        target = self.shared / f"{source.stem}-{key}.o"
        if not target.exists():
            if language == "c++" and not self.toolchain.cxx:
                pytest.skip(f"{self.toolchain.cc} compiles no C++")
            scratch = self.folder / target.name
            self.run(self.toolchain.cc, *flags, "-c", source, "-o", scratch)
            scratch.replace(target)
        return target

    def target_sources(self, name: str) -> Path:
        """The runtime's assembly file of that name."""
        return RUNTIME / self.target.name / f"{name}.S"

    def disassemble(self, program: Path) -> str:
        """objdump's listing."""
        command = [self.toolchain.objdump, "-d", "--no-show-raw-insn", str(program)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def text(self, name: str, text: str) -> Path:
        """A source file made of `text`."""
        path = self.folder / hashlib.sha256(text.encode()).hexdigest()[:12] / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def stubs(self) -> list[Path]:
        """The system-call stubs, made by the runtime's generator."""
        with self.locked("stubs") as folder:
            if not folder.exists():
                self.run(sys.executable, RUNTIME / "mksyscalls.py", "stubs", self.target.name, folder)
        return sorted(folder.glob("*.S"))

    def library(self, *, floating: bool = False) -> Path:
        """The runtime's archive, as SCons makes it for MODE=release."""
        return self.built() / f"build/{self.target.name}/release/libelf9{'-float' if floating else ''}.a"

    def script(self, layout: Layout | None = None) -> Path:
        """The linker script."""
        text = instantiate(TEMPLATE.read_text(encoding="utf-8"), self.target, layout or Layout())
        return self.text("plan9.ld", text)

    def link(
        self, name: str, objects: Sequence[Path], *, layout: Layout | None = None, extra: Iterable[str] = ()
    ) -> Path:
        """A linked program."""
        program = self.folder / name
        self.run(*self.link_command(program, objects, layout=layout, extra=extra))
        return program

    def link_command(
        self, program: Path, objects: Sequence[Path], *, layout: Layout | None = None, extra: Iterable[str] = ()
    ) -> list[str]:
        words = [self.toolchain.ld, *link_flags(), "-T", self.script(layout), "-o", program, *extra, *objects]
        return [str(word) for word in words]

    def program(self, name: str, sources: Sequence[Path], *, optimize: str = "-O2", floating: bool = False) -> Path:
        """A program with the runtime in it; `optimize` is the program's."""
        objects = [self.compile(source, optimize=optimize, floating=floating) for source in sources]
        return self.link(name, [*objects, self.library(floating=floating), Path(self.toolchain.libgcc)])


class Ended(Exception):
    """The program called exits; args[0] is its status."""


_AMD64_TRASH = [
    getattr(x86, f"UC_X86_REG_{name}") for name in ["RBX", "RDX", "RSI", "RDI", "RBP", "R8", "R9", "R10", "R12", "R13"]
]
_AMD64_KEPT = [getattr(x86, f"UC_X86_REG_{name}") for name in ["RBX", "RBP", "R12", "R13", "R14", "R15", "RSP"]]
_ARM64_X = [getattr(arm, f"UC_ARM64_REG_X{number}") for number in range(31)]
_ARM64_KEPT = [*_ARM64_X[19:30], arm.UC_ARM64_REG_SP]


class Hostile:
    """One program under a kernel that keeps no register it need not keep."""

    def __init__(self, target: Target, program: Path, argv: Sequence[str], *, seed: int = 9) -> None:
        self.target = target
        self.random = random.Random(seed)
        self.output = {1: b"", 2: b""}
        self.input = b""
        self.error = b""
        self.brk = 0
        self.calls: list[tuple[int, tuple[int, ...]]] = []
        self.sp_at_call: list[int] = []
        self.trouble: BaseException | None = None
        self.handler: Callable[[int, tuple[int, ...]], int] = self.serve
        amd64 = target.name == "amd64"
        self.pc, self.sp = (
            (x86.UC_X86_REG_RIP, x86.UC_X86_REG_RSP) if amd64 else (arm.UC_ARM64_REG_PC, arm.UC_ARM64_REG_SP)
        )
        self.result = x86.UC_X86_REG_RAX if amd64 else _ARM64_X[0]
        self.kept = _AMD64_KEPT if amd64 else _ARM64_KEPT
        self.parameters = (
            [getattr(x86, f"UC_X86_REG_{name}") for name in ["RDI", "RSI", "RDX", "RCX", "R8", "R9"]]
            if amd64
            else _ARM64_X[:6]
        )
        if amd64:
            self.uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
            self.uc.hook_add(unicorn.UC_HOOK_INSN, self._amd64_call, None, 1, 0, x86.UC_X86_INS_SYSCALL)
        else:
            self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
            self.uc.reg_write(arm.UC_ARM64_REG_CPACR_EL1, 3 << 20)
            self.uc.hook_add(unicorn.UC_HOOK_INTR, self._arm64_trap)
        self._load(program)
        self._stack([word.encode() for word in argv])

    def _load(self, program: Path) -> None:
        image = program.read_bytes()
        with program.open("rb") as file:
            elf = ELFFile(file)
            text, data = (segment.header for segment in elf.iter_segments())
            self.symbols = {
                symbol.name: symbol["st_value"] for symbol in elf.get_section_by_name(".symtab").iter_symbols()
            }
        assert (text.p_flags, data.p_flags) == (5, 6)
        base = self.target.text_base
        data_base = self.target.round_segment(base + text.p_filesz)
        top = self.target.round_page(data_base + data.p_memsz)
        self.uc.mem_map(base, data_base - base, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        self.uc.mem_map(data_base, (2 << 20) + top - data_base, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.mem_write(base, image[text.p_offset :][: text.p_filesz])
        self.uc.mem_write(data_base, image[data.p_offset :][: data.p_filesz])
        self.entry = elf.header.e_entry

    def _stack(self, argv: list[bytes]) -> None:
        target = self.target
        self.uc.mem_map(target.stack_base, target.stack_size, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        strings = b"".join(word + b"\0" for word in argv)
        low = target.stack_top - target.tos_size - len(strings)
        self.uc.mem_write(low, strings)
        pointers, at = [], low
        for word in argv:
            pointers.append(at)
            at += len(word) + 1
        words = struct.pack(f"<{len(argv) + 2}Q", len(argv), *pointers, 0)
        self.first_sp = low // 8 * 8 - len(words)
        self.uc.mem_write(self.first_sp, words)
        self.uc.mem_write(target.tos + 64, struct.pack("<I", 42))
        self.uc.reg_write(self.sp, self.first_sp)
        self.uc.reg_write(self.result, target.tos)

    def register(self, name: str) -> int:
        """Unicorn's number of a register."""
        if self.target.name == "amd64":
            return int(getattr(x86, f"UC_X86_REG_{name}"))
        return int(getattr(arm, f"UC_ARM64_REG_{name}"))

    def garbage(self) -> int:
        return self.random.getrandbits(64) | 1 << 63

    def _amd64_call(self, uc: unicorn.Uc, _: object) -> None:
        number = uc.reg_read(x86.UC_X86_REG_RBP) & 0xFFFFFFFF
        answer = self._call(number)
        pc, flags = uc.reg_read(x86.UC_X86_REG_RIP), uc.reg_read(x86.UC_X86_REG_EFLAGS)
        for register in _AMD64_TRASH:
            uc.reg_write(register, self.garbage())
        uc.reg_write(x86.UC_X86_REG_RAX, answer)
        uc.reg_write(x86.UC_X86_REG_RCX, pc + 2)
        uc.reg_write(x86.UC_X86_REG_R11, flags)

    def _arm64_trap(self, uc: unicorn.Uc, number: int, _: object) -> None:
        if number != 2:
            self.trouble = AssertionError(f"exception {number} at {uc.reg_read(self.pc):#x}")
            uc.emu_stop()
            return
        answer = self._call(uc.reg_read(_ARM64_X[0]) & 0xFFFFFFFF)
        for register in _ARM64_X[4:26]:
            uc.reg_write(register, self.garbage())
        uc.reg_write(_ARM64_X[0], answer)
        uc.reg_write(_ARM64_X[1], uc.reg_read(self.sp))
        uc.reg_write(_ARM64_X[2], uc.reg_read(self.pc))
        uc.reg_write(_ARM64_X[3], 0)

    def _call(self, number: int) -> int:
        try:
            sp = self.uc.reg_read(self.sp)
            self.sp_at_call.append(sp)
            arguments = struct.unpack("<5Q", self.uc.mem_read(sp + 8, 40))
            self.calls.append((number, arguments))
            return self.handler(number, arguments) & (1 << 64) - 1
        except BaseException as trouble:  # unicorn would lose it: raised again after the run
            self.trouble = trouble
            self.uc.emu_stop()
            return 0

    def string(self, address: int) -> bytes:
        if address == 0:
            return b""
        text = bytearray()
        while byte := self.uc.mem_read(address + len(text), 1)[0]:
            text.append(byte)
        return bytes(text)

    def serve(self, number: int, arguments: tuple[int, ...]) -> int:
        """The calls that the tests' programs make."""
        match number:
            case 8:
                raise Ended(self.string(arguments[0]).decode())
            case 51:
                fd, address, count = arguments[0] & 0xFFFFFFFF, arguments[1], arguments[2] & 0xFFFFFFFF
                if fd not in self.output:
                    self.error = b"fd out of range or not open"
                    return -1
                self.output[fd] += self.uc.mem_read(address, count)
                return count
            case 50:
                count = min(arguments[2] & 0xFFFFFFFF, 5, len(self.input))
                self.uc.mem_write(arguments[1], self.input[:count])
                self.input = self.input[count:]
                return count
            case 41:
                mine = self.string(arguments[0])
                self.uc.mem_write(arguments[0], self.error[: (arguments[1] & 0xFFFFFFFF) - 1] + b"\0")
                self.error = mine
                return 0
            case 17:
                return 0
            case 24:
                self.brk = arguments[0]
                return 0
            case 39:
                self.uc.mem_write(arguments[0], struct.pack("<q", 0x123456789ABC))
                return 0
            case 53:
                return 0x1122334455667788
        raise AssertionError(f"system call {number} is not for this kernel")

    def start(self, pc: int, stop: int = 0) -> None:
        """Run from `pc` until `stop` or the program's end; raises what went wrong."""
        try:
            self.uc.emu_start(pc, stop or 1 << 62, count=20_000_000)
        except unicorn.UcError as error:
            if self.trouble is None:
                raise AssertionError(f"{error} at {self.uc.reg_read(self.pc):#x}") from error
        if self.trouble is not None:
            raise self.trouble

    def finish(self) -> str:
        """Run the program to its end; its exit string."""
        with pytest.raises(Ended) as ended:
            self.start(self.entry)
        return str(ended.value.args[0])

    def invoke(self, function: str, *arguments: int) -> int:
        """Call one function of the program and return what it returns."""
        stop = self.target.text_base + 8  # in the ELF header: never reached otherwise
        sp = self.target.stack_top - 0x2000
        if self.target.name == "amd64":
            sp -= 8
            self.uc.mem_write(sp, struct.pack("<Q", stop))
        else:
            self.uc.reg_write(_ARM64_X[30], stop)
        self.uc.reg_write(self.sp, sp)
        for register, value in zip(self.parameters, arguments, strict=False):
            self.uc.reg_write(register, value)
        self.start(self.symbols[function], stop)
        assert self.uc.reg_read(self.pc) == stop
        return int(self.uc.reg_read(self.result))


@pytest.fixture(params=sorted(TARGETS), scope="session")
def workshop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A workshop for each target that this host has a compiler for."""
    target = TARGETS[request.param]
    try:
        toolchain = discover(target)
    except ToolchainError as error:
        pytest.skip(f"no compiler for {target.name}: {str(error).splitlines()[0]}")
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{target.name}"
    shared.mkdir(exist_ok=True)
    own = tmp_path_factory.mktemp(target.name)
    return Workshop(target, toolchain, own, shared, lambda: runtime.built(tmp_path_factory))


@pytest.fixture(scope="session")
def hostile(workshop: Workshop) -> Callable[..., Hostile]:
    """Makes a process: hostile(program, argv...)."""

    def make(program: Path, *argv: str, seed: int = 9) -> Hostile:
        return Hostile(workshop.target, program, argv or (program.name,), seed=seed)

    return make


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with the tests' own sources."""
    return PROGRAMS
