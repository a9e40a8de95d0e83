"""Every limit of a run ends it with a clear word and status 124, or fails a call; the host's files stay whole."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from elf9.target import TARGETS, Target

from .harness import TOP, binary, targets


@pytest.fixture(params=sorted(TARGETS))
def target(request: pytest.FixtureRequest) -> Target:
    target = TARGETS[request.param]
    if target not in targets():
        pytest.skip(f"the programs for {target.name} are not built")
    return target


def run(
    target: Target, folder: Path, what: str, *options: str, before: str = "", program: str = "limits"
) -> tuple[int, str, str]:
    """Exit status, standard output and error of a run; `before` is Python that the emulator's process does first."""
    words = ["elf9", "run", *options, "--bind", f"{folder}:/g", "--cwd", "/g", str(binary(target, program)), what]
    code = f"import sys, resource; sys.path.insert(0, {str(TOP / 'site_scons')!r}); sys.argv = {words!r}\n{before}\n"
    code += "from elf9.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def test_time(target: Target, tmp_path: Path) -> None:
    began = time.monotonic()
    status, _, said = run(target, tmp_path, "spin", "--timeout", "0.5")
    assert status == 124 and "--timeout" in said
    assert time.monotonic() - began < 10


def test_output(target: Target, tmp_path: Path) -> None:
    status, printed, said = run(target, tmp_path, "output", "--max-output", "100001")
    assert status == 124 and "--max-output" in said
    # all that was allowed has come, and not a byte more
    assert printed == "".join(f"{line:07d}\n" for line in range(12501))[:100001]


def test_output_to_files(target: Target, tmp_path: Path) -> None:
    status, _, said = run(target, tmp_path, "file", "--max-output", "1M")
    assert status == 124 and "--max-output" in said
    assert (tmp_path / "big").read_bytes() == b"x" * (1 << 20)


def test_files_of_a_run_that_is_stopped(target: Target, tmp_path: Path) -> None:
    """What a call has written is there, whole calls only."""
    status, _, _ = run(target, tmp_path, "file", "--timeout", "0.5", "--max-output", "100M")
    assert status == 124
    size = (tmp_path / "big").stat().st_size
    assert 0 < size <= 100 << 20 and (size % 8192 == 0 or size == 100 << 20)


def test_memory(target: Target, tmp_path: Path) -> None:
    status, _, said = run(target, tmp_path, "memory", "--max-memory", "100M", "--timeout", "30")
    assert status == 124 and "--max-memory" in said


def test_files(target: Target, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    status, printed, _ = run(target, tmp_path, "files", "--max-files", "50")
    assert status == 0
    # the program itself is open, too
    assert printed == "49: no free file descriptors: 'f'\n"


def test_the_host_gives_no_more_descriptors(target: Target, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    before = "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))"
    status, printed, _ = run(target, tmp_path, "files", before=before)
    assert status == 0
    count, _, error = printed.partition(": ")
    assert 5 < int(count) < 40 and error == "no free file descriptors: 'f'\n"


@pytest.mark.parametrize("most", range(12, 30, 3))
def test_hardly_any_descriptors(target: Target, tmp_path: Path, most: int) -> None:
    """A host with next to none refuses the run in words, or does it."""
    (tmp_path / "f").write_text("x")
    before = f"resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))"
    status, _, said = run(target, tmp_path, "files", before=before)
    assert status != 125 or "descriptor" in said, said
    assert "Traceback" not in said


def test_processes(target: Target, tmp_path: Path) -> None:
    status, printed, _ = run(target, tmp_path, "processes", "--max-processes", "20")
    assert (status, printed) == (0, "19: no procs\n")


def test_a_bomb(target: Target, tmp_path: Path) -> None:
    began = time.monotonic()
    status, _, said = run(target, tmp_path, "bomb", "--max-processes", "100", "--timeout", "2", "--quiet")
    assert status == 124 and said == ""
    assert time.monotonic() - began < 20


def test_directory(target: Target, tmp_path: Path) -> None:
    for number in range(50):
        os.mknod(tmp_path / str(number))
    status, _, said = run(target, tmp_path, "list", "--max-directory", "49")
    assert status == 124 and "--max-directory" in said
    assert run(target, tmp_path, "list", "--max-directory", "50")[0] == 0


def test_deadlock(target: Target, tmp_path: Path) -> None:
    status, _, said = run(target, tmp_path, "deadlock")
    assert status == 124 and "deadlock" in said


def test_no_room_in_a_file(target: Target, tmp_path: Path) -> None:
    status, _, said = run(target, tmp_path, "file", before="resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))")
    assert status == 1 and "write failed" in said
    assert (tmp_path / "big").stat().st_size == 20000


def test_one_large_call(target: Target, tmp_path: Path) -> None:
    """No single call with a large buffer keeps the run from its limits for long."""
    status, printed, said = run(target, tmp_path, "large")
    assert status == 0, said
    spent = [line.partition(" ms ") for line in printed.splitlines()]
    assert len(spent) > 30
    assert [(milliseconds, what) for milliseconds, _, what in spent if int(milliseconds) > 4000] == []
