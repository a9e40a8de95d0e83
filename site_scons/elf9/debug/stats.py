"""`elf9 run --stats`: what each process did, and what it cost.

One object is told of everything that the kernel tells a tracer, and counts.  Pages are counted when a process's memory
is about to go (exec, its end): a page of the guest's that the host holds is one that was filled, by exec or by the
first touch, and stays until then, but for what brk_, segdetach and segfree give back.  User time is the time that the
CPU ran without the calls it made; with the guest's code goes its translation.
"""

from __future__ import annotations

import mmap
import time

from elf9.machine.memory import ARENAS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from elf9.debug.arguments import Args
    from elf9.debug.trace import Tracer
    from elf9.kernel.memory import AddressSpace

    class Process(Protocol):
        """What is counted of a process."""

        @property
        def pid(self) -> int: ...
        @property
        def name(self) -> bytes: ...
        @property
        def memory(self) -> AddressSpace: ...
        @property
        def exit_string(self) -> bytes | None: ...


__all__ = ["Statistics", "filled_pages"]

_MS = 1_000_000


class _Account:
    """What one process did; times in nanoseconds."""

    __slots__ = (
        "began", "calls", "ended", "errors", "fills", "name", "notes", "parent", "peak", "pid", "process", "ran",
        "served", "switches", "system",
    )  # fmt: skip

    def __init__(self, process: Process, parent: int) -> None:
        self.process: Process | None = process
        self.pid = process.pid
        self.parent = parent
        self.name = process.name
        self.began = time.monotonic_ns()
        self.ended: int | None = None
        #: By name of the call: how often, of those failed, nanoseconds in the kernel.
        self.calls: dict[str, list[int]] = {}
        self.errors = 0
        self.notes = 0
        #: Time of the CPU's run, of calls served inside it, of calls altogether.
        self.ran = self.served = self.system = 0
        #: Times that it got the CPU after another process.
        self.switches = 0
        #: Pages filled in all programs it ran, and the most of one of them.
        self.fills = self.peak = 0


