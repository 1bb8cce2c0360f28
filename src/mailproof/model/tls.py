"""Facts about TLS: what is asked of a handshake, and what was seen in one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mailproof.model.attempt import Trouble


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
