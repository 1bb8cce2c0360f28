"""What the server's own log says of this run."""

from __future__ import annotations

import msgspec

from mailproof.model.observed import Observation


class LogQuote(msgspec.Struct, frozen=True):
    """A line, as it stands in a log; safe to print, without its secrets."""

    where: str
    """`mail.log, line 1734`; `journal` for a line of journald."""
    text: str


class LogSaid(Observation, frozen=True):
    """Lines that tell one cause. In the attempt that they speak of, where that is known; else of the server."""

    name: str
    """Of the cause, in the table of messages."""
    rank: int
    """1 the server does not work; 2 mail is stuck or lost; 3 refusals and logins; 4 worth a look; 5 harmless."""
    params: dict[str, str]
    lines: tuple[LogQuote, ...]
    """The first of them."""
    count: int
    """How many there were."""
    before: bool = False
    """They were there when the run began, and the program has not been started again since."""
    turns: tuple[int, ...] = ()
    """Turns of the attempt's transcript that these lines are the other side of."""


class LogStored(Observation, frozen=True):
    """The server put a message of this run into a mailbox, by its own word. In the attempt that handed it in."""

    user: str
    folder: str
    line: LogQuote
    turns: tuple[int, ...] = ()


class LogUnread(msgspec.Struct, frozen=True):
    path: str
    why: str
    """A reason of the catalogue."""


class LogRead(Observation, frozen=True):
    """What was read of the logs."""

    files: tuple[str, ...]
    lines: int
    """Written while the run lasted."""
    joined: int
    """Of these, lines that speak of a connection of the run."""
    unread: tuple[LogUnread, ...] = ()
