"""Results as JUnit's XML, which CI services read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from elf9.testing.result import Result

__all__ = ["to_junit"]

#: What XML 1.0 cannot hold, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(results: Sequence[Result], suite: str = "elf9") -> str:
    """An XML document with one test suite."""
    failures = sum(not result.passed for result in results)
    seconds = sum(result.seconds for result in results)
    counts = {"tests": str(len(results)), "failures": str(failures), "errors": "0", "time": f"{seconds:.3f}"}
    root = ElementTree.Element("testsuites", counts)
    node = ElementTree.SubElement(root, "testsuite", {"name": _clean(suite), **counts})
    for result in results:
        case = ElementTree.SubElement(
            node,
            "testcase",
            {"classname": _clean(suite), "name": _clean(result.case.name), "time": f"{result.seconds:.3f}"},
        )
        if not result.passed:
            first = result.problems[0]
            failure = ElementTree.SubElement(case, "failure", {"message": _clean(f"{first.what}: {first.summary}")})
            failure.text = _clean(result.explain())
        for tag, data in (("system-out", result.stdout), ("system-err", result.stderr)):
            if data:
                ElementTree.SubElement(case, tag).text = _clean(data.decode("utf-8", "backslashreplace"))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
