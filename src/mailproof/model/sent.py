"""What became of a message sent by hand."""

from __future__ import annotations

import msgspec

from mailproof.model.report import Judged, Report


class RecipientResult(msgspec.Struct, frozen=True):
    address: str
    taken: bool
    """The server has taken the message over for this recipient, or, where it ended before, said yes to the name."""
    reply: str = ""
    """Its words on this recipient, or on the message where that is what counted."""


class SendReport(msgspec.Struct, frozen=True):
    """JSON of `mailproof send`."""

    ok: bool
    exit_code: int
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
    cause: Judged | None
    why: str
    """English sentence: why it ended before its time, where no finding says it."""
    reason: str
    params: dict[str, str]
    report: Report
    """The same run judged as `check` judges."""
