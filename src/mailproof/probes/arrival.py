"""A message waited for in a mailbox, taken out whole and removed: in INBOX, then where a filter may have put it."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.model.attempt import Step, Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.reply import ReplyClass
from mailproof.probes.conversation import Conversation
from mailproof.probes.fetch import TOKEN_FIELD, Waiting
from mailproof.probes.folders import find_elsewhere
from mailproof.probes.imap import ImapConversation, exists
from mailproof.probes.login import come_in
from mailproof.probes.mailbox import Found, Want, take_whole
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.wish import LoginWish

# The newest messages of a POP3 mailbox that are looked at.
_NEWEST = 20


class Arrived(msgspec.Struct):
    """Filled while it is waited for."""

    data: bytes = b""
    folder: str = ""
    found_at: float | None = None
    """On the clock of the net; None where it was not found."""
    retrieved: float = 0.0
    """Seconds from being found to being whole."""
    removed: bool = False
    looked: list[str] = []
    trouble: bool = False
    """The mailbox could not be looked into: waiting longer is of no use."""


async def await_arrival(
    talk: Conversation[Any], wish: LoginWish, token: str, until: float, arrived: Arrived, *, keep: bool
) -> None:
    """The course of a conversation. IMAP waits here; POP3 looks once, for it shows a mailbox as it was at login.

    The message is removed unless `keep`.
    """
    if not await come_in(talk, wish):
        arrived.trouble = True
        await talk.leave()
        return
    started = talk.net.now()
    if isinstance(talk, ImapConversation):
        await _by_imap(talk, token, until, arrived, keep=keep)
    elif isinstance(talk, Pop3Conversation):
        await _by_pop3(talk, token, arrived, keep=keep)
    failure = NetFailure(Trouble.REJECTED, "the mailbox could not be looked into") if arrived.trouble else None
    talk.took(Step.FETCH, started, failure)
    if (await talk.leave()).kind is not ReplyClass.POSITIVE:
        arrived.removed = False  # POP3 deletes at QUIT, and may fail to (RFC 1939 section 6)


async def _by_imap(talk: ImapConversation, token: str, until: float, arrived: Arrived, *, keep: bool) -> None:
    opened = await talk.examine("INBOX")
    if opened.kind is not ReplyClass.POSITIVE:
        arrived.trouble = True
        return
    _looked(arrived, talk, "INBOX")
    messages = exists(talk.untagged)
    wait = Waiting(talk, until)
    while True:
        reply, numbers = await talk.search(TOKEN_FIELD, token)
        wait.looked(reply, found=bool(numbers))
        if numbers and await _take(talk, "INBOX", numbers[-1], token, arrived, keep=keep):
            return
        messages = max(messages, exists(talk.untagged))
        if not wait.is_long and await wait.for_mail(messages):
            continue
        if (found := await find_elsewhere(talk, TOKEN_FIELD, token)) is not None:
            folder, number = found
            _looked(arrived, talk, folder.name)
            if await _take(talk, folder.name, number, token, arrived, keep=keep):
                return
        _looked(arrived, talk, "*")
        await talk.look_into("INBOX")
        if not await wait.for_mail(exists(talk.untagged)):
            return


async def _take(
    talk: Conversation[Any], folder: str, number: int, token: str, arrived: Arrived, *, keep: bool
) -> bool:
    """Whole, and removed unless `keep`; False where it is another message: a number may have moved on meanwhile."""
    began = talk.net.now()
    found = Found(kept=lambda items: _holds(items[0].data, token))
    await take_whole(talk, Want(folder=folder, numbers=(number,), delete=not keep), found)
    if not found.items or not _holds(found.items[0].data, token):
        return False
    arrived.found_at, arrived.folder, arrived.data = began, folder, found.items[0].data
    arrived.retrieved = talk.net.now() - began
    arrived.removed = bool(found.deleted)
    return True


def _holds(data: bytes, token: str) -> bool:
    """The header has our marker."""
    head = data.partition(b"\r\n\r\n")[0]
    return f"{TOKEN_FIELD}: {token}".encode() in head.split(b"\r\n")


async def _by_pop3(talk: Pop3Conversation, token: str, arrived: Arrived, *, keep: bool) -> None:
    _looked(arrived, talk, "INBOX")
    table = Found()
    await take_whole(talk, Want(newest=_NEWEST), table)
    if table.total is None:
        arrived.trouble = True
        return
    marker = f"{TOKEN_FIELD}: {token}".encode()
    number = next((item.number for item in table.items if marker in item.data.splitlines()), None)
    if number is not None:
        await _take(talk, "INBOX", number, token, arrived, keep=keep)


def _looked(arrived: Arrived, talk: Conversation[Any], folder: str) -> None:
    place = f"{talk.endpoint.url} {folder}"
    if place not in arrived.looked:
        arrived.looked.append(place)
