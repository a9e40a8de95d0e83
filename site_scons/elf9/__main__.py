"""`python -m elf9`: the same as the command `elf9`."""

from elf9.cli.main import console

if __name__ == "__main__":
    console()
