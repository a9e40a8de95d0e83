"""Plan9Test: programs run on the emulator, once for as long as nothing changes."""

from __future__ import annotations

import json
import re

import pytest
from tests.build.conftest import HELLO

from elf9.build import stamps

TEST = """\
Import("env")
hello = env.Plan9Program("hello", ["hello.c"])
env.Plan9Test(hello, {case})
"""


@pytest.fixture
def folder(workshop, request):
    """A folder of this test's own whose program prints its name and its arguments."""
    name = re.sub(r"\W", "_", request.node.name)
    workshop.write({f"{name}/hello.c": HELLO})
    return name


def case(workshop, folder: str, text: str) -> None:
    workshop.write({f"{folder}/SConscript": TEST.format(case=text)})


def test_a_passed_test_is_not_run_again(workshop, folder):
    case(workshop, folder, 'args=["a b"], stdout="hello\\na b\\n"')
    said = workshop.output(folder, "test", arch="amd64,arm64")
    assert said.count(f"  TEST    amd64/debug {folder}/hello 'a b'") == 1
    assert said.count("  TEST ") == 2
    assert workshop.output(folder, "test", arch="amd64,arm64") == "scons: `test' is up to date.\n"
    stamp = json.loads((workshop.folder / f"build/arm64/debug/{folder}/hello.test.json").read_text())
    assert [result["format"] for result in stamp["results"]] == ["elf", "aout"]
    assert all(result["passed"] for result in stamp["results"])
    assert all(result["stdout"] == "hello\na b\n" for result in stamp["results"])


def test_a_changed_case_or_program_is_run_again(workshop, folder):
    case(workshop, folder, 'args=["a"], stdout="hello\\na\\n"')
    workshop.output(folder, "test")
    case(workshop, folder, 'args=["b"], stdout="hello\\nb\\n"')
    assert "TEST" in workshop.output(folder, "test")
    workshop.write({f"{folder}/hello.c": HELLO + "int unused;\n"})
    assert "TEST" in workshop.output(folder, "test")


def test_a_comment_does_not_run_it_again(workshop, folder):
    """The program comes out the same, but for its debug information if lines move."""
    case(workshop, folder, 'args=["a"], stdout="hello\\na\\n"')
    workshop.output(folder, "test")
    workshop.write({f"{folder}/hello.c": HELLO + "/* the end */\n"})
    said = workshop.output(folder, "test")
    assert "CC" in said
    assert "TEST" not in said


def test_a_given_file_is_a_source(workshop, folder):
    case(workshop, folder, 'stdout=File("wanted")')
    workshop.write({f"{folder}/wanted": "hello\n"})
    workshop.output(folder, "test")
    workshop.write({f"{folder}/wanted": "goodbye\n"})
    done = workshop.only(folder, "test")
    assert done.returncode == 2
    assert "-goodbye" in done.stderr
    assert "+hello" in done.stderr


def test_a_program_among_the_files_is_the_machines_own(workshop, folder):
    """It can be executed, has the format of who executes it, and the test is run again when it changes."""
    caller = HELLO.replace('print("%s\\n", argv[i]);', "exec(argv[1], argv+1);")
    text = TEST.format(case='args=["bin/callee", "x"], stdout="bin/callee\\nx\\n", files={"bin/callee": callee}')
    text = text.replace("env.Plan9Test", 'callee = env.Plan9Program("callee", ["callee.c"])\nenv.Plan9Test')
    workshop.write({f"{folder}/hello.c": caller, f"{folder}/callee.c": HELLO, f"{folder}/SConscript": text})
    assert workshop.output(folder, "test", arch="amd64,arm64").count("  TEST ") == 2
    workshop.write({f"{folder}/callee.c": HELLO + "int unused = 1;\n"})
    assert workshop.output(folder, "test", arch="amd64,arm64").count("  TEST ") == 2
    workshop.write({f"{folder}/SConscript": text.replace(": callee}", ": [callee, callee]}")})
    done = workshop.only(folder, "test")
    assert "expected one file or what one Plan9Program returned" in done.stderr


def test_a_failed_test_says_how_and_leaves_no_stamp(workshop, folder):
    case(workshop, folder, 'stdout="goodbye\\n", formats="elf"')
    for _ in range(2):
        done = workshop.only(folder, "test")
        assert done.returncode == 2
        assert f"{folder}/hello (amd64/debug, elf) failed" in done.stderr
        assert "again: " in done.stderr
        assert f"scons: *** [build/amd64/debug/{folder}/hello.test.json] test failed" in done.stderr
        assert not (workshop.folder / f"build/amd64/debug/{folder}/hello.test.json").exists()


def test_who_asks_for_a_program_by_name_sees_its_output(workshop, folder):
    case(workshop, folder, 'args=["a"], stdout="hello\\na\\n"')
    run = f"  RUN     amd64/debug {folder}/hello a"
    assert f"{run}\nhello\na\n" in workshop.output(folder, folder)
    assert workshop.output(folder, f"{folder}/hello") == f"{run}  (unchanged since it passed)\nhello\na\n"
    assert "RUN" not in workshop.output(folder)


def test_several_tests_of_one_program(workshop, folder):
    text = TEST.format(case='stdout="hello\\n"')
    text += 'env.Plan9Test(hello, args=["x"])\nenv.Plan9Test(hello, name="named")\n'
    text += 'SConscript("more/SConscript", exports="env hello")\n'
    more = 'Import("env", "hello")\nenv.Plan9Test(hello, name="more")\n'
    workshop.write({f"{folder}/SConscript": text, f"{folder}/more/SConscript": more})
    said = workshop.output(folder, f"{folder}/more")
    assert said.count("  TEST ") == 1
    assert said.endswith("  RUN     amd64/debug " + f"{folder}/hello\nhello\n")
    assert workshop.output(folder, "test").count("  TEST ") == 3
    names = {path.name for path in (workshop.folder / f"build/amd64/debug/{folder}").glob("*.test.json")}
    assert names == {"hello.test.json", "hello-2.test.json", "named.test.json", "more.test.json"}


def test_the_exit_string_may_be_the_status(workshop, folder):
    workshop.write({f"{folder}/hello.c": HELLO.replace("exits(nil)", 'exits("no luck")')})
    case(workshop, folder, 'status="no luck"')
    workshop.output(folder, "test")
    case(workshop, folder, "status=1")
    workshop.output(folder, "test")
    case(workshop, folder, "")
    assert workshop.only(folder, "test").returncode == 2


def test_the_emulators_sources_are_in_the_signature(monkeypatch, tmp_path):
    """Any change of any of its files, and nothing else."""

    def digest() -> str:
        stamps._emulator.cache_clear()
        return stamps._emulator()

    for name in ("target.py", "kernel/deep/down.py", "build/tool.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1\n")
    monkeypatch.setattr(stamps, "package_dir", lambda: str(tmp_path))
    first = digest()
    assert digest() == first
    (tmp_path / "build/tool.py").write_text("2\n")
    assert digest() == first
    (tmp_path / "kernel/deep/down.py").write_text("2\n")
    second = digest()
    assert second != first
    (tmp_path / "target.py").rename(tmp_path / "kernel/target.py")
    assert digest() not in {first, second}
    monkeypatch.undo()
    stamps._emulator.cache_clear()
