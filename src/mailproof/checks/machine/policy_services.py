"""Where an answer does not come: does Postfix wait for a policy service that does not answer itself?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.log.causes import cause_named
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.attempt import Step, Trouble
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Interrupted
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding
from mailproof.model.policy import Policy
from mailproof.model.policy_service import PolicyServiceSeen, Unanswered
from mailproof.model.record import Record, Sighting
from mailproof.model.server_log import LogSaid
from mailproof.parse.postfix.parameters import Setting
from mailproof.parse.postfix.restrictions import LISTS, policy_services

NAME = "policy-services-answer"
NEEDS = (PolicyServiceSeen, PostfixFiles, Interrupted)
KINDS = (cause_named("policy-service-down"),)

_NOBODY = re.compile(r"(?:Connection refused|No such file or directory)\s*\Z")
_DATA = frozenset({"smtpd_data_restrictions", "smtpd_end_of_data_restrictions"})
_BEFORE_DATA = frozenset(LISTS) - _DATA
# postconf(5) smtpd_delay_reject: by default all of them are asked at RCPT, else each at its own command.
_ASKED_AT = {Step.EHLO: _BEFORE_DATA, Step.MAIL: _BEFORE_DATA, Step.RCPT: _BEFORE_DATA, Step.DATA: _DATA}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    seen = {sighting.fact.place: sighting.fact for sighting in record.seen(PolicyServiceSeen)}
    silent = list(_all_silent(record))
    for configured in configurations(record):
        told: set[str] = set()
        for setting, place in _named(configured):
            met = _met(seen[place], setting, silent) if place in seen and place not in told else None
            if met is not None:
                told.add(place)
                shown = Evidence(EvidenceKind.SOCKET, place, met[0].text)
                evidence = (configured.at(setting, place), shown, *met[1].evidence())
                yield Finding("policy-service-down", evidence, params={"service": place.partition(":")[2]})


def started_since(record: Record, sighting: Sighting[LogSaid]) -> bool:
    """Whether older lines are of a service that was not there then, and takes connections now.

    Nothing was told of it while the run lasted; Postfix itself need not have been started again.
    """
    fact = sighting.fact
    if (
        fact.name != "policy-service-down"
        or not fact.before
        or not all(_NOBODY.search(each.text) for each in fact.lines)
    ):
        return False
    seen = [each.fact for each in record.seen(PolicyServiceSeen)]
    return any(each.place.partition(":")[2] == fact.params.get("service") and each.listens for each in seen)


def _met(
    service: PolicyServiceSeen, setting: Setting, silent: list[Sighting[Interrupted]]
) -> tuple[Unanswered, Sighting[Interrupted]] | None:
    """A question to it that was without an answer for as long as a command of ours that has it asked.

    One that has waited less may be another client's, of this moment.
    """
    for each in silent:
        for waiting in service.unanswered if _asked(setting, each) else ():
            if waiting.seconds is None or waiting.seconds >= each.fact.seconds:
                return waiting, each
    return None


def _all_silent(record: Record) -> Iterator[Sighting[Interrupted]]:
    for sighting in record.seen(Interrupted):
        endpoint = sighting.attempt.endpoint
        smtp = endpoint is not None and endpoint.scheme.protocol is Protocol.SMTP
        if smtp and sighting.fact.trouble is Trouble.TIMEOUT:
            yield sighting


def _named(configured: Configured) -> Iterator[tuple[Setting, str]]:
    for setting, main in configured.assignments():
        if "check_policy_service" in setting.value.lower():
            for place in policy_services(main.value(setting.name).text):
                yield setting, place


def _asked(setting: Setting, silent: Sighting[Interrupted]) -> bool:
    """A class of restrictions, or a parameter of somebody's own, can stand in any list."""
    lists = _ASKED_AT.get(silent.fact.step, frozenset())
    return setting.name in lists or (bool(lists) and setting.name not in LISTS)
