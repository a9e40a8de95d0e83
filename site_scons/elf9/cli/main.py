"""`elf9 VERB …`: finds the verb, and keeps the promises that hold for all of them.

Those are: exit status 2 for a wrong command line, 130 when interrupted, 141 when the reader of the output has
gone, and never a traceback.  The verb is found before anything is parsed or imported: argparse alone takes 12 ms,
a third of what `elf9 run hello` may take, so `run` reads its own options (`elf9.cli.run`).
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["console", "main"]

#: Objects between two looks for garbage; Python's own is 700.
_GARBAGE_THRESHOLD = 20_000

#: Exit status of a wrong command line, of an interrupted run, of output that nobody reads.
USAGE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141

#: The verbs: module in this package, and the line in `elf9 --help`.
VERBS = {
    "run": "run a Plan 9 program on the emulator",
    "check": "say what a 9front kernel would do with an executable, and what would go wrong later",
    "new": "start a program of your own from a template",
    "calls": "list the system calls, and how far each is emulated",
    "doctor": "look at this machine: what elf9 needs, what it found, what to do",
}

_HELP = """\
usage: elf9 VERB [options] …

Build Plan 9 programs with GCC and prove them without Plan 9.

verbs:
{verbs}

options:
  -h, --help     this text; `elf9 VERB --help` for a verb
  --version      the versions of elf9 and of what it stands on

examples:
  elf9 run build/amd64/debug/examples/hello/hello a b c
  elf9 run --trace --bind ~/src:/src:ro ./wc /src/notes
  elf9 check build/*/release/examples/hello/hello
  elf9 new mine && cd mine && scons test
"""


def _help() -> str:
    return _HELP.format(verbs="\n".join(f"  {verb:<14} {text}" for verb, text in VERBS.items()))


def _version_line() -> str:
    from elf9 import __version__
    from elf9.cli.doctor import library_versions

    found = ", ".join(f"{name} {number}" for name, number in library_versions() if number)
    return f"elf9 {__version__} (Python {sys.version.split()[0]}, {found})"


def _usage_error(message: str) -> int:
    print(f"elf9: {message}\nTry `elf9 --help`.", file=sys.stderr)
    return USAGE


def _dispatch(argv: Sequence[str]) -> int:
    if not argv:
        print(_help(), end="", file=sys.stderr)
        return USAGE
    verb, rest = argv[0], argv[1:]
    if verb == "run":
        from elf9.cli import run

        return run.main(rest)
    if verb in {"-h", "--help", "help"}:
        if verb == "help" and rest:
            return _dispatch([rest[0], "--help"])
        print(_help(), end="")
        return 0
    if verb in {"--version", "-V"}:
        print(_version_line())
        return 0
    if verb.startswith("-"):
        return _usage_error(f"unknown option {verb!r}: options of a verb stand after it, as in `elf9 run {verb} …`")
    if verb not in VERBS:
        return _usage_error(f"unknown verb {verb!r}{_suggestion(verb)}")
    return _argparse_verb(verb, rest)


def _suggestion(verb: str) -> str:
    """What the user may have meant, as the rest of a sentence."""
    from difflib import get_close_matches

    near = get_close_matches(verb, VERBS, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    if os.path.exists(verb):
        from shlex import quote

        return f"; to run the file: elf9 run {quote(verb)}"
    return f"; there are {', '.join(VERBS)}"


def _argparse_verb(verb: str, rest: Sequence[str]) -> int:
    """A verb whose module has `add_arguments(parser)` and `main(namespace)`."""
    import argparse
    import importlib

    module = importlib.import_module(f"elf9.cli.{verb}")
    parser = argparse.ArgumentParser(
        prog=f"elf9 {verb}",
        description=VERBS[verb][:1].upper() + VERBS[verb][1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return int(module.main(parser.parse_args(list(rest))))


def main(argv: Sequence[str] | None = None) -> int:
    """Run `elf9` with these words (default: the process's own) and return the exit status.

    SystemExit, which argparse raises, is turned into a status too.
    """
    if sys.stdout is not None and sys.stdout.encoding.lower() != "utf-8" and hasattr(sys.stdout, "reconfigure"):
        # A terminal that cannot show a dash or an arrow gets a question mark instead.
        sys.stdout.reconfigure(errors="replace")
    try:
        status = _dispatch(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
            return 1
        return stop.code or 0
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _silence() -> None:
    """Nobody reads standard output any more: what is still buffered for it goes to the null device."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError, AttributeError):
        pass


def console() -> NoReturn:
    """The command itself: `main`, then leave without taking the interpreter apart, which takes milliseconds."""
    # Looking for garbage while modules are imported finds none, and takes a millisecond.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    status = main()
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            # Closed before we began (`>&-`): nothing was written there, and the status of `elf9 run` is the program's.
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            if status == 0:
                status = 1
    os._exit(status)
