from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.vantage import Vantage, address, is_local, vantage


@pytest.mark.parametrize(
    ("client", "server", "seen_as"),
    [
        ("198.51.100.7", "192.0.2.25", Vantage.OUTSIDE),
        ("2001:db8::7", "2001:db8:1::25", Vantage.OUTSIDE),
        ("203.0.113.7", "127.0.0.1", Vantage.OUTSIDE),  # by XCLIENT
        ("127.0.0.1", "127.0.0.1", Vantage.LOOPBACK),
        ("127.0.0.2:40000", "127.0.0.1", Vantage.LOOPBACK),
        ("::1", "::1", Vantage.LOOPBACK),
        ("::ffff:127.0.0.1", "192.0.2.25", Vantage.LOOPBACK),
        ("10.1.2.3", "192.0.2.25", Vantage.PRIVATE),
        ("192.168.1.5", "192.168.1.9", Vantage.PRIVATE),
        ("100.64.3.4", "192.0.2.25", Vantage.PRIVATE),
        ("fe80::1%eth0", "fe80::2", Vantage.PRIVATE),
        ("192.0.2.25", "192.0.2.25", Vantage.OWN),
        ("[2001:db8::25]:40000", "2001:db8::25", Vantage.OWN),
        ("", "", Vantage.OWN),
        ("[UNAVAILABLE]", "192.0.2.25", Vantage.UNKNOWN),
    ],
)
def test_a_client_stands_where_its_address_says(client: str, server: str, seen_as: Vantage) -> None:
    assert vantage(client, server) is seen_as


def test_another_address_of_the_same_machine_is_its_own() -> None:
    mine = ("198.51.100.7", "192.0.2.25")
    assert vantage("198.51.100.7", "192.0.2.25", mine) is Vantage.OWN
    assert vantage("203.0.113.7", "192.0.2.25", mine) is Vantage.OUTSIDE


def test_a_private_client_is_not_the_same_machine() -> None:
    assert not is_local("10.1.2.3", "10.1.2.4")
    assert is_local("127.0.0.1", "127.0.0.1")
    assert is_local("", "127.0.0.1")


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_any_text_is_an_address_or_none(text: str) -> None:
    address(text)
