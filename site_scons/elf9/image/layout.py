"""From the first bytes of a file to the segments exec makes: the kernel's checks in its order.

Source: the exec patch's sysexec and segment.c's newseg, as set down in facts/exec.md §3-4.  All
sums wrap at 64 bits as there, and the page count of a segment is a 32-bit ulong.
"""

from __future__ import annotations

from elf9.errors import Ebadexec, Enovmem
from elf9.image import aout, elf
from elf9.image.model import MASK64, ExecError, Header, Piece, Plan, Script
from elf9.image.script import read_script
from elf9.target import TARGETS, by_elf_machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.target import Target

__all__ = ["HEAD_SIZE", "guess_target", "lay_out", "plan"]

#: exec looks at so many bytes from the start of the file.
HEAD_SIZE = 256
#: Fewer bytes than this are refused whatever they are.
MINIMUM = 4
MASK32 = (1 << 32) - 1


def plan(head: bytes, target: Target, *, script_allowed: bool = True) -> Plan | Script:
    """What exec on a `target` kernel does with a file that starts with `head`.

    `head` is the first 256 bytes of the file, or all if it is shorter.  A `#!` line gives a
    `Script`; its interpreter is then planned with `script_allowed=False`, since exec follows one
    level only.  Raises ExecError for everything that makes exec return -1 up to here.
    """
    head = head[:HEAD_SIZE]
    if len(head) < MINIMUM:
        size = "is empty" if not head else f"has {len(head)} byte{'s' * (len(head) > 1)}"
        raise ExecError(
            Ebadexec,
            f"the file {size}, and exec wants at least {MINIMUM}",
            "build or copy it again",
            rule="file-empty",
        )
    magic = int.from_bytes(head[:MINIMUM], "big")
    if magic == target.aout_magic:
        return lay_out(aout.read_header(head, target), target)
    if magic == elf.ELF_MAGIC:
        return lay_out(elf.read_header(head, target), target)
    machine = aout.machine_name(magic)
    if machine is not None:
        module = bool(magic & aout.DYN_MAGIC)
        kind = "a dynamically loadable module" if module else "an a.out"
        raise ExecError(
            Ebadexec,
            f"the file is {kind} for {machine} (magic {magic:#x}), "
            f"and exec of this {target.name} kernel takes a.out with magic {target.aout_magic:#x} only",
            f"link it as a program for {target.name}",
            rule="module" if module else "other-machine",
        )
    if not script_allowed:
        raise ExecError(
            Ebadexec,
            f"the interpreter of a `#!` line must itself be an executable, but it starts with {head[:4].hex(' ')}",
            "name a program in the `#!` line; exec follows one `#!` only",
            rule="magic",
        )
    return read_script(head)


def lay_out(header: Header, target: Target) -> Plan:
    """The segments for the numbers in `header`.  Raises ExecError if one ends in the stack or above."""
    rounding = header.align - 1
    text_top = ((target.text_base + header.text_size + rounding) & MASK64) & ~rounding
    rounding = target.page - 1
    data_top = ((text_top + header.data_size + rounding) & MASK64) & ~rounding
    bss_top = ((text_top + header.data_size + header.bss + rounding) & MASK64) & ~rounding
    for name, top, sizes in (
        ("text", text_top, f"text {header.text_size:#x}"),
        ("data", data_top, f"text {header.text_size:#x}, data {header.data_size:#x}"),
        ("bss", bss_top, f"text {header.text_size:#x}, data {header.data_size:#x}, bss {header.bss:#x}"),
    ):
        if top >= target.stack_base:
            raise ExecError(
                Ebadexec,
                f"{name} would end at {top:#x} ({sizes} bytes), but it must end below the stack at "
                f"{target.stack_base:#x}",
                "make the program smaller, or build it again if the sizes in the header are wrong",
                rule="image-too-large",
            )
    text_pages = _pages(target.text_base, text_top, target)
    data_pages = _pages(text_top, data_top, target)
    bss_pages = _pages(data_top, bss_top, target)
    fatal = None
    if max(text_pages, data_pages, bss_pages) * target.page > target.max_segment:
        fatal = Enovmem
    else:
        # A multiple of 2^32 pages vanishes from the segment: its size is a ulong.
        bss_top = data_top + bss_pages * target.page
    return Plan(
        kind=header.kind,
        target=target,
        entry=header.entry,
        text=Piece(
            offset=header.text_offset,
            size=header.text_size,
            base=target.text_base,
            top=text_top if fatal else target.text_base + text_pages * target.page,
        ),
        data=Piece(
            offset=header.data_offset,
            size=header.data_size,
            base=text_top,
            top=data_top if fatal else text_top + data_pages * target.page,
        ),
        bss=(data_top, bss_top),
        align=header.align,
        fatal=fatal,
    )


def _pages(base: int, top: int, target: Target) -> int:
    """Pages from `base` to `top` as newseg gets them: a wrapped difference, cut to 32 bits."""
    return (((top - base) & MASK64) // target.page) & MASK32


def guess_target(head: bytes) -> Target | None:
    """The target a file is made for: by e_machine or a.out magic; None for scripts and all else."""
    magic = int.from_bytes(head[:MINIMUM], "big")
    if magic == elf.ELF_MAGIC:
        return by_elf_machine(int.from_bytes(head[18:20], "little"))
    return next((target for target in TARGETS.values() if target.aout_magic == magic), None)
