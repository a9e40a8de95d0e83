"""The fuzzers, by name: each does one random thing with `chance`, and raises if the emulator fails.

A seed is the whole input: `benchmarks/fuzz.py --seed N NAME` does again what it found.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from elf9.errors import KernelError, Unsupported
from elf9.image import ExecError, Plan, Script, plan
from elf9.image.check import check_file
from elf9.kernel import ninep, stat
from elf9.kernel.chan import Qid, close
from elf9.kernel.dev.srv import _Posting
from elf9.kernel.sync import Block
from elf9.target import Target

from ..unit.kernel.fakes import BASE, HANDLERS, SIZE, FakeProcess
from .harness import KNOWN, SECRET, Case, Finding, Prison, binary, guest, nothing_left, targets

__all__ = ["FUZZERS"]

_EDGES = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0xFFF, 0x1000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WIDE = (1 << 32, 1 << 36, (1 << 47) - 1, 1 << 47, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 4096)


def number(chance: random.Random) -> int:
    """64 bits, mostly at some edge."""
    kind = chance.random()
    if kind < 0.5:
        return chance.choice(_EDGES)
    if kind < 0.8:
        return chance.choice(_WIDE)
    return chance.getrandbits(chance.randrange(1, 65))


def mutated(chance: random.Random, data: bytes, head: int) -> bytes:
    """Changed here and there, mostly in its first `head` bytes; cut, doubled, or with a piece moved."""
    made = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
        if not made:
            break
        at = chance.randrange(min(head, len(made)) if chance.random() < 0.8 else len(made))
        kind = chance.random()
        if kind < 0.3:
            made[at] ^= 1 << chance.randrange(8)
        elif kind < 0.5:
            made[at] = chance.randrange(256)
        elif kind < 0.85:
            size = chance.choice((2, 4, 8, 8))
            at = at // size * size
            order = chance.choice(("little", "big"))
            made[at : at + size] = (number(chance) % (1 << 8 * size)).to_bytes(size, order)  # type: ignore[arg-type]
        elif kind < 0.93:
            del made[at : at + chance.randrange(1, 64)]
        else:
            other = chance.randrange(len(made))
            made[at : at + 64] = made[other : other + 64]
    if chance.random() < 0.15:
        del made[chance.choice((0, 3, 4, 31, 40, 64, 120, 175, 176, 177, chance.randrange(len(made) + 1))) :]
    return bytes(made)


def program(chance: random.Random, target: Target) -> bytes:
    """An executable, almost."""
    kind = chance.random()
    if kind < 0.15:
        line = chance.choice((b"#!", b"#! ", b"#!\t", b"#", b"\x7fELF"))
        words = [
            chance.choice(
                (
                    b"good",
                    b"/guest/good",
                    b"script",
                    b"nosuch",
                    b"'",
                    b"''",
                    b"d",
                    b"a" * 300,
                    b"\xff",
                    b"\0",
                    b"#c/null",
                )
            )
            for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 31, 32, 40)))
        ]
        return line + chance.choice((b" ", b"\t", b"\r")).join(words) + chance.choice((b"\n", b"\n", b"", b"\r\n"))
    name = "execs.aout" if kind < 0.5 else "execs"
    data = binary(target, name).read_bytes()
    if kind > 0.97:
        return chance.randbytes(chance.randrange(400))
    return mutated(chance, data, 256)


def acceptance(data: bytes, path: Path, target: Target) -> str:
    """exec's words for this file; "" if it makes a process of it.  `plan` and `check` must agree."""
    try:
        made: Plan | Script | None = plan(data[:256], target)
        error = made.fatal if isinstance(made, Plan) else None
    except ExecError as refused:
        made, error = None, refused.text
    report = check_file(str(path), target=target)
    report.to_text()
    report.to_json()
    if isinstance(made, Script):
        if report.kind != "script":
            raise Finding(f"plan sees a script, check {report.kind}")
        return "script"
    if (report.error or None) != error or report.accepted != (error is None):
        raise Finding(f"plan says {error!r}, check {report.error!r}, accepted={report.accepted}")
    return error or ""


