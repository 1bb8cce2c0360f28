"""What the name of a file of a set of logs says: `E00.log` is the current one, `E0000000005.log` the fifth."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

_LOG = re.compile(r"([a-z0-9]{3})([0-9a-f]{8}|[0-9a-f]{5})?\.(?:log|jtx)", re.IGNORECASE)
_CHECKPOINT = re.compile(r"([a-z0-9]{3})\.chk", re.IGNORECASE)
_BESIDE = re.compile(r"([a-z0-9]{3})(?:tmp\.(?:log|jtx)|res\d+\.jrs)|res[12]\.log", re.IGNORECASE)
# Of Windows' own databases (SRUDB.dat, dhcp.mdb, secedit.sdb, Windows.db); other files end so too.
_OFTEN_DATABASE = re.compile(r".+\.(?:dat|mdb|sdb|db)", re.IGNORECASE)
_DATABASE = re.compile(r".+\.(?:edb|dit)", re.IGNORECASE)


class FileKind(StrEnum):
    LOG = "log"
    CHECKPOINT = "checkpoint"
    BESIDE = "beside"
    """Reserved and unfinished logs (`E00res00001.jrs`, `E00tmp.log`): no part of the sequence."""
    DATABASE = "database"
    OTHER = "other"


class FileName(NamedTuple):
    kind: FileKind
    stem: str = ""
    number: int = 0
    """The generation; 0 for the current log."""


def file_name(name: str) -> FileName:
    """Of a bare name, without folders. A database can have any name: only the usual ones are told by it."""
    if found := _LOG.fullmatch(name):
        return FileName(FileKind.LOG, found[1], int(found[2] or "0", 16))
    if found := _CHECKPOINT.fullmatch(name):
        return FileName(FileKind.CHECKPOINT, found[1])
    if found := _BESIDE.fullmatch(name):
        return FileName(FileKind.BESIDE, found[1] or "")
    return FileName(FileKind.DATABASE if _DATABASE.fullmatch(name) else FileKind.OTHER)


def often_a_database(name: str) -> bool:
    """Whether databases of ESE end so, among others."""
    return _OFTEN_DATABASE.fullmatch(name) is not None
