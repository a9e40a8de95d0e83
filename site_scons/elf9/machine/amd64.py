"""The amd64 CPU: Unicorn in ring 3, made as strict as a 9front kernel's machine.

What Unicorn leaves out is closed here (facts/unicorn.md §5): privileged instructions trap
because the guest runs at privilege level 3; port input and output, AVX, misaligned SSE operands
and unmasked SSE exceptions are caught by hooks on just the instructions that need one, found when
a block of code is about to run for the first time.

System calls follow facts/abi.md §2 and facts/observed-amd64.md §b: number in RBP, arguments above
RSP, result in RAX, RCX and R11 as SYSCALL leaves them, the rest destroyed but for R14 and R15.
"""

from __future__ import annotations

import ctypes
import struct
from ctypes import Structure, byref, c_int, c_uint8, c_uint32, c_uint64

from elf9.machine import engine
from elf9.machine.amd64_length import instruction_length, starts
from elf9.machine.context import Context, Engines
from elf9.machine.cpu import POISON, EmulatorError, Trap
from elf9.machine.memory import EXECUTE, WRITE, Region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import CDLL

    from elf9.machine.amd64_scan import Site

__all__ = ["MODELS", "Cpu"]

#: --cpu values: what the machine may use beyond the baseline.  Unicorn has no AVX at all.
MODELS = {"baseline": 0, "v2": 16, "max": 17}

_NAMES = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", *(f"r{number}" for number in range(8, 16)))

# Unicorn's register numbers (x86.h), in the order of _NAMES.
_REGISTERS = [35, 38, 40, 37, 44, 36, 43, 39, *range(106, 114)]
_RIP_REGISTER, _EFLAGS, _CR0, _CR4, _XMM0, _FPCW, _FPTAG, _MSR, _MXCSR = 41, 25, 50, 54, 122, 246, 247, 248, 249
_INSTRUCTION_SYSCALL = 699

# Offsets in CPUX86State, and the 64-bit slots of its first registers.
_EIP_SLOT, _RSP_SLOT = 16, 4
_DIRECTION, _FLOAT_FLAGS, _STATE_MXCSR = 0xAC, 0x32A, 0x330
_SEGMENTS, _SEGMENT_SIZE = 0xB8, 24
_EXCEPTION_IS_INT, _OLD_EXCEPTION = 0x150C, 0x1578
_XMM_STATE, _XMM_STATE_END = 0x338, 0x338 + 16 * 64

# Initial floating-point state (facts/abi.md §3); bit 6 of FCW reads as 1 on hardware.
_INITIAL_FCW, INITIAL_MXCSR = 0x0272, 0x1900
_MXCSR_MASK_SHIFT, _EXCEPTION_BITS, _MXCSR_BITS = 7, 0x3F, 0xFFFF
# Of the exceptions: those that the operands alone raise (invalid, denormal, division by zero), and the others.
_BEFORE_RESULT, _OVERFLOW, _UNDERFLOW, _PRECISION = 0x07, 0x08, 0x10, 0x20

_LONGEST_INSTRUCTION = 15
_EFER, _EFER_VALUE = 0xC0000080, 0x501
_STAR, _STAR_VALUE = 0xC0000081, 0x1B << 48
_CR0_VALUE = 0x13
_CR4_VALUE = 0x620
_TRAMPOLINE = 0xFFFFFFFF80000000
_INITIAL_FLAGS = 0x202
#: CF PF AF ZF SF TF DF OF AC ID.
_USER_FLAGS = 0x240DD5
#: CR0.TS: floating-point instructions raise exception 7.
_TASK_SWITCHED = 8