def loader(chance: random.Random) -> None:
    """Files that are almost programs, for exec of the guest, `elf9 run` and `elf9 check`."""
    target = chance.choice(targets())
    with tempfile.TemporaryDirectory(prefix="elf9-fuzz-") as folder:
        place = Path(folder)
        shutil.copy(binary(target, "execs"), place / "good")
        (place / "d").mkdir()
        names = [f"p{index}" for index in range(12)]
        words = {}
        for name in names:
            (place / name).write_bytes(program(chance, target))
            (place / name).chmod(0o755)
            words[name] = acceptance((place / name).read_bytes(), place / name, target)
        grants = [(folder, b"/guest", False)]
        # by the emulated clock, so that a busy host does not have children killed before they exec
        _, said = guest(binary(target, "execs"), names, None, binds=grants, cwd=b"/guest", seed=0, timeout=60.0)
        lines = said.split(b"\n")
        for name in names:
            # what a child printed before may have no newline at its end
            mark = b"%s: refused: " % name.encode()
            refused = [line[line.index(mark) :] for line in lines if mark in line]
            want = words[name]
            if want == "exec header invalid" and refused != [b"%s: refused: exec header invalid" % name.encode()]:
                raise Finding(f"{name}: plan and check refuse it, exec of {target.name} says {refused}")
            if not want and refused:
                raise Finding(f"{name}: plan and check take it, exec of {target.name} says {refused}")
        # and as the first program of a run
        name = chance.choice(names)
        outcome, _ = guest(place / name, [], None, binds=grants, cwd=b"/guest", target=target, timeout=0.2)
        if outcome is not None and words[name] == "exec header invalid" and outcome.error != words[name]:
            raise Finding(f"plan and check say {words[name]!r}, `run` {outcome.error!r} and {outcome.exit_string!r}")


# Decoders


def text(chance: random.Random) -> bytes:
    """A name, or nearly."""
    kind = chance.random()
    if kind < 0.6:
        return chance.choice((b"", b"f", b"f0", b"d", b"new", b"..", b".", b"/", b"a/b", b"glenda", b"none", b"root"))
    if kind < 0.8:
        return b"./" * chance.choice((1, 32, 40)) + chance.choice((b"../outside/escaped", b"../canary", b"f", b"\0"))
    return chance.randbytes(chance.choice((1, 3, 20, 127, 128, 300)))


def entry(chance: random.Random) -> bytes:
    """A stat entry, or nearly; often one that asks for no change or a small one."""

    def field(bits: int, *likely: int) -> int:
        kind = chance.random()
        if kind < 0.6:
            return (1 << bits) - 1
        return chance.choice(likely) if likely and kind < 0.85 else number(chance) % (1 << bits)

    made = stat.Dir(
        text(chance) if chance.random() < 0.4 else b"", Qid(field(64), field(32), field(8)), field(32, 0o644, 0o777, 0)
    )
    made.type, made.dev, made.length = field(16), field(32), field(64, 0, 3, 1 << 20)
    made.atime, made.mtime = field(32), field(32, 0, 1 << 31)
    made.uid, made.gid, made.muid = (text(chance) if chance.random() < 0.1 else b"" for _ in range(3))
    data = stat.pack(made)
    return mutated(chance, data, len(data)) if chance.random() < 0.5 else data


def entries(chance: random.Random) -> None:
    """Stat entries: what check takes, unpack and pack again understand alike, and nothing else escapes."""
    data = entry(chance)
    good = stat.check(data)
    try:
        made = stat.unpack(data)
    except KernelError:
        if good:
            raise Finding(f"check takes what unpack does not: {data.hex()}") from None
        return
    if good and stat.pack(made) != data:
        raise Finding(f"pack does not undo unpack: {data.hex()}")
    stat.pack_old(made)
    room = chance.choice((0, 1, 2, 48, 49, len(data), 65535))
    try:
        fitted = stat.fit(made, room, "small")
        stat.rename(fitted, text(chance), room)
    except KernelError:
        pass
    stat.entries(data + data)
    stat.name_of(data)


def message(chance: random.Random) -> bytes:
    """A 9P message, or nearly."""
    values: list[object] = []
    kind = chance.choice(sorted(ninep.NAMES))
    for field in ninep._FIELDS[kind]:
        if field.isdigit():
            values.append(number(chance) % (1 << 8 * int(field)))
        elif field == "q":
            values.append(Qid(number(chance), number(chance) % (1 << 32), chance.randrange(256)))
        elif field == "names":
            values.append([text(chance) for _ in range(chance.choice((0, 1, 2, 16)))])
        elif field == "qids":
            values.append(
                [Qid(chance.randrange(9), 0, chance.choice((0, 0x80))) for _ in range(chance.choice((0, 1, 16)))]
            )
        else:
            values.append(entry(chance) if field == "S" else text(chance))
    data = ninep.pack(kind, chance.getrandbits(16), *values)
    return mutated(chance, data, len(data))


