"""A process, its memory and its kernel, as far as files need them: no CPU, a clock that stands still."""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import Any

from elf9.errors import BadAddress, KernelError, OddAddress
from elf9.kernel.boot import boot, shutdown
from elf9.kernel.chan import Chan, FdTable, close, let_go
from elf9.kernel.dev.device import Devices
from elf9.kernel.dev.env import Environment
from elf9.kernel.namespace import NameSpace
from elf9.kernel.process import Args
from elf9.kernel.sync import Block
from elf9.kernel.syscalls import files, names, pipes
from elf9.target import TARGETS

BASE = 0x400000
SIZE = 1 << 20
SECONDS = 1_700_000_000
_MASK64 = (1 << 64) - 1
HANDLERS = {**files.HANDLERS, **names.HANDLERS, **pipes.HANDLERS}


class Options:
    """What boot asks for."""

    def __init__(self, **given: Any) -> None:
        self.root: str | None = given.pop("root", None)
        self.binds: list[tuple[str, str, bool]] = given.pop("binds", [])
        self.cwd: str | None = given.pop("cwd", None)
        self.env: dict[bytes, bytes] = given.pop("env", {})
        self.stdin, self.stdout, self.stderr = given.pop("descriptors", (0, 1, 2))
        self.max_output: int | None = given.pop("max_output", None)
        self.max_files: int | None = given.pop("max_files", None)
        self.max_directory: int | None = given.pop("max_directory", None)
        assert not given, given


class FakeKernel:
    def __init__(self) -> None:
        self.devices: Devices
        self.output_closed = False
        self.limited = 0
        self.switches = self.calls = 0
        self.options = SimpleNamespace(max_memory=64 << 20)
        self.target = TARGETS["amd64"]
        self.now = SECONDS * 1_000_000_000 + 123_456_789
        self.processes: dict[int, FakeProcess] = {}
        #: Notes posted: the process and the text.
        self.posted: list[tuple[FakeProcess, bytes]] = []

    def time_ns(self) -> int:
        return self.now

    def ticks_ns(self) -> int:
        return 5_000_000

    def random(self, count: int) -> bytes:
        return bytes(index * 7 & 0xFF for index in range(count))

    def wait_writable(self, descriptor: int) -> bool:
        return True

    def limit_reached(self, name: str) -> None:
        self.limited += 1

    def wakeup(self, queue: Any) -> None:
        """The processes there may go on: `FakeProcess.again`."""
        while queue.waiters:
            self.wakeup_one(queue)

    def wakeup_one(self, queue: Any) -> None:
        if queue.waiters:
            queue.waiters.pop(0).woken = True

    def post_note(self, process: FakeProcess, text: bytes, kind: int = 0) -> bool:
        self.posted.append((process, text))
        return True


class FakeMemory:
    """One writable segment."""

    def __init__(self) -> None:
        self.data = bytearray(SIZE)
        self.split = False
        #: No short ways.
        self.last = None

    def check(self, address: int, length: int, write: bool) -> None:
        if not (address >= BASE and address + length <= BASE + SIZE):
            raise BadAddress(address, length)

    def check_aligned(self, address: int) -> None:
        if address & 3:
            raise OddAddress

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.data[address - BASE : address - BASE + length])

    def write(self, address: int, data: bytes | memoryview) -> None:
        self.data[address - BASE : address - BASE + len(data)] = data

    def string(self, address: int, limit: int | None = None) -> bytes:
        end = self.data.index(0, address - BASE)
        return bytes(self.data[address - BASE : end])[:limit]

    def view(self, address: int, length: int) -> memoryview | None:
        if self.split:
            return None
        return memoryview(self.data)[address - BASE : address - BASE + length]

    def lend(self, address: int, length: int, write: bool) -> memoryview | None:
        self.check(address, length, write)
        return self.view(address, length)


