"""Calls about processes: making them, their ends, notes, error strings, time, meeting each other.

Source: facts/syscalls.md §4, §5.  The work is in `kernel.fork`, `kernel.exec`, `kernel.notes`, `kernel.sync`.
"""

from __future__ import annotations

from elf9.errors import ERRMAX, BadAddress, Ebadarg, Enovmem, Eperm, KernelError
from elf9.kernel import fork, notes, sync
from elf9.kernel.exec import execute
from elf9.kernel.namespace import check_name, quote
from elf9.kernel.process import cut
from elf9.kernel.sync import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.process import Args, Process

__all__ = ["HANDLERS"]

#: What _errstr, of old binaries, takes as its buffer's size.
_OLD_ERRMAX = 64
#: struct OWaitmsg: four numbers of 12 bytes and a text of 64.
_OLD_WAIT_SIZE = 112
_NAME_LIMIT = 1 << 16
_MASK64 = (1 << 64) - 1


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
        except KernelError as error:
            # or a page of it cannot be loaded, of which nothing is printed
            if isinstance(error, BadAddress):
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
    kernel = process.kernel
    now = kernel.ticks_ns()
    if milliseconds <= 0:
        if process.progress is not None or not kernel.ready:
            return 0
        process.progress = True
        raise Block(until=now, interrupted=_nothing, eager=False)
    if process.progress is None:
        process.progress = now + milliseconds * 1_000_000
    if now < process.progress:
        raise Block(until=process.progress)
    return 0


def _nothing() -> int:
    return 0


def nsec(process: Process, args: Args) -> int:
    """_nsec(): nanoseconds since 1970, in the result register."""
    return process.kernel.time_ns()


def alarm(process: Process, args: Args) -> int:
    """alarm(ms): post the note `alarm` then; the milliseconds that were left of the last one."""
    return process.kernel.set_alarm(process, args.ulong(0))


# Other processes


def rfork(process: Process, args: Args) -> int:
    """rfork(flags): 0 in the child, its pid in the parent."""
    return fork.rfork(process, args.ulong(0))


def exec(process: Process, args: Args) -> int | None:
    """exec(file, argv): another program, or an error."""
    memory = process.memory
    file, vector = args.pointer(0), args.pointer(1)
    memory.check(file, 1, False)
    memory.check_aligned(vector)
    memory.check(vector, 16, False)
    if memory.read(vector, 8) == bytes(8):
        raise KernelError(Ebadarg)
    name = memory.string(file, _NAME_LIMIT)
    check_name(name)
    execute(process, name, lambda: _arguments(process, vector))
    return None


def _arguments(process: Process, vector: int) -> list[bytes]:
    """The strings of an argument vector, with the checks of exec's first pass."""
    memory = process.memory
    most = process.kernel.target.stack_size
    page, total = process.kernel.target.page, process.kernel.target.tos_size
    words: list[bytes] = []
    at = vector
    while True:
        address = int.from_bytes(memory.read(at, 8), "little")
        if address == 0:
            return words
        at += 8
        if at % page < 8:
            memory.check(at, 8, False)
        memory.check(address, 1, False)
        word = memory.string(address, most)
        if len(word) == most:
            raise KernelError(Ebadarg)
        total += len(word) + 1
        if total >= most:
            raise KernelError(Enovmem)
        words.append(word)


def wait(process: Process, args: Args) -> int:
    """await(buf, n): `PID USER SYSTEM REAL 'TEXT'` of a child that has ended; its length."""
    address, size = args.pointer(0), args.uint(1)
    memory = process.memory
    memory.check(address, size, True)
    record = fork.wait(process)
    if size == 0:
        return -1
    text = wait_text(record, size - 1)
    memory.write(address, text + b"\0")
    return len(text)


def wait_text(record: fork.WaitRecord, room: int) -> bytes:
    """A record as await(2) gives it, in at most `room` bytes."""
    head = b"%d %d %d %d " % (record.pid, record.user, record.system, record.real)
    return (head + quote(record.message, max(0, room - len(head))))[:room]


def old_wait(process: Process, args: Args) -> int:
    """_wait(w): the pid of a child that has ended; w gets its pid and times as texts of 12, the message in 64."""
    address = args.pointer(0)
    memory = process.memory
    if address:
        memory.check(address, _OLD_WAIT_SIZE, True)
        memory.check_aligned(address)
    record = fork.wait(process)
    if address:
        numbers = (record.pid, record.user, record.system, record.real)
        text = b"".join(b"%11d " % value for value in numbers)
        memory.write(address, text + record.message[: _OLD_ERRMAX - 1].ljust(_OLD_ERRMAX, b"\0"))
    return record.pid


# Notes


def notify(process: Process, args: Args) -> int:
    """notify(handler): who is called with notes; nil for nobody."""
    handler = args.pointer(0)
    if handler:
        process.memory.check(handler, 8, False)
    process.handler = handler
    return 0


def noted(process: Process, args: Args) -> None:
    """noted(v): the end of a note's handler."""
    notes.noted(process, args.int(0))


# Meeting other processes


def rendezvous(process: Process, args: Args) -> int | None:
    """rendezvous(tag, value): the value of who comes to the same tag."""
    tag, value, *_ = args.slots
    return sync.rendezvous(process, tag & _MASK64, value & _MASK64)


def semacquire(process: Process, args: Args) -> int | None:
    """semacquire(addr, block): 1 when one was taken, else 0."""
    return sync.acquire(process, args.pointer(0), block=args.int(1) != 0)


def tsemacquire(process: Process, args: Args) -> int | None:
    """tsemacquire(addr, ms): 1, or 0 if there was none in time."""
    milliseconds = args.ulong(1)
    return sync.acquire(process, args.pointer(0), block=milliseconds > 0, milliseconds=milliseconds)


def semrelease(process: Process, args: Args) -> int:
    """semrelease(addr, n): the new value."""
    return sync.release(process, args.pointer(0), args.long(1))


HANDLERS: dict[int, Callable[[Process, Args], int | None]] = {
    0: sysr1,
    1: old_errstr,
    6: alarm,
    7: exec,
    8: exits,
    17: sleep,
    19: rfork,
    28: notify,
    29: noted,
    34: rendezvous,
    36: old_wait,
    37: semacquire,
    38: semrelease,
    41: errstr,
    47: wait,
    52: tsemacquire,
    53: nsec,
}
