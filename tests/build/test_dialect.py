"""Plan 9's dialect of C: what kencc accepts compiles without a word, mistakes are still said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.build import dialect

U_H = b"\n#define long int\n"

#: Everything that is unusual, in the style of 9front's commands.
PLAN9 = """\
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <thread.h>
#include "shared.h"

#define	ISVOWEL(c)	(c == 'a' || c == 'e' && 1)	/* a /* in a comment */

typedef struct Page Page;
struct Page {
	QLock;
	Ref;
	char	*name;
	Page	*tail, *head;		/* as those of QLock in Plan 9 */
	int	readers;
	union {
		vlong	v;
		struct { ulong lo, hi; };
	};
};

enum { One, Two };
typedef enum { Red, Green, Blue } Colour;

Rune greek[] = L"αβγ\\"L";
Rune *names[] = { L"one", L"two" "three" };
unsigned long long big = 1;
int digits[] = { [One] 1, [Two] 2 };
Page page = {
	.name "L\\"page\\"",	/* .readers 3 */
	.readers 4,
	.lo	1,
};
Page none = { 0 };
struct { char *s; int n; } table[] = { "a", 1, "b", 2, nil };
static indent;
const char fixed[] = "const";
#pragma pack on
struct Packed { char c; vlong v; };
#pragma pack off
int packed[sizeof(struct Packed) == 9 ? 1 : -1];
int less(char*, void*);
Biobuf bout;
int tentative;

int
less(const char *s, const void *t)
{
	return strcmp(s, t) < 0;
}

static int
compare(const void *va, const void *vb)
{
	char **a, **b;

	a = va;
	b = vb;
	return strcmp(*a, *b);
}

long long
twice(unsigned long long n, long)
{
	return n*2 + sizeof(long long);
}

int
kind(int c, Colour colour)
{
	char *p, *q;
	va_list arg, *ap = &arg;

	if(p = strchr("aeiou", c))
		if(*p == 'a')
			return 1;
		else
			return 2;
	SET(q);
	USED(q, ap);
	switch(colour){
	case Red:
		c++;
	case Green:
		c++;
	}
	switch(c){
	case L'é':
	case '\\n':
		return c & 1 == 0 ? L'ö' : indent;
	}
	return strlen(fixed) + (c > 3 && c < 5 || c == 7) + "what??!"[0];
}

void
main(int argc, char *argv[])
{
	Page *p = &page;

	ARGBEGIN{
	case 'n':
		p->name = EARGF(sysfatal("usage"));
	default:
		break;
	}ARGEND
	qlock(p);
	incref(p);
	p->Ref.ref = 1;
	qsort(argv, argc, sizeof argv[0], compare);
	Bprint(&bout, "%s %S %lld\\n", p->name, greek, twice(big, 1));
	qunlock(&p->QLock);
	p->tail = p;
	tentative = shared;
	exits(kind(argc, Blue)? "kind": nil);
}
#ifdef NEVER
#else NEVER
#endif NEVER
"""

MISTAKES = {
    "int unused;": "unused variable",
    "char *p = 3; USED(p);": "makes pointer from integer",
    "uchar *p = argv[0]; USED(p);": "differ in signedness",
    'int i; print("%d", i);': "uninitialized",
    "nosuch();": "implicit declaration",
    "ulong n = (ulong)argv; USED(n);": "pointer to integer of different size",
    "Dir *d = dirstat; USED(d);": "incompatible pointer type",
    'print("%s", argc);': "takes char*",
}


@pytest.fixture
def folder(workshop, request):
    """A folder of this test's own; its name."""
    name = re.sub(r"\W", "_", request.node.name)
    workshop.write({f"{name}/SConscript": 'Import("env")\nenv.Plan9Object(Glob("*.c"), float=True)\n'})
    return name


def test_plan9_compiles_in_silence(workshop, folder):
    workshop.write({f"{folder}/a.c": PLAN9, f"{folder}/shared.h": "int shared;\n"})
    done = workshop.only(folder, arch="amd64,arm64")
    assert done.stderr == ""
    assert done.returncode == 0
    assert not [name for name in workshop.files() if name.startswith("build") and name.endswith((".i", ".tmp"))]


