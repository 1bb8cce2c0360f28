"""Messages as they are met: in old charsets, broken, or made to break their reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.message.hops import read_hops
from mailproof.message.read import as_text, read_headers, read_mail

JAPANESE = "請求書の件"


@pytest.mark.parametrize("charset", ["iso-2022-jp", "shift_jis", "euc-jp", "utf-8"])
def test_header_and_text_in_the_charsets_of_japan(charset: str) -> None:
    from email.header import Header

    subject = Header(JAPANESE, charset).encode().encode()
    body = "本文です。".encode(charset)
    data = b"Subject: " + subject + f"\nContent-Type: text/plain; charset={charset}\n\n".encode() + body + b"\n"
    mail = read_mail(data)
    assert mail.get("subject") == JAPANESE
    assert mail.text == "本文です。\n"


def test_letters_of_microsoft_under_the_name_of_the_standard() -> None:
    # CP932's circled one, sent as Shift_JIS by everybody.
    assert as_text(b"\x87\x40", "shift_jis") == "①"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"=?no-such?B?4pyT?=", "✓"),
        (b"=?utf-8?B?4pyT", "=?utf-8?B?4pyT"),
        (b"=?utf-8?Q?=E2=9C=93?= and =?iso-8859-1?Q?=E9?=", "✓ and é"),
        ("✓ raw".encode(), "✓ raw"),
        ("署名ぅ".encode() + b" =?utf-8?B?4pyT?=", "署名ぅ ✓"),
        (b"\xe9 latin", "\ufffd latin"),
        (b"folded\n over", "folded over"),
    ],
)
def test_header_fields_however_they_are_encoded(raw: bytes, shown: str) -> None:
    assert read_headers(b"Subject: " + raw + b"\n\n") == (("Subject", shown),)


def test_html_alone_is_read_as_text() -> None:
    html = b"<html><head><style>p{}</style></head><body><p>One &amp; two</p><script>x()</script><p>three</p></body>"
    mail = read_mail(b"Content-Type: text/html\n\n" + html)
    assert mail.html and mail.text == "One & two\nthree\n"


def test_attachments_by_name_and_size() -> None:
    data = (
        b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nhi\n'
        b"--b\nContent-Type: application/pdf\nContent-Disposition: attachment;\n filename*=utf-8''%E8%AB%8B.pdf\n"
        b"Content-Transfer-Encoding: base64\n\nAAEC\n--b--\n"
    )
    mail = read_mail(data)
    assert mail.text == "hi"
    assert [(part.name, part.type, part.size) for part in mail.attachments] == [("請.pdf", "application/pdf", 3)]


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message(data: bytes) -> None:
    mail = read_mail(data)
    read_hops(mail.headers)


@given(st.lists(st.sampled_from([b"Content-Type: multipart/mixed; boundary=b\n", b"\n--b\n", b"x\n", b"--b--\n"])))
def test_parts_within_parts_end(pieces: list[bytes]) -> None:
    read_mail(b"".join(pieces))


def test_a_bomb_of_parts_is_looked_at_only_so_far() -> None:
    parts = b"--b\nContent-Disposition: attachment\n\nx\n" * 5000
    mail = read_mail(b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + parts + b"--b--\n")
    assert len(mail.attachments) <= 200


RECEIVED = b"""\
Return-Path: <a@x.test>
Delivered-To: bob@example.test
Received: from mx.example.test (mx.example.test [192.0.2.25])
 by store.example.test (Dovecot) with LMTP id abc123
 for <bob@example.test>; Sun, 29 Nov 2026 10:00:07 +0000
Received: from client.test (unknown [198.51.100.7]) by mx.example.test (Postfix) with ESMTPSA id 4ABCDEF1
 for <bob@example.test>; Sun, 29 Nov 2026 19:00:05 +0900 (JST)
Received: by phone.test; Sun, 29 Nov 2026 10:00:09 GMT

x
"""


def test_the_way_from_the_sender_to_the_mailbox() -> None:
    hops = read_hops(read_headers(RECEIVED))
    assert [(hop.by, hop.protocol, hop.queue_id, hop.delay) for hop in hops] == [
        ("phone.test", "", "", None),
        ("mx.example.test", "ESMTPSA", "4ABCDEF1", -4.0),
        ("store.example.test", "LMTP", "abc123", 2.0),
    ]
    assert hops[1].recipient == "bob@example.test" and hops[1].source == "client.test"


def test_a_date_that_is_none_breaks_no_sum() -> None:
    text = RECEIVED.replace(b"Sun, 29 Nov 2026 19:00:05 +0900 (JST)", b"yesterday")
    hops = read_hops(read_headers(text))
    assert [hop.delay for hop in hops] == [None, None, -2.0]


@pytest.mark.parametrize("piece", [b"<a ", b"<", b"<!--", b'<a "', b"&#x", b"<p>"])
def test_html_that_opens_and_never_closes_is_read_in_one_pass(piece: bytes) -> None:
    """CVE-2025-6069: by the square of this it would never end."""
    assert read_mail(b"Content-Type: text/html\r\n\r\n" + piece * 200_000).html


@pytest.mark.parametrize(
    "parameters",
    [b"filename*=x; filename*0*=y''%41", b"filename*=\1\0utf-8''%41", b"filename*=''%", b"filename=" + b'"' * 9],
)
def test_a_name_that_the_library_does_not_bear_is_none(parameters: bytes) -> None:
    head = b"Content-Disposition: attachment; " + parameters + b"\r\n\r\nx"
    assert [part.type for part in read_mail(head).attachments] == ["text/plain"]


def test_comments_of_a_hop_nest() -> None:
    [hop] = read_hops((("Received", "from a (b (c) d) by e (f with SMTP id 1; Sat, 21 Nov 2026 10:00:00 +0000"),))
    assert (hop.source, hop.by) == ("a", "e")
