"""Facts about TLS: what is asked of a handshake, and what was seen in one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.model.observed import Observation
from mailproof.model.reply import Reply


class TlsVersion(StrEnum):
    TLS1_0 = "TLSv1"
    TLS1_1 = "TLSv1.1"
    TLS1_2 = "TLSv1.2"
    TLS1_3 = "TLSv1.3"


class TlsPolicy(StrEnum):
    """`--tls`."""

    AUTO = "auto"
    REQUIRED = "required"
    NEVER = "never"


class TlsSettings(msgspec.Struct, frozen=True):
    """What decides how a handshake is made. Handshakes with equal settings share one context."""

    ca_file: str | None = None
    """PEM file of roots trusted besides the system's."""
    minimum: TlsVersion = TlsVersion.TLS1_0
    maximum: TlsVersion = TlsVersion.TLS1_3
    ciphers: str | None = None
    """In OpenSSL's notation, for TLS 1.2 and older; None for all that this OpenSSL has, weak ones included."""
    certificate: str | None = None
    """PEM file of a client certificate with its chain."""
    key: str | None = None
    check_chain: bool = True
    """Whether the certificates are to be looked at; where only a version is asked for, they need not."""


class ServerTls(msgspec.Struct, frozen=True):
    """How a server of ours makes its handshakes."""

    chain_pem: str
    """Its certificate and what it sends with it, in PEM."""
    key_pem: str
    minimum: TlsVersion = TlsVersion.TLS1_0
    maximum: TlsVersion = TlsVersion.TLS1_3
    ciphers: str | None = None
    client_ca_pem: str | None = None
    """Roots for client certificates; None asks for none."""

    def __repr__(self) -> str:
        return f"ServerTls({self.minimum}…{self.maximum})"


class Certificate(msgspec.Struct, frozen=True):
    """One certificate as it was sent (RFC 5280)."""

    subject: str
    """RFC 4514 string."""
    issuer: str
    serial: str
    """Hexadecimal."""
    not_before: datetime
    not_after: datetime
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    common_name: str | None
    is_ca: bool
    self_signed: bool
    """Subject and issuer are equal and its own key verifies its signature."""
    key_type: str
    """`RSA`, `EC`, `Ed25519` …"""
    key_bits: int
    signature_hash: str | None
    """`sha256`; None for algorithms that have none of their own (Ed25519)."""
    sha256: str
    """Fingerprint of the DER form, hexadecimal."""


class ChainError(msgspec.Struct, frozen=True):
    """One complaint of OpenSSL about the chain; the handshake went on."""

    code: int
    """X509_V_ERR_…"""
    depth: int
    text: str


class Handshake(msgspec.Struct, frozen=True):
    """What a handshake came to, as the network layer saw it."""

    seconds: float
    version: str = ""
    cipher: str = ""
    """As agreed on, also where the handshake failed after that."""
    group: str = ""
    chain: tuple[bytes, ...] = ()
    """Certificates as sent, in DER, the peer's own first."""
    errors: tuple[ChainError, ...] = ()
    trouble: Trouble | None = None
    """None if it ended well; else TLS_FAILED, CLOSED, RESET, TIMEOUT."""
    alert: str = ""
    """Alert the peer sent, as RFC 8446 section 6 spells it: `handshake_failure`."""
    detail: str = ""
    clear_text: bytes = b""
    """What came before the first TLS record, or instead of it; of the latter, the first line."""

    @property
    def trusted(self) -> bool:
        """The handshake was made and OpenSSL has nothing against the chain. The name is not judged here."""
        return self.trouble is None and not self.errors and bool(self.chain)


class Protection(StrEnum):
    """What a login is protected by."""

    NONE = "none"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


class StartTls(Observation, frozen=True):
    """The agreement to start TLS inside a clear-text session."""

    command: str
    """`STARTTLS` or `STLS`."""
    offered: bool
    reply: Reply | None = None
    """None if it was not tried."""
    turns: tuple[int, ...] = ()


class TlsHandshake(Observation, frozen=True):
    """One handshake at OpenSSL's security level 0, so that weak servers can be looked at too."""

    name: str
    """Presented as SNI and wanted in the certificate."""
    seconds: float
    version: str = ""
    cipher: str = ""
    """As agreed on, also where the handshake failed after that."""
    group: str = ""
    chain: tuple[Certificate, ...] = ()
    """As sent, the server's own first; empty if that one cannot be read."""
    unreadable: int = 0
    """Certificates among them that cannot be read; they are not in `chain`."""
    errors: tuple[ChainError, ...] = ()
    """What OpenSSL has against the chain with the trusted roots of this run; the name is not its business."""
    trouble: Trouble | None = None
    """None if the handshake ended well."""
    alert: str = ""
    """Alert sent by the server, in the words of RFC 8446: `handshake_failure`, `protocol_version` …"""
    detail: str = ""
    """OpenSSL's own words."""
    clear_text: str = ""
    """What came in clear before the first TLS record (CVE-2011-0411), or instead of TLS; escaped."""
    turns: tuple[int, ...] = ()


class TlsVersionTried(Observation, frozen=True):
    """A handshake that offered nothing newer than `maximum`."""

    maximum: TlsVersion
    accepted: str = ""
    """The version agreed on; empty if there was no agreement."""
    trouble: Trouble | None = None
    """None if there was; TLS_FAILED with an alert is a refusal, anything else tells nothing of versions."""
    alert: str = ""
    detail: str = ""
    turns: tuple[int, ...] = ()
