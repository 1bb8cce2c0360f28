"""Items of a list as they were meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mailproof.checks.exim.configured import Configured
from mailproof.checks.exim.mending import mend, place_of, written
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.debian import SETTINGS
from mailproof.parse.exim.reader import Condition, Setting

ITEM_WORDS = re.compile(r"[\s,;]+")
"""What people put between items where a colon belongs."""


def items_set(
    configured: Configured, found: Setting | Condition, instead: Mapping[str, Sequence[str]]
) -> Remedy | None:
    """A list with others in the place of some of its items; None where one of these is not known."""
    place = place_of(configured, found)
    if place is None or not all(instead.values()):
        return None
    there = place.listed
    items = [each for item in there.items for each in instead.get(item, (item,))]
    if items == list(there.items):
        return None
    return mend(configured, written(configured, place, there.text(items)))


def addresses_doubled(configured: Configured, found: Setting | Condition, wrong: Iterable[str]) -> Remedy | None:
    """A list whose addresses of IPv6 have the doubled colons that keep them together."""
    place = place_of(configured, found)
    if place is None or (place.file == SETTINGS and ";" in place.value):
        return None
    text = place.value
    for address in dict.fromkeys(wrong):
        pattern = rf"(?<![^\s]){re.escape(address)}(?![^\s])"
        if len(re.findall(pattern, text)) != 1:
            return None
        text = re.sub(pattern, address.replace(":", "::"), text)
    return mend(configured, written(configured, place, text))
