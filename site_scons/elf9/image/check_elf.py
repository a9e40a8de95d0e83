"""The rules for ELF files: header fields that exec ignores or trusts, sections, symbols, code."""

from __future__ import annotations

import re
from itertools import pairwise

from elf9.image import sections as elf
from elf9.image.check_code import SymbolNames, report_hits
from elf9.image.check_layout import check_plan
from elf9.image.elf import DATA_FLAGS, EHDR_SIZE, HEADERS_SIZE, PHDR_SIZE, TEXT_FLAGS, flags_problem
from elf9.image.findings import Findings
from elf9.image.instructions import CodeRange
from elf9.image.model import Plan
from elf9.image.sections import ElfFile, Section, Symbol, read_elf
from elf9.target import Target, by_elf_machine

__all__ = ["check_elf"]

TYPES = {elf.ET_REL: "an object file", elf.ET_DYN: "position-independent", elf.ET_CORE: "a core dump"}
MACHINES = {
    2: "sparc",
    3: "386",
    8: "mips",
    20: "power",
    21: "power64",
    40: "arm",
    62: "amd64",
    183: "arm64",
    243: "riscv",
}
#: Program headers that have a rule of their own.
HEADER_RULES = {
    elf.PT_GNU_STACK: ("stack-note", "PT_GNU_STACK"),
    elf.PT_GNU_PROPERTY: ("property-note", "PT_GNU_PROPERTY"),
    elf.PT_NOTE: ("note-segment", "PT_NOTE"),
    elf.PT_GNU_RELRO: ("relro", "PT_GNU_RELRO"),
    elf.PT_GNU_EH_FRAME: ("eh-frame-header", "PT_GNU_EH_FRAME"),
    elf.PT_INTERP: ("interp", "PT_INTERP"),
    elf.PT_DYNAMIC: ("dynamic-section", "PT_DYNAMIC"),
    elf.PT_TLS: ("tls-section", "PT_TLS"),
}
#: Allocated sections that GCC, binutils and elf9's linker script know; the rest are orphans.
KNOWN = re.compile(
    r"\.(text|rodata|data|bss|tdata|tbss|init_array|fini_array|preinit_array|ctors|dtors|init|fini|eh_frame|eh_frame_hdr"
    r"|gcc_except_table|got|igot|plt|iplt|note|dynamic|interp|dynsym|dynstr|hash|gnu|rela?|relr|tm_clone_table|jcr"
    r"|sdata|sbss|srodata|ldata|lbss|lrodata|ltext|comment|debug|stab|common|data1|rodata1|exit|toc)([._].*)?$"
)
HOST_LIBC = frozenset(("__libc_start_main", "__libc_start_call_main", "__libc_csu_init", "__libc_setup_tls"))
#: libgcc's helpers that choose between LSE and exclusives at run time.
OUTLINE = re.compile(r"__aarch64_(cas|swp|ldadd|ldclr|ldeor|ldset)\d")
IRELATIVE = {"amd64": 37, "arm64": 1032}


def check_elf(data: bytes, target: Target, made: Plan | None, findings: Findings) -> None:
    """Look at an ELF file; `made` is the layout exec gives it, None if it refuses."""
    file = read_elf(data)
    if len(data) < HEADERS_SIZE:
        return
    _check_header(file, target, findings)
    _check_program_headers(file, findings)
    for problem in file.problems:
        findings.add("symbol-table" if "symbol table" in problem else "section-table", problem, place="section headers")
    if not file.sections and not file.problems:
        findings.add("no-sections", "the file has no section headers", place="file offset 0x28 (e_shoff)")
    if made is not None:
        check_plan(data, made, findings)
        if target.elf_machine == file.machine:
            _check_places(file, made, findings)
            _check_sections_in_segments(file, made, findings)
    _check_sections(file, findings)
    _check_symbols(file, target, findings)
    if target.elf_machine == file.machine:
        names = SymbolNames(
            [
                (symbol.address, symbol.name)
                for symbol in file.symbols
                if symbol.name and symbol.type in {elf.STT_NOTYPE, elf.STT_FUNC} and not symbol.name.startswith("$")
                and symbol.section not in {elf.SHN_UNDEF, elf.SHN_ABS}
            ]
        )  # fmt: skip
        report_hits(target.name, list(_code(file, target)), names, findings)


