"""What `talk` was told to talk to (docs/talk.md: where to)."""

from __future__ import annotations

import re

from mailproof.model.failure import UsageError
from mailproof.model.talk import SCHEMES, TalkPlace
from mailproof.run.targets import WITH_LOGIN, host_and_port

_URL = re.compile(r"([A-Za-z][A-Za-z0-9-]*)(\+unix)?://(.*)\Z", re.DOTALL)
_BY_PORT = {port: scheme for scheme, (_, port, _) in reversed(SCHEMES.items()) if port}


def parse_place(text: str) -> TalkPlace:
    """Not yet with an address. Raises UsageError for a text that names no place."""
    if WITH_LOGIN.match(text):
        raise UsageError("login-in-url")  # and not a word of it: it may hold a password
    match = _URL.match(text)
    if match is None:
        return _without_scheme(text)
    scheme, unix, rest = match[1].lower(), match[2], match[3]
    if scheme not in SCHEMES:
        raise UsageError("unknown-scheme", text=text, scheme=scheme, known=tuple(SCHEMES))
    protocol, usual, starts = SCHEMES[scheme]
    if unix:
        if not rest.startswith("/"):
            raise UsageError("socket-path-not-whole", text=text, scheme=scheme)
        return TalkPlace(scheme, protocol, starts, "", 0, rest, name="localhost")
    host, port = host_and_port(rest.partition("/")[0], text)
    if port is None and not usual:
        raise UsageError("port-missing", text=text, scheme=scheme)
    return TalkPlace(scheme, protocol, starts, host, port or usual, name=host, usual=port in (None, usual))


def _without_scheme(text: str) -> TalkPlace:
    if not text or any(char.isspace() for char in text):
        raise UsageError("no-target", text=text)
    host, port = host_and_port(text, text)
    if port is None:
        raise UsageError("talk-without-scheme", text=text, host=host)
    if port not in _BY_PORT:
        raise UsageError("port-without-scheme", text=text, port=str(port))
    scheme = _BY_PORT[port]
    protocol, _, starts = SCHEMES[scheme]
    return TalkPlace(scheme, protocol, starts, host, port, name=host)
