"""Dovecot 2.0 to 2.4: logins, failures, deliveries. Pairs are read in any order: the user can set it."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LoggedIn, LoginFailed, LogLine, Routine, Stored, Trouble

_PROCESS = re.compile(r"([a-z][a-z0-9-]*)(?:\(([^)]*)\))?(?:<[^>]*>)*: (?:(Info|Warning|Error|Fatal|Panic|Debug): )?")
_PAIR = re.compile(r"\b([a-z]+)=(<[^>]*>|[^\s,]*)")
_LOOKUP = re.compile(
    r"(?:conn .*?: |Request .*?: )?(?:auth-worker<\d+>: )?(?:auth\([^)]*\): )?"
    r"(pam|sql|ldap|passwd-file|passwd|shadow|static|bsdauth|lua|oauth2|plain|login|cram-md5|digest-md5|"
    r"scram-sha-1|scram-sha-256)\(([^,)]*),?([^,)]*)[^)]*\): (.*)"
)
_FAILED = ("unknown user", "Password mismatch", "pam_authenticate() failed", "Authentication failure", "user not ")
_STORED = re.compile(r"(?:sieve: )?msgid=(<[^>]*>|[^:]*): (?:stored|saved) mail (?:in)?to (?:mailbox )?(.*)")
_ENDED = ("Aborted login", "Login aborted", "Disconnected")
_ROUTINE = (
    *("Disconnect", "Connect", "Logged out", "Dovecot v", "Killed with signal", "Server shutting down", "SIGHUP"),
    *("sieve: ", "Connection closed", "Effective ", "Generating ", "SSL parameters", "Maildir ", "Namespace "),
    *("msgid=", "copy from", "expunge", "delete", "save", "Warning: Killed", "Opened ", "Loading ", "auth client "),
)  # fmt: skip


def dovecot_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    found = _PROCESS.match(line.text)
    if found is None:
        return None
    process, user, level, text = found[1], found[2] or "", found[3] or "", line.text[found.end() :]
    # Without a level, in syslog, the level can stand in the text of a process of its own.
    if level in ("Error", "Fatal", "Panic"):
        return Trouble(level.lower(), f"{process}: {text}")
    if process.endswith("-login"):
        return _login(text, level)
    if process in ("auth", "auth-worker") and (lookup := _LOOKUP.match(text)):
        if any(sign in lookup[4] for sign in _FAILED):
            return LoginFailed(lookup[2], lookup[3], lookup[4])
        return Routine()
    if stored := _STORED.match(text):
        return Stored(user, stored[1], stored[2].strip("'"))
    if text.startswith(_ROUTINE) or level in ("Info", "Debug"):
        return Routine()
    return Trouble("warning", f"{process}: {text}") if level == "Warning" else None


def _login(text: str, level: str) -> Fact | None:
    pairs = {key: value.strip("<>") for key, value in _PAIR.findall(text)}
    user, client, session = (pairs.get(key, "") for key in ("user", "rip", "session"))
    if text.startswith(("Login: ", "Logged in: ")):
        return LoggedIn(user, client, pairs.get("method", ""), session)
    if text.startswith(_ENDED):
        reason = text.partition(": user=")[0]
        quiet = ("no auth attempts" in text and "SSL" not in text) or "Logged out" in text
        return Routine() if quiet else LoginFailed(user, client, reason, session)
    if text.startswith("Maximum number of connections"):
        return LoginFailed(user, client, text, session)
    return Trouble("warning", text) if level == "Warning" else Routine() if level else None
