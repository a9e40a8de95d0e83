"""The arm64 CPU: Unicorn at EL0, with the traps that 9front's kernel sets.

At exception level 0, with SCTLR_EL1 as the kernel's (DZE, UCI, UCT, nTWI, nTWE clear), Unicorn
itself traps what facts/abi.md §5 forbids.  Hooks close the rest (facts/unicorn.md §5): WFE,
misaligned acquire and release accesses, and branches to an address that is no multiple of 4.

System calls follow facts/abi.md §2 and facts/observed-arm64.md §b: number and result in X0,
arguments above SP, X1-X3 hold SP, PC and PSR, X4-X25 are destroyed.
"""

from __future__ import annotations

import struct
import time
from ctypes import Structure, c_uint32, c_uint64

from elf9.machine import engine
from elf9.machine.context import Context, Engines
from elf9.machine.cpu import POISON, EmulatorError, Trap
from elf9.machine.memory import WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import CDLL

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

_WFE, _WRITE_TPIDR = 0xD503205F, 0xD51BD040
# LDAR, STLR and the like of 16, 32 and 64 bits: (mask, value) of the instruction word.
_ORDERED_MASK, _LOAD_ACQUIRE, _STORE_RELEASE = 0x3FFFFC00, 0x08DFFC00, 0x089FFC00

# MSR DAIFSet and DAIFClr with any immediate.
_DAIF_MASK, _DAIF = 0xFFFFF0DF, 0xD50340DF

#: MRS of CNTVCT_EL0 (62.5 MHz) and PMCCNTR_EL0, and how many nanoseconds one tick is.
_COUNTERS = {0xD53BE040: 16, 0xD53B9D00: 1}

# TPIDR_EL0 in the saved state; the number after `POISON` of it.
_TPIDR_STATE, _TPIDR_NUMBER = 1296, 31

_USER_FLAGS = 0xF0000000
_MASK64 = (1 << 64) - 1

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


