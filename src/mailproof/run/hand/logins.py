"""Logins that somebody asked for one by one: which place is dialled, how often, and when it is enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from mailproof.model.attempt import Job, Skipped
from mailproof.model.authentication import LoginTried
from mailproof.model.endpoint import Endpoint, Target, TargetKind
from mailproof.model.record import Asked, Attempt, Record
from mailproof.net.interface import Driver
from mailproof.parse.login_refusal import LoginRefusal, login_refusal
from mailproof.probes.conversation import held
from mailproof.probes.login import log_in_and_look, login
from mailproof.probes.protocols import converse
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.run.endpoints import Resolver, Wanted
from mailproof.run.hand.nearest import nearest
from mailproof.run.hand.services import HANDED_IN, not_named, services
from mailproof.run.recorded import recorded
from mailproof.run.way import with_way_out
from mailproof.sasl.mechanism import SecretKind
from mailproof.sasl.registry import MECHANISMS

_NEEDS = {SecretKind.PASSWORD: "needs-password", SecretKind.TOKEN: "needs-token"}


class Account(msgspec.Struct, frozen=True):
    """Who logs in where."""

    target: Target
    wish: LoginWish


class ByHand(msgspec.Struct, frozen=True, kw_only=True):
    """All that was asked for."""

    accounts: tuple[Account, ...]
    wanted: Wanted
    terms: Terms
    asked: Asked
    all_mechanisms: bool = False
    names: tuple[str, ...] = ()
    """Other forms of the name to try after a refusal."""
    pace: float = 1.0
    """Seconds between the end of one login and the next."""
    refusals: int = 4
    """In a row, after which no more accounts are tried; 0 for no such limit."""


class Trial(msgspec.Struct, frozen=True):
    """One login wanted, and which attempts of the record it made."""

    account: int
    target: str
    user: str
    mechanism: str
    first: int
    end: int


async def log_in_by_hand(
    net: Driver, plan: ByHand, started: datetime, progress: Callable[[int, int], None]
) -> tuple[Record, tuple[Trial, ...]]:
    """Carry it out. What goes wrong out there is in the record, never an exception.

    `progress` is told how many accounts are done, and of how many.
    """
    begun = net.now()
    terms = await with_way_out(net, plan.terms)
    run = _Run(net, msgspec.structs.replace(plan, terms=terms))
    refused = 0
    for number, account in enumerate(plan.accounts):
        if plan.refusals and refused >= plan.refusals:
            run.leave_out(number, account, refused)
        else:
            if number:
                await net.sleep(plan.pace)
            outcome = await run.account(number, account)
            refused = 0 if outcome else refused + 1
        progress(number + 1, len(plan.accounts))
    resolved = [made for resolver in run.resolvers if (made := resolver.attempt()) is not None]
    shift = len(resolved)
    attempts = (*resolved, *run.attempts)
    targets = [account.target for account in plan.accounts]
    record = recorded(started, targets, plan.asked, attempts, net.now() - begun)
    trials = (msgspec.structs.replace(t, first=t.first + shift, end=t.end + shift) for t in run.trials)
    return record, tuple(trials)


class _Run:
    def __init__(self, net: Driver, plan: ByHand) -> None:
        self._net = net
        self._plan = plan
        self._places: dict[Target, tuple[Endpoint, ...]] = {}
        self.resolvers: list[Resolver] = []
        self.attempts: list[Attempt] = []
        self.trials: list[Trial] = []

    async def account(self, number: int, account: Account) -> bool:
        """Everything that is wanted of one account; False if what was given was refused."""
        first = len(self.attempts)
        made = await self._first_login(account)
        self._keep(number, account, account.wish, first)
        if made is None:
            return True
        tried = _tried(made)
        if self._plan.all_mechanisms and made.endpoint is not None:
            await self._other_mechanisms(number, account, made, made.endpoint)
        if self._plan.names and made.endpoint is not None and tried is not None and not tried.accepted:
            await self._other_names(number, account, made, made.endpoint)
        return tried is None or not tried.sent or tried.accepted

    def leave_out(self, number: int, account: Account, refused: int) -> None:
        first = len(self.attempts)
        params = {"n": str(refused)}
        skipped = Skipped("login-accepted", "too-many-refusals", asked=True, params=params)
        self.attempts.append(Attempt(Job.LOGIN, skipped=(skipped,)))
        self._keep(number, account, account.wish, first)

    async def _first_login(self, account: Account) -> Attempt | None:
        """At the first place where a secret may go; None if no connection stood."""
        places = await self._places_of(account.target)
        made = None
        for group in services(account.target, places, HANDED_IN):
            named = [place for place in group if place.named]
            if not named:
                self.attempts.append(not_named(Job.LOGIN, "login-accepted", group[0]))
                continue
            wish, terms = account.wish, self._plan.terms
            talks = [converse(self._net, place, terms, Job.LOGIN, wish.secrets) for place in named]
            talk, failed = await nearest(self._net, talks)
            self.attempts += failed
            if talk is None:
                continue
            made = await held(talk, log_in_and_look(talk, wish))
            self.attempts.append(made)
            if _tried(made) is not None:
                break
        return made

    async def _other_mechanisms(self, number: int, account: Account, made: Attempt, endpoint: Endpoint) -> None:
        tried = _tried(made)
        for name in self._offered(made):
            if tried is not None and name == tried.mechanism:
                continue
            wish = msgspec.structs.replace(account.wish, mechanism=name)
            if why := _unusable(name, wish):
                self._skip(number, account, wish, endpoint, why)
            elif tried is None or _enough(made):
                self._skip(number, account, wish, endpoint, "no-more-logins")
            else:
                made = await self._again(number, account, wish, endpoint)

    async def _other_names(self, number: int, account: Account, made: Attempt, endpoint: Endpoint) -> None:
        for name in self._plan.names:
            credentials = msgspec.structs.replace(account.wish.credentials, user=name)
            wish = msgspec.structs.replace(account.wish, credentials=credentials)
            if _enough(made):
                self._skip(number, account, wish, endpoint, "no-more-logins")
                continue
            made = await self._again(number, account, wish, endpoint)
            tried = _tried(made)
            if tried is not None and tried.accepted:
                return

    async def _again(self, number: int, account: Account, wish: LoginWish, endpoint: Endpoint) -> Attempt:
        await self._net.sleep(self._plan.pace)
        first = len(self.attempts)
        made = await login(self._net, endpoint, self._plan.terms, wish)
        self.attempts.append(made)
        self._keep(number, account, wish, first)
        return made

    def _skip(self, number: int, account: Account, wish: LoginWish, endpoint: Endpoint, why: str) -> None:
        first = len(self.attempts)
        asked = why == "no-more-logins"
        skipped = Skipped("login-accepted", why, endpoint.url, asked, {"mechanism": wish.mechanism})
        self.attempts.append(Attempt(Job.LOGIN, endpoint, skipped=(skipped,)))
        self._keep(number, account, wish, first)

    def _keep(self, number: int, account: Account, wish: LoginWish, first: int) -> None:
        user = wish.credentials.user
        trial = Trial(number, account.target.text, user, wish.mechanism, first, len(self.attempts))
        self.trials.append(trial)

    def _offered(self, made: Attempt) -> tuple[str, ...]:
        """SASL mechanisms and the protocol's own commands, as last offered."""
        from mailproof.checks.login.offers import offers  # rarely wanted, and it takes as long as a login

        record = Record(datetime.min, asked=self._plan.asked, attempts=(made,))
        return next((o.means(o.tls or o.clear) or () for o in offers(record)), ())

    async def _places_of(self, target: Target) -> tuple[Endpoint, ...]:
        if target not in self._places:
            resolver = Resolver(self._net, self._plan.wanted)
            self.resolvers.append(resolver)
            self._places[target] = await resolver.endpoints(target)
        return self._places[target]