def _check_header(file: ElfFile, target: Target, findings: Findings) -> None:
    """Fields of the ELF header which exec does not look at."""
    if file.ident[4] != 2:
        findings.add("elf-class", f"EI_CLASS is {file.ident[4]}, not 2 (64-bit)", place="file offset 0x4 (EI_CLASS)")
    if file.ident[5] != 1:
        findings.add(
            "elf-data", f"EI_DATA is {file.ident[5]}, not 1 (little-endian)", place="file offset 0x5 (EI_DATA)"
        )
    if file.type != elf.ET_EXEC:
        what = TYPES.get(file.type, "of an unknown type")
        findings.add("elf-type", f"e_type is {file.type}: the file is {what}", place="file offset 0x10 (e_type)")
    if file.machine != target.elf_machine:
        known = by_elf_machine(file.machine)
        align = known.segment_align if known else target.page
        name = MACHINES.get(file.machine, "unknown")
        findings.add(
            "e-machine",
            f"e_machine is {file.machine} ({name}), and the kernel's is {target.elf_machine} ({target.name}); "
            f"exec loads the file and rounds the data base to {align:#x}",
            place="file offset 0x12 (e_machine)",
        )
    if file.phoff != EHDR_SIZE:
        findings.add(
            "phoff",
            f"e_phoff is {file.phoff:#x}, but exec takes the program headers at {EHDR_SIZE:#x}",
            place="file offset 0x20 (e_phoff)",
        )
    if file.phentsize != PHDR_SIZE:
        findings.add(
            "phentsize",
            f"e_phentsize is {file.phentsize}, but exec takes program headers of {PHDR_SIZE} bytes",
            place="file offset 0x36 (e_phentsize)",
        )


def _check_program_headers(file: ElfFile, findings: Findings) -> None:
    """Headers that should not be there, and flags beyond the first wrong ones, which exec stops at."""
    for index, header in enumerate(file.program_headers):
        place = f"program header {index} at file offset {header.where:#x}"
        if header.type in HEADER_RULES:
            rule, name = HEADER_RULES[header.type]
            findings.add(rule, f"program header {index} is {name}", place=place)
        elif file.phnum == 2 and header.type != elf.PT_LOAD:
            role = "data" if index else "text"
            findings.add("phdr-type", f"its type is {header.type:#x}, not PT_LOAD; exec maps it as {role}", place=place)
    if file.phnum == 2:
        for index, (name, expected) in enumerate((("text", TEXT_FLAGS), ("data", DATA_FLAGS))):
            found = file.program_headers[index].flags
            message, cure = flags_problem(index, name, found, expected)
            if found != expected and not any(finding.message == message for finding in findings.items):
                where = file.program_headers[index].where + 4
                findings.add("phdr-flags", message, place=f"file offset {where:#x} (p_flags)", cure=cure)


def _check_places(file: ElfFile, made: Plan, findings: Findings) -> None:
    """Linked addresses against those exec computes; overlaps; sizes in memory."""
    text, data = file.program_headers[:2]
    if made.text.size and text.address != made.text.base:
        findings.add(
            "text-address",
            f"text is linked at {text.address:#x}, but exec puts it at {made.text.base:#x}",
            place=f"program header 0 at file offset {text.where:#x} (p_vaddr)",
        )
    if (data.memory_size or data.file_size) and data.address != made.data.base:
        _report_data_address(file, made, findings)
    if data.memory_size < data.file_size:
        harmless = made.fatal is None
        findings.add(
            "memory-below-file",
            f"p_memsz of data is {data.memory_size:#x}, less than p_filesz {data.file_size:#x}"
            + ("; both end in the same page, so it runs" if harmless else ""),
            place=f"program header 1 at file offset {data.where:#x} (p_memsz)",
            severity="warning" if harmless else None,
        )
    if text.memory_size != text.file_size:
        findings.add(
            "text-memory",
            f"p_memsz of text is {text.memory_size:#x}, and p_filesz {text.file_size:#x}",
            place=f"program header 0 at file offset {text.where:#x} (p_memsz)",
        )
    ends = (text.offset + text.file_size, data.offset + data.file_size)
    if text.file_size and data.file_size and text.offset < ends[1] and data.offset < ends[0]:
        findings.add(
            "segment-overlap",
            f"text is file bytes {text.offset:#x} to {ends[0]:#x}, and data {data.offset:#x} to {ends[1]:#x}",
            place=f"file offset {max(text.offset, data.offset):#x}",
        )


