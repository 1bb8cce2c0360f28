"""Does every host that was named have an address?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.vantage import impossible

NAME = "host-resolves"
NEEDS = (DnsAnswer,)
KINDS = (
    FindingKind(
        "address-impossible",
        Layer.REACH,
        params=("host", "addresses"),
        references=("RFC 6890", "RFC 1122 section 3.2.1.3", "RFC 5321 section 5.1"),
    ),
    FindingKind(
        "name-not-found",
        Layer.REACH,
        params=("host", "answer"),
        gathered=("host",),
        references=("RFC 1034 section 3.7", "RFC 2308", "RFC 5321 section 5.1"),
    ),
)

_ADDRESSES = ("A", "AAAA")
_POINTERS = ("MX", "SRV")
_SHOWN = 5
"""Addresses in the sentence; the evidence has all of them."""
# No answer is no proof that there is none: the resolver of this machine may be at fault.
_NOT_ANSWERED = (DnsStatus.TIMEOUT, DnsStatus.SERVER_FAILURE, DnsStatus.NO_RESOLVER)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    answers = list(dict.fromkeys(sighting.fact for sighting in record.seen(DnsAnswer)))
    pointed = _pointed(answers)
    for host in _hosts(record, answers):
        asked = [a for a in answers if a.rtype in _ADDRESSES and _is_of(a, host)]
        found = [a for a in asked if a.answers]
        nowhere = [text for a in found for text in a.answers if impossible(text, a.source)]
        if nowhere and host in pointed:
            shown = (*nowhere[:_SHOWN], "…") if len(nowhere) > _SHOWN else tuple(nowhere)
            yield Finding(
                "address-impossible", tuple(map(_evidence, found)), params={"host": host, "addresses": shown}
            )
        elif found:
            yield Passed(NAME, tuple(map(_evidence, found)))
        elif any(a.status in _NOT_ANSWERED for a in asked):
            yield Untold(NAME, "resolver-failed", asked=True, params={"host": host})
        elif asked:
            status = min((a.status for a in asked), key=lambda s: s is not DnsStatus.NO_SUCH_NAME)
            # With -4, -6 or --source one kind alone was asked for, and the host may have the other.
            alone = next(iter(kinds)) if len(kinds := {a.rtype for a in asked}) == 1 else ""
            params = {"host": host, "answer": f"{alone}: {status}" if alone else str(status)}
            yield Finding("name-not-found", tuple(map(_evidence, asked)), params={**params})


def _hosts(record: Record, answers: list[DnsAnswer]) -> Iterable[str]:
    """The hosts that must have an address: those named by the user, an MX or an SRV record."""
    pointers = [a for a in answers if a.rtype in _POINTERS and a.answers]
    domains = {_bare(a.name) for a in pointers}
    named = [_bare(target.host) for target in record.targets]
    # A domain with an MX needs no address of its own. "." is the null MX (RFC 7505), empty here.
    return dict.fromkeys([host for host in named if host not in domains] + _pointed(answers))


def _pointed(answers: list[DnsAnswer]) -> list[str]:
    texts = [text for a in answers if a.rtype in _POINTERS for text in a.answers if text.split()]
    return [host for text in texts if (host := _bare(text.split()[-1]))]


def _is_of(answer: DnsAnswer, host: str) -> bool:
    """Whether an answer is about this host; a name without a dot may have been completed by a search domain."""
    name = _bare(answer.name)
    return name == host or ("." not in host and name.startswith(f"{host}."))


def _bare(name: str) -> str:
    return name.rstrip(".").lower()


def _evidence(answer: DnsAnswer) -> Evidence:
    text = ", ".join(answer.answers) or str(answer.status)
    return Evidence(EvidenceKind.DNS, f"{answer.name} {answer.rtype}", text)
