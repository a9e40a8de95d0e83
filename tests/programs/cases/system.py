"""Commands about processes and name spaces, those that only rc's scripts use, and what is seen only by two commands.

`chmod rc` is a case of chmod that rc runs, with `ls` or the like beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from elf9.testing import Case
from elf9.testing.case import Expected

from . import HOME, no_file
from .shell import RC


def script(command: str, text: str, stdout: Expected = "", *, files: Mapping[str, str | bytes] | None = None) -> Case:
    """A case of a command that is told by a script of rc."""
    return Case(f"{command} rc", ["-c", text], files=files or {}, stdout=stdout, stderr="", options=RC)


def same_words(text: str) -> re.Pattern[str]:
    """Whatever has these characters in this order, and white space anywhere."""
    return re.compile(r"^\s*" + r"\s*".join(re.escape(sign) for sign in text if not sign.isspace()) + r"\s*$")


CASES = [
    # what one command did is seen by another
    script("chmod", "chmod 640 f; ls -l f", re.compile("^--rw-r----- "), files={"f": ""}),
    script("chmod", "chmod 600 f; chmod a+x f; test -x f && echo yes", "yes\n", files={"f": ""}),
    script("chmod", "chmod go-rwx f; ls -l f", re.compile("^--rw------- "), files={"f": ""}),
    script("mkdir", "mkdir -p a/b/c; mkdir -m 750 d; ls -lpd d; ls a/b", re.compile("^d-rwxr-x--- .* d\na/b/c\n$")),
    script("touch", "touch -t 1000000000 f g; mtime f g", " 1000000000 f\n 1000000000 g\n"),
    script("cp", "touch -t 1234 f; cp -x f g; mtime g", f"{1234:11d} g\n", files={"f": "x"}),
    script("mv", "touch -t 1234 f; mkdir d; mv f d; mtime d/f; ls", f"{1234:11d} d/f\nd\n", files={"f": "x"}),
    script("ls", "touch -t 9 old; touch -t 99 new; ls -t; ls -rt", "new\nold\nold\nnew\n"),
    script(
        "test",
        "touch -t 9 a; touch -t 99 b; test a -ot b; echo $status; test b -older 5; echo $status",
        re.compile(r"^\ntest \d+: false\n$"),
    ),
    script("sleep", "{sleep 0.4; echo two} & {sleep .1; echo one}; wait", "one\ntwo\n"),
    script("tail", "{echo 1; echo 2; echo 3} | tail -2 | tail -r", "3\n2\n"),
    # name spaces: what is bound is there for the rest of the script
    script(
        "bind",
        "bind -a d e; ls e; cat e/f",
        "e/f\ne/f\ne/g\nmine\n",
        files={"d/f": "other\n", "d/g": "", "e/f": "mine\n"},
    ),
    script("bind", "bind -b d e; cat e/f; unmount d e; cat e/f", "d\ne\n", files={"d/f": "d\n", "e/f": "e\n"}),
    Case("bind", ["none", "/"], stderr=f"bind: none: {no_file('none')}\n", exit_string="bind"),
    Case("bind", ["-ab", "a", "b"], stderr="usage: bind [-b|-a|-c|-bc|-ac] new old\n", exit_string="usage"),
    script("unmount", "bind d e; unmount e; cat e/f", "e\n", files={"d/f": "d\n", "e/f": "e\n"}),
    Case("unmount", ["/"], stderr="unmount: /: not mounted\n", exit_string="/: not mounted"),
    # file servers
    script(
        "ramfs",
        "ramfs -m d; echo hello >d/f; mkdir d/sub; cp d/f d/sub/g; cat d/sub/g; ls -p d; rm d/f; ls d; unmount d; ls d",
        "hello\nf\nsub\nd/sub\nd/was\n",
        files={"d/was": ""},
    ),
    script(
        "ramfs",
        "ramfs -c -b -m d; echo new >d/f; cat d/f d/was; chmod 600 d/f; ls -l d/f",
        re.compile("^new\nold\n--rw-------"),
        files={"d/was": "old\n"},
    ),
    script(
        "skelfs", "skelfs d; ls -ld d/any d/name; ls d", re.compile(r"^(d.* d/(any|name)\n){2}$"), files={"d/was": ""}
    ),
    # processes
    script(
        "ps",
        "sleep 5 & ps; echo kill >/proc/$apid/ctl",
        re.compile(r"^(glenda +\d+ +\d+:\d\d +\d+:\d\d +\d+K \w+ +(rc|sleep|ps)\n){3}$"),
    ),
    Case("ps", ["-a"], stdout=re.compile(r"^glenda .* ps -a\n$")),
    script("pstree", "pstree; echo", re.compile(r"^\d+ +.*rc.*\n\d+ +.*└pstree\n\n$")),
    # what scripts are made with
    Case(
        "getflags",
        ["-ab", "two words", "x"],
        env={"flagfmt": "a,b:big n,c"},
        stdout="flaga=()\nbig=()\nflagc=()\nflaga=1\nbig=('two words')\n*=(x)\nstatus=''\n",
    ),
    Case("getflags", ["-x"], env={"flagfmt": "a"}, stdout="status=usage\n"),
    Case("getflags", stdout="exit 'missing flagfmt'", stderr="$flagfmt not set\n"),
    Case(
        "usage",
        env={"0": "/bin/prog", "flagfmt": "a,b:big n", "args": "file..."},
        stderr="usage: prog [-a] [-b n] file...\n",
        exit_string="usage",
    ),
    Case(
        "data2s",
        ["x"],
        stdin='ab"c\n',
        stdout="#define D(o,s) DATA xcode+o(SB)/8, $s\n"
        'D(0,"ab\\"c\\12\\z\\z\\z")\n'
        "#undef D\nGLOBL xcode+0(SB), $8\nGLOBL xlen+0(SB), $4\nDATA xlen+0(SB)/4, $5\n",
    ),
    Case("zerotrunc", stdin=b"before\0after", stdout="before"),
    script(
        "bflz",
        "bflz f >[2]/dev/null >g; unbflz g >h; cmp f h && test -s g; echo $status",
        "\n",
        files={"f": b"abcabcabc" * 500},
    ),
    Case("unbflz", stdin="none of it", stderr=re.compile("^unbflz: "), exit_string=re.compile(".")),
    # text
    Case(
        "cb",
        stdin="main(){int i;for(i=0;i<3;i++){print(i);}}\n",
        stdout=same_words("main(){int i;for(i=0;i<3;i++){print(i);}}"),
    ),
    Case(
        "cb",
        ["-s"],
        stdin="int f(int a){if(a){return 1;}else return 2;}\n",
        stdout=re.compile(r"^int\tf\(int a\)\n\{\n\tif \(a\) "),
    ),
    Case(
        "html2ms",
        stdin="<html><body><h1>Title</h1><p>Text &amp; <b>bold</b></p></body></html>",
        stdout=re.compile(r"(?s)Title.*Text &.*bold"),
        exit_string="main",
    ),
    Case("fortune", ["f"], files={"f": "the only one\n"}, stdout="the only one\n"),
    Case("fortune", ["f"], files={"f": "one\ntwo\nthree\n"}, stdout=re.compile("^(one|two|three)\n$")),
    Case("fortune", ["none"], stdout="Misfortune!\n", exit_string="misfortune"),
    Case("pcode", ["none"], stderr="Cannot open none\n", exit_string="open"),
    Case(
        "sprog rc",
        [
            "-c",
            "cd /spell; pcode list american local stop >$home/words;"
            "for(w in running wrld colour) echo $w | sprog -f $home/words",
        ],
        env={"home": HOME},
        stdout="wrld\ncolour\n",
        options=(*RC, "--bind", "{sources}/sys/src/cmd/spell:/spell:ro"),
    ),
]
