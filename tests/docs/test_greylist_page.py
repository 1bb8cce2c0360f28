"""The examples of docs/greylist.md are what `mailproof greylist` says now, of what stands there and in the tests."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from documentation import ROOT
from played import examples, played, shown_files

from geodat import legacy_dat
from greylistprogram import milter_greylist
from greylistserver import greylist, server
from mailproof.lab.embedded.thread import in_thread
from mailproof.net.sockets import SocketNet
from sourcepackage import unpacked

PAGES = {"en": ROOT / "docs" / "greylist.md", "ja": ROOT / "docs" / "greylist.ja.md"}
DATABASE, SERVER = "/usr/share/GeoIP/GeoIP.dat", "smtp://mx.example.test"
WHO = {"DEBFULLNAME": "My Name", "DEBEMAIL": "myname@example.com"}
# As Debian's 4.6.4-5 is built: without GeoIP, and without --enable-postfix.
_TEXTS = ("GeoIP support not compiled in", "GeoIP2 support not compiled in", "smfi_getsymval failed for {i}")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Its name is as long as that of the folder of databases, so that a line with it is as long as on the page."""
    with tempfile.TemporaryDirectory(prefix="geo", dir="/tmp") as made:
        path = Path(made)
        (path / "GeoIP.dat").write_bytes(legacy_dat({"192.0.2.0/24": "CN"}))
        (path / "milter-greylist").write_bytes(milter_greylist(texts=_TEXTS))
        unpacked(path)
        yield path


def without_numbers(text: str) -> str:
    """What differs from run to run: times, the names of senders, blanks that fill columns, tries that come again."""
    lines: list[str] = []
    # The reply of a try goes on in the next lines, and a try is one.
    for line in re.sub(r"\n {20,}", " ", text).splitlines():
        bare = re.sub(r"[0-9]+\.[0-9] ", "0.0 ", re.sub(r"\.[0-9a-f]{10}@", ".TOKEN@", re.sub(r"  +", "  ", line)))
        if not lines or lines[-1] != bare:
            lines.append(bare)
    return "\n".join(lines)


@pytest.mark.parametrize("lang", PAGES)
@pytest.mark.parametrize(("action", "number"), [("eval", 2), ("lint", 1), ("doctor", 1), ("rebuild", 1)])
def test_every_example_is_as_it_was_just_now(lang: str, action: str, number: int, folder: Path) -> None:
    stand_ins = {DATABASE: str(folder / "GeoIP.dat")}
    for name, text in shown_files(PAGES[lang]).items():
        (folder / name).write_text(text.replace(DATABASE, stand_ins[DATABASE]), "utf-8")
    shown = examples(PAGES[lang], f"mailproof greylist {action} ")
    assert len(shown) == number
    for example in shown:
        date = r"[A-Z][a-z]{2}, [0-9 ]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000"
        expected, said = (
            re.sub(date, "DATE", text)
            for text in (example.shown, played(example.command, folder, lang, stand_ins, **WHO).said)
        )
        assert said == expected


@pytest.mark.parametrize("lang", PAGES)
def test_the_probe_sees_a_greylist_of_four_seconds(lang: str, folder: Path) -> None:
    (example,) = examples(PAGES[lang], "mailproof greylist probe ")
    words = (
        "450 4.2.0 <alice@example.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/"
    )
    net = SocketNet()
    listening = []

    def start() -> int:
        listening.append(net.listen(server(net.now, greylist(4.0, words), None)))
        return listening[0].port

    with in_thread(net, start, lambda: listening[0].close()) as port:
        there = f"smtp://127.0.0.1:{port}"
        assert len(there) == len(SERVER)
        said = played(example.command.replace(SERVER, there), folder, lang).said.replace(there, SERVER)
    assert without_numbers(said) == without_numbers(example.shown)


def test_the_pages_show_the_same() -> None:
    english, japanese = (
        [example.command for example in examples(page, "mailproof greylist ")] for page in PAGES.values()
    )
    assert english == japanese and len(english) == 6
    assert shown_files(PAGES["en"]) == shown_files(PAGES["ja"])


@pytest.mark.parametrize("lang", PAGES)
def test_what_needs_other_programs_says_how_to_have_them(lang: str) -> None:
    """Each row of the last table names a test that is there, and what it needs."""
    table = PAGES[lang].read_text("utf-8").rpartition("\n## ")[2]
    rows = re.findall(r"^\| .+ \| `(tests/[\w/]+\.py)` \| (.+) \|$", table, re.MULTILINE)
    assert len(rows) == 6
    for test, needs in rows:
        assert (ROOT / test).exists()
        assert ("tools/fetch-server-brands.sh" in needs) == test.startswith("tests/brands/"), test
