"""Looking for a message that was handed in, and taking it out whole."""

from __future__ import annotations

from typing import Any

from mailproof.model.attempt import Job, Step, Trouble
from mailproof.model.endpoint import Endpoint
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.observation import Reply, ReplyClass, Retrieved
from mailproof.model.record import Attempt
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, held
from mailproof.probes.imap import ImapConversation
from mailproof.probes.login import LoginWish, come_in
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.protocols import converse
from mailproof.probes.terms import Terms
from mailproof.wire.imap.responses import fetch_items
from mailproof.wire.pop3 import commands as pop3

TOKEN_FIELD = "X-Mailproof-Token"
"""Header field by which a message is found again (RFC 6648 allows a private name to begin so)."""

# The newest messages of a POP3 mailbox that are looked at: a new message is the last, but for others just arriving.
_NEWEST = 20

# Seconds between two looks, growing: a local delivery takes less than the first, a content filter a few seconds.
_FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


async def fetch(
    net: Net, endpoint: Endpoint, terms: Terms, wish: LoginWish, token: str, since: float, until: float
) -> Attempt:
    """Log in and look for the message with this token until it is there, or `until` on the clock of `net`.

    POP3 shows a mailbox as it was at login (RFC 1939 section 8), so there it is looked at once.
    """
    talk = converse(net, endpoint, terms, Job.FETCH, wish.secrets)
    return await held(talk, _fetch(talk, wish, token, since, until))


async def _fetch(talk: Conversation[Any], wish: LoginWish, token: str, since: float, until: float) -> None:
    if await come_in(talk, wish):
        await _find(talk, token, since, until)
    await talk.leave()


async def _find(talk: Conversation[Any], token: str, since: float, until: float) -> None:
    started = talk.net.now()
    if isinstance(talk, ImapConversation):
        found = await _find_imap(talk, token, since, until)
    elif isinstance(talk, Pop3Conversation):
        found = await _find_pop3(talk, token, since)
    else:
        return
    talk.saw(found)
    # A message that is not there is a fact; the session itself went well.
    failure = NetFailure(found.trouble) if found.trouble is not None else None
    talk.took(Step.FETCH, started, failure)


async def _find_imap(talk: ImapConversation, token: str, since: float, until: float) -> Retrieved:
    opened = await talk.examine("INBOX")
    if opened.kind is not ReplyClass.POSITIVE:
        return _refused(talk, token, since, opened)
    messages = _exists(talk)
    pause = _FIRST_PAUSE
    while True:
        reply, numbers = await talk.search(TOKEN_FIELD, token)
        if reply.kind is not ReplyClass.POSITIVE:
            return _refused(talk, token, since, reply)
        if numbers:
            break
        if talk.net.now() + pause > until:
            return Retrieved(token, False, messages, talk.net.now() - since, reply=reply, turns=_last(reply))
        await talk.net.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
        await talk.refresh()
        messages = _exists(talk) or messages
    seconds = talk.net.now() - since
    await talk.fetch(numbers[-1], "BODY.PEEK[HEADER]")
    headers = next((value for event in talk.untagged for value in fetch_items(event).values() if value), b"")
    shown = _header_lines(talk, headers if isinstance(headers, bytes) else b"")
    whole = await talk.fetch(numbers[-1], "BODY.PEEK[]", keep=talk.terms.keep_bodies)
    return Retrieved(token, True, messages, seconds, headers=shown, reply=whole, turns=_last(reply))


async def _find_pop3(talk: Pop3Conversation, token: str, since: float) -> Retrieved:
    messages = await talk.count()
    if messages is None:
        return Retrieved(
            token, False, 0, talk.net.now() - since, trouble=Trouble.REJECTED, turns=(talk.the_stream.turn,)
        )
    wanted = f"{TOKEN_FIELD}: {token}".encode()
    for number in range(messages, max(0, messages - _NEWEST), -1):
        top = await talk.ask_lines(Step.FETCH, pop3.top(number, 0), "TOP")
        if wanted not in (top.lines or ()):
            continue
        turn = talk.the_stream.turn
        seconds = talk.net.now() - since
        whole = await talk.ask_lines(Step.FETCH, pop3.retr(number), "RETR", keep=talk.terms.keep_bodies)
        headers = _header_lines(talk, b"\n".join(top.lines or ()))
        return Retrieved(
            token, True, messages, seconds, headers=headers, reply=talk.to_reply(whole, 0.0), turns=(turn - 1, turn)
        )
    return Retrieved(token, False, messages, talk.net.now() - since, turns=(talk.the_stream.turn,))


def _exists(talk: ImapConversation) -> int:
    return max((event.number or 0 for event in talk.untagged if event.name == "EXISTS"), default=0)


def _header_lines(talk: Conversation[Any], header: bytes) -> tuple[str, ...]:
    lines = header.replace(b"\r\n", b"\n").split(b"\n")
    return tuple(to_text(talk.the_stream.secrets.mask(line)) for line in lines if line)


def _refused(talk: ImapConversation, token: str, since: float, reply: Reply) -> Retrieved:
    return Retrieved(
        token, False, 0, talk.net.now() - since, trouble=Trouble.REJECTED, reply=reply, turns=_last(reply)
    )


def _last(reply: Reply) -> tuple[int, ...]:
    return (reply.turn - 1, reply.turn)