_KINDS = {
    0: "divide error",
    1: "debug exception",
    3: "breakpoint",
    4: "overflow",
    5: "bounds check",
    7: "floating point in note handler",
    10: "invalid TSS",
    11: "segment not present",
    12: "stack exception",
    13: "general protection violation",
    17: "alignment check",
}
_BREAKPOINT_VECTOR, _NO_FLOAT_VECTOR, _PROTECTION_VECTOR, _SYSCALL_VECTOR = 3, 7, 13, 64
_PROTECTION = "general protection violation"
_RDTSC, _RDTSCP = b"\x0f\x31", b"\x0f\x01\xf9"
_RDPMC, _ICEBP, _VEX = b"\x0f\x33", b"\xf1", frozenset(b"\xc4\xc5")
#: IN, OUT, INS and OUTS: Unicorn lets everybody do them (the kernel's I/O privilege level is 0).
_PORTS = frozenset(bytes([byte]) for byte in b"\x6c\x6d\x6e\x6f\xe4\xe5\xe6\xe7\xec\xed\xee\xef")
_LEGACY = b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3"
_REX = bytes(range(0x40, 0x50))
_PREFIXES = frozenset(_LEGACY + _REX)
#: What takes a LOCK prefix: ADD and its kind to memory, XCHG; CMPXCHG, XADD, BTS and its kind; and of
#: the groups, by ModRM extension: 80, 81 and 83 but for CMP, NOT and NEG, INC and DEC.
_LOCK = 0xF0
_LOCKABLE = frozenset(b"\x00\x01\x08\x09\x10\x11\x18\x19\x20\x21\x28\x29\x30\x31\x86\x87")
_LOCKABLE_TWO = frozenset(b"\xab\xb0\xb1\xb3\xbb\xc0\xc1")
_LOCKABLE_GROUPS = frozenset(
    (code, extension)
    for codes, extensions in ((b"\x80\x81\x83", range(7)), (b"\xf6\xf7", (2, 3)), (b"\xfe\xff", (0, 1)))
    for code in codes
    for extension in extensions
)
#: BT, BTS, BTR, BTC and the group of them with an immediate; the first ModRM byte that means a register.
_BIT_TESTS, _REGISTER, _MOST_PREFIXES = (b"\x0f\xa3", b"\x0f\xab", b"\x0f\xb3", b"\x0f\xbb", b"\x0f\xba"), b"\xc0", 12
#: REP STOS and REP MOVS of bytes, words of 4 and of 8: size of an element, and is it MOVS?
_STRINGS = {
    b"\xf3\xaa": (1, 0),
    b"\xf3\xab": (4, 0),
    b"\xf3\x48\xab": (8, 0),
    b"\xf3\xa4": (1, 1),
    b"\xf3\xa5": (4, 1),
    b"\xf3\x48\xa5": (8, 1),
}
#: Calls, jumps, returns, and what goes to the kernel: with one of these a block ends.
_LEAVING = frozenset(bytes([byte]) for byte in b"\xc2\xc3\xcc\xcd\xe8\xe9\xeb\xf4\xff" + bytes(range(0x70, 0x80)))
_LEAVING_TWO = frozenset(bytes([0x0F, byte]) for byte in (0x05, 0x0B, *range(0x80, 0x90)))
_RIP, _NONE = 16, -1
#: Kinds of sites that are watched before and behind.
_ARITHMETIC = ("fp", "estimate")
#: String instructions, XLAT and MOV with a full address: memory without a ModRM byte, never by RSP or RBP.
_NO_MODRM = frozenset(b"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xaa\xab\xac\xad\xae\xaf\xd7")
#: MOV Sreg, r/m, and the selectors of user mode: data and code (facts/observed-amd64.md §c).
_MOVE_TO_SEGMENT, _STACK_SEGMENT, _USER_DATA, _USER_SELECTORS = b"\x8e", 2, 0x23, (0x23, 0x2B)
_MASK64 = (1 << 64) - 1

#: All bytes but those by which a block may need a check: VEX, port input and output, the 0F escape, LOCK.
_HARMLESS = bytes(set(range(256)) - set(b"\xf3\xc4\xc5\x6c\x6d\x6e\x6f\xe4\xe5\xe6\xe7\xec\xed\xee\xef\x0f\xf0"))
#: Second bytes of the opcodes that `amd64_scan` knows.
_SSE = frozenset(
    [
        *range(0x10, 0x18),
        *range(0x28, 0x30),
        0x38,
        0x3A,
        *range(0x50, 0x80),
        0xAE,
        0xC2,
        0xC6,
        0xC7,
        *range(0xD0, 0x100),
    ]
)

_POISON_5_TO_10 = tuple(POISON + number for number in range(5, 11))
_fixed = struct.Struct("<4Q")
_rest = struct.Struct("<9Q")


class _String(Structure):
    """`struct string` of native.c."""

    _fields_ = (
        ("registers", c_uint64),
        ("direction", c_uint64),
        ("machine", c_uint64),
        ("size", c_uint64),
        ("move", c_uint64),
    )


class _Arithmetic(Structure):
    """`struct arithmetic` of native.c."""

    _fields_ = (
        ("flags", c_uint64),
        ("control", c_uint64),
        ("registers", c_uint64),
        ("slow", engine.CODE),
        ("address", c_uint64),
        ("before", c_uint64),
        ("estimate", c_uint64),
        ("saved", c_uint8 * (_XMM_STATE_END - _XMM_STATE)),
    )


class _Msr(Structure):
    _fields_ = (("number", c_uint32), ("value", c_uint64))


