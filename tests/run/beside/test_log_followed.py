"""A message of the run is followed through the log, the queue and the tables."""

from __future__ import annotations

from datetime import date

import pytest

import configurations
from mailproof.model.connection import Connection
from mailproof.model.envelope import Submitted
from mailproof.model.followed import EntryUsed, Followed, Waiting
from mailproof.model.record import Attempt, Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.secret import Secrets
from mailproof.parse.log.envelope import LineReader
from mailproof.run.beside.followed import with_followed
from mailproof.run.beside.sessions import Line, read_line
from records import attempt_of, record_of

HEAD = "Nov 29 05:12:0{} mx postfix/{}[7]: "
TAKEN = HEAD.format(1, "smtpd") + "4C6BF1A2D3: client=c[192.0.2.7]"
DISCARD = (
    "NOQUEUE: discard: RCPT from c[192.0.2.7]: <c@d.test>: Recipient address gone; from=<{}> to=<c@d.test> "
    "proto=ESMTP helo=<c>"
)
SENT = "4C6BF1A2D3: to=<{}>, relay={}, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status={} ({})"


def lines(*texts: str) -> list[Line]:
    read = LineReader(date(2026, 11, 29)).read
    found = [read_line(read(text.encode()), f"mail.log, line {n}") for n, text in enumerate(texts, 1)]  # type: ignore[arg-type]
    return [each for each in found if each is not None]


def handed_in(queue_id: str = "4C6BF1A2D3") -> Attempt:
    final = Reply(ReplyClass.POSITIVE, "250", "2.0.0 Ok: queued", turn=1)
    fact = Submitted("a@b.test", "c@d.test", "tok1", final=final, queue_id=queue_id)
    return attempt_of(Connection("192.0.2.25:25", 0.0, local="192.0.2.7:4711"), fact, endpoint="smtp://mx.test")


def followed(
    *texts: str, record: Record | None = None, waiting: tuple[Waiting, ...] = (), secret: str = ""
) -> Followed | None:
    record = record or record_of(handed_in())
    told = with_followed(record, lines(*texts), Secrets([secret] if secret else []), lambda queue_id: waiting)
    return next((each.fact for each in told.seen(Followed)), None)


@pytest.mark.parametrize(
    ("program", "text", "outcome"),
    [
        ("smtp", SENT.format("c@d.test", "none", "deferred", "connect to x: No route to host"), "deferred"),
        ("smtp", SENT.format("c@d.test", "h[192.0.2.9]:25", "bounced", "host h said: 554 no"), "bounced"),
        ("virtual", SENT.format("c@d.test", "virtual", "sent", "delivered to maildir"), "delivered"),
        ("discard", SENT.format("c@d.test", "none", "sent", "goes nowhere"), "discarded"),
        (
            "cleanup",
            "4C6BF1A2D3: discard: header X: y from c[192.0.2.7]; from=<a@b.test> to=<c@d.test>: no",
            "discarded",
        ),
        ("cleanup", "4C6BF1A2D3: hold: header X: y from c[192.0.2.7]; from=<a@b.test> to=<c@d.test>: no", "held"),
    ],
)
def test_how_it_ended_with_the_line_of_each_leg(program: str, text: str, outcome: str) -> None:
    fact = followed(TAKEN, HEAD.format(2, program) + text)
    assert fact is not None
    assert (fact.trace.outcome, len(fact.trace.legs), fact.turns) == (outcome, 2, (1,))
    assert [line.where for line in fact.lines] == ["mail.log, line 1", "mail.log, line 2"]


def test_what_an_access_table_throws_away_is_known_by_its_envelope_and_its_place() -> None:
    """The same envelope was tried before without a message, and somebody else's is thrown away too."""
    before, other = (HEAD.format(0, "smtpd") + DISCARD.format(sender) for sender in ("a@b.test", "x@y.test"))
    fact = followed(before, other, before, TAKEN, before)
    assert fact is not None
    assert (fact.trace.outcome, [leg.kind for leg in fact.trace.legs]) == ("discarded", ["refused", "arrived"])
    assert fact.lines[0].where == "mail.log, line 3"
    sent = HEAD.format(2, "virtual") + SENT.format("c@d.test", "virtual", "sent", "delivered to maildir")
    fact = followed(before, TAKEN, sent)
    assert fact is not None and fact.trace.outcome == "delivered"


def test_by_the_message_id_where_the_server_tells_no_queue_id() -> None:
    texts = [HEAD.format(1, "cleanup") + "4C6BF1A2D3: message-id=<mailproof.tok1@b.test>", TAKEN]
    fact = followed(*texts, record=record_of(handed_in("")))
    assert fact is not None and fact.trace.queue_ids == ("4C6BF1A2D3",)
    assert followed(TAKEN, record=record_of(handed_in(""))) is None


def test_the_queue_tells_where_the_log_does_not() -> None:
    waits = Waiting("deferred", "c@d.test", "Network is unreachable", "postqueue -j")
    fact = followed(waiting=(waits,))
    assert fact is not None and (fact.trace.outcome, fact.trace.legs, fact.waiting) == ("deferred", (), (waits,))
    held = followed(TAKEN, waiting=(Waiting("hold", "c@d.test", "", "postqueue -j"),))
    assert held is not None and held.trace.outcome == "held"
    assert followed() is None


def test_by_which_line_of_which_table_it_was_rewritten() -> None:
    files = """\
== main.cf
virtual_alias_maps = texthash:/etc/postfix/virtual
== master.cf
smtp inet n - n - - smtpd
== /etc/postfix/virtual
# aliases
c@d.test  e@d.test
"""
    record = record_of(handed_in(), *configurations.record_of(files).attempts)
    rewritten = SENT.format("e@d.test>, orig_to=<c@d.test", "virtual", "sent", "delivered to maildir")
    fact = followed(TAKEN, HEAD.format(2, "virtual") + rewritten, record=record)
    assert fact is not None
    assert fact.entries == (
        EntryUsed("virtual_alias_maps", "c@d.test", "e@d.test", "/etc/postfix/virtual:2", "c@d.test  e@d.test"),
    )
    other = HEAD.format(2, "virtual") + SENT.format("c@d.test", "virtual", "sent", "delivered to maildir")
    fact = followed(TAKEN, other, record=record)
    assert fact is not None and fact.entries == ()  # the server has other tables than these


def test_a_secret_stands_neither_in_a_line_nor_in_a_leg() -> None:
    text = SENT.format("c@d.test", "h[192.0.2.9]:25", "deferred", "host h said: 450 wonder")
    fact = followed(TAKEN, HEAD.format(2, "smtp") + text, secret="wonder")
    assert fact is not None and "wonder" not in repr(fact)