class Engine(engine.Engine):
    """An arm64 CPU in user mode."""

    PC, SP = 32, 31
    FLAGS = _NZCV
    STATE_BEFORE = 64
    SUFFIX = "aarch64"

    __slots__ = ("_interrupt", "_interrupt_hook", "_read_flags")

    def __init__(self, model: str, template: bytes, library: CDLL | None = None) -> None:
        super().__init__(engine.ARM64, MODELS[model], library)
        self.find_state([_X0 + number for number in range(29)])
        self._read_flags = self._flags_reader(_NZCV)
        if template:
            self.saved[:] = template
        else:
            self.write_register(_PSTATE, c_uint32(0))
            for row in _SYSTEM:
                self.write_register(_CP_REG, _SystemRegister(*row))
            self._reset()
        self._interrupt = engine.INTERRUPT(self._on_interrupt)
        self._interrupt_hook = self.hook(engine.HOOK_INTR, self._interrupt)

    def _reset(self) -> None:
        """The floating-point state and TPIDR that exec leaves (facts/observed-arm64.md §c)."""
        for number in range(32):
            self.write_register(_Q0 + number, (c_uint64 * 2)(0, 0))
        self.write_register(_FPCR, c_uint32(0))
        self.write_register(_FPSR, c_uint32(0))
        self.write_register(_TPIDR, c_uint64(0))
        self.lose_exclusive()

    # Registers.

    def flags(self) -> int:
        """NZCV."""
        return self._read_flags() & _USER_FLAGS

    def set_flags(self, value: int) -> None:
        """Set NZCV."""
        self.write_register(_NZCV, c_uint32(value))

    def allow_float(self, allowed: bool) -> None:
        """Let instructions that use V registers, FPCR or FPSR run, or trap."""
        # Unicorn does not look at CPACR_EL1, but at what QEMU derives from it for translated blocks.
        flags = self.state_bytes[_TRANSLATION_FLAGS : _TRANSLATION_FLAGS + 4].cast("I")
        flags[0] = flags[0] & ~_FLOAT_TRAPS | (0 if allowed else _FLOAT_TRAPS_TO_EL1)

    def lose_exclusive(self) -> None:
        """An exclusive access under way fails."""
        self.state_bytes[_EXCLUSIVE_ADDRESS : _EXCLUSIVE_ADDRESS + 8] = _NO_ADDRESS

    def restored(self) -> None:
        """Another CPU was put on the engine."""
        self.lose_exclusive()

    # System calls.

    def _return(self, result: int) -> None:
        """X0-X3 as facts/observed-arm64.md §b; X4-X25 are poisoned, and an exclusive access is lost."""
        regs = self.regs
        regs[0], regs[1], regs[2], regs[3] = result & _MASK64, regs[_SP_SLOT], regs[_PC_SLOT], self.flags()
        self.state_bytes[32:208] = _POISONED
        self.lose_exclusive()

    def _take_over_calls(self) -> None:
        """From now on the hook of exceptions is the one in native.c, which hands on all but SVC."""
        native = self.native()
        assert native is not None
        record = engine.CallRecord(
            other=self._interrupt,
            exclusive=self.state + _EXCLUSIVE_ADDRESS,
            svc=_EXCEPTION_SVC,
        )
        self.serve_natively(record)
        self.unhook(self._interrupt_hook)
        self._interrupt_hook = self.hook(engine.HOOK_INTR, native.elf9_call_arm64, data=record)

    # What Unicorn reports.

    def _on_interrupt(self, uc: int, number: int, _user: int) -> None:
        if number == _EXCEPTION_SVC:
            context = self.current
            try:
                result = self.on_call(self.regs[0] & 0xFFFFFFFF, self.regs[_SP_SLOT])
            except BaseException as error:
                self.fail(error)
                return
            if result is None or self.current is not context:
                self._called = True
                self._library.uc_emu_stop(uc)
            else:
                self._return(result)
                self.count_call()
            return
        pc = self.regs[_PC_SLOT]
        syndrome = int.from_bytes(self.state_bytes[_SYNDROME : _SYNDROME + 4], "little")
        kind = syndrome >> 26
        if number == _EXCEPTION_DATA and kind in _ABORTS:
            address = int.from_bytes(self.state_bytes[_FAULT_ADDRESS : _FAULT_ADDRESS + 8], "little")
            self.trap(Trap("fault write" if syndrome & _WRITE_NOT_READ else "fault read", pc, address))
        elif number in (_EXCEPTION_UNDEFINED, _EXCEPTION_BREAKPOINT):
            if kind == 0 and int.from_bytes(self.space.code(pc, pc + 4), "little") & _DAIF_MASK == _DAIF:
                # At EL0 the CPU reports MSR DAIFSet and DAIFClr as a trapped access, Unicorn as undefined.
                kind = 0x18
            self.trap(Trap(_CLASSES.get(kind, "unknown"), pc))
        else:
            self.fail(EmulatorError(f"unexpected exception {number}, syndrome {syndrome:#x}, at pc={pc:#x}"))

    # Running.

    def instruction_behind(self, pc: int, count: int) -> int:
        """All instructions have four bytes."""
        return pc + 4 * count if self.space.code(pc + 4 * count, pc + 4 * count + 4) else pc

    def before(self, pc: int) -> Trap | None:
        """The pc must be a multiple of 4; the kernel's fault text for a page that cannot be executed has priority."""
        return self._misaligned(pc) if pc & 3 else None

    def explain(self, error: int) -> Trap:
        """The trap of a run that ended with one of Unicorn's errors."""
        pc = self.regs[_PC_SLOT]
        fault = self.fault() if error == engine.ERR_EXCEPTION else None
        if fault is None:
            raise EmulatorError(f"Unicorn ended with error {error} at pc={pc:#x}")
        return Trap("fault write" if fault[1] == WRITE else "fault read", pc, fault[0])

    def _misaligned(self, pc: int) -> Trap:
        return Trap("misaligned pc", pc) if self.space.executable(pc) else Trap("fault read", pc, pc)

    # Instructions that need a check.

    def check_first(self, pc: int) -> None:
        """Look at the very first block."""
        self.check_block(pc, engine.FIRST_BLOCK)

    def check_block(self, pc: int, size: int) -> bool:
        """Hook the instructions of a new block that need it; True if there are new hooks."""
        if pc & 3:
            self.regs[_PC_SLOT] = pc
            return True
        code = self.space.code(pc, pc + size)
        added = False
        counters = self.current is not None and self.current.clock is not time.monotonic_ns
        for offset, word in enumerate(memoryview(code[: len(code) & ~3]).cast("I")):
            if word == _WFE:
                added |= self.watch(pc + 4 * offset, self._wait_for_event, 4)
            elif word >> 30 and word & _ORDERED_MASK in (_LOAD_ACQUIRE, _STORE_RELEASE):
                added |= self._watch_ordered(word, pc + 4 * offset)
            elif word & ~31 == _WRITE_TPIDR:
                added |= self.watch(pc + 4 * offset, self._write_tpidr, 4)
            elif counters and word & ~31 in _COUNTERS:
                added |= self.watch(pc + 4 * offset, self._read_counter, 4)
        return added

    def _write_tpidr(self, _uc: int, address: int, _size: int, _user: int) -> None:
        """MSR TPIDR_EL0: Unicorn would forget that floating point traps."""
        if self.current is not None and not self.current.float_allowed:
            self.do_outside(lambda: self._set_tpidr(address))

    def _set_tpidr(self, pc: int) -> None:
        register = self.space.code(pc, pc + 1)[0] & 31
        self.write_register(_TPIDR, c_uint64(0 if register == 31 else self.regs[register]))
        self.regs[_PC_SLOT] = pc + 4

    def _read_counter(self, _uc: int, address: int, _size: int, _user: int) -> None:
        """MRS of a counter that has to follow the clock it was given."""
        self.do_outside(lambda: self._set_counter(address))

    def _set_counter(self, pc: int) -> None:
        assert self.current is not None
        word = int.from_bytes(self.space.code(pc, pc + 4), "little")
        if word & 31 != 31:
            self.regs[word & 31] = self.current.clock() // _COUNTERS[word & ~31] & _MASK64
        self.regs[_PC_SLOT] = pc + 4

    def _wait_for_event(self, _uc: int, address: int, _size: int, _user: int) -> None:
        self.trap(Trap(_CLASSES[1], address))

    def _watch_ordered(self, word: int, address: int) -> bool:
        ordered = self._ordered(word)
        native = self.native()
        if native is None:
            return self.watch(address, ordered, 4)
        mask = (1 << (word >> 30)) - 1
        data = engine.Operand(self.state, engine.CODE(ordered), 0, _MASK64, mask, word >> 5 & 31, -1, 0)
        return self.watch_native(address, "ordered", native.elf9_aligned, data, 4)

    def _ordered(self, word: int) -> Callable[[int, int, int, int], None]:
        """A hook that traps unless the address of LDAR or STLR is aligned."""
        regs, base, mask = self.regs, word >> 5 & 31, (1 << (word >> 30)) - 1
        kind = "fault read" if word & _ORDERED_MASK == _LOAD_ACQUIRE else "fault write"

        def ordered(_uc: int, address: int, _size: int, _user: int) -> None:
            if regs[base] & mask:
                self.trap(Trap(kind, address, regs[base]))

        return ordered


