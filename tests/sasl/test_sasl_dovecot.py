"""A real Dovecot accepts what our client says, and our client accepts what Dovecot proves."""

from __future__ import annotations

import imaplib
import secrets
import ssl
from collections.abc import Callable

import pytest

from mailproof.lab.real.server import RealLab
from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.exchange import answer
from mailproof.sasl.mechanism import Done, Mechanism, Respond, Step
from mailproof.sasl.registry import MECHANISMS

pytestmark = pytest.mark.real

SPOKEN_BY_BOTH = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")


def log_in(lab: RealLab, mechanism: Mechanism, credentials: Credentials) -> tuple[bool, list[Step]]:
    """Whether IMAP let us in, and the steps of our client."""
    here = Circumstances("imap", lab.name, lab.ports["imaps"], secrets.token_urlsafe(24))
    received: list[bytes] = []
    steps: list[Step] = []

    def reply(challenge: bytes) -> bytes | None:
        received.append(challenge)
        steps.append(answer(mechanism, credentials, here, received, initial_response=False))
        last = steps[-1]
        return last.data if isinstance(last, Respond) else b"" if isinstance(last, Done) else None

    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    with imaplib.IMAP4_SSL("127.0.0.1", lab.ports["imaps"], ssl_context=unverified, timeout=60) as imap:
        try:
            imap.authenticate(mechanism.name, reply)
        except imaplib.IMAP4.error:
            return False, steps
        return True, steps


@pytest.mark.parametrize("name", SPOKEN_BY_BOTH)
def test_dovecot_lets_us_in(real_lab: RealLab, name: str) -> None:
    user, password = next(iter(real_lab.accounts.items()))
    let_in, steps = log_in(real_lab, MECHANISMS[name], Credentials(user, password))
    assert let_in
    if name.startswith(("SCRAM", "DIGEST")):
        assert steps[-1] == Done()


def test_dovecot_lets_us_in_with_letters_beyond_ascii(real_lab_with: Callable[..., RealLab]) -> None:
    password = "p\u00e4sswort-\u5bc6\u7801"
    lab = real_lab_with(users=f"alice@example.test:{{PLAIN}}{password}::::::\n", wait_for=("imaps",))
    for name in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "DIGEST-MD5"):
        let_in, _ = log_in(lab, MECHANISMS[name], Credentials("alice@example.test", password))
        assert let_in, name


def test_dovecot_refuses_a_wrong_password(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(wait_for=("imaps",))
    let_in, steps = log_in(lab, MECHANISMS["SCRAM-SHA-256"], Credentials("alice@example.test", "wrong"))
    assert not let_in and Done() not in steps


def test_only_plain_and_login_do_not_depend_on_how_dovecot_hashes_an_umlaut(
    real_lab_with: Callable[..., RealLab],
) -> None:
    lab = real_lab_with(
        users="alice@example.test:{PLAIN}pa\u0308ss::::::\nbob:{PLAIN}p\u00e4ss::::::\n", wait_for=("imaps",)
    )
    decomposed, composed = Credentials("alice@example.test", "pa\u0308ss"), Credentials("bob", "p\u00e4ss")
    assert [log_in(lab, MECHANISMS[name], decomposed)[0] for name in ("PLAIN", "LOGIN")] == [True, True]
    # RFC 5802 has the password prepared, RFC 2831 wants it in ISO 8859-1 where that is possible.
    assert not log_in(lab, MECHANISMS["SCRAM-SHA-256"], decomposed)[0]
    assert not log_in(lab, MECHANISMS["DIGEST-MD5"], composed)[0]
