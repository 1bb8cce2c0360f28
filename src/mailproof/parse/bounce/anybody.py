"""A notice whose program is not known: an address, and near it what looks like the reply of a server."""

from __future__ import annotations

import re

from mailproof.parse.bounce.notice import ADDRESS, Notice, lines_of, merged, undelivered, until

_ADDRESS = re.compile(ADDRESS)
_REPLY = re.compile(r"(?<![\w.+/:-])[45][0-5]\d[ :-]{1,2}|(?<![\w.])[45]\.\d\.\d{1,3}(?![\d.])")
_ENDS = re.compile(
    r"^-{2,} ?(?:Below|Enclosed|Original|Returned|This is a copy|Unsent)|^(?:Received|Return-Path|X-\S+): ", re.I
)
# Lines before the reply that can name whom it is about, and behind it: James names him at the end.
_BEFORE, _BEHIND = 4, 10


def read(text: str) -> Notice:
    lines = until(lines_of(text), _ENDS)
    places = [at for at, line in enumerate(lines) if _REPLY.search(line)]
    found = []
    for at in places[:20]:
        about = next(
            (
                named[0]
                for line in (lines[at], *reversed(lines[max(0, at - _BEFORE) : at]), *lines[at + 1 : at + _BEHIND])
                if "MAIL FROM" not in line and (named := _ADDRESS.search(line))
            ),
            "",
        )
        if about:
            rest = [lines[at]]
            for line in lines[at + 1 : at + _BEFORE]:
                if not line.strip():
                    break
                rest.append(line)
            found.append(undelivered(about, ["\n".join(rest)]))
    return Notice(merged(found))
