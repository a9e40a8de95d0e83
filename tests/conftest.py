"""What all tests share: hypothesis without a clock, and signals that end programs.

A clock proves nothing on a busy host.  A shell that starts the tests in the background has interrupts
ignored, and so would all programs that the tests start and interrupt.
"""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("elf9", deadline=None)
settings.load_profile("elf9")

for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _handler)
