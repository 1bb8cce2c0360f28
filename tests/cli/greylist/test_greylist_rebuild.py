"""`mailproof greylist rebuild` on a source package of our own: shown, written, and built to the .deb."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sourcepackage import CHANGELOG, CONTROL, FILES, NAME, RULES, _diff, packed, unpacked


def mailproof(*words: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", "COLUMNS": "100"}
    environment |= {"DEBFULLNAME": "My Name", "DEBEMAIL": "myname@example.com"}
    command = (sys.executable, "-m", "mailproof", "--lang", lang, "greylist", "rebuild", *words)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


def texts(root: Path) -> dict[str, str]:
    return {str(file.relative_to(root)): file.read_text() for file in root.rglob("*") if file.is_file()}


def test_the_difference_is_shown_and_nothing_is_written(tmp_path):
    root = unpacked(tmp_path)
    before = texts(root)
    done = mailproof(str(root))
    assert done.returncode == 0 and texts(root) == before
    assert done.stdout.startswith("SHOWN: milter-greylist 4.3.9-1 would become 4.3.9-101\n")
    for line in ("--with-libGeoIP \\", "--enable-postfix \\"):
        assert f"+       {line}" in done.stdout
    assert "+Build-Depends: dpkg-dev, libgeoip-dev" in done.stdout
    assert "sudo apt-get purge milter-greylist" in done.stdout and "dpkg-buildpackage -us -uc -b" in done.stdout


def test_the_files_of_the_article_are_written(tmp_path):
    root = unpacked(tmp_path)
    done = mailproof(str(root), "--write", "--format", "json")
    told = json.loads(done.stdout)
    assert (
        told["written"]
        and told["new_version"] == "4.3.9-101"
        and told["added"] == ["--with-libGeoIP", "--enable-postfix"]
    )
    now = texts(root)
    assert now["debian/rules"] == RULES.replace(
        "libmilter=/usr \\\n", "libmilter=/usr \\\n\t--with-libGeoIP \\\n\t--enable-postfix \\\n"
    )
    assert now["debian/control"] == CONTROL.replace("dpkg-dev", "dpkg-dev, libgeoip-dev")
    assert now["debian/changelog"].startswith(
        "milter-greylist (4.3.9-101) unstable; urgency=low\n\n"
        "  * Build with --with-libGeoIP\n  * Build with --enable-postfix\n\n -- My Name <myname@example.com>  "
    )
    assert now["debian/changelog"].endswith(CHANGELOG)
    assert os.access(root / "debian" / "rules", os.X_OK)
    again = mailproof(str(root))
    assert again.stdout.startswith("NOTHING TO CHANGE: milter-greylist 4.3.9-101 is built with all of it already")


def test_newer_sources_get_the_newer_library(tmp_path):
    root = unpacked(tmp_path, {"configure": b"#!/bin/sh\n# --with-libmaxminddb=DIR\n"})
    assert json.loads(mailproof(str(root), "--format", "json").stdout)["added"][0] == "--with-libmaxminddb"
    told = json.loads(mailproof(str(root), "--country-library", "libGeoIP", "--format", "json").stdout)
    assert told["added"][0] == "--with-libGeoIP" and "libgeoip-dev" in told["build_depends"]


@pytest.mark.skipif(shutil.which("dpkg-buildpackage") is None, reason="needs dpkg-dev")
def test_it_is_built_with_the_options(tmp_path):
    """As it stands there, but for a Build-Depends that this machine has."""
    root = unpacked(tmp_path)
    assert mailproof(str(root), "--write").returncode == 0
    control = root / "debian" / "control"
    control.write_text(control.read_text().replace(", libgeoip-dev", ""))
    rules = root / "debian" / "rules"
    rules.write_text(rules.read_text().replace("\t--enable-postfix \\\n", ""))
    done = mailproof(str(root), "--build", "--country-library", "libGeoIP")
    if "Unmet build dependencies: libgeoip-dev" in done.stdout:
        assert done.returncode == 1 and done.stdout.startswith("FAILED:")
        control.write_text(control.read_text().replace(", libgeoip-dev", ""))
        command = ["dpkg-buildpackage", "-us", "-uc", "-b"]
        subprocess.run(command, cwd=root, capture_output=True, check=True, timeout=120)
        built = [str(path) for path in tmp_path.glob("milter-greylist_4.3.9-201_*.deb")]
    else:
        assert done.returncode == 0, done.stdout
        built = [line.strip() for line in done.stdout.splitlines() if line.strip().endswith(".deb")][:1]
    assert built
    listed = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", built[0]], capture_output=True, check=True, timeout=60
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(listed)) as archive:
        options = archive.extractfile("./usr/share/milter-greylist/options.txt").read().decode().split()
    assert "--with-libGeoIP" in options and "--enable-postfix" in options


def test_a_dsc_with_its_diff(tmp_path):
    """As tar, gzip and patch of the article on milter-manager."""
    dsc = packed(tmp_path)
    shown = mailproof(str(dsc))
    assert shown.returncode == 0 and "SHOWN" in shown.stdout and not (tmp_path / NAME).exists()
    done = mailproof(str(dsc), "--write")
    assert done.returncode == 0, done.stderr
    now = texts(tmp_path / NAME)
    assert now["README"] == "hello\nworld\n" and "--with-libGeoIP" in now["debian/rules"]
    assert os.access(tmp_path / NAME / "debian" / "rules", os.X_OK)
    again = mailproof(str(dsc), "--write")
    assert again.returncode == 2 and "File exists" in again.stderr


def test_another_package_is_built_as_it_is(tmp_path):
    other = {
        name: data.replace(b"milter-greylist", b"milter-manager")
        for name, data in FILES.items()
        if "rules" not in name
    }
    root = unpacked(tmp_path, {**other, "debian/rules": b"#!/usr/bin/make -f\n"})
    done = mailproof(str(root))
    assert done.stdout.startswith("NOTHING TO CHANGE: milter-manager 4.3.9-1 is built as it is")
    assert "sudo apt-get purge milter-manager" in done.stdout


def test_what_is_damaged_or_leads_elsewhere_is_refused_and_nothing_is_written(tmp_path):
    for number, (members, diff) in enumerate(
        (
            ({"configure": b"#!/bin/sh\n", "../../escaped": b"x"}, None),
            (None, b"--- a/../../escaped\n+++ b/../../escaped\n@@ -0,0 +1 @@\n+x\n"),
            (None, b"no diff"),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = mailproof(str(packed(folder, members, diff)), "--write")
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
        assert not list(tmp_path.rglob("escaped"))
    dsc = packed(tmp_path)
    tarball = tmp_path / "milter-greylist_4.3.9.orig.tar.gz"
    tarball.write_bytes(tarball.read_bytes()[:-20])
    done = mailproof(str(dsc))
    assert done.returncode == 2 and "is not the file that the .dsc names" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("/nonexistent",), "neither the folder"),
        (("{root}", "--package-version", "4.3.9-1"), "not above 4.3.9-1 in dpkg's order"),
        (("{root}", "--package-version", "a b"), "no version"),
        (("{empty}",), "there is no debian/changelog"),
    ],
)
def test_wrong_usage_is_one_sentence(words, said, tmp_path):
    root = unpacked(tmp_path)
    (tmp_path / "empty").mkdir()
    done = mailproof(*(word.format(root=root, empty=tmp_path / "empty") for word in words))
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1


TARBALL = "milter-greylist_4.3.9.orig.tar.gz"
TOO_FAR = b"--- a/x\n+++ b/x\n@@ -9 +9 @@\n-a\n+b\n"


@pytest.mark.parametrize(
    ("made", "words", "japanese"),
    [
        ({}, ("/nonexistent",), "ソースパッケージのフォルダーでも .dsc でもありません"),
        ({"debian/changelog": b"x\n"}, ("{root}",), "debian/changelog が項目で始まっていません"),
        ({"debian/control": b"Source: x\n"}, ("{root}",), "debian/control に Build-Depends がありません"),
        ({"debian/rules": b"build:\n\tcmake .\n"}, ("{root}",), "debian/rules の configure オプションの渡し方"),
        (
            {"debian/rules": b"build:\n\t./configure --with-libmaxminddb\n"},
            ("{root}", "--country-library", "libGeoIP"),
            "すでに --with-libmaxminddb があります",
        ),
        ({}, ("{root}", "--package-version", "a b"), "a b は Debian パッケージのバージョンではありません"),
        ({}, ("{root}", "--package-version", "4.3.9-1"), "4.3.9-1 は 4.3.9-1 より新しくありません"),
        ({}, ("{fifo}",), "ディスク上のファイルではありません"),
        ({}, ("{root}/nothing.dsc",), "nothing.dsc: No such file or directory"),
        ({}, ("{dsc}", "{no-diff}"), ".diff.gz が壊れています"),
        ({}, ("{dsc}", "{too-far}", "--write"), ".diff.gz が x に合いません"),
        ({}, ("{dsc}", "{damaged}"), "milter-greylist_4.3.9.orig.tar.gz は .dsc に記載されたファイルと一致しません"),
        ({}, ("{dsc}", "{no-archive}"), "アーカイブが壊れています"),
    ],
)
def test_why_not_is_said_in_japanese(made, words, japanese, tmp_path):
    """The words of the operating system, and names, are the only ones that are not Japanese."""
    root = unpacked(tmp_path / "unpacked", made)
    dsc = packed(tmp_path, None, _diff() + TOO_FAR if "{too-far}" in words else None)
    for wish, name in (("{no-diff}", "milter-greylist_4.3.9-1.diff.gz"), ("{no-archive}", TARBALL)):
        if wish in words:
            (tmp_path / name).write_bytes(b"nothing of the kind")
            sums = f"{hashlib.sha256(b'nothing of the kind').hexdigest()} 19 {name}"
            dsc.write_text(re.sub(rf"[0-9a-f]{{64}} [0-9]+ {re.escape(name)}", sums, dsc.read_text()))
    os.mkfifo(tmp_path / "fifo.dsc")
    if "{damaged}" in words:
        (tmp_path / TARBALL).write_bytes(b"another")
    wishes = ("{no-diff}", "{no-archive}", "{damaged}", "{too-far}")
    done = mailproof(
        *(word.format(root=root, dsc=dsc, fifo=tmp_path / "fifo.dsc") for word in words if word not in wishes),
        lang="ja",
    )
    assert done.returncode == 2 and japanese in done.stderr and len(done.stderr.splitlines()) == 1, done
