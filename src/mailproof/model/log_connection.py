"""What a line of a mail log tells of a connection. `client`, `server`, `peer` are `HOST[IP]` or `HOST[IP]:PORT`."""

from __future__ import annotations

import msgspec


class Connected(msgspec.Struct, frozen=True, gc=False, tag=True):
    client: str
    server: str = ""
    """Where postscreen says at which of its addresses."""
    session: str = ""


class Disconnected(msgspec.Struct, frozen=True, gc=False, tag=True):
    client: str
    commands: dict[str, tuple[int, int]] = {}
    """How many of each command were accepted, and how many were given (Postfix since 3.0)."""
    session: str = ""
    reason: str = ""


class Dropped(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A client that went away, was too slow, made too many errors or did not keep to the protocol."""

    client: str
    why: str
    """As it is written: lost connection, timeout, too many errors, improper command pipelining …"""
    stage: str
    octets: int | None = None
    queue_id: str = ""


class TlsOpened(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A handshake that succeeded."""

    peer: str
    incoming: bool
    version: str
    cipher: str
    bits: str = ""
    """Used and possible, `256/256`."""
    trust: str = ""
    """Anonymous, Untrusted, Trusted or Verified."""
    reused: bool = False
    key_exchange: str = ""
    signature: str = ""
    signature_size: str = ""
    """Bits of the key, or the name of the curve."""
    digest: str = ""
    session: str = ""


class TlsFailed(msgspec.Struct, frozen=True, gc=False, tag=True):
    peer: str
    incoming: bool
    reason: str
    queue_id: str = ""


class Certificated(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What was said of a certificate that did not verify."""

    peer: str
    reason: str


class NoConnection(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The next server could not be reached."""

    server: str
    reason: str


class Answered(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What the next server said, or did, when it did not take the message; a `Delivered` follows."""

    queue_id: str
    server: str
    reply: str
    stage: str = ""
    """The command that it answered, or what was being done."""
    why: str = "said"
    """said, refused to talk to me, lost connection, timed out, SASL authentication failed; reported, where the line
    tells no more than the reason (Courier)."""


class Hid(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What was kept from, or not used with, a peer: EHLO keywords; workarounds for a firewall."""

    what: str
    names: str
    peer: str = ""
    queue_id: str = ""


class Screened(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A verdict of postscreen(8)."""

    client: str
    verdict: str
    """PASS NEW, PASS OLD, ALLOWLISTED, DENYLISTED, PREGREET, DNSBL, HANGUP, COMMAND TIME LIMIT …"""
    stage: str = ""
    seconds: str = ""
    rank: int = 0
