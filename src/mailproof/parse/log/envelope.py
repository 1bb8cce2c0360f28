"""What stands around the message of a log line: time, host, program, process.

RFC 3164 without a year, RFC 3339, RFC 5424, journald's JSON, TAI64N, the files that Dovecot, Exim, Rspamd and
OpenSMTPD write themselves, the prefix of docker compose, a line wrapped twice, and a bare `postfix/smtpd[1]: …` as
people quote it; what is rarer is `wrapped`'s. Slices and a few patterns; no strptime, which alone takes longer.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from msgspec.structs import replace

from mailproof.model.log import LogLine
from mailproof.parse.log.exim import MESSAGE_ID, REJECTED_HEADER
from mailproof.parse.log.journal import journal_line
from mailproof.parse.log.opensmtpd import SESSION
from mailproof.parse.log.programs import PLAIN_WORDS, POSTFIX, family
from mailproof.parse.log.wrapped import after_stamp, docker_line, is_level, unwrapped

# Postfix cuts at 2000 octets and rsyslog at 8096 (maxMessageSize).
LONGEST = 8192
_NAMES = "JanFebMarAprMayJunJulAugSepOctNovDec"
_MONTHS = {_NAMES[at : at + 3]: at // 3 + 1 for at in range(0, 36, 3)}
# A month in another language has no number here, and its line no time.
_STAMP = re.compile(
    r"(?:([^\W\d_]{3,5}|1?\d月)\.? ([ 0-3]?\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)"
    r"|(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(Z| ?[+-]\d\d:?\d\d)?):? "
)
_TAI = re.compile(r"@([0-9a-f]{16})([0-9a-f]{8}) ")
_TAG = re.compile(r"(?:(\S*[^\s:]) )?([A-Za-z_][\w./+@-]*)(?:\[(\d+)\])?: ?(?:\[ID \d+ [a-z0-9.]+\] )?")
# BSD's syslogd with -v names facility and level.
_FACILITY = re.compile(r"<[a-z0-9]{1,10}\.[a-z0-9]{1,10}> ")
_OWN = re.compile(r"[a-z][a-z0-9-]*(?:\([^)]*\))?(?:<[^>]*>)*: (?:Info|Warning|Error|Fatal|Panic|Debug): ")
_EXIM = re.compile(
    rf"(?:\[\d{{1,10}}\] )?(?:{MESSAGE_ID} |H=|cwd=|exim \d|(?:Start|End) queue run|\S+ authenticator |SMTP "
    r"|TLS error |no (?:host|IP|MAIL) |unqualified |rejected |temporarily rejected "
    r"|unexpected |refused |Warning: |socket bind"
    r"|Tainted |\*{4} log string |daemon |Exim |DKIM: |pid \d+: SIG|[Ff]ailed to |unable to |Connection from "
    r"|unknown (?:named|ACL) )"
)
# The second line of two of its warnings.
_EXIM_MORE = " Suggested action: "
_RSPAMD = re.compile(r"#(\d+)\([\w-]+\) ")
# What it prints in the foreground (smtpd -d), where nobody puts a time before it.
_OPENSMTPD = re.compile(
    r"info: OpenSMTPD |smtp-(?:out|in): |(?:warn|fatal): (?:purge_task|lost child|smtpd|queue|lka|mta|mda|parent|"
    r"control|scheduler|table|crypto|pony|dispatcher)\b"
)
_COMPOSE = re.compile(r"[\w.-]+ {1,40}\| ")
_COLOR = re.compile("\x1b\\[[0-9;]*m")
_PRIORITY = re.compile(r"<\d{1,3}>(1 )?")
# RFC 5424 section 6.3: elements of structured data, in whose values a bracket is escaped.
_MODERN = re.compile(r"(\S+) (\S+) (\S+) (\S+) \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*+\])++) ?")
_REPEATED = re.compile(r"message repeated \d+ times: \[ ?(.*)\]\Z")
_LAST = re.compile(r"(\S+) last message repeated \d+ times")


class LineReader:
    """Reads the lines of one log. `today` is the day of its last line; a later one is of the year before."""

    def __init__(self, today: date) -> None:
        self._year, self._day = today.year, (today.month, today.day)
        # Below a line of Exim's reject log stands the header of the message.
        self._rejected = False

    def read(self, raw: bytes) -> LogLine | None:
        """The line, or None for what has no form that is known. Never raises."""
        text = raw[:LONGEST].decode("utf-8", "replace").rstrip("\r\n")
        if text.startswith("{"):
            return journal_line(raw, LONGEST) or self._of_docker(raw)
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
        if stamp is not None:
            line = self._stamped(self._time(stamp), text[stamp.end() :], stamp)
            return line or self._rarer(text, stamp)
        if self._rejected:
            self._rejected = REJECTED_HEADER.match(text) is not None
            if self._rejected:
                return LogLine("", "", "exim", "exim", "", text)
        if tai := _TAI.match(text):
            return self._stamped(_tai(tai), text[tai.end() :], tai)
        return self._wrapped(text) or _bare(text)

    def _wrapped(self, text: str) -> LogLine | None:
        """A line with something around it that is rare."""
        inner = unwrapped(text)
        if inner is None:
            return None
        if inner.modern:
            return _rfc5424(inner.rest)
        if inner.rest.startswith("{"):
            raw = inner.rest.encode()
            return journal_line(raw, LONGEST) or self._of_docker(raw)
        if priority := _PRIORITY.match(inner.rest):
            if priority[1]:
                return _rfc5424(inner.rest[priority.end() :])
            inner = inner._replace(rest=inner.rest[priority.end() :])
        stamp = _STAMP.match(inner.rest)
        if stamp is not None:
            # The time around has a zone and a year, that of the line often has neither.
            time, rest = inner.time or self._time(stamp), inner.rest[stamp.end() :]
            return self._stamped(time, rest, stamp) or self._stamped(time, after_stamp(rest, POSTFIX), stamp)
        return _of_tag(inner.time, inner.rest) or _of_tag(inner.time, after_stamp(inner.rest, POSTFIX))

    def _rarer(self, text: str, stamp: re.Match[str]) -> LogLine | None:
        """With a stamp that is usual, and behind it none of the usual; or it is the stamp around another."""
        if (line := self._wrapped(text)) is not None:
            return line
        rest = text[stamp.end() :]
        behind = after_stamp(rest, POSTFIX)
        line = self._stamped(self._time(stamp), behind, stamp) if behind != rest else None
        return line if line is not None and family(line.tag) else None

    def _of_docker(self, raw: bytes) -> LogLine | None:
        if (found := docker_line(raw)) is None:
            return None
        time, text = found
        line = self.read(text[:LONGEST].lstrip("{").encode())
        return replace(line, time=time) if line is not None and time else line

    def _stamped(self, time: str, rest: str, stamp: re.Match[str]) -> LogLine | None:
        if named := _FACILITY.match(rest):
            rest = rest[named.end() :]
        if _OWN.match(rest):
            return LogLine(time, "", "dovecot", "dovecot", "", rest)
        tag = _TAG.match(rest)
        # Exim stamps with a blank between date and time; supervisord too, but then with a comma.
        if "," not in stamp[0] and not (tag and family(tag[2])) and _EXIM.match(rest):
            self._rejected = " rejected " in rest
            return LogLine(time, "", "exim", "exim", "", rest)
        if tag is not None and (tag[1] or tag[3] or family(tag[2])):
            line = _line(time, rest, tag)
            # Some containers wrap each line once more.
            again = _STAMP.match(line.text) if line.text[:1].isalpha() and not family(line.tag) else None
            return self._inside(line, again) if again else line
        if rspamd := _RSPAMD.match(rest):
            return LogLine(time, "", "rspamd", "rspamd", rspamd[1], rest[rspamd.end() :])
        if last := _LAST.match(rest):
            return LogLine(time, last[1], "", "", "", rest[last.end(1) + 1 :])
        return _line(time, rest, tag) if tag is not None else None

    def _inside(self, line: LogLine, stamp: re.Match[str]) -> LogLine:
        rest = line.text[stamp.end() :]
        tag = _TAG.match(rest)
        return _line(self._time(stamp), rest, tag) if tag else line

    def _time(self, stamp: re.Match[str]) -> str:
        if stamp[4]:
            zone = (stamp[7] or "").strip()
            if len(zone) == 5:
                zone = f"{zone[:3]}:{zone[3:]}"
            return f"{stamp[4]}T{stamp[6].replace(',', '.')}{zone}"
        month = _MONTHS.get(stamp[1], 0) or (int(stamp[1][:-1]) if stamp[1].endswith("月") else 0)
        day = int(stamp[2])
        if not 0 < month < 13:
            return ""
        year = self._year - ((month, day) > self._day)
        return f"{year:04}-{month:02}-{day:02}T{stamp[3]}"


def _line(time: str, text: str, tag: re.Match[str]) -> LogLine:
    name, rest = tag[2], text[tag.end() :]
    if rest.startswith("message repeated ") and (repeated := _REPEATED.match(rest)):
        rest = repeated[1]
    host = tag[1] or ""
    if is_level(host):
        host = ""
    return LogLine(time, host, name.rpartition("/")[2], name, tag[3] or "", rest)


def _of_tag(time: str, rest: str) -> LogLine | None:
    """A line whose stamp has been taken off."""
    tag = _TAG.match(rest)
    named = tag is not None and (family(tag[2]) or (time and (tag[1] or tag[3])))
    return _line(time, rest, tag) if tag is not None and named else None


def _bare(text: str) -> LogLine | None:
    """Without a time, only what is surely a mail server's."""
    if SESSION.match(text) or _OPENSMTPD.match(text):
        return LogLine("", "", "smtpd", "smtpd", "", text)
    if text.startswith(_EXIM_MORE):
        return LogLine("", "", "exim", "exim", "", text)
    tag = _TAG.match(text)
    # Courier names no process, but the address of the client.
    if tag and tag[2] in PLAIN_WORDS and not tag[3] and "ip=[" not in text:
        return None
    name = family(tag[2]) if tag else ""
    return _line("", text, tag) if tag and name and (name != "pam" or "dovecot" in text) else None


def _tai(found: re.Match[str]) -> str:
    """The label of tai64n(8) begins at 2^62, and was ten seconds before UTC in 1970."""
    try:
        seconds = int(found[1], 16) - (1 << 62) - 10
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=int(found[2], 16) // 1000 % 10**6).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _rfc5424(text: str) -> LogLine | None:
    found = _MODERN.match(text)
    if found is None:
        return None
    time, host, name, pid = ("" if each == "-" else each for each in found.groups())
    return LogLine(time, host, name.rpartition("/")[2], name, pid, text[found.end() :].removeprefix("\ufeff"))
