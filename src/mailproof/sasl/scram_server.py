"""The server's side of SCRAM (RFC 5802 section 3)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import BINDINGS
from mailproof.sasl.saslprep import PrepError, saslprep
from mailproof.sasl.scram_syntax import Keys, attributes, decode_name, from_base64
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, Service

_FIRST = re.compile(rb"((p=[A-Za-z0-9.-]+|n|y),(?:a=([^,]*))?,)(n=([^,]*),r=([!-+\--~]+)(?:,.*)?)\Z", re.DOTALL)


class _ClientFirst(msgspec.Struct, frozen=True):
    header: bytes
    flag: bytes
    authzid: str
    bare: bytes
    user: str
    nonce: bytes


def serve(hash: str, bound: bool, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
    """See `Mechanism.serve`; `hash` is a name for hashlib, `bound` tells the -PLUS forms."""
    if not responses:
        return Challenge(b"")
    first = _read(responses[0])
    if first is None or len(responses) > 2:
        return Rejected(Reason.MALFORMED)
    if bound != first.flag.startswith(b"p="):
        return Rejected(Reason.MALFORMED, first.user)
    kind = first.flag[2:].decode("ascii") if bound else ""
    if (bound and (kind not in BINDINGS or kind not in service.binding)) or (
        first.flag == b"y" and service.bound_offered
    ):
        return Rejected(Reason.WRONG_BINDING, first.user)
    nonce = first.nonce + service.nonce.encode()
    salt = _salt(service, first.user)
    server_first = b"r=%s,s=%s,i=%d" % (nonce, base64.b64encode(salt), service.iterations)
    if len(responses) == 1:
        return Challenge(server_first)
    without_proof, found, proof_text = responses[1].rpartition(b",p=")
    proof = from_base64(proof_text)
    pairs = attributes(without_proof)
    if not found or not proof or pairs is None or [name for name, _ in pairs[:2]] != [b"c", b"r"]:
        return Rejected(Reason.MALFORMED, first.user)
    if pairs[1][1] != nonce:
        return Rejected(Reason.MALFORMED, first.user)
    if from_base64(pairs[0][1]) != first.header + service.binding.get(kind, b""):
        return Rejected(Reason.WRONG_BINDING, first.user)
    auth_message = b",".join([first.bare, server_first, without_proof])
    return _judge(accounts, first, proof, auth_message, (hash, salt, service.iterations))


def _judge(
    accounts: Accounts, first: _ClientFirst, proof: bytes, auth_message: bytes, cost: tuple[str, bytes, int]
) -> Outcome:
    password = accounts.password(first.user)
    if password is None:
        return Rejected(Reason.UNKNOWN_USER, first.user)
    try:
        prepared = saslprep(password)
    except PrepError:
        return Rejected(Reason.WRONG_PASSWORD, first.user)
    hash, salt, iterations = cost
    keys = Keys.derive(hash, prepared, salt, iterations)
    if not keys.proves(proof, auth_message):
        return Rejected(Reason.WRONG_PASSWORD, first.user)
    if first.authzid not in ("", first.user):
        return Rejected(Reason.NOT_AUTHORIZED, first.user)
    return Accepted(first.user, b"v=" + base64.b64encode(keys.server_signature(auth_message)))


def _read(message: bytes) -> _ClientFirst | None:
    match = _FIRST.match(message)
    if match is None:
        return None
    user = decode_name(match[5])
    authzid = decode_name(match[3]) if match[3] else ""
    if user is None or authzid is None:
        return None
    return _ClientFirst(match[1], match[2], authzid, match[4], user, match[6])


def _salt(service: Service, user: str) -> bytes:
    """16 octets that are the same for a user at every login, and exist for an unknown one too, so that the
    answer does not tell the two apart."""
    import hashlib

    return hashlib.sha256(f"{service.host}\0{user}".encode()).digest()[:16]
