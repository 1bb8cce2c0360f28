"""Lists of capabilities that contradict themselves, and those that only seem to."""

from __future__ import annotations

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.checks.reach import capabilities_consistent
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.finding import Finding, Passed
from records import attempt_of, record_of, reply_of


def offered(*words: str) -> tuple[Capability, ...]:
    made = []
    for word in words:
        name, *params = word.split()
        legacy = name.startswith("AUTH=") and bool(name[5:])
        made.append(Capability("AUTH" if legacy else name, (name[5:], *params) if legacy else tuple(params), legacy))
    return tuple(made)


def said(clear: tuple[str, ...], tls: tuple[str, ...] | None, scheme: str = "submission") -> Finding | Passed:
    facts = [Capabilities(Stage.CLEAR, "EHLO", reply_of("250 mx.test", 1), offered(*clear), (1,))]
    if tls is not None:
        facts.append(Capabilities(Stage.TLS, "EHLO", reply_of("250 mx.test", 1), offered(*tls), (1,)))
    [answer] = capabilities_consistent.check(
        record_of(attempt_of(*facts, endpoint=f"{scheme}://mx.test")), load_profile()
    )
    assert isinstance(answer, Finding | Passed)
    return answer


@pytest.mark.parametrize(
    ("clear", "tls", "what"),
    [
        (("STARTTLS",), ("STARTTLS", "AUTH PLAIN"), ("STARTTLS",)),
        (("STARTTLS", "SIZE 1000"), ("SIZE 2000",), ("SIZE",)),
        (("SIZE 1000", "SIZE 2000"), None, ("SIZE",)),
        (("AUTH PLAIN LOGIN", "AUTH=LOGIN"), None, ("AUTH",)),
        (("STARTTLS", "AUTH PLAIN"), ("SIZE 1000",), ("AUTH",)),
        (("STARTTLS", "SIZE 1"), ("STARTTLS", "SIZE 2"), ("STARTTLS", "SIZE")),
    ],
)
def test_a_contradiction_is_named(clear: tuple[str, ...], tls: tuple[str, ...] | None, what: tuple[str, ...]) -> None:
    answer = said(clear, tls)
    assert isinstance(answer, Finding)
    assert answer.params == {"what": what}


@pytest.mark.parametrize(
    ("clear", "tls", "scheme"),
    [
        (("STARTTLS", "SIZE 1000"), ("SIZE 1000", "AUTH PLAIN"), "submission"),
        (("AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN"), None, "submission"),
        (("SIZE 1000", "SIZE 1000"), None, "smtp"),
        (("STARTTLS",), ("AUTH PLAIN",), "imap"),
        (("AUTH PLAIN", "AUTH LOGIN", "STARTTLS"), ("AUTH PLAIN", "AUTH LOGIN"), "imap"),
    ],
)
def test_what_may_differ_is_no_contradiction(
    clear: tuple[str, ...], tls: tuple[str, ...] | None, scheme: str
) -> None:
    assert isinstance(said(clear, tls, scheme), Passed)
