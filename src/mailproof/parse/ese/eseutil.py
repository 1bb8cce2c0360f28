"""What `eseutil /mh` and `/ml` print, pasted from a console: the same facts as of the files, as far as it tells them.

The words are those of dbdump.cxx and logdump.cxx, which are English on a Japanese Windows too; the Japanese of
Microsoft's translated pages is taken as well. A console wraps lines where it ends, in the middle of a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from mailproof.model.ese import (
    Copy,
    DatabaseState,
    EseDatabase,
    EseLog,
    LogFlaw,
    LogLink,
    Position,
    Signature,
    Source,
)
from mailproof.model.paths import bare, folder
from mailproof.parse.ese.names import file_name

STATE_WORDS = {
    DatabaseState.UNKNOWN: "Illegal",
    DatabaseState.JUST_CREATED: "Just Created",
    DatabaseState.DIRTY: "Dirty Shutdown",
    DatabaseState.CLEAN: "Clean Shutdown",
    DatabaseState.BEING_CONVERTED: "Being Converted",
    DatabaseState.FORCE_DETACH: "Force Detach Replay Error",
    DatabaseState.RESEEDING: "Incremental Reseed In Progress",
    DatabaseState.PATCHED: "Dirty and Patched Shutdown",
    DatabaseState.REVERTING: "Database Revert in Progress",
}
"""What eseutil calls each state (dbdump.cxx: rgszDBState)."""
_STATES = (
    (DatabaseState.JUST_CREATED, r"just ?created"),
    (DatabaseState.PATCHED, r"dirty and patched"),
    (DatabaseState.DIRTY, r"dirty ?shutdown|ダーティー? ?シャットダウン"),
    (DatabaseState.CLEAN, r"clean ?shutdown|クリーン ?シャットダウン"),
    (DatabaseState.BEING_CONVERTED, r"being ?converted"),
    (DatabaseState.FORCE_DETACH, r"force ?detach"),
    (DatabaseState.RESEEDING, r"incremental reseed"),
    (DatabaseState.REVERTING, r"database revert"),
)
_LABELS = {
    "データベース": "database",
    "状態": "state",
    "必要なログ": "log required",
    "ログの必要性": "log required",
    "ログが必要": "log required",
    "コミットされたログ": "log committed",
    "コミット済みログ": "log committed",
    "修復回数": "repair count",
    "修復カウント": "repair count",
    "以前の修復回数": "old repair count",
    "ログ署名": "log signature",
    "ログの署名": "log signature",
    "データベース署名": "db signature",
    "db 署名": "db signature",
    "ページ サイズ": "cbdbpage",
    "ログ ファイル": "log file",
    "不足しているログ ファイル": "missing log file",
}
_LEAD = re.compile(r"\A(?:[\s>|]|- |\* )*")
_PROMPT = re.compile(r"(?:\[PS\] ?)?([A-Za-z]:\\[^>]*)>")
_TIME = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d(?:\.\d{3})?)")
_NUMBER = re.compile(r"(-?\d{1,19})")
_RANGE = re.compile(r"(\d{1,19})\s*-\s*(\d{1,19})")
_FOUND = re.compile(r"found \((\d{1,19})\)")
_POSITION = re.compile(r"\(0x([0-9A-F]{1,8}),([0-9A-F]{1,4}),([0-9A-F]{1,4})\)", re.IGNORECASE)
_RANDOM = re.compile(r"Rand:\s*(\d{1,10})")
_GENERATION = re.compile(r"generation (?:is )?(\d{1,10}) ?\(0x")
_ERROR = re.compile(r"[Ee]rror (-\d{1,5})")
_ONE_LOG = re.compile(r"(Integrity check passed for|CORRUPTION DETECTED in) log file: (\S.*)")
_LOG_PATH = re.compile(r"(.+?\.(?:log|jtx))(?=\s|$)", re.IGNORECASE)
# A path is at most 260 characters for eseutil, and a console has 80 columns.
_MOST_JOINED = 4
# Exchange mounts as many on a server (2019, Enterprise edition); each is held against all logs and all others.
MOST_DATABASES = 100


class Pasted(NamedTuple):
    databases: tuple[EseDatabase, ...]
    logs: tuple[EseLog, ...]
    left_out: int = 0
    """Databases beyond MOST_DATABASES."""


def read_eseutil(text: str) -> Pasted:
    """Every header and every log in the text; empty for a text that eseutil has not printed."""
    reader = _Reader()
    for line in _lines(text):
        reader.line(line)
    return reader.result()


def is_of_eseutil(text: str) -> bool:
    """Whether a text is its output; that it has a line like one of its is not enough."""
    found = read_eseutil(text)
    if any(database.state is not DatabaseState.UNKNOWN for database in found.databases):
        return True
    return any(log.stem for log in found.logs) and ("Base name:" in text or "eseutil" in text.lower())


def _lines(text: str) -> Iterator[str]:
    """Without what stands before them in a quotation, and those of a path that was wrapped joined again."""
    plain = [_LEAD.sub("", line).rstrip() for line in text.replace(":", ":").replace("\u00a0", " ").splitlines()]
    at = 0
    while at < len(plain):
        line = plain[at]
        at += 1
        joined = 0
        if re.match(r"(?:Log file|ログ ファイル):", line):
            while not _LOG_PATH.match(line) and at < len(plain) and joined < _MOST_JOINED:
                line += plain[at] if line[-1:] != " " else plain[at].lstrip()
                at, joined = at + 1, joined + 1
        yield line


def moment_of(text: str) -> str:
    """`06/19/2018 19:18:41.596 UTC` as the other times; empty for none, or 00/00/1900."""
    found = _TIME.search(text)
    if found is None or found[1] == "00":
        return ""
    month, day, year, rest = found.groups()
    return f"{year}-{month}-{day}T{rest}" + ("Z" if text[found.end() :].lstrip().startswith("UTC") else "")


def _signature(text: str) -> Signature:
    found = _RANDOM.search(text)
    return Signature(int(found[1]) & 0xFFFFFFFF if found else 0, moment_of(text).removesuffix("Z"))


def _position(text: str) -> Position:
    found = _POSITION.search(text)
    return Position(*(int(part, 16) for part in found.groups())) if found else Position()


def _number(text: str) -> int:
    found = _NUMBER.search(text)
    return min(max(int(found[1]), 0), 0xFFFFFFFF) if found else 0


class _Reader:
    def __init__(self) -> None:
        self._folder = ""
        self._database: dict[str, Any] | None = None
        self._databases: list[EseDatabase] = []
        self._left_out = 0
        self._log: EseLog | None = None
        self._logs: list[EseLog] = []
        self._current_follows = False

    def line(self, line: str) -> None:
        if prompt := _PROMPT.match(line):
            self._folder = prompt[1]
            return
        if "ERROR:" in line:
            self._flaw(line)
            return
        if found := _ONE_LOG.match(line):  # of one log by itself, until Exchange 2003
            self._begin_log(found[2])
            if found[1].startswith("C") and self._log is not None:
                self._log = msgspec.structs.replace(self._log, flaw=LogFlaw.SEGMENT, error=-501)
            return
        if line.startswith("WARNING:"):
            self._warning(line)
            return
        label, colon, value = line.partition(":")
        label = " ".join(label.split()).lower()
        label = _LABELS.get(label, label)
        if colon:
            self._field(label, value.strip())

    def _field(self, label: str, value: str) -> None:
        match label:
            case "database" if value:
                self._end_database()
                self._database = {"file": self._placed(value)}
            case "database header" | "database shadow header":
                if self._database is None or "state" in self._database:
                    self._end_database()
                    self._database = {}
                self._database["primary"] = Copy.GOOD if label == "database header" else Copy.DAMAGED
                self._database["shadow"] = Copy.UNSEEN if label == "database header" else Copy.GOOD
            case "log file" if value:
                self._begin_log(value)
            case "lgeneration" | "creation time" | "prev gen time" | "signature" | "env logfilepath":
                self._of_log(label, value)
            case "prev gen accumulated segment checksum" | "accumulated segment checksum":
                self._of_log(label, value)
            case _:
                self._of_database(label, value)

    def _of_database(self, label: str, value: str) -> None:
        if label == "state" and self._database is None:
            self._database = {}  # somebody pasted the middle of it
        database = self._database
        if database is None:
            return
        if label == "state":
            plain = " ".join(value.lower().split())
            states = (state for state, words in _STATES if re.match(words, plain))
            database["state"] = next(states, DatabaseState.UNKNOWN)
        elif label in ("log required", "log committed"):
            found = _RANGE.search(value)
            first, last = (min(int(part), 0xFFFFFFFF) for part in found.groups()) if found else (0, 0)
            if label == "log required":
                database["required_first"], database["required_last"] = first, last
            else:
                database["committed_last"] = last
        elif label in _TIMES:
            database[_TIMES[label]] = moment_of(value)
        elif label in _POSITIONS:
            place, moment = _POSITIONS[label]
            database[place] = _position(value)
            if moment:
                database[moment] = moment_of(value)
        elif label in _SIGNATURES:
            database[_SIGNATURES[label]] = _signature(value)
        elif label in _NUMBERS:
            database[_NUMBERS[label]] = _number(value)
        elif label in _COUNTS:
            found = _FOUND.search(value)
            database[_COUNTS[label]] = min(int(found[1]), 0xFFFFFFFF) if found else 0
        elif label == "format ulversion":
            database["version"] = value.partition("(")[0].strip()[:40]

    def _warning(self, line: str) -> None:
        if self._database is None:
            return
        if "primary header has a" in line:
            self._database["primary"] = Copy.DAMAGED
            self._database.setdefault("shadow", Copy.UNSEEN)
        elif "shadow header has a" in line:
            self._database["shadow"] = Copy.DAMAGED
        elif "not identical" in line and self._database.get("shadow", Copy.UNSEEN) is Copy.UNSEEN:
            self._database["shadow"] = Copy.DIFFERS

    def _begin_log(self, value: str) -> None:
        self._end_log()
        found = _LOG_PATH.match(value)
        path = self._placed(found[1] if found else (value.split() or ["?"])[0])
        name = file_name(bare(path))
        self._log = EseLog(path, source=Source.PASTED, stem=name.stem, number=name.number)

    def _of_log(self, label: str, value: str) -> None:
        if self._log is None:
            return
        changes: dict[str, dict[str, Any]] = {
            "lgeneration": {"generation": _number(value)},
            "creation time": {"created": moment_of(value)},
            "prev gen time": {"previous_created": moment_of(value)},
            "signature": {"signature": _signature(value)},
            "env logfilepath": {"log_folder": value.rstrip("\\/")},
            "prev gen accumulated segment checksum": {"previous_content": value.lower()},
            "accumulated segment checksum": {"content": value.lower()},
        }
        self._log = msgspec.structs.replace(self._log, **changes[label])

    def _flaw(self, line: str) -> None:
        """An ERROR of `/ml` stands below the log that it is about, or behind it."""
        head, _, said = line.partition("ERROR:")
        label, _, value = head.partition(":")
        if label.strip().lower() == "log file":
            self._begin_log(value.strip())
        if self._log is None:
            return
        found = _ERROR.search(said)
        error = int(found[1]) if found else 0
        for words, found_flaw in _FLAWS:
            if words in said:
                self._log = msgspec.structs.replace(self._log, **found_flaw)
                break
        else:
            self._log = msgspec.structs.replace(self._log, flaw=LogFlaw.UNREADABLE)
        if error:
            size = {"flaw": LogFlaw.SIZE} if error == -541 else {}
            self._log = msgspec.structs.replace(self._log, error=error, **size)
        generation = _GENERATION.search(said)
        if generation and self._log.flaw in (LogFlaw.RENAMED, LogFlaw.NONE):
            self._log = msgspec.structs.replace(self._log, generation=min(int(generation[1]), 0x7FFFFFFF))
        elif position := _POSITION.search(said):
            self._log = msgspec.structs.replace(self._log, segment=int(position[2], 16))

    def _placed(self, path: str) -> str:
        """With the folder of the last prompt, where the path is none."""
        path = path.strip().strip("'\"")
        if self._folder and not re.match(r"[A-Za-z]:|\\|/", path):
            return self._folder.rstrip("\\") + "\\" + path.removeprefix(".\\")
        return path

    def _end_database(self) -> None:
        if self._database and "state" in self._database:
            fields: dict[str, Any] = {"file": "?", "source": Source.PASTED, **self._database}
            if len(self._databases) < MOST_DATABASES:
                self._databases.append(EseDatabase(**fields))
            else:
                self._left_out += 1
        self._database = None

    def _end_log(self) -> None:
        if self._log is not None:
            self._logs.append(self._log)
        self._log = None

    def result(self) -> Pasted:
        self._end_database()
        self._end_log()
        return Pasted(tuple(self._databases), tuple(_numbered(self._logs)), self._left_out)


def _numbered(logs: list[EseLog]) -> Iterator[EseLog]:
    """The current log has no number; if nothing is said against it, it follows the last (ErrLGDumpLog)."""
    last: dict[tuple[str, str], int] = {}
    for log in logs:
        row = folder(log.file).lower(), log.stem
        if not log.known and log.flaw is LogFlaw.NONE and row in last:
            log = msgspec.structs.replace(log, generation=last[row] + 1)
        last[row] = max(last.get(row, 0), log.known)
        yield log


_TIMES = {
    "gen. max. req. creation time": "required_time",
    "gen. max. com. creation time": "committed_time",
    "genmax creation": "committed_time",
    "repair date": "repaired",
}
_POSITIONS = {
    "last consistent": ("last_consistent", ""),
    "last attach": ("last_attach", "attached"),
    "last detach": ("last_detach", "detached"),
}
_SIGNATURES = {"db signature": "database_signature", "log signature": "log_signature"}
_NUMBERS = {"cbdbpage": "page_size", "repair count": "repair_count", "old repair count": "old_repair_count"}
_COUNTS = {
    "ecc fix success count": "corrected_pages",
    "ecc fix error count": "uncorrected_pages",
    "bad checksum error count": "bad_checksums",
}
_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Cannot read log file header", {"flaw": LogFlaw.HEADER, "error": -501}),
    ("Log damaged", {"flaw": LogFlaw.SEGMENT, "error": -501}),
    ("Mismatched log generation", {"flaw": LogFlaw.RENAMED, "error": -513}),
    ("Missing log file", {"link": LogLink.GAP, "error": -528}),
    ("accumulated segment checksum", {"link": LogLink.OTHER_CONTENT, "error": -590}),
    ("Invalid log sequence", {"link": LogLink.OTHER_TIME, "error": -515}),
    ("Invalid log signature", {"link": LogLink.OTHER_SIGNATURE, "error": -530}),
)
