"""Names of mailboxes, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.wire.imap.mailbox import decode_mailbox, encode_mailbox


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("INBOX", b"INBOX"),
        ("Trash & Co", b"Trash &- Co"),
        ("\u9001\u4fe1\u6e08\u307f\u30a2\u30a4\u30c6\u30e0", b"&kAFP4W4IMH8wojCkMMYw4A-"),
        ("~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ],
)
def test_mailbox_names_in_modified_utf7(name: str, data: bytes) -> None:
    assert (encode_mailbox(name), decode_mailbox(data)) == (data, name)


@given(st.text(max_size=30))
def test_every_mailbox_name_comes_back(name: str) -> None:
    assert decode_mailbox(encode_mailbox(name)) == name


@given(st.binary(max_size=30))
def test_any_bytes_are_some_mailbox_name(data: bytes) -> None:
    assert isinstance(decode_mailbox(data), str)
