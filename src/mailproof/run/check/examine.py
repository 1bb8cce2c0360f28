"""The plan of a check, carried out: surveys side by side, logins one after the other, then delivery."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import msgspec

from mailproof.model.attempt import Job, Skipped
from mailproof.model.capabilities import Capabilities
from mailproof.model.endpoint import Endpoint, Scheme, Target, TlsMode
from mailproof.model.record import Asked, Attempt, Record
from mailproof.model.tls import TlsHandshake, TlsPolicy, TlsVersion
from mailproof.net.interface import Driver, Task
from mailproof.probes.impersonate import forge
from mailproof.probes.provoke import provoke
from mailproof.probes.survey import clear, survey
from mailproof.probes.terms import Terms
from mailproof.probes.verify import verify
from mailproof.probes.version import version, worth_trying
from mailproof.probes.wish import LoginWish, Message
from mailproof.run.check.logins import Logins
from mailproof.run.check.references import references
from mailproof.run.check.untried import with_untried, without_unanswered_guesses
from mailproof.run.endpoints import Resolver, Wanted
from mailproof.run.recorded import recorded
from mailproof.run.sending_side import sending_sides
from mailproof.run.way import with_way_out

Value = TypeVar("Value")

# Endpoints surveyed at the same time: a server with seven ports is seen whole, a domain of many exchangers in turn.
_AT_ONCE = 16


class Plan(msgspec.Struct, frozen=True):
    """All that a check was asked to do."""

    targets: tuple[Target, ...]
    wanted: Wanted
    terms: Terms
    asked: Asked
    login: LoginWish | None = None
    mailbox_login: LoginWish | None = None
    """Where the mailbox is not the sender's own."""
    message: Message | None = None
    """To be handed in and found again."""
    references: tuple[str, ...] = ()
    """Hosts known to answer at port 25, dialled only where that port stays silent."""
    versions: bool = True
    """Which TLS versions are spoken: two handshakes more for each endpoint."""
    verify: bool = True
    """Whether port 25 tells who has a mailbox: a connection more, where a mailbox was named."""
    impersonate: bool = True
    """Whether somebody else's address is taken as the sender: a connection at port 25, and one more login."""
    uids: bool = True
    """Whether POP3 calls the messages the same twice: two more logins, where there are messages."""
    clear: bool = True
    """Whether port 25 takes mail without TLS: a connection more."""


async def examine(net: Driver, plan: Plan, started: datetime) -> Record:
    """Carry out the plan. What goes wrong out there is in the record, never an exception."""
    begun = net.now()
    secrets = tuple(secret for wish in (plan.login, plan.mailbox_login) if wish for secret in wish.secrets)
    plan = msgspec.structs.replace(plan, terms=await with_way_out(net, plan.terms, secrets))
    resolver = Resolver(net, plan.wanted)
    places = await resolver.endpoints(*plan.targets)
    last_start = begun + plan.terms.run_timeout
    made = await _side_by_side(net, [_survey(net, place, plan.terms, last_start) for place in places])
    surveys = dict(zip(places, made, strict=True))
    closer_look = net.spawn(_look_closer(net, plan, surveys, last_start))
    seen = [attempt for attempts in surveys.values() for attempt in attempts]
    compared = net.spawn(references(net, plan.references, plan.wanted, plan.terms, seen))
    surveyed = {place: made[0] for place, made in surveys.items()}
    logins = Logins(net, plan.terms, plan.asked, surveyed, plan.login, plan.mailbox_login, last_start)
    await logins.try_all(plan.message)
    if plan.message is not None:
        await logins.deliver_and_fetch(plan.message)
    await logins.try_sender_where_mail_is_read()
    if plan.impersonate and "relay" not in plan.terms.skip:
        await logins.try_somebody_else_as_sender()
    if plan.uids:
        await logins.look_at_uids()
    attempts = [
        *([resolved] if (resolved := resolver.attempt()) is not None else []),
        *seen,
        *await compared.wait(),
        *await closer_look.wait(),
        *logins.attempts,
    ]
    data = plan.message.data if plan.message is not None else b""
    attempts += await sending_sides(net, plan.terms, attempts, data)
    kept = with_untried(plan.asked, without_unanswered_guesses(attempts))
    return recorded(started, plan.targets, plan.asked, kept, net.now() - begun)


