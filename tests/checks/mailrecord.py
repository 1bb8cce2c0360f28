"""A record made by hand for the checks of login, relay and delivery: one conversation, one turn a reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.finding import Answer, Finding, Passed, Untold
from mailproof.model.observation import AnyObservation
from mailproof.model.policy import Policy
from mailproof.model.record import Asked, Attempt, Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.transcript import Transcript, Turn, TurnKind

POLICY = Policy("test", {})
_CLASSES = {"2": ReplyClass.POSITIVE, "3": ReplyClass.INTERMEDIATE, "4": ReplyClass.TRANSIENT}
_LASTING = {"+OK": ReplyClass.POSITIVE, "OK": ReplyClass.POSITIVE}
_TRANSIENT_CODES = ("SYS/TEMP", "UNAVAILABLE")


def endpoint(scheme: str = "submissions", address: str = "192.0.2.25") -> Endpoint:
    kind = Scheme(scheme)
    return Endpoint(kind, "mx.test", address, kind.default_port, "mx.test")


def reply(line: str, turn: int = 0, seconds: float = 0.0) -> Reply:
    """`550 5.1.1 no such user`, `NO [AUTHENTICATIONFAILED] no`, as the wire room would read it."""
    code, _, text = line.partition(" ")
    first = text.split(" ")[0]
    enhanced = first.strip("[]") if first.startswith("[") or first.count(".") == 2 else ""
    kind = _CLASSES.get(code[0]) or _LASTING.get(code) or ReplyClass.PERMANENT
    if enhanced in _TRANSIENT_CODES:
        kind = ReplyClass.TRANSIENT
    return Reply(kind, code, text, enhanced, turn, seconds)


def attempt(
    *facts: AnyObservation, scheme: str = "submissions", address: str = "192.0.2.25", job: str = "survey"
) -> Attempt:
    """Its transcript has a turn for every index that a reply can name here."""
    where = endpoint(scheme, address)
    turns = tuple(Turn(TurnKind.RECEIVED, 0.0, f"turn {number}\\r\\n") for number in range(10))
    return Attempt(Job(job), where, observations=facts, transcript=Transcript(where.url, address, job, turns))


def record(*attempts: Attempt, asked: Asked | None = None, vantage: tuple[str, ...] = ("198.51.100.7",)) -> Record:
    return Record(datetime(2026, 1, 1, tzinfo=UTC), asked=asked or Asked(), attempts=attempts, vantage=vantage)


def answers(check: Callable[[Record, Policy], Iterable[Answer]], seen: Record) -> list[str]:
    """What a check says: the name of a finding, `+name` for passed, `?reason` for could not tell."""
    said: list[str] = []
    for answer in check(seen, POLICY):
        if isinstance(answer, Finding):
            said.append(answer.name)
        elif isinstance(answer, Passed):
            said.append("+" + answer.name)
        elif isinstance(answer, Untold):
            said.append("?" + answer.why)
    return said
