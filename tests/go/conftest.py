"""Fixtures of the Go tests: the programs, built natively and for Plan 9."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .gotool import Go, build, find


@pytest.fixture(scope="session")
def go() -> Go:
    """The host's Go; without one the tests are skipped, saying why."""
    if "amd64" not in os.environ.get("ELF9_ARCH", "amd64").split(","):
        pytest.skip("Go's port is for amd64, which was not asked for")
    found = find()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def native(go: Go) -> Path:
    """The folder of programs for this host."""
    return build(go, plan9=False)


@pytest.fixture(scope="session")
def plan9(go: Go) -> Path:
    """The folder of programs for Plan 9."""
    return build(go, plan9=True)
