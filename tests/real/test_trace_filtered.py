"""A real Postfix with a content filter, as amavis is set up: each message is one story, from client to mailbox."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from datetime import date

import pytest
from scanner import scanner

from loglines import unread
from mailproof.lab.real.postfix import Service
from mailproof.lab.real.server import RealLab
from mailproof.model.log_trace import LogTrace
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

pytestmark = pytest.mark.real

BOB, CAROL = "bob@example.test", "carol@example.test"
GHOST = "ghost@example.test"
"""Whom Postfix knows and Dovecot does not."""
NUMBER = 12


def with_the_way_back(services: list[Service]) -> list[Service | str]:
    options = (("content_filter", ""), ("syslog_name", "postfix/back"))
    back = Service("127.0.0.1:@port:back@", "inet", "smtpd", "n", options=options, key="back")
    scan = Service("scan", "unix", "smtp", options=(("syslog_name", "postfix/scan"),), key="scan unix")
    return [*services, back, scan]


@pytest.fixture(scope="module")
def filtered() -> Iterator[RealLab]:
    """A lab whose mail goes through a filter: some for a recipient that the mailbox server refuses."""
    filter_ = scanner(lambda: lab.ports["back"])
    main = {
        "content_filter": f"scan:[127.0.0.1]:{filter_.port}",
        "mynetworks": "127.0.0.0/8",
    }
    known = {"postfix/etc/virtual_mailboxes": "".join(f"{name} virtual\n" for name in (BOB, CAROL, GHOST))}
    with RealLab(main=main, master=with_the_way_back, extra_ports=("back",), files=known) as lab:
        with smtplib.SMTP("127.0.0.1", lab.ports["smtp"], timeout=60) as session:
            session.ehlo("client.example.com")
            for number in range(NUMBER):
                to = [BOB, CAROL] if number % 2 else [BOB, GHOST] if number % 3 else [BOB]
                session.sendmail("a@example.com", to, f"Message-ID: <{number}@example.com>\r\n\r\nhello\r\n")
        lab.wait_until(lambda: len(lab.messages(BOB)) == NUMBER, "all messages of bob", 120.0)
        lab.wait_until(lambda: not in_queue(lab.mail_log.read_text()), "an empty queue", 120.0)
        yield lab
    filter_.stop()


def in_queue(log: str) -> set[str]:
    """Messages that are not out of the queue again, before the filter or behind it."""
    taken = set(re.findall(r"(\w+): from=<a@example\.com>", log))
    return taken - set(re.findall(r"(\w+): removed", log))


def traced(lab: RealLab, **wanted: str) -> tuple[LogTrace, ...]:
    tracer = LogTracer()
    for log in (lab.mail_log, lab.dovecot_log):
        tracer.take(lines_of(log.read_bytes().splitlines(), date.today()))
    return tracer.traces(Wanted(**wanted))


def test_each_message_is_one_story(filtered: RealLab) -> None:
    traces = traced(filtered, sender="a@example.com")
    assert sorted(trace.message_id for trace in traces) == sorted(f"{number}@example.com" for number in range(NUMBER))
    for trace in traces:
        number = int(trace.message_id.partition("@")[0])
        kinds = [leg.kind for leg in trace.legs]
        # Before the filter and behind it; a report of what cannot be delivered is a third.
        bounced = number % 2 == 0 and number % 3 != 0
        assert len(trace.queue_ids) == (3 if bounced else 2), trace
        assert trace.outcome == ("bounced" if bounced else "delivered")
        assert kinds.count("stored") == (2 if number % 2 else 1)
        assert kinds.count("arrived") == 2
        assert trace.seconds is not None
        assert 0 <= trace.seconds < 3600  # and no difference of time zones


def test_any_of_its_ids_leads_to_the_whole_story(filtered: RealLab) -> None:
    (whole,) = traced(filtered, message_id="1@example.com")
    for queue_id in whole.queue_ids:
        assert traced(filtered, queue_id=queue_id) == (whole,)


def test_no_line_of_it_is_unknown(filtered: RealLab) -> None:
    assert unread(filtered.mail_log) == []
    assert unread(filtered.dovecot_log) == []
