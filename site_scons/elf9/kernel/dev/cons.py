"""`#c`: the console, and small files about the system, bound after /dev.

The kernel's console goes to a screen or a serial line; this one goes to the host's standard
descriptors.  The descriptors 0, 1 and 2 that the first process starts with are channels of
/dev/cons with the host's descriptor in `aux`; a guest that opens /dev/cons itself reads the host's
0 and writes its 1.  Bytes pass unchanged in both directions.

Keyboard input, which the kernel leaves to kbdfs(8), comes from the host: a read of cons waits for
it, and consctl takes kbdfs' words `rawon` and `rawoff`, which change the host's terminal if its
descriptor 0 is one.  In cooked mode the host's line discipline edits lines, and its end-of-file
character ends a read with what there is.  Everything else is devcons.c.  Sources: devcons.c, auth.c,
parse.c, kbdfs.c; cons(3), kbdfs(8); facts/devices.md §3, facts/observed-devices.md B.
"""

from __future__ import annotations

import os

from elf9.errors import (
    ERRMAX,
    Ebadarg,
    Egreg,
    Ehungup,
    Eintr,
    Einuse,
    Eio,
    Enomem,
    Eperm,
    Etoolong,
    KernelError,
    Unsupported,
)
from elf9.kernel.chan import COPEN, QTDIR, QTEXCL, QTFILE, Chan, Qid
from elf9.kernel.dev.device import KMESG_SIZE, Device, Devices, copy_out, number
from elf9.kernel.stat import Dir
from elf9.kernel.sync import Block, Queue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.dev.terminal import Terminal
    from elf9.kernel.kernel import Kernel
    from elf9.kernel.process import Process

__all__ = ["Cons", "control_error", "tokenize"]

Qdir, Qbintime, Qcons, Qconsctl, Qcputime, Qdrivers, Qkmesg, Qkprint, Qhostdomain = range(9)
Qhostowner, Qnull, Qosversion, Qpid, Qppid, Qrandom, Qreboot, Qsysname, Qsysstat, Qtime = range(9, 19)
Quser, Qzero, Qmordor, Qconfig = range(19, 23)

#: Bytes that are made at once for a read; the longest control message.
_PIECE, _LONGEST_MESSAGE = 1 << 20, 1 << 20

#: Name, qid path, length, permissions, in the order of the listing.
_FILES = (
    (b"bintime", Qbintime, 24, 0o664),
    (b"cons", Qcons, 0, 0o660),
    (b"consctl", Qconsctl, 0, 0o220),
    (b"cputime", Qcputime, 72, 0o444),
    (b"drivers", Qdrivers, 0, 0o666),
    (b"hostdomain", Qhostdomain, 48, 0o664),
    (b"hostowner", Qhostowner, 0, 0o664),
    (b"kmesg", Qkmesg, 0, 0o440),
    (b"kprint", Qkprint, 0, 0o440),
    (b"null", Qnull, 0, 0o666),
    (b"osversion", Qosversion, 0, 0o444),
    (b"pid", Qpid, 12, 0o444),
    (b"ppid", Qppid, 12, 0o444),
    (b"random", Qrandom, 0, 0o444),
    (b"reboot", Qreboot, 0, 0o220),
    (b"sysname", Qsysname, 0, 0o664),
    (b"sysstat", Qsysstat, 0, 0o664),
    (b"time", Qtime, 78, 0o664),
    (b"user", Quser, 0, 0o666),
    (b"zero", Qzero, 0, 0o444),
    (b"config", Qconfig, 0, 0o444),
    (b"mordor", Qmordor, 0, 0o666),
)

#: KNAMELEN and DOMLEN: a user name, a domain, with its NUL.
_NAME_LENGTH = 28
_DOMAIN_LENGTH = 48
#: Bytes that a pipe or terminal takes at once when it says that it can take some (POSIX's PIPE_BUF, Linux).
_PIPE_BUF = 4096
_S_IFMT, _S_IFREG, _S_IFCHR = 0o170000, 0o100000, 0o020000
#: What /dev/kprint holds for a reader that is late.
_KPRINT_SIZE = 8192
#: The priority of who becomes somebody else (procsetuser).
_NORMAL = 10
#: Its iounit (qiomaxatomic).
_KPRINT_IOUNIT = 1 << 16
#: By what bytes written to bintime begin with: how many must follow.
_BINTIME = {b"n": 8, b"d": 12, b"f": 8}

Ebadtimectl = "bad time control"
#: What kbdfs calls a bad argument.
Einvalid = "invalid argument"


