"""What reads mail logs, into which strangers write: lines, facts, causes, stories."""

from __future__ import annotations

from datetime import date

from mailproof.parse import events
from mailproof.report.log import render_explained
from mailproof.report.log_trace import render_traces
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

_DAY = date(2026, 11, 29)


def log(data: bytes) -> None:
    """Lines of a log: each is an event, and what is told of them is fit for a terminal."""
    lines = data.split(b"\n")
    found = list(events(lines, _DAY))
    assert [event.raw for event in found] == [line for line in lines if line.strip()]
    explainer, tracer = LogExplainer(), LogTracer()
    explainer.take(lines_of(lines, _DAY))
    tracer.take(lines_of(lines, _DAY))
    result = explainer.result()
    assert result.lines == len(found)
    told = render_explained(result, "en", color=False, width=80, everything=True)
    told += render_traces(tracer.traces(Wanted()), "en", color=False, width=80)
    assert all(line.isprintable() for line in told.split("\n"))


LOG_WORDS = (
    *(b"Nov 29 05:00:00 mx ", b"2026-11-29 05:00:00 ", b"postfix/smtpd[1]: ", b"postfix/smtp[1]: ", b"dovecot: "),
    *(
        b"exim[1]: ",
        b"sm-mta[1]: ",
        b"smtpd[1]: ",
        b"opendkim[1]: ",
        b"rspamd[1]: ",
        b"amavis[1]: ",
        b"postgrey[1]: ",
    ),
    *(b"4F1C2A3B5: ", b"NOQUEUE: reject: RCPT from ", b"a[192.0.2.9]", b"; from=<", b"> to=<", b", status=sent ("),
    *(b"queued as 4F1C2A3B5", b"client=", b"message-id=<", b"removed", b"sender non-delivery notification: "),
    *(b"1xXWrg-00000Y-2x <= ", b"1xXWrg-00000Y-2x => ", b" H=", b' T="', b"rejected RCPT <", b"from=<", b"msgid=<"),
    *(b"4752b1abce974839 smtp ", b"evpid=4f1c2a3b5d6e7f80", b"imap-login: Login: user=<", b"sieve: msgid=<", b"pam("),
    *(b"action=greylist, ", b"Passed CLEAN {}, ", b"task; rspamd_task_write_log: id: <", b"warning: ", b"fatal: "),
)
