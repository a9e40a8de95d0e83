"""Source lines and inlined calls from DWARF 2–5, as GCC writes it (`.debug_line`, `.debug_info`)."""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elf9.debug.binary import Binary

__all__ = ["Lines", "Place", "find_source"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a source file.  `path` is as the compiler recorded it; `line` counts from 1."""

    path: str
    line: int
    column: int = 0
    #: The function, where it was inlined; None where it is the one that the symbol table names.
    function: str | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Lines:
    """Looks addresses up in a program's line table.  Units are read when they are asked for, once."""

    def __init__(self, binary: Binary) -> None:
        self._binary = binary
        self._dwarf = binary.dwarf
        self._aranges: Any = None
        self._rows: dict[int, list[tuple[int, int, Place]]] = {}
        self._units: list[Any] | None = None

    def places(self, address: int) -> list[Place]:
        """Where the instruction at `address` comes from: the innermost inlined function first, the real one last."""
        # What the linker left out has lines, too, at 0.
        if self._dwarf is None or not self._binary.in_text(address):
            return []
        try:
            for unit in self._candidates(address):
                place = self._row(unit, address)
                if place is not None:
                    return self._inlined(unit, address, place)
        except Exception:  # damaged or unknown DWARF: no line rather than a wrong one
            return []
        return []

    def find(self, address: int) -> Place | None:
        """The innermost place of `address`, or None."""
        places = self.places(address)
        return places[0] if places else None

    def _candidates(self, address: int) -> Iterator[Any]:
        if self._aranges is None:
            self._aranges = self._dwarf.get_aranges() or False
        offset = self._aranges.cu_offset_at_addr(address) if self._aranges else None
        if offset is not None:
            yield self._dwarf.get_CU_at(offset)
            return
        if self._units is None:
            self._units = list(self._dwarf.iter_CUs())
        yield from self._units

    def _row(self, unit: Any, address: int) -> Place | None:
        rows = self._rows.get(unit.cu_offset)
        if rows is None:
            rows = self._rows[unit.cu_offset] = list(_rows(self._dwarf, unit))
        return next((place for low, high, place in rows if low <= address < high), None)

    def _inlined(self, unit: Any, address: int, place: Place) -> list[Place]:
        """`place`, taken apart into the inlined functions around it."""
        die = next(
            (die for die in _children(unit.get_top_DIE(), "DW_TAG_subprogram") if self._covers(die, address)), None
        )
        chain = []
        while die is not None:
            inner = next(
                (child for child in _inlined_calls(die) if self._covers(child, address)),
                None,
            )
            if inner is not None:
                chain.append(inner)
            die = inner
        places = []
        names = _file_names(self._dwarf, unit)
        for call in reversed(chain):
            places.append(Place(place.path, place.line, place.column, _name(call)))
            number = call.attributes.get("DW_AT_call_file")
            line = call.attributes.get("DW_AT_call_line")
            if number is None or line is None or number.value not in names:
                return places
            place = Place(names[number.value], line.value)
        return [*places, place]

    def _covers(self, die: Any, address: int) -> bool:
        return any(low <= address < high for low, high in _ranges(self._dwarf, die))


def _children(die: Any, tag: str) -> Iterator[Any]:
    return (child for child in die.iter_children() if child.tag == tag)


def _inlined_calls(die: Any) -> Iterator[Any]:
    for child in die.iter_children():
        if child.tag == "DW_TAG_inlined_subroutine":
            yield child
        elif child.tag == "DW_TAG_lexical_block":
            yield from _inlined_calls(child)


def _name(die: Any) -> str | None:
    """A subprogram's name, which an inlined copy has from its origin."""
    for _ in range(4):
        if "DW_AT_name" in die.attributes:
            return str(die.attributes["DW_AT_name"].value.decode("utf-8", "replace"))
        for link in ("DW_AT_abstract_origin", "DW_AT_specification"):
            if link in die.attributes:
                die = die.get_DIE_from_attribute(link)
                break
        else:
            return None
    return None


def _ranges(dwarf: Any, die: Any) -> Iterator[tuple[int, int]]:
    attributes = die.attributes
    if "DW_AT_low_pc" in attributes and "DW_AT_high_pc" in attributes:
        low = attributes["DW_AT_low_pc"].value
        high = attributes["DW_AT_high_pc"]
        yield low, high.value if high.form == "DW_FORM_addr" else low + high.value
    elif "DW_AT_ranges" in attributes:
        from elftools.dwarf.ranges import BaseAddressEntry

        base = die.cu.get_top_DIE().attributes.get("DW_AT_low_pc")
        start = base.value if base is not None else 0
        offset = attributes["DW_AT_ranges"].value
        for entry in dwarf.range_lists().get_range_list_at_offset(offset, die.cu):
            if isinstance(entry, BaseAddressEntry):
                start = entry.base_address
            elif entry.is_absolute:
                yield entry.begin_offset, entry.end_offset
            else:
                yield start + entry.begin_offset, start + entry.end_offset


def _file_names(dwarf: Any, unit: Any) -> dict[int, str]:
    """The unit's file numbers and names; DWARF 5 counts from 0, older ones from 1."""
    program = dwarf.line_program_for_CU(unit)
    if program is None:
        return {}
    header = program.header
    new = header["version"] >= 5
    top = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
    base = top.value.decode("utf-8", "surrogateescape") if top is not None else ""
    folders = [folder.decode("utf-8", "surrogateescape") for folder in header["include_directory"]]
    if not new:
        folders.insert(0, base)
    names = {}
    for number, entry in enumerate(header["file_entry"], 0 if new else 1):
        folder = folders[entry.dir_index] if entry.dir_index < len(folders) else ""
        path = os.path.join(base, folder, entry.name.decode("utf-8", "surrogateescape"))
        names[number] = os.path.normpath(path)
    return names


def _rows(dwarf: Any, unit: Any) -> Iterator[tuple[int, int, Place]]:
    """The unit's line table as (first address, address behind, place)."""
    program = dwarf.line_program_for_CU(unit)
    if program is None:
        return
    names = _file_names(dwarf, unit)
    last: Any = None
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if last is not None and state.address > last.address and last.line:
            yield last.address, state.address, Place(names.get(last.file, "?"), last.line, last.column)
        last = None if state.end_sequence else state


def find_source(path: str, binary_path: str) -> str | None:
    """A readable file for a recorded source path, or None.

    Reproducible builds record relative paths: they are looked for from the current directory, then from
    each directory above the program.
    """
    if os.path.isabs(path):
        return path if os.path.isfile(path) else None
    folder = os.path.abspath(".")
    seen = [folder]
    folder = os.path.dirname(os.path.abspath(binary_path))
    for _ in range(8):
        seen.append(folder)
        folder = os.path.dirname(folder)
    return next((full for start in seen if os.path.isfile(full := os.path.join(start, path))), None)
