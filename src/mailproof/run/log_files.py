"""Where a mail log is, and its lines."""

from __future__ import annotations

import gzip
import lzma
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from mailproof.model.log import LogLine
from mailproof.parse.log.envelope import LineReader

# rsyslog's maxMessageSize is 8096, journald's LineMax 48 KB; a longer line is read in pieces.
_LINE = 1 << 16
_USUAL = ("/var/log/maillog", "/var/log/mail.log")
_JOURNAL = ("journalctl", "-o", "json", "--all", "--no-pager", "-u", "postfix*", "-u", "dovecot*")

# As they come out of a file that is no whole archive.
DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error)


def usual_log() -> Path | None:
    """Postfix's `maillog_file`, else the place where the system writes it; None if it is nowhere."""
    named = _answer(("postconf", "-h", "maillog_file")).decode("utf-8", "replace").strip()
    for place in (named, *_USUAL):
        if place.startswith("/") and (path := Path(place)).is_file():
            return path
    return None


def journal() -> list[bytes]:
    """The lines of Postfix and Dovecot in journald, as JSON; none where there is no journal."""
    return _answer(_JOURNAL).splitlines()


def lines_of(raw: Iterator[bytes] | list[bytes], today: date) -> Iterator[LogLine | bytes]:
    """Each line with its envelope, or as it came where it has no known form; empty lines are left out."""
    read = LineReader(today).read
    for line in raw:
        if line.strip():
            yield read(line) or line


def day_of(path: Path) -> date:
    """The day of the last line, as far as the file tells. Raises OSError."""
    return datetime.fromtimestamp(path.stat().st_mtime).date()


def raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, of gzip's and xz's too. Raises one of DAMAGED."""
    with path.open("rb") as plain:
        magic = plain.read(6)
        plain.seek(0)
        if magic[:2] == b"\x1f\x8b":
            with gzip.open(plain) as packed:
                yield from pieces(packed)  # type: ignore[arg-type]
        elif magic == b"\xfd7zXZ\x00":
            with lzma.open(plain) as unpacked:
                yield from pieces(unpacked)  # type: ignore[arg-type]
        else:
            yield from pieces(plain)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The lines of an open file, none longer than is read at once."""
    while line := file.readline(_LINE):
        yield line


def _answer(command: tuple[str, ...]) -> bytes:
    if shutil.which(command[0]) is None:
        return b""
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return b""
