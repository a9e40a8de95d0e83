"""Programs with windows: elf9 has no screen, and they say so."""

import re

from elf9.testing import Case

NO_SCREEN = "initdraw: initdisplay: /dev/draw/new: file does not exist: '/dev/draw'"

CASES = [
    Case("acme", ["-x"], stderr=re.compile("^usage: acme "), exit_string="usage"),
    Case("samterm", stderr=f"samterm: {NO_SCREEN}\n", exit_string="init"),
]
