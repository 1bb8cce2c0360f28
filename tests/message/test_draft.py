"""A draft becomes the bytes that a reader of RFC 5322 takes apart again."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.message.draft import Attachment, Draft, compose
from mailproof.message.signature import NotSigned, sign
from mailproof.message.template import fill

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)


def draft(**changes: object) -> Draft:
    fields: dict[str, object] = {
        "sender": "alice@x.test",
        "to": ("bob@y.test",),
        "subject": "hello",
        "date": NOW,
        "message_id": "<1@x.test>",
        "mailer": "test",
    }
    return Draft(**(fields | changes))  # type: ignore[arg-type]


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_ascii_is_sent_as_it_is() -> None:
    assert compose(draft(body="one\n.two")) == (
        b"Date: Sun, 29 Nov 2026 10:00:00 +0000\nTo: bob@y.test\nFrom: alice@x.test\nSubject: hello\n"
        b"Message-Id: <1@x.test>\nX-Mailer: test\n\none\n.two\n"
    )


@pytest.mark.parametrize("charset", ["utf-8", "iso-2022-jp", "shift_jis", "euc-jp"])
def test_japanese_comes_back_whatever_the_charset(charset: str) -> None:
    data = compose(draft(subject="請求書の件", body="本文です。\n二行目", charset=charset))
    assert data.isascii()
    message = read(data)
    assert message["Subject"] == "請求書の件"
    assert message.get_content().rstrip("\n") == "本文です。\n二行目"
    assert message.get_content_charset() == charset


def test_iso_2022_jp_goes_in_seven_bits_as_japanese_mailers_send_it() -> None:
    data = compose(draft(body="漢字", charset="iso-2022-jp"))
    assert b"Content-Transfer-Encoding: 7bit\n" in data and b"\x1b$B" in data


def test_what_a_charset_cannot_hold_is_said() -> None:
    with pytest.raises(UnicodeEncodeError):
        compose(draft(body="emoji \U0001f600", charset="iso-2022-jp"))
    with pytest.raises(LookupError):
        compose(draft(body="é", charset="no-such"))


def test_attachments_keep_every_byte_and_their_names() -> None:
    parts = (
        Attachment(bytes(range(256)), "application/pdf", "請求書.pdf"),
        Attachment(b"a,b\n", "text/csv", 'a".csv'),
    )
    message = read(compose(draft(attachments=parts)))
    text, *files = message.iter_parts()
    assert text.get_content().strip() == "This is a test mailing"
    assert [part.get_filename() for part in files] == ["請求書.pdf", 'a".csv']
    assert [part.get_payload(decode=True) for part in files] == [bytes(range(256)), b"a,b\n"]


def test_forms_of_the_text_are_alternatives() -> None:
    forms = (Attachment(b"hi", "text/plain"), Attachment(b"<b>hi</b>", "text/html"))
    message = read(compose(draft(forms=forms, attachments=(Attachment(b"x", name="x"),))))
    assert message.get_body(("html",)).get_content().strip() == "<b>hi</b>"  # type: ignore[union-attr]
    assert message.get_body(("plain",)).get_content().strip() == "hi"  # type: ignore[union-attr]


def test_fields_are_replaced_by_name_and_added_at_the_end() -> None:
    data = compose(draft(replaced=(("subject", "other"), ("X-New", "1")), added=(("X-New", "2"),)))
    message = read(data)
    assert message["Subject"] == "other" and message.get_all("X-New") == ["1", "2"]
    assert data.count(b"Subject:") == 1


@pytest.mark.parametrize("value", ["a\nBcc: x@y.test", "a\r\nBcc: x@y.test"])
def test_a_line_end_in_a_field_begins_no_other_field(value: str) -> None:
    with pytest.raises(ValueError):
        compose(draft(subject=value))


@given(subject=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp")), min_size=1))
def test_any_subject_in_one_field_of_ascii(subject: str) -> None:
    data = compose(draft(subject=subject))
    assert data.isascii()
    assert read(data)["From"] == "alice@x.test"


def test_words_of_a_template_are_filled_and_unknown_ones_stay() -> None:
    assert fill(b"%FROM_ADDRESS% %NO_SUCH% 100% %DATE%", {"FROM_ADDRESS": "a@x.test", "DATE": "now"}) == (
        b"a@x.test %NO_SUCH% 100% now"
    )


def test_a_signature_verifies_and_covers_the_body() -> None:
    import dkim
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    forms = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    import base64

    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    signed = sign(compose(draft()), "x.test", "sel", key.private_bytes(*forms))

    def answer(name: bytes, timeout: int = 5) -> bytes:
        return record if name == b"sel._domainkey.x.test." else b""

    assert signed.startswith(b"DKIM-Signature: ")
    assert dkim.verify(signed, dnsfunc=answer)
    assert not dkim.verify(signed.replace(b"test mailing", b"another one"), dnsfunc=answer)


def test_a_key_that_is_none_is_said_without_its_content() -> None:
    with pytest.raises(NotSigned) as said:
        sign(compose(draft()), "x.test", "sel", b"-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n")
    assert "c2VjcmV0" not in str(said.value)


def test_the_address_stays_outside_the_encoded_name() -> None:
    data = compose(draft(replaced=(("From", "山田 <yamada@x.test>"), ("Reply-To", "山田@例.test"))))
    message = read(data)
    assert message["From"].addresses[0].addr_spec == "yamada@x.test"
    assert message["From"].addresses[0].display_name == "山田"
    assert "Reply-To: 山田@例.test\n".encode() in data
