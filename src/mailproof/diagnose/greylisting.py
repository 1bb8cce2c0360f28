"""What a sequence of tries proves: a pure function of them."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.model.greylisting import Greylisted, GreylistTry, Look


def proved_by(tries: Sequence[GreylistTry], may_be: bool) -> Greylisted:
    """`may_be`: the first refusal is for now and names no reason but a greylist's, or none."""
    if not tries or any(each.trouble for each in tries[:1]):
        return Greylisted.UNTOLD
    first = tries[0]
    if first.taken:
        return Greylisted.NOT
    if not may_be:
        return Greylisted.ANOTHER_CAUSE
    taken = next((each for each in tries if each.taken and each.look in (Look.AGAIN, Look.LATER)), None)
    if taken is None:
        return Greylisted.UNTOLD if tries[-1].trouble else Greylisted.NOT_YET
    others = [each for each in tries if each.look is Look.CONTROL]
    if not others or others[-1].trouble:
        return Greylisted.UNTOLD
    return Greylisted.OVER if others[-1].taken else Greylisted.PROVED
