"""native.c as a library: compiled once by whatever C compiler the host has, then loaded by ctypes.

Optional by design: where there is no compiler, or nothing can be written, the callers fall back to
Python functions that do the same.  `ELF9_NATIVE=0` forbids it.
"""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["cache_folder", "load"]

_SOURCE = os.path.join(os.path.dirname(__file__), "native.c")
_COMPILERS = ("cc", "gcc", "clang")


def cache_folder() -> str:
    """Where compiled helpers are kept: $XDG_CACHE_HOME/elf9, else ~/.cache/elf9."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "elf9")


def load() -> ctypes.CDLL | None:
    """The library, or None if this host cannot have it."""
    if os.environ.get("ELF9_NATIVE") == "0":
        return None
    try:
        with open(_SOURCE, "rb") as file:
            source = file.read()
    except OSError:
        return None
    import zlib

    tag = f"{zlib.crc32(source):08x}-{sys.platform}-{os.uname().machine}"
    path = os.path.join(cache_folder(), f"native-{tag}.so")
    if not os.path.exists(path) and not _compile(path):
        return None
    try:
        return ctypes.CDLL(path)
    except OSError:
        return None


def _compile(path: str) -> bool:
    """Compile native.c to `path`, whole or not at all."""
    import shutil
    import subprocess
    import tempfile

    compiler = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if compiler is None:
        return False
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
            made = os.path.join(folder, "native.so")
            command = [compiler, "-O2", "-shared", "-fPIC", "-o", made, _SOURCE]
            if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode:
                return False
            os.replace(made, path)
    except OSError:
        return False
    return True
