"""Whether the logs of a set follow each other (logdump.cxx: ErrDUMPLog, ErrLGDumpLog)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from mailproof.model.ese import EseLog, LogFlaw, LogLink, Signature, Source

MISSING, SEQUENCE, SIGNATURE, CONTENT = -528, -515, -530, -590
_ERRORS = {
    LogLink.GAP: MISSING,
    LogLink.OTHER_TIME: SEQUENCE,
    LogLink.OTHER_CONTENT: CONTENT,
    LogLink.OTHER_SIGNATURE: SIGNATURE,
}
_HEADERLESS = (LogFlaw.HEADER, LogFlaw.UNREADABLE)


def same(one: Signature, other: Signature) -> bool:
    """Older versions of eseutil print no milliseconds."""
    return one.random == other.random and one.created[:19] == other.created[:19]


def main_signature(logs: Iterable[EseLog]) -> Signature:
    """That of most of the logs; of as many, that of the later ones."""
    count: Counter[tuple[int, str]] = Counter()
    for log in sorted(logs, key=lambda each: each.known, reverse=True):
        if log.signature.there:
            count[log.signature.random, log.signature.created] += 1
    if not count:
        return Signature()
    return Signature(*count.most_common(1)[0][0])


def linked(logs: Sequence[EseLog], belongs: Signature) -> tuple[EseLog, ...]:
    """The logs of one stem in the order of their generations, each with how it follows the one before it.

    `belongs` is the signature of the database whose logs they are to be. Times are only compared for being equal: a
    clock that was set makes a previous log later than the next, and that is no fault. What eseutil said is believed.
    """
    before: EseLog | None = None
    found: list[EseLog] = []
    for log in sorted(logs, key=_place):
        if log.flaw in _HEADERLESS:
            found.append(log)
            before = log
            continue
        told = log.source is Source.PASTED and log.link is not LogLink.UNKNOWN
        link = log.link if told else _link(log, before, belongs)
        if link is not LogLink.OTHER_SIGNATURE:
            before = log
        error = log.error or _ERRORS.get(link, 0)
        found.append(msgspec.structs.replace(log, link=link, error=error))
    return tuple(found)


def _place(log: EseLog) -> tuple[bool, int, bool]:
    """The current log, which has no number in its name, is the last, also where its header tells nothing."""
    return not log.known, log.known, not log.number


def _link(log: EseLog, before: EseLog | None, belongs: Signature) -> LogLink:
    if log.signature.there and belongs.there and not same(log.signature, belongs):
        return LogLink.OTHER_SIGNATURE
    if before is None:
        return LogLink.FIRST
    if log.known != before.known + 1:
        return LogLink.GAP if log.known > before.known + 1 else LogLink.UNKNOWN
    if before.flaw in _HEADERLESS or not before.created:
        return LogLink.UNKNOWN
    if log.previous_created != before.created:
        return LogLink.OTHER_TIME
    if log.previous_content and before.content and log.previous_content != before.content:
        return LogLink.OTHER_CONTENT
    return LogLink.FOLLOWS
