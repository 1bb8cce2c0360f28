"""What Postfix says of a connection: made, ended, dropped, its TLS; to and from (smtpd, smtp, lmtp, tlsproxy)."""

from __future__ import annotations

import re

from mailproof.model.log import Fact
from mailproof.model.log_connection import (
    Certificated,
    Connected,
    Disconnected,
    Dropped,
    Hid,
    NoConnection,
    TlsFailed,
    TlsOpened,
)

_HOST = r"[^\s\[]*\[[^\]]*\](?::\d{1,5})?"
_DISCONNECT = re.compile(rf"disconnect from ({_HOST})((?: [a-z]+=\d+(?:/\d+)?)*)")
_COMMAND = re.compile(r"([a-z]+)=(\d{1,9})(?:/(\d{1,9}))?")
_DROPPED = re.compile(
    r"(lost connection|timeout|too many errors|bare <LF> received|bare <CR> received|improper command pipelining|"
    rf"hangup|Connection lost) after (\S+)(?: \((?:approximately )?(\d{{1,18}}) bytes\))? from ({_HOST})"
)
_TLS = re.compile(
    rf"(?:(\w+) )?TLS connection (established|reused) (from|to) ({_HOST}|\S+)(?: to \S+)?: (\S+) with cipher (\S+) "
    r"\((\d+/\d+) bits\)"
)
_TAIL = re.compile(r" (key-exchange|server-signature|server-digest) (\S+)(?: \(([^)]*)\))?")
_TLS_FAILED = re.compile(
    rf"SSL_(accept error from|connect error to) ({_HOST}|\S+): (.*)"
    r"|TLS handshake failed for service=(\S+) peer=(\S+)"
)
_CERTIFICATE = re.compile(rf"certificate verification failed for ({_HOST}): (.*)")
_NO_CONNECTION = re.compile(r"connect to (\S+\[[^\]]*\](?::\d{1,5})?|\S+): (.*)")


def connected(text: str) -> Fact | None:
    """`connect from H[IP]`, `connect to H[IP]:25: WHY`."""
    if text.startswith("connect from "):
        return Connected(text[13:])
    found = _NO_CONNECTION.match(text)
    return NoConnection(found[1], found[2]) if found else None


def disconnected(text: str) -> Fact | None:
    found = _DISCONNECT.match(text)
    if found is None:
        return None
    counts = _COMMAND.findall(found[2])
    return Disconnected(found[1], {name: (int(done), int(all_ or done)) for name, done, all_ in counts})


def dropped(text: str, queue_id: str = "") -> Fact | None:
    found = _DROPPED.match(text)
    if found is None:
        return None
    return Dropped(found[4], found[1], found[2], int(found[3]) if found[3] else None, queue_id)


def tls_opened(text: str) -> Fact | None:
    found = _TLS.match(text)
    if found is None:
        return None
    tail = {name: (value, size) for name, value, size in _TAIL.findall(text, found.end())}
    signature = tail.get("server-signature", ("", ""))
    return TlsOpened(
        *(found[4], found[3] == "from", found[5], found[6], found[7], found[1] or "", found[2] == "reused"),
        key_exchange=tail.get("key-exchange", ("", ""))[0],
        signature=signature[0],
        signature_size=signature[1].removesuffix(" bits"),
        digest=tail.get("server-digest", ("", ""))[0],
    )


def tls_failed(text: str) -> Fact | None:
    found = _TLS_FAILED.match(text)
    if found is None:
        return None
    if found[1] is None:
        # tlsproxy(8): smtpd and postscreen let others in, smtp and lmtp go out.
        return TlsFailed(found[5], found[4] not in ("smtp", "lmtp"), "TLS handshake failed")
    return TlsFailed(found[2], found[1].startswith("accept"), found[3])


def certificated(text: str) -> Fact | None:
    found = _CERTIFICATE.match(text)
    return Certificated(found[1], found[2]) if found else None


def hid(text: str) -> Fact | None:
    names = text.removeprefix("discarding EHLO keywords: ")
    return Hid("EHLO keywords", names) if names != text else None
