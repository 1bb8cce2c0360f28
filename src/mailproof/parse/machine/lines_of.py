"""Lines of words, as most small files below /etc have them."""

from __future__ import annotations

from collections.abc import Sequence


def lines_of(data: bytes, comments: str) -> Sequence[tuple[str, ...]]:
    """The words of each line that has any; what begins with one of `comments` is none. Any bytes."""
    found = []
    for line in data.decode("utf-8", "replace").split("\n"):
        words = line.split()
        at = next((number for number, word in enumerate(words) if word[0] in comments), len(words))
        if at:
            found.append(tuple(words[:at]))
    return found
