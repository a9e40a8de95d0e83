"""rc, the shell, with the commands that its scripts run; what is expected is what rc(1) says."""

import re
from collections.abc import Mapping, Sequence

from elf9.testing import Case
from elf9.testing.case import Expected

from . import COMMANDS

#: rc reads /rc/lib/rcmain when it starts.
RC = (*COMMANDS, "--bind", "{sources}/rc:/rc:ro")


def script(
    title: str,
    text: str,
    stdout: Expected,
    args: Sequence[str] = (),
    *,
    files: Mapping[str, str] | None = None,
    stderr: Expected = "",
    exit_string: Expected = None,
    env: Mapping[str, str] | None = None,
) -> Case:
    """A run of rc with a file and its arguments."""
    return Case(
        "rc",
        ["script", *args],
        files={"script": text, **(files or {})},
        stdout=stdout,
        stderr=stderr,
        exit_string=exit_string,
        env=env or {},
        options=RC,
        title=title,
    )


LISTS = """\
x=(a b c d)
y=()
echo $x
echo $#x $x(2) $x(2-3) $x(3-) $x(9) end $#y $#nosuch
echo pre^$x^post (1 2 3)^(a b c)
echo $"x '' 'it''s' a'b c'd
name=file
echo $name.c -$name $name^1
which=name; echo $$which
x=$x(2-); x=($x e); echo $x
"""

FUNCTIONS = """\
fn f {
	echo $0: $#* $1 $2
	shift
	echo $*
	status=done
}
f one 'two words' three
echo $status
whatis f
fn g h { echo $0 }
g; h
fn g
whatis g
if(! ~ $status '') echo gone
fn later { v=inside; v=local echo $v }
later
echo $v
builtin cd /; pwd
"""

CONTROL = """\
if(~ file.c *.c) echo C
if not echo no
if(~ file.h *.c) echo C
if not echo not C
if(test -e /nosuch) echo there
if(! test -e /nosuch) echo not there
! ~ a b && echo and
~ a b || echo or
for(i in 1 2 3) echo -n $i' '
echo
for(i) echo argument $i
x=(1 2 3)
while(! ~ $#x 0){
	echo -n $#x
	x=$x(2-)
}
echo
for(i in foo.c bar.h baz z '*') switch($i){
case *.c *.h
	echo $i source
case [a-c]*
	echo $i a to c
case '*'
	echo a star
case *
	echo $i other
}
if(~ b a [~a]) echo one of them
"""

BACKQUOTE = """\
echo `{echo a b; echo c}
x=`{echo 'a:b c'}; echo $#x
x=`:{echo -n 'a:b c:d'}; echo $#x $x(2)
nl='
'
x=`$nl{echo one two; echo three}; echo $#x
x=`''{echo one; echo two}; echo -n $x; echo $#x
echo x`{echo 1 2}^y
ifs=, x=`{echo -n 1,2,3} echo $x
"""

HERE = """\
n=name; x=(a b)
cat <<!
$n is $n^d, the list is $x
costs $$5
!
cat <<'!'
$n is $n^d
!
tr a-z A-Z <<one; cat <<two
first
one
second
two
for(i in 1 2) cat <<end
round $i
end
"""

REDIRECTION = """\
echo one >out; echo two >>out
cat <out
cat out out | wc -l
{echo to two >[1=2]; ls /nosuch} >[2]errs
cat errs
{echo a; echo b >[1=2]} >[2=1] | sort
ls /nosuch >[2=]
if(! ~ $status '') echo failed
echo ignored >/dev/null
cat <>out
echo three >[3]x3 >[1=3]; cat x3
{echo to3 >[1=3]} |[3] cat
echo from >in; cat <[0]in
"""

PIPES = """\
echo hello | tr a-z A-Z | sed 's/L+/<&>/'
test 1 '=' 2 | test 1 '=' 1
if(~ $status ?*'|') echo first failed
test 1 '=' 1 | test 1 '=' 1
if(~ $status '') echo none failed
fn up { tr a-z A-Z }
echo down | up
for(i in c a b) echo $i | cat | cat
{ for(i in c a b) echo $i } | sort | while(x=`{read}) if(! ~ $#x 0) echo line $x
cat <{echo left} <{echo right}
if(cmp <{echo same} <{echo same}) echo same
echo into | tee >{cat >copied}
while(! test -s copied) sleep 0
cat copied
"""

