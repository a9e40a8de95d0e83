"""The arm64 CPU: Unicorn at EL0, with the traps that 9front's kernel sets.

At exception level 0, with SCTLR_EL1 as the kernel's (DZE, UCI, UCT, nTWI, nTWE clear), Unicorn
itself traps what facts/abi.md §5 forbids.  Hooks close the rest (facts/unicorn.md §5): WFE,
misaligned acquire and release accesses, and branches to an address that is no multiple of 4.

System calls follow facts/abi.md §2 and facts/observed-arm64.md §b: number and result in X0,
arguments above SP, X1-X3 hold SP, PC and PSR, X4-X25 are destroyed.
"""

from __future__ import annotations

import struct
from ctypes import Structure, c_char, c_uint32, c_uint64

from elf9.machine import engine
from elf9.machine.cpu import POISON, EmulatorError, Trap
from elf9.machine.memory import WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MODELS", "Cpu"]

#: --cpu values.  The baseline is ARMv8.0, so without LSE; `max` is all that Unicorn knows.
MODELS = {"baseline": 2, "max": 3}

# Unicorn's register numbers (arm64.h).
_X0 = 199
_NZCV, _TPIDR, _PSTATE, _CP_REG, _FPCR, _FPSR, _Q0 = 3, 262, 265, 290, 291, 292, 104

# Slots of 64 bits and offsets in bytes from X0 in CPUARMState.
_SP_SLOT, _PC_SLOT = 31, 32
_TRANSLATION_FLAGS = 272
_SYNDROME, _FAULT_ADDRESS, _EXCLUSIVE_ADDRESS = 0xB90, 0xB98, 0x2EC0
_STATE_SIZE = 0x3000
# TBFLAG_ANY.FPEXC_EL: the exception level that a floating-point instruction traps to.
_FLOAT_TRAPS, _FLOAT_TRAPS_TO_EL1 = 3 << 22, 1 << 22

# What Unicorn calls exceptions.
_EXCEPTION_UNDEFINED, _EXCEPTION_SVC, _EXCEPTION_DATA, _EXCEPTION_BREAKPOINT = 1, 2, 4, 7

#: Kernel's words for the exception class of the syndrome (facts/notes.md §4).
_CLASSES = {
    0x01: "WFI or WFE instruction execution",
    0x07: "floating point in note handler",
    0x0E: "illegal execution state",
    0x18: "illegal MSR/MRS access",
    0x22: "misaligned pc",
    0x26: "stack pointer misaligned",
    0x30: "breakpoint",
    0x3C: "breakpoint",
}
_ABORTS = (0x24, 0x25)
_WRITE_NOT_READ = 1 << 6

_WFE = 0xD503205F
# LDAR, STLR and the like of 16, 32 and 64 bits: (mask, value) of the instruction word.
_ORDERED_MASK, _LOAD_ACQUIRE, _STORE_RELEASE = 0x3FFFFC00, 0x08DFFC00, 0x089FFC00

# MSR DAIFSet and DAIFClr with any immediate.
_DAIF_MASK, _DAIF = 0xFFFFF0DF, 0xD50340DF

_words = struct.Struct("<22Q")


class _SystemRegister(Structure):
    _fields_ = (*((name, c_uint32) for name in ("crn", "crm", "op0", "op1", "op2")), ("value", c_uint64))


#: System registers as the kernel sets them: (crn, crm, op0, op1, op2, value).
_SYSTEM = (
    (1, 0, 3, 0, 0, 0x30D00800),  # SCTLR_EL1: only the bits that are 1 on ARMv8.0
    (1, 0, 3, 0, 2, 3 << 20),  # CPACR_EL1: floating point at EL0
    (14, 1, 3, 0, 0, 2),  # CNTKCTL_EL1: the virtual counter at EL0, nothing else
    (9, 14, 3, 3, 0, 4),  # PMUSERENR_EL0: the cycle counter
)


