"""Who may try to log in, where, and how often: fail2ban is watching (DESIGN: credentials are safe)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from mailproof.model.attempt import Job, Skipped
from mailproof.model.authentication import LoginTried
from mailproof.model.endpoint import Endpoint, Protocol, Scheme, TlsMode
from mailproof.model.envelope import Submitted
from mailproof.model.record import Asked, Attempt
from mailproof.model.reply import ReplyClass
from mailproof.model.retrieval import MailboxOpened, Retrieved, UidsListed
from mailproof.model.tls import TlsPolicy
from mailproof.net.interface import Net
from mailproof.probes.fetch import LONGEST_PAUSE, fetch
from mailproof.probes.handshake import protection_of
from mailproof.probes.impersonate import borrow
from mailproof.probes.login import deliver, login
from mailproof.probes.survey import UNKNOWN_LOCAL_PART
from mailproof.probes.terms import Terms
from mailproof.probes.uids import look_at_uids
from mailproof.probes.wish import LoginWish, Message
from mailproof.run.check.surveyed import handshake, login_delay, offered, shown
from mailproof.sasl.mechanism import SecretKind
from mailproof.sasl.registry import MECHANISMS

# A mailbox that is logged in to again and again is what fail2ban and LOGIN-DELAY are there for.
_POP3_LOGINS = 8
_POP3_FIRST_PAUSE = 1.0

_NOT_OF_TLS = ("host-not-named", "earlier-refusal", "deadline")
"""Why a mailbox is not read that could be read with a protected login."""


class Family(StrEnum):
    """Refusals are counted by family: SMTP has one jail in fail2ban, POP3, IMAP and Sieve share another."""

    SMTP = "smtp"
    RETRIEVAL = "retrieval"


def family_of(endpoint: Endpoint) -> Family:
    return Family.RETRIEVAL if endpoint.scheme.is_retrieval else Family.SMTP


class Logins:
    """All login jobs of one check, one at a time, in an order and number that do no harm.

    Users log in as `sender` where mail is handed in, and as `mailbox` where it is read; without `mailbox` as `sender`
    there too. With both, the sender is tried where mail is read as well, but last: an account that may only send is
    refused there, and that must not keep us from the mailbox.
    """

    def __init__(
        self,
        net: Net,
        terms: Terms,
        asked: Asked,
        surveys: Mapping[Endpoint, Attempt],
        sender: LoginWish | None = None,
        mailbox: LoginWish | None = None,
        last_start: float = float("inf"),
    ) -> None:
        self._net = net
        self._terms = terms
        self._asked = asked
        self._surveys = surveys
        self._last_start = last_start
        """When the last connection may begin."""
        self._sender = sender
        self._reader = mailbox or sender
        self._refused: set[Family] = set()
        self._pop3_login: dict[str, float] = {}
        """When a host was last logged in to by POP3."""
        self._submitted: Submitted | None = None
        self._handed_in_at = 0.0
        self.attempts: list[Attempt] = []

    async def try_all(self, message: Message | None) -> None:
        """Log in at every endpoint where users do; the first that accepts also takes the message."""
        places = [(place, wish) for place in self._places() if (wish := self._wish(place)) is not None]
        done = await self._every_mechanism(places, message) if self._asked.all_mechanisms else None
        for place, wish in places:
            if place == done:
                continue
            if why := self._forbidden(place):
                self._skip(place, "login-accepted", why)
            else:
                await self._log_in(place, wish, message)

    async def try_sender_where_mail_is_read(self) -> None:
        """The sender's own login at POP3 and IMAP, where the mailbox has another; after everything else."""
        if self._sender is None or self._reader is self._sender:
            return
        for place in self._places():
            if not place.scheme.is_retrieval:
                continue
            if why := self._forbidden(place):
                self._skip(place, "login-accepted", why)
            else:
                await self._log_in(place, self._sender, None)

    async def try_somebody_else_as_sender(self) -> None:
        """May who has logged in name another sender? At the first endpoint that took a login to hand mail in."""
        place = next((a.endpoint for a in self.attempts if a.job is Job.LOGIN and _hands_in(a)), None)
        sender = self._somebody_else()
        if place is None or self._sender is None or not sender.isascii() or not sender:
            return
        if self._net.now() > self._last_start:
            return
        recipient = self._terms.mailbox if self._terms.mailbox.isascii() else ""
        made = await borrow(self._net, place, self._terms, self._sender, sender, recipient or self._terms.outside)
        self._keep(made)

    async def look_at_uids(self) -> None:
        """Does POP3 call the messages the same twice? At the first and the last endpoint that took the login."""
        taken = [a for a in self.attempts if a.endpoint is not None and self._reads_by_pop3(a)]
        places = list(dict.fromkeys(a.endpoint for a in taken if a.endpoint is not None))
        too_soon = any(
            isinstance(seen, LoginTried) and _too_soon(seen) for a in self.attempts for seen in a.observations
        )
        if self._reader is None or not places or too_soon:
            return
        counts = [seen.messages for a in taken for seen in a.observations if isinstance(seen, MailboxOpened)]
        if counts and counts[-1] == 0:
            self._note(Skipped("uids-kept", "no-messages", places[0].url))
            return
        for place in (places[0], places[-1]):
            delay = login_delay(self._surveys[place])
            start = max(self._net.now(), self._pop3_login.get(place.host, -delay) + delay)
            if start > min(self._net.now() + self._terms.timeout, self._last_start):
                self._note(Skipped("uids-kept", "login-delay", place.url))
                return
            await self._net.sleep(start - self._net.now())
            made = await look_at_uids(self._net, place, self._terms, self._reader)
            self._keep(made)
            if not any(isinstance(seen, UidsListed) and seen.messages for seen in made.observations):
                return

    def _reads_by_pop3(self, attempt: Attempt) -> bool:
        """The reader's login was accepted there."""
        if attempt.endpoint is None or attempt.endpoint.scheme.protocol is not Protocol.POP3 or self._reader is None:
            return False
        user = self._reader.credentials.user
        tried = [seen for seen in attempt.observations if isinstance(seen, LoginTried) and seen.user == user]
        return any(seen.accepted for seen in tried)

    def _somebody_else(self) -> str:
        """The mailbox, where another user reads it; else an address of the sender's domain that nobody has."""
        mailbox, domain = self._terms.mailbox, self._terms.sender.rpartition("@")[2]
        if mailbox and self._reader is not self._sender and mailbox.lower() != self._terms.sender.lower():
            return mailbox
        return f"{UNKNOWN_LOCAL_PART}@{domain}" if domain else ""

    def _wish(self, place: Endpoint) -> LoginWish | None:
        return self._reader if place.scheme.is_retrieval else self._sender

    async def _log_in(
        self, place: Endpoint, wish: LoginWish, message: Message | None, *, counts: bool = True
    ) -> list[LoginTried]:
        hands_in = message if self._submitted is None and place.scheme.protocol is Protocol.SMTP else None
        made = await login(self._net, place, self._terms, msgspec.structs.replace(wish, message=hands_in))
        self._keep(made, counts=counts)
        return [seen for seen in made.observations if isinstance(seen, LoginTried)]

    async def _every_mechanism(
        self, places: Sequence[tuple[Endpoint, LoginWish]], message: Message | None
    ) -> Endpoint | None:
        """Each offered mechanism that the secrets given can use, whatever the others say, at the first place that
        has any; returned, for it is done with."""
        for place, wish in places:
            names = () if self._forbidden(place) else _usable(offered(self._surveys[place]), wish)
            tried: list[LoginTried] = []
            for name in names:
                wanted = msgspec.structs.replace(wish, mechanism=name)
                tried += await self._log_in(place, wanted, message, counts=False)
            if any(seen.sent for seen in tried) and not any(seen.accepted for seen in tried):
                self._refused.add(family_of(place))
            if names:
                return place
        return None

    async def deliver_and_fetch(self, message: Message) -> None:
        """Hand the message in where that was not done at a login, and look for it in the mailbox."""
        if self._submitted is None and self._sender is None:
            await self._hand_in_as_a_stranger(message)
        if self._submitted is None:
            self._note(Skipped("message-delivered", "not-submitted", asked=True))
            return
        if self._submitted.final is None or self._submitted.final.kind is not ReplyClass.POSITIVE:
            return
        if self._reader is None:
            self._note(Skipped("message-delivered", "no-mailbox-login", asked=True))
            return
        await self._fetch(self._reader, message.token)

    async def _hand_in_as_a_stranger(self, message: Message) -> None:
        """On port 25, or by LMTP where there is no port 25."""
        for scheme in (Scheme.SMTP, Scheme.LMTP):
            for place in self._surveys:
                if place.scheme is scheme and self._surveys[place].failed is None:
                    self._keep(await deliver(self._net, place, self._terms, message))
                    return

    async def _fetch(self, reader: LoginWish, token: str) -> None:
        """By IMAP and by POP3, at one endpoint each: one refusal ends it, as with every login."""
        until = self._handed_in_at + self._terms.timeout
        looked = False
        why = Skipped("message-delivered", "no-mailbox-endpoint", asked=True)
        for protocol in (Protocol.IMAP, Protocol.POP3):
            places = [place for place in self._places() if place.scheme.protocol is protocol]
            place = next((place for place in places if not self._forbidden(place)), None)
            if place is None:
                refused = next((place for place in places if self._forbidden(place) in _NOT_OF_TLS), None)
                why = self._skipped(refused, why.what, self._forbidden(refused)) if refused else why
            elif protocol is Protocol.IMAP:
                self._keep(await fetch(self._net, place, self._terms, reader, token, self._handed_in_at, until))
                looked = True
            elif await self._fetch_by_pop3(place, reader, token, until):
                looked = True
            else:
                why = self._skipped(place, why.what, "login-delay")
        if not looked:
            self._note(why)

    async def _fetch_by_pop3(self, place: Endpoint, reader: LoginWish, token: str, until: float) -> bool:
        """POP3 shows a mailbox as it was at login: log in again until the message is there.

        False if not even one login was possible in time, for the server wants them further apart.
        """
        delay = login_delay(self._surveys[place])
        pause = 0.0
        for number in range(_POP3_LOGINS):
            start = max(self._net.now() + pause, self._pop3_login.get(place.host, -delay) + delay)
            if start > until:
                return number > 0
            await self._net.sleep(start - self._net.now())
            made = await fetch(self._net, place, self._terms, reader, token, self._handed_in_at, until)
            self._keep(made)
            seen = next((seen for seen in made.observations if isinstance(seen, Retrieved)), None)
            if seen is None or seen.found or seen.trouble is not None:
                break
            pause = min(pause * 2, LONGEST_PAUSE) or _POP3_FIRST_PAUSE
        return True

    def _keep(self, attempt: Attempt, *, counts: bool = True) -> None:
        self.attempts.append(attempt)
        for seen in attempt.observations:
            if isinstance(seen, Submitted):
                self._submitted = seen
                self._handed_in_at = self._net.now()
            if not isinstance(seen, LoginTried) or attempt.endpoint is None:
                continue
            if attempt.endpoint.scheme.protocol is Protocol.POP3:
                self._pop3_login[attempt.endpoint.host] = self._net.now()
            # Whatever the answer to a secret was, none included: somebody has counted it. But for one: too soon is
            # no refusal (RFC 2449 section 8.1.1), and another port may take the same login at once.
            if counts and seen.sent and not seen.accepted and not _too_soon(seen):
                self._refused.add(family_of(attempt.endpoint))

    def _places(self) -> list[Endpoint]:
        """Where users log in: submission first, each side in the order of the targets."""
        places = [place for place in self._surveys if self._expects_login(place)]
        return sorted(places, key=lambda place: (family_of(place) is Family.RETRIEVAL, place.scheme is Scheme.SMTP))

    def _expects_login(self, place: Endpoint) -> bool:
        if place.scheme is Scheme.SMTP:  # a mail exchanger need not know users; where it offers AUTH, it does
            return bool(offered(self._surveys[place]))
        return place.scheme.protocol is not Protocol.LMTP

    def _forbidden(self, place: Endpoint) -> str:
        """Why nothing is tried here, as a reason of the catalogue."""
        if self._net.now() > self._last_start:
            return "deadline"
        unsafe = self._unsafe(place)
        if unsafe == "not-reached":
            return unsafe
        if not place.named:
            return "host-not-named"
        return "earlier-refusal" if family_of(place) in self._refused else unsafe

    def _unsafe(self, place: Endpoint) -> str:
        survey = self._surveys[place]
        made = handshake(survey)
        if shown(survey) is None:
            return "not-reached" if made is None or made.trouble is None else "tls-not-available"
        if self._terms.tls is TlsPolicy.NEVER and place.scheme.tls_mode is not TlsMode.IMPLICIT:
            return ""
        return self._terms.too_open(protection_of(made))

    def _skip(self, place: Endpoint, what: str, why: str) -> None:
        self.attempts.append(Attempt(Job.LOGIN, place, skipped=(self._skipped(place, what, why),)))

    def _skipped(self, place: Endpoint, what: str, why: str) -> Skipped:
        params = {"host": place.host, "url": place.url} if why == "host-not-named" else {}
        return Skipped(what, why, place.url, asked=True, params=params)

    def _note(self, skipped: Skipped) -> None:
        self.attempts.append(Attempt(Job.DELIVER, skipped=(skipped,)))


def _too_soon(tried: LoginTried) -> bool:
    return tried.reply is not None and tried.reply.enhanced == "LOGIN-DELAY"


def _hands_in(attempt: Attempt) -> bool:
    """A login that was accepted where mail is handed in."""
    smtp = attempt.endpoint is not None and attempt.endpoint.scheme.protocol is Protocol.SMTP
    return smtp and any(isinstance(seen, LoginTried) and seen.accepted for seen in attempt.observations)


def _usable(mechanisms: tuple[str, ...], wish: LoginWish) -> tuple[str, ...]:
    """Those of the mechanisms that a secret of the wish serves."""
    has = {SecretKind.PASSWORD: bool(wish.credentials.password), SecretKind.TOKEN: bool(wish.credentials.token)}
    known = (name for name in mechanisms if name in MECHANISMS and not name.endswith("-PLUS"))
    return tuple(name for name in known if has.get(MECHANISMS[name].secret_kind))
