"""Pipes: boundaries, limits, ends, turns, and what a note does to a call that waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elf9.errors import BadAddress, KernelError
from elf9.kernel import stat
from elf9.kernel.chan import CMSG, DMDIR, ORDWR, OREAD, OTRUNC, OWRITE, close
from elf9.kernel.dev.pipe import ATOMIC, LIMIT, Pipe
from elf9.kernel.sync import Block

from .fakes import BASE, SIZE, FakeProcess

CLOSED = b"sys: write on closed pipe"
HUNG_UP = "i/o on hungup channel"
NO_CHANGE = (1 << 64) - 1


@pytest.fixture
def guest(process: FakeProcess) -> FakeProcess:
    """A process whose kernel has pipes, and whatever standard descriptors it had."""
    if "|" not in process.kernel.devices.by_letter:
        process.kernel.devices.add(Pipe(process.kernel.devices))
    return process


def pipe(process: FakeProcess) -> tuple[int, int]:
    assert process.call(21, BASE + 0x200) == 0
    data = process.memory.read(BASE + 0x200, 8)
    return int.from_bytes(data[:4], "little"), int.from_bytes(data[4:], "little")


def length(process: FakeProcess, fd: int) -> int:
    return stat.unpack(process.fstat(fd)).length


def set_length(process: FakeProcess, fd: int, size: int) -> int:
    entry = stat.unpack(process.fstat(fd))
    entry.length = size
    entry.name = b""
    data = stat.pack(entry)
    return process.call(45, fd, process.put(data, BASE + 0x20000), len(data))


def waits(action: Callable[..., object], *args: object) -> None:
    with pytest.raises(Block):
        action(*args)


# Making them


def test_both_ends_read_and_write(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    assert other == one + 1
    for source, sink in ((one, other), (other, one)):
        assert guest.pwrite(source, b"hello") == 5
        assert guest.pread(sink) == b"hello"
    assert guest.fd2path(one) == b"#|/data" and guest.fd2path(other) == b"#|/data1"
    chan = guest.fds.chan(one)
    assert chan.mode == ORDWR and chan.iounit == ATOMIC
    assert chan.qid.path & 31 == 1 and guest.fds.chan(other).qid.path == chan.qid.path + 1
    assert not guest.fds.flags[one]
    again = pipe(guest)
    assert guest.fds.chan(again[0]).qid.path >> 5 == (chan.qid.path >> 5) + 1


def test_bad_addresses(guest: FakeProcess) -> None:
    for address in (0x10, BASE + SIZE - 7):
        with pytest.raises(BadAddress):
            guest.call(21, address)
    assert guest.refused(guest.call, 21, BASE + 1) == "bad arg in system call"


def test_one_free_descriptor_is_not_enough(guest: FakeProcess) -> None:
    guest.fds.chans = guest.fds.chans[:3] + [guest.fds.chans[0]] * 4996 + [None]
    guest.fds.flags = bytearray(5000)
    guest.fds.highest = 4999
    assert guest.refused(guest.call, 21, BASE + 0x200) == "no free file descriptors"
    assert guest.memory.read(BASE + 0x200, 8) == b"\xff" * 8
    assert guest.fds.chans[4999] is None
    del guest.fds.chans[20:]
    guest.fds.chans[3:] = [None] * 17
    guest.fds.highest = 2


# Boundaries


def test_a_read_is_at_most_one_write(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    for text in (b"abc", b"", b"defgh"):
        guest.pwrite(one, text)
    assert length(guest, other) == 8 and length(guest, one) == 0
    assert guest.pread(other, 100) == b"abc"
    assert guest.pread(other, 100) == b""
    assert guest.pread(other, 2) == b"de"
    assert guest.pread(other, 0) == b""
    assert length(guest, other) == 3
    assert guest.pread(other, 2) == b"fg"
    assert guest.pread(other, 2) == b"h"
    waits(guest.pread, other, 0)


def test_a_large_write_is_several_blocks(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    data = bytes(range(256)) * 600
    assert guest.pwrite(one, data) == len(data)
    assert [len(guest.pread(other, 200000)) for _ in range(3)] == [65536, 65536, len(data) - 131072]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 50)), max_size=40))
def test_like_a_list_of_blocks(steps: list[bytes | int]) -> None:
    process = FakeProcess()
    if "|" not in process.kernel.devices.by_letter:
        process.kernel.devices.add(Pipe(process.kernel.devices))
    one, other = pipe(process)
    model: deque[bytes] = deque()
    for step in steps:
        if isinstance(step, bytes):
            assert process.pwrite(one, step) == len(step)
            model.append(step)
        elif model:
            block = model.popleft()
            assert process.pread(other, step) == block[:step]
            if len(block) > step:
                model.appendleft(block[step:])
        assert length(process, other) == sum(map(len, model))
    while model:
        assert process.pread(other) == model.popleft()
    queue = process.fds.chan(other).aux.incoming
    assert queue.written == queue.taken and not queue.full
    assert process.finish() == []


# Waiting


@pytest.mark.parametrize(
    ("size", "number"), [(0, (2520, 2521)), (1, (2520, 2521)), (1024, (232,)), (65536, (4,)), (4096, (63,))]
)
def test_the_write_that_fills_it_waits(guest: FakeProcess, size: int, number: tuple[int, ...]) -> None:
    one, other = pipe(guest)
    data = bytes(size)
    count = 0
    with pytest.raises(Block):
        for count in range(1, 3000):  # noqa: B007
            guest.pwrite(one, data)
    assert count in number
    reader = guest.fork()
    # it was queued nevertheless
    assert length(reader, other) == count * size
    reader.pread(other)
    assert guest.again() == size
    for _ in range(count - 1):
        reader.pread(other)
    waits(reader.pread, other)


def test_a_limit(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    assert set_length(guest, one, 4096) > 0
    for side in (one, other):
        for _ in range(3):
            guest.pwrite(side, bytes(1024))
        waits(guest.pwrite, side, bytes(1024))
        guest.progress = None
    assert guest.refused(set_length, guest, one, LIMIT + 1) == "bad arg in system call"
    assert guest.refused(set_length, guest, one, NO_CHANGE) == "bad arg in system call"


def test_a_larger_limit_lets_a_writer_go(guest: FakeProcess) -> None:
    one, _ = pipe(guest)
    set_length(guest, one, 0)
    waits(guest.pwrite, one, b"x")
    helper = guest.fork()
    set_length(helper, one, LIMIT)
    assert guest.again() == 1


def test_a_large_write_waits_between_its_blocks(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    reader = guest.fork()
    size = 6 * ATOMIC
    waits(guest.call, 51, one, guest.put(bytes(range(1, 7)) * ATOMIC, BASE + 0x10000), size, -1)
    assert length(reader, other) == 4 * ATOMIC
    reader.pread(other, ATOMIC)
    assert guest.again() is None
    assert length(reader, other) == 4 * ATOMIC
    got = 1
    while length(reader, other):
        assert len(reader.pread(other, ATOMIC)) == ATOMIC
        got += 1
        if guest.woken:
            guest.again()
    assert got == 6 and guest.blocked is None


def test_a_reader_waits_for_a_writer(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    writer = guest.fork()
    waits(guest.pread, other, 10)
    writer.pwrite(one, b"hi")
    assert guest.again() == 2


def test_who_comes_first_reads_first(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    first, second, third = guest.fork(), guest.fork(), guest.fork()
    waits(first.pread, other, 10)
    waits(second.pread, other, 10)
    guest.pwrite(one, b"a")
    # the first one has been woken and not read yet: a third must not get ahead, nor wait for ever
    waits(third.pread, other, 10)
    assert first.woken and not second.woken
    assert first.again() == 1
    guest.pwrite(one, b"bb")
    guest.pwrite(one, b"ccc")
    assert (second.again(), third.again()) == (2, 3)


def test_what_one_reader_leaves_the_next_one_gets(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    first, second = guest.fork(), guest.fork()
    waits(first.pread, other, 1)
    waits(second.pread, other, 10)
    guest.pwrite(one, b"abc")
    assert first.again() == 1
    assert second.again() == 2


READERS = st.integers(0, 3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("read"), READERS),
            st.tuples(st.just("note"), READERS),
            st.tuples(st.just("kill"), READERS),
            st.tuples(st.just("again"), READERS),
            st.tuples(st.just("write"), st.integers(0, 5)),
            st.tuples(st.just("close"), st.just(0)),
        ),
        max_size=60,
    )
)
def test_nobody_is_forgotten(steps: list[tuple[str, int]]) -> None:
    """Whatever happens to readers: while there is something for one that waits, one has been woken."""
    process = FakeProcess()
    one, other = pipe(process)
    readers = [process.fork() for _ in range(4)]
    queue = process.fds.chan(other).aux.incoming
    for reader in readers:
        reader.close(one)
    sent: list[bytes] = []
    got: list[bytes] = []
    is_open = True
    for step, number in steps:
        if step == "write" and is_open:
            sent.append(bytes([len(sent) & 0xFF]) * number)
            process.pwrite(one, sent[-1])
        elif step == "close" and is_open:
            process.close(one)
            is_open = False
        elif step in ("write", "close"):
            continue
        else:
            reader = readers[number]
            waiting = reader.waiting is not None
            try:
                if step == "read" and not waiting:
                    got.append(reader.pread(other))
                elif step == "again" and waiting and reader.woken:
                    count = reader.again()
                    if count is not None:
                        got.append(reader.memory.read(BASE + 0x10000, count))
                elif step in ("note", "kill") and waiting:
                    reader.interrupt()
            except Block:
                pass
            except KernelError as error:
                if step in ("note", "kill"):
                    reader.waiting = None
                else:
                    assert error.text == HUNG_UP.encode()
        if queue.readable.waiters and (queue.blocks or queue.closed):
            assert any(reader.woken and reader.waiting is not None for reader in readers)
    ends = len(got) - len(sent)
    assert got[: len(sent)] == sent[: len(got)] and (ends <= 0 or not any(got[len(sent) :]))
    if process.fds.chans[one] is not None:
        process.close(one)
    assert process.finish() == []


def test_an_interrupted_reader_passes_its_turn_on(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    first, second, third = guest.fork(), guest.fork(), guest.fork()
    waits(first.pread, other, 10)
    waits(second.pread, other, 10)
    guest.pwrite(one, b"a")
    assert guest.refused(first.interrupt) == "interrupted"
    waits(third.pread, other, 10)
    assert second.again() == 1
    assert guest.kernel.posted == []


def test_a_killed_reader_is_forgotten(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    first, second = guest.fork(), guest.fork()
    waits(first.pread, other, 10)
    guest.pwrite(one, b"a")
    first.progress = None
    assert second.pread(other) == b"a"


def test_an_interrupted_write_has_been_done(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    set_length(guest, one, 0)
    waits(guest.pwrite, one, b"data")
    assert guest.refused(guest.interrupt) == "interrupted"
    assert guest.kernel.posted == [(guest, CLOSED)]
    assert guest.pread(other) == b"data"


def test_no_note_helps_a_writer_out_of_a_bloated_queue(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    observer = guest.fork()
    set_length(guest, one, 4)
    waits(guest.pwrite, one, b"data")
    assert guest.refused(guest.interrupt) == "interrupted"
    waits(guest.pwrite, one, b"more")
    waits(guest.interrupt)
    assert length(observer, other) == 4
    guest.control = "kill"
    assert guest.refused(guest.interrupt) == "interrupted"
    assert length(observer, other) == 4


# The end


def test_the_end_three_times(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    guest.pwrite(one, b"left")
    guest.pwrite(other, b"lost")
    guest.close(one)
    assert [guest.pread(other) for _ in range(4)] == [b"left", b"", b"", b""]
    for _ in range(2):
        assert guest.refused(guest.pread, other) == HUNG_UP
    assert guest.refused(guest.pread, other, 0) == HUNG_UP
    assert guest.kernel.posted == []
    for text in (b"x", b"", bytes(100000)):
        assert guest.refused(guest.pwrite, other, text) == HUNG_UP
    assert guest.kernel.posted == [(guest, CLOSED)] * 3


def test_a_file_servers_pipe_posts_no_note(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    guest.close(one)
    chan = guest.fds.chan(other)
    chan.flag |= CMSG
    with pytest.raises(KernelError, match=HUNG_UP):
        chan.device.write(guest, chan, memoryview(b"x"), 0)  # type: ignore[arg-type]
    assert guest.kernel.posted == []


def test_closing_wakes_who_waits(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    readers = [guest.fork(), guest.fork()]
    for reader in readers:
        reader.close(one)
        waits(reader.pread, other, 10)
    guest.close(one)
    assert [reader.again() for reader in readers] == [0, 0]


def test_closing_lets_a_writer_go(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    set_length(guest, one, 0)
    writer = guest.fork()
    writer.close(other)
    waits(writer.pwrite, one, b"x")
    guest.close(other)
    assert writer.again() == 1  # its block was queued: no error, no note
    assert writer.refused(writer.pwrite, one, b"x") == HUNG_UP
    assert guest.kernel.posted == [(writer, CLOSED)]


def test_a_side_is_open_as_long_as_one_has_it(guest: FakeProcess) -> None:
    one, other = pipe(guest)
    copy = guest.call(5, one, -1)
    child = guest.fork()
    guest.close(one)
    guest.close(copy)
    waits(guest.pread, other, 1)
    child.close(one)
    assert not guest.woken
    child.exit()
    assert guest.again() == 0


# As files


@pytest.fixture
def bound(guest: FakeProcess) -> FakeProcess:
    """With a pipe kept alive as the place the process is in."""
    assert guest.chdir("#|") == 0
    return guest


def test_directory(bound: FakeProcess) -> None:
    entries = [stat.unpack(entry) for entry in stat.entries(bound.contents("."))]
    assert [(entry.name, entry.mode, entry.length, entry.qid.path & 31) for entry in entries] == [
        (b"data", 0o666, 0, 1),
        (b"data1", 0o666, 0, 2),
    ]
    own = stat.unpack(bound.stat("."))
    assert own.mode == DMDIR | 0o500 and own.name == b"#|" and own.qid.path & 31 == 0
    assert bound.stat("..")[8:21] == bound.stat(".")[8:21]
    assert bound.refused(bound.stat, "data2") == "file does not exist: 'data2'"
    assert bound.refused(bound.stat, "data/x") == "not a directory: 'data'"


def test_directory_quirks(bound: FakeProcess) -> None:
    fd = bound.open(".")
    assert bound.refused(bound.seek, fd, 0) == "seek on a stream"
    for mode in (OWRITE, ORDWR, OTRUNC):
        assert bound.refused(bound.open, ".", mode) == "bad arg in system call"
    assert bound.refused(bound.open, "#|", OWRITE) == "bad arg in system call"
    assert bound.refused(bound.create, "x") == "permission denied: 'x'"
    assert bound.refused(bound.remove, "data") == "permission denied"
    entry = stat.pack(stat.Dir(b"", bound.fds.chan(fd).qid, 0))
    assert bound.refused(bound.wstat, ".", entry) == "permission denied"
    assert bound.refused(bound.stat, "#|", 1) == "stat buffer too small"
    full = bound.stat("#|")
    size = len(full) - 2
    # what the device says is meant for its own name, one byte shorter
    assert bound.stat("#|", 20) == (size - 1).to_bytes(2, "little")
    assert bound.stat("#|", size + 1) == size.to_bytes(2, "little")


def test_reopening(bound: FakeProcess) -> None:
    one, other = bound.open("data", OWRITE), bound.open("data1", OREAD)
    bound.pwrite(one, b"x")
    bound.close(one)
    assert [bound.pread(other) for _ in range(4)] == [b"x", b"", b"", b""]
    again = bound.open("data", ORDWR)
    assert bound.refused(bound.pwrite, again, b"x") == HUNG_UP
    assert bound.pread(again) == b""
    bound.close(again)
    bound.close(other)
    one, other = bound.open("data", ORDWR), bound.open("data1", ORDWR)
    bound.pwrite(other, b"y")
    assert bound.pread(one) == b"y"


def test_limits_are_reset_with_it(bound: FakeProcess) -> None:
    fd = bound.open("data", ORDWR)
    set_length(bound, fd, 0)
    bound.close(fd)
    fd = bound.open("data", ORDWR)
    assert bound.pwrite(fd, b"x") == 1


def test_modes(bound: FakeProcess) -> None:
    reader, writer = bound.open("data", OREAD), bound.open("data1", OWRITE)
    assert bound.refused(bound.pwrite, reader, b"x") == "inappropriate use of fd"
    assert bound.refused(bound.pread, writer) == "inappropriate use of fd"
    assert bound.refused(bound.seek, reader, 0) == "seek on a stream"


def test_a_walk_alone_keeps_nothing_open(bound: FakeProcess) -> None:
    one, other = bound.open("data", ORDWR), bound.open("data1", ORDWR)
    bound.stat("data")
    bound.pwrite(one, b"x")
    assert bound.pread(other) == b"x"
    chan = bound.fds.chan(one)
    copy, _ = chan.device.walk(bound, chan, ())  # type: ignore[arg-type]
    assert copy is not None
    close(bound, copy)  # type: ignore[arg-type]
    bound.pwrite(one, b"x")
    assert bound.pread(other) == b"x"
