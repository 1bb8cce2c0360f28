"""Debian source packages: versions in dpkg's order, and the files of debian/ changed in place."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.debian.dsc import read_dsc
from mailproof.parse.debian.files import (
    Entry,
    NoPackage,
    build_depends,
    newest,
    packages,
    with_build_depends,
    with_entry,
    with_options,
)
from mailproof.parse.debian.version import above, later
from mailproof.parse.unified_diff import NoDiff, changes
from sourcepackage import CHANGELOG, CONTROL, FILES, RULES, _diff

VERSIONS = (
    *("1", "1.0", "1.0-1", "1.0~rc1-1", "1.0-1~bpo1", "4.3.9-1", "4.3.9-101", "4.3.9-1+local1", "4.3.9-2", "2:0.1-1"),
    *("1.0a", "1.0+b", "1.0.1", "1.0-1.1", "1.0-01", "10", "9", "1.0~", "1.0~~a", "0:1.0-1", "1.0-a1", "1.0-1a"),
)


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg")
def test_the_order_is_that_of_dpkg():
    script = "while read a b; do dpkg --compare-versions $a gt $b && echo y || echo n; done"
    pairs = list(itertools.product(VERSIONS, VERSIONS))
    given_pairs = "".join(f"{a} {b}\n" for a, b in pairs)
    done = subprocess.run(
        ["sh", "-c", script], input=given_pairs, capture_output=True, text=True, check=True, timeout=120
    )
    assert [later(a, b) for a, b in pairs] == [answer == "y" for answer in done.stdout.split()]


@pytest.mark.parametrize(
    ("version", "expected"),
    [("4.3.9-1", "4.3.9-101"), ("4.6.2-3", "4.6.2-103"), ("1.0", "1.0+local1"), ("2:1.0-1ubuntu2", "2:1.0-101")],
)
def test_a_version_above(version, expected):
    assert above(version) == expected and later(expected, version)


@given(st.from_regex(r"\A([0-9]:)?[0-9a-z.+~]{1,8}(-[0-9a-z.+~]{1,5})?\Z"))
def test_what_is_above_is_later(version):
    try:
        assert later(above(version), version)
    except ValueError:
        pass


# The lines of the article, line by line.
ARTICLE = RULES.replace(
    "\t--with-libmilter=/usr \\\n", "\t--with-libmilter=/usr \\\n\t--with-libGeoIP \\\n\t--enable-postfix \\\n"
)
OVERRIDE = 'override_dh_auto_configure:\n    dh_auto_configure -- \\\n    --with-libmilter=/usr \\\n    LDFLAGS="x"\n'


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (RULES, ARTICLE),
        (ARTICLE, ARTICLE),
        (
            OVERRIDE,
            OVERRIDE.replace("=/usr \\\n", "=/usr \\\n    --with-libGeoIP \\\n    --enable-postfix \\\n"),
        ),
        (
            "build:\n\t./configure --prefix=/usr\n\tmake\n",
            "build:\n\t./configure --prefix=/usr \\\n\t\t--with-libGeoIP \\\n\t\t--enable-postfix\n\tmake\n",
        ),
        (
            RULES.replace("--enable-dnsrbl", "--enable-postfix"),
            RULES.replace("--enable-dnsrbl", "--enable-postfix").replace(
                "\t--with-libmilter=/usr \\\n", "\t--with-libmilter=/usr \\\n\t--with-libGeoIP \\\n"
            ),
        ),
    ],
)
def test_options_of_configure(rules, expected):
    assert with_options(rules, ("--with-libGeoIP", "--enable-postfix")) == expected


def test_rules_that_are_not_understood_are_refused():
    with pytest.raises(NoPackage):
        with_options("build:\n\tcmake .\n", ("--enable-postfix",))


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ("Build-Depends: quilt, bison\n", "Build-Depends: quilt, bison, libgeoip-dev\n"),
        ("Build-Depends: quilt,\n bison,\nX: y\n", "Build-Depends: quilt,\n bison, libgeoip-dev\nX: y\n"),
        ("Build-Depends: libgeoip-dev (>= 1), quilt\n", "Build-Depends: libgeoip-dev (>= 1), quilt\n"),
        ("Build-Depends: quilt # x\n", "Build-Depends: quilt # x, libgeoip-dev\n"),
    ],
)
def test_build_depends(control, expected):
    assert with_build_depends(control, ("libgeoip-dev",)) == expected


def test_what_is_read():
    assert newest(CHANGELOG) == Entry("milter-greylist", "4.3.9-1", "unstable")
    assert packages(CONTROL) == ("milter-greylist",)
    assert build_depends("Build-Depends: debhelper (>= 8), aa | bb,\n libx-dev [amd64]\n") == (
        "debhelper",
        "aa",
        "libx-dev",
    )
    made = with_entry(
        CHANGELOG, Entry("milter-greylist", "4.3.9-101", "unstable"), ["Build"], "Me <me@x.test>", "now"
    )
    assert made.startswith(
        "milter-greylist (4.3.9-101) unstable; urgency=low\n\n  * Build\n\n -- Me <me@x.test>  now\n\n"
    )
    assert made.endswith(CHANGELOG)


def test_a_diff_is_carried_out_as_patch_does():
    made = changes(_diff(), {"README": b"hello\n"}.get)
    assert made == {**FILES, "README": b"hello\nworld\n"}


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
@given(
    st.lists(st.sampled_from([b"a", b"b", b"c", b""]), max_size=12),
    st.lists(st.sampled_from([b"a", b"b", b"c", b""]), max_size=12),
)
def test_diffs_of_any_texts(old, new):
    import difflib

    lines = [[line + b"\n" for line in side] for side in (old, new)]
    diff = b"".join(difflib.diff_bytes(difflib.unified_diff, *lines, b"a/f", b"b/f"))
    if diff:
        assert changes(diff, {"f": b"".join(lines[0])}.get) == {"f": b"".join(lines[1])}


@pytest.mark.parametrize(
    "diff",
    [
        b"",
        b"hello",
        b"--- a/../x\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n",
        b"--- a/x\n+++ b//etc/x\n@@ -0,0 +1 @@\n+x\n",
        b"--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n",
        b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-other\n+x\n",
        b"--- a/x\n+++ b/x\n@@ -9 +9 @@\n-hello\n+x\n",
        b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n?hello\n",
    ],
)
def test_what_does_not_fit_is_refused(diff):
    with pytest.raises(NoDiff):
        changes(diff, {"x": b"hello\n"}.get)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_diff_or_none(data):
    for each in (data, b"--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n" + data):
        try:
            changes(each, {"x": b"hello\n"}.get)
        except NoDiff:
            pass


@pytest.mark.parametrize("text", ["", "Source: x\n", "Source: ../x\nVersion: 1\nChecksums-Sha256:\n"])
def test_no_dsc(text):
    with pytest.raises(NoPackage):
        read_dsc(text)
