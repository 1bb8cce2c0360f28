"""Send a message and find it in the mailbox: two places, one clock."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mailproof.model.attempt import Job
from mailproof.model.authentication import LoginTried
from mailproof.model.endpoint import Endpoint, Protocol, Target
from mailproof.model.envelope import Submitted
from mailproof.model.record import Asked, Attempt, Record
from mailproof.model.reply import ReplyClass
from mailproof.model.retrieval import Retrieved
from mailproof.net.interface import Driver
from mailproof.probes.arrival import Arrived, await_arrival
from mailproof.probes.conversation import held
from mailproof.probes.protocols import converse
from mailproof.probes.terms import Terms
from mailproof.probes.transaction import Sending
from mailproof.probes.wish import LoginWish
from mailproof.run.endpoints import Resolver, Wanted
from mailproof.run.hand.nearest import nearest
from mailproof.run.hand.sending import SendPlan, send_by_hand
from mailproof.run.hand.services import READ, not_named, services
from mailproof.run.recorded import recorded
from mailproof.run.sending_side import sending_sides
from mailproof.run.way import with_way_out

# POP3 shows a mailbox as it was at login: seconds between two logins, growing, for fail2ban and LOGIN-DELAY's sake.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0


class RoundtripPlan(msgspec.Struct, frozen=True, kw_only=True):
    submit: Target
    read: Target
    wanted: Wanted
    terms: Terms
    asked: Asked
    sending: Sending
    reader: LoginWish
    token: str
    within: float
    """Seconds that the message may take from its submission to the mailbox."""
    keep: bool = False


class Times(msgspec.Struct):
    """On the clock of the net, which begins at 0."""

    began: float = 0.0
    accepted: float = 0.0


async def roundtrip(net: Driver, plan: RoundtripPlan, started: datetime) -> tuple[Record, Arrived, Times]:
    """Carry it out. What goes wrong out there is in the record, never an exception."""
    times = Times(net.now())
    secrets = (*(plan.sending.login.secrets if plan.sending.login else ()), *plan.reader.secrets)
    terms = await with_way_out(net, plan.terms, secrets)
    send_plan = SendPlan(target=plan.submit, wanted=plan.wanted, terms=terms, asked=plan.asked, sending=plan.sending)
    sent = await send_by_hand(net, send_plan, started)
    times.accepted = net.now()
    attempts = list(sent.attempts)
    arrived = Arrived()
    if accepted(sent):
        resolver = Resolver(net, plan.wanted)
        places = await resolver.endpoints(plan.read)
        if (made := resolver.attempt()) is not None:
            attempts.append(made)
        until = times.accepted + plan.within
        for group in services(plan.read, places, READ):
            tried = await _at(net, plan, terms, group, until, arrived, attempts)
            if tried:
                break
        attempts += await sending_sides(net, terms, attempts, plan.sending.data)
    record = recorded(started, (plan.submit, plan.read), plan.asked, attempts, net.now() - times.began)
    return record, arrived, times


def accepted(record: Record) -> bool:
    return any(
        sighting.fact.final is not None and sighting.fact.final.kind is ReplyClass.POSITIVE
        for sighting in record.seen(Submitted)
    )


async def _at(
    net: Driver,
    plan: RoundtripPlan,
    terms: Terms,
    group: list[Endpoint],
    until: float,
    arrived: Arrived,
    attempts: list[Attempt],
) -> bool:
    """Wait for it at one service; False where that cannot be reached."""
    if not group[0].named:
        attempts.append(not_named(Job.FETCH, "message-delivered", group[0]))
        return False
    # A session as long as the message may take: it waits on purpose.
    patient = msgspec.structs.replace(terms, timeout=max(terms.timeout, plan.within))
    pause = _FIRST_PAUSE
    while True:
        talks = [converse(net, place, patient, Job.FETCH) for place in group]
        talk, failed = await nearest(net, talks)
        attempts += failed
        if talk is None:
            return False
        done = await held(talk, await_arrival(talk, plan.reader, plan.token, until, arrived, keep=plan.keep))
        attempts.append(_with_arrival(done, plan, arrived))
        logged_in = any(isinstance(fact, LoginTried) and fact.accepted for fact in done.observations)
        again = group[0].scheme.protocol is Protocol.POP3 and logged_in and not arrived.trouble
        if arrived.found_at is not None or not again or net.now() + pause > until:
            return any(isinstance(fact, LoginTried) for fact in done.observations)
        await net.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _with_arrival(done: Attempt, plan: RoundtripPlan, arrived: Arrived) -> Attempt:
    """The same with what a check looks at: found or not, where, and its header."""
    from mailproof.message.read import read_headers
    from mailproof.model.escape import printable

    if not any(isinstance(fact, LoginTried) and fact.accepted for fact in done.observations):
        return done
    headers = (
        tuple(printable(f"{name}: {value}") for name, value in read_headers(arrived.data)) if arrived.data else ()
    )
    last = max(len(done.transcript.turns) - 1, 0) if done.transcript is not None else 0
    seen = Retrieved(
        plan.token,
        arrived.found_at is not None,
        0,
        arrived.retrieved,
        arrived.folder or "INBOX",
        headers=headers,
        turns=(last,),
    )
    return msgspec.structs.replace(done, observations=(*done.observations, seen))
