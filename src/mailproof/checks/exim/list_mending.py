"""Items of a list as they were meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mailproof.checks.exim.configured import Configured
from mailproof.checks.exim.mending import mend, place_of, written
from mailproof.checks.exim.stranger import host_is_wide
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.configuration import Condition, Setting
from mailproof.parse.exim.debian import SETTINGS
from mailproof.parse.exim.lists import network_of

ITEM_WORDS = re.compile(r"[\s,;]+")
"""What people put between items where a colon belongs."""


def items_set(
    configured: Configured, found: Setting | Condition, instead: Mapping[str, Sequence[str]]
) -> Remedy | None:
    """A list with others in the place of some of its items; None where one of these is not known or has strangers."""
    place = place_of(configured, found)
    if (
        place is None
        or not all(instead.values())
        or any(_is_wide(each) for items in instead.values() for each in items)
    ):
        return None
    there = place.listed
    items = [each for item in there.items for each in instead.get(item, (item,))]
    if items == list(there.items):
        return None
    return mend(configured, written(configured, place, there.text(items)))


def addresses_doubled(configured: Configured, found: Setting | Condition, wrong: Iterable[str]) -> Remedy | None:
    """A list whose addresses of IPv6 have the doubled colons that keep them whole; None where one has strangers."""
    place, wrong = place_of(configured, found), tuple(dict.fromkeys(wrong))
    if place is None or any(map(_is_wide, wrong)) or (place.file == SETTINGS and ";" in place.value):
        return None
    text = place.value
    for address in wrong:
        pattern = rf"(?<![^\s]){re.escape(address)}(?![^\s])"
        if len(re.findall(pattern, text)) != 1:
            return None
        text = re.sub(pattern, address.replace(":", "::"), text)
    return mend(configured, written(configured, place, text))


def _is_wide(item: str) -> bool:
    """Exim passes over an item that it cannot read; one that has everybody in it would open the relay when mended."""
    network = network_of(item.lstrip("! "))
    return network is not None and (network.prefixlen == 0 or bool(host_is_wide(str(network))))
