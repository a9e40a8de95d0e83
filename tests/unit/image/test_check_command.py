"""The command line of `elf9 check`: exit status, output, input that cannot be read."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

import pytest

from elf9.cli import check
from elf9.image.rules import RULES

from .builder import Elf


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    return check.main(parser.parse_args(words))


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good").write_bytes(Elf().build())
    (tmp_path / "warned").write_bytes(Elf(p_types=(1, 0)).build())
    (tmp_path / "bad").write_bytes(Elf(entry=0).build())
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "zeros").write_bytes(bytes(8192))
    return tmp_path


def test_status(files, capsys):
    assert run("good") == 0
    assert run("warned") == 0
    assert run("bad") == 1
    assert run("good", "bad") == 1
    assert run("good", "missing") == 2
    assert run("missing", "bad") == 2
    assert run() == 2
    out = capsys.readouterr()
    assert "Traceback" not in out.err + out.out
    assert "elf9 check: missing: no such file or directory" in out.err


@pytest.mark.parametrize("name", ["empty", "zeros"])
def test_useless_files_get_the_kernels_error(files, capsys, name):
    assert run(name) == 1
    assert f"{name}: no program: exec refuses it: exec header invalid" in capsys.readouterr().out


def test_a_text_is_no_program(files, capsys):
    (files / "notes").write_text("some words\n")
    assert run("notes") == 1
    first, second, why, cure, count = capsys.readouterr().out.splitlines()
    assert first == "notes: no program: exec refuses it: exec header invalid"
    assert second == "  error magic: file offset 0x0"
    assert why.startswith("    the file starts with `some`, which is neither an a.out of this machine, nor an ELF file")
    assert cure.startswith("    cure: name the program that was built")
    assert count == "  1 error"


def test_what_cannot_be_read(files, capsys):
    (files / "folder").mkdir()
    os.mkfifo(files / "pipe")
    assert run("folder", "pipe", "/dev/zero", "a\0b") == 2
    err = capsys.readouterr().err.splitlines()
    assert err[0] == "elf9 check: folder: is a directory"
    assert err[1] == "elf9 check: pipe: not a regular file"
    assert err[2] == "elf9 check: /dev/zero: not a regular file"
    assert len(err) == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_no_permission(files, capsys):
    (files / "bad").chmod(0)
    assert run("bad") == 2
    assert "permission denied" in capsys.readouterr().err


def test_a_huge_file_is_not_read(files, capsys):
    with open("huge", "wb") as file:
        file.truncate((1 << 30) + 1)
    assert run("huge") == 2
    assert "file too large to check" in capsys.readouterr().err


def test_json(files, capsys):
    assert run("--json", "good", "bad", "missing") == 2
    made = json.loads(capsys.readouterr().out)
    assert made["schema"] == 1
    assert [(report["path"], report["ok"]) for report in made["files"]] == [("good", True), ("bad", False)]
    assert made["unreadable"] == [{"path": "missing", "message": "no such file or directory"}]


def test_arch(files, capsys):
    assert run("--arch", "arm64", "good") == 1
    assert "e-machine" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        run("--arch", "sparc", "good")
    assert caught.value.code == 2


def test_rules(capsys):
    assert run("--rules") == 0
    out = capsys.readouterr().out
    assert run("--rules", "--json") == 0
    assert [rule["rule"] for rule in json.loads(capsys.readouterr().out)] == list(RULES)
    for rule in RULES.values():
        assert f"{rule.id} ({rule.severity}): {rule.title}\n" in out


def test_as_a_module_and_into_a_closed_pipe(files):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "elf9.cli.check"]
    done = subprocess.run([*command, "good"], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("good: elf, amd64: exec loads it\n")
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run([*command, "--rules"], stdout=writer, stderr=subprocess.PIPE, env=environment, check=False)
    os.close(writer)
    assert closed.stderr == b""
