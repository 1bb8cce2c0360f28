"""Does the conversation come to its end?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import alongside, place, surveyed, uncounted, url, wants_client_certificate
from mailproof.model.attempt import Job, Status, Step, Trouble
from mailproof.model.capabilities import Capabilities
from mailproof.model.connection import Connection, Greeting, Interrupted
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Attempt, Record, Sighting
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.retrieval import MailboxOpened

NAME = "session-complete"
NEEDS = (Connection, Interrupted, Greeting, Capabilities, MailboxOpened)
KINDS = (
    FindingKind(
        "no-reply", Layer.REACH, params=("command",), references=("RFC 5321 section 4.5.3.2", "RFC 9051 section 5.4")
    ),
    FindingKind(
        "closed-unexpectedly",
        Layer.REACH,
        params=("command", "reply"),
        references=("RFC 5321 section 3.8", "RFC 9051 section 7.1.5"),
    ),
    FindingKind(
        "reply-not-understood",
        Layer.REACH,
        params=("command",),
        references=("RFC 5321 section 4.2.1", "RFC 1939 section 3", "RFC 9051 section 2.2"),
    ),
)

_FAULTS = {
    Trouble.TIMEOUT: "no-reply",
    Trouble.UNREACHABLE: "no-reply",
    Trouble.CLOSED: "closed-unexpectedly",
    Trouble.RESET: "closed-unexpectedly",
    Trouble.TLS_FAILED: "closed-unexpectedly",
    Trouble.NOT_THE_PROTOCOL: "reply-not-understood",
    Trouble.TOO_MUCH: "reply-not-understood",
}
_GONE = (Trouble.CLOSED, Trouble.RESET, Trouble.TLS_FAILED)
# Other checks speak of these, and nobody is hurt by a server that hangs up without a word on QUIT.
_ELSEWHERE = (Step.RESOLVE, Step.CONNECT, Step.TLS, Step.QUIT)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    broken: set[int] = set()
    for sighting in record.seen(Interrupted):
        fact = sighting.fact
        broken.add(id(sighting.attempt))
        if sighting.attempt.job is Job.VERSION or wants_client_certificate(sighting):
            continue
        if fact.step is Step.QUIT and fact.trouble in _GONE and _gave_up(fact.reply):
            yield from _finding("closed-unexpectedly", sighting, fact.waiting_for)
        if fact.step in _ELSEWHERE:
            continue
        if fact.trouble is Trouble.LOCAL:
            yield Untold(NAME, "local-trouble", url(sighting), asked=True, params={"detail": _detail(sighting)})
        elif fact.step is Step.GREETING:
            yield from _hung_up(sighting, fact.trouble)
        elif fault := _FAULTS.get(fact.trouble):
            yield from _finding(fault, sighting, fact.waiting_for or str(fact.step))
    for made in surveyed(record, Connection):
        # Who refuses a connection is told as REFUSED (tcp(7): ECONNREFUSED): this one was accepted first.
        expected = made.attempt.endpoint is not None and made.attempt.endpoint.promised
        if made.fact.trouble is Trouble.RESET and made.attempt.job is Job.SURVEY and expected:
            yield from _finding("closed-unexpectedly", made, str(Step.GREETING))
    for greeting in record.seen(Greeting):
        if greeting.attempt.job is Job.VERSION or wants_client_certificate(greeting):
            continue
        if not alongside(greeting, record, Interrupted):
            yield from _hung_up(greeting, greeting.fact.trouble)
    for said in surveyed(record, Capabilities):
        if said.fact.reply.kind is ReplyClass.INVALID:
            broken.add(id(said.attempt))
            yield from _finding("reply-not-understood", said, said.fact.verb)
    for opened in record.seen(MailboxOpened):
        if uncounted(opened):
            yield from _finding("reply-not-understood", opened, "STAT")
    for attempt in record.attempts:
        if attempt.job is Job.SURVEY and id(attempt) not in broken and _said_goodbye(attempt):
            last = next((s for s in record.seen(Greeting) if s.attempt is attempt), None)
            if last is not None and attempt.transcript is not None:
                yield Passed(NAME, last.evidence(len(attempt.transcript.turns) - 1), url(last))


def _gave_up(last_word: Reply | None) -> bool:
    """A 421 to a command before QUIT, of which no other check knows more (RFC 5321 section 3.8)."""
    from mailproof.parse.refusal import refusal
    from mailproof.parse.refusal_kind import RefusalKind

    return refusal(last_word) in (RefusalKind.OTHER, RefusalKind.UNROUTABLE, RefusalKind.MAIL_LOOP)


def _hung_up(sighting: Sighting[Interrupted] | Sighting[Greeting], trouble: Trouble | None) -> Iterable[Answer]:
    """No greeting in time, or a strange one, is the business of the checks of the greeting."""
    if trouble in _GONE and not _refused(sighting.fact):
        yield from _finding("closed-unexpectedly", sighting, str(Step.GREETING))


def _refused(fact: Interrupted | Greeting) -> bool:
    """A refusal in the place of the greeting, after which the server may well close: `greeting-refused`."""
    return isinstance(fact, Greeting) and fact.reply is not None


def _detail(sighting: Sighting[Interrupted]) -> str:
    failed = sighting.attempt.failed
    return failed.detail if failed is not None else str(sighting.fact.trouble)


def _finding(
    fault: str,
    sighting: Sighting[Interrupted]
    | Sighting[Greeting]
    | Sighting[Capabilities]
    | Sighting[Connection]
    | Sighting[MailboxOpened],
    command: str,
) -> Iterable[Answer]:
    params: dict[str, Param] = {"command": command}
    if fault == "closed-unexpectedly":
        reply = None if isinstance(sighting.fact, Connection) else sighting.fact.reply
        params["reply"] = reply.line if reply else ""
    if evidence := sighting.evidence():
        yield Finding(fault, evidence, **place(sighting), params=params)


def _said_goodbye(attempt: Attempt) -> bool:
    return any(step.step is Step.QUIT and step.status is Status.OK for step in attempt.steps)
