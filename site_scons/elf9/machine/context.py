"""A CPU as the kernel sees it: registers and an address space, which take turns on an engine.

An engine of Unicorn costs megabytes, milliseconds, and the translation of all code it runs.  CPUs of
the same program therefore share one (`image`), and engines of programs that ended are kept for a
while: most programs are run again.  What is not on its engine is a copy of the state it had there.
"""

from __future__ import annotations

import time
from ctypes import addressof, c_char

from elf9.machine.cpu import EmulatorError
from elf9.machine.engine import NEXT, OLD, Space

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import CDLL
    from typing import Self

    from elf9.machine.cpu import Trap
    from elf9.machine.engine import Engine
    from elf9.machine.memory import Region


__all__ = ["Context", "Engines"]

_MASK64 = (1 << 64) - 1
#: sizeof(struct rest) of native.c.
_REST = 24

#: Engines that are kept though no CPU has their program.
_IDLE = 12
#: How often, and after how many seconds, another thread asks again for a stop that was too early to be seen.
_ATTEMPTS, _PAUSE = 40, 50e-6


class Engines:
    """The engines of one emulated machine, all of the same model."""

    __slots__ = ("_library", "_make", "engines", "template")

    def __init__(self, make: Callable[[bytes, CDLL | None], Engine]) -> None:
        self._make = make
        self._library: CDLL | None = None
        #: All of them, the least recently used first.
        self.engines: list[Engine] = []
        #: The state of a CPU that is about to start a program, but for general registers.
        self.template = b""

    def find(self, image: object, *, strict: bool = False) -> Engine:
        """An engine for a program, which has translated it already if one has.

        `strict`: one that is ready for CPUs that want more checks than others (`Engine.suits`).
        """
        for engine in self.engines:
            if engine.image == image and image is not None and engine.strict == strict:
                self.engines.remove(engine)
                break
        else:
            engine = self._make(self.template, self._library)
            self._library = engine.library
            self.template = self.template or bytes(engine.saved)
            engine.image, engine.strict = image, strict
        self.engines.append(engine)
        return engine

    def tidy(self) -> None:
        """Close engines that nobody uses, but for the last ones; all of them if nobody uses any."""
        idle = [engine for engine in self.engines if not engine.users and not engine.running]
        keep = 0 if len(idle) == len(self.engines) else _IDLE
        for engine in idle[: max(0, len(idle) - keep)]:
            self.engines.remove(engine)
            engine.close()