class Cons(Device):
    """The console device.

    `descriptors` are the host's that stand for 0, 1 and 2; they stay the host's.
    A closed pipe behind the host's output fails the write and sets `process.kernel.output_closed`.
    """

    __slots__ = (
        "_counted",
        "_files",
        "_kprint",
        "_order",
        "_readers",
        "_selectable",
        "_terminal",
        "consctl_opens",
        "descriptors",
        "domain",
        "raw",
        "sysname",
    )

    letter = "c"
    name = "cons"

    def __init__(self, devices: Devices, descriptors: tuple[int, int, int] = (0, 1, 2)) -> None:
        super().__init__(devices)
        self.descriptors = descriptors
        #: Switches and calls when /dev/sysstat was cleared.
        self._counted = (0, 0)
        self.sysname = b""
        self.domain = b""
        self._kprint: bytearray | None = None
        #: Who waits for /dev/kprint, and who wakes them.
        self._readers = Queue()
        self._files = {name: (name, path, length, perm) for name, path, length, perm in _FILES}
        self._order = {path: name for name, path, _, _ in _FILES}
        #: Open channels of consctl; is raw mode on; the terminal whose mode was changed, if ever.
        self.consctl_opens = 0
        self.raw = False
        self._terminal: Terminal | None = None
        #: By host descriptor: whether reading it may have to wait.
        self._selectable: dict[int, bool] = {}

    # Files

    def _entry(self, process: Process, chan: Chan, file: tuple[bytes, int, int, int]) -> Dir:
        name, path, length, perm = file
        return self.entry(process, chan, name, Qid(path, 0, self._type(path)), perm, length=length)

    def _type(self, path: int) -> int:
        return QTEXCL if path == Qkprint else QTFILE

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        file = self._files.get(name)
        return None if file is None else Qid(file[1], 0, self._type(file[1]))

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        return self._entry(process, chan, _FILES[index])

    def own(self, process: Process, chan: Chan) -> Dir | None:
        if chan.qid.type & QTDIR:
            return None
        return self._entry(process, chan, self._files[self._order[chan.qid.path]])

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        super().open(process, chan, omode)
        if chan.qid.path == Qkprint:
            if self._kprint is not None:
                chan.flag &= ~COPEN
                raise KernelError(Einuse)
            self._kprint = bytearray()
            chan.iounit = _KPRINT_IOUNIT
            kernel = process.kernel
            self.devices.listener = lambda text: self._listen(kernel, text)
        elif chan.qid.path == Qconsctl:
            self.consctl_opens += 1
        return chan

    def close(self, process: Process, chan: Chan) -> None:
        if chan.qid.path == Qkprint and chan.flag & COPEN:
            self._kprint = None
            self.devices.listener = None
        elif chan.qid.path == Qconsctl and chan.flag & COPEN:
            self.consctl_opens -= 1
            if not self.consctl_opens:
                self._set_raw(False)

    def shutdown(self) -> None:
        """Put the host's terminal back when the run is over."""
        self.raw = False
        if self._terminal is not None:
            self._terminal.close()
            self._terminal = None

    def _set_raw(self, raw: bool) -> None:
        self.raw = raw
        if self._terminal is None and raw and os.isatty(self.descriptors[0]):
            from elf9.kernel.dev.terminal import Terminal

            self._terminal = Terminal(self.descriptors[0])
        if self._terminal is not None:
            self._terminal.set_raw(raw)

    def _listen(self, kernel: Kernel, text: bytes) -> None:
        if self._kprint is not None:
            self._kprint += text[: _KPRINT_SIZE - len(self._kprint)]
            kernel.wakeup(self._readers)

    # Reading

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        count = len(buffer)
        if count == 0:
            return 0
        path = chan.qid.path
        if path == Qcons:
            return self._read_console(chan, buffer)
        if path == Qnull:
            return 0
        if path in (Qzero, Qrandom):
            # in pieces: the guest may ask for two gigabytes
            for at in range(0, count, _PIECE):
                piece = buffer[at : at + _PIECE]
                piece[:] = process.kernel.random(len(piece)) if path == Qrandom else bytes(len(piece))
            return count
        if path == Qbintime:
            data = self._bintime(process)[: count & ~7]
            buffer[: len(data)] = data
            return len(data)
        if path == Qkprint:
            return self._read_kprint(buffer)
        return copy_out(self._text(process, path), buffer, offset & 0xFFFFFFFF)

    def _text(self, process: Process, path: int) -> bytes:
        kernel = process.kernel
        if path == Qpid:
            return number(process.pid)
        if path == Qppid:
            return number(process.parent_pid)
        if path == Quser:
            return process.user.encode()
        if path == Qhostowner:
            return self.devices.host_owner.encode()
        if path == Qtime:
            now = kernel.time_ns()
            ticks, frequency = self._ticks(process)
            return number(now // 1_000_000_000) + number(now, 22) + number(ticks, 22) + number(frequency, 22)
        if path == Qcputime:
            return b"".join(number(value) for value in process.times_ms())
        if path == Qsysname:
            return self.sysname
        if path == Qhostdomain:
            return self.domain
        if path == Qosversion:
            return b"2000"
        if path == Qkmesg:
            return bytes(self.devices.kmesg[-KMESG_SIZE:])
        if path == Qsysstat:
            # one processor: its number, switches, interrupts, calls; faults, load and shares are not counted
            switches, calls = self._counted
            counts = (0, kernel.switches - switches, 0, kernel.calls - calls, 0, 0, 0, 0, 0, 0)
            return b"".join(number(count) for count in counts) + b"\n"
        if path == Qdrivers:
            forbidden = process.namespace.forbidden
            known = [driver for driver in self.devices.drivers() if driver[0] not in forbidden]
            return "".join(f"#{letter} {name}\n" for letter, name in known).encode()
        if path == Qconfig:
            return ("dev\n" + "".join(f"\t{name}\n" for _, name in self.devices.drivers())).encode()
        if path == Qmordor:
            raise KernelError("one does not simply read from mordor")
        raise KernelError(Egreg)

    def _ticks(self, process: Process) -> tuple[int, int]:
        """The cycle counter and how often it counts in a second."""
        frequency = process.kernel.target.cycle_frequency
        return process.kernel.ticks_ns() * frequency // 1_000_000_000, frequency

    def _bintime(self, process: Process) -> bytes:
        ticks, frequency = self._ticks(process)
        numbers = (process.kernel.time_ns(), ticks, frequency)
        return b"".join((value & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big") for value in numbers)

    def _read_kprint(self, buffer: memoryview) -> int:
        if not self._kprint:
            raise Block(queue=self._readers)
        count = copy_out(self._kprint, buffer, 0)
        del self._kprint[:count]
        return count

    def _read_console(self, chan: Chan, buffer: memoryview) -> int:
        """What the host has; no wait is done here.  A terminal that was closed reads as an i/o error."""
        descriptor: int = self.descriptors[0] if chan.aux is None else chan.aux
        try:
            if self._may_wait(descriptor):
                from select import select

                if not select((descriptor,), (), (), 0)[0]:
                    raise Block(readable=descriptor)
            count = os.readv(descriptor, (buffer,))
            if self.raw and self._terminal is not None and descriptor == self.descriptors[0]:
                self._terminal.cooked_keys(buffer[:count])
            return count
        except BlockingIOError:
            raise Block(readable=descriptor) from None
        except (OSError, ValueError):
            raise KernelError(Eio) from None

    def _may_wait(self, descriptor: int) -> bool:
        """Can reading or writing a descriptor of the host's take time?  Only a regular file is always ready."""
        waits = self._selectable.get(descriptor)
        if waits is None:
            try:
                waits = os.fstat(descriptor).st_mode & _S_IFMT not in (_S_IFREG, _S_IFCHR) or os.isatty(descriptor)
            except OSError:
                waits = False
            self._selectable[descriptor] = waits
        return waits

    # Writing

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        path = chan.qid.path
        if path == Qcons:
            return self._write_console(process, chan, data)
        if path == Qnull:
            return len(data)
        self._write_small(process, path, bytes(data), offset)
        return len(data)

    def _write_small(self, process: Process, path: int, data: bytes, offset: int) -> None:
        if path == Qconsctl:
            self._console_control(data)
        elif path in (Qtime, Qbintime, Qreboot):
            self._need_host_owner(process)
            self._write_control(path, data)
        elif path == Qhostowner:
            self._need_host_owner(process)
            self._set_host_owner(process, data)
        elif path == Qhostdomain:
            self._need_host_owner(process)
            if not data or len(data) >= _DOMAIN_LENGTH or data[0] == 0:
                raise KernelError(Ebadarg)
            self.domain = data.split(b"\0", 1)[0]
        elif path == Quser:
            # anybody can become none, and nobody anything else
            if data != b"none":
                raise KernelError(Eperm)
            process.user = "none"
            process.priority = _NORMAL
        elif path == Qsysname:
            if offset != 0 or not data or len(data) >= 256:
                raise KernelError(Ebadarg)
            name = data[:-1] if data.endswith(b"\n") else data
            self.sysname = name.split(b"\0", 1)[0]
        elif path == Qdrivers:
            _drivers(process, data)
        elif path == Qconfig:
            raise KernelError(Eperm)
        elif path == Qmordor:
            raise KernelError("one does not simply write into mordor")
        elif path == Qsysstat:
            self._counted = (process.kernel.switches, process.kernel.calls)
        else:
            raise KernelError(Egreg)

    def _console_control(self, data: bytes) -> None:
        """kbdfs looks at the first letters only."""
        if data.startswith(b"rawon"):
            self._set_raw(True)
        elif data.startswith(b"rawoff"):
            self._set_raw(False)
        else:
            raise KernelError(Einvalid)

    def _need_host_owner(self, process: Process) -> None:
        if process.user != self.devices.host_owner:
            raise KernelError(Eperm)

    def _write_control(self, path: int, data: bytes) -> None:
        if path == Qtime:
            from elf9.kernel.dev.srv import parse_number

            if len(data) >= 13 or not 0 < parse_number(data, (1 << 64) - 1) < 1 << 63:
                raise KernelError(Ebadtimectl)
        if path == Qbintime:
            if len(data) <= 1 or len(data) <= _BINTIME.get(data[:1], 0):
                raise KernelError(Ebadtimectl)
            if data[:1] not in _BINTIME:
                return
            if data[:1] == b"f" and not 0 < int.from_bytes(data[1:9], "big") < 1 << 63:
                raise KernelError(Ebadtimectl)
        if path == Qreboot:
            _command(data, (b"reboot", b"panic", b"rdb"))
        file = self._order[path].decode()
        raise Unsupported(f"write of {data!r} to /dev/{file}: the guest cannot set the host's clock or restart it")

    def _set_host_owner(self, process: Process, data: bytes) -> None:
        if not data:
            raise KernelError(Ebadarg)
        if len(data) >= _NAME_LENGTH:
            raise KernelError(Etoolong)
        old, new = self.devices.host_owner, data.split(b"\0", 1)[0].decode(errors="replace")
        for device in self.devices.by_letter.values():
            device.rename_user(old, new)
        for other in (process, *process.kernel.processes.values()):
            if other.user == old:
                other.user = new
        self.devices.host_owner = new
        process.priority = _NORMAL

    def _write_console(self, process: Process, chan: Chan, data: memoryview) -> int:
        """All of `data`, even when the host takes it in pieces."""
        descriptor: int = self.descriptors[1] if chan.aux is None else chan.aux
        left = data[: self.devices.allow(process, len(data))]
        self.devices.print(bytes(left[-KMESG_SIZE:]))
        patient = self._may_wait(descriptor)
        while left:
            try:
                if patient and not process.kernel.wait_writable(descriptor):
                    raise KernelError(Eintr)
                count = os.write(descriptor, left[:_PIPE_BUF] if patient else left)
            except BlockingIOError:
                if not process.kernel.wait_writable(descriptor):
                    raise KernelError(Eintr) from None
                continue
            except BrokenPipeError:
                process.kernel.output_closed = True
                raise KernelError(Ehungup) from None
            except OSError:
                raise KernelError(Eio) from None
            left = left[count:]
        return len(data)


def tokenize(text: bytes) -> list[bytes]:
    """Words of a control message, quoted as in rc (tokenize).  Fails for one that no kernel has memory for."""
    if len(text) > _LONGEST_MESSAGE:
        raise KernelError(Enomem)
    words: list[bytes] = []
    at = 0
    while True:
        while at < len(text) and text[at] in b" \t\r\n":
            at += 1
        if at == len(text):
            return words
        word = bytearray()
        quoted = False
        while at < len(text) and (quoted or text[at] not in b" \t\r\n"):
            if text[at] != 0x27:
                word.append(text[at])
            elif quoted and text[at + 1 : at + 2] == b"'":
                word.append(0x27)
                at += 1
            else:
                quoted = not quoted
            at += 1
        words.append(bytes(word))


def _command(data: bytes, known: tuple[bytes, ...]) -> list[bytes]:
    """The words of a control message, the first of them one of those (parsecmd, lookupcmd)."""
    words = tokenize((data[:-1] if data.endswith(b"\n") else data).split(b"\0", 1)[0])
    if not words:
        raise KernelError("empty control message")
    if words[0] not in known:
        raise control_error("unknown control message", words)
    return words


def _drivers(process: Process, data: bytes) -> None:
    """`chdev & LIST`, `chdev &~ LIST`, `chdev ~`: forbid devices to the process's name space."""
    words = _command(data, (b"chdev",))
    if len(words) == 1:
        raise KernelError(Ebadarg)
    listed = ""
    keep = True
    if words[1][:1] == b"&":
        if len(words) != 3:
            raise KernelError(Ebadarg)
        listed = words[2].decode(errors="replace")
        keep = words[1][1:2] != b"~"
    elif words[1][:1] != b"~" or len(words) != 2:
        raise KernelError(Ebadarg)
    known = process.kernel.devices.letters()
    space = process.namespace
    space.forbidden |= {letter for letter in known if (letter in listed) != keep}


def control_error(text: str, words: list[bytes]) -> KernelError:
    """The complaint about a control message, which it quotes (cmderror)."""
    from elf9.kernel.namespace import quote

    shown = b" ".join(quote(word) for word in words)
    return KernelError((text.encode() + b' "' + shown)[: ERRMAX - 11] + b'"')
