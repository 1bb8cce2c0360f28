"""Each connection of a run found again in the server's log: what the server wrote about what it answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from mailproof.model.attempt import Job
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Connection
from mailproof.model.envelope import Submitted
from mailproof.model.escape import printable
from mailproof.model.log import Delivered, LoginFailed, Refused, Stored, Trouble
from mailproof.model.machine import Clock, Way
from mailproof.model.record import Attempt, Record
from mailproof.model.secret import Secrets
from mailproof.model.server_log import LogQuote, LogRead, LogSaid, LogStored
from mailproof.model.transcript import TurnKind
from mailproof.probes.survey import UNKNOWN_LOCAL_PART
from mailproof.run.beside.sessions import Line, Session, sessions
from mailproof.run.beside.when import When
from mailproof.run.log.group import example_of
from mailproof.run.log.telling import UNKNOWN, meant, told

_OF_THE_SERVER = 1
"""As of `LogCause`: the server does not work."""
_OF_A_MESSAGE = ("delivery-bounced", "delivery-deferred")
# What is said of a mailbox that we made up, to see whether it is refused.
_NOT_THERE = ("delivery-user-unknown", "recipient-unknown")
# Of one cause; the log itself has the rest.
_QUOTED = 5
# `lmtp(bob@example.com)<…>: …`: whose mailbox a delivery agent of Dovecot is about.
_FOR = re.compile(r"(?:lmtp|lda)\(([^()]{1,320})\)")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f.:]+)\](?::\d+)?\Z")
_PORT = re.compile(r"\[?(.*?)\]?:(\d{1,5})\Z")
# As smtpd(8) counts them.
_COUNTED = (
    "helo",
    "ehlo",
    "xclient",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "bdat",
    "rset",
    "noop",
    "vrfy",
    "quit",
)
_SERVICES = {"submission": "submission", "submissions": "submissions", "smtps": "submissions"}


class _Place(NamedTuple):
    """Which attempt of the record, and which of its turns."""

    attempt: int
    turns: tuple[int, ...] = ()


class _Cause(NamedTuple):
    """Lines with the same of these are one."""

    attempt: int | None
    name: str
    params: tuple[tuple[str, str], ...]


def with_log(
    record: Record,
    lines: Iterable[Line],
    read: LogRead,
    before: Iterable[Line] = (),
    secrets: Secrets | None = None,
    way: Way | None = None,
    clock: Clock | None = None,
) -> Record:
    """The record with what the log says: in the attempts that its lines speak of, the rest in one of its own.

    `lines` were written while the run lasted, `before` are older and still hold. A server told to log passwords
    writes ours too: `secrets` are masked. `way` and `clock` are those of the machine that wrote.
    """
    join = _Join(record, way.ours if way is not None else "", When(record, clock))
    secrets = secrets or Secrets()
    said: dict[_Cause, LogSaid] = {}
    stored: list[tuple[int, LogStored]] = []
    joined = 0
    groups = list(sessions(lines))
    for session, owners in zip(groups, join.of_sessions(groups), strict=True):
        for each, own in zip(session.lines, owners, strict=True):
            joined += own is not None
            _say(said, each, own, secrets, before=False)
            if (kept := _stored(each)) is not None and own is not None and own.turns:
                stored.append((own.attempt, LogStored(*kept, quote_of(each, secrets), own.turns)))
    for each in before:
        _say(said, each, None, secrets, before=True)
    return _with(record, said, stored, msgspec.structs.replace(read, joined=joined))


def _say(said: dict[_Cause, LogSaid], each: Line, place: _Place | None, secrets: Secrets, *, before: bool) -> None:
    if isinstance(each.fact, LoginFailed) and each.line.program == "smtpd":
        return  # the same that it told the client; why, the one that it asked writes
    text = told(each.fact) if each.fact is not None else None
    if text is None:
        return
    meaning = meant(text)
    if meaning.name == UNKNOWN and isinstance(each.fact, Trouble) and each.fact.level == "fatal":
        # It ended with this word, whatever it means: said.py asks whether it does so each time it is started.
        meaning = meaning._replace(rank=_OF_THE_SERVER, params={"program": each.line.program})
    elif meaning.name == UNKNOWN and not (place is not None and place.turns):
        return
    if meaning.name in _NOT_THERE and isinstance(each.fact, Delivered) and _invented(each.fact.recipient):
        return  # reject_unverified_recipient asked for it, and the answer is as it should be
    if meaning.name in _OF_A_MESSAGE and isinstance(each.fact, Refused):
        return  # it quotes what was answered to that question; no message was taken
    params = {key: secrets.mask_text(printable(value)) for key, value in meaning.params.items()}
    cause = _Cause(place.attempt if place is not None else None, meaning.name, tuple(params.items()))
    former = said.get(cause)
    turns = place.turns if place is not None else ()
    if former is None:
        former = LogSaid(meaning.name, meaning.rank, params, (), 0, before)
    quote = quote_of(each, secrets)
    said[cause] = msgspec.structs.replace(
        former,
        lines=(*former.lines, quote)[:_QUOTED],
        count=former.count + 1,
        before=former.before and before,
        turns=tuple(dict.fromkeys((*former.turns, *turns))),
    )


def _invented(recipient: str) -> bool:
    return recipient.partition("@")[0] == UNKNOWN_LOCAL_PART


def _stored(each: Line) -> tuple[str, str] | None:
    """Whose mailbox, and the folder: by Dovecot's word, or by that of Postfix's own delivery agents."""
    match each.fact:
        case Stored(user=user, folder=folder):
            return user, folder
        case Delivered(status="sent", relay="virtual" | "local", recipient=recipient):
            return recipient, "INBOX"
        case _:
            return None


def quote_of(each: Line, secrets: Secrets) -> LogQuote:
    """The line as evidence: cut, and without its secrets."""
    return LogQuote(each.where, secrets.mask_text(example_of(f"{each.line.tag}: {each.line.text}")))


def _with(record: Record, said: dict[_Cause, LogSaid], stored: list[tuple[int, LogStored]], read: LogRead) -> Record:
    attempts = [
        msgspec.structs.replace(
            attempt,
            observations=(
                *attempt.observations,
                *(fact for cause, fact in said.items() if cause.attempt == at),
                *(fact for where, fact in stored if where == at),
            ),
        )
        for at, attempt in enumerate(record.attempts)
    ]
    own = Attempt(Job.LOG, observations=(read, *(fact for cause, fact in said.items() if cause.attempt is None)))
    return msgspec.structs.replace(record, attempts=(*attempts, own))


class _Join:
    """What is known of the attempts of a record, by what a log could say of them."""

    def __init__(self, record: Record, seen_as: str, when: When) -> None:
        self._attempts = record.attempts
        self._seen_as, self._when = seen_as, when
        self._by_client: dict[tuple[str, int], int] = {}
        self._by_queue_id: dict[str, _Place] = {}
        self._by_recipient: dict[str, _Place] = {}
        self._refused_logins: list[tuple[str, _Place]] = []
        self._taken: Counter[object] = Counter()
        self._met: set[int] = set()
        for at, attempt in enumerate(record.attempts):
            self._know(at, attempt)

    def _know(self, at: int, attempt: Attempt) -> None:
        for fact in attempt.observations:
            if isinstance(fact, Connection) and (client := _PORT.match(fact.client)):
                self._by_client[client[1].strip("[]"), int(client[2])] = at
                if self._seen_as:
                    # A NAT that keeps the port, as most do while it is free.
                    self._by_client.setdefault((self._seen_as, int(client[2])), at)
            elif isinstance(fact, Submitted) and fact.final is not None:
                place = _Place(at, (fact.final.turn,))
                self._by_recipient[fact.recipient.lower()] = place
                if fact.queue_id:
                    self._by_queue_id[fact.queue_id] = place
            elif isinstance(fact, LoginTried) and not fact.accepted:
                turns = (fact.reply.turn,) if fact.reply is not None else fact.turns[-1:]
                self._refused_logins.append((fact.user, _Place(at, turns)))

    def of_sessions(self, groups: Sequence[Session]) -> list[list[_Place | None]]:
        """Whose each line of each session is: by what they say, else by the commands that were counted.

        A client that comes from our address goes before one that does not: a NAT can change our address, too.
        """
        places: list[list[_Place | None]] = []
        untold: list[int] = []
        for number, session in enumerate(groups):
            place = self._told_of(session)
            if place is None:
                untold.append(number)
            places.append([self.of_line(each) or place for each in session.lines])
        own = {address for address, _ in self._by_client}
        for number in sorted(untold, key=lambda each: _client_of(groups[each]) not in own):
            places[number] = [self._counted(groups[number])] * len(groups[number].lines)
        return places

    def _told_of(self, session: Session) -> _Place | None:
        for each in session.lines:
            if place := self.of_line(each, taking=False):
                self._met.add(place.attempt)
                return _Place(place.attempt)
        return None

    def _counted(self, session: Session) -> _Place | None:
        if not session.commands:
            return None
        for at, attempt in enumerate(self._attempts):
            if at in self._met or _commands(attempt) != _all(session.commands) or not _serves(session.tag, attempt):
                continue
            if self._when.fits(session.lines[0].line, at) and self._when.fits(session.lines[-1].line, at):
                self._met.add(at)
                return _Place(at)
        return None

    def of_line(self, each: Line, *, taking: bool = True) -> _Place | None:
        """By the port of the client, the queue id, the reply or the name at a login."""
        fact = each.fact
        turns: tuple[int, ...] = ()
        at = self._by_client.get(each.client) if each.client is not None else None
        if isinstance(fact, LoginFailed):
            of_user = [place for user, place in self._refused_logins if user == fact.user or not fact.user]
            if at is not None:
                turns = next((place.turns for place in of_user if place.attempt == at), ())
            elif fact.user and of_user:
                return self._next(("login", fact.user, fact.reason), self._then(each, of_user), taking)
        if at is not None:
            return _Place(at, turns)
        if place := self._by_queue_id.get(getattr(fact, "queue_id", "")):
            return place
        if (agent := _FOR.match(each.line.text)) and (place := self._by_recipient.get(agent[1].lower())):
            return place
        if isinstance(fact, Refused) and fact.reply:
            answered = self._then(each, list(self._answered(fact.reply)))
            return self._next(("reply", fact.reply), answered, taking)
        return None

    def _then(self, each: Line, places: list[_Place]) -> list[_Place]:
        """None of them where nothing was said to us at that time: somebody else was refused in the same words."""
        return places if any(self._when.fits(each.line, place.attempt) for place in places) else []

    def _answered(self, reply: str) -> Iterator[_Place]:
        """Where the server said it to us. What it says over several lines the log has in one."""
        for at, attempt in enumerate(self._attempts):
            for number, turn in enumerate(attempt.transcript.turns if attempt.transcript is not None else ()):
                if turn.kind is TurnKind.RECEIVED and reply in turn.text:
                    yield _Place(at, (number,))

    def _next(self, what: object, places: list[_Place], taking: bool) -> _Place | None:
        """The server writes as often as it answers, and in the same order."""
        if not places:
            return None
        place = places[min(self._taken[what], len(places) - 1)]
        self._taken[what] += taking
        return place


def _client_of(session: Session) -> str:
    """The address of who has connected; empty where the log does not say."""
    found = _BRACKETED.search(getattr(session.lines[0].fact, "client", "") or "")
    return found[1] if found is not None else ""


def _all(commands: dict[str, tuple[int, int]]) -> dict[str, int]:
    return {name: given for name, (_, given) in commands.items() if name in _COUNTED and given}


def _commands(attempt: Attempt) -> dict[str, int]:
    """What we said, as smtpd(8) counts it."""
    counts: Counter[str] = Counter()
    for turn in attempt.transcript.turns if attempt.transcript is not None else ():
        if turn.kind is TurnKind.SENT:
            counts.update(line.partition(" ")[0].lower() for line in turn.text.split("\\r\\n"))
    return {name: counts[name] for name in _COUNTED if counts[name]}


def _serves(tag: str, attempt: Attempt) -> bool:
    """Whether such a smtpd answers at this endpoint: `postfix/submission/smtpd`, by Debian's names of services."""
    if attempt.endpoint is None or not tag.endswith("smtpd"):
        return False
    service = next((_SERVICES[part] for part in tag.split("/") if part in _SERVICES), "smtp")
    return attempt.endpoint.scheme.value == service
