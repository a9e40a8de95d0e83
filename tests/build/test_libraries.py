"""`#pragma lib`: what a program asks for is linked, and nothing else."""

from __future__ import annotations

import re

import pytest

from elf9.build.libraries import library_name

MAIN = "#include <u.h>\n#include <libc.h>\n{includes}\nvoid\nmain(int, char**)\n{{\n\t{body}\n\texits(nil);\n}}\n"

PROJECT = 'Import("env")\nenv.Plan9Program("p", ["p.c"])\nenv.Plan9Library("mine", ["mine.c"])\n'


def main(body: str, *includes: str) -> str:
    return MAIN.format(body=body, includes="\n".join(f"#include {name}" for name in includes))


@pytest.fixture
def folder(workshop, request):
    """A folder of this test's own with a library `mine`; its name."""
    name = re.sub(r"\W", "_", request.node.name)
    workshop.write(
        {
            f"{name}/mine.h": '#pragma lib "libmine.a"\nextern int mine(void);\n',
            f"{name}/mine.c": "int mine(void) { return 3; }\n",
            f"{name}/SConscript": PROJECT,
        }
    )
    return name


def linked(workshop, name: str, program: str = "p") -> set[str]:
    """The archives of which the program has something, and those that are only named."""
    text = (workshop.folder / "build/amd64/debug" / name / f"{program}.map").read_text()
    return set(re.findall(r"^LOAD .*?([\w-]+\.a)$", text, re.MULTILINE)) - {"libgcc.a"}


def test_a_library_of_the_project(workshop, folder):
    workshop.write({f"{folder}/p.c": main('print("%d\\n", mine());', '"mine.h"')})
    said = workshop.output(folder, arch="amd64,arm64")
    assert said.count("libmine.a") == 2
    assert linked(workshop, folder) == {"libelf9.a", "libmine.a"}
    assert "up to date" in workshop.output(folder, arch="amd64,arm64")


def test_a_change_of_the_library_is_linked(workshop, folder):
    workshop.write({f"{folder}/p.c": main('print("%d\\n", mine());', '"mine.h"')})
    workshop.output(folder)
    workshop.write({f"{folder}/mine.c": "int mine(void) { return 4; }\n"})
    said = workshop.output(folder)
    assert "LINK" in said
    assert "p.c" not in said


def test_who_includes_nothing_gets_nothing(workshop, folder):
    workshop.write({f"{folder}/p.c": main('print("hello\\n");')})
    said = workshop.output(folder, f"{folder}/p")
    assert "libbio" not in said
    assert "libmine" not in said
    assert linked(workshop, folder) == {"libelf9.a"}


def test_the_pragma_is_the_dependency(workshop, folder):
    workshop.write({f"{folder}/p.c": main("", '"mine.h"')})
    workshop.output(folder)
    assert linked(workshop, folder) == {"libelf9.a", "libmine.a"}
    workshop.write({f"{folder}/mine.h": "extern int mine(void);\n"})
    workshop.output(folder)
    assert linked(workshop, folder) == {"libelf9.a"}


def test_libraries_ask_for_libraries(workshop, folder):
    workshop.write(
        {
            f"{folder}/p.c": main('print("%d\\n", mine());', '"mine.h"'),
            f"{folder}/mine.c": '#include "sub/other.h"\nint mine(void) { return other(); }\n',
            f"{folder}/sub/other.h": '#pragma lib "../lib/libother.a"\nint other(void);\n',
            f"{folder}/sub/other.c": "int other(void) { return 5; }\n",
            f"{folder}/SConscript": PROJECT + 'env.Plan9Library("other", ["sub/other.c"])\n',
        }
    )
    workshop.output(folder)
    assert linked(workshop, folder) == {"libelf9.a", "libmine.a", "libother.a"}


def test_a_library_of_the_runtime_in_both_flavours(workshop, folder):
    workshop.write(
        {
            f"{folder}/p.c": main('Biobuf b; Binit(&b, 1, OWRITE); Bprint(&b, "x\\n"); Bterm(&b);', "<bio.h>"),
            f"{folder}/SConscript": 'Import("env")\nenv.Plan9Program("p", ["p.c"])\n'
            'env.Plan9Program("f", ["p.c"], float=True)\n',
        }
    )
    said = workshop.only(folder)
    assert said.returncode == 0, said.stderr
    assert linked(workshop, folder) == {"libelf9.a", "libbio.a"}
    assert linked(workshop, folder, "f") == {"libelf9-float.a", "libbio-float.a"}


def test_what_nobody_has_is_said_when_it_is_missed(workshop, folder):
    workshop.write({f"{folder}/draw.h": '#pragma lib "libdraw.a"\nextern int initdraw(void);\n'})
    workshop.write({f"{folder}/p.c": main("", '"draw.h"')})
    done = workshop.only(folder)
    assert done.returncode == 0
    assert done.stderr == ""
    workshop.write({f"{folder}/p.c": main("initdraw();", '"draw.h"')})
    done = workshop.only(folder)
    assert done.returncode == 2
    assert "undefined reference to `initdraw'" in done.stderr
    assert "libdraw.a is asked for by a #pragma lib, but neither elf9 nor the project has it" in done.stderr


def test_a_flavour_that_does_not_fit_is_said(workshop, folder):
    workshop.write(
        {
            f"{folder}/p.c": main("mine();", '"mine.h"'),
            f"{folder}/SConscript": 'Import("env")\nenv.Plan9Program("p", ["p.c"])\n'
            'env.Plan9Library("mine", ["mine.c"], float=True)\n',
        }
    )
    done = workshop.only(folder)
    assert done.returncode == 2
    assert "libmine.a is made with float=True" in done.stderr


def test_the_nearest_of_two(workshop, folder):
    workshop.write(
        {
            f"{folder}/p.c": main("mine();", '"mine.h"'),
            f"{folder}/a/SConscript": 'Import("env")\nenv.Plan9Library("mine", ["../mine.c"])\n'
            'env.Plan9Program("p", ["../p.c"])\n',
            f"{folder}/b/SConscript": 'Import("env")\nenv.Plan9Library("mine", ["../mine.c"])\n',
            f"{folder}/SConscript": 'Import("env")\nenv.SConscript(["a/SConscript", "b/SConscript"], exports="env")\n'
            'env.Plan9Program("p", ["p.c"])\n',
        }
    )
    done = workshop.only(folder, "-k")
    assert done.returncode == 2
    assert f"libmine.a could be any of build/amd64/debug/{folder}/a/libmine.a" in done.stderr
    assert linked(workshop, f"{folder}/a") == {"libelf9.a", "libmine.a"}


@pytest.mark.parametrize(
    "words", ["libbio.a", "/$M/lib/libbio.a", "../libbio/libbio.a$O", "/386/lib/libbio.a", "libbio.$O.a"]
)
def test_names(words):
    assert library_name(words) == "libbio.a"
