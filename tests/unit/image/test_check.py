"""`elf9 check`: a bad file for every rule, and nothing to say about good ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.image import aout_from_elf
from elf9.image.check import check_bytes, check_file
from elf9.image.rules import RULES
from elf9.image.symbols import encode_symbols
from elf9.target import TARGETS

from .bad import ALSO, BAD
from .builder import AMD64, ARM64, Aout, Elf, Section, Symbol

both = pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)


def rules(data: bytes, **options) -> set[str]:
    return {finding.rule for finding in check_bytes(data, "file", **options).findings}


def test_rules_and_bad_files_cover_each_other():
    assert list(BAD) == list(RULES)
    assert len(BAD) >= 45


@pytest.mark.parametrize("rule", BAD)
def test_bad_file(rule):
    """The file breaks its rule and, but for what cannot be helped, no other."""
    report = check_bytes(BAD[rule](), "bad")
    assert {finding.rule for finding in report.findings} == {rule} | ALSO.get(rule, set())
    found = next(finding for finding in report.findings if finding.rule == rule)
    assert found.severity == RULES[rule].severity
    assert found.place and found.message and found.cure
    assert report.ok == (found.severity != "error")
    if "exec returns -1" in RULES[rule].why:
        assert not report.accepted and not report.fatal
        assert report.error == "exec header invalid"
        assert report.layout == {}


@pytest.mark.parametrize("rule", RULES)
def test_rule_table(rule):
    entry = RULES[rule]
    assert entry.id == rule and entry.severity in {"error", "warning", "note"}
    assert rule == rule.lower() and " " not in rule
    for text in (entry.title, entry.why, entry.cure, entry.source):
        assert text and text == text.strip() and not text.endswith(".")


@both
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"rodata": b"constants"},
        {"bss": 0},
        {"data": b"", "bss": 64},
        {"data": b"", "bss": 0, "data_address": 0},
        {"symbols": [Symbol("etext", section=0xFFF1, type=0)]},
        {"text_sizes": None, "text": b"\0" * 4 * 0x5000},
    ],
    ids=str,
)
def test_good_elf(target, fields):
    report = check_bytes(Elf(target, **fields).build(), "good")
    assert report.findings == []
    assert report.accepted and report.ok and report.error is None


@both
def test_good_aout(target):
    symbols = encode_symbols(
        [("main", target.text_base + 40, "T"), ("end", target.round_segment(target.text_base + 56), "B")]
    )
    for data in (Aout(target).build(), Aout(target, symbols=symbols).build(), Aout(target, bss=1 << 20).build()):
        report = check_bytes(data, "good")
        assert report.findings == []
        assert report.accepted and report.kind == "a.out"


@pytest.mark.parametrize("script", [b"#!/bin/rc\necho\n", b"#!/bin/awk -f\n", b"#! /bin/ape/sh 'a b'\n"])
def test_good_script(script):
    report = check_bytes(script, "good")
    assert report.findings == [] and report.accepted and report.kind == "script"


LINKER_SCRIPT = """
OUTPUT_FORMAT({format})
ENTRY(_start)
PHDRS {{ text PT_LOAD FILEHDR PHDRS FLAGS(5); data PT_LOAD FLAGS(6); }}
SECTIONS {{
 . = {base} + SIZEOF_HEADERS;
 .text : {{ *(.text*) }} :text
 .rodata : {{ *(.rodata*) BYTE(0) }} :text
 . = ALIGN({align});
 .data : {{ . = .; *(.data*) }} :data
 .bss : {{ *(.bss* COMMON) }} :data
 end = .;
 /DISCARD/ : {{ *(.note* .comment .eh_frame*) }}
}}
"""
PROGRAM = """
int table[100] = {1, 2, 3}, zeros[4096];
static const char text[] = "constants";
static int counter;
int helper(int n) { return table[n] + text[n] + __builtin_ctz(n) + (zeros[n] += ++counter); }
void _start(void) { for (int n = 1;; n++) helper(n & 7); }
"""
COMPILERS = {
    "amd64": ("gcc", "-fcf-protection=none"),
    "arm64": ("aarch64-linux-gnu-gcc", "-mbranch-protection=none"),
}


def compiled(target, folder, *flags: str, script: str = LINKER_SCRIPT) -> str:
    """PROGRAM, linked with GCC for `target`; skips without such a compiler."""
    name, *machine = COMPILERS[target.name]
    compiler = shutil.which(name)
    triple = (
        subprocess.run([name, "-dumpmachine"], capture_output=True, text=True, check=True).stdout if compiler else ""
    )
    if not triple.startswith(target.gnu_cpu):
        pytest.skip(f"no {name} for {target.name}")
    (folder / "program.c").write_text(PROGRAM)
    (folder / "program.ld").write_text(
        script.format(format=target.elf_output_format, base=hex(target.text_base), align=hex(target.segment_align))
    )
    out = folder / "program"
    subprocess.run(
        [
            name, *machine, "-O1", "-g", "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector",
            "-fno-asynchronous-unwind-tables", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-n",
            f"-Wl,-T,{folder / 'program.ld'}", *flags, "-o", out, folder / "program.c",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return str(out)


@both
def test_what_gcc_links_is_good_in_both_formats(target, tmp_path):
    report = check_file(compiled(target, tmp_path))
    assert report.findings == [] and report.accepted
    aout = aout_from_elf((tmp_path / "program").read_bytes())
    other = check_bytes(aout, "program")
    assert other.findings == [] and other.accepted
    places = [(s["base"], s["top"]) for s in report.layout["segments"]]
    assert places == [(s["base"], s["top"]) for s in other.layout["segments"]]
    assert report.layout["entry"] == other.layout["entry"]


@both
def test_a_build_id_is_seen_as_what_it_is(target, tmp_path):
    """The default of gcc as link driver, and a script that does not discard notes."""
    assert check_file(compiled(target, tmp_path, "-Wl,--build-id")).findings == []
    kept = LINKER_SCRIPT.replace("*(.note* ", "*(")
    report = check_file(compiled(target, tmp_path, "-Wl,--build-id", script=kept))
    assert not report.ok
    assert "build-id" in {finding.rule for finding in report.findings}


def test_the_hosts_own_programs_are_refused():
    path = shutil.which("ls")
    if not path or check_file(path).kind != "elf":
        pytest.skip("no ELF programs on this host")
    report = check_file(path)
    assert not report.accepted
    assert {"phnum", "stack-note"} <= {finding.rule for finding in report.findings}


@both
def test_a_symbol_says_where_an_instruction_is(target):
    text = b"\xfa\xeb\xfe" if target is AMD64 else b"\x03\x00\x00\xd4" + b"\0\0\0\x14"
    elf = Elf(target, text=text * 2)
    elf.symbols = [Symbol("early", elf.first), Symbol("late", elf.first + len(text))]
    (finding,) = check_bytes(elf.build(), "x").findings
    assert finding.place == f"{elf.first:#x} (early)"
    assert "1 more" in finding.message


def test_literal_pools_are_not_code():
    """arm64's mapping symbols: the word of `hvc` behind $d is data, behind $x it is not."""
    hvc = (0xD4000002).to_bytes(4, "little")
    elf = Elf(ARM64, text=b"\0\0\0\x14" + hvc)
    elf.symbols = [Symbol("$x", elf.first, type=0, binding=0), Symbol("$d.1", elf.first + 4, type=0, binding=0)]
    assert rules(elf.build()) == set()
    elf.symbols = elf.symbols[:1]
    assert rules(elf.build()) == {"privileged-instruction"}


