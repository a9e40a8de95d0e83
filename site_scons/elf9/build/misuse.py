"""The error of a SConscript that uses a builder wrongly: which line of which SConscript it is."""

from __future__ import annotations

import os
import sys

import SCons.Errors
import SCons.Node.FS

__all__ = ["misuse"]


def misuse(text: str) -> Exception:
    """What to raise; SCons prints the text and stops."""
    ours = os.path.dirname(os.path.abspath(__file__))
    scons = f"{os.sep}SCons{os.sep}"
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        os.path.abspath(frame.f_code.co_filename).startswith(ours) or scons in frame.f_code.co_filename
    ):
        frame = frame.f_back
    top = SCons.Node.FS.get_default_fs().Top.get_abspath()
    place = os.path.relpath(os.path.join(top, frame.f_code.co_filename), top)
    error: Exception = SCons.Errors.StopError(f"{place}:{frame.f_lineno}: {text}")
    return error
