"""The top of a new program's stack: argc, argv, strings and Tos, as exec leaves it.

Source: facts/exec.md §6 and §8, observed in facts/observed-amd64.md §c and observed-arm64.md §c.
"""

from __future__ import annotations

import struct

from elf9.errors import Ebadarg, Enovmem
from elf9.image.model import ExecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.target import Target

__all__ = ["TOS", "Stack", "build_stack", "process_args"]

#: Tos: five words of profiling (three pointers, first, pid and what), then cyclefreq, kcycles,
#: pcycles, pid, clock (facts/exec.md §6).
TOS = "<4Q2I3Q2I"
#: The kernel keeps so many bytes of the arguments for /proc/n/args.
ARGS_KEPT = 128


class Stack:
    """What exec wrote: `data` goes to `address`, which is the first `sp`, and ends at the stack's top.

    `argc` is the number of arguments.  `sp` is a multiple of 8 and of no more than that.
    """

    __slots__ = ("address", "argc", "data", "sp")

    def __init__(self, *, sp: int, data: bytes, argc: int) -> None:
        self.sp = sp
        self.address = sp
        self.data = data
        self.argc = argc


def build_stack(target: Target, argv: list[bytes], *, pid: int) -> Stack:
    """The stack of a process `pid` that starts with `argv` (strings without their NUL).

    Raises ExecError as exec fails: no argv[0], an argument of 16 MiB, or all of them too long.
    """
    if not argv:
        raise ExecError(Ebadarg, "argv[0] is nil", "exec wants at least the program's name")
    for index, argument in enumerate(argv):
        if b"\0" in argument:
            raise ValueError(f"argv[{index}] has a NUL byte inside; an argument is a C string")
        if len(argument) >= target.stack_size:
            raise ExecError(
                Ebadarg,
                f"argv[{index}] has {len(argument)} bytes, but an argument must be shorter than "
                f"{target.stack_size}, the size of the stack",
                "pass it in a file",
            )
    strings = b"".join(argument + b"\0" for argument in argv)
    used = target.tos_size + len(strings)
    strings_size = -(-used // target.word) * target.word
    size = target.word * (len(argv) + 1) + strings_size
    if used >= target.stack_size or target.round_page(size) >= target.stack_size:
        raise ExecError(
            Enovmem,
            f"{len(argv)} arguments of {len(strings)} bytes in all do not fit into the stack of "
            f"{target.stack_size} bytes",
            "pass fewer, or pass them in a file",
        )
    sp = target.stack_top - size - target.word
    at = target.stack_top - used
    pointers = []
    for argument in argv:
        pointers.append(at)
        at += len(argument) + 1
    tos = struct.pack(TOS, 0, 0, 0, 0, 0, 0, target.cycle_frequency, 0, 0, pid, 0)
    head = struct.pack(f"<{len(argv) + 2}Q", len(argv), *pointers, 0)
    return Stack(sp=sp, data=head + bytes(strings_size - used) + strings + tos, argc=len(argv))


def process_args(argv: list[bytes]) -> bytes:
    """What the kernel keeps of the arguments for /proc/n/args: at most 128 bytes, NUL after each.

    Longer ones are cut before a UTF-8 sequence that would not fit whole (facts/exec.md §7).
    """
    strings = b"".join(argument + b"\0" for argument in argv)
    kept = bytearray(strings[:ARGS_KEPT])
    if not kept or kept[-1] == 0:
        return bytes(kept)
    at = len(kept) - 1
    while at > 0 and not _full_rune(kept[at:]):
        at -= 1
    kept[at] = 0
    return bytes(kept[: at + 1])


def _full_rune(text: bytes | bytearray) -> bool:
    """fullrune(2): whether `text` holds all the bytes its first one asks for."""
    first = text[0]
    wanted = 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    return len(text) >= wanted
