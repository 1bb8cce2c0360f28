"""OAUTHBEARER (RFC 7628)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.mechanism import Broken, Fault, Respond, SecretKind, Step
from mailproof.sasl.oauth import answer_refusal, sendable, serve_token
from mailproof.sasl.scram_syntax import decode_name, encode_name
from mailproof.sasl.server import Accounts, Challenge, Outcome, Reason, Rejected, Service

MESSAGE = re.compile(rb"(?:n|y|p=[^,]*),(?:a=([^,\x01]*))?,\x01((?:[A-Za-z]+=[^\x01]*\x01)*)\x01\Z", re.DOTALL)
_BEARER = re.compile(rb"bearer +([!-~]+)\Z", re.IGNORECASE)
# What a client says to an error, so that the server can end the exchange (RFC 7628 section 3.2.3).
DUMMY = b"\1"


class OauthBearer(msgspec.Struct, frozen=True):
    """One message; a refusal comes as JSON in a challenge, is answered by a dummy response, and then fails."""

    name: str = "OAUTHBEARER"
    client_first: bool = True
    secret_kind: SecretKind = SecretKind.TOKEN
    mutual: bool = False

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if len(challenges) > 1:
            return Broken(Fault.UNEXPECTED)
        if not sendable(credentials.user, credentials.token):
            return Broken(Fault.UNPREPARABLE)
        try:
            user = encode_name(credentials.user)
        except UnicodeEncodeError:
            return Broken(Fault.UNPREPARABLE)
        if not challenges:
            header = b"n," + (b"a=" + user if user else b"") + b","
            place = f"host={circumstances.host}\1port={circumstances.port}\1".encode()
            return Respond(header + b"\1" + place + b"auth=Bearer " + credentials.token.encode("ascii") + b"\1\1")
        return answer_refusal(challenges[0], credentials.token, DUMMY)

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        if not responses:
            return Challenge(b"")
        user, token = read_message(responses[0])
        # RFC 7628 lets the token alone say who it is; these accounts are found by name.
        if user is None or token is None or len(responses) > 2:
            return Rejected(Reason.MALFORMED)
        return serve_token(accounts, user, token, responses, status="invalid_token", dummy=DUMMY)


def read_message(message: bytes) -> tuple[str | None, str | None]:
    """User and token of a client's message; None for one that is missing or not in its syntax."""
    match = MESSAGE.match(message)
    if match is None:
        return None, None
    pairs = dict(pair.split(b"=", 1) for pair in match[2].split(b"\1") if pair)
    bearer = _BEARER.match(pairs.get(b"auth", b""))
    user = decode_name(match[1]) if match[1] else None
    return user, bearer[1].decode("ascii") if bearer else None
