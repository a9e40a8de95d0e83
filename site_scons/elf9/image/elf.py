"""The part of an ELF file that the patched exec looks at: 64 bytes of header, two program headers.

It reads the fields of a 64-bit little-endian file at fixed offsets and checks four things only:
the magic, 176 bytes, two program headers, flags 5 and 6 (facts/exec.md §3 rows 8e-10e).  It
ignores e_phoff, e_machine as a reason to refuse, p_type, p_vaddr and the rest of the list there;
so does this module, on purpose.  What such a file does later is `elf9.image.check`'s business.
"""

from __future__ import annotations

import struct

from elf9.errors import Ebadexec
from elf9.image.model import MASK64, ExecError, Header
from elf9.target import by_elf_machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.target import Target

__all__ = ["ELF_MAGIC", "read_header"]

#: The first word of the file, big-endian.
ELF_MAGIC = 0x7F454C46
#: sizeof(Elfhdr), sizeof(Elfphdr), and the header with its two program headers.
EHDR_SIZE = 64
PHDR_SIZE = 56
HEADERS_SIZE = EHDR_SIZE + 2 * PHDR_SIZE
#: Struct formats: everything behind e_ident; one program header.
EHDR = "<16sHHIQQQIHHHHHH"
PHDR = "<IIQQQQQQ"
#: p_flags.
PF_X, PF_W, PF_R = 1, 2, 4
TEXT_FLAGS = PF_R | PF_X
DATA_FLAGS = PF_R | PF_W


def flags_text(flags: int) -> str:
    """p_flags as a person reads them: `5 (R X)`."""
    letters = " ".join(letter for bit, letter in ((PF_R, "R"), (PF_W, "W"), (PF_X, "X")) if flags & bit)
    return f"{flags:#x} ({letters or 'none'})" if flags > 7 else f"{flags} ({letters or 'none'})"


def flags_problem(index: int, name: str, found: int, expected: int) -> tuple[str, str]:
    """What is wrong with the flags of program header `index`, and the cure."""
    return (
        f"p_flags of program header {index} ({name}) at file offset {EHDR_SIZE + index * PHDR_SIZE + 4:#x} "
        f"is {flags_text(found)}, but exec wants {flags_text(expected)}",
        f"give it FLAGS({expected}) in the linker script's PHDRS",
    )


def read_header(head: bytes, target: Target) -> Header:
    """What exec takes from the ELF header in `head`, the first 256 bytes or fewer of the file.

    Raises ExecError: shorter than 176 bytes, not two program headers, flags other than 5 and 6.
    """
    if len(head) < HEADERS_SIZE:
        raise ExecError(
            Ebadexec,
            f"the file has {len(head)} bytes, but an ELF header and two program headers have {HEADERS_SIZE}",
            "the file was cut short or is not a linked program; build or copy it again",
            rule="elf-truncated",
        )
    _, _, machine, _, entry, _, _, _, _, _, phnum, _, _, _ = struct.unpack_from(EHDR, head)
    if phnum != 2:
        raise ExecError(
            Ebadexec,
            f"e_phnum at file offset 0x38 is {phnum}, but exec wants exactly 2 program headers, text and data",
            "link with elf9's linker script, which lists both under PHDRS",
            rule="phnum",
        )
    first = struct.unpack_from(PHDR, head, EHDR_SIZE)
    second = struct.unpack_from(PHDR, head, EHDR_SIZE + PHDR_SIZE)
    for index, (name, found, expected) in enumerate(
        (("text", first[1], TEXT_FLAGS), ("data", second[1], DATA_FLAGS)),
    ):
        if found != expected:
            raise ExecError(Ebadexec, *flags_problem(index, name, found, expected), rule="phdr-flags")
    known = by_elf_machine(machine)
    return Header(
        kind="elf",
        entry=entry,
        text_offset=first[2],
        text_size=first[5],
        data_offset=second[2],
        data_size=second[5],
        bss=(second[6] - second[5]) & MASK64,
        align=target.page if known is None else known.segment_align,
    )
