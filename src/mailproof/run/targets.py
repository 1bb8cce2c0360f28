"""What the user typed, as a Target (docs/guide.md: targets)."""

from __future__ import annotations

import re

from mailproof.model.endpoint import Scheme, Target, TargetKind
from mailproof.model.failure import UsageError
from mailproof.parse.ip_address import is_address

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9.-]*)(?P<unix>\+unix)?://(?P<rest>.*)\Z", re.DOTALL)
_SYNONYMS = {"smtps": Scheme.SUBMISSIONS}
_BY_PORT = {scheme.default_port: scheme for scheme in Scheme}
# RFC 1035 section 2.3.1 and the underscore that is met in practice; names in other scripts become A-labels later.
_HOST = re.compile(r"(?=.{1,253}\.?\Z)(?:[^\W_]|[\w](?:[\w-]{0,61}[\w])?)(?:\.[\w](?:[\w-]{0,61}[\w])?)*\.?\Z")


# `scheme://user@…`, `scheme://user:password@…`, `user:password@…`: what curl and browsers take.
WITH_LOGIN = re.compile(r"[^/@]*://[^/]*@|[^/@:]*:[^/]*@", re.DOTALL)


def parse_target(text: str) -> Target:
    """Raises UsageError for a text that names no target."""
    if WITH_LOGIN.match(text):
        raise UsageError("login-in-url")  # and not a word of it: it may hold a password
    url = _URL.match(text)
    if url is None:
        return _host_or_domain(text)
    scheme = _scheme(url["scheme"], text)
    if url["unix"]:
        path = url["rest"]
        if not path.startswith("/"):
            raise UsageError("socket-path-not-whole", text=text, scheme=str(scheme))
        return Target(text, TargetKind.URL, "", scheme, None, path)
    host, port = host_and_port(url["rest"].rstrip("/"), text)
    return Target(text, TargetKind.URL, host, scheme, port if port is not None else scheme.default_port)


def is_host_name(text: str) -> bool:
    """Whether a name can be looked up and presented; an international one too."""
    return _HOST.match(text) is not None


def _scheme(name: str, text: str) -> Scheme:
    lowered = name.lower()
    if lowered in _SYNONYMS:
        return _SYNONYMS[lowered]
    try:
        return Scheme(lowered)
    except ValueError:
        known = (*map(str, Scheme), *_SYNONYMS)
        raise UsageError("unknown-scheme", text=text, scheme=name, known=known) from None


def _host_or_domain(text: str) -> Target:
    if not text or any(char.isspace() for char in text):
        raise UsageError("no-target", text=text)
    if "@" in text:
        raise UsageError("target-is-address", text=text, domain=text.rpartition("@")[2])
    bracketed = text.startswith("[")
    host, port = host_and_port(text, text)
    if port is not None:
        if port not in _BY_PORT:
            raise UsageError("port-without-scheme", text=text, port=str(port))
        return Target(text, TargetKind.URL, host, _BY_PORT[port], port)
    kind = TargetKind.HOST if bracketed or is_address(host) or "." not in host.rstrip(".") else TargetKind.DOMAIN
    return Target(text, kind, host)


def host_and_port(rest: str, text: str) -> tuple[str, int | None]:
    """`host`, `host:25`, `[2001:db8::1]:25`. Raises UsageError, which quotes `text`."""
    if rest.startswith("["):
        host, closed, after = rest[1:].partition("]")
        if not closed or (after and not after.startswith(":")):
            raise UsageError("brackets-do-not-match", text=text)
        port = after[1:] if after else None
    elif rest.count(":") > 1 and is_address(rest):
        host, port = rest, None
    else:
        host, colon, after = rest.partition(":")
        port = after if colon else None
    if not is_address(host) and not is_host_name(host):
        raise UsageError("no-host-name", text=text, host=host)
    return host, None if port is None else _port(port, text)


def _port(port: str, text: str) -> int:
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError("no-port", text=text, port=port)
    return int(port)
