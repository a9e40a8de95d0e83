"""A CPU that takes another's place within a system call: the same as one that ran by itself."""

from __future__ import annotations

import random
import struct
import threading
import time
from collections.abc import Callable

import pytest

from elf9.machine import amd64, arm64
from elf9.machine.memory import READ, WRITE, Region

from .machines import Machine

IN_HANDLER = "floating point in note handler"
Cpu = amd64.Cpu | arm64.Cpu

#: A loop that mixes registers, flags, an SSE or V register and memory before and behind a system call into
#: R14 or X26, and which of these depends on R15 or X27.
LOOP = {
    # add %r15, %r14; movq %r14, %xmm3; lea 3(%r15,%r15,2), %r15; test $1, %r15b; jz 1f; std
    # 1: add %r14, %r14; mov %r14, 8(%rsp); syscall
    # pushfq; pop %rbx; cld; movq %xmm3, %rdx; xor %rdx, %r14; rol $7, %r14; xor %rbx, %r14; add 8(%rsp), %r14
    # xor %rax, %r14; xor %rcx, %r14; jmp to the start
    "amd64": bytes.fromhex(
        "4d01fe 66490f6ede 4f8d7c7f03 41f6c701 7401 fd 4d01f6 4c89742408 0f05"
        "9c 5b fc 66480f7eda 4931d6 49c1c607 4931de 4c03742408 4931c6 4931ce ebc3"
    ),
    # add x26, x26, x27; fmov d3, x26; add x27, x27, x27, lsl #1; add x27, x27, #3; adds x26, x26, x26
    # str x26, [sp, #8]; svc #0
    # mrs x5, nzcv; fmov x6, d3; eor x26, x26, x6; ror x26, x26, #57; eor x26, x26, x5, lsr #20; ldr x6, [sp, #8]
    # add x26, x26, x6; eor x26, x26, x0; eor x26, x26, x2; b to the start
    "arm64": struct.pack(
        "<17I",
        *(0x8B1B035A, 0x9E670343, 0x8B1B077B, 0x91000F7B, 0xAB1A035A, 0xF90007FA, 0xD4000001),
        *(0xD53B4205, 0x9E660066, 0xCA06035A, 0x93DAE75A, 0xCA45535A, 0xF94007E6, 0x8B06035A),
        *(0xCA00035A, 0xCA02035A, 0x17FFFFF0),
    ),
}
MIXED = {"amd64": ("r14", "r15"), "arm64": ("x26", "x27")}
#: Adds 1 to a word of each page from R14 or X26 on, as many as R15 or X27 says, and makes a system call.
PAGES = {
    # 1: mov %r14, %rdi; mov %r15, %rcx; 2: incl (%rdi); add $4096, %rdi; dec %rcx; jnz 2b; syscall; jmp 1b
    "amd64": bytes.fromhex("4c89f7 4c89f9 ff07 4881c700100000 48ffc9 75f2 0f05 ebe8"),
    # 1: mov x5, x26; mov x6, x27; 2: ldr w7, [x5]; add w7, w7, #1; str w7, [x5]; add x5, x5, #1, lsl #12
    # subs x6, x6, #1; b.ne 2b; svc #0; b 1b
    "arm64": struct.pack(
        "<10I",
        *(0xAA1A03E5, 0xAA1B03E6, 0xB94000A7, 0x110004E7, 0xB90000A7, 0x914004A5),
        *(0xF10004C6, 0x54FFFF61, 0xD4000001, 0x17FFFFF7),
    ),
}
#: Who has it may interrupt CPUs, or is about to close them.
LOCK = threading.Lock()
#: Calls until native.c serves them, and then some.
WARM, CALLS = 320, 1500


