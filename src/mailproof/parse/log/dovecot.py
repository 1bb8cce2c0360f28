"""Dovecot 1.x to 2.4: who wrote the line, in which session, what became of mail. Logins are in dovecot_login.py."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LoggedOut, LogLine, Routine, Sieved, Stored, Trouble
from mailproof.model.log_service import ServiceChanged
from mailproof.parse.log.dovecot_login import login, looked_up

# 2.3: imap(alice)<12><s>: ; 2.2: imap(alice): ; lmtp(12, alice): ; 1.x: IMAP(alice): and auth(default):
_PROCESS = re.compile(
    r"([A-Za-z][A-Za-z0-9-]*)(?:\(([^()]*)\))?((?:<[^>]*>)*): (?:(Info|Warning|Error|Fatal|Panic|Debug): )?"
)
_SESSION = re.compile(r"(?:([A-Za-z0-9+/:-]{14,40}): )?(?=msgid=|sieve: |save failed)")
_COUNT = re.compile(r"\b([a-z_]+)=(\d+(?:/\d+)?)")
_MESSAGE = re.compile(r"(?:sieve: )?msgid=(<[^>]*>|[^:\s]*|unspecified)(?: \(.{0,60}?\))?: (.*)")
# Pigeonhole since 0.5.15 (Dovecot 2.3.15) names the action first: `redirect action: forwarded to <…>`.
_ACTION = re.compile(r"[a-z]{1,20} action: ")
# A folder may have an apostrophe in its name, whether it is quoted or not.
_STORED = re.compile(r"(?:stored|saved) mail (?:in)?to (?:mailbox )?'?(.*?)'?(?: \([^']{0,200})?\Z")
_SIEVED = (
    ("forwarded to ", "forwarded"),
    ("redirected to ", "forwarded"),
    ("forward failed", "failed"),
    ("discarded", "discarded"),
    ("marked message to be discarded", "discarded"),
    ("rejected", "rejected"),
    ("sent vacation response", "replied"),
    ("discarded duplicate vacation", "not replied"),
    ("discarding vacation", "not replied"),
    ("discarded vacation", "not replied"),
    ("not sending vacation", "not replied"),
    ("sent notification", "notified"),
    ("save failed", "failed"),
    ("failed to store", "failed"),
    ("message is a duplicate", "duplicate"),
    ("discarding duplicate", "duplicate"),
    ("copied to ", "copied"),
)
# mail_log_prefix as Plesk sets it.
_PLESK = re.compile(r"service=([a-z-]{2,20}), user=([^,\s]{0,320}), ip=\[[^\]\s]{0,45}\]\. ")
_STARTED = re.compile(r"Dovecot v(\S+)(?: \([^)]*\))? starting up")
_KILLED = re.compile(r"(?:Killed with|Got) signal (\d+)")
_MAIL_SESSIONS = frozenset(("imap", "pop3", "managesieve", "submission", "imap-hibernate", "imap-urlauth"))
_LEFT = ("Disconnected", "Logged out", "Connection closed", "Server shutting down", "Timeout", "Session ")
_ROUTINE = (
    *("Connect from ", "Disconnect from ", "Server shutting down", "SIGHUP", "Warning: SIGHUP", "Effective "),
    *("Generating ", "SSL parameters", "Maildir ", "Namespace ", "copy from", "expunge", "delete", "undelete"),
    *("save", "Opened ", "Loading ", "auth client ", "flag_change", "mailbox_", "copy: ", "Mailbox ", "Indexed "),
    *("sieve: ", "Hibernat", "Moved ", "cache1 ", "time=", "replicator", "dsync(", "Started", "Ready", "Connection "),
    *("Disconnected", "Logged out", "Rebuilding", "Auth ", "client in: ", "client out: "),
    *("client passdb out", "Cleaned"),
    *("master in: ", "userdb out: ", "master userdb out", "Sieve script ", "using ", "Created ", "Restarted"),
)  # fmt: skip


def dovecot_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    whole = line.text.removeprefix("dovecot: ")
    if own := _PLESK.match(whole):
        whole = f"{own[1]}({own[2]}): {whole[own.end() :]}"
    found = _PROCESS.match(whole)
    if found is None:
        return _of_master(whole)
    process, inside, tags, level, text = (*(each or "" for each in found.groups()), whole[found.end() :])
    process = process.lower()
    # Without a level, in syslog, the level can stand in the text of a process of its own.
    if level in ("Error", "Fatal", "Panic"):
        return Trouble(level.lower(), f"{process}: {text}")
    if level == "Debug":
        return Routine()
    if process.endswith("-login"):
        fact = login(process.removesuffix("-login"), text)
    elif process in ("auth", "auth-worker"):
        fact = looked_up(text, inside)
    elif process == "master":
        fact = _of_master(text)
    else:
        fact = _of_session(process, inside.rpartition(", ")[2], tags.rpartition("<")[2].rstrip(">"), text)
    if fact is None and level == "Warning":
        return Trouble("warning", f"{process}: {text}")
    return fact or (Routine() if text.startswith(_ROUTINE) else None)


def _of_master(text: str) -> Fact | None:
    text = text.removeprefix("Warning: ")
    if found := _STARTED.match(text):
        return ServiceChanged("started", found[1])
    if found := _KILLED.match(text):
        return ServiceChanged("stopped", signal=found[1])
    if text.startswith("SIGHUP received"):
        return ServiceChanged("reloaded")
    return None


def _of_session(process: str, user: str, session: str, text: str) -> Fact | None:
    if user.isdigit():
        user = ""
    if (own := _SESSION.match(text)) is not None:
        session, text = own[1] or session, text[own.end() :]
    if found := _MESSAGE.match(text):
        return _of_message(user, found[1], found[2], session)
    if text.startswith("sieve: "):
        return None
    if process in _MAIL_SESSIONS and text.startswith(_LEFT):
        counts = dict(_COUNT.findall(text))
        reason = _COUNT.split(text, 1)[0].rstrip(" (,") if counts else text
        return LoggedOut(user, process, reason, counts, session)
    return None


def _of_message(user: str, message_id: str, text: str, session: str) -> Fact | None:
    if named := _ACTION.match(text):
        text = text[named.end() :]
    if stored := _STORED.match(text):
        return Stored(user, message_id, stored[1], session)
    for start, action in _SIEVED:
        if text[:60].lower().startswith(start):
            return Sieved(user, message_id, action, text, session)
    return None
