"""Which function or variable an address belongs to: ELF's .symtab, or a Plan 9 a.out's symbol table."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elf9.debug.binary import Binary

__all__ = ["Symbol", "Symbols", "read_symbols"]


#: How far one without a size reaches.
_REACH = 1 << 24


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name for the addresses [address, address + size); size 0: up to the next symbol."""

    name: str
    address: int
    size: int
    function: bool


class Symbols:
    """A program's symbols, to be searched by address."""

    __slots__ = ("_addresses", "_symbols")

    def __init__(self, symbols: Iterable[Symbol]) -> None:
        # At one address the last one wins: a function before a label, a global name before a local one.
        best: dict[int, Symbol] = {}
        for symbol in symbols:
            known = best.get(symbol.address)
            if known is None or (symbol.function, symbol.size) > (known.function, known.size):
                best[symbol.address] = symbol
        self._symbols = sorted(best.values(), key=lambda symbol: symbol.address)
        self._addresses = [symbol.address for symbol in self._symbols]

    def __len__(self) -> int:
        return len(self._symbols)

    def find(self, address: int) -> tuple[Symbol, int] | None:
        """The symbol that covers `address`, and how far into it that is; None where no symbol reaches."""
        index = bisect_right(self._addresses, address) - 1
        if index < 0:
            return None
        symbol = self._symbols[index]
        offset = address - symbol.address
        if offset >= (symbol.size or _REACH):
            return None
        return symbol, offset

    def label(self, address: int) -> str | None:
        """`main+0x12` for an address inside main, or None."""
        found = self.find(address)
        if found is None:
            return None
        symbol, offset = found
        return f"{symbol.name}+{offset:#x}" if offset else symbol.name


def read_symbols(binary: Binary) -> Symbols:
    """The symbols of a program; empty for a stripped one."""
    return Symbols(_elf_symbols(binary) if binary.elf is not None else _aout_symbols(binary))


def _elf_symbols(binary: Binary) -> Iterable[Symbol]:
    try:
        section = binary.elf.get_section_by_name(".symtab")
        if section is None:
            return
        for entry in section.iter_symbols():
            info = entry["st_info"]["type"]
            # `$x` and `$d` mark code and data in arm64 objects; they name nothing.
            if not entry.name or entry.name.startswith("$") or entry["st_shndx"] in {"SHN_UNDEF", "SHN_ABS"}:
                continue
            if info in {"STT_FUNC", "STT_OBJECT", "STT_NOTYPE"}:
                yield Symbol(entry.name, entry["st_value"], entry["st_size"], info == "STT_FUNC")
    except Exception:  # a damaged file: the symbols up to there
        return


def _aout_symbols(binary: Binary) -> Iterable[Symbol]:
    from elf9.image import read_symbols as read_aout_symbols

    try:
        for name, address, kind in read_aout_symbols(binary.data):
            if kind in "TtLlDdBb":
                yield Symbol(name, address, 0, kind in "TtLl")
    except ValueError:
        return
