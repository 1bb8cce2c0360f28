"""What became of a message sent by hand."""

from __future__ import annotations

import msgspec

from mailproof.model.outcome import Outcome


class RecipientResult(msgspec.Struct, frozen=True):
    address: str
    taken: bool
    """The server has taken the message over for this recipient, or, where it ended before, said yes to the name."""
    reply: str = ""
    """Its words on this recipient, or on the message where that is what counted."""


class SendReport(Outcome, frozen=True, kw_only=True):
    """JSON of `mailproof send`."""

    stage: str
    """The last stage that was reached in good order; empty for none."""
    endpoint: str
    address: str
    sender: str
    recipients: tuple[RecipientResult, ...]
    size: int
    seconds: float
    reply: str
    """The server's last word, code and all."""
    queue_id: str
