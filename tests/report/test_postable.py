"""A message in a report with --mask: nothing of what it says is left, and the way it came is."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.message.told import told_mail
from mailproof.model.mail import Item, MailTold
from mailproof.report.mask import Mask
from mailproof.report.postable import mail

MESSAGE = """Return-Path: <carol@corp.co.jp>
Received: from DESKTOP-9 (laptop-of-carol [10.1.2.3] (authenticated as csmith))
\tby mx1 with ESMTPSA id 4Xyz12ABcd for <carol@corp.co.jp>; Sun, 29 Nov 2026 10:00:00 +0000
From: =?iso-2022-jp?B?GyRCO0VCPBsoQg==?= Carol Smith <carol@corp.co.jp>
To: "Bob, Builder" <bob@corp.co.jp>, undisclosed:;
Subject: The offer of Globex
X-Mailer: Globex Client
Thread-Topic: The offer
Message-ID: <1@desktop-9.corp.co.jp>
Content-Type: multipart/mixed; boundary=b; name="offer.pdf"

--b
Content-Type: text/plain

Dear Bob Builder
--b
Content-Type: application/pdf; name="offer-globex.pdf"
Content-Disposition: attachment; filename="offer-globex.pdf"

x
--b--
"""
SECRETS = (
    "carol",
    "smith",
    "globex",
    "offer",
    "bob",
    "builder",
    "desktop",
    "laptop",
    "corp",
    "10.1.2.3",
    "4xyz",
    "mx1",
    "x@",
)


def posted(text: str) -> MailTold:
    told = mail(told_mail(Item(1, data=text.replace("\n", "\r\n").encode(), whole=True)))
    return Mask(None, (), told).apply(told)


def test_nothing_of_what_it_says_is_left() -> None:
    told = posted(MESSAGE)
    shown = json.dumps(msgspec.to_builtins(told), ensure_ascii=False).lower()
    assert [word for word in SECRETS if word in shown] == []
    assert "仕村" not in shown


def test_the_way_that_it_came_is_told() -> None:
    told = posted(MESSAGE)
    headers = dict(told.headers)
    (hop,) = told.hops
    assert headers["Received"] == (
        f"from {hop.source} by {hop.by} with ESMTPSA id QUEUE1 for <{headers['From']}>; 2026-11-29T10:00:00Z"
    )
    assert headers["Return-Path"] == headers["From"] == told.sender
    assert told.subject == told.text == headers["Subject"] == headers["X-Mailer"] == "[masked]"
    assert [(part.name, part.type) for part in told.attachments] == [("[masked]", "application/pdf")]
    assert headers["Content-Type"] == "multipart/mixed"


@pytest.mark.parametrize(
    "text", ["", "Subject:\n\n", "no header at all", "Received:\nReceived: x\n\n", "From: <>\n\n"]
)
def test_what_is_not_there_is_not_masked(text: str) -> None:
    told = posted(text)
    assert told.subject == "" and "[masked]" not in dict(told.headers).values()


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    assert mail(told_mail(Item(1, data=data, whole=True))).number == 1
