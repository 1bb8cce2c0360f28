"""Records of tags: a key of DKIM (RFC 6376 section 3.6.1) and a policy of DMARC (RFC 9989 section 4.7)."""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

_TAG = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*((?:.*\S)?)\s*\Z", re.DOTALL)
_DMARC = re.compile(r"v\s*=\s*DMARC1\s*(?:;|\Z)")


class DkimKey(msgspec.Struct, frozen=True):
    """What a selector publishes."""

    kind: str = "rsa"
    bits: int | None = None
    """Of an RSA key; None for another kind."""
    revoked: bool = False
    """`p=` is empty: signatures by it are not valid any more."""
    testing: bool = False
    """`t=y`: a signature by it is to be treated as none."""


class DmarcRecord(msgspec.Struct, frozen=True):
    policy: str = "none"
    subdomain_policy: str = ""
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: str = "u"
    """`y` a public suffix, `n` an organisational domain, `u` neither is said."""
    testing: bool = False


def tags(text: str) -> dict[str, str] | None:
    """By name, in small letters; None for what is no list of tags. The first of a name counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        if (tag := _TAG.fullmatch(part)) is None:
            return None
        found.setdefault(tag[1].lower(), tag[2])
    return found


def read_dkim_key(text: str) -> DkimKey | None:
    """None for a record that is no key."""
    found = tags(text)
    if found is None or "p" not in found or found.get("v", "DKIM1") != "DKIM1":
        return None
    kind = found.get("k", "rsa").lower()
    testing = "y" in (flag.strip() for flag in found.get("t", "").split(":"))
    data = re.sub(r"\s+", "", found["p"])
    if not data:
        return DkimKey(kind, revoked=True, testing=testing)
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    if kind != "rsa":
        return DkimKey(kind, testing=testing)
    bits = _rsa_bits(raw)
    return DkimKey(kind, bits, testing=testing) if bits is not None else None


def _rsa_bits(raw: bytes) -> int | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key.key_size if isinstance(key, RSAPublicKey) else None


def is_dmarc(text: str) -> bool:
    """`v` must come first, and be just this (RFC 9989 section 4.7)."""
    return _DMARC.match(text) is not None


def read_dmarc(text: str) -> DmarcRecord | None:
    """None for what is no such record. A policy that is not known counts as none."""
    found = tags(text) if is_dmarc(text) else None
    if found is None:
        return None
    known = ("none", "quarantine", "reject")
    policy = found.get("p", "none").lower()
    below = found.get("sp", "").lower()
    psd = found.get("psd", "u").lower()
    return DmarcRecord(
        policy if policy in known else "none",
        below if below in known else "",
        found.get("adkim", "r").lower() == "s",
        found.get("aspf", "r").lower() == "s",
        psd if psd in ("y", "n") else "u",
        found.get("t", "n").lower() == "y",
    )
