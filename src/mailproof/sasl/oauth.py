"""What XOAUTH2 and OAUTHBEARER share: the token's syntax, and the server's refusal in JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mailproof.model.escape import printable
from mailproof.model.secret import Secrets
from mailproof.sasl.mechanism import Broken, Fault, Refusal, Respond
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, check_token

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


def answer_refusal(challenge: bytes, token: str, dummy: bytes) -> Respond | Broken:
    """A client's step after its message: what it heard, and the response with which the server ends the exchange."""
    refusal = read_refusal(challenge, token)
    return Broken(Fault.MALFORMED) if refusal is None else Respond(dummy, secret=False, refusal=refusal)


def serve_token(
    accounts: Accounts, user: str, token: str, responses: Sequence[bytes], *, status: str, dummy: bytes
) -> Outcome:
    """A server's step: a token it does not take is told in a challenge with `status`, and refused after `dummy`."""
    reason = check_token(accounts, user, token)
    if len(responses) == 1:
        return Challenge(_written(status)) if reason else Accepted(user)
    return Rejected(reason, user) if reason and responses[1] == dummy else Rejected(Reason.MALFORMED, user)


def _written(status: str) -> bytes:
    return msgspec.json.encode({"status": status, "schemes": "bearer"})
