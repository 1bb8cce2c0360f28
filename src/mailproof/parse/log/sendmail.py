"""sendmail 8: one line for a message taken (`from=`), one for each delivery (`to=`), and refusals by ruleset."""

from __future__ import annotations

import re

from mailproof.model.log import (
    Arrived,
    Delivered,
    Fact,
    LoggedIn,
    LoginFailed,
    LogLine,
    Notified,
    Refused,
    Routine,
    Trouble,
)
from mailproof.model.log_connection import Connected, Dropped, Hid, TlsFailed, TlsOpened
from mailproof.model.log_service import ServiceChanged

_ID = re.compile(r"(NOQUEUE|[0-9A-Za-z]{12,16}): ")
_PAIR = re.compile(r"(?:^|, )([A-Za-z_0-9]+)=")
_USER = re.compile(r"<([^>]*)>\.\.\. (.*)")
_AUTH = re.compile(r"AUTH failure \(([^)]*)\): (.*)")
_CHILD = re.compile(r"queued as ([0-9A-Za-z]{6,20})\b|Sent \(([0-9A-Za-z]{12,16}) Message accepted")
_NOTIFIED = re.compile(
    r"([0-9A-Za-z]{12,16}): (DSN|sender notify|postmaster notify|return to sender|clone)(?:: (.*))?"
)
_DROPPED = re.compile(
    r"(?:timeout waiting for input from |rejecting commands from |lost input channel from |"
    r"collect: (?:unexpected close|premature EOM)"
    r"[^,]* from )?"
    r"(\S+ (?:\([^)]*\) )?\[[^\]]*\]|\[[^\]]*\])(.*)"
)
_STATUS = {"2": "sent", "4": "deferred", "5": "bounced"}
_STAGES = {
    "check_relay": "CONNECT",
    "check_mail": "MAIL",
    "check_rcpt": "RCPT",
    "check_compat": "RCPT",
    "check_eoh": "header",
    "check_data": "DATA",
    "tls_client": "MAIL",
}
_TROUBLE = {
    "error": (
        *("SYSERR", "queueup: ", "dfopen: ", "openmailer: ", "makeconnection: ", "hash map ", "unable to "),
        "smtps: TLS not available",
    ),
    "warning": (
        *("low on space", "rejecting connections ", "timeout waiting", "Losing ", "Warning: ", "WARNING", "Milter ("),
        *("STARTTLS: ", "gethostbyaddr(", "dangerous permissions"),
        *("Authentication-Warning: ", "deferring connections"),
        *("AUTH warning", "POSSIBLE ATTACK", "possible SMTP attack", "error: "),
        *("rejecting new messages", "STARTTLS="),
    ),
}
# A client that only looked, whose name stands before it.
_NOTHING_SAID = " did not issue MAIL/EXPN/VRFY/ETRN during connection to "
_ROUTINE = (
    *("alias database ", "/", "runqueue: ", "Milter add: ", "Milter change", "Milter insert"),
    *("Milter accept", "done; "),
    *("Milter: sender", "Milter (", "Milter delete", "started as", "clone ", "discarded"),
    *("accepting connections", "--- "),
    *("<-- ", "grew WorkList", "removing ", "locked", "already ", "STARTTLS=", "SMTP outgoing connect", "milter="),
)  # fmt: skip


def sendmail_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text, queue_id = line.text, ""
    if found := _ID.match(text):
        queue_id, text = found[1] if found[1] != "NOQUEUE" else "", text[found.end() :]
    pairs = pairs_of(text)
    if text.startswith("from="):
        return _arrived(queue_id, pairs)
    if text.startswith("to="):
        return _delivered(queue_id, pairs)
    if "ruleset" in pairs and "reject" in pairs:
        stage = _STAGES.get(pairs["ruleset"], pairs["ruleset"])
        about = pairs.get("arg1", "").strip("<>")
        sender, recipient = (about if stage == name else "" for name in ("MAIL", "RCPT"))
        return Refused(queue_id, "reject", stage, pairs.get("relay", ""), pairs["reject"], sender, recipient)
    if text.startswith("Milter") and "reject" in pairs:
        recipient = pairs.get("to", "").strip("<>")
        stage = "RCPT" if recipient else "END-OF-MESSAGE"
        return Refused(queue_id, "reject", stage, "", pairs["reject"], "", recipient, "milter")
    return _of_session(queue_id, text, pairs)


