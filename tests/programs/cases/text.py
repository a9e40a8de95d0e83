"""Commands that read text and write text."""

from elf9.testing import Case

CASES = [
    Case("echo", ["a", "", "b c"], stdout="a  b c\n"),
    Case("echo", ["-n", "no newline"], stdout="no newline"),
    Case("cat", ["one", "two"], files={"one": "1\n", "two": b"\xff\0"}, stdout=b"1\n\xff\0"),
    Case("cat", stdin="from stdin", stdout="from stdin"),
    Case(
        "cat",
        ["nothing"],
        stderr="cat: can't open nothing: file does not exist: 'nothing'\n",
        exit_string="can't open nothing: file does not exist: 'nothing'",
    ),
    Case("wc", ["-l"], stdin="a\nb\nc", stdout="      2\n"),
]
