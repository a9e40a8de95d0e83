"""Files of 9P servers: what is asked for, waiting in the middle of calls, and servers that do everything wrong."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elf9.errors import KernelError, Unsupported
from elf9.kernel import ninep, stat
from elf9.kernel.chan import COPEN, DMDIR, ORDWR, QTDIR, Chan, Qid, close, release
from elf9.kernel.deep import Deep
from elf9.kernel.dev.device import Device
from elf9.kernel.namespace import Aaccess, Acreate, Amount, Aopen, Aremove, Atodir, bind, namec, unmount
from elf9.kernel.ninep import pack, unpack
from elf9.kernel.process import Args
from elf9.kernel.stat import Dir
from elf9.kernel.sync import Block, Queue
from elf9.kernel.syscalls.names import HANDLERS

from .fakes import BASE, FakeProcess

NODES = {0: "/", 1: "f", 2: "d", 3: "g"}
TREE = {0: {"f": 1, "d": 2}, 2: {"g": 3}}


class Wire(Device):
    """A channel to a server: what is written goes to `answer`, which gives what can be read."""

    letter = "w"

    def __init__(self, process: FakeProcess, answer: Callable[[bytes], list[bytes] | None]) -> None:
        super().__init__(process.kernel.devices)
        self.answer = answer
        self.incoming: deque[bytes] = deque()
        self.closed = False
        self.asked: list[str] = []
        self.queue = Queue()

    def write(self, process: Any, chan: Chan, data: memoryview, offset: int) -> int:
        if self.closed:
            raise KernelError("i/o on hungup channel")
        kind, _, values = unpack(bytes(data))
        self.asked.append(" ".join([ninep.NAMES[kind], *(str(value) for value in values)]))
        pieces = self.answer(bytes(data))
        if pieces is None:
            self.closed = True
        else:
            self.incoming += pieces
        process.kernel.wakeup(self.queue)
        return len(data)

    def read(self, process: Any, chan: Chan, buffer: memoryview, offset: int) -> int:
        if not self.incoming:
            if self.closed:
                return 0
            raise Block(queue=self.queue)
        piece = self.incoming.popleft()
        count = min(len(piece), len(buffer))
        buffer[:count] = piece[:count]
        if count < len(piece):
            self.incoming.appendleft(piece[count:])
        return count


class Server:
    """A server that does everything right."""

    def __init__(self) -> None:
        self.fids: dict[int, int] = {}

    def qid(self, node: int) -> Qid:
        return Qid(node, 0, QTDIR if node in TREE else 0)

    def entry(self, node: int) -> bytes:
        return stat.pack(Dir(NODES[node].encode(), self.qid(node), DMDIR | 0o777 if node in TREE else 0o666))

    def __call__(self, message: bytes) -> list[bytes]:
        kind, tag, values = unpack(message)
        try:
            return [pack(kind + 1, tag, *self.reply(kind, values))]
        except KernelError as error:
            return [pack(ninep.RERROR, tag, error.text)]

    def reply(self, kind: int, values: tuple[Any, ...]) -> tuple[Any, ...]:
        fid = values[0] if values else 0
        match kind:
            case ninep.TVERSION:
                return (min(values[0], 8216), b"9P2000")
            case ninep.TATTACH:
                assert fid not in self.fids
                self.fids[fid] = 0
                return (self.qid(0),)
            case ninep.TWALK:
                node = self.fids[fid]
                qids = []
                for name in values[2]:
                    found = 0 if name == b".." else TREE.get(node, {}).get(name.decode())
                    if found is None:
                        break
                    node = found
                    qids.append(self.qid(node))
                else:
                    assert values[1] not in self.fids
                    self.fids[values[1]] = node
                if values[2] and not qids:
                    raise KernelError("no such file here")
                return (qids,)
            case ninep.TOPEN:
                return (self.qid(self.fids[fid]), 0)
            case ninep.TREAD:
                node = self.fids[fid]
                if node in TREE:
                    data = b"".join(map(self.entry, TREE[node].values()))
                    return (data if values[1] == 0 else b"",)
                return (b"0123456789"[values[1] : values[1] + values[2]],)
            case ninep.TWRITE:
                return (len(values[2]),)
            case ninep.TSTAT:
                return (self.entry(self.fids[fid]),)
            case ninep.TCLUNK:
                del self.fids[fid]
                return ()
            case ninep.TREMOVE:
                del self.fids[fid]
                return ()
            case ninep.TCREATE:
                raise KernelError("no new files here")
        return ()


class Client:
    """A process with a server mounted on /mnt, and the scheduler for it."""

    def __init__(self, process: Any, answer: Callable[[bytes], list[bytes] | None]) -> None:
        self.process = process
        self.kernel = process.kernel
        self.ready: list[Any] = []
        self.kernel.make_ready = self.ready.append
        self.kernel.deep = self.deep = Deep(self.kernel)
        self.prepare(self.process)
        self.wire = Wire(process, answer)
        self.server = Chan(self.wire, Qid(1), namec(self.process, b"/dev", Aaccess).path)
        self.server.mode = ORDWR
        self.server.flag = COPEN

    @staticmethod
    def prepare(process: Any) -> None:
        process.notes = []
        process.eintr = lambda: KernelError("interrupted")

    def call(self, function: Callable[..., Any], *args: Any, process: Any = None) -> Any:
        """What the function returns; Block if the process has to wait."""
        return self.deep.call(process or self.process, function, *args)

    def settle(self) -> None:
        """Let the kernel's own processes go as far as they come."""
        ready = self.ready[:]
        self.ready.clear()
        for one in ready:
            try:
                self.deep.call(one, self.deep.work, one)
            except Block:
                self.ready.append(one)

    def mount(self, name: bytes = b"/mnt") -> None:
        """mount(2), but for the descriptor."""
        process = self.process

        def work() -> None:
            root = self.deep.mnt.attach_to(process, self.server, None, b"")
            place = namec(process, name, Amount)
            bind(process, root, place, 4)
            close(process, place)
            close(process, root)

        self.call(work)

    def name(self, name: bytes, amode: int = Aopen, mode: int = 0) -> Chan:
        found: Chan = self.call(namec, self.process, name, amode, mode)
        return found

    def asked(self) -> list[str]:
        """The types of the messages since the last time."""
        self.settle()
        asked, self.wire.asked = self.wire.asked, []
        return [text.split()[0] for text in asked]

    def close(self) -> None:
        close(self.process, self.server)
        self.settle()
        self.deep.close()
        self.ready.clear()


