"""The kernel's error strings, word for word (facts/syscalls.md §1), and how they travel.

Beside `target`, below every room: exec's refusals (`image`) and the kernel's both use them.
"""

from __future__ import annotations

Ebadarg = "bad arg in system call"
Ebadchar = "bad character in file name"
Ebadctl = "bad process or channel control request"
Ebadexec = "exec header invalid"
Ebadfd = "fd out of range or not open"
Ebadsharp = "unknown device in # filename"
Ebadspec = "bad attach specifier"
Ebadstat = "malformed stat buffer"
Ebadusefd = "inappropriate use of fd"
Ecmdargs = "wrong #args in control message"
Edirseek = "seek in directory"
Eexist = "file already exists"
Efilename = "file name syntax"
Egreg = "the front fell off"
Ehungup = "i/o on hungup channel"
Eintr = "interrupted"
Einuse = "device or object already in use"
Eio = "i/o error"
Eioload = "i/o error in demand load"
Eisdir = "file is a directory"
Eismtpt = "is a mount point"
Eisstream = "seek on a stream"
Emount = "inconsistent mount"
Emountrpc = "mount rpc error"
Enegoff = "negative i/o offset"
Enochild = "no living children"
Enoattach = "mount/attach disallowed"
Enocreate = "mounted directory forbids creation"
Enofd = "no free file descriptors"
Enomem = "kernel allocate failed"
Enonexist = "file does not exist"
Enotdir = "not a directory"
Enoprocs = "no procs"
Enoreg = "process has no saved registers"
Enovmem = "virtual memory allocation failed"
Eperm = "permission denied"
Eprocdied = "process exited"
Eshort = "i/o count too small"
Eshortstat = "stat buffer too small"
Eshutdown = "device shut down"
Esoverlap = "segments overlap"
Etoobig = "read or write too large"
Etoolong = "name too long"
Etoosmall = "read or write too small"
Eunion = "not in union"
Eunmount = "not mounted"
Eempty = "empty file name"

#: Size of an error string in bytes, terminating NUL included (errstr(2)).
ERRMAX = 128


class KernelError(Exception):
    """A system call fails: it returns -1 and `text` becomes the error string."""

    def __init__(self, text: str | bytes) -> None:
        super().__init__(text)
        #: Up to 127 bytes; file names inside may be any bytes.
        self.text: bytes = text.encode() if isinstance(text, str) else text


class BadAddress(KernelError):
    """validaddr() fails: a note `sys: bad address in syscall`, then `bad arg in system call`.

    `address` and `length` are what the kernel prints (facts/abi.md §1).
    """

    def __init__(self, address: int, length: int) -> None:
        super().__init__(Ebadarg)
        self.address = address
        self.length = length


class OddAddress(KernelError):
    """evenaddr() fails, on arm64 only: a note `sys: odd address`, then `bad arg in system call`."""

    def __init__(self) -> None:
        super().__init__(Ebadarg)


class Unsupported(Exception):
    """The guest asked for something the emulator does not do: fatal, and the text names it."""
