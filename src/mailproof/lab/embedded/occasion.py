"""When a fault strikes: always, or now and then, and how late it answers."""

from __future__ import annotations

import random
from collections import Counter

import msgspec


class Occasion(msgspec.Struct, frozen=True):
    """Counted and drawn at each endpoint by itself, so that what happens at one changes nothing at another."""

    fault: str = ""
    """As it was asked for: two faults are counted apart."""
    chance: float = 1.0
    """Of each time that it could strike, from 0 to 1."""
    after: int = 0
    """So many times it could strike and does not yet."""
    count: int = 0
    """It strikes so often and then no more; 0 for no end."""
    delay: float = 0.0
    """Seconds that its answer comes late."""

    @property
    def is_always(self) -> bool:
        return self.chance >= 1 and not self.after and not self.count


ALWAYS = Occasion()


class Fortune:
    """Decides for one lab. The same seed and the same course of things make the same decisions."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._dice: dict[str, random.Random] = {}
        self._times: Counter[str] = Counter()
        self._struck: Counter[str] = Counter()

    def strikes(self, occasion: Occasion, endpoint: str) -> bool:
        """Whether it strikes this time, of which it has come at this endpoint."""
        if occasion.is_always:
            return True
        key = f"{occasion.fault} {endpoint}"
        self._times[key] += 1
        if self._times[key] <= occasion.after or (occasion.count and self._struck[key] >= occasion.count):
            return False
        dice = self._dice.setdefault(key, random.Random(f"{self._seed} {key}"))
        if dice.random() >= occasion.chance:
            return False
        self._struck[key] += 1
        return True
