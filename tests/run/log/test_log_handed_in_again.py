"""What a program of this server hands in again is the same message: filters by pipe, lists, procmail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from mailproof.model.log_trace import LogTrace
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

HEAD = "Nov 29 10:00:{second:02} mx1 postfix/"
FIRST, SECOND, REPORT = "A1B2C3D401", "A1B2C3D402", "A1B2C3D403"
CAME = (
    f"smtpd[11]: {FIRST}: client=mail.example.org[192.0.2.1]",
    f"cleanup[12]: {FIRST}: message-id=<1@example.org>",
    f"qmgr[9]: {FIRST}: from=<alice@example.org>, size=1310, nrcpt=1 (queue active)",
)
BY_PIPE = (
    f"pipe[16]: {FIRST}: to=<{{to}}>, relay={{by}}, delay=1, delays=0.1/0/0/0.9, dsn=2.0.0, status=sent ({{why}})"
)
GONE = f"qmgr[9]: {FIRST}: removed"
BY_USER = (
    f"pickup[10]: {SECOND}: uid=1001 from=<{{sender}}>",
    f"cleanup[12]: {SECOND}: message-id=<1@example.org>",
    f"qmgr[9]: {SECOND}: from=<{{sender}}>, size=1600, nrcpt=1 (queue active)",
)
BY_SMTP = (
    f"smtpd[15]: {SECOND}: client=localhost[127.0.0.1]",
    *(each.format(sender="readers-bounces@lists.example.com") for each in BY_USER[1:]),
)
DELIVERED = (
    f"lmtp[20]: {SECOND}: to=<bob@example.com>, relay=mx1.example.com[private/dovecot-lmtp], delay=0.2,"
    " delays=0/0/0/0.2, dsn=2.0.0, status=sent (250 2.0.0 <bob@example.com> XyZ Saved)",
    f"qmgr[9]: {SECOND}: removed",
)
DEFERRED = (
    f"smtp[21]: {SECOND}: to=<bob@example.com>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1,"
    " status=deferred (connect to mx.example.com[192.0.2.25]:25: Connection timed out)",
)
REFUSED = (
    f"smtp[21]: {SECOND}: to=<carol@example.net>, relay=mx.example.net[192.0.2.25]:25, delay=1, delays=0/0/0/1,"
    " dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.25] said: 550 5.1.1 User unknown)",
    f"bounce[22]: {SECOND}: sender non-delivery notification: {REPORT}",
    f"cleanup[12]: {REPORT}: message-id=<2@mx1.example.com>",
    f"qmgr[9]: {REPORT}: from=<>, size=4000, nrcpt=1 (queue active)",
)


def _traces(*lines: str) -> tuple[LogTrace, ...]:
    raw = [(HEAD.format(second=at) + line).encode() for at, line in enumerate(lines)]
    tracer = LogTracer()
    tracer.take(lines_of(raw, date(2026, 11, 29)))
    return tracer.traces(Wanted())


def _pipe(to: str = "bob@example.com", by: str = "spamassassin", why: str = "") -> str:
    return BY_PIPE.format(to=to, by=by, why=why or f"delivered via {by} service")


def _user(sender: str) -> Iterator[str]:
    return (each.format(sender=sender) for each in BY_USER)


LIST, PROCMAIL = "readers@lists.example.com", "delivered to command: /usr/bin/procmail"
BY_FILTER = (*CAME, *_user("alice@example.org"), _pipe(), GONE)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((*BY_FILTER, *DELIVERED), "delivered"),
        ((*BY_FILTER, *DEFERRED), "deferred"),
        # The filter has it no more, and the log ends before the next server has it.
        (BY_FILTER, "open"),
        # Sympa and Mailman 3: the members are told by the message that they hand in.
        ((*CAME, _pipe(LIST, "sympa"), GONE, *_user("readers-owner@x.example"), *DELIVERED), "delivered"),
        ((*CAME, _pipe(LIST, "127.0.0.1[127.0.0.1]:8024", "250 Ok"), GONE, *BY_SMTP, *REFUSED), "bounced"),
        # procmail of bob sends it on.
        ((*CAME, _pipe(by="local", why=PROCMAIL), GONE, *_user("bob@example.com"), *DELIVERED), "delivered"),
    ],
    ids=["filter", "deferred behind it", "between", "Sympa", "Mailman", "procmail"],
)  # fmt: skip
def test_it_is_one_story_with_the_right_end(lines: tuple[str, ...], outcome: str) -> None:
    (trace,) = _traces(*lines)
    assert trace.queue_ids[:2] == (FIRST, SECOND)
    assert trace.outcome == outcome
    assert trace.sender == "alice@example.org"


def test_another_message_that_a_program_sends_is_another_story() -> None:
    other = [each.replace("<1@example.org>", "<9@example.org>") for each in _user("bob@example.com")]
    traces = _traces(*CAME, _pipe(), GONE, *other, *DELIVERED)
    assert [trace.queue_ids for trace in traces] == [(FIRST,), (SECOND,)]


def test_a_copy_that_comes_from_elsewhere_is_another_story() -> None:
    again = [each.replace(FIRST, SECOND).replace("192.0.2.1]", "198.51.100.1]") for each in CAME]
    traces = _traces(*CAME, _pipe(), GONE, *again, *DELIVERED)
    assert [trace.queue_ids for trace in traces] == [(FIRST,), (SECOND,)]


def test_what_is_in_the_mailbox_is_not_handed_on() -> None:
    """LMTP on a port of this machine, and a copy that its owner sends on later and that is deferred."""
    saved = _pipe(by="127.0.0.1[127.0.0.1]:24", why="250 2.0.0 <bob@example.com> XyZ Saved")
    traces = _traces(*CAME, saved, GONE, *_user("bob@example.com"), *DEFERRED)
    assert [trace.outcome for trace in traces] == ["delivered", "deferred"]


@pytest.mark.parametrize(
    "why",
    ["250 2.7.0 Ok, discarded, id=00080-01 - INFECTED: Eicar-Test-Signature", "250 Virus Detected; Discarded Email"],
)
def test_what_a_filter_throws_away_is_not_delivered(why: str) -> None:
    (trace,) = _traces(*CAME, _pipe(by="127.0.0.1[127.0.0.1]:10024", why=why), GONE)
    assert trace.outcome == "discarded"
