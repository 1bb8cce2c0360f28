"""Courier: an address, the server, and the last command with its answer (module.dsn)."""

from __future__ import annotations

import re

from mailproof.model.bounce import Action
from mailproof.parse.bounce.notice import Notice, blocks, lines_of, undelivered, until

MARK = re.compile(r"This is a delivery status notification from ([^\s,]{1,255}),\s+running the Courier mail server")
_BEGINS = re.compile(r"<([^<>\s]{1,320})>:$")
_HOST = re.compile(r"\s+([\w.-]{1,255}) \[[0-9a-fA-F.:]{3,50}\]:$")
_ENDS = re.compile(r"^-{10,}|^If your message was also sent")
_DELAYED = "THIS IS A WARNING"


def read(text: str) -> Notice:
    found = MARK.search(text)
    action = Action.DELAYED if _DELAYED in text else Action.FAILED
    recipients = []
    for begin, rest in blocks(lines_of(text), _BEGINS):
        lines = [line for line in until(rest, _ENDS) if line.strip()]
        host = next((named[1] for line in lines if (named := _HOST.match(line))), "")
        said = [line.strip().removeprefix("<<< ") for line in lines if not _HOST.match(line)]
        recipients.append(undelivered(begin[1], ["\n".join(said)], action, host))
    return Notice(tuple(recipients), found[1] if found else "")
