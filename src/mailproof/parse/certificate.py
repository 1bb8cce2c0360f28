"""A certificate in DER to the facts that checks judge (RFC 5280)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mailproof.model.escape import printable
from mailproof.model.tls import Certificate
from mailproof.parse.certificate_form import read_by_form

if TYPE_CHECKING:
    from cryptography import x509

# An RSA certificate with a hundred names has some 5 kB; OpenSSL takes a whole chain of up to 100 kB
# (SSL_CTX_set_max_cert_list).
_LONGEST = 100 * 1024

# Signature algorithms that `cryptography` does not know any more (RFC 3279 section 2.2.1).
_FORGOTTEN = {"1.2.840.113549.1.1.2": "md2", "1.2.840.113549.1.1.3": "md4"}


@lru_cache(maxsize=64)  # seven ports show the same chain, at every handshake
def read_certificate(der: bytes) -> Certificate | None:
    """What the certificate says; None for bytes that are no certificate. Never raises.

    Texts are escaped for printing. A field that cannot be read is empty (0 for the bits of an unknown key).
    """
    if len(der) > _LONGEST:
        return None
    return read_by_form(der, _sha256(der)) or read_by_parser(der)


def read_by_parser(der: bytes) -> Certificate | None:
    """The same, whatever its form, by the parser of `cryptography`."""
    from cryptography import x509

    with warnings.catch_warnings():
        # `cryptography` warns of what it will refuse one day (negative serials); to us that is no news.
        warnings.simplefilter("ignore")
        try:
            return _read(x509.load_der_x509_certificate(der))
        except Exception:  # what its parser raises for a broken field is not a closed set
            return None


def _sha256(der: bytes) -> str:
    # Not hashlib, which brings the system's OpenSSL along, beside the one that TLS has.
    from cryptography.hazmat.primitives import hashes

    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex()


def _read(certificate: x509.Certificate) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    names = _or(None, lambda: certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    basic = _or(None, lambda: certificate.extensions.get_extension_for_class(x509.BasicConstraints).value)
    key_type, key_bits = _or(("", 0), lambda: _key(certificate.public_key()))
    return Certificate(
        subject=_or("", lambda: printable(certificate.subject.rfc4514_string())),
        issuer=_or("", lambda: printable(certificate.issuer.rfc4514_string())),
        serial=_or("", lambda: f"{certificate.serial_number:x}"),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        dns_names=tuple(printable(name) for name in names.get_values_for_type(x509.DNSName)) if names else (),
        ip_addresses=tuple(str(ip) for ip in names.get_values_for_type(x509.IPAddress)) if names else (),
        common_name=_or(None, lambda: _common_name(certificate.subject)),
        is_ca=bool(basic and basic.ca),
        self_signed=_or(False, lambda: _self_signed(certificate)),
        key_type=key_type,
        key_bits=key_bits,
        signature_hash=_or(None, lambda: _signature_hash(certificate)),
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def _or(otherwise: Any, read: Callable[[], Any]) -> Any:
    """One field of an untrusted certificate; one that does not parse spoils no other."""
    try:
        return read()
    except Exception:
        return otherwise


def _common_name(subject: x509.Name) -> str | None:
    from cryptography.x509.oid import NameOID

    found = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return printable(str(found[-1].value)) if found else None


def _self_signed(certificate: x509.Certificate) -> bool:
    if certificate.subject != certificate.issuer:
        return False
    certificate.verify_directly_issued_by(certificate)  # raises if it is not
    return True


def _signature_hash(certificate: x509.Certificate) -> str | None:
    if forgotten := _FORGOTTEN.get(certificate.signature_algorithm_oid.dotted_string):
        return forgotten
    algorithm = certificate.signature_hash_algorithm
    return algorithm.name if algorithm else None


def _key(key: object) -> tuple[str, int]:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size
        case dsa.DSAPublicKey():
            return "DSA", key.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256
        case ed448.Ed448PublicKey():
            return "Ed448", 456
    return type(key).__name__.removesuffix("PublicKey"), 0
