"""What all tests share: hypothesis without a clock, signals that end programs, the compiled runtime.

A clock proves nothing on a busy host.  A shell that starts the tests in the background has interrupts
ignored, and so would all programs that the tests start and interrupt.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings
from tests import runtime

settings.register_profile("elf9", deadline=None)
settings.load_profile("elf9")

for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _handler)


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runtime's objects for all machines, modes and flavours, as a build keeps them."""
    return runtime.built(tmp_path_factory) / runtime.KEPT