class Statistics:
    """Counts for `--stats`, and passes everything on to a tracer if there is one."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer
        self._accounts: dict[int, _Account] = {}
        #: Name of the call under way, by pid.
        self._under_way: dict[int, str] = {}
        #: The next time served is that of a call just made, from within the CPU's run.
        self._inside = False
        #: Who ran last.
        self._last = 0
        self._began = time.monotonic_ns()
        self._ended: int | None = None

    # What the kernel tells (elf9.debug.trace.Tracer).

    def enter(
        self, process: Process, number: int, name: str, kinds: Sequence[str], args: Args, pc: int, start: int
    ) -> None:
        """A call begins."""
        account = self._account(process)
        name = name or str(number)
        self._under_way[process.pid] = name
        self._inside = True
        counts = account.calls.get(name)
        if counts is None:
            counts = account.calls[name] = [0, 0, 0]
        counts[0] += 1
        if self._tracer is not None:
            self._tracer.enter(process, number, name, kinds, args, pc, start)

    def leave(self, process: Process, result: int, errstr: bytes, stop: int) -> None:
        """A call has returned."""
        account = self._account(process)
        name = self._under_way.pop(process.pid, None)
        if name is not None:
            counts = account.calls[name]
            if result & (1 << 64) - 1 == (1 << 64) - 1:
                counts[1] += 1
                account.errors += 1
        if self._tracer is not None:
            self._tracer.leave(process, result, errstr, stop)

    def served(self, process: Process, nanoseconds: int) -> None:
        """The kernel worked that long on the call under way, be it made just now or again after a wait."""
        account = self._account(process)
        account.system += nanoseconds
        if self._inside:
            account.served += nanoseconds
            self._inside = False
        name = self._under_way.get(process.pid)
        if name is not None:
            account.calls[name][2] += nanoseconds

    def blocked(self, process: Process) -> None:
        """A call waits."""
        if self._tracer is not None:
            self._tracer.blocked(process)

    def note(self, process: Process, text: bytes) -> None:
        """A note is delivered."""
        self._account(process).notes += 1
        if self._tracer is not None:
            self._tracer.note(process, text)

    def born(self, parent: Process, child: Process, flags: int) -> None:
        """rfork made a process."""
        self._accounts[child.pid] = _Account(child, parent.pid)
        if self._tracer is not None:
            self._tracer.born(parent, child, flags)

    def executing(self, process: Process) -> None:
        """exec is about to take the memory away."""
        self._count_pages(self._account(process))

    def executed(self, process: Process) -> None:
        """Another program, another name."""
        self._account(process).name = process.name
        if self._tracer is not None:
            self._tracer.executed(process)

    def ended(self, process: Process) -> None:
        """The process is over."""
        self._end(self._account(process))
        if self._tracer is not None:
            self._tracer.ended(process)

    def switched(self, process: Process) -> None:
        """The process gets the CPU; it counts if another one had it before."""
        if process.pid != self._last:
            self._last = process.pid
            self._account(process).switches += 1

    def ran(self, process: Process, nanoseconds: int) -> None:
        """The CPU ran for the process, calls served on the way included."""
        self._account(process).ran += nanoseconds

    def close(self) -> None:
        """The run is over: count what is still there."""
        self._ended = time.monotonic_ns()
        for account in self._accounts.values():
            self._end(account)
        if self._tracer is not None:
            self._tracer.close()

    # What came of it.

    def to_json(self) -> dict[str, Any]:
        """`processes`, in the order of their pids, and `total`; times in ms, memory in bytes."""
        rows = [_row(account) for account in self._sorted()]
        total: dict[str, Any] = {"processes": len(rows), "calls": {}}
        for account in self._accounts.values():
            for name, counts in account.calls.items():
                have = total["calls"].setdefault(name, {"count": 0, "errors": 0, "ms": 0.0})
                have["count"] += counts[0]
                have["errors"] += counts[1]
                have["ms"] = round(have["ms"] + counts[2] / _MS, 3)
        for name in ("user_ms", "system_ms", "fills", "switches", "notes", "errors"):
            total[name] = round(sum(row[name] for row in rows), 3)
        total["real_ms"] = round(((self._ended or time.monotonic_ns()) - self._began) / _MS, 3)
        total["host"] = _host()
        return {"schema": "elf9-stats/1", "processes": rows, "total": total}

    def to_text(self, most: int = 40) -> str:
        """Two tables: the processes (the first `most`), and the calls of all of them."""
        data = self.to_json()
        total = data["total"]
        head = ("pid", "name", "calls", "errors", "notes", "user ms", "sys ms", "real ms", "fills", "peak", "switches")
        rows = [
            (
                str(row["pid"]), row["name"], str(sum(call["count"] for call in row["calls"].values())),
                str(row["errors"]), str(row["notes"]), f"{row['user_ms']:.1f}", f"{row['system_ms']:.1f}",
                f"{row['real_ms']:.1f}", str(row["fills"]), _size(row["peak"]), str(row["switches"]),
            )
            for row in data["processes"]
        ]  # fmt: skip
        last = (
            "", "total", str(sum(call["count"] for call in total["calls"].values())), str(total["errors"]),
            str(total["notes"]), f"{total['user_ms']:.1f}", f"{total['system_ms']:.1f}", f"{total['real_ms']:.1f}",
            str(total["fills"]), _size(total["host"]["peak"]), str(total["switches"]),
        )  # fmt: skip
        left_out = len(rows) - most
        text = _table(head, [*rows[:most], last], "rl" + "r" * 9)
        if left_out > 0:
            text += f"({left_out} more processes; --stats=json has them all)\n"
        calls = sorted(total["calls"].items(), key=lambda item: (-item[1]["count"], item[0]))
        lines = [
            (name, str(call["count"]), str(call["errors"]), f"{call['ms']:.3f}", f"{_each(call):.1f}")
            for name, call in calls
        ]
        return text + "\n" + _table(("call", "count", "errors", "sys ms", "us each"), lines, "lrrrr")

    def _sorted(self) -> list[_Account]:
        return [self._accounts[pid] for pid in sorted(self._accounts)]

    def _account(self, process: Process) -> _Account:
        account = self._accounts.get(process.pid)
        if account is None:
            account = self._accounts[process.pid] = _Account(process, 0)
        return account

    def _end(self, account: _Account) -> None:
        if account.process is None:
            return
        account.name = account.process.name
        account.ended = time.monotonic_ns()
        self._count_pages(account)
        account.process = None

    def _count_pages(self, account: _Account) -> None:
        if account.process is not None:
            pages = filled_pages(account.process.memory)
            account.fills += pages
            account.peak = max(account.peak, pages * mmap.PAGESIZE)


def filled_pages(memory: AddressSpace) -> int:
    """Pages of a process's memory that the host holds (mincore(2)), of its own or shared; 0 if it does not say."""
    return sum(
        _resident(region.address, region.size)
        for segment in memory.segments
        if segment is not None
        for region in segment.regions
    )


def _resident(address: int, size: int) -> int:
    held = ARENAS.resident(address, size) or b""
    # Of each byte only the lowest bit is defined.
    return sum(count * (value & 1) for value in set(held) for count in (held.count(value),))


def _row(account: _Account) -> dict[str, Any]:
    end = time.monotonic_ns() if account.ended is None else account.ended
    return {
        "pid": account.pid,
        "parent": account.parent,
        "name": account.name.decode("utf-8", "backslashreplace"),
        "calls": {
            name: {"count": counts[0], "errors": counts[1], "ms": round(counts[2] / _MS, 3)}
            for name, counts in sorted(account.calls.items())
        },
        "errors": account.errors,
        "notes": account.notes,
        "user_ms": round(max(0, account.ran - account.served) / _MS, 3),
        "system_ms": round(account.system / _MS, 3),
        "real_ms": round((end - account.began) / _MS, 3),
        "fills": account.fills,
        "peak": account.peak,
        "switches": account.switches,
    }


def _host() -> dict[str, int]:
    """What all of it cost the host: most memory in bytes, page faults."""
    import os
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return {"peak": usage.ru_maxrss * unit, "faults": usage.ru_minflt + usage.ru_majflt}


def _each(call: dict[str, Any]) -> float:
    return float(call["ms"]) * 1000 / call["count"] if call["count"] else 0.0


def _size(size: int) -> str:
    """Bytes for people: `12K`, `1.5M`."""
    value = float(size)
    for unit in ("", "K", "M", "G"):
        if value < 1024 or unit == "G":
            break
        value /= 1024
    return f"{value:.0f}{unit}" if value >= 10 or value == int(value) else f"{value:.1f}{unit}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], align: str) -> str:
    """Columns with two blanks between them."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = []
    for row in [head, *rows]:
        cells = [
            cell.ljust(width) if side == "l" else cell.rjust(width)
            for cell, width, side in zip(row, widths, align, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"
