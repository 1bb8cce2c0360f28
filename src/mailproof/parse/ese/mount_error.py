"""The error of Mount-Database, as a console shows it: wrapped anywhere, English or Japanese.

    MapiExceptionDatabaseError: Unable to mount database. (hr=0x80004005, ec=1108)

The exception and the two numbers are the same in every language. `ec` is a number of the store (positive: 1108 is any
error of the database) or, negative, the one of the database engine itself (published/inc/jethdr.w).
"""

from __future__ import annotations

import re
from typing import NamedTuple

GENERIC = 1108
"""0x454: the store was told of an error of the database, and does not say which."""

JET_ERRORS = {
    -501: "JET_errLogFileCorrupt",
    -510: "JET_errLogWriteFail",
    -513: "JET_errLogGenerationMismatch",
    -515: "JET_errInvalidLogSequence",
    -528: "JET_errMissingLogFile",
    -529: "JET_errLogDiskFull",
    -530: "JET_errBadLogSignature",
    -532: "JET_errBadCheckpointSignature",
    -541: "JET_errLogFileSizeMismatch",
    -543: "JET_errRequiredLogFilesMissing",
    -550: "JET_errDatabaseDirtyShutdown",
    -551: "JET_errConsistentTimeMismatch",
    -582: "JET_errCommittedLogFilesMissing",
    -586: "JET_errCommittedLogFileCorrupt",
    -590: "JET_errLogSequenceChecksumMismatch",
    -1011: "JET_errOutOfMemory",
    -1018: "JET_errReadVerifyFailure",
    -1022: "JET_errDiskIO",
    -1032: "JET_errFileAccessDenied",
    -1206: "JET_errDatabaseCorrupted",
    -1216: "JET_errAttachedDatabaseMismatch",
    -1808: "JET_errDiskFull",
    -1811: "JET_errFileNotFound",
}
"""The numbers with which a database does not mount."""

_FINDINGS = {
    -501: "ese-log-damaged",
    -513: "ese-log-damaged",
    -515: "ese-log-damaged",
    -528: "ese-log-missing",
    -530: "ese-log-foreign",
    -541: "ese-log-damaged",
    -543: "ese-log-missing",
    -550: "ese-dirty-shutdown",
    -551: "ese-log-foreign",
    -582: "ese-log-missing",
    -586: "ese-log-damaged",
    -590: "ese-log-damaged",
    -1018: "ese-page-damaged",
    -1206: "ese-header-damaged",
    -1216: "ese-log-foreign",
}

EVENTS = (454, 455, 465, 440, 452, 453, 518, 474, 494)
"""Events of ESE that say why a database did not mount, the most telling first (jetmsg.mc)."""

# Blanks are taken out first, for a console cuts words; between the exception and the numbers stands one sentence.
_ERROR = re.compile(r"MapiException(\w{1,80}?):([^()]{0,300})\(hr=(0x[0-9A-Fa-f]{1,8}),ec=(-?\d{1,10})\)")
# As it is typed from a screen: without the sentence, without brackets. This exception is of a database alone.
_TYPED = re.compile(r"MapiExceptionDatabaseError[^()]{0,300}?\(?hr=(0x[0-9A-Fa-f]{1,8}),?ec=(-?\d{1,10})")
_NUMBERS = re.compile(r"\(hr=(0x[0-9A-Fa-f]{1,8}),ec=(-?\d{1,10})\)")
_DATABASES = (
    re.compile(r"データベース\s?[\"“「]([^\"”」\n]{1,200})[\"”」]\s?をマウント"),
    re.compile(r"Failed to mount database [\"“']([^\"”'\n]{1,200})[\"”']", re.IGNORECASE),
    re.compile(r"Specified database: ([^;\n]{1,200});", re.IGNORECASE),
    re.compile(r"\[Database: ([^,\]\n]{1,200}),"),
    re.compile(r"Mount-Database\s+(?:-Identity\s+)?[\"']?([^\s\"'-][^\s\"']{0,199})", re.IGNORECASE),
)
# As much of a text as is looked at; the error stands at its beginning, and a diagnostic context behind it.
_LONGEST = 1 << 16


class MountError(NamedTuple):
    exception: str
    """`MapiExceptionDatabaseError`; empty where only the numbers were pasted."""
    hr: str
    """`0x80004005`: E_FAIL, which says nothing."""
    ec: int
    database: str
    """The name of the database, where the text has it."""

    @property
    def generic(self) -> bool:
        """The number says only that there is an error; which one stands in the Application event log."""
        return self.ec >= 0

    @property
    def jet(self) -> str:
        """`JET_errMissingLogFile` where `ec` is a number of the engine that is known here; else empty."""
        return JET_ERRORS.get(self.ec, "")

    @property
    def finding(self) -> str:
        """Name of the finding that this number is; empty for one that says too little."""
        return _FINDINGS.get(self.ec, "")


def mount_error(text: str) -> MountError | None:
    """What a text says of a database that did not mount; None for any other text."""
    text = text[:_LONGEST]
    together = "".join(text.split())
    if found := _ERROR.search(together):
        if "mountdatabase" not in found[2].lower() and not _names_a_database(text):
            return None
        return MountError(f"MapiException{found[1]}", found[3], int(found[4]), _database(text))
    if found := _TYPED.search(together):
        return MountError("MapiExceptionDatabaseError", found[1], int(found[2]), _database(text))
    if (found := _NUMBERS.search(together)) and "mountdatabase" in together[: found.start()].lower():
        return MountError("", found[1], int(found[2]), _database(text))
    return None


def _names_a_database(text: str) -> bool:
    return "Mount-Database" in text or "マウント" in text or "mount database" in text.lower()


def _database(text: str) -> str:
    """A name that was wrapped has its line break taken out."""
    plain = " ".join(text.split())
    return next((found[1].strip() for pattern in _DATABASES if (found := pattern.search(plain))), "")
