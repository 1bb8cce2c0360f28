"""How asking a proxy for a connection can end, whatever it speaks."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.wire.outgoing import Outgoing


class Obstacle(StrEnum):
    """Who or what stood in the way."""

    TARGET = "target"
    """The proxy tried, and says what became of it."""
    LOGIN = "login"
    """It wants a login, or did not accept this one."""
    RULES = "rules"
    """It is not allowed: to this client, to this port, or in this way."""
    UNSAID = "unsaid"
    """It failed and does not say why: the fault can be the proxy's or the target's."""
    NO_PROXY = "no-proxy"
    """What answers does not speak this protocol."""


class Through(msgspec.Struct, frozen=True):
    """The connection stands; all that follows is the target's."""

    rest: bytes = b""
    """What the target said already, in the same breath as the proxy."""
    outer: str = ""
    """The address from which the proxy connects; empty where it does not tell."""


class Stopped(msgspec.Struct, frozen=True):
    """There is no connection."""

    obstacle: Obstacle
    words: str
    """What the proxy said, in the words of its protocol; unsafe characters are still in it."""
    trouble: Trouble | None = None
    """What the proxy met, with `Obstacle.TARGET`."""
    heard: bytes = b""
    """What came instead of an answer, with `Obstacle.NO_PROXY`; it may echo a secret."""


class Client(Protocol):
    """The shape of every client role here."""

    @property
    def has_asked(self) -> bool:
        """The target was named: who is silent from now on may be waiting for it."""
        ...

    def begin(self) -> Outgoing:
        """What is said first."""
        ...

    def receive(self, data: bytes) -> Outgoing | Through | Stopped | None:
        """What to say next, or how it ended; None as long as more must come. Not to be called after the end."""
        ...
