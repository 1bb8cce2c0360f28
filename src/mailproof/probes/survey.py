"""What anybody can see of an endpoint, without logging in: greeting, capabilities, TLS, and whether it relays."""

from __future__ import annotations

from typing import Any

from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint, Protocol, Scheme, TlsMode
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.record import Attempt
from mailproof.model.reply import ReplyClass
from mailproof.model.tls import TlsPolicy
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, held
from mailproof.probes.protocols import converse
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.terms import Terms

# A server that waits for TLS at once says nothing to a client that waits for a greeting. After so many seconds of
# silence a second connection tries TLS.
_SILENCE = 5.0

UNKNOWN_LOCAL_PART = "mailproof-no-such-mailbox"
"""A local part that no server has; fixed, so that a log shows at once what asked for it."""


async def survey(net: Net, endpoint: Endpoint, terms: Terms) -> tuple[Attempt, ...]:
    """One connection, and a second look where the server stays silent."""
    talk = converse(net, endpoint, terms, Job.SURVEY)
    looks: list[Attempt] = []
    return (await held(talk, _survey(talk, looks)), *looks)


async def _survey(talk: Conversation[Any], looks: list[Attempt]) -> None:
    await talk.connect()
    await _greeting(talk, looks)
    secured = await talk.secure()
    if isinstance(talk, SmtpConversation) and talk.endpoint.scheme.protocol is Protocol.SMTP:
        if secured or _clear_text_will_do(talk):
            await _relay(talk)
        else:
            asked = bool(talk.terms.xclient) or talk.terms.tls is TlsPolicy.REQUIRED
            talk.skip("relay-closed", "tls-not-available", asked=asked)
    await talk.leave()


def _clear_text_will_do(talk: Conversation[Any]) -> bool:
    """Whether a server without TLS is asked further: on port 25 unless ruled out, elsewhere where it was wanted."""
    if talk.terms.tls is TlsPolicy.AUTO:
        return talk.endpoint.scheme.tls_mode is TlsMode.OPPORTUNISTIC
    return talk.terms.tls is TlsPolicy.NEVER


async def _greeting(talk: Conversation[Any], looks: list[Attempt]) -> None:
    """Wait for it, and look a second time at a port that stays silent: it may wait for TLS at once."""
    if talk.endpoint.scheme.tls_mode is TlsMode.IMPLICIT:
        await talk.greet()
        return
    # On port 25 a greeting may come late on purpose (postscreen, sendmail's greet_pause), and who talks before it is
    # a spammer: there the second look waits until nothing can be spoilt any more.
    late = talk.endpoint.scheme is Scheme.SMTP
    if await talk.greet(talk.terms.timeout if late else min(_SILENCE, talk.terms.timeout / 2)):
        return
    second = converse(talk.net, talk.endpoint, talk.terms, Job.LOOK)
    looks.append(await held(second, _look(second)))
    if late or looks[0].failed is None:
        talk.give_up_greeting()
    await talk.greet()


async def _look(talk: Conversation[Any]) -> None:
    await talk.connect_plainly()
    await talk.start_tls()


async def _relay(talk: SmtpConversation) -> None:
    terms = talk.terms
    if terms.xclient:
        if not await talk.become(terms.xclient, "relay-closed"):
            return
        await talk.capabilities()
    if "relay" in terms.skip:
        talk.skip("relay-closed", "not-in-profile")
    else:
        await talk.envelope(terms.sender, (EnvelopePurpose.OUTSIDE, terms.outside))
    if not terms.mailbox:
        return
    if talk.endpoint.scheme.is_submission and _only_elsewhere(talk):
        # A port for users that has forgotten to ask for a login takes mail for its own domain from anybody.
        await talk.envelope(terms.sender, (EnvelopePurpose.MAILBOX, terms.mailbox))
    if talk.endpoint.scheme is not Scheme.SMTP:
        return
    recipients = [(EnvelopePurpose.MAILBOX, terms.mailbox)]
    if "users" in terms.skip:
        talk.skip("unknown-recipient-refused", "not-in-profile")
    else:
        domain = terms.mailbox.rpartition("@")[2]
        recipients.append((EnvelopePurpose.UNKNOWN, f"{UNKNOWN_LOCAL_PART}@{domain}"))
    await talk.envelope(terms.sender, *recipients)


def _only_elsewhere(talk: SmtpConversation) -> bool:
    """Whether the recipient elsewhere was refused for good, and not for want of a login (RFC 4954 section 6)."""
    tried = [fact for fact in talk.observations if isinstance(fact, EnvelopeTried)]
    reply = tried[-1].rcpt if tried else None
    return reply is not None and reply.kind is ReplyClass.PERMANENT and reply.code != "530"


async def clear(net: Net, endpoint: Endpoint, terms: Terms) -> Attempt:
    """Is mail taken without TLS on port 25? MAIL in clear text, and no further (RFC 3207 section 4)."""
    talk = converse(net, endpoint, terms, Job.CLEAR)
    return await held(talk, _clear(talk))


async def _clear(talk: Conversation[Any]) -> None:
    await talk.connect()
    await talk.greet()
    await talk.capabilities()
    if isinstance(talk, SmtpConversation):
        await talk.envelope(talk.terms.sender)
    await talk.leave()
