"""Words in a message that stand for what is known of its sending: `%FROM_ADDRESS%` and more, as swaks has them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORD = re.compile(rb"%([A-Z][A-Z_]*)%")


def fill(message: bytes, values: Mapping[str, str]) -> bytes:
    """`message` with its words replaced; one that nobody knows stays as it is."""

    def value(match: re.Match[bytes]) -> bytes:
        known = values.get(match[1].decode("ascii"))
        return match[0] if known is None else known.encode("utf-8", "surrogateescape")

    return _WORD.sub(value, message)
