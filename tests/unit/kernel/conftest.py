"""Booted processes for the tests of files; each must have closed every channel in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .fakes import FakeProcess


@pytest.fixture
def start() -> Iterator[Callable[..., FakeProcess]]:
    """Boots a process with the options given."""
    started: list[FakeProcess] = []

    def boot(**options: object) -> FakeProcess:
        process = FakeProcess(**options)
        started.append(process)
        return process

    yield boot
    for process in started:
        assert process.finish() == []


@pytest.fixture
def process(start: Callable[..., FakeProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProcess:
    """A process in an empty host directory, seen as /t."""
    monkeypatch.chdir(tmp_path)
    return start(binds=[(str(tmp_path), "/t", False)], cwd="/t")
