"""Small agents that only hand on: DragonFly's (dma, mail.c), nullmailer, chasquid."""

from __future__ import annotations

import re

from mailproof.model.bounce import Action
from mailproof.parse.bounce.notice import ADDRESS, Notice, blocks, lines_of, undelivered, until

MARK = re.compile(r"This is the DragonFly Mail Agent v?\S{0,20} at ([^\s,]{1,255})")
_TO = re.compile(r"There was an error delivering your mail to <([^<>\s]{1,320})>")
_ENDS = re.compile(r"^(?:Message headers follow|Original message follows)")

NULLMAILER = re.compile(r"This is the nullmailer delivery system")
_LISTED = re.compile(rf"\s+<({ADDRESS})>$")

CHASQUID = re.compile(r'- "[^"\s]{1,320}" \((?:EMAIL|PIPE|FORWARD)\) failed (?:permanently|temporarily)')
_DETAIL = re.compile(r'- "([^"\s]{1,320})" \((?:EMAIL|PIPE|FORWARD)\) failed (permanently|temporarily)')


def read(text: str) -> Notice:
    found, to = MARK.search(text), _TO.search(text)
    if to is None:
        return Notice(())
    said = until(lines_of(text[to.end() :]), _ENDS)[1:]
    return Notice((undelivered(to[1], ["\n".join(said)]),), found[1].rstrip(".") if found else "")


def read_nullmailer(text: str) -> Notice:
    """Its text names the recipients, and its report of RFC 3464 says the rest."""
    listed = [found[1] for line in lines_of(text) if (found := _LISTED.match(line))]
    return Notice(tuple(undelivered(each, []) for each in listed))


def read_chasquid(text: str) -> Notice:
    recipients = []
    for begin, rest in blocks(lines_of(text), _DETAIL):
        said = [line for line in rest if line.startswith("    ")]
        action = Action.FAILED if begin[2] == "permanently" else Action.DELAYED
        recipients.append(undelivered(begin[1], ["\n".join(said)], action))
    return Notice(tuple(recipients))
