"""A message that was fetched, in words: what its header says of it, its text, what is attached, the way it came."""

from __future__ import annotations

import msgspec

from mailproof.message.hops import Hop, read_hops
from mailproof.message.read import read_headers, read_mail
from mailproof.model.mail import AttachedTold, HopTold, Item, MailTold


def told_mail(item: Item) -> MailTold:
    """The message in words; whole ones with their text, attachments and hops."""
    headers = read_headers(item.data)
    first = {name.lower(): value for name, value in reversed(headers)}
    told = MailTold(
        number=item.number,
        uid=item.uid,
        size=item.size if item.size is not None else (len(item.data) if item.whole else None),
        date=first.get("date", item.date),
        sender=first.get("from", ""),
        to=first.get("to", ""),
        subject=first.get("subject", ""),
        flags=item.flags,
    )
    if not item.whole:
        return told
    mail = read_mail(item.data)
    hops = read_hops(headers)
    dated = [hop.date for hop in hops if hop.date is not None]
    return msgspec.structs.replace(
        told,
        headers=headers,
        text=mail.text,
        attachments=tuple(AttachedTold(part.name, part.type, part.size) for part in mail.attachments),
        hops=tuple(map(_told_hop, hops)),
        seconds=(dated[-1] - dated[0]).total_seconds() if len(dated) > 1 else None,
    )


def hops_of(headers: tuple[tuple[str, str], ...]) -> tuple[HopTold, ...]:
    """The way that these header fields tell, the sender's server first."""
    return tuple(map(_told_hop, read_hops(headers)))


def _told_hop(hop: Hop) -> HopTold:
    date = hop.date.strftime("%Y-%m-%dT%H:%M:%SZ") if hop.date is not None else ""
    return HopTold(hop.by, hop.source, hop.protocol, hop.queue_id, hop.recipient, date, hop.delay)
