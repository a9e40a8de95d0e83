"""How far each system call is emulated: what a program can see that is different from 9front's kernel.

`DIFFERENCES[number]` is a sentence about such a call; a call that is not there is complete.  docs/syscalls.md is made
from it (`elf9 calls --markdown`).
"""

from __future__ import annotations

from elf9.kernel.syscalls import CALLS

__all__ = ["DIFFERENCES", "argument_names", "state", "summary"]

DIFFERENCES: dict[int, str] = {
    7: "The file is read when the call is made, not page by page: what is written to it later is not seen. An attached "
    "segment that the new program's own would hide ends the run.",
    13: "As mount.",
    22: "On the host's files `DMAPPEND`, `DMEXCL` and `DMTMP` last as long as the run; the host's umask applies, too.",
    29: "A value that there is not ends the process, and that is all: on a kernel, later notes with the same text, "
    "of any process, then leave Broken ones.",
    32: "Pages of data come again from the program's file; if that is gone, the run ends.",
    44: "On the host's files `DMAPPEND`, `DMEXCL` and `DMTMP` last as long as the run; to change owner or group is "
    "`permission denied`.",
    45: "As wstat.",
    46: "Servers are programs of the same run: there is no network. `MCACHE` is taken, and nothing is cached.",
}

#: What an argument is called, by its kind in `CALLS`.
_NAMES = {
    "buf-in": "buf",
    "buf-out": "buf",
    "string-in": "buf",
    "vlong-in": "result",
    "ucount": "n",
    "count": "n",
    "path": "file",
    "ptr": "address",
}


def state(number: int) -> str:
    """`complete`, or `partly`: there is a sentence in DIFFERENCES."""
    return "partly" if number in DIFFERENCES else "complete"


def summary(number: int) -> str:
    """What the call does: the first sentence of its handler's docstring."""
    name, _, handler = CALLS[number]
    if not handler.__doc__:
        return ""
    line = handler.__doc__.strip().split("\n")[0].rstrip(".")
    # `pread(2): text`, `sleep(ms): text`
    head, colon, text = line.partition(": ")
    if colon and head.split("(")[0].strip("_") == name.strip("_"):
        return text
    return line


def argument_names(number: int) -> str:
    """`fd, buf, n, offset`, in the order of the slots."""
    return ", ".join(_NAMES.get(kind, kind) for kind in CALLS[number][1])