def test_tables_in_code_are_not_code_on_amd64():
    elf = Elf(text=b"\xeb\xfe" + b"\xf4" * 8 + b"\xc3")
    elf.symbols = [Symbol("table", elf.first + 2, type=1, size=8), Symbol("f", elf.first + 10)]
    assert rules(elf.build()) == set()


def test_constants_in_an_aout_are_not_code():
    text = b"\xeb\xfe" + b"hlt\xf4lmno"
    base = AMD64.text_base + 40
    symbols = [("main", base, "T"), ("etext", base + 2, "T")]
    assert rules(Aout(text=text, symbols=encode_symbols(symbols)).build()) == set()
    report = check_bytes(Aout(text=text, symbols=encode_symbols(symbols[:1])).build(), "x")
    assert report.findings and report.ok, "not sure that it is code: no more than a warning"


def test_lse_helpers_of_libgcc_are_a_warning():
    """They choose at run time, and choose right while their variable is 0."""
    elf = Elf(ARM64, text=(0xB8200041).to_bytes(4, "little") + b"\0\0\0\x14")
    elf.symbols = [Symbol("__aarch64_ldadd4_relax", elf.first, size=4)]
    report = check_bytes(elf.build(), "x")
    assert {finding.rule for finding in report.findings} == {"outline-atomics"} and report.ok


