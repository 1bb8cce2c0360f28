"""Facts of the files of an ESE database (Exchange), read from the files themselves or from what eseutil printed.

Names and values are those of Microsoft's engine (github.com/microsoft/Extensible-Storage-Engine, dev/ese/src/inc).
Times are text, `2024-03-02T14:05:58.330`, with a `Z` where the file says UTC; empty for none.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.observed import Observation


class DatabaseState(StrEnum):
    """JET_dbstate, with the words that `eseutil /mh` has for it."""

    UNKNOWN = "unknown"
    JUST_CREATED = "just-created"
    DIRTY = "dirty-shutdown"
    CLEAN = "clean-shutdown"
    BEING_CONVERTED = "being-converted"
    FORCE_DETACH = "force-detach"
    RESEEDING = "incremental-reseed-in-progress"
    PATCHED = "dirty-and-patched-shutdown"
    REVERTING = "revert-in-progress"


class Copy(StrEnum):
    """One of the two copies of a header."""

    GOOD = "good"
    DAMAGED = "damaged"
    EMPTY = "empty"
    """Nothing but zeros."""
    DIFFERS = "differs"
    """Sound in itself, and not what the first copy says."""
    NO_HEADER = "no-header"
    """Something else than a header stands there, in its place and in that of the other copy."""
    ABSENT = "absent"
    """The file ends before it."""
    UNSEEN = "unseen"
    """Not looked at: eseutil shows one of the two."""


class Source(StrEnum):
    FILE = "file"
    PASTED = "pasted"
    """What eseutil printed: it tells less."""


class Signature(msgspec.Struct, frozen=True):
    """What a set of logs, or a database, is known by (SIGNATURE)."""

    random: int = 0
    created: str = ""
    """Without `Z`: eseutil does not say whether it is UTC."""

    @property
    def there(self) -> bool:
        """A repair (`eseutil /p`) leaves nothing of the signature of the logs."""
        return bool(self.random)


class Position(msgspec.Struct, frozen=True):
    """A place in the logs (LGPOS)."""

    generation: int = 0
    sector: int = 0
    offset: int = 0

    def __str__(self) -> str:
        """As eseutil prints it: `(0x5C,8,0)`."""
        return f"(0x{self.generation:X},{self.sector:X},{self.offset:X})"


class EseDatabase(Observation, frozen=True):
    """The header of a database file, from the first copy that is sound."""

    file: str
    size: int = 0
    """Bytes."""
    source: Source = Source.FILE
    primary: Copy = Copy.UNSEEN
    shadow: Copy = Copy.UNSEEN
    state: DatabaseState = DatabaseState.UNKNOWN
    version: str = ""
    """`0x620,230`."""
    page_size: int = 0
    required_first: int = 0
    required_last: int = 0
    """Generations of logs without which it cannot be made consistent; 0 for none."""
    required_time: str = ""
    committed_last: int = 0
    """The last generation with anything that was promised to be kept; 0 where the format does not say."""
    committed_time: str = ""
    repair_count: int = 0
    repaired: str = ""
    old_repair_count: int = 0
    database_signature: Signature = Signature()
    log_signature: Signature = Signature()
    last_consistent: Position = Position()
    last_attach: Position = Position()
    attached: str = ""
    last_detach: Position = Position()
    detached: str = ""
    corrected_pages: int = 0
    """Single bits that the engine put right (ECC)."""
    uncorrected_pages: int = 0
    bad_checksums: int = 0
    log_folder: str = ""
    """Where its logs are on the server, where that is known."""
    computer_path: str = ""
    """Its path on the server, where the logs tell."""

    @property
    def required(self) -> range:
        """Generations, the first to the last of them; empty where none is."""
        if not 0 < self.required_first <= self.required_last:
            return range(0)
        return range(self.required_first, self.required_last + 1)

    @property
    def committed(self) -> range:
        """The generations after the required ones that hold what was promised to be kept."""
        return range(self.required_last + 1, max(self.committed_last, self.required_last) + 1)


class LogFlaw(StrEnum):
    """What is wrong with one log file by itself."""

    NONE = "none"
    HEADER = "header"
    """Its header is damaged."""
    SIZE = "size"
    """Longer or shorter than its header says (JET_errLogFileSizeMismatch)."""
    SEGMENT = "segment"
    """A segment is damaged where there is no second copy of it."""
    TORN = "torn"
    """The last write was torn, and the copy behind it is whole: replaying uses that."""
    ONE_BIT = "one-bit"
    """A single bit of a segment has turned over: the checksum says which, and replaying puts it right."""
    RENAMED = "renamed"
    """Its name says another generation than its header (JET_errLogGenerationMismatch)."""
    UNREADABLE = "unreadable"
    """The operating system does not give it out."""
    UNVERIFIED = "unverified"
    """Sound as far as it was read; that its records are (of version 7), could not be proven."""


class LogLink(StrEnum):
    """How a log hangs together with the one before it."""

    UNKNOWN = "unknown"
    FIRST = "first"
    """There is no log before it."""
    FOLLOWS = "follows"
    GAP = "gap"
    """The generation before it is missing."""
    OTHER_TIME = "other-time"
    """It follows another log than the one that is there (JET_errInvalidLogSequence)."""
    OTHER_CONTENT = "other-content"
    """The log before it has been written to since (JET_errLogSequenceChecksumMismatch)."""
    OTHER_SIGNATURE = "other-signature"
    """It belongs to another set of logs (JET_errBadLogSignature)."""


class EseLog(Observation, frozen=True):
    """One transaction log."""

    file: str
    size: int = 0
    source: Source = Source.FILE
    stem: str = ""
    """The three letters that all logs of a set begin with: `E00`."""
    number: int = 0
    """The generation in its name; 0 for the current log, which has none (`E00.log`)."""
    generation: int = 0
    """In its header; 0 where that is not known."""
    version: str = ""
    """`8.4000.90.200`."""
    created: str = ""
    previous_created: str = ""
    signature: Signature = Signature()
    flaw: LogFlaw = LogFlaw.NONE
    segment: int = 0
    """The first segment with the flaw."""
    segments: int = 0
    """Segments that are sound and hold something; of version 7, checksum records."""
    content: str = ""
    """All of them in one checksum, `0x440836f2b445b445`; empty where that is not known."""
    previous_content: str = ""
    """The same of the log before it, as this one remembers it; empty where the format has none."""
    link: LogLink = LogLink.UNKNOWN
    error: int = 0
    """The number that eseutil has for it (JET_err…); 0 for none."""
    log_folder: str = ""
    """Where it was written, on the server."""
    databases: tuple[str, ...] = ()
    """Paths of the databases that were attached when it was begun, on the server."""

    @property
    def known(self) -> int:
        """Its generation: of the header, else of the name."""
        return self.generation or self.number


class EseCheckpoint(Observation, frozen=True):
    """From where the logs would be replayed."""

    file: str
    size: int = 0
    primary: Copy = Copy.UNSEEN
    shadow: Copy = Copy.UNSEEN
    position: Position = Position()
    signature: Signature = Signature()


class PageFlaw(StrEnum):
    CHECKSUM = "checksum"
    ONE_BIT = "one-bit"
    """A single bit; the checksum says which."""
    MISPLACED = "misplaced"
    """A sound page that belongs to another place of the file."""


class BadPage(msgspec.Struct, frozen=True):
    number: int
    """From 1, as eseutil counts them."""
    offset: int
    """In the file, in bytes."""
    flaw: PageFlaw
    detail: int = 0
    """The bit that is wrong, counted from the beginning of the page; or the page that stands there."""


class PagesRead(StrEnum):
    VERIFIED = "verified"
    NOT_ASKED = "not-asked"
    NO_SIZE = "no-size"
    """The header does not say how long a page is."""
    UNREADABLE = "unreadable"


class EsePages(Observation, frozen=True):
    """The checksums of all pages of a database."""

    file: str
    outcome: PagesRead = PagesRead.VERIFIED
    page_size: int = 0
    pages: int = 0
    """Looked at."""
    unused: int = 0
    """Of these, nothing but zeros."""
    counts: dict[PageFlaw, int] = {}
    """How many are damaged, by how."""
    bad: tuple[BadPage, ...] = ()
    """The first of each kind."""
    rest: int = 0
    """Bytes behind the last whole page."""
    detail: str = ""
    """Words of the operating system."""

    @property
    def bad_count(self) -> int:
        return sum(self.counts.values())
