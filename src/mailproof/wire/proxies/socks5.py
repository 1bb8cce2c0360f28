"""SOCKS version 5, the command CONNECT, without a login or with user name and password (RFC 1928, RFC 1929).

C: 05 02 00 02                      I know: no login, user name and password
S: 05 00                            no login
C: 05 01 00 01 192.0.2.25 00 25     connect to 192.0.2.25:25
S: 05 00 00 01 198.51.100.7 9d 11   done, from 198.51.100.7
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.proxies.outcome import Obstacle, Stopped, Through

VERSION = 5
NO_LOGIN, BY_PASSWORD, NO_METHOD = 0x00, 0x02, 0xFF
"""Methods (RFC 1928 section 3); the last one says that none will do."""
CONNECT = 0x01
LONGEST_FIELD = 255
"""Octets of a user name, a password or a host name: each has one octet for its length."""
_LOGIN_VERSION = 1
_IPV4, _NAME, _IPV6 = 0x01, 0x03, 0x04
_WIDTHS = {_IPV4: 4, _IPV6: 16}

_REPLIES = {
    0x00: "succeeded",
    0x01: "general SOCKS server failure",
    0x02: "connection not allowed by ruleset",
    0x03: "Network unreachable",
    0x04: "Host unreachable",
    0x05: "Connection refused",
    0x06: "TTL expired",
    0x07: "Command not supported",
    0x08: "Address type not supported",
}
"""RFC 1928 section 6, in its words."""
_TROUBLES = {
    0x03: Trouble.UNREACHABLE,
    0x04: Trouble.UNREACHABLE,
    0x05: Trouble.REFUSED,
    0x06: Trouble.TIMEOUT,  # what microsocks makes of ETIMEDOUT
}
_AGAINST_THE_RULES = (0x02, 0x07, 0x08)


def words_of(code: int) -> str:
    """A reply as a person reads it: `Connection refused (SOCKS5 reply 5)`."""
    return f"{_REPLIES.get(code, 'unassigned')} (SOCKS5 reply {code})"


class Socks5Client:
    """Implements `outcome.Client`. Raises ValueError for a user name or password that does not fit."""

    def __init__(self, host: str, port: int, user: str = "", password: str = "") -> None:
        self._request = bytes([VERSION, CONNECT, 0]) + _address(host, port)
        self._login = compose_login(user, password) if user else None
        self._data = b""
        self._reading: Callable[[], Outgoing | Through | Stopped | None] = self._read_choice

    @property
    def has_asked(self) -> bool:
        return self._reading == self._read_reply

    def begin(self) -> Outgoing:
        methods = bytes([NO_LOGIN, BY_PASSWORD] if self._login else [NO_LOGIN])
        return Outgoing(bytes([VERSION, len(methods)]) + methods)

    def receive(self, data: bytes) -> Outgoing | Through | Stopped | None:
        self._data += data
        if self._data[:1] not in (b"", bytes([VERSION])) and self._reading != self._read_login:
            return Stopped(Obstacle.NO_PROXY, "this is not SOCKS5", heard=self._data)
        return self._reading()

    def _read_choice(self) -> Outgoing | Stopped | None:
        if len(self._data) < 2:
            return None
        method, self._data = self._data[1], self._data[2:]
        if method == BY_PASSWORD and self._login is not None:
            self._reading = self._read_login
            return self._login
        if method == NO_LOGIN:
            self._reading = self._read_reply
            return Outgoing(self._request)
        wants = "a login is wanted" if self._login is None else "another kind of login is wanted"
        return Stopped(Obstacle.LOGIN, f"{wants} (SOCKS5 method {method})")

    def _read_login(self) -> Outgoing | Stopped | None:
        if len(self._data) < 2:
            return None
        status, self._data = self._data[1], self._data[2:]
        if status:
            return Stopped(Obstacle.LOGIN, f"the login was refused (RFC 1929 status {status})")
        self._reading = self._read_reply
        return Outgoing(self._request)

    def _read_reply(self) -> Through | Stopped | None:
        if len(self._data) < 2:
            return None
        # Some servers send nothing behind a code that says no, and hang up.
        if code := self._data[1]:
            if trouble := _TROUBLES.get(code):
                return Stopped(Obstacle.TARGET, words_of(code), trouble)
            return Stopped(Obstacle.RULES if code in _AGAINST_THE_RULES else Obstacle.UNSAID, words_of(code))
        place = _read_address(self._data)
        if place is None:
            return None
        if place.problem:
            return Stopped(Obstacle.NO_PROXY, f"this is not SOCKS5: {place.problem}")
        return Through(self._data[place.end :], _told(place.host))


class Greeting(msgspec.Struct, frozen=True):
    """The methods that a client knows."""

    methods: tuple[int, ...]


class Login(msgspec.Struct, frozen=True):
    user: bytes
    password: bytes

    def __repr__(self) -> str:
        return f"Login(user={self.user!r})"


class Request(msgspec.Struct, frozen=True):
    command: int
    host: str
    """An address, or a name."""
    port: int


class Broken(msgspec.Struct, frozen=True):
    """It is not the protocol; there is no way to go on."""

    why: str


Event = Greeting | Login | Request | Broken


class ServerReader:
    """What a client says to a SOCKS5 proxy. After a `Request` all that follows is for the target: see `rest`."""

    def __init__(self) -> None:
        self._data = b""
        self._reading = self._greeting

    @property
    def rest(self) -> bytes:
        return self._data

    def feed(self, data: bytes) -> None:
        self._data += data

    def next_event(self) -> Event | None:
        """None as long as more must come."""
        return self._reading()

    def expect_login(self) -> None:
        """To be called where the answer to the greeting was `BY_PASSWORD`."""
        self._reading = self._read_login

    def _greeting(self) -> Event | None:
        if self._data and self._data[0] != VERSION:
            return Broken(f"version {self._data[0]}")
        if len(self._data) < 2 or len(self._data) < 2 + self._data[1]:
            return None
        end = 2 + self._data[1]
        methods, self._data = tuple(self._data[2:end]), self._data[end:]
        self._reading = self._read_request
        return Greeting(methods)

    def _read_login(self) -> Event | None:
        if self._data and self._data[0] != _LOGIN_VERSION:
            return Broken(f"version {self._data[0]} of the login")
        fields: list[bytes] = []
        at = 1
        for _ in range(2):
            if len(self._data) <= at or len(self._data) <= at + self._data[at]:
                return None
            end = at + 1 + self._data[at]
            fields.append(self._data[at + 1 : end])
            at = end
        self._data = self._data[at:]
        self._reading = self._read_request
        return Login(*fields)

    def _read_request(self) -> Event | None:
        if self._data and self._data[0] != VERSION:
            return Broken(f"version {self._data[0]}")
        place = _read_address(self._data)
        if place is None:
            return None
        if place.problem:
            return Broken(place.problem)
        command, self._data = self._data[1], self._data[place.end :]
        return Request(command, place.host, place.port)


def compose_choice(method: int) -> bytes:
    """A server's answer to the greeting."""
    return bytes([VERSION, method])


