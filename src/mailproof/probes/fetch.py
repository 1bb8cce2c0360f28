"""Looking for a message that was handed in, and taking it out whole."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.model.attempt import Job, Step, Trouble
from mailproof.model.endpoint import Endpoint
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.record import Attempt
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.retrieval import Idled, IdleOutcome, Retrieved
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, held
from mailproof.probes.folders import find_elsewhere
from mailproof.probes.imap import ImapConversation, exists
from mailproof.probes.login import come_in
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.protocols import converse
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.wire.imap.responses import fetch_items
from mailproof.wire.pop3 import commands as pop3

TOKEN_FIELD = "X-Mailproof-Token"
"""Header field by which a message is found again (RFC 6648 allows a private name to begin so)."""

# The newest messages of a POP3 mailbox that are looked at: a new message is the last, but for others just arriving.
_NEWEST = 20

# Seconds between two looks, growing: a local delivery takes less than the first, a content filter a few seconds.
_FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
# Seconds of IDLE between two looks: a server that never tells (RFC 2177 lets it be slow) costs no more than these.
_LISTEN = 10.0


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
    messages = exists(talk.untagged)
    wait = Waiting(talk, until)
    looked_elsewhere = False
    while True:
        reply, numbers = await talk.search(TOKEN_FIELD, token)
        wait.looked(reply, found=bool(numbers))
        if reply.kind is not ReplyClass.POSITIVE:
            return _refused(talk, token, since, reply)
        if numbers:
            return await _take_out(talk, numbers[-1], Retrieved(token, True, messages, talk.net.now() - since))
        arrived = (
            exists(talk.untagged) > messages
        )  # told in the answer to the search: it may have come too late for it
        messages = max(messages, exists(talk.untagged))
        if arrived or ((looked_elsewhere or not wait.is_long) and await wait.for_mail(messages)):
            continue
        # A filter has put it into a folder by the time when a delivery is late, or by the end.
        if (found := await find_elsewhere(talk, TOKEN_FIELD, token)) is not None:
            folder, number = found
            use = next(iter(folder.uses), "")
            seconds = talk.net.now() - since
            return await _take_out(talk, number, Retrieved(token, True, messages, seconds, folder.name, use))
        if wait.is_over:
            return Retrieved(token, False, messages, talk.net.now() - since, reply=reply, turns=_last(reply))
        looked_elsewhere = True
        await talk.look_into("INBOX")
        messages = max(messages, exists(talk.untagged))


async def _take_out(talk: ImapConversation, number: int, found: Retrieved) -> Retrieved:
    """The same with its header, after the whole message was fetched from the mailbox that is open."""
    turn = talk.the_stream.turn
    await talk.fetch(number, "BODY.PEEK[HEADER]")
    headers = next((value for event in talk.untagged for value in fetch_items(event).values() if value), b"")
    shown = _header_lines(talk, headers if isinstance(headers, bytes) else b"")
    whole = await talk.fetch(number, "BODY.PEEK[]", keep=talk.terms.keep_bodies)
    return msgspec.structs.replace(found, headers=shown, reply=whole, turns=(turn - 1, turn))


class Waiting:
    """Until there may be something new in a mailbox of IMAP: by IDLE where it is offered, else by looking again."""

    def __init__(self, talk: ImapConversation, until: float) -> None:
        self._talk = talk
        self._until = until
        self._pause = _FIRST_PAUSE
        self._idles = talk.can("IDLE")
        self._idled: Idled | None = None
        self.is_long = False
        """A local delivery would have come by now."""
        self.is_over = False

    async def for_mail(self, known: int) -> bool:
        """False where there is no more time."""
        net = self._talk.net
        left = self._until - net.now()
        if self._idles and left > _FIRST_PAUSE:
            self._idled = await self._talk.idle(known, min(_LISTEN, left))
            self._idles = self._idled.outcome not in (IdleOutcome.REFUSED, IdleOutcome.ENDED)
            if self._idled.outcome is IdleOutcome.SILENT:
                self.is_long = True
                await self._talk.refresh()  # a mailbox may stay as it was until it is asked for (RFC 3501 section 7)
            return True
        if self._pause > left:
            self.is_over = True
            return False
        await net.sleep(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self.is_long = self.is_long or self._pause >= LONGEST_PAUSE
        await self._talk.refresh()
        return True

    def looked(self, reply: Reply, *, found: bool) -> None:
        """Note what listening came to, now that a search has shown what it should have told."""
        if self._idled is not None:
            turns = (*self._idled.turns, *_last(reply))
            self._talk.saw(msgspec.structs.replace(self._idled, found=found, turns=turns))
            self._idled = None


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


def _header_lines(talk: Conversation[Any], header: bytes) -> tuple[str, ...]:
    lines = header.replace(b"\r\n", b"\n").split(b"\n")
    return tuple(to_text(talk.the_stream.secrets.mask(line)) for line in lines if line)


def _refused(talk: ImapConversation, token: str, since: float, reply: Reply) -> Retrieved:
    return Retrieved(
        token, False, 0, talk.net.now() - since, trouble=Trouble.REJECTED, reply=reply, turns=_last(reply)
    )


def _last(reply: Reply) -> tuple[int, ...]:
    return (reply.turn - 1, reply.turn)
