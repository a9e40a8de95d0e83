"""Tests of Plan 9 programs: what a run should give, what it gave, and the difference in words.

from elf9.testing import Case, run_case

result = run_case(Case("build/amd64/debug/hello", args=["a"], stdout="hello\\na\\n"))
assert result.passed, result.explain()
"""

from __future__ import annotations

from elf9.testing.case import Case, CaseError, load_cases
from elf9.testing.junit import to_junit
from elf9.testing.result import Problem, Result
from elf9.testing.runner import run_case

__all__ = ["Case", "CaseError", "Problem", "Result", "load_cases", "run_case", "to_junit"]
