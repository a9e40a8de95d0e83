"""elf9 builds Plan 9 programs with GCC and proves them without Plan 9.

`elf9.Environment()` in a SConstruct is a SCons Environment with the builders Plan9Program,
Plan9Object, Plan9Library and Plan9Test.  It is imported when it is asked for: `elf9 run` must not
pay for SCons.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.build.tool import Environment

__all__ = ["Environment", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Environment":
        from elf9.build.tool import Environment

        return Environment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