class Engine(engine.Engine):
    """An amd64 CPU in user mode."""

    PC, SP = 16, 4
    FLAGS = _EFLAGS
    SUFFIX = "x86_64"

    __slots__ = (
        "_arithmetic",
        "_call_pc",
        "_counter_behind",
        "_float_skipped",
        "_float_watched",
        "_misaligned_hook",
        "_read_flags",
        "_syscall_hook",
    )

    def __init__(self, model: str, template: bytes, library: CDLL | None = None) -> None:
        super().__init__(engine.X86, MODELS[model], library)
        self.find_state(_REGISTERS)
        self._read_flags = self._flags_reader(_EFLAGS)
        self._call_pc = 0
        self._misaligned_hook = engine.CODE(self._misaligned)
        self._arithmetic = _Arithmetic(
            self.state + _FLOAT_FLAGS,
            self.state + _STATE_MXCSR,
            self.state + _XMM_STATE,
            engine.CODE(self._raise_float),
        )
        #: SSE arithmetic went unwatched, since all was masked; or is watched whatever is masked.
        self._float_skipped = self._float_watched = False
        if template:
            self.saved[:] = template
        else:
            for number, value in ((_STAR, _STAR_VALUE), (_EFER, _EFER_VALUE)):
                self.write_register(_MSR, _Msr(number, value))
            self.write_register(_CR0, c_uint64(_CR0_VALUE))
            self.write_register(_CR4, c_uint64(_CR4_VALUE))
            self._enter_user_mode()
            self._reset()
        self.hook(engine.HOOK_INTR, engine.INTERRUPT(self._on_interrupt))
        #: Where RAX and RDX are to be set, behind an RDTSC that has just been executed.
        self._counter_behind = 0
        self._syscall_hook = self._hook_instruction(
            _INSTRUCTION_SYSCALL, engine.INSTRUCTION_HOOK(self._python_syscall())
        )

    def _hook_instruction(self, number: int, function: object, data: Structure | None = None) -> int:
        # Of these hooks there must be one only: when another thread has asked for a stop, Unicorn looks at none
        # behind the first, and goes on behind the instruction.
        return self.hook(engine.HOOK_INSN, function, 1, 0, c_int(number), data=data)

    def _enter_user_mode(self) -> None:
        """SYSRET is the only way to ring 3 that needs no descriptor tables in guest memory."""
        page = Region(_TRAMPOLINE, 4096, EXECUTE)
        page.view[0:3] = b"\x48\x0f\x07"
        page.view[0x800:0x801] = b"\xf4"
        self.space.ranges.append(page)
        self.make_table()
        self.regs[1] = _TRAMPOLINE + 0x800
        self.regs[11] = _INITIAL_FLAGS
        self.execute(_TRAMPOLINE)
        self.space = engine.Space()
        self.drop_text(page)
        self._set_int32(_OLD_EXCEPTION, -1)
        if self.regs[_EIP_SLOT] != _TRAMPOLINE + 0x800:
            raise EmulatorError("Unicorn did not enter user mode")

    def _reset(self) -> None:
        """The floating-point state that exec leaves (facts/exec.md §6, facts/observed-amd64.md §c)."""
        self.write_register(_FPCW, c_uint64(_INITIAL_FCW))
        self.write_register(_FPTAG, c_uint64(0xFFFF))
        self.write_register(_MXCSR, c_uint32(INITIAL_MXCSR))
        self.state_bytes[_FLOAT_FLAGS] = 0
        # exec leaves the SSE registers as the CPU had them: signalling NaNs, whatever their width.
        for number in range(16):
            self.write_register(_XMM0 + number, (c_uint64 * 2)(0x7FF4_DEAD_7FA0_DEAD, 0x7FF4_DEAD_7FA0_DEAD))

    def _set_int32(self, offset: int, value: int) -> None:
        self.state_bytes[offset : offset + 4] = value.to_bytes(4, "little", signed=True)

    # Registers.

    def flags(self) -> int:
        """RFLAGS."""
        return self._read_flags()

    def set_flags(self, value: int) -> None:
        """Set RFLAGS."""
        self.write_register(_EFLAGS, c_uint64(value))

    def behind_call(self) -> int:
        """RIP; while a system call is served, the address behind it."""
        return self._call_pc or self._record.pc or self.regs[_EIP_SLOT]

    def forget_call(self) -> None:
        """The run ended, and with it the system call that was served."""
        self._call_pc = self._record.pc = 0

    def allow_float(self, allowed: bool) -> None:
        """Let x87, MMX and SSE instructions run, or raise exception 7."""
        self.write_register(_CR0, c_uint64(_CR0_VALUE if allowed else _CR0_VALUE | _TASK_SWITCHED))

    def instruction_behind(self, pc: int, count: int) -> int:
        """By the lengths of instructions."""
        code = self.space.code(pc, pc + _LONGEST_INSTRUCTION * (count + 1))
        offsets = list(starts(code, len(code)))
        return pc + offsets[min(count, len(offsets) - 1)] if offsets else pc

    def suits(self, registers: memoryview) -> bool:
        """A CPU that unmasked SSE exceptions goes where all arithmetic is watched, until it masks them again.

        So programs that run this one again, which starts with exceptions unmasked, stay as fast as they are.
        """
        if not (self.strict or self._float_skipped):
            return True
        unmasked = bool(_unmasked_in(registers[_STATE_MXCSR : _STATE_MXCSR + 4]))
        return unmasked if self.strict else not (unmasked and self._float_skipped)

    def restored(self) -> None:
        """Another CPU was put on the engine; what it has not masked is watched."""
        if self.strict:
            self._float_watched = True

    # System calls.

    def _python_syscall(self) -> Callable[[int, int], None]:
        """The hook of SYSCALL: `call_return` laid out flat, since it bounds the rate of calls."""
        regs, state = self.regs, self.state_bytes
        read, stop = self._library.uc_reg_read, self._library.uc_emu_stop
        flags = c_uint64()
        flags_pointer = byref(flags)

        def on_syscall(uc: int, _user: int) -> None:
            # RIP still is at the SYSCALL; Unicorn adds 2 when this returns.
            self._call_pc = pc = regs[_EIP_SLOT] + 2
            context = self.current
            try:
                result = self.on_call(regs[5] & 0xFFFFFFFF, regs[_RSP_SLOT])
            except BaseException as error:
                self.fail(error)
                return
            if result is None or self.current is not context:
                self._called = True
                stop(uc)
                return
            read(uc, _EFLAGS, flags_pointer)
            _fixed.pack_into(state, 0, result & _MASK64, pc, POISON + 2, POISON + 3)
            _rest.pack_into(state, 40, *_POISON_5_TO_10, flags.value, POISON + 12, POISON + 13)
            self._call_pc = 0
            self.count_call()

        return on_syscall

    def _take_over_calls(self) -> None:
        """From now on the hook of SYSCALL is the one in native.c."""
        native = self.native()
        assert native is not None
        record = engine.CallRecord()
        self.serve_natively(record)
        self.unhook(self._syscall_hook)
        self._syscall_hook = self._hook_instruction(_INSTRUCTION_SYSCALL, native.elf9_call_amd64, record)

    # What Unicorn reports.

    def _on_interrupt(self, _uc: int, vector: int, _user: int) -> None:
        pc = self.regs[_EIP_SLOT]
        self._set_int32(_OLD_EXCEPTION, -1)
        if self.state_bytes[_EXCEPTION_IS_INT]:
            if vector == _BREAKPOINT_VECTOR:
                # The kernel takes 1 off, whatever the length of the instruction was (debugbpt in trap.c).
                return self.trap(Trap(_KINDS[vector], pc - 1))
            pc -= 2
            if vector == _SYSCALL_VECTOR:
                return self.trap(Trap("panic", pc, None, vector))
            # The kernel's gates of all other vectors are closed to user mode.
            vector = _PROTECTION_VECTOR
        elif vector == _PROTECTION_VECTOR and self._load_segment(pc):
            return None
        elif vector == _NO_FLOAT_VECTOR:
            self._forget_float()
        kind = _KINDS.get(vector)
        if kind is None:
            return self.fail(EmulatorError(f"unexpected exception {vector} at pc={pc:#x}"))
        return self.trap(Trap(kind, pc))

    def _load_segment(self, pc: int) -> bool:
        """MOV to a segment register at `pc`: do it if the kernel's descriptor tables would allow it.

        Unicorn has no such tables here.  User code and data are flat, so only the selector changes.
        """
        code = self.space.code(pc, pc + 15)
        opcode = _opcode(code)
        if opcode[:1] != _MOVE_TO_SEGMENT:
            return False
        register = opcode[1] >> 3 & 7
        if opcode[1] >> 6 == 3:
            extended = len(code) > len(opcode) and code[len(code) - len(opcode) - 1] & 0xF1 == 0x41
            selector = self.regs[(opcode[1] & 7) + 8 * extended] & 0xFFFF
        else:
            return False
        if selector not in _USER_SELECTORS or (register == _STACK_SEGMENT and selector != _USER_DATA):
            return False
        at = _SEGMENTS + _SEGMENT_SIZE * register
        self.state_bytes[at : at + 4] = selector.to_bytes(4, "little")
        self.write_register(_RIP_REGISTER, c_uint64(pc + instruction_length(code, 0)))
        return True

    def _watch_counter(self, address: int, length: int) -> bool:
        """RDTSC: Unicorn reads the host's counter, and the clock's value is put in its place behind it."""
        behind = address + length

        def before_counter(_uc: int, _address: int, _size: int, _user: int) -> None:
            self._counter_behind = behind

        self.watch(behind, self._after_counter)
        return self.watch(address, before_counter, length)

    def _after_counter(self, _uc: int, address: int, _size: int, _user: int) -> None:
        if self._counter_behind == address and self.current is not None:
            value = self.current.clock()
            self.regs[0] = value & 0xFFFFFFFF
            self.regs[2] = value >> 32 & 0xFFFFFFFF
        self._counter_behind = 0

    # Running.

    def explain(self, error: int) -> Trap:
        """The trap of a run that ended with one of Unicorn's errors."""
        if error == engine.ERR_EXCEPTION:
            return self._page_fault()
        if error == engine.ERR_INSN_INVALID:
            return self._invalid_opcode()
        raise EmulatorError(f"Unicorn ended with error {error} at pc={self.regs[_EIP_SLOT]:#x}")

    def settle(self, trap: Trap) -> Trap:
        """A run ends with `trap`: see to the instruction under way, which may trap itself."""
        self._after_counter(0, self.regs[_EIP_SLOT], 0, 0)
        if self._arithmetic.address == self.regs[_EIP_SLOT]:
            self._forget_float()
        elif self._arithmetic.address:
            self._settle()
            if not self._arithmetic.address and self._trap is not None and self._trap is not trap:
                self.regs[_EIP_SLOT] = self._trap.pc
                return self._trap
        return trap

    def _page_fault(self) -> Trap:
        fault = self.fault()
        pc = self.regs[_EIP_SLOT]
        if fault is None:
            raise EmulatorError(f"unexplained exception at pc={pc:#x}")
        address, wanted = fault
        code = self.space.code(pc, pc + 15)
        if (address >> 47) not in (0, 0x1FFFF):
            return Trap("stack exception" if wanted != EXECUTE and _uses_stack(code) else _PROTECTION, pc)
        return Trap("fault write" if wanted == WRITE else "fault read", pc, address)

    def _invalid_opcode(self) -> Trap:
        pc = self.regs[_EIP_SLOT]
        self._set_int32(_OLD_EXCEPTION, -1)
        opcode = _opcode(self.space.code(pc, pc + 15))
        if opcode[:2] == _RDPMC:
            # The baseline CPU lacks it, the kernel forbids it: the text is the kernel's.
            return Trap(_PROTECTION, pc)
        return Trap("debug exception" if opcode[:1] == _ICEBP else "invalid opcode", pc)

    # Instructions that need a check.

    def _unmasked(self) -> int:
        """The SSE exceptions that trap, as bits of MXCSR's low six."""
        return _unmasked_in(self.state_bytes[_STATE_MXCSR : _STATE_MXCSR + 4])

    def check_first(self, pc: int) -> None:
        """Look at the very first block."""
        self.check_block(pc, self._first_block(pc))

    def _first_block(self, pc: int) -> int:
        """Size in bytes of the block at `pc`: up to the first instruction that may go elsewhere."""
        code = b""
        for size in (64, 512, engine.FIRST_BLOCK):
            code = self.space.code(pc, pc + size)
            for start, length in starts(code, len(code)).items():
                opcode = _opcode(code[start : start + length])[:2]
                if start + length <= len(code) and (opcode[:1] in _LEAVING or opcode in _LEAVING_TWO):
                    return start + length
        return len(code)

    def check_block(self, pc: int, size: int) -> bool:
        """Hook the instructions of a new block that need it; True if there are new hooks."""
        code = self.space.code(pc, pc + size)
        if not code.translate(None, _HARMLESS):
            return False
        lengths = starts(code, len(code))
        added = has_sse = False
        for start, length in lengths.items():
            first = code[start]
            opcode = _opcode(code[start : start + length]) if first in _PREFIXES else code[start : start + 2]
            if first in _VEX or (first in _PREFIXES and not _may_be_locked(code[start : start + length])):
                added |= self.watch(pc + start, self._refuse, length)
            elif code[start : start + length] in _STRINGS:
                added |= self._hurry(code[start : start + length], pc + start)
            elif opcode[:1] in _PORTS:
                added |= self.watch(pc + start, self._deny, length)
            elif opcode == _RDTSC or code[start : start + length][-3:] == _RDTSCP:
                added |= self._watch_counter(pc + start, length)
                if start + length >= size:
                    self.forget_translation(pc + start + length)
            elif opcode[:1] == b"\x0f" and opcode[1:] and opcode[1] in _SSE:
                has_sse = True
        if has_sse:
            from elf9.machine.amd64_scan import scan

            for site in scan(code, 0, len(code)):
                if site.start in lengths:
                    added |= self._check_site(site, pc + site.start)
                    if site.kind in _ARITHMETIC and site.start + site.length >= size:
                        # The watch behind it lies in another block, which may be translated already.
                        self.forget_translation(pc + site.start + site.length)
        return added

    def _hurry(self, instruction: bytes, address: int) -> bool:
        """Have REP STOS or REP MOVS done in C, if there is a compiler."""
        native = self.native()
        if native is None:
            return False
        size, move = _STRINGS[instruction]
        data = _String(self.state, self.state + _DIRECTION, ctypes.addressof(self._machine), size, move)
        return self.watch_native(address, "string", native.elf9_string, data, len(instruction))

    def _check_site(self, site: Site, address: int) -> bool:
        kind = site.kind
        added = False
        if site.alignment and site.memory:
            added = self._need_aligned(site, address)
        if kind == "estimate" or (kind == "fp" and (self._float_watched or self._unmasked())):
            added |= self._watch_float(site, address)
        elif kind == "fp":
            self._float_skipped = True
        elif kind == "invalid":
            added |= self.watch(address, self._refuse, site.length)
        elif kind == "conflict":
            added |= self.watch(address, self._give_up, site.length)
        elif kind == "stmxcsr":
            added |= self.watch(address, self._show_float_flags, site.length)
        elif kind == "ldmxcsr":
            added |= self.watch(address, self._load_masks(site, address), site.length)
        return added

    def untranslatable(self, text: bytes) -> list[int]:
        """LOCK before BT, BTS, BTR and BTC of a register; every prefix from which on there is one counts."""
        found = []
        for opcode in _BIT_TESTS:
            at = text.find(opcode)
            while at >= 0:
                start = at
                while start and text[start - 1] in _PREFIXES and at - start < _MOST_PREFIXES:
                    start -= 1
                    if _LOCK in text[start:at] and text[at + 2 : at + 3] >= _REGISTER:
                        found.append(start)
                at = text.find(opcode, at + 1)
        return found

    def _refuse(self, _uc: int, address: int, _size: int, _user: int) -> None:
        self.trap(Trap("invalid opcode", address))

    def _deny(self, _uc: int, address: int, _size: int, _user: int) -> None:
        self.trap(Trap(_PROTECTION, address))

    def _misaligned(self, _uc: int, address: int, _size: int, _user: int) -> None:
        # In a note handler the instruction itself traps first.
        if self.current is not None and self.current.float_allowed:
            self.trap(Trap(_PROTECTION, address))

    def _give_up(self, _uc: int, address: int, _size: int, _user: int) -> None:
        self.fail(
            EmulatorError(
                f"the instruction at pc={address:#x} has two of the prefixes 66, F2 and F3, which Unicorn confuses; "
                "no compiler makes that: remove one"
            )
        )

    def _operand(self, site: Site, address: int) -> Callable[[], int]:
        """A function that computes the address of the site's memory operand."""
        regs, base, index, scale = self.regs, site.base, site.index, site.scale
        displacement = site.displacement
        mask = (1 << site.address_size) - 1
        if base == _RIP:
            base, displacement = -1, displacement + address + site.length

        def operand() -> int:
            value = displacement
            if base >= 0:
                value += regs[base]
            if index >= 0:
                value += regs[index] * scale
            return value & mask

        return operand

    def _need_aligned(self, site: Site, address: int) -> bool:
        """Watch for a misaligned operand, unless it is known to be aligned."""
        operand, mask = self._operand(site, address), site.alignment - 1
        if site.base in (_RIP, _NONE) and site.index == _NONE and not operand() & mask:
            return False
        native = self.native()
        if native is None:

            def misaligned(uc: int, address: int, size: int, user: int) -> None:
                if operand() & mask:
                    self._misaligned(uc, address, size, user)

            return self.watch(address, misaligned, site.length)
        base, displacement = site.base, site.displacement
        if base == _RIP:
            base, displacement = _NONE, displacement + address + site.length
        data = engine.Operand(
            self.state,
            self._misaligned_hook,
            displacement & _MASK64,
            (1 << site.address_size) - 1,
            mask,
            base,
            site.index,
            site.scale,
        )
        return self.watch_native(address, "misaligned", native.elf9_aligned, data, site.length)

    def _load_masks(self, site: Site, address: int) -> Callable[[int, int, int, int], None]:
        """A hook of LDMXCSR and FXRSTOR: it refuses bits of MXCSR that do not exist, and sets the flags."""
        operand = self._operand(site, address)
        # FXRSTOR is 0F AE /1, with MXCSR at byte 24 of its area.
        code = _opcode(self.space.code(address, address + site.length))
        offset = 24 if code[2] >> 3 & 7 == 1 else 0

        def load_masks(_uc: int, _address: int, _size: int, _user: int) -> None:
            self._settle()
            at = operand() + offset
            read = self.space.code(at, at + 4)
            if self._trap is not None or len(read) < 4:
                return
            value = int.from_bytes(read, "little")
            if value & ~_MXCSR_BITS:
                self.trap(Trap(_PROTECTION, address))
                return
            self.state_bytes[_FLOAT_FLAGS] = value & _EXCEPTION_BITS
            if self._float_skipped and ~value >> _MXCSR_MASK_SHIFT & _EXCEPTION_BITS:
                # Blocks without checks need them now: stop here, and come again after they are gone.
                self.do_outside(self._watch_all_float)

        return load_masks

    def _watch_all_float(self) -> None:
        """Blocks may have been translated without checks: translate them anew."""
        self._float_skipped, self._float_watched = False, True
        self.forget_all_code()

    # SSE exceptions: Unicorn collects the flags, but neither shows them in MXCSR nor traps.

    def _show_float_flags(self, _uc: int, _address: int, _size: int, _user: int) -> None:
        """Before STMXCSR and its kind: put the sticky flags where they belong."""
        self._settle()
        self.state_bytes[_STATE_MXCSR] |= self.state_bytes[_FLOAT_FLAGS] & _EXCEPTION_BITS

    def _watch_float(self, site: Site, address: int) -> bool:
        """Watch arithmetic before and behind it: an exception is seen behind, with its operands lost.

        Two functions may watch one address, as that of the second of two divisions, and Unicorn calls them
        in the order in which they came: both settle the instruction before theirs first.
        """
        behind = address + site.length
        estimate = site.kind == "estimate"
        native = self.native()
        if native is None:
            self.watch(behind, self._after_float)
            return self.watch(address, self._before_estimate if estimate else self._before_float, site.length)
        self.watch_native(behind, "_after_float", native.elf9_after_float, self._arithmetic)
        function = native.elf9_before_estimate if estimate else native.elf9_before_float
        return self.watch_native(address, "_before_float", function, self._arithmetic, site.length)

    def _before_float(self, _uc: int, address: int, _size: int, _user: int) -> None:
        self._settle()
        # If all is masked nothing can trap, and Unicorn's flags are sticky, too.
        if self._trap is None and self._unmasked():
            self._begin(address, estimate=False)
            self._arithmetic.saved[:] = self.state_bytes[_XMM_STATE:_XMM_STATE_END]

    def _before_estimate(self, _uc: int, address: int, _size: int, _user: int) -> None:
        """RCPPS, RSQRTPS: Unicorn divides and sets flags, which the CPU does not."""
        self._settle()
        if self._trap is None:
            self._begin(address, estimate=True)

    def _begin(self, address: int, *, estimate: bool) -> None:
        state, arithmetic = self.state_bytes, self._arithmetic
        arithmetic.address = address
        arithmetic.estimate = estimate
        arithmetic.before = state[_FLOAT_FLAGS] & _EXCEPTION_BITS
        state[_FLOAT_FLAGS] = 0

    def _after_float(self, _uc: int, address: int, _size: int, _user: int) -> None:
        if address != self._arithmetic.address:
            self._settle()

    def _settle(self) -> None:
        """See to the flags of the arithmetic that was under way, if any."""
        arithmetic = self._arithmetic
        if not arithmetic.address:
            return
        flags = 0 if arithmetic.estimate else self.state_bytes[_FLOAT_FLAGS] & _EXCEPTION_BITS
        if flags & self._unmasked():
            self._raise_float(0, 0, 0, 0)
        else:
            self.state_bytes[_FLOAT_FLAGS] = flags | arithmetic.before
            arithmetic.address = 0

    def _forget_float(self) -> None:
        """The arithmetic under way did not happen: its exception flags are those before it."""
        if self._arithmetic.address:
            self.state_bytes[_FLOAT_FLAGS] = self._arithmetic.before
            self._arithmetic.address = 0

    def _raise_float(self, _uc: int, _address: int, _size: int, _user: int) -> None:
        """The arithmetic under way raised an unmasked exception: trap, with the registers as before it."""
        state, arithmetic = self.state_bytes, self._arithmetic
        raised = state[_FLOAT_FLAGS] & _EXCEPTION_BITS
        if raised & self._unmasked() & _BEFORE_RESULT:
            # The CPU then computes nothing: only what the operands alone raise is set.
            raised &= _BEFORE_RESULT
        elif (
            raised & self._unmasked() & _OVERFLOW and not raised & _UNDERFLOW and not self._inexact(arithmetic.address)
        ):
            raised &= ~_PRECISION
        state[_XMM_STATE:_XMM_STATE_END] = bytes(arithmetic.saved)
        status = arithmetic.before | raised
        state[_FLOAT_FLAGS] = status
        state[_STATE_MXCSR] |= status
        self.trap(Trap("floating point", arithmetic.address, None, status))
        arithmetic.address = 0

    def _inexact(self, address: int) -> bool:
        """Is the result of the arithmetic at `address`, which overflowed, inexact as well?"""
        from elf9.machine.amd64_exact import inexact
        from elf9.machine.amd64_scan import scan

        code = self.space.code(address, address + 15)
        site = scan(code, 0, 1)[0]
        prefixes = code[: site.length].partition(b"\x0f")[0]
        opcode, modrm = code[len(prefixes) + 1 : len(prefixes) + 3]
        rex = prefixes[-1] if prefixes and prefixes[-1] & 0xF0 == 0x40 else 0
        saved = bytes(self._arithmetic.saved)

        def register(number: int) -> bytes:
            return saved[64 * number : 64 * number + 16]

        if site.memory:
            at = self._operand(site, address)()
            source = self.space.code(at, at + 16).ljust(16, b"\0")
        else:
            source = register((modrm & 7) + 8 * (rex & 1))
        mandatory = next((byte for byte in (0xF2, 0xF3, 0x66) if byte in prefixes), 0)
        return inexact(opcode, mandatory, register((modrm >> 3 & 7) + 8 * (rex >> 2 & 1)), source)


