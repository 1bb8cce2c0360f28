"""What a mail server and a milter say to each other, and what becomes of a message between them."""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum

import msgspec


class Action(IntFlag):
    """What a milter may do to a message (mfapi.h SMFIF_*)."""

    ADD_HEADERS = 0x1
    CHANGE_BODY = 0x2
    ADD_RECIPIENTS = 0x4
    DELETE_RECIPIENTS = 0x8
    CHANGE_HEADERS = 0x10
    QUARANTINE = 0x20
    CHANGE_SENDER = 0x40
    ADD_RECIPIENTS_WITH_ARGUMENTS = 0x80
    CHOOSE_MACROS = 0x100


ALL_ACTIONS = 0x1FF


class Wish(IntFlag):
    """What a milter does not want to hear, or will not answer (mfapi.h SMFIP_*)."""

    NO_CONNECT = 0x1
    NO_HELO = 0x2
    NO_MAIL = 0x4
    NO_RCPT = 0x8
    NO_BODY = 0x10
    NO_HEADERS = 0x20
    NO_EOH = 0x40
    SILENT_HEADERS = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    SKIP = 0x400
    """It may answer that it has heard enough of this kind."""
    REFUSED_RECIPIENTS = 0x800
    """It wants to be told of recipients that the server itself refused."""
    SILENT_CONNECT = 0x1000
    SILENT_HELO = 0x2000
    SILENT_MAIL = 0x4000
    SILENT_RCPT = 0x8000
    SILENT_DATA = 0x10000
    SILENT_UNKNOWN = 0x20000
    SILENT_EOH = 0x40000
    SILENT_BODY = 0x80000
    LEADING_SPACE = 0x100000
    """Header values come with the space after the colon, and are added without one of the server's."""


ALL_WISHES = 0x1FFFFF
VERSION = 6


class Stage(StrEnum):
    """The steps of a session, in the order of the protocol."""

    DIAL = "dial"
    NEGOTIATE = "negotiate"
    CONNECT = "connect"
    HELO = "helo"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    UNKNOWN = "unknown"
    HEADER = "header"
    EOH = "eoh"
    BODY = "body"
    END = "end"
    ABORT = "abort"
    QUIT = "quit"


class MacroStage(IntEnum):
    """The numbers by which a milter names the steps for which it wants macros (mfapi.h SMFIM_*)."""

    CONNECT = 0
    HELO = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    END = 5
    EOH = 6


class Verdict(StrEnum):
    """The answers after which the server knows what to do (mfdef.h SMFIR_*)."""

    CONTINUE = "continue"
    ACCEPT = "accept"
    REJECT = "reject"
    TEMPFAIL = "tempfail"
    DISCARD = "discard"
    REPLY = "reply"
    """A reply to the client in the milter's own words."""
    SKIP = "skip"
    SHUTDOWN = "shutdown"
    CONNECTION_FAILED = "connection-failed"


REFUSALS = frozenset({Verdict.REJECT, Verdict.TEMPFAIL, Verdict.REPLY, Verdict.SHUTDOWN, Verdict.CONNECTION_FAILED})
"""After these the client is told no."""


class Final(msgspec.Struct, frozen=True, tag="final"):
    """The answer to a command."""

    verdict: Verdict
    reply: str = ""
    """What a client is told, `451 4.7.1 …`: the milter's own words, `%%` undone; lines are joined by LF."""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """It is still at work; the answer comes later."""


class AddHeader(msgspec.Struct, frozen=True, tag="add-header"):
    name: str
    value: str


class InsertHeader(msgspec.Struct, frozen=True, tag="insert-header"):
    at: int
    """0 is above the Received field of the server itself, 1 below it."""
    name: str
    value: str


class ChangeHeader(msgspec.Struct, frozen=True, tag="change-header"):
    nth: int
    """Which of this name, from 1."""
    name: str
    value: str
    """Empty: the field is deleted."""


class AddRecipient(msgspec.Struct, frozen=True, tag="add-recipient"):
    address: str
    arguments: str = ""


class DeleteRecipient(msgspec.Struct, frozen=True, tag="delete-recipient"):
    address: str


class ChangeSender(msgspec.Struct, frozen=True, tag="change-sender"):
    address: str
    arguments: str = ""


class ReplaceBody(msgspec.Struct, frozen=True, tag="replace-body"):
    data: bytes
    """One piece of the new body; several follow each other."""


class Quarantine(msgspec.Struct, frozen=True, tag="quarantine"):
    reason: str


