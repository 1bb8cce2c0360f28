"""A certificate authority for tests and the lab: root, intermediate and leaves with one fault each."""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

# An authority must be valid at every time that a script or a record may play at, so it has no time of its own.
_AUTHORITY_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_AUTHORITY_UNTIL = datetime(2099, 12, 31, tzinfo=UTC)

# OIDs of sha256WithRSAEncryption and sha1WithRSAEncryption in DER, which differ in their last byte (RFC 8017 A.2.4).
_SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_RSA = bytes.fromhex("06092a864886f70d010105")

# Servers and clients alike, as public authorities issued them for long.
_BOTH_ENDS = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)

# ub-common-name of RFC 5280 appendix A.
_COMMON_NAME_LIMIT = 64


class CertificateKind(StrEnum):
    """What a server presents: sound, or with exactly one fault. The words of `cert=` in the dialogue language."""

    GOOD = "good"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRES_SOON = "expires-soon"
    """In five days."""
    SELF_SIGNED = "self-signed"
    UNTRUSTED_ROOT = "untrusted-root"
    """Issued by another root; the intermediate is sent."""
    NO_INTERMEDIATE = "no-intermediate"
    """The leaf alone is sent."""
    WRONG_NAME = "wrong-name"
    """Names `old-HOST` instead of HOST."""
    WEAK_KEY = "weak-key"
    """RSA with 1024 bits."""
    SHA1 = "sha1"
    """The leaf is signed with SHA-1."""


class Issued(msgspec.Struct, frozen=True):
    """A certificate as a server needs it, in PEM."""

    chain_pem: bytes
    """Leaf first, then what else is sent (RFC 8446 section 4.4.2); never the root."""
    key_pem: bytes
    """Private key of the leaf, PKCS #8 without a password."""
    leaf_pem: bytes

    def __repr__(self) -> str:
        return f"Issued({self.leaf_pem[28:60].decode('ascii', 'replace')}…)"


class IssuedFiles(msgspec.Struct, frozen=True):
    """Where `Authority.write` put things."""

    chain: Path
    key: Path
    leaf: Path
    root: Path


class _Issuer(msgspec.Struct, frozen=True):
    certificate: x509.Certificate
    key: Key


