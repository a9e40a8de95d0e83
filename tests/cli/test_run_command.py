"""`elf9 run` from outside: bytes, statuses, limits, terminals, signals."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time

import pytest


def test_arguments_are_echoed(elf9_run, probe):
    done = elf9_run(probe, "args", "", "b c", "--timeout", b"\xff\xfe")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"probe\nargs\n\nb c\n--timeout\n\xff\xfe\n", b"")


@pytest.mark.parametrize(
    ("text", "status"),
    [(b"", 0), (b"1", 1), (b"17", 17), (b"255", 255), (b"256", 1), (b"0", 1), (b"-1", 1), (b"it failed", 1)],
)
def test_exit_strings(elf9_run, probe, text, status):
    done = elf9_run(probe, "exits", text)
    assert done.returncode == status
    assert done.stderr == (b"probe: exit status '" + text + b"'\n" if text else b"")


def test_standard_input_and_output_carry_any_bytes(elf9_run, probe):
    data = bytes(range(256)) * 500
    done = elf9_run(probe, "cat", input=data)
    assert done.stdout == data
    assert done.returncode == 0


def test_files_of_the_current_directory_and_no_others(elf9_run, probe, tmp_path):
    (tmp_path / "in").write_bytes(b"content\0\n")
    assert elf9_run(probe, "cat", "in").stdout == b"content\0\n"
    assert elf9_run(probe, "create", "out", "made").returncode == 0
    assert (tmp_path / "out").read_bytes() == b"made"
    secret = tmp_path.parent / f"{tmp_path.name}-secret"
    secret.write_text("secret")
    for path in (str(secret), f"../{secret.name}", "/etc/passwd"):
        done = elf9_run(probe, "cat", path)
        assert done.stdout == b""
        assert done.returncode == 1


def test_bind_and_cwd(elf9_run, probe, tmp_path):
    shared = tmp_path / "a:b"
    shared.mkdir()
    (shared / "f").write_text("here")
    host = str(shared).replace(":", "\\:")
    assert elf9_run("--bind", f"{host}:/src:ro", probe, "cat", "/src/f").stdout == b"here"
    assert elf9_run("--bind", f"{host}:/src", "--cwd", "/src", probe, "cat", "f").stdout == b"here"
    done = elf9_run("--bind", f"{host}:/src:ro", probe, "create", "/src/g", "x")
    assert (done.returncode, (shared / "g").exists()) == (1, False)
    assert elf9_run("--root", shared, probe, "cat", "/f").stdout == b"here"
    assert elf9_run("--cwd", "/nowhere", probe).returncode == 2


def test_started_in_the_root(probe, environment):
    """The current directory is granted, and the devices stay."""
    done = subprocess.run(
        [sys.executable, "-m", "elf9", "run", str(probe), "cat", str(probe)],
        cwd="/", env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, probe.read_bytes(), b"")


@pytest.mark.parametrize("place", ["/", "/dev", "/dev/cons", "/./", "/env"])
def test_what_lies_at_the_kernels_own_places(elf9_run, probe, tmp_path, place):
    """The console is opened before."""
    (tmp_path / "f").write_text("here")
    name = f"{place}/f"
    if place.endswith("cons"):
        elf9_run("--bind", f"{tmp_path}/f:{place}", probe, "args", "a").check_returncode()
    else:
        assert elf9_run("--bind", f"{tmp_path}:{place}:ro", probe, "cat", name).stdout == b"here"
        done = elf9_run("--bind", f"{tmp_path}:{place}:ro", probe, "create", f"{place}/g", "x")
        assert (done.returncode, (tmp_path / "g").exists()) == (1, False)


def test_environment(elf9_run, probe):
    done = elf9_run("--env", "greeting=good day=x", probe, "cat", "/env/greeting")
    assert done.stdout == b"good day=x"


@pytest.mark.parametrize("verb", ["spin", "sleep"])
def test_timeout(elf9_run, probe, tmp_path, verb):
    started = time.monotonic()
    done = elf9_run("--timeout", "0.5", "--report", "r.json", probe, verb)
    assert done.returncode == 124
    first, *calls, last = done.stderr.decode().splitlines()[1:]
    assert first.startswith("1 probe  Sleep  sleep " if verb == "sleep" else "1 probe  ")
    assert any("main+" in call or "entry+" in call for call in calls)
    assert last == "probe: stopped by its limit: --timeout 0.5"
    assert time.monotonic() - started < 5
    assert json.loads((tmp_path / "r.json").read_text())["killed"] == "timeout"
    done = elf9_run("--quiet", "--timeout", "0.2", "--report", "r.json", probe, verb)
    assert (done.returncode, done.stderr) == (124, b"")
    assert json.loads((tmp_path / "r.json").read_text())["processes"][0]["name"] == "probe"


def test_without_a_standard_output_the_status_is_the_programs(elf9_run, probe):
    done = elf9_run(probe, "args", preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_limit(elf9_run, probe):
    done = elf9_run("--max-output", "10K", probe, "yes")
    assert done.returncode == 124
    assert 9000 < len(done.stdout) <= 10240
    assert done.stderr == b"probe: stopped by its limit: --max-output 10K\n"


def test_a_closed_pipe_downstream_is_quiet(probe, environment, tmp_path):
    shell = f'"{sys.executable}" -m elf9 run "{probe}" yes | head -1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", shell], env=environment, cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert done.stdout == b"y\n141\n"
    assert done.stderr == b""


def test_a_fault_ends_as_the_kernel_ends_it(elf9_run, probe, tmp_path):
    done = elf9_run("--report", "r.json", probe, "fault")
    assert done.returncode == 1
    report = json.loads((tmp_path / "r.json").read_text())
    text = report["exit_string"]
    assert text.startswith("sys: trap: fault write addr=0x0 pc=0x")
    assert done.stderr.decode() == f"probe 1: suicide: {text}\nprobe: exit status '{text}'\n"
    frames = report["death"]["backtrace"]
    assert frames[0]["file"].endswith("probe.c")
    line = (probe.parent / "probe.c").read_text().split("\n")[frames[0]["line"] - 1]
    assert "/* the fault */" in line
    assert report["death"]["hint"] == "a nil pointer."


def test_a_fault_is_explained_on_request(elf9_run, probe):
    done = elf9_run("--explain", probe, "fault")
    text = done.stderr.decode()
    assert "*p = 1;" in text
    assert "likely cause: a nil pointer." in text
    assert "calls, innermost first:" in text
    assert "entry+0x" in text
    assert "registers:" in text
    assert "\x1b" not in text


def test_a_fault_of_another_process_is_explained(elf9_run, probe, tmp_path):
    done = elf9_run("--explain", "--report", "r.json", probe, "childfault", "oh")
    assert b"\nprobe 2 died of sys: trap: fault write addr=0x0 pc=" in done.stderr
    assert b"*p = 1;" in done.stderr
    assert b"entry+0x" in done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["death"] is None
    assert report["explanation"].startswith("probe 2 died of sys: trap: fault write")


def test_stack_overflow_is_recognised(elf9_run, probe):
    done = elf9_run("--explain", probe, "overflow")
    assert b"likely cause: stack overflow" in done.stderr
    assert done.returncode == 1


def test_trace_shows_calls_and_errors(elf9_run, probe, tmp_path):
    done = elf9_run("--trace", probe, "cat", "none")
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("1 probe Open ")
    assert '/"none" 0x0 = -1 "file does not exist: \'none\'" ' in lines[0]
    assert lines[1].startswith("1 probe Pread ")
    assert ' = -1 "fd out of range or not open" ' in lines[1]
    assert '/"cannot read"' in lines[2]
    done = elf9_run("--trace=calls", probe, "args")
    assert (done.stdout, done.stderr) == (b"probe\nargs\n", b"")
    assert '"probe" 5 -1 = 5 ""' in (tmp_path / "calls").read_text()


def test_what_is_not_emulated_stops_the_run(elf9_run, probe):
    done = elf9_run(probe, "unsupported")
    assert done.returncode == 125
    assert b"/dev/reboot" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("size", [0, 1, 3, 63, 100, 175])
def test_truncated_programs(elf9_run, probe, tmp_path, size):
    (tmp_path / "short").write_bytes(probe.read_bytes()[:size])
    (tmp_path / "short").chmod(0o755)
    done = elf9_run("./short")
    assert done.returncode == 126
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "./short: exec header invalid"
    assert len(lines) == 2


def test_what_is_no_program(elf9_run, tmp_path):
    (tmp_path / "zeros").write_bytes(bytes(4096))
    (tmp_path / "zeros").chmod(0o755)
    (tmp_path / "folder").mkdir()
    (tmp_path / "plain").write_bytes(b"text\n")
    for name, error in [
        ("zeros", "exec header invalid"),
        ("folder", "cannot exec directory: 'folder'"),
        ("plain", "permission denied"),
        ("/bin/true", "exec header invalid"),
    ]:
        done = elf9_run(name)
        lines = done.stderr.decode().splitlines()
        assert done.returncode == 126, lines
        assert lines[0].startswith(f"{name}: {error}")
        assert len(lines) == 2
        assert done.stdout == b""
    assert "a program for another system, which asks for /lib" in lines[1]
    done = elf9_run("nothing")
    assert done.returncode == 127
    assert done.stderr.startswith(b"nothing: file does not exist: 'nothing'\n")


def test_an_unreadable_program(elf9_run, probe, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (tmp_path / "locked").write_bytes(probe.read_bytes())
    (tmp_path / "locked").chmod(0)
    done = elf9_run("locked")
    assert done.returncode == 126
    assert done.stderr.startswith(b"locked: permission denied")


def test_the_wrong_machine_dies_and_says_why(elf9_run, probe):
    other = "arm64" if "amd64" in str(probe.parent) else "amd64"
    done = elf9_run("--arch", other, "--explain", probe)
    assert done.returncode == 1
    assert f"but it was run on {other}".encode() in done.stderr


class Terminal:
    """`elf9 run` with a terminal as its standard streams and, unless told otherwise, as its controlling terminal."""

    def __init__(self, words, environment, folder, *, controlling: bool = True) -> None:
        self.master, slave = pty.openpty()
        #: Kept open, so that the terminal outlives the run.
        self.slave = os.dup(slave)

        def adopt() -> None:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "elf9", "run", *words],
            stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder,
            preexec_fn=adopt if controlling else None,  # noqa: PLW1509
        )  # fmt: skip
        os.close(slave)

    def expect(self, text: str, times: int = 1) -> str:
        """What is shown until `text` has come so often, in ten seconds at most."""
        shown = b""
        deadline = time.monotonic() + 10
        while shown.count(text.encode()) < times:
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{text!r} did not come, but {shown!r}")
            shown += os.read(self.master, 65536)
        return shown.decode()

    def finish(self, *, close: bool = True) -> tuple[int, str]:
        """Exit status and everything that was shown since."""
        os.close(self.slave) if close else None
        shown = b""
        if not close:
            return self.process.wait(timeout=30), ""
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            shown += data
        os.close(self.master)
        return self.process.wait(timeout=30), shown.decode()


def test_a_fault_is_explained_in_colour_on_a_terminal(probe, environment, tmp_path):
    status, shown = Terminal([str(probe), "fault"], environment, tmp_path).finish()
    assert status == 1
    assert "\x1b[1;31m" in shown
    assert "likely cause" in shown
    plain = {**environment, "NO_COLOR": "1"}
    assert "\x1b" not in Terminal([str(probe), "fault"], plain, tmp_path).finish()[1]
    assert "likely cause" not in Terminal(["--no-explain", str(probe), "fault"], environment, tmp_path).finish()[1]


@pytest.mark.parametrize("verb", ["spin", "sleep", "cat"])
def test_control_c_is_a_note_that_kills(probe, environment, tmp_path, verb):
    """A program without a handler dies of it, and the shell is told as it expects."""
    terminal = Terminal(["--report", "r.json", str(probe), verb], environment, tmp_path)
    time.sleep(1.0)
    assert terminal.process.poll() is None
    started = time.monotonic()
    os.write(terminal.master, b"\x03")
    status = terminal.process.wait(timeout=20)
    assert time.monotonic() - started < 1
    assert status == 130
    assert terminal.finish()[1].replace("^C", "").strip() == ""
    assert json.loads((tmp_path / "r.json").read_text())["exit_string"] == "interrupt"


def test_control_c_twice_ends_what_does_not_listen(probe, environment, tmp_path):
    terminal = Terminal(["--report", "r.json", str(probe), "deaf"], environment, tmp_path)
    terminal.expect("ready")
    os.write(terminal.master, b"\x03")
    time.sleep(2.2)
    os.write(terminal.master, b"\x03")
    time.sleep(0.5)
    assert terminal.process.poll() is None
    os.write(terminal.master, b"\x03")
    assert terminal.process.wait(timeout=20) == 130
    terminal.finish()
    assert json.loads((tmp_path / "r.json").read_text())["exit_string"] is None


def test_control_c_reaches_the_whole_note_group(probe, environment, tmp_path):
    terminal = Terminal(["--trace=calls", str(probe), "pair", "handler"], environment, tmp_path)
    terminal.expect("ready")
    time.sleep(0.5)
    os.write(terminal.master, b"\x03")
    status, shown = terminal.finish()
    assert status == 0
    assert "'probe 2: interrupted'" in shown
    calls = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    for pid, call in (("1", "Await"), ("2", "Pread")):
        assert any(line[:4] == [pid, "probe", call, "..."] and '"interrupted"' in line for line in calls)
        assert [pid, "probe", "note", '"interrupt"'] in calls


def test_control_backslash_shows_every_process_and_the_run_goes_on(probe, environment, tmp_path):
    terminal = Terminal([str(probe), "pair"], environment, tmp_path)
    terminal.expect("ready")
    time.sleep(0.5)
    os.write(terminal.master, b"\x1c")
    shown = terminal.expect("entry+", 2)
    assert "2 processes:" in shown
    assert "1 probe  Await  await 0x" in shown
    assert "2 probe  Pread  pread 0 0x" in shown
    assert shown.count("probe.c:") >= 2
    os.write(terminal.master, b"line\n")
    status, shown = terminal.finish()
    assert status == 0
    assert re.search(r"2 \d+ 0 \d+ ''", shown)  # the child's wait message: it is over


def test_an_option_behind_the_program_is_pointed_at(probe, environment, tmp_path):
    terminal = Terminal([str(probe), "args", "--trace=x"], environment, tmp_path)
    terminal.expect("elf9 run: --trace was given to the program; options of elf9 run stand before probe")
    assert terminal.finish()[0] == 0


def test_sigterm_ends_the_run(probe, environment, tmp_path):
    terminal = Terminal(["--report", "r.json", str(probe), "deaf"], environment, tmp_path)
    terminal.expect("ready")
    terminal.process.terminate()
    terminal.expect("probe: terminated")
    assert terminal.process.wait(timeout=5) == 143
    terminal.finish()
    assert json.loads((tmp_path / "r.json").read_text())["reason"] == "terminated"


def test_a_deadlock_ends_at_once_and_shows_who_waits(elf9_run, probe, tmp_path):
    done = elf9_run("--report", "r.json", probe, "deadlock")
    assert done.returncode == 124
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "2 processes:"
    assert lines[-1] == "probe: deadlock: every process waits, and nothing can wake one of them"
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["killed"] == "deadlock"
    assert [one["state"] for one in report["processes"]] == ["Rendez", "Rendez"]


def test_a_run_ends_with_its_first_process_or_with_its_last(elf9_run, probe):
    assert elf9_run(probe, "orphan").stdout == b""
    done = elf9_run("--wait", probe, "orphan")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"late\n", b"")


def test_a_seed_fixes_the_order_and_seeds_try_many(elf9_run, probe, tmp_path):
    runs = {elf9_run("--seed", "5", "--trace", probe, "race").stderr for _ in range(3)}
    assert len(runs) == 1
    done = elf9_run("--seeds", "20", "--report", "r.json", probe, "race")
    assert done.returncode == 0
    assert done.stdout.startswith(b"20 of 20 seeds passed, 0 failed (")
    seeds = json.loads((tmp_path / "r.json").read_text())["seeds"]
    assert len({one["output"] for one in seeds}) == 2
    assert b"standard output differs: " in done.stdout
    done = elf9_run("--seeds", "2-3", "--timeout", "5", probe, "exits", "it failed")
    assert done.returncode == 1
    assert b"again: elf9 run --seed 2 --timeout 5 " in done.stdout


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_search_of_seeds_ends_with_all_its_runs(probe, environment, tmp_path, number, status):
    command = [sys.executable, "-m", "elf9", "run", "--seeds", "9", "--jobs", "2", str(probe), "spin"]
    process = subprocess.Popen(
        command, env={**environment, "TMPDIR": str(tmp_path)}, cwd=tmp_path,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while len(list(tmp_path.glob("elf9-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)  # until two runs have begun
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == status
    # The pipe is closed, so nobody is left who could write to it.
    assert b"interrupted before the other " in out


def test_the_trace_follows_children_and_is_filtered(elf9_run, probe):
    done = elf9_run("--trace-calls", "rfork,await", "--trace-format=jsonl", probe, "race")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    calls = [line["call"] for line in lines if line["event"] == "call"]
    assert calls == ["rfork", "await"]
    assert [(line["pid"], line["parent"]) for line in lines if line["event"] == "new"] == [(2, 1)]
    assert [line["pid"] for line in lines if line["event"] == "ended"] == [2, 1]
    done = elf9_run("--trace-processes", "2", probe, "race")
    assert {line.split()[0] for line in done.stderr.splitlines()} == {b"2"}


def test_statistics_of_a_run(elf9_run, probe):
    done = elf9_run("--stats=json", probe, "race")
    data = json.loads(done.stderr)
    assert [row["pid"] for row in data["processes"]] == [1, 2]
    assert data["processes"][0]["calls"]["rfork"]["count"] == 1
    assert data["processes"][1]["parent"] == 1
    assert all(row["fills"] > 0 for row in data["processes"])


def attributes(terminal):
    """The terminal's mode, without the speed of its hardware."""
    return termios.tcgetattr(terminal.master)[:4]


