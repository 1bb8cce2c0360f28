"""How a command by hand ended; what the reports of `send`, `fetch` and `roundtrip` have in common."""

from __future__ import annotations

import msgspec

from mailproof.model.report import Judged, Report

MASKED = "[masked]"
"""Stands for what of a message is nobody else's business, where the rest can be posted."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    exit_code: int
    """Of the stage that failed (docs/login.md), 0 for none."""
    cause: Judged | None
    why: str = ""
    """English sentence: why it ended before its time, where no finding says it."""
    reason: str = ""
    """Name of that sentence in the catalogue."""
    params: dict[str, str] = {}
    report: Report
    """The same run judged as `check` judges."""
