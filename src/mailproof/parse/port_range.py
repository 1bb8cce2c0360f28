"""Lists of ports as nmap takes them: `1-1024,4190`."""

from __future__ import annotations

import re

_PIECE = re.compile(r"(\d{1,5})?(-)?(\d{1,5})?\Z", re.ASCII)


def read_ports(text: str) -> tuple[int, ...]:
    """Each port once, in the order given; `-100` begins at 1, `65000-` ends at 65535, `-` is all of them.

    Raises ValueError for what is no such list.
    """
    found: dict[int, None] = {}
    for piece in text.replace(" ", "").split(","):
        match = _PIECE.match(piece)
        if match is None or not piece:
            raise ValueError(piece)
        first, dash, last = match.groups()
        low = int(first or 1)
        high = int(last or 65535) if dash else low
        if not 1 <= low <= high <= 65535:
            raise ValueError(piece)
        found.update(dict.fromkeys(range(low, high + 1)))
    return tuple(found)


def named_alone(text: str) -> tuple[int, ...]:
    """Those of such a list that do not stand in a range."""
    return tuple(int(piece) for piece in text.replace(" ", "").split(",") if piece.isdecimal())