def test_raw_mode_on_a_terminal(probe, environment, tmp_path):
    terminal = Terminal([str(probe), "raw"], environment, tmp_path)
    before = attributes(terminal)
    terminal.expect("ready")
    assert attributes(terminal) != before
    os.write(terminal.master, b"a\x03\x04")
    assert "a\x03\x04" in terminal.expect("\x04")
    os.write(terminal.master, b"q")
    terminal.expect("cooked")
    status, _ = terminal.finish(close=False)
    assert (status, attributes(terminal)) == (0, before)


@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL", "SIGABRT", "twice", "timeout"])
def test_the_terminal_is_put_back_however_the_run_ends(probe, environment, tmp_path, end):
    words = ["--timeout", "2"] if end == "timeout" else []
    # When a session's leader dies, the host hangs its terminal up.
    terminal = Terminal([*words, str(probe), "raw"], environment, tmp_path, controlling=end == "twice")
    before = attributes(terminal)
    terminal.expect("ready")
    # the helper that survives SIGKILL has to be up
    time.sleep(0.5)
    assert attributes(terminal) != before
    if end == "twice":
        os.write(terminal.master, b"\x1c")
        terminal.expect("entry+")
        os.write(terminal.master, b"\x1c")
    elif end != "timeout":
        terminal.process.send_signal(getattr(signal, end))
    status = terminal.process.wait(timeout=20)
    assert status == {"SIGTERM": 143, "SIGKILL": -9, "SIGABRT": -6, "twice": 130, "timeout": 124}[end]
    deadline = time.monotonic() + 5
    while attributes(terminal) != before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert attributes(terminal) == before
    os.close(terminal.master)
    os.close(terminal.slave)