class Several:
    """CPUs with the same text, each with a stack of its own, and who of them goes on behind a call."""

    def __init__(self, name: str, count: int = 4, code: dict[str, bytes] = LOOP) -> None:
        self.machine = Machine(name)
        self.machine.cpu.start(self.machine.load(code[name]), self.machine.sp, 0)
        self.cpus: list[Cpu] = []
        for number in range(count):
            cpu = self.machine.cpu.copy()
            stack = Region(self.machine.stack.base, self.machine.stack.size, self.machine.stack.access)
            for region in (self.machine.text, self.machine.data, stack):
                cpu.map(region)
            cpu.set_registers(dict.fromkeys(MIXED[name], 0x9E3779B97F4A7C15 * (number + 1)))
            cpu.on_call = self._serve(number)
            self.cpus.append(cpu)
        self.calls = self.runs = self.passed = 0
        #: Has it made a call that did not end yet?
        self.waits = [False] * count
        #: Who goes on, with what; or who runs.
        self.next: tuple[int, int] | None = None
        self.running = 0
        self.seen: list[tuple[object, ...]] = []
        self.choose: Callable[[int], tuple[int, int, bool]] = lambda number: (number, 0, False)
        self.limit = 0

    def _serve(self, number: int) -> Callable[[int, int], int | None]:
        def serve(_call: int, sp: int) -> int | None:
            self.calls += 1
            cpu = self.cpus[number]
            registers = cpu.registers()
            self.seen.append((number, sp, cpu.pc, *registers.values()))
            self.waits[number] = True
            self.next = None
            if self.calls >= self.limit:
                return None
            other, result, may_pass = self.choose(number)
            if may_pass and self.waits[other]:
                value = result if other == number else cpu.pass_on(self.cpus[other], result)  # type: ignore[arg-type]
                if value is not None:
                    self.running = other
                    self.passed += other != number
                    self.waits[other] = False
                    return value
            self.next = other, result
            return None

        return serve

    def warm(self) -> None:
        """Let the first one make so many calls that native.c serves them from then on."""
        self.choose = lambda number: (number, 0, True)
        self.run(WARM)

    def run(self, calls: int, first: int = 0) -> None:
        """Go on for so many calls."""
        self.limit = self.calls + calls
        self.next = self.next or (first, 0)
        while self.next is not None:
            number, result = self.next
            if self.waits[number]:
                self.waits[number] = False
                self.cpus[number].call_return(result)
            self.runs += 1
            self.running, self.next = number, None
            trap = self.cpus[number].run()
            while trap.kind == "preempted" and self.next is None:
                # by then others may have taken its place
                trap = self.cpus[self.running].run()
            assert trap.kind == "call"

    def close(self) -> None:
        for cpu in self.cpus:
            cpu.close()
        self.machine.close()


def history(name: str, share: float, *, count: int = 4, watch: list[Several] | None = None) -> Several:
    """Many calls of which a share is ended by passing on; `watch` has it while they run."""
    chance, passes = random.Random(7), random.Random(8)
    several = Several(name, count)
    several.warm()
    several.choose = lambda number: (chance.randrange(count), chance.getrandbits(64), passes.random() < share)
    if watch is not None:
        watch.append(several)
    several.run(CALLS)
    if watch is not None:
        with LOCK:
            watch.remove(several)
    several.close()
    return several


@pytest.mark.parametrize("name", ["amd64", "arm64"])
def test_the_same_as_by_itself(name: str) -> None:
    """All registers, flags and memory at each call, whether the CPU came there in the same run or in another."""
    alone = history(name, 0)
    assert alone.passed == 0
    for share in (1, 0.5):
        passing = history(name, share)
        assert passing.seen == alone.seen
        assert passing.passed > CALLS * share / 2
        assert passing.runs < alone.runs - passing.passed * 0.9


@pytest.mark.parametrize("name", ["amd64", "arm64"])
def test_the_same_when_preempted(name: str) -> None:
    """Another thread interrupts whoever has the CPU, all the time; nothing is done twice or left out."""
    alone = history(name, 0)
    passing: list[Several] = []
    done = False

    def ask() -> None:
        while not done:
            time.sleep(0.0003)
            with LOCK:
                for several in passing:
                    several.cpus[several.running].preempt()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    for _ in range(3):
        assert history(name, 1, watch=passing).seen == alone.seen
    done = True
    thread.join()


