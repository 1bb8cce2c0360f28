"""Country databases of both kinds, sound and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodat import legacy_dat
from mailproof.parse.geoip.database import read_database
from mailproof.parse.geoip.mmdb import MARKER, Mmdb, NoDatabase

MMDB = (Path(__file__).parents[1] / "data" / "geoip" / "GeoIP2-Country-Test.mmdb").read_bytes()
DAT = legacy_dat({"192.0.2.0/24": "CN", "198.51.100.0/25": "JP", "203.0.113.7/32": "GB"})
DAT6 = legacy_dat({"2001:db8::/32": "JP", "2001:218::/48": "CN"}, 12)
PLACES = ("175.16.199.37", "2001:218::1", "0.0.0.0", "255.255.255.255", "::")


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("175.16.199.37", "CN"),
        ("81.2.69.142", "GB"),
        ("216.160.83.56", "US"),
        ("89.160.20.112", "SE"),
        ("2001:218::1", "JP"),
        ("10.0.0.1", None),
        ("2001:db8::1", None),
    ],
)
def test_the_database_of_maxmind(address, country):
    database = read_database(MMDB)
    assert database.country(address) == country
    assert (database.kind, database.type) == ("mmdb", "GeoIP2-Country")
    assert isinstance(database, Mmdb) and database.first() == "GB" and database.built > 1_600_000_000


@pytest.mark.parametrize(
    ("data", "address", "country"),
    [
        (DAT, "192.0.2.200", "CN"),
        (DAT, "198.51.100.127", "JP"),
        (DAT, "198.51.100.128", None),
        (DAT, "203.0.113.7", "GB"),
        (DAT, "203.0.113.8", None),
        (DAT, "2001:db8::1", None),
        (DAT6, "2001:db8:1::1", "JP"),
        (DAT6, "2001:218:0:5::1", "CN"),
        (DAT6, "2001:219::1", None),
        (DAT6, "192.0.2.1", None),
    ],
)
def test_the_legacy_format(data, address, country):
    database = read_database(data)
    assert database.country(address) == country
    assert database.kind == "dat" and database.type.startswith("GEO-106FREE")


def test_another_edition_is_named():
    with pytest.raises(NoDatabase, match="city"):
        read_database(legacy_dat({"192.0.2.0/24": "CN"}, 2))


@pytest.mark.parametrize(
    "data", [b"", b"x", b"#!/bin/sh\necho this is a text and no database\n" * 20, MARKER, b"\0" * 100]
)
def test_what_is_no_database_says_why(data):
    with pytest.raises(NoDatabase):
        database = read_database(data)
        for place in PLACES:
            database.country(place)


def asked(data: bytes) -> None:
    try:
        database = read_database(data)
        for place in PLACES:
            database.country(place)
        if isinstance(database, Mmdb):
            database.first()
    except NoDatabase:
        pass


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes(data, marked):
    asked(data + MARKER + data if marked else data)


@settings(max_examples=200)
@given(st.integers(0, len(MMDB) - 1), st.integers(0, 255), st.integers(0, len(MMDB)))
def test_damage_at_any_place(at, byte, end):
    damaged = bytearray(MMDB)
    damaged[at] = byte
    asked(bytes(damaged))
    asked(MMDB[:end])


def test_values_nested_without_end():
    """Arrays in arrays, each of one: no depth of them is followed for ever."""
    deep = b"\x01\x04" * 5000 + b"\x40"
    metadata = MMDB[MMDB.rindex(MARKER) :]
    node_count = Mmdb(MMDB).node_count
    start = node_count * 7 if len(MMDB) > node_count * 8 else node_count * 6
    asked(MMDB[:start] + b"\0" * 16 + deep + metadata)
