"""amavis 2: the line for each message that its default $log_templ makes, and the rest of its log."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LogLine, Routine, Trouble
from mailproof.model.log_filter import Scanned
from mailproof.model.log_service import ServiceChanged

_ID = re.compile(r"\(([0-9]{1,8}-[0-9]{1,8}(?:-[0-9]{1,8})?)\) ")
_MAIL_ID = re.compile(r"[A-Za-z0-9_-]{12} (?=FWD |SEND )")
_VERDICT = re.compile(r"((?:Passed|Blocked) [A-Z][A-Z-]*(?: \((?:[^()]|\([^()]*\))*\))?)(?: \{([^}]*)\})?, ")
_ADDRESSES = re.compile(r"<([^<>]*)> -> ((?:<[^<>]*>,?)*)")
_CLIENT = re.compile(r"\[([^\[\]]*)\](?::\d{1,5})?")
_PAIR = re.compile(r", (quarantine|Queue-ID|Message-ID|mail_id|Hits|size|queued_as|Tests)[:=] (<[^<>]*>|[^,]*)")
_TIME = re.compile(r", (\d{1,12}) ms\Z")
_STARTING = re.compile(r"starting\.? +\S*amavisd?\S* at \S+ (\S+)")
_ROUTINE = (
    # A long line goes on in the next.
    *("...", "SPAM, ", "SPAM-TAG, ", "Passed, ", "FAKE SENDER", "SMTP:", "OS_fingerprint"),
    *("BAD HEADER", "truncating "),
    *("do_", "NOTICE: ", "DSN: ", "Quarantine", "Negative SMTP response", "response to ", "DEFANGING ", "PenPals"),
    *("SA info: ", "bounce ", "Blocked, ", "virus_scan", "ask_av", "Turning AV", "socket module", "SpamAssassin "),
    *("Perl version", "Module ", "Net::Server: ", "SpamControl: ", "Amavis::", "Using ", "Found "),
    *("No ", "Creating "),
    *("user=", "extra modules", "config files", "perl=", "SMTP ", "Deleting ", "Internal decoder", "Valid PID file"),
    *("dkim: ", "INFO: ", "initializing ", "ANTI-", "DKIM ", "Daemon ", "logging initialized"),
    *("sd_notify", "mail_via"),
    *("bind to ", "Decoder for ", "SQL ", "Lookup", "BerkeleyDB", "SOCKET ", "SAVI", "Unpackers ", "suggested_"),
    *("Requesting process rundown", "exiting", "Passed by", "spam-tag", "check", "FWD ", "ESMTP", "LMTP", "SEND "),
    "Checking: ",
    *("TIMING", "size: ", "wbl: ", "p.path", "inspect_dsn", "lookup", "p00", "run_av", "dkim_sign"),
    *("spam_scan", "Cached"),
    *("ClamAV", "WARN:", "loaded ", "mangling", "header_edits", "delivery", "smtp", "Open relay", "local delivery"),
)  # fmt: skip


def amavis_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text = line.text
    if found := _ID.match(text):
        text = text[found.end() :]
    if own := _MAIL_ID.match(text):
        text = text[own.end() :]
    if text.startswith("(!"):
        return Trouble("error" if text.startswith("(!!)") else "warning", text.lstrip("(!)"))
    if found := _VERDICT.match(text):
        return _scanned(found[1], text, found.end())
    if found := _STARTING.match(text):
        return ServiceChanged("started", found[1])
    if text.startswith(("TROUBLE", "FATAL", "DENIED ACCESS")):
        return Trouble("error", text)
    if text.startswith(
        ("SA warn: ", "_WARN: ", "open(", "Sophie: ", "PRESERVING EVIDENCE", "connect_to_sql", "PANIC")
    ):
        return Trouble("warning", text)
    return Routine() if text.startswith(_ROUTINE) else None


def _scanned(verdict: str, text: str, at: int) -> Scanned:
    between = _ADDRESSES.search(text, at)
    client = _CLIENT.search(text, at, between.start() if between else len(text))
    pairs = dict(_PAIR.findall(text, between.start() if between else at))
    time = _TIME.search(text[-20:])
    return Scanned(
        pairs.get("Queue-ID", ""),
        verdict,
        pairs.get("Hits", "").strip("-") and pairs["Hits"],
        client[1] if client else "",
        between[1] if between else "",
        tuple(each.strip("<>") for each in between[2].rstrip(",").split(">,") if each) if between else (),
        pairs.get("Message-ID", ""),
        size=int(pairs["size"]) if pairs.get("size", "").isdecimal() else 0,
        milliseconds=float(time[1]) if time else None,
        child=pairs.get("queued_as", "").partition("/")[0],
    )
