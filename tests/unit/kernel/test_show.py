"""The kernel's own text of a system call; the wanted ones are worked out from syscallfmt.c."""

from __future__ import annotations

import struct

import pytest

from elf9.errors import BadAddress, OddAddress, Unsupported
from elf9.kernel.process import Args
from elf9.kernel.syscalls import CALLS, show

from .fakes import BASE, SIZE, FakeMemory


class Caller:
    """A process in a call."""

    def __init__(self, *slots: int) -> None:
        self.pid = 12
        self.name = b"ls"
        self.error = b"file does not exist: '/nosuch'"
        self.memory = FakeMemory()
        self.args = Args()
        self.args.slots = tuple((slot & (1 << 64) - 1 ^ 1 << 63) - (1 << 63) for slot in [*slots, 0, 0, 0, 0, 0][:5])
        self.memory.write(BASE, b"/nosuch\0")
        self.memory.write(BASE + 0x20, b"a b\n\x7f\xffz")
        self.memory.write(BASE + 0x40, b"it's \xffabc\0")


def entered(number: int, *slots: int) -> str:
    text = show.enter(Caller(*slots), number, 0x200103)  # type: ignore[arg-type]
    return text.decode()


def left(number: int, result: int, *slots: int) -> str:
    return show.leave(Caller(*slots), number, result, 1000, 2000).decode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "slots", "wanted"),
    [
        (14, (BASE, 0), 'Open 200103 0x400000/"/nosuch" 0x0'),
        (14, (0, 3), 'Open 200103 0/"" 0x3'),
        (0, (5,), "Running 200103 0x5"),
        (1, (BASE,), '_errstr 200103 0x400000/"/nosuch"'),
        (2, (BASE, BASE, 5), 'Bind 200103 0x400000/"/nosuch" 0x400000/"/nosuch" 0x5'),
        (4, (-1,), "Close 200103 -1"),
        (5, (1 << 32 | 3, -1), "Dup 200103 3 -1"),
        (6, (1000,), "Alarm 200103 1000 "),
        (8, (0,), 'Exits 200103 0/""'),
        (10, (3, BASE), 'Fauth 200103 30x400000/"/nosuch"'),
        (12, (BASE, 0), "Segbrk 200103 0x400000 0x0"),
        (13, (3, BASE, 1, 0), '_mount 200103 3 0x400000/"/nosuch" 0x1 0/""'),
        (16, (3, -5, 1), "Oseek 200103 3 -5 1"),
        (19, (0x2014,), "Rfork 200103 0x2014"),
        (20, (1, BASE + 0x20, 7), '_write 200103 1  0x400020/"a.b...z" 7'),
        (22, (BASE, 1, 0o666), 'Create 200103 0x400000/"/nosuch" 0x1 0x1b6'),
        (24, (0x500000,), "Brk 200103 0x500000"),
        (30, (0, BASE, 0, 4096), 'Segattach 200103 0 0x400000/"/nosuch" 0x0 4096'),
        (34, (1, 2), "Rendez 200103 0x1 0x2"),
        (36, (0,), "_wait 200103 0x0"),
        (39, (BASE, 3, -1, 0), "Seek 200103 0x400000 3 0xffffffffffffffff 0"),
        (42, (BASE, 0x500000, 100), 'Stat 200103 0x400000/"/nosuch" 0x500000 100'),
        (46, (3, -1, BASE, 2, 0), 'Mount 200103 3 -1 0x400000/"/nosuch" 0x2 0/""'),
        (47, (BASE, -1), "Await 200103 0x400000 4294967295"),
        (50, (0, BASE, 512, -1), "Pread 200103 0 0x400000 512 -1"),
        (51, (1, 0, 0, 7), "Pwrite 200103 1 0x0 0 7"),
        (51, (1, BASE, 200, -1), f'Pwrite 200103 1  0x400000/"/nosuch{"." * 25}a.b...z{"." * 25}" 200 -1'),
        (53, (), "_nsec 200103 "),
        (41, (BASE, 128), "Errstr 200103 0x400000 128"),
        (48, (), "huh? 200103 "),
        (60, (), " 60 200103 "),
        (3, (BASE + 0x40,), 'Chdir 200103 0x400040/"it\'s \ufffdabc"'),
    ],
)
def test_entry(number: int, slots: tuple[int, ...], wanted: str) -> None:
    assert entered(number, *slots) == f"12 ls {wanted}"


def test_entry_of_exec() -> None:
    caller = Caller(BASE, BASE + 0x100)
    caller.memory.write(BASE + 0x100, struct.pack("<3Q", BASE, BASE + 0x20, 0))
    text = show.enter(caller, 7, 0x200103)  # type: ignore[arg-type]
    assert text == b'12 ls Exec 200103 0x400000/"/nosuch" 0x400000/"/nosuch" 0x400020/"a b\n\x7f"'
    with pytest.raises(OddAddress):
        show.enter(Caller(BASE, BASE + 1), 7, 0)  # type: ignore[arg-type]


def test_what_cannot_be_read_fails_as_the_call_does() -> None:
    for number, slots in ((14, (8, 0)), (51, (1, BASE + SIZE - 1, 2, 0)), (51, (1, BASE, -1, 0))):
        with pytest.raises(BadAddress):
            entered(number, *slots)


@pytest.mark.parametrize(
    ("number", "result", "slots", "wanted"),
    [
        (14, 3, (BASE, 0), ' = 3 ""'),
        (14, -1, (BASE, 0), " = -1 file does not exist: '/nosuch'"),
        (7, -1, (BASE, 0), " = 0xffffffffffffffff file does not exist: '/nosuch'"),
        (34, 5, (), ' = 0x5 ""'),
        (53, 1 << 40, (), ' = 1099511627776 ""'),
        (19, 1 << 32, (), ' = 0 ""'),
        (50, 7, (0, BASE, 512, -1), ' 0x400000/"/nosuch" 512 -1 = 7 ""'),
        (15, 0, (0, BASE, 512), "/\"\" 512 = 0 file does not exist: '/nosuch'"),
        (47, 7, (BASE, 128), '0x400000/"/nosuch" 128 = 7 ""'),
        (23, 0, (3, BASE, 128), "\"\" 128 = 0 file does not exist: '/nosuch'"),
        (1, 0, (BASE,), "\"\" 64 = 0 file does not exist: '/nosuch'"),
        (47, 0, (BASE, 128), "0x400000/\"\" 128 = 0 file does not exist: '/nosuch'"),
    ],
)
def test_exit(number: int, result: int, slots: tuple[int, ...], wanted: str) -> None:
    assert left(number, result, *slots) == f"{wanted} 1000 2000\n"


def test_a_failed_read_shows_the_buffer_and_no_error() -> None:
    assert left(50, -1, 0, BASE, 512, -1).endswith('" 512 -1 = -1 "" 1000 2000\n')
    with pytest.raises(Unsupported, match="kernel panics"):
        left(50, -1, 0, BASE + SIZE - 10, 512, -1)


def test_every_call_has_a_format_and_a_word() -> None:
    for number in CALLS:
        assert f" {show.state(number)} 200103 " in entered(
            number, *([BASE] * 5 if number != 7 else [BASE, BASE + 0x80])
        )


def test_the_table_of_calls_serves_here_too():
    """Every kind of argument has a form, and what is odd would not come out of the kinds."""
    forms = {number: show._format(number) for number in CALLS}
    kinds = {number: " ".join(show._FORMS.get(kind, "A") for kind in row[1]) for number, row in CALLS.items()}
    assert {number for number in CALLS if forms[number] != kinds[number]} == set(show._ODD)