def test_mistakes_are_said(workshop, folder):
    body = "\t{}\n\tUSED(argc);\n\texits(argv[0]);\n"
    text = "#include <u.h>\n#include <libc.h>\n{}void\nmain(int argc, char **argv)\n{{\n" + body + "}}\n"
    wide = 'Rune wide[] = L"w";\n'
    for number, mistake in enumerate(MISTAKES):
        for name, before in (("plain", ""), ("wide", wide)):
            workshop.write({f"{folder}/{name}{number}.c": text.format(before, mistake)})
    done = workshop.only(folder)
    for number, said in enumerate(MISTAKES.values()):
        for name, line in (("plain", 6), ("wide", 7)):
            assert re.search(rf"{name}{number}\.c:{line}:.*{re.escape(said)}", done.stderr), (name, number, done.stderr)


def test_gcc_is_heard_when_asked(workshop, folder):
    text = "#include <u.h>\nint f(int a) { if(a = 1) return 2; return a; }\n"
    workshop.write({f"{folder}/a.c": text})
    assert workshop.only(folder).stderr == ""
    workshop.write({f"{folder}/SConscript": 'Import("env")\nenv.Plan9Object("a.c", CPPDEFINES=["ELF9_WARN"])\n'})
    assert "-Wparentheses" in workshop.only(folder).stderr


def test_iso_c_is_left_alone(workshop, folder):
    workshop.write(
        {
            f"{folder}/a.c": '#include <stddef.h>\n#include <stdarg.h>\nwchar_t wide[] = L"w";\n'
            "long long big = sizeof(long) == 8;\n"
            '_Static_assert(sizeof(long) == 8 && __builtin_types_compatible_p(__typeof__(wide[0]), wchar_t), "");\n'
            "int f(int a) { if(a = 1) return 2; return a; }\n"
        }
    )
    done = workshop.only(folder)
    assert done.returncode == 0
    assert "-Wparentheses" in done.stderr


def test_a_variable_of_two_files_is_one(workshop, folder):
    workshop.write(
        {
            f"{folder}/a.c": "#include <u.h>\n#include <libc.h>\nint n;\nextern void set(void);\n"
            'void\nmain(int, char**)\n{\n\tset();\n\tprint("%d\\n", n);\n\texits(nil);\n}\n',
            f"{folder}/b.c": "int n;\nvoid set(void) { n = 3; }\n",
            f"{folder}/SConscript": 'Import("env")\np = env.Plan9Program("p", ["a.c", "b.c"])\n'
            'env.Plan9Test(p, stdout="3\\n")\n',
        }
    )
    workshop.output(folder, f"{folder}/p")


#: What ls, comm, tail and sha1sum of 9front do; and that ISO C stays as it was.
CONSTANTS = """\
#include <u.h>
#include <libc.h>

char *tabs[] = { "", "\\t", "\\t\\t" };
extern char etext[];
extern char *iso(void);

void
main(int, char**)
{
	char *dot = ".";
	Rune *wide = L"wide";

	uchar high[] = { 0x80, 0xff };
	ushort last = 0xffff;
	uvlong sum = high[0]<<24 | high[1], cast = (uchar)0x80<<24 | (uchar)*high<<24;

	tabs[2][1] = 0;
	dot[0] = '/';
	wide[3] = L'α';
	print("%d %s %S %d %d\\n", (int)strlen(tabs[1]), dot, wide, iso() < etext, ~0UL>>1 == 0x7fffffff);
	cast = sizeof high<<2 == 8 && cast>>31 == 1;
	print("%llux %llux %d %d\\n", sum, (uvlong)(last<<16), cast && -1 < sizeof sum, -1 < nelem(high));
	exits(nil);
}
"""