class Context:
    """A CPU (see `elf9.machine.cpu.Cpu`); the subclasses know the registers of their machine."""

    #: Names of the general registers, the pc among them, and their slots; of the pc, of the flags.
    SLOTS: dict[str, int]
    PC_NAME: str
    FLAGS: str
    #: The flags that user mode may set, and those that are always set.
    USER_FLAGS = FIXED_FLAGS = 0

    __slots__ = (
        "_engine",
        "_engines",
        "_flags_set",
        "_float_allowed",
        "_float_in_state",
        "_resting",
        "_resting_bytes",
        "address",
        "clock",
        "on_call",
        "rest",
        "space",
        "state",
        "stop_asked",
        "temporary",
        "wants_stop",
    )

    def __init__(self, engines: Engines, engine: Engine | None = None) -> None:
        self._engines = engines
        self._engine = engines.find(None) if engine is None else engine
        self._engine.users.add(self)
        self.space = Space()
        #: The state while it is not on the engine, and the general registers there, and wherever they are.
        size = len(engines.template)
        memory = bytearray(size + _REST)
        self.state = memoryview(memory)[:size]
        self.state[:] = engines.template
        self._resting = self._engine.general(self.state)
        #: The same as bytes, where the state's registers begin.
        self._resting_bytes = self.state[self._engine.STATE_BEFORE :]
        #: Host address of `state`.
        self.address = addressof(c_char.from_buffer(memory))
        #: `struct rest` of native.c, behind it: the flags while they are not on the engine, and the address space.
        self.rest = memoryview(memory)[size:].cast("Q")
        self.rest[0] = self.FIXED_FLAGS
        #: Have the flags been set since?
        self._flags_set = True
        #: May floating-point instructions run, and is that what the state says?
        self._float_allowed = self._float_in_state = True
        #: Has it been told to stop for good; or to stop at all?
        self.stop_asked = self.wants_stop = False
        self.on_call: Callable[[int, int], int | None] = _no_kernel
        self.temporary = 0
        #: Nanoseconds since some start, for the counters that the guest can read.
        self.clock: Callable[[], int] = time.monotonic_ns

    # On and off the engine.

    @property
    def _on_engine(self) -> bool:
        return self._engine.current is self

    @property
    def _regs(self) -> memoryview:
        """The general registers, wherever they are."""
        engine = self._engine
        return engine.regs if engine.current is self else self._resting

    @property
    def _bytes(self) -> memoryview:
        """The state from these on, as bytes."""
        engine = self._engine
        return engine.state_bytes if engine.current is self else self._resting_bytes

    def attached(self) -> None:
        """The state is on the engine now."""
        if self._flags_set:
            self._engine.set_flags(self.rest[0])
            self._flags_set = False
        if self._float_in_state != self._float_allowed:
            self._engine.allow_float(self._float_allowed)
            self._float_in_state = self._float_allowed

    def detach(self) -> None:
        """Take the state off the engine; within a system call, as it is behind the call."""
        if self._on_engine:
            engine = self._engine
            self.rest[0], pc = engine.flags(), engine.behind_call()
            self.state[:] = engine.saved
            self.detached(pc)
            engine.current = None

    def detached(self, pc: int) -> None:
        """The state is here now, with this pc."""
        self._resting[self._engine.PC] = pc

    def _own(self) -> None:
        """Registers are about to be set: not those that a system call under way will overwrite."""
        if self._on_engine and self._engine.running:
            self.detach()

    def copy(self) -> Self:
        """Another CPU with the same registers, and nothing mapped."""
        made = type(self)._like(self)
        if self._on_engine:
            made.state[:] = self._engine.saved
            made.rest[0] = self._engine.flags()
            made._resting[self._engine.PC] = self._engine.behind_call()
        else:
            made.state[:] = self.state
            made.rest[0] = self.rest[0]
        made._float_allowed, made._float_in_state = self._float_allowed, self._float_in_state
        made.clock = self.clock
        return made

    @classmethod
    def _like(cls, other: Context) -> Self:
        made = cls.__new__(cls)
        Context.__init__(made, other._engines, other._engine)
        return made

    def image(self, key: object) -> None:
        """exec: the program changes; CPUs with an equal `key` run the same text."""
        self.detach()
        old = self._engine
        if old.image == key:
            return
        if old.image is None and len(old.users) == 1 and not old.running:
            old.image = key
            return
        self._move(self._engines.find(key))

    def _move(self, engine: Engine) -> None:
        """Run on another engine from now on; the state is not on one."""
        self._engine.users.discard(self)
        self._engine = engine
        engine.users.add(self)
        for region in self.space.ranges:
            self.space.changed(region)
        self._engines.tidy()

    def close(self) -> None:
        """Give back everything; the CPU is not used again."""
        if self._on_engine:
            self._engine.current = None
        self._engine.users.discard(self)
        self.space = Space()
        self._engines.tidy()

    # Memory.

    def map(self, region: Region) -> None:
        """Let the guest see `region`."""
        self.space.ranges.append(region)
        self._changed(region)

    def unmap(self, region: Region) -> None:
        """Take `region` away again."""
        self.space.ranges.remove(region)
        self._changed(region)

    def changed(self, region: Region, _old_top: int) -> None:
        """`region.top` or `region.access` is different from what was mapped."""
        self._changed(region)

    def _changed(self, region: Region) -> None:
        self.space.changed(region)
        if self._on_engine:
            self._engine.space_changed()

    def forget_code(self, start: int, stop: int) -> None:
        """What is in [start, stop) was changed, and may be code."""
        self._engine.forget_code(self.space, start, stop)
        if self._on_engine:
            self._engine.space_changed()

    # Registers.

    @property
    def pc(self) -> int:
        """Address of the next instruction; while a system call is served, the one behind it."""
        return self._engine.behind_call() if self._on_engine else self._regs[self._engine.PC]

    @property
    def sp(self) -> int:
        """Stack pointer."""
        return self._regs[self._engine.SP]

    @property
    def flags(self) -> int:
        """The flags as user mode sees them."""
        return self._engine.flags() if self._on_engine else self.rest[0]

    def set_flags(self, value: int) -> None:
        """Set the flags."""
        if self._on_engine:
            self._engine.set_flags(value)
        else:
            self.rest[0], self._flags_set = value, True

    def registers(self) -> dict[str, int]:
        """General registers, pc and flags by their names in lower case."""
        regs = self._regs
        values = {name: regs[slot] for name, slot in self.SLOTS.items()}
        values[self.PC_NAME] = self.pc
        values[self.FLAGS] = self.flags
        return values

    def set_registers(self, values: dict[str, int]) -> None:
        """Set some of what `registers` gives; of the flags only what user mode may set.

        Within `on_call`, which then has to return None, the registers take the place of those of the
        call's return.
        """
        self._own()
        regs, slots = self._regs, self.SLOTS
        for name, value in values.items():
            slot = slots.get(name)
            if slot is not None:
                regs[slot] = value & _MASK64
            elif name == self.FLAGS:
                self.set_flags(value & self.USER_FLAGS | self.FIXED_FLAGS)
            else:
                raise EmulatorError(f"there is no register {name}: the names are {', '.join(slots)}, {self.FLAGS}")

    @property
    def float_allowed(self) -> bool:
        """May instructions with floating-point or vector registers run?"""
        return self._float_allowed

    @float_allowed.setter
    def float_allowed(self, allowed: bool) -> None:
        if allowed != self._float_allowed:
            self._float_allowed = allowed
            if self._on_engine:
                self._engine.allow_float(allowed)
                self._float_in_state = allowed

    def reset(self) -> None:
        """The state of a CPU that is about to start a program, but for general registers."""
        self.detach()
        self.state[:] = self._engines.template
        self.set_flags(self.FIXED_FLAGS)
        self._float_allowed = self._float_in_state = True

    # Running.

    def run(self, blocks: int | None = None, inside: int = 0) -> Trap:
        """Run until a trap (see `elf9.machine.cpu.Cpu`)."""
        engine = self._engine
        if (engine.strict or not self._on_engine) and not engine.suits(self._bytes):
            self.detach()
            self._move(self._engines.find(engine.image, strict=not engine.strict))
            engine = self._engine
        trap = engine.run(self, blocks, inside)
        ran = engine.active
        assert ran is not None
        ran.wants_stop = ran.stop_asked
        return trap

    def pass_on(self, other: Self, result: int) -> int | None:
        """Within `on_call`: `other` takes this one's place (see `elf9.machine.cpu.Cpu`)."""
        engine, space = self._engine, other.space
        words = engine.words
        if (
            words is None
            or other._engine is not engine
            or space.table is None
            or other._flags_set
            or other._float_in_state != other._float_allowed
            or other.wants_stop
            or engine.strict
            or not engine.suits(other._resting_bytes)
        ):
            return None
        words[OLD], words[NEXT] = self.address, other.address
        engine.current = engine.active = other
        engine.space, engine.on_call = space, other.on_call
        if self.wants_stop:
            # another thread has asked it, and does not ask who is on the engine now
            other.wants_stop, other.stop_asked = True, self.stop_asked
            engine.kill()
        return result & _MASK64

    def preempt(self) -> None:
        """Ask `run` to return `preempted`, from any thread."""
        self.wants_stop = True
        self._ask(self._engine.kick)

    def stop(self) -> None:
        """Ask `run` to return `stopped`, from any thread; for ending the guest only."""
        self.stop_asked = self.wants_stop = True
        self._ask(self._engine.kill)

    def _ask(self, how: Callable[[], None]) -> None:
        # What is asked between two steps of Unicorn's start is forgotten by it.
        for _ in range(_ATTEMPTS):
            engine = self._engine
            if not (self.wants_stop and engine.running and engine.current is self):
                return
            how()
            time.sleep(_PAUSE)


def _no_kernel(_number: int, _sp: int) -> int | None:
    return None
