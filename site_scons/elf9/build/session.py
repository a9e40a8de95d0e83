"""What one run of SCons knows: options, compilers, output, and what has been declared so far.

A SCons process builds one project once, and SCons itself keeps that state in its modules.  Ours is
one object, made at the first `elf9.Environment()` and asked for with `current()`.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import functools
import os
import shutil
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import SCons.Errors
import SCons.Node
import SCons.Node.Alias
import SCons.Node.FS
import SCons.SConsign
import SCons.Script
import SCons.Script.Main

from elf9.build import options as options_
from elf9.build import toolchain as toolchain_
from elf9.build.help import Help
from elf9.build.output import Output
from elf9.build.paths import runtime_dir
from elf9.build.suggest import did_you_mean, one_of
from elf9.target import TARGETS, Target

__all__ = ["BUILD", "STATE", "Session", "Variant", "current"]

#: The folder below the project that holds everything a build makes.
BUILD = "build"

#: What elf9 itself remembers between builds: SCons' database, compilers, objects of the runtime.
STATE = os.path.join(BUILD, ".elf9")


@dataclass(frozen=True, slots=True)
class Variant:
    """One machine and mode for which everything is built."""

    target: Target
    mode: str
    toolchain: toolchain_.Toolchain | None  #: None when nothing is compiled: `-c`, `-h`

    @property
    def label(self) -> str:
        return f"{self.target.name}/{self.mode}"

    @property
    def folder(self) -> str:
        """Where its files go, below the project: `build/amd64/debug`."""
        return f"{BUILD}/{self.target.name}/{self.mode}"


class Session:
    """See the module.  `start` has to be called once, before anything is built."""

    def __init__(self) -> None:
        self.top: str = SCons.Node.FS.get_default_fs().Top.get_abspath()
        self.cleaning = bool(SCons.Script.Main.GetOption("clean"))
        self.helping = bool(SCons.Script.Main.GetOption("help"))
        self.dry = bool(SCons.Script.Main.GetOption("no_exec"))
        self.began = time.time()
        #: Targets named on the command line, folders without their slash.
        self.wanted = frozenset(os.path.normpath(str(name)) for name in SCons.Script.COMMAND_LINE_TARGETS)
        self.started = False
        self.umask = os.umask(0o22)
        os.umask(self.umask)
        self.variants: tuple[Variant, ...] = ()
        self.output = Output(verbose=False)
        self.help = Help()
        #: Object file -> what makes it, to find two that differ.
        self.objects: dict[str, bytes] = {}
        #: (variant, file name) -> libraries of the project.
        self.libraries: dict[tuple[str, str], list[Any]] = {}
        #: Other things made once: (kind, key) -> nodes.
        self.made: dict[tuple[str, ...], Any] = {}
        #: Set when Ctrl-C has ended a compiler, for steps of many compilers, which SCons sees as one.
        self.interrupted = threading.Event()
        #: Held while a library of the runtime is built: it runs a compiler on every processor.
        self.runtime_lock = threading.Lock()
        #: Folder of the runtime: relative to the project if it lies in it, else absolute.
        self.runtime = ""

    def start(self, variables: Mapping[str, str]) -> None:
        """Read the command line, find the compilers, set SCons up.  `variables` are the project's own."""
        if self.started:
            return
        self.started = True
        try:
            chosen = options_.parse(SCons.Script.ARGUMENTS, variables)
        except options_.OptionError as error:
            raise SCons.Errors.StopError(str(error)) from None
        self.output = Output(verbose=chosen.verbose)
        runtime = runtime_dir()
        self.runtime = os.path.relpath(runtime, self.top) if runtime.startswith(self.top + os.sep) else runtime
        self.help.variables = {**options_.variables(), **variables}
        SCons.Script.help_text = self.help
        self._set_scons_up()
        if self.cleaning:
            self._clean()
        self.variants = self._variants(chosen)
        self.output.count = self.count_steps
        atexit.register(self.output.close)

    @functools.cached_property
    def headers(self) -> frozenset[str]:
        """The runtime's headers."""
        return frozenset(os.listdir(os.path.join(self.top, self.runtime, "include")))

    @property
    def state(self) -> str:
        """Absolute path of the folder for what elf9 remembers."""
        return os.path.join(self.top, STATE)

    def _set_scons_up(self) -> None:
        """SCons' own settings, each as the user left it if the user said something."""
        SCons.Script.Main.SetOption("num_jobs", _jobs())
        SCons.Script.Main.progress_display.set_mode(0)
        SCons.Script.Main.SetOption("no_progress", True)
        # A file with the same time as at the last build is not read again, unless it is younger than this
        # many seconds; SCons' own default is two days.
        SCons.Script.Main.SetOption("max_drift", 1)
        SCons.Node.FS.Base.getmtime = _time_changed
        if not self.helping:
            if not self.dry:
                self._wait_for_others()
            if not (self.cleaning and self.dry):
                self._make_state()
            SCons.SConsign.File(os.path.join(self.state, "sconsign"))
        SCons.Node.arg2nodes_lookups.append(self.look_up)

    def _make_state(self) -> None:
        """The folder for what elf9 remembers; SCons writes there at the end and is not kind if it cannot."""
        try:
            os.makedirs(self.state, exist_ok=True)
            if not os.access(self.state, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise SCons.Errors.StopError(
                f"cannot write in {self.state}: {error.strerror}. A build needs a project that it may write in."
            ) from error

    def _wait_for_others(self) -> None:
        """Two builds of one project at the same time would write the same files.

        The lock is on the project's folder, so nothing is left of it; the kernel drops it with the process.
        """
        folder = os.open(self.top, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.output.warn("waiting for another build of this project")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            return  # a file system without locks

    def _clean(self) -> None:
        """`-c` without targets: the whole build folder goes, not just what is still declared."""
        if SCons.Script.COMMAND_LINE_TARGETS and list(SCons.Script.COMMAND_LINE_TARGETS) != ["."]:
            return
        folder = os.path.join(self.top, BUILD)
        self.output.step(self.output.line("CLEAN", BUILD, ""))
        if self.dry:
            return
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(self.state, exist_ok=True)  # SCons writes its database at the end, come what may
        atexit.register(shutil.rmtree, folder, ignore_errors=True)

    def _variants(self, chosen: options_.Options) -> tuple[Variant, ...]:
        """Every machine and mode to build for; says aloud which machine is left out, and why."""
        toolchains: dict[str, toolchain_.Toolchain | None] = {}
        if self.cleaning or self.helping:
            toolchains = dict.fromkeys(chosen.architectures)
        else:
            toolchains.update(self._toolchains(chosen))
        return tuple(
            Variant(TARGETS[name], mode, toolchain) for name, toolchain in toolchains.items() for mode in chosen.modes
        )

    def _toolchains(self, chosen: options_.Options) -> dict[str, toolchain_.Toolchain]:
        cache = toolchain_.Cache(os.path.join(self.state, "toolchains.json"))
        found: dict[str, toolchain_.Toolchain] = {}
        missing: dict[str, str] = {}
        for name in chosen.architectures:
            named = chosen.compilers[name]
            try:
                found[name] = toolchain_.discover(TARGETS[name], named=named, cache=cache)
            except toolchain_.ToolchainError as error:
                if named or chosen.architectures_named:
                    raise SCons.Errors.StopError(str(error)) from None
                missing[name] = str(error)
        cache.save()
        if not found:
            raise SCons.Errors.StopError("\n".join(missing.values()))
        for name in missing:
            command = toolchain_.install_hint(TARGETS[name])[0][1]
            self.output.warn(f"no compiler for {name}: building for {one_of(found)} only. To add it: {command}")
        return found

    def alias(self, env: Any, names: Iterable[str], nodes: Sequence[Any]) -> None:
        """Let each name stand for these nodes, too.

        `env.Alias` for the first ones; its time grows with the square of the number of nodes.
        """
        for name in names:
            known = self.made.get(("alias", name))
            if known is not None:
                known.add_dependency(list(nodes))
            else:
                known = env.Alias(name, nodes)[0]
                if nodes:
                    self.made["alias", name] = known

    def count_steps(self) -> int:
        """How many steps the targets asked for have at most, those up to date included."""
        todo = [node for node in map(self._node, SCons.Script.BUILD_TARGETS) if node is not None]
        seen = set(todo)
        steps = set()
        while todo:
            node = todo.pop()
            # SCons drops these attributes of a node that is done.
            executor = getattr(node, "executor", None)
            if executor is not None and executor.get_action_list():
                steps.add(executor)
            for child in (*(getattr(node, "sources", None) or ()), *(getattr(node, "depends", None) or ())):
                if child not in seen:
                    seen.add(child)
                    todo.append(child)
        return len(steps)

    def _node(self, target: Any) -> Any:
        """The node of a target, which SCons has as a name or as a node."""
        if not isinstance(target, str):
            return target
        return SCons.Node.Alias.default_ans.lookup(os.path.normpath(target))

    def alias_help(self, name: str, text: str) -> None:
        """Show `name` with `text` in `-h`; the first text stays."""
        self.help.aliases.setdefault(name, text)

    def look_up(self, name: str, curdir: str | None = None) -> Any:
        """SCons asks this for what a target on the command line means, after its own look-ups.

        A folder typed with its slash is its alias; a name that nothing declared is an error that says
        which one is meant.  SCons passes `curdir` for command-line targets only.
        """
        if curdir is None:
            return None
        alias = SCons.Node.Alias.default_ans.lookup(os.path.normpath(name))
        if alias is not None:
            return alias
        fs = SCons.Node.FS.get_default_fs()
        try:
            return fs.Entry(name, curdir, create=False)
        except SCons.Errors.UserError:
            if os.path.lexists(os.path.join(curdir, name)):
                return None
        known = [str(alias) for alias in SCons.Node.Alias.default_ans]
        self.output.problem(f"scons: *** no target '{name}'{did_you_mean(name, known)} `scons -h` lists them.  Stop.")
        raise SystemExit(2)


def _time_changed(node: Any) -> float | None:
    """When a file was changed, for SCons, whose own function leaves out the fraction of the second.

    A file changed, built and changed again within one second would not be built again.
    """
    status = node.stat()
    return status.st_mtime if status else None


def _jobs() -> int:
    """How many steps run at once: one a processor that we may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


@functools.cache
def current() -> Session:
    """The one Session of this SCons process."""
    return Session()
