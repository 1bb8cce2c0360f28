"""The header of a transaction log (log.hxx: LGFILEHDR_FIXED, ATTACHINFO)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from mailproof.model.ese import EseLog, LogFlaw
from mailproof.parse.ese.checksum import header_checksum, stored_word
from mailproof.parse.ese.header import FILE_TYPE_AT, FILE_TYPE_LOG
from mailproof.parse.ese.moments import moment, signature
from mailproof.parse.ese.names import file_name

LOG_HEADER = 4096
"""Bytes, in all formats."""
SEGMENT = 4096
"""Of version 8 (Exchange 2013, Windows 8); before it, a log is a chain of records with checksums of their own."""
_VERSIONS = (7, 8)
_GEOMETRY = struct.Struct("<4H")
_VERSION = struct.Struct("<3I")
_ATTACHMENTS, _ATTACHMENTS_END, _NAMES = 671, 2719, 64
# As many as an instance can have attached (dbidMax).
_MOST_DATABASES = 7

CORRUPT, GENERATION, SIZE = -501, -513, -541


class Geometry(NamedTuple):
    """Of a log whose segments can be read."""

    generation: int
    header_segments: int
    segments: int
    zero_filled: bool
    """What was never written is zeros (since 8.4000.2); before, what a former log left."""


def looks_like_log(head: bytes) -> bool:
    """Whether these first bytes are the header of a log, whatever its file is called."""
    return len(head) >= LOG_HEADER and _sound(head[:LOG_HEADER]) and _is_log(head)


def read_log(file: str, bare_name: str, size: int, head: bytes) -> tuple[EseLog, Geometry | None]:
    """The facts of the header in the first `LOG_HEADER` bytes; and the geometry, if segments can be verified."""
    name = file_name(bare_name)
    log = EseLog(file, size, stem=name.stem, number=name.number)
    head = head[:LOG_HEADER]
    if len(head) < LOG_HEADER:
        return _flawed(log, LogFlaw.SIZE, SIZE), None
    if not _sound(head) or not _is_log(head):
        return _flawed(log, LogFlaw.HEADER, CORRUPT), None
    sector, header_sectors, sectors, _ = _GEOMETRY.unpack_from(head, 8)
    major, minor, update = _VERSION.unpack_from(head, 32)
    generation = max(int.from_bytes(head[4:8], "little", signed=True), 0)
    previous = int.from_bytes(head[653:661], "little") if major >= 8 else 0
    log = _with(
        log,
        generation=generation,
        version=f"{major}.{minor}.{update}.{stored_word(head, 648)}",
        created=moment(head, 16),
        previous_created=moment(head, 24),
        signature=signature(head, 44),
        previous_content=f"0x{previous:016x}" if previous else "",
        log_folder=_path(head[333:594]) or _path(head[72:333]),
        databases=_databases(head),
    )
    if size != sector * sectors:
        return _flawed(log, LogFlaw.SIZE, SIZE), None
    if name.number and name.number != generation:
        log = _flawed(log, LogFlaw.RENAMED, GENERATION)
    if major < 8 or sector != SEGMENT or not 0 < header_sectors < sectors:
        return log if log.flaw is not LogFlaw.NONE else _with(log, flaw=LogFlaw.UNVERIFIED), None
    zero_filled = (major, minor, update) >= (8, 4000, 2)
    return log, Geometry(generation, header_sectors, sectors, zero_filled)


def _sound(head: bytes) -> bool:
    return stored_word(head) == header_checksum(head)


def _is_log(head: bytes) -> bool:
    """Formats before 2010 do not say what kind of file it is, and have zeros there."""
    return stored_word(head, 32) in _VERSIONS and stored_word(head, FILE_TYPE_AT) in (0, FILE_TYPE_LOG)


def _flawed(log: EseLog, flaw: LogFlaw, error: int) -> EseLog:
    return _with(log, flaw=flaw, error=error)


def _with(log: EseLog, **changes: object) -> EseLog:
    import msgspec

    return msgspec.structs.replace(log, **changes)


def _path(data: bytes) -> str:
    """A path that ends with a zero, in the code page of the server: what is not ASCII cannot be told."""
    text = data.partition(b"\0")[0].decode("ascii", "replace").rstrip("\\/")
    return text if text.isprintable() and "\ufffd" not in text else ""


def _databases(head: bytes) -> tuple[str, ...]:
    """Paths of the databases that were attached, in UTF-16; those of older formats are left off."""
    paths: list[str] = []
    at = _ATTACHMENTS
    while at + _NAMES < _ATTACHMENTS_END and head[at] and len(paths) < _MOST_DATABASES:
        length = int.from_bytes(head[at + 2 : at + 4], "little")
        names = head[at + _NAMES : min(at + _NAMES + length, _ATTACHMENTS_END)]
        if names[1:2] == b"\0":
            paths.append(names.decode("utf-16-le", "replace").partition("\0")[0])
        at += _NAMES + length
    return tuple(path for path in paths if path and path.isprintable())