@pytest.fixture
def connect(process: FakeProcess) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def made(answer: Callable[[bytes], list[bytes] | None] | None = None) -> Client:
        client = Client(process, answer or Server())
        clients.append(client)
        return client

    yield made
    for client in clients:
        place = namec(client.process, b"/mnt", Amount)
        if place.key in client.process.namespace.heads:
            unmount(client.process, place, None)
        close(client.process, place)
        client.close()


def refused(action: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(KernelError) as caught:
        action(*args)
    return caught.value.text.decode()


def waits(action: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The Block that an action raises."""
    with pytest.raises(Block) as caught:
        action(*args, **kwargs)
    return caught.value


def remove(client: Client, chan: Chan) -> None:
    """As remove(2) does it: whatever comes of it, the server forgets the file."""
    try:
        client.call(chan.device.remove, client.process, chan)
    finally:
        chan.ref = 0
        release(client.process, chan)


def test_a_tree(connect):
    server = Server()
    client = connect(server)
    client.mount()
    assert client.asked() == ["Tversion", "Tattach"]
    chan = client.name(b"/mnt/d/g")
    assert client.asked() == ["Twalk", "Topen"]
    buffer = bytearray(20)
    assert client.call(chan.device.read, client.process, chan, memoryview(buffer), 2) == 8
    assert buffer[:8] == b"23456789"
    assert client.call(chan.device.write, client.process, chan, memoryview(b"abc"), 0) == 3
    assert client.call(chan.device.stat, client.process, chan).name == b"g"
    assert client.asked() == ["Tread", "Twrite", "Tstat"]
    client.call(close, client.process, chan)
    assert client.asked() == ["Tclunk"]
    assert refused(client.name, b"/mnt/x") == "no such file here: '/mnt/x'"
    assert refused(client.name, b"/mnt/d/x") == "file does not exist: '/mnt/d/x'"
    assert refused(client.name, b"/mnt/f/x") == "not a directory: '/mnt/f'"
    assert refused(client.name, b"/mnt/new", Acreate) == "no new files here: '/mnt/new'"
    chan = client.name(b"/mnt/f", Aremove)
    remove(client, chan)
    client.settle()
    assert list(server.fids.values()) == [0]


def test_two_wait_and_one_reads_for_both(connect):
    silent: list[bytes] = []
    server = Server()

    def answer(message: bytes) -> list[bytes]:
        if unpack(message)[0] == ninep.TSTAT:
            silent.append(message)
            return []
        return server(message)

    client = connect(answer)
    client.mount()
    chan = client.name(b"/mnt/f")
    other = client.process.fork()
    client.prepare(other)
    waiting = []
    for one in (client.process, other):
        block = waits(client.call, chan.device.stat, one, chan, process=one)
        assert client.deep.is_waiting(one)
        waiting.append(block)
    assert waiting[0].queue is client.wire.queue
    assert waiting[1].queue is not client.wire.queue
    waiting[1].queue.waiters.append(other)
    # the second one's reply comes first
    client.wire.incoming += server(silent[1]) + server(silent[0])
    assert client.call(chan.device.stat, client.process, chan).name == b"f"
    assert other.woken
    assert client.call(chan.device.stat, other, chan, process=other).name == b"f"
    assert not client.deep.is_waiting(other)
    client.call(close, client.process, chan)
    assert other.close


def test_the_reader_goes_and_the_next_one_reads(connect):
    silent: list[bytes] = []
    server = Server()

    def answer(message: bytes) -> list[bytes]:
        kind, tag, _ = unpack(message)
        if kind == ninep.TSTAT:
            silent.append(message)
            return []
        return [pack(ninep.RFLUSH, tag)] if kind == ninep.TFLUSH else server(message)

    client = connect(answer)
    client.mount()
    chan = client.name(b"/mnt/f")
    other = client.process.fork()
    client.prepare(other)
    blocks = []
    for one in (client.process, other):
        block = waits(client.call, chan.device.stat, one, chan, process=one)
        blocks.append(block)
    blocks[1].queue.waiters.append(other)
    assert refused(blocks[0].interrupted) == "interrupted"
    assert client.asked()[-1] == "Tflush"
    assert other.woken
    client.wire.incoming += server(silent[1])
    assert client.call(chan.device.stat, other, chan, process=other).name == b"f"
    client.call(close, client.process, chan)


def test_notes_while_the_flush_is_waited_for(connect):
    def answer(message: bytes) -> list[bytes]:
        return [] if unpack(message)[0] in (ninep.TSTAT, ninep.TFLUSH) else server(message)

    server = Server()
    client = connect(answer)
    client.mount()
    chan = client.name(b"/mnt/f")
    block = waits(client.call, chan.device.stat, client.process, chan)
    for _ in range(3):
        block = waits(block.interrupted)
    # all are about the one request
    assert len(set(client.wire.asked[-3:])) == 1
    assert client.asked()[-4:] == ["Tstat", "Tflush", "Tflush", "Tflush"]
    client.wire.closed = True
    assert refused(client.call, None) == "mount rpc error"
    client.call(close, client.process, chan)


def test_the_server_hangs_up(connect):
    client = connect()
    client.mount()
    chan = client.name(b"/mnt/f")
    client.wire.answer = lambda message: None
    assert refused(client.name, b"/mnt/f") == "mount rpc error: '/mnt/f'"
    assert refused(client.name, b"/mnt/f") == "i/o on hungup channel: '/mnt/f'"
    assert refused(client.name, b"/mnt", Aaccess) == "clone failed: '/mnt'"
    close(client.process, client.name(b"/mnt", Atodir))
    client.call(close, client.process, chan)


def test_a_message_must_fit(connect):
    client = connect()
    client.mount()
    chan = client.name(b"/mnt/f")
    client.asked()
    assert refused(client.call, chan.device.wstat, client.process, chan, bytes(9000)) == "mount rpc error"
    assert client.asked() == []
    client.call(close, client.process, chan)


def test_closing_outside_of_a_call_is_done_later(connect):
    server = Server()
    client = connect(server)
    client.mount()
    chan = client.name(b"/mnt/f")
    client.asked()
    close(client.process, chan)
    assert client.wire.asked == []
    assert client.asked() == ["Tclunk"]
    assert list(server.fids.values()) == [0]


def test_the_end_of_a_run_unwinds_what_waits(connect):
    client = connect(lambda message: Server()(message) if unpack(message)[0] == ninep.TVERSION else [])
    with pytest.raises(Block):
        client.mount()
    client.deep.close()
    assert not client.deep.is_waiting(client.process)


def test_without_greenlet_the_error_names_it(process, monkeypatch):
    monkeypatch.setitem(sys.modules, "greenlet", None)
    process.kernel.deep = None
    args = Args()
    fd = process.open("/dev/null", ORDWR)
    process.put(b"9P2000\0")
    args.slots = (fd, 0, BASE, 8, 0)
    with pytest.raises(Unsupported, match="greenlet"):
        HANDLERS[40](process, args)
    # what is wrong with the arguments is told first
    args.slots = (77, 0, BASE, 8, 0)
    assert refused(HANDLERS[40], process, args) == "fd out of range or not open"


def test_calls_that_wait_before_they_begin_are_made_again(connect):
    client = connect()
    queue = Queue()
    made: list[int] = []

    def handler() -> int:
        made.append(1)
        if len(made) < 3:
            raise Block(queue=queue)
        return 7

    for _ in range(2):
        block = waits(client.call, handler)
        assert block.queue is queue
        assert not client.deep.is_waiting(client.process)
    assert client.call(handler) == 7


def test_progress_belongs_to_who_waits(connect):
    client = connect()
    process = client.process
    queue = Queue()

    def inner() -> str:
        if process.progress is None:
            process.progress = "half"
            raise Block(queue=queue, interrupted=lambda: 9)
        return str(process.progress)

    def handler() -> tuple[str, object]:
        process.progress = "mine"
        return client.deep.do(process, inner), process.progress

    with pytest.raises(Block):
        client.call(handler)
    assert client.call(handler) == ("half", "mine")
    block = waits(client.call, handler)
    assert block.interrupted() == (9, "mine")


# Servers that do anything

WRONG = st.one_of(
    st.just(("right",)),
    st.tuples(st.just("bytes"), st.binary(max_size=60)),
    st.tuples(st.just("body"), st.integers(100, 128), st.binary(max_size=60)),
    st.tuples(st.just("change"), st.integers(0, 60), st.integers(0, 255)),
    st.tuples(st.just("cut"), st.integers(0, 60)),
    st.just(("twice",)),
    st.just(("end",)),
    st.just(("silence",)),
)
FILES = ["open f", "open d/g", "stat f", "list d", "remove f", "create n"]
STEPS = st.sampled_from([*FILES, "read", "write", "wstat", "chdir d", "up", "close"])


class Wild:
    """A server that goes wrong as it is told."""

    def __init__(self, faults: list[tuple[Any, ...]]) -> None:
        self.right = Server()
        self.faults = deque(faults)
        self.begun = False

    def __call__(self, message: bytes) -> list[bytes] | None:
        fault = self.faults.popleft() if self.faults else ("right",)
        _, tag, _ = unpack(message)
        try:
            (reply,) = self.right(message)
        except (KeyError, AssertionError):
            reply = pack(ninep.RERROR, tag, b"unknown fid")
        match fault:
            case ("bytes", data):
                return [data] if data else []
            case ("body", number, data):
                return [(len(data) + 7).to_bytes(4, "little") + bytes([number]) + tag.to_bytes(2, "little") + data]
            case ("change", at, value):
                changed = bytearray(reply)
                changed[at % len(reply)] = value
                return [bytes(changed)]
            case ("cut", at):
                return [reply[: at % len(reply)], reply[at % len(reply) :]]
            case ("twice",):
                return [reply + reply]
            case ("end",):
                return None
            case ("silence",):
                return []
        return [reply]


def take(client: Client, step: str, opened: list[Chan]) -> None:
    """One thing that a process does with files of the server; it may fail, or wait for ever."""
    process = client.process
    last = opened[-1] if opened else None
    match step.split():
        case ["open", name]:
            opened.append(client.name(b"/mnt/" + name.encode()))
        case ["create", name]:
            opened.append(client.name(b"/mnt/" + name.encode(), Acreate, 1))
        case ["stat", name]:
            chan = client.name(b"/mnt/" + name.encode(), Aaccess)
            try:
                client.call(chan.device.stat, process, chan)
            finally:
                close(process, chan)
        case ["list", name]:
            chan = client.name(b"/mnt/" + name.encode())
            try:
                client.call(chan.device.read_directory, process, chan, 8192, 0)
            finally:
                close(process, chan)
        case ["remove", name]:
            chan = client.name(b"/mnt/" + name.encode(), Aremove)
            remove(client, chan)
        case ["chdir", name]:
            before, process.dot = process.dot, client.name(b"/mnt/" + name.encode(), Atodir)
            close(process, before)
        case ["up"]:
            before, process.dot = process.dot, client.name(b"..", Atodir)
            close(process, before)
        case ["read"] if last is not None:
            client.call(last.device.read, process, last, memoryview(bytearray(30)), 0)
        case ["write"] if last is not None:
            client.call(last.device.write, process, last, memoryview(b"abc"), 0)
        case ["wstat"] if last is not None:
            client.call(last.device.wstat, process, last, client.wire.answer.right.entry(1))  # type: ignore[attr-defined]
        case ["close"] if last is not None:
            client.call(close, process, opened.pop())


@settings(deadline=None, max_examples=60)
@given(faults=st.lists(WRONG, max_size=20), steps=st.lists(STEPS, max_size=12), notes=st.integers(0, 3))
@example(faults=[("right",)] * 3 + [("silence",)], steps=["open f", "read"], notes=2)
@example(faults=[("right",)] * 3 + [("end",)], steps=["open f", "open f", "stat f"], notes=0)
@example(faults=[("right",)] * 2 + [("body", 111, b"\x02\0" + bytes(26))], steps=["open f"], notes=0)
def test_whatever_a_server_says_is_survived(faults: list[tuple[Any, ...]], steps: list[str], notes: int) -> None:
    """Calls succeed, fail with a kernel error or wait; notes get them out; no channel is left."""
    process = FakeProcess()
    client = Client(process, Wild(faults))
    opened: list[Chan] = []

    def attempt(action: Callable[..., Any], *args: Any) -> None:
        try:
            action(*args)
            return
        except KernelError as error:
            assert len(error.text) < 128
            return
        except Block as block:
            waiting = block
        # a kernel's process never gets a note; a guest's gets a few and is then dropped
        for _ in range(notes):
            if not client.deep.is_waiting(client.process):
                return
            assert waiting.interrupted is not None
            try:
                waiting.interrupted()
                return
            except KernelError:
                return
            except Block as block:
                waiting = block

    attempt(client.mount)
    for step in steps:
        if client.deep.is_waiting(client.process):
            break
        attempt(client.call, take, client, step, opened)
        client.settle()
    client.settle()
    client.deep.close()
    for chan in opened:
        close(client.process, chan)
    close(client.process, client.server)
    assert process.finish() == []
