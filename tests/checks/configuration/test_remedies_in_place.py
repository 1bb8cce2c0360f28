"""A remedy, applied to the configuration that it is for, makes the finding go away, and touches nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from hypothesis import given
from hypothesis import strategies as st

from configurations import files_of, linted, record_of_files
from growth import seconds
from mailproof.catalog.pages import load, names
from mailproof.model.configuration import FileSeen
from mailproof.model.finding import Severity
from mailproof.model.remedy import Change, Remedy, hunks, in_order, one_remedy
from mailproof.model.report import Judged
from mailproof.parse.postfix.lines import logical_lines
from mailproof.script.authority import Authority
from remedied import applied, mended

BEGIN = "== main.cf\ncompatibility_level = 3.6\nmyhostname = mail.example.com\n"
TLS = "smtpd_tls_security_level = may\nsmtpd_tls_chain_files = /etc/ssl/mail.pem\n"
LIVE = "/etc/letsencrypt/live/mail.example.com"
REST = """cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
local unix - n n - - local
"""
SMTP = "== master.cf\nsmtp inet n - n - - smtpd\n"
SASL = "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\nsmtpd_sasl_type = dovecot\n"
IMAP = "== dovecot.conf\nprotocols = imap\nssl = yes\npassdb {\n  driver = pam\n}\nuserdb {\n  driver = passwd\n}\n"
IMAP_24 = "== dovecot.conf\ndovecot_config_version = 2.4.0\nprotocols = imap\npassdb pam {\n}\nuserdb passwd {\n}\n"

# Beside the examples of the pages: a configuration, and the finding that must have a remedy there.
BROKEN = [
    (f"{BEGIN}smtpd_relay_restrictions = permit_mynetworks,\n   # all\n   permit\n", "relay-restrictions-missing"),
    (f"{BEGIN}smtpd_relay_restrictions =\nsmtpd_recipient_restrictions =\n", "relay-restrictions-missing"),
    (f"{BEGIN}smtpd_relay_restrictions = permit_mynetworks permit_mx_backup\n", "relay-restrictions-missing"),
    (
        f"{BEGIN}smtpd_relay_restrictions = permit, reject_unauth_destination\n"
        "smtpd_recipient_restrictions = reject_non_fqdn_recipient\n",
        "relay-restrictions-missing",
    ),
    (f"{BEGIN}mynetworks = 0.0.0.0/0\n", "open-relay-by-mynetworks"),
    (f"{BEGIN}mynetworks = 127.0.0.1,\n  # all\n  0.0.0.0/0, [::]/0,\n  10.0.0.0/8\n", "open-relay-by-mynetworks"),
    (f"{BEGIN}mynetworks = 127.0.0.1,\n  # all\n  0.0.0.0/0\n  10.0.0.0/8\n", "open-relay-by-mynetworks"),
    (f"{BEGIN}mynetworks = 127.0.0.1, 0.0.0.0/0, 64.0.0.0/2\n", "open-relay-by-mynetworks"),
    (f"{BEGIN}mynetworks_style = class\n", "open-relay-by-mynetworks"),
    (f"{BEGIN}mynetworks = 127.0.0.1, 192.0.2.9/24, [2001:db8::1]/32\n", "value-not-understood"),
    (f"{BEGIN}smtpd_helo_required = on\n", "value-not-understood"),
    (f"{BEGIN}virtual_mailbox_domains =\n   # the domains\n   example.com # ours\n", "comment-in-value"),
    (f"{BEGIN}relayhost = [smtp.example.net]:465\n", "next-hop-tls-mode-wrong"),
    (f"{BEGIN}fallback_relay = [relay.example.net]\n", "setting-dropped"),
    (f"{BEGIN}smtpd_tls_eecdh_grade = strong\n", "setting-dropped"),
    (f"{BEGIN}smtpd_enforce_tls = yes\n", "setting-dropped"),
    (f"{BEGIN}{TLS}smtpd_use_tls = yes\n{SMTP}{REST}", "setting-dropped"),
    (f"{BEGIN}smtpd_recipient_restrictions = check_relay_domains\n", "setting-dropped"),
    (f"{BEGIN}mailbox_size_limit = 0\nmailbox_size_limit =\n   0\n", "parameter-set-twice"),
    (f"{BEGIN}{SMTP}{REST}smtp inet n - n - -  smtpd\n", "service-defined-twice"),
    (f"{BEGIN}{TLS.replace('may', 'none')}{SMTP}{REST}", "tls-disabled"),
    (
        f"{BEGIN}{TLS}{SMTP}{REST}submission inet n - n - - smtpd\n  -o smtpd_tls_security_level=none\n"
        "  -o { smtpd_sasl_auth_enable = yes }\n",
        "tls-disabled",
    ),
    (
        f"{BEGIN}smtpd_tls_security_level = encrypt\nsmtpd_tls_chain_files = /etc/ssl/mail.pem\n{SMTP}"
        f"submission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n{REST}",
        "tls-required-on-mx",
    ),
    (f"{BEGIN}{TLS}smtpd_tls_protocols = TLSv1\n{SMTP}{REST}", "tls-version-obsolete"),
    (f"{BEGIN}{TLS}smtpd_tls_mandatory_protocols = >=TLSv1.3\n{SMTP}{REST}", "tls-version-too-new-only"),
    (f"{BEGIN}{TLS}smtpd_tls_ciphers = low\n{SMTP}{REST}", "tls-settings-weak"),
    (
        f"{BEGIN}{TLS}{SMTP}{REST}submission inet n - n - - smtpd -o smtpd_sasl_auth_enable=no\n",
        "sasl-disabled",
    ),
    (
        f"{BEGIN}{TLS}{SMTP}{REST}submission inet n - n - - smtpd\n\t-o smtpd_sasl_auth_enable=yes\n"
        "\t-o smtpd_tls_wrappermode=yes\nsubmissions inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n",
        "tls-wrappermode-misplaced",
    ),
    (
        f"{BEGIN}{TLS}smtpd_tls_wrappermode = yes\n{SMTP}{REST}submissions inet n - n - - smtpd\n",
        "tls-wrappermode-misplaced",
    ),
    (
        f"{BEGIN}{TLS}{SASL}smtpd_sasl_path = private/auth\n{SMTP}"
        "#submission inet n - y - - smtpd\n#  -o syslog_name=postfix/submission\n#    Instead of this, set that\n"
        f"#  -o smtpd_client_restrictions=$mua_client_restrictions\n#  -o smtpd_tls_security_level=encrypt\n{REST}",
        "service-disabled",
    ),
    (
        f"{BEGIN}{TLS}{SMTP}{REST.replace('tlsmgr unix', '#tlsmgr unix')}",
        "tlsmgr-missing",
    ),
    (f"{BEGIN}{SMTP}{REST.replace('cleanup unix', '#cleanup unix')}", "service-missing"),
    (
        f"{BEGIN}{TLS}{SASL}smtpd_sasl_path = /var/spool/postfix/private/auth\n"
        f"{SMTP.replace('n - n', 'n - y')}{REST}",
        "sasl-outside-chroot",
    ),
    (
        f"{BEGIN}smtpd_milters = inet:127.0.0.1:8891, unix:/var/spool/postfix/opendkim/sock\n"
        f"== master.cf\nsmtp inet n - y - - smtpd\n{REST}",
        "socket-outside-chroot",
    ),
    (
        f"{BEGIN}sender_canonical_maps = inline:{{ a@example.com=b@example.com }}\n",
        "header-not-rewritten",
    ),
    (
        f"{BEGIN}virtual_alias_maps = hash:/etc/postfix/virtual\n== /etc/postfix/virtual\n"
        "a@example.com b\nA@example.com  b\n== /etc/postfix/virtual.db changed 9\n",
        "lookup-table-key-twice",
    ),
    (f"{BEGIN}mydestination = $myhostname, localhost,\n$mydomain\n", "postfix-config-broken"),
    (f"{BEGIN}message_size_limit 10240000\n", "postfix-config-broken"),
    (f"{BEGIN}mydestination = $mydomain, localhost\nvirtual_alias_domains = example.com\n", "domain-in-two-classes"),
    (
        f"{BEGIN}smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {LIVE}/privkey.pem, {LIVE}/cert.pem\n"
        f"== {LIVE}/cert.pem leaf good:mail.example.com mode 644\n"
        f"== {LIVE}/privkey.pem key good:mail.example.com\n"
        f"== {LIVE}/fullchain.pem chain good:mail.example.com mode 644\n{SMTP}{REST}",
        "certificate-chain-incomplete",
    ),
    (f"{IMAP}mail_max_userip_connection = 10\n", "dovecot-setting-unknown"),
    (f"{IMAP}ssl_min_protocol = TLSv1  # for old ones\n", "tls-settings-weak"),
    (f"{IMAP}disable_plaintext_auth = no\n", "login-in-clear-allowed"),
    (f"{IMAP_24}auth_allow_cleartext = yes\n", "login-in-clear-allowed"),
    (f"{IMAP_24}ssl_cert = </etc/ssl/a.pem\n== /etc/ssl/a.pem chain good:m.test key good:m.test", "setting-dropped"),
    (f"{IMAP_24}disable_plaintext_auth = yes\n", "setting-dropped"),
    (f"{IMAP}mail_debug = on\n", "value-not-understood"),
    (f"{IMAP.replace('ssl = yes', 'ssl = no')}ssl_cert = </a.pem\nssl_key = </a.pem\n", "tls-disabled"),
    (f"{IMAP}service lmtp {{\n  user = mail\n", "dovecot-config-broken"),
    (
        f"{BEGIN}{TLS}{SASL}smtpd_sasl_path = private/aut\n{SMTP}{REST}{IMAP}service auth {{\n"
        "  unix_listener /var/spool/postfix/private/auth {\n    mode = 0666\n  }\n}\n",
        "sasl-socket-missing",
    ),
    (f"{BEGIN}{TLS}{SASL}smtpd_sasl_path = private/auth\n{SMTP}{REST}{IMAP}", "sasl-socket-missing"),
    (
        f"{BEGIN}{TLS}{SASL}smtpd_sasl_path = private/auth\n{SMTP}{REST}{IMAP}service auth {{\n"
        "  unix_listener /var/spool/postfix/private/auth {\n  }\n}\n",
        "sasl-socket-permission",
    ),
    (
        f"{BEGIN}virtual_transport = lmtp:unix:private/lmtp\n{SMTP}lmtp unix - - n - - lmtp\n{REST}"
        f"{IMAP.replace('imap', 'imap lmtp', 1)}service lmtp {{\n"
        "  unix_listener /var/spool/postfix/private/dovecot-lmtp {\n    mode = 0600\n  }\n}\n",
        "delivery-socket-missing",
    ),
]  # fmt: skip


def faults(found: tuple[Judged, ...]) -> set[tuple[str, str]]:
    return {(item.name, str(sorted(item.params.items()))) for item in found}


def examples() -> list[ParameterSet]:
    pages = [
        pytest.param(text, "", id=f"{name}-{number}")
        for name in names()
        for number, text in enumerate(load(name).configurations("triggers"), 1)
    ]
    return [*pages, *(pytest.param(text, name, id=f"{name}-beside-{n}") for n, (text, name) in enumerate(BROKEN))]


def assert_mends(files: dict[str, FileSeen]) -> list[str]:
    """Each remedy of this configuration does what it is for; the names of what has one."""
    before = linted(record_of_files(dict(files))).findings
    told = []
    for item in before:
        if item.remedy is None:
            continue
        told.append(item.name)
        assert_exact(files, item.remedy)
        after = linted(record_of_files(mended(files, item.remedy))).findings
        left, there = faults(after), faults(before)
        assert not faults((item,)) & left, f"{item.name} is still there after {hunks(item.remedy)}"
        new = {each.name for each in after if faults((each,)) - there and each.severity is not Severity.INFO}
        assert not new - {each.name for each in before}, f"{item.name}: {hunks(item.remedy)} brings {new}"
    return told


def assert_exact(files: dict[str, FileSeen], remedy: Remedy) -> None:
    """Every line that it does not name is there in its order; comments of what it changes too."""
    for path in {change.file for change in remedy.changes}:
        changes = [change for change in remedy.changes if change.file == path]
        before, after = files[path].data.decode().split("\n"), applied(files[path].data, changes).decode().split("\n")
        for change in reversed(changes):
            begin = change.line - 1 if change.old else change.line
            assert tuple(before[begin : begin + len(change.old)]) == change.old
            before[begin : begin + len(change.old)] = change.new
        assert before == after
        old = [line for change in changes for line in change.old if line.lstrip().startswith("#")]
        new = [line for change in changes for line in change.new]
        assert all(line in new or line.removeprefix("#").strip() in map(str.strip, new) for line in old)
        crlf = b"\r\n" in files[path].data
        assert all(line.endswith("\r") is crlf for change in changes for line in (*change.old, *change.new))


@pytest.mark.parametrize(("text", "name"), examples())
def test_the_remedy_of_an_example_mends_it(text: str, name: str, authority: Authority) -> None:
    told = assert_mends(files_of(text, authority))
    assert not name or name in told


@pytest.mark.parametrize(
    ("text", "name"), [each for each in BROKEN if each[1] and not re.search("/etc/ssl|== .*[.]pem", each[0])]
)
def test_lines_that_end_in_crlf_keep_it(text: str, name: str) -> None:
    told = {}
    for path, seen in files_of(text).items():
        data = (seen.data.rstrip(b"\n") + b"\n").replace(b"\n", b"\r\n")
        told[path] = FileSeen(path, path, seen.state, data, seen.mode, seen.owner, seen.group, seen.changed)
    assert name in assert_mends(told)


@pytest.mark.parametrize(("text", "name"), [each for each in BROKEN if each[1]])
def test_patch_takes_the_diff_as_it_is_shown(text: str, name: str, authority: Authority, tmp_path: Path) -> None:
    files = files_of(text, authority)
    patched = 0
    for item in linted(record_of_files(dict(files))).findings:
        changed = {change.file for change in item.remedy.changes} if item.remedy else ()
        for path in changed:
            assert item.remedy is not None
            changes = tuple(change for change in item.remedy.changes if change.file == path)
            copy = tmp_path / "copy"
            copy.write_bytes(files[path].data.rstrip(b"\n") + b"\n")  # patch takes no last line for another
            shown = "".join(f"    {line}\n" for line in hunks(Remedy(changes)))
            told = subprocess.run(["patch", str(copy)], input=shown, capture_output=True, text=True, check=False)
            assert told.returncode == 0, told.stdout + shown
            wanted = applied(files[path].data, list(changes))
            assert copy.read_bytes().rstrip(b"\n") == wanted.rstrip(b"\n"), told.stdout
            patched += 1
    assert patched


def test_what_has_several_ways_or_is_no_plain_text_has_no_remedy() -> None:
    for lines in (
        "smtpd_helo_required = no\nsmtpd_helo_required = yes\n",
        "smtpd_foo_bar = x\n",
        "relayhost = smtp.example.net:587 \x1b[0m\n",
        "relayhost = $mydomain:587\n",
        "smtp_sasl_password_maps = inline:{a=b:c}, static:u:secret # x\n",
    ):
        found = linted(record_of_files(files_of(BEGIN + lines))).findings
        assert found
        assert [item.name for item in found if item.remedy is not None and item.remedy.changes] in (
            [],
            ["relay-password-not-used"],
        )


def test_lines_that_were_made_to_take_long_do_not() -> None:
    options = "-oa=" * 5000
    blanks = " " * 50_000
    text = (
        f"{BEGIN}mynetworks = 127.0.0.1{blanks}, 0.0.0.0/0{blanks}x\n{TLS}{SASL}smtpd_sasl_path = private/auth\n"
        f"{SMTP}#submission inet n - y - - smtpd\n#  {options} x\n#  -o a={blanks}x\n{REST}{IMAP}"
        f"ssl_min_protocol = TLSv1\ndisable_plaintext_auth = no{blanks}x\n"
    )
    record = record_of_files(files_of(text))
    assert seconds(lambda: linted(record), enough=20) <= 20


def test_remedies_that_take_the_same_line_away_are_none() -> None:
    first, second = Change("f", 3, ("a",), ("b",)), Change("f", 3, ("a",), ("c",))
    assert one_remedy([Remedy((first,)), Remedy((second,))]) is None
    assert one_remedy([Remedy((first,), ("x",)), None, Remedy((first,), ("y",))]) == Remedy((first,), ("x", "y"))
    assert in_order([Change("f", 2, (), ("x",)), first, Change("f", 2, (), ("y",)), Change("f", 4, ("d",))]) == (
        Change("f", 2, (), ("x", "y")),
        Change("f", 3, ("a", "d"), ("b",)),
    )


_NAMES = st.sampled_from(["smtpd_helo_required", "mynetworks", "relayhost", "smtpd_use_tls", "mydestination"])
_VALUES = st.sampled_from(
    ["true", "0.0.0.0/0", "yes", "smtp.example.net:587", "a, b", "127.0.0.1/8 0.0.0.0/0", "# x"]
)
_BETWEEN = st.lists(
    st.sampled_from(["# a comment", "", "   # one more", "  0.0.0.0/0", "\tyes,", "  64.0.0.0/2,"]), max_size=3
)


@given(st.lists(st.tuples(_NAMES, _VALUES, _BETWEEN), max_size=5), st.booleans())
def test_a_remedy_touches_no_other_setting(settings: list[tuple[str, str, list[str]]], crlf: bool) -> None:
    lines = [line for name, value, between in settings for line in (f"{name} = {value}", *between)]
    text = BEGIN + "".join(f"{line}\n" for line in lines)
    files = files_of(text)
    path = "/etc/postfix/main.cf"
    data = files[path].data.replace(b"\n", b"\r\n") if crlf else files[path].data
    files[path] = FileSeen(path, path, files[path].state, data, 0o644, "root", "root")
    for item in linted(record_of_files(dict(files))).findings:
        if item.remedy is None or any(change.file != path for change in item.remedy.changes):
            continue
        assert_exact(files, item.remedy)
        touched = {change.line + at for change in item.remedy.changes for at in range(len(change.old))}
        after = applied(data, list(item.remedy.changes))
        kept = [
            line.text for line in logical_lines(data)[0] if not touched & {line.number, *(n for _, n in line.starts)}
        ]
        left = [line.text for line in logical_lines(after)[0]]
        assert all(line in left for line in kept)
