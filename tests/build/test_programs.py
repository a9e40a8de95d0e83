"""Builders, through SCons: what is made, what is refused, what is done again and what is not."""

from __future__ import annotations

import json
import re

import pytest
from elftools.elf.elffile import ELFFile
from tests.build.conftest import HELLO

PROGRAM = 'Import("env")\nenv.Plan9Program("{name}", {sources}{options})\n'


def sconscript(name: str, sources: list[str], options: str = "") -> str:
    return PROGRAM.format(name=name, sources=sources, options=f", {options}" if options else "")


@pytest.fixture
def hello(workshop, request):
    """A folder of this test's own with a program `hello`; its name."""
    name = re.sub(r"\W", "_", request.node.name)
    workshop.write({f"{name}/hello.c": HELLO, f"{name}/SConscript": sconscript("hello", ["hello.c"])})
    return name


def machine(path) -> str:
    with open(path, "rb") as file:
        return str(ELFFile(file).header["e_machine"])


def test_everything_that_comes_from_one_link(workshop, hello):
    workshop.output(hello, arch="amd64,arm64")
    for arch, wanted in (("amd64", "EM_X86_64"), ("arm64", "EM_AARCH64")):
        place = workshop.folder / "build" / arch / "debug" / hello
        names = {path.name for path in place.iterdir()}
        assert names == {
            "hello", "hello.aout", "hello.map", "hello.check.txt", "hello.check.json", "hello.o",
        }  # fmt: skip
        assert machine(place / "hello") == wanted
        report = json.loads((place / "hello.check.json").read_text())
        assert report["ok"]
        assert report["aout"]["kind"] == "a.out"
        assert report["build"]["float"] is False
        assert report["build"]["mode"] == "debug"
        assert "gcc" in report["build"]["compiler"].lower()
        assert "integer registers only" in (place / "hello.check.txt").read_text()
        assert ".tmp" not in (place / "hello.map").read_text()


def test_nothing_is_done_twice(workshop, hello):
    first = workshop.output(hello)
    assert f"CC      amd64/debug {hello}/hello.c" in first
    assert workshop.output(hello) == "scons: `all' is up to date.\n"


@pytest.mark.parametrize("lost", ["hello", "hello.aout", "hello.map", "hello.check.txt", "hello.check.json"])
def test_each_of_them_is_a_target(workshop, hello, lost):
    workshop.output(hello)
    path = workshop.folder / "build/amd64/debug" / hello / lost
    before = path.read_bytes()
    path.unlink()
    said = workshop.output(hello)
    assert "LINK" in said
    assert "CC" not in said
    assert path.read_bytes() == before


def test_a_header_makes_stale_what_includes_it(workshop, hello):
    workshop.write(
        {
            f"{hello}/answer.h": "#define ANSWER 1\n",
            f"{hello}/hello.c": '#include "answer.h"\nint answer = ANSWER;\n' + HELLO,
            f"{hello}/other.c": "int other;\n",
            f"{hello}/SConscript": sconscript("hello", ["hello.c", "other.c"]),
        }
    )
    workshop.output(hello)
    workshop.write({f"{hello}/answer.h": "#define ANSWER 2\n"})
    said = workshop.output(hello)
    assert "hello.c" in said
    assert "other.c" not in said


def test_all_languages(workshop, hello):
    workshop.write(
        {
            f"{hello}/hello.c": "extern int one(void), two(void), three(void);\n"
            "int main(void) { return one() + two() + three(); }\n",
            f"{hello}/one.s": ".globl one\none:\n\tret\n",
            f"{hello}/two.S": "#define NAME two\n.globl NAME\nNAME:\n\tret\n",
            f"{hello}/three.cc": "struct S { int n; S() : n(3) {} } s;\n"
            'extern "C" int three() { auto f = [](int n) { return n; }; return f(s.n); }\n',
            f"{hello}/four.cpp": "template<class T> T id(T t) { return t; }\nint four() { return id(4); }\n",
            f"{hello}/five.cxx": "class Base { virtual int f() = 0; };\nint five;\n",
            f"{hello}/SConscript": sconscript(
                "hello", ["hello.c", "one.s", "two.S", "three.cc", "four.cpp", "five.cxx"]
            ),
        }
    )
    said = workshop.output(hello, arch="amd64,arm64")
    assert said.count("  AS ") == 4
    assert said.count("  CXX ") == 6


