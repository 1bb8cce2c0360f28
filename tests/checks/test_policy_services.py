"""A policy service that takes the question and does not answer: what ss shows of it, and what that explains."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailrecord import answers, attempt, record

from configurations import MemoryHost, record_of
from mailproof.catalog.profiles import load_profile
from mailproof.checks.log import said
from mailproof.checks.machine.policy_services import check
from mailproof.diagnose.judge import judge
from mailproof.model.attempt import Step, Trouble
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Interrupted
from mailproof.model.policy_service import PolicyServiceSeen, Unanswered
from mailproof.model.record import Record
from mailproof.model.server_log import LogQuote, LogRead, LogSaid
from mailproof.parse.machine.unanswered import unanswered_at_path, unanswered_at_port
from mailproof.probes.policy_services import policy_services_seen
from mailproof.run.log.telling import meant

# As ss 6.1 printed it of a Postfix 3.7.11 and a service that reads and is silent.
_USERS = 'users:(("smtpd",pid=13750,fd=16)) timer:(keepalive,119min,0)'
_ASKING = f"ESTAB      0      0      127.0.0.1:44042 127.0.0.1:{{}}   {_USERS}"
_INFO = "\t ts sack bbr rto:204 bytes_sent:570 bytes_acked:571 segs_out:3 segs_in:2 data_segs_out:1{} rcv_space:65495"
NEVER = _INFO.format(" lastsnd:7720 lastrcv:7720 lastack:7720")
ONCE = _INFO.format(" bytes_received:40 lastsnd:7720 lastrcv:91000 lastack:7720")
ANSWERED = _INFO.format(" bytes_received:40 lastsnd:7722 lastrcv:7720 lastack:7720")
CONNECTED = "\t ts sack bbr wscale:10,10 rto:204 segs_out:1 segs_in:1 lastsnd:7720 lastrcv:7720"
SERVICE = "inet:127.0.0.1:10023"
MAIN = f"smtpd_recipient_restrictions = permit_mynetworks, check_policy_service {SERVICE}\n"
SILENT = Interrupted(Step.RCPT, Trouble.TIMEOUT, "RCPT TO", 5.0, turns=(1,))


@pytest.mark.parametrize(
    ("info", "host", "port", "waits"),
    [
        (NEVER, "127.0.0.1", 10023, True),
        (ONCE, "127.0.0.1", 10023, True),
        (ANSWERED, "127.0.0.1", 10023, False),
        (CONNECTED, "127.0.0.1", 10023, False),
        (NEVER, "127.0.0.2", 10023, False),
        (NEVER, "127.0.0.1", 1002, False),
        (NEVER, "localhost", 10023, True),
        (NEVER, "", 10023, True),
        (NEVER, "policy.example.test", 10023, True),
        (NEVER, "[::ffff:127.0.0.1]", 10023, True),
        ("", "127.0.0.1", 10023, False),
    ],
)
def test_a_question_without_an_answer_at_a_port(info: str, host: str, port: int, waits: bool) -> None:
    printed = f"{_ASKING.format(10023)}\n{info}\n"
    found = list(unanswered_at_port(printed, host, port))
    assert [each.seconds for each in found] == ([7.72] if waits else [])
    assert all('(("smtpd",pid=13750,fd=16))' in each.text for each in found)


PATH = "/var/spool/postfix/private/policy"
_AT_PATH = 'u_str {} {}      0      {}   17563808 * 17564712 users:(("python",pid=23833,fd=13))     '


@pytest.mark.parametrize(
    ("row", "waits"),
    [
        (_AT_PATH.format("ESTAB", 570, PATH), True),
        (_AT_PATH.format("LISTEN", 2, PATH), True),
        (_AT_PATH.format("ESTAB", 0, PATH), False),
        (_AT_PATH.format("LISTEN", 0, PATH), False),
        (_AT_PATH.format("ESTAB", 570, PATH + "2"), False),
    ],
)
def test_what_a_service_at_a_path_has_not_taken(row: str, waits: bool) -> None:
    assert [each.seconds for each in unanswered_at_path(row, PATH)] == ([None] if waits else [])


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    assert not list(unanswered_at_port(text, "127.0.0.1", 10023))
    assert not list(unanswered_at_path(text, PATH))


def beside(main: str, silent: Interrupted, *seen: PolicyServiceSeen) -> Record:
    configured = record_of(f"== main.cf\ncompatibility_level = 3.6\nmyhostname = mail.example.com\n{main}")
    own = attempt(silent, scheme="smtp"), attempt(*seen, job="machine")
    return msgspec.structs.replace(configured, attempts=(*configured.attempts, *own))


WAITING = PolicyServiceSeen(SERVICE, (Unanswered(7.72, "ESTAB …"),))


@pytest.mark.parametrize(
    ("main", "silent", "seen", "named"),
    [
        (MAIN, SILENT, WAITING, True),
        # It has answered; or the question there is younger than ours, and so is not ours.
        (MAIN, SILENT, PolicyServiceSeen(SERVICE), False),
        (MAIN, msgspec.structs.replace(SILENT, seconds=30.0), WAITING, False),
        # Nobody asks it at this command.
        (MAIN, msgspec.structs.replace(SILENT, step=Step.AUTH), WAITING, False),
        (MAIN, msgspec.structs.replace(SILENT, step=Step.DATA), WAITING, False),
        (MAIN.replace("recipient", "data"), msgspec.structs.replace(SILENT, step=Step.DATA), WAITING, True),
        (MAIN, msgspec.structs.replace(SILENT, trouble=Trouble.CLOSED), WAITING, False),
        # It is not in the configuration any more.
        ("", SILENT, WAITING, False),
        (f"smtpd_restriction_classes = grey\ngrey = check_policy_service {SERVICE}\n", SILENT, WAITING, True),
        (
            f"smtpd_sender_restrictions = check_policy_service {{ {SERVICE}, timeout=100s }}\n",
            SILENT,
            WAITING,
            True,
        ),
    ],
)
def test_who_keeps_us_waiting(main: str, silent: Interrupted, seen: PolicyServiceSeen, named: bool) -> None:
    found = beside(main, silent, seen)
    assert answers(check, found) == (["policy-service-down"] if named else [])
    causes = [each.name for each in judge(found, load_profile()).causes]
    assert ("policy-service-down" in causes) is named
    assert ("no-reply" in causes) is (not named and silent.trouble is Trouble.TIMEOUT)


def test_an_older_line_of_the_log_explains_the_silence_too() -> None:
    line = "postfix/smtpd: warning: problem talking to server private/policyd-spf: Connection timed out"
    told = LogSaid(
        "policy-service-down", 1, {"service": "private/policyd-spf"}, (LogQuote("l, line 1", line),), 1, True
    )
    seen = record(attempt(SILENT, scheme="smtp"), attempt(LogRead(("l",), 1, 0), told, job="log"))
    assert answers(said.check, seen) == ["policy-service-down"]
    assert [each.name for each in judge(seen, load_profile()).causes] == ["policy-service-down"]


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("problem talking to server 127.0.0.1:10023: Connection timed out", "127.0.0.1:10023"),
        ("problem talking to server [::1]:10023: Success", "[::1]:10023"),
        ("problem talking to server private/spf: Connection timed out", "private/spf"),
        ("problem talking to server /run/grey/socket: Connection timed out", "/run/grey/socket"),
        ("connect to private/policyd-spf: Connection refused", "private/policyd-spf"),
        ("problem talking to server private/anvil: Connection timed out", ""),
        ("problem talking to server private/tlsmgr: Connection timed out", ""),
        ("connect to mx.example.net[192.0.2.25]:25: Connection refused", ""),
    ],
)
def test_the_line_says_which(text: str, service: str) -> None:
    found = meant(text)
    assert (found.params["service"] if found.name == "policy-service-down" else "") == service


def test_each_is_looked_for_where_it_is_named() -> None:
    example = f"""== main.cf
