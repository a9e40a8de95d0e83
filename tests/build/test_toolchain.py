"""Finding compilers: what is asked, what is refused and why, and that it is asked once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elf9.build.toolchain import Cache, Toolchain, ToolchainError, clean_environment, discover, install_hint, probe
from elf9.target import TARGETS

AMD64, ARM64 = TARGETS["amd64"], TARGETS["arm64"]

FAKE = """\
case "$1" in
-dumpmachine) echo {machine};;
--version) echo "{version}"; echo "Copyright (C) Free Software Foundation, Inc.";;
*) exec {real} "$@";;
esac"""


def fake(machine="x86_64-elf", version="x86_64-elf-gcc (GCC) 13.2.0", real="gcc"):
    return FAKE.format(machine=machine, version=version, real=real)


@pytest.mark.parametrize("name", TARGETS)
def test_the_installed_compilers(name):
    found = discover(TARGETS[name])
    assert found.machine.startswith(TARGETS[name].gnu_cpu)
    for path in (found.cc, found.ld, found.ar):
        assert os.path.isabs(path)
        assert os.access(path, os.X_OK)
    assert os.path.exists(f"{found.include}/stddef.h")
    assert found.libgcc.endswith("libgcc.a")
    assert found.gcc_major >= 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (fake(machine="riscv64-linux-gnu"), "produces riscv64-linux-gnu (-dumpmachine), not x86_64"),
        (fake(machine="x86_64-apple-darwin23"), "produces x86_64-apple-darwin23 (-dumpmachine), which are not ELF"),
        (fake(machine="x86_64-w64-mingw32"), "not ELF files"),
        (fake(version="Debian clang version 14.0.6"), "is clang (Debian clang version 14.0.6)"),
        (fake(version="Apple clang version 15.0.0"), "-fplan9-extensions"),
        (fake(version="gcc (GCC) 9.4.0"), "is too old (gcc (GCC) 9.4.0); GCC 10 or newer is needed"),
        ("exit 3", "is no working compiler (-dumpmachine ended with status 3)"),
        ("case $1 in -dumpmachine) echo x86_64-elf;; *) echo gcc 13.2.0;; esac", "has no"),
    ],
)
def test_refusals_say_why(script, text, reason):
    path = script("cc", text)
    answer = probe(AMD64, path)
    assert isinstance(answer, str)
    assert reason in answer
    with pytest.raises(ToolchainError) as error:
        discover(AMD64, named=path)
    assert str(error.value).startswith(f"CC_amd64={path} cannot be used: ")


def test_a_named_compiler_for_another_machine():
    with pytest.raises(ToolchainError, match="CC_arm64=gcc cannot be used: produces x86_64"):
        discover(ARM64, named="gcc")


def test_a_named_compiler_that_is_not_there():
    with pytest.raises(ToolchainError, match="not found in PATH"):
        discover(ARM64, named="no-such-gcc")
    with pytest.raises(ToolchainError, match="there is no such program"):
        discover(ARM64, named="/no/such/gcc")


def test_order_and_dumpmachine_decide(script, monkeypatch):
    """`x86_64-elf-gcc` is first; one that produces something else is passed over, whatever its name."""
    path = script("x86_64-elf-gcc", fake())
    monkeypatch.setenv("PATH", f"{os.path.dirname(path)}:{os.environ['PATH']}")
    assert discover(AMD64).cc == path
    script("x86_64-elf-gcc", fake(machine="i686-elf"))
    assert discover(AMD64).cc != path


@pytest.mark.parametrize("name", TARGETS)
def test_missing_compilers_say_what_was_looked_for_and_how_to_install_one(name, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError) as error:
        discover(TARGETS[name])
    text = str(error.value)
    for compiler in TARGETS[name].compilers:
        assert f"{compiler}:" in text
    for _, command in install_hint(TARGETS[name]):
        assert command in text
    assert f"CC_{name}=" in text


@pytest.mark.parametrize(
    ("machine", "target", "packages"),
    [
        ("x86_64", AMD64, "gcc g++"),
        ("x86_64", ARM64, "gcc-aarch64-linux-gnu g++-aarch64-linux-gnu"),
        ("aarch64", ARM64, "gcc g++"),
        ("arm64", ARM64, "gcc g++"),
        ("aarch64", AMD64, "gcc-x86-64-linux-gnu g++-x86-64-linux-gnu"),
    ],
)
def test_install_hints(machine, target, packages):
    hints = dict(install_hint(target, machine=machine))
    assert hints["Debian/Ubuntu"] == f"sudo apt install {packages}"
    assert set(hints) == {"Debian/Ubuntu", "Fedora", "Arch", "Homebrew"}
    assert "multilib" not in str(hints)


def counting(script, tmp_path: Path) -> tuple[str, Path]:
    """A compiler that writes a line for each start."""
    log = tmp_path / "log"
    log.touch()
    return script("cc", f'echo "$1" >> {log}\n{fake()}'), log


def test_the_cache_asks_once(script, tmp_path):
    path, log = counting(script, tmp_path)
    place = str(tmp_path / "state" / "toolchains.json")
    cache = Cache(place)
    first = discover(AMD64, named=path, cache=cache)
    cache.save()
    asked = log.read_text()
    assert "-dumpmachine" in asked
    assert discover(AMD64, named=path, cache=Cache(place)) == first
    assert log.read_text() == asked


def test_a_changed_compiler_is_asked_again(script, tmp_path):
    path, _ = counting(script, tmp_path)
    place = str(tmp_path / "toolchains.json")
    cache = Cache(place)
    old = discover(AMD64, named=path, cache=cache)
    cache.save()
    script("cc", fake(version="x86_64-elf-gcc (GCC) 14.1.0"))
    new = discover(AMD64, named=path, cache=Cache(place))
    assert new.version != old.version
    assert new.signature != old.signature


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', "\0"])
def test_a_broken_cache_is_no_cache(tmp_path, content):
    place = tmp_path / "toolchains.json"
    place.write_text(content)
    assert isinstance(discover(AMD64, cache=Cache(str(place))), Toolchain)


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").touch()
    cache = Cache(str(tmp_path / "file" / "toolchains.json"))
    discover(AMD64, cache=cache)
    cache.save()


@pytest.mark.parametrize(
    "name",
    [
        "CC", "CFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH",
        "LD_LIBRARY_PATH", "LD_RUN_PATH", "LD_PRELOAD", "GCC_EXEC_PREFIX", "COMPILER_PATH", "GCC_SPECS",
        "SOURCE_DATE_EPOCH", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "GNUTARGET", "LDEMULATION",
        "COLLECT_NO_DEMANGLE", "GCC_COMPARE_DEBUG", "LANG", "LC_CTYPE", "LANGUAGE",
    ],
)  # fmt: skip
def test_nothing_of_the_users_reaches_a_compiler(name, monkeypatch):
    before = clean_environment(["/opt/cross/bin/gcc"])
    monkeypatch.setenv(name, "/poison")
    assert clean_environment(["/opt/cross/bin/gcc"]) == before


def test_the_path_of_a_compiler(monkeypatch):
    monkeypatch.setenv("PATH", "/poison:/usr/bin")
    assert clean_environment(["/opt/cross/bin/gcc"])["PATH"] == "/opt/cross/bin:/usr/bin:/bin"
    assert clean_environment(["/usr/bin/gcc"])["LC_ALL"] == "C"