def test_float_has_a_runtime_of_its_own(workshop, hello):
    source = "double d = 1;\nint main(int n, char **v) { (void)v; return (int)(d * n); }\n"
    workshop.write({f"{hello}/hello.c": source})
    refused = workshop.only(hello)
    assert refused.returncode == 2
    workshop.write({f"{hello}/SConscript": sconscript("hello", ["hello.c"], "float=True")})
    workshop.output(hello)
    place = workshop.folder / "build/amd64/debug" / hello
    assert "libelf9-float.a" in (place / "hello.map").read_text()
    report = json.loads((place / "hello.check.json").read_text())
    assert report["build"]["float"] is True


def test_libraries_and_objects_by_machine(workshop, hello):
    workshop.write(
        {
            f"{hello}/hello.c": "extern int one(void), two(void);\nint main(void) { return one() + two(); }\n",
            f"{hello}/one.c": "int one(void) { return 1; }\n",
            f"{hello}/two.c": "int two(void) { return 2; }\n",
            f"{hello}/SConscript": 'Import("env")\n'
            'lib = env.Plan9Library("one", ["one.c"])\n'
            'env.Plan9Program("hello", ["hello.c", env.Plan9Object("two.c")], libs=[lib])\n',
        }
    )
    workshop.output(hello, arch="amd64,arm64")
    for arch in ("amd64", "arm64"):
        assert (workshop.folder / f"build/{arch}/debug/{hello}/libone.a").exists()


def test_one_source_in_two_programs_with_different_flags(workshop, hello):
    workshop.write(
        {
            f"{hello}/hello.c": "int answer = ANSWER;\nint main(void) { return answer; }\n",
            f"{hello}/SConscript": 'Import("env")\n'
            'env.Plan9Program("a", ["hello.c"], CPPDEFINES={"ANSWER": 1})\n'
            'env.Plan9Program("b", ["hello.c"], CPPDEFINES=["ANSWER=2"])\n'
            'env.Plan9Program("c", ["hello.c"], CPPDEFINES=[("ANSWER", 1)])\n',
        }
    )
    said = workshop.output(hello)
    assert said.count("CC ") == 2
    place = workshop.folder / "build/amd64/debug" / hello
    assert (place / "a").read_bytes() != (place / "b").read_bytes()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('env.Plan9Program("x", ["hello.c"], flaot=True)', ["unknown option 'flaot'", "did you mean 'float'?"]),
        ('env.Plan9Program("x", ["hello.c"], CPPDEFINE=1)', ["did you mean 'CPPDEFINES'?"]),
        ('env.Plan9Program("x", ["hello.txt"])', ["hello.txt' is no source file"]),
        ('env.Plan9Program("x", ["hello.c"], alignment=3)', ["alignment=0x3 is no power of two"]),
        ('env.Plan9Test(env.Plan9Program("hello.c"), stdotu="x")', ["did you mean 'stdout'?"]),
        ('env.Plan9Test(env.Plan9Program("hello.c"), args="x")', ["args is the string 'x'"]),
        ('env.Plan9Test(env.Plan9Program("hello.c"), formats="elv")', ["unknown format 'elv'", "did you mean 'elf'?"]),
        ('env.Plan9Test("hello")', ["what Plan9Program returned"]),
        ('env.Plan9Program("hello.c")\nenv.Plan9Program("hello", "hello.c")', ["hello is made by another call"]),
        (
            'env.Plan9Object("sub/x.c")\nenv.Plan9Program("sub", "hello.c")',
            ["sub would be both a file and the folder of what is made of sub/*", "another name"],
        ),
        (
            'h = env.Plan9Program("hello.c")\nenv.Plan9Test(h, name="a")\nenv.Plan9Test(h, name="a")',
            ["two tests called 'a'"],
        ),
        (
            'o = env.Plan9Object("hello.c", float=True)\nenv.Plan9Program("x", [o])',
            ["made with float=True", "say float=True here"],
        ),
    ],
)
def test_wrong_use_names_the_line(workshop, hello, line, words):
    workshop.write({f"{hello}/SConscript": f'Import("env")\n{line}\n'})
    done = workshop.only(hello)
    assert done.returncode == 2
    number = 2 + line.count("\n")
    assert f"{hello}/SConscript:{number}: " in done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_a_failed_compile_shows_the_message_and_the_command(workshop, hello):
    workshop.write({f"{hello}/hello.c": "int main(void) { return y; }\n"})
    done = workshop.only(hello)
    assert done.returncode == 2
    assert done.stdout == f"  CC      amd64/debug {hello}/hello.c\n" or "LIB" in done.stdout
    message, command, last = re.split(r"\nthe command was: |\n(?=scons: )", done.stderr.strip())
    assert message.startswith(f"{hello}/hello.c: In function 'main':")
    assert "'y' undeclared" in message
    assert " -c " in command
    assert last == f"scons: *** [build/amd64/debug/{hello}/hello.o] compile failed"
    assert not [name for name in workshop.files() if hello in name and name.startswith("build/")]


