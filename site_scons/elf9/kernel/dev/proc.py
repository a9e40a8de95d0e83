"""`#p`: a directory for every process, bound on /proc.

Each file shows or changes one side of a process: memory, registers, descriptors, name space, notes,
the records of its children.  The control file's messages are in `procctl`.

A channel keeps the process that it was walked to, so that an old one says `process exited` and never
means the next process of that pid.  Sources: devproc.c of 9front's kernel, proc(3);
facts/devices.md §5, facts/notes.md §7, facts/observed-devices.md A.16-A.18 and B.
"""

from __future__ import annotations

from elf9.errors import (
    ERRMAX,
    Ebadarg,
    Ebadctl,
    Eisdir,
    Enonexist,
    Enoreg,
    Eperm,
    Eprocdied,
    Eshort,
    Etoobig,
    Etoosmall,
    KernelError,
    Unsupported,
)
from elf9.kernel.chan import COPEN, OREAD, OTRUNC, OWRITE, QTDIR, Chan, Qid, close, open_mode
from elf9.kernel.dev import procctl
from elf9.kernel.dev.device import Device, Devices, copy_out, number
from elf9.kernel.dev.dup import describe
from elf9.kernel.memory import TEXT
from elf9.kernel.namespace import MAFTER, MBEFORE, MCACHE, MCREATE, printed, quote
from elf9.kernel.process import call_state
from elf9.kernel.stat import Dir, pack, unpack
from elf9.machine.memory import ARENAS, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from elf9.kernel.memory import Segment
    from elf9.kernel.namespace import Mount
    from elf9.kernel.process import Process
    from elf9.machine.memory import Region

__all__ = ["Proc"]

Qdir, Qtrace, Qargs, Qctl, Qfd, Qfpregs, Qkfpregs, Qkregs, Qmem, Qnote, Qnoteid, Qnotepg = range(12)
Qns, Qppid, Qproc, Qregs, Qsegment, Qstatus, Qtext, Qwait, Qprofile, Qsyscall, Qwatchpt = range(12, 23)

#: Name, number, permissions in the order of the listing; 0 stands for the process's own.
_FILES = (
    (b"args", Qargs, 0o660),
    (b"ctl", Qctl, 0),
    (b"fd", Qfd, 0o444),
    (b"fpregs", Qfpregs, 0),
    (b"kfpregs", Qkfpregs, 0o400),
    (b"kregs", Qkregs, 0o400),
    (b"mem", Qmem, 0),
    (b"note", Qnote, 0),
    (b"noteid", Qnoteid, 0o664),
    (b"notepg", Qnotepg, 0),
    (b"ns", Qns, 0o444),
    (b"ppid", Qppid, 0o444),
    (b"proc", Qproc, 0o400),
    (b"regs", Qregs, 0),
    (b"segment", Qsegment, 0o444),
    (b"status", Qstatus, 0o444),
    (b"text", Qtext, 0),
    (b"wait", Qwait, 0o400),
    (b"profile", Qprofile, 0o400),
    (b"syscall", Qsyscall, 0o400),
    (b"watchpt", Qwatchpt, 0o600),
)
_BY_NAME = {name: number for name, number, _ in _FILES}
_INDEX = {number: index for index, (_, number, _) in enumerate(_FILES)}

_READ_ONLY = frozenset((Qstatus, Qppid, Qproc, Qkfpregs, Qkregs, Qsegment, Qns, Qfd))
_PRIVATE = frozenset((Qmem, Qregs, Qfpregs, Qprofile, Qsyscall, Qwatchpt))

#: A qid's path: the file in the low bits, the process above.
_SHIFT = 5
_FILE = (1 << _SHIFT) - 1
#: The trace file's version, -1.
_NO_VERSION = 0xFFFFFFFF
#: What the kernel prints a text into, its NUL included.
_TEXT_ROOM = 1024
_LOW32 = 0xFFFFFFFF
#: Addresses from here on are the kernel's: KZERO of both machines.
_KERNEL = 0xFFFFFFFF80000000
_PAGE = 4096
#: Bytes of the trace file's record: pid, kind, time.
_EVENT_SIZE = 16
#: What ns shows as the server of the host's trees: where a kernel finds its root.
_HOST = b"#s/boot"
_MAX_EVENTS = 0x4000
#: User event of the control message `event` (trace.h).
EVENT_USER = 13


