"""What a test gives to a program, and what it expects back."""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

__all__ = ["Case", "CaseError", "Expected", "as_bytes", "load_cases"]

#: Something to compare bytes with: the very bytes (text counts as UTF-8), a pattern that must match somewhere
#: in them (`re.search`), or None: anything will do.
Expected = str | bytes | re.Pattern[str] | re.Pattern[bytes] | None


class CaseError(ValueError):
    """A case that makes no sense; the text says which field, what it holds and what was expected."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run of a program.  Raises CaseError if a field cannot be what it should be.

    The exit string is always judged: it must be empty unless `exit_string` or `status` says otherwise.
    """

    #: Host path of the program.
    program: str
    args: Sequence[str | bytes] = ()
    stdin: str | bytes = b""
    stdout: Expected = None
    #: Of the program and of the kernel (`suicide: …`), without what elf9 itself would add.
    stderr: Expected = None
    #: What the program passed to exits(2), or the note that killed it.
    exit_string: Expected = None
    #: Exit status of `elf9 run` (docs/cli.md).
    status: int | None = None
    #: Environment variables of the program; it has no others but those of a 9front boot.
    env: Mapping[str, str] = field(default_factory=dict)
    #: Files made in the program's current directory beforehand, by relative path; programs and `#!` can be executed.
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    #: Files expected there afterwards; None: the file must not be there.
    expected_files: Mapping[str, Expected] = field(default_factory=dict)
    #: Seconds.
    timeout: float = 30.0
    #: "amd64" or "arm64"; None: what the file is for.
    arch: str | None = None
    #: Wait for all processes, not only for the first.
    wait: bool = False
    #: The same order of events in every run.
    deterministic: bool = False
    #: Run with each of the seeds 1 to this number, which fix the order of events: all must give what is expected.
    seeds: int = 0
    #: More options of `elf9 run`.
    options: Sequence[str] = ()
    #: For reports; default: the program's name and arguments.
    title: str = ""

    def __post_init__(self) -> None:
        if not self.program or not isinstance(self.program, str | os.PathLike):
            raise CaseError(f"program is {self.program!r}; expected the path of an executable")
        object.__setattr__(self, "program", os.fspath(self.program))
        if isinstance(self.args, str | bytes):
            raise CaseError(f"args is the string {self.args!r}; expected a list of arguments")
        for name in ("args", "options"):
            for word in getattr(self, name):
                if not isinstance(word, str | bytes):
                    raise CaseError(f"{name} holds {word!r}; expected strings")
        if not self.timeout > 0:
            raise CaseError(f"timeout is {self.timeout!r}; expected seconds, more than 0")
        if type(self.seeds) is not int or self.seeds < 0:
            raise CaseError(f"seeds is {self.seeds!r}; expected how many seeds to run with")
        for name in ("wait", "deterministic"):
            if not isinstance(getattr(self, name), bool):
                raise CaseError(f"{name} is {getattr(self, name)!r}; expected True or False")
        for name in ("stdout", "stderr", "exit_string"):
            if not isinstance(getattr(self, name), str | bytes | re.Pattern | None):
                raise CaseError(f"{name} is {getattr(self, name)!r}; expected text, bytes, a pattern or None")
        for path in (*self.files, *self.expected_files):
            if os.path.isabs(path) or ".." in path.split("/") or not path:
                raise CaseError(f"file {path!r} is not inside the program's current directory")

    @property
    def name(self) -> str:
        """A short name for reports."""
        if self.title:
            return self.title
        words = [os.path.basename(self.program), *(os.fsdecode(word) for word in self.args)]
        text = " ".join(words)
        return text if len(text) <= 60 else text[:57] + "..."

    @property
    def wanted_exit_string(self) -> Expected:
        """What the exit string is compared with: empty if nothing is said about how the program ends."""
        return "" if self.exit_string is None and self.status is None else self.exit_string

    @classmethod
    def from_json(cls, data: Mapping[str, Any], folder: str = ".") -> Case:
        """A case from JSON: as the fields, with `{"base64": …}`, `{"pattern": …}` or `{"file": …}` where bytes
        or expectations may stand.  Relative paths start at `folder`.  Raises CaseError.
        """
        known = {item.name for item in fields(cls)}
        for name in data:
            if name not in known:
                raise CaseError(f"unknown field {name!r}; known are {', '.join(sorted(known))}")
        if "program" not in data:
            raise CaseError("the field program is missing")
        values: dict[str, Any] = {}
        for name, value in data.items():
            if name in {"files", "expected_files"} and isinstance(value, Mapping):
                values[name] = {path: _value(name, item, folder) for path, item in value.items()}
            elif name == "args" and isinstance(value, list):
                values[name] = [_value(name, item, folder) for item in value]
            elif name in {"stdin", "stdout", "stderr", "exit_string"}:
                values[name] = _value(name, value, folder)
            else:
                values[name] = value
        values["program"] = os.path.join(folder, str(values["program"]))
        return cls(**values)


def _value(name: str, value: Any, folder: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    try:
        match dict(value):
            case {"base64": str(text), **rest} if not rest:
                return b64decode(text, validate=True)
            case {"pattern": str(text), **rest} if not rest:
                return re.compile(text)
            case {"file": str(path), **rest} if not rest:
                with open(os.path.join(folder, path), "rb") as file:
                    return file.read()
    except (ValueError, re.error, OSError) as error:
        raise CaseError(f"{name}: {error}") from error
    raise CaseError(f'{name} is {value!r}; expected a string, {{"base64": …}}, {{"pattern": …}} or {{"file": …}}')


def as_bytes(value: str | bytes) -> bytes:
    """Text as UTF-8; undecodable bytes of file names and arguments come back as they were."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def load_cases(path: str) -> list[Case]:
    """The cases in a JSON file: one object or a list of them.  Raises CaseError, OSError."""
    with open(path, encoding="utf-8") as file:
        try:
            data = json.load(file)
        except ValueError as error:
            raise CaseError(f"{path} is not JSON: {error}") from error
    cases = data if isinstance(data, list) else [data]
    folder = os.path.dirname(path) or "."
    for number, item in enumerate(cases, 1):
        if not isinstance(item, Mapping):
            raise CaseError(f"{path}: case {number} is {item!r}; expected an object")
    try:
        return [Case.from_json(item, folder) for item in cases]
    except (CaseError, TypeError) as error:
        raise CaseError(f"{path}: {error}") from error
