"""Bytes to be sent, and which of them must not be recorded."""

from __future__ import annotations

import msgspec


class Outgoing(msgspec.Struct, frozen=True):
    data: bytes
    secret: tuple[slice, ...] = ()
    """Parts of `data` that hold a secret, as `Stream.write` wants them."""
