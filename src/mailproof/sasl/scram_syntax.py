"""The messages of SCRAM and the keys they lead to (RFC 5802 sections 3, 5 and 7)."""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

_ATTRIBUTE = re.compile(rb"([A-Za-z])=([^,\0]*)\Z")
_COUNT = re.compile(rb"[1-9][0-9]{0,9}\Z")
_NAME = re.compile(r"(?:[^,=\0]|=2C|=3D)*\Z")

Attributes = list[tuple[bytes, bytes]]


def attributes(message: bytes) -> Attributes | None:
    """`a=value` pairs in their order, which is fixed but for extensions; None where `message` is something else."""
    matches = [_ATTRIBUTE.match(part) for part in message.split(b",")]
    found = [(match[1], match[2]) for match in matches if match]
    return found if len(found) == len(matches) else None


def encode_name(name: str) -> bytes:
    """saslname: a comma and an equals sign stand for something else in the messages."""
    return name.replace("=", "=3D").replace(",", "=2C").encode("utf-8")


def decode_name(name: bytes) -> str | None:
    """The name, or None for one that is empty or not encoded as it must be."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text.replace("=2C", ",").replace("=3D", "=") if text and _NAME.match(text) else None


def from_base64(data: bytes) -> bytes | None:
    """Decoded, or None for what is not exactly base64."""
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return None


class ServerFirst(msgspec.Struct, frozen=True):
    nonce: bytes
    salt: bytes
    iterations: int

    @classmethod
    def parse(cls, pairs: Attributes) -> ServerFirst | None:
        """Of `r=…,s=…,i=…` with any extensions after them; None for something else."""
        if [name for name, _ in pairs[:3]] != [b"r", b"s", b"i"]:
            return None
        nonce, salt, count = pairs[0][1], from_base64(pairs[1][1]), pairs[2][1]
        if not salt or not _COUNT.match(count):
            return None
        return cls(nonce, salt, int(count))


class Keys(msgspec.Struct, frozen=True):
    """What both sides derive from the password (RFC 5802 section 3). Its repr shows nothing."""

    hash: str
    """Name for hashlib: `sha1`, `sha256`, `sha512`."""
    salted: bytes

    @classmethod
    def derive(cls, hash: str, password: str, salt: bytes, iterations: int) -> Keys:
        """`password` is prepared already. Costs a hash for each iteration, twice."""
        import hashlib

        return cls(hash, hashlib.pbkdf2_hmac(hash, password.encode("utf-8"), salt, iterations))

    def proof(self, auth_message: bytes) -> bytes:
        """ClientProof."""
        key = self._hmac(self.salted, b"Client Key")
        return _xor(key, self._hmac(self._stored(key), auth_message))

    def proves(self, proof: bytes, auth_message: bytes) -> bool:
        """Whether `proof` could only be made by one who knows the client's key."""
        from hmac import compare_digest

        stored = self._stored(self._hmac(self.salted, b"Client Key"))
        signature = self._hmac(stored, auth_message)
        return len(proof) == len(signature) and compare_digest(self._stored(_xor(proof, signature)), stored)

    def server_signature(self, auth_message: bytes) -> bytes:
        return self._hmac(self._hmac(self.salted, b"Server Key"), auth_message)

    def _hmac(self, key: bytes, data: bytes) -> bytes:
        import hmac

        return hmac.digest(key, data, self.hash)

    def _stored(self, key: bytes) -> bytes:
        import hashlib

        return hashlib.new(self.hash, key).digest()

    def __repr__(self) -> str:
        return f"Keys({self.hash!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("hash", self.hash)]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
