"""Makes a linker script from `linker/plan9.ld.in`, which explains the layout and its placeholders.

A placeholder is `@NAME@`.  The values come from the Target (facts/exec.md §1) and from the three
options that a program may set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from elf9.target import Target

__all__ = ["Layout", "instantiate", "script_name"]

#: The symbol at which the kernel starts the program.
ENTRY = "_start"

_PLACEHOLDER = re.compile(r"@([A-Z][A-Z0-9_]*)@")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a program's segments go.  None means: as the 9front kernel of the target has it."""

    base: int | None = None  #: first address of text, UTZERO
    alignment: int | None = None  #: of the data segment
    headers: bool = True  #: ELF and program headers lie at the start of text

    def problem(self) -> str:
        """What is wrong with the numbers, or ""."""
        if self.alignment is not None and (self.alignment < 1 or self.alignment & (self.alignment - 1)):
            return f"alignment={self.alignment:#x} is no power of two"
        if self.base is not None and self.base % (self.alignment or 4096):
            return f"base={self.base:#x} is no multiple of {self.alignment or 4096:#x}"
        return ""


def script_name(layout: Layout) -> str:
    """File name of the script for `layout`: `plan9.ld` for the usual one."""
    words = ["plan9"]
    if layout.base is not None:
        words.append(f"base{layout.base:x}")
    if layout.alignment is not None:
        words.append(f"align{layout.alignment:x}")
    if not layout.headers:
        words.append("noheaders")
    return "-".join(words) + ".ld"


def instantiate(template: str, target: Target, layout: Layout) -> str:
    """The linker script; ValueError if the template has a placeholder that is not known here."""
    values = {
        "OUTPUT_FORMAT": target.elf_output_format,
        "TEXT_BASE": f"{layout.base if layout.base is not None else target.text_base:#x}",
        "SEGMENT_ALIGN": f"{layout.alignment if layout.alignment is not None else target.segment_align:#x}",
        "ENTRY": ENTRY,
        "HEADERS": "FILEHDR PHDRS" if layout.headers else "",
        "HEADER_SIZE": "SIZEOF_HEADERS" if layout.headers else "0",
    }

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in values:
            raise ValueError(f"linker template: unknown placeholder @{name}@; known: {', '.join(values)}")
        return values[name]

    return _PLACEHOLDER.sub(value, template)
