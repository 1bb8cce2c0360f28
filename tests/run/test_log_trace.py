"""`log trace`: one story for one message, over a content filter, a report and a queue id that is used again."""

from __future__ import annotations

from datetime import date

from mailproof.model.log import LogTrace
from mailproof.report.log_trace import render_traces
from mailproof.run.log_files import lines_of
from mailproof.run.log_trace import LogTracer, Wanted

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


def traced(lines: list[str], **wanted: str) -> tuple[LogTrace, ...]:
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
