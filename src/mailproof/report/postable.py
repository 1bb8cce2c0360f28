"""What of a message is nobody else's business is left out of a report that is to be posted: nothing can stand for it.

`--mask` puts stand-ins for names and addresses; a subject, a text, the name of an attachment or of a person it cannot
know. What stays is what tells the way of a message: who handed it to whom, when, and what receivers made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import getaddresses

import msgspec

from mailproof.model.mail import AttachedTold, FetchReport, HopTold, MailTold
from mailproof.model.outcome import MASKED
from mailproof.model.roundtrip import Change, RoundtripReport

# Of these the addresses alone, without the names of people.
ADDRESSES = frozenset(
    {"from", "sender", "to", "cc", "bcc", "reply-to", "return-path", "delivered-to", "x-original-to"}
    | {"resent-from", "resent-to", "resent-cc", "resent-sender", "errors-to", "envelope-from", "envelope-to"}
)
# Stand-ins do for all that these name.
WHOLE = frozenset(
    {"date", "message-id", "in-reply-to", "references", "mime-version", "content-transfer-encoding", "auto-submitted"}
    | {"authentication-results", "arc-authentication-results", "received-spf", "x-spam-status", "x-spam-flag"}
)
# Without its parameters, which name files.
TYPES = frozenset({"content-type", "content-disposition"})


def fetched(told: FetchReport) -> FetchReport:
    """The messages without what they say."""
    return msgspec.structs.replace(told, messages=tuple(map(mail, told.messages)))


def mail(told: MailTold) -> MailTold:
    hops = iter(reversed(told.hops))
    return msgspec.structs.replace(
        told,
        sender=_addresses(told.sender),
        to=_addresses(told.to),
        subject=_hidden(told.subject),
        headers=tuple((name, _value(name, value, hops)) for name, value in told.headers),
        text=_hidden(told.text),
        attachments=tuple(AttachedTold(_hidden(part.name), part.type, part.size) for part in told.attachments),
    )


def travelled(told: RoundtripReport) -> RoundtripReport:
    """The comparison without what was compared: which fields were changed, and not from what to what."""
    return msgspec.structs.replace(
        told,
        changes=tuple(
            Change(each.name, *(_value(each.name, value, iter(())) for value in (each.sent, each.arrived)))
            for each in told.changes
        ),
        first_difference=_hidden(told.first_difference),
    )


def _hidden(text: str) -> str:
    return MASKED if text.strip() else text


def _addresses(value: str) -> str:
    found = ", ".join(address for _, address in getaddresses([value]) if "@" in address)
    return found or _hidden(value.strip().strip("<>"))


def _value(name: str, value: str, hops: Iterator[HopTold]) -> str:
    lower = name.lower()
    if lower in ADDRESSES:
        return _addresses(value)
    if lower == "received":
        return received(next(hops, None))
    if lower in TYPES:
        return value.partition(";")[0]
    return value if lower in WHOLE else _hidden(value)


def received(hop: HopTold | None) -> str:
    """What was read in it, without its comments, which can name anybody."""
    if hop is None:
        return MASKED
    pieces = (
        ("from", hop.source),
        ("by", hop.by),
        ("with", hop.protocol),
        ("id", hop.queue_id),
        ("for", f"<{hop.recipient}>" if hop.recipient else ""),
    )
    return " ".join(f"{word} {value}" for word, value in pieces if value) + (f"; {hop.date}" if hop.date else "")
