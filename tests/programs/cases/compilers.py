"""9front's compilers, assemblers and linkers; what they make runs on the emulator, too."""

import re

from elf9.testing import Case

from .shell import RC

#: The headers of both machines are where the compilers look for them.
TOOLS = (
    *RC,
    *("--bind", "{sources}/sys:/sys:ro"),
    *("--bind", "{sources}/amd64/include:/amd64/include:ro"),
    *("--bind", "{sources}/arm64/include:/arm64/include:ro"),
)

PROGRAM = r"""
#include <u.h>
#include <libc.h>

typedef struct Node Node;
struct Node {
	Lock;
	vlong	value;
	Node	*next;
};

static char greeting[] = "hello from Plan 9's own compiler\n";
static Node nodes[10];
char	buf[64];

static int
fib(int n)
{
	return n < 2? n: fib(n-1) + fib(n-2);
}

static void
number(vlong n)
{
	char *p;

	p = buf + sizeof buf;
	*--p = '\n';
	do
		*--p = '0' + n%10;
	while(n /= 10);
	pwrite(1, p, buf+sizeof buf-p, -1);
}

void
begin(void)
{
	Node *n, *list;
	vlong sum;
	double half;
	int i;

	pwrite(1, greeting, sizeof greeting - 1, -1);
	list = nil;
	for(i = 0; i < nelem(nodes); i++){
		n = &nodes[i];
		n->value = 1LL << 4*i;
		n->next = list;
		list = n;
	}
	sum = 0;
	for(n = list; n != nil; n = n->next)
		sum += n->value;
	number(sum);
	half = fib(20) / 2.0;
	number(half * 10);
	switch(i){
	case 10:
		number(~0UL >> 1);
		break;
	default:
		number(sizeof(Node));
	}
}
"""
PRINTED = f"hello from Plan 9's own compiler\n{0x1111111111}\n{6765 * 5}\n{2**31 - 1}\n"

#: What main9.s and the system calls of libc do: the first argument is in a register, its place is on the stack.
AMD64 = """\
TEXT _main(SB), 1, $16
	CALL begin(SB)
	MOVQ $0, RARG
	CALL _exits(SB)
TEXT _exits(SB), 1, $0
	MOVQ RARG, a0+0(FP)
	MOVQ $8, RARG
	SYSCALL
	RET
TEXT pwrite(SB), 1, $0
	MOVQ RARG, a0+0(FP)
	MOVQ $51, RARG
	SYSCALL
	RET
"""
ARM64 = """\
TEXT _main(SB), 1, $16
	MOV $setSB(SB), R28
	BL begin(SB)
	MOV $0, R0
	BL _exits(SB)
TEXT _exits(SB), 1, $-4
	MOV R0, 0(FP)
	MOV $8, R0
	SVC
	RETURN
TEXT pwrite(SB), 1, $-4
	MOV R0, 0(FP)
	MOV $51, R0
	SVC
	RETURN
"""
FILES = {"prog.c": PROGRAM, "s6.s": AMD64, "s7.s": ARM64}

#: Builds 9front's own C library, and links a program with it.  Then the compiler compiles itself, and what comes out
#: compiles itself as well: the objects must be the same.
LIBRARY = """\
objtype=$1 o=$2
mkdir src; cd src
for(d in 9sys 9syscall fmt port $objtype){
	mkdir $d
	cp /sys/src/libc/$d/* $d
	@{cd $d && mk install >/dev/null} || exit $status
}
mkdir bio; cp /sys/src/libbio/* bio
@{cd bio && mk install >/dev/null} || exit $status
cd ..
ar t /$objtype/lib/libc.a | wc -l
$o^c -FTVw hello.c && $o^l -o hello hello.$o && hello one 'two words'
cd src
for(d in cc $o^c){
	mkdir $d
	cp /sys/src/cmd/$d/* $d
}
@{cd cc && mk cc.a$o >/dev/null} || exit $status
cd $o^c && mk >/dev/null || exit $status
mkdir first; cp *.$o first; rm *.$o
for(i in first/*.$o){
	f=`{basename $i .$o}
	if(! test -e $f.c) f=../cc/$f
	./$o.out -FTVw $f.c || exit $status
	cmp $i `{basename $i} && n=($n same)
}
echo $#n of `{ls first | wc -l}
"""
HELLO = r"""
#include <u.h>
#include <libc.h>
#include <bio.h>

void
main(int argc, char *argv[])
{
	Biobuf out;
	double d;

	quotefmtinstall();
	Binit(&out, 1, OWRITE);
	for(; argc > 1; argc--)
		Bprint(&out, "%-10q|", *++argv);
	d = strtod("2.5e-3", nil);
	Bprint(&out, "%,d %llux %g %.3f %S\n", 1234567, 1LL<<40, d, sqrt(2.0), L"αβγ");
	Bterm(&out);
	exits(nil);
}
"""
MISTAKES = "#include <u.h>\nint\nf(char *s)\n{\n\tint unused;\n\treturn s + nosuch;\n}\n"


