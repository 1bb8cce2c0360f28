"""Where a milter listens, as Sendmail and as Postfix write it."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from mailproof.model.failure import UsageError

_SENDMAIL = re.compile(r"(?P<port>\d{1,5})(?:@(?P<host>.+))?\Z", re.ASCII)
_POSTFIX = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:\s]+)):(?P<port>\d{1,5})\Z", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}\Z", re.ASCII)
FAMILIES = ("inet", "inet6", "unix", "local")


class MilterPlace(msgspec.Struct, frozen=True):
    """A `net.interface.Address`, once `address` is known."""

    text: str
    """As it was written."""
    host: str = ""
    port: int = 0
    path: str | None = None
    only_v6: bool = False
    address: str = ""

    @property
    def url(self) -> str:
        """`inet:8891@mx.test`, `unix:/run/opendkim/opendkim.sock`."""
        if self.path is not None:
            return f"unix:{self.path}"
        return f"inet{'6' * self.only_v6}:{self.port}@{self.host}"


def is_place(text: str) -> bool:
    """Whether this is meant as a place, well written or not."""
    return text.partition(":")[0].lower() in FAMILIES and ":" in text


def parse_place(text: str) -> MilterPlace:
    """`inet:8891@localhost` and `local:/path` of Sendmail, `inet:localhost:8891` and `unix:/path` of Postfix.

    Raises UsageError for what is neither.
    """
    family, colon, rest = text.partition(":")
    family = family.lower()
    if not colon or family not in FAMILIES:
        raise UsageError("no-milter-place", text=text)
    if family in ("unix", "local"):
        if not rest.startswith("/") or "\0" in rest:
            raise UsageError("milter-path-not-whole", text=text)
        return MilterPlace(text, path=rest)
    match = _SENDMAIL.match(rest)
    host = (match["host"] or "localhost") if match else ""
    if match is None:
        match = _POSTFIX.match(rest)
        host = (match["six"] or match["host"]) if match else ""
    if match is None:
        raise UsageError("no-milter-place", text=text)
    host = host.removeprefix("[").removesuffix("]")
    if not 0 < int(match["port"]) < 1 << 16 or not _HOST.match(host):
        raise UsageError("no-milter-place", text=text)
    return MilterPlace(text, host, int(match["port"]), only_v6=family == "inet6", address=_address(host))


def _address(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
