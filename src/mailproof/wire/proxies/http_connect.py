"""HTTP's CONNECT, without a login or with the scheme Basic (RFC 9110 section 9.3.6, RFC 9112, RFC 7617).

C: CONNECT 192.0.2.25:25 HTTP/1.1
C: Host: 192.0.2.25:25
C:
S: HTTP/1.1 200 Connection established
S:
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.proxies.outcome import Obstacle, Stopped, Through

_LONGEST_HEAD = 64 << 10
"""Octets of a status line and its fields: Squid's reply_header_max_size and request_header_max_size."""
_STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\Z")
_END = re.compile(rb"\r?\n\r?\n")
_REQUEST = re.compile(rb"CONNECT (\S+) HTTP/1\.[0-9]\r?\Z")
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]@/]+)):([0-9]{1,5})\Z")

_UNAUTHORIZED, _LOGIN_WANTED, _NOT_IMPLEMENTED, _GATEWAY_TIMEOUT = 401, 407, 501, 504

_TROUBLES = {
    "connection_refused": Trouble.REFUSED,
    "connection_timeout": Trouble.TIMEOUT,
    "destination_ip_unroutable": Trouble.UNREACHABLE,
}
"""RFC 9209 section 2.3: what a proxy says in `Proxy-Status` of the next hop."""
_PROXY_ERROR = re.compile(r"^proxy-status:.*;\s*error=([a-z_]+)", re.IGNORECASE | re.MULTILINE)


class ConnectClient:
    """Implements `outcome.Client`. Raises ValueError for a user name that Basic cannot have."""

    def __init__(self, host: str, port: int, user: str = "", password: str = "") -> None:
        place = authority(host, port)
        clear = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n".encode()
        self._begin = Outgoing(clear + b"\r\n")
        if user:
            start = clear + b"Proxy-Authorization: Basic "
            login = basic(user, password)
            # At once, not after a 407: most proxies hang up with it.
            self._begin = Outgoing(start + login + b"\r\n\r\n", (slice(len(start), len(start) + len(login)),))
        self._data = b""
        self._between = 0
        """Octets of words in between."""
        self.has_asked = False

    def begin(self) -> Outgoing:
        self.has_asked = True
        return self._begin

    def receive(self, data: bytes) -> Outgoing | Through | Stopped | None:
        self._data += data
        while True:
            start = self._data[:9]
            if not b"HTTP/1.0 ".startswith(start) and not re.match(rb"HTTP/1\.[0-9]? ?\Z", start[:9]):
                return _no_proxy(self._data)
            end = _END.search(self._data)
            if end is None:
                return _no_proxy(self._data) if len(self._data) > _LONGEST_HEAD else None
            head, self._data = self._data[: end.start()], self._data[end.end() :]
            line = head.split(b"\n", 1)[0]
            status = _STATUS.match(line)
            if status is None:
                return _no_proxy(line)
            if int(status[1]) >= 200:  # what is less is only a word in between (RFC 9110 section 15.2)
                return self._judged(int(status[1]), line.strip(b"\r").decode("latin-1"), head.decode("latin-1"))
            self._between += end.end()
            if self._between > _LONGEST_HEAD:  # nor does it come to the point in many small words
                return _no_proxy(line)

    def _judged(self, status: int, line: str, head: str) -> Through | Stopped:
        if status < 300:
            return Through(self._data)
        if status in (_LOGIN_WANTED, _UNAUTHORIZED):  # tinyproxy says 401 to a wrong password
            return Stopped(Obstacle.LOGIN, line)
        told = _PROXY_ERROR.search(head)
        if told and (trouble := _TROUBLES.get(told[1].lower())):
            return Stopped(Obstacle.TARGET, f"{line} ({told[1]})", trouble)
        if status == _GATEWAY_TIMEOUT:
            return Stopped(Obstacle.TARGET, line, Trouble.TIMEOUT)
        return Stopped(Obstacle.RULES if status < 500 or status == _NOT_IMPLEMENTED else Obstacle.UNSAID, line)


class ConnectRequest(msgspec.Struct, frozen=True):
    """What a client wants; `problem` says why it is no CONNECT."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    problem: str = ""

    def __repr__(self) -> str:
        return f"ConnectRequest(host={self.host!r}, port={self.port}, problem={self.problem!r})"


class ServerReader:
    """What a client says to an HTTP proxy. After the request all that follows is for the target: see `rest`."""

    def __init__(self) -> None:
        self._data = b""

    @property
    def rest(self) -> bytes:
        return self._data

    def feed(self, data: bytes) -> None:
        self._data += data

    def next_event(self) -> ConnectRequest | None:
        """None as long as more must come."""
        end = _END.search(self._data)
        if end is None:
            return ConnectRequest(problem="no end of the fields") if len(self._data) > _LONGEST_HEAD else None
        head, self._data = self._data[: end.start()], self._data[end.end() :]
        line, *fields = head.split(b"\n")
        wanted = _REQUEST.match(line)
        place = _AUTHORITY.match(wanted[1].decode("latin-1")) if wanted else None
        if place is None or int(place[3]) >= 1 << 16:
            return ConnectRequest(problem="no CONNECT to a host and a port")
        user, password = _login_of(fields)
        return ConnectRequest(place[1] or place[2], int(place[3]), user, password)


def compose_response(status: int, reason: str, *fields: str) -> bytes:
    """A proxy's answer, without a body."""
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} {reason}", *fields, "")).encode("latin-1")


def authority(host: str, port: int) -> str:
    """`192.0.2.25:25`, `[2001:db8::1]:25`. Raises ValueError for what is no host."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("idna").decode() if not host.isascii() else host
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
            raise ValueError("this is no host name") from None
        return f"{name}:{port}"
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def basic(user: str, password: str) -> bytes:
    """Credentials of the scheme Basic. Raises ValueError for a colon in the name, and for control characters."""
    given = f"{user}:{password}".encode("utf-8", "surrogateescape")
    if ":" in user or any(byte < 0x20 or byte == 0x7F for byte in given):
        raise ValueError("HTTP's Basic takes no colon in a user name, and no control characters")
    return base64.b64encode(given)


def _login_of(fields: list[bytes]) -> tuple[str, str]:
    for field in fields:
        name, _, value = field.partition(b":")
        words = value.split()
        if name.strip().lower() == b"proxy-authorization" and len(words) == 2 and words[0].lower() == b"basic":
            try:
                given = base64.b64decode(words[1], validate=True).decode("utf-8", "surrogateescape")
            except binascii.Error:
                return "", ""
            user, _, password = given.partition(":")
            return user, password
    return "", ""


def _no_proxy(data: bytes) -> Stopped:
    return Stopped(Obstacle.NO_PROXY, "this is not HTTP", heard=data)
