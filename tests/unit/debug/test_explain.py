"""Backtraces, source lines and causes of real faults, on both machines."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from elf9.debug.binary import open_binary
from elf9.debug.explain import Explanation, explain
from elf9.debug.lines import Lines, find_source
from elf9.debug.symbols import Symbol, Symbols, read_symbols
from elf9.debug.unwind import Unwinder
from elf9.image import aout_from_elf
from elf9.target import TARGETS

NESTED = """\
volatile int sink;
__attribute__((noinline)) void
inner(int *p, int n)
{
    int big[40];
    for (int i = 0; i < 40; i++)
        big[i] = n + i;
    sink = big[n];
    *p = n;                       /* line 9 */
    sink += big[n + 1];
}
__attribute__((noinline)) int
middle(int n)
{
    volatile int kept = n * 2;
    inner((int *)0, n);           /* line 16 */
    return kept;
}
int
main(void)
{
    int x = middle(3);            /* line 22 */
    sink = x;
    return x;
}
"""


def functions(explanation: Explanation) -> list[str]:
    return [(call.label or "?").split("+")[0] for call in explanation.calls]


def lines_of(explanation: Explanation) -> list[int | None]:
    return [call.place.line if call.place else None for call in explanation.calls]


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2", "-Os"])
def test_backtrace_by_cfi(crash, level):
    death = crash(NESTED, "-g", level)
    found = explain(str(death.path), death)
    assert functions(found) == ["inner", "middle", "main", "_start"]
    assert lines_of(found)[:3] == [9, 16, 22]
    assert [call.how for call in found.calls] == ["fault", "cfi", "cfi", "cfi"]
    assert found.hint is not None
    assert "nil pointer" in found.hint


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_every_dwarf_version(crash, version):
    death = crash(NESTED, f"-gdwarf-{version}", "-O1")
    found = explain(str(death.path), death)
    assert functions(found) == ["inner", "middle", "main", "_start"]
    assert lines_of(found)[:3] == [9, 16, 22]


def test_eh_frame_alone(crash):
    death = crash(NESTED, "-g0", "-fasynchronous-unwind-tables", "-O2")
    found = explain(str(death.path), death)
    assert functions(found) == ["inner", "middle", "main", "_start"]
    assert {call.how for call in found.calls} == {"fault", "cfi"}


def test_frame_pointers_without_debug_information(crash):
    death = crash(NESTED, "-g0", "-O1", "-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer")
    found = explain(str(death.path), death)
    assert functions(found) == ["inner", "middle", "main", "_start"]
    assert {call.how for call in found.calls[1:]} == {"frame pointer"}
    assert found.missing is not None
    assert "-g" in found.missing


def test_guesses_are_marked(crash, target):
    death = crash(NESTED, "-g0", "-O1", "-fomit-frame-pointer")
    if target.name == "arm64":
        death.registers |= {"x29": 0, "x30": 0}
    found = explain(str(death.path), death)
    # On arm64 only the lost link register knew of middle: a guess may leave calls out, never invent one.
    assert functions(found)[:2] == ["inner", "middle" if target.name == "amd64" else "main"]
    assert found.calls[1].how == "guess"
    assert "(guess)" in found.to_text()


def test_stripped_program_says_so(crash):
    death = crash(NESTED, "-g0", "-O1", "-s")
    found = explain(str(death.path), death)
    assert found.calls[0].label is None
    assert found.missing is not None
    assert "-s" in found.missing


def test_inlined_functions_are_shown(crash):
    source = """\
