"""The server's role: reads commands, composes responses."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import msgspec

from mailproof.model.escape import to_text
from mailproof.model.transcript import SECRET, Deviation
from mailproof.wire.commands import ClientLine, LineCommandReader, verb_and_argument
from mailproof.wire.lines import Line

COMMAND_LIMIT = 12288
"""As for SMTP (RFC 4954 4): RFC 2449 4 allows 255, but AUTH with a token needs more."""


class Pop3Command(msgspec.Struct, frozen=True):
    verb: str
    """In upper case; empty for an empty line."""
    argument: bytes
    """Without the white space around it; of PASS all that follows the first space."""
    line: bytes
    """As received, without its end."""
    offset: int
    deviations: tuple[Deviation, ...] = ()

    def __repr__(self) -> str:
        shown = SECRET if self.verb in ("PASS", "APOP", "AUTH") else repr(self.argument)
        return f"Pop3Command({self.verb} {shown})"


Event = Pop3Command | ClientLine


class CommandReader(LineCommandReader[Pop3Command]):
    line_limit = COMMAND_LIMIT

    def to_command(self, line: Line) -> Pop3Command:
        verb, argument = verb_and_argument(line)
        name = to_text(verb.upper())
        if name == "PASS":
            argument = line.data.lstrip()[len(verb) + 1 :]
        else:
            argument = argument.strip()
        return Pop3Command(name, argument, line.data, line.offset, line.deviations)


def compose_ok(text: str = "", code: str = "") -> bytes:
    """Raises ValueError for CR, LF or NUL in `text`."""
    return _status("+OK", text, code)


def compose_err(text: str, code: str = "") -> bytes:
    """`code` without brackets (RFC 2449 8): `AUTH`, `IN-USE`. Raises ValueError for CR, LF or NUL in `text`."""
    return _status("-ERR", text, code)


def compose_challenge(data: bytes) -> bytes:
    """A SASL challenge, not yet in base64 (RFC 5034 4)."""
    return b"+ " + base64.b64encode(data) + b"\r\n"


def compose_multiline(text: str, lines: Iterable[bytes]) -> bytes:
    """`+OK`, then `lines` without their ends, dot-stuffed, then the dot (RFC 1939 3).

    Raises ValueError for LF in a line, and for CR, LF or NUL in `text`.
    """
    out = bytearray(_status("+OK", text, ""))
    for line in lines:
        if b"\n" in line:
            raise ValueError("LF inside a line would begin another one")
        out += (b"." if line.startswith(b".") else b"") + line + b"\r\n"
    return bytes(out + b".\r\n")


def _status(status: str, text: str, code: str) -> bytes:
    line = " ".join(part for part in (status, f"[{code}]" if code else "", text) if part)
    if any(char in line for char in "\r\n\0"):
        raise ValueError("CR, LF or NUL inside a status line would begin another one")
    return line.encode("utf-8", "surrogateescape") + b"\r\n"
