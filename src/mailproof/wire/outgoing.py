"""Bytes to be sent, and which of them must not be recorded."""

from __future__ import annotations

import base64

import msgspec

from mailproof.model.transcript import SECRET


class Outgoing(msgspec.Struct, frozen=True):
    data: bytes
    secret: tuple[slice, ...] = ()
    """Parts of `data` that hold a secret, as `Stream.write` wants them."""

    @property
    def masked(self) -> bytes:
        """What may be shown of it: `[secret]` in the place of each secret."""
        shown = bytearray(self.data)
        for part in sorted(self.secret, key=lambda part: -(part.start or 0)):
            shown[part] = SECRET.encode()
        return bytes(shown)

    def __repr__(self) -> str:
        return f"Outgoing({self.masked!r})"


def command_line(clear: str, secret: bytes = b"") -> Outgoing:
    """`clear`, `secret` and CRLF: one line of a client.

    Raises ValueError where CR, LF or NUL inside would make it more than one command; the message does not quote it.
    """
    start = clear.encode("utf-8", "surrogateescape")
    line = start + secret
    if any(byte in line for byte in b"\r\n\0"):
        raise ValueError("CR, LF or NUL inside a command would begin another one")
    hidden = (slice(len(start), len(line)),) if secret else ()
    return Outgoing(line + b"\r\n", hidden)


def sasl_initial(command: str, initial: bytes | None) -> Outgoing:
    """`command` with the initial response of a SASL exchange, if there is one; an empty one is `=` (RFC 4954 4)."""
    if initial is None:
        return command_line(command)
    if not initial:
        return command_line(f"{command} =")
    return command_line(f"{command} ", base64.b64encode(initial))


def sasl_response(data: bytes) -> Outgoing:
    """A client's answer to a SASL challenge: base64 on a line of its own, all of it secret."""
    return command_line("", base64.b64encode(data))
