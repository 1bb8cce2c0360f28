"""`--mask` of the commands that make no record: their results, with stand-ins for names and addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

Told = TypeVar("Told")


def masked(told: Told, wanted: bool, *beside: Any, users: Iterable[str] = (), hosts: Iterable[str] = ()) -> Told:
    """The same, where that is `wanted`. `users` and `hosts` are names that can stand alone in it, `beside` what else
    names some."""
    if not wanted:
        return told
    from mailproof.report.mask import Mask

    return Mask(None, users, told, *beside, hosts=hosts).apply(told)
