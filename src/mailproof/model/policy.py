"""Severities and thresholds: what a profile of the catalogue says."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mailproof.model.finding import Param, Severity


class Thresholds(msgspec.Struct, frozen=True):
    expires_soon_days: int = 14
    greeting_slow_seconds: float = 1.0
    rsa_bits: int = 2048
    ec_bits: int = 224
    """RFC 9325 section 4.5 wants 112 bits of strength."""


class Policy(msgspec.Struct, frozen=True):
    name: str
    severities: dict[str, Severity | dict[str, Severity]]
    """By name of finding; a table gives them by scheme (`smtp`) or parameter (`use=demanded`), and `default`."""
    thresholds: Thresholds = Thresholds()
    skip: tuple[str, ...] = ()
    """What this profile does not test: `relay`, `users`."""

    def severity(self, name: str, scheme: str | None, params: Mapping[str, Param]) -> Severity:
        """Raises KeyError if the profile does not know the finding."""
        entry = self.severities[name]
        if not isinstance(entry, dict):
            return entry
        keys = (*(f"{param}={value}" for param, value in params.items()), scheme, "default")
        return next(entry[key] for key in keys if key in entry)
