"""A mailbox looked through by hand: its folders, a table of messages, or whole messages to the byte.

Nothing is changed on the server unless it is asked for: IMAP opens read only, POP3 deletes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mailproof.model.attempt import Step, Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.mail import Item
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.transcript import DeviationKind
from mailproof.probes.conversation import Conversation
from mailproof.probes.imap import ImapConversation
from mailproof.probes.login import come_in
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.speech import Ended
from mailproof.probes.wish import LoginWish
from mailproof.wire.imap import commands as imap
from mailproof.wire.imap.folders import Folder
from mailproof.wire.imap.responses import ImapResponse, fetch_items, number_of
from mailproof.wire.imap.tokens import string_of
from mailproof.wire.pop3 import commands as pop3
from mailproof.wire.pop3.responses import BODY_LIMIT, numbered, octets

_FIELDS = "FROM TO SUBJECT DATE"
_TABLE = ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", f"BODY.PEEK[HEADER.FIELDS ({_FIELDS})]")
# Messages asked for in one FETCH of the table, and bytes of one piece of a message: both stay below what the reader
# keeps of one answer.
_AT_ONCE = 20
_PIECE = 512 * 1024
_CUT = frozenset({DeviationKind.REPLY_TOO_LONG, DeviationKind.MISSING_LAST_LINE})


INBOX = "INBOX"
"""The one mailbox of POP3, and the first of IMAP, where its name may be written in small letters too."""


class Want(msgspec.Struct, frozen=True, kw_only=True):
    folder: str = INBOX
    newest: int = 20
    """So many messages in the table."""
    search: str = ""
    """Only messages with this text in them (POP3: in the header)."""
    numbers: tuple[int, ...] = ()
    """Whole messages to be fetched; 0 for the last one."""
    everything: bool = False
    """All messages of the folder, whole."""
    folders: bool = False
    delete: bool = False
    """Those that were fetched whole."""

    @property
    def of_folders(self) -> bool:
        """Whether it is of what POP3 does not have."""
        return self.folders or self.folder.upper() != INBOX


class Found(msgspec.Struct):
    """Filled while the mailbox is looked through."""

    folder: str = ""
    total: int | None = None
    folders: tuple[Folder, ...] = ()
    items: list[Item] = []
    deleted: list[int] = []
    missing: list[int] = []
    """Asked for, and not there, or not to be had whole."""
    kept: Callable[[list[Item]], bool] | None = None
    """Called with the whole messages before any is deleted; False, or an error, and none is."""
    matches: int | None = None
    """How many the search found; None where there was none."""
    refused: bool = False
    """The server said at the end that it has not deleted what it was told to (RFC 1939 section 6)."""


async def look_through(talk: Conversation[Any], wish: LoginWish, want: Want, found: Found) -> None:
    """The course of a conversation that may have been dialled already. Follow it with `held`."""
    if await come_in(talk, wish):
        started = talk.net.now()
        await take_whole(talk, want, found)
        trouble = NetFailure(Trouble.NOT_FOUND, "no such message") if found.missing else None
        talk.took(Step.FETCH, started, trouble)
    note_goodbye(await talk.leave(), found)


def note_goodbye(reply: Reply, found: Found) -> None:
    """POP3 deletes at QUIT, and may fail to: then nothing is deleted."""
    if found.deleted and reply.kind is not ReplyClass.POSITIVE:
        found.deleted.clear()
        found.refused = True


async def take_whole(talk: Conversation[Any], want: Want, found: Found) -> None:
    """The same for who has logged in already, and notes nothing of it as a step."""
    if isinstance(talk, ImapConversation):
        await _Imap(talk, want, found).look()
    elif isinstance(talk, Pop3Conversation):
        await _Pop3(talk, want, found).look()


def _wanted(want: Want, total: int) -> tuple[list[int], list[int]]:
    """Numbers of whole messages, those that are there and those that are not."""
    if want.everything:
        return list(range(1, total + 1)), []
    asked = list(dict.fromkeys(number or total for number in want.numbers))
    return [n for n in asked if 1 <= n <= total], [n for n in asked if not 1 <= n <= total]


def _may_delete(found: Found) -> bool:
    """Everything that was asked for is here whole, and whoever is to keep it has it."""
    whole = bool(found.items) and all(item.whole for item in found.items) and not found.missing
    return whole and (found.kept is None or found.kept(found.items))


class _Imap:
    def __init__(self, talk: ImapConversation, want: Want, found: Found) -> None:
        self._talk = talk
        self._want = want
        self._found = found

    async def look(self) -> None:
        want, found, talk = self._want, self._found, self._talk
        if want.folders:
            found.folders = await talk.list_folders(*(("SPECIAL-USE",) if talk.can("SPECIAL-USE") else ()))
            return
        opened = await self._open()
        if not opened:
            return
        total = found.total or 0
        if want.numbers or want.everything:
            there, found.missing[:] = _wanted(want, total)
            for number in there:
                await self._whole(number)
            if want.delete and _may_delete(found):
                await self._delete([item.number for item in found.items])
            return
        numbers = range(max(total - want.newest, 0) + 1, total + 1)
        if want.search:
            matching = await self._search()
            found.matches = len(matching)
            numbers_found = sorted(matching)[-want.newest :]
        else:
            numbers_found = list(numbers)
        for at in range(0, len(numbers_found), _AT_ONCE):
            await self._table(numbers_found[at : at + _AT_ONCE])

    async def _open(self) -> bool:
        """EXAMINE, or SELECT where something is to be deleted."""
        talk, want = self._talk, self._want
        reply = await (talk.select if want.delete else talk.examine)(want.folder)
        self._found.folder, self._found.total = want.folder, talk.messages
        return reply.kind is ReplyClass.POSITIVE

    async def _search(self) -> tuple[int, ...]:
        talk, started = self._talk, self._talk.net.now()
        reply, numbers = await talk.search_with(
            lambda tag, literals: imap.search_text(tag, self._want.search, literals)
        )
        if reply.kind is not ReplyClass.POSITIVE:
            talk.took(Step.SEARCH, started, NetFailure(Trouble.REJECTED, reply.line))
        return numbers

    async def _table(self, numbers: Sequence[int]) -> None:
        talk = self._talk
        await talk.run(Step.FETCH, imap.fetch(talk.tag(), numbers, _TABLE), "FETCH", keep=talk.terms.keep_bodies)
        for event in talk.untagged:
            if (item := _item(event)) is not None:
                self._found.items.append(item)

    async def _whole(self, number: int) -> None:
        """In pieces, so that no answer is larger than what the reader keeps."""
        talk = self._talk
        head: Item | None = None
        data = b""
        while True:
            items = (f"BODY.PEEK[]<{len(data)}.{_PIECE}>", *(_TABLE[:-1] if not data else ()))
            command = imap.fetch(talk.tag(), (number,), items)
            reply = await talk.run(Step.FETCH, command, "FETCH", keep=talk.terms.keep_bodies)
            if reply.kind is not ReplyClass.POSITIVE:
                raise Ended
            event = next((each for each in talk.untagged if each.number == number and each.name == "FETCH"), None)
            piece = _body(event)
            head = head or (_item(event) if event is not None else None)
            data += piece
            if len(piece) < _PIECE or len(data) > BODY_LIMIT:
                break
        short = head is None or (head.size is not None and head.size != len(data))
        if head is None or short or len(data) > BODY_LIMIT:
            self._found.missing.append(number)
            return
        self._found.items.append(msgspec.structs.replace(head, data=data, whole=True))

    async def _delete(self, numbers: Sequence[int]) -> None:
        """These alone: what others have marked before stays, where the server can tell the two apart."""
        talk = self._talk
        uids = [int(item.uid) for item in self._found.items if item.number in numbers and item.uid]
        if not uids or len(uids) != len(numbers):
            return
        known, others = await talk.search_with(lambda tag, _: imap.search_deleted(tag))
        marked = await talk.run(Step.FETCH, imap.uid_mark_deleted(talk.tag(), uids), "UID STORE")
        if marked.kind is not ReplyClass.POSITIVE:
            return
        if talk.can("UIDPLUS"):
            done = await talk.run(Step.FETCH, imap.uid_expunge(talk.tag(), uids), "UID EXPUNGE")
        elif known.kind is ReplyClass.POSITIVE and set(others) <= set(numbers):
            done = await talk.run(Step.FETCH, imap.expunge(talk.tag()), "EXPUNGE")
        else:
            return  # marked, and the next client that expunges takes them: who else is, may not be ours
        if done.kind is ReplyClass.POSITIVE:
            self._found.deleted += numbers


def _item(event: ImapResponse) -> Item | None:
    items = fetch_items(event)
    if not items or event.number is None:
        return None
    uid = number_of(items.get("UID"))
    date, flags = items.get("INTERNALDATE"), items.get("FLAGS")
    said = string_of(date) if date is not None else None
    words = (string_of(value) for value in flags) if isinstance(flags, tuple) else ()
    return Item(
        event.number,
        str(uid) if uid else "",
        number_of(items.get("RFC822.SIZE")),
        tuple(word.decode("ascii", "replace") for word in words if word is not None),
        said.decode("ascii", "replace") if said is not None else "",
        _body(event),
    )


def _body(event: ImapResponse | None) -> bytes:
    items = fetch_items(event) if event is not None else {}
    value = next((value for name, value in items.items() if name.startswith("BODY[")), None)
    return (string_of(value) or b"") if value is not None else b""


class _Pop3:
    def __init__(self, talk: Pop3Conversation, want: Want, found: Found) -> None:
        self._talk = talk
        self._want = want
        self._found = found

    async def look(self) -> None:
        want, found = self._want, self._found
        found.folder = "INBOX"
        found.total = await self._talk.count()
        total = found.total or 0
        sizes = octets(await self._talk.ask_lines(Step.LIST, pop3.list_(), "LIST"))
        uids = numbered(await self._talk.ask_lines(Step.LIST, pop3.uidl(), "UIDL"))
        if want.numbers or want.everything:
            there, found.missing[:] = _wanted(want, total)
            for number in there:
                await self._take(number, None, sizes, uids)
            for item in found.items if want.delete and _may_delete(found) else ():
                reply = await self._talk.ask(Step.FETCH, pop3.dele(item.number), "DELE")
                if reply.kind is ReplyClass.POSITIVE:
                    found.deleted.append(item.number)
            return
        for number in range(max(total - want.newest, 0) + 1, total + 1):
            await self._take(number, 0, sizes, uids)

    async def _take(self, number: int, lines: int | None, sizes: dict[int, int], uids: dict[int, bytes]) -> None:
        """TOP, where only the header is wanted and the server knows it; else RETR."""
        talk, keep = self._talk, self._talk.terms.keep_bodies
        event = None
        if lines is not None:
            event = await talk.ask_lines(Step.FETCH, pop3.top(number, lines), "TOP", keep=keep)
        if event is None or event.kind is not ReplyClass.POSITIVE:
            event = await talk.ask_lines(Step.FETCH, pop3.retr(number), "RETR", keep=keep, most=BODY_LIMIT)
        cut = event.truncated or any(deviation.kind in _CUT for deviation in event.deviations)
        if event.kind is not ReplyClass.POSITIVE or (lines is None and cut):
            self._found.missing.append(number)
            return
        self._found.items.append(
            Item(
                number,
                uids.get(number, b"").decode("ascii", "replace"),
                sizes.get(number),
                data=event.body,
                whole=lines is None,
            )
        )
