"""What mends a finding on servers other than Postfix and Dovecot: lines that are the same in every language."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any, NamedTuple

from mailproof.catalog import CATALOG


class Remedy(NamedTuple):
    brand: str
    """Key of the brand: `exim`, `sendmail`, `opensmtpd`, `cyrus`, `courier`, `exchange`."""
    name: str
    """As its makers write it."""
    where: str
    """The file that the lines belong into; empty where they are typed."""
    apply: str
    """The command that makes the server read them; empty where none is needed."""
    lines: tuple[str, ...]
    note: str
    """In the language asked for; may be empty where there are lines."""


def remedies(finding: str, lang: str = "en") -> tuple[Remedy, ...]:
    """For each brand that has one of its own, in the order of the catalogue; empty for most findings."""
    return tuple(_remedy(brand, entry, lang) for brand, entry in _by_finding().get(finding, {}).items())


def findings() -> frozenset[str]:
    """Those that have a remedy here."""
    return frozenset(_by_finding())


def _remedy(brand: str, entry: dict[str, str], lang: str) -> Remedy:
    told = _catalogue()["brands"][brand]
    lines = tuple(entry.get("lines", "").strip("\n").splitlines())
    where, apply = (entry.get(key, told[key]) for key in ("where", "apply"))
    return Remedy(brand, told["name"], where, apply if lines else "", lines, entry.get(lang, ""))


@cache
def _by_finding() -> dict[str, dict[str, dict[str, str]]]:
    order = list(_catalogue()["brands"])
    found: dict[str, dict[str, dict[str, str]]] = {}
    for group in _catalogue()["remedies"]:
        entries = {brand: group[brand] for brand in order if brand in group}
        found.update(dict.fromkeys(group["findings"], entries))
    return found


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads((CATALOG / "brands.toml").read_text("utf-8"))
