"""SEARCH (RFC 3501 section 6.4.4): which messages meet a list of keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

import msgspec

from mailproof.lab.embedded.headers import header_values
from mailproof.lab.embedded.mailboxes import StoredMessage
from mailproof.wire.imap.tokens import Value, string_of

# NOT within OR within lists; Dovecot bounds its search arguments too.
_DEEPEST = 50
_SEQUENCE = re.compile(r"(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*\Z")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FLAGS = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
}

_OPTIONS = frozenset({"MIN", "MAX", "ALL", "COUNT", "SAVE"})

Test = Callable[[int, StoredMessage], bool]
"""Of the sequence number and the message."""


class BadSearch(Exception):
    """The client's keys cannot be read; the text says why, for a BAD."""


def is_sequence(text: Value) -> bool:
    return isinstance(text, str) and _SEQUENCE.match(text) is not None


def in_sequence(text: str, largest: int) -> Callable[[int], bool]:
    """Whether a number is in a set such as `1:3,7,9:*`; `*` is `largest`."""
    ranges: list[tuple[int, int]] = []
    for part in text.split(","):
        first, colon, last = part.partition(":")
        ends = [largest if end == "*" else int(end) for end in ((first, last) if colon else (first, first))]
        ranges.append((min(ends), max(ends)))
    return lambda number: any(low <= number <= high for low, high in ranges)


class Found(msgspec.Struct, frozen=True):
    """What the options of RETURN ask for (RFC 9051 section 6.4.4)."""

    options: frozenset[str]
    keys: tuple[Value, ...]


def returned(args: Sequence[Value]) -> Found | None:
    """The options behind RETURN and the keys behind them; None where there is no RETURN. Raises BadSearch."""
    if not args or not isinstance(args[0], str) or args[0].upper() != "RETURN":
        return None
    options = args[1] if len(args) > 1 else None
    if not isinstance(options, tuple):
        raise BadSearch("Missing options of RETURN.")
    names = frozenset(option.upper() if isinstance(option, str) else "?" for option in options)
    if names - _OPTIONS:
        raise BadSearch("Unknown option of RETURN.")
    return Found(names or frozenset({"ALL"}), tuple(args[2:]))


def sequence_of(numbers: Sequence[int]) -> str:
    """`1:3,7` for 1, 2, 3 and 7, which are in order; empty for none."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ranges)


def search(keys: Sequence[Value], messages: Sequence[StoredMessage]) -> list[tuple[int, StoredMessage]]:
    """Those that meet all keys, with their numbers. Raises BadSearch."""
    if len(keys) >= 2 and keys[0] == "CHARSET":
        keys = keys[2:]
    test = _Reader(keys, messages).everything(0)
    return [(number, message) for number, message in enumerate(messages, start=1) if test(number, message)]


class _Reader:
    def __init__(self, keys: Sequence[Value], messages: Sequence[StoredMessage]) -> None:
        self._keys = list(keys)
        self._messages = messages

    def everything(self, depth: int) -> Test:
        if not self._keys:
            raise BadSearch("Missing search argument.")
        tests: list[Test] = []
        while self._keys:
            tests.append(self._one(depth))
        return lambda number, message: all(test(number, message) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise BadSearch("Too deeply nested search.")
        key = self._next()
        if isinstance(key, tuple):
            return _Reader(key, self._messages).everything(depth + 1)
        if is_sequence(key):
            meant = in_sequence(str(key), len(self._messages))
            return lambda number, message: meant(number)
        name = key.upper() if isinstance(key, str) else ""
        if name == "NOT":
            inner = self._one(depth + 1)
            return lambda number, message: not inner(number, message)
        if name == "OR":
            one, other = self._one(depth + 1), self._one(depth + 1)
            return lambda number, message: one(number, message) or other(number, message)
        return self._simple(name)

    def _simple(self, name: str) -> Test:
        if name in ("ALL", "OLD"):
            return lambda number, message: True
        if name in ("NEW", "RECENT", "KEYWORD", "UNKEYWORD"):
            if name.endswith("KEYWORD"):
                self._text()
            return lambda number, message: name == "UNKEYWORD"
        if name in _FLAGS:
            return lambda number, message: _FLAGS[name] in message.flags
        if name.startswith("UN") and name[2:] in _FLAGS:
            return lambda number, message: _FLAGS[name[2:]] not in message.flags
        if name == "UID":
            return self._uid()
        if name in ("FROM", "TO", "CC", "BCC", "SUBJECT"):
            return _header(name.encode(), self._text())
        if name == "HEADER":
            return _header(self._text(), self._text())
        if name in ("BODY", "TEXT"):
            wanted = self._text().lower()
            return lambda number, message: wanted in _where(message, name)
        if name in ("LARGER", "SMALLER"):
            size = self._number()
            return lambda number, message: (
                (len(message.data) > size) if name == "LARGER" else len(message.data) < size
            )
        return self._dated(name.removeprefix("SENT"), sent=name.startswith("SENT"))

    def _uid(self) -> Test:
        key = self._next()
        if not is_sequence(key):
            raise BadSearch("Invalid UID set.")
        meant = in_sequence(str(key), self._messages[-1].uid if self._messages else 0)
        return lambda number, message: meant(message.uid)

    def _dated(self, name: str, *, sent: bool) -> Test:
        if name not in ("BEFORE", "ON", "SINCE"):
            raise BadSearch("Unknown search argument.")
        day = _day(self._text().decode("ascii", "replace"))

        def test(number: int, message: StoredMessage) -> bool:
            on = _sent(message) if sent else message.arrived.date()
            return on is not None and (on < day if name == "BEFORE" else on == day if name == "ON" else on >= day)

        return test

    def _next(self) -> Value:
        if not self._keys:
            raise BadSearch("Missing search argument.")
        return self._keys.pop(0)

    def _text(self) -> bytes:
        text = string_of(self._next())
        if text is None:
            raise BadSearch("Invalid search argument.")
        return text

    def _number(self) -> int:
        text = self._text()
        if not text.isdigit() or len(text) > 10:
            raise BadSearch("Invalid search size.")
        return int(text)


def _header(name: bytes, wanted: bytes) -> Test:
    low = wanted.lower()
    return lambda number, message: any(low in value.lower() for value in header_values(message.data, name))


def _where(message: StoredMessage, name: str) -> bytes:
    return (message.data if name == "TEXT" else message.data.partition(b"\r\n\r\n")[2]).lower()


def _day(text: str) -> date:
    """`1-Feb-1994`."""
    parts = text.lower().split("-")
    try:
        return date(int(parts[2]), _MONTHS.index(parts[1]) + 1, int(parts[0]))
    except (IndexError, ValueError):
        raise BadSearch("Invalid search date.") from None


def _sent(message: StoredMessage) -> date | None:
    from email.utils import parsedate_to_datetime

    values = header_values(message.data, b"Date")
    try:
        sent: datetime = parsedate_to_datetime(values[0].decode("ascii", "replace"))
    except (IndexError, ValueError, TypeError, OverflowError):
        return None
    return sent.date()
