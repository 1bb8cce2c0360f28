"""The table of what programs write into the mail log, with the cause and the way out, in both languages."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import NamedTuple

from mailproof.catalog import CATALOG


class LogMessage(NamedTuple):
    name: str
    rank: int
    """1 the server does not work; 2 mail is stuck or lost; 3 refusals and logins; 4 worth a look; 5 harmless."""
    pattern: re.Pattern[str]
    """Its named groups tell one cause from another with the same name."""
    sample: str
    """A whole line as the program writes it."""
    page: str
    """The finding whose page says more; may be empty."""
    meaning: dict[str, str]
    mend: dict[str, str]


@cache
def log_messages() -> tuple[LogMessage, ...]:
    """All rows; the first whose pattern is found in a message is the one that it means."""
    rows = tomllib.loads((CATALOG / "log_messages.toml").read_text("utf-8"))["message"]
    return tuple(
        LogMessage(
            row["name"],
            row["rank"],
            re.compile(row["pattern"]),
            row["sample"],
            row.get("page", ""),
            {lang: row[lang][0] for lang in ("en", "ja")},
            {lang: row[lang][1] for lang in ("en", "ja")},
        )
        for row in rows
    )


@cache
def log_message(name: str) -> LogMessage:
    """Raises KeyError for a name that has no row."""
    return {row.name: row for row in log_messages()}[name]
