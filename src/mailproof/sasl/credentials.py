"""What a mechanism is given: who logs in, and where."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mailproof.model.transcript import SECRET

# What SCRAM allows in a nonce (RFC 5802 section 7: printable, no comma), less what DIGEST-MD5 would have to quote.
_NONCE = re.compile(r"[!#-+\--\[\]-~]+\Z")


class Credentials(msgspec.Struct, frozen=True):
    """Bytes that are no UTF-8 stand in the texts as `os.environ` has them (PEP 383), and are sent as they were.

    Raises ValueError, without the text, for one that has no bytes at all (other lone surrogates).
    """

    user: str
    password: str = ""
    authzid: str = ""
    """Whom to act as (RFC 4422 section 3.4.1); empty, as nearly always, for the user himself."""
    token: str = ""
    """OAuth 2.0 access token."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            try:
                octets(getattr(self, name))
            except UnicodeEncodeError:
                broken = name
                break
        else:
            return
        raise ValueError(f"{broken} holds characters that cannot be encoded")

    def _shown(self) -> list[tuple[str, Any]]:
        authzid = [("authzid", self.authzid)] if self.authzid else []
        return [("user", self.user), *authzid, *((n, SECRET) for n in ("password", "token") if getattr(self, n))]

    def __repr__(self) -> str:
        return f"Credentials({', '.join(f'{name}={value!r}' for name, value in self._shown())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return self._shown()


class Circumstances(msgspec.Struct, frozen=True):
    """Where and how the login takes place. Raises ValueError for a nonce that SCRAM could not send."""

    service: str
    """GSSAPI service name of the protocol: `smtp`, `pop`, `imap`, `sieve`."""
    host: str
    port: int
    nonce: str
    """Random text of the client, at least 18 octets of entropy, new for every login."""
    binding: dict[str, bytes] = {}
    """Channel-binding data by name: `tls-exporter` (RFC 9266), `tls-server-end-point` (RFC 5929)."""
    bound_offered: bool = False
    """The server offered a -PLUS form; decides between the gs2 flags `n` and `y` (RFC 5802 section 6)."""

    def __post_init__(self) -> None:
        check_nonce(self.nonce)


BINDINGS = ("tls-exporter", "tls-server-end-point")
"""Kinds of channel binding, the preferred first: RFC 9266 makes tls-exporter the default."""


def check_nonce(nonce: str) -> None:
    """Raises ValueError for a nonce that a mechanism could not send: a mistake of ours, not of the peer."""
    if not _NONCE.match(nonce):
        raise ValueError("a nonce is printable ASCII without space, comma, quote and backslash")


def octets(text: str) -> bytes:
    """UTF-8, with bytes that were none restored (PEP 383)."""
    return text.encode("utf-8", "surrogateescape")
