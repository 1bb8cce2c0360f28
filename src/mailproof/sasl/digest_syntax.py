"""The directives of DIGEST-MD5 (RFC 2831 section 7.2) and the digest they lead to (section 2.1.2.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

# name = token or quoted string; tolerant of white space and of an unquoted value with odd characters. No two
# repeats in a row can match the same byte, so that a hostile challenge takes time in proportion to its length.
_DIRECTIVE = re.compile(rb'\s*([A-Za-z0-9_-]+)\s*=(?:\s*"((?:[^"\\]|\\.)*)"\s*|([^,"]*))(?:,|\Z)', re.DOTALL)
_EMPTY = re.compile(rb"\s*,|\s+\Z")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)

Directives = dict[str, list[bytes]]
"""Values by lower-case name, in their order; `realm` may come several times."""


def parse(data: bytes) -> Directives | None:
    """The directives, or None where `data` is no list of them. Empty elements are allowed (RFC 2831 section 7.1)."""
    found: Directives = {}
    at = 0
    while at < len(data):
        if empty := _EMPTY.match(data, at):
            at = empty.end()
            continue
        match = _DIRECTIVE.match(data, at)
        if match is None:
            return None
        quoted, bare = match[2], match[3]
        value = bare.strip() if quoted is None else _ESCAPED.sub(rb"\1", quoted)
        found.setdefault(match[1].decode("ascii").lower(), []).append(value)
        at = match.end()
    return found or None


def single(directives: Directives, name: str) -> bytes | None:
    """The value of a directive that may come once; None if it is missing or comes twice."""
    values = directives.get(name, ())
    return values[0] if len(values) == 1 else None


def quote(value: bytes) -> bytes:
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def listed(values: Sequence[bytes]) -> list[bytes]:
    """The words of `qop` and its like: comma separated, in lower case."""
    return [word.strip().lower() for value in values for word in value.split(b",") if word.strip()]


class Digest(msgspec.Struct, frozen=True):
    """What is hashed, for qop=auth and algorithm=md5-sess. Its repr shows nothing: the key equals the password."""

    key: bytes
    """H(user:realm:password)."""
    nonce: bytes
    cnonce: bytes
    uri: bytes
    authzid: bytes = b""
    count: bytes = b"00000001"

    def response(self) -> bytes:
        """`response`, by which the client proves itself."""
        return self._value(b"AUTHENTICATE:" + self.uri)

    def rspauth(self) -> bytes:
        """`rspauth`, by which the server does."""
        return self._value(b":" + self.uri)

    def _value(self, a2: bytes) -> bytes:
        a1 = b":".join([self.key, self.nonce, self.cnonce, *([self.authzid] if self.authzid else [])])
        inner = [_hex(a1), self.nonce, self.count, self.cnonce, b"auth", _hex(a2)]
        return _hex(b":".join(inner))

    def __repr__(self) -> str:
        return "Digest()"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def key(user: str, realm: bytes, password: str) -> bytes:
    """H(user:realm:password): name and password in ISO 8859-1 where they can be, else in UTF-8."""
    import hashlib

    joined = b":".join([_narrow(user), _narrow_octets(realm), _narrow(password)])
    return hashlib.md5(joined, usedforsecurity=False).digest()


def _narrow(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def _narrow_octets(data: bytes) -> bytes:
    try:
        return data.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return data


def _hex(data: bytes) -> bytes:
    import hashlib

    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()
