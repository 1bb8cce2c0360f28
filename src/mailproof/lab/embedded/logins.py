"""Logins, by SASL and by a protocol's own command: what is offered, what is accepted, and what a failure costs."""

from __future__ import annotations

import base64
import binascii
from abc import abstractmethod
from typing import ClassVar

import msgspec

from mailproof.lab.embedded.accounts import Directory
from mailproof.lab.embedded.behaviour import MECHANISMS, WRONG_PASSWORD, LoginReply, Passwords
from mailproof.lab.embedded.oddities import odd_challenge
from mailproof.lab.embedded.session import Event, Session
from mailproof.lab.embedded.site import FAILURE_DELAY, Desk, Site
from mailproof.net.interface import ServerStream
from mailproof.sasl import registry
from mailproof.sasl.credentials import BINDINGS
from mailproof.sasl.exchange import serve
from mailproof.sasl.server import Accepted, Challenge, Reason, Rejected, Service, check_password
from mailproof.wire.commands import ClientLine

# No mechanism takes more rounds.
_ROUNDS = 8
# Dovecot hangs up after so many logins that failed; Postfix counts them as errors.
_MOST_FAILURES = 10


class Login(msgspec.Struct, frozen=True):
    """How a login ended."""

    user: str = ""
    """Who it is; empty if it was refused."""
    given: str = ""
    """The name that was given, as far as it is known; unchecked text of the client, for the log."""
    method: str = ""
    refused: LoginReply | None = None
    reason: Reason | None = None
    """For the log."""


class LoginSession(Session[Event]):
    """A session of a protocol in which users log in."""

    service: ClassVar[str]
    """Its name in SASL (RFC 4422 section 4)."""

    def __init__(self, site: Site, desk: Desk, stream: ServerStream) -> None:
        super().__init__(site, desk, stream)
        self.failures = 0
        self._directory = Directory(site.accounts, tokens_expired=self.behaviour.tokens_expired)

    @abstractmethod
    def challenge(self, data: bytes) -> bytes: ...

    @abstractmethod
    def log_login(self, login: Login) -> None: ...

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms offered now."""
        if not self.takes_logins:
            return ()
        bound = bool(self._binding())
        left_out = self.behaviour.without_mechanisms
        return tuple(m for m in MECHANISMS if m not in left_out and (bound or not m.endswith("-PLUS")))

    @property
    def offered(self) -> tuple[str, ...]:
        """Those of them that stand in the list of capabilities."""
        hidden = self.behaviour.passwords is Passwords.HIDDEN and not self.stream.is_tls
        return () if hidden else self.mechanisms

    @property
    def takes_logins(self) -> bool:
        match self.behaviour.passwords:
            case Passwords.NEVER:
                return False
            case Passwords.ALWAYS | Passwords.HIDDEN:
                return True
            case Passwords.IN_TLS:
                return self.stream.is_tls

    def _binding(self) -> dict[str, bytes]:
        return {kind: data for kind in BINDINGS if (data := self.stream.channel_binding(kind)) is not None}

    async def authenticate(self, mechanism: str, initial: bytes | None) -> Login:
        """Run one exchange to its end; `initial` as it stood in the command, in base64."""
        responses: list[bytes | None] = []
        if initial is not None:
            first = _decoded(b"" if initial == b"=" else initial)
            if first is None:
                return await self.settle(Login(method=mechanism, reason=Reason.MALFORMED))
            responses.append(first)
        binding = self._binding()
        service = Service(
            self.service,
            self.site.hostname,
            self.site.nonce(),
            iterations=self.behaviour.scram_iterations,
            binding=binding,
            bound_offered=bool(binding),
        )
        for _ in range(_ROUNDS):
            outcome = serve(registry.MECHANISMS[mechanism], self._directory, service, responses)
            match outcome:
                case Challenge(data):
                    responses.append(await self._ask(data))
                case Accepted(user, None):
                    return await self.settle(Login(user.lower(), user, mechanism))
                case Accepted(user, bytes() as data):
                    final = await self._ask(data)
                    reason = Reason.CANCELLED if final is None else Reason.MALFORMED if final else None
                    return await self.settle(Login("" if reason else user.lower(), user, mechanism, reason=reason))
                case Rejected(reason, given):
                    return await self.settle(Login("", given, mechanism, reason=reason))
        return await self.settle(Login(method=mechanism, reason=Reason.MALFORMED))

    async def _ask(self, data: bytes) -> bytes | None:
        """The answer to a challenge; None if the client cancels. What is no base64 is passed on to be refused."""
        self._reader.expect_line()
        await self.say(odd_challenge(self.behaviour.oddities, self.challenge(data), data))
        event = await self.next_event()
        if not isinstance(event, ClientLine) or event.data.strip() == b"*":
            return None
        answer = _decoded(event.data.strip())
        return b"\0" if answer is None else answer

    async def check(self, user: str, password: bytes, method: str) -> Login:
        """A login by the protocol's own command."""
        reason = check_password(self._directory, user, password)
        return await self.settle(Login("" if reason else user.lower(), user, method, reason=reason))

    async def settle(self, login: Login) -> Login:
        """What the behaviour makes of a login, after the delay that a failure costs."""
        late = self.site.penalty(self.client) if self.behaviour.penalty else 0.0
        about = (r for r in self.behaviour.login_replies if not r.mechanisms or login.method in r.mechanisms)
        struck = (reply for reply in about if self.strikes(reply.occasion))
        reply = next(struck, None if login.user else WRONG_PASSWORD)
        if reply is not None and login.reason is not Reason.CANCELLED:
            login = msgspec.structs.replace(login, user="", refused=reply, reason=login.reason or reply.reason)
        if login.refused is not None:
            self.failures += 1
            late += FAILURE_DELAY + login.refused.occasion.delay
            self.site.note_failure(self.client)
        await self.pause(late)
        self.log_login(login)
        self.user = login.user
        return login

    @property
    def has_failed_enough(self) -> bool:
        return self.failures >= _MOST_FAILURES


def _decoded(data: bytes) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return None
