#!/usr/bin/env python3
"""Fuzz the emulator for a fixed time: `benchmarks/fuzz.py [--seconds N] [--seed S] [NAME...]`.

Each fuzzer of tests/fuzz/fuzzers.py gets an equal part of the time, in a process of its own: case after case, each
a function of one seed.  Prints how much was run, and for each finding what to say to see it again.  The exit status
is 1 if there was one.  A case that takes longer than a minute counts as one that hangs, a process that dies as one
that crashes.
"""

from __future__ import annotations

import argparse
import gc
import mmap
import os
import random
import select
import signal
import struct
import sys
import time
import traceback
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "site_scons")]

from tests.fuzz.fuzzers import FUZZERS  # noqa: E402

from elf9.kernel.watchdog import resident_bytes  # noqa: E402 - found by the line above

#: Seconds that one case may take.
PATIENCE = 60.0
#: Bytes by which a process may grow after its first cases.
GROWTH = 256 << 20
WARM = 20
#: Lines of a traceback that tell two findings apart.
_TOLD = 6

#: The worker's place: the seed it is at, cases done, bytes of memory after the first cases and at the end.
_PLACE = struct.Struct("<QQQQ")


class Worker:
    """A process that does one fuzzer's cases from `seed` on until `end`, and says what it finds through a pipe."""

    def __init__(self, name: str, seed: int, end: float) -> None:
        self.name = name
        self.place = mmap.mmap(-1, mmap.PAGESIZE)
        self.pipe, writer = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            try:
                self._work(seed, end, writer)
            finally:
                os._exit(0)
        os.close(writer)

    def _work(self, seed: int, end: float, writer: int) -> None:
        case, done, warm, now = FUZZERS[self.name], 0, 0, 0
        while time.monotonic() < end:
            _PLACE.pack_into(self.place, 0, seed, done, warm, now)
            try:
                case(random.Random(seed))
            except Exception as error:
                text = "".join(traceback.format_exception(error))
                os.write(writer, f"\0{seed}\0{text[-8000:]}".encode(errors="replace"))
            seed += 1
            done += 1
            if done % WARM == 0:
                gc.collect()
                now = resident_bytes()
                warm = warm or now
        _PLACE.pack_into(self.place, 0, seed, done, warm, now)

    def at(self) -> tuple[int, int, int, int]:
        """See `_PLACE`."""
        return _PLACE.unpack_from(self.place)


class Findings:
    """What was found, each kind once."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}

    def add(self, name: str, seed: int, text: str) -> None:
        """Print a finding, unless one like it was."""
        lines = [line for line in text.rstrip().splitlines() if line.strip()]
        kind = name + "".join(line for line in lines[-_TOLD:] if line.startswith("  File")) or lines[-1][:80]
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] == 1:
            print(
                f"\nFOUND by {name}, again with: benchmarks/fuzz.py --cases 1 --seed {seed} {name}\n{text.rstrip()}\n"
            )
            sys.stdout.flush()


def run(name: str, seed: int, seconds: float, findings: Findings) -> tuple[int, float]:
    """Fuzz for some seconds; cases done, and MB by which memory grew."""
    end = time.monotonic() + seconds
    cases, grown = 0, 0.0
    while time.monotonic() < end:
        worker = Worker(name, seed, end)
        reason, said = _watch(worker)
        at, done, warm, now = worker.at()
        for part in said.split(b"\0")[1:]:
            if part.isdigit():
                found = int(part)
            else:
                findings.add(name, found, part.decode(errors="replace"))
        cases += done
        grown = max(grown, (now - warm) / 1e6)
        seed = at + 1
        if reason:
            findings.add(name, at, f"{reason} in case {at}")
        elif now - warm > GROWTH:
            findings.add(name, at, f"memory grew by {grown:.0f} MB in {done} cases")
    return cases, grown


def _watch(worker: Worker) -> tuple[str, bytes]:
    """Wait for a worker: what was wrong with it as a whole, or "", and what it said."""
    said, last, since, reason = b"", -1, time.monotonic(), ""
    while True:
        if select.select([worker.pipe], [], [], 1.0)[0]:
            piece = os.read(worker.pipe, 65536)
            said += piece
            if not piece:
                break
        seed = worker.at()[0]
        if seed != last:
            last, since = seed, time.monotonic()
        elif time.monotonic() - since > PATIENCE and not reason:
            reason = f"no end after {PATIENCE:.0f} s"
            os.kill(worker.pid, signal.SIGKILL)
    os.close(worker.pipe)
    status = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
    return reason or (f"the process died: {signal.Signals(-status).name}" if status < 0 else ""), said


def repeat(names: list[str], seed: int, cases: int) -> int:
    """Do some cases in this process, with the traceback of the first that fails."""
    for name in names:
        for one in range(seed, seed + cases):
            FUZZERS[name](random.Random(one))
            print(f"{name} {one}: nothing found")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the emulator for a fixed time.")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all fuzzers together (default: 60)")
    parser.add_argument("--seed", type=int, help="the first case's (default: one that never was)")
    parser.add_argument("--cases", type=int, help="do so many cases of each instead, here and now")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"default: all of {' '.join(FUZZERS)}")
    wanted = parser.parse_args()
    unknown = [name for name in wanted.names if name not in FUZZERS]
    if unknown:
        parser.error(f"no fuzzer {' '.join(unknown)}; there are {' '.join(FUZZERS)}")
    names = wanted.names or list(FUZZERS)
    seed = int.from_bytes(os.urandom(5), "little") if wanted.seed is None else wanted.seed
    if wanted.cases is not None:
        return repeat(names, seed, wanted.cases)
    findings = Findings()
    print(f"{'fuzzer':<12}{'cases':>10}{'seconds':>10}{'a second':>10}{'memory':>10}   first seed {seed}")
    for name in names:
        began = time.monotonic()
        cases, grown = run(name, seed, wanted.seconds / len(names), findings)
        seconds = time.monotonic() - began
        print(f"{name:<12}{cases:>10}{seconds:>10.1f}{cases / seconds:>10.1f}{grown:>+7.0f} MB", flush=True)
    total = sum(findings.kinds.values())
    print(f"{total} findings of {len(findings.kinds)} kinds" if total else "nothing found")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
