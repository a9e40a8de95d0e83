"""The linker script: whatever a program is made of, exec must find what ld put there (facts/exec.md §9)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from elf9.build.linkerscript import Layout

START = """
	.section .text.start, "ax"
	.globl _start
_start:
"""

#: Name -> assembly that goes into a program besides its entry.
ODD = {
    "nothing": "",
    "data": ".data\n.quad 1",
    "bss": ".bss\n.skip 100",
    "bss aligned to a page": ".bss\n.balign 4096\n.skip 100",
    "bss aligned to 64 KiB": ".bss\n.balign 65536\n.skip 100",
    "rodata": '.section .rodata\n.ascii "hello"',
    "rodata strings": '.section .rodata.str1.1,"aMS",%progbits,1\n.asciz "hello"',
    "rodata aligned": ".section .rodata\n.balign 4096\n.quad 1",
    "data aligned to a page": ".data\n.balign 4096\n.quad 1",
    "common": ".comm shared, 4000, 32",
    "data and bss": ".data\n.quad 1\n.bss\n.skip 5000",
    "relro": '.section .data.rel.ro,"aw"\n.quad _start',
    "constructor": '.section .init_array,"aw"\n.quad _start',
    "constructor with priority": '.section .init_array.00101,"aw"\n.quad _start',
    "old constructor": '.section .ctors,"aw"\n.quad _start',
    "destructor": '.section .fini_array,"aw"\n.quad _start',
    "notes": '.section .note.gnu.property,"a",%note\n.quad 1\n.section .note.other,"a",%note\n.quad 2',
    "unwind tables": ".text\nf: .cfi_startproc\n.cfi_def_cfa_offset 32\n.skip 16\n.cfi_endproc",
    "debug": '.section .debug_info,"",%progbits\n.quad 1\n.section .comment\n.ascii "x"',
    "large data": '.section .ldata,"aw"\n.quad 1\n.section .lbss,"aw",%nobits\n.skip 9',
    "large rodata": '.section .lrodata,"a"\n.quad 2',
    "init and fini": '.section .init,"ax"\n.skip 4\n.section .fini,"ax"\n.skip 4',
    "exception table": '.section .gcc_except_table,"a"\n.quad 1',
    "function sections": '.section .text.f,"ax"\n.skip 64\n.section .text.hot.g,"ax"\n.skip 64',
    "empty text": '.section .text,"ax"',
}

#: Name -> (assembly, words of the message that refuses it).
REFUSED = {
    "thread-local data": ('.section .tdata,"awT"\n.quad 1', "thread-local storage"),
    "thread-local bss": ('.section .tbss,"awT",%nobits\n.skip 8', "thread-local storage"),
    "unknown section": ('.section surprise,"aw"\n.quad 1', "surprise"),
    "dynamic": ('.section .dynamic,"aw"\n.quad 1', "dynamic linking"),
}


@pytest.fixture
def link(workshop, tmp_path):
    def run(body: str, *, layout: Layout | None = None, keep: bool = True):
        source = workshop.text("odd.S", f'{START}\t.skip 16\n{body}\n\t.section .note.GNU-stack,"",%progbits\n')
        program = tmp_path / "odd"
        extra = ["--no-gc-sections"] if keep else []
        command = workshop.link_command(program, [workshop.compile(source)], layout=layout, extra=extra)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return program, done

    return run


def check_loads(target, program: Path, *, layout: Layout | None = None) -> dict[str, int]:
    """Hold the file to exec's rules; the symbols."""
    with program.open("rb") as file:
        elf = ELFFile(file)
        assert elf.header.e_phoff == 64
        text, data = (segment.header for segment in elf.iter_segments())
        assert [text.p_type, data.p_type] == ["PT_LOAD", "PT_LOAD"]
        assert [text.p_flags, data.p_flags] == [5, 6]
        assert text.p_vaddr == target.text_base
        assert text.p_filesz == text.p_memsz
        assert data.p_vaddr == target.round_segment(target.text_base + text.p_filesz)
        headers = layout is None or layout.headers
        assert (text.p_offset == 0) == headers
        assert target.text_base + target.header_size <= elf.header.e_entry < text.p_vaddr + text.p_filesz
        for section in elf.iter_sections():
            head = section.header
            if not head.sh_flags & 2 or head.sh_size == 0:
                continue
            segment = text if head.sh_addr < data.p_vaddr else data
            assert segment.p_vaddr <= head.sh_addr, section.name
            assert head.sh_addr + head.sh_size <= segment.p_vaddr + segment.p_memsz, section.name
            if head.sh_type != "SHT_NOBITS":
                assert head.sh_offset - segment.p_offset == head.sh_addr - segment.p_vaddr, section.name
            assert not (segment is text and head.sh_flags & 1), f"writable {section.name} in text"
        symbols = {symbol.name: symbol["st_value"] for symbol in elf.get_section_by_name(".symtab").iter_symbols()}
        symbols["data offset"] = data.p_offset
        symbols["data size"] = data.p_filesz
        symbols["data memory"] = data.p_memsz
        symbols["text size"] = text.p_filesz
        return symbols


