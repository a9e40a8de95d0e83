#!/usr/bin/env python3
"""Measures elf9 beside its peers and prints one table: `.venv/bin/python benchmarks/run.py --help`.

What is measured, and how, is in docs/benchmarks.md.
"""

import os
import sys
from importlib.util import find_spec

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    sys.path[:1] = [ROOT, os.path.join(ROOT, "site_scons")]
    missing = [name for name in ("unicorn", "SCons", "elftools") if find_spec(name) is None]
    if missing:
        sys.exit(
            f"benchmarks: this Python has no {', '.join(missing)}; "
            "use the one that ./scons makes: .venv/bin/python benchmarks/run.py"
        )
    from benchmarks.harness.main import main

    sys.exit(main(ROOT))
