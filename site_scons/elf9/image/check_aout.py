"""The rules for a.out files that exec accepts (facts/exec.md §2 and §4)."""

from __future__ import annotations

from itertools import pairwise

from elf9.image.aout import EXEC_SIZE
from elf9.image.check_code import SymbolNames, report_hits
from elf9.image.check_layout import check_plan
from elf9.image.findings import Findings
from elf9.image.instructions import CodeRange
from elf9.image.model import Plan
from elf9.image.symbols import read_symbols

__all__ = ["check_aout"]


def check_aout(data: bytes, made: Plan, findings: Findings) -> None:
    """Look at an a.out which exec lays out as `made`."""
    check_plan(data, made, findings)
    syms = int.from_bytes(data[16:20], "big")
    start = made.data.offset + made.data.size
    if start + syms > len(data):
        if start <= len(data):
            findings.add(
                "aout-symbols-truncated",
                f"the symbol table at file offset {start:#x} has {syms:#x} bytes, but the file ends at {len(data):#x}",
                place=f"file offset {start:#x}",
            )
        return
    try:
        symbols = read_symbols(data)
    except ValueError as error:
        findings.add("aout-symbols", str(error), place=f"file offset {start:#x}")
        return
    if not symbols:
        findings.add("no-symbols", "the file has no symbols", place="file offset 0x10 (syms)")
    _check_addresses(symbols, made, findings)
    names = SymbolNames([(address, name) for name, address, letter in symbols if letter in "TtLlDdBb"])
    # Nothing in an a.out tells constants in text from code, but functions start at text symbols.
    edges = sorted(
        {address for _, address, letter in symbols if letter in "TtLlDdBb"} | {made.text.base + made.text.size}
    )
    starts = {address for name, address, letter in symbols if letter in "TtLl" and name != "etext"}
    code = []
    for address, end in pairwise(edges):
        if address in starts and made.text.base + EXEC_SIZE <= address < end <= made.text.base + made.text.size:
            offset = address - made.text.base
            code.append(CodeRange(address, data[offset : offset + end - address]))
    report_hits(made.target.name, code, names, findings, sure=False)


def _check_addresses(symbols: list[tuple[str, int, str]], made: Plan, findings: Findings) -> None:
    """Data and bss symbols must be where exec puts data and bss; a few ends point just behind."""
    end = made.bss_top
    wrong = [
        (name, address)
        for name, address, letter in symbols
        if (letter in "DdBb" and not made.text.base <= address <= end)
        or (letter in "TtLl" and not made.text.base <= address <= made.text.base + made.text.size)
    ]
    if wrong:
        name, address = wrong[0]
        findings.add(
            "aout-symbol-address",
            f"{name} is at {address:#x}, outside text and data ({made.text.base:#x} to {end:#x})"
            + (f"; {len(wrong) - 1} more are" if len(wrong) > 1 else ""),
            place=f"symbol {name}",
        )
