"""What is wrong in a mail log: lines of one cause together, the most telling first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from mailproof.catalog.log_messages import log_messages
from mailproof.model.escape import printable
from mailproof.model.log import (
    Delivered,
    Fact,
    LogCause,
    LogExplained,
    LoginFailed,
    LogLine,
    Refused,
    Trouble,
)
from mailproof.parse.log.facts import fact_of, is_mail

UNKNOWN = "unknown-trouble"
GUESSING = "login-guessing"

# What tells a cause stands at the beginning; Postfix itself cuts at 2000 octets.
_READ = 2000
_SAMPLES = 20
# More causes than this and the log is a flood of lines made by somebody; the others are counted together.
_CAUSES = 500
# fail2ban bans after five failures; five different names from one address are no mistyping.
_NAMES = 5
_CHANGING = re.compile(r"\d+")
_PASSWORD = re.compile(r"(given password: )[^)]*")
_ENDED = re.compile(r"process (\S+) pid (\d+) exit status|(\S+?): bad command startup")
_CONTENT = ("header", "body", "mime", "nested", "END-OF-MESSAGE")
_GOOD = ("sent", "deliverable", "SOFTBOUNCE")
_LEVEL_RANK = {"panic": 1, "fatal": 1, "error": 2, "warning": 4, "info": 4}


class _Group:
    def __init__(self, name: str, rank: int, page: str, params: dict[str, str], line: LogLine, example: str) -> None:
        self.name, self.rank, self.page, self.params, self.program = name, rank, page, params, line.program
        self.count, self.first, self.last, self.example, self.followed = 0, line.time, line.time, example, 0

    def add(self, time: str) -> None:
        self.count += 1
        if time:
            # Several files, and processes that write late: not always in order.
            self.first, self.last = min(self.first or time, time), max(self.last, time)

    def cause(self) -> LogCause:
        params = {key: printable(value) for key, value in self.params.items()}
        return LogCause(
            *(self.name, self.rank, self.count, self.first, self.last, printable(self.program)),
            *(printable(self.example), self.page, params, self.followed),
        )


class LogExplainer:
    """Takes the lines of a log, one after the other; memory grows with the causes, not with the lines."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], _Group] = {}
        self._fatal: dict[str, _Group] = {}
        self._names: dict[str, set[str]] = {}
        self._samples: list[str] = []
        self._lines = self._mail = self._unknown = self._unread = 0
        self._first = self._last = ""

    def take(self, lines: Iterable[LogLine | bytes]) -> None:
        for line in lines:
            self._lines += 1
            if isinstance(line, bytes):
                self._unread += 1
                self._keep(line.decode("utf-8", "replace"))
                continue
            if line.time:
                self._first, self._last = min(self._first or line.time, line.time), max(self._last, line.time)
            if is_mail(line):
                self._mail += 1
                self._look(line)

    def result(self) -> LogExplained:
        causes = sorted(
            (group.cause() for group in self._groups.values()), key=lambda each: (each.rank, -each.count, each.first)
        )
        return LogExplained(
            *(self._lines, self._mail, self._unknown, self._unread, self._first, self._last),
            *(tuple(causes), tuple(map(printable, self._samples))),
        )

    def _keep(self, text: str) -> None:
        if len(self._samples) < _SAMPLES:
            self._samples.append(text.rstrip()[:300])

    def _look(self, line: LogLine) -> None:
        fact = fact_of(line)
        if fact is None:
            self._unknown += 1
            self._keep(f"{line.tag}: {line.text}")
            return
        text = _told(fact)
        if text is None:
            return
        if isinstance(fact, LoginFailed) and self._is_guessing(fact, line):
            return
        if isinstance(fact, Trouble) and (ended := _ENDED.match(text)):
            program = (ended[1] or ended[3]).rpartition("/")[2]
            if (fatal := self._fatal.get(program)) is not None:
                fatal.followed += 1
                fatal.last = line.time or fatal.last
                return
        group = self._group(fact, text[:_READ], line)
        group.add(line.time)
        if isinstance(fact, Trouble) and fact.level in ("fatal", "panic", "error"):
            self._fatal[line.program] = group

    def _group(self, fact: Fact, text: str, line: LogLine) -> _Group:
        example = _PASSWORD.sub(r"\1[secret]", f"{line.tag}: {line.text}"[:_READ])
        name, rank, page, params = _meant(text)
        if name == UNKNOWN:
            level = fact.level if isinstance(fact, Trouble) else "info"
            rank, params = _LEVEL_RANK[level], {}
            key: tuple[str, ...] = (name, line.program, _CHANGING.sub("0", text)[:80])
        else:
            key = (name, *params.values())
        if key not in self._groups and len(self._groups) >= _CAUSES:
            key = (name,)
        if (group := self._groups.get(key)) is None:
            group = self._groups[key] = _Group(name, rank, page, params, line, example)
        return group

    def _is_guessing(self, fact: LoginFailed, line: LogLine) -> bool:
        """Many names from one client. The lines before, which look like mistakes, stay where they are."""
        if not fact.client or not fact.user:
            return False
        names = self._names.setdefault(fact.client, set()) if len(self._names) < _CAUSES else set()
        if len(names) <= _NAMES:
            names.add(fact.user)
        if len(names) < _NAMES:
            return False
        key = (GUESSING, fact.client)
        if key not in self._groups:
            example = _PASSWORD.sub(r"\1[secret]", f"{line.tag}: {line.text}"[:_READ])
            self._groups[key] = _Group(GUESSING, 3, "auth-rejected", {"client": fact.client}, line, example)
        self._groups[key].add(line.time)
        return True


def _told(fact: Fact) -> str | None:
    """The part of a fact that can tell a cause; None for what is as it should be."""
    if isinstance(fact, Trouble):
        return fact.text
    if isinstance(fact, Refused):
        if fact.action not in ("reject", "discard", "hold", "hangup", "abort"):
            return None
        return f"{fact.stage} {fact.reply}" if fact.stage in _CONTENT else fact.reply
    if isinstance(fact, Delivered):
        return None if fact.status in _GOOD else fact.reason or fact.status
    if isinstance(fact, LoginFailed):
        return fact.reason
    return None


@lru_cache(maxsize=4096)
def _meant(text: str) -> tuple[str, int, str, dict[str, str]]:
    for row in log_messages():
        if found := row.pattern.search(text):
            params = {key: value for key, value in found.groupdict().items() if value}
            return row.name, row.rank, row.page, params
    return UNKNOWN, 4, "", {}
