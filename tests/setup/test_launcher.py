"""./scons: sets a checkout up, repairs it, and otherwise only hands its arguments on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from elf9.build.toolchain import install_hint
from elf9.target import TARGETS

from .checkout import ROOT, Checkout, Outcome


def installs(calls: list[str]) -> list[str]:
    return [call for call in calls if call.startswith("pip")]


def test_first_use_sets_up_and_runs_scons_in_the_checkout(checkout: Checkout) -> None:
    outcome = checkout.compilers().run("examples/hello", "MODE=release", "-j 2")
    assert outcome.scons["arguments"] == ["-Q", "examples/hello", "MODE=release", "-j 2"]
    assert outcome.scons["folder"] == str(checkout.path)
    assert outcome.scons["python"] == str(checkout.path / ".venv/bin/python")
    assert str(checkout.path / "site_scons") in outcome.scons["path"]  # type: ignore[operator]
    assert "first use" in outcome.stderr and "set up with Python 3.11" in outcome.stderr
    [install] = installs(checkout.calls())
    assert "--require-hashes" in install and "--only-binary :all:" in install and "requirements.lock" in install


def test_later_uses_start_nothing_but_scons(checkout: Checkout) -> None:
    checkout.compilers().run()
    checkout.calls()
    checkout.script("python3", "#!/bin/sh\necho python3 >>$FAKE/calls\nexit 1\n")
    outcome = checkout.run("test")
    assert outcome.scons["arguments"] == ["-Q", "test"]
    assert outcome.stderr == ""
    assert checkout.calls() == []


@pytest.mark.parametrize("name", ["with a space", "$dollar", "-dash", "ünï", "it's"])
def test_any_folder_name(tmp_path: Path, name: str) -> None:
    checkout = Checkout(tmp_path, name).compilers()
    assert checkout.run("a b").scons["arguments"] == ["-Q", "a b"]
    assert checkout.run("a b").stderr == ""


def test_through_symlinks(checkout: Checkout, tmp_path: Path) -> None:
    checkout.compilers()
    (tmp_path / "far").symlink_to(checkout.path / "scons")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "near").symlink_to("../far")
    outcome = checkout.run(program=str(tmp_path / "folder" / "near"))
    assert outcome.scons["folder"] == str(checkout.path)


def test_exit_status_is_that_of_scons(checkout: Checkout) -> None:
    checkout.compilers()
    (checkout.fake / "SCons" / "__main__.py").write_text("import sys; sys.exit(2)")
    assert checkout.run().status == 2


def test_python_variables_of_the_user_do_no_harm(checkout: Checkout) -> None:
    checkout.compilers()
    outcome = checkout.run(PYTHONHOME="/nonexistent", PYTHONPATH="/nonexistent")
    assert "/nonexistent" not in outcome.scons["path"]  # type: ignore[operator]


def test_half_made_venv_is_made_again(checkout: Checkout) -> None:
    checkout.compilers().run()
    (checkout.path / ".venv" / "elf9-stamp").unlink()
    rubbish = checkout.path / ".venv" / "bin" / "rubbish"
    rubbish.touch()
    outcome = checkout.run()
    assert outcome.scons
    assert "making .venv again" in outcome.stderr
    assert not rubbish.exists()


def test_changed_lock_refreshes(checkout: Checkout) -> None:
    checkout.compilers().run()
    (checkout.path / "requirements.lock").write_text("scons==2\n")
    checkout.calls()
    assert checkout.run().scons
    assert len(installs(checkout.calls())) == 1
    assert checkout.run().stderr == ""


def test_vanished_python_refreshes(checkout: Checkout) -> None:
    checkout.compilers().run()
    python = checkout.path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python3.10")
    assert "making .venv again" in checkout.run().stderr
    assert checkout.run().stderr == ""


def test_another_python_asked_for_refreshes(checkout: Checkout) -> None:
    checkout.compilers().run()
    shutil.copy(checkout.bin / "python3", checkout.bin / "my python")
    python = str(checkout.bin / "my python")
    assert "making .venv again" in checkout.run(ELF9_PYTHON=python).stderr
    assert checkout.run(ELF9_PYTHON=python).stderr == ""
    assert checkout.run().stderr == ""


@pytest.mark.parametrize("name", ["moved", "moved with space"])
def test_moved_checkout_needs_no_network(tmp_path: Path, name: str) -> None:
    checkout = Checkout(tmp_path, "before").compilers()
    checkout.run()
    scripts = checkout.path / ".venv" / "bin"
    (scripts / "tool").write_text(f"#!{scripts}/python\nprint('tool')\n")
    (scripts / "tool").chmod(0o755)
    checkout.calls()
    checkout.path = checkout.path.rename(tmp_path / name)
    (checkout.fake / "no-network").touch()
    outcome = checkout.run()
    assert outcome.scons["folder"] == str(tmp_path / name)
    assert f"moved here from {tmp_path}/before" in outcome.stderr
    assert checkout.calls() == []
    for script, output in (("tool", "tool\n"), ("elf9", "elf9 x 1 1\n")):
        command = [str(checkout.path / ".venv" / "bin" / script), "x"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == output
    assert checkout.run().stderr == ""


def test_elf9_is_the_package_of_the_checkout(tmp_path: Path) -> None:
    for name in ("plain", "with a space", "long" * 40):
        checkout = Checkout(tmp_path / name[:8], name).compilers()
        checkout.run()
        script = checkout.path / ".venv" / "bin" / "elf9"
        done = subprocess.run([str(script), "run", "a b"], capture_output=True, text=True, check=True, cwd="/")
        assert done.stdout == "elf9 run a b 1 1\n"


def test_scons_of_the_checkout_is_as_quiet_as_the_launcher(tmp_path: Path) -> None:
    for name in ("plain", "with a space", "it's $HOME"):
        checkout = Checkout(tmp_path / name[:4], name).compilers()
        checkout.run()
        done = subprocess.run(
            [checkout.path / ".venv/bin/scons", "a b"], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert Outcome(0, done.stdout, "").scons["arguments"] == ["-Q", "a b"]


def test_failed_install_says_why_and_where_the_log_is(checkout: Checkout) -> None:
    checkout.compilers()
    (checkout.fake / "no-network").touch()
    outcome = checkout.run()
    assert outcome.status == 1
    assert outcome.stdout == ""
    assert "could not make .venv" in outcome.stderr
    assert "ERROR: No matching distribution found for scons" in outcome.stderr
    assert "no connection: NameResolutionError(no such host)" in outcome.stderr
    assert str(checkout.path / ".venv/setup.log") in outcome.stderr
    assert "Traceback" not in outcome.stderr
    (checkout.fake / "no-network").unlink()
    assert checkout.run().scons


def test_two_first_uses_at_once(checkout: Checkout) -> None:
    checkout.compilers()
    (checkout.fake / "slow").write_text("1")
    first = checkout.start()
    deadline = time.monotonic() + 20
    while not (checkout.fake / "calls").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    second = checkout.start()
    outputs = [process.communicate(timeout=60) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert "waiting for another set-up" in outputs[1][1]
    assert len(installs(checkout.calls())) == 1


def test_interrupted_set_up_is_begun_again(checkout: Checkout) -> None:
    checkout.compilers()
    (checkout.fake / "slow").write_text("30")
    process = checkout.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if (checkout.fake / "calls").exists() and "pip" in (checkout.fake / "calls").read_text():
            break
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (130, "")
    assert "interrupted" in stderr and "Traceback" not in stderr
    (checkout.fake / "slow").unlink()
    assert "making .venv again" in (outcome := checkout.run()).stderr
    assert outcome.scons


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_checkout(checkout: Checkout) -> None:
    checkout.compilers()
    checkout.path.chmod(0o555)
    outcome = checkout.run()
    assert outcome.status == 1
    assert "cannot make" in outcome.stderr and "must be writable" in outcome.stderr


def test_ready_checkout_is_not_written_to(checkout: Checkout) -> None:
    checkout.compilers().run()
    before = {path: path.stat().st_mtime_ns for path in checkout.path.rglob("*") if "__pycache__" not in str(path)}
    assert checkout.run().scons
    after = {path: path.stat().st_mtime_ns for path in checkout.path.rglob("*") if "__pycache__" not in str(path)}
    assert after == before


# ---- Python ----


def test_no_python(checkout: Checkout) -> None:
    checkout.compilers()
    (checkout.bin / "python3").unlink()
    outcome = checkout.run()
    assert outcome.status == 1
    assert "Python 3.11 or later is needed; there is no python3" in outcome.stderr
    for command in ("apt-get install", "dnf install", "pacman -S", "brew install", "ELF9_PYTHON="):
        assert command in outcome.stderr


def test_python_too_old(checkout: Checkout) -> None:
    outcome = checkout.compilers().run(FAKE_TOO_OLD="1")
    assert outcome.status == 1
    assert "Python 3.11 or later is needed; there is Python 3.9.2" in outcome.stderr


def test_newer_python_beside_an_old_one(checkout: Checkout) -> None:
    checkout.compilers()
    (checkout.bin / "python3").rename(checkout.bin / "python3.12")
    checkout.script("python3", "#!/bin/sh\nexit 1\n")
    assert checkout.run().scons


def test_python_asked_for_is_not_there(checkout: Checkout) -> None:
    outcome = checkout.compilers().run(ELF9_PYTHON="/nonexistent/python3")
    assert outcome.status == 1
    assert "ELF9_PYTHON=/nonexistent/python3 is not Python 3.11 or later" in outcome.stderr


def test_no_ensurepip(checkout: Checkout) -> None:
    outcome = checkout.compilers().run(FAKE_HAS="venv")
    assert outcome.status == 1
    assert "has no ensurepip" in outcome.stderr
    assert "sudo apt-get install python3.11-venv" in outcome.stderr


def test_no_ensurepip_as_root(checkout: Checkout) -> None:
    outcome = checkout.compilers().root_with_apt().run(FAKE_HAS="venv", FAKE_PATH="/usr/bin/python3.11")
    assert outcome.scons
    assert "installing python3.11-venv\n" in outcome.stderr


# ---- compilers ----


def test_no_compiler(checkout: Checkout) -> None:
    outcome = checkout.run()
    assert outcome.status == 1
    assert "no compiler for amd64: there is no x86_64-elf-gcc, x86_64-linux-gnu-gcc, gcc" in outcome.stderr
    assert "no compiler for arm64: there is no aarch64-elf-gcc, aarch64-linux-gnu-gcc" in outcome.stderr
    for command in (
        "sudo apt-get install --no-install-recommends gcc g++ gcc-aarch64-linux-gnu g++-aarch64-linux-gnu\n",
        "sudo dnf install gcc gcc-c++ gcc-aarch64-linux-gnu gcc-c++-aarch64-linux-gnu\n",
        "sudo pacman -S --needed gcc aarch64-linux-gnu-gcc\n",
        "brew install x86_64-elf-gcc aarch64-elf-gcc\n",
    ):
        assert command in outcome.stderr
    assert "multilib" not in outcome.stderr
    assert checkout.calls() == []


def test_no_compiler_on_arm64(checkout: Checkout) -> None:
    stderr = checkout.run(FAKE_MACHINE="aarch64").stderr
    assert "gcc-x86-64-linux-gnu g++-x86-64-linux-gnu gcc g++\n" in stderr


def test_gcc_of_macos_does_not_count(checkout: Checkout) -> None:
    outcome = checkout.compilers("gcc", "g++").run(FAKE_SYSTEM="Darwin", FAKE_MACHINE="arm64")
    assert outcome.status == 1
    assert "brew install x86_64-elf-gcc aarch64-elf-gcc\n" in outcome.stderr


def test_named_compiler(checkout: Checkout) -> None:
    for _ in range(2):
        outcome = checkout.run("CC_amd64=/opt/gcc")
        assert outcome.scons["arguments"] == ["-Q", "CC_amd64=/opt/gcc"]


def test_one_compiler_is_enough_and_said_once(checkout: Checkout) -> None:
    checkout.compilers("gcc", "g++")
    outcome = checkout.run()
    assert outcome.scons
    assert "no compiler for arm64" in outcome.stderr
    assert "install --no-install-recommends gcc-aarch64-linux-gnu g++-aarch64-linux-gnu\n" in outcome.stderr
    assert "no compiler for amd64" not in outcome.stderr
    outcome = checkout.run()
    assert outcome.scons
    assert outcome.stderr == ""


def test_missing_cxx_is_said_once(checkout: Checkout) -> None:
    checkout.compilers("gcc", "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++")
    outcome = checkout.run()
    assert outcome.scons
    assert "no C++ compiler for amd64" in outcome.stderr
    assert checkout.run().stderr == ""


def test_root_with_apt_installs_what_is_missing(checkout: Checkout) -> None:
    outcome = checkout.root_with_apt().compilers("gcc").run()
    assert outcome.scons
    assert "installing gcc g++ gcc-aarch64-linux-gnu g++-aarch64-linux-gnu\n" in outcome.stderr
    assert "ELF9_NO_INSTALL=1" in outcome.stderr
    [update, install] = [call for call in checkout.calls() if call.startswith("apt-get")]
    assert update == "apt-get update"
    assert "--no-install-recommends" in install and "--no-remove" in install and "multilib" not in install
    assert checkout.run().stderr == ""


def test_compilers_that_went_away_are_installed_again(checkout: Checkout) -> None:
    """A fresh container with the .venv of an older one."""
    checkout.root_with_apt().run()
    (checkout.bin / "aarch64-linux-gnu-gcc").unlink()
    checkout.calls()
    outcome = checkout.run()
    assert outcome.scons
    assert "installing gcc-aarch64-linux-gnu g++-aarch64-linux-gnu\n" in outcome.stderr
    assert installs(checkout.calls()) == []


@pytest.mark.parametrize("value", ["1", "yes"])
def test_no_install(checkout: Checkout, value: str) -> None:
    outcome = checkout.root_with_apt().run(ELF9_NO_INSTALL=value)
    assert outcome.status == 1
    assert checkout.calls() == []


def test_failed_apt_is_not_tried_at_every_use(checkout: Checkout) -> None:
    checkout.root_with_apt().compilers("gcc", "g++")
    (checkout.fake / "no-apt").touch()
    outcome = checkout.run()
    assert outcome.scons
    assert "apt-get could not install them" in outcome.stderr and "E: Unable to locate package" in outcome.stderr
    checkout.calls()
    outcome = checkout.run()
    assert outcome.scons
    assert (checkout.calls(), outcome.stderr) == ([], "")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_packages_are_those_that_the_build_names(checkout: Checkout, machine: str) -> None:
    stderr = checkout.run(FAKE_MACHINE=machine).stderr.replace(" --no-install-recommends", "")
    for target in TARGETS.values():
        for system, command in install_hint(target, machine=machine):
            for package in command.partition("install")[2].split():
                assert f" {package} " in stderr.replace("\n", " \n"), (system, command)


# ---- the script itself ----


@pytest.mark.parametrize("shell", ["sh", "dash", "bash --posix", "ksh", "busybox sh"])
def test_syntax(shell: str) -> None:
    words = shell.split()
    if shutil.which(words[0]) is None:
        pytest.skip(f"no {shell}")
    subprocess.run([*words, "-n", str(ROOT / "scons")], check=True)


def test_shellcheck() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck")
    scripts = [str(ROOT / "scons"), str(ROOT / ".ci" / "run")]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