def test_constants_are_those_of_plan9(workshop, folder):
    workshop.write(
        {
            f"{folder}/a.c": CONSTANTS,
            f"{folder}/b.c": 'char *iso(void) { return "iso"; }\n',
            f"{folder}/SConscript": 'Import("env")\np = env.Plan9Program("p", ["a.c", "b.c"])\n'
            'env.Plan9Test(p, stdout="1 / widα 1 1\\n800000ff ffff0000 1 1\\n")\n',
        }
    )
    workshop.output(folder, f"{folder}/p")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('Rune r[] = L"x" "L" \'L\';', 'Rune r[] = U"x" "L" \'L\';'),
        ("unsigned long long a; long long int b; long x;", "uvlong a; vlong b; long x;"),
        ("long  long\tunsigned a;", "uvlong a;"),
        (
            "long int a, unsigned long int b, long unsigned int c;",
            "long     a, unsigned long     b, long unsigned     c;",
        ),
        ("{ .a 1, .b\tx, .c= 2, .d.e = 3, f(.5), }", "{ .a=1, .b=x, .c= 2, .d.e = 3, f(.5), }"),
        ("{\n\t/* first */\n\t.a f,\n}", "{\n\t/* first */\n\t.a=f,\n}"),
        ("~0UL >> 1, 0L, 0x7fL, 1uL, 2LU;", "~0U  >> 1, 0 , 0x7f , 1u , 2U ;"),
        ("1LL, 1ULL, 1.5f, .5, a0L, 0xfl1, 1e5, s.l;",) * 2,
        ("1.5L, .5L, 1e5L, 2.e-3l;", "1.5 , .5 , 1e5 , 2.e-3 ;"),
        ("int long a; int unsigned long b; long double c;", "    long a;     unsigned long b;      double c;"),
        ("#define LONG long\nint x; unsigned y; long z;",) * 2,
        ("{ .a /* c */ = 1, .b // d\n = 2, .c \\\n= 3 }",) * 2,
        ('{ .a /* c */ 1, .b"text", .c{1} }', '{ .a=/* c */ 1, .b="text", .c={1} }'),
        ("v = p[0]<<24 | *p++ << 8;", "v = _e9u(p[0])<<24 | _e9u(*p++) << 8;"),
        ("s->c.d[i]\t<< 1, f(a, (uint)b<<1)", "_e9u(s->c.d[i])\t<< 1, f(a, _e9u((uint)b)<<1)"),
        (
            "(uchar)b<<24, (uchar)*p++<<8, (uvlong)(uchar)f(x)<<1",
            "_e9u((uchar)b)<<24, _e9u((uchar)*p++)<<8, _e9u((uvlong)(uchar)f(x))<<1",
        ),
        ("(uchar)0x80<<24, (uint)1<<31, (n) 1<<3", "_e9u((uchar)0x80)<<24, (uint)1<<31, (n) 1<<3"),
        ("return(a)<<1; if(c) a<<1; x = (b)*a<<1;", "return _e9u((a))<<1; if(c) a<<1; x = (b)*_e9u(a)<<1;"),
        (
            "sizeof(a)<<1; sizeof (a)<<1; sizeof a<<1; sizeof a->b[1]<<1; n<<sizeof a;",
            "sizeof(a)<<1; sizeof (a)<<1; sizeof a<<1; sizeof a->b[1]<<1; _e9u(n)<<sizeof a;",
        ),
        (
            "x = a |\t// first (high)\n\t(b)<<8 | // the end.\n\tc<<1;",
            "x = a |\t// first (high)\n\t_e9u((b))<<8 | // the end.\n\t_e9u(c)<<1;",
        ),
        ("a /* << ( */ << 1, f /* x */ (a)<<1", "_e9u(a) /* << ( */ << 1, _e9u(f /* x */ (a))<<1"),
        ("a = f\r\n(b)<<1", "a = _e9u(f\r\n(b))<<1"),
        (
            "#define A(a,b) a##b<<1\n#define B(a) #a<<1\n#define C(a) <<a\n#define D <<\n#undef E\n(a)<<1",
            "#define A(a,b) a##b<<1\n#define B(a) #a<<1\n#define C(a) <<a\n#define D <<\n#undef E\n_e9u((a))<<1",
        ),
        (
            "#define A(p) \\\n\t(p)[0]<<24|\\\n\t(p)[1]<<16",
            "#define A(p) \\\n\t_e9u((p)[0])<<24|\\\n\t_e9u((p)[1])<<16",
        ),
        ('R"(" L")" L"a" LR"x( L" )x"', 'R"(" L")" U"a" LR"x( L" )x"'),
        ("a << b << c; x = y<<=2; v <<= n<<1;", "_e9u(a) << _e9u(b) << c; x = y<<=2; v <<= _e9u(n)<<1;"),
        ("return (p)[1]<<8; return (a)<<1;", "return _e9u((p)[1])<<8; return _e9u((a))<<1;"),
        ("-c<<2, a*b<<2, *--p<<1, ++*p<<1", "-_e9u(c)<<2, a*_e9u(b)<<2, _e9u(*--p)<<1, _e9u(++*p)<<1"),
        ("#define X (Y)<<1\n#define Z(a) a<<1", "#define X _e9u((Y))<<1\n#define Z(a) _e9u(a)<<1"),
        ("1<<3, a++ +b<<1, f(1)<<1, (a<<1)<<2;", "1<<3, a++ +_e9u(b)<<1, _e9u(f(1))<<1, (_e9u(a)<<1)<<2;"),
        ("a <<= 1; 'a'<<8; f('(')<<1;\n",) * 2,
        ("a+++b<<1; x = /* c */ <<1; '\"'<<1;\n",) * 2,
        ("0xe+1, 0xfE-x, 0xe4+1, 1e+1, 0xe +1, a0xe+1;", "0xe +1, 0xfE -x, 0xe4+1, 1e+1, 0xe +1, a0xe+1;"),
        ("{ .a\n1 }", "{ .a=\n1 }"),
        ('/* L"x" long long, .a 1 */ "long long" // L"y"\n', '/* L"x" long long, .a 1 */ "long long" // L"y"\n'),
        ('x = a, b.c; s->l; TAIL"x"; strlong longlong;', 'x = a, b.c; s->l; TAIL"x"; strlong longlong;'),
        ("char a[];\nint b[], *c[] ;\n", "extern char a[];\nextern int b[], *c[] ;\n"),
        ("struct S s[];\nunsigned char u[];\n", "extern struct S s[];\nextern unsigned char u[];\n"),
        ("struct S {\nint n;\nchar s[]; /* c */\n};",) * 2,
        ("extern char a[];\n\tchar b[];\nchar c[] = 1;\nT t[];\nchar f(char[]);\n",) * 2,
        ('"a\\\\" L"b"', '"a\\\\" U"b"'),
        ("int f(const char*, const unsigned char *p);", "int f(      char*,       unsigned char *p);"),
        ("char const *const table[] = {", "char       *const table[] = {"),
        ("static const int n = 3 * 4, *p;\nconst char s[2];",) * 2,
        ("#pragma pack on\n # pragma pack\toff\n", "#pragma pack(1)\n#pragma pack()\n"),
    ],
)
def test_translation(before, after):
    assert dialect.spell(before.encode()).decode() == after
    translated = dialect.translate(b"long long" + U_H + before.encode())
    assert translated == (b"long long" + U_H + after.encode() if before != after else None)
    assert dialect.translate(before.encode()) is None
    if before != after:
        assert dialect.may_need(before.encode())


