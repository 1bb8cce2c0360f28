"""A table from what a server answers to what it means: rows in order, and the first that matches decides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

Meaning = TypeVar("Meaning", bound=StrEnum)

# Longer is no reply: RFC 5321 section 4.5.3.1.5 has 512 octets a line, and Gmail's have a handful of lines.
LONGEST = 4000
_BRACKETED = re.compile(r"<[^<>\s]*>")
# A word with it, but for the brackets that it begins with; begun where words begin, a long one is walked once.
_ADDRESS = re.compile(r"(?<!\S)((?:<[^<>\s]*>)*+)\S+@\S+")
_STATUS = re.compile(r"(?m)^[245]\.\d{1,3}\.\d{1,3}[ \t]+")


class Row(NamedTuple, Generic[Meaning]):
    """A reply matches if each part that is given does."""

    kind: Meaning
    code: str = ""
    """Beginning of the code: `5`, `55`, `530`; or `NO`, `BAD`, `-ERR`."""
    status: str = ""
    """Regular expression for the enhanced status, or the response code of POP3 and IMAP, as a whole."""
    words: str = ""
    """Regular expression searched in the lower-case text, addresses taken out."""


class Table(Generic[Meaning]):
    """Asked for every refusal. Its expressions are compiled, and kept by `re`, when one is first reached: most runs
    meet a handful of the rows."""

    def __init__(self, rows: Sequence[Row[Meaning]]) -> None:
        self._rows = tuple(rows)

    def kind(self, code: str, enhanced: str, text: str) -> Meaning | None:
        """The meaning of the first row that matches; None if none does.

        `code` is the three digits, or the status word of POP3 and IMAP; `enhanced` the RFC 3463 status or the
        response code, or ""; `text` all lines with or without statuses.
        """
        words = plain_words(text[:LONGEST])
        for row in self._rows:
            if (
                code.startswith(row.code)
                and (not row.status or re.fullmatch(row.status, enhanced))
                and (not row.words or re.search(row.words, words))
            ):
                return row.kind
        return None


def plain_words(text: str) -> str:
    """A reply's text as one lower-case line, without addresses (they are the client's own words) and statuses."""
    without = _BRACKETED.sub("<>", _ADDRESS.sub(r"\1<>", _STATUS.sub("", text)))
    return " ".join(without.lower().split())
