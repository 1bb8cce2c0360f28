"""qmail and its kin, Yahoo's notices too: `<bob@example.com>:`, and below it what happened (qmail-send.c, QSBMF)."""

from __future__ import annotations

import re

from mailproof.parse.bounce.notice import Notice, blocks, lines_of, paragraph, undelivered, until

MARK = re.compile(
    r"This is the (?:qmail-send|machine generated|s?qmail)[^\n]{0,60} (?:program )?at ([^\s,]{1,255})"
    r"|I'm afraid I wasn't able to deliver your message"
)
YAHOO = re.compile(r"Sorry, we were unable to deliver your message to the following address")
_BEGINS = re.compile(r"<([^<>\s]{1,320})>:(?: (.*))?$")
_ENDS = re.compile(r"^--- (?:Below|Enclosed)|^-{5,}")


def read(text: str) -> Notice:
    found = MARK.search(text)
    recipients = []
    for begin, rest in blocks(until(lines_of(text), _ENDS), _BEGINS):
        recipients.append(undelivered(begin[1], ["\n".join([begin[2] or "", *paragraph(rest)])]))
    return Notice(tuple(recipients), found[1].rstrip(".") if found and found[1] else "")
