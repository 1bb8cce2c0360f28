"""Postfix 2.3 to 3.11: which file reads a line, by a queue id, a level or its first word."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.model.log import Fact, LoginFailed, LogLine, Routine, Trouble
from mailproof.parse.log.connection import (
    certificated,
    connected,
    disconnected,
    dropped,
    hid,
    tls_failed,
    tls_opened,
)
from mailproof.parse.log.queue import QUEUE_ID, queue_line
from mailproof.parse.log.refusal import proxied
from mailproof.parse.log.screen import listed, screened
from mailproof.parse.log.statistics import measured
from mailproof.parse.log.upkeep import changed, counted

LEVELS = ("warning", "error", "fatal", "panic")
_SASL = re.compile(
    r"warning: ([^\s\[]*\[[^\]]*\]\S*): SASL (\S+) authentication failed: ?(.*?)(?:, sasl_username=(.*))?\Z"
)
_READERS: dict[str, Callable[[str], Fact | None]] = {
    "connect": connected,
    "disconnect": disconnected,
    **dict.fromkeys(("lost", "timeout", "too", "bare", "improper", "hangup"), dropped),
    **dict.fromkeys(("Anonymous", "Untrusted", "Trusted", "Verified"), tls_opened),
    **dict.fromkeys(("SSL_accept", "SSL_connect"), tls_failed),
    "TLS": lambda text: tls_opened(text) or tls_failed(text),
    # Before Postfix 2.3 there was no NOQUEUE.
    **dict.fromkeys(("reject:", "reject_warning:"), lambda text: queue_line("NOQUEUE", text)),
    "certificate": certificated,
    "discarding": hid,
    **dict.fromkeys(("statistics:", "cache"), measured),
    "addr": listed,
    **dict.fromkeys(("proxy-accept:", "proxy-reject:"), proxied),
    **dict.fromkeys(("daemon", "reload", "terminating", "starting", "stopping", "refreshing"), changed),
    **dict.fromkeys(("Deleted:", "Requeued:", "Placed", "Released", "Force-expired:"), counted),
}
# What each says day in and day out; one that is missing here is counted as unknown, and listed.
_ROUTINE = (
    *("setting up TLS connection ", "initializing the ", "close database ", "open database ", "delivered to "),
    *("the Postfix mail system is running", "table ", "Postfix is ", "See http"),
    *("To disable backwards", "Renamed to match", "Host offered STARTTLS", "refresh ", "Verified: "),
    *("Untrusted: ", "Unverified: "),
    *("mx.", "subject_CN=", "looking for session", "save session", "remove session", "SSL3 alert", "read from "),
    *("write to ", "SSL_accept:", "SSL_connect:", "Initializing", "tlsmgr_cache_run_event", "Peer certificate"),
    *("disposing SASL", "watchdog ", "rotating ", "Using ", "depth=", "save_session", "reloading session"),
)  # fmt: skip
# Without a level, and yet `log explain` looks at them.
_TELLING = (
    *("Cannot start TLS", "Server certificate not ", "not owned by ", "group or other writable", "cannot load "),
    *("using backwards-compatible ",),
)


def postfix_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text = line.text
    if found := QUEUE_ID.match(text):
        rest = text[found.end() :]
        return _trouble(rest, found[1]) or queue_line(found[1], rest)
    if text.startswith("warning: ") and (failed := _SASL.match(text)):
        return LoginFailed(failed[4] or "", failed[1], failed[3], service="smtp", method=failed[2])
    if trouble := _trouble(text):
        return trouble
    first = text.partition(" ")[0]
    reader = _READERS.get(first)
    if reader is not None and (fact := reader(text)):
        return fact
    if first.isupper() and (fact := screened(text)):
        return fact
    if text.startswith(_TELLING):
        return Trouble("info", text)
    return Routine() if text.startswith(_ROUTINE) else None


def _trouble(text: str, queue_id: str = "") -> Trouble | None:
    level, colon, rest = text.partition(": ")
    # `warning: header …` after a queue id is a rule of header_checks.
    if not colon or level not in LEVELS or (queue_id and rest.startswith(("header ", "body ", "mime ", "nested "))):
        return None
    if not queue_id and (found := QUEUE_ID.match(rest)):
        queue_id, rest = found[1], rest[found.end() :]
    return Trouble(level, rest, "" if queue_id == "NOQUEUE" else queue_id)
