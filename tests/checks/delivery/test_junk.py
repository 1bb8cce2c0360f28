"""Beside mail in a folder for junk stands what the server wrote into its header, and what DNS has of the sender."""

from __future__ import annotations

import pytest
from mailrecord import POLICY, attempt, record, reply

from mailproof.checks.delivery.message_in_inbox import check
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Finding
from mailproof.model.retrieval import Retrieved
from mailproof.model.sending_side import SendingSide

HEADERS = (
    "Return-Path: <a@example.com>",
    "Authentication-Results: mx.test;",
    " spf=none smtp.mailfrom=example.com;",
    "\tdkim=none",
    "X-Spam-Status: Yes, score=7.1",
    "Subject: proof",
)
TAKEN = Submitted("a@example.com", "b@mx.test", "t", final=reply("250 2.0.0 Ok", 5))
SIDE = SendingSide("192.0.2.7", "c.test", "a@example.com", "example.com")
NOTHING = ("7.2.0.192.in-addr.arpa PTR", "example.com TXT", "_dmarc.example.com TXT", "_dmarc.com TXT")
ANSWERS = tuple(DnsAnswer(*each.split(), status=DnsStatus.NO_SUCH_NAME) for each in NOTHING)


def shown(folder: str, side: SendingSide, use: str = "") -> list[str]:
    search = Retrieved("t", True, 1, 1.0, mailbox=folder, special_use=use, headers=HEADERS, turns=(3,))
    handed_in = attempt(TAKEN, job="login")
    asked = attempt(side, job="sending-side")
    seen = record(handed_in, attempt(search, scheme="imaps", job="fetch"), asked)
    (finding,) = [each for each in check(seen, POLICY) if isinstance(each, Finding)]
    return [piece.text for piece in finding.evidence][1:]


def with_answers(*answers: DnsAnswer) -> SendingSide:
    return SendingSide(SIDE.client, SIDE.helo, SIDE.sender, SIDE.author, answers=answers)


@pytest.mark.parametrize(
    ("folder", "use"), [("Junk", ""), ("INBOX.spam", ""), ("迷惑メール", ""), ("Other", "\\junk")]
)
def test_the_servers_own_word_and_the_records(folder: str, use: str) -> None:
    assert shown(folder, with_answers(*ANSWERS), use) == [
        "S: Authentication-Results: mx.test; spf=none smtp.mailfrom=example.com; dkim=none",
        "S: X-Spam-Status: Yes, score=7.1",
        "NXDOMAIN (iprev=permerror policy.iprev=192.0.2.7)",
        "NXDOMAIN (spf=none smtp.mailfrom=example.com client-ip=192.0.2.7)",
        "NXDOMAIN (dmarc=none header.from=example.com)",
    ]


def test_where_not_all_could_be_asked_what_there_is_is_shown() -> None:
    assert shown("Junk", with_answers(*ANSWERS[:2]))[2:] == ["NXDOMAIN", "NXDOMAIN"]


def test_a_folder_of_a_rule_of_the_user_says_nothing_of_the_sender() -> None:
    assert shown("Lists", with_answers(*ANSWERS)) == []
