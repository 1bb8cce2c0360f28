"""Why a header keeps its sender: the obstacle, the line that mends it, and that it does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.emulate.postfix.message import cleaned, sent
from mailproof.emulate.postfix.rewrite import rewriting_of, way_of
from mailproof.emulate.postfix.server import Postfix, read_postfix
from mailproof.emulate.postfix.whynot import why_not
from mailproof.model.postfix import Client, Context, Kind, Place

MAIN = "compatibility_level = 3.6\nmyhostname = hub.a.test\nmynetworks = 127.0.0.0/8, 192.0.2.0/24\n"
TABLE = "sender_canonical_maps = hash:/c/t\n"
MASTER = """
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
10026 inet n - n - - smtpd
  -o receive_override_options=no_address_mappings,no_unknown_recipient_checks
  -o local_header_rewrite_clients=permit_mynetworks
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
"""
FROM = "alice@pc1.a.test"


def of(main: str, entries: str = f"{FROM} alice@a.test\n", master: str = MASTER) -> Postfix:
    texts = {"/c/main.cf": MAIN + main, "/c/master.cf": master, "/c/t": entries}
    return read_postfix(lambda path: texts[path].encode() if path in texts else None, "/c", {})


def names(postfix: Postfix, client: Client, service: str = "") -> list[str]:
    return [each.name for each in why_not(postfix, FROM, client, service).obstacles]


@pytest.mark.parametrize(
    ("client", "service", "word"),
    [
        (Client(Kind.MYNETWORKS), "", "permit_mynetworks"),
        (Client(Kind.ADDRESS, "192.0.2.7"), "", "permit_mynetworks"),
        (Client(Kind.LOGIN), "", "permit_sasl_authenticated"),
        (Client(Kind.OUTSIDE), "", "static:all"),
        (Client(Kind.ADDRESS, "198.51.100.7"), "", "inline:{{198.51.100.7 = x}}"),
    ],
)
def test_the_line_lets_this_client_in_and_is_enough(client: Client, service: str, word: str) -> None:
    (obstacle,) = why_not(of(TABLE), FROM, client, service).obstacles
    assert (obstacle.name, obstacle.where) == ("gate", "main.cf")
    assert obstacle.setting == f"local_header_rewrite_clients = permit_inet_interfaces, {word}"
    mended = why_not(of(f"{TABLE}{obstacle.setting}\n"), FROM, client, service)
    assert (mended.result, mended.obstacles) == ("alice@a.test", ())


def test_static_all_comes_with_its_warning() -> None:
    (obstacle,) = why_not(of(TABLE), FROM, Client(Kind.OUTSIDE)).obstacles
    assert "inbound" in obstacle.warnings


def test_local_mail_needs_nothing() -> None:
    for kind in (Kind.SENDMAIL, Kind.OWN):
        why = why_not(of(TABLE), FROM, Client(kind))
        assert (why.handed.context, why.result, why.obstacles) == (Context.LOCAL, "alice@a.test", ())


def test_what_else_can_stand_in_the_way() -> None:
    near = Client(Kind.MYNETWORKS)
    assert names(of(""), near) == ["no-table"]
    assert names(of("canonical_maps = ,\n"), near) == ["no-entry"]
    assert names(of(TABLE, "bob@a.test b@a.test\n"), near) == ["no-entry"]
    assert names(of(f"{TABLE}sender_canonical_classes = envelope_sender\n"), near) == ["classes", "gate"]
    assert names(of(TABLE), near, "10026") == ["overrides"]
    (obstacle,) = why_not(of(TABLE), FROM, near, "10026").obstacles
    assert (obstacle.service, obstacle.setting) == (
        "10026 inet",
        "receive_override_options = no_unknown_recipient_checks",
    )


def test_a_login_where_nobody_can_log_in_is_told() -> None:
    (obstacle,) = why_not(of(TABLE), FROM, Client(Kind.LOGIN), "smtp").obstacles
    assert "login-off" in obstacle.warnings


def test_a_domain_for_strangers_rewrites_their_headers_as_well() -> None:
    """remote_header_rewrite_domain is what the article does not name: then the tables are asked for everybody."""
    why = why_not(of(f"{TABLE}remote_header_rewrite_domain = domain.invalid\n"), FROM, Client(Kind.OUTSIDE))
    assert (why.handed.context, why.result) == (Context.REMOTE, "alice@a.test")


def test_what_depends_on_interfaces_is_not_guessed() -> None:
    main = "compatibility_level = 3.6\nlocal_header_rewrite_clients = permit_mynetworks\n" + TABLE
    texts = {"/c/main.cf": main, "/c/master.cf": MASTER, "/c/t": f"{FROM} alice@a.test\n"}
    postfix = read_postfix(lambda path: texts[path].encode() if path in texts else None, "/c", {})
    assert not why_not(postfix, FROM, Client(Kind.ADDRESS, "192.0.2.7")).told
    assert why_not(postfix, FROM, Client(Kind.MYNETWORKS)).told


@given(st.binary(max_size=300), st.binary(max_size=200), st.text(max_size=30), st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_configuration_and_a_message(main: bytes, table: bytes, address: str, message: str) -> None:
    text = main + b"\ncanonical_maps = regexp:/c/t, hash:/c/t\nmasquerade_domains = /c/t a.test\nmynetworks = /c/t\n"
    files = {"/c/main.cf": text, "/c/master.cf": MASTER.encode() + main, "/c/t": table}
    postfix = read_postfix(files.get, "/c", {})
    clients = [Client(kind, "192.0.2.1" if kind is Kind.ADDRESS else "") for kind in Kind]
    rewriting_of(postfix, address, clients, list(Place))
    for client in clients:
        why_not(postfix, address, client)
        sent(postfix, cleaned(way_of(postfix, client), message, "a@b.test").text)
