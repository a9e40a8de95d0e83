"""`#|`: pipes.

Each attach makes a pipe: a directory with the two ends `data` and `data1`; what is written to one
is read from the other.  A queue keeps the boundaries between writes, and a writer waits *after* its
block was queued, until the queue has drained to the limit: an interrupted write has been done.
Readers of one end take turns: who comes while others wait is behind them.

Reading and writing are the hot path of two processes that talk: nothing is allocated there but the block.
Sources: devpipe.c, qio.c, allocb.c; facts/syscalls.md §3 (pipe semantics),
facts/observed-devices.md A.5, A.7, A.23 and B (pipe rows).
"""

from __future__ import annotations

from collections import deque

from elf9.errors import Ebadarg, Ehungup, Eintr, Eperm, Eshortstat, KernelError
from elf9.kernel.chan import CMSG, COPEN, NOT_SIMPLE, OREAD, OWRITE, QTDIR, Chan, Qid, open_mode
from elf9.kernel.dev.device import Device, Devices
from elf9.kernel.stat import Dir, unpack
from elf9.kernel.sync import Block, Queue
from elf9.machine.memory import WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.kernel import Kernel
    from elf9.kernel.process import Process

__all__ = ["Flow", "Pipe"]

#: One write becomes blocks of at most so many bytes.
ATOMIC = 65536
#: Bytes that a queue takes before a writer waits, block headers included.
LIMIT = 4 * ATOMIC
#: Reads that see the end of a closed queue before they fail.
_ENDS = 3
#: Small enough for the smallest block.
_SMALL = 15
#: Queues count in sixteenths of a byte.
_UNIT = 16

_NOTE = b"sys: write on closed pipe"

_PREAD = 50


def _cost(count: int) -> int:
    """What a block of `count` bytes counts for, in sixteenths of a byte.

    The kernel counts what its allocator gave it: data, room for headers, rounded up, and now and then a
    piece that was not worth splitting off.  Measured were some 104 bytes for small messages (the 2520th
    or 2521st fills a queue of 256 KiB) and 1132 for 1 KiB (facts/observed-devices.md B).
    """
    return _UNIT * (((count + 7 & ~7) + 207 & ~31) - 88) + count // _UNIT + 1


_SMALL_COST = _cost(0)


