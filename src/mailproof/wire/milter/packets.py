"""Packets: four bytes of length, a letter, and what belongs to it.

00 00 00 05  H  mx\\0\\0     the length counts the letter
"""

from __future__ import annotations

import struct

import msgspec

MOST_DATA = 65535
"""Bytes behind the letter that libmilter takes (mfdef.h MILTER_MAX_DATA_SIZE), where no more is agreed on."""
LONGEST = 1 << 20
"""What is taken of a peer: libmilter's own largest (mfapi.h SMFIP_MDS_1M)."""
_HEAD = struct.Struct(">I")


class Packet(msgspec.Struct, frozen=True):
    letter: bytes
    data: bytes
    offset: int = 0
    """Of its first byte."""


class NoPacket(msgspec.Struct, frozen=True):
    """A length that cannot be: this is no milter and no mail server, and nothing behind it can be read."""

    heard: bytes
    """What came, the length included; 512 bytes at most."""
    offset: int = 0


class PacketError(ValueError):
    """What cannot be said in a packet."""


class NulError(PacketError):
    """A NUL inside a text, which would end it there."""


class PacketReader:
    """Reads either side's packets."""

    def __init__(self, offset: int = 0, longest: int = LONGEST) -> None:
        self._data = bytearray()
        self._longest = longest
        self._over = False
        self.offset = offset
        """Of the first byte that is part of no whole packet yet."""

    @property
    def pending(self) -> bytes:
        """Bytes that are no whole packet yet."""
        return bytes(self._data)

    def feed(self, data: bytes) -> None:
        if not self._over:
            self._data += data

    def next_event(self) -> Packet | NoPacket | None:
        """None as long as more must come, and for ever after a NoPacket."""
        if self._over or len(self._data) < _HEAD.size:
            return None
        (length,) = _HEAD.unpack_from(self._data)
        if not 1 <= length <= self._longest + 1:
            return self._stop()
        if len(self._data) < _HEAD.size + length:
            return None
        end = _HEAD.size + length
        packet = Packet(bytes(self._data[4:5]), bytes(self._data[5:end]), self.offset)
        del self._data[:end]
        self.offset += end
        return packet

    def end(self) -> list[NoPacket]:
        """What the end of the connection leaves: the beginning of a packet."""
        return [self._stop()] if self._data else []

    def _stop(self) -> NoPacket:
        stopped = NoPacket(bytes(self._data[:4]), self.offset)
        self.offset += len(self._data)
        self._data.clear()
        self._over = True
        return stopped


def compose_packet(letter: bytes, data: bytes = b"") -> bytes:
    """Raises PacketError for what no reader would take."""
    if len(letter) != 1 or len(data) > LONGEST:
        raise PacketError("a packet has one letter, and at most a mebibyte behind it")
    return _HEAD.pack(len(data) + 1) + letter + data


def strings(data: bytes) -> list[bytes]:
    """What stands between NULs; a last one without its NUL too, as libmilter reads it."""
    parts = data.split(b"\0")
    return parts if parts[-1] else parts[:-1]


def compose_strings(*texts: str) -> bytes:
    """Each with its NUL. Raises NulError."""
    encoded = [text.encode("utf-8", "surrogateescape") for text in texts]
    if any(b"\0" in each for each in encoded):
        raise NulError("a NUL would end the text before its end")
    return b"".join(each + b"\0" for each in encoded)


def text_of(data: bytes) -> str:
    """Any bytes; those that are no UTF-8 come back as they were (PEP 383)."""
    return data.decode("utf-8", "surrogateescape")
