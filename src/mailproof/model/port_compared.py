"""Two runs of `ports` beside each other, port by port: who keeps one from being reached."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.port import PortState


class Blame(StrEnum):
    """Who keeps the port from being reached. Closed."""

    NOBODY = "nobody"
    HOST = "host"
    NETWORK = "network"
    HOST_OR_NETWORK = "host-or-network"
    UNTOLD = "untold"


class PortCompared(msgspec.Struct, frozen=True):
    port: int
    here: PortState
    there: PortState
    blocks: Blame
    why: str
    """A reason of the catalogue, in its section `between`."""
    sender: str = ""
    """Whose ICMP it was, where one decided."""

    @property
    def differs(self) -> bool:
        return (self.here is PortState.OPEN) is not (self.there is PortState.OPEN)


class HostCompared(msgspec.Struct, frozen=True):
    here: str
    """Host and address as this run saw them, `mail.example.com (192.0.2.10)`."""
    there: str
    here_vantage: str
    there_vantage: str
    ports: tuple[PortCompared, ...]
