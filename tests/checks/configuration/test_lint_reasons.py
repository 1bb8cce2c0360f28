"""What is said of a file that cannot be read, and of a line that is not taken: true, and in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mailproof.parse.dovecot as of_dovecot
import mailproof.parse.postfix as of_postfix
from configurations import MemoryHost, a_file, linted, record_of
from mailproof.catalog.pages import load
from mailproof.checks.postfix.readable import NAME as POSTFIX_READABLE
from mailproof.probes.dovecot_files import dovecot_files

MAIN = "== main.cf\ncompatibility_level = 3.6\nmyhostname = mail.example.com\n"
# Told otherwise than as a line that is not taken.
ELSEWHERE = {"overrides", "second-entry", "pattern-not-read", "include-unread", "unread", "too-deep", "too-many"}
PAGES = ("postfix-config-broken", "dovecot-config-broken", "lookup-table-line-ignored")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_trouble_of_the_readers_has_its_words(lang: str) -> None:
    texts = [
        path.read_text("utf-8")
        for room in (of_postfix, of_dovecot)
        for folder in room.__path__
        for path in Path(folder).glob("*.py")
    ]
    names = {
        name for text in texts for name in re.findall(r'Trouble\([^"()]*(?:\([^()]*\))?[^"()]*"([a-z-]+)"', text)
    }
    names |= {name for text in texts for name in re.findall(r'LineKind\.ERROR, key, "([a-z-]+)"', text)}
    assert {"no-value", "no-brace", "unclosed", "too-few-fields", "begins-with-blank"} <= names
    told = {value for page in PAGES for (name, value) in load(page, lang).values if name == "problem"}
    assert names - ELSEWHERE - told == set()


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (f"{MAIN}example.com\n", "Postfix does not take example.com: there is no = behind a name."),
        (f"{MAIN}== master.cf\nsmtp inet n\n", "Postfix does not take smtp inet n: an entry has eight columns."),
        (f"{MAIN}== master.cf state directory\n", "Postfix does not take master.cf: it is a directory."),
        ("== dovecot.conf\nservice auth {\n", "Dovecot does not take service auth: the block is never closed."),
    ],
)
def test_a_message_says_why(example: str, message: str) -> None:
    from mailproof.report.build import message as told

    found = [each for each in linted(record_of(example)).findings if each.name.endswith("-config-broken")]
    assert message in [told(each, "en") for each in found]


@pytest.mark.parametrize(
    ("state", "reason"),
    [("unreadable", "config-unreadable"), ("other", "config-other"), ("too-large", "config-too-large")],
)
def test_a_master_cf_that_is_not_read_is_told_by_what_it_is(state: str, reason: str) -> None:
    untold = linted(record_of(f"{MAIN}== master.cf state {state}\n")).untold
    assert [(each.why, each.asked) for each in untold if each.name == POSTFIX_READABLE] == [(reason, True)]


@pytest.mark.parametrize(
    ("state", "name", "told"),
    [
        ("directory", "untold", "include-directory"),
        ("unreadable", "untold", "config-unreadable"),
        ("missing", "fault", "include-missing"),
        ("socket", "fault", "include-other"),
    ],
)
def test_what_an_include_leads_to(state: str, name: str, told: str) -> None:
    """As doveconf does: it passes over a directory, and refuses a link that leads nowhere."""
    judged = linted(
        record_of(f"== dovecot.conf\nssl = required\n!include conf.d/*\n== /etc/dovecot/conf.d/x state {state}\n")
    )
    faults = [each.params["problem"] for each in judged.findings if each.name == "dovecot-config-broken"]
    untold = [each.why for each in judged.untold if each.name == "dovecot-config-readable"]
    assert (faults, untold) == (([told], []) if name == "fault" else ([], [told]))


def test_more_than_is_read_is_no_fault_of_dovecot() -> None:
    judged = linted(record_of("== dovecot.conf\n" + "a {\n" * 60 + "}\n" * 60))
    assert "config-too-much" in {each.why for each in judged.untold}
    assert "dovecot-config-broken" not in {each.name for each in judged.findings}


def test_a_copy_that_names_its_own_directory_is_this_machines() -> None:
    texts = {
        "/srv/d/dovecot.conf": b"ssl = required\n!include /srv/d/more.conf\n!include_try /run/other.conf\n",
        "/srv/d/more.conf": b"protocols = imap\n",
        "/run/other.conf": b"listen = *\n",
    }
    host = MemoryHost({path: a_file(path, data) for path, data in texts.items()})
    fact = dovecot_files(host, "/srv/d/dovecot.conf")
    assert (fact.here, fact.included) == (True, tuple(texts))
    lone = "/srv/e/dovecot.conf"
    copy = dovecot_files(MemoryHost({lone: a_file(lone, texts["/srv/d/dovecot.conf"])}), lone)
    assert (copy.here, copy.included) == (False, (lone,))
