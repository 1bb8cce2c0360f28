"""Which mailbox is looked through by hand, and how it ended."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mailproof.diagnose.judge import Judgement
from mailproof.message.read import read_headers
from mailproof.message.told import told_mail
from mailproof.model.attempt import Job, Skipped
from mailproof.model.authentication import LoginTried
from mailproof.model.endpoint import Protocol, Target
from mailproof.model.mail import FetchReport, FolderTold
from mailproof.model.record import Asked, Attempt, Record
from mailproof.model.report import Report
from mailproof.net.interface import Driver
from mailproof.probes.conversation import held
from mailproof.probes.mailbox import Found, Want, look_through
from mailproof.probes.protocols import converse
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.run.endpoints import Resolver, Wanted
from mailproof.run.hand.nearest import nearest
from mailproof.run.hand.services import READ, WITH_FOLDERS, not_named, services
from mailproof.run.hand.stages import Stage, cause_of, reason_of, skipped_code, stage_code
from mailproof.run.recorded import recorded
from mailproof.run.way import with_way_out


class FetchPlan(msgspec.Struct, frozen=True, kw_only=True):
    target: Target
    wanted: Wanted
    terms: Terms
    asked: Asked
    login: LoginWish
    want: Want


async def fetch_by_hand(net: Driver, plan: FetchPlan, found: Found, started: datetime) -> Record:
    """Carry it out, filling `found`. What goes wrong out there is in the record, never an exception."""
    begun = net.now()
    terms = await with_way_out(net, plan.terms, plan.login.secrets)
    resolver = Resolver(net, plan.wanted)
    places = await resolver.endpoints(plan.target)
    attempts: list[Attempt] = [made] if (made := resolver.attempt()) is not None else []
    for group in services(plan.target, places, WITH_FOLDERS if plan.want.of_folders else READ):
        if not group[0].named:
            attempts.append(not_named(Job.FETCH, "login-accepted", group[0]))
            continue
        talks = [converse(net, place, terms, Job.FETCH) for place in group]
        talk, failed = await nearest(net, talks)
        attempts += failed
        if talk is None:
            continue
        done = await held(talk, look_through(talk, plan.login, plan.want, found))
        attempts.append(done)
        if plan.want.search and talk.endpoint.scheme.protocol is Protocol.POP3:
            _sift(found, plan.want.search)
        if any(isinstance(fact, LoginTried) for fact in done.observations):
            break
    return recorded(started, (plan.target,), plan.asked, attempts, net.now() - begun)


def _sift(found: Found, text: str) -> None:
    """POP3 knows no search: look for the text in the header fields, as they stand there and as people read them."""
    word = text.casefold()
    found.items[:] = [
        item
        for item in found.items
        if word in item.data.decode("utf-8", "replace").casefold()
        or any(word in value.casefold() for _, value in read_headers(item.data))
    ]
    found.matches = len(found.items)


def fetch_report(
    record: Record, judgement: Judgement, report: Report, found: Found, *, saved: str = ""
) -> FetchReport:
    """`judgement` and `report` are those of the record; `saved` is where the messages were kept."""
    made = [attempt for attempt in record.attempts if attempt.job is Job.FETCH]
    last = made[-1] if made else None
    skipped = next((each for each in last.skipped if each.asked), None) if last is not None else None
    code = _exit_code(last, skipped, found)
    told = code and code is not Stage.NOT_FOUND
    cause = cause_of(judgement, code) if told else None
    reason, params = reason_of(skipped, cause, record.attempts, judgement) if told else ("", {})
    return FetchReport(
        ok=not code,
        exit_code=code,
        endpoint=last.endpoint.url if last is not None and last.endpoint is not None else "",
        address=last.endpoint.address if last is not None and last.endpoint is not None else "",
        folder=found.folder,
        total=found.total,
        messages=tuple(map(told_mail, found.items)),
        matches=found.matches,
        folders=tuple(FolderTold(each.name, each.uses) for each in found.folders),
        missing=tuple(found.missing),
        deleted=tuple(found.deleted),
        saved=saved,
        cause=cause,
        reason=reason,
        params=params,
        report=report,
    )


def _exit_code(last: Attempt | None, skipped: Skipped | None, found: Found) -> Stage:
    if last is None:
        return Stage.CONNECT
    if skipped is not None:
        return skipped_code(skipped)
    if found.missing:
        return Stage.NOT_FOUND
    if found.refused:
        return Stage.QUIT
    return stage_code(last)
