"""What lines with one reason have in common: the text without what differs from one to the next."""

from __future__ import annotations

import re
from functools import lru_cache

# What an answer says at more length than this is the same in all of them: RFC 5321 section 4.5.3.1.5 has 512 octets.
_READ, _SHOWN = 300, 120
# A day's log has some hundreds; so many more are worked out again.
_KEPT = 10_000
_SAID = " said: "
_CODE = re.compile(r"\d{3}[ -](?:[245]\.\d{1,3}\.\d{1,3} )?")
# Each piece begins only where no such piece stands before it: linear in the text.
_CHANGING = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|(?<![\w.:/@+-])[\w@+-]*(?:[.:][\w@+-]+)+|(?<!\w)\w*?\d\w*(?:-\w+)*")
_MANY = re.compile("…{2,}")


def reason_of(text: str) -> str:
    """`550 5.1.1 <…>: User unknown` of `host a[192.0.2.1] said: 550 5.1.1 <b@c>: User unknown`."""
    said = text.find(_SAID, 0, _READ)
    text = text[said + len(_SAID) : _READ] if said >= 0 else text[:_READ]
    # What differs most is cut before all else: then the rest has mostly been seen.
    for opening, closing in (("<", ">"), ("[", "]")):
        begin = text.find(opening)
        if begin >= 0 and (end := text.find(closing, begin)) >= 0:
            text = f"{text[:begin]}{opening}{closing}{text[end + 1 :]}"
    link = text.find("http")
    if link > 0:
        text = text[:link]
    return without_what_changes(text)


@lru_cache(_KEPT)
def without_what_changes(text: str) -> str:
    code = _CODE.match(text)
    start = code.end() if code else 0
    return _MANY.sub("…", text[:start] + _CHANGING.sub("…", text[start:]))[:_SHOWN].rstrip(" ;,")


def domain_of_client(client: str) -> str:
    """The domain of `mail.example.com[192.0.2.1]`, or its address where it has no name; as pflogsumm takes it."""
    name, _, rest = client.partition("[")
    if name in ("", "unknown"):
        return rest.partition("]")[0]
    labels = name.lower().split(".")
    if len(labels) > 2 and len(labels[-1]) == 3:
        return ".".join(labels[-2:])
    if len(labels) > 3 and len(labels[-1]) == 2 and len(labels[-2]) in (2, 3):
        return ".".join(labels[-3:])
    return name
