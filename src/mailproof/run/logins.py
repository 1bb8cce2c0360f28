"""Who may try to log in, where, and how often: fail2ban is watching (DESIGN: credentials are safe)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from mailproof.model.attempt import Skipped
from mailproof.model.endpoint import Endpoint, Protocol, Scheme, TlsMode
from mailproof.model.observation import (
    Capabilities,
    LoginTried,
    ReplyClass,
    Retrieved,
    Submitted,
    TlsHandshake,
)
from mailproof.model.record import Asked, Attempt
from mailproof.model.tls import Protection, TlsPolicy
from mailproof.net.interface import Net
from mailproof.probes.conversation import protection_of
from mailproof.probes.fetch import FIRST_PAUSE, fetch
from mailproof.probes.login import LoginWish, Message, deliver, login
from mailproof.probes.terms import Terms
from mailproof.sasl.mechanism import SecretKind
from mailproof.sasl.registry import MECHANISMS


class Family(StrEnum):
    """Refusals are counted by family: SMTP has one jail in fail2ban, POP3, IMAP and Sieve share another."""

    SMTP = "smtp"
    RETRIEVAL = "retrieval"


def family_of(endpoint: Endpoint) -> Family:
    return Family.RETRIEVAL if endpoint.scheme.is_retrieval else Family.SMTP


class Logins:
    """All login jobs of one check, one at a time, in an order and number that do no harm."""

    def __init__(self, net: Net, terms: Terms, asked: Asked, surveys: Mapping[Endpoint, Attempt]) -> None:
        self._net = net
        self._terms = terms
        self._asked = asked
        self._surveys = surveys
        self._refused: set[Family] = set()
        self._submitted: Submitted | None = None
        self._handed_in_at = 0.0
        self.attempts: list[Attempt] = []

    async def try_all(self, wish: LoginWish, message: Message | None) -> None:
        """Log in at every endpoint where users do; the first that accepts also takes the message."""
        places = self._places()
        if self._asked.all_mechanisms and places:
            await self._every_mechanism(places[0], wish)
        for place in places:
            if why := self._forbidden(place):
                self._skip(place, "login-accepted", why)
                continue
            hands_in = message if self._submitted is None and place.scheme.protocol is Protocol.SMTP else None
            self._keep(await login(self._net, place, self._terms, msgspec.structs.replace(wish, message=hands_in)))

    async def _every_mechanism(self, place: Endpoint, wish: LoginWish) -> None:
        """Each offered mechanism that a password can use, at this endpoint, whatever the others say."""
        if self._unsafe(place):
            return
        for name in _offered(self._surveys[place]):
            mechanism = MECHANISMS.get(name)
            if mechanism is None or mechanism.secret_kind is not SecretKind.PASSWORD or name.endswith("-PLUS"):
                continue
            tried = await login(self._net, place, self._terms, msgspec.structs.replace(wish, mechanism=name))
            self._keep(tried, counts=False)

    async def deliver_and_fetch(self, wish: LoginWish | None, mailbox: LoginWish | None, message: Message) -> None:
        """Hand the message in where that was not done at a login, and look for it in the mailbox."""
        if self._submitted is None and wish is None:
            await self._hand_in_as_a_stranger(message)
        if self._submitted is None:
            self.attempts.append(_note(Skipped("message-delivered", "not-submitted", asked=True)))
            return
        if self._submitted.final is None or self._submitted.final.kind is not ReplyClass.POSITIVE:
            return
        reader = mailbox or wish
        if reader is None:
            self.attempts.append(_note(Skipped("message-delivered", "no-mailbox-login", asked=True)))
            return
        await self._fetch(reader, message.token)

    async def _hand_in_as_a_stranger(self, message: Message) -> None:
        for place in self._surveys:
            if place.scheme is Scheme.SMTP and self._surveys[place].failed is None:
                self._keep(await deliver(self._net, place, self._terms, message))
                return

    async def _fetch(self, reader: LoginWish, token: str) -> None:
        """By IMAP and by POP3, at one endpoint each: one refusal ends it, as with every login."""
        until = self._handed_in_at + self._terms.timeout
        looked = False
        for protocol in (Protocol.IMAP, Protocol.POP3):
            places = [place for place in self._places() if place.scheme.protocol is protocol]
            place = next((place for place in places if not self._forbidden(place)), None)
            if place is None:
                continue
            looked = True
            pause = FIRST_PAUSE
            while True:
                made = await fetch(self._net, place, self._terms, reader, token, self._handed_in_at, until)
                found = next((seen for seen in made.observations if isinstance(seen, Retrieved)), None)
                again = protocol is Protocol.POP3 and found is not None and not found.found
                if not again or self._net.now() + pause > until:
                    self._keep(made)
                    break
                await self._net.sleep(pause)
                pause = min(pause * 2, 2.0)
        if not looked:
            self.attempts.append(_note(Skipped("message-delivered", "no-mailbox-endpoint", asked=True)))

    def _keep(self, attempt: Attempt, *, counts: bool = True) -> None:
        self.attempts.append(attempt)
        for seen in attempt.observations:
            if isinstance(seen, Submitted):
                self._submitted = seen
                self._handed_in_at = self._net.now()
            refused = isinstance(seen, LoginTried) and seen.reply is not None and not seen.accepted
            if counts and refused and attempt.endpoint is not None:
                self._refused.add(family_of(attempt.endpoint))

    def _places(self) -> list[Endpoint]:
        """Where users log in: submission first, each side in the order of the targets."""
        places = [place for place in self._surveys if self._expects_login(place)]
        return sorted(places, key=lambda place: (family_of(place) is Family.RETRIEVAL, place.scheme is Scheme.SMTP))

    def _expects_login(self, place: Endpoint) -> bool:
        if place.scheme is Scheme.SMTP:  # a mail exchanger need not know users; where it offers AUTH, it does
            return bool(_offered(self._surveys[place]))
        return place.scheme.protocol is not Protocol.LMTP

    def _forbidden(self, place: Endpoint) -> str:
        """Why nothing is tried here, as a reason of the catalogue."""
        if family_of(place) in self._refused:
            return "earlier-refusal"
        return self._unsafe(place)

    def _unsafe(self, place: Endpoint) -> str:
        survey = self._surveys[place]
        capabilities = [seen for seen in survey.observations if isinstance(seen, Capabilities)]
        if not capabilities:
            handshake = _handshake(survey)
            return "not-reached" if handshake is None or handshake.trouble is None else "tls-not-available"
        if self._terms.tls is TlsPolicy.NEVER and place.scheme.tls_mode is not TlsMode.IMPLICIT:
            return ""
        protection = protection_of(_handshake(survey))
        if protection is Protection.NONE:
            return "tls-not-available"
        if protection is Protection.UNVERIFIED and self._terms.verify:
            return "tls-not-verified"
        return ""

    def _skip(self, place: Endpoint, what: str, why: str) -> None:
        skipped = Skipped(what, why, place.url, asked=True)
        self.attempts.append(Attempt("login", place, skipped=(skipped,)))


def _handshake(attempt: Attempt) -> TlsHandshake | None:
    return next((seen for seen in attempt.observations if isinstance(seen, TlsHandshake)), None)


def _offered(survey: Attempt) -> tuple[str, ...]:
    """SASL mechanisms the survey was last shown."""
    shown = [seen for seen in survey.observations if isinstance(seen, Capabilities)]
    return shown[-1].mechanisms if shown else ()


def _note(skipped: Skipped) -> Attempt:
    return Attempt("deliver", skipped=(skipped,))
