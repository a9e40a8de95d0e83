"""The checkout of the launcher's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout that was never used, without compilers, for an ordinary user."""
    return Checkout(tmp_path)
