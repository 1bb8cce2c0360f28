"""Does the server tell who has a mailbox? VRFY, then EXPN, of one who should have one and of one who cannot."""

from __future__ import annotations

from mailproof.model.attempt import Job, Step
from mailproof.model.endpoint import Endpoint
from mailproof.model.envelope import EnvelopePurpose, UserAsked
from mailproof.model.record import Attempt
from mailproof.net.interface import Net
from mailproof.probes.conversation import held
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.survey import UNKNOWN_LOCAL_PART
from mailproof.probes.terms import Terms
from mailproof.wire.smtp import commands

_COMMANDS = {"VRFY": commands.vrfy, "EXPN": commands.expn}


async def verify(net: Net, endpoint: Endpoint, terms: Terms) -> Attempt:
    """Four questions at most, none of which names an address that the check does not know already."""
    talk = SmtpConversation(net, endpoint, terms, Job.VERIFY)
    return await held(talk, _verify(talk))


async def _verify(talk: SmtpConversation) -> None:
    await talk.enter()
    mailbox = talk.terms.mailbox
    people = (
        (EnvelopePurpose.MAILBOX, mailbox),
        (EnvelopePurpose.UNKNOWN, f"{UNKNOWN_LOCAL_PART}@{mailbox.rpartition('@')[2]}"),
    )
    for verb, command in _COMMANDS.items():
        for purpose, address in people:
            reply = await talk.ask(Step.RCPT, command(address), verb)
            talk.saw(UserAsked(verb, purpose, address, reply, (max(reply.turn - 1, 0), reply.turn)))
    await talk.leave()