async def _side_by_side(net: Driver, jobs: Sequence[Coroutine[Any, Any, Value]]) -> list[Value]:
    waiting = list(jobs)
    running: list[Task[Value]] = []
    for position, job in enumerate(waiting):
        if position >= _AT_ONCE:
            await running[position - _AT_ONCE].wait()
        running.append(net.spawn(job))
    return [await task.wait() for task in running]


async def _survey(net: Driver, place: Endpoint, terms: Terms, last_start: float) -> tuple[Attempt, ...]:
    if net.now() > last_start:
        return (_too_late(Job.SURVEY, place, "port-open"),)
    return await survey(net, place, terms)


def _too_late(job: Job, place: Endpoint, what: str) -> Attempt:
    return Attempt(job, place, skipped=(Skipped(what, "deadline", place.url, asked=job is Job.SURVEY),))


async def _look_closer(
    net: Driver, plan: Plan, surveys: dict[Endpoint, tuple[Attempt, ...]], last_start: float
) -> list[Attempt]:
    """What takes connections of its own, one at a time: mail in clear text, older versions of TLS."""
    jobs = [_closer(net, plan, place, made[0], last_start) for place, made in surveys.items()]
    looks = await _side_by_side(net, jobs)
    return [attempt for look in looks for attempt in look]


async def _closer(net: Driver, plan: Plan, endpoint: Endpoint, surveyed: Attempt, last_start: float) -> list[Attempt]:
    jobs = list(_closer_looks(net, plan, endpoint, surveyed))
    made: list[Attempt] = []
    for job, what, look in jobs:
        made.append(_too_late(job, endpoint, what) if net.now() > last_start else await look())
    return made


_Look = Callable[[], Coroutine[Any, Any, Attempt]]


def _closer_looks(net: Driver, plan: Plan, endpoint: Endpoint, surveyed: Attempt) -> Iterator[tuple[Job, str, _Look]]:
    """What the survey leaves open: the job, the check that wants to know, and the look itself."""
    greeted = any(isinstance(seen, Capabilities) for seen in surveyed.observations)
    if greeted and endpoint.scheme is Scheme.SMTP and plan.terms.mailbox and plan.terms.mailbox.isascii():
        if plan.verify and "users" not in plan.terms.skip:
            yield Job.VERIFY, "users-not-revealed", partial(verify, net, endpoint, plan.terms)
        if plan.impersonate and "relay" not in plan.terms.skip:
            yield Job.IMPERSONATE, "sender-checked", partial(forge, net, endpoint, plan.terms)
    if greeted:
        yield from _provocations(net, plan, endpoint, surveyed)
    handshake = next((seen for seen in surveyed.observations if isinstance(seen, TlsHandshake)), None)
    if handshake is None or handshake.trouble is not None:
        return
    upgraded = endpoint.scheme.tls_mode is not TlsMode.IMPLICIT
    clear_text_may = plan.terms.tls is not TlsPolicy.REQUIRED
    if plan.clear and clear_text_may and upgraded and endpoint.scheme is Scheme.SMTP:
        yield Job.CLEAR, "tls-not-forced-on-servers", partial(clear, net, endpoint, plan.terms)
    if plan.versions and plan.terms.settings.maximum is TlsVersion.TLS1_3:
        for maximum in worth_trying(handshake):
            yield Job.VERSION, "tls-versions", partial(version, net, endpoint, plan.terms, maximum)


_PROVOKED_FOR = {
    Job.INJECT: "injection-discarded",
    Job.HIDDEN_LOGIN: "login-where-offered",
    Job.ERRORS: "strain-borne",
    Job.LONG_LINE: "strain-borne",
    Job.RECIPIENTS: "strain-borne",
}


def _provocations(net: Driver, plan: Plan, endpoint: Endpoint, surveyed: Attempt) -> Iterator[tuple[Job, str, _Look]]:
    """What could disturb the server, where it was asked for and where there is something to learn."""
    scheme, terms = endpoint.scheme, plan.terms
    secured = any(isinstance(seen, TlsHandshake) and seen.trouble is None for seen in surveyed.observations)
    upgraded = secured and scheme.tls_mode is not TlsMode.IMPLICIT
    for job in terms.intrusive if scheme is not Scheme.LMTP else ():
        if job in (Job.INJECT, Job.HIDDEN_LOGIN) and not upgraded:
            continue
        if job is Job.INJECT and scheme is Scheme.SIEVE:
            continue
        if job is Job.RECIPIENTS and not (scheme is Scheme.SMTP and terms.mailbox and terms.mailbox.isascii()):
            continue
        yield job, _PROVOKED_FOR[job], partial(provoke, net, endpoint, terms, job)
