"""The checkpoint: two copies of 4096 bytes, from where the logs would be replayed (log.hxx: CHECKPOINT_FIXED)."""

from __future__ import annotations

from mailproof.model.ese import Copy, EseCheckpoint
from mailproof.parse.ese.checksum import header_checksum, stored_word
from mailproof.parse.ese.moments import position, signature

CHECKPOINT = 8192
_COPY = 4096


def read_checkpoint(file: str, size: int, data: bytes) -> EseCheckpoint:
    """The facts of the first `CHECKPOINT` bytes of the file, of the first copy that is sound."""
    copies = [data[at : at + _COPY] for at in (0, _COPY)]
    status = [_status(copy) for copy in copies]
    if status == [Copy.GOOD, Copy.GOOD] and copies[0] != copies[1]:
        status[1] = Copy.DIFFERS
    good = next((copy for copy, found in zip(copies, status, strict=True) if found is Copy.GOOD), None)
    if good is None:
        return EseCheckpoint(file, size, status[0], status[1])
    return EseCheckpoint(file, size, status[0], status[1], position(good, 12), signature(good, 20))


def _status(copy: bytes) -> Copy:
    if len(copy) < _COPY:
        return Copy.ABSENT
    if not any(copy):
        return Copy.EMPTY
    return Copy.GOOD if stored_word(copy) == header_checksum(copy) else Copy.DAMAGED
