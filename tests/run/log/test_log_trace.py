"""`log trace`: one story for one message, over a content filter, a report and a queue id that is used again."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest

from mailproof.model.log import Delivered, Fact
from mailproof.model.log_trace import LogLeg, LogTrace
from mailproof.report.log_trace import render_traces
from mailproof.run.log.files import lines_of
from mailproof.run.log.period import Between
from mailproof.run.log.story import OF_MAILBOXES, OF_MESSAGES, OF_SESSIONS
from mailproof.run.log.trace import LogTracer, Wanted

HEAD = "Jan 18 20:28:{:02} mx postfix/{}[1]: {}"
FILTERED = [
    HEAD.format(1, "smtpd", "AAAAAA1: client=a.example[192.0.2.9], sasl_method=PLAIN, sasl_username=alice"),
    HEAD.format(1, "cleanup", "AAAAAA1: message-id=<1@a.example>"),
    HEAD.format(2, "qmgr", "AAAAAA1: from=<a@a.example>, size=310, nrcpt=1 (queue active)"),
    HEAD.format(3, "smtpd", "BBBBBB1: client=localhost[127.0.0.1]"),
    HEAD.format(3, "cleanup", "BBBBBB1: message-id=<1@a.example>"),
    HEAD.format(4, "smtp", "AAAAAA1: to=<b@b.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, "
                "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as BBBBBB1)"),
    HEAD.format(4, "qmgr", "AAAAAA1: removed"),
    HEAD.format(5, "lmtp", "BBBBBB1: to=<b@b.example>, relay=mx[private/lmtp], delay=1, delays=0/0/0/1, dsn=2.0.0, "
                "status=sent (250 2.0.0 Saved)"),
    "Jan 18 20:28:05 mx dovecot: lmtp(b)<1><s>: msgid=<1@a.example>: saved mail to INBOX",
    HEAD.format(6, "qmgr", "BBBBBB1: removed"),
]  # fmt: skip
REFUSED = (
    HEAD.format(
        *(7, "smtpd", "NOQUEUE: reject: RCPT from x[192.0.2.8]: 554 5.7.1 <y@y.example>: Relay access denied; "),
    )
    + "from=<a@a.example> to=<y@y.example> proto=SMTP helo=<x>"
)


def traced(lines: list[str], **wanted: Any) -> tuple[LogTrace, ...]:
    tracer = LogTracer()
    tracer.take(lines_of([line.encode() for line in lines], date(2026, 1, 18)))
    return tracer.traces(Wanted(**wanted))


def test_a_content_filter_does_not_make_two_messages() -> None:
    for wanted in (
        *(
            {"queue_id": "AAAAAA1"},
            {"queue_id": "BBBBBB1"},
            {"message_id": "1@a.example"},
            {"recipient": "B@b.example"},
        ),
    ):
        (trace,) = traced(FILTERED, **wanted)
        assert (trace.queue_ids, trace.outcome) == (("AAAAAA1", "BBBBBB1"), "delivered")
        assert [leg.kind for leg in trace.legs] == [
            *(
                "arrived",
                "identified",
                "queued",
                "arrived",
                "identified",
                "sent",
                "removed",
                "sent",
                "stored",
                "removed",
            )
        ]
        assert trace.legs[-1].after == 5
    for lang in ("en", "ja"):
        assert "INBOX" in render_traces(traced(FILTERED, sender="a@a.example"), lang, color=False, width=80)


def test_a_refusal_before_the_queue_is_a_story_too() -> None:
    (trace,) = traced([*FILTERED, REFUSED], recipient="y@y.example")
    assert (trace.outcome, trace.queue_ids, len(trace.legs)) == ("refused", (), 1)


def test_of_who_was_refused_it_says_so_where_others_got_the_message() -> None:
    refused = HEAD.format(
        1, "smtpd", "AAAAAA1: reject: RCPT from a.example[192.0.2.9]: 550 5.1.1 <no@b.example>: no; "
    )
    lines = [FILTERED[0], f"{refused}from=<a@a.example> to=<no@b.example> proto=SMTP helo=<x>", *FILTERED[1:]]
    for recipient, outcome in (("no@b.example", "refused"), ("b@b.example", "delivered")):
        (trace,) = traced(lines, recipient=recipient)
        assert trace.outcome == outcome
        assert trace.recipients == ("no@b.example", "b@b.example")


def test_a_queue_id_that_is_used_again_is_another_message() -> None:
    again = [line.replace("1@a", "2@a").replace("20:28", "21:28") for line in FILTERED]
    (trace,) = traced(FILTERED + again, message_id="<2@a.example>")
    assert trace.legs[0].time.endswith("21:28:01")
    assert trace.outcome == "delivered"


def test_a_bounce_and_its_report_belong_together() -> None:
    lines = [
        HEAD.format(1, "smtp", "AAAAAA1: to=<b@b.example>, relay=none, delay=1, dsn=5.4.4, status=bounced (no)"),
        HEAD.format(2, "bounce", "AAAAAA1: sender non-delivery notification: CCCCCC1"),
        HEAD.format(2, "cleanup", "CCCCCC1: message-id=<r@mx>"),
    ]
    (trace,) = traced(lines, queue_id="AAAAAA1")
    assert (trace.outcome, trace.queue_ids) == ("bounced", ("AAAAAA1", "CCCCCC1"))
    assert traced(lines, queue_id="ZZZZZZ1") == ()


def test_the_word_of_the_filter_is_not_the_last_one() -> None:
    """The line of the parent can come after the child has been tried."""
    child = HEAD.format(
        4, "lmtp", "BBBBBB1: to=<b@b.example>, relay=mx[private/lmtp], delay=1, dsn=4.2.0, status=deferred (no)"
    )
    lines = [*FILTERED[:5], child, *FILTERED[5:7]]
    (trace,) = traced(lines, recipient="b@b.example")
    assert trace.outcome == "deferred"
    assert (trace.sender, trace.recipients, trace.message_id) == ("a@a.example", ("b@b.example",), "1@a.example")


def test_an_id_that_another_server_gave_is_no_child() -> None:
    sent = FILTERED[5].replace("127.0.0.1[127.0.0.1]:10024", "mx.b.example[192.0.2.25]:25")
    other = [line.replace("1@a.example", "2@z.example") for line in FILTERED[3:5]]
    (trace,) = traced([*FILTERED[:3], *other, sent, FILTERED[6]], queue_id="AAAAAA1")
    assert trace.queue_ids == ("AAAAAA1",)


def test_a_filter_that_writes_another_message_id_is_followed_all_the_same() -> None:
    child = [line.replace("1@a.example", "2@z.example") for line in FILTERED[3:5]]
    (trace,) = traced([*FILTERED[:3], *child, FILTERED[5], FILTERED[6], FILTERED[7]], queue_id="AAAAAA1")
    assert trace.queue_ids == ("AAAAAA1", "BBBBBB1")


def test_two_instances_may_use_one_id() -> None:
    other = [line.replace("postfix/", "postfix-out/").replace("1@a", "9@a") for line in FILTERED[:3]]
    (one,) = traced([*FILTERED, *other], message_id="1@a.example")
    (two,) = traced([*FILTERED, *other], message_id="9@a.example")
    assert (one.outcome, two.outcome) == ("delivered", "open")
    assert len(two.legs) == 3


def test_what_the_filters_say_is_in_the_story() -> None:
    said = [
        "Jan 18 20:28:02 mx opendkim[1]: AAAAAA1: DKIM-Signature field added (s=mail, d=a.example)",
        "Jan 18 20:28:04 mx amavis[1]: (1-1) Passed CLEAN {RelayedInternal}, LOCAL [192.0.2.9]:4 <a@a.example> -> "
        "<b@b.example>, Queue-ID: AAAAAA1, Message-ID: <1@a.example>, mail_id: x, Hits: -1, size: 3, queued_as: "
        "BBBBBB1, 9 ms",
    ]
    lines = [*FILTERED[:5], *said, *FILTERED[6:]]
    (trace,) = traced(lines, queue_id="BBBBBB1")
    assert [leg.kind for leg in trace.legs if leg.kind in ("dkim-said", "scanned")] == ["dkim-said", "scanned"]
    assert (trace.queue_ids, trace.outcome) == (("AAAAAA1", "BBBBBB1"), "delivered")


def test_the_connection_that_brought_it_and_the_tries_that_failed_are_legs_of_it() -> None:
    lines = [
        HEAD.format(0, "smtpd", "connect from a.example[192.0.2.9]"),
        HEAD.format(0, "smtpd",
         "Anonymous TLS connection established from a.example[192.0.2.9]: TLSv1.3 with cipher X "
                    "(256/256 bits)"),
        *FILTERED[:3],
        HEAD.format(3, "smtpd", "disconnect from a.example[192.0.2.9] ehlo=1"),
        HEAD.format(4, "smtp", "connect to mx.b.example[2001:db8::1]:25: Network is unreachable"),
        FILTERED[5].replace("127.0.0.1[127.0.0.1]:10024", "mx.b.example[192.0.2.25]:25"),
        HEAD.format(9, "smtp", "connect to other.example[192.0.2.1]:25: Connection refused"),
    ]  # fmt: skip
    (trace,) = traced(lines, queue_id="AAAAAA1")
    kinds = ["connected", "tls-opened", "arrived", "identified", "queued", "no-connection", "sent"]
    assert [leg.kind for leg in trace.legs] == kinds
    assert trace.legs[-1].params["sending"] == "1"


GREYLISTED = (
    "Jan 18 20:{}:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from a.example[192.0.2.9]: 450 4.2.0 <b@b.example>: "
    "Recipient address rejected: Greylisted; from=<a@a.example> to=<b@b.example> proto=ESMTP helo=<a>"
)


def test_a_message_that_was_greylisted_and_came_again_is_one_story() -> None:
    lines = [GREYLISTED.format(10), GREYLISTED.format(12), *FILTERED]
    (trace,) = traced(lines, recipient="b@b.example")
    assert [leg.kind for leg in trace.legs[:3]] == ["refused", "refused", "arrived"]
    assert (trace.outcome, trace.queue_ids) == ("delivered", ("AAAAAA1", "BBBBBB1"))
    assert trace.seconds == 18 * 60 + 5


def test_a_copy_that_sieve_sent_on_belongs_to_it() -> None:
    lines = [
        *FILTERED[:8],
        "Jan 18 20:28:05 mx dovecot: lmtp(b)<1><s>: sieve: msgid=<1@a.example>: forwarded to <c@c.example>",
        HEAD.format(6, "pickup", "CCCCCC1: uid=8 from=<b@b.example>"),
        HEAD.format(6, "cleanup", "CCCCCC1: message-id=<1@a.example>"),
        HEAD.format(7, "smtp", "CCCCCC1: to=<c@c.example>, relay=mx.c.example[192.0.2.1]:25, delay=1, dsn=5.0.0, "
                    "status=bounced (no)"),
    ]  # fmt: skip
    (trace,) = traced(lines, queue_id="AAAAAA1")
    assert trace.queue_ids == ("AAAAAA1", "BBBBBB1", "CCCCCC1")
    assert trace.outcome == "bounced"
    assert "sieved" in [leg.kind for leg in trace.legs]


def test_dovecot_is_joined_by_the_session_of_its_lmtp() -> None:
    saved = FILTERED[7].replace("250 2.0.0 Saved", "250 2.0.0 <b@b.example> WPYNF3WzC2vLLAAAg+zDdQ Saved")
    mine = FILTERED[8].replace("<s>", "<WPYNF3WzC2vLLAAAg+zDdQ>").replace("1@a.example", "no-such-id")
    other = FILTERED[8].replace("<s>", "<AAAAF3WzC2vLLAAAg+zDdQ>").replace("INBOX", "Other")
    (trace,) = traced([*FILTERED[:7], saved, mine, other], queue_id="BBBBBB1")
    assert [leg.params["folder"] for leg in trace.legs if leg.kind == "stored"] == ["INBOX"]


def test_a_report_of_success_does_not_change_how_it_ended() -> None:
    report = [
        HEAD.format(6, "bounce", "BBBBBB1: sender delivery status notification: DDDDDD1"),
        HEAD.format(6, "qmgr", "DDDDDD1: from=<>, size=3, nrcpt=1 (queue active)"),
        HEAD.format(7, "smtp", "DDDDDD1: to=<a@a.example>, relay=none, delay=1, dsn=5.0.0, status=bounced (no)"),
    ]
    (trace,) = traced([*FILTERED, *report], queue_id="AAAAAA1")
    assert (trace.outcome, trace.queue_ids) == ("delivered", ("AAAAAA1", "BBBBBB1", "DDDDDD1"))


def test_by_client_status_and_time() -> None:
    lines = [*FILTERED, REFUSED, GREYLISTED.format(59)]
    assert [trace.outcome for trace in traced(lines, client="192.0.2.8")] == ["refused"]
    assert [trace.outcome for trace in traced(lines, status="delivered")] == ["delivered"]
    assert [trace.outcome for trace in traced(lines, status="refused")] == ["refused", "refused"]
    assert [trace.outcome for trace in traced(lines, status="sent")] == ["delivered"]
    late = Between(datetime(2026, 1, 18, 20, 50).astimezone(), None)
    assert [trace.legs[0].params["client"] for trace in traced(lines, period=late)] == ["a.example[192.0.2.9]"]
    assert traced(lines, period=Between(None, datetime(2026, 1, 18).astimezone())) == ()


def test_a_log_with_holes_says_so() -> None:
    tracer = LogTracer()
    line = b"Jan 18 20:28:01 mx systemd-journald[1]: Suppressed 500 messages from postfix@-.service"
    tracer.take(lines_of([line, *(each.encode() for each in FILTERED)], date(2026, 1, 18)))
    assert tracer.gaps == 1
    for lang in ("en", "ja"):
        text = render_traces(
            tracer.traces(Wanted(sender="a@a.example")), lang, color=False, width=100, gaps=tracer.gaps
        )
        assert text.rstrip().splitlines()[-1].endswith((".", "。"))


EXIM = "2026-01-18 20:28:{:02} {}"
EXIM_LOG = [
    EXIM.format(1, "1aaaaa-000001-AA <= a@a.example H=a.example [192.0.2.9] P=esmtps S=310 id=1@a.example"),
    EXIM.format(3, "1bbbbb-000002-BB <= a@a.example H=localhost [127.0.0.1] P=esmtp S=410 id=1@a.example"),
    EXIM.format(3, '1aaaaa-000001-AA => b@b.example R=scan T=smtp H=127.0.0.1 [127.0.0.1] C="250 OK '
                   'id=1bbbbb-000002-BB"'),
    EXIM.format(3, "1aaaaa-000001-AA Completed"),
    EXIM.format(4, "1bbbbb-000002-BB ** b@b.example R=dnslookup T=smtp H=mx.b.example [192.0.2.25]: SMTP error from "
                "remote mail server after RCPT TO:<b@b.example>: 550 5.1.1 no"),
    EXIM.format(4, "1ccccc-000003-CC <= <> R=1bbbbb-000002-BB U=mail P=local S=900"),
    EXIM.format(5, "1ccccc-000003-CC => a@a.example R=dnslookup T=smtp H=mx.a.example [192.0.2.9]"),
]  # fmt: skip


def test_exim_is_told_alike() -> None:
    (trace,) = traced(EXIM_LOG, sender="a@a.example")
    assert trace.queue_ids == ("1aaaaa-000001-AA", "1bbbbb-000002-BB", "1ccccc-000003-CC")
    assert (trace.outcome, trace.message_id) == ("bounced", "1@a.example")


def test_sendmail_and_opensmtpd_are_told_alike() -> None:
    sendmail = [
        "Jan 18 20:28:01 mx sm-mta[1]: 60IJSoil000064: from=<a@a.example>, size=37, class=0, nrcpts=2, "
        "msgid=<1@a.example>, "
        "proto=ESMTP, daemon=MTA, relay=a.example [192.0.2.9]",
        "Jan 18 20:28:02 mx sm-mta[2]: 60IJSoil000064: to=<b@b.example>,<c@b.example>, delay=00:00:01, mailer=esmtp, "
        "relay=mx.b.example. [192.0.2.25], dsn=2.0.0, stat=Sent (ok)",
    ]
    (trace,) = traced(sendmail, recipient="c@b.example")
    assert (trace.outcome, trace.sender) == ("delivered", "a@a.example")
    opensmtpd = [
        "Jan 18 20:28:01 mx smtpd[1]: 4752b1c0a4b19ee8 smtp message msgid=65976163 size=227 nrcpt=1 proto=ESMTP",
        "Jan 18 20:28:01 mx smtpd[1]: 4752b1c0a4b19ee8 smtp envelope evpid=65976163745afafb from=<a@a.example> "
        "to=<b@b.example>",
        "Jan 18 20:28:02 mx smtpd[1]: 4752b1c1f16a3ce5 mta delivery evpid=65976163745afafb from=<a@a.example> "
        'to=<b@b.example> rcpt=<b@b.example> source="-" relay="192.0.2.25" delay=1s result="PermFail" stat="550 no"',
    ]
    (trace,) = traced(opensmtpd, sender="a@a.example")
    assert (trace.outcome, [leg.kind for leg in trace.legs]) == ("bounced", ["arrived", "addressed", "bounced"])


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_kind_of_leg_has_its_words(lang: str) -> None:
    """A fact of each kind that a story can have, with its fields as they are when a line does not tell."""
    for kind in (*OF_MESSAGES, *OF_SESSIONS, *OF_MAILBOXES):
        text = render_traces((LogTrace((), "open", (leg_of(kind),)),), lang, color=False, width=100)
        assert len(text.splitlines()) == 2
        assert "{" not in text


def leg_of(kind: type[Fact]) -> LogLeg:
    values = dict.fromkeys(kind.__struct_fields__, "x")
    name = "sent" if kind is Delivered else re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()
    return LogLeg("", None, "", name, values)


HELD = "4C6BF1A2D3: milter-hold: END-OF-MESSAGE from c[192.0.2.7]: milter triggers HOLD action; "
ENVELOPE = "from=<> to=<b@b.example> proto=ESMTP helo=<c>"


def test_a_message_on_hold_is_not_refused() -> None:
    lines = [
        HEAD.format(1, "smtpd", "4C6BF1A2D3: client=c[192.0.2.7]"),
        HEAD.format(2, "cleanup", HELD + ENVELOPE),
    ]
    (trace,) = traced(lines)
    assert (trace.outcome, trace.sender) == ("held", "")
    assert "on hold in the queue" in render_traces((trace,), "en", color=False, width=100)
    lines.append(HEAD.format(3, "postsuper", "4C6BF1A2D3: released from hold"))
    assert traced(lines)[0].outcome == "open"
    lines.append(
        HEAD.format(4, "smtp", "4C6BF1A2D3: to=<b@b.example>, relay=m, delay=1, dsn=2.0.0, status=sent (250 ok)")
    )
    assert traced(lines)[0].outcome == "delivered"


def test_a_warning_is_no_refusal() -> None:
    line = "4C6BF1A2D3: warning: header Subject: offer from c[192.0.2.7]; "
    assert traced([HEAD.format(1, "cleanup", line + ENVELOPE)])[0].outcome == "open"


@pytest.mark.parametrize(("lang", "unknown"), [("en", "sender not told by the log"), ("ja", "差出人はログになし")])
def test_a_sender_that_is_not_told_is_not_the_empty_one(lang: str, unknown: str) -> None:
    """`<>` is the sender of a report (RFC 5321 section 4.5.5)."""
    delivery = HEAD.format(4, "smtp", "AAAAAA1: to=<b@b.example>, relay=m, delay=1, dsn=2.0.0, status=sent (250 ok)")
    lines = [HEAD.format(1, "smtpd", "AAAAAA1: client=a.example[192.0.2.9]"), delivery]
    (trace,) = traced(lines)
    assert trace.sender is None
    told = render_traces((trace,), lang, color=False, width=100)
    assert unknown in told and "<>" not in told
    assert traced(lines, sender="<>") == ()
    lines.insert(1, HEAD.format(2, "qmgr", "AAAAAA1: from=<>, size=310, nrcpt=1 (queue active)"))
    (trace,) = traced(lines, sender="<>")
    assert trace.sender == ""
    told = render_traces((trace,), lang, color=False, width=100)
    assert "<>" in told and unknown not in told


def test_without_a_line_of_mail_there_is_no_message_to_miss() -> None:
    assert render_traces((), "en", color=False, width=100, mail=0).startswith("There is no line of a mail server")
    assert render_traces((), "en", color=False, width=100, mail=1).startswith("There is no such message")
