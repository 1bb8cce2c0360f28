"""Files of one log that was rotated: which belong together, and which is older."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

# logrotate: mail.log.1, mail.log.2.gz; with dateext mail.log-20261129, mail.log-20261129.xz; newsyslog:
# maillog.0.bz2; Postfix's own `postfix logrotate`: maillog.20261129-120000.gz
_ROTATED = re.compile(
    r"(?P<stem>.+?)[.-](?:(?P<number>\d{1,4})|(?P<date>\d{8}(?:-\d{6}|-\d{10}|-\d{1,2})?|\d{4}-\d\d-\d\d))"
    r"(?:\.(?:gz|bz2|xz|zst))?"
)
_PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)\Z")


def oldest_first(names: Iterable[str]) -> list[str]:
    """The files in the order of time, each once: those of one set where its first stood, the oldest first."""
    sets: dict[tuple[str, str], list[str]] = {}
    for name in names:
        path = Path(name)
        sets.setdefault((str(path.parent), _stem(path.name)), []).append(name)
    return once(name for members in sets.values() for name in sorted(members, key=lambda each: _age(Path(each).name)))


def once(names: Iterable[str]) -> list[str]:
    """The names in their order, without those of a file that has been named: twice, or by a link."""
    seen: dict[object, str] = {}
    for name in names:
        seen.setdefault(_identity(name), name)
    return list(seen.values())


def with_rotated(name: str) -> list[str]:
    """The file and those that it was rotated to, the oldest first; the file alone if it is itself one of those."""
    path = Path(name)
    if _stem(path.name) != path.name:
        return [name]
    try:
        beside = [each for each in path.parent.iterdir() if _stem(each.name) == path.name and each.is_file()]
    except OSError:
        return [name]
    # As it was named: `./mail.log` gives `mail.log.1` and so on.
    names = {_PACKED.sub("", each.name): str(path.parent / each.name) for each in sorted(beside)}
    names[path.name] = name
    return oldest_first(names.values())


def _identity(name: str) -> object:
    """What a file is, whatever its name; the name alone for what is not there."""
    try:
        found = Path(name).stat() if name != "-" else None
    except (OSError, ValueError):
        return name
    return name if found is None else (found.st_dev, found.st_ino)


def rotated_to(name: str, others: Iterable[str]) -> list[str]:
    """Those of `others` that this file was rotated to and that are not packed yet."""
    stem = Path(name).name
    return [each for each in others if each != name and _stem(Path(each).name) == stem and not _PACKED.search(each)]


def _stem(name: str) -> str:
    found = _ROTATED.fullmatch(name)
    return found["stem"] if found else _PACKED.sub("", name)


def _age(name: str) -> tuple[int, int, str]:
    """Small for what is old: by date, then by number from the highest, then the file that is written to."""
    found = _ROTATED.fullmatch(name)
    if found is None:
        return (2, 0, "")
    return (0, 0, found["date"]) if found["date"] else (1, -int(found["number"]), "")
