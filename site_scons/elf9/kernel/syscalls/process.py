"""Calls about the process itself: its end, its error string, time.  Source: facts/syscalls.md §4."""

from __future__ import annotations

from elf9.errors import ERRMAX, BadAddress, Block, Ebadarg, Eperm, KernelError
from elf9.kernel.process import cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.process import Args, Process

__all__ = ["HANDLERS"]

#: What _errstr, of old binaries, takes as its buffer's size.
_OLD_ERRMAX = 64


def sysr1(process: Process, args: Args) -> int:
    """sysr1(): nothing, for the host owner only."""
    if process.user != process.kernel.devices.host_owner:
        raise KernelError(Eperm)
    return 0


def exits(process: Process, args: Args) -> int:
    """_exits(status): end, with at most 127 bytes of status; nil and "" are success."""
    address = args.pointer(0)
    status = b""
    if address:
        memory = process.memory
        try:
            memory.check(address, 1, False)
            status = memory.string(address, ERRMAX)[: ERRMAX - 1]
        except BadAddress as error:
            process.complain(error)
            status = b"invalid exit string"
    process.exit(status)
    return 0


def _swap(process: Process, address: int, size: int) -> int:
    if size == 0:
        raise KernelError(Ebadarg)
    size = min(size, ERRMAX)
    memory = process.memory
    memory.check(address, size, True)
    new = cut(memory.read(address, size).split(b"\0", 1)[0], size - 1)
    memory.write(address, cut(process.error, size - 1) + b"\0")
    process.error = new
    return 0


def errstr(process: Process, args: Args) -> int:
    """errstr(buf, n): swap the error string with the buffer's."""
    return _swap(process, args.pointer(0), args.uint(1))


def old_errstr(process: Process, args: Args) -> int:
    """_errstr(buf): errstr with 64 bytes."""
    return _swap(process, args.pointer(0), _OLD_ERRMAX)


def sleep(process: Process, args: Args) -> int:
    """sleep(ms): wait; 0 and less only let others run."""
    milliseconds = args.long(0)
    if milliseconds <= 0:
        return 0
    now = process.kernel.ticks_ns()
    if process.wake_ns == 0:
        process.wake_ns = now + milliseconds * 1_000_000
    if now < process.wake_ns:
        raise Block(until=process.wake_ns)
    process.wake_ns = 0
    return 0


def nsec(process: Process, args: Args) -> int:
    """_nsec(): nanoseconds since 1970, in the result register."""
    return process.kernel.time_ns()


HANDLERS: dict[int, Callable[[Process, Args], int]] = {
    0: sysr1,
    1: old_errstr,
    8: exits,
    17: sleep,
    41: errstr,
    53: nsec,
}
