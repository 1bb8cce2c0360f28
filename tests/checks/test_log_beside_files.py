"""What a line of the log means can stand in main.cf: what is done without a milter, and who a next hop is."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import answers, attempt, record, reply

from configurations import record_of
from mailproof.checks.log import milters, next_hops, said
from mailproof.model.connection import Greeting
from mailproof.model.envelope import Submitted
from mailproof.model.record import Record
from mailproof.model.server_log import LogQuote, LogRead, LogSaid

MILTER = "inet:127.0.0.1:8891"
DOWN = f"postfix/smtpd: warning: connect to Milter service {MILTER}: Connection refused"
PUT_OFF = (
    "postfix/smtpd: NOQUEUE: milter-reject: {} from c[192.0.2.7]: 451 4.7.1 Service unavailable - try again later"
)
ASKS = f"smtpd_milters = {MILTER}\n"
OWN = f"smtpd_milters = {{ {MILTER}, default_action=accept }}\nmilter_default_action = tempfail\n"
READ = LogRead(("mail.log",), 9, 9)


def lines(name: str, text: str, **params: str) -> LogSaid:
    return LogSaid(name, 2, params, (LogQuote("mail.log, line 1", text),), 1)


def beside(main: str, *said_of: LogSaid, job: str = "survey") -> Record:
    configured = record_of(f"== main.cf\ncompatibility_level = 3.6\n{main}") if main else record()
    own = attempt(READ, *said_of, job=job)
    return msgspec.structs.replace(configured, attempts=(*configured.attempts, own))


@pytest.mark.parametrize(
    ("main", "bypassed"),
    [
        (ASKS + "milter_default_action = accept\n", True),
        (ASKS, False),
        (ASKS + "milter_default_action = quarantine\n", False),
        (OWN, True),
        (OWN.replace("=accept", "=reject").replace("tempfail", "accept"), False),
        ("", False),
    ],
)
@pytest.mark.parametrize("name", ["milter-down", "milter-socket-unreachable"])
def test_a_milter_that_does_not_answer_and_mail_that_goes_on(name: str, main: str, bypassed: bool) -> None:
    seen = beside(main, lines(name, DOWN, milter=MILTER))
    assert answers(milters.check, seen) == (["milter-bypassed"] if bypassed else [])
    assert answers(said.check, seen) == ([] if bypassed else [name])


def test_without_the_configuration_it_is_told_by_the_mail_that_was_taken() -> None:
    taken = Submitted("a@b.test", "c@d.test", "t", final=reply("250 2.0.0 Ok: queued as 4C6BF1A2D3"))
    down = lines("milter-down", DOWN, milter=MILTER)
    assert answers(milters.check, record(attempt(READ, taken, down))) == ["milter-bypassed"]
    put_off = lines("temporary-reject", PUT_OFF.format("CONNECT"))
    assert answers(milters.check, record(attempt(READ, taken, down, put_off))) == []


@pytest.mark.parametrize(
    ("stage", "said_of"),
    [
        ("RCPT", ["milter-tempfail"]),
        ("END-OF-MESSAGE", ["milter-tempfail"]),
        ("CONNECT", []),  # so it is with one that is not there at all
        ("EHLO", []),
    ],
)
def test_a_milter_that_puts_off_is_a_living_one(stage: str, said_of: list[str]) -> None:
    put_off = lines("temporary-reject", PUT_OFF.format(stage))
    assert answers(milters.check, record(attempt(READ, put_off))) == said_of
    down = lines("milter-down", DOWN, milter=MILTER)
    assert answers(milters.check, beside(ASKS, put_off, down)) == []


REFUSED = "postfix/{}: 4C6B: to=<b@d.test>, relay=none, status=deferred (connect to {}: Connection refused)"


@pytest.mark.parametrize(
    ("main", "program", "place", "name"),
    [
        ("content_filter = smtp:[127.0.0.1]:10024\n", "smtp", "127.0.0.1[127.0.0.1]:10024", "content-filter-down"),
        ("content_filter = scan:localhost:10025\n", "smtp", "localhost[127.0.0.1]:10025", "content-filter-down"),
        ("content_filter = scan:dummy\n", "smtp", "127.0.0.1[127.0.0.1]:10025", "next-hop-refused"),
        ("content_filter = smtp:[127.0.0.1]:10024\n", "smtp", "mx.test[192.0.2.25]:25", "next-hop-refused"),
        ("", "smtp", "mx.test[192.0.2.25]:25", "next-hop-refused"),
        ("", "lmtp", "127.0.0.1[127.0.0.1]:24", "delivery-agent-down"),
    ],
)
def test_who_does_not_take_the_connection(main: str, program: str, place: str, name: str) -> None:
    seen = beside(main, lines("next-hop-refused", REFUSED.format(program, place), host="x"))
    other = [] if name == "next-hop-refused" else [name]
    assert answers(next_hops.check, seen) == other
    assert answers(said.check, seen) == ([] if other else [name])


@pytest.mark.parametrize("row", ["setting-value-wrong", "master-cf-line-broken", "postfix-config-broken"])
def test_a_setting_that_keeps_a_program_from_starting_is_one_cause(row: str) -> None:
    assert answers(said.check, record(attempt(READ, lines(row, "postfix/smtpd: fatal: bad")))) == [
        "postfix-config-broken"
    ]


GREETED = Greeting(0.1, reply("220 mx.test ESMTP"), turns=(0,))
KEY = "imap-login: Error: Failed to initialize SSL server context: Couldn't parse private SSL key (ssl_key setting)"


def test_a_postfix_that_answers_runs_whatever_another_sendmail_says() -> None:
    line = lines("postfix-not-running", "lmtp: Error: postdrop: warning: unable to look up public/pickup")
    assert answers(said.check, record(attempt(READ, line))) == ["postfix-not-running"]
    assert answers(said.check, record(attempt(GREETED, scheme="smtp"), attempt(READ, line, job="log"))) == [
        "+log-clean"
    ]
    assert answers(said.check, record(attempt(GREETED, scheme="imap"), attempt(READ, line, job="log"))) != []


@pytest.mark.parametrize(
    ("value", "name"), [("</etc/ssl/mail.key", "tls-context-broken"), ("/etc/ssl/mail.key", "dovecot-key-not-a-file")]
)
def test_a_key_that_cannot_be_read_is_a_path_only_if_it_is_one(value: str, name: str) -> None:
    configured = record_of(f"== dovecot.conf\nssl_key = {value}\n")
    own = attempt(READ, lines("dovecot-key-not-a-file", KEY))
    assert answers(said.check, msgspec.structs.replace(configured, attempts=(*configured.attempts, own))) == [name]
