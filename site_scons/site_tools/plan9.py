"""The SCons tool `plan9`: `Environment(tools=["default", "plan9"])` has elf9's builders as well."""

from elf9.build.tool import exists, generate

__all__ = ["exists", "generate"]
