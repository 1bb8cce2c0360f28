"""The canonical form of a report: JSON, the same in every language, that reads back."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.model.escape import all_sayable, safe_json
from mailproof.model.report import Report


def text_of(data: Any, indent: int = 2) -> str:
    """Anything that msgspec can encode, as indented JSON with a final newline, safe to print.

    Bytes that are no UTF-8 have their replacement character in it.
    """
    try:
        encoded = msgspec.json.encode(data)
    except UnicodeEncodeError:  # the name of a file may be any bytes
        encoded = msgspec.json.encode(all_sayable(msgspec.to_builtins(data)))
    return safe_json(msgspec.json.format(encoded, indent=indent).decode()) + "\n"


def encode(report: Report) -> str:
    """The report as indented JSON with a final newline; `decode` gives it back."""
    return text_of(report)


def decode(text: str | bytes) -> Report:
    """The report in a text of `encode`. Raises msgspec.ValidationError or msgspec.DecodeError for any other text."""
    return msgspec.json.decode(text, type=Report)
