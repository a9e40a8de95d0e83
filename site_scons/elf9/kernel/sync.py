"""What processes wait in, and meet by: queues, rendezvous groups, semaphores in memory.

A call that has to wait raises `Block(queue=…)`; who changes what it waits for calls
`Kernel.wakeup(queue)`, and the call is made again.  Sources: proc.c, sysproc.c, segment.c of
9front's kernel; facts/syscalls.md §5, facts/observed-devices.md B (semrelease, rendezvous).
"""

from __future__ import annotations

import struct

from elf9.errors import Ebadarg, KernelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.kernel.memory import Segment
    from elf9.kernel.process import Process

__all__ = ["Block", "Meeting", "Queue", "RendezvousGroup", "acquire", "release", "rendezvous"]

_NEVER = (1 << 64) - 1
#: Plan 9's long, which a semaphore is.
_LONG = 4
_long = struct.Struct("<i")
_LOW32 = 0xFFFFFFFF


class Queue:
    """Processes that wait for the same thing, first come, first served."""

    __slots__ = ("waiters",)

    def __init__(self) -> None:
        self.waiters: list[Process] = []


class Block(Exception):
    """The call has to wait.  Raised before any side effect; the kernel makes the same call again later.

    What it waits for, one or more of: `queue`, a `Queue` that somebody passes to
    `Kernel.wakeup`; `until`, a time of `Kernel.ticks_ns` in nanoseconds; `readable`, a host descriptor
    with something to read.

    When a note comes, the call fails with Eintr, or `interrupted` says what it does: return a result,
    fail, or raise another Block.  Not `eager`: a note that is pending already does not count.
    `front`: the process goes to the head of the queue.  `again(process)`, if there is one, does what making
    the call again would do, but quicker.
    """

    __slots__ = ("again", "eager", "front", "interrupted", "queue", "readable", "until")

    def __init__(
        self,
        *,
        readable: int | None = None,
        until: int | None = None,
        queue: Queue | None = None,
        interrupted: Callable[[], int] | None = None,
        eager: bool = True,
        front: bool = False,
        again: Callable[[Process], int | None] | None = None,
    ) -> None:
        super().__init__()
        self.readable = readable
        self.until = until
        self.queue = queue
        self.interrupted = interrupted
        self.eager = eager
        self.front = front
        self.again = again


class Meeting:
    """A process that waits in rendezvous(2): its value, and the partner's once there is one.

    A process has one, for all its calls, so that waiting costs little.
    """

    __slots__ = ("block", "meetings", "met", "queue", "tag", "value")

    def __init__(self) -> None:
        self.queue = Queue()
        self.block = Block(queue=self.queue, interrupted=self.interrupted, eager=False, again=self.again)
        self.meetings: dict[int, Meeting] = {}
        self.tag = self.value = 0
        self.met = False

    def again(self, process: Process) -> int | None:
        """Somebody came."""
        if not self.met:
            return process.kernel.make_call(process)
        process.progress = None
        return self.value

    def interrupted(self) -> int:
        """A note came while nobody else did."""
        if self.met:
            return self.value
        if self.meetings.get(self.tag) is self:
            del self.meetings[self.tag]
        return _NEVER


class RendezvousGroup:
    """The processes that can meet (Rgrp): at most one waits at a tag."""

    __slots__ = ("meetings", "ref")

    def __init__(self) -> None:
        self.meetings: dict[int, Meeting] = {}
        self.ref = 1


def rendezvous(process: Process, tag: int, value: int) -> int | None:
    """Meet another process of the group at `tag`: the other's value, or None if the process now waits.

    A note makes it return all ones, and leaves the error string alone.
    """
    mine = process.progress
    if mine is None:
        meetings = process.rendezvous_group.meetings
        other = meetings.pop(tag, None)
        # nobody meets one whom a note has taken out, even before it has run (procinterrupt)
        if other is not None and other.queue.waiters:
            result = other.value
            other.value, other.met = value, True
            process.kernel.unblock(other.queue.waiters[0])
            return result
        mine = process.meeting
        if mine is None:
            process.meeting = mine = Meeting()
        mine.meetings, mine.tag, mine.value, mine.met = meetings, tag, value, False
        process.progress = meetings[tag] = mine
    elif mine.met:
        met: int = mine.value
        return met
    process.kernel.block(process, mine.block)
    return None


# Semaphores: a 32-bit word of a segment, and who waits for it to be positive.


def _locate(process: Process, address: int) -> tuple[Segment, memoryview]:
    """The segment and the bytes of a semaphore.  Raises OddAddress, BadAddress."""
    memory = process.memory
    memory.check_aligned(address)
    segment = memory.find(address)
    if segment is None or segment.read_only or address + _LONG > segment.top:
        memory.check(address, _LONG, True)
        raise KernelError(Ebadarg)
    word = memory.view(address, _LONG)
    if word is None:
        # its page cannot be loaded
        memory.read(address, _LONG)
        raise KernelError(Ebadarg)
    return segment, word


def _take(word: memoryview) -> bool:
    """Take one, if there is one (canacquire)."""
    value: int = _long.unpack(word)[0]
    if value <= 0:
        return False
    _long.pack_into(word, 0, value - 1)
    return True


def _wake(process: Process, segment: Segment, address: int, count: int) -> None:
    """Let the first `count` waiters try again (semwakeup)."""
    queue = segment.semaphores.get(address)
    if queue is None:
        return
    kernel = process.kernel
    for _ in range(min(count, len(queue.waiters))):
        kernel.wakeup_one(queue)
    if not queue.waiters:
        del segment.semaphores[address]


def acquire(process: Process, address: int, *, block: bool, milliseconds: int | None = None) -> int | None:
    """semacquire and tsemacquire: 1, or 0 if there was none to take and none came in time; None: the process waits.

    Raises BadAddress, OddAddress, Ebadarg for a negative value or memory that cannot be written, Eintr.
    """
    segment, word = _locate(process, address)
    first = process.progress is None
    if _take(word):
        return 1
    if first and _long.unpack(word)[0] < 0:
        raise KernelError(Ebadarg)
    if not block:
        return 0
    kernel = process.kernel
    if first:
        process.progress = kernel.ticks_ns() + (milliseconds or 0) * 1_000_000
    until = None if milliseconds is None else process.progress
    if until is not None and kernel.ticks_ns() >= until:
        return 0
    # waiters go by segment and address (facts/syscalls.md §5)
    queue = segment.semaphores.get(address)
    if queue is None:
        queue = segment.semaphores[address] = Queue()

    def interrupted() -> int:
        # whoever was woken and does not take it, passes it on
        if process not in queue.waiters:
            _wake(process, segment, address, 1)
        raise process.eintr()

    # one that was woken and came too late keeps its place
    kernel.block(process, Block(queue=queue, until=until, interrupted=interrupted, front=not first))
    return None


def release(process: Process, address: int, delta: int) -> int:
    """semrelease: add `delta` and wake that many; the new value."""
    segment, word = _locate(process, address)
    value: int = _long.unpack(word)[0]
    if delta < 0 or value < 0:
        raise KernelError(Ebadarg)
    value = (value + delta & _LOW32 ^ 0x80000000) - 0x80000000
    _long.pack_into(word, 0, value)
    if delta:
        _wake(process, segment, address, delta)
    return value
