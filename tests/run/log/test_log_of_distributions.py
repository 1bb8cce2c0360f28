"""Logs as mail systems that are sold or given away whole write them: Plesk, cPanel, Zimbra, Mailcow, iRedMail."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

from mailproof.model.log import LogExplained
from mailproof.model.log_trace import LogTrace
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

DAY = date(2026, 11, 29)
HERE = Path(__file__).parent
LOGS: dict[str, str] = tomllib.loads((HERE / "distributions.toml").read_text("utf-8"))
CPANEL, REJECTED, PANIC, PLESK, MAILCOW, ZIMBRA, IREDMAIL, DOVECOT = LOGS.values()


def _explained(log: str) -> LogExplained:
    explainer = LogExplainer()
    explainer.take(lines_of(log.encode().splitlines(), DAY))
    return explainer.result()


def _traces(log: str) -> tuple[LogTrace, ...]:
    tracer = LogTracer()
    tracer.take(lines_of(log.encode().splitlines(), DAY))
    return tracer.traces(Wanted())


def _names(log: str) -> list[str]:
    result = _explained(log)
    assert (result.unknown, result.unread) == (0, 0), result.samples
    return [cause.name for cause in result.causes]


def test_every_line_of_each_is_read() -> None:
    assert _names(CPANEL) == ["hourly-limit-reached", "next-server-went-away", "client-blocklisted"]
    assert _names(REJECTED) == ["content-rejected", "password-wrong"]
    assert _names(PANIC) == ["exim-spool-not-writable"]
    assert _names(PLESK) == _names(MAILCOW) == _names(ZIMBRA) == []
    assert _names(IREDMAIL) == ["greylisted"]
    assert _names(DOVECOT) == ["credentials-lookup-failed"]


def test_the_header_in_a_reject_log_ends_where_it_does() -> None:
    log = REJECTED.replace("-" * 88, "not a header")
    assert [_explained(each).unread for each in (log, "\tby mx1.example.com\n", "  Subject: Buy\n")] == [1, 1, 1]


def test_each_message_is_one_story() -> None:
    for log in (PLESK, MAILCOW, ZIMBRA):
        (trace,) = _traces(log)
        assert (trace.queue_ids, trace.outcome) == (("4F1C2A3B5D",), "delivered")
    kinds = [leg.kind for leg in _traces(MAILCOW)[0].legs]
    assert kinds.count("scanned") == 1
    assert "stored" in [leg.kind for leg in _traces(PLESK)[0].legs]


def test_what_a_filter_says_of_another_message_with_the_id_is_not_of_this_one() -> None:
    traces = _traces(MAILCOW.replace("id: <1@example.org>", "id: <9@example.org>"))
    assert [trace.outcome for trace in traces] == ["open", "delivered"]