def test_verbose_shows_commands_and_no_command_twice(workshop, hello):
    workshop.write({f"{hello}/hello.c": "int main(void) { return y; }\n"})
    done = workshop.only(hello, "VERBOSE=1")
    assert "-ffreestanding" in done.stdout
    assert "the command was" not in done.stderr


def test_warnings_do_not_stop(workshop, hello):
    workshop.write({f"{hello}/hello.c": "int main(void) { int unused; return 0; }\n"})
    done = workshop.only(hello)
    assert done.returncode == 0
    assert "unused variable" in done.stderr
    assert "command was" not in done.stderr


def test_what_9front_would_not_run_fails_and_is_no_program(workshop, hello):
    """Text that is linked elsewhere than exec maps it."""
    workshop.write({f"{hello}/SConscript": sconscript("hello", ["hello.c"], "base=0x600000")})
    done = workshop.only(hello)
    assert done.returncode == 2
    assert "error:" in done.stderr
    assert "hello.rejected" in done.stderr
    place = workshop.folder / "build/amd64/debug" / hello
    assert {path.name for path in place.iterdir()} == {"hello.o", "hello.rejected"}
    workshop.write({f"{hello}/SConscript": sconscript("hello", ["hello.c"])})
    workshop.output(hello)
    assert "hello.rejected" not in {path.name for path in place.iterdir()}


def test_unresolved_names_are_the_linkers(workshop, hello):
    workshop.write({f"{hello}/hello.c": "extern int f(void);\nint main(void) { return f(); }\n"})
    done = workshop.only(hello)
    assert done.returncode == 2
    assert "undefined reference to `f'" in done.stderr
    assert "link failed" in done.stderr


def test_aliases(workshop, hello):
    for alias in (hello, f"{hello}/", f"{hello}/hello"):
        workshop.output(hello, alias)
    assert "CHECK   amd64/debug" in workshop.output(hello, "check")
    done = workshop.only(hello, hello[:-1])
    assert done.returncode == 2
    assert done.stderr == (
        f"scons: *** no target '{hello[:-1]}'; did you mean '{hello}'? `scons -h` lists them.  Stop.\n"
    )


def test_files_can_be_named(workshop, hello):
    said = workshop.output(hello, f"build/amd64/debug/{hello}/hello.o")
    assert "CC" in said
    assert "LINK" not in said


def test_help_lists_the_programs(workshop, hello):
    said = workshop.output(hello, "-h")
    assert f"{hello}/hello" in said.split()
    assert "ONLY=FOLDER" in said
    assert len(said.splitlines()) <= 25
    assert "build" not in workshop.only(hello, "-h").stderr


def test_dry_run_makes_nothing(workshop, hello):
    said = workshop.output(hello, "-n")
    assert f"CC      amd64/debug {hello}/hello.c" in said
    assert not [name for name in workshop.files() if name.startswith("build/amd64") and hello in name]
