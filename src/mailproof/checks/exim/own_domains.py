"""Does Exim take mail for the domain of the mailbox that was asked for?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import item_added, mend, place_of
from mailproof.checks.exim.stranger import Stranger, Verdict
from mailproof.checks.files import fault
from mailproof.model.configuration import EximFiles
from mailproof.model.envelope import EnvelopePurpose
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.configuration import Statement
from mailproof.parse.exim.lists import Judge, domain_judge
from mailproof.parse.exim.text import split_list
from mailproof.parse.refused import envelope_refused, transactions

NAME = "exim-domain-taken"
NEEDS = (EximFiles,)
KINDS = (
    FindingKind(
        "domain-not-configured",
        Layer.RELAY,
        ("domain", "lists"),
        tuple(
            Explains(name, Scope.SERVER)
            for name in ("own-domain-rejected", "recipient-rejected", "recipient-unknown", "relay-denied")
        ),
        ("Exim specification: domainlist", "update-exim4.conf(8) dc_other_hostnames"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    domains = _asked(record)
    for configured in running(record):
        setting = configured.main.get("acl_smtp_rcpt")
        for domain, refused in domains.items() if setting is not None else ():
            assert setting is not None
            outcome = Stranger(configured, domain, _judge(configured, domain)).outcome(setting)
            if outcome.verdict is Verdict.ACCEPTED:
                yield Passed(NAME, (configured.at(setting),))
            elif outcome.verdict is Verdict.REFUSED and refused and outcome.statement is not None:
                named = _lists(outcome.statement)
                if named:
                    shown = (*_lines(configured, named), configured.at(outcome.statement))
                    found = fault("domain-not-configured", *shown, domain=domain, lists=tuple(named))
                    yield found.mended_by(_taken_for_own(configured, named, domain))


def _asked(record: Record) -> Mapping[str, bool]:
    """The domains of mailboxes that were tried, and whether one was refused anywhere."""
    found: dict[str, bool] = {}
    for sighting in transactions(record):
        if sighting.fact.purpose is EnvelopePurpose.MAILBOX and "@" in sighting.fact.recipient:
            domain = sighting.fact.recipient.rpartition("@")[2].lower()
            found[domain] = found.get(domain, False) or envelope_refused(sighting) is not None
    return found


def _judge(configured: Configured, domain: str) -> Judge:
    hostname = configured.expanded("$primary_hostname") or ""
    return domain_judge(domain, hostname)


def _lists(statement: Statement) -> list[str]:
    """The named lists that the statement asks."""
    items = [item.lstrip("! ") for each in statement.values("domains") for item in split_list(each.value)]
    return [item for item in items if item.startswith("+")]


# As Exim's own default configuration and Debian's call it.
_OWN = "+local_domains"


def _taken_for_own(configured: Configured, named: list[str], domain: str) -> Remedy | None:
    """In the list of one's own; None where none of several is called so."""
    name = named[0] if len(named) == 1 else _OWN if _OWN in named else ""
    setting = configured.configuration.lists.get(("domainlist", name[1:]))
    return mend(configured, item_added(configured, place_of(configured, setting), domain)) if setting else None


def _lines(configured: Configured, named: Iterable[str]) -> Iterator[Evidence]:
    for name in named:
        setting = configured.configuration.lists.get(("domainlist", name[1:]))
        if setting is not None:
            yield from configured.shown(setting)
