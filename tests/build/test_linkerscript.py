"""Linker scripts from the template."""

from __future__ import annotations

from pathlib import Path

import pytest

from elf9.build.linkerscript import Layout, instantiate, script_name
from elf9.build.paths import linker_dir, runtime_dir
from elf9.target import TARGETS

TEMPLATE = (Path(linker_dir()) / "plan9.ld.in").read_text()


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_no_placeholder_is_left(target):
    script = instantiate(TEMPLATE, target, Layout())
    assert "@" not in script
    assert f"OUTPUT_FORMAT({target.elf_output_format})" in script
    assert f"{target.text_base:#x}" in script
    assert f"ALIGN({target.segment_align:#x})" in script


def test_options():
    script = instantiate(TEMPLATE, TARGETS["amd64"], Layout(base=0x300000, alignment=0x1000, headers=False))
    assert "0x300000" in script
    assert "ALIGN(0x1000)" in script
    assert "text PT_LOAD  FLAGS(5)" in script
    assert "text PT_LOAD FILEHDR PHDRS FLAGS(5)" in instantiate(TEMPLATE, TARGETS["amd64"], Layout())


def test_an_unknown_placeholder_is_an_error():
    with pytest.raises(ValueError, match="unknown placeholder @COLOUR@; known: OUTPUT_FORMAT"):
        instantiate("X = @COLOUR@;", TARGETS["amd64"], Layout())


def test_layouts_have_names_of_their_own():
    layouts = [Layout(), Layout(base=0x1000), Layout(alignment=0x1000), Layout(headers=False)]
    assert len({script_name(layout) for layout in layouts}) == len(layouts)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (Layout(alignment=3), "no power of two"),
        (Layout(alignment=0), "no power of two"),
        (Layout(base=1), "no multiple"),
        (Layout(base=0x1000, alignment=0x10000), "no multiple"),
        (Layout(base=0x400000), ""),
    ],
)
def test_impossible_layouts(layout, words):
    assert words in layout.problem()
    assert bool(layout.problem()) == bool(words)


def test_where_the_files_are():
    assert (Path(runtime_dir()) / "include" / "u.h").exists()
