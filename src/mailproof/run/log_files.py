"""Where a mail log is, and its lines."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from mailproof.model.log import LogLine
from mailproof.parse.log.envelope import LineReader
from mailproof.run.log_packed import pieces

_USUAL = ("/var/log/maillog", "/var/log/mail.log")
_UNITS = ("postfix*", "dovecot*", "exim*", "sendmail*", "opensmtpd*", "opendkim*", "opendmarc*", "rspamd*", "amavis*")
_FILTERS = ("postgrey*", "milter-greylist*")
JOURNAL = (
    *("journalctl", "-o", "json", "--all", "--no-pager"),
    *(part for unit in (*_UNITS, *_FILTERS) for part in ("-u", unit)),
)


def usual_log() -> Path | None:
    """Postfix's `maillog_file`, else the place where the system writes it; None if it is nowhere."""
    named = _answer(("postconf", "-h", "maillog_file")).decode("utf-8", "replace").strip()
    for place in (named, *_USUAL):
        if place.startswith("/") and (path := Path(place)).is_file():
            return path
    return None


def journal() -> Iterator[bytes]:
    """The lines of mail servers and filters in journald, as JSON, as they come; none where there is no journal."""
    if shutil.which(JOURNAL[0]) is None:
        return
    try:
        process = subprocess.Popen(JOURNAL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return
    with process:
        try:
            if process.stdout is not None:
                yield from pieces(process.stdout)
        finally:
            process.kill()


def lines_of(raw: Iterable[bytes], today: date) -> Iterator[LogLine | bytes]:
    """Each line with its envelope, or as it came where it has no known form; empty lines are left out."""
    read = LineReader(today).read
    for line in raw:
        if line.strip():
            yield read(line) or line


def day_of(path: Path) -> date:
    """The day of the last line, as far as the file tells. Raises OSError."""
    return datetime.fromtimestamp(path.stat().st_mtime).date()


def _answer(command: tuple[str, ...]) -> bytes:
    if shutil.which(command[0]) is None:
        return b""
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return b""
