"""A proxy that connections go through (`--proxy`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from mailproof.model.observed import Observation
from mailproof.model.transcript import SECRET


class ProxyKind(StrEnum):
    """The schemes of its URL."""

    SOCKS5 = "socks5"
    """RFC 1928."""
    HTTP = "http"
    """CONNECT (RFC 9110 section 9.3.6)."""


class Proxy(msgspec.Struct, frozen=True):
    kind: ProxyKind
    host: str
    """As the user named it."""
    port: int
    addresses: tuple[str, ...] = ()
    """Of the host, tried in this order; empty as long as it was not looked up for the whole run, or has none."""
    user: str = ""
    password: str = ""

    @property
    def url(self) -> str:
        """Without the login: `socks5://proxy.example.com:1080`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}://{host}:{self.port}"

    def __repr__(self) -> str:
        login = f", user={self.user!r}, password={SECRET!r}" if self.user else ""
        return f"Proxy({self.url!r}{login})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("url", self.url)]


class ProxyOutcome(StrEnum):
    """What came of asking a proxy."""

    CONNECTED = "connected"
    NOT_REACHED = "not-reached"
    """The proxy itself did not take the connection."""
    NO_PROXY = "no-proxy"
    """What answers there does not speak the protocol."""
    LOGIN = "login"
    """It wants a login, or did not accept this one."""
    RULES = "rules"
    """It does not allow this connection."""
    UNSAID = "unsaid"
    """It made none and does not say why."""
    TARGET = "target"
    """It tried and met what `Connection` tells."""


class ProxyAsked(Observation, frozen=True):
    """A proxy asked for a connection to the endpoint (SOCKS5, HTTP CONNECT)."""

    proxy: str
    """Its URL, without a login."""
    outcome: ProxyOutcome
    words: str = ""
    """What it said, or what dialling it met."""
    outer: str = ""
    turns: tuple[int, ...] = ()
