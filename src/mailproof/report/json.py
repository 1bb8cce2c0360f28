"""The canonical form of a report: JSON, the same in every language, that reads back."""

from __future__ import annotations

import msgspec

from mailproof.model.report import Report


def encode(report: Report) -> str:
    """The report as indented JSON with a final newline; `decode` gives it back."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def decode(text: str | bytes) -> Report:
    """The report in a text of `encode`. Raises msgspec.ValidationError or msgspec.DecodeError for any other text."""
    return msgspec.json.decode(text, type=Report)