def cases(number: str, arch: str, instruction: str) -> list[Case]:
    """Those of the tools for one machine: the number is in their names."""
    make = f"{number}c -FTVw prog.c && {number}a s{number}.s && {number}l -l -o prog prog.{number} s{number}.{number}"
    return [
        Case(f"{number}c", ["-FTVw", "prog.c"], files=FILES, stdout="", stderr="", options=TOOLS),
        Case(f"{number}c", ["-S", "prog.c"], files=FILES, stdout=re.compile(instruction), stderr="", options=TOOLS),
        Case(
            f"{number}c",
            ["-w", "bad.c"],
            files={"bad.c": MISTAKES},
            stdout=re.compile(r"bad\.c:6 name not declared: nosuch\n"),
            exit_string=re.compile("."),
            options=TOOLS,
        ),
        Case(f"{number}a", [f"s{number}.s"], files=FILES, stdout="", stderr="", options=TOOLS),
        Case(
            f"{number}a",
            ["bad.s"],
            files={"bad.s": "\tNOSUCH $1, R0\n"},
            stdout=re.compile(r"bad\.s:1 syntax error"),
            exit_string=re.compile("."),
            options=TOOLS,
        ),
        # what was made is for one machine, the tools are for both
        Case(
            f"{number}l rc",
            ["-c", make],
            files=FILES,
            stdout="",
            stderr="",
            expected_files={"prog": re.compile(b".")},
            options=TOOLS,
        ),
        Case(
            f"{number}l rc", ["-c", f"{make} && prog"], files=FILES, stdout=PRINTED, stderr="", options=TOOLS, arch=arch
        ),
        Case(
            f"{number}l rc",
            ["-c", f"{number}c prog.c && {number}l -l prog.{number}"],
            files=FILES,
            stdout=re.compile("number: undefined: pwrite"),
            exit_string=re.compile("."),
            options=TOOLS,
        ),
        Case(
            "ar rc",
            ["build", arch, number],
            title="9front's libc, libbio and compiler by mk",
            files={"build": LIBRARY, "hello.c": HELLO, "lib/keep": ""},
            stdout=re.compile(
                r"^ +\d\d\d\none       \|'two words'\|1,234,567 10000000000 0\.0025 1\.414 αβγ\n"
                r"(warning: .*\n)*(1\d) of \2\n$"
            ),
            stderr="",
            options=[*TOOLS, "--bind", f"{{sources}}/{arch}/mkfile:/{arch}/mkfile:ro", "--bind", f"lib:/{arch}/lib"],
            arch=arch,
            timeout=600,
        ),
        Case(
            "nm rc",
            ["-c", f"{make}; nm prog.{number}"],
            files=FILES,
            stdout=re.compile(r"^ *T begin\n(.*\n)* +U pwrite\n"),
            options=TOOLS,
        ),
        Case(
            "size rc",
            ["-c", f"{make}; size prog"],
            files=FILES,
            stdout=re.compile(r"^\d+t \+ \d+d \+ \d+b = \d+\tprog\n"),
            options=TOOLS,
        ),
        Case(
            "file rc",
            ["-c", f"{make}; file prog prog.{number}"],
            files=FILES,
            stdout=re.compile(rf"^prog:   {arch} plan 9 executable\nprog.{number}: {arch} .{number} intermediate\n"),
            options=TOOLS,
        ),
        Case(
            "strip rc",
            ["-c", f"{make}; strip prog; nm prog; prog"],
            files=FILES,
            stdout=PRINTED,
            arch=arch,
            options=TOOLS,
        ),
        Case(
            "ar rc",
            ["-c", f"{make}; ar rc lib.a prog.{number} s{number}.{number}; ar t lib.a; {number}l -l -o other lib.a"],
            files=FILES,
            stdout=f"__.SYMDEF\nprog.{number}\ns{number}.{number}\n",
            options=TOOLS,
        ),
    ]


CASES = [
    *cases("6", "amd64", r"TEXT\tfib<>.*\n(.*\n)*\tCALL\t,fib<>"),
    *cases("7", "arm64", r"TEXT\tfib<>.*\n(.*\n)*\tBL\tfib<>"),
]
