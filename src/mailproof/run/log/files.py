"""Where a mail log is, and its lines."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from mailproof.host.commands import JOURNAL
from mailproof.host.interface import Host
from mailproof.model.configuration import FileState
from mailproof.model.log import LogLine
from mailproof.parse.log.envelope import LineReader
from mailproof.run.log.packed import pieces

_USUAL = ("/var/log/maillog", "/var/log/mail.log")


def usual_logs(host: Host) -> list[str]:
    """Postfix's `maillog_file`, else the place where the system writes it; and Dovecot's own. Empty if nowhere."""
    postfix = (host.answer(("postconf", "-h", "maillog_file")) or "").strip()
    shared = next((path for path in (postfix, *_USUAL) if _is_log(host, path)), "")
    own = ((host.answer(("doveconf", "-h", name)) or "").strip() for name in ("log_path", "info_log_path"))
    return list(dict.fromkeys(path for path in (shared, *own) if _is_log(host, path)))


def _is_log(host: Host, path: str) -> bool:
    return path.startswith("/") and host.look(path).state is FileState.FILE


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
