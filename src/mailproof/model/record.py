"""Everything that was asked, tried and seen in one run. Can be judged again, anywhere, with the same result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from mailproof.model.attempt import Job, Skipped, Status, StepTaken
from mailproof.model.endpoint import Endpoint, Target
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.observation import AnyObservation
from mailproof.model.observed import Observation
from mailproof.model.transcript import Transcript, Turn

SCHEMA = 1


class Asked(msgspec.Struct, frozen=True):
    """What the user wanted to know, and with which means. Never a secret."""

    user: str = ""
    """Login name; empty if there are no credentials."""
    mechanism: str = ""
    all_mechanisms: bool = False
    sender: str = ""
    mailbox: str = ""
    mailbox_user: str = ""
    """Login name of the mailbox; empty where it is `user`."""
    outside: str = ""
    deliver: bool = False
    tls: str = "auto"
    verify: bool = True
    xclient: tuple[str, ...] = ()
    proxy_protocol: int = 0
    """Version of the PROXY header that was sent first; 0 for none."""
    proxied_source: str = ""
    """The client address in that header; empty for our own."""
    proxy: str = ""
    """URL of the proxy that every connection goes through, without its login; empty for none."""
    timeout: float = 30.0


class Attempt(msgspec.Struct, frozen=True):
    """One job: how far it came, what it saw, what was said."""

    job: Job
    endpoint: Endpoint | None = None
    steps: tuple[StepTaken, ...] = ()
    observations: tuple[AnyObservation, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    transcript: Transcript | None = None

    @property
    def failed(self) -> StepTaken | None:
        """The step at which it ended, or None if it came to its end."""
        return next((step for step in self.steps if step.status is Status.FAILED), None)


Seen = TypeVar("Seen", bound=Observation)


class Sighting(Generic[Seen]):
    """An observation together with the attempt that made it."""

    def __init__(self, fact: Seen, attempt: Attempt, number: int) -> None:
        self.fact = fact
        self.attempt = attempt
        self._number = number

    @property
    def endpoint(self) -> Endpoint:
        """Raises LookupError for an observation of no endpoint, such as a DNS answer for a domain."""
        if self.attempt.endpoint is None:
            raise LookupError(f"{type(self.fact).__name__} belongs to no endpoint")
        return self.attempt.endpoint

    @property
    def url(self) -> str:
        return self.endpoint.url

    def evidence(self, *turns: int) -> tuple[Evidence, ...]:
        """These turns of its transcript (by index), or those the observation itself names."""
        chosen = turns or getattr(self.fact, "turns", ())
        if self.attempt.transcript is None:
            return ()
        all_turns = self.attempt.transcript.turns
        return tuple(
            Evidence(EvidenceKind.TURN, f"transcript {self._number}, turn {index + 1}", _shown(all_turns[index]))
            for index in chosen
            if 0 <= index < len(all_turns)
        )


def _shown(turn: Turn) -> str:
    mark = {"sent": "C: ", "received": "S: ", "event": "* "}[turn.kind]
    lines = turn.text.split("\\r\\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return "\n".join(mark + line for line in lines)


class Record(msgspec.Struct, frozen=True):
    started: datetime
    """In UTC."""
    targets: tuple[Target, ...] = ()
    asked: Asked = Asked()
    attempts: tuple[Attempt, ...] = ()
    seconds: float = 0.0
    vantage: tuple[str, ...] = ()
    """Addresses of this machine's own interfaces, so that its own server is known for what it is."""
    mailproof: str = ""
    """Version that made the record."""
    schema: int = SCHEMA

    def seen(self, kind: type[Seen]) -> Iterator[Sighting[Seen]]:
        """Every observation of this type, in the order of the attempts."""
        number = 0
        for attempt in self.attempts:
            number += attempt.transcript is not None
            for fact in attempt.observations:
                if isinstance(fact, kind):
                    yield Sighting(fact, attempt, number)

    def transcripts(self) -> tuple[Transcript, ...]:
        """In the order in which evidence counts them, from 1."""
        return tuple(a.transcript for a in self.attempts if a.transcript is not None)
