"""A proxy that connections go through (`--proxy`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

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