def _report_data_address(file: ElfFile, made: Plan, findings: Findings) -> None:
    """Data linked elsewhere than exec puts it; a note in front of it is the usual reason."""
    data = file.program_headers[1]
    place = f"program header 1 at file offset {data.where:#x} (p_vaddr)"
    displaced = f"data is linked at {data.address:#x}, but exec puts it at {made.data.base:#x}"
    note = next(
        (
            section
            for section in file.sections
            if section.type == elf.SHT_NOTE and section.allocated and section.address == data.address
        ),
        None,
    )
    if note:
        findings.add("build-id", f"{displaced}, because the data segment starts with {note.name}", place=place)
        return
    end = made.text.base + made.text.size
    findings.add(
        "data-address",
        f"{displaced}: the end of text {end:#x} rounded up to {made.align:#x}",
        place=place,
        cure=f"put `. = ALIGN({made.align:#x})` directly in front of the first data section and ASSERT it",
    )


def _check_sections_in_segments(file: ElfFile, made: Plan, findings: Findings) -> None:
    """Every allocated section against the segment it is in."""
    displaced = {rule for rule in ("text-address", "data-address", "build-id") if findings.has(rule)}
    text_end = made.text.base + made.text.size
    for section in file.sections:
        if not section.allocated or not section.size or section.flags & elf.SHF_TLS:
            continue
        place = f"section {section.name} at {section.address:#x}"
        if _in_text(section, file):
            piece = made.text
            if section.writable:
                findings.add("writable-text", f"{section.name} is writable and in the text segment", place=place)
            end = made.data.base if section.type == elf.SHT_NOBITS else text_end
            inside = made.text.base <= section.address and section.end <= end
        else:
            piece = made.data
            inside = made.data.base <= section.address and section.end <= made.bss_top
            if section.executable and _in_data(section, file):
                findings.add("executable-data", f"{section.name} has code and is in the data segment", place=place)
        if displaced:
            continue
        if not inside and made.fatal is None:
            findings.add(
                "section-outside",
                f"{section.name} is {section.address:#x} to {section.end:#x}, and exec maps {made.text.base:#x} to "
                f"{text_end:#x} and {made.data.base:#x} to {made.bss_top:#x}",
                place=place,
            )
        elif inside and section.type != elf.SHT_NOBITS:
            loaded = piece.base + section.offset - piece.offset
            if loaded != section.address:
                findings.add(
                    "section-displaced",
                    f"{section.name} is linked at {section.address:#x}, but its bytes at file offset "
                    f"{section.offset:#x} are loaded at {loaded:#x}",
                    place=place,
                )
    inside_text = made.text.base <= made.entry < text_end
    code = [section for section in file.sections if section.allocated and section.executable]
    if inside_text and code and not any(section.address <= made.entry < section.end for section in code):
        headers = made.text.offset + made.entry - made.text.base < EHDR_SIZE + file.phnum * PHDR_SIZE
        within = next((s.name for s in file.sections if s.allocated and s.address <= made.entry < s.end), "no section")
        findings.add(
            "entry-in-header" if headers else "entry-not-code",
            f"the entry {made.entry:#x} is in {'the ELF headers' if headers else within}, not in code",
            place=f"{made.entry:#x} (entry)",
        )


def _in_text(section: Section, file: ElfFile) -> bool:
    """Whether the linker put the section into the text segment."""
    text = file.program_headers[0]
    if section.type == elf.SHT_NOBITS or text.offset <= section.offset < text.offset + text.file_size:
        return 0 <= section.address - text.address < max(text.file_size, text.memory_size) and not (
            section.type == elf.SHT_NOBITS and _in_data(section, file)
        )
    return False


def _in_data(section: Section, file: ElfFile) -> bool:
    """Whether the linker put the section into the data segment."""
    data = file.program_headers[1]
    if section.type == elf.SHT_NOBITS:
        return 0 <= section.address - data.address < data.memory_size
    return data.offset <= section.offset < data.offset + data.file_size


def _check_sections(file: ElfFile, findings: Findings) -> None:
    """What a section's kind alone says."""
    has_start = any(symbol.name == "__init_array_start" and symbol.section for symbol in file.symbols)
    for section in file.sections:
        if not section.allocated or not section.size:
            continue
        place = f"section {section.name} at {section.address:#x}"
        size = f"{section.name} has {section.size:#x} bytes"
        if section.flags & elf.SHF_TLS and not findings.has("tls-section"):
            findings.add("tls-section", f"{size} of thread-local storage", place=place)
        if section.name == ".interp" and not findings.has("interp"):
            findings.add("interp", f"{size}, the path of a dynamic linker", place=place)
        if section.type == elf.SHT_DYNAMIC and not findings.has("dynamic-section"):
            findings.add("dynamic-section", f"{size}", place=place)
        if section.align > 1 and section.address % section.align:
            findings.add(
                "data-misaligned",
                f"{section.name} is at {section.address:#x}, which is no multiple of its alignment {section.align:#x}",
                place=place,
            )
        if section.name.startswith((".debug", ".zdebug", ".stab")):
            findings.add("debug-allocated", size, place=place)
        elif not KNOWN.match(section.name):
            findings.add("orphan-section", f"{section.name} has no place of its own", place=place)
        if section.name.startswith((".init_array", ".ctors", ".preinit_array")) and file.symbols and not has_start:
            findings.add("constructors", f"{size} of constructors' addresses", place=place)