compatibility_level = 3.6
smtpd_recipient_restrictions = check_policy_service {SERVICE}, check_policy_service unix:private/policy
== master.cf
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
 -o smtpd_client_restrictions=check_policy_service,inet:[::1]:12345
"""
    (fact,) = (sighting.fact for sighting in record_of(example, here=True).seen(PostfixFiles))
    row = _AT_PATH.format("LISTEN", 2, "private/policy")
    told = {
        "ss -H -ltnp": 'LISTEN 0 8 127.0.0.1:10023 0.0.0.0:* users:(("postgrey",pid=1,fd=3))\n',
        "ss -H -tnpi dport = :10023": f"{_ASKING.format(10023)}\n{NEVER}\n",
        "ss -H -xap src private/policy": row,
    }
    seen = {each.place: each for each in policy_services_seen(MemoryHost({}, told), fact)}
    assert {place: (len(each.unanswered), each.listens) for place, each in seen.items()} == {
        SERVICE: (1, True),
        "unix:private/policy": (1, None),  # of its whole path nothing was told
        "inet:[::1]:12345": (0, False),
    }
    told["ss -H -xap src /var/spool/postfix/private/policy"] = ""
    seen = {each.place: each for each in policy_services_seen(MemoryHost({}, told), fact)}
    assert seen["unix:private/policy"].listens is True


REFUSED = "postfix/smtpd[1]: warning: problem talking to server 127.0.0.1:10023: Connection refused"
TIMED_OUT = REFUSED.replace("Connection refused", "Connection timed out")


@pytest.mark.parametrize(
    ("line", "before", "seen", "named"),
    [
        (REFUSED, True, PolicyServiceSeen(SERVICE, (), True), False),
        (REFUSED, False, PolicyServiceSeen(SERVICE, (), True), True),
        (TIMED_OUT, True, PolicyServiceSeen(SERVICE, (), True), True),
        (REFUSED, True, PolicyServiceSeen(SERVICE, (), False), True),
        (REFUSED, True, PolicyServiceSeen(SERVICE), True),
        (REFUSED, True, PolicyServiceSeen("inet:127.0.0.1:10024", (), True), True),
    ],
)
def test_a_service_that_was_started_since(line: str, before: bool, seen: PolicyServiceSeen, named: bool) -> None:
    params = {"service": "127.0.0.1:10023"}
    told = LogSaid("policy-service-down", 1, params, (LogQuote("mail.log, line 1", line),), 1, before)
    found = record(attempt(LogRead(("mail.log",), 1, 1), told, job="log"), attempt(seen, job="machine"))
    assert answers(said.check, found) == (["policy-service-down"] if named else ["+log-clean"])
