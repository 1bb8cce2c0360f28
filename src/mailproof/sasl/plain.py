"""PLAIN (RFC 4616)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials, octets
from mailproof.sasl.mechanism import Broken, Fault, Respond, SecretKind, Step
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, Service, check_password


class Plain(msgspec.Struct, frozen=True):
    """`authzid NUL authcid NUL password` in one message.

    By default the first part is empty, as nearly every server wants it; with `Credentials.authzid` equal to the
    user it is the form `user NUL user NUL password` of many tutorials, which some servers refuse.
    """

    name: str = "PLAIN"
    client_first: bool = True
    secret_kind: SecretKind = SecretKind.PASSWORD
    mutual: bool = False

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if challenges:
            return Broken(Fault.UNEXPECTED)
        parts = [octets(part) for part in (credentials.authzid, credentials.user, credentials.password)]
        if not parts[1] or any(b"\0" in part for part in parts):
            return Broken(Fault.UNPREPARABLE)
        return Respond(b"\0".join(parts))

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        if not responses:
            return Challenge(b"")
        parts = responses[0].split(b"\0")
        if len(responses) > 1 or len(parts) != 3:
            return Rejected(Reason.MALFORMED)
        try:
            authzid, user = parts[0].decode("utf-8"), parts[1].decode("utf-8")
        except UnicodeDecodeError:
            return Rejected(Reason.MALFORMED)
        if not user:
            return Rejected(Reason.MALFORMED)
        if reason := check_password(accounts, user, parts[2]):
            return Rejected(reason, user)
        if authzid not in ("", user):
            return Rejected(Reason.NOT_AUTHORIZED, user)
        return Accepted(user)
