"""Unicorn through ctypes: what amd64 and arm64 have in common.

The Python binding costs 40 ms to import and 1.5 µs a register (facts/unicorn.md §1-3), so this
module calls libunicorn itself, and reads and writes general registers in the CPU's own state.
That layout belongs to one version of Unicorn, which is therefore pinned and verified: the version
by `uc_version`, the place of the registers by writing a pattern through the official interface
and finding it (`find_state`), and every offset by tests/unit/machine.

Memory is translated by Unicorn's virtual TLB: one hook answers with a page's full permissions
(facts/unicorn.md §1).  Unicorn's physical memory is the arenas of `elf9.machine.memory`, so that an
address space is a table of regions and nothing more; many of them take turns on one engine.

Exact stops.  Unicorn looks for a request to stop at the start of each block, where the guest's state
is exact, and behind each load and store, where it is not: the instruction would be executed again.
Blocks are therefore translated without the latter (`_quick`), which also makes them faster by a
third.  What is left is a hook in the middle of a block that has to keep its instruction from being
executed.  `elf9_watch` in native.c leaves the block there, the way Unicorn's own check would.  Where
no compiler is at hand, blocks with hooks keep all checks, and are never stopped from another thread
but by a hook that Unicorn calls for each block.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from ctypes import CFUNCTYPE, byref, c_bool, c_char, c_char_p, c_int, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p

from elf9.machine.cpu import POISON, EmulatorError, NotInstalled, Trap
from elf9.machine.memory import ARENAS, EXECUTE, READ, WRITE, touched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from elf9.machine.context import Context
    from elf9.machine.memory import Block, Region

__all__ = [
    "ARM64",
    "HOOK_BLOCK",
    "HOOK_CODE",
    "HOOK_INSN",
    "HOOK_INTR",
    "INSTRUCTION_HOOK",
    "NEXT",
    "OLD",
    "VERSION",
    "X86",
    "Engine",
    "Space",
    "library_path",
]

VERSION = (2, 1, 4)

# Numbers of Unicorn's public headers (unicorn.h); tests compare them with its Python binding.
X86, ARM64 = 4, 2
MODE = {X86: 8, ARM64: 0}
HOOK_INTR, HOOK_INSN, HOOK_CODE, HOOK_BLOCK = 1 << 0, 1 << 1, 1 << 2, 1 << 3
HOOK_EDGE, HOOK_TLB_FILL = 1 << 15, 1 << 17
MEM_READ, MEM_WRITE, MEM_FETCH = 16, 17, 18
OK, ERR_INSN_INVALID, ERR_EXCEPTION = 0, 10, 21
_CTL_PAGE_SIZE, _CTL_USE_EXITS, _CTL_EXITS, _CTL_CPU_MODEL = 1, 4, 6, 7
_CTL_REMOVE_CACHE, _CTL_FLUSH_TB, _CTL_FLUSH_TLB, _CTL_TLB_TYPE, _CTL_BUFFER_SIZE = 9, 10, 11, 12, 13
_TLB_VIRTUAL = 1
_PROT_ALL = 7
#: Some register of either machine: reading one initialises the engine.
_ANY_REGISTER = 1

#: Bytes of code to look at before the first block, whose size Unicorn does not tell.
FIRST_BLOCK = 4096

#: Bytes of translated code a CPU keeps; the default of 1 GiB of address space each is for one CPU.
_BUFFER_SIZE = 32 << 20

#: Fills after which the TLB is made to grow: at first, and at most.
_TLB_FIRST, _TLB_LARGEST = 220, 1 << 16

# Offsets in `struct uc_struct`: the CPU, the address of the last refused access, and two neighbours:
# "translate without looking for a stop after each memory access" and "the engine is initialised".
_UC_CPU = 0x1B8
_UC_INVALID_ADDRESS = 0x588
_UC_NO_EXIT_REQUEST, _UC_INIT_DONE = 0x7F2, 0x7F3

#: System calls after which it pays to load the helper in C for them.
_CALLS_IN_PYTHON = 300
#: Pages translated after which the same holds for them.
_FILLS_IN_PYTHON = 3000

#: Bytes of `struct uc_context` before the CPU's state, and of the state that is looked at here.
_CONTEXT_HEADER = 40
#: Requests to stop, some in each millisecond, after which a guest without a compiler on its host is stopped anyway.
_KICKS = 400
_STATE_SIZE = 0x3000
#: A guest address for what is Unicorn's physical address 0; no guest has memory here.
_SCRATCH = 0xFFFF_A000_0000_0000
#: Bytes of the longest instruction but one.
_LONGEST = 14
_UNLIMITED = _MASK64 = (1 << 64) - 1
#: Translations that native.c remembers; as many as it does not know of while Python translates; more than it can.
_KNOWN = 32
_MANY, _UNKNOWN = _KNOWN + 1, _KNOWN + 2

_ACCESS = {MEM_READ: READ, MEM_WRITE: WRITE, MEM_FETCH: EXECUTE}

FILL = CFUNCTYPE(c_bool, c_void_p, c_uint64, c_int, c_void_p, c_void_p)
INTERRUPT = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
INSTRUCTION_HOOK = CFUNCTYPE(None, c_void_p, c_void_p)
CODE = CFUNCTYPE(None, c_void_p, c_uint64, c_uint32, c_void_p)
EDGE = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p)
_SERVE = CFUNCTYPE(c_uint64, c_uint64, c_uint64)


class Machine(ctypes.Structure):
    """`struct machine` of native.c."""

    _fields_ = (
        ("leave", c_uint64),
        ("restore", c_void_p),
        ("cpu", c_void_p),
        ("stop", c_void_p),
        ("lost", c_uint64),
        ("blocks", c_uint64),
        ("expired", c_uint64),
        ("fills", c_uint64),
        ("fills_limit", c_uint64),
        ("slow_fill", FILL),
        ("regions", c_void_p),
        ("count", c_uint64),
        ("known", c_uint64),
        ("pages", c_uint64 * (3 * _KNOWN)),
    )


class Operand(ctypes.Structure):
    """`struct operand` of native.c."""

    _fields_ = (
        ("registers", c_uint64),
        ("slow", CODE),
        ("displacement", c_uint64),
        ("address_mask", c_uint64),
        ("alignment_mask", c_uint64),
        ("base", c_int),
        ("index", c_int),
        ("scale", c_uint64),
    )


class Watch(ctypes.Structure):
    """`struct watch` of native.c."""

    _fields_ = (
        ("function", c_void_p),
        ("data", c_void_p),
        ("machine", c_void_p),
        ("length", c_uint64),
        ("code", c_uint8 * 16),
    )


class Turn(ctypes.Structure):
    """`struct turn` of native.c."""

    _fields_ = (
        ("state", c_void_p),
        ("size", c_uint64),
        ("read", c_void_p),
        ("control", c_void_p),
        ("flags", c_int),
        ("flush", c_int),
        ("forget", c_void_p),
    )


class CallRecord(ctypes.Structure):
    """`struct call` of native.c."""

    _fields_ = (
        ("registers", c_uint64),
        ("serve", _SERVE),
        ("other", INTERRUPT),
        ("stop", c_void_p),
        ("exclusive", c_uint64),
        ("poison", c_uint64),
        ("hold", c_uint64),
        ("pc", c_uint64),
        ("turn", c_void_p),
        ("machine", c_void_p),
        ("old", c_uint64),
        ("next", c_uint64),
        ("svc", c_uint64),
    )


#: Where those are among the words of the record.
_HOLD, OLD, NEXT = CallRecord.hold.offset // 8, CallRecord.old.offset // 8, CallRecord.next.offset // 8


#: `struct region` of native.c: guest addresses [base, top), minus `base` plus `physical` Unicorn's, host's, access.
_region = struct.Struct("<5Q")
_tlb_entry = struct.Struct("<QI")
_block = struct.Struct("<QHH")
_pair = struct.Struct("<2Q")


def library_path() -> str:
    """The pinned libunicorn inside the installed `unicorn` package, found without importing it."""
    names = {"darwin": "libunicorn.2.dylib"}
    name = names.get(sys.platform, "libunicorn.so.2")
    for folder in sys.path:
        path = os.path.join(folder, "unicorn", "lib", name)
        if os.path.exists(path):
            return path
    raise NotInstalled(
        "the Unicorn CPU emulator is not installed: no unicorn/lib/" + name + " on Python's path; "
        "install it with: pip install unicorn==" + ".".join(map(str, VERSION))
    )


def _load() -> ctypes.CDLL:
    path = library_path()
    try:
        # ctypes would bind all of the library's 7,800 functions at once; the loader can do it lazily.
        open_library = ctypes.CDLL(None).dlopen
        open_library.argtypes, open_library.restype = (c_char_p, c_int), c_void_p
        library = ctypes.CDLL(path, handle=open_library(os.fsencode(path), os.RTLD_LAZY))
    except OSError as error:
        raise NotInstalled(f"cannot load {path}: {error}") from error
    handle, number = c_void_p, c_uint64
    for name, arguments in (
        ("uc_open", (c_int, c_int, c_void_p)),
        ("uc_close", (handle,)),
        ("uc_emu_start", (handle, number, number, number, c_size_t)),
        ("uc_emu_stop", (handle,)),
        ("uc_mem_map_ptr", (handle, number, c_size_t, c_uint32, c_void_p)),
        ("uc_mem_unmap", (handle, number, c_size_t)),
        ("uc_reg_read", (handle, c_int, c_void_p)),
        ("uc_reg_write", (handle, c_int, c_void_p)),
        ("uc_hook_del", (handle, c_size_t)),
        ("uc_hook_add", (handle, c_void_p, c_int, c_void_p, c_void_p, number, number)),
        # The rest of uc_ctl's and uc_hook_add's arguments are variadic.
        ("uc_ctl", (handle, c_int)),
        ("uc_context_size", (handle,)),
    ):
        getattr(library, name).argtypes = arguments
    library.uc_strerror.restype = c_char_p
    library.uc_context_size.restype = c_size_t
    found = library.uc_version(None, None)
    if (found >> 24, found >> 16 & 255, found >> 8 & 255) != VERSION:
        raise NotInstalled(
            f"{path} is Unicorn {found >> 24}.{found >> 16 & 255}.{found >> 8 & 255}; elf9 needs exactly "
            + ".".join(map(str, VERSION))
        )
    return library


class Space:
    """An address space: regions, and the table by which addresses are translated."""

    __slots__ = ("address", "buffer", "physical", "ranges", "table")

    def __init__(self) -> None:
        self.ranges: list[Region] = []
        #: Where Unicorn has a region, as far as that is known.
        self.physical: dict[Region, int] = {}
        #: (base, top, physical minus base, access) of each region; None if it has to be made.
        self.table: list[tuple[int, int, int, int]] | None = None
        #: The same for native.c.
        self.buffer = b""
        #: Where `buffer` is.
        self.address = 0

    def changed(self, region: Region) -> None:
        """`region` is there, or not any more, or is another one."""
        self.physical.pop(region, None)
        self.table = None

    def look_again(self, base: int) -> None:
        """The text at `base` may be another one."""
        for region in self.ranges:
            if region.base == base:
                self.changed(region)

    def find(self, address: int) -> Region | None:
        """The region that `address` lies in, or None."""
        for region in self.ranges:
            if region.base <= address < region.top:
                return region
        return None

    def code(self, start: int, stop: int) -> bytes:
        """Guest bytes from `start`, as many as its region has before `stop`."""
        region = self.find(start)
        if region is None:
            return b""
        return bytes(region.view[start - region.base : min(stop, region.top) - region.base])

    def executable(self, address: int) -> bool:
        """May the guest execute at `address`?"""
        region = self.find(address)
        return region is not None and region.access & EXECUTE != 0


class Engine:
    """A Unicorn instance, which any number of CPUs with the same program share by turns.

    The subclasses are the two machines: where registers are, and what has to be watched.
    """

    #: Slots of 64 bits of the program counter and the stack pointer in `state`, bytes saved with a CPU.
    PC = SP = 0
    STATE_BEFORE = 0
    #: Unicorn's number of the flags register.
    FLAGS = 0
    #: How the machine's functions in libunicorn end.
    SUFFIX = ""

    __slots__ = (
        "_arenas",
        "_block_hook",
        "_blocks_seen",
        "_called",
        "_exact",
        "_exits",
        "_expired",
        "_failure",
        "_fault",
        "_fill_hook",
        "_fills",
        "_fills_all",
        "_fills_limit",
        "_first_blocks",
        "_handle",
        "_keep",
        "_kicks",
        "_library",
        "_machine",
        "_mixed",
        "_native_library",
        "_native_tried",
        "_outside",
        "_pause_hook",
        "_pauses",
        "_python_blocks",
        "_python_calls",
        "_quick",
        "_record",
        "_scratch",
        "_take_over",
        "_texts",
        "_trap",
        "_turn",
        "_turn_record",
        "_watches",
        "active",
        "current",
        "image",
        "library",
        "model",
        "on_call",
        "regs",
        "running",
        "saved",
        "space",
        "state",
        "state_bytes",
        "strict",
        "users",
        "words",
    )

    def __init__(self, architecture: int, model: int, library: ctypes.CDLL | None = None) -> None:
        #: libunicorn; engines of one emulated machine share what was loaded.
        self.library = self._library = _load() if library is None else library
        handle = c_void_p()
        self._check(self._library.uc_open(architecture, MODE[architecture], byref(handle)), "uc_open")
        self._handle = handle.value
        assert self._handle is not None
        #: 1 while blocks are translated without looking for a stop after each load and store.
        self._quick = c_uint8.from_address(self._handle + _UC_NO_EXIT_REQUEST)
        initialised = c_uint8.from_address(self._handle + _UC_INIT_DONE)
        before = (self._quick.value, initialised.value)
        self._control(_CTL_CPU_MODEL, c_int(model))
        if architecture == ARM64:
            self._control(_CTL_PAGE_SIZE, c_int(4096))
        self._control(_CTL_BUFFER_SIZE, c_int(_BUFFER_SIZE))
        # No address ends a run: with an `until` of 0 a call to nil would look like success.
        self._control(_CTL_USE_EXITS, c_int(1))
        self._control(_CTL_TLB_TYPE, c_int(_TLB_VIRTUAL))
        self.read_register(_ANY_REGISTER)
        if (before, self._quick.value, initialised.value) != ((0, 0), 0, 1):
            raise EmulatorError("this build of Unicorn keeps its state elsewhere; elf9 cannot use it")
        self._quick.value = 1
        self.model = model
        #: What runs here, its address space, and all that may run here; which program that is.
        self.current: Context | None = None
        #: What a run is of: who may have been taken off the engine meanwhile.
        self.active: Context | None = None
        self.space = Space()
        self.users: set[Context] = set()
        self.image: object = None
        #: The last run ended because its blocks were used up.
        self._expired = False
        self._pause_hook = CODE(self._pause)
        self._pauses: list[object] = []
        #: It has the checks that only some CPUs want, whoever runs: see `suits`.
        self.strict = False
        #: Does the guest run, or a hook it has called?
        self.running = False
        self.on_call: Callable[[int, int], int | None] = lambda number, sp: None
        #: Arenas that Unicorn knows.
        self._arenas = 0
        #: Text that was run here, by base and size: equal text is translated once.
        self._texts: dict[tuple[int, int], Block] = {}
        #: The physical address that `forget_physical` asks about, or -1.
        self._scratch = -1
        #: Is the text of some CPU here another one than that of the others?
        self._mixed = False
        #: Where Unicorn must not go: see `untranslatable`.
        self._exits: set[int] = set()
        self._keep: list[object] = []
        self._watches: dict[int, dict[str, int]] = {}
        self._fault: tuple[int, int] | None = None
        self._fills = self._fills_all = 0
        self._fills_limit = _TLB_FIRST
        self._trap: Trap | None = None
        self._failure: BaseException | None = None
        #: Something that has to be done while the guest does not run, before it goes on.
        self._outside: Callable[[], None] | None = None
        self._block_hook: int | None = None
        #: Requests to stop that could not be granted.
        self._kicks = 0
        #: Blocks counted by Python: how many may still run, or -1 for any number.
        self._python_blocks = -1
        #: Has a block been announced by Unicorn?  Blocks looked at before that.
        self._blocks_seen = False
        self._first_blocks: set[int] = set()
        #: A system call stopped the guest.
        self._called = False
        self._native_library: ctypes.CDLL | None = None
        self._native_tried = False
        #: Can a hook leave its block (see above)?  None as long as there are no such hooks.
        self._exact: bool | None = None
        self._python_calls = 0
        self._take_over = False
        self._record = CallRecord()
        #: The same by words, once native.c serves system calls.
        self.words: memoryview | None = None
        #: Puts one CPU in the place of another, once native.c is loaded.
        self._turn: Callable[[int | None, object, int, int], None] | None = None
        self._turn_record = Turn()
        self._machine = Machine()
        self._machine.blocks = _UNLIMITED
        self._machine.known = _UNKNOWN
        self._fill_hook = self.hook(HOOK_TLB_FILL, FILL(self._on_fill))
        self.hook(HOOK_EDGE, EDGE(self._on_edge))
        #: Host address of the CPU's state, general registers first; set by `find_state`.
        self.state = 0

    # Thin layer over the library.

    def _check(self, code: int, what: str) -> None:
        if code:
            text = self._library.uc_strerror(code)
            raise EmulatorError(f"{what}: {text.decode() if text else code}")

    def _control(self, kind: int, *arguments: object) -> None:
        self._check(
            self._library.uc_ctl(self._handle, kind | len(arguments) << 26 | 1 << 30, *arguments), f"uc_ctl {kind}"
        )

    def hook(
        self,
        kind: int,
        function: object,
        begin: int = 1,
        end: int = 0,
        *more: object,
        data: ctypes.Structure | None = None,
    ) -> int:
        """Add a hook, for good unless its number is deleted; [begin, end] bounds it, 1 to 0 does not.

        `more` are the further arguments of uc_hook_add; `data` is handed to a function of native.c.
        """
        self._keep.append((function, data))
        hook = c_size_t()
        pointer = None if data is None else byref(data)
        code = self._library.uc_hook_add(self._handle, byref(hook), kind, function, pointer, begin, end, *more)
        self._check(code, "uc_hook_add")
        return hook.value

    def unhook(self, hook: int) -> None:
        """Delete a hook by its number; not from within a hook of the same kind."""
        self._check(self._library.uc_hook_del(self._handle, hook), "uc_hook_del")

    def watch(self, address: int, function: Callable[[int, int, int, int], None], length: int = 0) -> bool:
        """Call `function` before the instruction at `address`; False if that is done already.

        A watch made while a block is checked takes effect when the block is translated again.
        `length` is the instruction's: where code may change, the function is called only as long as it
        is this one.
        """
        return self.watch_native(address, function.__name__, CODE(function), None, length)

    def watch_native(
        self, address: int, name: str, function: object, data: ctypes.Structure | None, length: int = 0
    ) -> bool:
        """`watch` for a function of native.c with its data; `name` tells watches of one address apart."""
        region = self.space.find(address)
        code = b""
        if length and region is not None and (self._mixed or region.access & WRITE):
            code = self.space.code(address, address + length)
            name += code.hex()
        watches = self._watches.setdefault(address, {})
        if name in watches:
            return False
        self._keep.append((function, data))
        if self.native() is not None and self._exact:
            watch = Watch(
                ctypes.cast(function, c_void_p),  # type: ignore[arg-type]
                None if data is None else ctypes.addressof(data),
                ctypes.addressof(self._machine),
                len(code),
            )
            watch.code[: len(code)] = code
            function, data = self._native_library.elf9_watch, watch  # type: ignore[union-attr]
        elif self._native_library is None:
            function = CODE(self._in_python(function, code))  # type: ignore[arg-type]
        watches[name] = self.hook(HOOK_CODE, function, address, address, data=data)
        return True

    def _in_python(self, function: Callable[..., None], code: bytes) -> Callable[[int, int, int, int], None]:
        """What `elf9_watch` does, for hosts without a compiler; here the guest can be pre-empted, too."""

        def watch(uc: int, address: int, size: int, user: int) -> None:
            if self.current is not None and self.current.wants_stop:
                self._library.uc_emu_stop(uc)
            elif not code or self.space.code(address, address + len(code)) == code:
                function(uc, address, size, user)

        return watch

    def _unwatch(self, start: int, stop: int) -> None:
        """Delete the watches in [start, stop)."""
        for address in [address for address in self._watches if start <= address < stop]:
            for hook in self._watches.pop(address).values():
                self.unhook(hook)

    def read_register(self, number: int, kind: type[c_uint64] | type[c_uint32] = c_uint64) -> int:
        """A register by Unicorn's number."""
        value = kind()
        self._check(self._library.uc_reg_read(self._handle, number, byref(value)), "uc_reg_read")
        return value.value

    def _flags_reader(self, number: int) -> Callable[[], int]:
        """A quicker `read_register` of this one number."""
        read, handle, value = self._library.uc_reg_read, self._handle, c_uint64()
        pointer = byref(value)

        def flags() -> int:
            read(handle, number, pointer)
            return value.value

        return flags

    def write_register(self, number: int, value: object) -> None:
        """Set a register by Unicorn's number; `value` is a ctypes object of its type."""
        self._check(self._library.uc_reg_write(self._handle, number, byref(value)), "uc_reg_write")  # type: ignore[arg-type]

    def find_state(self, registers: list[int]) -> None:
        """Set `state`: where these registers, consecutive in the CPU's state, lie in host memory."""
        old = [self.read_register(number) for number in registers]
        pattern = [0x5A17_0000_0000_0000 + number for number in range(len(registers))]
        for number, value in zip(registers, pattern, strict=True):
            self.write_register(number, c_uint64(value))
        wanted = struct.pack(f"<{len(pattern)}Q", *pattern)
        assert self._handle is not None
        cpu = c_uint64.from_address(self._handle + _UC_CPU).value
        # The state follows the CPU's TLBs, whose size depends on the host: 35 KiB on x86-64.
        found = -1
        if cpu > 1 << 16 and cpu < 1 << 48:
            for size in range(0x1000, 0x14000, 0x1000):
                found = ctypes.string_at(cpu, size).find(wanted)
                if found >= 0:
                    break
        if found < 0:
            raise EmulatorError("this build of Unicorn keeps its registers elsewhere; elf9 cannot use it")
        self.state = cpu + found
        for number, value in zip(registers, old, strict=True):
            self.write_register(number, c_uint64(value))
        # What a context of Unicorn's holds is what makes up a CPU; it has a header before it.
        begin = self.state - self.STATE_BEFORE
        size = self._library.uc_context_size(self._handle) - _CONTEXT_HEADER
        self.state_bytes = memoryview((c_char * (self.STATE_BEFORE + _STATE_SIZE)).from_address(begin)).cast("B")
        self.state_bytes = self.state_bytes[self.STATE_BEFORE :]
        self.saved = memoryview((c_char * size).from_address(begin)).cast("B")
        self.regs = self.state_bytes[: 8 * (max(self.PC, self.SP) + 1)].cast("Q")

    # The helper in C.

    def native(self) -> ctypes.CDLL | None:
        """The functions of native.c, loaded when the first one is needed; None if there are none."""
        if not self._native_tried:
            from elf9.machine import native

            self._native_tried = True
            self._native_library = native.load()
            name = "cpu_loop_exit_restore_" + self.SUFFIX
            restore = getattr(self._library, name, None)
            self._exact = self._native_library is not None and restore is not None
            self._machine.restore = ctypes.cast(restore, c_void_p) if restore is not None else None
            self._machine.stop = ctypes.cast(self._library.uc_emu_stop, c_void_p)
            assert self._handle is not None
            self._machine.cpu = c_uint64.from_address(self._handle + _UC_CPU).value
            if self._native_library is not None:
                forget = getattr(self._library, "tlb_flush_page_" + self.SUFFIX, None)
                self._turn = self._native_library.elf9_turn
                self._turn.argtypes = (c_void_p,) * 4
                self._turn.restype = None
                self._turn_record = Turn(
                    ctypes.addressof(c_char.from_buffer(self.saved)),
                    len(self.saved),
                    ctypes.cast(self._library.uc_reg_read, c_void_p),
                    ctypes.cast(self._library.uc_ctl, c_void_p),
                    self.FLAGS,
                    _CTL_FLUSH_TLB | 1 << 30,
                    None if forget is None else ctypes.cast(forget, c_void_p),
                )
        return self._native_library

    def count_call(self) -> None:
        """Count a system call served by Python; after some of them, C takes over at the next stop."""
        self._python_calls += 1
        if self._python_calls == _CALLS_IN_PYTHON and self.native() is not None:
            self._take_over = True
            self._library.uc_emu_stop(self._handle)

    def serve_natively(self, record: CallRecord) -> None:
        """Complete `record` for a function of native.c."""
        record.registers = self.state
        record.stop = ctypes.cast(self._library.uc_emu_stop, c_void_p)
        record.turn = ctypes.addressof(self._turn_record)
        record.machine = ctypes.addressof(self._machine)
        record.poison = POISON
        record.serve = _SERVE(self._serve_for_c)
        self._record = record
        self.words = memoryview(record).cast("B").cast("Q")

    def _serve_for_c(self, number: int, sp: int) -> int:
        context = self.current
        try:
            result = self.on_call(number, sp)
        except BaseException as error:
            self.fail(error)
            result = None
        if result is None or self.current is not context:
            words = self.words
            assert words is not None
            if result is None or not words[NEXT]:
                self._called = True
                words[_HOLD] = 1
                words[NEXT] = 0
                return 0
        return result

    def _take_over_calls(self) -> None:
        """From now on system calls are served by way of native.c."""
        raise NotImplementedError

    def _take_over_fills(self) -> None:
        """From now on addresses are translated by native.c, which asks Python about what it does not know."""
        native = self.native()
        assert native is not None
        machine = self._machine
        machine.slow_fill = FILL(self._on_fill)
        machine.fills, machine.fills_limit = self._fills, self._fills_limit
        # those of before
        machine.known = _MANY
        self._fills_all = -1
        self.unhook(self._fill_hook)
        self._fill_hook = self.hook(HOOK_TLB_FILL, native.elf9_fill, data=machine)

    # Memory.

    def flush(self) -> None:
        """Forget all translations of addresses: the address space is another one."""
        self._library.uc_ctl(self._handle, _CTL_FLUSH_TLB | 1 << 30)
        self._fills = 0
        self._machine.fills = 0

    def make_table(self) -> None:
        """Make the table of the current space, for Python and for C."""
        space = self.space
        table = space.table
        if table is None:
            while self._arenas < len(ARENAS.arenas):
                arena = ARENAS.arenas[self._arenas]
                code = self._library.uc_mem_map_ptr(self._handle, arena.physical, arena.size, _PROT_ALL, arena.address)
                self._check(code, f"uc_mem_map_ptr {arena.size:#x}")
                self._arenas += 1
            known = space.physical
            table, rows = [], []
            for region in space.ranges:
                physical = known.get(region)
                if physical is None:
                    physical = known[region] = self._physical(region)
                row = (region.base, region.top, physical - region.base, region.access)
                table.append(row)
                rows.append(
                    _region.pack(row[0], row[1], row[2] & _MASK64, region.address - region.base & _MASK64, row[3])
                )
            space.table, space.buffer = table, b"".join(rows)
            space.address = ctypes.cast(c_char_p(space.buffer), c_void_p).value or 0
            if self.current is not None:
                self.current.rest[1:3] = memoryview(_pair.pack(space.address, len(table))).cast("Q")
        self._machine.regions = space.address
        self._machine.count = len(table)

    def _physical(self, region: Region) -> int:
        """Where Unicorn has `region`: equal text at the same place is the same text, translated already."""
        block = region.block
        if not region.access & EXECUTE or not region.size:
            return block.physical
        if not region.access & WRITE:
            key = (region.base, region.size)
            known = self._texts.get(key)
            if known is None:
                block.references += 1
                self._texts[key] = known = block
                self._look_for_exits(region)
            if known is not block and ARENAS.equal(known.address, block.address, region.size):
                return known.physical
        block.code_size = max(block.code_size, region.size)
        if self._forget_block not in block.on_free:
            block.on_free.append(self._forget_block)
        return block.physical

    def _look_for_exits(self, region: Region) -> None:
        found = [
            start + offset
            for start, stop in touched(region.address, region.size)
            for offset in self.untranslatable(bytes(region.view[start:stop]))
        ]
        if found:
            # Unicorn looks at the byte before each after a run; that before the text has no translation.
            self._exits |= {region.base + offset for offset in found if offset}
            addresses = (c_uint64 * len(self._exits))(*self._exits)
            self._control(_CTL_EXITS, addresses, c_size_t(len(addresses)))

    def _forget_block(self, block: Block) -> None:
        if self._handle is not None:
            self.forget_physical(block.physical, block.code_size)

    def forget_physical(self, start: int, size: int) -> None:
        """Translate code at Unicorn's physical addresses [start, start + size) anew."""
        # Unicorn asks for guest addresses; this one is nobody's.
        self._scratch = start
        self._first_blocks.clear()
        self._control(_CTL_REMOVE_CACHE, c_uint64(_SCRATCH + start), c_uint64(_SCRATCH + start + size))
        self._scratch = -1
        self.flush()

    def forget_code(self, space: Space, start: int, stop: int) -> None:
        """Code in [start, stop) of `space` was changed from outside the guest: look at it and translate it anew."""
        region = space.find(start)
        if region is None or not region.access & EXECUTE or stop <= start:
            return
        stop = min(stop, region.top)
        physicals = {space.physical.get(region, region.block.physical)}
        if region.access & WRITE:
            # What others have there, if anything, is watched as long as it is what it was.
            if len(self.users) == 1:
                self._unwatch(start - _LONGEST, stop)
        else:
            known = self._texts.get((region.base, region.size))
            if known is not None:
                unchanged = known is not region.block and ARENAS.equal(known.address, region.address, region.size)
                if unchanged and physicals == {known.physical}:
                    return
                self._mixed = len(self.users) > 1
                physicals.add(known.physical)
                del self._texts[region.base, region.size]
                for user in self.users:
                    user.space.look_again(region.base)
                known.release()
            self._unwatch(start - _LONGEST, stop)
        for physical in physicals:
            self.forget_physical(physical + start - region.base, stop - start)

    def drop_text(self, region: Region) -> None:
        """`region` will never be run again."""
        block = self._texts.pop((region.base, region.size), None)
        if block is not None:
            block.release()

    def forget_translation(self, address: int) -> None:
        """Translate the block at `address` anew when it runs next: it is watched since."""
        self._control(_CTL_REMOVE_CACHE, c_uint64(address), c_uint64(address + 1))

    def forget_all_code(self) -> None:
        """Translate everything anew."""
        self._control(_CTL_FLUSH_TB)
        self._blocks_seen = False
        self._first_blocks.clear()

    # Called by Unicorn.  An exception cannot cross C: it is kept, and raised by `run`.

    def _on_fill(self, uc: int, page: int, kind: int, result: int, _user: int) -> bool:
        wanted = _ACCESS[kind]
        if self._fills_all >= 0:
            self._fills += 1
            self._fills_all += 1
            if self._fills_all == _FILLS_IN_PYTHON and self.native() is not None and self._exact:
                self._take_over = True
                self._library.uc_emu_stop(uc)
        else:
            self._fills = self._machine.fills
        if self._fills > self._fills_limit:
            # Unicorn's TLB starts with 256 entries and doubles only when it is flushed while full.
            # The entry asked for now is added after this hook, to the new table.
            self.flush()
            self._fills_limit = self._machine.fills_limit = min(2 * self._fills_limit, _TLB_LARGEST)
        for base, top, delta, access in self.space.table or ():
            if base <= page < top:
                if not access & wanted:
                    break
                ctypes.memmove(result, _tlb_entry.pack(page + delta, access), 12)
                return True
        if self._scratch >= 0 and page == _SCRATCH + self._scratch & ~0xFFF:
            ctypes.memmove(result, _tlb_entry.pack(self._scratch & ~0xFFF, READ | EXECUTE), 12)
            return True
        self._fault = (page, wanted)
        return False

    def _on_edge(self, uc: int, block: int, _previous: int, _user: int) -> None:
        self._blocks_seen = True
        try:
            pc, _, size = _block.unpack(ctypes.string_at(block, 12))
            again = self.check_block(pc, size)
            exact = self._exact is not False
            if again or (not exact and self._quick.value and self._is_watched(pc, pc + size)):
                # Of blocks that end alike, only those that begin earlier go as well: else two would
                # throw each other out for ever.
                self._quick.value = exact
                self.forget_translation(pc)
                self._library.uc_emu_stop(uc)
            else:
                # For the next block; this one is translated.
                self._quick.value = 1
        except BaseException as error:
            self.fail(error)

    def _is_watched(self, start: int, stop: int) -> bool:
        return any(start <= address < stop for address in self._watches)

    def _on_block(self, uc: int, _address: int, _size: int, _user: int) -> None:
        if self._python_blocks == 0 or (self.current is not None and self.current.wants_stop):
            self._machine.expired = self._python_blocks == 0
            self._library.uc_emu_stop(uc)
        elif self._python_blocks > 0:
            self._python_blocks -= 1

    def leave(self) -> None:
        """Inside a callback: end the run before the instruction that the callback was called for."""
        self._machine.leave = 1
        self._library.uc_emu_stop(self._handle)

    def fail(self, error: BaseException) -> None:
        """Keep an exception of a callback for `run`, and stop the guest."""
        if self._failure is None:
            self._failure = error
        self.leave()

    def trap(self, trap: Trap) -> None:
        """Stop the guest inside a callback; `run` returns `trap`, the first one."""
        if self._trap is None:
            self._trap = trap
        self.leave()

    def do_outside(self, function: Callable[[], None]) -> None:
        """Inside a callback: leave the guest, call `function`, and go on with the guest."""
        self._outside = function
        self.leave()

    # What the two machines do differently.

    def check_block(self, pc: int, size: int) -> bool:
        """Look at a block of code before it runs for the first time.

        True if the block must be translated again because hooks were added.
        """
        raise NotImplementedError

    def check_first(self, pc: int) -> None:
        """Look at the block at `pc`, of unknown size: Unicorn does not announce the very first one."""
        raise NotImplementedError

    def untranslatable(self, _text: bytes) -> list[int]:
        """Offsets of invalid instructions that Unicorn, were it to see them, would end the emulator for."""
        return []

    def instruction_behind(self, pc: int, count: int) -> int:
        """Address of the instruction that is `count` instructions behind that at `pc`, or as near as there is."""
        raise NotImplementedError

    def before(self, pc: int) -> Trap | None:
        """A trap if there is no going on at `pc`."""
        return None

    def explain(self, error: int) -> Trap:
        """The trap of a run that ended with one of Unicorn's errors."""
        raise NotImplementedError

    def settle(self, trap: Trap) -> Trap:
        """A run ends with `trap`: finish what is under way; the trap that it ends with then."""
        return trap

    def allow_float(self, allowed: bool) -> None:
        """Let floating-point instructions run, or trap."""
        raise NotImplementedError

    def flags(self) -> int:
        """The flags, as user mode sees them."""
        raise NotImplementedError

    def set_flags(self, value: int) -> None:
        """Set the flags."""
        raise NotImplementedError

    def behind_call(self) -> int:
        """The pc: while a system call is served, the address behind it."""
        return self.regs[self.PC]

    def forget_call(self) -> None:
        """The run ended, and with it the system call that was served."""

    def suits(self, registers: memoryview) -> bool:
        """May a CPU with these registers run here?  Else it has to on one that is more, or less, strict."""
        return True

    def restored(self) -> None:
        """Another CPU was put on the engine."""

    # Taking turns.

    def general(self, state: bytearray | memoryview) -> memoryview:
        """The general registers in a saved state, by slots."""
        stop = self.STATE_BEFORE + 8 * (max(self.PC, self.SP) + 1)
        return memoryview(state)[self.STATE_BEFORE : stop].cast("Q")

    def select(self, context: Context) -> None:
        """Put `context` on the engine."""
        if self.current is context:
            return
        old, turn = self.current, self._turn
        if old is not None and turn is not None:
            pc = self.behind_call()
            turn(self._handle, byref(self._turn_record), old.address, context.address)
            old.detached(pc)
            self._fills = self._machine.fills = 0
        else:
            if old is not None:
                old.detach()
            self.saved[:] = context.state
            self.flush()
        context.attached()
        self.current, self.space = context, context.space
        self.restored()

    def space_changed(self) -> None:
        """The current space is not what it was."""
        if self.running:
            self.make_table()
        self.flush()

    # Running.

    def execute(self, pc: int) -> int:
        """Run from `pc`; Unicorn's error code, or 0.  Raises what a callback raised."""
        self._fault = self._trap = None
        self._machine.leave = 0
        if not self._blocks_seen and self._watches and not self._exact:
            self._quick.value = 0
        code: int = self._library.uc_emu_start(self._handle, pc, 0, 0, 0)
        if self._machine.lost:
            raise EmulatorError("native.c cannot leave a block of this build of Unicorn; try ELF9_NATIVE=0")
        if self._failure is not None:
            error, self._failure = self._failure, None
            raise error
        return code

    def fault(self) -> tuple[int, int] | None:
        """(address, access wanted) of the refused access that ended `execute`, if one did."""
        if self._fault is None:
            return None
        page, wanted = self._fault
        assert self._handle is not None
        address = c_uint64.from_address(self._handle + _UC_INVALID_ADDRESS).value
        if address & ~0xFFF != page & ~0xFFF:
            raise EmulatorError(f"fault address {address:#x} is not in page {page:#x}: unknown build of Unicorn")
        return address, wanted

    def run(self, context: Context, blocks: int | None, inside: int = 0) -> Trap:
        """Run `context`, and who takes its place, until a trap (see `elf9.machine.cpu.Cpu`)."""
        self.select(context)
        self.active = context
        self.on_call = context.on_call
        self._limit_blocks(blocks)
        self._called = False
        # Before the first look at `wants_stop`: another thread sets that, and looks at this then.
        self.running = True
        try:
            trap = self._run(context)
            if inside and self._expired:
                trap = self._go_inside(context, trap.pc, inside)
            return self.settle(trap) if self.current is self.active else trap
        finally:
            self.running = False
            self.forget_call()

    def _run(self, context: Context) -> Trap:
        regs, at = self.regs, self.PC
        self._expired = False
        while not context.wants_stop:
            pc = regs[at]
            trap = self.before(pc)
            if trap is not None:
                return trap
            self.make_table()
            if not self._blocks_seen and pc not in self._first_blocks:
                self._first_blocks.add(pc)
                self.check_first(pc)
            error = self.execute(pc)
            if self.active is not context:
                # others took its place meanwhile
                assert self.active is not None
                context = self.active
            if self.current is not context:
                return Trap("call", context.pc)
            if self._trap is not None:
                regs[at] = self._trap.pc
                return self._trap
            if self._outside is not None:
                outside, self._outside = self._outside, None
                outside()
            if error:
                return self.explain(error)
            if self._called:
                return Trap("call", regs[at])
            if regs[at] in self._exits:
                return Trap("invalid opcode", regs[at])
            if self._take_over:
                self._take_over = False
                if self._python_calls >= _CALLS_IN_PYTHON and not self._record.registers:
                    self._take_over_calls()
                if self._exact and self._fills_all >= 0:
                    self._take_over_fills()
            if self._machine.expired:
                self._machine.expired = 0
                self._expired = True
                break
        return Trap("stopped" if context.stop_asked else "preempted", regs[at])

    def _go_inside(self, context: Context, pc: int, count: int) -> Trap:
        """Go on for `count` instructions of the block at `pc`, or until it ends, or something happens."""
        address = self.instruction_behind(pc, count)
        region = self.space.find(address)
        before = len(self._keep)
        if address == pc or region is None or not self.watch_native(address, "pause", self._pause_hook, None):
            return Trap("preempted", pc)
        physical = self.space.physical.get(region, region.block.physical) + address - region.base
        self.forget_translation(pc)
        self._limit_blocks(1)
        try:
            return self._run(context)
        finally:
            self.unhook(self._watches[address].pop("pause"))
            if not self._watches[address]:
                del self._watches[address]
            # Whatever was translated meanwhile has the watch in it.
            self.forget_physical(physical, 1)
            # Unicorn forgets the last watch's function when it runs again, which it has since.
            spent, self._pauses = self._pauses, self._keep[before : before + 2]
            self._keep = [kept for kept in self._keep if not any(kept is one for one in spent)]

    def _pause(self, _uc: int, address: int, _size: int, _user: int) -> None:
        self.trap(Trap("preempted", address))

    def _limit_blocks(self, blocks: int | None) -> None:
        if self._block_hook is None and (blocks is not None or self._kicks):
            self.count_blocks()
        self._machine.blocks = _UNLIMITED if blocks is None else blocks
        self._python_blocks = -1 if blocks is None else blocks

    def count_blocks(self) -> None:
        """Have a hook called for each block from now on."""
        native = self.native()
        if native is not None:
            self._block_hook = self.hook(HOOK_BLOCK, native.elf9_block, data=self._machine)
        else:
            self._block_hook = self.hook(HOOK_BLOCK, CODE(self._on_block))
        self.forget_all_code()

    def kick(self) -> None:
        """Make the guest stop soon at the start of a block; from any thread."""
        if self._exact is False and self._native_library is None:
            # Blocks with hooks must not be stopped: see the module's description.  `_limit_blocks` sees
            # to the next time; a guest that calls no hook at all in a second is not in such a block.
            self._kicks += 1
            if self._kicks < _KICKS:
                return
        self._kicks = 0
        self._library.uc_emu_stop(self._handle)

    def kill(self) -> None:
        """Make the guest stop soon anywhere; from any thread."""
        self._library.uc_emu_stop(self._handle)

    def close(self) -> None:
        """Free the engine; nothing else may be called after."""
        if self._handle is not None:
            self._library.uc_close(self._handle)
            self._handle = None
            for block in self._texts.values():
                block.release()
            self._texts.clear()
            self._keep.clear()
