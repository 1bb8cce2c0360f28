"""LDAP (RFC 4511 section 4.14): an extended request with the OID of StartTLS, and resultCode 0. BER, not text."""

from __future__ import annotations

from collections.abc import Generator

from mailproof.model.escape import to_text
from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, TooMuch, Upgrade, Verdict

_OID = b"1.3.6.1.4.1.1466.20037"
# LDAPMessage { messageID 1, extendedReq [APPLICATION 23] { requestName [0] OID } }
_EXTENDED = bytes([0x80, len(_OID)]) + _OID
_REQUEST = bytes([0x30, len(_EXTENDED) + 5, 0x02, 0x01, 0x01, 0x77, len(_EXTENDED)]) + _EXTENDED
_RESPONSE = 0x78  # [APPLICATION 24] ExtendedResponse

_RESULTS = {1: "operationsError", 2: "protocolError", 10: "referral", 52: "unavailable"}
"""RFC 4511 section 4.14.2; any other number stands for itself."""


def _element(heard: Heard, question: bytes = b"") -> Generator[bytes, bytes, tuple[int, bytes]]:
    """Tag and contents of one element in BER (X.690 section 8.1), definite form."""
    tag, length = yield from heard.take(2, question)
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise TooMuch
        length = int.from_bytes((yield from heard.take(count)), "big")
    return tag, (yield from heard.take(length))


def _request(names: Names) -> Course:
    heard = Heard()
    try:
        tag, message = yield from _element(heard, _REQUEST)
        parts = list(_parts(message))
    except TooMuch:
        return Outcome(Verdict.STRANGE, heard.data)
    if tag != 0x30 or len(parts) < 2 or parts[1][0] != _RESPONSE:
        return Outcome(Verdict.STRANGE, message)
    fields = list(_parts(parts[1][1]))
    code = int.from_bytes(fields[0][1], "big") if fields and fields[0][0] == 0x0A else -1
    words = to_text(fields[2][1]) if len(fields) > 2 else ""
    said = f"{_RESULTS.get(code, f'resultCode {code}')} {words}".strip().encode()
    if code == 0:
        return heard.ready(b"success")
    return Outcome(Verdict.NOT_OFFERED if code == 2 else Verdict.REFUSED, said)


def _parts(data: bytes) -> Generator[tuple[int, bytes], None, None]:
    """The elements inside one; what is cut short is left off."""
    while len(data) >= 2:
        tag, length, at = data[0], data[1], 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        yield tag, data[at : at + length]
        data = data[at + length :]


LDAP = Upgrade(_request, _request, binary=True)
