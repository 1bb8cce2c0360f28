"""The beginning of a session: dialled, and as far as one would go by hand: TLS, and what the server can."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.model.escape import to_text
from mailproof.model.talk import TlsStart
from mailproof.model.tls import TlsPolicy
from mailproof.parse.talk.notes import Note
from mailproof.parse.talk.offers import offers_in
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.session import Session
from mailproof.wire.starttls.course import Course, Outcome, Upgrade, Verdict, bounded, greeted
from mailproof.wire.starttls.registry import UPGRADES


async def dial(session: Session, addresses: Sequence[str]) -> None:
    """The connection, and TLS where it begins with it. Raises NetFailure."""
    await session.line.dial(addresses)
    stream, place = session.line.stream, session.line.place
    where = place.path or stream.remote
    stream.event(f"connected to {where}" + (f" from {stream.local}" if stream.local else ""))
    session.screen.event("connected", where=where)
    session.stage = Stage.GREETING
    if place.starts is TlsStart.AT_ONCE:
        await session.secure(None)


async def enter(session: Session, addresses: Sequence[str]) -> None:
    """Dial, start TLS where the scheme says so, and ask what the server can. Raises NetFailure and Closed."""
    await dial(session, addresses)
    upgrade, place = UPGRADES.get(session.protocol), session.line.place
    if upgrade is None or session.is_over:
        return
    wanted = place.starts in (TlsStart.UPGRADE, TlsStart.OPPORTUNISTIC)
    if wanted and session.terms.tls is not TlsPolicy.NEVER:
        await _upgrade(session, upgrade)
        return
    if upgrade.greeting:
        await _follow(session, greeted(upgrade), upgrade)
    session.stage = Stage.OPEN
    await session.say_hello(upgrade)


async def _upgrade(session: Session, upgrade: Upgrade) -> None:
    outcome = await _follow(session, bounded(upgrade.opening(session.names)), upgrade)
    session.offered = offers_in(session.protocol, outcome.offered.decode("utf-8", "replace"))
    session.progress.hello = "EHLO" if outcome.offered else ""
    if outcome.verdict is Verdict.READY:
        if await session.secure(outcome.left):
            await session.say_hello(upgrade)
        return
    lines = outcome.said.strip().splitlines()
    if upgrade.binary and lines:
        session.screen.event("answer", words=to_text(session.line.stream.secrets.mask(lines[-1])))
    session.screen.note(Note(f"tls-{outcome.verdict}"))
    required = session.line.place.starts is TlsStart.UPGRADE or session.terms.tls is TlsPolicy.REQUIRED
    if outcome.verdict is not Verdict.NOT_OFFERED:
        session.stage = Stage.TLS if outcome.offered else Stage.GREETING
    elif required:
        session.stage = Stage.TLS
    else:
        session.stage = Stage.OPEN
        await session.introduce()


async def _follow(session: Session, course: Course, upgrade: Upgrade) -> Outcome:
    """A course of the opening, shown as it goes; of one that is no text the sizes only."""
    unfinished = b""

    def said(data: bytes) -> None:
        if upgrade.binary:
            session.screen.event("bytes-sent-one" if len(data) == 1 else "bytes-sent", n=len(data))
        else:
            session.screen.said(to_text(data.rstrip(b"\r\n")))

    def heard(data: bytes) -> None:
        nonlocal unfinished
        if upgrade.binary:
            session.screen.event("bytes-received-one" if len(data) == 1 else "bytes-received", n=len(data))
            return
        *lines, unfinished = (unfinished + data).split(b"\n")
        for each in lines:
            session.show(each.removesuffix(b"\r"))

    outcome = await session.line.follow(course, heard, said)
    if unfinished:
        session.show(unfinished)
    return outcome
