"""Exim: an address behind two blanks, below it what happened to it behind four (moan.c, deliver.c).

GMX, WEB.DE and IONOS begin alike and go on in a form of their own; so does Zoho.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailproof.model.bounce import Action, Undelivered
from mailproof.parse.bounce.notice import ADDRESS, LONGEST, Notice, blocks, lines_of, merged, undelivered, until

MARK = re.compile(r"This message was created automatically by mail delivery software")
_BEGINS = re.compile(rf"  (?! )(?:<?({ADDRESS})>?|\S[^:]{{0,200}}<({ADDRESS})>)(?: \(.*)?$")
# A delivery to a program or a file: the address is in the line below.
_PIPE = re.compile(r"  (?! )((?:pipe|save) to \S.{0,500})$")
_OF_PIPE = re.compile(rf" {{4}}\(?generated (?:by|from) ({ADDRESS})")
_PRINTED = re.compile(
    r"^The following text was generated during the delivery attempt[^\n]*\n(?:[^\S\n]*\n)*+"
    r"-{6} .{0,600}?(?<= )-{6}\n+(.{1,2000}?)(?=\n\n|\n-{2}|\Z)",
    re.MULTILINE | re.DOTALL,
)
_REASON = re.compile(rf"^<?({ADDRESS})>?:?[ ]*\n\s*(?:For the following reason|Reason):\s++(.{{0,2000}}?)(?=\n\n|\Z)",
                     re.MULTILINE | re.DOTALL)  # fmt: skip
_ZOHO = re.compile(rf"^({ADDRESS}) (.{{0,200}}?)[, ]*\bERROR_CODE ?: ?(.{{1,1000}})$", re.MULTILINE)
_ENDS = re.compile(r"^-{6} |^No action is required|^This is a copy of|^The following text was generated")
_CODE = re.compile(r"[, ]*\bERROR_CODE ?: ?")
_DELAYED = re.compile(r"has not (?:yet )?been delivered|No action is required on your part")
_SOURCE = re.compile(r"^ {4}\((?:generated|ultimately generated) from |^ {4}\((?:was )?.{0,40}alias")


def read(text: str) -> Notice:
    action = Action.DELAYED if _DELAYED.search(text[:4000]) else Action.FAILED
    recipients = []
    for begin, rest in blocks(lines_of(text), _BEGINS):
        said = [line for line in until(rest, _ENDS) if line.startswith("    ") and not _SOURCE.match(line)]
        recipients.append(undelivered(begin[1] or begin[2], ["\n".join(said)], action))
    recipients += [*_pipes(text, action), *_own_forms(text[:LONGEST], action)]
    return Notice(merged(recipients))


def _pipes(text: str, action: Action) -> Iterator[Undelivered]:
    printed = _PRINTED.search(text[:LONGEST])
    for begin, rest in blocks(lines_of(text), _PIPE):
        below = until(rest, _ENDS)
        whose = next((found[1] for line in below if (found := _OF_PIPE.match(line))), "")
        said = [line for line in below if line.startswith("    ") and not _OF_PIPE.match(line)]
        reason = "\n".join(said) or (printed[1] if printed else "")
        if whose and reason:
            yield undelivered(whose, [reason if said else f"{begin[1]}: {reason}"], action)


def _own_forms(text: str, action: Action) -> Iterator[Undelivered]:
    for found in _REASON.finditer(text):
        yield undelivered(found[1], [found[2]], action)
    for found in _ZOHO.finditer(text):
        yield undelivered(found[1], [_CODE.sub(" ", found[3]).strip()], action)
