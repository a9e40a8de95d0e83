"""The variables of the command line: `ARCH=`, `MODE=`, `VERBOSE=`, `CC_amd64=`, and a project's own.

An unknown variable or value is an error with a suggestion, for a misspelt one that is ignored
builds something else than was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from elf9.build.suggest import did_you_mean, one_of
from elf9.target import TARGETS

__all__ = ["MODES", "OptionError", "Options", "parse", "variables"]

#: The modes, the default first.
MODES = ("debug", "release")

#: What GCC and the host call the machines.
_GNU_CPUS = {target.gnu_cpu: target.name for target in TARGETS.values()}

_YES = ("1", "yes", "on", "true")
_NO = ("", "0", "no", "off", "false")


class OptionError(Exception):
    """A variable or value on the command line that does not exist."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    architectures: tuple[str, ...]  #: names of targets
    architectures_named: bool  #: whether the user named them: then one without a compiler is an error
    modes: tuple[str, ...]
    verbose: bool
    compilers: Mapping[str, str] = field(default_factory=dict)  #: CC_amd64 and so on, by target name


def variables() -> dict[str, str]:
    """Every variable with one line of help, in the order in which to show them."""
    known = {
        "ARCH=amd64,arm64": "machines to build for (default: every one with a compiler)",
        "MODE=debug|release": "-Og or -O2; both with MODE=debug,release (default: debug)",
        "VERBOSE=1": "show whole command lines",
    }
    for target in TARGETS.values():
        known[f"CC_{target.name}=GCC"] = f"the compiler for {target.name} (default: {target.compilers[0]}, ...)"
    return known


def parse(arguments: Mapping[str, str], extra: Mapping[str, str]) -> Options:
    """Options from `NAME=VALUE` words; `extra` are the project's own, as `variables` names ours."""
    names = [word.partition("=")[0] for word in [*variables(), *extra]]
    for name in arguments:
        if name not in names:
            raise OptionError(f"unknown variable '{name}'{did_you_mean(name, names)} Known: {one_of(names)}.")
    named = bool(arguments.get("ARCH"))
    return Options(
        architectures=_list(arguments, "ARCH", tuple(TARGETS), tuple(TARGETS)),
        architectures_named=named,
        modes=_list(arguments, "MODE", MODES, MODES[:1]),
        verbose=_flag(arguments, "VERBOSE"),
        compilers={name: arguments.get(f"CC_{name}", "") for name in TARGETS},
    )


def _list(arguments: Mapping[str, str], name: str, known: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    """The values of a variable that takes a comma list, in the order of `known`, each once."""
    words = [word.strip() for word in arguments.get(name, "").split(",") if word.strip()]
    if words == ["all"]:
        return known
    for word in words:
        if word not in known:
            raise OptionError(
                f"{name}={arguments[name]}: unknown value '{word}'{did_you_mean(word, known, _GNU_CPUS)} "
                f"Expected one or more of {one_of(known)}, with commas between them."
            )
    return tuple(value for value in known if value in words) or default


def _flag(arguments: Mapping[str, str], name: str) -> bool:
    value = arguments.get(name, "").lower()
    if value not in _YES and value not in _NO:
        raise OptionError(f"{name}={value}: expected 1 or 0.")
    return value in _YES
