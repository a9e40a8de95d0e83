"""bind, mount, unmount, fversion, fauth as system calls: any arguments, and waits that nobody ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elf9.errors import KernelError
from elf9.kernel.chan import ORDWR
from elf9.kernel.process import Args
from elf9.kernel.sync import Block
from elf9.kernel.syscalls.names import HANDLERS

from .fake_cpu import call, poke
from .fakes import BASE, SIZE, FakeProcess
from .test_kernel import Machine, data_address

BIND, FSESSION, FAUTH, OLD_MOUNT, UNMOUNT, FVERSION, MOUNT = sorted(HANDLERS)
TEXTS = (b"", b"/", b"/mnt", b"/dev", b"/dev/null", b"#c", b"#M", b"nosuch", b"a\1", b"9P2000", b"9P", b"x" * 300)
PLACES = [BASE + 0x1000 * index for index in range(len(TEXTS))]


@pytest.fixture(scope="module")
def caller() -> Iterator[Any]:
    process: Any = FakeProcess(cwd="/")
    process.kernel.deep = None
    process.kernel.make_ready = lambda one: None
    process.notes = []
    for place, text in zip(PLACES, TEXTS, strict=True):
        process.put(text + b"\0", place)
    yield process
    process.finish()


numbers = st.one_of(
    st.sampled_from([0, 1, 2, 3, 4, 5, 8, 0x10, 0x17, 0x20, 77, -1, 256, 8192, 32792]),
    st.sampled_from([*PLACES, 0, BASE + SIZE - 1, BASE + SIZE, -1]),
    st.integers(-(2**63), 2**63 - 1),
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(HANDLERS)), st.tuples(numbers, numbers, numbers, numbers, numbers))
def test_any_arguments(caller: Any, number: int, slots: tuple[int, ...]) -> None:
    """They work, or fail with the kernel's error; a device's file is no server."""
    fd = caller.fds.chan(0)
    args = Args()
    args.slots = slots
    try:
        result = HANDLERS[number](caller, args)
    except (KernelError, Block):
        pass
    else:
        assert result >= 0
    assert caller.fds.chan(0) is fd
    caller.namespace.release(caller)
    caller.namespace.ref = 1


def refused(process: Any, number: int, *slots: int) -> str:
    args = Args()
    args.slots = (*slots, 0, 0, 0, 0, 0)[:5]
    with pytest.raises(KernelError) as caught:
        HANDLERS[number](process, args)
    return caught.value.text.decode()


def test_a_device_is_no_server(process: Any) -> None:
    """What answers Tversion with nothing has hung up."""
    process.kernel.deep = None
    fd = process.open("/dev/null", ORDWR)
    process.put(b"9P2000\0/mnt\0\0")
    assert refused(process, FVERSION, fd, 8192, BASE, 7) == "EOF receiving fversion reply"
    assert refused(process, MOUNT, fd, -1, BASE + 7, 0, BASE + 11) == "EOF receiving fversion reply"
    assert refused(process, FAUTH, fd, BASE + 11) == "EOF receiving fversion reply"
    process.namespace.forbidden.add("M")
    assert refused(process, MOUNT, fd, -1, BASE + 7, 0, BASE + 11) == "mount/attach disallowed"
    assert refused(process, OLD_MOUNT, fd, BASE + 7, 0, BASE + 11) == "mount/attach disallowed"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path, "amd64")
    made.start()
    yield made
    made.close()


def test_a_server_that_never_answers_is_a_deadlock(machine: Machine) -> None:
    """mount(2) on a pipe whose other end nobody reads."""
    at = data_address(machine)
    limit = machine.run(
        call(21, at + 0x100),
        poke(at, b"/mnt\0\0"),
        call(MOUNT, 3, -1, at, 0, at + 5),
    )
    assert limit == "deadlock"
    machine.kernel.close()
    assert machine.process.exit_string == b"Killed: every process waits for ever"


def test_an_alarm_gets_out_of_it(machine: Machine) -> None:
    at = data_address(machine)
    limit = machine.run(
        call(21, at + 0x100),
        poke(at, b"/mnt\0\0"),
        call(6, 20),
        call(MOUNT, 3, -1, at, 0, at + 5),
    )
    assert limit is None
    assert machine.process.exit_string == b"alarm"
