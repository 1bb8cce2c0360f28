"""Which service it is, by the first bytes that it says."""

from __future__ import annotations

import re

from mailproof.model.escape import to_bytes
from mailproof.model.port import Service

# In this order: the first that matches decides. Greetings as in RFC 5321 4.2, 2033, 1939, 3501 7.1, 5804 1.7,
# 4253 4.2, 9112 3.1.2, 959, 3977 5.1, 2812; MySQL's protocol 10; the RFB of VNC (RFC 6143 7.1.1).
_ROWS: tuple[tuple[Service, bytes], ...] = (
    (Service.SSH, rb"SSH-\d"),
    (Service.HTTP, rb"HTTP/\d|\s*<(?:!DOCTYPE html|html|\?xml[^>]*>\s*<!DOCTYPE html)"),
    (Service.XMPP, rb"\s*<(?:\?xml|stream:)"),
    (Service.VNC, rb"RFB \d{3}\.\d{3}\n"),
    (Service.LMTP, rb"220[ -][^\n]*\bLMTP\b"),
    (
        Service.FTP,
        rb"220[ -](?![^\n]*E?SMTP)[^\n]*(?<![\w.-])(?:\w*FTPd?|FileZilla)(?![\w-]|\.\w)|220[ -][^\n]*\bFTP server\b",
    ),
    (Service.NNTP, rb"(?:200|201|400|502)[ -][^\n]*(?:\bNNTP|\bInterNetNews|\bINN\b|\bnews|posting)"),
    (Service.SMTP, rb"(?:220|421|450|451|452|521|530|550|554|571)(?:[ -]|\r?\n)"),
    (Service.NNTP, rb"20[01][ -]"),
    (Service.POP3, rb"\+OK\b|-ERR\b"),
    (Service.IMAP, rb"\* (?:OK|PREAUTH|BYE)\b"),
    (Service.SIEVE, rb'"[A-Z]+"(?:[ \r\n]|\Z)|(?:OK|NO|BYE) ["({]'),
    (Service.IRC, rb":\S+ (?:NOTICE|\d{3}) |NOTICE \S+ :|ERROR :"),
    (Service.TELNET, rb"\xff[\xfb-\xfe]"),
    (Service.MYSQL, rb"..\x00\x00[\x0a\xff]"),
    (Service.IDENT, rb"\d* *, *\d* *: *(?:ERROR|USERID)"),
)


def said_by(text: str) -> Service:
    """The same of text as a record keeps it, escaped."""
    try:
        return service_of(to_bytes(text))
    except ValueError:
        return Service.UNKNOWN


def service_of(said: bytes) -> Service:
    """What greets with these bytes. UNKNOWN for what matches nothing, SILENT for nothing at all."""
    if not said:
        return Service.SILENT
    for service, pattern in _ROWS:
        if re.match(pattern, said, re.IGNORECASE | re.DOTALL):
            return service
    return Service.UNKNOWN
