"""Commands with a language of their own: awk, grep, hoc, bc, mk, yacc, lex, and the editors.

What is expected is worked out from the manual or by Python.
"""

import math
import re

from elf9.testing import Case

from . import COMMANDS
from .shell import RC

PEOPLE = "ken 42 plan9\nrob 27 go\ndmr 35 c\n\nken 1 go\n"

AWK = r"""
BEGIN { OFS = "-"; n = split("a:b:c", parts, ":"); print n, parts[1], parts[3] }
NF == 0 { blank++; next }
$2 > 30 { big[NR] = $1 }
{ sum += $2; count[$1]++ }
/go$/ { go = go " " $1 }
END {
	for(i = 1; i <= NR; i++) if(i in big) print i, big[i]
	printf "%d %5.2f|%-5s|%c%o %x\n", sum, sum/3, "ab", "x", 8, 255
	print count["ken"], blank, go
	s = "hello world"; gsub(/o/, "[&]", s); print s, length(s), index(s, "w"), substr(s, 1, 3)
	print match("foobar", /o+/), RSTART, RLENGTH, toupper("abc"), tolower("DEF")
	print 2^10, 7 % 3, -3 % 2, 1e3, 0.1 + 0.2, 1/3, int(-3.7), 100000 * 100000
	print sqrt(2), exp(1), log(10), sin(1), cos(1), atan2(0, -1)
	while((getline line < "other") > 0) print "read " line
	print "to sort" | "sort"; print "a line" | "sort"; close("sort")
	"echo from rc" | getline x; print x
	print "out" > "made"; close("made")
	system("echo system")
	do k++; while(k < 3)
	print k, fact(10), (1 < 2) ? "yes" : "no", !x, ("a" < "b")
	exit 3
}
function fact(n) { return n <= 1 ? 1 : n * fact(n - 1) }
"""
AWK_PRINTED = (
    "3-a-c\n1-ken\n3-dmr\n105 35.00|ab   |x10 ff\n2-1- rob ken\n"
    "hell[o] w[o]rld-15-9-hel\n2-2-2-ABC-def\n"
    "1024-1--1-1000-0.3-0.333333--3-10000000000\n1.41421-2.71828-2.30259-0.841471-0.540302-3.14159\n"
    "read first\nread second\na line\nto sort\nfrom rc\nsystem\n3-3628800-yes-0-1\n"
)

HOC = r"""
1+2*3
2^10
10%4
7/2
x = 3
x^2 - 1
-x
sin(PI/2)
atan(1)*4
exp(1)
int(3.99)
sqrt(2)
log(E)
1/3
1e10
0.1+0.2
func fac(n) if(n <= 0) return 1 else return n * fac(n-1)
fac(10)
proc count(n) { for(i = 1; i <= n; i++) print i, " "
	print "\n" }
count(4)
y = 0
while(y < 3) { y += 1 }
y
_ * 2
x > 2 && y != 3
"""
HOC_VALUES = [
    7,
    1024,
    2,
    3.5,
    8,
    -3,
    1,
    math.pi,
    math.e,
    3,
    math.sqrt(2),
    1,
    1 / 3,
    1e10,
    0.1 + 0.2,
    3628800,
    "1  2  3  4  ",
    3,
    6,
    0,
]

BC = """\
scale=10
1/3
2^100
sqrt(2)
define f(n) {
	auto r
	r = 1
	for(n = n; n > 1; n = n - 1) r = r * n
	return(r)
}
f(30)
scale=0
obase=16
255
obase=10
ibase=2
1011
"""

MKFILE = """\
PROG=hello
OBJ=a.o b.o
all:V: $PROG
$PROG: $OBJ
	cat $prereq >$target
%.o: %.c
	{ echo '#' $stem; cat $stem.c } >$target
a.o: head.h
clean:V:
	rm -f $PROG *.o
list:VQ:
	for(i in $OBJ) echo $i $SRC
SRC=${OBJ:%.o=%.c} `{echo x y}
"""

YACC = """\
%token NUM
%left '+'
%left '*'
%%
line: expr	{ print("%d\\n", $1); }
expr: expr '+' expr	{ $$ = $1 + $3; }
	| expr '*' expr	{ $$ = $1 * $3; }
	| NUM
%%
"""

LEX = """\
%{
int n;
%}
%%
[0-9]+	{ n++; print("<%s>", yytext); }
[a-z]+	print("word");
.|\\n	ECHO;
%%
"""

DIARY = "one\ntwo\nthree\nfour\nfive\n"

