"""`#e`: environment variables as files, bound on /env.

Every process belongs to a group of variables (`Environment`), shared or copied by rfork.  `#e`
means the group of whoever looks; a channel stays with the group in which it was opened.
`#ec` is the kernel's own group, the machine's configuration, which only the host owner writes.
Sources: devenv.c; facts/devices.md §4, facts/observed-devices.md B (#e).
"""

from __future__ import annotations

from elf9.errors import (
    Ebadarg,
    Eexist,
    Enomem,
    Enonexist,
    Eperm,
    Etoobig,
    Etoolong,
    KernelError,
)
from elf9.kernel.chan import COPEN, CRCLOSE, OREAD, OTRUNC, QTDIR, Chan, Qid, open_mode
from elf9.kernel.dev.device import Device, Devices, copy_out
from elf9.kernel.stat import Dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Process

__all__ = ["Env", "Environment"]

#: Bytes in all values of a group, and in one.
MAX_GROUP = 1 << 20
MAX_VALUE = MAX_GROUP // 2
#: What a variable takes of a group's room beside its value, without its name; and room for names is had by so many.
VARIABLE_SIZE = 40
SLOTS, SLOT_SIZE = 32, 8
#: A name with its NUL.
NAME_LENGTH = 128


class _Variable:
    __slots__ = ("name", "path", "value", "vers")

    def __init__(self, name: bytes, path: int) -> None:
        self.name = name
        self.path = path
        self.value = bytearray()
        self.vers = 0


class Environment:
    """A group of variables (Egrp).

    A variable's qid path is a serial number above its slot; a new one takes the first free slot.
    """

    __slots__ = ("_names", "_serial", "_slots", "limited", "ref", "size", "vers")

    def __init__(self, limited: bool = True) -> None:
        self._slots: list[_Variable | None] = []
        self._names: dict[bytes, _Variable] = {}
        self._serial = 0
        #: Bytes in all values, names, and what the kernel needs to hold them.
        self.size = 0
        self.vers = 0
        self.limited = limited
        self.ref = 1

    def get(self, name: bytes) -> bytes | None:
        """The value of a variable, None if there is none."""
        variable = self._names.get(name)
        return None if variable is None else bytes(variable.value)

    def set(self, name: bytes, value: bytes) -> None:
        """Give a variable a value, as the kernel does before the first process runs."""
        variable = self._names.get(name) or self.add(name)
        self.resize(variable, len(value))
        variable.value[:] = value

    def items(self) -> list[tuple[bytes, bytes]]:
        """Names and values in the order of the directory."""
        return [(variable.name, bytes(variable.value)) for variable in self._slots if variable is not None]

    def copy(self) -> Environment:
        """The same variables in a group of their own, for RFENVG; versions start at 0 (envcpy)."""
        other = Environment(self.limited)
        for name, value in self.items():
            other.set(name, value)
        other.vers = 0
        return other

    def release(self) -> None:
        """One user less; the last one takes the variables along (closeegrp)."""
        self.ref -= 1
        if self.ref == 0:
            self._slots.clear()
            self._names.clear()

    # For the device

    def named(self, name: bytes) -> _Variable | None:
        return self._names.get(name)

    def at(self, path: int) -> _Variable:
        """The variable with this qid path; Enonexist if it was removed."""
        slot = path & 0x7FFFFFFF
        variable = self._slots[slot] if slot < len(self._slots) else None
        if variable is None or variable.path != path:
            raise KernelError(Enonexist)
        return variable

    def slot(self, index: int) -> _Variable | None:
        """The variable in a slot of the directory, None for a hole; IndexError behind the last."""
        return self._slots[index]

    def add(self, name: bytes) -> _Variable:
        """A new, empty variable in the first free slot.  Fails with Enomem."""
        try:
            slot = self._slots.index(None)
        except ValueError:
            slot = len(self._slots)
            if slot % SLOTS == 0:
                self._take(SLOTS * SLOT_SIZE)
            self._slots.append(None)
        self._take(VARIABLE_SIZE + len(name) + 1)
        self._serial += 1
        variable = _Variable(name, self._serial << 32 | slot)
        self._slots[slot] = variable
        self._names[name] = variable
        self.vers += 1
        return variable

    def _take(self, count: int) -> None:
        if self.limited and count > 0 and self.size + count > MAX_GROUP:
            raise KernelError(Enomem)
        self.size += count

    def resize(self, variable: _Variable, length: int) -> None:
        """Make the value longer, with zeros, or shorter; Enomem if the group has no room."""
        self._take(length - len(variable.value))
        if length > len(variable.value):
            variable.value += bytes(length - len(variable.value))
        else:
            del variable.value[length:]

    def discard(self, path: int) -> None:
        variable = self.at(path)
        self.resize(variable, 0)
        self._take(-(VARIABLE_SIZE + len(variable.name) + 1))
        del self._names[variable.name]
        self._slots[path & 0x7FFFFFFF] = None
        self.vers += 1