class Cpu(Context):
    """An amd64 CPU (see `elf9.machine.cpu.Cpu`)."""

    SLOTS = {**{name: slot for slot, name in enumerate(_NAMES)}, "rip": _EIP_SLOT}  # noqa: RUF012
    PC_NAME, FLAGS = "rip", "rflags"
    USER_FLAGS, FIXED_FLAGS = _USER_FLAGS, _INITIAL_FLAGS

    __slots__ = ()

    def __init__(self, model: str = "baseline") -> None:
        super().__init__(Engines(lambda template, library: Engine(model, template, library)))

    def start(self, entry: int, sp: int, tos: int) -> None:
        """Set every register as exec leaves it (facts/exec.md §6, facts/observed-amd64.md §c)."""
        self.reset()
        regs = self._regs
        for number in range(16):
            regs[number] = POISON + number
        regs[0], regs[1], regs[_RSP_SLOT], regs[11] = tos, entry, sp, _INITIAL_FLAGS
        regs[14] = regs[15] = 0
        regs[_EIP_SLOT] = entry

    def call_return(self, result: int) -> None:
        """RAX, RCX and R11 as facts/abi.md §2; what the kernel destroys is poisoned."""
        self._own()
        registers = self._bytes
        _fixed.pack_into(registers, 0, result & _MASK64, self._regs[_EIP_SLOT], POISON + 2, POISON + 3)
        _rest.pack_into(registers, 40, *_POISON_5_TO_10, self.flags, POISON + 12, POISON + 13)


