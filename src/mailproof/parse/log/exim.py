"""Exim's main log, reject log and panic log (specification, chapter "Log files"), and what it sends to syslog."""

from __future__ import annotations

import re

from mailproof.model.log import (
    Arrived,
    Delivered,
    Fact,
    LoginFailed,
    LogLine,
    Notified,
    Refused,
    Removed,
    Routine,
    Trouble,
)
from mailproof.model.log_connection import Answered, Connected, Disconnected, Dropped, NoConnection, TlsFailed
from mailproof.model.log_filter import DkimSaid
from mailproof.model.log_service import Managed, ServiceChanged

MESSAGE_ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
_ID = re.compile(rf"({MESSAGE_ID}) ")
# Through syslog it carries a stamp of its own; with log_selector = +pid the number of its process.
_STAMP = re.compile(r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})? )?(?:\[\d{1,10}\] )?")
_KEY = re.compile(r" (H|U|P|X|CV|A|S|id|T|R|C|F|QT|DT|D|DN|SNI|M8S|PRX|PRDR|K|L|RT|I|TFO|i|p|o|for|from)=")
_FLAGS = {"=>": "sent", "->": "sent", ">>": "sent", "*>": "sent", "**": "bounced", "==": "deferred"}
_TO = re.compile(r"(\S+)(?: <([^<>]*)>)?")
_REJECTED = re.compile(
    r"(?:temporarily )?(rejected|unqualified \w+ rejected)(?: (connection|MAIL|RCPT|VRFY|EXPN|EHLO or HELO|EHLO|HELO"
    r"|ETRN|after DATA|by local_scan\(\)|by non-SMTP ACL|during MIME ACL checks|AUTH|STARTTLS|sender verify))?"
    r"(?: in \"[a-z]+\" ACL)?(?: from)?"
)
_AUTH = re.compile(
    r"(\S+) authenticator (?:failed|\w+ failed) for (.{0,600}?\[[^\]]{0,60}\](?::\d+)?)(?: (?:I|U|Ci)=\S+){0,3}: (.*)"
)
_SET_ID = re.compile(r"\(set_id=([^)]*)\)")
# A host name has 255 octets at most (RFC 1035); what a client says in EHLO has 512 (RFC 5321).
_HOST = re.compile(r"((?:\S{1,255} )?(?:\([^()]{0,512}\) )?\[[^\]]{0,60}\](?::\d{1,5})?)")
_TLS = re.compile(
    r"TLS error on connection (from|to) (.{0,600}?\[[^\]]{0,60}\](?::\d{1,5})?)(?: \(([^()]*)\))?[:,]? ?(.*)"
)
_CHILD = re.compile(rf"\bid=({MESSAGE_ID})(?![0-9A-Za-z-])|queued as ([0-9A-Za-z]{{6,20}})\b")
_DKIM = re.compile(r"DKIM: (?:d=(\S+) s=(\S+) .*?)?\[(.*)\]|DKIM: (.*)")
_STARTED = re.compile(r"exim (\S+) daemon started: ")
_DROPPED = (
    *("unexpected disconnection", "SMTP command timeout", "SMTP data timeout", "SMTP protocol synchronization"),
    *("SMTP protocol error", "SMTP call from", "SMTP syntax error"),
    *("no MAIL in SMTP connection", "SMTP connection lost"),
    *("Connection from", "lost connection", "unexpected "),
)  # fmt: skip
_TROUBLE = {
    "fatal": ("Exim configuration error", "socket bind() to", "Failed to create", "daemon abandoned", "Cannot open"),
    "error": (
        *(
            "Tainted ",
            "unknown named ",
            "unknown ACL ",
            "failed to ",
            "Failed to ",
            "string_",
            "unable to ",
            "Unable to ",
            "Cannot ",
            "retry database",
        ),
        *("ACL for ", "search_tidyup", "Failure ", "lookup ", "malware acl", "spam acl", "TLS session:", "tls:"),
    ),
    "warning": ("Warning: ", "warning: ", "WARNING", "no host name found", "no IP address found", "queue name"),
}
_MANAGED = (
    *("Frozen", "Message is frozen", "Unfrozen", "removed by", "cancelled by", "Spool file is locked"),
    # What is told of `exim -Mf`, `-Mt`, `-Mmd`, `-Mar` and `-Mes` (queue_action in queue.c).
    *(
        "frozen by ",
        "unfrozen by ",
        "address <",
        "all addresses marked ",
        "recipient <",
        "recipient address ",
        "sender address ",
    ),
)
_ROUTINE = (
    *("Start queue run", "End queue run", "Sender identification", "Message is frozen", "SMTP<<", "SMTP>>", "cwd="),
    *("list matching", "DNS list lookup", "host name alias", "pid ", "no immediate delivery", "re-exec"),
    *("ident connection", "sender verify ", "callout", "removed by ", "original recipients", "error ignored"),
    *("Received: ", "Envelope-", "From: ", "To: ", "Subject: ", "Date: ", "Message-", "X-", "routing", "I ", "P "),
    *("Sender address", "Spool file is locked", "Unfrozen", "cancelled by", "configured "),
    "**** log string overflowed",
    " Suggested action: ",
)  # fmt: skip


