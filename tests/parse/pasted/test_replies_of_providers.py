"""What providers and programs answer, in the words of each, is explained rightly, and said to be theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailproof.catalog.words import words
from mailproof.parse.providers import PROVIDERS, provider_of
from mailproof.report.explained import render_explained_text
from mailproof.run.explaining.texts import explain_text

ROWS = [
    tuple(line.split("\t", 2))
    for line in (Path(__file__).parent / "replies_of_providers.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("name", "side", "reply"), ROWS)
def test_a_reply_is_explained(name: str, side: str, reply: str) -> None:
    told = explain_text(reply.replace("\\n", "\n").encode())
    assert [(each.name, each.side) for each in told.causes] == [(name, side)]
    assert told.unread == ()


def test_there_are_words_for_each_in_both_languages() -> None:
    for lang in ("en", "ja"):
        say = words(lang)
        for name in {row[0] for row in ROWS}:
            assert say(f"explained.{name}") and say(f"explained.{name}-mend")
        for name in {row[0]: row[2] for row in ROWS}.items():
            shown = render_explained_text(explain_text(name[1].replace("\\n", "\n").encode()), None, lang, False, 80)
            assert f"({name[0]})" in shown


@pytest.mark.parametrize(
    ("reply", "provider"),
    [
        ("550 Mail content denied. https://service.mail.qq.com/detail/122/171.", "qq"),
        ("554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster or tosa@rx.t-online.de) (BL)", "t-online"),
        ("550 Service refuse. OFR006_102 [102]", "orange"),
        ("554-web.de (mxweb111) Nemesis ESMTP Service not available", "gmx"),
        ("550 5.7.708 Access denied, traffic not accepted from this IP. AS(8561)", "microsoft"),
        ("550 5.7.1 [192.0.2.1] refused, part of their network is on our block list (S3140).", "microsoft"),
        ("554 5.7.1 [HM08] Message rejected due to local policy.", "icloud"),
    ],
)
def test_it_is_said_whose_words_these_are(reply: str, provider: str) -> None:
    found = provider_of(reply)
    assert found is not None and found.key == provider


def test_no_two_providers_take_the_same_words() -> None:
    for _, _, reply in ROWS:
        assert sum(bool(each.words and re.search(each.words, reply)) for each in PROVIDERS) <= 1, reply
