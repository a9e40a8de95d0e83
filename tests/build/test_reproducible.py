"""The same bytes from two folders, from a poisoned environment, and from a hardened distribution's GCC."""

from __future__ import annotations

import shutil

from tests.build.conftest import HELLO, Project

from elf9.target import TARGETS

SCONSTRUCT = """\
import elf9
env = elf9.Environment()
env.Plan9Program("hello", ["src/hello.c"], float=True)
env.Plan9Program("mixed", ["src/mixed.cc", "src/mark.S"], float=True)
"""

OBJECTS = """\
import elf9
env = elf9.Environment()
for source in ("hello.c", "mixed.cc", "mark.S", "hardening.c"):
    env.Plan9Object(f"src/{source}", float=True)
"""

FILES = {
    "SConstruct": SCONSTRUCT,
    "src/hello.c": HELLO + "const char *where(void) { return __FILE__; }\n",
    "src/mixed.cc": '#include "part.h"\nextern "C" int mark();\n'
    "int main(int n, char **) { return mark() + int(n * half()); }\n",
    "src/part.h": "inline double half() { return .5; }\n",
    "src/mark.S": ".globl mark\nmark:\n\tret\n",
}

#: Each of these changes what a GCC, a linker or SCons does if it gets that far.
POISON = {
    "CFLAGS": "-O3 -DPOISON",
    "CPPFLAGS": "-DPOISON",
    "CXXFLAGS": "-O3",
    "LDFLAGS": "-pie",
    "CC": "false",
    "CPATH": "/nonexistent",
    "C_INCLUDE_PATH": "/nonexistent",
    "CPLUS_INCLUDE_PATH": "/nonexistent",
    "LIBRARY_PATH": "/nonexistent",
    "GCC_EXEC_PREFIX": "/nonexistent/",
    "COMPILER_PATH": "/nonexistent",
    "GCC_SPECS": "/nonexistent",
    "SOURCE_DATE_EPOCH": "1",
    "GNUTARGET": "elf32-i386",
    "LDEMULATION": "elf_i386",
    "LD_RUN_PATH": "/nonexistent",
    "LD_LIBRARY_PATH": "/nonexistent",
    "LANG": "de_DE.UTF-8",
    "TZ": "Asia/Tokyo",
}

#: What distributions make their GCC default to, before the user's flags.
HARDENED = {
    "amd64": "-fPIE -pie -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -D_FORTIFY_SOURCE=2 "
    "-fasynchronous-unwind-tables -Wl,-z,now",
    "arm64": "-fPIE -pie -fstack-protector-strong -fstack-clash-protection -mbranch-protection=standard "
    "-moutline-atomics -D_FORTIFY_SOURCE=2 -fasynchronous-unwind-tables -funsigned-char",
}


def outputs(project: Project) -> dict[str, bytes]:
    """Every file built, by name, without what elf9 remembers for itself."""
    files = [name for name in project.files() if name.startswith("build/") and not name.startswith("build/.elf9/")]
    return {name: (project.folder / name).read_bytes() for name in files}


def test_same_bytes_from_two_folders(tmp_path, objects):
    """Both machines; the second folder has another name and depth, and the user another environment.

    The objects that the first begins with are from a third folder.
    """
    own = [f"build/{arch}/debug/src/{name}.o" for arch in TARGETS for name in ("hello", "mixed", "mark")]
    one = Project(tmp_path / "one")
    two = Project(tmp_path / "deeper" / "a folder with blanks")
    one.begin_with(objects)
    for project, env in ((one, {}), (two, POISON)):
        project.write(FILES)
        project.built("MODE=release", env=env)
        project.built("MODE=debug", *own, env=env)
    first, second = outputs(one), outputs(two)
    assert set(first) == set(second)
    assert len(first) >= 2 * 14 + len(own)
    assert [name for name in first if first[name] != second[name]] == []
    assert not [name for name in first if str(tmp_path).encode() in first[name]]


#: What GCC's options for safety and position independence change, in the code or beside it.
HARDENING = """\
#include <u.h>
#include <libc.h>

extern int outside;
extern int (*call)(char*, int);
static int counter;

int
buffers(char *s, int n)
{
	char buf[64], big[3*65536];

	memset(big, n, sizeof big);
	strcpy(buf, s);
	memmove(buf, big, n);
	return call(buf, sizeof buf) + outside;
}

int
choose(int n)
{
	switch(n){
	case 0: return call("zero", 0);
	case 1: return call("one", 5);
	case 2: return call("two", 7);
	case 3: return call("three", 11);
	case 4: return call("four", 13);
	}
	return (char)n < 0;
}

int
count(void)
{
	return __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
}
"""


def test_same_code_from_a_hardened_gcc(script, project):
    """A distribution's defaults change nothing: GCC is wrapped so that it gets them first."""
    compilers = {name: next(filter(None, map(shutil.which, target.compilers))) for name, target in TARGETS.items()}
    named = []
    for name, compiler in compilers.items():
        path = script(
            f"{name}-gcc",
            f'case "$*" in *" -c "*) exec {compiler} {HARDENED[name]} "$@";; *) exec {compiler} "$@";; esac',
        )
        named.append(f"CC_{name}={path}")
    project.write({**FILES, "src/hardening.c": HARDENING, "SConstruct": OBJECTS})
    project.built("MODE=all")
    plain = outputs(project)
    assert len(plain) == 2 * 2 * 4
    project.built("MODE=all", *named)
    hardened = outputs(project)
    assert [name for name in plain if plain[name] != hardened[name]] == []
    assert set(plain) == set(hardened)
