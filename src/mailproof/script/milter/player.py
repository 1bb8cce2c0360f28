"""A connection to a milter: each command said, its answer heard, in time and within limits."""

from __future__ import annotations

import errno
import os
from typing import NoReturn

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.milter import Amiss, Change, Final, Health, Negotiated, Progress, Stage, StepSeen
from mailproof.net.interface import Net, Stream
from mailproof.script.milter.place import MilterPlace
from mailproof.wire.milter.answers import Answer, NoAnswer, read_answer
from mailproof.wire.milter.commands import Command, EndOfMessage, Macros, Offer, Quit, compose_command
from mailproof.wire.milter.packets import NoPacket, PacketReader
from mailproof.wire.milter.session import MtaSession, stage_of

# Of one message: the fields of the largest mailing list are a tenth of it, Postfix header_size_limit allows 102400.
_MOST_CHANGES = 10_000
# Bytes of changes: the body of a message again, at the 50 MB that servers commonly take.
_MOST_CHANGED = 64 << 20
# A milter that says every second that it is at work has a quarter of an hour, three times Postfix's content timeout.
_MOST_PROGRESS = 900
# What is shown of something that is no answer.
_SHOWN = 200


class MilterTerms(msgspec.Struct, frozen=True):
    timeout: float = 30.0
    """Seconds for the connection and for each answer (postconf(5) milter_connect_timeout, milter_command_timeout)."""
    content_timeout: float = 300.0
    """For the answer to the end of the message (milter_content_timeout)."""
    offer: Offer = Offer()


class MilterFailure(Exception):
    """The milter itself fails, or there is none."""

    def __init__(self, health: Health, stage: Stage, detail: str = "", amiss: Amiss | None = None) -> None:
        super().__init__(f"{health} at {stage}: {detail or amiss}")
        self.health = health
        self.stage = stage
        self.detail = detail
        self.amiss = amiss


