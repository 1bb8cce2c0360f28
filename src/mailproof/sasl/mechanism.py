"""What every mechanism is: a name and two functions of history, one for each role."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.server import Accounts, Outcome, Service


class SecretKind(StrEnum):
    """What a mechanism needs of the credentials."""

    PASSWORD = "password"
    TOKEN = "token"
    NONE = "none"


class Fault(StrEnum):
    """Why a client cannot go on. Closed."""

    UNEXPECTED = "challenge not expected"
    MALFORMED = "challenge malformed"
    SERVER_SIGNATURE = "server signature wrong"
    """The server does not know the password: it may be another one than it says (RFC 5802 section 9)."""
    SERVER_ERROR = "server reported an error"
    NONCE = "server changed the client's nonce"
    ITERATIONS = "iteration count out of range"
    EXTENSION = "mandatory extension not known"
    QOP = "server demands a security layer"
    ALGORITHM = "digest algorithm not known"
    BINDING = "no channel binding at hand"
    NO_PROOF = "server did not prove that it knows the password"
    """RFC 5802 section 5, RFC 2831 section 2.1.3: then the client must not take the login for accepted."""
    ENDLESS = "server asks again and again"
    UNPREPARABLE = "credentials cannot be sent by this mechanism"
    """Characters that its syntax or SASLprep (RFC 4013) forbids, or none at all where some must be."""


AGAINST_THE_MECHANISM = frozenset(
    {
        Fault.UNEXPECTED,
        Fault.MALFORMED,
        Fault.SERVER_SIGNATURE,
        Fault.NONCE,
        Fault.ITERATIONS,
        Fault.NO_PROOF,
        Fault.ENDLESS,
    }
)
"""Where the server does not keep to what the mechanism says. The others are its refusals, or limits of our own."""


class Refusal(msgspec.Struct, frozen=True):
    """The error challenge of XOAUTH2 and OAUTHBEARER (RFC 7628 section 3.2.2); unsafe characters escaped."""

    status: str = ""
    """`invalid_token`, `400` …"""
    scope: str = ""
    schemes: str = ""
    configuration: str = ""
    """URL of the provider's metadata (`openid-configuration`)."""

    @property
    def line(self) -> str:
        """As `LoginTried.error` holds it."""
        return " ".join(f"{name}={getattr(self, name)}" for name in self.__struct_fields__ if getattr(self, name))


class Respond(msgspec.Struct, frozen=True):
    """Say this next. Its repr shows no data."""

    data: bytes | None
    """None: no initial response, the server speaks first; b"" is an empty one (`=` in SMTP)."""
    secret: bool = True
    """False only for what an onlooker may read, such as a user name or the first message of SCRAM."""
    refusal: Refusal | None = None
    """What the server objected to in the challenge that this answers; the exchange goes on to its end."""

    def _shown(self) -> list[tuple[str, Any]]:
        size = None if self.data is None else len(self.data)
        return [("octets", size)] + ([("refusal", self.refusal)] if self.refusal else [])

    def __repr__(self) -> str:
        return f"Respond({', '.join(f'{name}={value!r}' for name, value in self._shown())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return self._shown()


class Done(msgspec.Struct, frozen=True):
    """The server has proved itself. If that came as a challenge, the protocol answers with an empty response."""


class Broken(msgspec.Struct, frozen=True):
    """The exchange cannot go on: the protocol cancels it (`*`)."""

    why: Fault
    detail: str = ""
    """What it was, where that helps: `i=1000000`, the server's `e=` value; escaped, never a secret."""

    @property
    def line(self) -> str:
        """As `LoginTried.error` holds it."""
        return f"{self.why}: {self.detail}" if self.detail else str(self.why)


Step = Respond | Done | Broken


class Mechanism(Protocol):
    """Both roles. The same history gives the same answer, so an exchange can be replayed from any point."""

    @property
    def name(self) -> str: ...

    @property
    def client_first(self) -> bool:
        """The client has something to say before any challenge."""
        ...

    @property
    def secret_kind(self) -> SecretKind: ...

    @property
    def mutual(self) -> bool:
        """The server proves that it knows the password too; one that does not has not let the user in."""
        ...

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        """The answer to the last of `challenges` (decoded), or the initial response if there are none.

        An empty challenge that only asks for the initial response is not part of the history; success data
        (RFC 4422 section 3.6) is one more challenge. Any bytes give a step, never an exception.
        """
        ...

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        """What a server says after `responses` (decoded), an initial response being the first of them."""
        ...
