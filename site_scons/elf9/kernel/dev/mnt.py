"""`#M`: files of a server that speaks 9P2000 on some channel, mostly a pipe to another process.

`version` opens the conversation on a channel, once; from then on it carries messages only.  `attach`
makes the root of a tree on it, which mount(2) puts into the name space.  Each operation on a channel
of such a tree sends one request and waits for its reply; of all who wait on a connection one reads,
for everybody (mountmux).  A process that a note interrupts asks the server to forget the request, and
waits for the answer to that.

Everything here waits in the middle, so it happens inside `elf9.kernel.deep`.  What a server says is
believed as far as the kernel believes it: malformed, oversized or unexpected replies, and the end of
the connection, fail the call that reads them.  The kernel's cache for MCACHE mounts is left out, which
a server can tell only by being asked more often.

Sources: devmnt.c, cclose in chan.c of 9front's kernel; facts/devices.md §9, facts/observed-devices.md
A.20-A.22, B (fversion rows) and C.
"""

from __future__ import annotations

from elf9.errors import (
    ERRMAX,
    Ebadstat,
    Ebadusefd,
    Eintr,
    Emountrpc,
    Enoattach,
    Enonexist,
    Eshort,
    Eshortstat,
    KernelError,
)
from elf9.kernel import ninep
from elf9.kernel.chan import (
    CMSG,
    COPEN,
    ORDWR,
    QTAUTH,
    QTDIR,
    QTEXCL,
    QTMOUNT,
    Chan,
    Path,
    Qid,
    close,
    open_mode,
    release,
)
from elf9.kernel.dev.device import Device, Devices
from elf9.kernel.namespace import check_name
from elf9.kernel.ninep import HEADER, IOHDRSZ, NOFID, NOTAG, VERSION, BadMessage, pack, unpack
from elf9.kernel.process import cut
from elf9.kernel.stat import Dir, check, name_of
from elf9.kernel.stat import unpack as unpack_stat
from elf9.kernel.sync import Block, Queue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from elf9.kernel.deep import Deep
    from elf9.kernel.process import Process

__all__ = ["Connection", "Mnt"]

#: The largest message that is proposed; the largest Tversion and Rversion.
_MAX_RPC = IOHDRSZ + 32768
_MAX_VERSION = IOHDRSZ + 8192
#: What a server may make of the message size.
_MIN_MSIZE, _MAX_MSIZE = 256, 1024 * 1024

_ENTRY_HEAD = 2 + 2 + 4


class _Rpc:
    """A request, and its reply once `done`.  `flushed` is the request that this Tflush is about."""

    __slots__ = ("done", "flushed", "queue", "reply", "tag", "type", "values")

    def __init__(self, tag: int, type: int, values: tuple[Any, ...], flushed: _Rpc | None = None) -> None:
        self.tag = tag
        self.type = type
        self.values = values
        self.flushed = flushed
        self.done = False
        self.reply: tuple[int, tuple[Any, ...]] = (0, ())
        #: Where its process waits for the reply, or for its turn to read.
        self.queue = Queue()


class Connection:
    """A conversation with a server (Mnt): who waits for replies, and who reads them."""

    __slots__ = ("buffer", "chan", "msize", "pending", "reader", "version")

    def __init__(self, chan: Chan, version: bytes, msize: int) -> None:
        #: Without a reference: the conversation ends with the channel.
        self.chan = chan
        self.version = version
        #: The largest message, in bytes.
        self.msize = msize
        #: Requests without a reply, the newest first.
        self.pending: list[_Rpc] = []
        self.reader: Process | None = None
        #: What was read and is not yet a message.
        self.buffer = bytearray()


