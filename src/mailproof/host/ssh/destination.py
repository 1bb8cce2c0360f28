"""Where ssh is to go, as the user wrote it; nothing in it can be taken for an option or reach a shell."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import msgspec

# As OpenSSH 9.6 refuses them (CVE-2017-1000117, CVE-2023-51385): a ProxyCommand of ssh_config may hand user and
# host to a shell. A domain of Windows before the user (`CORP\alice`) is let through, as there.
_HOST = re.compile(r"[A-Za-z0-9_.:%+][A-Za-z0-9_.:%+-]{0,254}\Z")
_USER = re.compile(r"[^\s\x00-\x1f\x7f'`\"$;&<>|(){}!*?#-][^\s\x00-\x1f\x7f'`\"$;&<>|(){}!*?#]{0,254}\Z")


class NoDestination(ValueError):
    """Not `HOST`, `USER@HOST` or `ssh://USER@HOST:PORT`."""


class Destination(msgspec.Struct, frozen=True):
    host: str
    """A name, an address, or an alias of ssh_config."""
    user: str = ""
    """Empty for what ssh makes of it."""
    port: int | None = None

    @property
    def shown(self) -> str:
        name = f"{self.user}@{self.host}" if self.user else self.host
        return name if self.port is None else f"{name}, port {self.port}"

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments of ssh(1) for it, behind all options."""
        port = () if self.port is None else ("-p", str(self.port))
        user = ("-l", self.user) if self.user else ()
        return (*port, *user, "--", self.host)


def read_destination(text: str) -> Destination:
    """Of HOST, USER@HOST or an ssh URL (draft-ietf-secsh-scp-sftp-ssh-uri). Raises NoDestination."""
    if text.lower().startswith("ssh://"):
        return _of_url(text)
    user, at, host = text.rpartition("@")
    if at and not user:
        raise NoDestination(text)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return _checked(text, Destination(host, user))


def _of_url(text: str) -> Destination:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NoDestination(text) from None
    if parts.password is not None or parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        raise NoDestination(text)
    name, _, _ = parts.netloc.rpartition("@")
    # Names are kept as they were typed: urlsplit has them in lower case, and an alias of ssh_config may not be.
    place = parts.netloc.rpartition("@")[2]
    host = place[1 : place.find("]")] if place.startswith("[") else place.partition(":")[0]
    return _checked(text, Destination(unquote(host), unquote(name), port))


def _checked(text: str, found: Destination) -> Destination:
    if not _HOST.match(found.host) or (found.user and (not _USER.match(found.user) or found.user.endswith("\\"))):
        raise NoDestination(text)
    return found
