"""Building with SCons: tool and builders, compilers, linker script, tests with run stamps.

`elf9.Environment` is `elf9.build.tool.Environment`.  `toolchain` and `paths` do not import SCons
and serve the command line as well.
"""
