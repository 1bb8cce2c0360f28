"""What is wrong in a mail log: lines of one cause together, the most telling first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.model.log import Fact, LogExplained, LoggedIn, LoginFailed, LogLine, Stored, Trouble
from mailproof.model.log_connection import Dropped
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.run.log.group import Group, example_of
from mailproof.run.log.logins import FailedLogins
from mailproof.run.log.telling import UNKNOWN, meant, told

# What tells a cause stands at the beginning; Postfix itself cuts at 2000 octets.
_READ = 2000
_SAMPLES = 20
# More causes than this and the log is a flood of lines made by somebody; the others are counted together.
_CAUSES = 500
_CHANGING = re.compile(r"\d+")
_ENDED = re.compile(
    r"process (\S+) pid \d+ (?:exit status|killed)|(\S+?): bad command startup"
    r"|(?:master: )?service\(([^()\s]+)\): (?:command startup failed|child \d+ returned error 89)"
)
# Pages of what is told of the name and the password of a login.
_NAME_OR_PASSWORD = ("auth-rejected", "password-wrong", "user-unknown")
_LEVEL_RANK = {"panic": 1, "fatal": 1, "error": 2, "warning": 4, "info": 4}


class LogExplainer:
    """Takes the lines of a log, one after the other; memory grows with the causes, not with the lines."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], Group] = {}
        self._fatal: dict[str, Group] = {}
        self._ended: dict[str, Group] = {}
        self._logins = FailedLogins()
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
        groups = [*self._groups.values(), *self._logins.groups(), *self._without_a_cause()]
        causes = sorted((group.cause() for group in groups), key=lambda each: (each.rank, -each.count, each.first))
        return LogExplained(
            *(self._lines, self._mail, self._unknown, self._unread, self._first, self._last),
            *(tuple(causes), tuple(self._samples)),
        )

    def _keep(self, text: str) -> None:
        if len(self._samples) < _SAMPLES:
            self._samples.append(example_of(text.rstrip()[:300]))

    def _look(self, line: LogLine) -> None:
        fact = fact_of(line)
        if fact is None:
            self._unknown += 1
            self._keep(f"{line.tag}: {line.text}")
            return
        if isinstance(fact, (LoggedIn, Stored)):
            self._logins.known(fact.user)
            return
        text = told(fact)
        if text is None:
            return
        text = text[:_READ]
        meaning = meant(text)
        name, rank, page, params = meaning
        if isinstance(fact, LoginFailed) and page in _NAME_OR_PASSWORD:
            self._logins.add(fact, line, meaning)
            return
        if isinstance(fact, Trouble) and (ended := _ENDED.match(text)):
            self._after_the_end((ended[1] or ended[2] or ended[3]).rpartition("/")[2], line, name, rank)
            return
        if name == UNKNOWN:
            if isinstance(fact, Dropped):
                return
            rank, params = _LEVEL_RANK[fact.level if isinstance(fact, Trouble) else "info"], {}
            key: tuple[str, ...] = (name, line.program, _CHANGING.sub("0", text)[:80])
        else:
            key = (name, *params.values())
        if key not in self._groups and len(self._groups) >= _CAUSES:
            key = (name,)
        if (group := self._groups.get(key)) is None:
            group = self._groups[key] = Group(name, rank, page, params, line)
        group.add(line.time)
        self._remember(fact, line, group)

    def _remember(self, fact: Fact, line: LogLine, group: Group) -> None:
        """What a program said last, before others say only that it has ended."""
        if isinstance(fact, Trouble) and fact.level in ("fatal", "panic", "error"):
            program = fact.text.partition(":")[0] if line.program == "dovecot" else line.program
            if program in self._fatal or len(self._fatal) < _CAUSES:
                self._fatal[program] = group

    def _after_the_end(self, program: str, line: LogLine, name: str, rank: int) -> None:
        if (fatal := self._fatal.get(program)) is not None:
            fatal.follow(line.time)
            return
        if len(self._ended) >= _CAUSES:
            program = ""
        if (group := self._ended.get(program)) is None or rank < group.rank:
            fresh = Group(name, rank, "", {"path": program}, line)
            if group is not None:
                fresh.join(group)
            group = self._ended[program] = fresh
        group.add(line.time)

    def _without_a_cause(self) -> list[Group]:
        """Programs that ended for a reason that is not in this log; one whose reason came later has it after all."""
        alone = []
        for program, group in self._ended.items():
            if (fatal := self._fatal.get(program)) is not None:
                fatal.follow(group.last, group.count)
            else:
                alone.append(group)
        return alone
