"""How a protocol drives a mechanism, whichever role it plays."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.mechanism import Mechanism, Step
from mailproof.sasl.server import Accounts, Outcome, Reason, Rejected, Service


def answer(
    mechanism: Mechanism,
    credentials: Credentials,
    circumstances: Circumstances,
    received: Sequence[bytes],
    *,
    initial_response: bool,
) -> Step:
    """What a client says after the challenges `received`, all of them counted as they came.

    Without an initial response (`AUTH PLAIN` alone) the first challenge only asks for it; servers put an empty
    line or some text there (RFC 4954 section 4), and neither is part of the mechanism's own history.
    """
    skipped = 1 if mechanism.client_first and not initial_response else 0
    return mechanism.respond(credentials, circumstances, received[skipped:])


def serve(mechanism: Mechanism, accounts: Accounts, service: Service, responses: Sequence[bytes | None]) -> Outcome:
    """What a server says after `responses`; None among them is a cancellation (`*`)."""
    given = [response for response in responses if response is not None]
    if len(given) < len(responses):
        return Rejected(Reason.CANCELLED)
    return mechanism.serve(accounts, service, given)
