"""ANONYMOUS (RFC 4505)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials, octets
from mailproof.sasl.mechanism import Broken, Fault, Respond, SecretKind, Step
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, Service, only_text

# RFC 4505 section 3: a token has at most 255 characters; an address is shorter anyway (RFC 5321 section 4.5.3.1).
TRACE_LIMIT = 255


class Anonymous(msgspec.Struct, frozen=True):
    """Sends the user name as trace information: an address or a word that identifies nobody."""

    name: str = "ANONYMOUS"
    client_first: bool = True
    secret_kind: SecretKind = SecretKind.NONE
    mutual: bool = False

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if challenges:
            return Broken(Fault.UNEXPECTED)
        if "\0" in credentials.user or len(credentials.user) > TRACE_LIMIT:
            return Broken(Fault.UNPREPARABLE)
        return Respond(octets(credentials.user), secret=False)

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        if not responses:
            return Challenge(b"")
        trace = only_text(responses)
        if trace is None or len(trace) > TRACE_LIMIT:
            return Rejected(Reason.MALFORMED)
        return Accepted(trace)
