"""CRAM-MD5 (RFC 2195). The server must know the password in clear, or in a form of its own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials, octets
from mailproof.sasl.mechanism import Broken, Fault, Respond, SecretKind, Step
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, Service


class CramMd5(msgspec.Struct, frozen=True):
    name: str = "CRAM-MD5"
    client_first: bool = False
    secret_kind: SecretKind = SecretKind.PASSWORD
    mutual: bool = False

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if not challenges:
            return Respond(None)
        if len(challenges) > 1:
            return Broken(Fault.UNEXPECTED)
        if not credentials.user:
            return Broken(Fault.UNPREPARABLE)
        if not challenges[0]:
            return Broken(Fault.MALFORMED)
        return Respond(octets(credentials.user) + b" " + _digest(credentials.password, challenges[0]))

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        challenge = f"<{service.nonce}@{service.host}>".encode()
        if not responses:
            return Challenge(challenge)
        # The last space: a user name may hold some.
        name, _, digest = responses[0].rpartition(b" ")
        try:
            user = name.decode("utf-8")
        except UnicodeDecodeError:
            return Rejected(Reason.MALFORMED)
        if len(responses) > 1 or not user:
            return Rejected(Reason.MALFORMED)
        password = accounts.password(user)
        if password is None:
            return Rejected(Reason.UNKNOWN_USER, user)
        import hmac

        right = hmac.compare_digest(_digest(password, challenge), digest.lower())
        return Accepted(user) if right else Rejected(Reason.WRONG_PASSWORD, user)


def _digest(password: str, challenge: bytes) -> bytes:
    import hmac

    return hmac.digest(octets(password), challenge, "md5").hex().encode()
