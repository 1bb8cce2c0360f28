"""Where one talks by hand: more protocols than are checked, each with its way into TLS."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.transcript import Transcript


class TalkProtocol(StrEnum):
    SMTP = "smtp"
    LMTP = "lmtp"
    POP3 = "pop3"
    IMAP = "imap"
    SIEVE = "sieve"
    NNTP = "nntp"
    FTP = "ftp"
    XMPP = "xmpp"
    XMPP_SERVER = "xmpp-server"
    IRC = "irc"
    LDAP = "ldap"
    POSTGRES = "postgres"
    MYSQL = "mysql"
    HTTP = "http"
    NONE = "none"
    """Bytes that nobody here understands."""


class TlsStart(StrEnum):
    """When TLS begins, as the scheme states it."""

    AT_ONCE = "at-once"
    UPGRADE = "upgrade"
    OPPORTUNISTIC = "opportunistic"
    """Upgraded if that is offered; port 25 (RFC 7435)."""
    NEVER = "never"


class Played(msgspec.Struct, frozen=True):
    """How far a script came."""

    stage: int
    """Exit code of the stage (docs/login.md) at which something was not as the script has it; 0 where all was."""
    reason: str = ""
    """Name of the sentence in the catalogue, `talk.script-NAME`: `mismatch`, `silent`, `closed`, `tls` …"""
    number: int = 0
    """Of the line in the script; 0 for the opening."""
    wanted: str = ""
    said: str = ""
    transcript: Transcript | None = None


class TalkPlace(msgspec.Struct, frozen=True):
    """Where to dial once an address is known; a `net.interface.Address`."""

    scheme: str
    """As it was typed, in small letters: `submission`, `tls`, `postgres`."""
    protocol: TalkProtocol
    starts: TlsStart
    host: str
    """Name or address, without brackets; empty for a Unix socket."""
    port: int
    path: str | None = None
    address: str = ""
    name: str = ""
    """To present (SNI) and to verify."""
    usual: bool = True
    """The port is that of the scheme."""

    @property
    def url(self) -> str:
        if self.path is not None:
            return f"{self.scheme}+unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.usual else f":{self.port}")


SCHEMES: dict[str, tuple[TalkProtocol, int, TlsStart]] = {
    "smtp": (TalkProtocol.SMTP, 25, TlsStart.OPPORTUNISTIC),
    "submission": (TalkProtocol.SMTP, 587, TlsStart.UPGRADE),
    "submissions": (TalkProtocol.SMTP, 465, TlsStart.AT_ONCE),
    "smtps": (TalkProtocol.SMTP, 465, TlsStart.AT_ONCE),
    "lmtp": (TalkProtocol.LMTP, 24, TlsStart.OPPORTUNISTIC),
    "pop3": (TalkProtocol.POP3, 110, TlsStart.UPGRADE),
    "pop3s": (TalkProtocol.POP3, 995, TlsStart.AT_ONCE),
    "imap": (TalkProtocol.IMAP, 143, TlsStart.UPGRADE),
    "imaps": (TalkProtocol.IMAP, 993, TlsStart.AT_ONCE),
    "sieve": (TalkProtocol.SIEVE, 4190, TlsStart.UPGRADE),
    "nntp": (TalkProtocol.NNTP, 119, TlsStart.UPGRADE),
    "nntps": (TalkProtocol.NNTP, 563, TlsStart.AT_ONCE),
    "ftp": (TalkProtocol.FTP, 21, TlsStart.UPGRADE),
    "ftps": (TalkProtocol.FTP, 990, TlsStart.AT_ONCE),
    "xmpp": (TalkProtocol.XMPP, 5222, TlsStart.UPGRADE),
    "xmpps": (TalkProtocol.XMPP, 5223, TlsStart.AT_ONCE),
    "xmpp-server": (TalkProtocol.XMPP_SERVER, 5269, TlsStart.UPGRADE),
    "irc": (TalkProtocol.IRC, 6667, TlsStart.UPGRADE),
    "ircs": (TalkProtocol.IRC, 6697, TlsStart.AT_ONCE),
    "ldap": (TalkProtocol.LDAP, 389, TlsStart.UPGRADE),
    "ldaps": (TalkProtocol.LDAP, 636, TlsStart.AT_ONCE),
    "postgres": (TalkProtocol.POSTGRES, 5432, TlsStart.UPGRADE),
    "postgresql": (TalkProtocol.POSTGRES, 5432, TlsStart.UPGRADE),
    "mysql": (TalkProtocol.MYSQL, 3306, TlsStart.UPGRADE),
    "http": (TalkProtocol.HTTP, 80, TlsStart.NEVER),
    "https": (TalkProtocol.HTTP, 443, TlsStart.AT_ONCE),
    "tls": (TalkProtocol.NONE, 0, TlsStart.AT_ONCE),
    "tcp": (TalkProtocol.NONE, 0, TlsStart.NEVER),
}
"""Scheme: protocol, usual port (0: must be given), start of TLS."""
