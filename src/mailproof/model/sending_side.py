"""Who sent a message, and what DNS has of that."""

from __future__ import annotations

import msgspec

from mailproof.model.dns import DnsAnswer
from mailproof.model.observed import Observation


class Signature(msgspec.Struct, frozen=True):
    """Of DKIM (RFC 6376 section 3.5): where its key is published."""

    domain: str
    selector: str


class SendingSide(Observation, frozen=True):
    """Who sent a message that was refused or taken for junk, and what DNS has of that; at the endpoint it went to."""

    client: str
    """The address by which the server knows us, without a port; empty where only a NAT knows it."""
    helo: str
    sender: str
    """Of MAIL."""
    author: str
    """The domain of the From field; that of the sender where no message was made."""
    signatures: tuple[Signature, ...] = ()
    answers: tuple[DnsAnswer, ...] = ()
    """Each question once, in the order in which they were asked."""
