"""Is somebody else's address taken as the sender? From a stranger at port 25, and from a user who has logged in."""

from __future__ import annotations

from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint
from mailproof.model.record import Attempt
from mailproof.net.interface import Net
from mailproof.probes.conversation import held
from mailproof.probes.login import come_in
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish


async def forge(net: Net, endpoint: Endpoint, terms: Terms) -> Attempt:
    """The mailbox itself as the sender, without a login, as blackmailers write. Stops before DATA."""
    talk = SmtpConversation(net, endpoint, terms, Job.IMPERSONATE)
    return await held(talk, _forge(talk))


async def _forge(talk: SmtpConversation) -> None:
    terms = talk.terms
    await talk.enter()
    if terms.xclient:
        if not await talk.become(terms.xclient):
            await talk.leave()
            return
        await talk.capabilities()
    await talk.claim(terms.mailbox, terms.mailbox)
    await talk.leave()


async def borrow(net: Net, endpoint: Endpoint, terms: Terms, wish: LoginWish, sender: str, recipient: str) -> Attempt:
    """Log in, and name `sender`, who is somebody else. Stops before DATA."""
    talk = SmtpConversation(net, endpoint, terms, Job.IMPERSONATE, wish.secrets)
    return await held(talk, _borrow(talk, wish, sender, recipient))


async def _borrow(talk: SmtpConversation, wish: LoginWish, sender: str, recipient: str) -> None:
    if await come_in(talk, wish):
        await talk.claim(sender, recipient, wish.credentials.user)
    await talk.leave()
