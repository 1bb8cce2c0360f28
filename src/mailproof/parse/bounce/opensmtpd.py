"""OpenSMTPD: `bob@example.com: 550 …` (bounce.c). Its report of RFC 3464 has no more than the class of the status."""

from __future__ import annotations

import re

from mailproof.model.bounce import Action
from mailproof.parse.bounce.notice import ADDRESS, Notice, lines_of, undelivered, until

MARK = re.compile(r"This is the MAILER-DAEMON, please DO NOT REPLY to this e-?mail")
_LINE = re.compile(rf"({ADDRESS}): (.+)$")
_ENDS = re.compile(r"Below is a copy of the original message")
_DELAYED = re.compile(r"A message is delayed for more than")


def read(text: str) -> Notice:
    action = Action.DELAYED if _DELAYED.search(text[:4000]) else Action.FAILED
    found = [found for line in until(lines_of(text), _ENDS) if (found := _LINE.match(line.strip()))]
    return Notice(tuple(undelivered(each[1], [each[2]], action) for each in found))
