"""All that DNS has of who sends a message: one course, asked by a probe and gone through again by a check."""

from __future__ import annotations

import ipaddress

import msgspec

from mailproof.emulate.sending.dmarc import DmarcFound, aligned, dmarc, organisation_of
from mailproof.emulate.sending.questions import Course, Question, texts
from mailproof.emulate.sending.reverse import Reverse, reverse
from mailproof.emulate.sending.spf import SpfOutcome, SpfResult, check_host
from mailproof.model.dns import DnsStatus
from mailproof.model.sending_side import SendingSide
from mailproof.parse.spf import is_spf
from mailproof.parse.tags import DkimKey, read_dkim_key


class KeyFound(msgspec.Struct, frozen=True):
    """What a selector of a signature publishes."""

    name: str
    status: DnsStatus
    key: DkimKey | None
    """None where there is none, or it is none."""


class Sending(msgspec.Struct, frozen=True):
    reverse: Reverse | None
    """None where the address is not known."""
    spf_domain: str
    """Of MAIL; for the null sender, of EHLO."""
    spf: SpfResult | None
    """Without an outcome where the address is not known: `record` alone."""
    keys: tuple[KeyFound, ...]
    dmarc: DmarcFound | None
    """None where there is no author."""
    spf_aligned: bool = False
    dkim_aligned: bool = False
    """Of a signature, whether or not it verifies."""


def sending(side: SendingSide) -> Course[Sending]:
    client = ipaddress.ip_address(side.client) if side.client else None
    back = (yield from reverse(client)) if client is not None else None
    domain = side.sender.rpartition("@")[2] or side.helo
    spf: SpfResult | None = None
    if client is not None:
        spf = yield from check_host(client, domain, side.sender or f"postmaster@{domain}", side.helo)
    elif "." in domain and "[" not in domain:
        answer = yield Question(domain, "TXT")
        found = [text for text in texts(answer) if is_spf(text)]
        spf = SpfResult(SpfOutcome.NONE if not found else SpfOutcome.NEUTRAL, found[0] if found else "")
    keys: list[KeyFound] = []
    for signature in side.signatures:
        name = f"{signature.selector}._domainkey.{signature.domain}"
        answer = yield Question(name, "TXT")
        published = next((key for text in texts(answer) if (key := read_dkim_key(text)) is not None), None)
        keys.append(KeyFound(name, answer.status, published))
    if not side.author:
        return Sending(back, domain, spf, tuple(keys), None)
    policy = yield from dmarc(side.author)
    beside = yield from _is_aligned(domain, side.author, policy, strict=policy.strict_spf)
    signed = False
    for signature in side.signatures:
        signed = signed or (yield from _is_aligned(signature.domain, side.author, policy, strict=policy.strict_dkim))
    return Sending(back, domain, spf, tuple(keys), policy, beside, signed)


def _is_aligned(domain: str, author: str, policy: DmarcFound, *, strict: bool) -> Course[bool]:
    if domain.lower() == author.lower() or strict:
        return aligned(domain, author, strict=True, organisations=("", ""))
    organisation = yield from organisation_of(domain)
    return aligned(domain, author, strict=False, organisations=(organisation, policy.organisation))
