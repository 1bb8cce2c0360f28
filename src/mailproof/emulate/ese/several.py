"""Plans of several databases: each with its logs is copied to a folder of its own, for their logs have one name."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.emulate.ese.plan import plan
from mailproof.emulate.ese.shell import Wishes, joined, places
from mailproof.emulate.ese.situation import Situation, situations
from mailproof.model.ese_plan import Plan
from mailproof.model.record import Record

Group = tuple[Situation, ...]
"""Databases of one set of logs: they are replayed together (a storage group, until Exchange 2007)."""


def groups(record: Record) -> tuple[Group, ...]:
    """Of every set of logs in a record its databases, in its order."""
    told = (situations(Record(record.started, attempts=(attempt,))) for attempt in record.attempts)
    return tuple(group for group in told if group)


def plans(several: Sequence[Group], wishes: Wishes) -> tuple[Plan, ...]:
    """One for each database."""
    if len(several) == 1:
        return tuple(plan(situation, wishes) for situation in several[0])
    taken: set[str] = set()
    found: list[Plan] = []
    for group in several:
        name = _free(places(group[0], wishes).identity, taken)
        own = wishes._replace(copy_to=joined(wishes.copy_to or "X:\\copy", name))
        found += [plan(situation, own) for situation in group]
    return tuple(found)


def _free(name: str, taken: set[str]) -> str:
    """`DB01`, or `DB01-2`; Windows does not tell letters by their case."""
    wanted, number = name, 1
    while wanted.lower() in taken:
        number += 1
        wanted = f"{name}-{number}"
    taken.add(wanted.lower())
    return wanted
