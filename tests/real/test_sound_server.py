"""A healthy private Postfix and Dovecot pass; broken in one way, that way is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labcheck import ALICE, BOB, SEVEN, causes, check, facts, read_back, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.attempt import Job
from mailproof.model.authentication import LoginTried
from mailproof.model.envelope import EnvelopeTried, Submitted, XclientTried
from mailproof.model.finding import Severity
from mailproof.model.record import Record
from mailproof.model.report import Verdict
from mailproof.model.retrieval import Retrieved
from mailproof.script.authority import CertificateKind

pytestmark = pytest.mark.real

Lab = Callable[..., RealLab]


@pytest.fixture(scope="module")
def sound(real_lab: RealLab) -> Record:
    """One check of everything: all seven endpoints, a login at each, a message from alice to bob."""
    return check(real_lab, deliver=True)


def test_the_verdict_is_pass(sound: Record) -> None:
    report = reported(sound)
    assert report.verdict is Verdict.PASS
    assert report.causes == ()
    assert [item for item in report.findings if item.severity is not Severity.INFO] == []


def test_what_passed_is_shown(sound: Record) -> None:
    passed = reported(sound).passed
    assert all(item.evidence and all(piece.text for piece in item.evidence) for item in passed)
    assert {item.name for item in passed} >= {
        *("port-open", "greeting-in-time", "session-complete"),
        *("starttls-offered", "starttls-accepted", "tls-handshake", "certificate-trusted", "certificate-names-host"),
        *("login-accepted", "relay-closed", "mailbox-accepted", "unknown-recipient-refused"),
        *("message-accepted", "message-delivered"),
    }


def test_both_users_were_logged_in_once_at_each_endpoint_of_theirs(sound: Record) -> None:
    logins = [s for s in sound.seen(LoginTried) if s.attempt.job == "login"]
    assert all(login.fact.accepted for login in logins)
    who = {user: sorted(s.endpoint.scheme for s in logins if s.fact.user == user) for user in (ALICE, BOB)}
    # Postfix offers no login to strangers on port 25.
    assert who[ALICE] == sorted(scheme for scheme in SEVEN if scheme != "smtp")
    assert who[BOB] == sorted(scheme for scheme in SEVEN if scheme.startswith(("pop3", "imap")))


def test_the_message_is_found_by_imap_and_by_pop3(sound: Record, real_lab: RealLab) -> None:
    (submitted,) = [sighting.fact for sighting in sound.seen(Submitted)]
    assert (submitted.sender, submitted.recipient) == (ALICE, BOB)
    assert f" {submitted.queue_id}: " in real_lab.mail_log.read_text()
    found = list(sound.seen(Retrieved))
    assert sorted(sighting.endpoint.scheme.protocol for sighting in found) == ["imap", "pop3"]
    assert all(sighting.fact.found for sighting in found)


def test_the_record_reads_back_and_is_judged_the_same(sound: Record) -> None:
    again = read_back(sound)
    assert again == sound
    assert reported(again) == reported(sound)


CERTIFICATES = {
    CertificateKind.EXPIRED: "certificate-expired",
    CertificateKind.NOT_YET_VALID: "certificate-not-yet-valid",
    CertificateKind.EXPIRES_SOON: "certificate-expires-soon",
    CertificateKind.SELF_SIGNED: "certificate-self-signed",
    CertificateKind.UNTRUSTED_ROOT: "certificate-untrusted-root",
    CertificateKind.NO_INTERMEDIATE: "certificate-chain-incomplete",
    CertificateKind.WRONG_NAME: "certificate-name-mismatch",
    CertificateKind.WEAK_KEY: "certificate-key-weak",
    CertificateKind.SHA1: "certificate-signature-weak",
}


# OpenSSL in Dovecot presents no weak certificate unless it is told to; Postfix says @SECLEVEL=0 by itself.
WEAK = "ssl_cipher_list = DEFAULT@SECLEVEL=0\n"


@pytest.mark.parametrize(("kind", "name"), CERTIFICATES.items())
def test_a_certificate_with_one_fault_is_named_once_over_all_ports(
    real_lab_with: Lab, kind: CertificateKind, name: str
) -> None:
    (cause,) = reported(check(real_lab_with(certificate=kind, dovecot=WEAK))).causes
    assert cause.name == name
    assert schemes_of(cause.endpoints) == SEVEN


def test_only_the_server_with_the_bad_certificate_is_named(real_lab_with: Lab) -> None:
    report = reported(check(real_lab_with(dovecot_certificate=CertificateKind.EXPIRED)))
    (cause,) = report.causes
    assert cause.name == "certificate-expired"
    assert schemes_of(cause.endpoints) == SEVEN[3:]


def test_no_tls_in_postfix(real_lab_with: Lab) -> None:
    lab = real_lab_with(
        main={"smtpd_tls_security_level": "none"}, master={"submission": {"smtpd_tls_security_level": None}}
    )
    assert causes(check(lab, "smtp", "submission")) == ["starttls-not-offered"]


def test_wrappermode_missing_on_465(real_lab_with: Lab) -> None:
    lab = real_lab_with(master={"submissions": {"smtpd_tls_wrappermode": None}})
    assert causes(check(lab)) == ["implicit-tls-missing"]


def test_wrappermode_misplaced_on_587(real_lab_with: Lab) -> None:
    lab = real_lab_with(master={"submission": {"smtpd_tls_wrappermode": "yes"}})
    assert causes(check(lab)) == ["implicit-tls-unexpected"]


def test_no_login_on_submission(real_lab_with: Lab) -> None:
    lab = real_lab_with(master={"submission": {"smtpd_sasl_auth_enable": None}})
    assert causes(check(lab)) == ["auth-not-offered"]


def test_a_wrong_password(real_lab: RealLab) -> None:
    assert causes(check(real_lab, password="not-the-password")) == ["auth-rejected"]


def test_an_account_that_does_not_exist(real_lab: RealLab) -> None:
    assert causes(check(real_lab, user="nobody@example.test", password="anything-at-all")) == ["auth-rejected"]


def test_a_mailbox_that_does_not_exist(real_lab: RealLab) -> None:
    assert causes(check(real_lab, "smtp", mailbox="nobody@example.test")) == ["recipient-unknown"]


def test_relaying_for_this_machine_is_no_open_relay(real_lab_with: Lab) -> None:
    record = check(real_lab_with(main={"mynetworks": "127.0.0.0/8"}), "smtp")
    report = reported(record)
    assert {item.name for item in report.findings if item.severity is not Severity.FAIL} >= {"relay-allowed-here"}
    assert "open-relay" not in {item.name for item in report.findings}
    assert "relay-closed" in {item.what for item in report.not_tested}


def test_an_open_relay_is_found_as_the_outside_client_that_xclient_makes_of_us(real_lab_with: Lab) -> None:
    lab = real_lab_with(main={"mynetworks": "127.0.0.9/32, 203.0.113.0/24"})
    record = check(lab, "smtp", source="127.0.0.200", xclient=["ADDR=203.0.113.7", "NAME=client.example.com"])
    assert causes(record) == ["open-relay"]


def test_the_outside_client_that_xclient_makes_of_us_is_refused_by_the_sound_server(real_lab: RealLab) -> None:
    record = check(real_lab, "smtp", source="127.0.0.200", xclient=["ADDR=203.0.113.7", "NAME=client.example.com"])
    assert causes(record) == []
    assert "relay-closed" in {item.name for item in reported(record).passed}


ALL_OF_XCLIENT = (
    *("NAME=client.example.com", "REVERSE_NAME=client.example.com", "ADDR=203.0.113.7", "PORT=40001", "PROTO=ESMTP"),
    *("HELO=helo.example.com", f"LOGIN={ALICE}", "DESTADDR=192.0.2.25", "DESTPORT=25"),
)


def test_every_attribute_of_xclient_is_taken(real_lab: RealLab) -> None:
    record = check(real_lab, "smtp", "submission", user="", source="127.0.0.200", xclient=ALL_OF_XCLIENT)
    assert [(tried.offered, tried.missing, tried.reply.code) for tried in facts(record, XclientTried)][:1] == [
        (True, (), "220")
    ]
    # Whom the server takes for logged in is no stranger: what he may relay says nothing of strangers.
    surveyed = [s.fact for s in record.seen(EnvelopeTried) if s.attempt.job is Job.SURVEY]
    assert surveyed and all(tried.logged_in for tried in surveyed)
    assert not {"open-relay", "submission-without-login"} & set(causes(record))
    assert "client.example.com[203.0.113.7]" in real_lab.mail_log.read_text()


def test_xclient_is_for_whom_the_server_lets(real_lab: RealLab) -> None:
    record = check(real_lab, "smtp", user="", mailbox="", xclient=("ADDR=203.0.113.7",))
    assert [tried.offered for tried in facts(record, XclientTried)] == [False]
    assert "xclient-refused" in {item.reason for item in reported(record).not_tested}


def test_a_service_that_is_not_there(real_lab_with: Lab) -> None:
    assert causes(check(real_lab_with(master={"submission": None}), "submission", "submissions")) == ["port-closed"]


def test_mail_that_is_kept_in_the_queue_is_not_delivered(real_lab_with: Lab) -> None:
    lab = real_lab_with(main={"virtual_transport": "lmtp:unix:@directory@/nobody-listens-here"})
    record = check(lab, "submission", "imaps", deliver=True, timeout=10.0)
    assert causes(record) == ["not-delivered"]


def schemes_of(urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(url.partition(":")[0] for url in urls)
