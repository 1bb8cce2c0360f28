"""What the user named, and the places that are dialled for it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Protocol(StrEnum):
    """The language spoken once the connection stands."""

    SMTP = "smtp"
    LMTP = "lmtp"
    POP3 = "pop3"
    IMAP = "imap"
    SIEVE = "sieve"


class TlsMode(StrEnum):
    """When TLS begins, as the scheme states it."""

    IMPLICIT = "implicit"
    """TLS from the first byte (RFC 8314)."""
    STARTTLS = "starttls"
    """Clear text first, upgraded before anything private is said (RFC 3207, RFC 2595)."""
    OPPORTUNISTIC = "opportunistic"
    """Upgraded if it is offered; port 25 (RFC 7435)."""


class Scheme(StrEnum):
    """The schemes of target URLs."""

    SMTP = "smtp"
    SUBMISSION = "submission"
    SUBMISSIONS = "submissions"
    LMTP = "lmtp"
    POP3 = "pop3"
    POP3S = "pop3s"
    IMAP = "imap"
    IMAPS = "imaps"
    SIEVE = "sieve"

    @property
    def protocol(self) -> Protocol:
        return _SCHEMES[self][0]

    @property
    def default_port(self) -> int:
        return _SCHEMES[self][1]

    @property
    def tls_mode(self) -> TlsMode:
        return _SCHEMES[self][2]

    @property
    def is_submission(self) -> bool:
        """Mail is handed in here by users, who log in (RFC 6409, RFC 8314)."""
        return self in (Scheme.SUBMISSION, Scheme.SUBMISSIONS)

    @property
    def is_retrieval(self) -> bool:
        """Users read their mail here, or manage how it is sorted."""
        return self.protocol in (Protocol.POP3, Protocol.IMAP, Protocol.SIEVE)


_SCHEMES: dict[Scheme, tuple[Protocol, int, TlsMode]] = {
    Scheme.SMTP: (Protocol.SMTP, 25, TlsMode.OPPORTUNISTIC),
    Scheme.SUBMISSION: (Protocol.SMTP, 587, TlsMode.STARTTLS),
    Scheme.SUBMISSIONS: (Protocol.SMTP, 465, TlsMode.IMPLICIT),
    Scheme.LMTP: (Protocol.LMTP, 24, TlsMode.OPPORTUNISTIC),
    Scheme.POP3: (Protocol.POP3, 110, TlsMode.STARTTLS),
    Scheme.POP3S: (Protocol.POP3, 995, TlsMode.IMPLICIT),
    Scheme.IMAP: (Protocol.IMAP, 143, TlsMode.STARTTLS),
    Scheme.IMAPS: (Protocol.IMAP, 993, TlsMode.IMPLICIT),
    Scheme.SIEVE: (Protocol.SIEVE, 4190, TlsMode.STARTTLS),
}


class TargetKind(StrEnum):
    URL = "url"
    """Scheme, host and port were named: this endpoint must be there."""
    HOST = "host"
    """A host: its mail ports are tried, and those that answer are reported."""
    DOMAIN = "domain"
    """A name with MX records: its mail exchangers and SRV records are looked up."""
    FILES = "files"
    """A configuration, by its path: nothing is dialled."""


class Target(msgspec.Struct, frozen=True):
    """What the user named, before anything was looked up."""

    text: str
    """As it was typed."""
    kind: TargetKind
    host: str
    """Name or address to dial, without brackets; empty for a Unix socket."""
    scheme: Scheme | None = None
    port: int | None = None
    path: str | None = None
    """Of a Unix socket (`lmtp+unix:///path`)."""


class Endpoint(msgspec.Struct, frozen=True):
    """One address and port with the scheme spoken there. Each address of a name is its own endpoint."""

    scheme: Scheme
    host: str
    """As the user, DNS or the plan named it."""
    address: str
    """IPv4 or IPv6 address that is dialled; empty while it is not known, and for a Unix socket."""
    port: int
    name: str
    """The host name to present (SNI) and to verify; may differ from `host` (`--name`)."""
    path: str | None = None
    promised: bool = True
    """Named by the user, an MX or an SRV record. A guess is reported only if it answers."""
    named: bool = True
    """The user named this host, or the domain it lies in. One that only DNS named is told no secret: an answer of
    DNS can be forged, and then the certificate that verifies is the forger's (RFC 6186 section 6)."""

    @property
    def url(self) -> str:
        """As a person would type it: `submission://mail.example.com`, the port only where it is unusual."""
        if self.path is not None:
            return f"{self.scheme}+unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == self.scheme.default_port else f":{self.port}")