# cPanel's limit for what a domain may send.
_OVER = re.compile(r"Domain \S{1,255} has exceeded the max ")
REJECTED_HEADER = re.compile(r"Envelope-(?:from|to): |[A-Z* ] [A-Za-z][\w-]{0,63}: |[\t ]+\S|-{20,100}\Z")
"""In the reject log, below the line that says why: the envelope, the header with a letter before each field."""


def exim_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text = line.text
    if stamp := _STAMP.match(text):
        text = text[stamp.end() :]
    if not line.time and REJECTED_HEADER.match(text):
        return Routine()
    if found := _ID.match(text):
        return _of_message(found[1], text[found.end() :])
    return _of_server(text)


def fields_of(text: str) -> tuple[str, dict[str, str]]:
    """What stands before ` KEY=`, and the values; a quoted one without its quotes."""
    # A subject in quotes could hold anything that looks like a field.
    quoted = {}
    for key in ("T", "C"):
        at = text.find(f' {key}="')
        if at >= 0 and (end := _end_of_quote(text, at + 4)) > 0:
            quoted[key], text = text[at + 4 : end], text[:at] + text[end + 1 :]
    head, *rest = _KEY.split(" " + text)
    pairs = dict(zip(rest[0::2], (value.strip() for value in rest[1::2]), strict=True))
    return head[1:], pairs | quoted


def _end_of_quote(text: str, at: int) -> int:
    while (end := text.find('"', at)) >= 0 and text[end - 1] == "\\":
        at = end + 1
    return end


def _of_message(queue_id: str, text: str) -> Fact | None:
    flag, _, rest = text.partition(" ")
    if flag in ("<=", "(="):
        return _arrived(queue_id, rest)
    if flag in _FLAGS:
        return _delivered(queue_id, _FLAGS[flag], rest)
    if flag == "Completed":
        return Removed(queue_id)
    if flag == "DKIM:" and (found := _DKIM.match(text)):
        return DkimSaid(queue_id, found[3] or found[4] or "", found[1] or "", found[2] or "")
    if text.startswith(_MANAGED):
        return Managed(queue_id, text)
    if text.startswith(("H=", "F=", "U=", "rejected", "temporarily")) and (found := _REJECTED.search(text)):
        return _refused(queue_id, text, found)
    if text.startswith(("H=", "SMTP error", "Remote host ", "SMTP timeout")) or " SMTP error from remote " in text:
        _, pairs = fields_of(text)
        where, _, reply = text.partition(": ")
        host = _HOST.search(pairs.get("H", where))
        return Answered(queue_id, host[1] if host else "", reply or text)
    if (host := _HOST.match(text)) and host.end() < len(text):
        return NoConnection(host[1], text[host.end() :].strip(" :"))
    return _of_server(text)


def _arrived(queue_id: str, text: str) -> Arrived:
    head, pairs = fields_of(text)
    method, _, user = pairs.get("A", "").partition(":")
    sender = head.split(" ", 1)[0]
    return Arrived(
        queue_id,
        pairs.get("H", ""),
        method,
        user.split(":")[0],
        uid=pairs.get("U", "") if "H" not in pairs else "",
        sender="" if sender == "<>" else sender,
        size=int(pairs["S"]) if pairs.get("S", "").isdecimal() else 0,
        message_id=f"<{pairs['id'].partition(' ')[0]}>" if "id" in pairs else "",
        original=pairs.get("R", ""),
        protocol=pairs.get("P", ""),
        tls=pairs.get("X", ""),
    )


