"""Unicorn through ctypes: what amd64 and arm64 have in common.

The Python binding costs 40 ms to import and 1.5 µs a register (facts/unicorn.md §1-3), so this
module calls libunicorn itself, and reads and writes general registers in the CPU's own state.
That layout belongs to one version of Unicorn, which is therefore pinned and verified: the version
by `uc_version`, the place of the registers by writing a pattern through the official interface
and finding it (`find_state`), and every offset by tests/unit/machine.

Memory is translated by Unicorn's virtual TLB: one hook answers with a page's full permissions,
and guest addresses are also Unicorn's physical addresses (facts/unicorn.md §1).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from ctypes import CFUNCTYPE, byref, c_bool, c_char_p, c_int, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p

from elf9.machine.cpu import POISON, EmulatorError, Trap
from elf9.machine.memory import EXECUTE, READ, WRITE, Region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ARM64",
    "HOOK_CODE",
    "HOOK_INSN",
    "HOOK_INTR",
    "INSTRUCTION_HOOK",
    "VERSION",
    "X86",
    "Engine",
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
_CTL_PAGE_SIZE, _CTL_USE_EXITS, _CTL_CPU_MODEL = 1, 4, 7
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

_ACCESS = {MEM_READ: READ, MEM_WRITE: WRITE, MEM_FETCH: EXECUTE}

FILL = CFUNCTYPE(c_bool, c_void_p, c_uint64, c_int, c_void_p, c_void_p)
INTERRUPT = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
INSTRUCTION_HOOK = CFUNCTYPE(None, c_void_p, c_void_p)
CODE = CFUNCTYPE(None, c_void_p, c_uint64, c_uint32, c_void_p)
EDGE = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p)
_SERVE = CFUNCTYPE(c_uint64, c_uint64, c_uint64)


class CallRecord(ctypes.Structure):
    """`struct call` of native.c."""

    _fields_ = (
        ("registers", c_uint64),
        ("serve", _SERVE),
        ("other", INTERRUPT),
        ("stop", c_void_p),
        ("read", c_void_p),
        ("exclusive", c_uint64),
        ("poison", c_uint64),
        ("hold", c_uint64),
        ("pc", c_uint64),
        ("flags", c_int),
        ("svc", c_int),
    )


_tlb_entry = struct.Struct("<QI")
_block = struct.Struct("<QHH")


def library_path() -> str:
    """The pinned libunicorn inside the installed `unicorn` package, found without importing it."""
    names = {"darwin": "libunicorn.2.dylib"}
    name = names.get(sys.platform, "libunicorn.so.2")
    for folder in sys.path:
        path = os.path.join(folder, "unicorn", "lib", name)
        if os.path.exists(path):
            return path
    raise EmulatorError(
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
        raise EmulatorError(f"cannot load {path}: {error}") from error
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
        ("uc_context_alloc", (handle, handle)),
        ("uc_context_save", (handle, handle)),
        ("uc_context_restore", (handle, handle)),
        ("uc_context_free", (handle,)),
    ):
        getattr(library, name).argtypes = arguments
    library.uc_strerror.restype = c_char_p
    found = library.uc_version(None, None)
    if (found >> 24, found >> 16 & 255, found >> 8 & 255) != VERSION:
        raise EmulatorError(
            f"{path} is Unicorn {found >> 24}.{found >> 16 & 255}.{found >> 8 & 255}; elf9 needs exactly "
            + ".".join(map(str, VERSION))
        )
    return library


class Engine:
    """A Unicorn instance, its memory and the traps both machines share."""

    __slots__ = (
        "_block_hook",
        "_blocks_left",
        "_blocks_seen",
        "_called",
        "_failure",
        "_fault",
        "_fills",
        "_fills_limit",
        "_handle",
        "_keep",
        "_library",
        "_mapped",
        "_model",
        "_native_library",
        "_native_tried",
        "_preempt_asked",
        "_python_calls",
        "_quick",
        "_ranges",
        "_record",
        "_stop_asked",
        "_take_over",
        "_trap",
        "_watches",
        "on_call",
        "on_new_block",
        "state",
        "temporary",
    )

    def __init__(self, architecture: int, model: int) -> None:
        self._library = _load()
        handle = c_void_p()
        self._check(self._library.uc_open(architecture, MODE[architecture], byref(handle)), "uc_open")
        self._handle = handle.value
        assert self._handle is not None
        #: 1 while blocks are translated without looking for a stop after each load and store, which
        #: costs a third of the speed.  Hooks inside a block need that look: see `_on_edge`.
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
        self.on_call: Callable[[int, int], int | None] = lambda number, sp: None
        #: Called with (pc, size in bytes) of a block of code before it runs for the first time;
        #: returns True if the block must be translated again because hooks were added.
        self.on_new_block: Callable[[int, int], bool] = lambda pc, size: False
        self.temporary = 0
        self._ranges: list[Region] = []
        #: Pieces of host memory that Unicorn knows, by their region.
        self._mapped: dict[Region, list[tuple[int, int]]] = {}
        self._keep: list[object] = []
        self._watches: dict[int, dict[str, int]] = {}
        self._fault: tuple[int, int] | None = None
        self._fills = 0
        self._fills_limit = _TLB_FIRST
        self._trap: Trap | None = None
        self._failure: BaseException | None = None
        self._model = model
        self._stop_asked = self._preempt_asked = False
        #: Blocks that may still run, or -1 for any number; the hook that counts them.
        self._blocks_left = -1
        self._block_hook: int | None = None
        self._blocks_seen = False
        #: A system call stopped the guest, and is not ended yet.
        self._called = False
        self._native_library: ctypes.CDLL | None = None
        self._native_tried = False
        self._python_calls = 0
        self._take_over = False
        self._record = CallRecord()
        self.hook(HOOK_TLB_FILL, FILL(self._on_fill))
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

    def watch(self, address: int, function: Callable[[int, int, int, int], None]) -> bool:
        """Call `function` before the instruction at `address`; False if that is done already.

        A watch made while a block is checked takes effect when the block is translated again.
        """
        return self.watch_native(address, function.__name__, CODE(function), None)

    def watch_native(self, address: int, name: str, function: object, data: ctypes.Structure | None) -> bool:
        """`watch` for a function of native.c with its data; `name` tells watches of one address apart."""
        watches = self._watches.setdefault(address, {})
        if name in watches:
            return False
        watches[name] = self.hook(HOOK_CODE, function, address, address, data=data)
        return True

    def read_register(self, number: int, kind: type[c_uint64] | type[c_uint32] = c_uint64) -> int:
        """A register by Unicorn's number."""
        value = kind()
        self._check(self._library.uc_reg_read(self._handle, number, byref(value)), "uc_reg_read")
        return value.value

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

    # The helper in C.

    def native(self) -> ctypes.CDLL | None:
        """The functions of native.c, loaded when the first one is needed; None if there are none."""
        if not self._native_tried:
            from elf9.machine import native

            self._native_tried = True
            self._native_library = native.load()
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
        record.read = ctypes.cast(self._library.uc_reg_read, c_void_p)
        record.poison = POISON
        record.serve = _SERVE(self._serve_for_c)
        self._record = record

    def _serve_for_c(self, number: int, sp: int) -> int:
        try:
            result = self.on_call(number, sp)
        except BaseException as error:
            self.fail(error)
            result = None
        if result is None:
            self._called = True
            self._record.hold = 1
            return 0
        return result

    def unhook(self, hook: int) -> None:
        """Delete a hook by its number; not from within a hook of the same kind."""
        self._check(self._library.uc_hook_del(self._handle, hook), "uc_hook_del")

    # Memory.

    def map(self, region: Region) -> None:
        """Let the guest see `region`."""
        self._ranges.append(region)
        self._map_host(region)
        self._control(_CTL_FLUSH_TLB)

    def unmap(self, region: Region) -> None:
        """Take `region` away again."""
        # Unicorn forgets the region's code by way of its TLB, as if it were executed: denied, that
        # would end the guest.
        access, top = region.access, region.top
        region.access |= EXECUTE
        for start, stop in self._mapped.pop(region):
            region.top = stop
            self._check(self._library.uc_mem_unmap(self._handle, start, stop - start), "uc_mem_unmap")
        region.access, region.top = access, top
        self._ranges.remove(region)
        self._control(_CTL_FLUSH_TLB)

    def changed(self, region: Region, old_top: int) -> None:
        """`region.top` or `region.access` is different from what was mapped.

        What shrank stays known to Unicorn, which copies a region to split it; the fill hook denies it.
        """
        if region.top > old_top:
            self._map_host(region)
        self._control(_CTL_FLUSH_TLB)

    def _map_host(self, region: Region) -> None:
        """Tell Unicorn of the part of the region that it does not know yet."""
        pieces = self._mapped.setdefault(region, [])
        start = pieces[-1][1] if pieces else region.base
        if region.top > start:
            host = region.address + start - region.base
            code = self._library.uc_mem_map_ptr(self._handle, start, region.top - start, _PROT_ALL, host)
            self._check(code, f"uc_mem_map_ptr {start:#x}")
            pieces.append((start, region.top))

    def forget_code(self, start: int, stop: int) -> None:
        """Code in [start, stop) was changed from outside the guest: look at it and translate it anew."""
        for address in [address for address in self._watches if start <= address < stop]:
            for hook in self._watches.pop(address).values():
                self.unhook(hook)
        if stop > start and self.executable(start):
            self._control(_CTL_REMOVE_CACHE, c_uint64(start), c_uint64(stop))

    def forget_translation(self, address: int) -> None:
        """Translate the block at `address` anew when it runs next: it is watched since."""
        self._control(_CTL_REMOVE_CACHE, c_uint64(address), c_uint64(address + 1))

    def code(self, start: int, stop: int) -> bytes:
        """Guest bytes from `start`, as many as its region has before `stop`."""
        for region in self._ranges:
            if region.base <= start < region.top:
                return bytes(region.view[start - region.base : min(stop, region.top) - region.base])
        return b""

    def executable(self, address: int) -> bool:
        """May the guest execute at `address`?"""
        return any(region.base <= address < region.top and region.access & EXECUTE for region in self._ranges)

    def forget_all_code(self) -> None:
        """Translate everything anew."""
        self._control(_CTL_FLUSH_TB)
        self._blocks_seen = False

    # Called by Unicorn.  An exception cannot cross C: it is kept, and raised by `run`.

    def _on_fill(self, _uc: int, page: int, kind: int, result: int, _user: int) -> bool:
        wanted = _ACCESS[kind]
        self._fills += 1
        if self._fills > self._fills_limit:
            # Unicorn's TLB starts with 256 entries and doubles only when it is flushed while full.
            # The entry asked for now is added after this hook, to the new table.
            self._library.uc_ctl(self._handle, _CTL_FLUSH_TLB | 1 << 30)
            self._fills = 0
            self._fills_limit = min(2 * self._fills_limit, _TLB_LARGEST)
        for region in self._ranges:
            if region.base <= page < region.top:
                if not region.access & wanted:
                    break
                ctypes.memmove(result, _tlb_entry.pack(page, region.access), 12)
                return True
        self._fault = (page, wanted)
        return False

    def _on_edge(self, uc: int, block: int, _previous: int, _user: int) -> None:
        self._blocks_seen = True
        try:
            pc, _, size = _block.unpack(ctypes.string_at(block, 12))
            again = self.on_new_block(pc, size)
            if again or (self._quick.value and self._is_watched(pc, pc + size)):
                # Of blocks that end alike, only those that begin earlier go as well: else two would
                # throw each other out for ever.
                self._quick.value = 0
                self.forget_translation(pc)
                self._library.uc_emu_stop(uc)
            else:
                # For the next block; this one is translated.
                self._quick.value = 1
        except BaseException as error:
            self.fail(error)

    def _is_watched(self, start: int, stop: int) -> bool:
        return any(start <= address < stop for address in self._watches)

    def fail(self, error: BaseException) -> None:
        """Keep an exception of a callback for `run`, and stop the guest."""
        if self._failure is None:
            self._failure = error
        self._library.uc_emu_stop(self._handle)

    def trap(self, trap: Trap) -> None:
        """Stop the guest inside a callback; `run` returns `trap`, the first one."""
        if self._trap is None:
            self._trap = trap
        self._library.uc_emu_stop(self._handle)

    # Running.

    def execute(self, pc: int) -> int:
        """Run from `pc`; Unicorn's error code, or 0.  Raises what a callback raised."""
        self._fault = self._trap = None
        if not self._blocks_seen:
            # The very first block is not announced, and may have been watched.
            self._quick.value = 0
        code: int = self._library.uc_emu_start(self._handle, pc, 0, 0, 0)
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

    def limit_blocks(self, blocks: int | None) -> None:
        """Let the next runs end after so many blocks; None: never."""
        self._blocks_left = -1 if blocks is None else blocks
        if blocks is not None and self._block_hook is None:
            self._block_hook = self.hook(HOOK_BLOCK, CODE(self._on_block))
            self.forget_all_code()

    def _on_block(self, _uc: int, _address: int, _size: int, _user: int) -> None:
        if self._blocks_left == 0:
            self._preempt_asked = True
            self._library.uc_emu_stop(self._handle)
        elif self._blocks_left > 0:
            self._blocks_left -= 1

    def preempt(self) -> None:
        """Ask `run` to return `preempted`, from any thread."""
        self._preempt_asked = True
        self._library.uc_emu_stop(self._handle)

    def copy_state(self, other: Engine) -> None:
        """Take over all registers of `other`, a machine of the same kind."""
        context = c_void_p()
        self._check(self._library.uc_context_alloc(other._handle, byref(context)), "uc_context_alloc")
        self._check(self._library.uc_context_save(other._handle, context), "uc_context_save")
        self._check(self._library.uc_context_restore(self._handle, context), "uc_context_restore")
        self._check(self._library.uc_context_free(context), "uc_context_free")

    def image(self, key: object) -> None:
        """The program changes; CPUs with an equal `key` run the same text."""
        for address in list(self._watches):
            for hook in self._watches.pop(address).values():
                self.unhook(hook)
        self.forget_all_code()

    def stop(self) -> None:
        """Ask `run` to return `stopped`, from any thread; for ending the guest only."""
        self._stop_asked = True
        self._library.uc_emu_stop(self._handle)

    def close(self) -> None:
        """Free the engine; nothing else may be called after."""
        if self._handle is not None:
            self._library.uc_close(self._handle)
            self._handle = None
            self._ranges.clear()
            self._keep.clear()
