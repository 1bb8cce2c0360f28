"""Are milters asked, and do they answer? What it means for mail that one does not is in main.cf, not in the log."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.log.causes import cause_named
from mailproof.checks.log.quoting import quoted, whose
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Answer, Finding, FindingKind, Layer
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.model.server_log import LogSaid

NAME = "milters-answer"
NEEDS = (LogSaid,)
KINDS = (
    FindingKind(
        "milter-bypassed",
        Layer.RELAY,
        ("milter",),
        references=("postconf(5) milter_default_action", "Postfix MILTER_README"),
        gathered=("milter",),
    ),
    cause_named("milter-tempfail"),
)

_UNANSWERED = ("milter-down", "milter-socket-unreachable")
_PARAMETERS = ("smtpd_milters", "non_smtpd_milters")
# `{ inet:host:port, default_action=accept }` of smtpd_milters.
_ITS_OWN = re.compile(r"\{\s*([^\s,}]+)[^}]*?\bdefault_action\s*=\s*(\w+)")
# A milter that is not there fails at the connection; one that answers later is there.
_LATER = re.compile(r"milter-reject: (?:MAIL|RCPT|DATA|END-OF-MESSAGE)\b")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    said = list(record.seen(LogSaid))
    for sighting in said:
        if passed_by(record, sighting):
            params = {"milter": _milter(sighting.fact)}
            yield Finding("milter-bypassed", quoted(sighting), **whose(sighting), params={**params})
    if any(each.fact.name in _UNANSWERED for each in said):
        return
    for sighting in said:
        later = any(_LATER.search(line.text) for line in sighting.fact.lines)
        if sighting.fact.name == "temporary-reject" and later and sighting.attempt.endpoint is not None:
            yield Finding("milter-tempfail", quoted(sighting), **whose(sighting))


def passed_by(record: Record, sighting: Sighting[LogSaid]) -> bool:
    """Whether these lines tell of a milter that does not answer, and without which mail goes on."""
    if sighting.fact.name not in _UNANSWERED:
        return False
    actions = {action for configured in configurations(record) for action in _actions(configured, sighting.fact)}
    if actions:
        return actions == {"accept"}
    # Without the configuration: mail was taken, and nothing was put off.
    refused = any(each.fact.name == "temporary-reject" for each in record.seen(LogSaid))
    finals = [each.fact.final for each in record.seen(Submitted)]
    return not refused and any(final is not None and final.kind is ReplyClass.POSITIVE for final in finals)


def _actions(configured: Configured, fact: LogSaid) -> Iterable[str]:
    """What is done without this milter, by each service that asks it."""
    for parameter in _PARAMETERS:
        for setting, main in configured.settings(parameter):
            if not setting.value:
                continue
            own = dict(_ITS_OWN.findall(main.value(parameter).text))
            yield own.get(_milter(fact), main.value("milter_default_action").text)


def _milter(fact: LogSaid) -> str:
    return fact.params.get("milter", "") or fact.params.get("place", "") or "?"
