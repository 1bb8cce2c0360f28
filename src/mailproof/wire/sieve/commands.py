"""Commands, as a client writes them (RFC 5804 section 2).

All raise ValueError where an argument holds CR, LF or NUL: it would begin another command. `raw` sends anything.
"""

from __future__ import annotations

import base64

from mailproof.wire.outgoing import Outgoing, command_line

LONGEST_QUOTED = 1024
"""Octets of a quoted string (RFC 5804 section 4); what is longer goes as a literal."""


def raw(line: bytes) -> Outgoing:
    """These bytes exactly, no line end added: for what a client must never send."""
    return Outgoing(line)


def capability() -> Outgoing:
    return command_line("CAPABILITY")


def starttls() -> Outgoing:
    return command_line("STARTTLS")


def authenticate(mechanism: str, initial: bytes | None = None) -> Outgoing:
    """AUTHENTICATE (section 2.1): `initial` not yet in base64; None for none, b"" for an empty one, sent as `""`."""
    start = command_line(f'AUTHENTICATE "{mechanism}"').data
    return Outgoing(start) if initial is None else _with_string(start.removesuffix(b"\r\n") + b" ", initial)


def authenticate_response(data: bytes) -> Outgoing:
    """An answer to a challenge, not yet in base64; b"" is an empty string."""
    return _with_string(b"", data)


def authenticate_cancel() -> Outgoing:
    """A string with a single `*` in it (section 2.1)."""
    return command_line('"*"')


def listscripts() -> Outgoing:
    """The names of the user's scripts, and which of them is active."""
    return command_line("LISTSCRIPTS")


def noop() -> Outgoing:
    return command_line("NOOP")


def logout() -> Outgoing:
    return command_line("LOGOUT")


def _with_string(start: bytes, data: bytes) -> Outgoing:
    """Base64 of `data` as a string, all of it secret; a literal needs no leave of the server (section 1.2)."""
    encoded = base64.b64encode(data)
    if len(encoded) > LONGEST_QUOTED:
        start += b"{%d+}\r\n" % len(encoded)
        line = start + encoded
    else:
        start += b'"'
        line = start + encoded + b'"'
    secret = (slice(len(start), len(start) + len(encoded)),) if encoded else ()
    return Outgoing(line + b"\r\n", secret)
