"""MaxMind's database format 2.0: a binary tree of addresses, and a section of values (MaxMind-DB-spec.md)."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

from mailproof.model.failure import Unreadable

MARKER = b"\xab\xcd\xefMaxMind.com"
# The specification keeps the metadata in the last 128 KiB.
_METADATA = 128 << 10
_SEPARATOR = 16
# Values in values, and values in one record, far above what any database has: GeoIP2 Enterprise has some two
# hundred, in four levels. libmaxminddb stops at 512 levels (MAXIMUM_DATA_STRUCTURE_DEPTH).
_DEEPEST = 64
_MOST_VALUES = 10_000
_DOUBLE, _FLOAT = struct.Struct(">d"), struct.Struct(">f")


class NoDatabase(Unreadable):
    """The bytes are no database of this kind."""


class Mmdb:
    """A database in memory. Raises NoDatabase, from the methods too: a tree or a record can be damaged."""

    kind = "mmdb"

    def __init__(self, data: bytes) -> None:
        start = data.rfind(MARKER, max(0, len(data) - _METADATA))
        if start < 0:
            raise NoDatabase("mmdb-without-metadata")
        self._data = data
        metadata = _Values(data, start + len(MARKER), len(data)).at(0)
        if not isinstance(metadata, dict):
            raise NoDatabase("mmdb-metadata-no-map")
        self.node_count = _whole(metadata, "node_count", 1 << 32)
        self._record = _whole(metadata, "record_size", 33)
        self._version = _whole(metadata, "ip_version", 7)
        self.built = _whole(metadata, "build_epoch", 1 << 64)
        """Seconds since 1970."""
        self.type = str(metadata.get("database_type", ""))
        if self._record not in (24, 28, 32) or self._version not in (4, 6):
            raise NoDatabase("mmdb-records", bits=str(self._record), version=str(self._version))
        self._width = self._record * 2 // 8
        tree = self.node_count * self._width
        if not self.node_count or tree + _SEPARATOR > start:
            raise NoDatabase("mmdb-tree-too-long")
        self._values = _Values(data, tree + _SEPARATOR, start)

    def country(self, address: str) -> str | None:
        """The code of its country, of `country.iso_code` or a flat `country_code`; None where it is not there."""
        value = self._lookup(ipaddress.ip_address(address))
        return None if value is None else _country(self._values.at(value))

    def first(self) -> str | None:
        """The country of the first record, whatever address it is of: what is read without looking whether an
        address was found."""
        return _country(self._values.at(0))

    def _lookup(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int | None:
        if address.version == 6 and self._version == 4:
            return None
        bits = int(address)
        # In a tree of IPv6, IPv4 stands behind 96 zero bits.
        width = 128 if self._version == 6 else 32
        node = 0
        for at in range(width - 1, -1, -1):
            if node >= self.node_count:
                break
            node = self._child(node, bits >> at & 1)
        if node <= self.node_count:
            return None
        return node - self.node_count - _SEPARATOR

    def _child(self, node: int, side: int) -> int:
        at = node * self._width
        pair = self._data[at : at + self._width]
        if self._record == 28:
            middle = pair[3]
            high = middle >> 4 if side == 0 else middle & 0x0F
            low = pair[0:3] if side == 0 else pair[4:7]
            return high << 24 | int.from_bytes(low, "big")
        half = self._width // 2
        return int.from_bytes(pair[side * half : side * half + half], "big")


class _Values:
    """A section of values; pointers count from its start."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self._start = start
        self._end = end
        self._left = 0

    def at(self, offset: int) -> Any:
        """The value there, with all that is in it."""
        self._left = _MOST_VALUES
        return self._value(self._start + offset, 0)[0]

    def _value(self, at: int, depth: int) -> tuple[Any, int]:
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise NoDatabase("mmdb-value-nested")
        control, at = self._bytes(at, 1)
        kind = control[0] >> 5
        if kind == 1:
            target, at = self._pointer(control[0], at)
            if self._byte(target) >> 5 == 1:
                raise NoDatabase("mmdb-pointer-to-pointer")
            return self._value(target, depth + 1)[0], at
        if kind == 0:
            extended, at = self._bytes(at, 1)
            kind = 7 + extended[0]
        size, at = self._size(control[0] & 0x1F, at)
        if kind == 7:
            return self._map(size, at, depth)
        if kind == 11:
            return self._array(size, at, depth)
        if kind == 14:
            return bool(size), at
        raw, at = self._bytes(at, size)
        return _scalar(kind, raw), at

    def _map(self, size: int, at: int, depth: int) -> tuple[dict[str, Any], int]:
        made: dict[str, Any] = {}
        for _ in range(size):
            key, at = self._value(at, depth + 1)
            made[str(key)], at = self._value(at, depth + 1)
        return made, at

    def _array(self, size: int, at: int, depth: int) -> tuple[list[Any], int]:
        made = []
        for _ in range(size):
            value, at = self._value(at, depth + 1)
            made.append(value)
        return made, at

    def _pointer(self, control: int, at: int) -> tuple[int, int]:
        size = (control >> 3 & 3) + 1
        raw, at = self._bytes(at, size)
        number = int.from_bytes(raw, "big")
        if size < 4:
            number |= (control & 7) << 8 * size
        number += (0, 2048, 526336, 0)[size - 1]
        return self._start + number, at

    def _size(self, size: int, at: int) -> tuple[int, int]:
        if size < 29:
            return size, at
        more, at = self._bytes(at, size - 28)
        return int.from_bytes(more, "big") + (29, 285, 65821)[size - 29], at

    def _byte(self, at: int) -> int:
        return self._bytes(at, 1)[0][0]

    def _bytes(self, at: int, size: int) -> tuple[bytes, int]:
        if at < self._start or at + size > self._end:
            raise NoDatabase("mmdb-value-outside")
        return self._data[at : at + size], at + size


def _scalar(kind: int, raw: bytes) -> Any:
    if kind == 2:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise NoDatabase("mmdb-text") from None
    if kind == 4:
        return raw
    if kind in (3, 15):
        number = _DOUBLE if kind == 3 else _FLOAT
        if len(raw) != number.size:
            raise NoDatabase("mmdb-number")
        return number.unpack(raw)[0]
    if kind in (5, 6, 8, 9, 10):
        if len(raw) > 16:
            raise NoDatabase("mmdb-number")
        return int.from_bytes(raw, "big", signed=kind == 8)
    raise NoDatabase("mmdb-type", number=str(kind))


def _whole(metadata: dict[str, Any], name: str, below: int) -> int:
    value = metadata.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < below:
        raise NoDatabase("mmdb-metadata-lacks", name=name)
    return value


def _country(record: Any) -> str | None:
    if not isinstance(record, dict):
        return None
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code", country)
    return code if isinstance(code, str) and code else None
