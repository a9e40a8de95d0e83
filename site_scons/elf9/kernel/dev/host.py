"""Granted trees of the host's files, served under `M` as a Plan 9 file server would.

Nothing outside a granted tree can be reached, by construction and not by checking paths:

- A tree is a descriptor of its top directory.  Every access starts there and goes down one
  component at a time with openat(O_NOFOLLOW); a path never reaches the host as a whole.
- `..` never reaches the host: a file knows the file it was walked from, the guest's `..` goes
  there, and at the top it stays.
- A symbolic link is resolved here, component by component.  Inside the tree it is followed, at
  most 40 in a row.  One that leads out, is absolute and not below the top, or loops, is a file
  that cannot be opened; so are FIFOs, sockets and devices, which are never opened on the host.
- What was opened must be what was looked at (device, inode), or it does not exist.

A channel that is not open holds no host descriptor: it has the components of its place and
goes down again when it is used.  Guests keep many such channels (dot, mounts, `..` history),
macOS has no O_PATH, and descriptors are the scarcer thing.  Directories renamed by the guest
are followed.  An open channel holds one descriptor, closed with its last reference.

Names are bytes and exact in case, on hosts that fold case, too.  Owners: the host's user is the
host owner, other ids go by their names.  Permissions are checked here by Plan 9's rule and again
by the host; root owns everything.  The host's umask applies to what is created.  DMAPPEND, DMEXCL
and DMTMP last as long as the run.  Listings are sorted.  Directory entries that cannot be opened
have no permission bits.

Sources: stat(5), open(5), remove(5); facts/devices.md §11, facts/syscalls.md §3 and §6.
"""

from __future__ import annotations

import errno
import os
import sys
from stat import S_ISDIR, S_ISLNK, S_ISREG

from elf9.errors import (
    Ebadarg,
    Ebadchar,
    Edirseek,
    Eexist,
    Einuse,
    Eio,
    Eisdir,
    Enoattach,
    Enofd,
    Enonexist,
    Enotdir,
    Eperm,
    Eshort,
    Eshortstat,
    Etoobig,
    Etoolong,
    KernelError,
)
from elf9.kernel.chan import (
    COPEN,
    CRCLOSE,
    DMAPPEND,
    DMDIR,
    DMEXCL,
    DMTMP,
    ORCLOSE,
    ORDWR,
    OREAD,
    OTRUNC,
    OWRITE,
    QTDIR,
    QTEXCL,
    QTFILE,
    Chan,
    Path,
    Qid,
    open_mode,
)
from elf9.kernel.dev.device import Device, Devices, Stand
from elf9.kernel.stat import NO_CHANGE32, NO_CHANGE64, Dir, pack, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from elf9.kernel.process import Process

    Where = tuple[bytes, ...]

__all__ = ["Host", "Tree", "host_error"]

#: Bytes of a file in one message of the usual size, as the mount driver has it for all its files.
IOUNIT = 32768
#: Symbolic links in a row before they count as a loop.
MAX_LINKS = 40

#: Descriptors that this process asks the host for at most, and those of them that no file of the guest
#: gets: without one the watchdog and Python itself could not go on.
_MOST_FILES, _RESERVE = 16384, 16

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: To pass through a directory, searching it is enough; only Linux can say so.
_THROUGH = _DIRECTORY | getattr(os, "O_PATH", 0)
#: Holds a file whose mode does not let its owner open it; only Linux can.
_HOLD = getattr(os, "O_PATH", 0)
_FILE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_HOST_MODE = (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDONLY)
#: Permission bits that an open mode asks for.
_NEEDED = (4, 2, 6, 1)
#: Mode bits that are only remembered.
_MARKS = DMAPPEND | DMEXCL | DMTMP

Enotempty = "directory not empty"
Elocked = "file is locked"

_ERRORS = {
    errno.EACCES: Eperm,
    errno.EPERM: Eperm,
    errno.EROFS: Eperm,
    errno.ELOOP: Eperm,
    errno.ENXIO: Eperm,  # a FIFO or a device, put there since it was looked at
    errno.ENODEV: Eperm,
    errno.ENOENT: Enonexist,
    errno.ENOTDIR: Enotdir,
    errno.EISDIR: Eisdir,
    errno.EEXIST: Eexist,
    errno.ENOTEMPTY: Enotempty,
    errno.EBUSY: Einuse,
    errno.ETXTBSY: Einuse,
    errno.ENOSPC: "disk full",
    errno.EDQUOT: "disk full",
    errno.EFBIG: Etoobig,
    errno.EMFILE: Enofd,
    errno.ENFILE: Enofd,
    errno.ENAMETOOLONG: Etoolong,
    errno.EILSEQ: Ebadchar,
    errno.EINVAL: Ebadarg,
}