def messages(chance: random.Random) -> None:
    """9P messages: unpack takes what pack makes, and refuses everything else with BadMessage."""
    data = message(chance)
    try:
        kind, tag, values = ninep.unpack(data)
    except ninep.BadMessage:
        return
    if ninep.pack(kind, tag, *values) != data:
        raise Finding(f"pack does not undo unpack: {data.hex()}")


# Calls without a CPU

_NAMES = [
    "f0",
    "f1",
    "d0",
    "d0/f0",
    "d0/d1/f2",
    "out",
    "out/secret",
    "link",
    "in/f0",
    "d1/fd/0",
    "fifo",
    "script",
    "..",
    ".",
    "/",
    "//",
    "../outside/secret",
    "../canary",
    "new",
    "d2",
    "d2/x",
    "/guest",
    "/guest/f0",
    "/dev",
    "/dev/cons",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/user",
    "/dev/time",
    "/dev/bintime",
    "/dev/cputime",
    "/dev/drivers",
    "/dev/sysname",
    "/dev/sysstat",
    "/dev/kmesg",
    "/dev/kprint",
    "/dev/mordor",
    "/dev/reboot",
    "/dev/hostowner",
    "/dev/pid",
    "/dev/config",
    "/env",
    "/env/a",
    "/env/b",
    "#e",
    "#e/a",
    "#ec/b",
    "#c",
    "#c/pid",
    "#d",
    "#d/0",
    "#d/3",
    "#d/4ctl",
    "#|",
    "#|/data",
    "#|/data1",
    "#s",
    "#s/a",
    "/srv/a",
    "/srv/b",
    "/srv/clone",
    "#g",
    "#g/x",
    "#g/x/ctl",
    "#g/x/data",
    "#M",
    "#Z",
    "#",
    "##",
    "#/",
    "#/boot",
    "/n",
    "/mnt",
    "/bin",
    "/root",
    "/shr",
    "#σ",
    "#σc",
    "/proc",
]
_ODD = (
    b"\x01",
    b"\n",
    b"\x7f",
    b"\xff",
    b"\xc3\xa4",
    b"'",
    b" ",
    b"#",
    b"/",
    b"//",
    b"..",
    b".",
    b"\xe2\x82",
    b"x" * 200,
)
#: Without those that talk to a 9P server, which take a scheduler.
_CALLS = sorted(set(HANDLERS) - {10, 13, 40, 46})


def name(chance: random.Random) -> bytes:
    """A name of the name space: one that exists, one made of pieces, a very long one."""
    kind = chance.random()
    if kind < 0.6:
        return chance.choice(_NAMES).encode()
    if kind < 0.75:
        return chance.choice(_NAMES).encode() + b"/" + chance.choice(_NAMES).encode()
    if kind < 0.78:
        return chance.choice((b"../", b"./", b"x/", b"d0/../", b"/", b"y")) * chance.choice(
            (3, 600, 10922, 21846, 65536)
        )
    pieces = (*_ODD, *(word.encode() for word in _NAMES[:12]))
    return b"".join(chance.choice(pieces) for _ in range(chance.randrange(1, 9)))


def _argument(chance: random.Random, process: FakeProcess, kind: str) -> int:
    free = BASE + 0x40000
    if chance.random() < 0.02:
        return chance.choice((0, BASE, BASE - 1, BASE + SIZE - 1, BASE + SIZE, number(chance)))
    match kind:
        case "path" | "string":
            at = BASE + 0x80000 + 0x20000 * chance.randrange(2)
            return process.put(name(chance)[:0x1FFF0] + b"\0", at)
        case "fd":
            return chance.randrange(-1, 24) if chance.random() < 0.95 else number(chance)
        case "mode":
            return chance.choice((0, 0, 1, 2, 2, 3, 0x10, 0x11, 0x42, 0x20, 0x1001, number(chance)))
        case "count" | "ucount" | "uint":
            return chance.choice((0, 1, 2, 49, 100, 4096, 8192, 65535, number(chance)))
        case "offset":
            return chance.choice((-1, -1, 0, 0, 1, 100, number(chance)))
        case "flags":
            return chance.choice((0, 1, 2, 4, 5, 6, 3, number(chance)))
        case "perm":
            return chance.choice(
                (0o666, 0o777, 0, 0x80000000 | 0o777, 0x40000000 | 0o666, 0x20000000 | 0o666, number(chance))
            )
        case "buf-out":
            kind = chance.choice(("entry", "bytes", "words"))
            data = {
                "entry": lambda: entry(chance),
                "bytes": lambda: chance.randbytes(chance.randrange(300)),
                "words": lambda: chance.choice(
                    (b"0", b"3", b"va 0x10000000 4096", b"none", b"chdev &~ |", b"a b c", b"n" + bytes(8))
                ),
            }[kind]()
            process.put(data, free)
            process.size = len(data)  # type: ignore[attr-defined]
            return free
        case _:
            return free if chance.random() < 0.8 else number(chance)


