"""The frame of every page: self-contained, without a script; a Content-Security-Policy tells the browser so."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path

from mailproof.model.escape import printable

_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(heading: str, body: Iterable[str], lang: str) -> str:
    """The whole page, with a final newline; the empty ones of its parts are left out."""
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(heading)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, body))
        + "\n</main>\n</body>\n</html>\n"
    )


def section(heading: str, content: str) -> str:
    """With its heading; nothing where there is no content."""
    return f"<section>\n<h2>{escape(heading)}</h2>\n{content}\n</section>" if content else ""


def text(told: str) -> str:
    """Somebody's words, escaped for the page and for the terminal that shows its source."""
    return escape(printable(told))


@cache
def _style() -> str:
    return Path(__file__).with_name("html.css").read_text(encoding="utf-8")
