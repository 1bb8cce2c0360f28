"""Dovecot's session ids hold the address and the port of the client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.log.session import client_of_session


@pytest.mark.parametrize(
    ("session", "client"),
    [
        # Of Dovecot 2.3.19, where the ends of the connections were known.
        ("JQw3VWNhONh/AAAB", ("127.0.0.1", 55352)),
        ("FmA3VWNhtKJ/AAAB", ("127.0.0.1", 41652)),
        ("AAAAAAAAGQAgAQ24AAAAAAAAAAAAAAAB", ("2001:db8::1", 25)),
        # Of LMTP, and what is none.
        ("vCqFBZj1Imm7EQAAc6HlhQ", None),
        ("", None),
        ("not base64!", None),
    ],
)
def test_the_client_in_a_session(session: str, client: tuple[str, int] | None) -> None:
    assert client_of_session(session) == client


@given(st.text())
def test_anything_is_read_without_a_complaint(session: str) -> None:
    client_of_session(session)
