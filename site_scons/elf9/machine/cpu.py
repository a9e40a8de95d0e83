"""What a CPU is to the kernel: registers, memory maps, `run` until something happens.

`amd64.Cpu` and `arm64.Cpu` are the two implementations; the kernel's tests use a third, made
of Python functions.  A CPU knows nothing of Plan 9 beyond the registers that a system call
of 9front keeps, sets and destroys (facts/abi.md §2).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, Self

    from elf9.machine.memory import Region

    class Cpu(Protocol):
        """One guest CPU with its registers and address space.

        `on_call(number, sp)` is called for each system-call instruction: with the low 32
        bits of the number's register and the stack pointer, the guest being stopped behind
        the instruction.  It returns the call's result, with which the guest goes on, or
        None: then `run` returns, and the caller ends the call with `call_return` if ever.
        """

        on_call: Callable[[int, int], int | None]
        #: False in a note handler: what uses a floating-point or vector register then traps.
        float_allowed: bool
        #: arm64: X17 at the last system call; the call destroys it, but the Ureg of a note has it (l.s, vsys).
        temporary: int
        #: Nanoseconds since some start: what the counters that the guest can read follow.
        clock: Callable[[], int]

        def copy(self) -> Cpu:
            """Another CPU with the same registers, and nothing mapped; arm64's TPIDR is poisoned."""

        def image(self, key: object) -> None:
            """exec: another program is about to be mapped; CPUs with an equal `key` run the same text."""

        def set_registers(self, values: dict[str, int]) -> None:
            """Set some of what `registers` gives; of the flags only what user mode may set."""

        def map(self, region: Region) -> None:
            """Let the guest see `region`."""

        def unmap(self, region: Region) -> None:
            """Take `region` away again."""

        def changed(self, region: Region, old_top: int) -> None:
            """`region.top` or `region.access` is different from what was mapped."""

        def forget_code(self, start: int, stop: int) -> None:
            """What is in [start, stop) was changed, and may be code."""

        def start(self, entry: int, sp: int, tos: int) -> None:
            """Set every register as exec leaves it (facts/exec.md §6)."""

        def run(self, blocks: int | None = None, inside: int = 0) -> Trap:
            """Run the guest until a trap, or at most so many basic blocks and `inside` instructions more.

            The same program with the same numbers is interrupted at the same places every time.
            """

        def pass_on(self, other: Self, result: int) -> int | None:
            """Within `on_call`: let `other` go on in this one's place, whose own system call has ended with `result`.

            What it returns is for `on_call` to return; None if it cannot be done here, but by `other.run`.
            `run` then goes on with `other`, and returns its trap.
            """

        def preempt(self) -> None:
            """Make `run` return soon with a `preempted` trap; callable from any thread.

            The guest stands between two instructions, and `run` goes on there.
            """

        def stop(self) -> None:
            """Make `run` return soon with a `stopped` trap; callable from any thread.

            The guest cannot be resumed exactly where it was (facts/unicorn.md §1): the
            caller is about to end it.
            """

        def close(self) -> None:
            """Give back everything; the CPU is not used again."""

        @property
        def pc(self) -> int:
            """Address of the next instruction; inside `on_call`, the one behind the call."""

        @property
        def sp(self) -> int:
            """Stack pointer."""

        def call_return(self, result: int) -> None:
            """End a system call: result, fixed registers, poison in all that the kernel destroys."""

        def registers(self) -> dict[str, int]:
            """General registers, pc and flags by their names in lower case."""


__all__ = ["POISON", "EmulatorError", "NotInstalled", "Trap"]

#: What a destroyed register holds, plus the register's number: recognisable in a dump, not a
#: canonical amd64 address nor inside any arm64 segment, so a pointer made of it faults.
POISON = 0x9F0F_DEAD_0000_0000


class EmulatorError(Exception):
    """The emulator itself is at fault, or its CPU library is not the one it was made for."""


class NotInstalled(EmulatorError):
    """There is no CPU library, or not the one that the emulator was made for: it has to be installed."""


class Trap:
    """Why `run` returned.

    `kind` is one of: `call` (on_call returned None), `stopped`, `preempted`, `fault read`,
    `fault write`, `floating point in note handler`, or the name of an exception as the kernel
    words it (see kernel.traps).  `address` is the data or code address of a
    fault, else None; `pc` the instruction's; `status` the exception flags of a floating-point trap,
    or a vector number.
    """

    __slots__ = ("address", "kind", "pc", "status")

    def __init__(self, kind: str, pc: int, address: int | None = None, status: int = 0) -> None:
        self.kind = kind
        self.pc = pc
        self.address = address
        self.status = status

    def __repr__(self) -> str:
        where = "" if self.address is None else f" address={self.address:#x}"
        return f"<Trap {self.kind} pc={self.pc:#x}{where}>"
