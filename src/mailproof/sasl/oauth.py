"""What XOAUTH2 and OAUTHBEARER share: the token's syntax, and the server's refusal in JSON."""

from __future__ import annotations

import re

import msgspec

from mailproof.model.escape import printable
from mailproof.model.secret import Secrets
from mailproof.sasl.mechanism import Refusal

# RFC 6750 section 2.1 (b64token), with the other printable characters that real tokens have.
_TOKEN = re.compile(r"[!-~]+\Z")
# Of each member that is passed on; a scope is the longest (Google's has 24 characters, Microsoft's some 50).
_MEMBER_LIMIT = 300


def sendable(user: str, token: str) -> bool:
    """Whether they fit between the \\x01 of the message."""
    return _TOKEN.match(token) is not None and not any(char in user for char in "\0\1")


def read_refusal(challenge: bytes, token: str) -> Refusal | None:
    """The error challenge, with `token` masked should it be echoed; None where `challenge` is no JSON object."""
    try:
        members = msgspec.json.decode(challenge)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(members, dict):
        return None
    secrets = Secrets((token,))

    def member(name: str) -> str:
        value = members.get(name)
        text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
        return printable(secrets.mask_text(text)[:_MEMBER_LIMIT])

    return Refusal(member("status"), member("scope"), member("schemes"), member("openid-configuration"))


def write_refusal(status: str) -> bytes:
    """The error challenge that a server sends for a token it does not take."""
    return msgspec.json.encode({"status": status, "schemes": "bearer"})
