"""Colours, as plain SGR sequences (ECMA-48 section 8.3.117)."""

from __future__ import annotations

from enum import StrEnum


class Style(StrEnum):
    FAIL = "1;31"
    WARN = "33"
    INFO = "36"
    PASS = "1;32"
    UNKNOWN = "1;35"
    HEADING = "1"
    DIM = "2"


def paint(text: str, style: Style, on: bool) -> str:
    """`text` in a colour, if colours are on. Cells are counted before, for a terminal gives these none."""
    return f"\x1b[{style}m{text}\x1b[0m" if on and text else text