Change = (
    AddHeader | InsertHeader | ChangeHeader | AddRecipient | DeleteRecipient | ChangeSender | ReplaceBody | Quarantine
)
"""What a milter may ask for at the end of a message, before its answer."""


class Negotiated(msgspec.Struct, frozen=True, tag="negotiated"):
    """The answer to the offer."""

    version: int
    actions: int
    """Bits of `Action`."""
    wishes: int
    """Bits of `Wish`."""
    macros: tuple[tuple[int, str], ...] = ()
    """A number of `MacroStage` each, with the macros wanted there, in one text as it came."""

    def asks(self, wish: Wish) -> bool:
        return bool(self.wishes & wish)


class Health(StrEnum):
    """How a milter fares as a program, whatever it says about messages. A mail server cannot tell these apart: its
    client hears 451 4.7.1 for each but the first, and for a milter that is sound and says TEMPFAIL."""

    SOUND = "sound"
    REFUSED = "refused"
    """Nothing listens there."""
    NO_SOCKET = "no-socket"
    """There is no such Unix socket."""
    NO_PERMISSION = "no-permission"
    """This user may not open the Unix socket."""
    UNREACHABLE = "unreachable"
    """No answer to the connection attempt, or no way there."""
    NOT_A_MILTER = "not-a-milter"
    """What answers speaks another protocol."""
    REFUSES_OFFER = "refuses-offer"
    """It hangs up at the negotiation: what it wants was not offered."""
    MISMATCH = "mismatch"
    """It answers the offer with what was not offered."""
    SILENT = "silent"
    """A command is not answered in time."""
    CLOSED = "closed"
    """It hangs up in the middle of a session: a crash, or a limit."""
    BROKEN = "broken"
    """It answers with something that is no answer."""


class Amiss(msgspec.Struct, frozen=True):
    """What a milter does that cannot be; its words in the catalogue are `milter.amiss-…`."""

    name: str
    params: dict[str, str] = {}


class StepSeen(msgspec.Struct, frozen=True):
    """One command, and what came of it."""

    stage: Stage
    said: str
    """The command's arguments, as a person reads them; for several of one kind that all were continued, how many."""
    answer: str
    """A word of `Verdict`; `sent` where no answer is due, `left-out` where the milter does not want to hear it, else
    empty."""
    seconds: float
    reply: str = ""
    progress: int = 0
    """How often the milter said that it is still at work."""
    count: int = 1
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    """What is odd about the answer, by name: words of `milter.note-…` in the catalogue."""


class MilterResult(msgspec.Struct, frozen=True):
    """What a session with a milter amounts to."""

    url: str
    health: Health
    verdict: Verdict = Verdict.CONTINUE
    """The last word on the message; CONTINUE where none was said."""
    stage: Stage = Stage.DIAL
    """Where the session stood when that was said, or when the milter failed."""
    reply: str = ""
    """What the client of a mail server would have heard; empty where the message is taken."""
    detail: str = ""
    """Words of the operating system, or what came instead of an answer."""
    amiss: Amiss | None = None
    """What it did, where that can be said in words of ours."""
    negotiated: Negotiated | None = None
    steps: tuple[StepSeen, ...] = ()
    changes: tuple[Change, ...] = ()
    sender: str = ""
    recipients: tuple[str, ...] = ()
    """Those that are left."""
    refused: tuple[str, ...] = ()
    """Recipients that the milter did not take."""
    quarantine: str = ""
    message: bytes = b""
    """As it comes out, with CRLF; empty where none was sent through to its end."""
    seconds: float = 0.0


class StepPlayed(msgspec.Struct, frozen=True):
    """A step of a script."""

    connection: int
    """From 1."""
    line: int
    """Of the script; 0 for the negotiation."""
    step: StepSeen


class MilterUnmet(msgspec.Struct, frozen=True):
    """The milter did otherwise than the script wants."""

    line: int
    wanted: str
    got: tuple[str, ...]
    """What was answered, as a script says it; safe to print."""


class MilterPlayed(msgspec.Struct, frozen=True):
    """What became of a script."""

    url: str
    health: Health = Health.SOUND
    steps: tuple[StepPlayed, ...] = ()
    unmet: MilterUnmet | None = None
    stage: Stage = Stage.QUIT
    """Where the milter failed, if it did."""
    detail: str = ""
    amiss: Amiss | None = None
    line: int = 0
    """Of the script, where the milter failed."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.unmet is None and self.health is Health.SOUND
