"""Google Groups, in English and Japanese: there is no such group, or the sender may not post."""

from __future__ import annotations

import re

from mailproof.parse.bounce.notice import Notice, undelivered

MARK = re.compile(
    r"the group you tried to contact \([^()\n]{1,100}\) may not exist"
    r"|連絡しようとしたグループ ?[(（][^()（）\n]{1,100}[)）] ?が存在しないか"
)
_SENTENCE = re.compile(rf"(?:{MARK.pattern})[^.。]{{0,200}}[.。]?")
_NAME = re.compile(r"[(（]([^()（）\n]{1,100})[)）]")


def read(text: str) -> Notice:
    """The notice has the name of the group, and no address."""
    said = _SENTENCE.search(text[:12_000])
    name = _NAME.search(said[0]) if said else None
    return Notice((undelivered(name[1], [said[0]]),)) if said and name else Notice(())
