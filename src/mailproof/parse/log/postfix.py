"""Postfix: what its programs say that has no queue id, and whose file reads the rest."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LoginFailed, LogLine, Routine, Trouble
from mailproof.parse.log.queue import QUEUE_ID, queue_line

LEVELS = ("warning", "error", "fatal", "panic")
_SASL = re.compile(
    r"warning: ([^\s\[]*\[[^\]]*\]\S*): SASL (\S+) authentication failed: ?(.*?)(?:, sasl_username=(.*))?\Z"
)
# What each says day in and day out; one that is missing here is counted as unknown, and listed.
_ROUTINE = (
    *("connect from ", "disconnect from ", "lost connection after ", "timeout after ", "too many errors after "),
    *("discarding EHLO keywords", "setting up TLS connection ", "Anonymous TLS ", "Untrusted TLS ", "Trusted TLS "),
    *("Verified TLS ", "initializing the ", "certificate verification failed ", "statistics: ", "improper command "),
    *("daemon started", "reload ", "starting the Postfix", "stopping the Postfix", "refreshing the Postfix"),
    *("the Postfix mail system is running", "table ", "CONNECT ", "DISCONNECT ", "PASS ", "ALLOWLISTED "),
    *("WHITELISTED ", "BLACKLISTED ", "DNSBL ", "PREGREET ", "HANGUP ", "COMMAND ", "BARE NEWLINE"),
    *("NON-SMTP COMMAND", "WHITELIST VETO", "ALLOWLIST VETO", "proxy-reject: ", "bare <LF> received", "DENYLISTED "),
    *("cache ", "close database", "addr ", "using backwards-compatible", "Postfix is ", "See http", "To "),
    *("Deleted: ", "Requeued: ", "Placed on hold", "Released from hold", "Renamed to match"),
    *("delivered to ", "enabling PIX", "proxy-accept: ", "Verified: ", "Host offered STARTTLS"),
)  # fmt: skip
# These are about a connection that did not come about, or a server that goes down: `log explain` looks at them.
_TELLING = (
    *("connect to ", "SSL_accept error", "SSL_connect error", "terminating on signal", "Cannot start TLS"),
    *("Server certificate not ", "not owned by ", "group or other writable"),
)  # fmt: skip


def postfix_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text = line.text
    if found := QUEUE_ID.match(text):
        rest = text[found.end() :]
        return _trouble(rest) or queue_line(found[1], rest)
    if text.startswith("warning: ") and (failed := _SASL.match(text)):
        return LoginFailed(failed[4] or "", failed[1], failed[3])
    if trouble := _trouble(text):
        return trouble
    if text.startswith(_TELLING):
        return Trouble("info", text)
    return Routine() if text.startswith(_ROUTINE) else None


def _trouble(text: str) -> Trouble | None:
    level, colon, rest = text.partition(": ")
    # `warning: header …` after a queue id is a rule of header_checks.
    if not colon or level not in LEVELS or rest.startswith(("header ", "body ")):
        return None
    return Trouble(level, rest)
