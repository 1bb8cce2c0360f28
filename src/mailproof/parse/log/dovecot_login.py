"""Logins at Dovecot 1.x to 2.4: what imap-login and its like say, and what auth found. Pairs come in any order."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LoggedIn, LoginFailed, Routine, Trouble
from mailproof.model.log_connection import Disconnected, TlsFailed

_PAIR = re.compile(r"\b([a-z]+)=(<[^<>]*>|[^\s,]*)")
_TLS = re.compile(r", (TLS|SSL|secured)\b([^,]*)")
_ACCEPT = re.compile(r"SSL_(?:accept|read)\(\) (?:syscall )?failed(?:: [^,(]*)?")
_LOOKUP = re.compile(
    r"(?:conn [^>]{0,80}?: |Request [^>]{0,80}?: |Login for user [^>]{0,80}?: )?(?:auth-worker<\d+>: )?"
    r"(?:auth\([^)]*\): )?"
    r"(pam|sql|ldap|passwd-file|passwd|shadow|static|bsdauth|lua|oauth2|plain|login|cram-md5|digest-md5|"
    r"scram-sha-1|scram-sha-256|xoauth2|oauthbearer|gssapi|external|dict|checkpassword|vpopmail)"
    r"\(([^,)]*)(?:,([^,)]*)(?:,[^)]*)?)?\): (.*)"
)
_FAILED = (
    *("unknown user", "Unknown user", "Password mismatch", "pam_authenticate() failed", "Authentication failure"),
    *("user not ", "Invalid password", "invalid credentials", "CRAM-MD5", "password mismatch", "allow_nets check"),
    *("User is disabled", "Allowed_nets", "User is temporarily", "pam_acct_mgmt() failed", "Invalid credentials"),
    *("Credentials validity", "Wrong password", "Username character disallowed", "empty username", "Account "),
)  # fmt: skip
_ENDED = (
    *("Aborted login", "Login aborted", "Disconnected", "Connection closed", "Timeout", "Inactivity"),
    *("Maximum number of connections", "Auth process broken", "Too many invalid", "Shutting down"),
    *("Client has quit", "Remote closed"),
)  # fmt: skip
_AUTH_ROUTINE = ("Disconnected", "Connect from ", "SSL parameters", "Server shutting down", "mysql", "pgsql")


def login(service: str, text: str) -> Fact | None:
    """A line of imap-login, pop3-login, managesieve-login or submission-login."""
    # From the end: what a client may choose comes last, and a name with `rip=` in it is inside <>.
    pairs = {key: value.strip("<>") for key, value in _PAIR.findall(text)}
    user, client, session = (pairs.get(key, "") for key in ("user", "rip", "session"))
    client = client.removeprefix("::ffff:")
    if text.startswith(("Login: ", "Logged in: ")) or ": started proxying " in text or "): started proxy" in text:
        secured = _TLS.search(text)
        tls = secured[0].removeprefix(", ") if secured else ""
        return LoggedIn(user, client, pairs.get("method", ""), session, service, tls)
    if "disconnecting" in text and text.startswith("proxy("):
        return Routine()
    if text.startswith(_ENDED) or "failed: " in text or "SSL_accept" in text:
        reason = text.partition(": user=")[0]
        if (handshake := _ACCEPT.search(text)) is not None:
            return TlsFailed(client, incoming=True, reason=handshake[0].rstrip())
        if "no auth attempts" in text or "Logged out" in text or "no_auth_attempts" in text:
            return Disconnected(client, session=session, reason=reason)
        return LoginFailed(user, client, reason, session, service, pairs.get("method", ""))
    return Trouble("warning", text) if text.startswith("Warning: ") else None


def looked_up(text: str, inside: str = "") -> Fact | None:
    """A line of auth or auth-worker; since 2.4 `inside` its parentheses are user, address and mechanism."""
    if "," in inside:
        user, client, *_ = inside.split(",")
        method, _, reason = text.partition(": ")
        if any(sign in reason for sign in _FAILED):
            return LoginFailed(user, client.removeprefix("::ffff:"), reason, method=method)
    lookup = _LOOKUP.match(text)
    if lookup is None:
        return Routine() if text.startswith(_AUTH_ROUTINE) else None
    if any(sign in lookup[4] for sign in _FAILED):
        return LoginFailed(lookup[2], (lookup[3] or "").removeprefix("::ffff:"), lookup[4], method=lookup[1])
    return Routine()
