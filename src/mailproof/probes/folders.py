"""Where a message lies that is not in the INBOX: a filter may have put it into another folder."""

from __future__ import annotations

import re

from mailproof.model.reply import ReplyClass
from mailproof.parse.junk import JUNK_BY_NAME
from mailproof.probes.imap import ImapConversation
from mailproof.wire.imap.folders import Folder

# Folders that are looked into, two commands each. A user who has sorted his mail into more of them is no rarity, but
# filters mostly have a few; the likely ones come first.
_MOST = 100

# Where servers and mail programs keep what the user has written, and views that hold every message twice.
_NOT_FOR_INCOMING = frozenset({"\\sent", "\\drafts", "\\all", "\\important", "\\flagged"})
_SENT_BY_NAME = re.compile(r"\b(sent|drafts?|outbox)\b|送信|下書き", re.IGNORECASE)


async def find_elsewhere(talk: ImapConversation, field: str, value: str) -> tuple[Folder, int] | None:
    """The folder other than INBOX that holds a message with this header field, opened, and its number there.

    None if there is none; then another folder than INBOX may be open.
    """
    for folder in sorted(await _folders(talk), key=_unlikely)[:_MOST]:
        opened = await talk.look_into(folder.name)
        if opened.kind is not ReplyClass.POSITIVE:
            continue  # may be listed and not ours to read (RFC 4314)
        reply, numbers = await talk.search(field, value)
        if reply.kind is ReplyClass.POSITIVE and numbers:
            return folder, numbers[-1]
    return None


async def _folders(talk: ImapConversation) -> list[Folder]:
    listed = await talk.list_folders()
    if listed and not any(folder.uses for folder in listed):
        # A server need not name the uses unless it is asked for them (RFC 6154 section 2).
        offered = await talk.capabilities()
        if offered.get("SPECIAL-USE") is not None and offered.get("LIST-EXTENDED") is not None:
            listed = await talk.list_folders("SPECIAL-USE") or listed
    return [folder for folder in listed if _may_hold_incoming(folder)]


def _may_hold_incoming(folder: Folder) -> bool:
    if not folder.can_be_opened or folder.name.upper() == "INBOX" or not _NOT_FOR_INCOMING.isdisjoint(folder.uses):
        return False
    return bool(folder.uses) or not _SENT_BY_NAME.search(folder.name)


def _unlikely(folder: Folder) -> int:
    if "\\junk" in folder.uses:
        return 0
    return 1 if JUNK_BY_NAME.search(folder.name) else 2
