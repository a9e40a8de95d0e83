"""Random code: it ends in a trap that the kernel has words for, whatever it is.

Fixed seeds, a few thousand instructions a machine; the known gaps of docs/emulator.md are left out.
"""

from __future__ import annotations

import random
import re
import struct
import threading
from collections.abc import Callable

import pytest

from elf9.kernel.traps import note
from elf9.machine.cpu import EmulatorError

from .machines import Machine

WORDS = re.compile(
    r"sys: (breakpoint|debug exception dr6=0xffff4ff0|fp: [a-z ]+ fppc=0x[0-9a-f]+ status=0x[0-9a-f]+"
    r"|trap: (unknown|misaligned pc|illegal MSR/MRS access|WFI or WFE instruction execution"
    r"|fault (read|write) addr=0x[0-9a-f]+|divide error|invalid opcode|stack exception|general protection violation))"
)
PREFIXES = [b"\x66", b"\xf2", b"\xf3", b"\x48", b"\x41", b"\x64", b"\x67", b"\xf0", b"", b"", b"", b""]
ESCAPES = [b"\x0f", b"\x0f", b"\x0f\x38", b"\x0f\x3a", b"", b"", b"\xc5", b"\xc4", b"\x62", b"\x0f\xae", b"\x0f\xc7"]


def amd64_code(chance: random.Random) -> bytes:
    """Bytes of any kind, or what resembles instructions."""
    if chance.random() < 0.4:
        return chance.randbytes(chance.randrange(1, 60))
    return b"".join(
        b"".join(chance.choice(PREFIXES) for _ in range(3))
        + chance.choice(ESCAPES)
        + chance.randbytes(chance.randrange(1, 7))
        for _ in range(chance.randrange(1, 8))
    )


def arm64_code(chance: random.Random) -> bytes:
    """Words of any kind, with more system registers, exclusive accesses and floating point than by chance."""
    words = []
    for _ in range(chance.randrange(1, 12)):
        kind = chance.random()
        word = chance.getrandbits(32)
        if 0.5 < kind < 0.75:
            word = 0xD5000000 | word & 0x3FFFFF
        elif 0.75 < kind < 0.85:
            word = 0x08000000 | word & 0xC0FFFFFF
        elif kind > 0.85:
            word = 0x1E000000 | word & 0xE1FFFFFF
        words.append(word)
    return struct.pack(f"<{len(words)}I", *words)


def new_machine(name: str) -> Machine:
    machine = Machine(name)
    machine.cpu.on_call = lambda number, sp: 0
    return machine


@pytest.mark.parametrize(("name", "make", "filler"), [("amd64", amd64_code, b"\xf4"), ("arm64", arm64_code, b"\0")])
def test_random_code(name: str, make: Callable[[random.Random], bytes], filler: bytes) -> None:
    chance = random.Random(9)
    machine = new_machine(name)
    loops = 0
    for _ in range(1500):
        code = make(chance)
        machine.text.view[:] = (16 * filler + code).ljust(len(machine.text.view), filler)
        machine.cpu.forget_code(machine.text.base, machine.text.top)
        machine.cpu.start(machine.text.base + 16, machine.sp, machine.target.tos)
        middle = machine.data.base + 0x800
        for number in range(31 if name == "arm64" else 16):
            if number != 4 or name == "arm64":
                near = middle + chance.choice((0, 0, 8, 16, 1, 4))
                machine.cpu._regs[number] = chance.choice((near, near, near, chance.getrandbits(64)))
        timer = threading.Timer(0.5, machine.cpu.stop)
        timer.start()
        try:
            trap = machine.cpu.run()
        except EmulatorError as error:
            assert "two of the prefixes 66, F2 and F3" in str(error), code.hex()
            continue
        finally:
            timer.cancel()
            timer.join()
        if trap.kind == "stopped":
            # some code loops; a stopped machine cannot be used again
            loops += 1
            machine.close()
            machine = new_machine(name)
        else:
            assert trap.kind == "panic" or WORDS.fullmatch(note(trap)), (trap, code.hex())
    machine.close()
    assert loops < 10
