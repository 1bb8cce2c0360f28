"""Logging in once, and what a user who has logged in may do. Who may try, and where, is decided in `run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailproof.model.attempt import Job
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Endpoint, Protocol
from mailproof.model.envelope import EnvelopePurpose
from mailproof.model.provoked import LoginProbed
from mailproof.model.record import Attempt
from mailproof.model.reply import ReplyClass
from mailproof.model.tls import Protection, TlsPolicy
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, OwnLogin, held
from mailproof.probes.exchange import binding_of, log_in
from mailproof.probes.protocols import converse
from mailproof.probes.speech import Ended
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish, Message
from mailproof.sasl.registry import MECHANISMS, preferred

if TYPE_CHECKING:
    from mailproof.probes.smtp import SmtpConversation


async def login(net: Net, endpoint: Endpoint, terms: Terms, wish: LoginWish) -> Attempt:
    """Come in, log in once, look around, leave."""
    talk = converse(net, endpoint, terms, Job.LOGIN, wish.secrets)
    return await held(talk, log_in_and_look(talk, wish))


async def log_in_and_look(talk: Conversation[Any], wish: LoginWish) -> None:
    """The course of a conversation that may have been dialled already."""
    if await come_in(talk, wish):
        await _look_around(talk, wish)
        if talk.terms.second_login and talk.endpoint.scheme.protocol is Protocol.SMTP:
            await _ask_again(talk)
    await talk.leave()


async def _ask_again(talk: Conversation[Any]) -> None:
    """Another AUTH after one that was accepted, which must be refused (RFC 4954 section 4). Says nothing secret."""
    tried = next((seen for seen in reversed(talk.observations) if isinstance(seen, LoginTried)), None)
    if tried is None:
        return
    answer, _ = await talk.auth_begin(tried.mechanism, None)
    turns = (answer.reply.turn - 1, answer.reply.turn)
    talk.saw(LoginProbed(Stage.LOGGED_IN, tried.mechanism, answer.reply, turns))
    if answer.reply.kind is ReplyClass.INTERMEDIATE:
        await talk.auth_say(None)


async def come_in(talk: Conversation[Any], wish: LoginWish) -> bool:
    """From the connection to a login that was accepted. The reason for False has been noted."""
    greeting = await talk.enter()
    return await authenticate(talk, wish, greeting)


async def authenticate(talk: Conversation[Any], wish: LoginWish, greeting: Greeting | None = None) -> bool:
    """Log in, in a conversation that has come as far. The reason for False has been noted."""
    offered = talk.offered
    if offered is None:
        raise Ended
    if greeting is not None and greeting.reply is not None and greeting.reply.code == "PREAUTH":
        talk.skip("login-accepted", "already-logged-in", asked=True)
        return False
    if why := talk.terms.too_open(talk.protection):
        talk.skip("login-accepted", why, asked=True)
        return False
    mechanism, command = _choose(talk, offered, wish)
    if mechanism:
        tried = await log_in(talk, MECHANISMS[mechanism], wish.credentials, wish.nonce)
    elif command and isinstance(talk, OwnLogin):
        stamp = greeting.reply.text if command == "APOP" and greeting is not None and greeting.reply else ""
        tried = await talk.log_in_by_command(wish.credentials, stamp)
    else:
        talk.skip("login-accepted", _lacking(talk, offered, wish), asked=True)
        return False
    return tried.accepted


def _lacking(talk: Conversation[Any], offered: Capabilities, wish: LoginWish) -> str:
    """Why there is nothing to log in with, as a reason of the catalogue."""
    if not offered.mechanisms and not (isinstance(talk, OwnLogin) and talk.own_command(offered)):
        return "no-login-offered"
    return "mechanism-not-offered" if wish.mechanism else "no-mechanism-offered"


def _choose(talk: Conversation[Any], offered: Capabilities, wish: LoginWish) -> tuple[str, str]:
    """The SASL mechanism to use, or else the protocol's own command; both empty if there is neither."""
    names = list(offered.mechanisms)
    own = talk.own_command(offered) if isinstance(talk, OwnLogin) else ""
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
        binding=binding_of(talk.the_stream),
    )
    return (usable[0], "") if usable else ("", own)


async def _look_around(talk: Conversation[Any], wish: LoginWish) -> None:
    from mailproof.probes.smtp import SmtpConversation

    if talk.endpoint.scheme.protocol is Protocol.SMTP and isinstance(talk, SmtpConversation):
        await _as_user(talk)
        if wish.message is not None:
            await _hand_in(talk, wish.message)
    else:
        await talk.look_around()


async def _as_user(talk: SmtpConversation) -> None:
    """May the user send elsewhere, and to the mailbox?"""
    terms = talk.terms
    if not terms.sender:  # the null sender is for bounces, not for people (RFC 5321 section 4.5.5)
        talk.skip("relay-after-login", "no-sender", asked=bool(terms.mailbox))
        return
    if "relay" not in terms.skip:
        await talk.envelope(terms.sender, (EnvelopePurpose.OUTSIDE, terms.outside))
    if terms.mailbox:
        await talk.envelope(terms.sender, (EnvelopePurpose.MAILBOX, terms.mailbox))


async def deliver(net: Net, endpoint: Endpoint, terms: Terms, message: Message) -> Attempt:
    """Hand a message in without logging in, as another mail server would (RFC 5321)."""
    talk = converse(net, endpoint, terms, Job.DELIVER)
    return await held(talk, _deliver(talk, message))


async def _deliver(talk: Conversation[Any], message: Message) -> None:
    from mailproof.probes.smtp import SmtpConversation

    await talk.enter()
    if talk.protection is Protection.NONE and talk.terms.tls is TlsPolicy.REQUIRED:
        talk.skip("message-delivered", "tls-not-available", asked=True)
    elif isinstance(talk, SmtpConversation):
        await _hand_in(talk, message)
    await talk.leave()


async def _hand_in(talk: SmtpConversation, message: Message) -> None:
    from mailproof.probes.transaction import Recipient, Sending, hand_over

    sending = Sending(
        sender=talk.terms.sender,
        mail_params=(f"SIZE={len(message.data)}",) if talk.offers("SIZE") else (),
        recipients=(Recipient(message.recipient),),
        data=message.data,
        eight_bit=not message.data.isascii(),
        token=message.token,
    )
    await hand_over(talk, sending)
