"""Which logs are one set, and whose: those of one stem in one folder, and the databases that are replayed of them.

Sets of other folders may have the same stem, and all sets of copies have the same signature; what is replayed is what
lies in one folder (`eseutil /r E00 /l FOLDER`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from mailproof.model.ese import EseCheckpoint, EseDatabase, EseLog, LogFlaw, Source
from mailproof.model.paths import bare, folder
from mailproof.parse.ese.names import file_name
from mailproof.parse.ese.sequence import same


class Key(NamedTuple):
    """What a set is known by."""

    folder: str
    stem: str
    """In capitals. Empty for files that are logs by their content alone: replaying takes none of these."""


Sets = Mapping[Key, Sequence[EseLog]]


def sets_of(logs: Iterable[EseLog]) -> Sets:
    """In the order of their folders and stems."""
    found: dict[Key, list[EseLog]] = defaultdict(list)
    for log in logs:
        found[Key(_place(log), log.stem.upper())].append(log)
    return {key: found[key] for key in sorted(found)}


def homes(databases: Sequence[EseDatabase], sets: Sets) -> tuple[Key | None, ...]:
    """Of each database its set, None for none.

    That is the one in its own folder. Where none lies there, it is one of another folder: whose signature it has, or
    which names it; or the only one of which nobody knows whose it is. Never one that lies beside a copy of it.
    """
    known = [_beside(each, sets) or _elsewhere(each, databases, sets) for each in databases]
    inhabited = {_place(each) for each in databases}
    left = [key for key in sets if key not in known and key.folder not in inhabited]
    return tuple(key or (left[0] if len(left) == 1 else None) for key in known)


def with_renamed(databases: Sequence[EseDatabase], settled: Sequence[Key | None], sets: Sets) -> Sets:
    """With the logs that a database lacks in its set, where they lie beside it under other names (`E00.log.bak`)."""
    found = {key: list(logs) for key, logs in sets.items()}
    for key in sets:
        here = [database for database, home in zip(databases, settled, strict=True) if home == key]
        strays = found.get(Key(key.folder, ""), [])
        there = {log.known for log in found[key]} if key.stem else set()
        lacking = [log for log in strays if log.known not in there and any(_needs(each, log) for each in here)]
        for log in lacking:
            stem = found[key][0].stem if key.stem else file_name(bare(log.file).rpartition(".")[0]).stem
            flaw = LogFlaw.RENAMED if log.flaw in (LogFlaw.NONE, LogFlaw.UNVERIFIED) else log.flaw
            strays.remove(log)
            found[key].append(msgspec.structs.replace(log, stem=stem, flaw=flaw))
    return {key: logs for key, logs in found.items() if logs}


def _needs(database: EseDatabase, log: EseLog) -> bool:
    return (log.known in database.required or log.known in database.committed) and _signed(database, (log,))


def checkpoints_of(
    key: Key,
    here: Iterable[EseDatabase],
    points: Iterable[EseCheckpoint],
    databases: Iterable[EseDatabase],
    sets: Sets,
) -> tuple[EseCheckpoint, ...]:
    """Those of the set beside it or beside its databases; else those that lie by themselves (the system folder)."""
    named = [point for point in points if file_name(bare(point.file)).stem.upper() == key.stem]
    near = [key.folder, *(_place(each) for each in here)]
    own = sorted((point for point in named if _at(point.file) in near), key=lambda each: near.index(_at(each.file)))
    if own:
        return tuple(own)
    settled = {each.folder for each in sets} | {_place(each) for each in databases}
    alone = sum(other.stem == key.stem for other in sets) == 1
    strays = (point for point in named if _at(point.file) not in settled)
    return tuple(point for point in strays if alone or any(same(point.signature, log.signature) for log in sets[key]))


def _beside(database: EseDatabase, sets: Sets) -> Key | None:
    return _fittest(database, [key for key in sets if key.folder == _place(database)], sets)


def _elsewhere(database: EseDatabase, databases: Iterable[EseDatabase], sets: Sets) -> Key | None:
    """Two databases of one set (a storage group of Exchange 2007) have names and signatures of their own."""
    told = [key for key, logs in sets.items() if _signed(database, logs) or _named(database, logs)]
    copies = {_place(each) for each in databases if _is_copy(each, database)} if told else set()
    return _fittest(database, [key for key in told if key.folder not in copies], sets)


def _fittest(database: EseDatabase, keys: Sequence[Key], sets: Sets) -> Key | None:
    """Of several the one that it can be replayed of: with its signature, its name, and most of what it needs."""

    def fit(key: Key) -> tuple[bool, bool, bool, int]:
        logs = sets[key]
        needed = {log.known for log in logs if log.known in database.required or log.known in database.committed}
        return bool(key.stem), _signed(database, logs), _named(database, logs), len(needed)

    return max(keys, key=fit, default=None)


def _is_copy(one: EseDatabase, other: EseDatabase) -> bool:
    if bare(one.file).lower() == bare(other.file).lower():
        return True
    return one.database_signature.there and same(one.database_signature, other.database_signature)


def _signed(database: EseDatabase, logs: Iterable[EseLog]) -> bool:
    own = database.log_signature
    return own.there and any(same(own, log.signature) for log in logs)


def _named(database: EseDatabase, logs: Iterable[EseLog]) -> bool:
    name = bare(database.file).lower()
    return any(bare(path).lower() == name for log in logs for path in log.databases)


def _place(fact: EseDatabase | EseLog) -> str:
    """The folder of a file. Windows does not tell letters by their case, nor the two slashes."""
    where = _at(fact.file)
    return re.sub(r"[\\/]+", r"\\", where).lower() if fact.source is Source.PASTED else where


def _at(file: str) -> str:
    where = folder(file)
    return "" if where == "." else where
