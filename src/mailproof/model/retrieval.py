"""A mailbox, what lies in it, and the wait for a message that was handed in."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.model.observed import Observation
from mailproof.model.reply import Reply


class MailboxOpened(Observation, frozen=True):
    """The mailbox of who logged in: EXAMINE INBOX, or STAT."""

    reply: Reply
    mailbox: str = "INBOX"
    messages: int | None = None
    """None where the server does not tell."""
    turns: tuple[int, ...] = ()


class NamedMessage(msgspec.Struct, frozen=True):
    """One message of a POP3 mailbox."""

    number: int
    uid: str
    """Escaped."""
    octets: int | None = None
    """None where LIST did not tell."""
    header: str = ""
    """SHA-256 of its header, hexadecimal; empty where it was not looked at."""


class UidsListed(Observation, frozen=True):
    """What POP3 calls the messages (UIDL, RFC 1939 section 7), at one look: by its order, the newest last."""

    user: str
    reply: Reply
    """To UIDL; a refusal where the server has none."""
    messages: tuple[NamedMessage, ...] = ()
    """All of a small mailbox, the newest of a large one."""
    turns: tuple[int, ...] = ()


class Retrieved(Observation, frozen=True):
    """A mailbox searched for a submitted message."""

    token: str
    found: bool
    messages: int
    """In the mailbox when it was last looked at."""
    seconds: float
    """From the end of submission to the message, or to giving up."""
    mailbox: str = "INBOX"
    """In which it was found."""
    special_use: str = ""
    """Of that mailbox (RFC 6154), in lower case: `\\junk`."""
    headers: tuple[str, ...] = ()
    """Header lines of the found message, escaped and redacted."""
    trouble: Trouble | None = None
    reply: Reply | None = None
    turns: tuple[int, ...] = ()


class IdleOutcome(StrEnum):
    """What came of listening for new mail."""

    TOLD = "told"
    """The server told of a message while we listened."""
    LATE = "late"
    """It told only when we said that we had listened enough."""
    SILENT = "silent"
    REFUSED = "refused"
    """It offers IDLE and does not let us."""
    ENDED = "ended"
    """It ended by itself what only the client ends."""


class Idled(Observation, frozen=True):
    """IDLE (RFC 2177), while a message was waited for."""

    outcome: IdleOutcome
    seconds: float
    """We listened so long."""
    found: bool = False
    """A search right after it found the message."""
    reply: Reply | None = None
    turns: tuple[int, ...] = ()
