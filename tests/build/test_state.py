"""What a build leaves behind: after an interruption, after `-c`, and in the user's folders."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time

from tests.build.conftest import HELLO, environment

SCONSTRUCT = """\
import elf9
env = elf9.Environment()
env.Plan9Program("hello", ["hello.c"])
"""

OTHERS = """\
env.Command("made/by-hand", [], "touch $TARGET")
"""


def test_clean_leaves_nothing(project, objects):
    project.write({"SConstruct": SCONSTRUCT, "hello.c": HELLO})
    before = project.files()
    project.begin_with(objects)
    project.built("ARCH=arm64")
    assert "build/arm64/debug/hello" in project.files()
    project.built("-c")
    assert project.files() == before
    assert not (project.folder / "build").exists()


def test_a_project_that_cannot_be_written_in(project):
    project.write({"SConstruct": SCONSTRUCT, "hello.c": HELLO, "build": "in the way"})
    done = project.scons("ARCH=amd64")
    assert done.returncode == 2
    assert done.stderr.startswith(f"scons: *** cannot write in {project.folder}/build/.elf9: Not a directory.")
    assert done.stderr.count("\n") == 1


def test_nobody_reads_the_help(project):
    project.write({"SConstruct": SCONSTRUCT})
    command = shlex.join(project.command("-h"))
    shell = ["sh", "-c", f"{command} | true"]
    done = subprocess.run(shell, cwd=project.folder, env=environment(), capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_clean_shows_what_it_would_do(project):
    project.write({"SConstruct": SCONSTRUCT, "hello.c": HELLO, "build/keep": ""})
    assert "CLEAN   build" in project.built("-c", "-n")
    assert (project.folder / "build/keep").exists()


def test_a_changed_compiler_builds_again_and_an_unchanged_one_is_not_started(project, script):
    log = project.folder.parent / "log"
    body = 'case "$1" in --version) echo "gcc {version}";; *) echo start >> {log}; exec gcc "$@";; esac'
    compiler = script("cc", body.format(version="12.2.0", log=log))
    project.write({"SConstruct": SCONSTRUCT, "hello.c": HELLO})
    made = "build/amd64/debug/hello.o"
    arguments = ("ARCH=amd64", f"CC_amd64={compiler}", made)
    project.built(*arguments)
    count = len(log.read_text())
    assert project.built(*arguments) == f"scons: `{made}' is up to date.\n"
    assert len(log.read_text()) == count
    script("cc", body.format(version="12.3.0", log=log))
    assert "CC      amd64/debug hello.c" in project.built(*arguments)


def test_changes_within_one_second(workshop):
    """SCons by itself compares whole seconds, so all files get times within one, each its own."""
    workshop.write({"second/SConscript": 'Import("env")\nenv.Plan9Program("hello", ["hello.c"])\n'})
    second, count = int(time.time()) - 100, 0
    for word in ("one", "two", "six"):
        workshop.write({"second/hello.c": HELLO.replace("%s", word)})
        for name in sorted(workshop.files()):
            if name.startswith(("second/", "build/amd64/debug/second/")):
                count += 1
                os.utime(workshop.folder / name, ns=(0, second * 10**9 + count * 10**6))
        workshop.output("second")
        assert word.encode() in (workshop.folder / "build/amd64/debug/second/hello").read_bytes()
    assert workshop.output("second") == "scons: `all' is up to date.\n"


def test_two_at_once_in_one_project(project, script):
    """The compiler takes so long that both have begun."""
    compiler = script("cc", 'case "$*" in *" -c "*) sleep 3;; esac\nexec gcc "$@"')
    project.write({"SConstruct": SCONSTRUCT.replace("Plan9Program", "Plan9Library"), "hello.c": HELLO})
    options = {"cwd": project.folder, "env": environment(), "text": True}
    both = [
        subprocess.Popen(
            project.command("ARCH=amd64", f"CC_amd64={compiler}"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        for _ in range(2)
    ]
    ends = [(*process.communicate(timeout=60), process.returncode) for process in both]
    assert sorted((status, errors) for _, errors, status in ends) == [
        (0, ""),
        (0, "elf9: waiting for another build of this project\n"),
    ]
    assert sum(text.count("  AR ") for text, _, _ in ends) == 1


def test_interrupted(project, script, objects):
    """SIGINT to all processes, as a terminal sends it, while the compiler writes."""
    started = project.folder.parent / "started"
    compiler = script(
        "cc",
        "for word; do last=$word; done\n"
        f'case "$*" in *" -c "*) printf half > "$last"; touch {started}; sleep 8; exit 1;; *) exec gcc "$@";; esac',
    )
    project.write({"SConstruct": SCONSTRUCT, "hello.c": HELLO})
    process = subprocess.Popen(
        project.command("ARCH=amd64", f"CC_amd64={compiler}"),
        cwd=project.folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert b"Traceback" not in errors
    left = {name for name in project.files() if name.startswith("build/") and name.endswith((".o", ".tmp", ".a"))}
    assert left == set()
    project.begin_with(objects)
    project.built("ARCH=amd64")


def test_a_machine_without_a_compiler_is_said_aloud(project, tmp_path):
    """By default what can be built is built; a machine that was asked for is an error."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "x86_64-linux-gnu-gcc").symlink_to("/usr/bin/gcc")
    project.write({"SConstruct": SCONSTRUCT.replace("Plan9Program", "Plan9Library"), "hello.c": HELLO})
    env = {"PATH": str(tools)}
    done = project.scons(env=env)
    assert done.returncode == 0, done.stderr
    assert "no compiler for arm64: building for amd64 only. To add it: " in done.stderr
    assert not (project.folder / "build/arm64").exists()
    done = project.scons("ARCH=arm64", env=env)
    assert done.returncode == 2
    assert "no compiler for arm64. Looked for:" in done.stderr
    assert "gcc-aarch64-linux-gnu" in done.stderr
    assert "Traceback" not in done.stderr
    done = project.scons("CC_amd64=/bin/true", env=env)
    assert done.returncode == 2
    assert "CC_amd64=/bin/true cannot be used" in done.stderr


def test_help_and_clean_need_no_compiler(project, tmp_path):
    project.write({"SConstruct": SCONSTRUCT, "hello.c": HELLO})
    for argument in ("-h", "-c"):
        done = project.scons(argument, env={"PATH": str(tmp_path)})
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
    assert project.files() == {"SConstruct", "hello.c"}


def test_the_projects_own_commands_are_quiet_too(project):
    project.write({"SConstruct": SCONSTRUCT + OTHERS, "hello.c": HELLO})
    assert project.built("made/by-hand", "ARCH=amd64") == "touch made/by-hand\n"