class Flow:
    """One direction of a pipe, or rather its queue (Queue in qio.c).

    `written` and `taken` only grow; their difference is how full the queue is, in sixteenths of a byte.
    """

    __slots__ = (
        "blocks",
        "closed",
        "ends",
        "full",
        "head_cost",
        "limit",
        "readable",
        "taken",
        "wait",
        "wait_in_front",
        "woken",
        "writable",
        "written",
    )

    def __init__(self) -> None:
        self.blocks: deque[bytes | memoryview] = deque()
        #: What the first block counts for if something was taken from it already, else 0.
        self.head_cost = 0
        self.written = 0
        self.taken = 0
        self.limit = _UNIT * LIMIT
        #: A writer came beyond the limit, and readers have not yet come back to it (Qflow).
        self.full = False
        self.closed = False
        #: How often a reader was told of the end.
        self.ends = 0
        self.readable = Queue()
        self.writable = Queue()
        #: Readers that were woken for a block and did not come to take it yet.
        self.woken: list[Process] = []
        # Raised again and again, so that waiting costs little.
        self.wait: Block
        self.wait_in_front: Block

    # The short way of two processes that talk: what the calls below it, and those before that, come to.

    def receive(self, process: Process, chan: Chan, address: int, count: int) -> int | None:
        """pread(2) of `chan`, at its own offset: the bytes read, None if the process now waits, or NOT_SIMPLE."""
        last = process.memory.last
        if (
            last is None
            or address < last.base
            or not 0 < count <= ATOMIC
            or address + count > last.top
            or not last.access & WRITE
            or self.woken
            or self.readable.waiters
            or process.held is not None
            or chan.flag & CMSG
        ):
            return NOT_SIMPLE
        blocks = self.blocks
        if blocks:
            size = len(blocks[0])
            if size > count or self.head_cost or self.full:
                return NOT_SIMPLE
            start = address - last.base
            last.view[start : start + size] = blocks.popleft()
            self.taken += _SMALL_COST if size <= _SMALL else _cost(size)
            chan.offset += size
            return size
        if self.closed:
            return NOT_SIMPLE
        process.progress = self
        process.held = chan
        chan.ref += 1
        process.kernel.block(process, self.wait)
        return None

    def again(self, process: Process) -> int | None:
        """The pread of a process that was woken."""
        blocks, chan, woken = self.blocks, process.held, self.woken
        _, address, count, offset, _ = process.args.slots
        last = process.memory.last
        if (
            blocks
            and woken
            and woken[0] is process
            and chan is not None
            and chan.ref > 1
            and process.number == _PREAD
            and offset == -1
            and last is not None
            and address >= last.base
            and (size := len(blocks[0])) <= count <= ATOMIC
            and address + count <= last.top
            and last.access & WRITE
            and not (self.head_cost or self.full or self.readable.waiters)
        ):
            del woken[0]
            process.progress = process.held = None
            chan.ref -= 1
            start = address - last.base
            last.view[start : start + size] = blocks.popleft()
            self.taken += _SMALL_COST if size <= _SMALL else _cost(size)
            chan.offset += size
            return size
        return process.kernel.make_call(process)

    def send(self, process: Process, chan: Chan, address: int, count: int) -> int:
        """pwrite(2) of `chan`: the bytes written, or NOT_SIMPLE."""
        last = process.memory.last
        if (
            last is None
            or address < last.base
            or not 0 < count <= ATOMIC
            or address + count > last.top
            or self.full
            or self.closed
            or process.held is not None
            or chan.flag & CMSG
        ):
            return NOT_SIMPLE
        written = self.written + (_SMALL_COST if count <= _SMALL else _cost(count))
        if written - self.taken > self.limit:
            return NOT_SIMPLE
        self.written = written
        start = address - last.base
        self.blocks.append(bytes(last.view[start : start + count]))
        chan.offset += count
        waiters = self.readable.waiters
        if waiters:
            reader = waiters[0]
            self.woken.append(reader)
            process.kernel.unblock(reader)
        return count

    def length(self) -> int:
        """Bytes that can be read now."""
        return sum(map(len, self.blocks))

    def add(self, kernel: Kernel, data: memoryview) -> None:
        """Queue one block and wake a reader."""
        self.blocks.append(bytes(data))
        self.written += _cost(len(data))
        if self.written - self.taken > self.limit:
            self.full = True
        if self.readable.waiters:
            self.wake(kernel)

    def wake(self, kernel: Kernel) -> None:
        """Let the reader that waits longest try again."""
        self.woken.append(self.readable.waiters[0])
        kernel.wakeup_one(self.readable)

    def wake_all(self, kernel: Kernel) -> None:
        """Let all try again, who read or write."""
        self.woken += self.readable.waiters
        kernel.wakeup(self.readable)
        kernel.wakeup(self.writable)

    def drained(self, kernel: Kernel) -> None:
        """Something was taken from a full queue, or its limit has changed."""
        if self.written - self.taken <= self.limit:
            self.full = False
        if self.writable.waiters:
            kernel.wakeup(self.writable)

    def busy(self) -> bool:
        """Must a reader that comes now wait, for earlier ones or for something to read?"""
        if self.woken:
            # who was killed in between does not come any more
            self.woken = [process for process in self.woken if process.progress is self]
        return bool(self.woken or self.readable.waiters) or not (self.blocks or self.closed)

    def pass_on(self, kernel: Kernel) -> None:
        """A reader has had its turn, and others wait: the next one's if there is something for it."""
        if self.readable.waiters and (self.blocks or self.closed):
            self.wake(kernel)

    def hang_up(self, kernel: Kernel) -> None:
        """Nobody will write any more: what is queued can still be read (qhangup)."""
        self.closed = True
        self.wake_all(kernel)

    def close(self, kernel: Kernel) -> None:
        """Nobody will read any more: what is queued is lost (qclose)."""
        self.closed = True
        self.full = False
        self.blocks.clear()
        self.head_cost = 0
        self.taken = self.written
        self.wake_all(kernel)

    def reopen(self) -> None:
        """Both ends are closed: the queue is as new (qreopen)."""
        self.closed = False
        self.ends = 0
        self.limit = _UNIT * LIMIT


