"""Exim: an address behind two blanks, below it what happened to it behind four (moan.c, deliver.c)."""

from __future__ import annotations

import re

from mailproof.model.bounce import Action
from mailproof.parse.bounce.notice import ADDRESS, Notice, blocks, lines_of, undelivered, until

MARK = re.compile(r"This message was created automatically by mail delivery software")
_BEGINS = re.compile(rf"  (?! )(?:<?({ADDRESS})>?|\S[^:]{{0,200}}<({ADDRESS})>)(?: \(.*)?$")
_ENDS = re.compile(r"^-{6} |^No action is required|^This is a copy of|^The following text was generated")
_DELAYED = re.compile(r"has not (?:yet )?been delivered|No action is required on your part")
_SOURCE = re.compile(r"^ {4}\((?:generated|ultimately generated) from |^ {4}\((?:was )?.{0,40}alias")


def read(text: str) -> Notice:
    action = Action.DELAYED if _DELAYED.search(text[:4000]) else Action.FAILED
    recipients = []
    for begin, rest in blocks(lines_of(text), _BEGINS):
        said = [line for line in until(rest, _ENDS) if line.startswith("    ") and not _SOURCE.match(line)]
        recipients.append(undelivered(begin[1] or begin[2], ["\n".join(said)], action))
    return Notice(tuple(recipients))
