"""Every rule of `elf9 check`: its stable id, how bad a breach is, why, and what to do about it.

An error means that exec refuses the file or that the program runs wrong; a warning that it may;
a note that it is worth knowing.  The facts behind each are in the reference given as `source`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `why` says what happens when it is broken, `cure` what helps in general."""

    id: str
    severity: str
    title: str
    why: str
    cure: str
    source: str


def _rules(*rows: tuple[str, str, str, str, str, str]) -> dict[str, Rule]:
    """The table by id, in its order."""
    return {row[0]: Rule(*row) for row in rows}


E, W, N = "error", "warning", "note"
EXEC3, EXEC4, EXEC5, EXEC9 = (f"facts/exec.md §{number}" for number in (3, 4, 5, 9))
TRAPS = "facts/exec.md §9, traps"
AMD_A2, AMD_D, ARM_A, ARM_A2, ARM_D = (
    "facts/observed-amd64.md §a2",
    "facts/observed-amd64.md §d",
    "facts/observed-arm64.md §a",
    "facts/observed-arm64.md §a2",
    "facts/observed-arm64.md §d",
)
REFUSED = "exec returns -1 with `exec header invalid`"
PHDRS = "list exactly two program headers under PHDRS in the linker script, as elf9's does"

#: id -> Rule, in the order of `elf9 check --rules`.
RULES: dict[str, Rule] = _rules(
    # The file as a whole.
    ("file-empty", E, "fewer than 4 bytes", REFUSED, "build or copy the file again", EXEC3),
    ("magic", E, "neither ELF, a.out of this machine, nor script", REFUSED, "name a program", EXEC3),
    ("module", E, "a dynamically loadable module, not a program", REFUSED, "link it as a program", "facts/exec.md §2"),
    ("other-machine", E, "an a.out for another machine", REFUSED, "build it for this machine", "facts/exec.md §2"),
    # ELF header.
    ("elf-truncated", E, "shorter than the ELF header and two program headers", REFUSED, "build it again", EXEC3),
    ("elf-class", E, "not a 64-bit file",
     "exec reads every field at its 64-bit place whatever the class, and so takes nonsense for sizes",
     "build with a 64-bit compiler, without -m32, -mx32 or -mabi=ilp32", EXEC3),
    ("elf-data", E, "not little-endian",
     "exec reads every field as little-endian", "build for the little-endian machine", EXEC3),
    ("elf-type", E, "not an executable with fixed addresses (ET_EXEC)",
     "exec loads an object or a position-independent file as it is, without relocating it",
     "link it, with -no-pie and -static", TRAPS),
    ("e-machine", E, "for another machine than the kernel's",
     "exec does not refuse it: the machine only chooses how the data base is rounded; data is "
     "displaced or the instructions are another machine's",
     "build it for the kernel's machine", EXEC3),
    ("phoff", E, "program headers are not at file offset 64",
     "exec ignores e_phoff and takes what is at 64", "keep the program headers behind the ELF header", EXEC3),
    ("phentsize", E, "program headers are not 56 bytes each",
     "exec ignores e_phentsize and takes the second header at file offset 120", "link the file again", EXEC3),
    ("phnum", E, "not exactly two program headers", REFUSED, PHDRS, EXEC3),
    ("phdr-flags", E, "program header flags are not 5 (text) and 6 (data)", REFUSED,
     "write FLAGS(5) and FLAGS(6) in the linker script's PHDRS; without, a program with no data gets 0", EXEC3),
    ("phdr-type", W, "a program header is not PT_LOAD",
     "exec maps the first as text and the second as data whatever their type", PHDRS, EXEC3),
    # Program headers that do not belong.
    ("stack-note", E, "a PT_GNU_STACK header", "it is one header too many", PHDRS, TRAPS),
    ("property-note", E, "a PT_GNU_PROPERTY header", "it is one header too many",
     "compile with -fcf-protection=none or -mbranch-protection=none, and list PHDRS in the linker script", TRAPS),
    ("note-segment", E, "a PT_NOTE header", "it is one header too many, or taken for a segment",
     "link with -Wl,--build-id=none and /DISCARD/ *(.note*)", TRAPS),
    ("relro", E, "a PT_GNU_RELRO header", "it is one header too many", "link with -Wl,-z,norelro", TRAPS),
    ("eh-frame-header", E, "a PT_GNU_EH_FRAME header", "it is one header too many",
     "compile with -fno-asynchronous-unwind-tables and link with -Wl,--no-eh-frame-hdr", TRAPS),
    ("interp", E, "asks for a dynamic linker", "there is none; the program runs without what it would do",
     "link with -static -no-pie", EXEC9),
    ("dynamic-section", E, "has a dynamic section", "nobody reads it: no libraries, no relocations",
     "link with -static -no-pie", EXEC9),
    ("tls-section", E, "has thread-local storage",
     "the thread pointer is 0 and nobody sets up the storage: the first use faults",
     "remove __thread and _Thread_local, or use privalloc", TRAPS),
    # Layout.
    ("image-too-large", E, "text, data or bss would end in the stack or above it", REFUSED,
     "make it smaller", EXEC3),
    ("segment-too-large", E, "text or data is larger than the largest segment",
     "exec passes, and then kills the process: `virtual memory allocation failed`", "make it smaller", EXEC3),
    ("bss-too-large", E, "bss is larger than the largest segment",
     "exec passes, and then kills the process: `virtual memory allocation failed`",
     "allocate large tables at run time", EXEC3),
    ("memory-below-file", E, "data takes less memory than file",
     "bss would have a negative size: unless it ends in the same page, the process is killed after exec",
     "link again without tools that rewrite p_memsz", EXEC3),
    ("text-address", E, "text is not linked where exec puts it",
     "exec ignores addresses in the file; every absolute reference into text is off",
     "start the linker script at the text base, with the headers in text", EXEC9),
    ("data-address", E, "data is not linked where exec puts it",
     "exec puts data at the end of text, rounded up; every reference to data is off by the difference",
     "put `. = ALIGN(2M)` (arm64: 64K) directly in front of the first data section and ASSERT it", EXEC9),
    ("build-id", E, "a note or build-id displaces the data segment",
     "the linker put it in front of data, so the data segment starts at the note's address",
     "link with -Wl,--build-id=none, or discard *(.note*) in the linker script", "facts/observed-amd64.md §a"),
    ("text-memory", W, "text takes another size in memory than in the file",
     "exec ignores p_memsz of text; what is behind the file's bytes is read-only zeros up to the data base",
     "keep bss out of the text segment", EXEC3),
    ("segment-truncated", E, "the file ends before a segment does",
     "exec passes; the first touch of a missing page kills the process: `i/o error in demand load`",
     "build or copy the file again", EXEC4),
    ("segment-overlap", W, "text and data share bytes of the file",
     "both segments show them; what one was meant to have may be the other's", "link the file again", EXEC3),
    ("page-cache-collision", N, "padding behind text shares page-cache keys with data",
     "reading the padding shows data, or makes data come up as zeros, in this and later runs",
     "link with -Wl,-n, or with -Wl,-z,max-page-size=0x200000 on amd64", EXEC4),
    ("entry-outside-text", E, "the entry is outside the text segment",
     "exec does not check it; the first instruction faults",
     "name an entry symbol that exists, with ENTRY(_start) or -e", AMD_A2),
    ("entry-in-header", E, "the entry is inside the file's header", "the header's bytes run as instructions",
     "name an entry symbol that exists, with ENTRY(_start) or -e", AMD_A2),
    ("entry-not-code", E, "the entry is in text, but not in code", "constants or padding run as instructions",
     "name an entry symbol that exists, with ENTRY(_start) or -e", AMD_A2),
    ("unaligned-entry", E, "the entry is not a multiple of 4 on arm64", "`sys: trap: misaligned pc`",
     "align the entry symbol", ARM_A2),
    # Sections.
    ("section-table", W, "the section headers cannot be read",
     "exec does not care, but debuggers, strip and this check do", "build or copy the file again", EXEC3),
    ("symbol-table", W, "the symbol table cannot be read",
     "exec does not care, but debuggers and this check do", "build or copy the file again", EXEC3),
    ("no-sections", N, "no section headers", "instructions and sections were not checked",
     "check the file before sections are stripped", EXEC3),
    ("writable-text", E, "a writable section in the text segment", "text is read-only: the first write faults",
     "assign the section to the data segment in the linker script", TRAPS),
    ("executable-data", E, "code in the data segment", "data is not executable: the first call faults",
     "assign the section to the text segment in the linker script", TRAPS),
    ("section-outside", E, "a section outside every segment", "its addresses are unmapped: the first use faults",
     "name the section in the linker script, inside text or data", TRAPS),
    ("section-displaced", E, "a section that exec puts elsewhere than it was linked",
     "addresses and file offsets grow apart inside a segment; exec follows the file's",
     "link again; tools that rewrite the file (objcopy, strip) may do this", EXEC9),
    ("data-misaligned", E, "a section at an address that is no multiple of its alignment",
     "aligned vector accesses fault, atomics fault on arm64", "align the section in the linker script", ARM_D),
    ("orphan-section", N, "a section that no elf9 program has",
     "the linker chose its place; the next version may choose another and displace data",
     "name it in the linker script and link with --orphan-handling=error", TRAPS),
    ("debug-allocated", W, "debugging data in a segment", "it takes memory and is loaded for nothing",
     "give debug sections address 0 outside the segments", TRAPS),
    ("constructors", W, "constructors that nobody runs",
     "exec runs none and no symbol __init_array_start shows start-up code that would",
     "link with elf9's runtime and linker script", TRAPS),
    ("dynamic-relocations", E, "relocations left for run time", "nobody applies them",
     "link with -static -no-pie", EXEC9),
    ("ifunc", E, "functions chosen at start-up (IFUNC)", "nobody runs the resolvers: the call jumps to nowhere",
     "call the function directly; do not link the host's C library", EXEC9),
    # Symbols.
    ("unresolved-weak", W, "a weak symbol that nothing defines", "its address is 0: calling or reading it faults",
     "define it, or test it before use", EXEC9),
    ("undefined-symbol", E, "a symbol that nothing defines", "references to it go to address 0",
     "link without --unresolved-symbols or --noinhibit-exec, and define it", EXEC9),
    ("host-libc", E, "the host's C library is linked in", "it makes the host's system calls, not Plan 9's",
     "link with -nostdlib and elf9's runtime", "facts/abi.md §1"),
    ("outline-atomics", W, "atomics that ask the machine at start-up",
     "there is nothing to ask on Plan 9; the helpers stay with what their variable says",
     "compile with -mno-outline-atomics", "facts/abi.md §5"),
    # Instructions.
    ("privileged-instruction", E, "an instruction only the kernel may use",
     "a note kills the process: `general protection violation`, on arm64 `unknown`",
     "remove it; a program asks the kernel's files in /dev for such things", AMD_D),
    ("trapped-instruction", E, "an instruction that this kernel does not allow to programs",
     "a note kills the process: `invalid opcode`, on arm64 `illegal MSR/MRS access` and its like",
     "use segflush for caches, sleep(0) to wait, and no register of that kind", "facts/abi.md §5"),
    ("foreign-interrupt", E, "another system's way into the kernel",
     "a note kills the process; `int $64` even stops the kernel",
     "make system calls with elf9's stubs", "facts/abi.md §1"),
    ("segment-register", E, "an access through %fs or %gs", "their base is 0: it uses low addresses and faults",
     "compile with -fno-stack-protector and without thread-local variables", TRAPS),
    ("unavailable-instruction", E, "an instruction not every machine has",
     "machines without it kill the process: `invalid opcode`, on arm64 `unknown`",
     "compile for the baseline: x86-64 without AVX, armv8-a without extensions", "facts/unicorn.md §5"),
    ("undecodable-code", N, "bytes in code that are no known instruction", "nothing behind them was checked",
     "keep tables out of code sections", AMD_D),
    # a.out.
    ("aout-truncated", E, "shorter than its a.out header", REFUSED, "build or copy it again", EXEC3),
    ("aout-entry", E, "the entry is outside text", REFUSED, "link the program again", EXEC3),
    ("aout-symbols-truncated", W, "the file ends before its symbol table",
     "exec does not care; debuggers see no names", "build or copy the file again", "facts/exec.md §2"),
    ("aout-symbols", W, "the symbol table is damaged", "exec does not care; debuggers see no or wrong names",
     "build or copy the file again", "a.out(6)"),
    ("no-symbols", N, "an a.out without symbols", "nothing tells code from constants: instructions were not checked",
     "check the file before symbols are stripped", "a.out(6)"),
    ("aout-symbol-address", W, "a symbol outside the segments",
     "the file was linked for other addresses than exec computes, or its sizes are wrong",
     "link the program again", EXEC4),
    # Scripts.
    ("script-line", E, "the `#!` line does not end within 256 bytes", REFUSED, "shorten it", EXEC5),
    ("script-interpreter", E, "the `#!` line names no interpreter", REFUSED, "write `#!/bin/rc`", EXEC5),
    ("script-words", E, "32 words or more in the `#!` line",
     "the kernel writes behind its array of words; observed: `empty file name`", "shorten it", EXEC5),
    ("script-relative", W, "a relative interpreter path", "it is looked up in whatever folder the caller is in",
     "write the path from the root, as in `#!/bin/rc`", EXEC5),
    ("script-host-interpreter", W, "an interpreter that Plan 9 has not at that place",
     "exec fails with `file does not exist`", "use /bin/rc, or /bin/ape/sh for a POSIX shell", EXEC5),
    ("script-quote", W, "a quote that is not closed", "the last word runs to the end of the line",
     "close it; a quote inside quotes is written twice", EXEC5),
    ("script-nul", W, "a NUL byte in the `#!` line", "the words behind it are lost", "remove it", EXEC5),
    ("script-crlf", W, "lines end with CR LF",
     "exec drops the CR of the first line, but the interpreter sees all the others",
     "store the script with newlines only", EXEC5),
)  # fmt: skip
