"""What the survey of an endpoint tells the logins that follow."""

from __future__ import annotations

import re

from mailproof.model.capabilities import Capabilities
from mailproof.model.record import Attempt
from mailproof.model.tls import TlsHandshake

# A server that wants more than 27 hours is not waited for anyway.
_SECONDS = re.compile(r"[0-9]{1,5}\Z")


def handshake(survey: Attempt) -> TlsHandshake | None:
    """None if there was none."""
    return next((seen for seen in survey.observations if isinstance(seen, TlsHandshake)), None)


def shown(survey: Attempt) -> Capabilities | None:
    """The last answer about what the server can; None if it came to none."""
    return next((seen for seen in reversed(survey.observations) if isinstance(seen, Capabilities)), None)


def offered(survey: Attempt) -> tuple[str, ...]:
    """SASL mechanisms, in the server's order."""
    last = shown(survey)
    return last.mechanisms if last is not None else ()


def login_delay(survey: Attempt) -> float:
    """Seconds that the server wants between two logins by POP3 (RFC 2449 section 6.5); 0 if it does not say."""
    last = shown(survey)
    said = last.get("LOGIN-DELAY") if last is not None else None
    seconds = said.params[0] if said is not None and said.params else ""
    return float(seconds) if _SECONDS.match(seconds) else 0.0
