"""One object of `journalctl -o json --all` as a line."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mailproof.model.log import LogLine


def journal_line(raw: bytes, longest: int) -> LogLine | None:
    """A MESSAGE that is no text is a list of octets there. None for what is not such an object. Never raises."""
    try:
        entry = msgspec.json.decode(raw)
        text, name = _field(entry, "MESSAGE"), _field(entry, "SYSLOG_IDENTIFIER")
        pid = _field(entry, "SYSLOG_PID") or _field(entry, "_PID")
        micros = int(_field(entry, "_SOURCE_REALTIME_TIMESTAMP") or _field(entry, "__REALTIME_TIMESTAMP"))
        time = datetime.fromtimestamp(micros / 1e6, UTC).isoformat()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError, OSError):
        return None
    return LogLine(time, _field(entry, "_HOSTNAME"), name.rpartition("/")[2], name, pid, text[:longest])


def _field(entry: object, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(value, list) and value and all(isinstance(each, int) and 0 <= each < 256 for each in value):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""