class _Side:
    """What the channels of one file of a pipe share: the directory, `data` or `data1`."""

    __slots__ = ("incoming", "number", "opened", "outgoing", "sides")

    def __init__(self, number: int, incoming: Flow, outgoing: Flow, sides: list[_Side]) -> None:
        self.number = number
        self.incoming = incoming
        self.outgoing = outgoing
        #: Open channels.
        self.opened = 0
        self.sides = sides


class Pipe(Device):
    """The pipe device."""

    __slots__ = ("_serial",)

    letter = "|"
    name = "pipe"
    too_small = Eshortstat

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        self._serial = 0

    # Files

    def attach(self, process: Process, spec: bytes) -> Chan:
        chan = super().attach(process, spec)
        self._serial += 1
        chan.qid = Qid(self._serial << 5, 0, QTDIR)
        queues = Flow(), Flow()
        for queue in queues:
            self._prepare(process.kernel, queue)
        sides: list[_Side] = []
        for number, incoming, outgoing in ((0, 0, 1), (1, 0, 1), (2, 1, 0)):
            sides.append(_Side(number, queues[incoming], queues[outgoing], sides))
        chan.aux = sides[0]
        return chan

    def _prepare(self, kernel: Kernel, queue: Flow) -> None:
        def interrupted() -> int:
            queue.pass_on(kernel)
            raise KernelError(Eintr)

        again = queue.again
        queue.wait = Block(queue=queue.readable, interrupted=interrupted, again=again)
        queue.wait_in_front = Block(queue=queue.readable, interrupted=interrupted, front=True, again=again)

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        if name not in (b"data", b"data1"):
            return None
        number = 1 if name == b"data" else 2
        chan.aux = chan.aux.sides[number]
        return Qid(chan.qid.path & ~0x1F | number)

    def parent(self, process: Process, chan: Chan) -> Qid:
        return chan.qid

    def _entry(self, process: Process, chan: Chan, number: int) -> Dir:
        side: _Side = chan.aux.sides[number]
        if number == 0:
            return self.entry(process, chan, b".", chan.qid, 0o500)
        name = b"data" if number == 1 else b"data1"
        qid = Qid(chan.qid.path & ~0x1F | number)
        return self.entry(process, chan, name, qid, 0o666, length=side.incoming.length())

    def own(self, process: Process, chan: Chan) -> Dir | None:
        return self._entry(process, chan, chan.aux.number)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        if index > 1:
            raise IndexError
        return self._entry(process, chan, index + 1)

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        side: _Side = chan.aux
        if side.number:
            chan.mode = open_mode(omode)
            chan.iounit = ATOMIC
            if chan.mode != OWRITE:
                chan.incoming = side.incoming
            if chan.mode != OREAD:
                chan.outgoing = side.outgoing
            side.opened += 1
        else:
            if omode != OREAD:
                raise KernelError(Ebadarg)
            chan.mode = omode
        chan.flag |= COPEN
        chan.offset = 0
        return chan

    def close(self, process: Process, chan: Chan) -> None:
        side: _Side = chan.aux
        kernel = process.kernel
        if side.number and chan.flag & COPEN:
            side.opened -= 1
            if side.opened == 0:
                side.outgoing.hang_up(kernel)
                side.incoming.close(kernel)
        one, other = side.sides[1:]
        if one.opened == 0 == other.opened:
            side.incoming.reopen()
            side.outgoing.reopen()

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        side: _Side = chan.aux
        length = unpack(data).length
        if side.number == 0:
            raise KernelError(Eperm)
        if length > LIMIT:
            raise KernelError(Ebadarg)
        for queue in (side.incoming, side.outgoing):
            queue.limit = _UNIT * length
            if queue.full:
                queue.drained(process.kernel)
        return len(data)

    # Reading

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        queue: Flow = chan.aux.incoming
        blocks = queue.blocks
        if process.progress is queue:
            if process in queue.woken:
                queue.woken.remove(process)
            if not blocks and not queue.closed:
                raise queue.wait_in_front.with_traceback(None)
        elif (not blocks or queue.woken or queue.readable.waiters) and queue.busy():
            process.progress = queue
            raise queue.wait.with_traceback(None)
        if not blocks:
            return self._end(process, queue)
        block = blocks.popleft()
        count = len(block)
        room = len(buffer)
        cost = queue.head_cost or (_SMALL_COST if count <= _SMALL else _cost(count))
        queue.head_cost = 0
        if count <= room:
            buffer[:count] = block
            queue.taken += cost
        else:
            buffer[:] = block[:room]
            rest = count - room
            blocks.appendleft(memoryview(block)[room:])
            # the smaller part moves to another block
            queue.head_cost = cost if room < rest else _cost(rest)
            queue.taken += cost - queue.head_cost
            count = room
        if queue.full:
            queue.drained(process.kernel)
        if queue.readable.waiters:
            queue.pass_on(process.kernel)
        return count

    def _end(self, process: Process, queue: Flow) -> int:
        """A read from a closed queue that is empty."""
        queue.pass_on(process.kernel)
        if queue.ends >= _ENDS:
            raise KernelError(Ehungup)
        queue.ends += 1
        return 0

    # Writing

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        queue: Flow = chan.aux.outgoing
        count = len(data)
        if count > ATOMIC or queue.full or queue.closed or process.progress is not None:
            return self._write(process, chan, queue, data)
        queue.blocks.append(bytes(data))
        queue.written += _SMALL_COST if count <= _SMALL else _cost(count)
        if queue.readable.waiters:
            queue.wake(process.kernel)
        if queue.written - queue.taken > queue.limit:
            queue.full = True
            self._wait(process, chan, queue, count, queue.written)
        return count

    def _write(self, process: Process, chan: Chan, queue: Flow, data: memoryview) -> int:
        """The write that is none of the simple ones, or goes on after it has waited.

        `process.progress` is how many bytes were queued, -1 for not even none, and how far the queue
        must be taken before the next ones.
        """
        if process.progress is not None:
            done, position = process.progress
            self._wait(process, chan, queue, done, position)
        else:
            done = -1
            if queue.full and queue.written - queue.taken > 2 * queue.limit + _UNIT:
                # writers that were interrupted made it grow beyond all measure (qbloated)
                self._wait(process, chan, queue, done, queue.written)
        while done < len(data):
            if queue.closed:
                self._post(process, chan)
                raise KernelError(Ehungup)
            done = max(done, 0)
            piece = data[done : done + ATOMIC]
            queue.add(process.kernel, piece)
            done += len(piece)
            if queue.full:
                self._wait(process, chan, queue, done, queue.written)
        return len(data)

    def _wait(self, process: Process, chan: Chan, queue: Flow, done: int, position: int) -> None:
        """Raise Block unless the queue is taken to within its limit of `position` (qflow).

        A note ends the wait, and is followed by the one of a failed write; if nothing was queued
        yet, only a kill does.
        """
        if queue.closed or position - queue.taken <= queue.limit:
            return
        process.progress = done, position

        def interrupted() -> int:
            if done < 0 and process.control != "kill":
                raise block
            self._post(process, chan)
            raise KernelError(Eintr)

        block = Block(queue=queue.writable, interrupted=interrupted)
        raise block

    def _post(self, process: Process, chan: Chan) -> None:
        """The note of any write that fails, unless a file server is behind the pipe."""
        if not chan.flag & CMSG:
            process.kernel.post_note(process, _NOTE)