class Mnt(Device):
    """The files of all servers that were mounted.  The `aux` of a channel is its fid."""

    __slots__ = ("_agreeing", "_deep", "_fid", "_tags")

    letter = "M"
    name = "mnt"
    too_small = Eshortstat

    def __init__(self, devices: Devices, deep: Deep) -> None:
        super().__init__(devices)
        self._deep = deep
        self._fid = 0
        self._tags: set[int] = set()
        #: Channels on which a version is being agreed upon, and who waits for that.
        self._agreeing: dict[Chan, Queue] = {}

    # Conversations

    def version(self, process: Process, chan: Chan, version: bytes = b"", msize: int = 0, room: int = 0) -> bytes:
        """Agree on a version and a message size on `chan`, if that has not been done: the version.

        `msize` 0 and `version` empty ask for the defaults.  `room` is that of the caller's buffer, or 0.
        The caller holds a reference.  Raises KernelError (mntversion).
        """
        self._deep.do(process, self._take_turns, chan)
        queue = self._agreeing[chan] = Queue()
        try:
            agreed = self._agree(process, chan, version or VERSION, msize)
            if chan.mux is None:
                self._check_room(agreed[0], room)
                chan.mux = Connection(chan, *agreed)
                chan.flag |= CMSG
        finally:
            del self._agreeing[chan]
            process.kernel.wakeup(queue)
        self._check_room(agreed[0], room)
        return agreed[0]

    def _take_turns(self, chan: Chan) -> None:
        queue = self._agreeing.get(chan)
        if queue is not None:
            raise Block(queue=queue)

    def _check_room(self, version: bytes, room: int) -> None:
        if 0 < room < len(version):
            raise KernelError(Eshort)

    def _agree(self, process: Process, chan: Chan, version: bytes, msize: int) -> tuple[bytes, int]:
        """The version and message size of `chan`, after asking the server unless they are known."""
        msize = msize or _MAX_RPC
        if msize > chan.iounit != 0:
            msize = chan.iounit
        if msize < 0:
            raise KernelError("bad iounit in version call")
        if not version.startswith(VERSION):
            raise KernelError("bad 9P version specification")
        known = chan.mux
        if known is not None:
            if not version.startswith(known.version):
                raise KernelError(_shorten(b"incompatible 9P versions " + known.version + b" " + version))
            return known.version, known.msize
        kind, values = self._ask_version(process, chan, version, msize)
        if kind == ninep.RERROR:
            raise KernelError(_shorten(values[0]))
        if kind != ninep.RVERSION:
            raise KernelError("unexpected reply type in fversion")
        offered, answer = values
        if offered > msize:
            raise KernelError("server tries to increase msize in fversion")
        if not _MIN_MSIZE <= offered <= _MAX_MSIZE:
            raise KernelError("nonsense value of msize in fversion")
        answer = _text(answer)
        if not version.startswith(answer):
            raise KernelError("bad 9P version returned from server")
        return answer, offered

    def _ask_version(self, process: Process, chan: Chan, version: bytes, msize: int) -> tuple[int, tuple[Any, ...]]:
        """Type and fields of the reply to Tversion; it is not multiplexed."""
        if len(version) > _MAX_VERSION - HEADER - 6:
            raise KernelError("bad fversion conversion on send")
        message = memoryview(pack(ninep.TVERSION, NOTAG, msize, version))
        chan.offset += len(message)
        sent = self._deep.do(process, chan.device.write, process, chan, message, chan.offset - len(message))
        if sent < len(message):
            chan.offset -= len(message) - sent
            raise KernelError("short write in fversion")
        data = b""
        while len(data) < 4 or (len(data) < int.from_bytes(data[:4], "little") and len(data) < _MAX_VERSION):
            piece = self._read(process, chan, _MAX_VERSION - len(data), chan.offset)
            if not piece:
                raise KernelError("EOF receiving fversion reply")
            data += piece
            chan.offset += len(piece)
        try:
            kind, _, values = unpack(data)
        except BadMessage:
            raise KernelError("bad fversion conversion on reply") from None
        return kind, values

    def _read(self, process: Process, chan: Chan, count: int, offset: int) -> bytes:
        buffer = bytearray(count)
        have = self._deep.do(process, chan.device.read, process, chan, memoryview(buffer), offset)
        return bytes(buffer[:have])

    def auth(self, process: Process, server: Chan, spec: bytes) -> Chan:
        """The channel of a conversation that authenticates the process's user (mntauth)."""
        chan = self._new_chan(process, server)
        try:
            (chan.qid,) = self._rpc(process, server, ninep.TAUTH, chan.aux, process.user.encode(), spec)
        except BaseException:
            release(process, chan)
            raise
        assert server.mux is not None
        self._belongs(chan, server)
        chan.mode = ORDWR
        chan.iounit = server.mux.msize - IOHDRSZ
        return chan

    def attach_to(self, process: Process, server: Chan, auth: Chan | None, spec: bytes) -> Chan:
        """The root of the tree `spec` at `server`, under a new device number (mntattach).

        The caller holds a reference to `server`.  Raises KernelError: Ebadusefd if `auth` is not from there.
        """
        if auth is not None and auth.mchan is not server:
            raise KernelError(Ebadusefd)
        chan = self._new_chan(process, server)
        afid = NOFID if auth is None else auth.aux
        try:
            (chan.qid,) = self._rpc(process, server, ninep.TATTACH, chan.aux, afid, process.user.encode(), spec)
        except BaseException:
            release(process, chan)
            raise
        self._belongs(chan, server)
        return chan

    def _new_chan(self, process: Process, server: Chan) -> Chan:
        if server.mux is None:
            self.version(process, server)
        return Chan(self, Qid(0, 0, QTDIR), Path(b"#M"), dev=self.devices.next_dev(), aux=self._new_fid())

    def _belongs(self, chan: Chan, server: Chan) -> None:
        chan.mchan = server
        server.ref += 1

    def _new_fid(self) -> int:
        self._fid = (self._fid + 1) % NOFID
        return self._fid

    def _new_tag(self) -> int:
        tag = 1
        while tag in self._tags:
            tag += 1
        if tag >= NOTAG:
            raise KernelError(Emountrpc)
        self._tags.add(tag)
        return tag

    # Requests and replies

    def _rpc(self, process: Process, server: Chan, type: int, *values: Any) -> tuple[Any, ...]:
        """The fields of the reply to a request (mountrpc).  Raises the server's error, Emountrpc, Eintr."""
        connection = server.mux
        if connection is None or not self._deep.inside():
            raise KernelError(Emountrpc)
        rpc = _Rpc(self._new_tag(), type, values)
        try:
            self._transact(process, connection, rpc)
        finally:
            self._tags.discard(rpc.tag)
        kind, fields = rpc.reply
        if kind == ninep.RERROR:
            raise KernelError(_shorten(fields[0]))
        if kind == ninep.RFLUSH:
            raise KernelError(Eintr)
        if kind != type + 1:
            self.devices.print(
                b"mnt: proc %s %d: mismatch from %s tag %d T%d R%d\n"
                % (process.name, process.pid, server.path.text, rpc.tag, type, kind)
            )
            raise KernelError(Emountrpc)
        return fields

    def _transact(self, process: Process, connection: Connection, rpc: _Rpc) -> None:
        """Get the reply to `rpc`; each note that comes meanwhile sends a Tflush (mountio)."""
        last = rpc
        try:
            while True:
                try:
                    self._exchange(process, connection, last)
                    return
                except KernelError as error:
                    if error.text != Eintr.encode():
                        raise
                last = _Rpc(self._new_tag(), ninep.TFLUSH, (rpc.tag,), last)
        finally:
            # what was not answered never will be
            one: _Rpc | None = last
            while one is not None:
                if not one.done:
                    one.reply = (ninep.RFLUSH, ())
                    one.done = True
                    if one in connection.pending:
                        connection.pending.remove(one)
                if one is not rpc:
                    self._tags.discard(one.tag)
                one = one.flushed

    def _exchange(self, process: Process, connection: Connection, rpc: _Rpc) -> None:
        """Send a request and wait for its reply, reading for others if nobody does."""
        connection.pending.insert(0, rpc)
        try:
            message = pack(rpc.type, rpc.tag, *rpc.values)
        except ValueError:
            message = b""
        if not message or len(message) > connection.msize:
            self.devices.print(
                b"mountio: proc %s %d: message of %d bytes for tag %d T%d\n"
                % (process.name, process.pid, len(message), rpc.tag, rpc.type)
            )
            raise KernelError(Emountrpc)
        chan = connection.chan
        self._deep.do(process, chan.device.write, process, chan, memoryview(message), 0)
        self._deep.do(process, self._wait_for_attention, connection, rpc)
        if rpc.done:
            return
        connection.reader = process
        try:
            while not rpc.done:
                if not self._read_message(process, connection):
                    raise KernelError(Emountrpc)
        finally:
            connection.reader = None
            for other in connection.pending:
                if not other.done and other.queue.waiters:
                    process.kernel.wakeup(other.queue)
                    break

    def _wait_for_attention(self, connection: Connection, rpc: _Rpc) -> None:
        if not rpc.done and connection.reader is not None:
            raise Block(queue=rpc.queue)

    def _read_message(self, process: Process, connection: Connection) -> bool:
        """Read one reply and give it to who waits for it (mntrpcread, mountmux); False if it was none."""
        buffer = connection.buffer
        if not self._fill(process, connection, HEADER):
            return False
        size = int.from_bytes(buffer[:4], "little")
        if size < HEADER or size > connection.msize:
            buffer.clear()
            return False
        if not self._fill(process, connection, size):
            return False
        data = bytes(buffer[:size])
        del buffer[:size]
        try:
            kind, tag, values = unpack(data)
        except BadMessage:
            self.devices.print(b"mntrpcread: convM2S failed\n")
            return False
        for rpc in connection.pending:
            if rpc.tag == tag:
                connection.pending.remove(rpc)
                rpc.reply = (kind, values)
                rpc.done = True
                process.kernel.wakeup(rpc.queue)
                return True
        text = b"mnt: unexpected reply from %s tag %d; type %d\n"
        self.devices.print(text % (connection.chan.path.text, tag, kind))
        return True

    def _fill(self, process: Process, connection: Connection, count: int) -> bool:
        """Have `count` bytes in the buffer; False at the end of the connection (doread)."""
        while len(connection.buffer) < count:
            data = self._read(process, connection.chan, connection.msize, 0)
            if not data:
                return False
            connection.buffer += data
        return True

    def _ask(self, process: Process, chan: Chan, type: int, *values: Any) -> tuple[Any, ...]:
        """A request about `chan`, which others may close meanwhile."""
        assert chan.mchan is not None
        chan.ref += 1
        try:
            return self._rpc(process, chan.mchan, type, chan.aux, *values)
        finally:
            close(process, chan)

    # What the kernel calls

    def attach(self, process: Process, spec: bytes) -> Chan:
        raise KernelError(Enoattach)

    def walk(self, process: Process, chan: Chan, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        fid = self._new_fid()
        chan.ref += 1
        try:
            (qids,) = self._ask(process, chan, ninep.TWALK, fid, list(names))
            if len(qids) > len(names):
                raise KernelError("too many QIDs returned by walk")
            if len(qids) < len(names):
                if not qids:
                    # the server should have said why
                    raise KernelError(Enonexist)
                return None, qids
            copy = Chan(self, qids[-1] if qids else chan.qid, chan.path, dev=chan.dev, aux=fid)
            copy.path.ref += 1
            copy.mode = chan.mode
            copy.offset = chan.offset
            assert chan.mchan is not None
            self._belongs(copy, chan.mchan)
            return copy, qids
        except KernelError:
            if names:
                raise
            return None, []
        finally:
            close(process, chan)

    def stat(self, process: Process, chan: Chan) -> Dir:
        (data,) = self._ask(process, chan, ninep.TSTAT)
        _check_entry(data)
        entry = unpack_stat(data)
        entry.type = ord(self.letter)
        entry.dev = chan.dev
        return entry

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        return self._opened(chan, omode, self._ask(process, chan, ninep.TOPEN, omode & 0xFF))

    def create(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        return self._opened(chan, omode, self._ask(process, chan, ninep.TCREATE, name, perm, omode & 0xFF))

    def _opened(self, chan: Chan, omode: int, reply: tuple[Any, ...]) -> Chan:
        assert chan.mchan is not None and chan.mchan.mux is not None
        chan.qid, chan.iounit = reply
        chan.offset = 0
        chan.mode = open_mode(omode)
        most = chan.mchan.mux.msize - IOHDRSZ
        if chan.iounit == 0 or chan.iounit > most:
            chan.iounit = most
        chan.flag |= COPEN
        return chan

    def close(self, process: Process, chan: Chan) -> None:
        server = chan.mchan
        assert server is not None
        special = chan.qid.type & (QTEXCL | QTMOUNT | QTAUTH)
        if self._deep.inside() and (chan.flag & COPEN or special):
            self._rpc(process, server, ninep.TCLUNK, chan.aux)
        else:
            server.ref += 1
            if not self._deep.start(self._clunk, server, chan.aux):
                close(process, server)

    def _clunk(self, process: Process, server: Chan, fid: int) -> None:
        """What a process of the kernel's own does with a file that nobody waits for."""
        try:
            self._rpc(process, server, ninep.TCLUNK, fid)
        finally:
            close(process, server)

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        done = 0
        chan.ref += 1
        try:
            while True:
                wanted = min(len(buffer) - done, chan.iounit)
                (data,) = self._ask(process, chan, ninep.TREAD, offset + done, wanted)
                got = min(len(data), wanted)
                buffer[done : done + got] = data[:got]
                done += got
                if got != wanted or done == len(buffer) or process.notes:
                    return done
        finally:
            close(process, chan)

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        done = 0
        chan.ref += 1
        count: int
        try:
            while True:
                piece = bytes(data[done : done + chan.iounit])
                (count,) = self._ask(process, chan, ninep.TWRITE, offset + done, piece)
                got = min(count, len(piece))
                done += got
                if got != len(piece) or done == len(data) or process.notes:
                    return done
        finally:
            close(process, chan)

    def read_directory(self, process: Process, chan: Chan, count: int, offset: int) -> bytes:
        data = bytearray(count)
        with memoryview(data) as view:
            have = self.read(process, chan, view, offset)
        del data[have:]
        head = ord(self.letter).to_bytes(2, "little") + chan.dev.to_bytes(4, "little")
        at = 0
        while at + 2 < len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "little")
            if end > len(data):
                break
            _check_entry(bytes(data[at:end]))
            data[at + 2 : at + _ENTRY_HEAD] = head
            at = end
        if at != len(data):
            raise KernelError("invalid directory entry received from server")
        return bytes(data)

    def remove(self, process: Process, chan: Chan) -> None:
        self._ask(process, chan, ninep.TREMOVE)

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        self._ask(process, chan, ninep.TWSTAT, data)
        return len(data)


def _check_entry(data: bytes) -> None:
    """Refuse what is no directory entry, or has a name that no file has (validstat)."""
    if not check(data):
        raise KernelError(Ebadstat)
    name = _text(name_of(data))
    if len(name) < 64 and name != b"/":
        check_name(name, slash=False)


def _text(text: bytes) -> bytes:
    """A string as C sees it."""
    return text.split(b"\0", 1)[0]


def _shorten(text: bytes) -> bytes:
    """A server's error, at most 127 bytes of it (kstrcpy)."""
    text = _text(text)
    return text if len(text) < ERRMAX else cut(text, ERRMAX - 4) + b"..."