def test_what_a_header_needs(workshop, folder):
    header = 'static Rune wide[] = L"wide";\nstatic unsigned long long big;\n'
    workshop.write({f"{folder}/a.c": '#include <u.h>\n#include "a.h"\nRune *f(void) { return wide + big; }\n'})
    workshop.write({f"{folder}/a.h": header})
    done = workshop.only(folder)
    assert done.stderr == ""
    assert done.returncode == 0
    assert dialect.may_need(b'#include "a.h"\n', {"u.h"})
    assert not dialect.may_need(b"#include <u.h>\n", {"u.h"})


@given(
    st.lists(
        st.sampled_from(
            [
                "L",
                '"',
                "\\",
                "'",
                "long ",
                "unsigned ",
                "{",
                ",",
                ".a ",
                "1",
                "/*",
                "*/",
                "//",
                "\n",
                " ",
                "char ",
                "[]",
                ";",
                "a",
                "(",
                ")",
                "*",
                "++",
                "<<",
            ]
        )
    )
)
def test_lines_and_what_needs_no_change_stay(words):
    text = "".join(words).encode()
    translated = dialect.spell(text)
    assert translated.count(b"\n") == text.count(b"\n")
    assert dialect.spell(translated) == translated
    if not dialect.may_need(text):
        assert translated == text
