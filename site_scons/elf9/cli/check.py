"""`elf9 check`: what exec would do with files, and what would go wrong later.

Exit status: 0 no errors (warnings and notes may be), 1 errors found, 2 a file could not be read
or the command was used wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from elf9.image.check import Report, check_file, rules_json, rules_text
from elf9.image.findings import printable
from elf9.target import TARGETS

__all__ = ["add_arguments", "main"]

OK, ERRORS, UNREADABLE = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `elf9 check` on `parser`."""
    parser.description = "Tell what exec would do with files: accept or refuse, the layout, and what breaks later."
    parser.epilog = "Exit status: 0 no errors, 1 errors found, 2 a file cannot be read or the command line is wrong."
    parser.add_argument("files", metavar="FILE", nargs="*", help="ELF file, a.out or #! script")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--arch", choices=sorted(TARGETS), help="the kernel's architecture (default: the file's)")
    parser.add_argument("--rules", action="store_true", help="list every rule, why it is there and its cure")


def main(namespace: argparse.Namespace) -> int:
    """Run `elf9 check` with parsed options; return the exit status."""
    try:
        status = _run(namespace)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERRORS
    return status


def _run(namespace: argparse.Namespace) -> int:
    if namespace.rules:
        sys.stdout.write(json.dumps(rules_json(), indent=2) + "\n" if namespace.json else rules_text())
        return OK
    if not namespace.files:
        print("elf9 check: no file given; name one or more, or ask for --rules", file=sys.stderr)
        return UNREADABLE
    target = TARGETS[namespace.arch] if namespace.arch else None
    reports: list[Report] = []
    failed: list[dict[str, str]] = []
    for path in namespace.files:
        try:
            reports.append(check_file(path, target=target))
        except OSError as error:
            message = error.strerror or str(error)
            message = message[:1].lower() + message[1:]
            failed.append({"path": path, "message": message})
            print(f"elf9 check: {printable(path)}: {message}", file=sys.stderr)
        except ValueError as error:
            # open() of a path with a NUL inside.
            failed.append({"path": path, "message": str(error)})
            print(f"elf9 check: {printable(path)}: {error}", file=sys.stderr)
    if namespace.json:
        result = {"schema": 1, "files": [report.to_json() for report in reports], "unreadable": failed}
        print(json.dumps(result, indent=2))
    else:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        sys.stdout.write("\n".join(report.to_text(colour) for report in reports))
    if failed:
        return UNREADABLE
    return OK if all(report.ok for report in reports) else ERRORS


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="elf9 check")
    add_arguments(_parser)
    sys.exit(main(_parser.parse_args()))
