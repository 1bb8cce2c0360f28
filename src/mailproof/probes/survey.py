"""What anybody can see of an endpoint, without logging in: greeting, capabilities, TLS, and whether it relays."""

from __future__ import annotations

from typing import Any

from mailproof.model.endpoint import Endpoint, Protocol, Scheme, TlsMode
from mailproof.model.observation import EnvelopePurpose
from mailproof.model.record import Attempt
from mailproof.model.tls import TlsPolicy
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, Ended
from mailproof.probes.protocols import converse
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.terms import Terms

# A server that waits for TLS at once says nothing to a client that waits for a greeting. After so many seconds of
# silence a second connection tries TLS; postscreen's teaser (postscreen_greet_wait 6s) has come by then.
_SILENCE = 5.0

UNKNOWN_LOCAL_PART = "mailproof-no-such-mailbox"
"""A local part that no server has; fixed, so that a log shows at once what asked for it."""


async def survey(net: Net, endpoint: Endpoint, terms: Terms) -> tuple[Attempt, ...]:
    """One connection, and a second look where the server stays silent."""
    talk = converse(net, endpoint, terms, "survey")
    looks: list[Attempt] = []
    try:
        await _survey(talk, looks)
    except Ended:
        pass
    finally:
        talk.close()
    return (talk.attempt(), *looks)


async def _survey(talk: Conversation[Any], looks: list[Attempt]) -> None:
    await talk.connect()
    if not await talk.greet(min(_SILENCE, talk.terms.timeout / 2)):
        look = await _look(talk)
        if look is not None:
            looks.append(look)
            if look.failed is None:
                talk.give_up_greeting()
        await talk.greet()
    await talk.capabilities()
    secured = await talk.upgrade()
    if secured and talk.offered is None:
        await talk.capabilities()
    if not secured and talk.endpoint.scheme.tls_mode is TlsMode.STARTTLS and talk.terms.tls is not TlsPolicy.NEVER:
        if isinstance(talk, SmtpConversation):
            talk.skip("relay-closed", "tls-not-available")
    elif isinstance(talk, SmtpConversation) and talk.endpoint.scheme.protocol is Protocol.SMTP:
        await _relay(talk)
    await talk.leave()


async def _look(talk: Conversation[Any]) -> Attempt | None:
    """Does the silent port speak TLS at once? None for one that should, where silence means something else."""
    if talk.endpoint.scheme.tls_mode is TlsMode.IMPLICIT:
        return None
    second = converse(talk.net, talk.endpoint, talk.terms, "look")
    try:
        await second.connect()
        await second.start_tls()
    except Ended:
        pass
    finally:
        second.close()
    return second.attempt()


async def _relay(talk: SmtpConversation) -> None:
    terms = talk.terms
    if terms.xclient:
        if not await talk.become(terms.xclient):
            talk.skip("relay-closed", "xclient-refused", asked=True)
            return
        await talk.capabilities()
    if "relay" in terms.skip:
        talk.skip("relay-closed", "not-in-profile")
    else:
        await talk.envelope(terms.sender, (EnvelopePurpose.OUTSIDE, terms.outside))
    if not terms.mailbox or talk.endpoint.scheme is not Scheme.SMTP:
        return
    recipients = [(EnvelopePurpose.MAILBOX, terms.mailbox)]
    if "users" in terms.skip:
        talk.skip("unknown-recipient-refused", "not-in-profile")
    else:
        domain = terms.mailbox.rpartition("@")[2]
        recipients.append((EnvelopePurpose.UNKNOWN, f"{UNKNOWN_LOCAL_PART}@{domain}"))
    await talk.envelope(terms.sender, *recipients)


async def clear(net: Net, endpoint: Endpoint, terms: Terms) -> Attempt:
    """Is mail taken without TLS on port 25? MAIL in clear text, and no further (RFC 3207 section 4)."""
    talk = converse(net, endpoint, terms, "clear")
    try:
        await talk.connect()
        await talk.greet()
        await talk.capabilities()
        if isinstance(talk, SmtpConversation):
            await talk.envelope(terms.sender)
        await talk.leave()
    except Ended:
        pass
    finally:
        talk.close()
    return talk.attempt()
