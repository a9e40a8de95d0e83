"""`#/`: the root directory, and the directories that host trees are mounted on.

The kernel's root has a fixed list of empty directories, there to be mounted upon.  This one
can be given more of them, nested, before the first process starts.  Nothing in it can be
written.  Sources: devroot.c; facts/devices.md §2, facts/observed-devices.md A.1, A.13.
"""

from __future__ import annotations

from elf9.errors import Egreg, KernelError
from elf9.kernel.chan import QTDIR, QTFILE, Chan, Path, Qid
from elf9.kernel.dev.device import Device, Devices, copy_out
from elf9.kernel.stat import Dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.kernel.process import Process

__all__ = ["Root"]

BOOT = 0x1000
#: Nodes that elf9 adds have qid paths from here on.
ADDED = 0x2000

_DIRECTORIES = (
    b"bin", b"dev", b"env", b"fd", b"mnt", b"n", b"net", b"net.alt", b"proc", b"rc", b"root", b"srv", b"shr",
)  # fmt: skip


class _Node:
    __slots__ = ("children", "data", "name", "parent", "qid")

    def __init__(self, name: bytes, qid: Qid, parent: _Node | None, data: bytes = b"") -> None:
        self.name = name
        self.qid = qid
        self.parent = parent if parent is not None else self
        self.children: dict[bytes, _Node] = {}
        self.data = data


class Root(Device):
    """The root device."""

    __slots__ = ("_nodes", "complete", "top")

    letter = "/"
    name = "root"

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        #: Nothing will be added any more.
        self.complete = False
        self.top = _Node(b"#/", Qid(0, 0, QTDIR), None)
        self._nodes: dict[int, _Node] = {0: self.top}
        self._add(self.top, b"boot", BOOT, QTDIR)
        for index, name in enumerate(_DIRECTORIES):
            self._add(self.top, name, 3 + index, QTDIR)

    def _add(self, parent: _Node, name: bytes, path: int, type: int) -> _Node:
        node = _Node(name, Qid(path, 0, type), parent)
        self._nodes[path] = node
        parent.children[name] = node
        return node

    def make(self, parent: Chan, names: list[bytes], directory: bool = True) -> None:
        """Add empty directories, each in the one before, the last one a file if not `directory`.

        `parent` is a channel of this device; what is there already stays.
        """
        node = self._nodes[parent.qid.path]
        for index, name in enumerate(names):
            existing = node.children.get(name)
            if existing is None:
                kind = QTDIR if directory or index < len(names) - 1 else QTFILE
                existing = self._add(node, name, ADDED + len(self._nodes), kind)
            node = existing

    def empty(self, chan: Chan) -> bool:
        """Whether nothing was added below the directory `chan`."""
        return not self._nodes[chan.qid.path].children

    def hidden(self) -> Chan:
        """A new directory that is reached from nowhere, to be put into a union."""
        path = ADDED + len(self._nodes)
        self._nodes[path] = _Node(b"", Qid(path, 0, QTDIR), self.top)
        return Chan(self, Qid(path, 0, QTDIR), Path(b"#/"))

    def child(self, process: Process, chan: Chan, name: bytes) -> Qid | None:
        here = self._nodes[chan.qid.path]
        node = here.children.get(name)
        if node is None:
            # each of the kernel's empty directories finds itself in it: there is a /mnt/mnt (rootgen)
            return here.qid if self.complete and name == here.name and 0 < chan.qid.path < BOOT else None
        return node.qid

    def parent(self, process: Process, chan: Chan) -> Qid:
        return self._nodes[chan.qid.path].parent.qid

    def _entry(self, process: Process, chan: Chan, node: _Node) -> Dir:
        return self.entry(process, chan, node.name, node.qid, 0o555, length=len(node.data))

    def own(self, process: Process, chan: Chan) -> Dir | None:
        node = self._nodes[chan.qid.path]
        return None if node is self.top else self._entry(process, chan, node)

    def child_at(self, process: Process, chan: Chan, index: int) -> Dir | None:
        children = self._nodes[chan.qid.path].children
        return self._entry(process, chan, list(children.values())[index])

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        # the kernel gives devopen a table without entries here, so nothing is checked
        return self.opened(chan, omode)

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        return copy_out(self._nodes[chan.qid.path].data, buffer, offset)

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        raise KernelError(Egreg)