SUBSHELL = """\
v=outer
@{ v=inner; cd /; echo $v `{pwd} }
echo $v
{ v=changed }
echo $v
v=(1 2) { echo $#v $v(2) }
echo $v
eval 'q=(e f); echo $#q'
w=v; eval echo '$'$w
V=(p q) rc -c 'echo $#V $V(1)'
fn kept { echo kept $* }
rc -c 'kept 1'
@{ rfork ne; v=hidden; fn kept }
rc -c 'echo $v; kept 2'
echo echo from a script '$*' > s.rc
. ./s.rc arg
exec echo last
"""

BACKGROUND = """\
{ sleep 0; echo behind } &
wait $apid
echo $#apid
sleep 0 &
a=$apid
{ exit bad } &
b=$apid
wait $a; echo first: $"status
wait
fn sigexit { echo leaving }
exit 'so long'
"""

GLOBS = """\
touch g1.x g2.x h.x
echo g?.x *.x [g-h]*.x [~g]*.x nomatch* 'g?.x'
echo sub/*/f
x=g; echo $x^*.x $x^'*'
"""

CASES = [
    Case("rc", ["-c", "echo hello; echo `{echo a b | wc}"], stdout="hello\n1 2 4\n", options=RC),
    Case("rc", stdin="echo from standard input\necho $#*\n", stdout="from standard input\n0\n", options=RC),
    Case(
        "rc", ["-e", "-c", "echo a; test -e /nosuch; echo b"], stdout="a\n", exit_string=re.compile("false"), options=RC
    ),
    Case("rc", ["-v", "-c", "echo x"], stdout="x\n", options=RC),
    Case(
        "rc",
        ["-x", "-c", "echo $x 'a b'"],
        env={"x": "1"},
        stdout="1 a b\n",
        stderr=re.compile(r"^echo 1 'a b'$", re.MULTILINE),
        options=RC,
    ),
    Case(
        "rc",
        ["-i"],
        stdin="echo one\nnosuch\necho $status\n",
        stdout=re.compile(r"^one\n.*file does not exist.*\n$"),
        stderr=re.compile(r"^% % .*nosuch.*file does not exist.*\n% % $", re.DOTALL),
        options=RC,
    ),
    script(
        "lists",
        LISTS,
        "a b c d\n4 b b c c d end 0 0\npreapost prebpost precpost predpost 1a 2b 3c\na b c d  it's ab cd\n"
        "file.c -file file1\nfile\nb c d e\n",
    ),
    script(
        "functions",
        FUNCTIONS,
        "script: 3 one two words\ntwo words three\ndone\n"
        "fn f {\n\techo $0^: $#* $1 $2\n\tshift\n\techo $*\n\tstatus=done\n}\n"
        "script\nscript\ngone\nlocal\ninside\n/\n",
        stderr="g: not found\n",
    ),
    script(
        "control",
        CONTROL,
        "C\nnot C\nnot there\nand\nor\n1 2 3 \nargument one\nargument two three\n321\n"
        "foo.c source\nbar.h source\nbaz a to c\nz other\na star\none of them\n",
        ["one", "two three"],
    ),
    script("backquote", BACKQUOTE, "a b c\n2\n3 b c\n2\none\ntwo\n1\nx1y x2y\n1 2 3\n"),
    script("here", HERE, "name is named, the list is a b\ncosts $5\n$n is $n^d\nFIRST\nsecond\nround 1\nround 2\n"),
    script(
        "redirection",
        REDIRECTION,
        "one\ntwo\n      4\nto two\nls: /nosuch: file does not exist: '/nosuch'\n"
        "a\nb\nfailed\none\ntwo\nthree\nto3\nfrom\n",
    ),
    script(
        "pipes",
        PIPES,
        "HE<LL>O\nfirst failed\nnone failed\nDOWN\nc\na\nb\nline a\nline b\nline c\nleft\nright\nsame\ninto\ninto\n",
    ),
    script(
        "subshell",
        SUBSHELL,
        "inner /\nouter\nchanged\n2 2\nchanged\n2\nchanged\n2 p\nkept 1\nchanged\nkept 2\nfrom a script arg\nlast\n",
    ),
    script("background", BACKGROUND, "behind\n1\nfirst: \nleaving\n", exit_string="so long"),
    script(
        "globs",
        GLOBS,
        "g1.x g2.x g1.x g2.x h.x g1.x g2.x h.x h.x nomatch* g?.x\nsub/a/f sub/b/f\ng1.x g2.x g*\n",
        files={"sub/a/f": "", "sub/b/f": ""},
    ),
]
