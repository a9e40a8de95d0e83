#!/usr/bin/env python3
"""Makes the system-call stubs and their header from `syscalls.tsv`.

    mksyscalls.py stubs ARCH DIRECTORY   one assembly file a call: DIRECTORY/NAME.S
    mksyscalls.py header                 the text of include/syscalls.h, on standard output
    mksyscalls.py names                  the C names, one a line, in table order

A stub puts the call's number where `_syscall` of that machine (runtime/ARCH/syscall.S)
wants it and jumps there; the arguments stay where C put them.  One object a call, so that
a program which has a `bind` or `remove` of its own does not meet ours in the archive.
The output depends on nothing but the table.  Numbers and names: facts/syscalls.md §2;
prototypes: 9front's libc.h.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("syscalls.tsv")

#: How a stub reaches `_syscall`, and the character that starts a section type.
STUBS = {"amd64": ("mov\t${number}, %eax", "jmp\t_syscall", "@"), "arm64": ("mov\tw8, #{number}", "b\t_syscall", "%")}


class Call(NamedTuple):
    """One row of the table."""

    number: int
    kernel: str
    name: str
    returns: str
    parameters: str

    @property
    def prototype(self) -> str:
        return f"{self.returns} {self.name}({self.parameters})"


def read_table(path: Path = TABLE) -> list[Call]:
    """The rows of the table; ValueError names the line that is not one."""
    calls: list[Call] = []
    for index, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != len(Call._fields) or not fields[0].isdigit():
            raise ValueError(f"{path}:{index}: expected number, kernel, name, returns, parameters between tabs")
        calls.append(Call(int(fields[0]), *fields[1:]))
    if len({call.number for call in calls}) != len(calls) or len({call.name for call in calls}) != len(calls):
        raise ValueError(f"{path}: a number or a name is there twice")
    return calls


def stub(call: Call, arch: str) -> str:
    """The assembly text of one stub."""
    load, jump, mark = STUBS[arch]
    return f"""\
/* {call.prototype} */
	.text
	.globl	{call.name}
	.type	{call.name}, {mark}function
{call.name}:
	.cfi_startproc
	{load.format(number=call.number)}
	{jump}
	.cfi_endproc
	.size	{call.name}, . - {call.name}

	.section .note.GNU-stack, "", {mark}progbits
"""


def header(calls: list[Call]) -> str:
    """The text of include/syscalls.h: the numbers, then the prototypes."""
    lines = ["/* Made from syscalls.tsv by mksyscalls.py; included by libc.h. */", "", "enum", "{"]
    lines += [f"\tSYS_{call.kernel} = {call.number}," for call in calls]
    lines += ["};", ""]
    lines += [f"extern\t{call.returns}\t{call.name}({call.parameters});" for call in calls]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    calls = read_table()
    match arguments:
        case ["stubs", arch, directory] if arch in STUBS:
            folder = Path(directory)
            folder.mkdir(parents=True, exist_ok=True)
            for call in calls:
                (folder / f"{call.name}.S").write_text(stub(call, arch), encoding="ascii")
        case ["header"]:
            sys.stdout.write(header(calls))
        case ["names"]:
            sys.stdout.write("".join(f"{call.name}\n" for call in calls))
        case _:
            sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
