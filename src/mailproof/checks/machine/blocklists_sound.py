"""Are the lists in DNS, that mail is refused by, lists at all? By the two entries that each has for tests."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.log.causes import cause_named
from mailproof.checks.machine.resolver_answers import shown
from mailproof.model.dns import DnsStatus
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.lookups import BlocklistAsked, LookupsSeen, NameserverAsked
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.blocklists import Blocklist, counts

NAME = "blocklists-sound"
NEEDS = (BlocklistAsked, LookupsSeen)
KINDS = (
    cause_named("blocklist-broken"),
    FindingKind(
        "blocklist-without-entries",
        Layer.CONFIGURATION,
        ("zone",),
        references=("RFC 5782 section 5", "RFC 6471 section 3.3"),
        gathered=("zone",),
    ),
)

# By which lists say that they do not serve this resolver, or that the question was wrong (Spamhaus and others).
_ERROR = "127.255.255."
_SILENT = (DnsStatus.TIMEOUT, DnsStatus.SERVER_FAILURE)
_NOTHING = (DnsStatus.NO_SUCH_NAME, DnsStatus.NO_DATA)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(BlocklistAsked):
        fact = sighting.fact
        both = (fact.must_not, fact.must)
        evidence = tuple(map(_shown, both))
        if _listed(fact, fact.must_not) or any(_is_error(fact, each) for each in both):
            yield Finding("blocklist-broken", evidence)
        elif all(each.status in _SILENT for each in both):
            # Where the resolver knows nobody outside at all, that is not the list's fault.
            if _reaches_out(record, fact.must.server):
                yield Finding("blocklist-broken", evidence)
        elif all(each.status in _NOTHING for each in both) and not fact.of_names:
            # Lists of names have tests of their own making as often as the one of the RFC.
            yield Finding("blocklist-without-entries", evidence, params={"zone": fact.zone})
        elif fact.must.status is DnsStatus.OK:
            yield Passed(NAME, evidence)


def _shown(asked: NameserverAsked) -> Evidence:
    told = shown(asked)
    return Evidence(EvidenceKind.DNS, told.where, " ".join((told.text, *asked.answers)))


def _listed(fact: BlocklistAsked, asked: NameserverAsked) -> bool:
    return any(counts(Blocklist(fact.zone, fact.answers), each) for each in asked.answers)


def _is_error(fact: BlocklistAsked, asked: NameserverAsked) -> bool:
    """An answer that is none, and that is taken for one."""
    errors = [each for each in asked.answers if each.startswith(_ERROR)]
    return any(counts(Blocklist(fact.zone, fact.answers), each) for each in errors)


def _reaches_out(record: Record, server: str) -> bool:
    """Whether it knows the root, and not only what it serves itself."""
    asked = (each for seen in record.seen(LookupsSeen) for each in seen.fact.asked)
    return any(each.server == server and each.name == "." and each.status is DnsStatus.OK for each in asked)