class FakeProcess:
    """A booted process; `call` makes a system call by number, the helpers wrap the common ones.

    A call that waits raises Block; `again` makes it once more when something has woken the process.
    """

    def __init__(self, **options: Any) -> None:
        self.pid = 7
        self.parent_pid = 1
        self.name = b"test"
        self.user = "glenda"
        self.control = ""
        self.progress: Any = None
        self.held: Chan | None = None
        self.blocked: Block | None = None
        self.waiting: tuple[int, Args] | None = None
        self.woken = False
        self.children: list[FakeProcess] = []
        self.kernel = FakeKernel()
        self.memory = FakeMemory()
        self.fds: FdTable
        self.slash: Chan
        self.dot: Chan
        self.namespace: NameSpace
        self.environment: Environment
        boot(self, Options(**options))  # type: ignore[arg-type]

    def times_ms(self) -> tuple[int, ...]:
        return (10, 20, 130, 0, 0, 0)

    def call(self, number: int, *slots: int) -> int:
        args = Args()
        args.slots = tuple((slot & _MASK64 ^ 1 << 63) - (1 << 63) for slot in [*slots, 0, 0, 0, 0, 0][:5])
        let_go(self)  # type: ignore[arg-type]
        return self._call(number, args)

    def _call(self, number: int, args: Args) -> int:
        self.blocked = self.waiting = None
        self.woken = False
        try:
            result = HANDLERS[number](self, args)  # type: ignore[arg-type]
        except Block as block:
            self.blocked, self.waiting = block, (number, args)
            if block.queue is not None:
                block.queue.waiters.insert(0 if block.front else len(block.queue.waiters), self)  # type: ignore[arg-type]
            raise
        except KernelError:
            self.progress = None
            let_go(self)  # type: ignore[arg-type]
            raise
        self.progress = None
        let_go(self)  # type: ignore[arg-type]
        assert result is not None, "this process has no short ways"
        return result

    def again(self) -> int | None:
        """The call that waits, made once more after a wakeup: its result, None if it waits on."""
        assert self.woken, "nothing has woken it"
        assert self.waiting is not None
        try:
            return self._call(*self.waiting)
        except Block:
            return None

    def interrupt(self) -> int:
        """A note comes while a call waits: the call's result."""
        block = self.blocked
        assert block is not None
        waiters: list[Any] = block.queue.waiters if block.queue is not None else []
        if self in waiters:
            waiters.remove(self)
        try:
            if block.interrupted is None:
                raise KernelError("interrupted")
            result = block.interrupted()
        except Block as other:
            assert other.queue is not None
            other.queue.waiters.append(self)  # type: ignore[arg-type]
            self.blocked = other
            raise
        except KernelError:
            self.progress = self.blocked = None
            let_go(self)  # type: ignore[arg-type]
            raise
        self.progress = self.blocked = None
        let_go(self)  # type: ignore[arg-type]
        return result

    def fork(self) -> FakeProcess:
        """Another process with the same descriptors in a table of its own, and the same names."""
        child = FakeProcess.__new__(FakeProcess)
        child.__dict__.update(self.__dict__)
        child.pid = self.pid + len(self.children) + 1
        child.parent_pid = self.pid
        child.memory = FakeMemory()
        child.progress = child.held = child.blocked = child.waiting = None
        child.children = []
        child.fds = self.fds.copy()
        self.children.append(child)
        return child

    def exit(self) -> None:
        """Let go of the descriptors."""
        let_go(self)  # type: ignore[arg-type]
        self.fds.release(self)  # type: ignore[arg-type]

    def put(self, data: bytes, at: int = BASE) -> int:
        self.memory.write(at, data)
        return at

    def open(self, name: bytes | str, mode: int = 0) -> int:
        return self.call(14, self.put(_bytes(name) + b"\0"), mode)

    def create(self, name: bytes | str, mode: int = 1, perm: int = 0o666) -> int:
        return self.call(22, self.put(_bytes(name) + b"\0"), mode, perm)

    def close(self, fd: int) -> int:
        return self.call(4, fd)

    def pread(self, fd: int, count: int = 65536, offset: int = -1) -> bytes:
        at = BASE + 0x10000
        return self.memory.read(at, self.call(50, fd, at, count, offset))

    def pwrite(self, fd: int, data: bytes, offset: int = -1) -> int:
        return self.call(51, fd, self.put(data, BASE + 0x10000), len(data), offset)

    def seek(self, fd: int, offset: int, whence: int = 0) -> int:
        assert self.call(39, BASE + 0x100, fd, offset, whence) == 0
        return int.from_bytes(self.memory.read(BASE + 0x100, 8), "little")

    def stat(self, name: bytes | str, count: int = 4096) -> bytes:
        at = BASE + 0x20000
        got = self.call(42, self.put(_bytes(name) + b"\0"), at, count)
        return self.memory.read(at, got)

    def fstat(self, fd: int, count: int = 4096) -> bytes:
        at = BASE + 0x20000
        return self.memory.read(at, self.call(43, fd, at, count))

    def wstat(self, name: bytes | str, data: bytes) -> int:
        at = self.put(data, BASE + 0x20000)
        return self.call(44, self.put(_bytes(name) + b"\0"), at, len(data))

    def remove(self, name: bytes | str) -> int:
        return self.call(25, self.put(_bytes(name) + b"\0"))

    def chdir(self, name: bytes | str) -> int:
        return self.call(3, self.put(_bytes(name) + b"\0"))

    def fd2path(self, fd: int) -> bytes:
        self.call(23, fd, BASE + 0x100, 1024)
        return self.memory.string(BASE + 0x100)

    def contents(self, name: bytes | str) -> bytes:
        fd = self.open(name)
        data = b""
        while piece := self.pread(fd):
            data += piece
        self.close(fd)
        return data

    def finish(self) -> list[Chan]:
        """Let go of everything, and return the channels that somebody forgot to close."""
        for child in self.children:
            if child.fds.ref:
                child.exit()
        self.exit()
        for chan in (self.dot, self.slash):
            close(self, chan)  # type: ignore[arg-type]
        self.namespace.release(self)  # type: ignore[arg-type]
        shutdown(self)  # type: ignore[arg-type]
        gc.collect()
        return [
            found
            for found in gc.get_objects()
            if isinstance(found, Chan) and found.device.devices is self.kernel.devices and found.ref != 0
        ]

    def refused(self, action: Any, *args: Any, **named: Any) -> str:
        """The error string of what must fail."""
        try:
            result = action(*args, **named)
        except KernelError as error:
            return error.text.decode(errors="surrogateescape")
        raise AssertionError(f"did not fail but returned {result!r}")


def _bytes(name: bytes | str) -> bytes:
    return name.encode() if isinstance(name, str) else name
