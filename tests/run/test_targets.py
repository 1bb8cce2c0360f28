"""What a user may type as a target, and what he is told to type instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.catalog.words import LANGUAGES, words
from mailproof.model.endpoint import Scheme, TargetKind
from mailproof.model.failure import UsageError
from mailproof.run.targets import parse_target


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("smtp://mail.example.com", Scheme.SMTP, "mail.example.com", 25),
        ("submission://mail.example.com:2587", Scheme.SUBMISSION, "mail.example.com", 2587),
        ("smtps://mail.example.com", Scheme.SUBMISSIONS, "mail.example.com", 465),
        ("SUBMISSIONS://mail.example.com/", Scheme.SUBMISSIONS, "mail.example.com", 465),
        ("imaps://[2001:db8::1]", Scheme.IMAPS, "2001:db8::1", 993),
        ("pop3s://[2001:db8::1]:1995", Scheme.POP3S, "2001:db8::1", 1995),
        ("imap://192.0.2.1:143", Scheme.IMAP, "192.0.2.1", 143),
        ("mail.example.com:587", Scheme.SUBMISSION, "mail.example.com", 587),
        ("mail.example.com:995", Scheme.POP3S, "mail.example.com", 995),
        ("sieve://mail.example.com", Scheme.SIEVE, "mail.example.com", 4190),
    ],
)
def test_a_url_names_one_service(text: str, scheme: Scheme, host: str, port: int) -> None:
    target = parse_target(text)
    assert (target.kind, target.scheme, target.host, target.port) == (TargetKind.URL, scheme, host, port)


@pytest.mark.parametrize(
    ("text", "kind", "host"),
    [
        ("example.com", TargetKind.DOMAIN, "example.com"),
        ("例え.example", TargetKind.DOMAIN, "例え.example"),
        ("[mail.example.com]", TargetKind.HOST, "mail.example.com"),
        ("192.0.2.1", TargetKind.HOST, "192.0.2.1"),
        ("2001:db8::1", TargetKind.HOST, "2001:db8::1"),
        ("localhost", TargetKind.HOST, "localhost"),
    ],
)
def test_a_bare_name_is_a_domain_and_brackets_mean_this_host(text: str, kind: TargetKind, host: str) -> None:
    target = parse_target(text)
    assert (target.kind, target.host, target.scheme) == (kind, host, None)


def test_a_unix_socket_is_named_by_its_path() -> None:
    target = parse_target("lmtp+unix:///run/dovecot/lmtp")
    assert (target.scheme, target.path) == (Scheme.LMTP, "/run/dovecot/lmtp")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gopher://mail.example.com", "unknown scheme 'gopher'; known are smtp"),
        ("smtp://mail.example.com:99999", "'99999' is no port"),
        ("smtp://mail.example.com:smtp", "'smtp' is no port"),
        ("mail.example.com:8025", "Write it as smtp://mail.example.com:8025"),
        ("alice@example.com", "the target is its domain: example.com"),
        ("smtp://", "is no host name"),
        ("smtp://[2001:db8::1", "write [HOST]"),
        ("lmtp+unix://socket", "whole path"),
        ("", "is no target"),
        ("two words", "is no target"),
    ],
)
def test_what_is_no_target_is_told_with_what_to_type(text: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_target(text)
    assert told in words("en").usage(raised.value.reason, raised.value.params)


@given(st.text(max_size=40))
def test_any_text_is_a_target_or_a_usage_error(text: str) -> None:
    try:
        parse_target(text)
    except UsageError as error:
        for lang in LANGUAGES:
            assert words(lang).usage(error.reason, error.params)


@pytest.mark.parametrize(
    "text",
    [
        "submission://user:s3cret@127.0.0.1:587",
        "imaps://user@mail.example.com",
        "user:s3cret@mail.example.com",
        "gopher://user:s3cret@mail.example.com",
        "smtp://user:s3c:re@t@mail.example.com/",
    ],
)
def test_a_login_in_a_target_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_target(text)
    assert error.value.reason == "login-in-url"
    assert "s3c" not in str(error.value) and "user@" not in str(error.value)