def _withdraw(process: FakeProcess) -> None:
    """Take away what was posted: it stays as long as the kernel, and may even be posted under its own name."""
    for posting in gc.get_objects():
        if isinstance(posting, _Posting) and posting.chan is not None:
            chan, posting.chan = posting.chan, None
            if chan.device.devices is process.kernel.devices:
                close(process, chan)  # type: ignore[arg-type]


def handlers(chance: random.Random) -> None:
    """Calls of files and names with random arguments, served without a CPU."""
    from elf9.kernel.syscalls import CALLS

    with tempfile.TemporaryDirectory(prefix="elf9-fuzz-") as folder:
        prison = Prison(Path(folder))
        with nothing_left():
            null = os.open(os.devnull, os.O_RDWR)
            process = FakeProcess(
                binds=[(str(prison.inside), "/guest", False)],
                cwd="/guest",
                max_output=1 << 24,
                max_files=500,
                max_directory=1000,
                descriptors=(null, null, null),
            )
            history = []
            for _ in range(150):
                number_ = chance.choice(_CALLS)
                process.size = chance.randrange(100)  # type: ignore[attr-defined]
                slots = [_argument(chance, process, kind) for kind in CALLS[number_][1]]
                if "buf-out" in CALLS[number_][1] and chance.random() < 0.9:
                    slots[CALLS[number_][1].index("buf-out") + 1] = process.size  # type: ignore[attr-defined]
                history.append((number_, slots))
                try:
                    result = process.call(number_, *slots)
                except KernelError as error:
                    if not len(error.text) > 0:
                        raise Finding(f"call {number_} fails without a word") from error
                except Block:
                    # it waits; whoever does, is interrupted
                    with suppress(KernelError, Block):
                        process.interrupt()
                except Unsupported as missing:
                    if not KNOWN.match(str(missing)):
                        raise Finding(f"call {number_}: {missing}") from missing
                else:
                    if not -1 <= result < 1 << 64:
                        raise Finding(f"call {number_} returns {result}")
                if process.kernel.limited:
                    break
                if SECRET in process.memory.data:
                    raise Finding(f"the program has read what was not granted: {history[-1]}")
            prison.check()
            _withdraw(process)
            left = process.finish()
            os.close(null)
            if left:
                raise Finding(f"channels that nobody closed: {left}, after {history}")


# Programs


def calls(chance: random.Random) -> None:
    """Random system calls of several processes, in an order that the seed gives."""
    _calls(chance, chance.getrandbits(40))


def races(chance: random.Random) -> None:
    """The same in real time, with pre-emption."""
    _calls(chance, None)


def _calls(chance: random.Random, seed: int | None) -> None:
    target = chance.choice(targets())
    with tempfile.TemporaryDirectory(prefix="elf9-fuzz-") as folder:
        place = Path(folder)
        prison = Prison(place)
        shutil.copy(binary(target, "calls"), prison.inside / "calls")
        words = [str(chance.getrandbits(50)), str(chance.choice((50, 200, 400)))]
        guest(binary(target, "calls"), words, prison, seed=seed, timeout=3.0)


def server(chance: random.Random) -> None:
    """Files of a 9P server that answers anything."""
    target = chance.choice(targets())
    with tempfile.TemporaryDirectory(prefix="elf9-fuzz-") as folder:
        prison = Prison(Path(folder))
        seed = chance.choice((None, chance.getrandbits(40)))
        words = [str(chance.getrandbits(50)), str(chance.choice((30, 200, 400)))]
        guest(binary(target, "server"), words, prison, seed=seed, timeout=3.0)


def code(chance: random.Random) -> None:
    """Processes that execute random bytes side by side."""
    target = chance.choice(targets())
    seed = chance.choice((None, chance.getrandbits(40)))
    with tempfile.TemporaryDirectory(prefix="elf9-fuzz-") as folder:
        guest(binary(target, "code"), [str(chance.getrandbits(50))], Prison(Path(folder)), seed=seed, timeout=2.0)


FUZZERS: dict[str, Case] = {
    "loader": loader,
    "entries": entries,
    "messages": messages,
    "handlers": handlers,
    "calls": calls,
    "races": races,
    "server": server,
    "code": code,
}