class _File:
    """What a channel knows of its process, and how far a reader of `ns` or `fd` has come."""

    __slots__ = ("next", "process", "shown")

    def __init__(self, process: Process) -> None:
        self.process = process
        #: Line to come, and bytes of the lines so far (nrock, mrock).
        self.next = 0
        self.shown = 0


class Proc(Device):
    """The process device."""

    __slots__ = ("_trace_open", "events")

    letter = "p"
    name = "proc"

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        #: What traced processes did and nobody has read, while the trace file is open.
        self.events: list[bytes] = []
        self._trace_open = False

    # Files

    def walk(self, process: Process, chan: Chan, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        copy, qids = super().walk(process, chan, names)
        if copy is not None:
            pid = copy.qid.path >> _SHIFT
            old: _File | None = chan.aux
            found: Process | None = process.kernel.processes.get(pid)
            if old is not None and old.process.pid == pid:
                # the directory of a dead one still lists
                found = old.process
            copy.aux = None if found is None else _File(found)
        return copy, qids

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        if chan.qid.path != Qdir:
            file = _BY_NAME.get(name)
            return None if file is None else Qid(chan.qid.path | file, chan.qid.vers)
        if name == b"trace":
            return Qid(Qtrace, _NO_VERSION)
        if not name.isdigit() or len(name) > 10:
            return None
        pid = int(name)
        target = process.kernel.processes.get(pid)
        if b"%d" % pid != name or target is None or not _is_there(target):
            return None
        return Qid(pid << _SHIFT, pid, QTDIR)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        if chan.qid.type & QTDIR:
            return None
        file = chan.qid.path & _FILE
        if file == Qtrace:
            return self._trace(process, chan)
        return self._entry(process, chan, _INDEX[file], chan.qid, stat=True)

    def _trace(self, process: Process, chan: Chan) -> Dir:
        return self.entry(process, chan, b"trace", Qid(Qtrace, _NO_VERSION), 0o400)

    def _entry(self, process: Process, chan: Chan, index: int, qid: Qid, stat: bool) -> Dir:
        """File `index` of the directory; only the `stat` of some tells a length."""
        name, file, perm = _FILES[index]
        target: Process = chan.aux.process
        if perm == 0:
            perm = target.proc_mode
        else:
            perm |= target.proc_mode & 0o444
        length = 0
        if file in (Qregs, Qkregs):
            length = target.kernel.target.ureg_size
        elif file in (Qfpregs, Qkfpregs):
            length = target.kernel.target.fpsave_size
        elif stat and file == Qwait:
            length = len(target.wait_records)
        elif stat and file == Qprofile:
            length = len(_profile(target) or b"")
        elif stat and file == Qwatchpt:
            length = len(procctl.show_watchpoints(target))
        return self.entry(process, chan, name, qid, perm, length=length, owner=target.user)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        file = _FILES[index][1]
        return self._entry(process, chan, index, Qid(chan.qid.path | file, chan.qid.vers), stat=False)

    def read_directory(self, process: Process, chan: Chan, count: int, offset: int) -> bytes:
        if chan.qid.path != Qdir:
            return super().read_directory(process, chan, count, offset)
        # The channel's index is the lowest pid that has not been listed.
        entries: list[tuple[int, Dir]] = []
        if chan.dri == 0:
            entries.append((0, self._trace(process, chan)))
        parts: list[bytes] = []
        room = count
        processes = process.kernel.processes
        for pid in sorted(pid for pid, one in processes.items() if pid >= chan.dri and _is_there(one)):
            qid = Qid(pid << _SHIFT, pid, QTDIR)
            entries.append((pid, self.entry(process, chan, b"%d" % pid, qid, 0o555, owner=processes[pid].user)))
            if len(entries) * _LEAST_ENTRY > room:
                break
        for pid, entry in entries:
            data = pack(entry)
            if len(data) > room:
                if not parts and room > 0:
                    raise KernelError(Eshort)
                break
            parts.append(data)
            room -= len(data)
            chan.dri = pid + 1
        return b"".join(parts)

    # Opening

    def _living(self, chan: Chan) -> Process:
        """The process of a file, which must not have gone."""
        target: Process = chan.aux.process
        if not _is_there(target):
            raise KernelError(Eprocdied)
        return target

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        if chan.qid.type & QTDIR:
            return super().open(process, chan, omode)
        file = chan.qid.path & _FILE
        if file == Qtrace:
            return self._open_trace(process, chan, omode)
        if chan.aux is None:
            raise KernelError(Eprocdied)
        target = self._living(chan)
        mode = open_mode(omode)
        if file == Qtext:
            if mode != OREAD:
                raise KernelError(Eperm)
            _not_none(process, target)
            return self._open_text(process, chan, target)
        if (file in _READ_ONLY and mode != OREAD) or (file in _PRIVATE and target.private):
            raise KernelError(Eperm)
        if file == Qnotepg and mode != OWRITE:
            raise KernelError(Eperm)
        _not_none(process, target)
        super().open(process, chan, mode)
        if file == Qnotepg:
            # the group is that of this moment
            chan.qid = Qid(chan.qid.path, target.note_group)
        if file == Qwatchpt and omode & OTRUNC:
            procctl.debug(target).watchpoints = ()
        return chan

    def _open_trace(self, process: Process, chan: Chan, omode: int) -> Chan:
        if omode != OREAD or process.user != self.devices.host_owner:
            raise KernelError(Eperm)
        if self._trace_open:
            raise KernelError("already open")
        self._trace_open = True
        return self.opened(chan, omode)

    def _open_text(self, process: Process, chan: Chan, target: Process) -> Chan:
        text = target.text_file
        if text is None or target.memory.segments[TEXT] is None:
            raise KernelError(Enonexist)
        text.ref += 1
        text.offset = 0
        close(process, chan)
        return text

    def close(self, process: Process, chan: Chan) -> None:
        if chan.qid.path == Qtrace and chan.flag & COPEN:
            self._trace_open = False
            self.events.clear()

    def event(self, process: Process, kind: int) -> None:
        """Something happened to a traced process: a record for the reader of the trace file, if there is one."""
        if self._trace_open and process.debug is not None and process.debug.traced and len(self.events) < _MAX_EVENTS:
            now = process.kernel.time_ns()
            self.events.append(
                process.pid.to_bytes(4, "little") + kind.to_bytes(4, "little") + now.to_bytes(8, "little")
            )

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        file = chan.qid.path & _FILE
        if chan.qid.type & QTDIR or file in (Qnotepg, Qtrace):
            raise KernelError(Eperm)
        entry = unpack(data)
        target = self._living(chan)
        _not_none(process, target)
        host_owner = process.user == self.devices.host_owner
        if process.user != target.user and not host_owner:
            raise KernelError(Eperm)
        uid = entry.uid.decode(errors="replace")
        if uid and uid != target.user:
            if uid != "none" and not host_owner:
                raise KernelError(Eperm)
            target.user = uid
        if entry.mode != _LOW32:
            target.proc_mode = entry.mode & 0o777
        return len(data)

    # Reading

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        file = chan.qid.path & _FILE
        if file == Qtrace:
            return self._read_events(buffer)
        target = self._living(chan)
        if file == Qmem:
            return _read_memory(process, target, buffer, offset)
        if file == Qwait:
            return self._read_wait(process, target, buffer)
        if file == Qnote:
            return _take_note(target, buffer)
        offset &= _LOW32
        if file in (Qns, Qfd):
            return _read_line(chan.aux, file, buffer, offset)
        return copy_out(_CONTENTS[file](process, target), buffer, offset)

    def _read_events(self, buffer: memoryview) -> int:
        count = min(len(buffer) // _EVENT_SIZE, len(self.events))
        data = b"".join(self.events[:count])
        del self.events[:count]
        return copy_out(data, buffer, 0)

    def _read_wait(self, process: Process, target: Process, buffer: memoryview) -> int:
        """One record of a child that has ended; what does not fit is lost."""
        from elf9.kernel.fork import wait

        record = wait(process, target)
        times = b"%d %d %d %d " % (record.pid, record.user, record.system, record.real)
        return copy_out(times + quote(printed(record.message, _TEXT_ROOM)), buffer, 0)

    # Writing

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        if chan.qid.type & QTDIR:
            raise KernelError(Eisdir)
        file = chan.qid.path & _FILE
        if file == Qnotepg:
            process.kernel.post_group(chan.qid.vers, _message(data), process)
            return len(data)
        target = self._living(chan)
        if file == Qmem:
            return _write_memory(target, data, offset)
        if file == Qctl:
            procctl.control(self, process, target, bytes(data))
        elif file == Qnote:
            if not process.kernel.post_note(target, _message(data)):
                raise KernelError("note not posted")
        elif file == Qregs:
            return _write_registers(target, data, offset & _LOW32)
        elif file == Qfpregs:
            return _write_float_registers(process, target)
        elif file == Qwatchpt:
            return procctl.write_watchpoints(target, bytes(data), offset)
        elif file in (Qargs, Qnoteid):
            if offset & _LOW32:
                raise KernelError(Etoobig)
            text = _message(data)
            if file == Qnoteid:
                _change_group(process, target, text)
            else:
                target.args_text = printed(target.name, _TEXT_ROOM) + b" [" + printed(text, _TEXT_ROOM) + b"]"
        else:
            raise AssertionError(f"{chan!r} is open for writing")
        return len(data)


#: No directory entry is smaller: that many are enough to fill a buffer.
_LEAST_ENTRY = 60


def _is_there(target: Process) -> bool:
    """Has a process a pid: it lives, or it is Broken."""
    there = target.kernel.processes.get(target.pid) is target
    return there and (target.exit_string is None or target.state == "Broken")


def _not_none(process: Process, target: Process) -> None:
    """The user none has no say over other processes (nonone)."""
    if process is not target and process.user == "none" and process.kernel.devices.host_owner != "none":
        raise KernelError(Eperm)


def _message(data: memoryview) -> bytes:
    """A text that must be shorter than an error string; it ends at its NUL."""
    if len(data) >= ERRMAX:
        raise KernelError(Etoobig)
    return bytes(data).split(b"\0", 1)[0]


def _change_group(process: Process, target: Process, text: bytes) -> None:
    """Put `target` into a note group that exists and has a member of its user (changenoteid)."""
    group = procctl.atoi(text) & _LOW32
    if group == 0:
        raise KernelError(Ebadarg)
    if group in (target.note_group, target.pid):
        target.note_group = group
        return
    for member in process.kernel.processes.values():
        if member.note_group == group and member.user == target.user:
            _not_none(process, member)
            target.note_group = group
            return
    raise KernelError(Eperm)


def _take_note(target: Process, buffer: memoryview) -> int:
    """Take the oldest note away from the process: its text with NUL, cut to the buffer."""
    if not buffer:
        raise KernelError(Etoosmall)
    if not target.notes:
        return 0
    note = target.notes.pop(0)
    note.ref -= 1
    if not target.notes:
        target.note_pending = False
    count = copy_out(note.text + b"\0", buffer, 0)
    buffer[count - 1] = 0
    return count


# Memory


def _address(offset: int) -> int:
    """Offsets have 63 bits; the highest is the sign of an address (off2addr)."""
    return offset | 1 << 63 if offset & 1 << 62 else offset


def _segment(process: Process, target: Process, offset: int) -> tuple[Segment, int, int]:
    """The segment that an offset of `mem` lies in, its slot, and the address."""
    address = _address(offset)
    if address >= _KERNEL:
        if process.user != process.kernel.devices.host_owner:
            raise KernelError(Eperm)
        raise Unsupported(f"/proc/{target.pid}/mem at {address:#x}: the kernel's own memory is not emulated")
    for slot, segment in enumerate(target.memory.segments):
        if segment is not None and segment.base <= address < segment.top:
            return segment, slot, address
    raise KernelError(Ebadarg)


def _read_memory(process: Process, target: Process, buffer: memoryview, offset: int) -> int:
    """Up to the end of the segment."""
    segment, _, address = _segment(process, target, offset)
    count = min(len(buffer), segment.top - address)
    buffer[:count] = target.memory.read(address, count)
    return count


def _write_memory(target: Process, data: memoryview, offset: int) -> int:
    """All within one segment, of a stopped process; text becomes data that nobody shares."""
    if target.state != "Stopped":
        raise KernelError(Ebadctl)
    segment, slot, address = _segment(target, target, offset)
    if segment.kind == "Text":
        segment = _text_to_data(target, segment, slot)
    if address + len(data) > segment.top:
        raise KernelError(Ebadarg)
    target.memory.write(address, data)
    target.cpu.forget_code(address, address + len(data))
    return len(data)


def _text_to_data(target: Process, text: Segment, slot: int) -> Segment:
    """Replace a process's text by a writable copy, which stays executable (txt2data)."""
    data = text.copy()
    data.kind = "Data"
    data.read_only = False
    for region in data.regions:
        region.access |= WRITE
    target.memory.detach(slot)
    target.memory.attach(slot, data)
    return data


def _write_registers(target: Process, data: memoryview, offset: int) -> int:
    kernel = target.kernel
    registers = bytearray(kernel.ureg(target))
    part = data[: max(0, len(registers) - offset)]
    registers[offset : offset + len(part)] = part
    kernel.set_ureg(target, bytes(registers))
    return len(part)


def _write_float_registers(process: Process, target: Process) -> int:
    raise _no_float(process, target)


def _no_float(process: Process, target: Process) -> Exception:
    """The area is only good while the process is not running; whose it is, cannot read it."""
    if process is target:
        return KernelError(Enoreg)
    return Unsupported(f"/proc/{target.pid}/fpregs: the floating-point registers of another process")


# Texts


def _profile(target: Process) -> bytearray | None:
    text = target.memory.segments[TEXT]
    return None if text is None else text.profile


def _read_profile(_process: Process, target: Process) -> bytes:
    counters = _profile(target)
    if counters is None:
        raise KernelError("profile is off")
    return bytes(counters)


def _args(_process: Process, target: Process) -> bytes:
    """The arguments of exec as words; what was written to the file comes without a NUL at its end."""
    text = target.args_text
    if not text.endswith(b"\0"):
        return _cut(text)
    return _cut(b" ".join(quote(printed(word, _TEXT_ROOM)) for word in text[:-1].split(b"\0")))


def _status(process: Process, target: Process) -> bytes:
    state = call_state(target.number) if process is target else target.state
    words = (printed(target.name, _TEXT_ROOM), target.user.encode(), state.encode())
    head = b"".join(_left(word, width) + b" " for word, width in zip(words, (27, 27, 11), strict=True))
    resident = sum(_resident(segment) for segment in target.memory.segments if segment is not None)
    numbers = (*target.times_ms(), resident // 1024, target.priority, target.priority)
    return head + b" ".join(b"%11d" % (value & _LOW32) for value in numbers) + b"\n"


def _left(word: bytes, width: int) -> bytes:
    """Padded with blanks to `width` runes."""
    return word + b" " * (width - len(word.decode(errors="replace")))


def _resident(segment: Segment) -> int:
    """Bytes of the segment's pages that hold something."""
    return sum(_PAGE * _touched(region) for region in segment.regions)


def _touched(region: Region) -> int:
    """How many pages of a region are not all zeros; those that the host has no memory for are not looked at."""
    resident = ARENAS.resident(region.address, region.size)
    if resident is None:
        return (region.size + _PAGE - 1) // _PAGE
    view = region.view
    return sum(
        bytes(view[page * _PAGE : (page + 1) * _PAGE]).count(0) != _PAGE
        for page, there in enumerate(resident)
        if there & 1
    )


def _segments(_process: Process, target: Process) -> bytes:
    lines = []
    for segment in target.memory.segments:
        if segment is not None:
            flag = "F" if segment.faults else "R" if segment.read_only else " "
            profiled = "P" if segment.profile is not None else " "
            lines.append(f"{segment.kind:<6s} {flag}{profiled} {segment.base:8x} {segment.top:8x} {segment.ref:4d}\n")
    return "".join(lines).encode()


def _read_line(file: _File, kind: int, buffer: memoryview, offset: int) -> int:
    """At most one line of `ns` or `fd`, or the rest of it, wherever `offset` is."""
    if offset == 0 or offset != file.shown:
        file.next = file.shown = 0
    while True:
        line = _ns_line(file) if kind == Qns else _fd_line(file)
        if not line:
            break
        file.shown += len(line)
        if file.shown > offset:
            break
    left = file.shown - offset
    if left <= 0 or left > len(line):
        return 0
    return copy_out(line, buffer, len(line) - left)


def _fd_line(file: _File) -> bytes:
    """First the place the process is in, then its descriptors."""
    target = file.process
    if target.exit_string is not None:
        return b""
    if file.next == 0:
        file.next = 1
        return _cut(printed(target.dot.path.text, _TEXT_ROOM) + b"\n")
    fds = target.fds
    while file.next - 1 <= fds.highest:
        fd = file.next - 1
        file.next += 1
        chan = fds.chans[fd]
        if chan is not None:
            return describe(chan, fd, _TEXT_ROOM)
    return b""


def _ns_line(file: _File) -> bytes:
    """What is mounted in the order of mounting, then `cd`."""
    target = file.process
    if target.exit_string is not None:
        raise KernelError(Eprocdied)
    if file.next < 0:
        return b""
    for head, mount in target.namespace.mounts():
        if mount.id >= file.next:
            file.next = mount.id + 1
            return _cut(b" ".join((*_mounted(mount, head.upon.path.text), b"")).rstrip(b" ") + b"\n")
    file.next = -1
    return _cut(b"cd " + quote(printed(target.dot.path.text, _TEXT_ROOM)) + b"\n")


def _mounted(mount: Mount, upon: bytes) -> list[bytes]:
    """The words of a line: `bind FLAGS SOURCE PLACE` or `mount FLAGS SERVER PLACE SPEC`."""
    letters = b"".join(
        letter for bit, letter in ((MAFTER, b"a"), (MBEFORE, b"b"), (MCREATE, b"c"), (MCACHE, b"C")) if mount.flag & bit
    )
    flags = b"-" + letters if mount.flag else b""
    source = mount.to.path.text
    place = quote(printed(upon, _TEXT_ROOM))
    if source != b"#M":
        return [b"bind", flags, quote(printed(source, _TEXT_ROOM)), place]
    channel = mount.to.mchan
    # the host's trees are served by nobody who was posted
    server = _HOST if channel is None else channel.srvname or channel.path.text
    words = [b"mount", flags, quote(printed(server, _TEXT_ROOM)), place]
    return [*words, quote(printed(mount.spec, _TEXT_ROOM))] if mount.spec else words


def _cut(line: bytes) -> bytes:
    return line[: _TEXT_ROOM - 1]


def _registers(_process: Process, target: Process) -> bytes:
    return target.kernel.ureg(target)


def _float_registers(process: Process, target: Process) -> bytes:
    raise _no_float(process, target)


def _kernel_float_registers(_process: Process, _target: Process) -> bytes:
    # the kernel uses none of its own while a process waits
    raise KernelError(Enoreg)


def _kernel_registers(_process: Process, target: Process) -> bytes:
    raise Unsupported(f"/proc/{target.pid}/kregs: the kernel of the emulator has no registers")


def _structure(_process: Process, target: Process) -> bytes:
    raise Unsupported(f"/proc/{target.pid}/proc: the kernel's structure of a process, which is another here")


_CONTENTS: dict[int, Callable[[Process, Process], bytes]] = {
    Qargs: _args,
    Qctl: lambda _process, target: number(target.pid),
    Qnoteid: lambda _process, target: number(target.note_group),
    Qppid: lambda _process, target: number(target.parent_pid),
    Qprofile: _read_profile,
    Qproc: _structure,
    Qregs: _registers,
    Qkregs: _kernel_registers,
    Qkfpregs: _kernel_float_registers,
    Qfpregs: _float_registers,
    Qstatus: _status,
    Qsegment: _segments,
    Qsyscall: lambda _process, target: b"" if target.debug is None else target.debug.call,
    Qwatchpt: lambda _process, target: procctl.show_watchpoints(target),
}
