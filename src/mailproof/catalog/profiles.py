"""Profiles: which severity a finding has, and where the thresholds lie."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from mailproof.catalog import CATALOG
from mailproof.model.failure import UsageError
from mailproof.model.finding import Severity
from mailproof.model.policy import Policy, Thresholds

PROFILES = ("default", "hosted", "strict")

_KEYS = {"extends", "skip", "thresholds", "severities"}


def load_profile(profile: str = "default") -> Policy:
    """The policy of a profile by name, or by the path of a TOML file of the same form as `profiles/strict.toml`.

    Raises UsageError for a file that cannot be read, is no TOML, or names a finding, severity or threshold that
    does not exist.
    """
    if profile in PROFILES:
        return _builtin(profile)
    if not Path(profile).is_file():
        raise UsageError("no-such-profile", profile=profile, known=PROFILES)
    return _built(profile, _read(profile), Path(profile).stem)


def _built(where: str, table: dict[str, Any], name: str) -> Policy:
    base = table.get("extends", "default" if where not in PROFILES else None)
    if base is not None and base not in PROFILES:
        raise UsageError("profile-extends", file=where, value=str(base), known=PROFILES)
    if unknown := sorted(table.keys() - _KEYS):
        raise UsageError("profile-section", file=where, section=unknown[0], known=tuple(sorted(_KEYS)))
    below = None if base is None else load_profile(base)
    severities = dict(below.severities) if below else {}
    for finding, entry in _table(where, table, "severities").items():
        if below is not None and finding not in below.severities:
            raise UsageError("profile-finding", file=where, finding=finding)
        severities[finding] = _severity(where, finding, entry)
    thresholds = msgspec.to_builtins(below.thresholds) if below else {}
    own = _table(where, table, "thresholds")
    if unknown := sorted(own.keys() - set(Thresholds.__struct_fields__)):
        known = Thresholds.__struct_fields__
        raise UsageError("profile-threshold", file=where, threshold=unknown[0], known=known)
    try:
        limits = msgspec.convert({**thresholds, **own}, Thresholds)
        skip = msgspec.convert(table.get("skip", below.skip if below else ()), tuple[str, ...])
    except msgspec.ValidationError as error:
        raise UsageError("profile-value", file=where, why=str(error)) from None
    return Policy(name, severities, limits, skip)


def _severity(where: str, finding: str, entry: Any) -> Severity | dict[str, Severity]:
    try:
        if isinstance(entry, dict):
            if "default" not in entry:
                raise UsageError("profile-no-default", file=where, finding=finding)
            return {scheme: Severity(value) for scheme, value in entry.items()}
        return Severity(entry)
    except ValueError:
        raise UsageError("profile-severity", file=where, finding=finding, value=str(entry)) from None


def _table(where: str, table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise UsageError("profile-no-table", file=where, key=key)
    return value


@cache
def _builtin(name: str) -> Policy:
    import tomllib

    return _built(name, tomllib.loads((CATALOG / "profiles" / f"{name}.toml").read_text(encoding="utf-8")), name)


def _read(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise UsageError("profile-unreadable", file=path, why=error.strerror or "") from None
    except (ValueError, RecursionError) as error:
        raise UsageError("profile-no-toml", file=path, why=str(error)) from None
