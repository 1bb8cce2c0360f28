"""RFC 9525: which host a certificate names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.hostname import ascii_name, names_host

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=5).map(".".join).filter(lambda h: not h.replace(".", "").isdigit())


@pytest.mark.parametrize(
    ("presented", "host"),
    [
        ("mail.example.com", "mail.example.com"),
        ("MAIL.example.COM", "mail.Example.com"),
        ("mail.example.com", "mail.example.com."),
        ("*.example.com", "mail.example.com"),
        ("*.example.com", "xn--p8j9a0d9c9a.example.com"),
        ("xn--r8jz45g.test", "例え.test"),
        ("localhost", "localhost"),
    ],
)
def test_these_are_named(presented, host):
    assert names_host([presented], [], host)


@pytest.mark.parametrize(
    ("presented", "host"),
    [
        ("*.example.com", "example.com"),
        ("*.example.com", "a.mail.example.com"),
        ("m*.example.com", "mail.example.com"),
        ("*l.example.com", "mail.example.com"),
        ("*", "localhost"),
        ("*.com", "example.com"),
        ("mail.*.com", "mail.example.com"),
        ("*.*.com", "mail.example.com"),
        ("old.example.com", "mail.example.com"),
        ("mail.example.com\\x00.evil.test", "mail.example.com"),
        ("192.0.2.25", "192.0.2.25"),
        ("", ""),
        ("mail.example.com.", "mail.example.com"),
        ("a..test", "a..test"),
    ],
)
def test_these_are_not(presented, host):
    assert not names_host([presented], [], host)


@pytest.mark.parametrize("host", ["192.0.2.25", "2001:db8::1", "2001:DB8:0:0::1", "[2001:db8::1]"])
def test_an_address_is_named_by_an_address_alone(host):
    assert names_host([], ["192.0.2.25", "2001:db8::1"], host)
    assert not names_host(["*.example.com", host], ["192.0.2.26"], host)


@given(HOST)
@settings(max_examples=50)
def test_every_host_names_itself_in_any_case_and_its_wildcard_names_it_too(host):
    assert names_host([host.upper()], [], host)
    parent = host.partition(".")[2]
    assert names_host([f"*.{parent}"], [], host) == ("." in parent)


@given(HOST, LABEL)
@settings(max_examples=50)
def test_a_wildcard_stands_for_exactly_one_label(host, label):
    assert not names_host([f"*.{host}"], [], host)
    assert not names_host([f"*.{host}"], [], f"{label}.{label}.{host}")


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_raises_and_what_matches_is_equal_or_a_wildcard(presented, host):
    if names_host([presented], [], host):
        assert presented.startswith("*.") or presented.lower() == ascii_name(host)
