"""What a build says: one line a step, everything about a failure, a running count on a terminal.

Standard output carries steps, standard error what is wrong.  Colours only on a terminal, and not
when NO_COLOR is set (https://no-color.org) or TERM is `dumb`.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

__all__ = ["Output", "shown"]

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"

_TAG_COLOURS = {"PASS": _GREEN, "FAIL": _RED, "RUN": _BOLD, "WARN": _YELLOW}


#: A build with no more steps shows no running count.
_FEW = 20


def shown(argv: Sequence[str]) -> str:
    """A command line as one would type it in a shell."""
    return " ".join(shlex.quote(word) for word in argv)


@contextlib.contextmanager
def _reader_may_leave(stream: TextIO) -> Iterator[None]:
    """As with `scons | head`: the build goes on, and what it still says goes nowhere."""
    try:
        yield
    except BrokenPipeError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


class Output:
    """The one place that prints, so that lines of parallel steps never mix."""

    def __init__(self, *, verbose: bool, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.verbose = verbose
        self._out = stdout or sys.stdout
        self._err = stderr or sys.stderr
        self._lock = threading.Lock()
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "dumb") == "dumb"
        #: Whether a compiler should colour its messages.
        self.colour = self._err.isatty() and not plain
        self._colour_out = self._out.isatty() and not plain
        self._status = self._colour_out
        self._status_shown = False
        self._done = 0
        self._total = -1
        #: Says how many steps there are at most; asked once, and only where the count is shown.
        self.count: Callable[[], int] = int

    def paint(self, text: str, code: str) -> str:
        """`text` in a colour if standard output takes one."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour_out else text

    def line(self, tag: str, where: str, what: str) -> str:
        """`  CC      amd64/debug examples/hello/hello.c`, without colours."""
        return " ".join(word for word in (f"  {tag:<7}", where, what) if word)

    def step(self, text: str, more: str = "") -> None:
        """Print a step's line, made by `line`, and more lines that belong to it."""
        tag = text[2:9].rstrip() if text.startswith("  ") else ""
        if tag.isupper():
            text = f"  {self.paint(f'{tag:<7}', _TAG_COLOURS.get(tag, _CYAN))}{text[9:]}"
        if more:
            text = f"{text}\n{more.removesuffix(chr(10))}"
        with self._lock, _reader_may_leave(self._out):
            self._done += 1
            self._clear()
            print(text, file=self._out)
            if self._status:
                self._show_count()
            self._out.flush()

    def say(self, text: str) -> None:
        """Print text that belongs to a step, as it is."""
        with self._lock, _reader_may_leave(self._out):
            self._clear()
            self._out.write(text if text.endswith("\n") or not text else text + "\n")
            self._out.flush()

    def problem(self, text: str) -> None:
        """Print what is wrong, on standard error."""
        with self._lock, _reader_may_leave(self._err):
            self._clear()
            self._err.write(text if text.endswith("\n") or not text else text + "\n")
            self._err.flush()

    def warn(self, text: str) -> None:
        """Something to know that does not stop the build."""
        prefix = "\x1b[33melf9:\x1b[0m" if self.colour else "elf9:"
        self.problem(f"{prefix} {text}")

    def close(self) -> None:
        """Take the running count off the terminal."""
        with self._lock, _reader_may_leave(self._out):
            self._clear()
            self._out.flush()

    def _show_count(self) -> None:
        """A last line that the next one replaces; not for a build of a few steps.

        The cursor stays at its beginning, for SCons prints its errors without asking us.
        """
        if self._total < 0:
            self._total = self.count()
        if self._total > _FEW and self._done < self._total:
            self._out.write(self.paint(f"  [{self._done} of at most {self._total}]", _DIM) + "\r")
            self._status_shown = True

    def _clear(self) -> None:
        if self._status_shown:
            self._out.write("\r\x1b[2K")
            self._out.flush()
            self._status_shown = False
