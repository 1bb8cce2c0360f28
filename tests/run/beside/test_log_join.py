"""The connections of a run are found again in the log, each by what the log tells of it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.attempt import Job
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Connection
from mailproof.model.envelope import Submitted
from mailproof.model.machine import Clock, Way
from mailproof.model.record import Attempt, Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.secret import Secrets
from mailproof.model.server_log import LogRead, LogSaid, LogStored
from mailproof.model.tls import Protection
from mailproof.parse.log.envelope import LineReader
from mailproof.run.beside.join import with_log
from mailproof.run.beside.sessions import Line, read_line
from records import attempt_of, record_of

DAY = date(2026, 11, 29)
READ = LogRead(("mail.log",), 0, 0)
REFUSED = ("* connected", "S: 220 mx ESMTP", "C: EHLO me", "S: 250 mx", "C: AUTH PLAIN [secret]", "S: 535 5.7.8 no")


def lines(text: str) -> list[Line]:
    read = LineReader(DAY).read
    parsed = [read(each.encode()) for each in text.strip().splitlines()]
    found = [read_line(line, f"mail.log, line {number}") for number, line in enumerate(parsed, 1) if line is not None]
    return [each for each in found if each is not None]


def refused(user: str = "alice", client: str = "192.0.2.7:41652", url: str = "submission://mx.test") -> Attempt:
    answer = Reply(ReplyClass.PERMANENT, "535", "no", turn=5)
    tried = LoginTried("PLAIN", answer, Protection.VERIFIED, user, turns=(4, 5))
    return attempt_of(Connection("192.0.2.25:587", 0.0, local=client), tried, endpoint=url, lines=REFUSED)


def said(record: Record) -> list[tuple[str, int | None, tuple[int, ...]]]:
    """Name, the attempt that it stands in (None for the server), and the turns."""
    where = {id(attempt): at for at, attempt in enumerate(record.attempts) if attempt.job is not Job.LOG}
    return [(each.fact.name, where.get(id(each.attempt)), each.fact.turns) for each in record.seen(LogSaid)]


def test_a_refused_login_by_the_session_of_dovecot() -> None:
    told = with_log(
        record_of(refused(client="127.0.0.1:1"), refused(client="127.0.0.1:41652", url="imaps://mx.test")),
        lines("Nov 29 05:12:00 auth: Info: passwd-file(alice,127.0.0.1,<FmA3VWNhtKJ/AAAB>): Password mismatch"),
        READ,
    )
    assert said(told) == [("password-wrong", 1, (5,))]


def test_refused_logins_by_their_name_and_in_their_order() -> None:
    line = "Nov 29 05:12:00 auth: Info: passwd-file({},127.0.0.1): unknown user"
    text = "\n".join((line.format("bob"), line.format("alice"), line.format("alice")))
    told = with_log(record_of(refused("alice"), refused("bob"), refused("alice")), lines(text), READ)
    assert said(told) == [("user-unknown", 0, (5,)), ("user-unknown", 1, (5,)), ("user-unknown", 2, (5,))]


def test_that_somebody_else_was_refused_is_not_ours() -> None:
    line = "Nov 29 05:12:00 auth: Info: passwd-file(mallory,198.51.100.1): Password mismatch"
    assert said(with_log(record_of(refused("alice")), lines(line), READ)) == [("password-wrong", None, ())]


def test_a_refusal_by_the_words_that_we_heard() -> None:
    reply = "554 5.7.1 <x@elsewhere.test>: Recipient address rejected: Access denied"
    heard = attempt_of(lines=("* connected", "S: 220 mx ESMTP", f"S: {reply}"), endpoint="smtp://mx.test")
    line = f"Nov 29 05:12:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from c[192.0.2.7]: {reply}; from=<a@b.test>"
    (found,) = said(with_log(record_of(refused(), heard), lines(f"{line} to=<x@elsewhere.test> proto=ESMTP"), READ))
    assert found[1:] == (1, (2,))


def test_a_message_by_its_queue_id() -> None:
    final = Reply(ReplyClass.POSITIVE, "250", "2.0.0 Ok: queued as 4C6BF1A2D3", turn=1)
    handed_in = attempt_of(Submitted("a@b.test", "c@d.test", "t", final=final, queue_id="4C6BF1A2D3"))
    line = (
        "Nov 29 05:12:00 mx postfix/lmtp[7]: 4C6BF1A2D3: to=<c@d.test>, relay=none, delay=0.1, delays=0/0/0/0, "
        "dsn=4.4.1, status=deferred (connect to mx[private/lmtp]: No such file or directory)"
    )
    ((_, at, turns),) = said(with_log(record_of(refused(), handed_in), lines(line), READ))
    assert (at, turns) == (1, (1,))


def test_a_delivery_by_whose_mailbox_it_is() -> None:
    final = Reply(ReplyClass.POSITIVE, "250", "2.0.0 Ok", turn=1)
    handed_in = attempt_of(Submitted("a@b.test", "c@d.test", "t", final=final))
    line = "Nov 29 05:12:00 lmtp({})<15536></HtWEKIpAmuwPAAAg+zDdQ>: Error: sieve: Failed to compile script `x.sieve'"
    text = "\n".join((line.format("somebody@d.test"), line.format("c@d.test")))
    told = said(with_log(record_of(refused(), handed_in), lines(text), READ))
    assert told == [("sieve-script-broken", 1, (1,)), ("sieve-script-broken", None, ())]


@pytest.mark.parametrize(
    ("line", "user"),
    [
        ("lmtp(c@d.test)<1></HtWEKIpAmuwPAAAg+zDdQ>: Info: msgid=<1@x>: saved mail to INBOX", "c@d.test"),
        (
            "mx postfix/virtual[7]: 4C6BF1A2D3: to=<e@d.test>, orig_to=<c@d.test>, relay=virtual, delay=0.1, "
            "delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)",
            "e@d.test",
        ),
    ],
)
def test_where_a_message_was_stored(line: str, user: str) -> None:
    final = Reply(ReplyClass.POSITIVE, "250", "2.0.0 Ok", turn=1)
    handed_in = attempt_of(Submitted("a@b.test", "c@d.test", "t", final=final, queue_id="4C6BF1A2D3"))
    told = with_log(record_of(refused(), handed_in), lines(f"Nov 29 05:12:00 {line}"), READ)
    ((fact, attempt),) = [(each.fact, each.attempt) for each in told.seen(LogStored)]
    assert (fact.user, fact.folder, fact.turns) == (user, "INBOX", (1,))
    assert any(isinstance(each, Submitted) for each in attempt.observations)


def test_a_connection_by_the_commands_that_were_counted() -> None:
    text = """
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: connect from c[192.0.2.7]
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: warning: TLS library problem: error:0A000126:SSL routines::eof
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: warning: milter inet:127.0.0.1:8891: can't read SMFIC_EOH reply packet
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: disconnect from c[192.0.2.7] ehlo=1 auth=0/1 commands=1/2
"""
    other = attempt_of(lines=("* connected", "S: 220 mx", "C: QUIT"), endpoint="submission://mx.test")
    told = with_log(record_of(other, refused()), lines(text), READ)
    assert {at for name, at, _ in said(told)} == {1}
    (read,) = told.seen(LogRead)
    assert read.fact.joined == 4


def test_a_port_that_postfix_logs_tells_the_connection() -> None:
    text = """
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: connect from c[192.0.2.7]:41652
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: warning: TLS library problem: error:0A0000C1:SSL::no shared cipher
"""
    told = with_log(record_of(refused(client="192.0.2.7:9"), refused(client="192.0.2.7:41652")), lines(text), READ)
    assert {at for _, at, _ in said(told)} == {1}


def looked(start: float, client: str = "10.0.0.5:41652") -> Attempt:
    """A connection that says no more than QUIT, at a time."""
    made = attempt_of(
        Connection("192.0.2.25:25", 0.0, local=client), endpoint="smtp://mx.test", lines=("* connected", "C: QUIT")
    )
    assert made.transcript is not None
    turns = tuple(msgspec.structs.replace(turn, at=turn.at + start) for turn in made.transcript.turns)
    return msgspec.structs.replace(made, transcript=msgspec.structs.replace(made.transcript, turns=turns))


def session(
    client: str, second: int, words: str = "warning: TLS library problem: error:0A000126:SSL routines::eof"
) -> str:
    lines = (f"connect from c[{client}]", words, f"disconnect from c[{client}] quit=1 commands=1")
    stamp = f"Nov 21 10:{second // 60:02}:{second % 60:02}"
    return "\n".join(f"{stamp} mx postfix/smtpd[{second}]: {line}" for line in lines)


def joined(
    *sessions: str, attempts: tuple[Attempt, ...], way: Way | None = None, clock: Clock | None = None
) -> list[int | None]:
    """Of each session, whose it is: by its line of what went wrong."""
    told = with_log(record_of(*attempts), lines("\n".join(sessions)), READ, way=way, clock=clock)
    at = {id(attempt): number for number, attempt in enumerate(told.attempts) if attempt.job is not Job.LOG}
    whose = {line.where: at.get(id(each.attempt)) for each in told.seen(LogSaid) for line in each.fact.lines}
    return [whose[f"mail.log, line {3 * number + 2}"] for number in range(len(sessions))]


def test_our_public_address_is_that_by_which_sshd_knows_us() -> None:
    """Behind a NAT that keeps the port the log has the port of ours, at an address that is none of ours."""
    text = """
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: connect from c[203.0.113.9]:41652
Nov 29 05:12:00 mx postfix/submission/smtpd[7]: warning: TLS library problem: error:0A0000C1:SSL::no shared cipher
"""
    tried = record_of(refused(client="10.0.0.5:9"), refused(client="10.0.0.5:41652"))
    assert said(with_log(tried, lines(text), READ))[0][1] is None
    assert said(with_log(tried, lines(text), READ, way=Way("203.0.113.9", "192.0.2.25")))[0][1] == 1
    assert said(with_log(tried, lines(text), READ, way=Way("203.0.113.8", "192.0.2.25")))[0][1] is None


def test_a_client_from_our_address_goes_before_a_stranger_who_said_the_same() -> None:
    stranger, ours = session("198.51.100.77", 1), session("203.0.113.9", 2)
    assert joined(stranger, ours, attempts=(looked(0.0),), way=Way("203.0.113.9")) == [None, 0]
    assert joined(stranger, ours, attempts=(looked(0.0),)) == [0, None]


def test_a_connection_is_not_that_of_another_time() -> None:
    """By a clock that is an hour and three minutes before ours, too."""
    attempts = (looked(0.0), looked(30.0))
    late = session("203.0.113.9", 31)
    assert joined(late, attempts=attempts, clock=Clock(0.0, 0)) == [1]
    assert joined(session("203.0.113.9", 15), attempts=attempts, clock=Clock(0.0, 0)) == [None]
    assert joined(late.replace("10:00:31", "11:03:31"), attempts=attempts, clock=Clock(3780.0, 0)) == [1]
    assert joined(late.replace("10:00:31", "11:03:31"), attempts=attempts, clock=Clock(0.0, 0)) == [None]


def test_a_refusal_in_our_words_at_another_time_is_somebody_elses() -> None:
    line = "Nov 21 10:0{}:00 auth: Info: passwd-file(alice,198.51.100.1): Password mismatch"
    for minute, at in ((0, 0), (5, None)):
        told = with_log(record_of(refused("alice")), lines(line.format(minute)), READ, clock=Clock(0.0, 0))
        assert [each[1] for each in said(told)] == [at]


def test_a_secret_in_a_line_is_no_evidence() -> None:
    """Neither a password that the server was told to log, nor ours wherever it stands."""
    line = "Nov 29 05:12:00 auth: Info: passwd-file({},127.0.0.1): Password mismatch (given password: {})"
    text = "\n".join((line.format("alice", "wonder"), line.format("looking-glass", "x")))
    told = with_log(record_of(refused(), refused("looking-glass")), lines(text), READ, (), Secrets(["looking-glass"]))
    assert "wonder" not in repr(told.attempts[-1]) + repr(next(iter(told.seen(LogSaid))).fact)
    facts = [repr(each.fact) for each in told.seen(LogSaid)]
    assert facts and "looking-glass" not in "".join(facts)


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_lines_are_joined_without_a_complaint(raw: list[bytes]) -> None:
    read = LineReader(DAY).read
    parsed = (read(b"Nov 29 05:12:00 mx postfix/smtpd[7]: " + each) for each in raw)
    found = [each for line in parsed if line is not None and (each := read_line(line, "x")) is not None]
    with_log(record_of(refused()), found, READ)


@pytest.mark.parametrize("end", ["", "Nov 29 05:12:01 mx postfix/smtpd[7]: disconnect from c[192.0.2.7]"])
def test_a_session_that_tells_nothing_is_nobodys(end: str) -> None:
    text = f"Nov 29 05:12:00 mx postfix/smtpd[7]: connect from c[192.0.2.7]\n{end}"
    (read,) = with_log(record_of(refused()), lines(text), READ).seen(LogRead)
    assert read.fact.joined == 0


def test_the_last_word_of_a_program_is_kept_with_its_name_whatever_it_means() -> None:
    text = "Nov 29 05:12:00 mx postfix/submission/smtpd[7]: {}: the moon is full"
    told = with_log(record_of(refused()), lines("\n".join(text.format(each) for each in ("fatal", "warning"))), READ)
    (kept,) = [each.fact for each in told.seen(LogSaid)]
    assert (kept.name, kept.params, len(kept.lines)) == ("unknown-trouble", {"program": "smtpd"}, 1)


@pytest.mark.parametrize(("who", "found"), [("bob", ["delivery-user-unknown"]), ("mailproof-no-such-mailbox", [])])
def test_that_a_mailbox_which_we_made_up_is_not_there_is_no_fault(who: str, found: list[str]) -> None:
    text = (
        f"Nov 29 05:12:00 mx postfix/lmtp[7]: 4C6BF1A2D3: to=<{who}@b.test>, relay=mx[private/lmtp], delay=0, "
        f"delays=0/0/0/0, dsn=5.1.1, status=undeliverable (host mx[private/lmtp] said: 550 5.1.1 <{who}@b.test> "
        f"User doesn't exist: {who}@b.test (in reply to RCPT TO command))"
    )
    assert [name for name, _, _ in said(with_log(record_of(refused()), lines(text), READ))] == found


def test_a_recipient_refused_by_what_was_answered_elsewhere_is_no_message_that_came_back() -> None:
    text = (
        "Nov 29 05:12:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from c[192.0.2.7]: 550 5.1.1 <bob@b.test>: "
        "Recipient address rejected: undeliverable address: host mx[private/lmtp] said: 550 5.1.1 <bob@b.test> User "
        "doesn't exist: bob@b.test (in reply to RCPT TO command); from=<a@b.test> to=<bob@b.test> proto=ESMTP"
    )
    assert "delivery-bounced" not in [name for name, _, _ in said(with_log(record_of(refused()), lines(text), READ))]
