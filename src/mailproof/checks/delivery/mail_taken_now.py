"""Can the server take mail now, or does it put it off for a reason of its own?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.connection import Greeting
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refused import Refused, refused, turned_away

NAME = "mail-taken-now"
NEEDS = (EnvelopeTried, Greeting)
_EVERY_COMMAND = (Explains("starttls-refused", Scope.SERVICE), Explains("auth-temporary-failure", Scope.SERVICE))
KINDS = (
    FindingKind(
        "server-config-problem",
        Layer.DELIVERY,
        # A milter that is named wrongly is asked at every command, too.
        explains=(*_EVERY_COMMAND, Explains("closed-unexpectedly"), Explains("greeting-refused")),
        references=("RFC 3463 section 3.4", "postconf(5) smtpd_recipient_restrictions", "Postfix DEBUG_README"),
    ),
    FindingKind(
        "temporary-reject",
        Layer.DELIVERY,
        # Postfix gives the same answer to every command while a milter does not answer.
        explains=(*_EVERY_COMMAND, Explains("closed-unexpectedly")),
        references=("RFC 5321 section 4.2.1", "postconf(5) milter_default_action", "Postfix MILTER_README"),
    ),
    FindingKind(
        "greylisted",
        Layer.DELIVERY,
        references=("RFC 6647", "Postfix SMTPD_POLICY_README"),
    ),
    FindingKind(
        "queue-disk-full",
        Layer.DELIVERY,
        explains=(Explains("closed-unexpectedly"), Explains("greeting-refused")),
        references=("RFC 3463 section 3.4", "postconf(5) queue_minfree", "postconf(5) message_size_limit"),
    ),
    FindingKind(
        "queue-write-error",
        Layer.DELIVERY,
        references=("RFC 3463 section 3.4", "cleanup(8)", "postconf(5) header_checks"),
    ),
    FindingKind(
        "alias-loop",
        Layer.DELIVERY,
        references=("cleanup(8)", "virtual(5)", "postconf(5) virtual_alias_recursion_limit"),
    ),
)
_NAMES = {
    RefusalKind.CONFIG_PROBLEM: "server-config-problem",
    RefusalKind.GREYLISTED: "greylisted",
    RefusalKind.DISK_FULL: "queue-disk-full",
    RefusalKind.QUEUE_WRITE_ERROR: "queue-write-error",
    RefusalKind.SERVICE_UNAVAILABLE: "temporary-reject",
    RefusalKind.ALIAS_LOOP: "alias-loop",
}
_SAID_AT_ONCE = frozenset({RefusalKind.CONFIG_PROBLEM, RefusalKind.DISK_FULL})
_VAGUE = frozenset(
    {
        RefusalKind.OTHER,
        RefusalKind.CLIENT_REJECTED,
        RefusalKind.RECIPIENT_REJECTED,
        RefusalKind.RECIPIENT_DOMAIN_UNKNOWN,
        RefusalKind.MAILBOX_DISABLED,
        RefusalKind.UNROUTABLE,
        RefusalKind.MAIL_LOOP,
        RefusalKind.CONTENT_REJECTED,
    }
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    named: set[tuple[str, str | None]] = set()
    for answer in refused(record):
        name = _name(answer)
        evidence = answer.sighting.evidence(answer.reply.turn)
        if name is None or (name, url(answer.sighting)) in named or not evidence:
            continue
        named.add((name, url(answer.sighting)))
        yield Finding(name, evidence, **place(answer.sighting))
    for greeting, said, kind in turned_away(record):
        if kind in _SAID_AT_ONCE and (_NAMES[kind], url(greeting)) not in named:
            yield Finding(_NAMES[kind], greeting.evidence(said.turn), **place(greeting))


def _name(answer: Refused) -> str | None:
    vague = answer.kind in _VAGUE and not answer.is_permanent
    # Mail for a mailbox that should exist is put off, and nobody says why; or the server has trouble of its own.
    if vague and (answer.purpose is EnvelopePurpose.MAILBOX or _is_the_servers_trouble(answer)):
        return "temporary-reject"
    return _NAMES.get(answer.kind)


def _is_the_servers_trouble(answer: Refused) -> bool:
    """Whoever asks, and for whomever: status X.3.Z (RFC 3463 section 3.4), or a bare code that says as much.

    A bare 421 says no more than that the server hangs up: `closed-unexpectedly`.
    """
    status, bare = answer.reply.enhanced, answer.kind is RefusalKind.OTHER
    return status.startswith("4.3.") or (bare and not status and answer.reply.code in ("451", "454"))
