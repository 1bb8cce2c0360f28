"""A healthy server of each brand, checked with TLS and login, has no fault: the check knows no favourites."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from brandlist import brands
from courierserver import COURIER
from cyrusserver import CYRUS
from eximserver import EXIM
from opensmtpdserver import OPENSMTPD, OPENSMTPD_OF_DEBIAN_12
from sendmailserver import SENDMAIL
from unpacked import Brand, serving

from labcheck import BOB, causes, check, facts, reported
from mailproof.lab.real.server import DOVECOT_SCHEMES, POSTFIX_SCHEMES, RealLab
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Severity
from mailproof.model.report import Verdict
from mailproof.model.retrieval import Retrieved

pytestmark = pytest.mark.real

DOCS = Path(__file__).resolve().parents[2] / "docs"

TOLD = {
    "exim": {
        "auth-only-after-tls",
        "greeting-reveals-software",
        "login-required",
        "sender-not-checked",
        "tls-version-obsolete",
    },
    "opensmtpd-backports": {"auth-only-after-tls", "login-required", "sender-not-checked"},
    "sendmail": {
        "auth-only-after-tls",
        "greeting-reveals-software",
        "login-required",
        "relay-allowed-here",
        "sender-not-checked",
        "vrfy-reveals-users",
    },
    "cyrus": {"greeting-reveals-software"},
    "courier": {"tls-version-obsolete"},
}
"""What is said of a healthy server, all of it `info`; docs/servers.md says why."""

TITLES = {
    "exim": "Exim",
    "opensmtpd-backports": "OpenSMTPD",
    "sendmail": "sendmail",
    "cyrus": "Cyrus IMAP",
    "courier": "Courier",
}


_EXIM_ACLS = "begin acl\nacl_login"
_MAILER = "MAILER(`local')dnl"

REMEDIES = (
    (EXIM, _EXIM_ACLS, "smtp_banner = $smtp_active_hostname ESMTP", "greeting-reveals-software"),
    (EXIM, _EXIM_ACLS, "tls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1", "tls-version-obsolete"),
    (SENDMAIL, _MAILER, "define(`confSMTP_LOGIN_MSG', `$j ESMTP')dnl", "greeting-reveals-software"),
    (
        SENDMAIL,
        _MAILER,
        "define(`confPRIVACY_FLAGS', "
        "`needmailhelo,authwarnings,restrictqrun,restrictexpand,nobodyreturn,novrfy,noexpn')dnl",
        "vrfy-reveals-users",
    ),
    (CYRUS, "admins:", "serverinfo: off", "greeting-reveals-software"),
    (COURIER, "TLS_CACHEFILE=", 'TLS_PRIORITY="NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"', "tls-version-obsolete"),
)
"""By brand: before which line of its configuration another is put, and what is then no longer said of it."""


@pytest.fixture(scope="module")
def sound(server: SimpleNamespace) -> SimpleNamespace:
    """One check of everything that it serves, with a login at each port."""
    return SimpleNamespace(
        brand=server.brand,
        report=reported(check(server, *server.ports, mailbox=BOB if "smtp" in server.ports else "")),
    )


def test_nothing_is_wrong_with_it(sound: SimpleNamespace) -> None:
    assert [item for item in sound.report.findings if item.severity is not Severity.INFO] == []
    assert sound.report.causes == ()
    assert {item.name for item in sound.report.passed} >= {
        *("port-open", "greeting-in-time", "session-complete", "starttls-offered", "starttls-accepted"),
        *("tls-handshake", "certificate-trusted", "certificate-names-host", "login-accepted", "password-protected"),
    }


def test_what_is_said_of_it_is_justified_in_the_documentation(sound: SimpleNamespace) -> None:
    assert {item.name for item in sound.report.findings} == TOLD[sound.brand]
    for page in ("servers.md", "servers.ja.md"):
        parts = re.split(r"^## ", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)
        (part,) = (part for part in parts if part.startswith(TITLES[sound.brand]))
        assert {name for name in TOLD[sound.brand] if f"`{name}`" not in part} == set()


@pytest.mark.parametrize("schemes", [POSTFIX_SCHEMES, DOVECOT_SCHEMES], ids=["Postfix", "Dovecot"])
def test_the_table_of_the_documentation_holds_for_this_machine_too(
    real_lab: RealLab, schemes: tuple[str, ...]
) -> None:
    mailbox = BOB if schemes is POSTFIX_SCHEMES else ""
    told = {item.name for item in reported(check(real_lab, *schemes, mailbox=mailbox)).findings}
    brand = "Postfix" if schemes is POSTFIX_SCHEMES else "Dovecot"
    for page in ("servers.md", "servers.ja.md"):
        (row,) = re.findall(rf"^\| {brand} .*", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)
        assert set(re.findall(r"`([a-z-]+)`", row)) == told


@pytest.mark.parametrize(
    ("brand", "before", "line", "gone"),
    [
        pytest.param(*able.values, *rest, id=f"{brand.name}-{rest[-1]}", marks=able.marks)
        for brand, *rest in REMEDIES
        for able in brands(brand)
    ],
)
def test_a_remedy_that_is_named_there_takes_it_away(brand: Brand, before: str, line: str, gone: str) -> None:
    with serving(brand, changes={before: f"{line}\n{before}"}) as lab:
        report = reported(check(lab, *lab.ports, user="", mailbox=BOB if "smtp" in lab.ports else ""))
    assert {item.name for item in report.findings} == TOLD[brand.name] - {gone, "sender-not-checked"}  # no login
    for page in ("servers.md", "servers.ja.md"):
        assert f"`{line}`" in (DOCS / page).read_text("utf-8")


def test_every_port_takes_the_login(server: SimpleNamespace, sound: SimpleNamespace) -> None:
    assert sound.report.verdict is Verdict.PASS
    places = {item.endpoint for item in sound.report.passed if item.name == "login-accepted"}
    late = {item.endpoint for item in sound.report.not_tested if item.why.startswith("the server wants its logins")}
    # OpenSMTPD offers strangers no login on port 25 unless its line says `auth-optional`.
    none = ("lmtp", "smtp") if server.brand.startswith("opensmtpd") else ("lmtp",)
    assert places | late == {url for scheme, url in server.urls.items() if scheme not in none}
    # Cyrus takes one login by POP3 a minute.
    assert late == ({server.urls["pop3s"]} if server.brand == "cyrus" else set())


def test_a_wrong_password_is_named_and_nothing_else(server: SimpleNamespace) -> None:
    assert causes(check(server, *server.ports, password="not-the-password")) == ["auth-rejected"]


def test_an_account_that_does_not_exist(server: SimpleNamespace) -> None:
    record = check(server, *server.ports, user="nobody@example.test", password="any-at-all")
    assert causes(record) == ["auth-rejected"]


def test_a_mailbox_that_does_not_exist(server: SimpleNamespace) -> None:
    if "smtp" not in server.urls:
        pytest.skip("takes no mail by SMTP")
    assert causes(check(server, "smtp", user="", mailbox="no-such-mailbox@example.test")) == ["recipient-unknown"]


@pytest.mark.parametrize("brand", brands(EXIM, OPENSMTPD, SENDMAIL))
def test_a_message_handed_in_by_submission_arrives(brand: Brand) -> None:
    with serving(brand) as lab:
        report = reported(check(lab, "submission", deliver=True))
        lab.wait_until(lambda: any(b"X-Mailproof-Token: " in path.read_bytes() for path in of_bob(lab.directory)))
    assert "message-accepted" in {item.name for item in report.passed}


def of_bob(directory: Path) -> list[Path]:
    """Files of his mailbox, wherever the server keeps it."""
    found = (path for folder in ("mail", "spool/mailboxes") for path in (directory / folder).glob("**/*"))
    return [path for path in found if "bob" in path.relative_to(directory).parts and path.is_file()]


@pytest.mark.parametrize("brand", brands(CYRUS))
def test_a_message_handed_in_by_lmtp_is_found_by_imap_and_by_pop3(brand: Brand) -> None:
    with serving(brand) as lab:
        urls = [lab.urls["lmtp"], lab.urls["imap"], lab.urls["pop3"]]
        record = check(lab, user="", urls=urls, mailbox=BOB, deliver=True)
    assert [submitted.recipient for submitted in facts(record, Submitted)] == [BOB]
    assert "message-delivered" in {item.name for item in reported(record).passed}
    assert [seen.found for seen in facts(record, Retrieved)] != []


@pytest.mark.parametrize("brand", brands(OPENSMTPD_OF_DEBIAN_12))
def test_debian_12_has_an_opensmtpd_without_a_working_handshake(brand: Brand) -> None:
    with serving(brand) as lab:
        report = reported(check(lab, *lab.ports))
    (cause,) = report.causes
    assert (cause.name, cause.params) == ("tls-handshake-failed", {"reason": "internal_error"})
    assert set(cause.endpoints) == set(lab.urls.values())
