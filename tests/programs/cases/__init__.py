"""What 9front's commands are given, and what must come back.

What is expected is worked out from the manual (sections 1 and 4), by hand, or by Python, whose library stands for the
host's tool of the same kind: hashlib for md5sum, bz2 for bunzip2, calendar for cal.
"""

#: Where a case runs with these options, `home` is its folder.
HOME = "/usr/glenda"
#: Options of a case: all commands that were built are in /bin, as on Plan 9.
COMMANDS = ("--bind", "{bin}:/bin:ro", "--bind", f".:{HOME}", "--cwd", HOME)


def missing(command: str, name: str, format: str = "can't open {}") -> tuple[str, str]:
    """Standard error and exit string of a command that calls sysfatal(2) because a file is not there."""
    text = f"{format.format(name)}: {no_file(name)}"
    return f"{command}: {text}\n", text


def no_file(name: str) -> str:
    """The kernel's words for a file that is not there."""
    return f"file does not exist: '{name}'"
