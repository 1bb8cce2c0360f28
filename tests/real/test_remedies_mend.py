"""The lines of a page's remedy, written into a broken Postfix or Dovecot, make its finding go away."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from _pytest.mark import ParameterSet

from labcheck import check, reported
from mailproof.catalog.pages import load
from mailproof.lab.real.server import RealLab
from mailproof.model.finding import Severity
from mailproof.model.record import Record
from mailproof.model.tls import TlsPolicy

pytestmark = pytest.mark.real

Lab = Callable[..., RealLab]
_PASSWORD = "correct-horse"
_OUTSIDER = {"source": "127.0.0.200", "xclient": ["ADDR=203.0.113.7", "NAME=client.example.com"]}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    finding: str
    main: dict[str, str | None] = {}
    master: dict[str, Any] = {}
    dovecot: str = ""
    users: str | None = None
    """A passwd-file of Dovecot, with @hash@ for the password."""
    listens: tuple[str, ...] | None = None
    """What the broken server is waited for, where it is not everything."""
    schemes: tuple[str, ...] = ("smtp",)
    ask: dict[str, Any] = {}
    takes: tuple[str, ...]
    """The settings of the page that mend it; they must stand there."""


CASES = (
    Case(
        finding="starttls-not-offered",
        main={"smtpd_tls_security_level": "none"},
        master={"submission": {"smtpd_tls_security_level": None}},
        schemes=("smtp", "submission"),
        takes=("smtpd_tls_security_level", "-o smtpd_tls_security_level"),
    ),
    Case(
        finding="starttls-not-offered",
        dovecot="ssl = no\n",
        schemes=("imap", "pop3"),
        listens=("imap", "pop3"),
        takes=("ssl",),
    ),
    Case(
        finding="auth-offered-in-clear",
        main={"smtpd_tls_auth_only": "no", "smtpd_sasl_auth_enable": "yes"},
        takes=("smtpd_tls_auth_only",),
    ),
    Case(
        finding="auth-not-offered",
        master={"submission": {"smtpd_sasl_auth_enable": None}},
        schemes=("submission",),
        takes=("smtpd_sasl_auth_enable",),
    ),
    Case(
        finding="auth-legacy-syntax",
        main={"broken_sasl_auth_clients": "yes"},
        schemes=("submission",),
        takes=("broken_sasl_auth_clients",),
    ),
    Case(
        finding="auth-mechanism-broken",
        users="alice@example.test:@hash@::::::\n",
        schemes=("imaps",),
        ask={"all_mechanisms": True},
        takes=("auth_mechanisms",),
    ),
    Case(
        finding="open-relay",
        main={"mynetworks": "127.0.0.9/32, 203.0.113.0/24"},
        ask=_OUTSIDER,
        takes=("mynetworks", "smtpd_relay_restrictions"),
    ),
    Case(
        finding="relay-denied",
        main={"smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination"},
        schemes=("submission",),
        takes=("smtpd_relay_restrictions",),
    ),
    Case(
        finding="relay-deferred",
        main={"smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"},
        takes=("smtpd_relay_restrictions", "soft_bounce"),
    ),
    Case(
        finding="submission-without-login",
        main={"mynetworks": "127.0.0.9/32, 203.0.113.0/24"},
        master={"submission": {"smtpd_client_restrictions": None}},
        schemes=("submission",),
        ask=_OUTSIDER,
        takes=("-o smtpd_relay_restrictions", "-o smtpd_recipient_restrictions"),
    ),
    Case(
        finding="own-domain-rejected",
        main={"virtual_mailbox_domains": "", "relay_domains": ""},
        takes=("virtual_mailbox_domains",),
    ),
    Case(
        finding="tls-required-on-mx",
        main={"smtpd_tls_security_level": "encrypt"},
        ask={"tls": TlsPolicy.NEVER, "user": ""},
        takes=("smtpd_tls_security_level",),
    ),
    Case(
        finding="tls-version-obsolete",
        main={"smtpd_tls_protocols": ">=TLSv1", "smtpd_tls_mandatory_protocols": ">=TLSv1"},
        takes=("smtpd_tls_mandatory_protocols", "smtpd_tls_protocols"),
    ),
    Case(
        finding="tls-version-too-new-only",
        main={"smtpd_tls_protocols": ">=TLSv1.3"},
        takes=("smtpd_tls_mandatory_protocols", "smtpd_tls_protocols"),
    ),
    Case(
        finding="greeting-reveals-software",
        main={"smtpd_banner": "$myhostname ESMTP $mail_name $mail_version"},
        takes=("smtpd_banner",),
    ),
    Case(
        finding="greeting-reveals-software",
        dovecot="login_greeting = Dovecot 2.3.19 ready.\n",
        schemes=("pop3s",),
        takes=("login_greeting",),
    ),
    Case(
        finding="implicit-tls-missing",
        master={"submissions": {"smtpd_tls_wrappermode": None}},
        schemes=("submissions",),
        takes=("-o smtpd_tls_wrappermode", "-o smtpd_sasl_auth_enable"),
    ),
    Case(
        finding="vrfy-reveals-users",
        main={"disable_vrfy_command": "no"},
        takes=("disable_vrfy_command",),
    ),
    Case(
        finding="message-too-big",
        main={"message_size_limit": "200", "mailbox_size_limit": "200"},
        schemes=("submission", "imaps"),
        ask={"deliver": True},
        takes=("message_size_limit", "mailbox_size_limit", "virtual_mailbox_limit"),
    ),
    Case(
        finding="header-not-rewritten",
        main={"sender_canonical_maps": "inline:{ alice@example.test=outside@example.test }"},
        schemes=("submission", "imaps"),
        ask={"deliver": True, "source": "127.0.0.2"},
        takes=("local_header_rewrite_clients",),
    ),
    Case(
        finding="client-certificate-required",
        main={"smtpd_tls_req_ccert": "yes"},
        schemes=("submission",),
        takes=("postconf -X smtpd_tls_req_ccert",),
    ),
)


def remedies(finding: str, takes: tuple[str, ...]) -> dict[str, str | None]:
    """The value of each of these settings as the page's remedy has it; None for what it takes away."""
    text = load(finding, "en").sections["mend"].replace("example.com", "example.test")
    found: dict[str, str | None] = {}
    for name in takes:
        bare = name.removeprefix("-o ")
        if bare.startswith("postconf -X "):
            assert bare in text
            found[name] = None
            continue
        said = re.search(rf"(?:^ {{4,}}|`|'){re.escape(name)} ?= ?([^`'\n]+)", text, re.MULTILINE)
        assert said, f"the page of {finding} does not say {name}"
        found[name] = said[1].strip()
    return found


