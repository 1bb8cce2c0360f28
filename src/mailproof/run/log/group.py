"""Lines of a log with one cause, as they are counted."""

from __future__ import annotations

import re

from mailproof.model.escape import printable
from mailproof.model.log import LogCause, LogLine

_LONGEST = 2000
# Dovecot with auth_verbose_passwords, Exim and sendmail when they trace.
_PASSWORD = re.compile(r"((?:given password|AUTH PLAIN|AUTH LOGIN|pass(?:word)?=)[: ]*)[^\s)]+")


def example_of(text: str) -> str:
    """Safe to print, and without a password."""
    return printable(_PASSWORD.sub(r"\1[secret]", text[:_LONGEST]))


class Group:
    """What the lines have in common, how many they are, and when the first and the last came."""

    def __init__(self, name: str, rank: int, page: str, params: dict[str, str], line: LogLine) -> None:
        self.name, self.rank, self.page, self.params, self.program = name, rank, page, params, line.program
        self.count, self.first, self.last, self.followed = 0, line.time, line.time, 0
        self.example = example_of(f"{line.tag}: {line.text}")

    def add(self, time: str) -> None:
        self.count += 1
        self._span(time)

    def follow(self, time: str, count: int = 1) -> None:
        """Lines that only say that the program has ended because of it."""
        self.followed += count
        self._span(time)

    def join(self, other: Group) -> None:
        self.count += other.count
        for time in (other.first, other.last):
            self._span(time)

    def cause(self) -> LogCause:
        params = {key: printable(value) for key, value in self.params.items()}
        return LogCause(
            *(self.name, self.rank, self.count, self.first, self.last, printable(self.program)),
            *(self.example, self.page, params, self.followed),
        )

    def _span(self, time: str) -> None:
        if time:
            # Several files, and processes that write late: not always in order.
            self.first, self.last = min(self.first or time, time), max(self.last, time)
