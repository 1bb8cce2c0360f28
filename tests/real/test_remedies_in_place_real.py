"""What is told to be changed, changed in the files of a Postfix and a Dovecot that run: then the check passes."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest

from insidecheck import checked, dovecot_of, postfix_of
from labcheck import ALICE, BOB
from mailproof.lab.real.server import ACCOUNTS, RealLab
from mailproof.model.remedy import Remedy
from remedied import applied

pytestmark = pytest.mark.real

Lab = Callable[..., RealLab]
_OUTSIDER = ("--source", "127.0.0.200", "--xclient", "ADDR=203.0.113.7", "--xclient", "NAME=client.example.com")
# A loaded machine: daemons that were told to read their files again do so when they come to it.
_SECONDS = 90.0


# Of 512 bits, by openssl dhparam.
_SHORT_DH = """-----BEGIN DH PARAMETERS-----
MEYCQQDMReRZoyeESx2IWWjem9Y7QrxsHU5RNVxyMC+DrOejk+rkYza02MGUm+nI
ALosKhGKedUgPdAv+2EHDbnN9uNPAgEC
-----END DH PARAMETERS-----
"""
_OWN_USERS = "".join(
    f"{name}:{{PLAIN}}{word}::::::userdb_uid=mail userdb_gid=mail userdb_home=/var/empty/{name}\n"
    for name, word in ACCOUNTS.items()
)
_USERDB = """userdb {
  driver = passwd-file
  args = username_format=%u @directory@/dovecot/users
  default_fields = uid=mail gid=mail home=@directory@/dovecot/home/%u
}
"""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    cause: str
    """The finding that must have the remedy."""
    seen: str = ""
    """What is seen from outside because of it, where something is."""
    broken: dict[str, Any]
    """Arguments of the lab."""
    schemes: tuple[str, ...] = ("smtp",)
    ask: tuple[str, ...] = ()
    told_by_log: bool = False


CASES = (
    Case(
        cause="tls-wrappermode-missing",
        seen="implicit-tls-missing",
        broken={"master": {"submissions": {"smtpd_tls_wrappermode": None}}},
        schemes=("submissions",),
    ),
    Case(
        cause="sasl-disabled",
        seen="auth-not-offered",
        broken={"master": {"submission": {"smtpd_sasl_auth_enable": "no"}}},
        schemes=("submission",),
    ),
    Case(
        cause="tls-disabled",
        seen="starttls-not-offered",
        broken={
            "main": {"smtpd_tls_security_level": "none"},
            "master": {"submission": {"smtpd_tls_security_level": None}},
        },
        schemes=("smtp", "submission"),
    ),
    Case(
        cause="open-relay-by-mynetworks",
        seen="open-relay",
        broken={"main": {"mynetworks": "127.0.0.9/32, 0.0.0.0/0"}},
        ask=_OUTSIDER,
    ),
    Case(
        cause="restriction-misspelt",
        seen="server-config-problem",
        broken={"main": {"smtpd_recipient_restrictions": "reject_unauth_destinaton, permit"}},
    ),
    Case(
        cause="relay-restrictions-missing",
        seen="",
        broken={
            "main": {"smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, permit_mx_backup"}
        },
    ),
    Case(
        cause="tls-version-too-new-only",
        seen="tls-version-too-new-only",
        broken={"main": {"smtpd_tls_protocols": ">=TLSv1.3"}},
    ),
    Case(
        cause="login-in-clear-allowed",
        seen="auth-offered-in-clear",
        broken={"main": {"smtpd_tls_auth_only": "no", "smtpd_sasl_auth_enable": "yes"}},
    ),
    Case(
        cause="domain-in-two-classes",
        seen="not-delivered",
        broken={"main": {"mydestination": "localhost, $mydomain", "local_transport": "discard:local"}},
        schemes=("submission", "imaps"),
        ask=("--deliver",),
    ),
    Case(
        cause="sasl-socket-missing",
        seen="",
        broken={"main": {"smtpd_sasl_path": "@directory@/dovecot/run/auth-postfx"}},
        schemes=("submission",),
    ),
    Case(
        cause="sasl-socket-permission",
        seen="",
        broken={"dovecot_replace": {"mode = 0660\n    user = postfix\n    group = postfix": "mode = 0600"}},
        schemes=("submission",),
    ),
    Case(
        cause="delivery-socket-missing",
        seen="not-delivered",
        broken={"main": {"virtual_transport": "lmtp:unix:@directory@/dovecot/run/lmtp-postfx"}},
        schemes=("submission", "imaps"),
        ask=("--deliver",),
    ),
    Case(
        cause="lookup-table-not-built",
        seen="",
        broken={
            "main": {"virtual_alias_maps": "hash:@directory@/postfix/etc/virtual"},
            "files": {"postfix/etc/virtual": "info@example.test alice@example.test\n"},
        },
    ),
    Case(
        cause="header-not-rewritten",
        seen="",
        broken={"main": {"sender_canonical_maps": "inline:{ alice@example.test=outside@example.test }"}},
        schemes=("submission", "imaps"),
        ask=("--deliver", "--source", "127.0.0.2"),
    ),
    Case(
        cause="tls-disabled",
        seen="starttls-not-offered",
        broken={"dovecot_replace": {"\nssl = yes\nssl_cert": "\nssl = no\nssl_cert"}, "wait_for": ("imap", "smtp")},
        schemes=("imap", "pop3"),
    ),
    Case(
        cause="login-in-clear-allowed",
        seen="",
        broken={"dovecot_replace": {"disable_plaintext_auth = yes": "disable_plaintext_auth = no"}},
        schemes=("imap",),
    ),
    Case(
        cause="dovecot-protocol-disabled",
        seen="port-closed",
        broken={
            "dovecot_replace": {"protocols = imap pop3 lmtp sieve": "protocols = imap lmtp sieve"},
            "wait_for": ("imap", "smtp"),
        },
        schemes=("imap", "pop3"),
    ),
    Case(
        cause="dovecot-key-not-a-file",
        seen="",
        broken={"dovecot_replace": {"ssl_key = <": "ssl_key = "}},
        schemes=("imap",),
    ),
    *(
        Case(
            cause="tls-context-broken",
            seen="tls-handshake-failed",
            broken={"dovecot": f"{line}\n", "files": {"dh.pem": _SHORT_DH}},
            schemes=("imaps",),
            told_by_log=True,
        )
        for line in (
            "ssl_min_protocol = TLS1.2",
            "ssl_cipher_list = NOSUCHCIPHER",
            "ssl_cipher_suites = TLS_NOSUCH",
            "ssl_curve_list = NOSUCH",
            "ssl_dh = <@directory@/dh.pem",
        )
    ),
    *(
        Case(
            cause="mailbox-setup-broken",
            seen="closed-unexpectedly",
            broken={"dovecot": lines},
            schemes=("submission", "imaps"),
            ask=("--deliver",),
            told_by_log=True,
        )
        for lines in ("mail_plugins = $mail_plugins quotta\n", "namespace inbox {\n  prefix =\n}\n")
    ),
    Case(
        cause="userdb-missing",
        seen="delivery-deferred",
        broken={"users": _OWN_USERS, "dovecot_replace": {_USERDB: "userdb {\n  driver = prefetch\n}\n"}},
        schemes=("submission", "imaps"),
        ask=("--deliver",),
        told_by_log=True,
    ),
    Case(
        cause="proxy-header-missing",
        seen="tls-handshake-failed",
        broken={"dovecot_replace": {"inet_listener imaps {": "inet_listener imaps {\n    haproxy = yes"}},
        schemes=("imaps",),
        told_by_log=True,
    ),
)  # fmt: skip


def judged(lab: RealLab, case: Case) -> list[dict[str, Any]]:
    evidence = (*postfix_of(lab), *dovecot_of(lab))
    if not case.told_by_log:
        evidence = ("--postfix-dir", str(lab.postfix_dir), "--dovecot-conf", str(lab.dovecot_conf))
    told = checked(
        lab,
        *(lab.urls[scheme] for scheme in case.schemes),
        *("--user", ALICE, "--password-env", "PW", "--mailbox", BOB),
        *("--mailbox-user", BOB, "--mailbox-password-env", "PW2", *case.ask, *evidence),
    )
    findings: list[dict[str, Any]] = told["findings"]
    return findings


def mend(lab: RealLab, remedy: Remedy) -> None:
    """What an administrator would do: change the lines, run the commands."""
    for path in {change.file for change in remedy.changes}:
        file = Path(path)
        file.write_bytes(applied(file.read_bytes(), [change for change in remedy.changes if change.file == path]))
    own = {"postfix": str(lab.postfix_dir), "postmap": str(lab.postfix_dir), "doveadm": str(lab.dovecot_conf)}
    for command in remedy.then:
        program, *words = shlex.split(command)
        assert program in own, command
        run = [f"/usr/sbin/{program}" if program != "doveadm" else "doveadm", "-c", own[program], *words]
        done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, (run, done.stdout, done.stderr)


def each_case() -> list[Any]:
    telling = (
        "open-relay-by-mynetworks",
        "tls-wrappermode-missing",
        "delivery-socket-missing",
        "dovecot-protocol-disabled",
    )
    return [
        pytest.param(
            case,
            id=f"{case.cause}-{'-'.join(case.schemes)}",
            marks=() if case.cause in telling else pytest.mark.long,
        )
        for case in CASES
    ]


@pytest.mark.parametrize("case", each_case())
def test_what_is_told_to_be_changed_mends_it(case: Case, real_lab_with: Lab) -> None:
    lab = real_lab_with(**case.broken)
    broken = judged(lab, case)
    assert not case.seen or case.seen in {item["name"] for item in broken}
    (cause,) = (item for item in broken if item["name"] == case.cause and "remedy" in item)
    assert not cause["explained_by"]
    mend(lab, msgspec.convert(cause["remedy"], Remedy))
    before = monotonic() + _SECONDS
    while True:
        left = [
            item["name"] for item in judged(lab, case) if item["severity"] == "fail" or item["name"] == case.cause
        ]
        if not left or monotonic() > before:
            break
    assert left == []