def host_error(error: OSError) -> KernelError:
    """The kernel's error for the host's."""
    return KernelError(_ERRORS.get(error.errno or 0, Eio))


def _open(name: bytes, flags: int, directory: int, mode: int = 0o777) -> int:
    """openat(2), once more with a raised limit when the process has too many descriptors."""
    try:
        return os.open(name, flags, mode, dir_fd=directory)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    _raise_limit()
    return os.open(name, flags, mode, dir_fd=directory)


def _raise_limit() -> None:
    """Let this process have more descriptors, as far as the host allows."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _need_plain(name: bytes) -> None:
    """Refuse what names no file of one directory: to the host, `../x` would be a way, and a NUL the end.

    The kernel looks at short names of wstat only, the rest is the server's business.
    """
    if name in (b"", b".", b".."):
        raise KernelError(Eperm)
    if b"/" in name or b"\0" in name:
        raise KernelError(Ebadchar)


def _lstat(name: bytes, directory: int) -> os.stat_result:
    """What `name` itself is, a link unfollowed."""
    return os.stat(name, dir_fd=directory, follow_symlinks=False)


def _look(name: bytes, directory: int) -> os.stat_result:
    """What `name`, which the guest said, is; FileNotFoundError too when it only is another spelling."""
    found = _lstat(name, directory)
    other = name.swapcase()
    suspicious = sys.platform == "darwin" and not name.isascii()
    if other != name and not suspicious:
        try:
            twin = _lstat(other, directory)
            suspicious = twin.st_ino == found.st_ino and twin.st_dev == found.st_dev
        except OSError:
            pass
    if suspicious:
        readable = _open(b".", _DIRECTORY, directory)
        try:
            exact = name in _names(readable)
        finally:
            os.close(readable)
        if not exact:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return found


def _link_target(name: bytes, directory: int) -> bytes:
    """Where the symbolic link `name` leads; FileNotFoundError if it has become something else."""
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from None


def _pread_copy(descriptor: int, buffers: tuple[memoryview], offset: int) -> int:
    """preadv(2) where there is none (macOS before 11)."""
    data = os.pread(descriptor, len(buffers[0]), offset)
    buffers[0][: len(data)] = data
    return len(data)


_preadv: Callable[[int, tuple[memoryview], int], int] = getattr(os, "preadv", _pread_copy)


def _names(directory: int) -> list[bytes]:
    return sorted(map(os.fsencode, os.listdir(directory)))


def _remove_tree(path: bytes) -> None:
    """Remove a directory with all that is in it, as far as the host lets us.

    Whatever a guest may have made there: deeper than the host has names, descriptors or Python has stack for,
    closed by its mode.  So what is in a directory of the top is moved to the top before that goes.
    """
    try:
        top = os.open(path, _DIRECTORY)
    except OSError:
        return
    serial = 0
    try:
        while names := _names(top):
            for name in names:
                if not S_ISDIR(_lstat(name, top).st_mode):
                    os.unlink(name, dir_fd=top)
                    continue
                os.chmod(name, 0o700, dir_fd=top)
                below = os.open(name, _DIRECTORY, dir_fd=top)
                try:
                    for inner in _names(below):
                        if S_ISDIR(_lstat(inner, below).st_mode):
                            os.chmod(inner, 0o700, dir_fd=below)
                        serial = _move_up(inner, below, top, serial)
                finally:
                    os.close(below)
                os.rmdir(name, dir_fd=top)
        os.rmdir(path)
    except OSError:
        return
    finally:
        os.close(top)


def _move_up(name: bytes, below: int, top: int, serial: int) -> int:
    """Give `name` in the directory `below` a number in `top`, the next one that can be had, which is returned."""
    while True:
        serial += 1
        new = b"%d" % serial
        try:
            _lstat(new, top)
        except FileNotFoundError:
            os.rename(name, new, src_dir_fd=below, dst_dir_fd=top)
            return serial


def _identity(found: os.stat_result) -> tuple[int, int]:
    return (found.st_dev, found.st_ino)


class Tree:
    """A granted directory, or a single granted file."""

    __slots__ = (
        "_numbers",
        "_serial",
        "base",
        "dev",
        "locked",
        "marks",
        "moves",
        "readonly",
        "real",
        "top",
        "writes",
    )

    def __init__(self, path: bytes, dev: int, readonly: bool) -> None:
        """`path` is the user's own word, so links in it are followed, once.  OSError if it cannot be opened."""
        path = os.path.realpath(path)
        #: Components of the file when only that is granted.
        self.base: Where = ()
        if not os.path.isdir(path):
            if not S_ISREG(os.stat(path).st_mode):
                raise OSError(errno.EINVAL, "neither a directory nor a regular file", path)
            path, name = os.path.split(path)
            self.base = (name,)
        #: Where the top is on the host, for absolute links.
        self.real = path.rstrip(b"/")
        self.top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.dev = dev
        self.readonly = readonly
        self._numbers: dict[tuple[int, int], int] = {}
        self._serial = 0
        #: By qid path: DMAPPEND, DMEXCL, DMTMP; and which DMEXCL files are open.
        self.marks: dict[int, int] = {}
        self.locked: set[int] = set()
        #: By qid path: writes by the guest, several of which may come within one tick of the host's clock.
        self.writes: dict[int, int] = {}
        #: Renames by the guest, old place and new.
        self.moves: list[tuple[Where, Where]] = []

    def close(self) -> None:
        """Let go of the top; the tree is of no use any more."""
        if self.top >= 0:
            os.close(self.top)
            self.top = -1

    def number(self, identity: tuple[int, int]) -> int:
        """The qid path of a file: numbered as they are met, so that no host's inodes show."""
        found = self._numbers.get(identity)
        if found is None:
            self._serial += 1
            found = self._numbers[identity] = self._serial
        return found

    def forget(self, identity: tuple[int, int]) -> None:
        """The file is gone; the host may give its inode to another."""
        number = self._numbers.pop(identity, None)
        if number is not None:
            self.marks.pop(number, None)
            self.writes.pop(number, None)

    def enter(self, where: Where, flags: int = _THROUGH) -> int:
        """A descriptor of the directory at `where`, for `leave`; `flags` for its own opening."""
        at = self.top
        if not where:
            return at if flags == _THROUGH else _open(b".", flags, at)
        last = len(where) - 1
        for index, name in enumerate(where):
            try:
                below = _open(name, flags if index == last else _THROUGH, at)
            finally:
                self.leave(at)
            at = below
        return at

    def leave(self, descriptor: int) -> None:
        """Close what `enter` returned."""
        if descriptor != self.top:
            os.close(descriptor)

    def resolve(self, where: Where, target: bytes) -> tuple[Where, os.stat_result] | None:
        """Where a link in the directory `where` with this target leads, None if out or round in circles.

        Raises OSError where the way ends.
        """
        stack = list(where)
        pending: list[bytes] = []
        links = 0
        while True:
            links += 1
            if links > MAX_LINKS:
                return None
            if target.startswith(b"/"):
                if target != self.real and not target.startswith(self.real + b"/"):
                    return None
                target = target[len(self.real) :]
                stack.clear()
            pending += reversed(target.split(b"/"))
            while pending:
                name = pending.pop()
                if name == b"..":
                    if not stack:
                        return None
                    stack.pop()
                elif name not in (b"", b"."):
                    directory = self.enter(tuple(stack))
                    try:
                        found = _look(name, directory)
                        if S_ISLNK(found.st_mode):
                            target = _link_target(name, directory)
                            break
                    finally:
                        self.leave(directory)
                    stack.append(name)
            else:
                directory = self.enter(tuple(stack[:-1]))
                try:
                    found = _look(stack[-1], directory) if stack else os.fstat(directory)
                finally:
                    self.leave(directory)
                return tuple(stack), found


