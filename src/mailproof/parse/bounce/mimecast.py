"""Mimecast: the address behind two hyphens, and what the other server said, without its code, behind two more."""

from __future__ import annotations

import re

from mailproof.parse.bounce.notice import ADDRESS, Notice, undelivered

MARK = re.compile(r"An email that you attempted to send to the following address could not be delivered")
_TO = re.compile(rf"{MARK.pattern}(?:\s*:)?\s+-- <?({ADDRESS})>?")
_SAID = re.compile(r"Additional information follows\s*:\s+-- (.{1,2000}?)(?=\n\n|\Z)", re.DOTALL)
_PROBLEM = re.compile(r"The problem appears to be\s*:\s+-- (.{1,500}?)(?=\n\n|\Z)", re.DOTALL)
_READ = 12_000


def read(text: str) -> Notice:
    text = text[:_READ]
    to = _TO.search(text)
    if to is None:
        return Notice(())
    told = [found[1] for found in (_SAID.search(text), _PROBLEM.search(text)) if found]
    return Notice((undelivered(to[1], told),))
