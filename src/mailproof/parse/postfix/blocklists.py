"""Lists in DNS that a Postfix asks about clients (postconf(5) reject_rbl_client, postscreen_dnsbl_sites)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.restrictions import restrictions

_OF_ADDRESSES = ("reject_rbl_client", "reject_rbl")
_OF_NAMES = "reject_rhsbl_"
_ZONE = re.compile(
    r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?){1,10}\.?"
)
_WEIGHT = re.compile(r"\*(?P<weight>[+-]?\d{1,9})\Z")
_PART = re.compile(r"\[(?P<set>[\d.;]{1,200})\]|(?P<one>\d{1,3})")


class Blocklist(msgspec.Struct, frozen=True):
    """One that refuses those whom it names."""

    zone: str
    answers: str = ""
    """Which of its answers count, `127.0.0.[2..11]`; empty for all."""
    of_names: bool = False
    """It is asked about names of domains, and not about addresses."""


def blocklists(text: str) -> Iterator[Blocklist]:
    """Those of an expanded list of restrictions. Lists that let clients in are none."""
    for item in restrictions(text):
        if item.warns or not (item.name in _OF_ADDRESSES or item.name.startswith(_OF_NAMES)):
            continue
        zone, _, answers = item.argument.partition("=")
        if _ZONE.fullmatch(zone):
            yield Blocklist(zone.rstrip("."), answers, item.name.startswith(_OF_NAMES))


def postscreen_lists(text: str) -> Iterator[Blocklist]:
    """Those of the value of postscreen_dnsbl_sites whose weight counts against a client."""
    for site in split_list(text):
        weight = _WEIGHT.search(site)
        zone, _, answers = (site[: weight.start()] if weight else site).partition("=")
        if _ZONE.fullmatch(zone) and (weight is None or int(weight["weight"]) > 0):
            yield Blocklist(zone.rstrip("."), answers)


def counts(blocklist: Blocklist, address: str) -> bool:
    """Whether this answer is a listing (postconf(5), `domain=d.d.d.d`; src/util/ip_match.c)."""
    if not blocklist.answers:
        return True
    wanted = _matchers(blocklist.answers)
    octets = address.split(".")
    if wanted is None or len(octets) != len(wanted) or not all(each.isdigit() for each in octets):
        return False
    return all(match(int(each)) for match, each in zip(wanted, octets, strict=True))


def _matchers(pattern: str) -> Sequence[Callable[[int], bool]] | None:
    """Of `127.0.[0..255;3].2`, one for each octet; None for what is no such pattern."""
    found: list[Callable[[int], bool]] = []
    at = 0
    while part := _PART.match(pattern, at):
        at = part.end() + 1
        found.append(_of_part(part["set"] or part["one"]))
        if part.end() == len(pattern):
            return found
        if pattern[part.end()] != ".":
            return None
    return None


def _of_part(text: str) -> Callable[[int], bool]:
    ranges = [each.split("..") for each in text.split(";")]
    bounds = [(int(each[0]), int(each[-1])) for each in ranges if all(end.isdigit() for end in each)]
    return lambda octet: any(low <= octet <= high for low, high in bounds)
