"""Who logs in, in the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from hypothesis import assume
from hypothesis import strategies as st

from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.exchange import answer, serve
from mailproof.sasl.mechanism import Broken, Done, Mechanism, Respond
from mailproof.sasl.saslprep import PrepError, saslprep
from mailproof.sasl.server import Accepted, Challenge, Rejected, Service, Token

BINDING = {"tls-exporter": b"\x07" * 32}
HERE = Circumstances("smtp", "mail.example.com", 587, "fyko+d2lbbFgONRv9qkxdawL")
THERE = Service("smtp", "mail.example.com", "3rfcNHYJY1ZVvWVs7j")


class People(msgspec.Struct, frozen=True):
    """Accounts in memory."""

    passwords: Mapping[str, str]
    known_tokens: Mapping[str, Sequence[Token]] = {}

    def password(self, user: str) -> str | None:
        return self.passwords.get(user)

    def tokens(self, user: str) -> Sequence[Token]:
        return self.known_tokens.get(user, ())


def prepared(text: str) -> bool:
    """Its own prepared form: the name under which an account is kept."""
    try:
        return saslprep(text) == text
    except PrepError:
        return False


def preparable(text: str) -> bool:
    try:
        return bool(saslprep(text))
    except PrepError:
        return False


letters = st.characters(exclude_categories=["Cs", "Cc", "Cn"])
users = st.text(letters, min_size=1, max_size=12).filter(prepared)
passwords = st.text(letters, min_size=1, max_size=12).filter(preparable)


def converse(
    mechanism: Mechanism,
    credentials: Credentials,
    people: People,
    here: Circumstances = HERE,
    there: Service = THERE,
    *,
    initial_response: bool = True,
) -> tuple[Accepted | Rejected | Broken, list[Respond]]:
    """Play both sides to the end; also what the client said."""
    received: list[bytes] = []
    sent: list[bytes] = []
    steps: list[Respond] = []
    if initial_response:
        first = answer(mechanism, credentials, here, (), initial_response=True)
        if isinstance(first, Broken):
            return first, steps
        assert isinstance(first, Respond)
        steps.append(first)
        if first.data is not None:
            sent.append(first.data)
    for _ in range(8):
        outcome = serve(mechanism, people, there, sent)
        if isinstance(outcome, Rejected) or (isinstance(outcome, Accepted) and outcome.data is None):
            return outcome, steps
        received.append(outcome.data or b"")
        step = answer(mechanism, credentials, here, received, initial_response=initial_response)
        if isinstance(outcome, Accepted):
            return (outcome, steps) if isinstance(step, Done) else (step, steps)  # type: ignore[return-value]
        if isinstance(step, Broken):
            return step, steps
        assert isinstance(outcome, Challenge) and isinstance(step, Respond) and step.data is not None
        steps.append(step)
        sent.append(step.data)
    raise AssertionError("an exchange without end")


def other_than(right: str, wrong: str) -> None:
    """Only go on with a password that is another one also when both are prepared."""
    assume(saslprep(right) != saslprep(wrong))