def _unmasked_in(mxcsr: bytes | bytearray | memoryview) -> int:
    return ~int.from_bytes(mxcsr, "little") >> _MXCSR_MASK_SHIFT & _EXCEPTION_BITS


def _opcode(code: bytes) -> bytes:
    """What follows the prefixes of an instruction."""
    return code.lstrip(_LEGACY).lstrip(_REX)


def _may_be_locked(instruction: bytes) -> bool:
    """Is there no LOCK prefix, or is it one of the instructions that take it, with a memory operand?

    Source: the AMD64 manual, volume 3, "Lock Prefix".
    """
    opcode = _opcode(instruction)
    if _LOCK not in instruction[: len(instruction) - len(opcode)]:
        return True
    two = opcode[:1] == b"\x0f"
    code, modrm = (opcode[two:] + b"\0\xff")[:2]
    extension = modrm >> 3 & 7
    if two:
        known = code in _LOCKABLE_TWO or (code == 0xBA and extension >= 5) or (code == 0xC7 and extension == 1)
    else:
        known = code in _LOCKABLE or (code, extension) in _LOCKABLE_GROUPS
    return known and modrm >> 6 != 3


def _uses_stack(code: bytes) -> bool:
    """Does the instruction address memory by RSP or RBP, so that #SS takes the place of #GP?"""
    opcode = _opcode(code)
    if not opcode:
        return False
    first = opcode[0]
    if 0x50 <= first <= 0x5F or first in b"\x68\x6a\x8f\x9c\x9d\xc2\xc3\xc8\xc9\xe8":
        return True
    if first in _NO_MODRM:
        return False
    prefixes = code[: len(code) - len(opcode)]
    extended = bool(prefixes) and 0x40 <= prefixes[-1] <= 0x4F and bool(prefixes[-1] & 1)
    at = 1
    if first == 0x0F:
        at = 3 if opcode[1:2] in (b"\x38", b"\x3a") else 2
    elif first == 0xFF and opcode[1:2] and opcode[1] >> 3 & 7 in (2, 6):
        return True
    modrm, sib = (opcode + b"\0\0\0\0\0")[at : at + 2]
    mode, base = modrm >> 6, modrm & 7
    if mode == 3 or extended:
        return False
    if base == 4:
        return sib & 7 == 4 or (sib & 7 == 5 and mode != 0)
    return base == 5 and mode != 0
