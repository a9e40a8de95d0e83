"""`python -m elf9.testing CASES.json …`: run test cases from files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from elf9.testing import CaseError, load_cases, run_case, to_junit


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cases; 0 if all passed, 1 if not, 2 if a file cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m elf9.testing",
        description="Run test cases of Plan 9 programs from JSON files.",
        allow_abbrev=False,
    )
    parser.add_argument("cases", nargs="+", metavar="CASES.json", help="a case, or a list of cases (docs/cli.md)")
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON; - is standard output")
    parser.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML")
    options = parser.parse_args(argv)
    try:
        cases = [case for path in options.cases for case in load_cases(path)]
    except (CaseError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    results = [run_case(case) for case in cases]
    out = sys.stderr if options.json == "-" else sys.stdout
    for result in results:
        print(result.explain(), file=out)
    print(f"{sum(result.passed for result in results)} of {len(results)} passed", file=out)
    try:
        if options.json:
            text = json.dumps([result.to_json() for result in results], indent=2) + "\n"
            _write(options.json, text)
        if options.junit:
            _write(options.junit, to_junit(results))
    except OSError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0 if all(result.passed for result in results) else 1


def _write(path: str, text: str) -> None:
    if path == "-":
        sys.stdout.write(text)
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
