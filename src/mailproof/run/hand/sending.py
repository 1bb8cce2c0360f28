"""Where a message sent by hand goes: a place that was named, or the exchangers of a domain in their order."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mailproof.model.attempt import Job, Status, Step
from mailproof.model.authentication import LoginTried
from mailproof.model.endpoint import Target
from mailproof.model.envelope import Submitted
from mailproof.model.record import Asked, Attempt, Record
from mailproof.net.interface import Driver
from mailproof.probes.conversation import held
from mailproof.probes.send import send
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.terms import Terms
from mailproof.probes.transaction import Sending
from mailproof.run.endpoints import Resolver, Wanted
from mailproof.run.hand.nearest import nearest
from mailproof.run.hand.services import EXCHANGED, HANDED_IN, not_named, services
from mailproof.run.hand.stages import Stage, stage_code
from mailproof.run.recorded import recorded
from mailproof.run.sending_side import sending_sides
from mailproof.run.way import with_way_out

# After these the next exchanger may do better (RFC 5321 section 5.1); a server that has answered MAIL is the one.
_NEXT_MAY_DO = (Stage.CONNECT, Stage.CLOSED, Stage.GREETING, Stage.EHLO)


class SendPlan(msgspec.Struct, frozen=True, kw_only=True):
    target: Target
    wanted: Wanted
    terms: Terms
    asked: Asked
    sending: Sending


async def send_by_hand(net: Driver, plan: SendPlan, started: datetime) -> Record:
    """Carry it out. What goes wrong out there is in the record, never an exception."""
    begun = net.now()
    login = plan.sending.login
    terms = await with_way_out(net, plan.terms, login.secrets if login is not None else ())
    resolver = Resolver(net, plan.wanted)
    places = await resolver.endpoints(plan.target)
    attempts: list[Attempt] = [made] if (made := resolver.attempt()) is not None else []
    for group in services(plan.target, places, EXCHANGED if login is None else HANDED_IN):
        if login is not None and not group[0].named:
            attempts.append(not_named(Job.SEND, "message-accepted", group[0]))
            continue
        talks = [SmtpConversation(net, place, terms, Job.SEND) for place in group]
        talk, failed = await nearest(net, talks)
        attempts += failed
        if talk is None or not isinstance(talk, SmtpConversation):
            continue
        done = await held(talk, send(talk, plan.sending))
        attempts.append(done)
        # Whoever was told the password, or has answered MAIL, is the one: the message may be there already.
        told = any(isinstance(fact, (Submitted, LoginTried)) for fact in done.observations)
        if told or stage_code(done) not in _NEXT_MAY_DO:
            break
    attempts += await sending_sides(net, terms, attempts, plan.sending.data)
    return recorded(started, (plan.target,), plan.asked, attempts, net.now() - begun)


def last_of(record: Record) -> Attempt | None:
    """The attempt that went furthest is the last one: each before it ended where the next may do better."""
    made = [attempt for attempt in record.attempts if attempt.job is Job.SEND]
    return made[-1] if made else None


def last_stage(attempt: Attempt) -> str:
    """The last step that was taken in good order."""
    done = [step.step for step in attempt.steps if step.status is Status.OK and step.step is not Step.QUIT]
    return str(done[-1]) if done else ""
