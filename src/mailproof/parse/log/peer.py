"""The parts of what mail logs write of a host, a reply, a time: `HOST[IP]:PORT`, `550 5.1.1 <a@b>: no`, `1/0/0/2`."""

from __future__ import annotations

import re
from typing import NamedTuple

_PEER = re.compile(r"([^\[\]]*)\[([^\]]*)\](?::(\d{1,5}))?\Z")
_REPLY = re.compile(r"(?:(\d{3})(?:[ -]|\Z))?(?:(\d\.\d{1,4}\.\d{1,4})(?: |\Z))?")
_ABOUT = re.compile(r"<([^>]*)>: ")
_TLS = re.compile(r"(!)?([a-z0-9-]+)(?::([a-z0-9-]+))?(\?)?")


class Peer(NamedTuple):
    name: str
    """`unknown` where no name leads to the address and back."""
    address: str
    port: str = ""
    path: str = ""
    """Of a Unix socket."""


class ReplyParts(NamedTuple):
    code: str
    dsn: str
    """The enhanced code of RFC 3463."""
    about: str
    """The address in <> that Postfix puts before the reason."""
    text: str


class Delays(NamedTuple):
    """Seconds."""

    before: float
    queued: float
    connecting: float
    sending: float


class TlsFeature(NamedTuple):
    """One of `tls=` of a delivery (Postfix since 3.11)."""

    name: str
    lowered: str
    """What it was lowered to, or why it was not kept."""
    violated: bool
    undecided: bool


def peer(text: str) -> Peer:
    """`HOST[IP]:PORT`, `[IP]:PORT`, `HOST[private/lmtp]`, or a bare name."""
    found = _PEER.match(text)
    if found is None:
        return Peer(text, "")
    if "/" in found[2]:
        return Peer(found[1], "", "", found[2])
    return Peer(found[1], found[2], found[3] or "")


def reply_parts(reply: str) -> ReplyParts:
    """Never fails: what is not there is empty."""
    found = _REPLY.match(reply)
    end = found.end() if found else 0
    about = _ABOUT.match(reply, end)
    return ReplyParts(
        (found[1] or "") if found else "",
        (found[2] or "") if found else "",
        about[1] if about else "",
        reply[about.end() if about else end :],
    )


def delays(text: str) -> Delays | None:
    """`a/b/c/d` of Postfix; None where it is not that."""
    parts = text.split("/")
    if len(parts) != 4:
        return None
    try:
        return Delays(*map(float, parts))
    except ValueError:
        return None


def tls_features(text: str) -> tuple[TlsFeature, ...]:
    found = (_TLS.fullmatch(part) for part in text.split("/"))
    return tuple(TlsFeature(each[2], each[3] or "", bool(each[1]), bool(each[4])) for each in found if each)
