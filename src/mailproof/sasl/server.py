"""The server's side of a login: whom it knows, and what it says next."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from mailproof.model.transcript import SECRET
from mailproof.sasl.credentials import check_nonce, octets
from mailproof.sasl.saslprep import PrepError, saslprep


class Token(msgspec.Struct, frozen=True):
    """An OAuth 2.0 access token that the server issued, or knows."""

    value: str
    expired: bool = False

    def __repr__(self) -> str:
        return f"Token({SECRET!r}, expired={self.expired})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("value", SECRET), ("expired", self.expired)]


class Accounts(Protocol):
    """Whom the server knows. Names come as the client gave them, prepared where the mechanism prepares."""

    def password(self, user: str) -> str | None:
        """In clear, as CRAM-MD5 and DIGEST-MD5 need it; None if there is no such user."""
        ...

    def tokens(self, user: str) -> Sequence[Token]: ...


class Service(msgspec.Struct, frozen=True):
    """The server as its mechanisms see it, for one exchange. Raises ValueError as `Circumstances` does."""

    service: str
    """GSSAPI service name of the protocol: `smtp`, `pop`, `imap`, `sieve`."""
    host: str
    nonce: str
    """Random text of the server, new for every exchange; in the syntax of `Circumstances.nonce`."""
    realm: str = ""
    """Offered by DIGEST-MD5; empty for the host."""
    iterations: int = 4096
    """Of SCRAM; 4096 is the least that RFC 7677 section 4 allows."""
    binding: dict[str, bytes] = {}
    """Channel-binding data by name, as in `Circumstances`."""
    bound_offered: bool = False
    """-PLUS forms were offered; a client that says it saw none was lied to (RFC 5802 section 6)."""
    certificate_user: str = ""
    """User named by the client's certificate; EXTERNAL logs in as this one."""

    def __post_init__(self) -> None:
        check_nonce(self.nonce)


class Reason(StrEnum):
    """Why a login was rejected. Closed; for the server's log, never told to the client."""

    UNKNOWN_USER = "unknown user"
    WRONG_PASSWORD = "wrong password"
    MALFORMED = "malformed"
    CANCELLED = "cancelled"
    EXPIRED_TOKEN = "expired token"
    WRONG_TOKEN = "wrong token"
    NOT_AUTHORIZED = "not authorized"
    """Known, but may not act as the identity that was asked for."""
    WRONG_BINDING = "wrong channel binding"
    """The two ends do not see the same TLS connection, or -PLUS was hidden from the client."""


class Challenge(msgspec.Struct, frozen=True):
    data: bytes


class Accepted(msgspec.Struct, frozen=True):
    user: str
    """The authorization identity; of ANONYMOUS, the trace information."""
    data: bytes | None = None
    """Success data: a protocol that cannot carry it sends it as a challenge and awaits an empty response."""


class Rejected(msgspec.Struct, frozen=True):
    reason: Reason
    user: str = ""
    """As far as it is known; unchecked text of the client."""


Outcome = Challenge | Accepted | Rejected


def check_password(accounts: Accounts, user: str, given: bytes) -> Reason | None:
    """Why `given` does not let `user` in; None if it does. In constant time for a known user.

    Both sides are prepared (RFC 4616 section 2), so that composed and decomposed letters are equal; what
    SASLprep forbids is compared as it is.
    """
    from hmac import compare_digest

    stored = accounts.password(user)
    if stored is None:
        return Reason.UNKNOWN_USER
    return None if compare_digest(_prepared(octets(stored)), _prepared(given)) else Reason.WRONG_PASSWORD


def check_token(accounts: Accounts, user: str, given: str) -> Reason | None:
    """Why the token does not let `user` in; None if it does."""
    from hmac import compare_digest

    tokens = accounts.tokens(user)
    for token in tokens:
        if compare_digest(octets(token.value), octets(given)):
            return Reason.EXPIRED_TOKEN if token.expired else None
    return Reason.WRONG_TOKEN if tokens else Reason.UNKNOWN_USER


def only_text(responses: Sequence[bytes]) -> str | None:
    """What the one response of a mechanism that sends a text says (RFC 4505, RFC 4422 appendix A); None for more than
    one, for what is no UTF-8, and for a NUL.
    """
    try:
        text = responses[0].decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if len(responses) > 1 or "\0" in text else text


def _prepared(password: bytes) -> bytes:
    try:
        return saslprep(password.decode("utf-8")).encode("utf-8")
    except (UnicodeDecodeError, PrepError):
        return password
