"""What POP3 calls the messages: one look, to be compared with another one."""

from __future__ import annotations

import hashlib
import re

from mailproof.model.attempt import Job, Step
from mailproof.model.endpoint import Endpoint
from mailproof.model.escape import to_text
from mailproof.model.record import Attempt
from mailproof.model.reply import ReplyClass
from mailproof.model.retrieval import NamedMessage, UidsListed
from mailproof.net.interface import Net
from mailproof.probes.conversation import held
from mailproof.probes.login import come_in
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.wire.pop3 import commands
from mailproof.wire.pop3.responses import numbered, octets

# Messages of a mailbox whose names are kept; of more the newest, as fetchmail asks for (`fastuidl`).
_MOST = 1000
# What a server writes into a header itself, and changes: qpopper, UW and mutt alike.
_OF_THE_SERVER = re.compile(rb"(x-)?(status|uidl|uid|keywords):", re.IGNORECASE)


async def look_at_uids(net: Net, endpoint: Endpoint, terms: Terms, wish: LoginWish) -> Attempt:
    """Log in, list names and sizes, and look at the headers of the oldest and the newest message."""
    talk = Pop3Conversation(net, endpoint, terms, Job.UIDL, wish.secrets)
    return await held(talk, _look(talk, wish))


async def _look(talk: Pop3Conversation, wish: LoginWish) -> None:
    if await come_in(talk, wish):
        started = talk.net.now()
        # Of Step.FETCH, for a large mailbox has a long list; the limits of the reader count.
        named = await talk.ask_lines(Step.FETCH, commands.uidl(), "UIDL")
        reply = talk.to_reply(named, talk.net.now() - started)
        turns = (talk.the_stream.turn - 1, talk.the_stream.turn)
        uids, sizes = numbered(named), dict[int, int]()
        if uids and reply.kind is ReplyClass.POSITIVE:
            sizes = octets(await talk.ask_lines(Step.FETCH, commands.list_(), "LIST"))
        kept = sorted(uids)[-_MOST:]
        headers = {number: await _header(talk, number) for number in dict.fromkeys((*kept[:1], *kept[-1:]))}
        messages = tuple(
            NamedMessage(
                number,
                to_text(uids[number]),
                sizes.get(number),
                headers.get(number, ""),
            )
            for number in kept
        )
        talk.saw(UidsListed(wish.credentials.user, reply, messages, turns))
        talk.took(Step.LIST, started)
    await talk.leave()


async def _header(talk: Pop3Conversation, number: int) -> str:
    """Hash of the header, which is not recorded; empty where it is not to be had."""
    top = await talk.ask_lines(Step.FETCH, commands.top(number, 0), "TOP", keep=False)
    kept = [line for line in top.lines or () if not _OF_THE_SERVER.match(line)]
    return hashlib.sha256(b"\n".join(kept)).hexdigest() if kept and not top.truncated else ""
