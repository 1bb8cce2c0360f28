"""Postfix: `<bob@example.com>: host mx.example.com[192.0.2.1] said: 550 … (in reply to RCPT TO command)`."""

from __future__ import annotations

import re

from mailproof.model.bounce import Action
from mailproof.parse.bounce.notice import Notice, blocks, lines_of, paragraph, undelivered

MARK = re.compile(r"This is the (?:mail system at host|Postfix program at host) ([^\s,]{1,255})")
_BEGINS = re.compile(r"<([^<>\s]{1,320})>(?: \(expanded from <[^<>]{0,320}>\))?:(?: (.*))?$")
_DELAYED = "THIS IS A WARNING ONLY"


def read(text: str) -> Notice:
    found = MARK.search(text)
    action = Action.DELAYED if _DELAYED in text else Action.FAILED
    recipients = []
    for begin, rest in blocks(lines_of(text), _BEGINS):
        said = [begin[2] or "", *paragraph(rest)] if not rest or rest[0].startswith((" ", "\t")) else [begin[2] or ""]
        recipients.append(undelivered(begin[1], ["\n".join(said)], action))
    return Notice(tuple(recipients), found[1].rstrip(".") if found else "")
