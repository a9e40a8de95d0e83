"""The dump of all processes, of processes that are made up; tests/cli has real ones, with their backtraces."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from elf9.debug.processes import snapshots, to_text
from elf9.errors import BadAddress
from elf9.kernel.process import Args
from elf9.kernel.sync import Block
from elf9.target import TARGETS


class Memory:
    """Nothing but a string at 0x100."""

    def check(self, address: int, length: int, write: bool) -> None:
        if address != 0x100:
            raise BadAddress(address, length)

    def read(self, address: int, length: int) -> bytes:
        raise BadAddress(address, length)

    def string(self, address: int, limit: int | None = None) -> bytes:
        self.check(address, 1, False)
        return b"/srv/x"


def process(pid: int, **fields: Any) -> Any:
    args = Args()
    args.slots = (0x100, 1, 0, 0, 0)
    kernel = SimpleNamespace(target=TARGETS["amd64"])
    cpu = SimpleNamespace(pc=0x200100 + pid, sp=0x7000, registers=lambda: {"rsp": 0x7000, "rbp": 0})
    values = {
        "pid": pid, "parent_pid": 1, "name": b"cat\n", "state": "Open", "number": 14, "args": args, "notes": [],
        "blocked": Block(), "memory": Memory(), "cpu": cpu, "text_file": None, "exit_string": None, "kernel": kernel,
    }  # fmt: skip
    return SimpleNamespace(**{**values, **fields})


def kernel(*processes: Any) -> Any:
    return SimpleNamespace(processes={one.pid: one for one in reversed(processes)})


def test_calls_and_notes_under_way():
    notes = [SimpleNamespace(text=b"alarm"), SimpleNamespace(text=b"it's \xff")]
    found = snapshots(kernel(process(3), process(12, blocked=None, state="Ready", notes=notes)))
    assert to_text(found).splitlines() == [
        "2 processes:",
        '3 cat\\n  Open  open 0x100/"/srv/x" 0x1  pc=0x200103',
        "    0x00200103  ?",
        '12 cat\\n  Ready  pc=0x20010c  notes "alarm" "it\'s \\xff"',
        "    0x0020010c  ?",
    ]
    assert found[0].to_json() == {
        "pid": 3, "parent": 1, "name": "cat\\n", "state": "Open", "call": 'open 0x100/"/srv/x" 0x1', "pc": "0x200103",
        "backtrace": ["0x00200103  ?"],
    }  # fmt: skip


def test_a_dead_one_and_an_unknown_call():
    dead = process(1, exit_string=b"x", state="Broken", blocked=None)
    odd = process(2, number=99)
    lines = to_text(snapshots(kernel(dead, odd))).splitlines()
    assert lines[1:] == ["1 cat\\n  Broken  pc=0x200101", "2 cat\\n  Open  pc=0x200102", "    0x00200102  ?"]


def test_thousands():
    found = snapshots(kernel(*(process(pid) for pid in range(1, 3001))))
    lines = to_text(found).splitlines()
    assert lines[0] == "3000 processes:"
    assert lines[-1] == "… 2000 more"
    assert len(lines) == 1 + 1000 + 100 + 1
