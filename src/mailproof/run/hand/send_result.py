"""From the record of a message sent by hand to what became of it."""

from __future__ import annotations

from mailproof.diagnose.judge import Judgement
from mailproof.model.attempt import Step
from mailproof.model.connection import Interrupted
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Severity
from mailproof.model.record import Attempt, Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.report import Judged, Report
from mailproof.model.sent import RecipientResult, SendReport
from mailproof.run.hand.sending import last_of, last_stage
from mailproof.run.hand.stages import Stage, cause_of, reason_of, skipped_code, stage_code


def send_report(record: Record, judgement: Judgement, report: Report, sender: str) -> SendReport:
    """`judgement` and `report` are those of the record. What was to end early is fine where it came there."""
    last = last_of(record)
    told = [fact for fact in last.observations if isinstance(fact, Submitted)] if last is not None else []
    seen = last.observations if last is not None else ()
    cut_off = any(isinstance(fact, Interrupted) and fact.step is Step.DATA for fact in seen)
    recipients = tuple(_recipient(fact, cut_off=cut_off) for fact in told)
    code = _exit_code(last, told, recipients)
    skipped = next((each for each in last.skipped if each.asked), None) if last is not None else None
    final = next((fact.final for fact in told if fact.final is not None), None)
    reply = final or next((r for fact in reversed(told) for r in (fact.data, fact.rcpt, fact.mail) if r), None)
    cause = _cause(judgement, code) if code else None
    reason, params = reason_of(skipped, cause, record.attempts, judgement) if code else ("", {})
    return SendReport(
        ok=not code,
        exit_code=code,
        stage=last_stage(last) if last is not None else "",
        endpoint=last.endpoint.url if last is not None and last.endpoint is not None else "",
        address=last.endpoint.address if last is not None and last.endpoint is not None else "",
        sender=sender,
        recipients=recipients,
        size=told[0].size if told else 0,
        seconds=round(record.seconds, 3),
        reply=reply.line if reply is not None else "",
        queue_id=next((fact.queue_id for fact in told if fact.queue_id), ""),
        cause=cause,
        reason=reason,
        params=params,
        report=report,
    )


def _cause(judgement: Judgement, code: int) -> Judged | None:
    """The cause; or what is only worth knowing elsewhere, and here is why nothing was sent."""
    known = (item for item in judgement.findings if item.severity is Severity.INFO and item.name == "login-required")
    return cause_of(judgement, code) or next(known, None)


def _recipient(fact: Submitted, *, cut_off: bool) -> RecipientResult:
    """Where the server went before its answer for this one, nobody knows what became of it."""
    counted = fact.final or fact.rcpt or fact.mail
    last = not cut_off if fact.final is None else _good(fact.final)
    taken = _good(fact.mail) and _good(fact.rcpt) and last
    return RecipientResult(fact.recipient, taken, counted.line if counted is not None else "")


def _good(reply: Reply | None) -> bool:
    return reply is not None and reply.kind is ReplyClass.POSITIVE


def _exit_code(last: Attempt | None, told: list[Submitted], recipients: tuple[RecipientResult, ...]) -> int:
    if last is None:
        return Stage.CONNECT
    for skipped in last.skipped:
        if skipped.asked:
            return skipped_code(skipped)
    code = stage_code(last)
    if code is Stage.MESSAGE and all(fact.final is None for fact in told):
        return Stage.DATA
    if (
        code is Stage.OPEN
        and any(fact.rcpt is not None for fact in told)
        and not all(each.taken for each in recipients)
    ):
        return Stage.SOME_RECIPIENTS
    return code
