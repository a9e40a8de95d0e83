"""What the first process finds: devices, name space, descriptors, environment, a place to be.

`boot` does the part of the kernel's first process (initcode) and of the init that follows it:

    #c after /dev     #d on /fd     #ec and #e on /env     /dev/cons as descriptors 0, 1 and 2

and then grants what the user named.  Nothing of the host is visible but that.

- `--root DIR`: DIR is `/`, writable; the kernel's own root shows through behind it, so that
  /dev, /env and /fd are there in any case.
- `--bind HOST:GUEST[:ro]`: a directory or a single file of the host at GUEST.  Directories on
  the way to it that do not exist are made, in memory.  What is granted at `/` is a root.
- Neither: the host's current directory, readable and writable, at the same path as on the
  host, which is where the process starts.
- `--cwd DIR`: where the process starts; else the host's current directory if that was granted
  by default, else `/`.
- /tmp, unless something was granted there, is an empty directory of the host's of its own: made when
  somebody looks there, removed with all that is in it when the run is over.

Sources: initcode.c, main.c (init0), bootrc; facts/devices.md §1.
"""

from __future__ import annotations

import os

from elf9.errors import KernelError
from elf9.kernel.chan import OREAD, OWRITE, Chan, FdTable, Path, clone, close
from elf9.kernel.dev.cons import Cons
from elf9.kernel.dev.device import Devices, Stand
from elf9.kernel.dev.dup import Dup
from elf9.kernel.dev.env import Env, Environment
from elf9.kernel.dev.host import Host, Scratch
from elf9.kernel.dev.root import Root
from elf9.kernel.namespace import (
    MAFTER,
    MBEFORE,
    MCREATE,
    MREPL,
    Abind,
    Amount,
    Aopen,
    Atodir,
    NameSpace,
    bind,
    namec,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from elf9.kernel.process import Process

    class BootOptions(Protocol):
        """What `boot` reads of the run's options."""

        @property
        def root(self) -> str | None:
            """Host directory that becomes `/`."""

        @property
        def binds(self) -> Sequence[tuple[str, str | bytes, bool]]:
            """Host path, guest path, read-only."""

        @property
        def cwd(self) -> str | bytes | None:
            """Guest directory to start in."""

        @property
        def env(self) -> Mapping[bytes, bytes]:
            """Variables of the first process."""

        @property
        def max_output(self) -> int | None:
            """Bytes the guest may write to the console and to files."""

        @property
        def max_files(self) -> int | None:
            """Host descriptors that the guest's files may take at a time."""

        @property
        def max_directory(self) -> int | None:
            """Entries of a directory of the host that may be listed."""

        @property
        def stdin(self) -> int:
            """Host descriptor behind the guest's 0."""

        @property
        def stdout(self) -> int:
            """Host descriptor behind the guest's 1."""

        @property
        def stderr(self) -> int:
            """Host descriptor behind the guest's 2."""


#: Devices that few programs need: letter, module of kernel.dev, class.
_LAZY = {
    "|": ("pipe", "Pipe"),
    "p": ("proc", "Proc"),
    "s": ("srv", "Srv"),
    "g": ("segment", "Segments"),
    "σ": ("shr", "Shr"),
    "¶": ("swap", "Swap"),
}

#: Where some of them are mounted nevertheless.
_STANDING = (("p", b"/proc", MREPL), ("s", b"/srv", MREPL | MCREATE), ("σ", b"/shr", MREPL), ("¶", b"/dev", MAFTER))

__all__ = ["BootError", "boot", "host_file", "make_devices", "shutdown"]


class BootError(Exception):
    """What the user asked for cannot be granted; the text is for the user."""


def make_devices(
    host_owner: str, *, max_output: int | None = None, descriptors: tuple[int, int, int] = (0, 1, 2)
) -> Devices:
    """The devices of a kernel, in the order of /dev/drivers; `descriptors` are what Cons says."""
    devices = Devices(host_owner, max_output)
    devices.add(Root(devices))
    devices.add(Cons(devices, descriptors))
    devices.add(Env(devices))
    devices.add(Host(devices))
    devices.add(Dup(devices))
    devices.lazy.update(_LAZY)
    return devices


def boot(process: Process, options: BootOptions) -> None:
    """Give the first process devices, `slash`, `dot`, `namespace`, `environment` and `fds`.

    Sets `process.kernel.devices`, too.  `process` has its kernel and user and need not have
    memory yet.  Raises BootError for a wish that cannot be granted.
    """
    kernel = process.kernel
    _hold_standard_descriptors()
    descriptors = (options.stdin, options.stdout, options.stderr)
    devices = kernel.devices = make_devices(process.user, max_output=options.max_output, descriptors=descriptors)
    trees = devices.by_letter["M"]
    assert isinstance(trees, Host)
    trees.max_files, trees.max_directory = options.max_files, options.max_directory
    process.namespace = NameSpace(devices)
    process.environment = Environment()
    process.fds = FdTable()
    slash = devices.by_letter["/"].attach(process, b"")
    slash.path.close(process)
    slash.path = Path(b"/")
    process.slash = slash
    process.dot = clone(process, slash)

    start = os.fsencode(options.cwd) if options.cwd is not None else b"/"
    grants = [(os.fsencode(host), os.fsencode(guest), readonly) for host, guest, readonly in options.binds]
    if options.root is None and not grants:
        try:
            here = os.getcwdb()
        except FileNotFoundError:
            raise BootError("the current directory is gone; go to another one, or name one to be granted") from None
        grants.append((here, here, False))
        if options.cwd is None:
            start = here
    if options.root is not None:
        grants.insert(0, (os.fsencode(options.root), b"/", False))
    for host, guest, readonly in grants:
        if _is_root(guest):
            _grant_root(process, host, readonly)
    _mount(process, b"#c", b"/dev")
    _bind_name(process, b"#d", b"/fd", MREPL)
    _mount(process, b"#ec", b"/env")
    _bind_name(process, b"#e", b"/env", MCREATE | MAFTER)
    for letter, name, flag in _STANDING:
        place = namec(process, name, Amount)
        root = Stand(devices, letter).root()
        bind(process, root, place, flag)
        close(process, root)
        close(process, place)
    # before the user's files come, which may lie at /dev
    _open_console(process, descriptors)
    for host, guest, readonly in grants:
        if not _is_root(guest):
            grant(process, host, guest, readonly)
    _provide_scratch(process)
    top = devices.by_letter["/"]
    assert isinstance(top, Root)
    top.complete = True
    _set_environment(process, options.env)
    try:
        dot = namec(process, start, Atodir)
    except KernelError as error:
        raise BootError(f"cannot start in {_text(start)}: {_text(error.text)}; choose a granted directory") from None
    close(process, process.dot)
    process.dot = dot


def _provide_scratch(process: Process) -> None:
    """See to /tmp."""
    host = process.kernel.devices.by_letter["M"]
    assert isinstance(host, Host)
    _make_place(process, b"/tmp", True)
    place = namec(process, b"/tmp", Amount)
    top = process.kernel.devices.by_letter["/"]
    assert isinstance(top, Root)
    if place.device is top and place.key not in process.namespace.heads:
        root = Scratch(host).root()
        # what was granted below it stays
        bind(process, root, place, MCREATE | (MREPL if top.empty(place) else MAFTER))
        close(process, root)
    close(process, place)


def shutdown(process: Process) -> None:
    """Let go of the host's trees and its terminal when the run is over."""
    console = process.kernel.devices.by_letter["c"]
    assert isinstance(console, Cons)
    console.shutdown()
    host = process.kernel.devices.by_letter["M"]
    assert isinstance(host, Host)
    host.shutdown()


def grant(process: Process, host: bytes, guest: bytes, readonly: bool) -> None:
    """Mount the host's directory or file `host` at `guest` (an absolute guest path).  Raises BootError."""
    if not guest.startswith(b"/"):
        raise BootError(f"cannot bind {_text(host)} at {_text(guest)}: the guest path must start with /")
    tree = _tree(process, host, readonly)
    try:
        _make_place(process, guest, bool(tree.qid.type & 0x80))
        place = namec(process, guest, Amount)
        try:
            bind(process, tree, place, MREPL | (MCREATE if not readonly else 0))
        finally:
            close(process, place)
    except KernelError as error:
        raise BootError(f"cannot bind {_text(host)} at {_text(guest)}: {_text(error.text)}") from None
    finally:
        close(process, tree)


def host_file(process: Process, path: bytes) -> Chan:
    """A channel, not open, of the host's regular file `path`, whatever was granted; read-only.

    For the program that the user named: `chan.device.open(process, chan, OEXEC)`.  Its path text is
    the host's.  Raises OSError.
    """
    host = process.kernel.devices.by_letter["M"]
    assert isinstance(host, Host)
    chan = host.grant(path, True)
    chan.path.close(process)
    chan.path = Path(os.path.abspath(path))
    return chan


def _hold_standard_descriptors() -> None:
    """If the host started us with 0, 1 or 2 closed, no file may get that number: console output would go there.

    What is put there fails to be read or written, as the closed descriptor would.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if descriptor else os.O_WRONLY)


def _text(name: bytes) -> str:
    return name.decode(errors="replace")


def _tree(process: Process, host: bytes, readonly: bool) -> Chan:
    device = process.kernel.devices.by_letter["M"]
    assert isinstance(device, Host)
    try:
        return device.grant(host, readonly)
    except OSError as error:
        raise BootError(f"cannot grant {_text(host)}: {error.strerror}") from None
    except KernelError as error:
        raise BootError(f"cannot grant {_text(host)}: {_text(error.text)}") from None


def _bind_name(process: Process, new: bytes, old: bytes, flag: int) -> None:
    """bind(2) from within the kernel."""
    source = namec(process, new, Abind)
    try:
        place = namec(process, old, Amount)
        try:
            bind(process, source, place, flag)
        finally:
            close(process, place)
    finally:
        close(process, source)


def _mount(process: Process, device: bytes, place: bytes) -> None:
    """A device behind the kernel's own empty directory, but before a directory of the host's."""
    chan = namec(process, place, Amount)
    letter = chan.device.letter
    close(process, chan)
    _bind_name(process, device, place, MAFTER if letter == "/" else MBEFORE)


def _is_root(guest: bytes) -> bool:
    """Whether a guest path is `/`, however it is written."""
    return guest.startswith(b"/") and all(name in (b"", b".") for name in guest.split(b"/"))


def _grant_root(process: Process, host: bytes, readonly: bool) -> None:
    tree = _tree(process, host, readonly)
    if not tree.qid.type & 0x80:
        close(process, tree)
        raise BootError(f"cannot use {_text(host)} as root: it is not a directory")
    place = namec(process, b"/", Amount)
    bind(process, tree, place, MBEFORE | (0 if readonly else MCREATE))
    close(process, place)
    close(process, tree)


def _make_place(process: Process, guest: bytes, directory: bool) -> None:
    """See to it that `guest` exists, to be mounted upon: what is missing is made in memory."""
    names = [name for name in guest.split(b"/") if name not in (b"", b".")]
    if b".." in names:
        raise KernelError("file name syntax")
    root = process.kernel.devices.by_letter["/"]
    assert isinstance(root, Root)
    for count in range(len(names) + 1):
        try:
            chan = namec(process, b"/" + b"/".join(names[:count]), Amount)
        except KernelError:
            break
        close(process, chan)
    else:
        return
    present, missing = names[: count - 1], names[count - 1 :]
    parent = namec(process, b"/" + b"/".join(present), Amount)
    try:
        mounted = process.namespace.heads.get(parent.key)
        near = parent if mounted is None else mounted.mounts[0].to
        if near.device is root:
            root.make(near, missing, directory)
            return
        # a directory of the host's: put one in memory behind it
        behind = root.hidden()
        root.make(behind, missing, directory)
        try:
            if mounted is None:
                bind(process, behind, parent, MREPL)
                bind(process, parent, parent, MBEFORE | MCREATE)
            else:
                bind(process, behind, parent, MAFTER)
        finally:
            close(process, behind)
    finally:
        close(process, parent)


def _set_environment(process: Process, variables: Mapping[bytes, bytes]) -> None:
    """The kernel's own variables, then the user's."""
    target = process.kernel.target.name.encode()
    for name, value in ((b"cputype", target), (b"objtype", target), (b"service", b"terminal"), (b"terminal", target)):
        process.environment.set(name, value)
    for key, text in variables.items():
        process.environment.set(key, text)


def _open_console(process: Process, descriptors: tuple[int, int, int]) -> None:
    """Descriptors 0, 1 and 2, each tied to one of the host's."""
    for descriptor, mode in zip(descriptors, (OREAD, OWRITE, OWRITE), strict=True):
        chan = namec(process, b"/dev/cons", Aopen, mode)
        chan.aux = descriptor
        process.fds.add(process, chan)
