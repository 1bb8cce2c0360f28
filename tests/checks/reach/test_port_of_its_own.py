"""Whose port it is: no mail server at all, another mail server than beside it, or the right one."""

from __future__ import annotations

import pytest
from mailrecord import POLICY, answers, attempt, record, reply

from mailproof.catalog.profiles import load_profile
from mailproof.checks.reach import greeting_in_order, port_of_its_own
from mailproof.diagnose.judge import judge
from mailproof.model.attempt import Trouble
from mailproof.model.connection import Greeting
from mailproof.model.finding import Finding
from mailproof.model.record import Attempt
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import TlsHandshake

TAKEN, OWN = "port-taken-by-another-program", "+port-of-its-own"


def said(line: str, scheme: str = "smtp", address: str = "192.0.2.25") -> Attempt:
    """A survey that was greeted so; what is no reply of SMTP has no code."""
    mail = line[:4].strip("- ").isdigit() and len(line.split()[0]) == 3
    heard = reply(line, 2) if mail else Reply(ReplyClass.INVALID, "", line, turn=2)
    trouble = None if mail else Trouble.NOT_THE_PROTOCOL
    return attempt(Greeting(0.1, heard, trouble, (2,)), scheme=scheme, address=address)


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("SSH-2.0-OpenSSH_9.2p1 Debian-2", "SSH"),
        ("HTTP/1.1 400 Bad Request\\r\\nServer: nginx", "HTTP"),
        ("220 ProFTPD Server (Debian)", "FTP"),
        ("\\xff\\xfd\\x18", "TELNET"),
        ("RFB 003.008\\n", "VNC"),
    ],
)
def test_a_program_that_is_no_mail_server_has_the_port(line: str, program: str) -> None:
    [finding] = port_of_its_own.check(record(said(line)), POLICY)
    assert isinstance(finding, Finding)
    assert finding.name == TAKEN
    assert (finding.params["program"], finding.params["seen"]) == (program, "protocol")
    assert "\\r" not in str(finding.params["greeting"])


@pytest.mark.parametrize("line", ["Service ready.", "\\x00\\x01", "+OK POP3 ready", "* OK IMAP ready"])
def test_what_may_be_anything_or_is_of_mail_is_unexpected_only(line: str) -> None:
    seen = record(said(line))
    assert TAKEN not in answers(port_of_its_own.check, seen)
    assert answers(greeting_in_order.check, seen) == ["unexpected-greeting"]


def test_it_explains_that_the_greeting_is_unexpected() -> None:
    judged = judge(record(said("SSH-2.0-OpenSSH_9.2p1")), load_profile("default"))
    assert [cause.name for cause in judged.causes] == [TAKEN]
    assert {f.name: f.explained_by for f in judged.findings}["unexpected-greeting"] == (TAKEN,)


def test_a_web_server_says_nothing_until_it_is_spoken_to() -> None:
    silent = attempt(Greeting(30.0, None, Trouble.TIMEOUT, (2,)), scheme="smtp")
    bad = TlsHandshake("mx.test", 0.1, trouble=Trouble.TLS_FAILED, clear_text="HTTP/1.1 400 Bad Request", turns=(2,))
    judged = judge(record(silent, attempt(bad, scheme="smtp", job="look")), load_profile("default"))
    assert [cause.name for cause in judged.causes] == [TAKEN]
    assert "no-greeting" in {finding.name for finding in judged.findings}


POSTFIX = ("220 mx.test ESMTP Postfix", "submission"), ("220 mx.test ESMTP Postfix", "submissions")


@pytest.mark.parametrize(
    "line",
    [
        "220 mx.test ESMTP Exim 4.96 Sat, 21 Nov 2026 10:00:00 +0000",
        "220 localhost ESMTP Sendmail 8.17.1.9",
        "220 other-daemon ESMTP sink",
        "220 localhost.localdomain ESMTP",
    ],
)
@pytest.mark.parametrize("beside", [POSTFIX[:1], POSTFIX], ids=["one beside", "two beside"])
def test_another_mail_server_than_beside_it(line: str, beside: tuple[tuple[str, str], ...]) -> None:
    seen = record(said(line), *(said(other, scheme) for other, scheme in beside))
    findings = [answer for answer in port_of_its_own.check(seen, POLICY) if isinstance(answer, Finding)]
    assert [(f.name, f.endpoint, f.params["seen"]) for f in findings] == [(TAKEN, "smtp://mx.test", "beside")]
    assert len(findings[0].evidence) == 2


@pytest.mark.parametrize(
    "line",
    [
        "220 mx.test ESMTP Postfix",
        "220 mx.test ESMTP",
        "220 mx-gw.filter.example ESMTP Exim 4.96",  # a gateway in front has a name of its own
    ],
)
def test_what_may_well_be_right_is_let_be(line: str) -> None:
    seen = record(said(line), *(said(other, scheme) for other, scheme in POSTFIX))
    assert answers(port_of_its_own.check, seen) == [OWN] * 3


def test_another_machine_is_not_compared_with() -> None:
    seen = record(said("220 mx.test ESMTP Exim 4.96"), said(*POSTFIX[0], address="192.0.2.26"))
    assert answers(port_of_its_own.check, seen) == [OWN] * 2


def test_a_name_that_nobody_gave_is_no_fault_where_nothing_better_is_beside_it() -> None:
    seen = record(said("220 localhost ESMTP"), said("220 localhost ESMTP", "submission"))
    assert answers(port_of_its_own.check, seen) == [OWN] * 2
