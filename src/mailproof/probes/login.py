"""Logging in once, and what a user who has logged in may do. Who may try, and where, is decided in `run`."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.model.attempt import Step, Trouble
from mailproof.model.endpoint import Endpoint, Protocol
from mailproof.model.failure import NetFailure
from mailproof.model.observation import Capabilities, EnvelopePurpose, LoginTried, ReplyClass
from mailproof.model.record import Attempt
from mailproof.model.tls import Protection, TlsPolicy
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, Ended
from mailproof.probes.exchange import log_in
from mailproof.probes.imap import ImapConversation
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.protocols import converse
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.terms import Terms
from mailproof.sasl.credentials import BINDINGS, Credentials
from mailproof.sasl.registry import MECHANISMS, preferred


class Message(msgspec.Struct, frozen=True):
    """A message to be handed in once the login stands."""

    recipient: str
    data: bytes
    token: str
    """In its header field `X-Mailproof-Token`."""


class LoginWish(msgspec.Struct, frozen=True):
    credentials: Credentials
    nonce: str
    mechanism: str = ""
    """The only one to use; empty for the most sensible that is offered."""
    message: Message | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.credentials.password, self.credentials.token) if secret)


async def login(net: Net, endpoint: Endpoint, terms: Terms, wish: LoginWish) -> Attempt:
    """Come in, log in once, look around, leave."""
    talk = converse(net, endpoint, terms, "login", wish.secrets)
    try:
        if await come_in(talk, wish):
            await _look_around(talk, wish)
        await talk.leave()
    except Ended:
        pass
    finally:
        talk.close()
    return talk.attempt()


async def come_in(talk: Conversation[Any], wish: LoginWish) -> bool:
    """From the connection to a login that was accepted. The reason for False has been noted."""
    await talk.connect()
    greeting = await talk.greet()
    offered = await talk.capabilities()
    if await talk.upgrade() and talk.offered is None:
        offered = await talk.capabilities()
    if why := _too_open(talk):
        talk.skip("login-accepted", why, asked=True)
        return False
    mechanism, command = _choose(talk, offered, wish)
    if not mechanism and not command:
        talk.skip("login-accepted", "no-mechanism-offered", asked=True)
        return False
    tried: LoginTried
    if mechanism:
        tried = await log_in(talk, MECHANISMS[mechanism], wish.credentials, wish.nonce)
    elif isinstance(talk, Pop3Conversation):
        stamp = greeting.reply.text if command == "APOP" and greeting is not None and greeting.reply else ""
        tried = await talk.log_in_by_command(wish.credentials, stamp)
    elif isinstance(talk, ImapConversation):
        tried = await talk.log_in_by_command(wish.credentials)
    return tried.accepted


def _too_open(talk: Conversation[Any]) -> str:
    """Why no secret may be said here, as a reason of the catalogue; empty if it may."""
    if talk.protection is Protection.NONE and talk.terms.tls is not TlsPolicy.NEVER:
        return "tls-not-available"
    if talk.protection is Protection.UNVERIFIED and talk.terms.verify:
        return "tls-not-verified"
    return ""


def _choose(talk: Conversation[Any], offered: Capabilities, wish: LoginWish) -> tuple[str, str]:
    """The SASL mechanism to use, or else the protocol's own command; both empty if there is neither."""
    names = list(offered.mechanisms)
    own = _own_command(talk, offered)
    if wish.mechanism:
        wanted = wish.mechanism.upper()
        if wanted in names and wanted in MECHANISMS:
            return wanted, ""
        return "", wanted if wanted in (own, "APOP" if own == "USER" else "") else ""
    usable = preferred(
        names,
        protection=talk.protection,
        have_token=bool(wish.credentials.token),
        have_password=bool(wish.credentials.password),
        binding=[kind for kind in BINDINGS if talk.the_stream.channel_binding(kind)],
    )
    return (usable[0], "") if usable else ("", own)


def _own_command(talk: Conversation[Any], offered: Capabilities) -> str:
    """USER or LOGIN, where the protocol has it and the server does not rule it out."""
    if isinstance(talk, Pop3Conversation):
        known = offered.reply.kind is ReplyClass.POSITIVE
        return "USER" if not known or offered.get("USER") is not None else ""
    if isinstance(talk, ImapConversation):
        return "" if offered.get("LOGINDISABLED") is not None else "LOGIN"
    return ""


async def _look_around(talk: Conversation[Any], wish: LoginWish) -> None:
    if isinstance(talk, SmtpConversation) and talk.endpoint.scheme.protocol is Protocol.SMTP:
        terms = talk.terms
        if "relay" not in terms.skip:
            await talk.envelope(terms.sender, (EnvelopePurpose.OUTSIDE, terms.outside), logged_in=True)
        if terms.mailbox:
            await talk.envelope(terms.sender, (EnvelopePurpose.MAILBOX, terms.mailbox), logged_in=True)
        if wish.message is not None:
            message = wish.message
            await talk.hand_in(terms.sender, message.recipient, message.data, message.token)
    elif isinstance(talk, Pop3Conversation):
        started = talk.net.now()
        count = await talk.count()
        talk.took(Step.LIST, started, None if count is not None else NetFailure(Trouble.REJECTED, "STAT"))
    elif isinstance(talk, ImapConversation):
        started = talk.net.now()
        opened = await talk.examine("INBOX")
        refused = opened.kind is not ReplyClass.POSITIVE
        talk.took(Step.SELECT, started, NetFailure(Trouble.REJECTED, opened.line) if refused else None)


async def deliver(net: Net, endpoint: Endpoint, terms: Terms, message: Message) -> Attempt:
    """Hand a message in without logging in, as another mail server would (RFC 5321)."""
    talk = converse(net, endpoint, terms, "deliver")
    try:
        await talk.connect()
        await talk.greet()
        await talk.capabilities()
        if await talk.upgrade() and talk.offered is None:
            await talk.capabilities()
        if isinstance(talk, SmtpConversation):
            await talk.hand_in(terms.sender, message.recipient, message.data, message.token)
        await talk.leave()
    except Ended:
        pass
    finally:
        talk.close()
    return talk.attempt()
