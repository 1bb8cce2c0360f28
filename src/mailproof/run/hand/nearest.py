"""The addresses of one host, raced: a command by hand wants one connection, and soon (RFC 8305, Happy Eyeballs)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailproof.model.record import Attempt
from mailproof.net.interface import Driver, Task
from mailproof.probes.conversation import Conversation
from mailproof.probes.speech import Ended

# RFC 8305 section 5: the Connection Attempt Delay.
_HEAD_START = 0.25
# Between two looks at dials that are on their way: soon at first, for most servers are near.
_SOONEST, _LATEST = 0.001, 0.02


async def nearest(
    net: Driver, talks: Sequence[Conversation[Any]]
) -> tuple[Conversation[Any] | None, tuple[Attempt, ...]]:
    """Dial in this order, each a quarter second after the one before, or as soon as all before have failed.

    The first whose connection stands, ready to go on, and the attempts that came to nothing. The others hang up, and
    are not told of. None if no connection stands.
    """
    if len(talks) == 1:
        stands = await _dialled(talks[0])
        return (talks[0], ()) if stands else (None, (talks[0].attempt(),))
    dials: list[tuple[Conversation[Any], Task[bool]]] = []
    next_start, pause = net.now(), _SOONEST
    while True:
        over = all(task.done() for _, task in dials)
        if len(dials) < len(talks) and (over or net.now() >= next_start):
            talk = talks[len(dials)]
            dials.append((talk, net.spawn(_dialled(talk))))
            next_start, pause = net.now() + _HEAD_START, _SOONEST
        elif over:
            return None, tuple(talk.attempt() for talk, _ in dials)
        await net.sleep(pause)
        pause = min(pause * 2, _LATEST)
        for talk, task in dials:
            if task.done() and await task.wait():
                return talk, await _called_off(dials, talk)


async def _called_off(
    dials: Sequence[tuple[Conversation[Any], Task[bool]]], winner: Conversation[Any]
) -> tuple[Attempt, ...]:
    failed: list[Attempt] = []
    for talk, task in dials:
        if talk is winner:
            continue
        if not task.done():
            task.cancel()
        elif await task.wait():
            talk.close()
        else:
            failed.append(talk.attempt())
    return tuple(failed)


async def _dialled(talk: Conversation[Any]) -> bool:
    try:
        await talk.connect_plainly()
    except Ended:
        return False
    return True
