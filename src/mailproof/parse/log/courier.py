"""Courier: its IMAP and POP3 servers, its SMTP server and its queue, as 1.0.16 (IMAP 5.0.13) writes them.

A delivery has two lines or three: what the next server said, then how it ended, without what was said.
"""

from __future__ import annotations

import re

from mailproof.model.log import (
    Addressed,
    Arrived,
    Delivered,
    Fact,
    LoggedIn,
    LoggedOut,
    LoginFailed,
    LogLine,
    Refused,
    Removed,
    Routine,
    Trouble,
)
from mailproof.model.log_connection import Answered, Connected, Disconnected, Dropped, TlsFailed
from mailproof.model.log_service import ServiceChanged

# Which mechanism, and whether there was TLS, is not in the line of a login.
NOT_TOLD = "not told"
_PAIR = re.compile(r"\b([a-z]+)=(\[[^\]]*\]|[^\s,\[]*)")
_ENDED = re.compile(r"(LOGOUT|DISCONNECTED|TIMEOUT), ")
_COUNTS = ("headers", "body", "rcvd", "sent", "top", "retr", "time")
_NEW = re.compile(r"newmsg,id=([^:,\s]+)(?:, auth=([^:\s]+))?: (?:[^;]*; )?(.*)")
_STARTED = re.compile(r"started,id=([^,\s]+),from=<([^>]*)>,module=(\w+),host=(.*),addr=<([^<>]*)>\Z")
_DELIVERY = re.compile(r"id=([^,\s]+),from=<[^>]*>,addr=<([^>]*)>(?:,size=\d+)?(?:: |,(success|status): )(.*)")
_STATUS = {"success": "sent", "deferred": "deferred", "failure": "bounced"}
_REFUSED = re.compile(r"error,relay=([^,\s]*),port=(\d*),from=<([^>]*)>(?:,to=<([^>]*)>)?: (.*)")
_ERROR = re.compile(r'error,relay=([^,\s]*),port=(\d*),msg="([^"]*)",cmd: ?(\S*) ?(.*)')
_HELLO = re.compile(r"(?<!\S)(\S+) \((?:(\S+) )?\[([^\]]*)\]\)")
_TROUBLE = {
    "error": ("ERR: ", "CRIT: ", "ALERT: ", "chdir ", "authentication error", "failed to connect", "Failed to "),
    "warning": ("Maximum connection limit reached ", "WARN: ", "refused connect", "NOTICE: "),
}
_ROUTINE = (
    *("Waiting.", "Loading ", "Courier ", "Installing ", "Installed: ", "Installation ", "Initializing ", "queuelo="),
    *("Purging ", "Started ./", "modules=", "stopping ", "INFO: ", "DEBUG: ", "SIGHUP", "/etc/courier/", "flushing "),
    *("authdaemon: ", "received auth request", "received userid", "authuserdb: ", "completed", "starting "),
)  # fmt: skip


def courier_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text = line.text
    service = line.program.removesuffix("-ssl").removesuffix("d")
    if service in ("imap", "pop3", "imaplogin", "courierpop3login"):
        fact = _of_mailbox(text, service[:4], "TLS" if line.program.endswith("-ssl") else NOT_TOLD)
    else:
        fact = _of_queue(text) or _of_smtp(text)
    if fact is not None:
        return fact
    for level, starts in _TROUBLE.items():
        if text.startswith(starts):
            return Trouble(level, text)
    if text.startswith("ip=["):
        return _tls(text)
    return Routine() if text.startswith(_ROUTINE) else None


def _of_mailbox(text: str, service: str, tls: str) -> Fact | None:
    pairs = {key: value.strip("[]") for key, value in _PAIR.findall(text)}
    user, client = pairs.get("user", ""), _plain(pairs.get("ip", ""))
    if text.startswith("LOGIN, "):
        return LoggedIn(user, client, service=service, tls=tls)
    if text.startswith("LOGIN FAILED, "):
        return LoginFailed(user, client, "LOGIN FAILED", "", service, pairs.get("method", ""))
    if text.startswith("Connection, "):
        return Connected(_peer(client, pairs))
    if (found := _ENDED.match(text)) is not None:
        if not user:
            return Disconnected(_peer(client, pairs), reason=found[1])
        return LoggedOut(user, service, found[1], {name: pairs[name] for name in _COUNTS if name in pairs})
    return Disconnected(_peer(client, pairs)) if text.startswith("Disconnected, ") else None


def _of_queue(text: str) -> Fact | None:
    if found := _NEW.match(text):
        hello, user = _HELLO.search(found[3]), found[2] or ""
        client = f"{hello[2] or hello[1]}[{_plain(hello[3])}]" if hello else ""
        return Arrived(found[1], client, NOT_TOLD if user else "", user)
    if found := _STARTED.match(text):
        # A report about it to its sender, which becomes a message of its own.
        return Routine() if found[3] == "dsn" else Addressed(found[1], found[2], found[5])
    if text.startswith("completed,id="):
        return Removed(text[13:])
    return _delivery(found) if (found := _DELIVERY.match(text)) else None


def _delivery(found: re.Match[str]) -> Fact:
    queue_id, recipient, kind, said = found.groups()
    domain = recipient.rpartition("@")[2]
    if kind is None:
        return Answered(queue_id, domain, said, why="reported")
    if kind == "status":
        return Delivered(queue_id, recipient, _STATUS.get(said, said), f"status: {said}", domain)
    # Of another server: its status follows.
    return Routine() if said.startswith("delivered: ") else Delivered(queue_id, recipient, "sent", said, "local")


def _of_smtp(text: str) -> Fact | None:
    if text.startswith("started,ip=["):
        pairs = {key: value.strip("[]") for key, value in _PAIR.findall(text)}
        return Connected(_peer(_plain(pairs.get("ip", "")), pairs))
    if found := _REFUSED.match(text):
        address, port, sender, recipient, reply = found.groups()
        stage = "MAIL" if recipient is None else "RCPT"
        parts = ("", "reject", stage, f"[{_plain(address)}]:{port}", reply, sender, recipient or "")
        return Refused(*parts, protocol="ESMTP")
    if found := _ERROR.match(text):
        return _error(*found.groups())
    return ServiceChanged("started") if text.startswith("queuelo=") else None


def _error(address: str, port: str, reply: str, verb: str, rest: str) -> Fact:
    client = f"[{_plain(address)}]:{port}"
    if not reply[:3].isdecimal():
        return Dropped(client, reply, verb)
    if verb == "AUTH":
        # `PLAIN TOKEN USER`: what was sent, cut, and whose it was.
        method, _, told = rest.partition(" ")
        user = told.rpartition(" ")[2] if " " in told else ""
        return LoginFailed(user, _plain(address), reply, "", "smtp", method)
    # A command that it does not know is no mail that it does not take.
    return Routine() if reply.startswith("502 ") else Refused("", "reject", verb or "CONNECT", client, reply)


def _tls(text: str) -> Fact:
    """Of couriertls, with the words of its library."""
    client, _, said = text[4:].partition("], ")
    if said.startswith(("Unexpected SSL connection shutdown", "Decryption has failed", "Success")):
        return Routine()
    return TlsFailed(f"[{_plain(client)}]", incoming=True, reason=said)


def _peer(address: str, pairs: dict[str, str]) -> str:
    port = pairs.get("port", "")
    return f"[{address}]:{port}" if port else f"[{address}]"


def _plain(address: str) -> str:
    return address.strip("[]").removeprefix("::ffff:")