class Env(Device):
    """The environment device."""

    __slots__ = ("configuration",)

    letter = "e"
    name = "env"

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        self.configuration = Environment(limited=False)

    def attach(self, process: Process, spec: bytes) -> Chan:
        if spec not in (b"", b"c"):
            raise KernelError(Ebadarg)
        chan = super().attach(process, spec)
        if spec:
            chan.aux = self.configuration
        return chan

    def _group(self, process: Process, chan: Chan) -> Environment:
        group: Environment | None = chan.aux
        return process.environment if group is None else group

    def _writable(self, process: Process, chan: Chan) -> bool:
        return chan.aux in (None, process.environment) or process.user == self.devices.host_owner

    def _entry(self, process: Process, chan: Chan, group: Environment, variable: _Variable) -> Dir:
        perm = 0o666 if group is process.environment and group is not self.configuration else 0o664
        qid = Qid(variable.path, variable.vers)
        return self.entry(process, chan, variable.name, qid, perm, length=len(variable.value))

    def parent(self, process: Process, chan: Chan) -> Qid:
        return Qid(chan.qid.path, self._group(process, chan).vers, QTDIR)

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        variable = self._group(process, chan).named(name) if len(name) < NAME_LENGTH else None
        return None if variable is None else Qid(variable.path, variable.vers)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        group = self._group(process, chan)
        variable = group.slot(index)
        return None if variable is None else self._entry(process, chan, group, variable)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        if chan.qid.type & QTDIR:
            return None
        group = self._group(process, chan)
        return self._entry(process, chan, group, group.at(chan.qid.path))

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        group = self._group(process, chan)
        if chan.qid.type & QTDIR:
            if omode != OREAD:
                raise KernelError(Eperm)
        else:
            if omode != OREAD and not self._writable(process, chan):
                raise KernelError(Eperm)
            variable = group.at(chan.qid.path)
            if omode & OTRUNC and variable.value:
                group.resize(variable, 0)
                variable.vers += 1
            chan.qid = Qid(variable.path, variable.vers)
        return self._hold(chan, group, omode)

    def _hold(self, chan: Chan, group: Environment, omode: int) -> Chan:
        chan.mode = open_mode(omode)
        chan.aux = group
        group.ref += 1
        chan.offset = 0
        chan.flag |= COPEN
        return chan

    def create(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        if not chan.qid.type & QTDIR or not self._writable(process, chan):
            raise KernelError(Eperm)
        if len(name) >= NAME_LENGTH:
            raise KernelError(Etoolong)
        open_mode(omode)
        group = self._group(process, chan)
        if group.named(name) is not None:
            raise KernelError(Eexist)
        variable = group.add(name)
        chan.qid = Qid(variable.path, variable.vers)
        return self._hold(chan, group, omode)

    def close(self, process: Process, chan: Chan) -> None:
        if not chan.flag & COPEN:
            return
        group: Environment = chan.aux
        try:
            if chan.flag & CRCLOSE:
                self.remove(process, chan)
        finally:
            group.release()

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        return copy_out(self._group(process, chan).at(chan.qid.path).value, buffer, offset)

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        group = self._group(process, chan)
        variable = group.at(chan.qid.path)
        end = offset + len(data)
        if end > MAX_VALUE:
            raise KernelError(Etoobig)
        if end > len(variable.value):
            group.resize(variable, end)
        variable.value[offset:end] = data
        variable.vers += 1
        group.vers += 1
        return len(data)

    def remove(self, process: Process, chan: Chan) -> None:
        if chan.qid.type & QTDIR or not self._writable(process, chan):
            raise KernelError(Eperm)
        self._group(process, chan).discard(chan.qid.path)
