"""`python -m elf9`: the same as the command `elf9`."""

if __name__ == "__main__":
    try:
        from elf9.cli.main import console
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    console()