class Cpu(engine.Engine):
    """An arm64 CPU in user mode (see `elf9.machine.cpu.Cpu`)."""

    __slots__ = ("_float_allowed", "_interrupt", "_interrupt_hook", "_regs", "_state")

    def __init__(self, model: str = "baseline") -> None:
        super().__init__(engine.ARM64, MODELS[model])
        self.write_register(_PSTATE, c_uint32(0))
        for row in _SYSTEM:
            self.write_register(_CP_REG, _SystemRegister(*row))
        self.find_state([_X0 + number for number in range(29)])
        self._state = memoryview((c_char * _STATE_SIZE).from_address(self.state)).cast("B")
        self._regs = self._state[: 8 * (_PC_SLOT + 1)].cast("Q")
        self._float_allowed = True
        self.on_new_block = self._check_block
        self._interrupt = engine.INTERRUPT(self._on_interrupt)
        self._interrupt_hook = self.hook(engine.HOOK_INTR, self._interrupt)

    # Registers.

    @property
    def pc(self) -> int:
        """Address of the next instruction; while a system call is served, the one behind it."""
        return self._regs[_PC_SLOT]

    @property
    def sp(self) -> int:
        """Stack pointer."""
        return self._regs[_SP_SLOT]

    def registers(self) -> dict[str, int]:
        """General registers, `sp`, `pc` and `psr`."""
        values = {f"x{number}": self._regs[number] for number in range(31)}
        values["sp"] = self._regs[_SP_SLOT]
        values["pc"] = self._regs[_PC_SLOT]
        values["psr"] = self._psr()
        return values

    def _psr(self) -> int:
        return self.read_register(_NZCV, c_uint32) & 0xF0000000

    def set_registers(self, values: dict[str, int]) -> None:
        """Set some of what `registers` gives; of psr NZCV."""
        for name, value in values.items():
            if name == "psr":
                self.write_register(_NZCV, c_uint32(value & 0xF0000000))
            else:
                slot = {"sp": _SP_SLOT, "pc": _PC_SLOT}.get(name)
                self._regs[int(name[1:]) if slot is None else slot] = value & 0xFFFFFFFFFFFFFFFF

    def copy(self) -> Cpu:
        """Another CPU with the same registers, but TPIDR, and nothing mapped (facts/observed-arm64.md §b)."""
        made = Cpu(next(name for name, number in MODELS.items() if number == self._model))
        made.copy_state(self)
        made.write_register(_TPIDR, c_uint64(POISON + 31))
        made._float_allowed = self._float_allowed
        return made

    @property
    def float_allowed(self) -> bool:
        """May instructions that use V registers, FPCR or FPSR run?"""
        return self._float_allowed

    @float_allowed.setter
    def float_allowed(self, allowed: bool) -> None:
        self._float_allowed = allowed
        # Unicorn does not look at CPACR_EL1, but at what QEMU derives from it for translated blocks.
        flags = self._state[_TRANSLATION_FLAGS : _TRANSLATION_FLAGS + 4].cast("I")
        flags[0] = flags[0] & ~_FLOAT_TRAPS | (0 if allowed else _FLOAT_TRAPS_TO_EL1)

    def start(self, entry: int, sp: int, tos: int) -> None:
        """Set every register as exec leaves it (facts/exec.md §6, facts/observed-arm64.md §c)."""
        regs = self._regs
        for number in range(31):
            regs[number] = POISON + number
        self.write_register(_NZCV, c_uint32(0))
        regs[0], regs[1], regs[2], regs[3], regs[30] = tos, sp, entry, 0, 0
        regs[_SP_SLOT], regs[_PC_SLOT] = sp, entry
        for number in range(32):
            self.write_register(_Q0 + number, (c_uint64 * 2)(0, 0))
        self.write_register(_FPCR, c_uint32(0))
        self.write_register(_FPSR, c_uint32(0))
        self.write_register(_TPIDR, c_uint64(0))

    # System calls.

    def call_return(self, result: int) -> None:
        """X0-X3 as facts/observed-arm64.md §b; X4-X25 are poisoned, and an exclusive access is lost."""
        regs = self._regs
        self.temporary = regs[17]
        regs[0], regs[1], regs[2], regs[3] = result & 0xFFFFFFFFFFFFFFFF, regs[_SP_SLOT], regs[_PC_SLOT], self._psr()
        self._state[32:208] = _POISONED
        self._state[_EXCLUSIVE_ADDRESS : _EXCLUSIVE_ADDRESS + 8] = _NO_ADDRESS

    def _take_over_calls(self) -> None:
        """From now on the hook of exceptions is the one in native.c, which hands on all but SVC."""
        self._take_over = False
        native = self.native()
        assert native is not None
        record = engine.CallRecord(
            other=self._interrupt,
            exclusive=self.state + _EXCLUSIVE_ADDRESS,
            flags=_NZCV,
            svc=_EXCEPTION_SVC,
        )
        self.serve_natively(record)
        self.unhook(self._interrupt_hook)
        self._interrupt_hook = self.hook(engine.HOOK_INTR, native.elf9_call_arm64, data=record)

    # What Unicorn reports.

    def _on_interrupt(self, uc: int, number: int, _user: int) -> None:
        if number == _EXCEPTION_SVC:
            try:
                result = self.on_call(self._regs[0] & 0xFFFFFFFF, self._regs[_SP_SLOT])
            except BaseException as error:
                self.fail(error)
                return
            if result is None:
                self._called = True
                self._library.uc_emu_stop(uc)
            else:
                self.call_return(result)
                self.count_call()
            return
        pc = self._regs[_PC_SLOT]
        syndrome = int.from_bytes(self._state[_SYNDROME : _SYNDROME + 4], "little")
        kind = syndrome >> 26
        if number == _EXCEPTION_DATA and kind in _ABORTS:
            address = int.from_bytes(self._state[_FAULT_ADDRESS : _FAULT_ADDRESS + 8], "little")
            self.trap(Trap("fault write" if syndrome & _WRITE_NOT_READ else "fault read", pc, address))
        elif number in (_EXCEPTION_UNDEFINED, _EXCEPTION_BREAKPOINT):
            if kind == 0 and int.from_bytes(self.code(pc, pc + 4), "little") & _DAIF_MASK == _DAIF:
                # At EL0 the CPU reports MSR DAIFSet and DAIFClr as a trapped access, Unicorn as undefined.
                kind = 0x18
            self.trap(Trap(_CLASSES.get(kind, "unknown"), pc))
        else:
            self.fail(EmulatorError(f"unexpected exception {number}, syndrome {syndrome:#x}, at pc={pc:#x}"))

    # Running.

    def run(self, blocks: int | None = None) -> Trap:
        """Run until a trap (see `elf9.machine.cpu.Cpu`)."""
        self.limit_blocks(blocks)
        self._called = False
        while not self._stop_asked:
            pc = self._regs[_PC_SLOT]
            if pc & 3:
                # The kernel's fault text for a page that cannot be executed has priority.
                return self._misaligned(pc)
            if not self._blocks_seen:
                # Unicorn does not announce the very first block.
                self._check_block(pc, engine.FIRST_BLOCK)
            error = self.execute(pc)
            if self._trap is not None:
                self._regs[_PC_SLOT] = self._trap.pc
                return self._trap
            if error == engine.ERR_EXCEPTION:
                fault = self.fault()
                pc = self._regs[_PC_SLOT]
                if fault is None:
                    raise EmulatorError(f"unexplained exception at pc={pc:#x}")
                return Trap("fault write" if fault[1] == WRITE else "fault read", pc, fault[0])
            if error:
                self._check(error, "uc_emu_start")
            if self._called:
                return Trap("call", self._regs[_PC_SLOT])
            if self._take_over:
                self._take_over_calls()
            if self._preempt_asked:
                self._preempt_asked = False
                return Trap("preempted", self._regs[_PC_SLOT])
        return Trap("stopped", self._regs[_PC_SLOT])

    def _misaligned(self, pc: int) -> Trap:
        return Trap("misaligned pc", pc) if self.executable(pc) else Trap("fault read", pc, pc)

    # Instructions that need a check.

    def _check_block(self, pc: int, size: int) -> bool:
        """Hook the instructions of a new block that need it; True if there are new hooks."""
        if pc & 3:
            self._regs[_PC_SLOT] = pc
            return True
        code = self.code(pc, pc + size)
        added = False
        for offset, word in enumerate(memoryview(code[: len(code) & ~3]).cast("I")):
            if word == _WFE:
                added |= self.watch(pc + 4 * offset, self._wait_for_event)
            elif word >> 30 and word & _ORDERED_MASK in (_LOAD_ACQUIRE, _STORE_RELEASE):
                added |= self.watch(pc + 4 * offset, self._ordered(word))
        return added

    def _wait_for_event(self, _uc: int, address: int, _size: int, _user: int) -> None:
        self.trap(Trap(_CLASSES[1], address))

    def _ordered(self, word: int) -> Callable[[int, int, int, int], None]:
        """A hook that traps unless the address of LDAR or STLR is aligned."""
        regs, base, mask = self._regs, word >> 5 & 31, (1 << (word >> 30)) - 1
        kind = "fault read" if word & _ORDERED_MASK == _LOAD_ACQUIRE else "fault write"

        def ordered(_uc: int, address: int, _size: int, _user: int) -> None:
            if regs[base] & mask:
                self.trap(Trap(kind, address, regs[base]))

        return ordered


_POISONED = _words.pack(*(POISON + number for number in range(4, 26)))
_NO_ADDRESS = b"\xff" * 8
