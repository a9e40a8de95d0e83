"""`elf9 calls`: the system calls of 9front, and how far each is emulated.  docs/syscalls.md is its output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from elf9.kernel.syscalls import CALLS
from elf9.kernel.syscalls.states import DIFFERENCES, argument_names, state, summary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["add_arguments", "main", "markdown"]

_OK, _UNKNOWN = 0, 2

_HEAD = """\
# System calls

All of 9front's, by number. The table is made from the code by `elf9 calls --markdown`; a test sees to it that it is
up to date. `complete`: every check of arguments, error text, note and rule of waiting that is known of the kernel.
`partly`: as complete, but for what the last column says. `missing`: using it ends the run with exit status 125 and
the call's name; any other number is unknown to the kernel as well, which posts `sys: bad sys call`.

"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `elf9 calls` on `parser`."""
    parser.epilog = "Exit status: 0, or 2 if there is no such call."
    parser.add_argument("names", metavar="NAME", nargs="*", help="only these, by name or number")
    parser.add_argument("--json", action="store_true", help="print a list of objects")
    parser.add_argument("--markdown", action="store_true", help="print docs/syscalls.md")


def main(namespace: argparse.Namespace) -> int:
    """Print the table; 2 if there is no such call."""
    numbers = []
    for word in namespace.names:
        found = [number for number, row in CALLS.items() if word in {row[0], str(number)}]
        if not found:
            from difflib import get_close_matches

            near = get_close_matches(word, [row[0] for row in CALLS.values()], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            print(f"elf9 calls: there is no system call {word!r}{hint}", file=sys.stderr)
            return _UNKNOWN
        numbers += found
    chosen = numbers or sorted(CALLS)
    if namespace.json:
        print(json.dumps([_row(number) for number in chosen], indent=2))
    elif namespace.markdown:
        print(markdown(chosen), end="")
    else:
        print(_text(chosen), end="")
    return _OK


def markdown(numbers: Sequence[int]) -> str:
    """The page docs/syscalls.md, with these calls."""
    lines = ["| number | call | what it does | state | difference |", "|---|---|---|---|---|"]
    for number in numbers:
        row = _row(number)
        call = f"`{row['name']}({row['arguments']})`"
        what = row["summary"].replace("|", "\\|")
        lines.append(f"| {number} | {call} | {what} | {row['state']} | {row['difference'] or ''} |".replace("  ", " "))
    return _HEAD + "\n".join(lines) + "\n"


def _row(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "name": CALLS[number][0],
        "arguments": argument_names(number),
        "summary": summary(number),
        "state": state(number),
        "difference": DIFFERENCES.get(number),
    }


def _text(numbers: Sequence[int]) -> str:
    lines = []
    for row in map(_row, numbers):
        call = f"{row['name']}({row['arguments']})"
        lines.append(f"{row['number']:>2}  {row['state']:<8}  {call:<42}  {row['summary']}".rstrip())
        if row["difference"]:
            lines.append(f"{'':14}{row['difference']}")
    return "\n".join(lines) + "\n"
