"""Versions in dpkg's own order (deb-version(7))."""

from __future__ import annotations

import re

_VERSION = re.compile(
    r"(?:(?P<epoch>\d{1,9}):)?(?P<upstream>[A-Za-z0-9.+:~-]+?)(?:-(?P<revision>[A-Za-z0-9+.~]+))?\Z"
)
_PIECE = re.compile(r"(\D*)(\d*)")


def parted(version: str) -> tuple[int, str, str]:
    """Epoch, upstream version, revision (empty for a native package). Raises ValueError for no version."""
    match = _VERSION.match(version)
    if match is None or len(version) > 256:
        raise ValueError(version)
    return int(match["epoch"] or 0), match["upstream"], match["revision"] or ""


def later(one: str, other: str) -> bool:
    """Whether dpkg takes `one` for the later. Raises ValueError for no version."""
    return _key(one) > _key(other)


def above(version: str) -> str:
    """A version above this one and all small updates of it, as the article makes it: 4.3.9-1 becomes 4.3.9-101."""
    epoch, upstream, revision = parted(version)
    prefix = f"{epoch}:" if version.startswith(f"{epoch}:") else ""
    number = re.match(r"\d+", revision)
    if not revision:
        return f"{version}+local1"
    if number is None:
        return f"{version}+local1"
    return f"{prefix}{upstream}-{int(number[0]) + 100}"


def _key(version: str) -> tuple[int, _Order, _Order]:
    epoch, upstream, revision = parted(version)
    return epoch, _Order(upstream), _Order(revision or "0")


class _Order:
    """Pieces that are no digits, then digits as a number, and so on; `~` is before everything, the end included."""

    def __init__(self, text: str) -> None:
        self._pieces = [
            ([*map(_weight, letters), 0], int(digits or 0))
            for letters, digits in _PIECE.findall(text)
            if letters or digits
        ]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Order) and not self < other and not other < self

    def __hash__(self) -> int:
        return hash(str(self._pieces))

    def __lt__(self, other: _Order) -> bool:
        nothing: tuple[list[int], int] = ([0], 0)
        length = max(len(self._pieces), len(other._pieces))
        ours = self._pieces + [nothing] * (length - len(self._pieces))
        theirs = other._pieces + [nothing] * (length - len(other._pieces))
        return ours < theirs

    def __gt__(self, other: _Order) -> bool:
        return other < self


def _weight(char: str) -> int:
    """Letters before all other characters, and `~` before the end (0)."""
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 256
