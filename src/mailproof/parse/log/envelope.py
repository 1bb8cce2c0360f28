"""What stands around the message of a log line: time, host, program, process.

RFC 3164 without a year, RFC 3339, RFC 5424, journald's JSON, Dovecot's own file, the prefix of docker compose, and a
bare `postfix/smtpd[1]: …` as people quote it. Slices and two patterns; no strptime, which alone takes longer.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import msgspec

from mailproof.model.log import LogLine

# Postfix cuts at 2000 octets and rsyslog at 8096 (maxMessageSize).
_LONGEST = 8192
_NAMES = "JanFebMarAprMayJunJulAugSepOctNovDec"
_MONTHS = {_NAMES[at : at + 3]: at // 3 + 1 for at in range(0, 36, 3)}
_STAMP = re.compile(
    r"(?:([A-Z][a-z]{2}) ([ 0-3]?\d) (\d\d:\d\d:\d\d)(?:\.\d{1,9})?"
    r"|(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(Z|[+-]\d\d:?\d\d)?):? "
)
_TAG = re.compile(r"(?:(\S*[^\s:]) )?([A-Za-z_][\w./+@-]*)(?:\[(\d+)\])?: ?(?:\[ID \d+ [a-z0-9.]+\] )?")
_OWN = re.compile(r"[a-z][a-z0-9-]*(?:\([^)]*\))?(?:<[^>]*>)*: (?:Info|Warning|Error|Fatal|Panic|Debug): ")
_COMPOSE = re.compile(r"[\w.-]+ {1,40}\| ")
_COLOR = re.compile("\x1b\\[[0-9;]*m")
_PRIORITY = re.compile(r"<\d{1,3}>(1 )?")
_MODERN = re.compile(r"(\S+) (\S+) (\S+) (\S+) \S+ (?:-|\[[^\]]*\]) ?")
_REPEATED = re.compile(r"message repeated \d+ times: \[ ?(.*)\]\Z")


class LineReader:
    """Reads the lines of one log. `today` is the day of its last line; a later one is of the year before."""

    def __init__(self, today: date) -> None:
        self._year, self._day = today.year, (today.month, today.day)

    def read(self, raw: bytes) -> LogLine | None:
        """The line, or None for what has no form that is known. Never raises."""
        text = raw[:_LONGEST].decode("utf-8", "replace").rstrip("\r\n")
        if text.startswith("{"):
            return _journal(raw)
        if "\x1b" in text:
            text = _COLOR.sub("", text)
        stamp = _STAMP.match(text)
        if stamp is None:
            if compose := _COMPOSE.match(text):
                text = text[compose.end() :]
            if (priority := _PRIORITY.match(text)) is not None:
                text = text[priority.end() :]
                if priority[1]:
                    return _rfc5424(text)
            stamp = _STAMP.match(text)
        if stamp is None:
            tag = _TAG.match(text)
            # Without a time, only what is surely a mail server's.
            return _line("", text, tag) if tag and tag[2].startswith(("postfix", "dovecot")) else None
        time, rest = self._time(stamp), text[stamp.end() :]
        if _OWN.match(rest):
            return LogLine(time, "", "dovecot", "dovecot", "", rest)
        tag = _TAG.match(rest)
        return _line(time, rest, tag) if tag else None

    def _time(self, stamp: re.Match[str]) -> str:
        if stamp[4]:
            zone = stamp[6] or ""
            if len(zone) == 5:
                zone = f"{zone[:3]}:{zone[3:]}"
            return f"{stamp[4]}T{stamp[5].replace(',', '.')}{zone}"
        month, day = _MONTHS.get(stamp[1], 0), int(stamp[2])
        if not month:
            return ""
        year = self._year - ((month, day) > self._day)
        return f"{year:04}-{month:02}-{day:02}T{stamp[3]}"


def _line(time: str, text: str, tag: re.Match[str]) -> LogLine:
    name, rest = tag[2], text[tag.end() :]
    if rest.startswith("message repeated ") and (repeated := _REPEATED.match(rest)):
        rest = repeated[1]
    return LogLine(time, tag[1] or "", name.rpartition("/")[2], name, tag[3] or "", rest)


def _rfc5424(text: str) -> LogLine | None:
    found = _MODERN.match(text)
    if found is None:
        return None
    time, host, name, pid = ("" if each == "-" else each for each in found.groups())
    return LogLine(time, host, name.rpartition("/")[2], name, pid, text[found.end() :].removeprefix("\ufeff"))


def _journal(raw: bytes) -> LogLine | None:
    """One object of `journalctl -o json`; a MESSAGE that is no text is a list of octets there."""
    try:
        entry = msgspec.json.decode(raw)
        text, name = _field(entry, "MESSAGE"), _field(entry, "SYSLOG_IDENTIFIER")
        pid = _field(entry, "SYSLOG_PID") or _field(entry, "_PID")
        micros = int(_field(entry, "_SOURCE_REALTIME_TIMESTAMP") or _field(entry, "__REALTIME_TIMESTAMP"))
        time = datetime.fromtimestamp(micros / 1e6, UTC).isoformat()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError, OSError):
        return None
    return LogLine(time, _field(entry, "_HOSTNAME"), name.rpartition("/")[2], name, pid, text[:_LONGEST])


def _field(entry: object, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(value, list) and value and all(isinstance(each, int) and 0 <= each < 256 for each in value):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""