@pytest.mark.parametrize(
    ("instruction", "severity"),
    [("c5f458c2", "error"), ("0fa2c5f458c2", "warning"), ("f3480fb8d8", "warning"), ("660f3800c8", "warning")],
    ids=["vaddps", "cpuid and vaddps", "popcnt", "pshufb"],
)
def test_how_bad_a_newer_instruction_is(instruction, severity):
    (finding,) = check_bytes(Elf(text=bytes.fromhex(instruction) + b"\xeb\xfe").build(), "x").findings
    assert (finding.rule, finding.severity) == ("unavailable-instruction", severity)


@pytest.mark.parametrize(
    "text",
    [
        "0fbcc0",
        "f3480fbcd8",
        "f30f1efa",
        "f390",
        "0f05",
        "0f31",
        "cc",
        "0f0b",
        "f348a5",
        "0f01d0",
        "0fa2",
        "d9e8",
        "0fc7e8",
    ],
)
def test_allowed_on_amd64(text):
    assert rules(Elf(text=bytes.fromhex(text) + b"\xeb\xfe").build()) <= {"undecodable-code"}


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        (0xD53BE040, None),  # mrs x0, cntvct_el0
        (0xD53BD040, None),  # mrs x0, tpidr_el0
        (0xD51BD040, None),  # msr tpidr_el0, x0
        (0xD51BD060, "trapped-instruction"),  # msr tpidrro_el0, x0
        (0xD53B0020, "trapped-instruction"),  # mrs x0, ctr_el0
        (0xD5380000, "privileged-instruction"),  # mrs x0, midr_el1
        (0xD503207F, "trapped-instruction"),  # wfi
        (0xD503203F, None),  # yield
        (0xD503233F, None),  # paciasp
        (0xD4200020, None),  # brk #1
        (0xD4000001, None),  # svc #0
        (0xC85F7C20, None),  # ldxr x0, [x1]
        (0xC8A07C41, "unavailable-instruction"),  # cas x0, x1, [x2]
        (0xF8628820, None),  # ldr with a register offset
        (0x04A20020, "unavailable-instruction"),  # SVE add
        (0x1EE22820, "unavailable-instruction"),  # fadd h0, h1, h2
        (0x1EE24020, None),  # fcvt s0, h1
        (0x4E284820, "unavailable-instruction"),  # aese
        (0x00000000, None),
    ],
)
def test_arm64_instructions(word, rule):
    found = rules(Elf(ARM64, text=word.to_bytes(4, "little") + b"\0\0\0\x14").build())
    assert found == ({rule} if rule else set())


