"""How a mail server's machine looks names up: whom it asks, what came of asking them, and the copies in a chroot."""

from __future__ import annotations

import msgspec

from mailproof.model.configuration import FileSeen
from mailproof.model.dns import DnsStatus
from mailproof.model.observed import Observation


class NameserverAsked(msgspec.Struct, frozen=True):
    """One question to one of the servers that resolv.conf names."""

    server: str
    name: str
    rtype: str
    status: DnsStatus
    seconds: float
    """Until the answer, or until none was waited for any more."""
    answers: tuple[str, ...] = ()
    """Where it was asked for the sake of what it says."""

    @property
    def answered(self) -> bool:
        """The server did its work, whatever it said of the name."""
        return self.status in (DnsStatus.OK, DnsStatus.NO_DATA, DnsStatus.NO_SUCH_NAME)


class BlocklistAsked(Observation, frozen=True):
    """A list that a mail server refuses clients by, about the entries that each list has for tests."""

    zone: str
    answers: str
    """Which answers the configuration takes for a listing, `127.0.0.[2..11]`; empty for all."""
    must_not: NameserverAsked
    """127.0.0.1, or the name `invalid`: must not be listed (RFC 5782 section 5)."""
    must: NameserverAsked
    """127.0.0.2, or the name `test`: must be."""
    of_names: bool = False
    """It lists domains, and no addresses."""


class SystemAsked(msgspec.Struct, frozen=True):
    """What a command of the machine, which asks as its programs do, said of a name."""

    command: str
    status: int
    """Its exit code; 2 of getent for a name that was not found, for whatever reason."""
    seconds: float


class CopySeen(msgspec.Struct, frozen=True):
    """A file below a chroot, beside the one that it should be a copy of."""

    path: str
    original: str
    missing: bool
    same: bool | None
    """In what it means; None where one of the two could not be read."""


class LookupsSeen(Observation, frozen=True):
    """Of the programs of the machine, or of those of a mail server that run in a chroot."""

    resolv_conf: FileSeen
    chroot: str = ""
    """The directory; empty for those that run in none."""
    services: tuple[str, ...] = ()
    """Which run there, as `postconf -M` names them."""
    hosts_from: tuple[str, ...] = ("files", "dns")
    """The sources of host names in nsswitch.conf, in their order."""
    asked: tuple[NameserverAsked, ...] = ()
    system: tuple[SystemAsked, ...] = ()
    clients: tuple[str, ...] = ()
    """Our addresses as the server knows them: it looks their names up."""
    copies: tuple[CopySeen, ...] = ()
    unasked: str = ""
    """Why nobody was asked; a reason of the catalogue."""
