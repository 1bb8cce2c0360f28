"""Cyrus IMAP: logins, what LMTP delivered, what Sieve did. As 3.6.1 writes it, and 2.2 to 3.4 by their sources.

It writes nothing of a recipient that LMTP refuses, nor of the end of a session with a mailbox.
"""

from __future__ import annotations

import re

from mailproof.model.log import (
    Fact,
    LoggedIn,
    LoggedOut,
    LoginFailed,
    LogLine,
    Refused,
    Routine,
    Sieved,
    Stored,
    Trouble,
)
from mailproof.model.log_connection import TlsFailed, TlsOpened

# `host [192.0.2.9]`, of 2.x `host[192.0.2.9]`; `[unix socket]` too of a client that has gone before it was asked.
_CLIENT = r"[^\[\]]{0,255}\[([^\]\s]*|unix socket)\]"
_LOGIN = re.compile(rf"login: {_CLIENT} (.*) (\S+) User logged in(?: SESSIONID=<([^>]*)>)?")
_BAD_LOGIN = re.compile(rf"badlogin: {_CLIENT} (\S+) (?:\(([^()]*)\) |(\S+) (?=SASL\())?(.*)")
_STARTED_TLS = re.compile(r"starttls: (\S+) with cipher (\S+) \((\d+/\d+) bits")
_FAILED_TLS = re.compile(rf"(?:\[\w+\] )?((?:\w+ )?(?:TLS |STARTTLS )?(?:negotiation )?failed): {_CLIENT}\Z")
_DELIVERED = re.compile(r"Delivered: (<[^>]*>|\S*) to mailbox: (.*)")
_MAILBOX = re.compile(r"(?:([^!]*)!)?user[./]([^./@]+)(?:[./]([^@]*))?(?:@(\S+))?\Z")
_SIEVED = re.compile(r"sieve (redirected|LMTP rejected|rejected|discarded|autoreplied)(?: for)?: (<[^>]*>|\S*)")
_BROKEN = re.compile(r"sieve (?:runtime|parse) error for (.*?) id (<[^<>]*>|\S*): (.*)")
_DUPLICATE = re.compile(r"dupelim: eliminated duplicate message to \S* id (<[^>]*>|\S*)")
_COUNTS = re.compile(r"\b(\w+)=<(\d+)>")
_UNVERIFIED = re.compile(r"verify_user\(([^)]*)\) failed: (.*)")
_TOO_SOON = re.compile(r"(\S+): (Logins must be at least .*)")
_ACTIONS = {"redirected": "forwarded", "LMTP rejected": "rejected", "autoreplied": "replied"}
_SERVICES = {"imaps": "imap", "pop3s": "pop3", "sieve": "managesieve", "timsieved": "managesieve"}
_TROUBLE = {
    "fatal": ("Fatal error: ", "FATAL: ", "fatal: "),
    "error": (
        *("IOERROR: ", "DBERROR: ", "DBERROR ", "SYSERROR: ", "couldn't ", "can't ", "unable to ", "Unable to "),
        *("failed to ", "smptclient_open: ", "smtpclient_open: ", "backend_login(): ", "error ", "cannot "),
        *("could not ", "TLS server engine: cannot ", "TLS server engine: unable "),
    ),
    "warning": ("Too many open connections ", "too many ", "WARNING: ", "warning: ", "LOSTQUOTA"),
}
# What a service says that is to begin with TLS and has no certificate.
_NO_TLS = ": required OpenSSL options not present"
_KILLED = re.compile(r"process \d+ exited, (?:signaled to death|status [1-9])|.*terminated abnormally")
_ROUTINE = (
    *("USAGE ", "inittls: ", "TLS server engine: ", "TLS client engine: ", "autocreate", "creating sql_db "),
    *("Rename: ", "Deleted mailbox ", "SASL ", "Connection reset by peer", "Lost connection to client"),
    *("skiplist: ", "twoskip: ", "cyrusdb_"),
    *("recovering ", "done recovering ", "checkpointing ", "done checkpointing ", "archiv", "auditlog: ", "open: "),
    *("accepted connection", "executed", "about to exec", "process ", "service ", "ready for work", "exiting on "),
    *("seen_db: ", "SQUAT ", "mystore: ", "duplicate_", "Expired ", "tls_prune: ", "fetching ", "client id"),
    *("Repacking ", "reconstruct", "indexing ", "squatter", "annotation", "conversations", "shutting down"),
    *("created ", "Expunge"),
)  # fmt: skip


def cyrus_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text, service = line.text, _SERVICES.get(line.program, line.program)
    if (fact := _of_login(text, service) or _of_message(text)) is not None:
        return fact
    if found := _STARTED_TLS.match(text):
        return TlsOpened("", True, found[1], found[2], found[3])
    if found := _FAILED_TLS.match(text):
        return TlsFailed(f"[{found[2]}]", incoming=True, reason=found[1])
    if text.startswith("counts: "):
        return LoggedOut("", service, "", dict(_COUNTS.findall(text)))
    for level, starts in _TROUBLE.items():
        if text.startswith(starts):
            return Trouble(level, text)
    if _KILLED.match(text) or text.endswith(_NO_TLS):
        return Trouble("error", text)
    return Routine() if text.startswith(_ROUTINE) else None


def _of_login(text: str, service: str) -> Fact | None:
    if found := _LOGIN.match(text):
        method, plus, tls = found[3].partition("+")
        return LoggedIn(found[2], found[1], method, found[4] or "", service, tls if plus else "")
    if found := _BAD_LOGIN.match(text):
        return LoginFailed(found[3] or found[4] or "", found[1], found[5].strip("[]"), "", service, found[2])
    if found := _TOO_SOON.match(text):
        return LoginFailed(_owner(found[1])[0], "", found[2], "", service)
    return None


def _of_message(text: str) -> Fact | None:
    if found := _DELIVERED.match(text):
        user, folder = _owner(found[2])
        return Stored(user, found[1], folder)
    if found := _BROKEN.match(text):
        return Sieved(found[1], found[2], "failed", found[3])
    if found := _SIEVED.match(text):
        return Sieved("", found[2], _ACTIONS.get(found[1], found[1]), text.removeprefix("sieve "))
    if found := _DUPLICATE.match(text):
        return Sieved("", found[1], "duplicate", text)
    if found := _UNVERIFIED.match(text):
        return Refused("", "reject", "RCPT", "", found[2], recipient=_owner(found[1])[0] or found[1])
    return None


def _owner(mailbox: str) -> tuple[str, str]:
    """User and folder of `example.test!user.alice.Folder`, of `user/alice/Folder@example.test`; else no user.

    A dot in a name is `^` there, for dots stand between folders.
    """
    found = _MAILBOX.match(mailbox)
    if found is None:
        return "", mailbox
    domain = found[1] or found[4] or ""
    user = found[2].replace("^", ".") + (f"@{domain}" if domain else "")
    return user, (found[3] or "INBOX").replace("^", ".")
