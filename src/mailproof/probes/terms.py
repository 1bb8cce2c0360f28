"""What all jobs of one run share: names, limits, TLS."""

from __future__ import annotations

import msgspec

from mailproof.model.attempt import Job
from mailproof.model.proxy import Proxy
from mailproof.model.tls import Protection, TlsPolicy, TlsSettings


class Terms(msgspec.Struct, frozen=True):
    timeout: float = 30.0
    """Seconds for each reply, and for each step of a connection."""
    ehlo: str = "[127.0.0.1]"
    """Our name in EHLO, LHLO and HELO (RFC 5321 4.1.4: a name, or an address literal for those without)."""
    source: str = ""
    """Local address to connect from."""
    tls: TlsPolicy = TlsPolicy.AUTO
    verify: bool = True
    """Say nothing secret to a server whose certificate does not verify."""
    settings: TlsSettings = TlsSettings()
    sender: str = ""
    """Envelope sender; empty for the null sender."""
    outside: str = "outside@example.com"
    """A recipient elsewhere; never sent to."""
    mailbox: str = ""
    """A mailbox that should exist on this server."""
    xclient: tuple[str, ...] = ()
    """XCLIENT attributes, `ADDR=192.0.2.1`."""
    proxy_protocol: int = 0
    """Version of the PROXY header that every connection begins with; 0 for none."""
    proxied_source: str = ""
    """The client address in that header; empty for our own."""
    proxy: Proxy | None = None
    """What every TCP connection goes through."""
    secrets: tuple[str, ...] = ()
    """What no conversation of this run may record, whoever says it."""
    skip: tuple[str, ...] = ()
    """What the profile does not test: `relay`, `users`."""
    intrusive: tuple[Job, ...] = ()
    """What is done although it could disturb the server."""
    second_login: bool = False
    """Ask for another login after one that was accepted."""
    keep_bodies: bool = False
    """Record messages whole, and not only their size."""

    @property
    def connect_timeout(self) -> float:
        # A SYN is repeated after 1, 3 and 7 seconds (RFC 6298); a fourth attempt tells nothing new.
        return min(self.timeout, 10.0)

    @property
    def session_timeout(self) -> float:
        """Seconds for a whole connection, however slowly the server goes on."""
        # Four of its replies may be as late as a reply may be; then the server is too slow to be told about.
        return 4 * self.timeout

    @property
    def run_timeout(self) -> float:
        """Seconds after which a run begins no further connection; those that are under way come to their end."""
        # A survey may take four replies' time, and what follows from it half as much again. With what is under way
        # that makes ten, by default the five minutes that RFC 5321 section 4.5.3.2 lets a client wait for one reply.
        return 6 * self.timeout

    def too_open(self, protection: Protection) -> str:
        """Why no secret may be said behind this protection, as a reason of the catalogue; empty if it may."""
        if protection is Protection.NONE and self.tls is not TlsPolicy.NEVER:
            return "tls-not-available"
        if protection is Protection.UNVERIFIED and self.verify:
            return "tls-not-verified"
        return ""

    def __repr__(self) -> str:
        return f"Terms(ehlo={self.ehlo!r}, tls={self.tls}, proxy={self.proxy!r}, {len(self.secrets)} secrets)"
