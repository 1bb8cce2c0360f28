"""Postfix and Dovecot behind a load balancer: a client without a PROXY header hears nothing from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from labcheck import BOB, causes, check, facts
from mailproof.lab.real.server import RealLab
from mailproof.model.authentication import LoginTried

pytestmark = pytest.mark.real

LISTENER = "haproxy_trusted_networks = 127.0.0.0/8\n"
CLIENT = "203.0.113.7"


@pytest.fixture(scope="module")
def behind() -> Iterator[RealLab]:
    port = "inet_listener imap {\n    port = @port:imap@\n"
    with ExitStack() as stack:
        yield stack.enter_context(
            RealLab(
                main={"smtpd_upstream_proxy_protocol": "haproxy", "smtpd_upstream_proxy_timeout": "60s"},
                dovecot=LISTENER,
                dovecot_replace={port: port + "    haproxy = yes\n"},
            )
        )


@pytest.mark.parametrize("version", [1, 2])
def test_with_the_header_all_is_well_and_the_server_sees_the_client_it_names(version: int, behind: RealLab) -> None:
    record = check(behind, "smtp", "submissions", "imap", user=BOB, proxied=(version, CLIENT))
    assert causes(record) == []
    assert [tried.accepted for tried in facts(record, LoginTried)] == [True, True, True]  # one as somebody else
    assert f"connect from unknown[{CLIENT}]" in behind.mail_log.read_text()
    assert f"rip={CLIENT}" in behind.dovecot_log.read_text()


def test_without_it_there_is_no_greeting(behind: RealLab) -> None:
    assert causes(check(behind, "smtp", "imap", user="", mailbox="", timeout=2.0)) == ["no-greeting"]


@pytest.mark.parametrize("version", [1, 2])
def test_a_server_that_wants_none_shows_it(version: int, real_lab: RealLab) -> None:
    record = check(real_lab, "smtp", "imaps", user="", mailbox="", proxied=(version, ""))
    # To Postfix it is a command that it does not know; version 2 even says QUIT. Whether the refusal comes before
    # EHLO and is set aside, or after it and is taken for its answer, is a matter of time.
    at_smtp = {"ehlo-refused", "closed-unexpectedly"}
    assert "tls-handshake-failed" in causes(record)
    assert set(causes(record)) <= {"tls-handshake-failed"} | at_smtp
    assert version == 1 or at_smtp & set(causes(record))
