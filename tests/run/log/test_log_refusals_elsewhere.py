"""What the next server answered is explained by what it says, and not as any refusal."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.catalog.words import words
from mailproof.model.explained import Side
from mailproof.report.log import words_of
from mailproof.run.explaining.texts import explain_log
from mailproof.run.log.files import lines_of

POSTFIX = (
    "Nov 29 10:00:00 mx1 postfix/smtp[1]: 4F1C2A3B5: to=<bob@example.com>, relay=mx.example.com[192.0.2.25]:25, "
    "delay=1, delays=0.1/0/1/0, dsn=5.0.0, status=bounced (host mx.example.com[192.0.2.25] said: {} "
    "(in reply to RCPT TO command))"
)
EXIM = (
    "2026-11-29 10:00:01 1vKabc-0000Ab-2x ** bob@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.25]:"
    " SMTP error from remote mail server after RCPT TO:<bob@example.com>: {}"
)


@pytest.mark.parametrize("line", [POSTFIX, EXIM], ids=["Postfix", "Exim"])
@pytest.mark.parametrize(
    ("reply", "name", "refusal", "side"),
    [
        ("550 5.4.1 Recipient address rejected: Access denied", "delivery-bounced", "recipient-unknown",
         Side.SENDER),
        ("550 Domain frequency limited.", "delivery-bounced", "limited", Side.YOURS),
        ("421 4.7.0 Connection refused - no reverse DNS", "delivery-deferred", "client-name-missing", Side.YOURS),
        ("550 5.7.26 This mail has been blocked because the sender is unauthenticated.", "delivery-bounced",
         "message-unauthenticated", Side.YOURS),
        ("454 Throttling failure: Daily message quota exceeded.", "delivery-deferred", "limited", Side.YOURS),
        ("550 5.5.0 The recipient account is blocked. LPN007_426", "delivery-bounced", "mailbox-disabled",
         Side.RECIPIENT),
        ("550 5.4.316 Message expired, connection refused", "delivery-bounced", "server-not-reached", Side.NETWORK),
    ],
)  # fmt: skip
def test_a_refusal_elsewhere_is_told_by_its_meaning(
    line: str, reply: str, name: str, refusal: str, side: Side
) -> None:
    told, log = explain_log(lines_of([line.format(reply).encode()], date(2026, 11, 29)))
    assert [(each.name, each.params, each.side) for each in told.causes] == [(name, {"refusal": refusal}, side)]
    for lang in ("en", "ja"):
        say = words(lang)
        meaning, mend = words_of(log.causes[0], say)
        assert say(f"explained.{refusal}") in meaning
        assert mend == say(f"explained.{refusal}-mend")


@pytest.mark.parametrize("line", [POSTFIX, EXIM], ids=["Postfix", "Exim"])
@pytest.mark.parametrize(
    ("reply", "side"),
    [
        ("550 5.1.1 User unknown", Side.SENDER),
        ("421 4.7.0 Our system has detected an unusual rate of unsolicited mail", Side.YOURS),
        ("552 5.2.2 Quota exceeded", Side.RECIPIENT),
    ],
)
def test_the_side_is_that_of_the_refusal_in_any_row(line: str, reply: str, side: Side) -> None:
    told, _ = explain_log(lines_of([line.format(reply).encode()], date(2026, 11, 29)))
    assert [each.side for each in told.causes] == [side]


def test_two_meanings_are_two_causes() -> None:
    replies = ("550 5.2.1 The email account is disabled", "550 Domain frequency limited.", "554 5.0.0 No")
    _, log = explain_log(lines_of([POSTFIX.format(each).encode() for each in replies], date(2026, 11, 29)))
    assert [cause.params.get("refusal", "") for cause in log.causes] == ["limited", "mailbox-disabled", ""]


def test_what_the_table_says_already_stays() -> None:
    told, _ = explain_log(lines_of([POSTFIX.format("552 5.2.2 Quota exceeded").encode()], date(2026, 11, 29)))
    assert [(each.name, each.side) for each in told.causes] == [("mailbox-full", Side.RECIPIENT)]
