"""The connections that a log speaks of, each with its lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mailproof.model.log import Fact, LogLine
from mailproof.model.log_connection import Connected, Disconnected
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.parse.log.session import client_of_session

_SESSION = re.compile(r"<([A-Za-z0-9+/]{16,32})>")
_CLIENT = re.compile(r"\[([^\]]*)\](?::(\d{1,5}))?\Z")
# Processes whose connections have no end in the log; a Postfix of default_process_limit has 100 of a kind.
_OPEN = 10_000


class Line(NamedTuple):
    """A line of the log, where it stands, and what it tells."""

    line: LogLine
    where: str
    fact: Fact | None
    client: tuple[str, int] | None
    """Address and port of the connection it is about, where it tells."""


class Session:
    """Lines of one process between `connect from` and `disconnect from`."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.lines: list[Line] = []
        self.commands: dict[str, tuple[int, int]] | None = None
        """As Postfix counted them: accepted, and all; None while it has not ended."""


def read_line(line: LogLine, where: str) -> Line | None:
    """The line with its fact; None for one that no mail server wrote."""
    return Line(line, where, fact := fact_of(line), _client(line, fact)) if is_mail(line) else None


def sessions(lines: Iterable[Line]) -> Iterator[Session]:
    """The lines in groups: of one connection of smtpd, or a line alone where it belongs to none."""
    running: dict[tuple[str, str], Session] = {}
    for each in lines:
        key = (each.line.tag, each.line.pid)
        if isinstance(each.fact, Connected):
            if (former := running.pop(key, None)) is not None:
                yield former
            if len(running) < _OPEN:
                running[key] = Session(each.line.tag)
        session = running.get(key)
        if session is None:
            session = Session(each.line.tag)
            session.lines.append(each)
            yield session
            continue
        session.lines.append(each)
        if isinstance(each.fact, Disconnected):
            session.commands = each.fact.commands
            yield running.pop(key)
    yield from running.values()


def _client(line: LogLine, fact: Fact | None) -> tuple[str, int] | None:
    for session in _SESSION.findall(line.text):
        if client := client_of_session(session):
            return client
    named = getattr(fact, "client", "")
    found = _CLIENT.search(named) if isinstance(named, str) else None
    return (found[1], int(found[2])) if found is not None and found[2] else None
