"""The header of a database and its shadow: two pages at the beginning of the file (daedef.hxx: DBFILEHDR_FIX)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from mailproof.model.ese import Copy, DatabaseState, EseDatabase
from mailproof.parse.ese.checksum import SEED, header_checksum, stored_word
from mailproof.parse.ese.moments import moment, position, signature

PAGE_SIZES = (2048, 4096, 8192, 16384, 32768)
"""2 KiB was given up in Windows 10 and is still read."""
HEAD = 2 * PAGE_SIZES[-1]
"""As many bytes as both copies can need, from the beginning of the file."""
MAGIC = SEED
_DEFAULT_PAGE = 4096
_PAGE_SIZE_AT = 236
_LEAST = 748
"""sizeof DBFILEHDR_FIX."""
_STATES = (
    DatabaseState.UNKNOWN,
    DatabaseState.JUST_CREATED,
    DatabaseState.DIRTY,
    DatabaseState.CLEAN,
    DatabaseState.BEING_CONVERTED,
    DatabaseState.FORCE_DETACH,
    DatabaseState.RESEEDING,
    DatabaseState.PATCHED,
    DatabaseState.REVERTING,
)
FILE_TYPE_AT = 667
FILE_TYPE_DATABASE, FILE_TYPE_LOG, FILE_TYPE_CHECKPOINT, FILE_TYPE_FLUSH_MAP = 1, 3, 4, 7


def looks_like_database(head: bytes) -> bool:
    """Whether a file begins with a database's header, or has its shadow; the checksums may be wrong."""
    return any(
        stored_word(head, at + 4) == MAGIC and stored_word(head, at + 8) in (0x620, 0x623)
        for at in (0, *PAGE_SIZES)
        if len(head) >= at + 12
    )


def read_database(file: str, size: int, head: bytes) -> EseDatabase:
    """The facts of the header in the first `HEAD` bytes of a file of `size` bytes.

    Of the two copies the first is believed, and the second where the first is damaged (ErrUtilReadShadowedHeader).
    """
    sizes = {at: _sound_size(head, at) for at in (0, 1)}
    length = sizes[0] or sizes[1] or _claimed_size(head)
    copies = [head[at * length : (at + 1) * length] for at in (0, 1)]
    status = [_status(copy, length, bool(sizes[at])) for at, copy in enumerate(copies)]
    if status == [Copy.GOOD, Copy.GOOD] and (copies[0] != copies[1] or sizes[0] != sizes[1]):
        status[1] = Copy.DIFFERS
    if not looks_like_database(head):
        status = [Copy.NO_HEADER if found is Copy.DAMAGED else found for found in status]
    good = next((copy for copy, found in zip(copies, status, strict=True) if found is Copy.GOOD), b"")
    return _facts(file, size, status[0], status[1], good, length)


def _sound_size(head: bytes, at: int) -> int:
    """The page size with which the copy is sound and says so itself; 0 for none.

    The checksum alone is not enough: behind a short header stand zeros, and then smaller pages have the same XOR.
    """
    for size in PAGE_SIZES:
        copy = head[at * size : (at + 1) * size]
        if len(copy) == size and stored_word(copy) == header_checksum(copy):
            said = stored_word(copy, _PAGE_SIZE_AT) or _DEFAULT_PAGE
            if said == size and stored_word(copy, 4) == MAGIC:
                return size
    return 0


def _claimed_size(head: bytes) -> int:
    """Of a header whose checksum is wrong."""
    said = stored_word(head, _PAGE_SIZE_AT) if len(head) > _LEAST else 0
    return said if said in PAGE_SIZES else _DEFAULT_PAGE


def _status(copy: bytes, length: int, sound: bool) -> Copy:
    if sound:
        return Copy.GOOD
    if len(copy) < length:
        return Copy.ABSENT
    return Copy.DAMAGED if any(copy) else Copy.EMPTY


def _facts(file: str, size: int, primary: Copy, shadow: Copy, good: bytes, length: int) -> EseDatabase:
    if not good:
        return EseDatabase(file, size, primary=primary, shadow=shadow)
    numbers = dict(zip(_FIELDS, _words(good, _FIELDS.values()), strict=True))
    state = numbers["state"]
    return EseDatabase(
        file,
        size,
        primary=primary,
        shadow=shadow,
        state=_STATES[state] if state < len(_STATES) else DatabaseState.UNKNOWN,
        version=f"0x{numbers['version']:x},{numbers['update']}",
        page_size=length,
        required_first=numbers["required_first"],
        required_last=numbers["required_last"],
        required_time=moment(good, 672),
        committed_last=numbers["committed"],
        committed_time=moment(good, 348),
        repair_count=numbers["repairs"],
        repaired=moment(good, 244),
        old_repair_count=numbers["old_repairs"],
        database_signature=signature(good, 24),
        log_signature=signature(good, 108),
        last_consistent=position(good, 56),
        last_attach=position(good, 80),
        attached=moment(good, 72),
        last_detach=position(good, 96),
        detached=moment(good, 88),
        corrected_pages=numbers["corrected"],
        uncorrected_pages=numbers["uncorrected"],
        bad_checksums=numbers["bad"],
    )


_FIELDS = {
    "version": 8,
    "state": 52,
    "update": 232,
    "repairs": 240,
    "required_first": 296,
    "required_last": 300,
    "old_repairs": 364,
    "corrected": 368,
    "uncorrected": 384,
    "bad": 400,
    "committed": 416,
}
_WORD = struct.Struct("<I")


def _words(data: bytes, places: Iterable[int]) -> list[int]:
    return [_WORD.unpack_from(data, at)[0] for at in places]
