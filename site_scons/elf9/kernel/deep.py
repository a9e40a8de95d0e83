"""Calls that wait in the middle: what a process does with a 9P server.

Most calls wait before they have done anything, by raising Block, and are made again.  A walk, a
mount or the end of a process talks to a file server for several rounds instead, and what was said
cannot be said again.  So once a kernel has a remote mount, each call runs in a greenlet of its own:
where it has to wait, it switches back to the scheduler, which sees an ordinary Block, and goes on
there when the scheduler makes the call again.

    kernel.deep                      None until the first mount: till then nothing here costs anything
    deep.call(process, handler, …)   serve a call, or go on with the one that waits; raises Block
    deep.do(process, function, …)    inside: call what may raise Block until it does not
    deep.start(function, …)          let a process of the kernel's own do it when its turn comes

Whatever is not a call but may end a process (notes, kills) is served by `call` as well.
"""

from __future__ import annotations

from elf9.errors import KernelError, Unsupported
from elf9.kernel.process import Process
from elf9.kernel.sync import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from greenlet import greenlet

    from elf9.kernel.dev.mnt import Mnt
    from elf9.kernel.kernel import Kernel

__all__ = ["Deep", "KernelProcess"]

_MISSING = (
    "a 9P server is to be mounted, and the Python package greenlet, which this needs, is missing: "
    "pip install greenlet (requirements.lock has the version that was tested)"
)


class _Interrupted(Exception):
    """A note has come for a process that waits."""


class KernelProcess(Process):
    """A process without a program: as much of one as devices and the scheduler look at.  Its pid is 0."""

    __slots__ = ("task",)

    def __init__(self, kernel: Kernel, task: Callable[[Process], object]) -> None:
        # there is no CPU: nothing of it ever runs there
        super().__init__(kernel, 0, 0, None, kernel.devices.host_owner)  # type: ignore[arg-type]
        self.name = b"closeproc"
        self.number = -1
        self.task = task


class Deep:
    """The calls of one kernel that wait in the middle."""

    __slots__ = ("_closing", "_exit", "_getcurrent", "_idle", "_new", "_scheduler", "_waiting", "kernel", "mnt")

    def __init__(self, kernel: Kernel) -> None:
        """To be made by the scheduler's own thread of control.  Raises Unsupported without greenlet."""
        try:
            from greenlet import GreenletExit, getcurrent, greenlet
        except ImportError:
            raise Unsupported(_MISSING) from None
        from elf9.kernel.dev.mnt import Mnt

        self.kernel = kernel
        #: The device of what is mounted.
        self.mnt: Mnt = Mnt(kernel.devices, self)
        self._new = greenlet
        self._getcurrent = getcurrent
        self._exit = GreenletExit
        self._scheduler = getcurrent()
        #: Greenlets in the middle of something; those for the next calls, as making one takes 10 µs.
        self._waiting: dict[Process, greenlet] = {}
        self._idle: list[greenlet] = []
        self._closing = False

    def inside(self) -> bool:
        """Is the caller served by `call`, so that it may wait?"""
        return self._getcurrent() is not self._scheduler

    def is_waiting(self, process: Process) -> bool:
        """Is `process` in the middle of something?"""
        return process in self._waiting

    # For the scheduler.

    def call(self, process: Process, function: Callable[..., Any], *args: Any) -> Any:
        """What `function(*args)` returns or raises; Block if it has to wait first.

        While `process` waits in the middle of something, it goes on with that, whatever `function` is.
        """
        if self.inside():
            return function(*args)
        running = self._waiting.pop(process, None)
        if running is not None:
            return self._went(process, running, running.switch())
        running = self._idle.pop() if self._idle else self._new(self._serve, self._scheduler)
        return self._went(process, running, running.switch(function, args))

    def _serve(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """What a greenlet does: one call after the other; `switch` takes outcomes out and calls in."""
        while True:
            outcome = [_attempt(function, args)]
            # nothing is kept from going away
            del function, args
            function, args = self._scheduler.switch(outcome.pop())

    def _went(self, process: Process, running: greenlet, value: Any) -> Any:
        """How far it went: its result, or a Block for the scheduler, which may be raised again and again."""
        if not isinstance(value, Block):
            self._idle.append(running)
            result, error = value
            if error is None:
                return result
            try:
                raise error
            finally:
                del error, value
        block = value
        self._waiting[process] = running

        def interrupted() -> int:
            running = self._waiting.pop(process)
            result: int = self._went(process, running, running.throw(_Interrupted))
            return result

        raise Block(
            queue=block.queue,
            until=block.until,
            readable=block.readable,
            interrupted=interrupted,
            eager=block.eager,
            front=block.front,
        )

    def work(self, process: Process) -> None:
        """What a process of the kernel's own does, inside."""
        assert isinstance(process, KernelProcess)
        try:
            process.task(process)
        except KernelError:
            # nobody is there to be told
            return

    def close(self) -> None:
        """The run is over: unwind everything that waits, without another word to any server."""
        self._closing = True
        while self._waiting:
            _, running = self._waiting.popitem()
            running.throw(self._exit)
            self._idle.append(running)
        while self._idle:
            self._idle.pop().throw(self._exit)

    # For those inside.

    def do(self, process: Process, function: Callable[..., Any], *args: Any) -> Any:
        """What `function(*args)` returns or raises, waiting whenever it raises Block.

        `process.progress` is the function's own meanwhile.  A note fails it as the Block says.
        """
        before, process.progress = process.progress, None
        try:
            while True:
                try:
                    return function(*args)
                except Block as raised:
                    block = raised
                while True:
                    try:
                        self._wait(block)
                        break
                    except _Interrupted:
                        pass
                    if block.interrupted is None:
                        raise process.eintr()
                    try:
                        return block.interrupted()
                    except Block as raised:
                        block = raised
        finally:
            process.progress = before

    def _wait(self, block: Block) -> None:
        if self._closing:
            raise self._exit
        self._scheduler.switch(block)

    def start(self, function: Callable[..., object], *args: Any) -> bool:
        """Let a process of the kernel's own call `function(process, *args)` when its turn comes.

        False if the run is over: then it never does.
        """
        if not self._closing:
            self.kernel.make_ready(KernelProcess(self.kernel, lambda process: function(process, *args)))
        return not self._closing


def _attempt(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
    """What a call returns, and what it raises."""
    try:
        return function(*args), None
    except BaseException as error:  # it goes on in the scheduler
        return None, error