def _delivered(queue_id: str, status: str, text: str) -> Delivered | None:
    found = _TO.match(text)
    if found is None:
        return None
    _, pairs = fields_of(text)
    reason = pairs.get("C", "")
    if status != "sent":
        reason = text[found.end() :].partition(": ")[2] or text[found.end() :].strip(" :")
    child = _CHILD.search(pairs.get("C", ""))
    recipient = (found[2] or found[1]).rstrip(":")
    return Delivered(
        *(queue_id, recipient, status, reason),
        relay=pairs.get("H", "") or pairs.get("T", ""),
        delay=pairs.get("QT", "").rstrip("s"),
        tls=pairs.get("X", ""),
        original="" if not found[2] or found[1][0] in "/|:" else found[1],
        child=(child[1] or child[2]) if child else "",
    )


def _refused(queue_id: str, text: str, found: re.Match[str]) -> Refused:
    _, pairs = fields_of(text)
    host = _HOST.search(pairs.get("H", "") or text)
    rest = text[found.end() :].lstrip()
    about, _, reply = rest.partition(": ")
    # `rejected RCPT <a@b>: why`, `rejected VRFY bob`, `rejected connection in "connect" ACL: why`.
    stage = {"connection": "CONNECT", "after DATA": "END-OF-MESSAGE"}.get(found[2] or "", found[2] or found[1])
    recipient = about.strip("<>") if stage == "RCPT" else ""
    sender = about.strip("<>") if stage == "MAIL" else pairs.get("F", "").partition(">")[0].strip("<")
    action = "defer" if text[: found.start() + 4].endswith("temp") else "reject"
    client = host[1] if host else ""
    if not reply or stage.startswith("unqualified"):
        reply = f"{found[0]} {about or reply}"
    return Refused(queue_id, action, stage, client, reply, sender, recipient)


def _of_server(text: str) -> Fact | None:
    if failed := _AUTH.match(text):
        user = _SET_ID.search(failed[3])
        return LoginFailed(user[1] if user else "", failed[2], failed[3], service="smtp", method=failed[1])
    if text.startswith(("H=", "F=", "U=", "rejected", "temporarily rejected", "unqualified")) and (
        found := _REJECTED.search(text)
    ):
        return _refused("", text, found)
    # `warn` of an ACL; cPanel has the score of SpamAssassin there.
    if text.startswith("H=") and (" sender verify " in text or " Warning: " in text):
        return Routine()
    if _OVER.match(text):
        return Trouble("warning", text)
    if text.startswith("H=") and " dropped by " in text:
        client, _, why = text[2:].partition(" dropped by ")
        return Dropped(client, f"dropped by {why}", "")
    if found := _TLS.match(text):
        return TlsFailed(found[2], found[1] == "from", f"{found[3] or ''} {found[4]}".strip())
    if found := _STARTED.match(text):
        return ServiceChanged("started", found[1])
    if "SIGHUP received" in text or "SIGTERM received" in text:
        return ServiceChanged("reloaded" if "SIGHUP" in text else "stopped")
    if text.startswith("SMTP connection "):
        return _connection(text)
    if text.startswith(_DROPPED):
        host = _HOST.search(text.partition(" from ")[2] or text)
        return Dropped(host[1] if host else "", text.partition(" from ")[0].partition(" (")[0], "")
    for level, starts in _TROUBLE.items():
        if text.startswith(starts):
            return Trouble(level, text)
    return Routine() if text.startswith(_ROUTINE) else None


def _connection(text: str) -> Fact:
    host = _HOST.search(text.partition(" from ")[2])
    client = host[1] if host else ""
    if "TCP/IP connection count" in text:
        return Connected(client)
    if "closed" in text or "outgoing" in text:
        return Disconnected(client, reason=text)
    return Dropped(client, "lost connection", "")


def reports(fact: Arrived) -> Notified | None:
    """Exim's `<= <> R=ID`: the message is a report about another one."""
    return Notified(fact.original, fact.queue_id, "sender") if fact.original and not fact.sender else None