volatile int sink;
static inline __attribute__((always_inline)) void leaf(int *p)
{
    *p = 1;
}
static inline __attribute__((always_inline)) void twig(int *p)
{
    sink = 2;
    leaf(p);
}
int main(void)
{
    twig((int *)16);
    return sink;
}
"""
    death = crash(source, "-g", "-O2")
    found = explain(str(death.path), death)
    assert functions(found) == ["leaf", "twig", "main", "_start"]
    assert lines_of(found)[:3] == [4, 9, 13]
    assert [call.how for call in found.calls] == ["inlined", "inlined", "fault", "cfi"]
    assert found.hint == "a nil pointer, used for a member or element 16 bytes into it."


def test_call_through_nil(crash):
    source = "void (*volatile f)(void);\nint sink;\nint main(void)\n{\n    f();\n    sink = 1;\n    return 0;\n}\n"
    death = crash(source, "-g", "-O1")
    assert death.pc == 0
    found = explain(str(death.path), death)
    assert functions(found) == ["?", "main", "_start"]
    assert found.calls[1].how == "return address"
    assert lines_of(found)[1] == 5
    assert found.hint == "a call through a nil function pointer."


def test_code_that_the_linker_left_out_is_nowhere(crash):
    source = "void left(void)\n{\n}\nvoid (*volatile f)(void);\nint main(void)\n{\n    f();\n    return 0;\n}\n"
    death = crash(source, "-g", "-O1", "-ffunction-sections", "-Wl,--gc-sections")
    found = explain(str(death.path), death)
    assert found.calls[0].place is None
    assert found.calls[0].label is None


def test_abort_is_no_nil_pointer(crash):
    source = NESTED.replace("inner(", "abort(")
    death = crash(source, "-g", "-O0", "-fno-builtin", "-Wno-error")
    found = explain(str(death.path), death)
    assert functions(found)[:2] == ["abort", "middle"]
    assert found.hint is not None
    assert "abort(2)" in found.hint


def test_the_program_that_was_executed_last_is_explained(crash, tmp_path):
    death = crash(NESTED, "-g", "-O1")
    data = death.path.read_bytes()
    first = tmp_path / "first"
    first.write_bytes(b"#!/bin/crash\n")
    for contents in (data, aout_from_elf(data)):
        found = explain(str(first), death, target=death.target, program=(b"/bin/crash", contents))
        assert functions(found)[:3] == ["inner", "middle", "main"]
    unknown = explain(str(death.path), death, target=death.target, program=(b"/srv/x", b""))
    assert unknown.calls[0].label is None


def test_stack_overflow(crash):
    source = "int f(int n) { volatile int a[100]; a[0] = n; return f(n + 1) + a[0]; } int main(void) { return f(0); }"
    death = crash(source, "-g", "-O0")
    found = explain(str(death.path), death)
    assert found.hint is not None
    assert found.hint.startswith("stack overflow")
    assert len(found.calls) == 64
    assert functions(found)[0] == "f"


def test_write_to_a_constant(crash):
    source = "const char greeting[] = \"hello\";\nint main(void)\n{\n    *(volatile char *)&greeting[1] = 'a';\n}\n"
    death = crash(source, "-g", "-O1")
    found = explain(str(death.path), death)
    assert found.hint is not None
    assert found.hint.startswith("a write to read-only text (greeting+0x1)")


def test_jump_into_data(crash):
    source = "int code[4] = {1, 2, 3, 4};\nint main(void)\n{\n    ((void (*)(void))code)();\n    return code[0];\n}\n"
    death = crash(source, "-g", "-O1")
    found = explain(str(death.path), death)
    assert found.hint is not None
    assert found.hint.startswith("the program jumped into its data (code)")
    assert functions(found)[1] == "main"


def test_text_shows_line_calls_and_registers_in_two_columns(crash, target):
    death = crash(NESTED, "-g", "-O1")
    text = explain(str(death.path), death).to_text()
    assert text.splitlines()[0].endswith("crash.c:9, in inner")
    assert "  >  9      *p = n;                       /* line 9 */" in text
    assert "   10      sink += big[n + 1];" in text
    first, second = ("rax", "r9") if target.name == "amd64" else ("x0", "x17")
    row = text.split("registers:\n")[1].splitlines()[0].split()
    assert row == [first, f"{death.registers[first]:016x}", second, f"{death.registers[second]:016x}"]
    assert "\x1b" not in text
    assert "\x1b[1;31m" in explain(str(death.path), death).to_text(colour=True)


def test_report_has_plain_values(crash):
    death = crash(NESTED, "-g", "-O1")
    data = explain(str(death.path), death).to_json()
    assert data["backtrace"][0]["line"] == 9
    assert data["backtrace"][1]["function"].startswith("middle+0x")


def test_unreadable_stack_gives_one_frame(crash):
    death = crash(NESTED, "-g", "-O1")

    def nothing(address: int, length: int) -> bytes:
        raise ValueError("unmapped")

    death.memory = nothing
    death.registers["x30"] = 0
    assert functions(explain(str(death.path), death)) == ["inner"]


def test_cyclic_frame_pointers_end(crash, target):
    death = crash(NESTED, "-g0", "-O1", "-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer")
    pointer = death.registers["rbp" if target.name == "amd64" else "x29"]
    real: Callable[[int, int], bytes] = death.memory

    def looping(address: int, length: int) -> bytes:
        return pointer.to_bytes(8, "little") if (address, length) == (pointer, 8) else real(address, length)

    death.memory = looping
    assert len(explain(str(death.path), death).calls) <= 64


@pytest.mark.parametrize("cut", [0, 10, 64, 200, 1000, 3000, 5000])
def test_damaged_files_explain_less_but_never_fail(crash, cut):
    death = crash(NESTED, "-g", "-O1")
    whole = death.path.read_bytes()
    death.path.write_bytes(whole[:cut])
    assert explain(str(death.path), death, target=death.target).calls
    noise = bytearray(whole)
    for position in range(cut + 64, len(noise), 97):
        noise[position] ^= 0x5A
    death.path.write_bytes(bytes(noise))
    assert explain(str(death.path), death, target=death.target).calls


def test_sources_are_found_from_above_the_program(tmp_path, monkeypatch):
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "a.c").write_text("x")
    program = tmp_path / "build" / "amd64" / "debug" / "a"
    program.parent.mkdir(parents=True)
    monkeypatch.chdir("/")
    assert find_source("examples/a.c", str(program)) == str(tmp_path / "examples" / "a.c")
    assert find_source("examples/b.c", str(program)) is None
    assert find_source(str(tmp_path / "nowhere.c"), str(program)) is None


def test_lines_agree_with_addr2line(crash, target):
    tool = "addr2line" if target.name == "amd64" else "aarch64-linux-gnu-addr2line"
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool}")
    path = crash(NESTED, "-g", "-O2").path
    binary = open_binary(str(path))
    lines = Lines(binary)
    addresses = list(range(*binary.text, 4))
    output = subprocess.run(
        [tool, "-e", path, *[hex(address) for address in addresses]], capture_output=True, text=True, check=True
    ).stdout
    compared = 0
    for address, theirs in zip(addresses, output.splitlines(), strict=True):
        mine = lines.find(address)
        name, _, number = theirs.split(" ")[0].rpartition(":")
        if mine is not None and name != "??" and number.isdigit() and int(number):
            assert mine.path.endswith("crash.c") or mine.path.endswith("start.s")
            assert mine.line == int(number)
            compared += 1
    assert compared > 20


def test_symbols():
    symbols = Symbols([
        Symbol("f", 0x10, 4, True), Symbol("label", 0x10, 0, False), Symbol("g", 0x20, 0, True),
        Symbol("data", 0x40, 8, False),
    ])  # fmt: skip
    assert symbols.label(0x10) == "f"
    assert symbols.label(0x13) == "f+0x3"
    assert symbols.label(0x14) is None
    assert symbols.label(0x2F) == "g+0xf"
    assert symbols.label(0x47) == "data+0x7"
    assert symbols.label(0x48) is None
    assert symbols.label(0xF) is None
    assert len(Symbols([])) == 0


def test_symbols_of_an_aout(crash, target):
    death = crash(NESTED, "-g", "-O0")
    path = death.path.with_suffix(".out")
    path.write_bytes(aout_from_elf(death.path.read_bytes()))
    binary = open_binary(str(path))
    assert binary.target is target
    label = read_symbols(binary).label(death.pc)
    assert label is not None
    assert label.startswith("inner+")
    assert functions(explain(str(path), death))[:2] == ["inner", "middle"]


def test_an_aout_has_the_lines_of_the_elf_beside_it(crash):
    death = crash(NESTED, "-g", "-O1")
    path = death.path.with_suffix(".aout")
    image = aout_from_elf(death.path.read_bytes())
    path.write_bytes(image)
    found = explain(str(path), death)
    assert functions(found) == ["inner", "middle", "main", "_start"]
    assert lines_of(found)[:3] == [9, 16, 22]
    other = bytearray(image)
    other[death.pc - death.target.text_base] ^= 1
    path.write_bytes(bytes(other))
    assert lines_of(explain(str(path), death))[0] is None


def test_unwinding_needs_a_machine(tmp_path):
    (tmp_path / "x").write_bytes(b"garbage")
    with pytest.raises(ValueError, match="machine"):
        Unwinder(open_binary(str(tmp_path / "x")), Symbols([]), lambda address, length: b"")


def test_program_for_the_other_machine(crash, target):
    death = crash(NESTED, "-g", "-O1")
    other = next(other for other in TARGETS.values() if other is not target)
    found = explain(str(death.path), death, target=other)
    assert found.hint == f"the file is for {target.name}, but it was run on {other.name}; exec does not look."
    assert len(found.calls) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sys: trap: divide error pc=0x200100", "division by zero"),
        ("sys: trap: illegal MSR/MRS access pc=0x10100", "segflush"),
        ("sys: floating point in note handler pc=0x1", "-mgeneral-regs-only"),
        ("sys: fp: invalid operation fppc=0x1 status=0x1 pc=0x1", "float=True"),
        ("sys: bad sys call pc=0x1", "does not have"),
        ("sys: trap: fault read addr=0xfffff000 pc=0x200100", "through an int"),
    ],
)
def test_causes(crash, target, text, words):
    if target.name == "arm64" and "through an int" in words:
        pytest.skip("arm64's addresses fit 35 bits; the cause is amd64's")
    death = crash(NESTED, "-g0", "-O1")
    death.text = text.encode()
    found = explain(str(death.path), death)
    assert found.hint is not None
    assert words in found.hint


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("0f290424", "multiple of 16"),
        ("fa", "`cli` is for the kernel only"),
        ("488b03", "not canonical"),
        ("c3", "smashed stack"),
        ("", "a jump to an address"),
    ],
)
def test_general_protection(crash, target, code, words):
    if target.name != "amd64":
        pytest.skip("a trap of amd64")
    death = crash(NESTED, "-g0", "-O1")
    data = bytes.fromhex(code)
    death.text, death.pc = b"sys: trap: general protection violation pc=0x500000", 0x500000

    def read(address: int, length: int) -> bytes:
        if not 0x500000 <= address <= address + length <= 0x500000 + len(data):
            raise ValueError("unmapped")
        return data[address - 0x500000 :][:length]

    death.memory = read
    found = explain(str(death.path), death)
    assert found.hint is not None
    assert words in found.hint
