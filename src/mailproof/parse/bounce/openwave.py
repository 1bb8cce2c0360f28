"""The mail system of au (ezweb) and of many Japanese providers: `Mail System Error - Returned Mail` (Openwave)."""

from __future__ import annotations

import re

from mailproof.model.bounce import Action
from mailproof.parse.bounce.notice import ADDRESS, Notice, blocks, lines_of, merged, paragraph, undelivered

MARK = re.compile(
    r"This message was undeliverable due to the following reason"
    r"|Each of the following recipients was rejected by a remote\s+mail server"
    r"|Your mail sent on: .{3,60}\s+Could not be delivered to"
    r"|The following recipients did not receive this message"
    r"|The user\(s\) account is (?:disabled|temporarily limited)",
    re.IGNORECASE,
)
_TO = re.compile(rf"\s*(?:Recipients?: |Could not be delivered to: ?)?<({ADDRESS})\s*>\s*$", re.IGNORECASE)
_AS = re.compile(r"\s+(As .{3,200})$")
_REASON = re.compile(r"\s*(?:Reason: |<<< )(.+)$", re.IGNORECASE)
_ASKED = re.compile(r"\s*(>>> .{0,300})$")
_WHY = re.compile(
    r"due to the following reason:?\s+(.{3,300}?)(?:\n\s*\n|\Z)|^[^\S\n]*(Remote host is not responding\.?)"
    r"|^[^\S\n]*(The user\(s\) account is .{3,60}?\.)"
    r"|^[^\S\n]*(Each of the following recipients was rejected .{3,60}?)$",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def read(text: str) -> Notice:
    why = _WHY.search(text[:6000])
    general = next(filter(None, why.groups()), "") if why else ""
    found = []
    for begin, rest in blocks(lines_of(text), _TO):
        said: list[str] = []
        for line in rest[:12]:
            if told := _AS.match(line) or _REASON.match(line) or _ASKED.match(line):
                said.append(told[1])
        texts = ["\n".join(said)] if said else ["\n".join(paragraph(general.split("\n")))]
        found.append(undelivered(begin[1], texts, Action.FAILED))
    return Notice(merged(found))
