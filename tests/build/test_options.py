"""The variables of the command line."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.build.options import OptionError, parse, variables
from elf9.build.suggest import did_you_mean

KNOWN = [word.partition("=")[0] for word in variables()]


def test_nothing_said():
    options = parse({}, {})
    assert options.architectures == ("amd64", "arm64")
    assert not options.architectures_named
    assert options.modes == ("debug",)
    assert not options.verbose


def test_lists_keep_the_order_of_the_targets():
    options = parse({"ARCH": "arm64, amd64", "MODE": "release,debug,release"}, {})
    assert options.architectures == ("amd64", "arm64")
    assert options.modes == ("debug", "release")
    assert options.architectures_named


def test_all():
    assert parse({"ARCH": "all", "MODE": "all"}, {}).modes == ("debug", "release")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ARCH": "amd65"}, ["amd65", "did you mean 'amd64'?", "arm64"]),
        ({"MODE": "relaese"}, ["relaese", "did you mean 'release'?"]),
        ({"mode": "debug"}, ["unknown variable 'mode'", "did you mean 'MODE'?"]),
        ({"CC_amd46": "gcc"}, ["CC_amd46", "did you mean 'CC_amd64'?"]),
        ({"VERBOSE": "maybe"}, ["VERBOSE=maybe", "1 or 0"]),
        ({"CFLAGS": "-O3"}, ["unknown variable 'CFLAGS'"]),
    ],
)
def test_errors_say_what_is_meant(arguments, words):
    with pytest.raises(OptionError) as error:
        parse(arguments, {})
    for word in words:
        assert word in str(error.value)


def test_a_projects_own_variables():
    assert parse({"NAME": "x"}, {"NAME=FOLDER": "help"}).modes == ("debug",)
    with pytest.raises(OptionError, match="did you mean 'NAME'"):
        parse({"NAMES": "x"}, {"NAME=FOLDER": "help"})


@given(st.text(string.ascii_letters + "_", min_size=1))
def test_no_unknown_variable_is_ignored(name):
    if name in KNOWN:
        return
    with pytest.raises(OptionError, match="unknown variable"):
        parse({name: "1"}, {})


@given(st.text(string.ascii_lowercase + string.digits, min_size=1))
def test_no_unknown_value_is_ignored(value):
    if value in {"amd64", "arm64", "all"}:
        return
    with pytest.raises(OptionError, match="unknown value"):
        parse({"ARCH": value}, {})


def test_no_suggestion_where_nothing_is_close():
    assert did_you_mean("zzzzzz", ["amd64", "arm64"]) == "."


def test_the_names_of_gcc_lead_to_ours():
    for word, name in (("x86_64", "amd64"), ("x86-64", "amd64"), ("aarch64", "arm64")):
        with pytest.raises(OptionError, match=f"did you mean '{name}'"):
            parse({"ARCH": word}, {})