def mended(case: Case) -> dict[str, Any]:
    """The arguments of the broken server, with the page's lines in it."""
    main, master, dovecot = dict(case.main), {key: dict(value) for key, value in case.master.items()}, case.dovecot
    for name, value in remedies(case.finding, case.takes).items():
        if name.startswith("-o "):
            for scheme in {"submission", "submissions"} & set(case.schemes):
                master.setdefault(scheme, {})[name.removeprefix("-o ")] = value
        elif name.startswith("postconf -X "):
            main[name.rpartition(" ")[2]] = None
        elif set(case.schemes) & {"smtp", "submission", "submissions"} and not case.dovecot:
            main[name] = value
        else:
            dovecot += f"{name} = {value}\n"
    return {"main": main, "master": master, "dovecot": dovecot, "users": users(case)}


def users(case: Case) -> str | None:
    if case.users is None:
        return None
    command = ["doveadm", "pw", "-s", "SHA512-CRYPT", "-p", _PASSWORD]
    return case.users.replace(
        "@hash@", subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    )


def named(lab: RealLab, case: Case) -> Mapping[str, Severity]:
    ask = dict(case.ask)
    if case.users is not None:
        ask["password"] = _PASSWORD
    record: Record = check(lab, *case.schemes, **ask)
    return {item.name: item.severity for item in reported(record).findings}


def each_case() -> list[ParameterSet]:
    """A telling few in every run of the tests; the others are long."""
    telling = ("open-relay", "auth-mechanism-broken", "header-not-rewritten", "implicit-tls-missing")
    return [
        pytest.param(
            case,
            id=f"{case.finding}-{'-'.join(case.schemes)}",
            marks=() if case.finding in telling else pytest.mark.long,
        )
        for case in CASES
    ]


@pytest.mark.parametrize("case", each_case())
def test_what_the_page_says_mends_it(case: Case, real_lab_with: Lab) -> None:
    lab = real_lab_with(
        main=case.main, master=case.master, dovecot=case.dovecot, users=users(case), wait_for=case.listens
    )
    broken = named(lab, case)
    assert case.finding in broken
    after = named(real_lab_with(**mended(case)), case)
    assert case.finding not in after
    assert [name for name, severity in after.items() if severity is Severity.FAIL] == []
