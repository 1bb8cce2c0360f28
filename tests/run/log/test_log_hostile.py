"""A stranger writes into the log what a terminal would obey: nothing of it comes out of `explain` or `trace`."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.report.log import explained_as_json, render_explained
from mailproof.report.log_trace import render_traces, traces_as_json
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

# Clear the screen, set the title, turn the text around, ring, overwrite the line, C1 controls, a line of one's own.
EVIL = "\x1b[2J\x1b]0;owned\x07\u202e\x9b31m\r\x08\x00\u2028"
Q = "4F1C2A3B5"
LINES = (
    f"postfix/smtpd[1]: NOQUEUE: reject: RCPT from a{EVIL}[192.0.2.9]: 554 5.7.1 <x{EVIL}@y.example>: Relay access "
    f"denied{EVIL}; from=<a{EVIL}@b.example> to=<x{EVIL}@y.example> proto=ESMTP helo=<{EVIL}>",
    f"postfix/smtpd[1]: {Q}: client=unknown{EVIL}[192.0.2.9], sasl_method=PLAIN, sasl_username={EVIL}",
    f"postfix/cleanup[1]: {Q}: message-id=<{EVIL}@b.example>",
    f"postfix/qmgr[1]: {Q}: from=<a{EVIL}@b.example>, size=1, nrcpt=1 (queue active)",
    f"postfix/smtp[1]: {Q}: to=<x{EVIL}@y.example>, relay=h{EVIL}[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=5.0.0, "
    f"status=bounced (host h{EVIL}[192.0.2.1] said: 550 {EVIL})",
    f"postfix/smtpd[1]: fatal: never seen {EVIL}",
    f"postfix/smtpd[1]: never seen either {EVIL}",
    f"dovecot: auth: passwd-file(a{EVIL},192.0.2.9,<s>): unknown user",
    f"dovecot: lmtp(a{EVIL})<1><s>: msgid=<{EVIL}@b.example>: saved mail to {EVIL}",
    f"exim[1]: H=a{EVIL} [192.0.2.9] F=<a{EVIL}@b.example> rejected RCPT <x@y.example>: {EVIL}",
    f"sm-mta[1]: 6AT4oirg000042: <no{EVIL}@example.test>... User unknown {EVIL}",
    f"amavis[1]: (1-1) Blocked SPAM {{}}, [192.0.2.9]:1 <a{EVIL}@b.example> -> <x@y.example>, Queue-ID: {Q}, "
    f"Hits: 9{EVIL}",
    f"rspamd[1]: <1>; task; rspamd_task_write_log: id: <{EVIL}>, qid: <{Q}>, ip: 192.0.2.9, from: <a{EVIL}>, "
    f"(default: T (reject{EVIL}): [9/15] [X{EVIL}]), len: 1, time: 1ms",
    f"nothing of ours {EVIL}",
)
RAW = [f"Jan 18 20:28:39 mx {line}".encode() for line in LINES] + [EVIL.encode(), b"\xff\xfe" + EVIL.encode()]


def harmless(text: str) -> bool:
    """Lines of printable characters; what a terminal would obey stands there as an escape, or not at all."""
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_nothing_of_a_line_reaches_the_terminal(lang: str) -> None:
    explainer = LogExplainer()
    explainer.take(lines_of(RAW, date(2026, 1, 18)))
    result = explainer.result()
    assert len(result.causes) > 5
    assert len(result.samples) > 2
    assert harmless(render_explained(result, lang, color=False, width=80, everything=True))
    assert harmless(explained_as_json(result))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_nothing_of_a_story_reaches_the_terminal(lang: str) -> None:
    tracer = LogTracer()
    tracer.take(lines_of(RAW, date(2026, 1, 18)))
    traces = (*tracer.traces(Wanted(queue_id=Q)), *tracer.traces(Wanted(status="refused")))
    assert len(traces) > 1
    assert harmless(render_traces(traces, lang, color=False, width=80))
    assert harmless(traces_as_json(traces))
