"""VRFY and EXPN: told is only who is answered otherwise than somebody who cannot exist."""

from __future__ import annotations

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.checks.relay import users_not_revealed
from mailproof.model.envelope import EnvelopePurpose, UserAsked
from mailproof.model.finding import Finding, Passed, Untold
from records import attempt_of, record_of, reply_of

KNOWN, UNKNOWN = EnvelopePurpose.MAILBOX, EnvelopePurpose.UNKNOWN


def answers(*asked: tuple[str, EnvelopePurpose, str]) -> list[Finding | Passed | Untold]:
    facts = [UserAsked(verb, purpose, "someone@mx.test", reply_of(line), (0, 1)) for verb, purpose, line in asked]
    record = record_of(attempt_of(*facts, endpoint="smtp://mx.test", job="verify"))
    return list(users_not_revealed.check(record, load_profile()))


@pytest.mark.parametrize("verb", ["VRFY", "EXPN"])
@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ("252 2.0.0 alice@mx.test", "550 5.1.1 <x@mx.test>: Recipient address rejected: User unknown"),
        ("250 Alice <alice@mx.test>", "550 5.1.1 x... User unknown"),
        ("250 2.1.5 <alice@mx.test>", "553 5.3.5 no such address"),
        ("252 2.0.0 alice@mx.test", "450 4.1.1 <x@mx.test>: Recipient address rejected: User unknown"),
        ("550 5.7.1 Access denied", "550 5.1.1 User unknown"),
        ("550 Mailbox is disabled", "550 No such user here"),
        ("250 2.1.5 Alice <someone@mx.test>", "252 2.5.2 Cannot VRFY user; try RCPT to attempt delivery"),
    ],
)
def test_two_answers_tell(verb: str, known: str, unknown: str) -> None:
    [finding] = answers((verb, KNOWN, known), (verb, UNKNOWN, unknown))
    assert isinstance(finding, Finding)
    assert finding.params == {"command": verb}
    assert finding.evidence


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ("502 5.5.1 VRFY command is disabled", "502 5.5.1 VRFY command is disabled"),
        ("252 2.5.2 Cannot VRFY user", "252 2.5.2 Cannot VRFY user"),
        ("252 2.0.0 alice", "502 5.5.1 VRFY command is disabled"),
        ("252 2.0.0 alice", "451 4.3.0 Temporary lookup failure"),
        ("550 5.7.1 not permitted", "550 5.7.1 not permitted"),
        ("252 2.0.0 <someone@mx.test>", "252 2.0.0 Someone"),
        ("252 2.0.0 someone (id 4F1B2C3D)", "252 2.0.0 someone (id 4F1B2C3E)"),
        ("252 2.0.0 someone", "450 4.2.0 someone: Recipient address rejected: Greylisted"),
        ("252 2.0.0 someone", "421 4.7.0 Error: too many errors"),
        ("550 5.7.1 Access denied", "252 2.0.0 someone"),
        ("530 5.7.0 Must issue a STARTTLS command first", "550 5.1.1 User unknown"),
    ],
)
def test_one_answer_for_all_does_not(known: str, unknown: str) -> None:
    [passed] = answers(("VRFY", KNOWN, known), ("VRFY", UNKNOWN, unknown))
    assert isinstance(passed, Passed)


def test_half_a_comparison_tells_nothing() -> None:
    [untold] = answers(("VRFY", KNOWN, "252 2.0.0 alice"))
    assert isinstance(untold, Untold)