def test_sigint_at_any_moment_of_the_start_is_quiet(probe, environment, tmp_path):
    """Also before the kernel has taken over.  Only what Python does before it comes to elf9 may show a traceback."""
    for delay in (0.05, 0.1, 0.15, 0.3):
        process = subprocess.Popen(
            [sys.executable, "-m", "elf9", "run", str(probe), "spin"],
            env=environment,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=5)
        finally:
            process.kill()
        assert b"site_scons/elf9/" not in err
        # killed as long as Python has no handler yet
        assert process.returncode in {130, -signal.SIGINT} or b"Traceback" in err


def test_run_imports_nothing_heavy(probe, environment, tmp_path):
    """The import budget of the run path.  `re`, and enum with it, is for the machine's scanner on amd64 to decide."""
    code = (
        "import sys\nfrom elf9.cli import main\n"
        f"status = main.main(['run', {str(probe)!r}, 'args'])\n"
        "sys.stderr.write(' '.join(sys.modules))\nsys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, check=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}, cwd=tmp_path,
    )  # fmt: skip
    heavy = {
        "argparse", "dataclasses", "typing", "inspect", "json", "logging", "subprocess", "pathlib", "signal",
        "tempfile", "shutil", "random", "contextlib", "unicorn.unicorn", "elftools", "rich",
    }  # fmt: skip
    loaded = done.stderr.decode().split()
    assert sorted(heavy.intersection(loaded)) == []