@pytest.mark.parametrize("name", ["amd64", "arm64"])
def test_without_a_compiler(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = history(name, 0)
    monkeypatch.setenv("ELF9_NATIVE", "0")
    without = history(name, 1)
    assert without.passed == 0
    assert without.seen == alone.seen


@pytest.mark.parametrize("name", ["amd64", "arm64"])
@pytest.mark.parametrize("pages", [1, 20, 200])
def test_each_sees_its_own_memory(name: str, pages: int) -> None:
    """Pages of its own and shared ones, few of them or more than native.c remembers."""
    several = Several(name, 3, PAGES)
    base, size = 0x40000000, pages * 4096
    shared = Region(base + size, size, READ | WRITE)
    own = []
    for cpu in several.cpus:
        own.append(Region(base, size, READ | WRITE))
        cpu.map(own[-1])
        cpu.map(shared)
        cpu.set_registers(dict(zip(MIXED[name], (base, 2 * pages), strict=True)))
    several.warm()
    chance = random.Random(pages)
    several.choose = lambda number: (chance.randrange(3), 0, True)
    several.run(300)
    assert several.passed > 150
    counts = [sum(seen[0] == number for seen in several.seen) for number in range(3)]
    for region, count in (*zip(own, counts, strict=True), (shared, sum(counts))):
        found = {int.from_bytes(region.view[at : at + 4], "little") for at in range(0, size, 4096)}
        assert found == {count}
    several.close()


def two(name: str) -> Several:
    """Two CPUs that wait in a call."""
    several = Several(name, 2)
    several.warm()
    for number in (1, 0):
        several.next = None
        several.run(1, first=number)
    several.next = None
    assert several.waits == [True, True]
    several.choose = lambda number: (1 - number, 1, True)
    return several


@pytest.mark.parametrize("name", ["amd64", "arm64"])
@pytest.mark.parametrize("change", ["none", "flags", "float", "space", "image", "preempt"])
def test_what_only_another_run_can_do(name: str, change: str) -> None:
    """Then nothing is passed on, and `run` sees to it."""
    several = two(name)
    first, other = several.cpus
    extra = Region(0x30000000, 0x1000, several.machine.stack.access)
    if change == "flags":
        other.set_registers({"rflags" if name == "amd64" else "psr": 0x40 if name == "amd64" else 0x60000000})
    elif change == "float":
        other.float_allowed = False
    elif change == "space":
        other.map(extra)
    elif change == "image":
        other.image(b"another program")
    elif change == "preempt":
        other.preempt()
    several.limit = several.calls + 2
    first.call_return(0)
    several.waits[0] = False
    assert first.run().kind == "call"
    assert several.passed == (change == "none")
    if change == "none":
        # the other one's call was the last one, and nobody goes on behind it
        assert several.waits == [True, True]
        assert several.next is None
    else:
        assert several.next == (1, 1)
        other.call_return(1)
        assert other.run().kind == ("preempted" if change == "preempt" else "call" if change != "float" else IN_HANDLER)
    several.close()


@pytest.mark.parametrize("name", ["amd64", "arm64"])
@pytest.mark.parametrize("how", ["preempt", "stop"])
def test_who_is_told_to_stop_while_they_pass_on(name: str, how: str) -> None:
    """Whoever has the CPU comes back, however quickly they take turns."""
    several = two(name)
    running = 0

    def choose(number: int) -> tuple[int, int, bool]:
        nonlocal running
        running = 1 - number
        return running, 0, True

    several.choose = choose
    several.limit = 1 << 60
    done = False

    def ask() -> None:
        while not done:
            time.sleep(0.005)
            if not done:
                getattr(several.cpus[running], how)()

    end = time.monotonic() + 20
    rounds = 0
    # a busy host may ask before anybody has run
    while rounds < (1 if how == "stop" else 5) or (several.passed <= 100 and how != "stop"):
        assert time.monotonic() < end
        rounds += 1
        done = False
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        kind = "call"
        while kind == "call":
            # at first, or as one could not take its place who had been told before
            if several.waits[running]:
                several.waits[running] = False
                several.cpus[running].call_return(0)
            kind = several.cpus[running].run().kind
        done = True
        thread.join()
        assert kind == {"preempt": "preempted", "stop": "stopped"}[how]
    several.close()