class _Node:
    """A file of a tree, as somebody walked to it."""

    __slots__ = ("_entry", "_moves", "_where", "identity", "link", "parent", "refusal", "tree")

    def __init__(self, tree: Tree, parent: _Node | None, name: bytes, where: Where) -> None:
        self.tree = tree
        #: Where `..` leads; None at the top.
        self.parent = parent
        self._entry = (name,) if parent is None else (*parent.where, name)
        self._where = where
        self._moves = len(tree.moves)
        #: Device and inode; None at the top, which is what it is.
        self.identity: tuple[int, int] | None = None
        #: Device and inode of the symbolic link that led here, None if none did.
        self.link: tuple[int, int] | None = None
        #: Why it cannot be opened, or "".
        self.refusal = ""

    @property
    def where(self) -> Where:
        """The components of its place, without links; moves along with what is renamed."""
        self._move()
        return self._where

    @property
    def name(self) -> bytes:
        """What it, or the link to it, is called in its directory now."""
        self._move()
        return self._entry[-1]

    def _move(self) -> None:
        moves = self.tree.moves
        while self._moves < len(moves):
            old, new = moves[self._moves]
            size = len(old)
            if self._where[:size] == old:
                self._where = new + self._where[size:]
            if self.parent is not None and self._entry[:size] == old:
                self._entry = new + self._entry[size:]
            self._moves += 1