def _check_symbols(file: ElfFile, target: Target, findings: Findings) -> None:
    """Symbols and relocations that say what the code expects."""
    relative = [entry for entry in file.relocations if entry.type == IRELATIVE[target.name]]
    others = [entry for entry in file.relocations if entry.type not in {0, IRELATIVE[target.name]}]
    if relative or any(symbol.type == elf.STT_GNU_IFUNC for symbol in file.symbols):
        names = [symbol.name for symbol in file.symbols if symbol.type == elf.STT_GNU_IFUNC]
        findings.add(
            "ifunc",
            f"{len(names) or len(relative)} functions are chosen at start-up{': ' * bool(names)}{_some(names)}",
            place=f"symbol {names[0]}" if names else f"section {relative[0].section}",
        )
    if others:
        findings.add(
            "dynamic-relocations",
            f"{len(others)} relocations wait to be applied, the first at {others[0].address:#x}",
            place=f"section {others[0].section}",
        )
    undefined = [symbol for symbol in file.symbols if symbol.section == elf.SHN_UNDEF and symbol.name]
    if file.type == elf.ET_REL:
        undefined = []
    for rule, binding in (("unresolved-weak", elf.STB_WEAK), ("undefined-symbol", elf.STB_GLOBAL)):
        names = sorted({symbol.name for symbol in undefined if symbol.binding == binding})
        if names:
            findings.add(rule, f"nothing defines {_some(names)}", place=f"symbol {names[0]}")
    defined = [symbol.name for symbol in file.symbols if symbol.section != elf.SHN_UNDEF]
    host = sorted(HOST_LIBC.intersection(defined))
    if host:
        findings.add("host-libc", f"{_some(host)} come from the host's C library", place=f"symbol {host[0]}")
    outline = sorted({name for name in defined if OUTLINE.match(name)})
    if outline:
        findings.add("outline-atomics", f"libgcc's {_some(outline)}", place=f"symbol {outline[0]}")


def _some(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _code(file: ElfFile, target: Target) -> list[CodeRange]:
    """The parts of executable sections that are instructions, as far as symbols tell."""
    ranges: list[CodeRange] = []
    budget = 2 * len(file.data)
    for section in file.sections:
        if not section.executable or section.type == elf.SHT_NOBITS or file.type == elf.ET_REL:
            continue
        symbols = [s for s in file.symbols if s.section == section.index and section.address <= s.address < section.end]
        data = file.contents(section)
        budget -= len(data)
        if budget < 0:
            # Sections that overlap, made to keep us busy.
            break
        cuts = _mapping_cuts(section, symbols) if target.name == "arm64" else _function_cuts(section, symbols)
        cuts.append((section.end, False))
        for (start, code), (end, _) in pairwise(cuts):
            if code and start < end:
                ranges.append(CodeRange(start, data[start - section.address : end - section.address]))
    return ranges


def _mapping_cuts(section: Section, symbols: list[Symbol]) -> list[tuple[int, bool]]:
    """Where code and data alternate, by arm64's mapping symbols `$x` and `$d`; libgcc's LSE helpers are no code."""
    cuts = {section.address: True}
    for symbol in symbols:
        if symbol.name.startswith(("$x", "$d")):
            cuts[symbol.address] = symbol.name[1] == "x"
    for symbol in symbols:
        if OUTLINE.match(symbol.name) and symbol.size:
            after = symbol.address + symbol.size
            cuts.setdefault(after, True)
            cuts[symbol.address] = False
    return sorted(cuts.items())


def _function_cuts(section: Section, symbols: list[Symbol]) -> list[tuple[int, bool]]:
    """Where instructions start on amd64: at the section, at functions and labels; objects are data."""
    cuts = {section.address: True}
    for symbol in symbols:
        if symbol.type in {elf.STT_FUNC, elf.STT_NOTYPE} and symbol.name:
            cuts[symbol.address] = True
    for symbol in symbols:
        if symbol.type == elf.STT_OBJECT and symbol.size:
            cuts.setdefault(symbol.address + symbol.size, True)
            cuts[symbol.address] = False
    return sorted(cuts.items())
