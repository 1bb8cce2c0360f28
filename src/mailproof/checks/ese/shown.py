"""Where a fact of a file can be seen, in the words that `eseutil` has for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailproof.emulate.ese.situation import Span
from mailproof.model.ese import EseCheckpoint, EseDatabase, EseLog, LogFlaw, LogLink, Source
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.paths import told_apart
from mailproof.model.record import Record
from mailproof.parse.ese.eseutil import STATE_WORDS

# As many files as a sentence names.
_NAMED = 6
_SEGMENT = 4096


def header_lines(database: EseDatabase, *lines: str) -> tuple[Evidence, ...]:
    """Lines of `eseutil /mh`; by default the state and the logs that are needed."""
    if not lines:
        first, last, committed = database.required_first, database.required_last, database.committed_last
        lines = (
            f"State: {STATE_WORDS[database.state]}",
            f"Log Required: {first}-{last} (0x{first:x}-0x{last:x})",
            f"Log Committed: 0-{committed} (0x0-0x{committed:x})",
        )
    return (Evidence(EvidenceKind.FILE, place(database.file, database.source, "/mh"), "\n".join(lines)),)


def log_lines(logs: Iterable[EseLog]) -> tuple[Evidence, ...]:
    """A piece for each log: its generation, and where it is wrong."""
    return tuple(Evidence(EvidenceKind.FILE, place(log.file, log.source, "/ml"), _of_log(log)) for log in logs)


def place(file: str, source: Source, command: str) -> str:
    return f"eseutil {command}: {file}" if source is Source.PASTED else file


def _of_log(log: EseLog) -> str:
    parts = [f"generation {log.known} (0x{log.known:X})"] if log.known else []
    if log.flaw is LogFlaw.RENAMED:
        named = f"for generation {log.number} (0x{log.number:X})" if log.number else "as no log is"
        parts.append(f"named {named}")
    elif log.flaw in (LogFlaw.SEGMENT, LogFlaw.TORN, LogFlaw.ONE_BIT) and log.segment:
        parts.append(f"{log.flaw} in segment {log.segment} (offset 0x{log.segment * _SEGMENT:x})")
    elif log.flaw is not LogFlaw.NONE:
        parts.append(str(log.flaw))
    if log.link not in (LogLink.UNKNOWN, LogLink.FIRST, LogLink.FOLLOWS, LogLink.GAP):
        parts.append(str(log.link))
    if log.error:
        parts.append(f"error {log.error}")
    return ", ".join(parts) or "OK"


def called(record: Record) -> Callable[[str], str]:
    """How a sentence is to name a file of this record: several databases have logs of the same names."""
    return told_apart(
        fact.file
        for attempt in record.attempts
        for fact in attempt.observations
        if isinstance(fact, EseDatabase | EseLog | EseCheckpoint)
    )


def names(logs: Iterable[EseLog], name: Callable[[str], str]) -> tuple[str, ...]:
    """Of the files, the first few and an ellipsis; `name` is how each is called."""
    every = [name(log.file) for log in logs]
    return (*every[:_NAMED], "…") if len(every) > _NAMED else tuple(every)


def spans(found: Iterable[Span]) -> tuple[str, ...]:
    """`0x5A`, `0x5C-0x60`: as the names of the files have it."""
    every = [f"0x{first:X}" if first == last else f"0x{first:X}-0x{last:X}" for first, last in found]
    return (*every[:_NAMED], "…") if len(every) > _NAMED else tuple(every)


def span(generations: range) -> str:
    """One row of them; `-` for none."""
    return spans([(generations[0], generations[-1])])[0] if generations else "-"
