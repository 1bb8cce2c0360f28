"""The three answers of a check: a finding, passed, could not tell."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.evidence import Evidence
from mailproof.model.remedy import Remedy

Param = str | int | float | tuple[str, ...]
"""What a message can be filled with. No prose: words live in the catalogue."""


class Severity(StrEnum):
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"


class Scope(StrEnum):
    """How near a consequence must be to its cause."""

    ENDPOINT = "endpoint"
    SERVICE = "service"
    """Endpoints of the same protocol on the same server."""
    ADDRESS = "address"
    """Endpoints at the same address, whatever they speak."""
    SERVER = "server"


class Layer(StrEnum):
    """Where in the path a finding lies; the path is walked in this order, and an earlier layer is more telling."""

    REACH = "reach"
    TLS = "tls"
    LOGIN = "login"
    RELAY = "relay"
    DELIVERY = "delivery"
    RETRIEVAL = "retrieval"
    DATABASE = "database"
    """The files of an Exchange database, behind all that is spoken."""
    CONFIGURATION = "configuration"
    """On no path of its own: a file that says what it does not mean."""


class Explains(msgspec.Struct, frozen=True):
    """An arrow from a cause to one of its consequences."""

    name: str
    scope: Scope = Scope.ENDPOINT
    only: tuple[tuple[str, str], ...] = ()
    """Parameters that the consequence must have: `(("reason", "timeout"),)`; any will do if empty."""
    when: tuple[tuple[str, str], ...] = ()
    """Parameters that the cause itself must have: a value that is not understood, if it is that of `mynetworks`."""


class FindingKind(msgspec.Struct, frozen=True):
    """A fault that a check can name. Declared in the file of the check; its words are in the catalogue."""

    name: str
    """Kebab-case, and it names the fault (`certificate-expired`), never the cure."""
    layer: Layer
    params: tuple[str, ...] = ()
    explains: tuple[Explains, ...] = ()
    references: tuple[str, ...] = ()
    """`RFC 3207 section 4`, `postconf(5) smtpd_tls_security_level`."""
    gathered: tuple[str, ...] = ()
    """Parameters in which one fault may differ from endpoint to endpoint (`mechanism` of a wrong password): where
    they differ, the finding lists them."""


class Finding(msgspec.Struct, frozen=True):
    """A fault that was seen. Holds no prose and no severity."""

    name: str
    evidence: tuple[Evidence, ...]
    """At least one piece."""
    endpoint: str | None = None
    """URL of the endpoint it was seen at; None for one of the whole server."""
    address: str = ""
    params: dict[str, Param] = {}
    remedy: Remedy | None = None
    """What mends it, where that follows from what was read."""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"a finding without evidence: {self.name}")

    def mended_by(self, remedy: Remedy | None) -> Finding:
        """The same with its remedy."""
        return msgspec.structs.replace(self, remedy=remedy)


class Passed(msgspec.Struct, frozen=True):
    """What holds, and where it can be seen."""

    name: str
    evidence: tuple[Evidence, ...]
    endpoint: str | None = None

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"passed without evidence: {self.name}")


class Untold(msgspec.Struct, frozen=True):
    """The record does not tell. `why` is a reason of the catalogue."""

    name: str
    why: str
    endpoint: str | None = None
    asked: bool = False
    params: dict[str, str] = {}


Answer = Finding | Passed | Untold
