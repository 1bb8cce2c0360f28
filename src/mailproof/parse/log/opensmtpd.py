"""OpenSMTPD 6 and 7: `SESSION smtp|mta|mda EVENT key=value …`. A message is the first half of its envelopes' ids."""

from __future__ import annotations

import re

from mailproof.model.log import (
    Addressed,
    Arrived,
    Delivered,
    Fact,
    LoggedIn,
    LoginFailed,
    LogLine,
    Refused,
    Routine,
    Trouble,
)
from mailproof.model.log_connection import Connected, Disconnected, NoConnection, TlsFailed, TlsOpened
from mailproof.model.log_service import ServiceChanged

SESSION = re.compile(r"([0-9a-f]{16}) (smtp|mta|mda) ([a-z-]+)(?: |\Z)")
_PAIR = re.compile(r'\b([a-z]{1,20})=("(?:[^"\\]|\\.)*"|<[^>]*>|\S*)')
_STATUS = {"Ok": "sent", "TempFail": "deferred", "PermFail": "bounced", "Loop": "bounced", "Expired": "expired"}
_SIZE = re.compile(r"\d{1,18}")
_ROUTINE = (
    *("smtp-out: ", "smtp-in: ", "mda: ", "mta: ", "info: ", "Exiting", "debug: ", "control "),
    *("queue ", "scheduler "),
    *("lookup ", "pony ", "crypto ", "kernel ", "parent ", "server ", "reset by peer"),
)  # fmt: skip


def opensmtpd_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    found = SESSION.match(line.text)
    if found is None:
        return _of_server(line.text)
    session, side, event, rest = found[1], found[2], found[3], line.text[found.end() :]
    pairs = {key: value[1:-1] if value[:1] in ('"', "<") else value for key, value in _PAIR.findall(rest)}
    if event == "delivery":
        return _delivered(pairs)
    if side == "smtp":
        return _of_client(session, event, rest, pairs)
    if event == "error":
        return NoConnection("", rest.removeprefix("reason="))
    if event == "tls":
        return _tls(session, pairs, incoming=False)
    known = ("connecting", "connected", "disconnected", "server-cert-check", "auth", "cert-check", "starttls", "open")
    return Routine() if event in known else None


def _of_client(session: str, event: str, rest: str, pairs: dict[str, str]) -> Fact | None:
    if event == "connected":
        return Connected(f"{pairs.get('host', '')}[{pairs.get('address', '')}]", session=session)
    if event == "disconnected":
        reason = rest.removeprefix("reason=").strip('"')
        if "handshake failed" in reason:
            return TlsFailed("", incoming=True, reason=reason)
        return Disconnected("", session=session, reason=reason)
    if event == "tls":
        return _tls(session, pairs, incoming=True)
    if event == "authentication":
        user, result = pairs.get("user", ""), pairs.get("result", "")
        if result == "ok":
            return LoggedIn(user, "", session=session, service="smtp")
        return LoginFailed(user, "", result, session, "smtp")
    if event == "message":
        size, count = (int(pairs[key]) if _SIZE.fullmatch(pairs.get(key, "")) else 0 for key in ("size", "nrcpt"))
        proto = pairs.get("proto", "")
        return Arrived(pairs.get("msgid", ""), size=size, recipients=count, protocol=proto)
    if event == "envelope":
        return Addressed(pairs.get("evpid", "")[:8], pairs.get("from", ""), pairs.get("to", ""))
    if event in ("failed-command", "bad-input"):
        # No login failed that the line before did not tell.
        command = pairs.get("command", "")
        verb, _, argument = command.partition(" ")
        if verb.upper() == "AUTH":
            return Routine()
        address = argument.partition("<")[2].partition(">")[0]
        sender, recipient = (address if verb.upper() == name else "" for name in ("MAIL", "RCPT"))
        return Refused("", "reject", verb.upper() or event, "", pairs.get("result", ""), sender, recipient)
    return Routine() if event in ("starttls", "client-cert-check", "cert-check", "proxy") else None


def _tls(session: str, pairs: dict[str, str], *, incoming: bool) -> Fact:
    version, cipher, bits = (*pairs.get("ciphers", "").split(":"), "", "", "")[:3]
    return TlsOpened("", incoming, version, cipher, bits, session=session)


def _delivered(pairs: dict[str, str]) -> Delivered:
    result = pairs.get("result", "")
    return Delivered(
        pairs.get("evpid", "")[:8],
        pairs.get("rcpt") or pairs.get("to", ""),
        _STATUS.get(result, result.lower()),
        pairs.get("stat", ""),
        relay=pairs.get("relay") or pairs.get("user", ""),
        delay=pairs.get("delay", ""),
        original=pairs.get("to", "") if pairs.get("rcpt", pairs.get("to", "")) != pairs.get("to", "") else "",
    )


def _of_server(text: str) -> Fact | None:
    level, colon, rest = text.partition(": ")
    if colon and level in ("warn", "fatal", "error", "fatalx"):
        return Trouble({"warn": "warning", "fatalx": "fatal"}.get(level, level), rest)
    if text.startswith("info: OpenSMTPD ") and text.endswith(" starting"):
        return ServiceChanged("started", text.split(" ")[2])
    if text.startswith(("smtp-out: No valid route", "smtp-out: Error on session")):
        return Trouble("warning", text)
    return Routine() if text.startswith(_ROUTINE) else None
