"""Certificates and keys in PEM (RFC 7468). A key is read to be compared, and only its public half leaves here."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

import msgspec

# A chain has a handful; a file of roots has some 140.
_MOST = 500
# Dashes may be of two lines at once, where the end of a line was lost.
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]++)(?=(-----))")
_END = re.compile(rb"-----END ([A-Z0-9 ]++)(?=(-----))")


class Pem(msgspec.Struct, frozen=True):
    """What a file has, in its order."""

    certificates: tuple[bytes, ...] = ()
    """In DER."""
    keys: tuple[str, ...] = ()
    """Of each private key that could be read: SHA-256 of its public key (SubjectPublicKeyInfo), hexadecimal."""
    unread_keys: int = 0
    """Keys that are encrypted, or of a kind we do not know."""
    locked_keys: int = 0
    """Those of them that are encrypted."""


def read_pem(data: bytes) -> Pem:
    """Any bytes. Never raises."""
    certificates, keys, unread, locked = [], [], 0, 0
    for label, inside, whole in islice(_blocks(data), _MOST):
        if label in (b"CERTIFICATE", b"TRUSTED CERTIFICATE", b"X509 CERTIFICATE"):
            try:
                certificates.append(base64.b64decode(b"".join(inside.split())))
            except (binascii.Error, ValueError):
                certificates.append(b"")
        elif label.endswith(b"PRIVATE KEY"):
            key = _public_of(whole)
            unread += key is None
            # PKCS #8 (RFC 5958) says it by its name, the older form by a header (RFC 1421).
            locked += key is None and (label.startswith(b"ENCRYPTED") or b"4,ENCRYPTED" in inside[:200])
            if key is not None:
                keys.append(key)
    return Pem(tuple(certificates), tuple(keys), unread, locked)


def _blocks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Label, what is inside, and all of it. A beginning reaches to the next end of its label, whatever is between."""
    ends: dict[bytes, list[tuple[int, int]]] = {}
    for end in _END.finditer(data):
        ends.setdefault(end[1], []).append((end.start(), end.end(2)))
    behind = 0
    for begin in _BEGIN.finditer(data):
        its_ends = ends.get(begin[1], [])
        at = bisect_left(its_ends, (begin.end(2), 0))
        if begin.start() >= behind and at < len(its_ends):
            inside, behind = its_ends[at]
            yield begin[1], data[begin.end(2) : inside], data[begin.start() : behind]


def public_key_of(certificate: bytes) -> str | None:
    """SHA-256 of the public key of a certificate in DER; None for what is none."""
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _digest(x509.load_der_x509_certificate(certificate).public_key())
        except Exception:  # what its parser raises is not a closed set
            return None


def _public_of(pem: bytes) -> str | None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return _digest(load_pem_private_key(pem, None).public_key())
    except Exception:  # encrypted, broken, or unknown
        return None


def _digest(key: object) -> str:
    import hashlib

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return hashlib.sha256(der).hexdigest()
