"""exec: from a name and arguments to a process that is about to run its first instruction.

The order of checks is the kernel's (facts/exec.md §3): what can be refused is refused before the
old program is gone; what fails after that kills.
"""

from __future__ import annotations

from elf9.errors import Eintr, KernelError, Unsupported
from elf9.image import Script, build_stack, plan, process_args
from elf9.image.model import ExecError
from elf9.kernel.chan import OEXEC, close, hold, read_bytes
from elf9.kernel.memory import BSS, DATA, STACK, TEXT, Segment, data_segment, text_segment
from elf9.kernel.namespace import Aopen, last_element, namec
from elf9.kernel.notes import forget
from elf9.kernel.sync import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.image import Piece, Plan
    from elf9.kernel.chan import Chan
    from elf9.kernel.process import Process

__all__ = ["RefusedError", "execute", "read_program", "reload"]

_HEAD = 256
_READ = 1 << 20
_LARGEST_OFFSET = 1 << 63
#: Address space kept free for brk_ behind the bss, so that growing does not move it.
_BSS_ROOM = 4 << 30
#: A program file larger than that is not looked into by read_program.
_LARGEST_FILE = 256 << 20
#: Text segments that are remembered for the next exec of the same program.
_MAX_IMAGES = 8


class RefusedError(KernelError):
    """exec says no, and there is more to tell than the kernel's words: `reason`, for a person."""

    def __init__(self, error: ExecError) -> None:
        super().__init__(error.text)
        self.reason = error.reason


def execute(
    process: Process, name: bytes, argv: list[bytes] | Callable[[], list[bytes]], program: Chan | None = None
) -> None:
    """Replace the process's program by the one in file `name`, ready to run.

    `argv` may be a function that reads them when their turn comes: after the file was found.
    `program` is a channel of that file, for the first process, whose program the guest need not see.

    Raises KernelError (RefusedError where the file is to blame) and leaves the process as it was;
    past the point of no return a failure ends the process instead.
    """
    try:
        chan, made, element, words = _find(process, name, argv, program)
        try:
            stack = build_stack(process.memory.target, words, pid=process.pid)
        except ExecError:
            close(process, chan)
            raise
    except ExecError as error:
        raise RefusedError(error) from error
    memory = process.memory
    # the first program's start is no call
    trace = process.kernel.options.trace if program is None else None
    if trace is not None:
        trace.executing(process)
    for slot, old in enumerate(memory.segments):
        if slot in (STACK, TEXT, DATA, BSS) or (old is not None and old.close_on_exec):
            memory.detach(slot)
        elif old is not None and made.fatal is None and old.base < made.bss_top and old.top > made.text.base:
            raise Unsupported(
                f"exec keeps the attached {old.kind} segment at {old.base:#x}-{old.top:#x}, and the new program's own "
                f"({made.text.base:#x}-{made.bss_top:#x}) would hide it: segdetach it before exec, or attach it with "
                "SG_CEXEC or at another address"
            )
    if made.fatal is not None:
        # The kernel fails after it has freed the old segments: exec does not return.
        close(process, chan)
        process.exit(made.fatal.encode())
        return
    target = memory.target
    try:
        text = text_segment(made.text.base, made.text.top)
        data = data_segment("Data", made.data.base, made.data.top)
        bss = data_segment("Bss", made.bss_base, made.bss_top, capacity=_BSS_ROOM)
        stack_segment = data_segment("Stack", target.stack_base, target.stack_top)
    except OSError as error:
        raise Unsupported(
            f"the bss ends at {made.bss_top:#x}, and the host cannot reserve memory for it: {error.strerror}"
        ) from error
    _load(process, chan, text, made.text)
    _load(process, chan, data, made.data)
    data.source = (made.data.offset, made.data.loaded)
    stack_segment.fill(stack.address, stack.data)
    text = _known(process.kernel.images, text, made.text.loaded)
    process.cpu.image(text)
    for slot, segment in ((STACK, stack_segment), (TEXT, text), (DATA, data), (BSS, bss)):
        memory.attach(slot, segment)
    process.fds.close_on_exec(process)
    _forget(process)
    process.name = element
    process.args_text = process_args(words)
    if process.text_file is not None:
        close(process, process.text_file)
    process.text_file = chan
    if process.hang:
        process.kernel.stop(process)
    process.write_tos_pid()
    process.cpu.float_allowed = True
    process.cpu.start(made.entry, stack.sp, target.tos)
    if trace is not None:
        trace.executed(process)