CASES = [
    Case("awk", ["{ print $2, $1 }"], stdin="a b\nc d e\n", stdout="b a\nd c\n", options=RC),
    Case("awk", ["-F:", "-v", "x=7", "NR > 1 { print $1 x }"], stdin="a:1\nb:2\n", stdout="b7\n", options=RC),
    Case(
        "awk",
        ["-f", "prog", "people"],
        files={"prog": AWK, "people": PEOPLE, "other": "first\nsecond\n"},
        stdout=AWK_PRINTED,
        exit_string="error",
        expected_files={"made": "out\n"},
        options=RC,
    ),
    Case("awk", ["{"], stderr=re.compile("^awk: syntax error"), exit_string=re.compile("."), options=RC),
    Case("awk", ['BEGIN { print length("αβγ"), substr("αβγ", 2, 1), index("αβγ", "γ") }'], stdout="3 β 3\n"),
    Case(
        "maketab",
        files={"y.tab.h": "#define\tFIRSTTOKEN\t57346\n#define\tPROGRAM\t57347\n#define\tLASTTOKEN\t57348\n"},
        stdout=re.compile(r"\tnullproc,\t/\* FIRSTTOKEN \*/\n\tprogram,\t/\* PROGRAM \*/"),
    ),
    Case("grep", ["o"], stdin=PEOPLE, stdout="rob 27 go\nken 1 go\n"),
    Case("grep", ["-n", "^(ken|dmr) [0-9]+ [^g]"], stdin=PEOPLE, stdout="1: ken 42 plan9\n3: dmr 35 c\n"),
    Case("grep", ["-v", "^$"], stdin="a\n\nb\n", stdout="a\nb\n"),
    Case("grep", ["-c", "KEN"], stdin=PEOPLE, stdout="0\n", exit_string=re.compile("no matches")),
    Case("grep", ["-ic", "KEN"], stdin=PEOPLE, stdout="2\n"),
    Case("grep", ["-l", "x", "one", "two"], files={"one": "x", "two": "y"}, stdout="one\n"),
    Case("grep", ["-h", "[α-ω]", "one", "two"], files={"one": "aλb\n", "two": "abc\n"}, stdout="aλb\n"),
    Case("grep", ["x", "one", "two"], files={"one": "x\n", "two": "xx\n"}, stdout="one:x\ntwo:xx\n"),
    Case("grep", ["-s", "x", "one"], files={"one": "x\n"}, stdout=""),
    Case("grep", ["-f", "pat", "one"], files={"pat": "a+b\nc$\n", "one": "aab\nxc\ncx\n"}, stdout="aab\nxc\n"),
    Case("grep", ["(x"], stderr=re.compile("syntax"), exit_string=re.compile(".")),
    Case("hoc", stdin=HOC, stdout="".join(f"{v:.12g}\n" if v != "1  2  3  4  " else f"{v}\n" for v in HOC_VALUES)),
    Case("hoc", ["-e", "2^0.5 * 2^0.5"], stdout="2\n"),
    Case("hoc", stdin="1/0\n", stderr=re.compile("division by zero")),
    Case(
        "bc",
        stdin=BC,
        stdout=f".3333333333\n{2**100}\n1.4142135623\n{math.factorial(30)}\nff\n11\n",
        options=COMMANDS,
    ),
    Case(
        "bc",
        ["-l"],
        stdin="4*a(1)\ne(1)\n",
        stdout="3.14159265358979323846264338327950288419716939937508\n2.71828182845904523536028747135266249775724709369995\n",
        options=[*COMMANDS, "--bind", "{sources}/sys:/sys:ro"],
    ),
    Case(
        "mk",
        files={"mkfile": MKFILE, "a.c": "A\n", "b.c": "B\n", "head.h": ""},
        stdout="{ echo '#' a; cat a.c } >a.o\n{ echo '#' b; cat b.c } >b.o\ncat a.o b.o >hello\n",
        expected_files={"hello": "# a\nA\n# b\nB\n"},
        options=RC,
    ),
    Case("mk", ["list"], files={"mkfile": MKFILE}, stdout="a.o a.c b.c x y\nb.o a.c b.c x y\n", options=RC),
    Case("mk", ["-n", "clean"], files={"mkfile": MKFILE}, stdout="rm -f hello *.o\n", options=RC),
    Case(
        "mk",
        ["nothing"],
        files={"mkfile": MKFILE},
        stderr=re.compile("don't know how to make 'nothing'"),
        exit_string=re.compile("."),
        options=RC,
    ),
    Case(
        "mk",
        files={"mkfile": "x:\n\ttest -e /nosuch\n"},
        stdout="test -e /nosuch\n",
        stderr=re.compile("mk: test -e /nosuch *: exit status="),
        exit_string=re.compile("error"),
        options=RC,
    ),
    Case(
        "yacc",
        ["-v", "-d", "calc.y"],
        files={"calc.y": YACC},
        expected_files={
            "y.tab.h": re.compile("#define\tNUM\t57346"),
            "y.tab.c": re.compile(r"\{ yyval = yypt\[-2\].yyv \+ yypt\[-0\].yyv; \} break"),
            "y.output": re.compile(r"state 0\n"),
        },
        options=[*COMMANDS, "--bind", "{sources}/sys:/sys:ro"],
    ),
    Case(
        "yacc",
        ["bad.y"],
        files={"bad.y": "%%\na: b\n"},
        stderr=re.compile("nonterminal b not defined"),
        exit_string=re.compile("."),
        options=[*COMMANDS, "--bind", "{sources}/sys:/sys:ro"],
    ),
    Case(
        "lex",
        ["scan.l"],
        files={"scan.l": LEX},
        expected_files={"lex.yy.c": re.compile(r"print\(\"<%s>\", yytext\)")},
        options=[*COMMANDS, "--bind", "{sources}/sys:/sys:ro"],
    ),
    Case(
        "ed",
        ["-", "f"],
        files={"f": DIARY},
        stdin="2,4p\n/three/s/e*$/E/p\n1,2m$\n,n\n$a\nlast\n.\ng/o/s//0/g\nw\nq\n",
        stdout="two\nthree\nfour\nthrE\n1\tthrE\n2\tfour\n3\tfive\n4\tone\n5\ttwo\n",
        expected_files={"f": "thrE\nf0ur\nfive\n0ne\ntw0\nlast\n"},
    ),
    Case("ed", stdin="r f\n1d\nw g\nq\n", files={"f": DIARY}, stdout="24\n20\n", expected_files={"g": DIARY[4:]}),
    Case("ed", ["-"], stdin="zzz\n", stdout="?\n"),
    Case(
        "sam",
        ["-d", "f"],
        files={"f": DIARY},
        stdin=",x/t[a-z]+/c/T/\n,p\n1;+#3p\n/five/=\nw\nq\n",
        stdout=re.compile("^one\nT\nT\nfour\nfive\n"),
        expected_files={"f": "one\nT\nT\nfour\nfive\n"},
    ),
]