@both
def test_a_program_for_the_other_kernel(target):
    other = ARM64 if target is AMD64 else AMD64
    report = check_bytes(Elf(target).build(), "x", target=other)
    assert report.accepted and not report.ok and report.target == other.name
    assert "e-machine" in {finding.rule for finding in report.findings}
    assert rules(Aout(target).build(), target=other) == {"other-machine"}


def test_several_breaches_at_once():
    found = rules(Elf(flags=(7, 7), type=3, phoff=0).build())
    assert found == {"phdr-flags", "elf-type", "phoff"}
    report = check_bytes(Elf(flags=(7, 7)).build(), "x")
    assert [finding.rule for finding in report.findings] == ["phdr-flags", "phdr-flags"]


def test_the_process_dies_after_exec():
    report = check_bytes(BAD["bss-too-large"](), "x")
    assert (report.accepted, report.fatal, report.error) == (False, True, "virtual memory allocation failed")
    assert "kills the process" in report.to_text()


def test_displaced_sections_are_told_once():
    elf = Elf(data_address=0x300000)
    elf.extra.append(Section(".data.more", 0x300000, flags=3, offset=192, size=4))
    assert rules(elf.build()) == {"data-address"}


def test_json_is_stable():
    report = check_bytes(Elf(data_offset=0x1000).build(), "dir/program")
    made = json.loads(json.dumps(report.to_json()))
    assert list(made) == ["schema", "path", "kind", "target", "accepted", "error", "fatal", "ok", "layout", "findings"]
    assert (made["schema"], made["path"], made["kind"], made["target"]) == (1, "dir/program", "elf", "amd64")
    assert (made["accepted"], made["error"], made["fatal"], made["ok"]) == (True, None, False, True)
    assert made["layout"]["entry"] == "0x2000b0"
    assert made["layout"]["segments"][1] == {
        "name": "Data",
        "permissions": "R W",
        "base": "0x400000",
        "top": "0x401000",
        "offset": "0x1000",
        "file_size": 4,
    }
    assert list(made["findings"][0]) == ["rule", "severity", "place", "message", "cure"]


def test_text():
    text = check_bytes(Elf(data_offset=0x1000).build(), "program").to_text()
    assert text.splitlines()[0] == "program: elf, amd64: exec loads it"
    assert "0x400000-0x401000" in text and "note page-cache-collision" in text and text.endswith("  1 note\n")
    assert "\x1b" not in text
    assert "\x1b[" in check_bytes(b"", "x").to_text(colour=True)
    assert "exec refuses it: exec header invalid" in check_bytes(b"", "x").to_text()


def test_names_from_a_file_do_not_reach_the_terminal():
    elf = Elf(symbols=[Symbol("\x1b[2Jevil", section="", address=0, type=0)])
    report = check_bytes(elf.build(), "\x1b[2Jpath")
    assert "\x1b" not in report.to_text()
    assert "undefined-symbol" in {finding.rule for finding in report.findings}
    os.fsencode(json.dumps(report.to_json()))


@pytest.mark.parametrize("rule", ["no-sections", "symbol-table", "constructors", "ifunc", "dynamic-relocations"])
def test_cut_anywhere(rule):
    """Truncated at every length: a report, and an error whenever exec refuses."""
    whole = BAD[rule]()
    for size in range(0, len(whole), 7):
        report = check_bytes(whole[:size], "cut")
        assert report.accepted or not report.ok


@given(
    st.sampled_from(["constructors", "ifunc", "symbol-table", "aout-symbols", "script-quote", "dynamic-relocations"]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=12),
    st.sampled_from([None, *TARGETS.values()]),
)
def test_any_damage(rule, patches, target):
    """Whatever is in the file, the check ends with a report; what exec refuses has an error."""
    data = bytearray(BAD[rule]())
    for at, value in patches:
        data[at % len(data)] = value
    report = check_bytes(bytes(data), "damaged", target=target)
    assert report.accepted or not report.ok
    assert report.to_text() and json.dumps(report.to_json())
