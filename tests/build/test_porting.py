"""docs/porting.md: the program that is cured there is built and run, and says what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.build.conftest import Workshop, environment
from tests.runtime import ROOT

PAGE = (ROOT / "docs" / "porting.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```", PAGE[PAGE.index("## Finding what is wrong") :], flags=re.M | re.S)


def block(words: str) -> str:
    """The page's one block with these words in it."""
    (found,) = (text for text in BLOCKS if words in text)
    return str(found)


def alike(text: str) -> str:
    """Without addresses, the runtime's lines and the seed, which change with the runtime."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"(runtime/\S+):\d+", r"\1", text)
    return re.sub(r"--seed \d+", "--seed", text)


def test_the_worked_example(workshop: Workshop) -> None:
    source = block("void\ncount(char *name)")
    test = block("env.Plan9Test").replace("seeds=20", "seeds=8, formats='elf'")  # one of the first eight loses lines
    start = 'Import("env")\nlines = env.Plan9Program("lines", "lines.c")\n'
    workshop.write({"lines/SConscript": start, "lines/lines.c": source, "lines/a": "1\n", "lines/b": "2\n"})

    built = workshop.only("lines")
    assert built.returncode == 0, built.stderr
    assert built.stderr.replace("lines/lines.c", "lines.c") == block("%d takes int or uint")

    program = workshop.folder / "build/amd64/debug/lines/lines"
    command = [sys.executable, "-P", "-m", "elf9", "run", "--explain", str(program), "a", "b"]
    folder = Path(workshop.folder) / "lines"
    ran = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert alike(ran.stderr.replace("lines/lines.c", "lines.c")).startswith(alike(block("suicide")))

    source = source.replace("if(strcmp", "if(user != nil && strcmp").replace("%d lines", "%lld lines")
    workshop.write({"lines/SConscript": start + test, "lines/lines.c": source})
    failed = workshop.only("lines", "test")
    assert failed.returncode == 2
    said = failed.stderr.replace(str(program), "build/amd64/debug/lines")
    said = re.sub(r"again: \S+ run", "again: elf9 run", said)
    for line in alike(block("again: elf9 run")).splitlines()[1:]:
        if not line.strip().startswith("+"):  # the number of lines that were not lost is the seed's
            assert line.strip() in alike(said)

    source = source.replace("vlong total;", "Lock totallock;\nvlong total;").replace("lines = total;", "lines = 0;")
    workshop.write({"lines/lines.c": source.replace("\ttotal = lines;\n", block("totallock"))})
    cured = workshop.only("lines", "test")
    assert cured.returncode == 0, cured.stderr
    assert cured.stderr == ""