def pairs_of(text: str) -> dict[str, str]:
    """`a=b, c=d`: a value ends where the next key begins; `stat` and `reject`, which come last, keep what is left."""
    last = {}
    for name in ("stat", "reject"):
        text, sign, rest = text.partition(f", {name}=")
        if sign:
            last[name] = rest
    found = _PAIR.split(text)
    return dict(zip(found[1::2], found[2::2], strict=True)) | last


def _arrived(queue_id: str, pairs: dict[str, str]) -> Fact:
    # Also written, without the id of a message, when a transaction was given up.
    if "msgid" not in pairs:
        return Routine()
    numbers = {key: int(pairs[key]) if pairs.get(key, "").isdecimal() else 0 for key in ("size", "nrcpts")}
    return Arrived(
        queue_id,
        pairs.get("relay", ""),
        sender=pairs["from"].strip("<>"),
        size=numbers["size"],
        recipients=numbers["nrcpts"],
        message_id=pairs["msgid"],
        protocol=pairs.get("proto", ""),
    )


def _delivered(queue_id: str, pairs: dict[str, str]) -> Delivered:
    stat = pairs.get("stat", "")
    status = _STATUS.get(pairs.get("dsn", "")[:1], "deferred")
    if stat.startswith(("Sent", "queued")):
        status = "sent" if stat.startswith("Sent") else "deferred"
    elif stat.startswith("Deferred"):
        status = "deferred"
    child = _CHILD.search(stat)
    return Delivered(
        queue_id,
        ",".join(each.strip().strip("<>") for each in pairs["to"].split(",")),
        status,
        stat,
        relay=pairs.get("relay", ""),
        dsn=pairs.get("dsn", ""),
        delay=pairs.get("delay", ""),
        child=(child[1] or child[2]) if child else "",
    )


def _of_session(queue_id: str, text: str, pairs: dict[str, str]) -> Fact | None:
    if pairs.get("AUTH") == "server" and "authid" in pairs:
        return LoggedIn(pairs["authid"], pairs.get("relay", ""), pairs.get("mech", ""), service="smtp")
    if failed := _AUTH.match(text):
        reason = failed[2].partition(", user=")[0].partition(", relay=")[0]
        user, client = pairs.get("user", ""), pairs.get("relay", "")
        return LoginFailed(user, client, reason, service="smtp", method=failed[1])
    if text.startswith("STARTTLS="):
        incoming, where = text.startswith("STARTTLS=server"), pairs.get("relay", "")
        if "version" in pairs and "cipher" in pairs:
            bits, trust = pairs.get("bits", ""), pairs.get("verify", "")
            return TlsOpened(where, incoming, pairs["version"], pairs["cipher"], bits, trust)
        if ", error: " in text or "error" in pairs:
            return TlsFailed(where, incoming, pairs.get("reason") or text.partition(", ")[2], queue_id)
    if found := _USER.match(text):
        return Refused(queue_id, "reject", "RCPT", "", found[2], "", found[1])
    if found := _NOTIFIED.match(text):
        return Notified(queue_id, found[1], why=found[3] or found[2])
    if text.startswith(("starting daemon", "restarting", "stopping daemon", "started as:")):
        what = {"starting": "started", "restarti": "reloaded", "stopping": "stopped"}.get(text[:8], "started")
        return ServiceChanged(what, text.partition("(")[2].partition(")")[0])
    if text.startswith("connect from "):
        return Connected(text[13:])
    for level, starts in _TROUBLE.items():
        if text.startswith(starts) and not (level == "warning" and text.startswith("Milter (") and ": init" in text):
            return Trouble(level, text, queue_id)
    if (found := _DROPPED.match(text)) and found[2]:
        return _dropped(queue_id, text, found)
    return Routine() if text.startswith(_ROUTINE) or _NOTHING_SAID in text else None


def _dropped(queue_id: str, text: str, found: re.Match[str]) -> Fact | None:
    rest = found[2].strip()
    if rest.startswith(": "):
        rest = rest[2:]
    if rest.startswith((":", "VRFY", "EXPN")):
        return Hid("asked", rest.strip(": "), found[1], queue_id)
    why = "lost connection" if "lost input channel" in text else "timeout" if "timeout" in text else rest
    return Dropped(found[1], why, "", queue_id=queue_id) if why else None
