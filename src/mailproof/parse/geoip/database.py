"""A country database of either kind."""

from __future__ import annotations

from mailproof.parse.geoip.legacy import LegacyDat
from mailproof.parse.geoip.mmdb import MARKER, Mmdb

Database = Mmdb | LegacyDat
LARGEST = 256 << 20
"""Bytes: GeoIP2's own largest is half of it."""


def read_database(data: bytes) -> Database:
    """Raises NoDatabase, with the reason, for bytes that are neither kind."""
    return Mmdb(data) if MARKER in data[-(128 << 10) :] else LegacyDat(data)
