"""Who listens where, as `ss -H -ltnp` prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailproof.model.machine import Listener

_LINE = re.compile(r"LISTEN +(\d{1,10}) +(\d{1,10}) +(\S+):(\d{1,5}) +\S+(?: +users:\((.*)\))?\s*\Z")
_USER = re.compile(r'\("([^"]*)",pid=(\d{1,10}),fd=\d+\)')


def listeners(printed: str) -> Iterator[Listener]:
    """One for each line; lines of another form are left out."""
    for line in printed.splitlines():
        if found := _LINE.match(line):
            users = _USER.findall(found[5] or "")
            yield Listener(
                found[3].partition("%")[0].strip("[]"),
                int(found[4]),
                tuple(dict.fromkeys(name for name, _ in users)),
                tuple(dict.fromkeys(int(pid) for _, pid in users)),
                int(found[1]),
                int(found[2]),
                re.sub(r" {2,}", " ", line.strip()),
            )