@pytest.mark.parametrize("headers", [True, False], ids=["headers", "bare"])
@pytest.mark.parametrize("name", ODD)
def test_odd_programs_load(workshop, link, name, headers):
    layout = Layout(headers=headers)
    program, done = link(ODD[name], layout=layout)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    check_loads(workshop.target, program, layout=layout)


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_exec_cannot_do(link, name):
    body, words = REFUSED[name]
    _, done = link(body)
    assert done.returncode != 0
    assert words in done.stderr


def test_refuses_ifunc(link, workshop):
    call = "jmp chosen" if workshop.target.name == "amd64" else "b chosen"
    body = f".text\n{call}\n.type chosen, %gnu_indirect_function\n.globl chosen\nchosen: {call}"
    _, done = link(body)
    assert done.returncode != 0
    assert "run-time relocations" in done.stderr


@pytest.mark.parametrize("step", [-129, -65, -64, -33, -16, -9, -8, -2, -1, 0, 1, 8, 64])
@pytest.mark.parametrize(
    "extra", ["", ".data\n.quad 1", ".section .rodata\n.balign 64\n.quad 1\n.data\n.balign 32\n.quad 1"]
)
def test_text_sizes_around_the_alignment(workshop, link, step, extra):
    fill = workshop.target.segment_align - 0xB0 - 16 + step
    program, done = link(f".text\n.skip {fill}, 0x90\n{extra}")
    assert done.returncode == 0, done.stderr
    check_loads(workshop.target, program)


@pytest.mark.parametrize("size", range(3800, 4000, 7))
def test_data_shares_no_page_cache_key_with_text_padding(workshop, link, size):
    """facts/exec.md §4: a data offset on a page boundary would."""
    program, done = link(f".text\n.skip {size}, 0x90\n.data\n.balign 64\n.quad 1")
    assert done.returncode == 0, done.stderr
    assert check_loads(workshop.target, program)["data offset"] % workshop.target.page != 0


def test_small_programs_make_small_files(link):
    program, _ = link(".data\n.quad 1")
    assert program.stat().st_size < 2048


def test_symbols_of_the_image(workshop, link):
    body = ".data\n.skip 24\n.bss\n.skip 1000\n.text\n" + "\n".join(
        f".quad {name}"
        for name in [
            "etext",
            "_etext",
            "edata",
            "_edata",
            "end",
            "_end",
            "__bss_start",
            "__init_array_start",
            "__init_array_end",
        ]
    )
    program, done = link(body)
    assert done.returncode == 0, done.stderr
    symbols = check_loads(workshop.target, program)
    target = workshop.target
    data = target.round_segment(symbols["etext"])
    assert symbols["etext"] == symbols["_etext"] == target.text_base + symbols["text size"]
    assert symbols["edata"] == symbols["_edata"] == data + symbols["data size"]
    assert symbols["end"] == symbols["_end"] == data + symbols["data memory"]
    assert data + 24 <= symbols["__bss_start"] <= data + 32
    assert symbols["__init_array_start"] == symbols["__init_array_end"]


def test_a_program_may_have_its_own_end(link):
    _, done = link(".data\n.globl end, etext, edata\nend: etext: edata: .quad end")
    assert done.returncode == 0, done.stderr


def test_garbage_collection_keeps_entry_and_constructors(workshop, link):
    body = """
	.section .text.unused,"ax"
	.globl unused
unused: .skip 4
	.section .text.constructor,"ax"
	.globl constructor
constructor: .skip 4
	.section .init_array,"aw",%init_array
	.quad constructor
	.section .ctors,"aw"
	.quad constructor
	.section .fini_array,"aw",%fini_array
	.quad constructor
"""
    program, done = link(body, keep=False)
    assert done.returncode == 0, done.stderr
    symbols = check_loads(workshop.target, program)
    assert "constructor" in symbols
    assert "unused" not in symbols
    assert symbols["data size"] == 24


def test_another_base_and_alignment(workshop, link):
    layout = Layout(base=0x400000, alignment=0x10000)
    program, done = link(".data\n.quad 1", layout=layout)
    assert done.returncode == 0, done.stderr
    with program.open("rb") as file:
        text, data = (segment.header for segment in ELFFile(file).iter_segments())
    assert (text.p_vaddr, data.p_vaddr) == (0x400000, 0x410000)


def test_no_entry_is_an_error(workshop, tmp_path):
    source = workshop.text("nostart.S", '.text\n.globl f\nf: .skip 4\n.section .note.GNU-stack,"",%progbits\n')
    command = workshop.link_command(tmp_path / "x", [workshop.compile(source)])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "_start" in done.stderr
