"""What waits at the sockets of a service, as ss(8) prints it: `-H -tnpi` of TCP, `-H -xap` of a path."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from mailproof.model.policy_service import Unanswered

_BLANKS = re.compile(r"[ \t]+")
_PEER = re.compile(r"ESTAB \d{1,10} \d{1,10} \S+:\d{1,5} (?P<host>\S+):(?P<port>\d{1,5})(?: |\Z)")
_PATH = re.compile(r"u_str (?:LISTEN|ESTAB) (?P<waiting>\d{1,10}) \d{1,10} (?P<path>\S+) \d")
_NUMBERS = re.compile(r"(?<!\S)(bytes_sent|bytes_received|data_segs_out|lastsnd|lastrcv):(\d{1,15})(?!\S)")
_LOOPBACK = ("127.0.0.1", "::1")


def unanswered_at_port(printed: str, host: str, port: int) -> Iterator[Unanswered]:
    """Connections to host and port on which something was sent, and nothing has come since.

    `host` is an address or a name; of names only that of loopback is known here, and any other is taken at its port.
    """
    line = ""
    for row in printed.splitlines():
        if not row.startswith((" ", "\t")):
            line = _BLANKS.sub(" ", row.strip())
            continue
        told = {key: int(value) for key, value in _NUMBERS.findall(row)}
        peer = _PEER.match(line)
        if peer and int(peer["port"]) == port and _is_of(peer["host"], host) and _waits(told):
            seconds = told["lastsnd"] / 1000
            yield Unanswered(seconds, f"{line} lastsnd:{told['lastsnd']} bytes_received:{_received(told)}")


def unanswered_at_path(printed: str, path: str) -> Iterator[Unanswered]:
    """Connections to a Unix socket that nobody has taken, or on which what was sent has not been read."""
    for row in printed.splitlines():
        line = _BLANKS.sub(" ", row.strip())
        found = _PATH.match(line)
        if found and found["path"] == path and int(found["waiting"]):
            yield Unanswered(None, line)


def listens_at_path(printed: str, path: str) -> bool:
    """Whether somebody takes connections at a Unix socket."""
    rows = (_BLANKS.sub(" ", row.strip()) for row in printed.splitlines())
    found = (_PATH.match(row) for row in rows if row.startswith("u_str LISTEN "))
    return any(each is not None and each["path"] == path for each in found)


def _waits(told: dict[str, int]) -> bool:
    """ss leaves out what is 0; the times are milliseconds since then."""
    asked = told.get("bytes_sent") or told.get("data_segs_out")
    return bool(asked and told.get("lastsnd")) and (not _received(told) or told["lastsnd"] < told.get("lastrcv", 0))


def _received(told: dict[str, int]) -> int:
    return told.get("bytes_received", 0)


def _is_of(peer: str, host: str) -> bool:
    shown = _address(peer)
    wanted = _address(host)
    if wanted is not None:
        return shown == wanted
    return host.lower().rstrip(".") not in ("", "localhost") or str(shown) in _LOOPBACK


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
