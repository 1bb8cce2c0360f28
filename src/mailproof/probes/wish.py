"""Who a run logs in as, and the message that it then hands in."""

from __future__ import annotations

import msgspec

from mailproof.sasl.credentials import Credentials


class Message(msgspec.Struct, frozen=True):
    """A message to be handed in once the login stands."""

    recipient: str
    data: bytes
    token: str
    """In its header field `X-Mailproof-Token`."""


class LoginWish(msgspec.Struct, frozen=True):
    credentials: Credentials
    nonce: str
    mechanism: str = ""
    """The only one to use; empty for the most sensible that is offered."""
    message: Message | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.credentials.password, self.credentials.token) if secret)
