"""What a run may do, and how it ended."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.debug.stats import Statistics
    from elf9.debug.trace import Tracer
    from elf9.kernel.kernel import Kernel
    from elf9.kernel.process import Death, Process

__all__ = ["Options", "Outcome"]


class Options:
    """What a run may do; the defaults are generous, none is without a limit."""

    __slots__ = (
        "argv0",
        "binds",
        "cpu",
        "cwd",
        "dump",
        "env",
        "max_directory",
        "max_files",
        "max_memory",
        "max_output",
        "max_processes",
        "root",
        "seed",
        "stderr",
        "stdin",
        "stdout",
        "timeout",
        "trace",
        "user",
        "wait_all",
    )

    def __init__(self) -> None:
        #: Host directory that becomes `/`; (host path, guest path, read-only) of further trees.
        self.root: str | None = None
        self.binds: list[tuple[str, bytes, bool]] = []
        #: Guest directory to start in, and the variables of /env.
        self.cwd: bytes | None = None
        self.env: dict[bytes, bytes] = {}
        #: Seconds of wall time; bytes of host memory; bytes on descriptors 1 and 2.
        self.timeout: float | None = 600.0
        self.max_memory = 4 << 30
        self.max_output = 1 << 30
        #: Processes at a time; host descriptors that the guest's files may take.
        self.max_processes = 5000
        self.max_files = 1000
        #: Entries of a directory of the host that is listed.
        self.max_directory = 1_000_000
        #: Makes the run a function of this number (0: all slices alike); None for real time and chance.
        self.seed: int | None = None
        #: Wait for all processes, not only for the first one.
        self.wait_all = False
        #: One of the machine's MODELS, or "" for the baseline.
        self.cpu = ""
        self.user = "glenda"
        #: The first program's argv[0]; None: the last element of its path.
        self.argv0: bytes | None = None
        #: Told of every system call (elf9.debug.trace), if there is one.
        self.trace: Tracer | Statistics | None = None
        #: Shows all processes: asked for by a signal ("quit"), or before the run ends by "timeout" or "deadlock".
        self.dump: Callable[[Kernel, str], None] | None = None
        #: Host descriptors behind the guest's 0, 1 and 2.
        self.stdin, self.stdout, self.stderr = 0, 1, 2


class Outcome:
    """How a run ended.

    `exit_string`: the exit string, without `NAME PID: `; empty is success.  `killed`: the limit
    that ended it, or None.  `error`: the kernel's refusal of the file, or None.  `reason`: what to
    know about the file, for a person, or None.  `interrupted`: the user typed Ctrl-C.  `program`, if it died: name
    and contents of what it had executed last, b"" where they cannot be read; None if not known.  `other`, if it did
    not: name, pid, death and program of another process that a fault has ended.
    """

    __slots__ = (
        "death",
        "error",
        "exit_string",
        "interrupted",
        "killed",
        "name",
        "other",
        "pid",
        "program",
        "reason",
        "stats",
        "target",
    )

    def __init__(self, process: Process) -> None:
        self.exit_string = process.exit_string or b""
        self.killed: str | None = None
        self.error: str | None = None
        self.reason: str | None = None
        self.death: Death | None = process.death
        self.program: tuple[bytes, bytes] | None = None
        self.other: tuple[bytes, int, Death, tuple[bytes, bytes] | None] | None = None
        self.name = process.name
        self.pid = process.pid
        self.target = process.kernel.target
        self.stats: dict[str, object] = {}
        self.interrupted = process.kernel.interrupted

    @property
    def status(self) -> int:
        """The host's exit status for this exit string: 0, a decimal 1 to 255, else 1; 124 for a limit."""
        text = self.exit_string
        if self.killed is not None:
            return 124
        if not text:
            return 0
        return int(text) if text.isdigit() and len(text) < 4 and 1 <= int(text) <= 255 else 1