class Player:
    """Raises MilterFailure from `open` and `say`; `close` never does."""

    def __init__(self, net: Net, place: MilterPlace, terms: MilterTerms) -> None:
        self.session = MtaSession()
        self.steps: list[StepSeen] = []
        self._net = net
        self._place = place
        self._terms = terms
        self._stream: Stream | None = None
        self._reader = PacketReader()

    @property
    def agreed(self) -> Negotiated:
        return self.session.agreed or Negotiated(0, 0, 0)

    async def open(self) -> StepSeen:
        """Connect and negotiate."""
        started = self._net.now()
        deadline = started + self._terms.timeout
        place = await self._found(deadline)
        try:
            self._stream = await self._net.connect(place, deadline, purpose="milter")
        except NetFailure as failure:
            raise MilterFailure(_health(failure, place), Stage.DIAL, failure.detail) from None
        self.steps.append(StepSeen(Stage.DIAL, place.url, "open", self._net.now() - started))
        return await self.say(self._terms.offer, said=_offered(self._terms.offer))

    async def say(self, command: Command, macros: Macros | None = None, *, said: str = "") -> StepSeen:
        """Raises ValueError for a command out of order."""
        stage = stage_of(command)
        started = self._net.now()
        words = self.session.say(command, macros)
        deadline = started + (
            self._terms.content_timeout if isinstance(command, EndOfMessage) else self._terms.timeout
        )
        if words.data:
            await self._write(words.data, stage, deadline)
        if not words.answer_due:
            step = StepSeen(stage, said, "sent" if words.data else "left-out", self._net.now() - started)
        else:
            step = await self._hear(stage, said, started, deadline)
        self.steps.append(step)
        return step

    def close(self) -> None:
        """With QUIT where the milter may still hear it."""
        if self._stream is not None:
            self._stream.close(compose_command(Quit()) if self.session.may_say(Quit()) else b"")

    async def _found(self, deadline: float) -> MilterPlace:
        place = self._place
        if place.path is not None or place.address:
            return place
        for family in ("AAAA",) if place.only_v6 else ("A", "AAAA"):
            answer = await self._net.resolve(place.host, family, deadline)
            if answer.answers:
                return msgspec.structs.replace(place, address=answer.answers[0])
        raise MilterFailure(Health.UNREACHABLE, Stage.DIAL, amiss=Amiss("no-address", {"host": place.host}))

    async def _write(self, data: bytes, stage: Stage, deadline: float) -> None:
        assert self._stream is not None
        try:
            await self._stream.write(data, deadline, keep=False)
        except NetFailure as failure:
            silent = failure.trouble is Trouble.TIMEOUT
            raise MilterFailure(Health.SILENT if silent else Health.CLOSED, stage, failure.detail) from None

    async def _hear(self, stage: Stage, said: str, started: float, deadline: float) -> StepSeen:
        patience = deadline - started
        changes: list[Change] = []
        notes: list[str] = []
        progress = size = 0
        while True:
            answer = await self._answer(stage, deadline)
            taken = self.session.take(answer)
            notes += (note for note in taken.notes if note not in notes)
            if taken.broken:
                health = Health.MISMATCH if stage is Stage.NEGOTIATE else Health.BROKEN
                raise MilterFailure(health, stage, amiss=taken.broken)
            if isinstance(answer, Progress):
                progress += 1
                deadline = self._net.now() + patience
                if progress > _MOST_PROGRESS:
                    raise MilterFailure(Health.SILENT, stage, amiss=Amiss("at-work", {"n": str(progress)}))
                continue
            if taken.over:
                break
            changes.append(answer)  # type: ignore[arg-type]
            size += _size(answer)
            if len(changes) > _MOST_CHANGES or size > _MOST_CHANGED:
                amiss = Amiss("changes", {"n": str(len(changes)), "size": str(size)})
                raise MilterFailure(Health.BROKEN, stage, amiss=amiss)
        seconds = self._net.now() - started
        if self._reader.pending:
            notes.append("answer-unasked")
        if isinstance(answer, Negotiated):
            return StepSeen(stage, said, "negotiated", seconds, notes=tuple(notes))
        assert isinstance(answer, Final)
        return StepSeen(
            stage,
            said,
            str(answer.verdict),
            seconds,
            answer.reply,
            progress,
            changes=tuple(changes),
            notes=tuple(notes),
        )

    async def _answer(self, stage: Stage, deadline: float) -> Answer | NoAnswer:
        assert self._stream is not None
        while True:
            event = self._reader.next_event()
            if isinstance(event, NoPacket):
                await self._not_one(stage, event)
            if event is not None:
                answer = read_answer(event)
                if isinstance(answer, NoAnswer) and stage is Stage.NEGOTIATE:
                    raise MilterFailure(Health.NOT_A_MILTER, stage, _shown(event.letter + event.data))
                return answer
            try:
                data = await self._stream.read(deadline, keep=False)
            except NetFailure as failure:
                if failure.trouble is Trouble.TIMEOUT:
                    raise MilterFailure(Health.SILENT, stage, _shown(self._reader.pending)) from None
                raise MilterFailure(_hung_up(stage), stage, failure.detail) from None
            if not data:
                raise MilterFailure(_hung_up(stage), stage, _shown(self._reader.pending))
            self._reader.feed(data)

    async def _not_one(self, stage: Stage, event: NoPacket) -> NoReturn:
        """Whatever it is, it is no milter at the negotiation, and a broken one later."""
        health = Health.NOT_A_MILTER if stage is Stage.NEGOTIATE else Health.BROKEN
        raise MilterFailure(health, stage, _shown(event.heard))


def _hung_up(stage: Stage) -> Health:
    return Health.REFUSES_OFFER if stage is Stage.NEGOTIATE else Health.CLOSED


def _health(failure: NetFailure, place: MilterPlace) -> Health:
    if place.path is not None and failure.detail == os.strerror(errno.ENOENT):
        return Health.NO_SOCKET
    if place.path is not None and failure.detail == os.strerror(errno.EACCES):
        return Health.NO_PERMISSION
    return Health.REFUSED if failure.trouble is Trouble.REFUSED else Health.UNREACHABLE


def _offered(offer: Offer) -> str:
    return f"version {offer.version}, actions {offer.actions:#x}, protocol {offer.wishes:#x}"


def _shown(data: bytes) -> str:
    return to_text(data[:_SHOWN])


def _size(answer: Answer | NoAnswer) -> int:
    return sum(len(value) for value in msgspec.structs.astuple(answer) if isinstance(value, str | bytes))
