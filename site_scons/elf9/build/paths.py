"""Where the files are that elf9 brings along: the runtime's sources and the linker template.

In a checkout they lie beside `site_scons`; a wheel carries copies inside the package, in `elf9/data`.
"""

from __future__ import annotations

import os

__all__ = ["DataMissing", "linker_dir", "package_dir", "runtime_dir"]


class DataMissing(Exception):
    """The package was taken out of its checkout without what it needs."""


def package_dir() -> str:
    """Absolute path of the `elf9` package."""
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def runtime_dir() -> str:
    """Absolute path of `runtime/`: what is linked into every program, and its headers."""
    return _find("runtime", "include")


def linker_dir() -> str:
    """Absolute path of `linker/`, which holds `plan9.ld.in`."""
    return _find("linker", "plan9.ld.in")


def _find(name: str, witness: str) -> str:
    package = package_dir()
    places = [
        os.path.join(package, "data", name),
        os.path.join(os.path.dirname(os.path.dirname(package)), name),
    ]
    for place in places:
        if os.path.exists(os.path.join(place, witness)):
            return place
    raise DataMissing(
        f"elf9's {name}/{witness} is missing: looked in {' and '.join(places)}. "
        "Install elf9 again with `pip install`, or run it from its checkout."
    )
