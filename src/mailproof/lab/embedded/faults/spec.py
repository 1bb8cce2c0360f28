"""What a fault is: a change of behaviour, and what brings it to light."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.model.endpoint import Scheme

UPGRADED = (Scheme.SMTP, Scheme.SUBMISSION, Scheme.POP3, Scheme.IMAP, Scheme.SIEVE)
IMPLICIT = (Scheme.SUBMISSIONS, Scheme.POP3S, Scheme.IMAPS)
SUBMISSION = (Scheme.SUBMISSION, Scheme.SUBMISSIONS)
RETRIEVAL = (Scheme.POP3, Scheme.POP3S, Scheme.IMAP, Scheme.IMAPS)
LOGINS = (*SUBMISSION, *RETRIEVAL, Scheme.SIEVE)
EVERYWHERE = (Scheme.SMTP, *LOGINS)
SERVERS = (Scheme.SMTP,)
ANY_SMTP = (*SERVERS, *SUBMISSION)


class FaultSpec(msgspec.Struct, frozen=True):
    name: str
    """Of the finding."""
    changes: dict[str, Any]
    """Fields of `Behaviour`."""
    schemes: tuple[Scheme, ...] = EVERYWHERE
    """Where it can show."""
    given: tuple[str, ...] = ()
    """Options that the check needs besides, to meet it: `--all-mechanisms`."""
    leads_to: tuple[str, ...] = ()
    """Causes that a check may name first with as much right, for the fault brings them about too."""
