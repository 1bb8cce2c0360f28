"""MySQL and MariaDB ("Protocol::SSLRequest"): the server greets with what it can; the request has no answer."""

from __future__ import annotations

from mailproof.model.escape import to_text
from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, TooMuch, Upgrade, Verdict

_CLIENT_PROTOCOL_41, _CLIENT_SSL, _CLIENT_SECURE_CONNECTION = 0x200, 0x800, 0x8000
_FLAGS = _CLIENT_PROTOCOL_41 | _CLIENT_SSL | _CLIENT_SECURE_CONNECTION
_MOST = 1 << 24
_UTF8 = 33


def _opening(names: Names) -> Course:
    heard = Heard()
    try:
        header = yield from heard.take(4)
        greeting = yield from heard.take(int.from_bytes(header[:3], "little"))
    except TooMuch:
        return Outcome(Verdict.STRANGE, heard.data)
    if greeting[:1] == b"\xff":  # ERR_Packet: a number, and words
        return Outcome(Verdict.REFUSED, to_text(greeting[3:]).encode())
    version, _, rest = greeting[1:].partition(b"\0")
    if greeting[:1] != b"\x0a" or len(rest) < 15:
        return Outcome(Verdict.STRANGE, header + greeting)
    # After the version: 4 bytes of thread, 8 of salt, a zero, and the lower half of the flags.
    flags = int.from_bytes(rest[13:15], "little")
    said = b"version " + to_text(version).encode()
    if not flags & _CLIENT_SSL:
        return Outcome(Verdict.NOT_OFFERED, said)
    body = _FLAGS.to_bytes(4, "little") + _MOST.to_bytes(4, "little") + bytes([_UTF8]) + bytes(23)
    packet = len(body).to_bytes(3, "little") + bytes([(header[3] + 1) & 0xFF]) + body
    return Outcome(Verdict.READY, said, heard.data, packet)


MYSQL = Upgrade(_opening, _opening, binary=True)
