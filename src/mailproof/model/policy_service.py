"""Services that smtpd asks while a client waits (Postfix, SMTPD_POLICY_README): what their sockets show."""

from __future__ import annotations

import msgspec

from mailproof.model.observed import Observation


class Unanswered(msgspec.Struct, frozen=True):
    """A question that a service has had, and has not answered yet."""

    seconds: float | None
    """Since it was asked; None at a socket that does not tell, where the question has not even been read."""
    text: str
    """As ss(8) says it."""


class PolicyServiceSeen(Observation, frozen=True):
    """Of one that a configuration names, at the end of a run."""

    place: str
    """As the configuration has it: `inet:127.0.0.1:10023`, `unix:private/policyd-spf`."""
    unanswered: tuple[Unanswered, ...] = ()
    listens: bool | None = None
    """Whether anybody takes connections there; None where that cannot be seen, or is on another machine."""
