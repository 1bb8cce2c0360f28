"""From the record of a message sent and looked for to what became of it, on the way and in the mailbox."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailproof.diagnose.judge import Judgement
from mailproof.message.compare import compare
from mailproof.message.read import read_headers
from mailproof.message.told import hops_of
from mailproof.model.attempt import Job
from mailproof.model.envelope import Submitted
from mailproof.model.record import Attempt, Record
from mailproof.model.report import Report
from mailproof.model.roundtrip import Change, Leg, RoundtripReport
from mailproof.probes.arrival import Arrived
from mailproof.run.hand.roundtrip import RoundtripPlan, Times, accepted
from mailproof.run.hand.sending import last_of
from mailproof.run.hand.stages import Stage, cause_of, reason_of, skipped_code, stage_code

_DKIM_DOMAIN = re.compile(r"(?:^|;)\s*d=\s*([A-Za-z0-9.-]+)")
_RESULTS = ("authentication-results", "received-spf")


def roundtrip_report(
    record: Record, judgement: Judgement, report: Report, plan: RoundtripPlan, arrived: Arrived, times: Times
) -> RoundtripReport:
    """`judgement` and `report` are those of the record; what was sent is compared with what arrived."""
    sent = last_of(record)
    read = next((a for a in reversed(record.attempts) if a.job is Job.FETCH), None)
    told = next((f for f in (sent.observations if sent else ()) if isinstance(f, Submitted)), None)
    final = told.final if told is not None else None
    code = _exit_code(record, sent, read, arrived)
    skipped = next((s for attempt in record.attempts for s in attempt.skipped if s.asked), None)
    cause = cause_of(judgement, code) if code else None
    # Of one that was not found in time nothing else has to be said: the mailbox was read, and it was not there.
    failed = code and code is not Stage.NOT_FOUND
    reason, params = reason_of(skipped, cause, record.attempts, judgement) if failed else ("", {})
    found = arrived.found_at is not None and read is not None and read.endpoint is not None
    legs = _legs(arrived, times)
    headers = read_headers(arrived.data)
    fields = [(name.lower(), value) for name, value in headers]
    compared = compare(plan.sending.data, arrived.data) if arrived.data else None
    hops = hops_of(headers)
    ids = [told.queue_id if told is not None else "", *(hop.queue_id for hop in hops)]
    signatures = (_DKIM_DOMAIN.search(value) for name, value in fields if name == "dkim-signature")
    return RoundtripReport(
        ok=not code,
        exit_code=code,
        submitted=sent.endpoint.url if sent is not None and sent.endpoint is not None else "",
        found=read.endpoint.url if found and read is not None and read.endpoint is not None else "",
        folder=arrived.folder,
        legs=legs,
        seconds=round(sum(leg.seconds for leg in legs), 3),
        queue_ids=tuple(dict.fromkeys(filter(None, ids))),
        hops=hops,
        changes=(
            *_envelope(fields, plan.sending.sender, plan.sending.recipients[0].address),
            *(Change(c.name, c.sent, c.arrived) for c in (compared.fields if compared else ())),
        ),
        body=compared.body if compared else "",
        first_difference=compared.first_difference if compared else "",
        added=compared.added if compared else (),
        results=tuple(value for name, value in fields if name in _RESULTS),
        signed=tuple(match[1] for match in signatures if match),
        removed=arrived.removed,
        reply=final.line if final is not None else "",
        looked=tuple(arrived.looked),
        cause=cause,
        reason=reason,
        params=params,
        report=report,
    )


def _legs(arrived: Arrived, times: Times) -> tuple[Leg, ...]:
    submission = Leg("submission", round(times.accepted - times.began, 3))
    if arrived.found_at is None:
        return (submission,)
    delivery = Leg("delivery", round(arrived.found_at - times.accepted, 3))
    return (submission, delivery, Leg("retrieval", round(arrived.retrieved, 3)))


def _envelope(fields: Sequence[tuple[str, str]], sender: str, recipient: str) -> list[Change]:
    """What Return-Path and Delivered-To say of the envelope; nothing where they are not there."""
    changes = []
    for name, field, sent in (("envelope-from", "return-path", sender), ("envelope-to", "delivered-to", recipient)):
        seen = next((value.strip().strip("<>") for key, value in fields if key == field), None)
        if seen is not None and seen.lower() != sent.lower():
            changes.append(Change(name, sent, seen))
    return changes


def _exit_code(record: Record, sent: Attempt | None, read: Attempt | None, arrived: Arrived) -> Stage:
    if sent is None:
        return Stage.CONNECT
    if not accepted(record):
        if (skipped := next((each for each in sent.skipped if each.asked), None)) is not None:
            return skipped_code(skipped)
        return stage_code(sent) or Stage.MESSAGE
    if arrived.found_at is not None:
        return Stage.OPEN
    if read is None:
        return Stage.CONNECT
    if (skipped := next((each for each in read.skipped if each.asked), None)) is not None:
        return skipped_code(skipped)
    return stage_code(read) or Stage.NOT_FOUND
