"""`#¶`: how much memory there is and is in use, behind `#c` on /dev.

Memory is what the run may take of the host; nothing is ever swapped, and there is no file to swap to.
Sources: devswap.c, facts/devices.md §2.
"""

from __future__ import annotations

from itertools import takewhile

from elf9.errors import Ebadctl, Egreg, Eperm, KernelError, Unsupported
from elf9.kernel.chan import ORDWR, QTDIR, Chan, Qid
from elf9.kernel.dev.device import Device, copy_out
from elf9.kernel.stat import Dir
from elf9.kernel.watchdog import resident_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Process

__all__ = ["Swap"]

#: Name, number and permissions, in the order of the directory.
_FILES = ((b"swap", 1, 0o664), (b"swapfile", 2, 0o600))
_SWAPFILE = 2
_LONGEST_COMMAND = 256


class Swap(Device):
    """The memory device."""

    __slots__ = ()

    letter = "¶"
    name = "swap"

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        return next((Qid(number) for file, number, _ in _FILES if file == name), None)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        name, number, perm = _FILES[index]
        return self.entry(process, chan, name, Qid(number), perm)

    def own(self, process: Process, chan: Chan) -> Dir | None:
        return None if chan.qid.type & QTDIR else self.child_at(process, chan, chan.qid.path - 1)

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        if chan.qid.path != _SWAPFILE:
            return super().open(process, chan, omode)
        raise KernelError(Eperm if omode != ORDWR or process.user != self.devices.host_owner else Egreg)

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        page = process.kernel.target.page
        memory = process.kernel.options.max_memory
        pages, used = memory // page, resident_bytes() // page
        text = (
            f"{memory} memory\n{page} pagesize\n0 kernel\n{used}/{pages} user\n0/0 swap\n0/{pages} reclaim\n"
            "0/0/0 kernel malloc\n0/0/0 kernel draw\n0/0/0 kernel secret\n"
        )
        return copy_out(text.encode(), buffer, offset & 0xFFFFFFFF)

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        if process.user != self.devices.host_owner:
            raise KernelError(Eperm)
        text = bytes(data)
        if len(text) >= _LONGEST_COMMAND:
            raise KernelError(Egreg)
        if text[:1].isdigit():
            digits = bytes(takewhile(b"0123456789".__contains__, text))
            process.fds.chan(int(digits), ORDWR, True)
            raise Unsupported(f"swapping to descriptor {int(digits)} (written to {chan.path.text.decode()})")
        if not text.startswith(b"start"):
            raise KernelError(Ebadctl)
        # the pager has nothing to do
        return len(text)
