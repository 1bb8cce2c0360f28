"""The mail server's side of a session with a milter: what may be said when, what is answered, what it amounts to."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from mailproof.model.escape import to_text
from mailproof.model.milter import (
    REFUSALS,
    Action,
    AddHeader,
    AddRecipient,
    Amiss,
    Change,
    ChangeHeader,
    ChangeSender,
    DeleteRecipient,
    Final,
    InsertHeader,
    Negotiated,
    Progress,
    Quarantine,
    ReplaceBody,
    Stage,
    Verdict,
    Wish,
)
from mailproof.wire.milter.answers import Answer, NoAnswer
from mailproof.wire.milter.commands import (
    LETTERS,
    Abort,
    BodyChunk,
    Command,
    Connect,
    DataBegins,
    EndOfHeaders,
    EndOfMessage,
    HeaderField,
    Helo,
    Macros,
    MailFrom,
    Offer,
    Quit,
    QuitNewClient,
    RcptTo,
    UnknownCommand,
    compose_command,
)

_NEEDS: dict[type, Action] = {
    AddHeader: Action.ADD_HEADERS,
    InsertHeader: Action.ADD_HEADERS,
    ChangeHeader: Action.CHANGE_HEADERS,
    AddRecipient: Action.ADD_RECIPIENTS | Action.ADD_RECIPIENTS_WITH_ARGUMENTS,
    DeleteRecipient: Action.DELETE_RECIPIENTS,
    ChangeSender: Action.CHANGE_SENDER,
    ReplaceBody: Action.CHANGE_BODY,
    Quarantine: Action.QUARANTINE,
}

# What Postfix tells its client (milter8.c).
_TOLD = {
    Verdict.REJECT: "550 5.7.1 Command rejected",
    Verdict.TEMPFAIL: "451 4.7.1 Service unavailable - try again later",
    Verdict.SHUTDOWN: "421 4.7.0 Service unavailable - try again later",
    Verdict.CONNECTION_FAILED: "451 4.7.1 Service unavailable - try again later",
}


class Phase(IntEnum):
    """What was said last, of what changes what may follow."""

    NEW = 0
    AGREED = 1
    CLIENT = 2
    SENDER = 3
    RECIPIENT = 4
    DATA = 5
    HEADERS_OVER = 6
    OVER = 7


class _Order(msgspec.Struct, frozen=True):
    """Where a command has its place."""

    stage: Stage
    after: tuple[Phase, ...]
    leads: Phase | None = None
    """None: to where it was."""
    unheard: Wish | None = None
    """With which a milter does without it."""
    unanswered: Wish | None = None
    """With which it leaves it unanswered."""


_IN_SMTP = (Phase.CLIENT, Phase.SENDER, Phase.RECIPIENT)
_IN_MESSAGE = (Phase.SENDER, Phase.RECIPIENT, Phase.DATA, Phase.HEADERS_OVER)
_ORDER: dict[type, _Order] = {
    Offer: _Order(Stage.NEGOTIATE, (Phase.NEW,), Phase.AGREED),
    Connect: _Order(Stage.CONNECT, (Phase.AGREED,), Phase.CLIENT, Wish.NO_CONNECT, Wish.SILENT_CONNECT),
    Helo: _Order(Stage.HELO, (Phase.CLIENT,), None, Wish.NO_HELO, Wish.SILENT_HELO),
    MailFrom: _Order(Stage.MAIL, (Phase.CLIENT,), Phase.SENDER, Wish.NO_MAIL, Wish.SILENT_MAIL),
    RcptTo: _Order(Stage.RCPT, (Phase.SENDER, Phase.RECIPIENT), Phase.RECIPIENT, Wish.NO_RCPT, Wish.SILENT_RCPT),
    DataBegins: _Order(Stage.DATA, (Phase.RECIPIENT,), Phase.DATA, Wish.NO_DATA, Wish.SILENT_DATA),
    UnknownCommand: _Order(Stage.UNKNOWN, _IN_SMTP, None, Wish.NO_UNKNOWN, Wish.SILENT_UNKNOWN),
    HeaderField: _Order(Stage.HEADER, (Phase.DATA,), None, Wish.NO_HEADERS, Wish.SILENT_HEADERS),
    EndOfHeaders: _Order(Stage.EOH, (Phase.DATA,), Phase.HEADERS_OVER, Wish.NO_EOH, Wish.SILENT_EOH),
    BodyChunk: _Order(Stage.BODY, (Phase.HEADERS_OVER,), None, Wish.NO_BODY, Wish.SILENT_BODY),
    EndOfMessage: _Order(Stage.END, (Phase.HEADERS_OVER,), Phase.CLIENT),
    Abort: _Order(Stage.ABORT, _IN_MESSAGE, Phase.CLIENT),
    Quit: _Order(Stage.QUIT, tuple(phase for phase in Phase if phase is not Phase.OVER), Phase.OVER),
    QuitNewClient: _Order(Stage.QUIT, tuple(Phase)[Phase.AGREED : Phase.OVER], Phase.AGREED),
}


def stage_of(command: Command) -> Stage:
    """The step that a command is; Macros belong to that of the command behind them, and have none of their own."""
    return _ORDER[type(command)].stage


class Said(msgspec.Struct, frozen=True):
    """What to write for a command."""

    data: bytes
    """Empty where the milter does not want to hear it, or has said all it has to say."""
    answer_due: bool


class Taken(msgspec.Struct, frozen=True):
    """What an answer amounts to."""

    over: bool
    """The next command can be said; else more comes."""
    notes: tuple[str, ...] = ()
    broken: Amiss | None = None
    """Why this is no answer that can stand here; the session cannot go on."""


class MtaSession:
    """No I/O: `say` gives what to write, `take` is told what came."""

    def __init__(self) -> None:
        self.phase = Phase.NEW
        self.agreed: Negotiated | None = None
        self.offer = Offer()
        self.client_over: Verdict | None = None
        """Said of this client: nothing more is asked until it is gone."""
        self.message_over: Verdict | None = None
        """Said of this message."""
        self.reply = ""
        """What the last refusal tells the client."""
        self._asked: Stage | None = None
        self._skipped: set[Stage] = set()
        self._body: bool | None = None
        """Pieces of a new body come, or came and are over."""

    def may_say(self, command: Command) -> bool:
        """Whether the order of the protocol allows it now."""
        if isinstance(command, Macros):
            return self.phase not in (Phase.NEW, Phase.OVER)
        return self.phase in _ORDER[type(command)].after and self._asked is None

    def say(self, command: Command, macros: Macros | None = None) -> Said:
        """Raises ValueError for a command out of order, or while an answer is due."""
        if not self.may_say(command):
            raise ValueError(f"{type(command).__name__} cannot follow {self.phase.name}")
        order = _ORDER[type(command)]
        stage = order.stage
        self.phase = self.phase if order.leads is None else order.leads
        if isinstance(command, Offer):
            self.offer = command
        if isinstance(command, MailFrom):
            self.message_over, self._body = None, None
            self._skipped.clear()
        over = self.client_over is not None or (self.message_over is not None and stage not in (Stage.MAIL,))
        if isinstance(command, QuitNewClient):
            self.client_over = self.message_over = None
        if stage in (Stage.ABORT, Stage.QUIT):
            return Said(compose_command(command), False)
        if over or stage in self._skipped or self._asks(order.unheard):
            return Said(b"", False)
        due = not self._asks(order.unanswered)
        self._asked = stage if due else None
        before = compose_command(macros) if macros is not None else b""
        return Said(before + compose_command(command), due)

    def take(self, answer: Answer | NoAnswer) -> Taken:
        """What came while an answer is due. Raises ValueError where none is."""
        stage = self._asked
        if stage is None:
            raise ValueError("nothing was asked")
        match answer:
            case NoAnswer(letter, _):
                return Taken(True, broken=Amiss("no-such-answer", {"letter": to_text(letter)}))
            case Progress():
                return Taken(False, () if stage is not Stage.NEGOTIATE else ("progress-early",))
            case Negotiated():
                return (
                    self._agree(answer)
                    if stage is Stage.NEGOTIATE
                    else Taken(True, broken=Amiss("second-negotiation"))
                )
            case Final():
                if stage is Stage.NEGOTIATE:
                    return Taken(True, broken=Amiss("no-negotiation", {"verdict": answer.verdict.upper()}))
                return self._final(answer, stage)
            case _:
                return self._change(answer, stage)

    def _agree(self, answer: Negotiated) -> Taken:
        self._asked = None
        self.agreed = answer
        if not 2 <= answer.version <= self.offer.version:  # milter8_connect; there was no version 0 or 1
            return Taken(
                True, broken=Amiss("version", {"version": str(answer.version), "offered": str(self.offer.version)})
            )
        if beyond := answer.actions & ~self.offer.actions:
            return Taken(True, broken=Amiss("actions", {"actions": f"{beyond:#x}"}))
        return Taken(True, ("wishes-beyond",) if answer.wishes & ~self.offer.wishes else ())

    def _final(self, answer: Final, stage: Stage) -> Taken:
        self._asked = None
        verdict = answer.verdict
        of_client = stage in (Stage.CONNECT, Stage.HELO)
        notes: tuple[str, ...] = ()
        if verdict is Verdict.SKIP:
            if not self._asks(Wish.SKIP):
                notes = ("skip-not-agreed",)
            self._skipped.add(stage)
        elif verdict is Verdict.DISCARD and of_client:
            notes = ("discard-early",)  # Postfix warns and goes on
        elif verdict in (Verdict.ACCEPT, Verdict.DISCARD) and of_client:
            self.client_over = verdict
        elif verdict in (Verdict.ACCEPT, Verdict.DISCARD):
            self.message_over = verdict
        elif verdict in REFUSALS:
            self.reply = answer.reply or _TOLD[verdict]
            if of_client or verdict in (Verdict.SHUTDOWN, Verdict.CONNECTION_FAILED):
                self.client_over = verdict
            elif stage is not Stage.RCPT and stage is not Stage.UNKNOWN:
                self.message_over = verdict
        return Taken(True, notes)

    def _change(self, change: Change, stage: Stage) -> Taken:
        if stage is not Stage.END:
            return Taken(True, broken=Amiss("change-early"))
        notes = []
        if self.agreed is not None and not self.agreed.actions & _NEEDS[type(change)]:
            notes.append("change-not-agreed")
        if isinstance(change, ReplaceBody):
            if self._body is False:
                notes.append("body-in-parts")  # what comes after something else is lost in Postfix
            self._body = True
        elif self._body:
            self._body = False
        if isinstance(change, ChangeHeader) and change.nth == 0:
            notes.append("header-number-zero")
        return Taken(False, tuple(notes))

    def _asks(self, wish: Wish | None) -> bool:
        return wish is not None and self.agreed is not None and self.agreed.asks(wish)


def macros_for(command: Command, values: dict[str, str]) -> Macros | None:
    """Those that go before a command; None where there are none. Names are with or without braces."""
    if not values:
        return None
    return Macros(LETTERS[type(command)], tuple((_braced(name), value) for name, value in values.items()))


def _braced(name: str) -> str:
    bare = name.removeprefix("{").removesuffix("}")
    return bare if len(bare) == 1 else f"{{{bare}}}"