def _tried(made: Attempt) -> LoginTried | None:
    return next((fact for fact in made.observations if isinstance(fact, LoginTried)), None)


def _enough(made: Attempt) -> bool:
    """The server hung up on the last one, or said that it wants no more for now."""
    tried = _tried(made)
    if tried is None or tried.reply is None or tried.reply.code == "421":
        return True
    return login_refusal(tried) is LoginRefusal.OTHER


def _unusable(name: str, wish: LoginWish) -> str:
    """Why the credentials cannot be tried with this mechanism, as a reason of the catalogue."""
    if name in ("USER", "APOP") or (name == "LOGIN" and name not in MECHANISMS):
        kind = SecretKind.PASSWORD
    elif name not in MECHANISMS:
        return "mechanism-not-spoken"
    else:
        kind = MECHANISMS[name].secret_kind
    held_secret = {SecretKind.PASSWORD: wish.credentials.password, SecretKind.TOKEN: wish.credentials.token}
    if kind in held_secret:
        return "" if held_secret[kind] else _NEEDS[kind]
    return "mechanism-without-secret"


def other_names(user: str, target: Target, name: str = "") -> tuple[str, ...]:
    """Other forms of a user name that servers take for the same account: without its domain, or with the domain of
    the host, which `name` (--name) may say better than the target. Empty where there is no domain to go by."""
    local, at, _ = user.partition("@")
    if at:
        return (local,) if local else ()
    domain = (name or target.host).rstrip(".")
    if not domain or ":" in domain or domain.replace(".", "").isdigit() or "." not in domain:
        return ()
    above = [domain.partition(".")[2]] if domain.count(".") > 1 else []
    is_host = bool(name) or target.kind is not TargetKind.DOMAIN
    domains = [*above, domain] if is_host else [domain, *above]
    return tuple(f"{user}@{each}" for each in domains)
