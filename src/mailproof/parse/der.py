"""The bytes of ASN.1 in its distinguished encoding (X.690 section 10), as far as a certificate has them."""

from __future__ import annotations

from typing import NamedTuple

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, OID, BOOLEAN = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x01
UTF8_STRING, PRINTABLE_STRING, IA5_STRING, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x13, 0x16, 0x17, 0x18


class Element(NamedTuple):
    """One value with its tag."""

    tag: int
    """The whole octet: class, constructed or not, number."""
    body: bytes
    whole: bytes
    """With tag and length."""


def elements(data: bytes) -> list[Element]:
    """All that stand in `data` one after the other. Raises ValueError for what is no DER, or has a long tag."""
    found: list[Element] = []
    at = 0
    while at < len(data):
        found.append(_element(data, at))
        at += len(found[-1].whole)
    return found


def inside(element: Element, tag: int = SEQUENCE) -> list[Element]:
    """The elements in one of this tag. Raises ValueError."""
    if element.tag != tag:
        raise ValueError(f"tag {element.tag:#x} where {tag:#x} belongs")
    return elements(element.body)


def positive(element: Element) -> int:
    """An INTEGER above zero. Raises ValueError."""
    body = element.body
    if element.tag != INTEGER or not body or body[0] >= 0x80 or (body[0] == 0 and (len(body) == 1 or body[1] < 0x80)):
        raise ValueError("no positive INTEGER")
    return int.from_bytes(body)


def _element(data: bytes, at: int) -> Element:
    if len(data) - at < 2 or data[at] & 0x1F == 0x1F:
        raise ValueError("cut off, or a long tag")
    length, begins = data[at + 1], at + 2
    if length >= 0x80:
        begins += length & 0x7F
        length = int.from_bytes(data[at + 2 : begins])
        # The shortest form, and no indefinite one; four octets of length are more than any certificate has.
        if begins - at > 6 or length < 0x80 or length < 1 << 8 * (begins - at - 3):
            raise ValueError("a length that is no DER")
    if begins + length > len(data):
        raise ValueError("cut off")
    return Element(data[at], data[begins : begins + length], data[at : begins + length])
