"""The text of `scons -h`: every variable and alias on one screen."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Help"]

#: More aliases than this are shown by name only, several a line.
_ROOM = 9


class Help:
    """Made when it is printed, for SConscripts that are still to be read declare more.

    SCons adds text of `Help()` calls with `+=`.
    """

    def __init__(self) -> None:
        self.variables: Mapping[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.programs: list[str] = []
        self._more = ""

    def __add__(self, text: str) -> Help:
        self._more += text
        return self

    def __str__(self) -> str:
        lines = ["Usage: scons [OPTIONS] [TARGET...] [NAME=VALUE...]", "", "Targets"]
        lines += [f"  {name:<18} {text}" for name, text in self.aliases.items()]
        lines += self._programs()
        lines += ["", "Variables"]
        lines += [f"  {name:<18} {text}" for name, text in self.variables.items()]
        lines += [
            "",
            "Options",
            "  -c                 remove what was built (without a target: all of build/)",
            "  -j N, -k, -n, -s   N jobs; go on after an error; show only; silent",
        ]
        if self._more:
            lines += ["", self._more.rstrip()]
        return "\n".join(lines)

    def _programs(self) -> list[str]:
        """The programs' aliases, wrapped; the last line says how many do not fit."""
        rows: list[str] = []
        for name in self.programs:
            if rows and len(rows[-1]) + len(name) < 76:
                rows[-1] += f"  {name}"
            else:
                rows.append(f"  {name}")
        if len(rows) > _ROOM // 3:
            rows = [*rows[: _ROOM // 3], f"  ... ({len(self.programs)} in all)"]
        return rows
