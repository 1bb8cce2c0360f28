"""What a server says that it can do."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.observed import Observation
from mailproof.model.reply import Reply


class Stage(StrEnum):
    CLEAR = "clear"
    TLS = "tls"
    LOGGED_IN = "logged-in"


class Capability(msgspec.Struct, frozen=True):
    name: str
    """In upper case: `SIZE`, `AUTH`, `LOGINDISABLED`; for IMAP `AUTH=PLAIN` is name AUTH, parameter PLAIN."""
    params: tuple[str, ...] = ()
    legacy: bool = False
    """Offered as `AUTH=` in an EHLO reply, for clients of before RFC 2554."""


class Capabilities(Observation, frozen=True):
    """The answer to EHLO, LHLO, CAPA or CAPABILITY."""

    stage: Stage
    verb: str
    reply: Reply
    offered: tuple[Capability, ...] = ()
    turns: tuple[int, ...] = ()

    def get(self, name: str) -> Capability | None:
        """The capability of this name that is not the legacy form, or None."""
        return next((c for c in self.offered if c.name == name and not c.legacy), None)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms offered, in upper case, in the server's order, the legacy line included once."""
        names: dict[str, None] = {}
        for capability in self.offered:
            if capability.name in ("AUTH", "SASL"):
                names.update((param.upper(), None) for param in capability.params)
        return tuple(names)