class Cpu(Context):
    """An arm64 CPU (see `elf9.machine.cpu.Cpu`)."""

    SLOTS = {**{f"x{number}": number for number in range(31)}, "sp": _SP_SLOT, "pc": _PC_SLOT}  # noqa: RUF012
    PC_NAME, FLAGS = "pc", "psr"
    USER_FLAGS = _USER_FLAGS

    __slots__ = ()

    def __init__(self, model: str = "baseline") -> None:
        super().__init__(Engines(lambda template, library: Engine(model, template, library)))

    def start(self, entry: int, sp: int, tos: int) -> None:
        """Set every register as exec leaves it (facts/exec.md §6, facts/observed-arm64.md §c)."""
        self.reset()
        regs = self._regs
        for number in range(31):
            regs[number] = POISON + number
        regs[0], regs[1], regs[2], regs[3], regs[30] = tos, sp, entry, 0, 0
        regs[_SP_SLOT], regs[_PC_SLOT] = sp, entry

    def copy(self) -> Cpu:
        """Another CPU with the same registers but TPIDR, which rfork leaves undefined; nothing is mapped."""
        made = super().copy()
        made.state[_TPIDR_STATE : _TPIDR_STATE + 8] = (POISON + _TPIDR_NUMBER).to_bytes(8, "little")
        return made

    def call_return(self, result: int) -> None:
        """X0-X3 as facts/observed-arm64.md §b; X4-X25 are poisoned, and an exclusive access is lost."""
        self._own()
        regs = self._regs
        self.temporary = regs[17]
        regs[0], regs[1], regs[2], regs[3] = result & _MASK64, regs[_SP_SLOT], regs[_PC_SLOT], self.flags
        self._bytes[32:208] = _POISONED
        if self._on_engine:
            self._engine.restored()


_POISONED = _words.pack(*(POISON + number for number in range(4, 26)))
_NO_ADDRESS = b"\xff" * 8