class _Handle:
    """What an open channel has: a host descriptor, and the listing of a directory."""

    __slots__ = ("descriptor", "exclusive", "names", "next", "node", "offset")

    def __init__(self, node: _Node, descriptor: int, exclusive: bool) -> None:
        self.node = node
        self.descriptor = descriptor
        #: It was opened as a DMEXCL file.
        self.exclusive = exclusive
        self.names: list[bytes] = []
        self.next = 0
        self.offset = 0


class Host(Device):
    """The file server of all granted trees; each has a device number of its own."""

    __slots__ = ("_groups", "_names", "_room", "_uid", "handles", "max_directory", "max_files", "scratch", "trees")

    letter = "M"
    name = "mnt"
    too_small = Eshortstat

    def __init__(self, devices: Devices) -> None:
        super().__init__(devices)
        self.trees: list[Tree] = []
        #: A directory that was made for this run.
        self.scratch: bytes | None = None
        #: What is open, and how many may be, None for any number.
        self.handles: set[_Handle] = set()
        self.max_files: int | None = None
        #: How many certainly may be, before there is another look at the host's limit.
        self._room = 0
        #: Entries of a directory that may be listed.
        self.max_directory: int | None = None
        self._uid = os.geteuid()
        self._groups: frozenset[int] | None = None
        self._names: dict[tuple[str, int], bytes] = {}

    def grant(self, path: bytes, readonly: bool = False) -> Chan:
        """The top of the host's directory or file `path` as a channel, to be mounted.  May raise OSError."""
        tree = Tree(path, self.devices.next_dev(), readonly)
        self.trees.append(tree)
        node = _Node(tree, None, b"/", tree.base)
        qid = self._qid(node, self._find(node))
        return Chan(self, qid, Path(b"#M"), dev=tree.dev, aux=node)

    def shutdown(self) -> None:
        """Close the trees, and what is open although the run is over."""
        while self.handles:
            handle = self.handles.pop()
            os.close(handle.descriptor)
            handle.descriptor = -1
        for tree in self.trees:
            tree.close()
        self.trees.clear()
        if self.scratch is not None:
            _remove_tree(self.scratch)
            self.scratch = None

    def make_scratch(self) -> Chan:
        """The top of a new directory of the host's, which goes when the run is over."""
        from tempfile import mkdtemp

        try:
            self.scratch = mkdtemp(prefix="elf9-").encode()
            return self.grant(self.scratch)
        except OSError as error:
            raise host_error(error) from None

    def attach(self, process: Process, spec: bytes) -> Chan:
        raise KernelError(Enoattach)

    # Who and what

    def _need(self, found: os.stat_result, needed: int) -> None:
        """Refuse unless the permission bits give what is needed: 4 read, 2 write, 1 execute or search.

        A server goes by who attached, which was the host owner when the run began: who becomes none later
        still has that owner's rights to what is mounted.
        """
        mode = found.st_mode
        if self._uid in (found.st_uid, 0):
            mode >>= 6
        else:
            if self._groups is None:
                self._groups = frozenset((os.getegid(), *os.getgroups()))
            if found.st_gid in self._groups:
                mode >>= 3
        if mode & needed != needed:
            raise KernelError(Eperm)

    def _need_owner(self, found: os.stat_result) -> None:
        if self._uid not in (found.st_uid, 0):
            raise KernelError(Eperm)

    def _user(self, kind: str, number: int) -> bytes:
        """The name of a host user (`pwd`) or group (`grp`); the number if it has none."""
        if number == (self._uid if kind == "pwd" else os.getegid()):
            return self.devices.host_owner.encode()
        name = self._names.get((kind, number))
        if name is None:
            try:
                if kind == "pwd":
                    import pwd

                    name = os.fsencode(pwd.getpwuid(number).pw_name)
                else:
                    import grp

                    name = os.fsencode(grp.getgrgid(number).gr_name)
            except (KeyError, OSError):
                name = b"%d" % number
            self._names[kind, number] = name
        return name

    def _qid(self, node: _Node, found: os.stat_result) -> Qid:
        return self._qid_of(node.tree, found, bool(node.refusal))

    def _qid_of(self, tree: Tree, found: os.stat_result, opaque: bool) -> Qid:
        number = tree.number(_identity(found))
        changed = found.st_mtime_ns
        # the factors scatter what would else be near each other: a write more, a moment later
        writes = tree.writes.get(number, 0) * 0x85EBCA6B
        vers = (changed >> 10 ^ changed >> 42 ^ found.st_size * 2654435761) + writes & 0xFFFFFFFF
        kind = QTDIR if S_ISDIR(found.st_mode) and not opaque else QTFILE
        return Qid(number, vers, kind | tree.marks.get(number, 0) >> 24)

    def _entry(self, tree: Tree, name: bytes, found: os.stat_result, opaque: bool) -> Dir:
        qid = self._qid_of(tree, found, opaque)
        perm = 0 if opaque else found.st_mode & 0o777
        length = found.st_size if S_ISREG(found.st_mode) and not opaque else 0
        entry = Dir(name, qid, qid.type << 24 | perm, length=length, type=ord("M"), dev=tree.dev)
        entry.atime = int(found.st_atime)
        entry.mtime = int(found.st_mtime)
        entry.uid = entry.muid = self._user("pwd", found.st_uid)
        entry.gid = self._user("grp", found.st_gid)
        return entry

    # Places

    def _find(self, node: _Node) -> os.stat_result:
        """What a node is now; Enonexist if it is not what it was."""
        where = node.where
        try:
            directory = node.tree.enter(where[:-1])
            try:
                found = _lstat(where[-1], directory) if where else os.fstat(directory)
            finally:
                node.tree.leave(directory)
        except OSError as error:
            raise host_error(error) from None
        if node.identity is not None and _identity(found) != node.identity:
            raise KernelError(Enonexist)
        return found

    def _enter(self, node: _Node, flags: int = _THROUGH) -> int:
        """A descriptor of a directory, for `tree.leave`."""
        try:
            descriptor = node.tree.enter(node.where, flags)
        except OSError as error:
            raise host_error(error) from None
        if node.identity is not None and _identity(os.fstat(descriptor)) != node.identity:
            node.tree.leave(descriptor)
            raise KernelError(Enonexist)
        return descriptor

    def _step(self, parent: _Node, name: bytes, directory: int, found: os.stat_result) -> tuple[_Node, os.stat_result]:
        """The file `name` in `parent`, whose descriptor is `directory`; it, or a link, is `found` there."""
        tree = parent.tree
        where = parent.where
        node = _Node(tree, parent, name, (*where, name))
        node.identity = _identity(found)
        if S_ISLNK(found.st_mode):
            node.link = node.identity
            try:
                target = tree.resolve(where, _link_target(name, directory))
            except OSError as error:
                node.refusal = _ERRORS.get(error.errno or 0, Eio)
                return node, found
            if target is None:
                node.refusal = Eperm
                return node, found
            node._where, found = target
            node.identity = _identity(found)
        if not (S_ISREG(found.st_mode) or S_ISDIR(found.st_mode)):
            node.refusal = Eperm
        return node, found

    def walk(self, process: Process, chan: Chan, names: Sequence[bytes]) -> tuple[Chan | None, list[Qid]]:
        node: _Node = chan.aux
        qid = chan.qid
        qids: list[Qid] = []
        try:
            for name in names:
                if not qid.type & QTDIR:
                    raise KernelError(Enotdir)
                if name == b"..":
                    node = node.parent or node
                    qid = self._qid(node, self._find(node))
                else:
                    node, qid = self._child(node, name)
                qids.append(qid)
        except KernelError:
            if not qids:
                raise
            return None, qids
        copy = Chan(self, qid, chan.path, dev=chan.dev, aux=node)
        copy.path.ref += 1
        return copy, qids

    def _child(self, parent: _Node, name: bytes) -> tuple[_Node, Qid]:
        directory = self._enter(parent)
        try:
            self._need(os.fstat(directory), 1)
            node, found = self._step(parent, name, directory, _look(name, directory))
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise KernelError(Enonexist) from None
            raise host_error(error) from None
        finally:
            parent.tree.leave(directory)
        return node, self._qid(node, found)

    def stat(self, process: Process, chan: Chan) -> Dir:
        if chan.flag & COPEN:
            handle: _Handle = chan.aux
            return self._entry(handle.node.tree, handle.node.name, os.fstat(handle.descriptor), False)
        node: _Node = chan.aux
        if node.link is not None and node.refusal:
            return self._entry(node.tree, node.name, self._find_entry(node), True)
        return self._entry(node.tree, node.name, self._find(node), bool(node.refusal))

    # Opening

    def open(self, process: Process, chan: Chan, omode: int) -> Chan:
        node: _Node = chan.aux
        if node.refusal:
            raise KernelError(node.refusal)
        self._need_room()
        mode = open_mode(omode)
        if node.tree.readonly and (mode in (OWRITE, ORDWR) or omode & (OTRUNC | ORCLOSE)):
            raise KernelError(Eperm)
        if omode & ORCLOSE:
            self._need_parent(node)
        if chan.qid.type & QTDIR:
            if omode & ~ORCLOSE != OREAD:
                raise KernelError(Eperm)
            descriptor = self._enter(node, _DIRECTORY)
            try:
                self._need(os.fstat(descriptor), 4)
            except KernelError:
                os.close(descriptor)
                raise
        else:
            descriptor = self._open_file(chan, node, omode)
        return self._opened(chan, node, descriptor, mode)

    def _need_room(self) -> None:
        """As many files as may be open are a reason to refuse another one."""
        if len(self.handles) >= self._room:
            self._room = self._count_room()
            if len(self.handles) >= self._room:
                raise KernelError(Enofd)

    def _count_room(self) -> int:
        """How many files may be open: what the run may have, and the host gives."""
        # the host's numbers are the lowest that are free
        taken = self.trees[-1].top + _RESERVE
        if os.sysconf("SC_OPEN_MAX") - taken <= len(self.handles):
            _raise_limit()
        room = max(0, os.sysconf("SC_OPEN_MAX") - taken)
        return room if self.max_files is None else min(room, self.max_files)

    def _opened(self, chan: Chan, node: _Node, descriptor: int, mode: int) -> Chan:
        handle = chan.aux = _Handle(node, descriptor, bool(chan.qid.type & QTEXCL))
        self.handles.add(handle)
        chan.mode = mode
        chan.offset = 0
        chan.iounit = IOUNIT
        chan.flag |= COPEN
        return chan

    def _open_file(self, chan: Chan, node: _Node, omode: int) -> int:
        tree = node.tree
        found = self._find(node)
        if not S_ISREG(found.st_mode):
            raise KernelError(Enonexist)
        number = tree.number(_identity(found))
        marks = tree.marks.get(number, 0)
        truncate = omode & OTRUNC and not marks & DMAPPEND
        self._need(found, _NEEDED[omode & 3] | (2 if omode & OTRUNC else 0))
        if marks & DMEXCL and number in tree.locked:
            raise KernelError(Elocked)
        flags = _HOST_MODE[omode & 3]
        if truncate and flags == os.O_RDONLY:
            flags = os.O_RDWR
        where = node.where
        try:
            directory = tree.enter(where[:-1])
            try:
                descriptor = _open(where[-1], flags | _FILE, directory)
            finally:
                tree.leave(directory)
            try:
                opened = os.fstat(descriptor)
                if _identity(opened) != _identity(found) or not S_ISREG(opened.st_mode):
                    raise KernelError(Enonexist)
                if truncate:
                    os.ftruncate(descriptor, 0)
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise host_error(error) from None
        if marks & DMEXCL:
            tree.locked.add(number)
        chan.qid = self._qid(node, os.fstat(descriptor) if truncate else found)
        return descriptor

    def create(self, process: Process, chan: Chan, name: bytes, omode: int, perm: int) -> Chan:
        parent: _Node = chan.aux
        tree = parent.tree
        if not chan.qid.type & QTDIR or tree.readonly:
            raise KernelError(Eperm)
        _need_plain(name)
        self._need_room()
        mode = open_mode(omode)
        if perm & DMDIR and omode & ~ORCLOSE != OREAD:
            raise KernelError(Eperm)
        directory = self._enter(parent)
        try:
            above = os.fstat(directory)
            self._need(above, 3)
            if perm & DMDIR:
                os.mkdir(name, perm & 0o777 & above.st_mode, dir_fd=directory)
                descriptor = _open(name, _DIRECTORY, directory)
            else:
                flags = _HOST_MODE[omode & 3] | _FILE | os.O_CREAT | os.O_EXCL
                descriptor = _open(name, flags, directory, perm & (~0o666 | above.st_mode & 0o666) & 0o777)
        except OSError as error:
            raise host_error(error) from None
        finally:
            tree.leave(directory)
        found = os.fstat(descriptor)
        node = _Node(tree, parent, name, (*parent.where, name))
        node.identity = _identity(found)
        number = tree.number(node.identity)
        if perm & _MARKS:
            tree.marks[number] = perm & _MARKS
        if perm & DMEXCL:
            tree.locked.add(number)
        chan.qid = self._qid(node, found)
        return self._opened(chan, node, descriptor, mode)

    def close(self, process: Process, chan: Chan) -> None:
        if not chan.flag & COPEN:
            return
        handle: _Handle = chan.aux
        tree = handle.node.tree
        if handle.exclusive:
            tree.locked.discard(chan.qid.path)
        if handle not in self.handles:
            # the run is over
            return
        self.handles.discard(handle)
        try:
            os.close(handle.descriptor)
        except OSError as error:
            raise host_error(error) from None
        finally:
            handle.descriptor = -1
            if chan.flag & CRCLOSE:
                self._remove(handle.node)

    # Reading and writing

    def read(self, process: Process, chan: Chan, buffer: memoryview, offset: int) -> int:
        handle: _Handle = chan.aux
        try:
            return _preadv(handle.descriptor, (buffer,), offset)
        except OverflowError:
            return 0
        except OSError as error:
            # no file is that long
            if error.errno in (errno.EINVAL, errno.EOVERFLOW):
                return 0
            raise host_error(error) from None

    def write(self, process: Process, chan: Chan, data: memoryview, offset: int) -> int:
        handle: _Handle = chan.aux
        descriptor = handle.descriptor
        if handle.node.tree.marks.get(chan.qid.path, 0) & DMAPPEND:
            offset = os.fstat(descriptor).st_size
        size = len(data)
        data = data[: self.devices.allow(process, size)]
        done = 0
        try:
            while done < len(data):
                done += os.pwrite(descriptor, data[done:] if done else data, offset + done)
        except OverflowError:
            raise KernelError(Etoobig) from None
        except OSError as error:
            if not done:
                raise host_error(error) from None
        if done:
            writes = handle.node.tree.writes
            writes[chan.qid.path] = writes.get(chan.qid.path, 0) + 1
        return done

    def read_directory(self, process: Process, chan: Chan, count: int, offset: int) -> bytes:
        handle: _Handle = chan.aux
        descriptor = handle.descriptor
        try:
            if offset == 0:
                handle.names = self._listing(process, descriptor)
                handle.next = handle.offset = 0
            elif offset != handle.offset:
                raise KernelError(Edirseek)
            parts: list[bytes] = []
            room = count
            while handle.next < len(handle.names) and room > 0:
                data = self._listed(handle.node, handle.names[handle.next], descriptor)
                if len(data) > room:
                    if not parts:
                        raise KernelError(Eshort)
                    break
                handle.next += 1
                parts.append(data)
                room -= len(data)
        except OSError as error:
            raise host_error(error) from None
        handle.offset += count - room
        return b"".join(parts)

    def _listing(self, process: Process, directory: int) -> list[bytes]:
        """The names in a directory, in order; more than the run may have end it."""
        most = self.max_directory
        if most is None:
            return _names(directory)
        names: list[bytes] = []
        with os.scandir(directory) as entries:
            for entry in entries:
                if len(names) == most:
                    process.kernel.limit_reached("directory")
                    return []
                names.append(os.fsencode(entry.name))
        names.sort()
        return names

    def _listed(self, parent: _Node, name: bytes, directory: int) -> bytes:
        """The packed entry of `name`, empty if it is gone meanwhile."""
        try:
            node, found = self._step(parent, name, directory, _lstat(name, directory))
        except FileNotFoundError:
            return b""
        return pack(self._entry(node.tree, name, found, bool(node.refusal)))

    # Changing

    def _need_parent(self, node: _Node) -> None:
        """Removing and renaming need write permission in the directory."""
        if node.parent is None or node.tree.readonly:
            raise KernelError(Eperm)
        self._need(self._find(node.parent), 3)

    def _find_entry(self, node: _Node) -> os.stat_result:
        """What is in the directory under the node's name: the file, or the link to it."""
        assert node.parent is not None
        directory = self._enter(node.parent)
        try:
            found = _lstat(node.name, directory)
        except OSError as error:
            raise host_error(error) from None
        finally:
            node.tree.leave(directory)
        if _identity(found) != (node.link or node.identity):
            raise KernelError(Enonexist)
        return found

    def remove(self, process: Process, chan: Chan) -> None:
        self._remove(chan.aux)

    def _remove(self, node: _Node) -> None:
        self._need_parent(node)
        found = self._find_entry(node)
        assert node.parent is not None
        directory = self._enter(node.parent)
        try:
            if S_ISDIR(found.st_mode):
                os.rmdir(node.name, dir_fd=directory)
            else:
                os.unlink(node.name, dir_fd=directory)
        except OSError as error:
            if error.errno == errno.EEXIST:
                raise KernelError(Enotempty) from None
            raise host_error(error) from None
        finally:
            node.tree.leave(directory)
        if found.st_nlink <= 1 or S_ISDIR(found.st_mode):
            node.tree.forget(_identity(found))

    def wstat(self, process: Process, chan: Chan, data: bytes) -> int:
        handle: _Handle | None = chan.aux if chan.flag & COPEN else None
        node: _Node = chan.aux if handle is None else handle.node
        if node.refusal:
            raise KernelError(node.refusal)
        tree = node.tree
        if tree.readonly:
            raise KernelError(Eperm)
        found = self._find(node)
        old = self._entry(tree, node.name, found, False)
        new = unpack(data)

        # first everything that can be refused, as nothing is changed if one thing is
        renamed = bool(new.name) and new.name != node.name
        if renamed:
            self._need_parent(node)
            _need_plain(new.name)
            self._need_free(node, new.name)
        for wanted, is_ in ((new.uid, old.uid), (new.gid, old.gid)):
            if wanted and wanted != is_:
                raise KernelError(Eperm)
        resized = new.length not in (NO_CHANGE64, old.length)
        if resized:
            if old.qid.type & QTDIR:
                raise KernelError(Eperm)
            self._need(found, 2)
        chmod = new.mode not in (NO_CHANGE32, old.mode)
        if chmod:
            self._need_owner(found)
            if (new.mode ^ old.mode) & ~(_MARKS | 0o777):
                raise KernelError(Eperm)
        touched = new.mtime not in (NO_CHANGE32, old.mtime)
        if touched:
            self._need_owner(found)

        try:
            if resized or chmod or touched:
                self._change(node, found, new, (resized, chmod, touched))
            if renamed:
                self._rename(node, new.name)
        except OverflowError:
            raise KernelError(Ebadarg) from None
        except OSError as error:
            raise host_error(error) from None
        return len(data)

    def _need_free(self, node: _Node, name: bytes) -> None:
        """The new name must not be taken, except by the file itself on a host that folds case."""
        assert node.parent is not None
        directory = self._enter(node.parent)
        try:
            there = _lstat(name, directory)
        except FileNotFoundError:
            return
        except OSError as error:
            raise host_error(error) from None
        finally:
            node.tree.leave(directory)
        if _identity(there) != (node.link or node.identity) or name.lower() != node.name.lower():
            raise KernelError(Eexist)

    def _change(self, node: _Node, found: os.stat_result, new: Dir, what: tuple[bool, bool, bool]) -> None:
        """Length, mode and time of last change, through a descriptor: names could be swapped under us."""
        resized, chmod, touched = what
        tree = node.tree
        where = node.where
        if where:
            directory = tree.enter(where[:-1])
            try:
                descriptor, held = self._hold(where[-1], found, directory, resized)
            finally:
                tree.leave(directory)
        else:
            held = descriptor = _open(b".", _DIRECTORY, tree.top)
        try:
            if _identity(os.fstat(descriptor)) != _identity(found):
                raise KernelError(Enonexist)
            if resized:
                os.ftruncate(descriptor, new.length)
            if chmod:
                os.chmod(held, new.mode & 0o777 | found.st_mode & 0o7000)
                number = tree.number(_identity(found))
                tree.marks.pop(number, None)
                if new.mode & _MARKS:
                    tree.marks[number] = new.mode & _MARKS
            if touched:
                os.utime(held, ns=(found.st_atime_ns, new.mtime * 1_000_000_000))
        finally:
            os.close(descriptor)

    def _hold(self, name: bytes, found: os.stat_result, directory: int, resized: bool) -> tuple[int, int | str]:
        """A descriptor of a file that is to be changed, and what chmod(2) and utime(2) take for it."""
        ways: tuple[int, ...] = (os.O_RDONLY | _FILE, os.O_WRONLY | _FILE)
        if S_ISDIR(found.st_mode):
            ways = (_DIRECTORY,)
        elif resized:
            ways = (os.O_WRONLY | _FILE,)
        for flags in ways:
            try:
                descriptor = _open(name, flags, directory)
            except PermissionError:
                continue
            return descriptor, descriptor
        if resized or not _HOLD:
            raise KernelError(Eperm)
        descriptor = _open(name, _HOLD | _FILE, directory)
        return descriptor, f"/proc/self/fd/{descriptor}"

    def _rename(self, node: _Node, name: bytes) -> None:
        parent = node.parent
        assert parent is not None
        directory = self._enter(parent)
        try:
            found = _lstat(node.name, directory)
            if _identity(found) != (node.link or node.identity):
                raise KernelError(Enonexist)
            os.rename(node.name, name, src_dir_fd=directory, dst_dir_fd=directory)
        finally:
            node.tree.leave(directory)
        above = parent.where
        node.tree.moves.append(((*above, node.name), (*above, name)))


class Scratch(Stand):
    """Stands at /tmp until somebody looks there: then a directory is made for it."""

    __slots__ = ("_host",)

    def __init__(self, host: Host) -> None:
        super().__init__(host.devices, host.letter)
        self._host = host

    def _replace(self, process: Process, chan: Chan) -> Device:
        made = self._host.make_scratch()
        chan.device, chan.dev, chan.qid, chan.aux = self._host, made.dev, made.qid, made.aux
        return self._host
