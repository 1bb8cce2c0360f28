"""Certificates as public authorities and most private ones make them, read by their form.

The modules with which `cryptography` tells what is in a certificate take longer to import than a login takes. Here
is known what stands in nearly every certificate; of all else, None: then `certificate.py` has it read. What both
read whole, they tell alike.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from mailproof.model.escape import printable
from mailproof.model.tls import Certificate
from mailproof.parse.der import (
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    IA5_STRING,
    OCTET_STRING,
    OID,
    PRINTABLE_STRING,
    SEQUENCE,
    SET,
    UTC_TIME,
    UTF8_STRING,
    Element,
    elements,
    inside,
    positive,
)

_VERSION_3 = bytes.fromhex("020102")
_CONTEXT_0, _CONTEXT_3, _DNS_NAME, _IP_ADDRESS = 0xA0, 0xA3, 0x82, 0x87

# Whole AlgorithmIdentifiers: RFC 4055 section 5 with the NULL, RFC 5758 section 3.2 and RFC 8410 section 3 without.
_SIGNATURES = {
    bytes.fromhex("300d06092a864886f70d0101050500"): "sha1",
    bytes.fromhex("300d06092a864886f70d01010b0500"): "sha256",
    bytes.fromhex("300d06092a864886f70d01010c0500"): "sha384",
    bytes.fromhex("300d06092a864886f70d01010d0500"): "sha512",
    bytes.fromhex("300a06082a8648ce3d040302"): "sha256",
    bytes.fromhex("300a06082a8648ce3d040303"): "sha384",
    bytes.fromhex("300a06082a8648ce3d040304"): "sha512",
    bytes.fromhex("300506032b6570"): None,
}
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
# An even modulus, or one of another size, has something amiss that is not told here.
_RSA_BITS = range(1024, 8193)
_EXPONENT = 65537


class _Curve(NamedTuple):
    """y² = x³ - 3x + b modulo p (FIPS 186-4 appendix D.1.2)."""

    bits: int
    p: int
    b: int


_P256 = _Curve(
    256,
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
)
_P384 = _Curve(
    384,
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
)
_CURVES = {
    bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"): _P256,
    bytes.fromhex("301006072a8648ce3d020106052b81040022"): _P384,
}

# RFC 4514 section 3; those that have no name there stand as numbers.
_ATTRIBUTES = {
    bytes.fromhex("550403"): "CN",
    bytes.fromhex("550407"): "L",
    bytes.fromhex("550408"): "ST",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("550406"): "C",
    bytes.fromhex("550409"): "STREET",
    bytes.fromhex("0992268993f22c640119"): "DC",
    bytes.fromhex("550405"): "2.5.4.5",
    bytes.fromhex("550411"): "2.5.4.17",
    bytes.fromhex("55040f"): "2.5.4.15",
    bytes.fromhex("550461"): "2.5.4.97",
    bytes.fromhex("2a864886f70d010901"): "1.2.840.113549.1.9.1",
}
_PRINTABLE = re.compile(rb"[A-Za-z0-9 '()+,./:=?-]+")
_ESCAPED = str.maketrans({char: f"\\{char}" for char in '\\"+,;<>'} | {"\0": "\\00"})

# Of `20260131235959Z`.
_FIELDS = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))

_ALT_NAMES, _CONSTRAINTS = bytes.fromhex("551d11"), bytes.fromhex("551d13")
_BASIC = re.compile(rb"0\x00|0\x03\x01\x01\xff|0\x06\x01\x01\xff\x02\x01[\x00-\x7f]", re.DOTALL)

_Name = list[tuple[str, str]]
Value = TypeVar("Value")


def read_by_form(der: bytes, sha256: str) -> Certificate | None:
    """What `read_certificate` says of it, or None for what is not known whole. `sha256` is its fingerprint."""
    try:
        return _read(der, sha256)
    except (ValueError, OverflowError):
        return None


def _read(der: bytes, sha256: str) -> Certificate:
    (certificate,) = elements(der)
    signed, algorithm, signature = inside(certificate)
    version, serial, same_algorithm, issuer, validity, subject, key, extensions = inside(signed)
    if (version.tag, version.body) != (_CONTEXT_0, _VERSION_3) or algorithm.whole != same_algorithm.whole:
        raise ValueError("another version, or two algorithms")
    _bits(signature)
    issued_by, name = _name(issuer), _name(subject)
    if issued_by == name:
        raise ValueError("whether it is self-signed is to be computed")
    not_before, not_after = map(_time, inside(validity))
    key_type, key_bits = _key(key)
    dns_names, ip_addresses, is_ca = _extensions(extensions)
    return Certificate(
        subject=_text(name),
        issuer=_text(issued_by),
        serial=f"{_serial(serial):x}",
        not_before=not_before,
        not_after=not_after,
        dns_names=dns_names,
        ip_addresses=ip_addresses,
        common_name=next((printable(value) for kind, value in reversed(name) if kind == "CN"), None),
        is_ca=is_ca,
        self_signed=False,
        key_type=key_type,
        key_bits=key_bits,
        signature_hash=_known(_SIGNATURES, algorithm.whole),
        sha256=sha256,
    )


def _known(table: Mapping[bytes, Value], name: bytes) -> Value:
    if name not in table:
        raise ValueError("not known here")
    return table[name]


def _serial(element: Element) -> int:
    if len(element.body) > 20:  # RFC 5280 section 4.1.2.2
        raise ValueError("a long serial number")
    return positive(element)


def _bits(element: Element) -> bytes:
    """A BIT STRING of whole octets."""
    if element.tag != BIT_STRING or element.body[:1] != b"\0":
        raise ValueError("no BIT STRING of whole octets")
    return element.body[1:]


def _name(element: Element) -> _Name:
    """The attributes in their order, each in a set of its own."""
    name: _Name = []
    for one in inside(element):
        (attribute,) = inside(one, SET)
        kind, value = inside(attribute)
        if kind.tag != OID:
            raise ValueError("no OID")
        name.append((_known(_ATTRIBUTES, kind.body), _string(value)))
    return name


def _string(element: Element) -> str:
    if not element.body:
        raise ValueError("an empty value")
    if element.tag == UTF8_STRING:
        return element.body.decode("utf-8")
    if element.tag == IA5_STRING or (element.tag == PRINTABLE_STRING and _PRINTABLE.fullmatch(element.body)):
        return element.body.decode("ascii")
    raise ValueError("another kind of string")


def _text(name: _Name) -> str:
    """RFC 4514 section 2: the last attribute first."""
    return printable(",".join(f"{kind}={_escaped(value)}" for kind, value in reversed(name)))


def _escaped(value: str) -> str:
    """RFC 4514 section 2.4."""
    text = value.translate(_ESCAPED)
    if text[0] == "#" or (text[0] == " " and len(text) > 1):
        text = f"\\{text}"
    return f"{text[:-1]}\\ " if text[-1] == " " else text


def _time(element: Element) -> datetime:
    """RFC 5280 section 4.1.2.5: two digits of the year until 2049."""
    text = element.body.decode("ascii")
    if element.tag == UTC_TIME and len(text) == 13:
        text = f"{19 if text[:2] >= '50' else 20}{text}"
    elif element.tag != GENERALIZED_TIME or len(text) != 15 or text < "2050":
        raise ValueError("no time")
    if not text[:14].isdigit() or text[14] != "Z":
        raise ValueError("no time")
    year, month, day, hour, minute, second = (int(text[at:end]) for at, end in _FIELDS)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _key(element: Element) -> tuple[str, int]:
    algorithm, bits = inside(element)
    octets = _bits(bits)
    if algorithm.whole == _RSA:
        (numbers,) = elements(octets)
        modulus, exponent = map(positive, inside(numbers))
        if exponent != _EXPONENT or modulus % 2 == 0 or modulus.bit_length() not in _RSA_BITS:
            raise ValueError("an unusual key")
        return "RSA", modulus.bit_length()
    curve = _known(_CURVES, algorithm.whole)
    size = curve.bits // 8
    x, y = int.from_bytes(octets[1 : 1 + size]), int.from_bytes(octets[1 + size :])
    if len(octets) != 1 + 2 * size or octets[0] != 4 or max(x, y) >= curve.p:
        raise ValueError("no point as it is usually written")
    if (y * y - (x * x * x - 3 * x + curve.b)) % curve.p:
        raise ValueError("not on the curve")
    return "EC", curve.bits


# X.690 section 8.19: each arc ends with an octet below 128, and does not begin with 128.
_ARCS = re.compile(rb"(?:[\x00-\x7f]|[\x81-\xff][\x80-\xff]*[\x00-\x7f])+", re.DOTALL)


def _is_oid(element: Element) -> bool:
    return element.tag == OID and _ARCS.fullmatch(element.body) is not None


def _extensions(element: Element) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """DNS names, addresses, and whether it may issue certificates."""
    (listed,) = inside(element, _CONTEXT_3)
    values: dict[bytes, bytes] = {}
    for extension in inside(listed):
        kind, *critical, value = inside(extension)
        if not _is_oid(kind) or value.tag != OCTET_STRING or kind.body in values:
            raise ValueError("no extension, or one twice")
        if critical and [(each.tag, each.body) for each in critical] != [(BOOLEAN, b"\xff")]:
            raise ValueError("neither critical nor not")
        values[kind.body] = value.body
    constraints = values.get(_CONSTRAINTS, b"0\0")
    if not _BASIC.fullmatch(constraints):
        raise ValueError("unusual constraints")
    names: list[str] = []
    addresses: list[str] = []
    if _ALT_NAMES in values:
        (alternatives,) = elements(values[_ALT_NAMES])
        for each in inside(alternatives, SEQUENCE):
            if each.tag == _DNS_NAME and each.body:
                names.append(printable(each.body.decode("ascii")))
            elif each.tag == _IP_ADDRESS and len(each.body) in (4, 16):
                addresses.append(str(ipaddress.ip_address(each.body)))
            else:
                raise ValueError("another kind of name")
    return tuple(names), tuple(addresses), len(constraints) > 2
