"""Mailboxes of a real Dovecot that a user with the right password does not get at."""

from __future__ import annotations

import poplib
import ssl
from collections.abc import Callable

import pytest

from labcheck import ALICE, BOB, check, reported
from mailproof.lab.real.server import RealLab

pytestmark = pytest.mark.real

Lab = Callable[..., RealLab]


def test_a_mail_directory_of_somebody_else_is_one_cause_for_both_protocols(real_lab_with: Lab) -> None:
    lab = real_lab_with(wait_for=("pop3s", "imaps"))
    lab.mailbox(BOB).mkdir(parents=True)
    lab.mailbox(BOB).chmod(0)
    [cause] = reported(check(lab, "pop3s", "imaps", user=BOB)).causes
    assert cause.name == "mailbox-not-opened"
    assert len(cause.endpoints) == 2


@pytest.mark.long  # Dovecot waits ten seconds for the lock before it says so
def test_a_second_session_finds_the_mailbox_in_use(real_lab_with: Lab) -> None:
    lab = real_lab_with(dovecot="pop3_lock_session = yes\n", wait_for=("pop3s",))
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    context.check_hostname = False  # the lab is dialled by its address
    first = poplib.POP3_SSL("127.0.0.1", lab.ports["pop3s"], context=context)
    first.user(ALICE)
    first.pass_(lab.accounts[ALICE])
    [cause] = reported(check(lab, "pop3s", timeout=30.0)).causes
    first.quit()
    assert cause.name == "mailbox-in-use"


def test_a_client_certificate_is_demanded(real_lab_with: Lab) -> None:
    demands = "ssl_verify_client_cert = yes\nauth_ssl_require_client_cert = yes\nssl_ca = <@certificates@/root.pem\n"
    lab = real_lab_with(
        main={"smtpd_tls_CAfile": "@certificates@/root.pem"},
        master={"submissions": {"smtpd_tls_req_ccert": "yes"}},
        dovecot=demands,
        wait_for=("submissions", "imaps"),
    )
    report = reported(check(lab, "submissions", "imaps"))
    print(report)
    assert [cause.name for cause in report.causes] == ["client-certificate-required"]
