"""The `elf9` command.  Thin: every verb parses its words and calls another room.

Nothing is imported here, so that `elf9 run` starts at once; the entry point is `elf9.cli.main.main`.
"""
