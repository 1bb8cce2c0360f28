"""What DNS has of who sends, as evidence beside a refusal or a folder for junk."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailproof.emulate.sending.questions import again
from mailproof.emulate.sending.reverse import Reverse
from mailproof.emulate.sending.spf import SpfOutcome
from mailproof.emulate.sending.whole import KeyFound, Sending, sending
from mailproof.model.dns import DnsStatus
from mailproof.model.endpoint import Endpoint
from mailproof.model.escape import sayable
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.record import Record, Sighting
from mailproof.model.retrieval import Retrieved
from mailproof.model.sending_side import SendingSide

# RFC 8601, RFC 7208 section 9.1, and what filters write.
_RESULTS = re.compile(
    r"(authentication-results|arc-authentication-results|received-spf|x-spam-[a-z-]+|x-spamd-result|x-rspamd-[a-z-]+):",
    re.IGNORECASE,
)
_NOTHING = {DnsStatus.NO_SUCH_NAME: "NXDOMAIN", DnsStatus.NO_DATA: "NODATA", DnsStatus.SERVER_FAILURE: "SERVFAIL"}


def beside(record: Record, endpoint: Endpoint | None) -> tuple[Evidence, ...]:
    """Of the sending side as this endpoint met it: the records, with what they come to in the words of RFC 8601."""
    found: dict[Evidence, None] = {}
    for sighting in record.seen(SendingSide):
        if sighting.attempt.endpoint == endpoint:
            found |= dict.fromkeys(_shown(sighting.fact))
    return tuple(found)


def results(search: Sighting[Retrieved]) -> tuple[Evidence, ...]:
    """What the server that took the message, and its filter, wrote into the header about who sent it."""
    where = next((piece.where for piece in reversed(search.evidence())), "")
    fields: list[str] = []
    for line in search.fact.headers:
        if line[:1] in (" ", "\t"):
            if fields:
                fields[-1] += " " + line.strip()
        else:
            fields.append(line.strip())
    chosen = [field for field in fields if _RESULTS.match(field)]
    return tuple(Evidence(EvidenceKind.TURN, where, f"S: {field}") for field in chosen) if where else ()


def _shown(side: SendingSide) -> Iterator[Evidence]:
    told = again(sending(side), side.answers)
    for where, text in _lines(side, told) if told is not None else _bare(side):
        yield Evidence(EvidenceKind.DNS, sayable(where), sayable(text))


def _bare(side: SendingSide) -> Iterator[tuple[str, str]]:
    """Where not all could be asked: what there is."""
    for answer in side.answers:
        yield f"{answer.rtype} {answer.name}", ", ".join(answer.answers) or _nothing(answer.status)


def _lines(side: SendingSide, told: Sending) -> Iterator[tuple[str, str]]:
    if told.reverse is not None:
        name = next((answer.name for answer in side.answers if answer.rtype == "PTR"), side.client)
        yield f"PTR {name}", f"{_names(told.reverse, side)} (iprev={told.reverse.outcome} policy.iprev={side.client})"
    if told.spf is not None:
        facts = [f"spf={told.spf.outcome}" if side.client else "", f"smtp.mailfrom={told.spf_domain}"]
        facts += [
            f"client-ip={side.client}" if side.client else "",
            f"mechanism={told.spf.term}" if told.spf.term else "",
        ]
        yield (
            f"TXT {told.spf_domain}",
            f"{told.spf.record or _of(side, told.spf_domain)} ({' '.join(filter(None, facts))})",
        )
    for key in told.keys:
        yield f"TXT {key.name}", _key(key)
    if told.dmarc is not None:
        where = told.dmarc.domain or side.author
        yield f"TXT _dmarc.{where}", f"{told.dmarc.record or _of(side, f'_dmarc.{where}')} ({_dmarc(side, told)})"


def _names(reverse: Reverse, side: SendingSide) -> str:
    answer = next((each for each in side.answers if each.rtype == "PTR"), None)
    return ", ".join(reverse.names) or (_nothing(answer.status) if answer is not None else "-")


def _key(key: KeyFound) -> str:
    if key.key is None:
        return "p=?" if key.status is DnsStatus.OK else _nothing(key.status)
    if key.key.revoked:
        return f"k={key.key.kind}; p= (revoked)"
    return (
        f"k={key.key.kind}" + (f"; {key.key.bits} bit" if key.key.bits else "") + ("; t=y" if key.key.testing else "")
    )


def _dmarc(side: SendingSide, told: Sending) -> str:
    """A signature is not verified here, so that with one only the receiver knows how it ended."""
    found, spf = told.dmarc, told.spf.outcome if told.spf is not None and side.client else None
    if found is None or not found.record:
        outcome = "temperror" if found is not None and found.trouble else "none"
        return f"dmarc={outcome} header.from={side.author}"
    facts: list[str] = []
    if spf is SpfOutcome.PASS and told.spf_aligned:
        facts.append("dmarc=pass")
    elif spf not in (None, SpfOutcome.TEMPERROR) and not side.signatures:
        facts.append("dmarc=fail")
    facts += [f"header.from={side.author}", f"policy.dmarc={found.policy}"]
    signed = ("yes" if told.dkim_aligned else "no") if side.signatures else "none"
    return " ".join((*facts, f"aligned: spf={'yes' if told.spf_aligned else 'no'} dkim={signed}"))


def _of(side: SendingSide, name: str) -> str:
    """Why there is no such record: of a name that has others, NODATA."""
    answer = next((each for each in side.answers if each.name == name.lower() and each.rtype == "TXT"), None)
    return _nothing(answer.status) if answer is not None else "-"


def _nothing(status: DnsStatus) -> str:
    return "NODATA" if status is DnsStatus.OK else _NOTHING.get(status, status.value.upper())
