"""Generated main.cf and master.cf, read as postconf(1) reads them: -n, -x, -M, -P; and what it warns of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.master import read_master
from mailproof.parse.postfix.parameters import read_main

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("postconf") is None, reason="needs Postfix"),
]

BEGIN = "compatibility_level = 3.6\nmyhostname = h.d.test\n"
NAMES = (
    "smtpd_banner",
    "relayhost",
    "mydestination",
    "virtual_alias_maps",
    "bounce_notice_recipient",
    "always_bcc",
    "notify_classes",
)


def write(directory: Path, name: str, text: str) -> None:
    """Back-dated: Postfix waits for files that are younger than two seconds."""
    (directory / name).write_text(text)
    os.utime(directory / name, (1e9, 1e9))


def postconf(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["postconf", "-c", str(directory), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


words = st.sampled_from(
    ["a", "b.test", "[h]:25", "hash:/x", "{x y}", "a,b", "$myhostname", "${relayhost}", "#", "=", "x=y"]
)
text = st.lists(words, min_size=1, max_size=4).map(" ".join)
entry = st.builds(
    lambda name, values, comment: f"{name} = " + ("\n# in between\n  " if comment else "\n  ").join(values) + "\n",
    st.sampled_from(NAMES),
    st.lists(text, min_size=1, max_size=3),
    st.booleans(),
)
noise = st.sampled_from(["# comment\n", "\n", "   \n", "  # indented\n"])


@given(st.lists(st.one_of(entry, entry, noise), max_size=10))
@settings(max_examples=120, deadline=None)
def test_what_is_set_is_what_postconf_says(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = BEGIN + "".join(parts)
    write(directory, "main.cf", written)
    write(directory, "master.cf", "")
    ours = read_main(written.encode(), {"config_directory": str(directory)})
    if any(ours.value(name).trouble for name in ours.settings):
        return  # -n expands too, and ends there
    shown = dict(line.split(" =", 1) for line in postconf(directory, "-n").stdout.splitlines())
    for name in NAMES:
        assert (name in shown) == (name in ours.settings)
        if name in shown:
            assert shown[name].split() == ours.setting(name).value.split()


@given(st.lists(st.one_of(entry, entry, noise), max_size=10))
@settings(max_examples=60, deadline=None)
def test_values_are_expanded_as_postconf_does(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = BEGIN + "".join(parts)
    write(directory, "main.cf", written)
    ours = read_main(written.encode(), {"config_directory": str(directory)})
    if any(ours.value(name).trouble for name in ours.settings):
        return  # postconf ends at the first, whichever it was asked for
    for name in ours.settings:
        value = ours.value(name)
        done = postconf(directory, "-xh", name)
        assert done.stdout.split() == value.text.split()


pieces = st.recursive(
    st.sampled_from(["a", "$myhostname", "$relayhost", "${mydomain}", "$$", "x y", "3", "10"]),
    lambda inner: st.one_of(
        st.builds("${{myhostname?{{{}}}:{{{}}}}}".format, inner, inner),
        st.builds("${{relayhost?{{{}}}:{{{}}}}}".format, inner, inner),
        st.builds("${{relayhost:{{{}}}}}".format, inner),
        st.builds("${{myhostname?{}}}".format, st.sampled_from(["t", "u v"])),
        st.builds("${{{{{}}} == {{{}}} ? {{{}}} : {{{}}}}}".format, inner, inner, inner, inner),
        st.builds("${{{{{}}} < {{{}}} ? {{{}}}}}".format, inner, inner, inner),
        st.builds("{} {}".format, inner, inner),
    ),
    max_leaves=6,
)
broken = st.sampled_from(
    ["${a", "${myhostname?{a}", "$", "${}", "${{1} ~ {2}}", "$-", "${myhostname?{a}b}", "x ${ y }"]
)


@given(st.one_of(pieces, pieces, pieces, broken))
@settings(max_examples=150, deadline=None)
def test_expressions_of_any_depth(tmp_path_factory: pytest.TempPathFactory, expression: str) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = f"{BEGIN}smtpd_banner = {expression}\n"
    write(directory, "main.cf", written)
    ours = read_main(written.encode()).value("smtpd_banner")
    done = postconf(directory, "-xh", "smtpd_banner")
    assert bool(ours.trouble) == (done.returncode != 0), done.stderr
    if not ours.trouble:
        assert ours.text.split() == done.stdout.split()


options = st.lists(
    st.sampled_from(
        [
            "-o a=b",
            "-o { c = d e }",
            "-oe=f",
            "-o g={h i}",
            "-v",
            "\n  -o j=k",
            "\n# no\n  -o l=m",
            "-o n=",
            "-D",
            "{o p}",
        ]
    ),
    max_size=4,
).map(" ".join)
service = st.builds(
    "{} {} n - {} - {} {} {}\n".format,
    st.sampled_from(["smtp", "587", "127.0.0.1:10025", "x"]),
    st.sampled_from(["inet", "unix", "pass"]),
    st.sampled_from(["y", "n", "-"]),
    st.sampled_from(["-", "0", "10"]),
    st.sampled_from(["smtpd", "smtp", "pipe"]),
    options,
)


@given(st.lists(st.one_of(service, noise), max_size=6))
@settings(max_examples=100, deadline=None)
def test_services_and_options_are_those_of_postconf(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = "".join(parts)
    write(directory, "main.cf", BEGIN)
    write(directory, "master.cf", written)
    services = read_master(written.encode()).services
    shown = postconf(directory, "-M").stdout
    entries = [line.split() for line in re.sub(r"\n\s+", " ", shown).splitlines()]
    assert [[each.name, each.type, *each.fields, each.command] for each in services] == [each[:8] for each in entries]
    ours = [f"{s.name}/{s.type}/{name} = {value}".rstrip() for s in services for name, value in s.options.items()]
    theirs = [line.rstrip() for line in postconf(directory, "-P").stdout.splitlines()]
    # Of two entries with one name, -P shows the options of the last twice.
    assert {tuple(each.split()) for each in ours} == {tuple(each.split()) for each in theirs}


def test_a_list_is_divided_as_postfix_does_it() -> None:
    assert split_list("a, b\tc,{d, e} f{g h}i") == ["a", "b", "c", "{d, e}", "f{g h}i"]
