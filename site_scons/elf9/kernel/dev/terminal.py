"""The host's terminal in raw mode, for /dev/consctl; imported when a program first asks for it.

What kbdfs(8) does in raw mode: nothing is echoed, and each character can be read as soon as it is typed and means
nothing special.  Ctrl-\\ alone stays with the emulator.  The Enter key gives a newline and the erase key a backspace,
as Plan 9's keyboard does.

The terminal is put back when the run ends.  If this process dies without that (SIGKILL, an abort in a library), a
helper process, which waits for nothing else, does it.
"""

from __future__ import annotations

import os
import sys
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Terminal"]

_BACKSPACE = 0x08
_IFLAG, _LFLAG, _CC = 0, 3, 6

#: What the helper runs: wait until the pipe on descriptor 3 closes; a byte before that says that all is well.  Not
#: if the terminal has been lent to another process group: a shell that has taken it back sets it itself.
_HELPER = """\
import ast, os, sys, termios
if not os.read(3, 1):
    try:
        ours = os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        ours = True
    if ours:
        termios.tcsetattr(0, termios.TCSANOW, ast.literal_eval(sys.argv[1]))
"""


class Terminal:
    """The terminal on host descriptor `descriptor`.  Raises OSError if it is none."""

    __slots__ = ("_descriptor", "_helper", "_old", "erase", "raw")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.raw = False
        try:
            self._old: list[Any] = termios.tcgetattr(descriptor)
        except termios.error as error:
            raise OSError(*error.args) from error
        #: What the erase key sends.
        self.erase: int = self._old[_CC][termios.VERASE][0]
        #: Pid of the helper and the descriptor of its pipe, once there is one.
        self._helper: tuple[int, int] | None = None

    def set_raw(self, raw: bool) -> None:
        """Switch raw mode on or off; a terminal that has gone away is none of the guest's business."""
        if raw == self.raw:
            return
        new = self._old
        if raw:
            if self._helper is None:
                self._helper = self._start_helper()
            new = [*self._old[:_CC], list(self._old[_CC])]
            new[_IFLAG] &= ~(termios.IXON | termios.ISTRIP | termios.INLCR | termios.IGNCR)
            new[_LFLAG] &= ~(termios.ICANON | termios.ECHO | termios.ECHONL | termios.IEXTEN)
            disabled = os.fpathconf(self._descriptor, "PC_VDISABLE").to_bytes(1, "little")
            for name in ("VINTR", "VSUSP", "VDSUSP", "VSTATUS"):
                if hasattr(termios, name):
                    new[_CC][getattr(termios, name)] = disabled
            new[_CC][termios.VMIN], new[_CC][termios.VTIME] = 1, 0
        self._set(new)
        self.raw = raw

    def cooked_keys(self, buffer: memoryview) -> None:
        """Turn what the erase key sent into backspaces, in place."""
        for at, byte in enumerate(buffer):
            if byte == self.erase:
                buffer[at] = _BACKSPACE

    def close(self) -> None:
        """Put the terminal back, and let the helper go."""
        self.set_raw(False)
        if self._helper is not None:
            pid, pipe = self._helper
            self._helper = None
            os.write(pipe, b".")
            os.close(pipe)
            os.waitpid(pid, 0)

    def _set(self, attributes: list[Any]) -> None:
        try:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
        except termios.error:
            return

    def _start_helper(self) -> tuple[int, int] | None:
        """None if the host does not let us."""
        import signal

        # Whatever ends us must not end the helper, nor must the terminal stop it.
        masked = {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGTTOU}
        reader, writer = os.pipe()
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-ISc", _HELPER, repr(self._old)],
                {},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, reader, 3),
                    (os.POSIX_SPAWN_DUP2, self._descriptor, 0),
                    *((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)),
                ],
                setsigmask=masked,
            )
        except OSError:
            os.close(writer)
            return None
        finally:
            os.close(reader)
        return pid, writer
