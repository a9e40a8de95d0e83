"""The rules that follow from the layout alone and hold for both formats."""

from __future__ import annotations

from elf9.image.findings import Findings
from elf9.image.model import Plan

__all__ = ["check_plan"]


def check_plan(data: bytes, made: Plan, findings: Findings) -> None:
    """Sizes, entry and file ends of an accepted file whose contents are `data`."""
    _check_fatal(made, findings)
    _check_entry(made, findings)
    for name, piece in (("text", made.text), ("data", made.data)):
        if piece.size and piece.offset + piece.size > len(data):
            findings.add(
                "segment-truncated",
                f"{name} is {piece.size:#x} bytes at file offset {piece.offset:#x}, "
                f"but the file ends at {len(data):#x}",
                place=f"file offset {piece.offset:#x}",
            )
    if made.fatal is None:
        _check_page_cache(made, findings)


def _check_fatal(made: Plan, findings: Findings) -> None:
    """Segments that cannot be made."""
    if made.fatal is None:
        return
    limit = made.target.max_segment
    for name, base, top in (("text", made.text.base, made.text.top), ("data", made.data.base, made.data.top)):
        if not 0 <= top - base <= limit:
            findings.add(
                "segment-too-large",
                f"{name} would reach from {base:#x} to {top:#x}, and a segment has at most {limit:#x} bytes",
                place=f"{name} segment",
            )
            return
    if made.bss_top >= made.bss_base:
        findings.add(
            "bss-too-large",
            f"bss would have {made.bss_top - made.bss_base:#x} bytes, and a segment has at most {limit:#x}",
            place="bss segment",
        )


def _check_entry(made: Plan, findings: Findings) -> None:
    """Where the first instruction is."""
    place = f"{made.entry:#x} (entry)"
    end = made.text.base + made.text.size
    header = made.target.header_size if made.kind == "a.out" else 0
    if not made.text.base <= made.entry < end:
        findings.add(
            "entry-outside-text",
            f"the entry is {made.entry:#x}, and text is {made.text.base + header:#x} to {end:#x}",
            place=place,
        )
    elif made.target.name == "arm64" and made.entry % 4:
        findings.add("unaligned-entry", f"the entry is {made.entry:#x}, which is no multiple of 4", place=place)


def _check_page_cache(made: Plan, findings: Findings) -> None:
    """Pages of text padding and data pages with the same key (facts/exec.md §4)."""
    page = made.target.page
    distance = made.data.offset - made.text.offset
    if distance % page or not made.data.size:
        return
    first = -(-made.text.size // page) * page
    if distance < made.text.top - made.text.base and distance + made.data.size > first:
        at = made.text.base + max(first, distance)
        findings.add(
            "page-cache-collision",
            f"the padding of text from {at:#x} and the data at file offset {made.data.offset:#x} share a key: "
            f"their distance in the file is {distance:#x}, a multiple of the page",
            place=f"file offset {made.data.offset:#x}",
        )