class Authority:
    """A root, its intermediate, and the leaves that they issue. Every object has keys of its own.

    All certificates pass OpenSSL's X509_STRICT but for the fault asked for. Keys are EC P-256, as they are made in
    a tenth of a millisecond; RSA only where the fault needs it.
    """

    def __init__(self, label: str = "Test") -> None:
        self._label = label
        self._root = _issuer(f"{label} Root CA", ec.generate_private_key(ec.SECP256R1()), None)
        self._intermediate = _issuer(f"{label} Issuing CA", ec.generate_private_key(ec.SECP256R1()), self._root)
        self._leaf_key: Key = ec.generate_private_key(ec.SECP256R1())
        self._weak_key: Key | None = None
        self._rsa_intermediate: _Issuer | None = None
        self._stranger: Authority | None = None

    @property
    def root_pem(self) -> bytes:
        """What a client must trust."""
        return self._root.certificate.public_bytes(Encoding.PEM)

    def issue(self, kind: CertificateKind, name: str, now: datetime, also: Sequence[str] = ()) -> Issued:
        """A certificate for the host `name` (an A-label or an IP address) and the names `also`, judged at `now`.

        Raises ValueError if `now` has no time zone, or for a name that is not ASCII.
        """
        if now.tzinfo is None:
            raise ValueError("the time must have a time zone")
        if kind is CertificateKind.UNTRUSTED_ROOT:
            self._stranger = self._stranger or Authority(f"Unknown {self._label}")
            return self._stranger.issue(CertificateKind.GOOD, name, now, also)
        names = (f"old-{name}",) if kind is CertificateKind.WRONG_NAME else (name, *also)
        key = self._key(kind)
        issuer = self._issuer(kind)
        builder = _leaf(names, key, None if kind is CertificateKind.SELF_SIGNED else issuer, _validity(kind, now))
        if kind is CertificateKind.SHA1 and isinstance(issuer.key, rsa.RSAPrivateKey):
            leaf = _sign_with_sha1(builder, issuer.key)
        elif kind is CertificateKind.SELF_SIGNED:
            leaf = builder.sign(key, hashes.SHA256())
        else:
            leaf = builder.sign(issuer.key, hashes.SHA256())
        alone = kind in (CertificateKind.SELF_SIGNED, CertificateKind.NO_INTERMEDIATE)
        leaf_pem = leaf.public_bytes(Encoding.PEM)
        return Issued(
            chain_pem=leaf_pem if alone else leaf_pem + issuer.certificate.public_bytes(Encoding.PEM),
            key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            leaf_pem=leaf_pem,
        )

    def write_root(self, directory: Path) -> Path:
        """Writes `root.pem` into an existing directory and returns its path."""
        path = directory / "root.pem"
        path.write_bytes(self.root_pem)
        return path

    def write(self, issued: Issued, directory: Path) -> IssuedFiles:
        """Writes `chain.pem`, `key.pem` (mode 0600 from the start), `leaf.pem` and `root.pem` into a directory."""
        files = IssuedFiles(
            directory / "chain.pem", directory / "key.pem", directory / "leaf.pem", self.write_root(directory)
        )
        files.chain.write_bytes(issued.chain_pem)
        files.leaf.write_bytes(issued.leaf_pem)
        files.key.unlink(missing_ok=True)
        with os.fdopen(os.open(files.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(issued.key_pem)
        return files

    def _key(self, kind: CertificateKind) -> Key:
        if kind is not CertificateKind.WEAK_KEY:
            return self._leaf_key
        self._weak_key = self._weak_key or rsa.generate_private_key(65537, 1024)
        return self._weak_key

    def _issuer(self, kind: CertificateKind) -> _Issuer:
        if kind is not CertificateKind.SHA1:
            return self._intermediate
        if self._rsa_intermediate is None:
            key = rsa.generate_private_key(65537, 2048)
            self._rsa_intermediate = _issuer(f"{self._label} RSA Issuing CA", key, self._root)
        return self._rsa_intermediate


def _validity(kind: CertificateKind, now: datetime) -> tuple[datetime, datetime]:
    day = timedelta(days=1)
    if kind is CertificateKind.EXPIRED:
        return now - 100 * day, now - 10 * day
    if kind is CertificateKind.NOT_YET_VALID:
        return now + 10 * day, now + 100 * day
    if kind is CertificateKind.EXPIRES_SOON:
        return now - 85 * day, now + 5 * day
    # Within the 398 days that browsers accept (CA/Browser Forum baseline requirements 6.3.2).
    return now - 30 * day, now + 335 * day


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if len(name) <= _COMMON_NAME_LIMIT else [])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _issuer(name: str, key: Key, parent: _Issuer | None) -> _Issuer:
    """A certificate authority, signed by `parent` or by itself (RFC 5280 section 4.2.1)."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(parent.certificate.subject if parent else _subject(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_AUTHORITY_FROM)
        .not_valid_after(_AUTHORITY_UNTIL)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0 if parent else None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if parent:
        builder = builder.add_extension(_identifier_of(parent.certificate), critical=False)
    return _Issuer(builder.sign(parent.key if parent else key, hashes.SHA256()), key)


def _leaf(
    names: Sequence[str], key: Key, issuer: _Issuer | None, validity: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    """A server's certificate, not yet signed; without an issuer it is its own."""
    subject = _subject(names[0])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_BOTH_ENDS), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        # Critical if the subject is empty (RFC 5280 section 4.2.1.6).
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=not subject.rdns)
    )
    return builder.add_extension(_identifier_of(issuer.certificate), critical=False) if issuer else builder


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _sign_with_sha1(builder: x509.CertificateBuilder, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """What `cryptography` no longer does by itself: sha1WithRSAEncryption over the same certificate."""
    signed = builder.sign(key, hashes.SHA256())
    # The first occurrence is the signature field of the TBSCertificate, before any text (RFC 5280 section 4.1).
    to_be_signed = signed.tbs_certificate_bytes.replace(_SHA256_RSA, _SHA1_RSA, 1)
    digest = hashlib.sha1(to_be_signed, usedforsecurity=False).digest()
    signature = key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA1()))
    algorithm = _der(0x30, _SHA1_RSA + b"\x05\x00")
    return x509.load_der_x509_certificate(_der(0x30, to_be_signed + algorithm + _der(0x03, b"\0" + signature)))


def _der(tag: int, content: bytes) -> bytes:
    """A DER value with its tag and definite length (X.690 section 8.1)."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