def compose_login(user: str, password: str) -> Outgoing:
    """A client's user name and password (RFC 1929 section 2). Raises ValueError for what does not fit."""
    given = [text.encode("utf-8", "surrogateescape") for text in (user, password)]
    if not all(1 <= len(field) <= LONGEST_FIELD for field in given):
        raise ValueError(f"SOCKS5 takes a user name and a password of 1 to {LONGEST_FIELD} octets")
    name, secret = (bytes([len(field)]) + field for field in given)
    clear = bytes([_LOGIN_VERSION]) + name
    return Outgoing(clear + secret, (slice(len(clear), len(clear) + len(secret)),))


def compose_login_answer(*, accepted: bool) -> bytes:
    return bytes([_LOGIN_VERSION, 0 if accepted else 1])


def compose_reply(code: int, host: str = "0.0.0.0", port: int = 0) -> bytes:
    """A server's answer to a request; the address is its own toward the target."""
    return bytes([VERSION, code, 0]) + _address(host, port)


class _Place(msgspec.Struct, frozen=True):
    host: str = ""
    port: int = 0
    end: int = 0
    problem: str = ""


def _address(host: str, port: int) -> bytes:
    """ATYP, ADDR and PORT (RFC 1928 section 5). Raises ValueError for a name that does not fit."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("idna") if not host.isascii() else host.encode()
        if not 1 <= len(name) <= LONGEST_FIELD:
            raise ValueError(f"a host name has 1 to {LONGEST_FIELD} octets") from None
        where = bytes([_NAME, len(name)]) + name
    else:
        where = bytes([_IPV4 if address.version == 4 else _IPV6]) + address.packed
    return where + port.to_bytes(2, "big")


def _read_address(data: bytes) -> _Place | None:
    """Of a request or its answer, behind version, command or answer, and a byte that is reserved; None for a part."""
    at = 3
    if len(data) <= at:
        return None
    kind, at = data[at], at + 1
    if kind == _NAME:
        if len(data) <= at:
            return None
        width, at = data[at], at + 1
    elif (width := _WIDTHS.get(kind, 0)) == 0:
        return _Place(problem=f"address type {kind}")
    end = at + width
    if len(data) < end + 2:
        return None
    field = data[at:end]
    host = field.decode("utf-8", "replace") if kind == _NAME else str(ipaddress.ip_address(field))
    return _Place(host, int.from_bytes(data[end : end + 2], "big"), end + 2)


def _told(host: str) -> str:
    """Microsocks and ssh -D say 0.0.0.0, which is nothing; a name is none either."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    return "" if address.is_unspecified else str(address)
