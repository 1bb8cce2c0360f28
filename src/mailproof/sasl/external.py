"""EXTERNAL (RFC 4422 appendix A): who one is was shown outside, here by a client certificate."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials, octets
from mailproof.sasl.mechanism import Broken, Fault, Respond, SecretKind, Step
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, Service, only_text


class External(msgspec.Struct, frozen=True):
    """Sends the authorization identity; empty means whoever the certificate names."""

    name: str = "EXTERNAL"
    client_first: bool = True
    secret_kind: SecretKind = SecretKind.NONE
    mutual: bool = False

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if challenges:
            return Broken(Fault.UNEXPECTED)
        if "\0" in credentials.authzid:
            return Broken(Fault.UNPREPARABLE)
        return Respond(octets(credentials.authzid), secret=False)

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        if not responses:
            return Challenge(b"")
        authzid = only_text(responses)
        if authzid is None:
            return Rejected(Reason.MALFORMED)
        if not service.certificate_user:
            return Rejected(Reason.UNKNOWN_USER, authzid)
        if authzid not in ("", service.certificate_user):
            return Rejected(Reason.NOT_AUTHORIZED, service.certificate_user)
        return Accepted(service.certificate_user)
