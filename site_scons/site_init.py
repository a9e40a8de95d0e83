"""SCons reads this before the SConstruct: it only makes SCons quiet; all else is in `elf9.build`."""

import SCons.Script.Main

SCons.Script.Main.progress_display.set_mode(0)