def _known(images: list[Segment], text: Segment, size: int) -> Segment:
    """The text segment of the same contents that some process has or had lately; else this one, remembered.

    The kernel goes by the file (attachimage); its bytes say the same, and cannot be out of date.
    """
    for index, image in enumerate(images):
        if (image.base, image.top, image.missing, image.path) == (text.base, text.top, text.missing, text.path) and (
            bytes(image.regions[0].view[:size]) == bytes(text.regions[0].view[:size])
        ):
            images.append(images.pop(index))
            for region in text.regions:
                region.close()
            return image
    images.append(text)
    text.kept = True
    if len(images) > _MAX_IMAGES:
        images.pop(0).forget()
    return text


def _forget(process: Process) -> None:
    """What a process does not keep over exec: notes and their handler, errors, privacy."""
    forget(process)
    process.handler = process.ureg = 0
    process.in_handler = process.private = process.no_swap = False
    process.error = b""


def _find(
    process: Process, name: bytes, argv: list[bytes] | Callable[[], list[bytes]], program: Chan | None
) -> tuple[Chan, Plan, bytes, list[bytes]]:
    """The open program file, its plan, the process's new name, and the arguments, `#!` resolved."""
    file, element = name, b""
    found: Script | None = None
    while True:
        if program is not None and found is None:
            chan = program.device.open(process, program, OEXEC)
        elif process.held is not None and found is None:
            # it was open, and has been waited for
            chan = process.held
            chan.ref += 1
        else:
            chan = namec(process, file, Aopen, OEXEC)
        if found is None:
            element = last_element(file)
        try:
            head = _head(process, chan)
            made = plan(head, process.memory.target, script_allowed=found is None)
            if not isinstance(made, Script):
                words = argv() if callable(argv) else argv
                return chan, made, element, words if found is None else found.arguments(element, name, words)
        except (KernelError, ExecError):
            close(process, chan)
            raise
        except Block:
            # a pipe, or the console; its end must not be seen by who writes
            if found is None:
                hold(process, chan)
            close(process, chan)
            raise
        close(process, chan)
        found = made
        file = made.interpreter


def _head(process: Process, chan: Chan) -> bytes:
    """The beginning of a program's file: what one read gives, as the kernel does not ask twice."""
    data = bytearray(_HEAD)
    count = chan.device.read(process, chan, memoryview(data), 0)
    return bytes(data[:count])


def reload(process: Process, segment: Segment, start: int, stop: int) -> None:
    """Pages [start, stop) of a Data segment as the program's file has them (segfree)."""
    chan = process.text_file
    offset, size = segment.source
    start -= segment.base
    size = min(stop - segment.base, size) - start
    if size <= 0:
        return
    data = b"" if chan is None else read_bytes(process, chan, size, offset + start)
    if len(data) < size:
        raise Unsupported(f"segfree of pages of {segment!r} that the program's file does not have any more")
    process.memory.write(segment.base + start, data)


def read_program(process: Process) -> bytes | None:
    """For a debugger: the file that a process was exec'd from, if it is one of the host's, read at once."""
    from elf9.kernel.dev.host import Host
    from elf9.kernel.sync import Block

    chan = process.text_file
    if chan is None or not isinstance(chan.device, Host):
        return None
    data = bytearray()
    try:
        while piece := read_bytes(process, chan, _READ, len(data)):
            data += piece
            if len(data) > _LARGEST_FILE:
                return None
    except (KernelError, Block):
        return None
    return bytes(data)


def _load(process: Process, chan: Chan, segment: Segment, piece: Piece) -> None:
    """Read a segment's pages from the file, and leave out those that the file is too short for.

    The kernel reads a page when it is touched, and kills the process then (facts/exec.md §4).
    """
    at, end = piece.offset, piece.offset + piece.loaded
    address = segment.base
    page, most = process.memory.target.page, _READ
    while at < end:
        wanted = min(most, end - at)
        try:
            data = read_bytes(process, chan, wanted, at) if at < _LARGEST_OFFSET else b""
        except Block:
            raise Unsupported(
                f"exec of {chan.path.text.decode(errors='replace')}, whose pages would have to be waited for: "
                "copy the program to a file, and execute that"
            ) from None
        except KernelError as error:
            # it is too late for exec to fail; what a note interrupts, the kernel tries again
            if error.text == Eintr.encode() and process.control != "kill":
                continue
            if wanted > page:
                most = page
                continue
            data, segment.reason = b"", error.text
        segment.fill(address, data)
        at += len(data)
        address += len(data)
        if len(data) < wanted:
            segment.path = chan.path.text
            segment.leave_out(address // page * page, -(-(segment.base + piece.loaded) // page) * page)
            return
