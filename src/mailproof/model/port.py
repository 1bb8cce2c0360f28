"""A port as it looks from one place: its state, who said so, and what answers there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mailproof.model.icmp import Icmp
from mailproof.model.proxy import ProxyOutcome

SCHEMA = 1


class PortState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    """The machine, or one that speaks in its name, says that nothing listens (RST)."""
    FILTERED = "filtered"
    """Something keeps the packets away: silence, or an ICMP error."""
    UNTRIED = "untried"
    """This machine could not: no route, no such source address; or a proxy did not, or does not say what it met."""


class Teller(StrEnum):
    """Who said so. Closed."""

    HANDSHAKE = "handshake"
    """The three packets of TCP."""
    RST = "rst"
    ICMP = "icmp"
    TIMEOUT = "timeout"
    """Nobody: no answer came."""
    LOCAL = "local"
    """This machine itself."""
    PROXY = "proxy"
    """A proxy, of what it met (`detail`): who closes or filters a port behind it, it does not pass on."""


class Service(StrEnum):
    """What answers, by what it says. Closed."""

    SMTP = "smtp"
    LMTP = "lmtp"
    POP3 = "pop3"
    IMAP = "imap"
    SIEVE = "sieve"
    SSH = "ssh"
    HTTP = "http"
    FTP = "ftp"
    NNTP = "nntp"
    IRC = "irc"
    XMPP = "xmpp"
    TELNET = "telnet"
    MYSQL = "mysql"
    VNC = "vnc"
    IDENT = "ident"
    UNKNOWN = "unknown"
    """It says something that is none of these."""
    SILENT = "silent"
    """It waits for the client and says nothing, in clear text and in TLS."""


class TlsSeen(StrEnum):
    """When TLS begins at a port, as far as one can tell."""

    AT_ONCE = "at-once"
    UPGRADE = "upgrade"
    """Clear text, and STARTTLS or STLS is offered."""
    NONE = "none"
    """Clear text, and no upgrade is offered."""
    UNTOLD = "untold"


USUAL: dict[int, Service] = {
    21: Service.FTP,
    22: Service.SSH,
    24: Service.LMTP,
    25: Service.SMTP,
    80: Service.HTTP,
    110: Service.POP3,
    113: Service.IDENT,
    119: Service.NNTP,
    143: Service.IMAP,
    443: Service.HTTP,
    465: Service.SMTP,
    563: Service.NNTP,
    587: Service.SMTP,
    993: Service.IMAP,
    995: Service.POP3,
    2525: Service.SMTP,
    4190: Service.SIEVE,
}
"""What belongs at a port (IANA's registry; 2525 by habit)."""

TLS_AT_ONCE = frozenset({443, 465, 563, 636, 853, 990, 992, 993, 994, 995, 5061, 5223, 6697, 8443})
"""Where TLS begins with the first byte (RFC 8314 and IANA's registry)."""


class PortSeen(msgspec.Struct, frozen=True):
    port: int
    state: PortState
    teller: Teller
    seconds: float
    """From the first packet to the answer, or to giving up."""
    icmp: Icmp | None = None
    detail: str = ""
    """Words of the operating system, where this machine could not try, and those of a proxy."""
    service: Service | None = None
    """None where the port is not open."""
    tls: TlsSeen = TlsSeen.UNTOLD
    greeting: str = ""
    """The first line that it said, escaped."""
    proxied: ProxyOutcome | None = None
    """What came of asking the proxy, where there is one."""
    outer: str = ""
    """The address from which a proxy connected, where it tells."""

    @property
    def usual(self) -> Service | None:
        """What belongs there."""
        return USUAL.get(self.port)

    @property
    def is_another_service(self) -> bool:
        """Something else than what belongs there answers."""
        told = self.service not in (None, Service.UNKNOWN, Service.SILENT)
        return told and self.usual not in (None, self.service)

    @property
    def is_clear_where_tls_belongs(self) -> bool:
        return (
            self.state is PortState.OPEN
            and self.port in TLS_AT_ONCE
            and self.tls
            in (
                TlsSeen.NONE,
                TlsSeen.UPGRADE,
            )
        )


class HostSeen(msgspec.Struct, frozen=True):
    """One address of a host."""

    host: str
    """As it was named."""
    address: str
    """Empty where the name has none."""
    vantage: str
    """Where we stand, as `parse.vantage` names it: `outside`, `loopback`, `private`, `own`, `unknown`."""
    local: str = ""
    """The address we came from; through a proxy its own, empty where it does not tell."""
    ports: tuple[PortSeen, ...] = ()
    proxy: str = ""
    """URL of the proxy that all went through, without its login."""

    @property
    def is_from_itself(self) -> bool:
        """Dialled from the very machine."""
        return self.vantage in ("loopback", "own")


class PortsResult(msgspec.Struct, frozen=True):
    """One run, from one place. JSON is its canonical form and reads back."""

    mailproof: str
    started: datetime
    """In UTC."""
    seconds: float
    hosts: tuple[HostSeen, ...]
    schema: int = SCHEMA
