"""The mail log, in the form in which Postfix and Dovecot write it by way of syslog (RFC 3164 section 4.1)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

# Lines kept in memory; the file keeps them all.
_MOST_LINES = 10_000
# Of one line; Postfix cuts at 2000 bytes (its logger's buffer).
_LONGEST = 2000

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def clean(text: str) -> str:
    """What a client said, as Postfix logs it: everything but printable ASCII becomes `?`."""
    return _UNPRINTABLE.sub("?", text)


class MailLog:
    """Writes lines; each is in the file before the next command is answered, for `tail -f`."""

    def __init__(self, hostname: str, clock: Callable[[], datetime], file: Path | None = None) -> None:
        self._host = hostname.partition(".")[0]
        self._clock = clock
        self._file = file
        self._processes = 1000
        self.lines: deque[str] = deque(maxlen=_MOST_LINES)

    def process(self) -> int:
        """A process id for a new session; the lab is one process and pretends to be many."""
        self._processes += 1
        return self._processes

    def write(self, program: str, text: str) -> None:
        """`program` such as `postfix/smtpd[1001]` or `dovecot`."""
        stamp = self._clock()
        line = clean(f"{stamp:%b} {stamp.day:2d} {stamp:%H:%M:%S} {self._host} {program}: {text}")[:_LONGEST]
        self.lines.append(line)
        if self._file is not None:
            with self._file.open("a", encoding="ascii") as file:
                file.write(line + "\n")
