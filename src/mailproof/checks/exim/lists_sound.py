"""Is every item of a list of hosts or domains one that Exim can read?"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.list_mending import ITEM_WORDS, addresses_doubled, items_set
from mailproof.checks.exim.names_defined import uses
from mailproof.checks.files import bounded, fault
from mailproof.model.configuration import EximFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.configuration import Condition, Setting
from mailproof.parse.exim.text import split_list

NAME = "exim-lists-sound"
NEEDS = (EximFiles,)
KINDS = (
    FindingKind(
        "exim-list-item-wrong",
        Layer.RELAY,
        ("item", "list", "problem"),
        tuple(
            Explains(name, Scope.SERVER)
            for name in ("relay-denied", "recipient-rejected", "own-domain-rejected", "domain-not-configured")
        ),
        ("Exim specification: host lists", "Exim specification: domain lists", "update-exim4.conf(8)"),
    ),
)

_KINDS = ("hostlist", "domainlist")
_DOTTED = re.compile(r"!?\[?[0-9.]+\]?(?:/[0-9.]*)?")
_STARRED = re.compile(r"!?(?:\d{1,3}\.){1,3}\*")
_NETMASK = re.compile(r"(!?)((?:\d{1,3}\.){3}\d{1,3})/((?:\d{1,3}\.){3}\d{1,3})")
_DOMAIN = re.compile(r"(?:\*?\.?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+|@|localhost)")
_BETWEEN = re.compile(r"(?<=\s):(?=\s)|(?<=[^\s:]):(?=\s)|(?<=\s):(?=[^\s:])")
"""What is a separator whatever is meant: a colon with a blank on one side."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers = bounded(NAME, _wrong(configured))
        yield from answers or [Passed(NAME, (configured.begin,))]


def _wrong(configured: Configured) -> Iterator[Answer]:
    for kind, found in uses(configured):
        if kind not in _KINDS or "$" in found.value:
            continue
        colons = list(_undoubled(found.value)) if kind == "hostlist" else []
        for item in colons:
            yield _told(configured, found, item, "colons", addresses_doubled(configured, found, colons))
        for item, problem, instead in _items(kind, found.value) if not colons else ():
            yield _told(configured, found, item, problem, items_set(configured, found, {item: instead}))


def _told(
    configured: Configured, found: Setting | Condition, item: str, problem: str, remedy: Remedy | None
) -> Answer:
    told = fault("exim-list-item-wrong", *configured.shown(found), item=item[:80], list=found.name, problem=problem)
    return told.mended_by(remedy)


def _items(kind: str, text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each that is wrong, with what is wrong of it and what was meant; nothing where that is not known."""
    for item in split_list(text):
        parts = [each for each in ITEM_WORDS.split(item) if each]
        if len(parts) > 1 and all(_looks_right(kind, each) for each in parts):
            yield item, "separator", tuple(parts)
        elif kind == "domainlist":
            yield from _of_domain(item)
        elif netmask := _NETMASK.fullmatch(item):
            yield item, "netmask", _with_length(*netmask.groups())
        elif starred := _STARRED.fullmatch(item):
            yield item, "pattern", _network(starred[0])
        elif _DOTTED.fullmatch(item) and "." in item and not _is_network(item):
            yield item, "address", ()


def _of_domain(item: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    bare = item.removeprefix("!")
    if bare.startswith(".") and _DOMAIN.fullmatch(bare[1:]):
        yield item, "dot", ()
    elif re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+", bare):
        yield item, "mailbox", ()


def _looks_right(kind: str, text: str) -> bool:
    """A domain, or a host by name or address: what a lookup has before its semicolon is neither."""
    if _DOMAIN.fullmatch(text.removeprefix("!")):
        return "lsearch" not in text
    return kind == "hostlist" and _is_network(text)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(re.sub(r"[\[\]!]", "", text), strict=False)
    except ValueError:
        return False
    return True


def _with_length(negated: str, address: str, mask: str) -> tuple[str, ...]:
    try:
        network = ipaddress.ip_network(f"{address}/{mask}", strict=False)
    except ValueError:
        return ()
    return (f"{negated}{address}/{network.prefixlen}",)


def _network(text: str) -> tuple[str, ...]:
    """`192.0.2.*` is 192.0.2.0/24."""
    given = text.removesuffix(".*").split(".")
    address = ".".join([*given, *["0"] * (4 - len(given))])
    return (f"{address}/{8 * len(given)}",) if _is_network(address.removeprefix("!")) else ()


def _undoubled(text: str) -> Iterator[str]:
    """Addresses of IPv6 whose colons separate items, for they are not doubled."""
    if text.lstrip().startswith("<"):
        return
    for part in _BETWEEN.split(text):
        bare = part.strip()
        if bare.count(":") > 1 and _is_network(bare):
            yield bare
