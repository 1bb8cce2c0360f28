"""Rules of the linters beyond their pages: what must be named, what must not; each file is read once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from configurations import MASTER, NOW, MemoryHost, files_of, linted, record_of
from mailproof.model.configuration import FileSeen
from mailproof.run.lint import read_configurations
from mailproof.script.authority import Authority

BEGIN = "== main.cf\ncompatibility_level = 3.6\nmyhostname = mail.example.com\n"


BY_RULE, MISSPELT = "open-relay-by-access-rule", "restriction-misspelt"


def names(example: str) -> set[str]:
    return {finding.name for finding in linted(record_of(example, Authority())).findings}


@pytest.mark.parametrize(
    ("lines", "name", "there"),
    [
        ("smtp_helo_nam = x", "parameter-unknown", True),
        ("relay_destination_rate_delay = 1s", "parameter-unknown", False),
        ("nosuch_destination_rate_delay = 1s", "parameter-unknown", True),
        ("smtpd_client_restrictions = my\nsmtpd_restriction_classes = my\nmy = reject", "parameter-unknown", False),
        ("virtual_alias_maps = ldap:people\npeople_server_host = ldap.test", "parameter-unknown", False),
        ("smtpd_banner = $myhostname $EXTENSION", "parameter-undefined", True),
        ("mailbox_command = /usr/bin/procmail -a $EXTENSION", "parameter-undefined", False),  # postconf is silent too
        ("mailbox_command = /usr/bin/x $user $home", "parameter-undefined", False),
        ("maximal_queue_lifetime = 5days", "value-not-understood", False),
        ("maximal_queue_lifetime = five", "value-not-understood", True),
        ("message_size_limit = 10M", "value-not-understood", True),
        ("smtpd_helo_required =", "value-not-understood", True),
        ("smtpd_banner = $myhostname ESMTP # 1", "comment-in-value", False),
        ("relayhost = ${a?{b}", "postfix-config-broken", True),
        ("relayhost = $relayhost", "postfix-config-broken", True),
        ("smtpd_sender_restrictions = check_sender_acess hash:/x", MISSPELT, True),
        ("smtpd_sender_restrictions = REJECT_UNKNOWN_SENDER_DOMAIN, sleep 1, permit", MISSPELT, False),
        ("smtpd_client_restrictions = check_policy_service { inet:h:1, timeout=10s }", MISSPELT, False),
        ("smtpd_client_restrictions = inline:{a=b}, reject_rbl_client z.test=127.0.0.[1..4]", MISSPELT, False),
        ("mynetworks = 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, [fd00::]/8", "open-relay-by-mynetworks", False),
        ("mynetworks = 64.0.0.0/2", "open-relay-by-mynetworks", True),
        ("mynetworks = [::]/0", "open-relay-by-mynetworks", True),
        ("mynetworks = !0.0.0.0/0, 127.0.0.1", "open-relay-by-mynetworks", False),
        ("mynetworks_style = class", "open-relay-by-mynetworks", True),
        ("mynetworks = static:all", "open-relay-by-mynetworks", True),
        ("smtpd_relay_restrictions = check_client_access static:OK, reject", BY_RULE, True),
        ("smtpd_relay_restrictions = check_client_access inline:{192.0.2.1=OK}, reject", BY_RULE, False),
        ("smtpd_relay_restrictions = check_helo_access inline:{x.test=OK}, reject", BY_RULE, True),
        ("smtpd_relay_restrictions = check_helo_access inline:{x.test=DUNNO}, reject", BY_RULE, False),
        ("smtpd_relay_restrictions = reject_unauth_destination, check_helo_access static:OK", BY_RULE, False),
        ("relay_domains = static:all", BY_RULE, True),
        ("relay_domains = inline:{x.test=OK}", BY_RULE, False),
        ("smtpd_relay_restrictions = reject\nrelay_domains = static:all", BY_RULE, False),
        ("smtpd_relay_restrictions =\nsmtpd_recipient_restrictions =", "relay-restrictions-missing", True),
        ("virtual_alias_maps = inline:{a@x.test=b@x.test, b@x.test=a@x.test}", "alias-loop", True),
        ("virtual_alias_maps = inline:{a@x.test=a@x.test}", "alias-loop", False),
        ("virtual_alias_maps = inline:{a@x.test=b@x.test, b@x.test=c@x.test}", "alias-loop", False),
        ("sender_canonical_maps = inline:{a@x.test=b@x.test}", "header-not-rewritten", True),
        ("sender_canonical_maps = inline:{a@x.test=b@x.test}\nlocal_header_rewrite_clients = permit_mynetworks",
         "header-not-rewritten", False),
        ("sender_canonical_maps = inline:{a@x.test=b@x.test}\nsender_canonical_classes = envelope_sender",
         "header-not-rewritten", False),
        ("relayhost = example.net", "relayhost-mx-lookup", False),
        ("relayhost = mail.example.net", "relayhost-mx-lookup", True),
        ("relayhost = [mail.example.net]", "relayhost-mx-lookup", False),
        ("default_transport = smtp:[gw.test]\nsender_dependent_relayhost_maps = inline:{@a.test=[b.test]}",
         "sender-route-overridden", True),
        ("smtpd_tls_protocols = >=TLSv1.3", "tls-version-too-new-only", True),
        ("smtpd_tls_protocols = TLSv1.3", "tls-version-too-new-only", True),
        ("smtpd_tls_protocols = !SSLv2 !SSLv3 !TLSv1 !TLSv1.1", "tls-version-too-new-only", False),
        ("smtpd_tls_protocols = <=TLSv1.1", "tls-version-obsolete", True),
        ("smtpd_tls_security_level = encrypt", "tls-required-on-mx", False),  # there is no certificate: that is said
    ],
)  # fmt: skip
def test_a_line_of_main_cf(lines: str, name: str, there: bool) -> None:
    assert (name in names(BEGIN + lines + "\n")) == there


def test_the_configuration_that_the_docs_show_is_sound() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "postfix.md").read_text("utf-8")
    block = re.sub(
        r"^ {4}", "", page[page.index("    # main.cf") : page.index("    $ mailproof")], flags=re.MULTILINE
    )
    parts = re.split(r"^# (main\.cf|[a-z_]+)(?:,.*)?\n", block, flags=re.MULTILINE)
    files = dict(zip(parts[1::2], parts[2::2], strict=True))
    example = f"== main.cf\ncompatibility_level = 3.6\n{files.pop('main.cf')}"
    example += "".join(f"== /etc/postfix/{name}\n{text}== /etc/postfix/{name}.db\n" for name, text in files.items())
    assert len(files) == 2
    assert linted(record_of(example)).findings == ()


def test_a_header_that_stays_is_told_with_its_sender() -> None:
    found = linted(record_of(BEGIN + "sender_canonical_maps = inline:{a@x.test=b@y.test}\n")).findings
    assert [each.params for each in found] == [{"sender": "a@x.test", "envelope": "b@y.test"}]


def test_tls_that_is_forced_on_port_25() -> None:
    tls = "smtpd_tls_security_level = encrypt\nsmtpd_tls_chain_files = /p\n"
    pem = "== /p chain good:mail.example.com key good:mail.example.com\n"
    assert "tls-required-on-mx" in names(BEGIN + tls + pem)
    relaxed = MASTER.replace("- - smtpd\n", "- - smtpd -o smtpd_tls_security_level=may\n", 1)
    assert "tls-required-on-mx" not in names(f"{BEGIN}{tls}{pem}== master.cf\n{relaxed}")


def test_a_pattern_that_is_not_evaluated_is_told_and_one_that_no_library_takes_is_named() -> None:
    rules = "/^(a+)+$/ REJECT\n/\\p{L}/ OK\n/(a/ REJECT\n"
    judged = linted(record_of(BEGIN + f"header_checks = pcre:/etc/postfix/hc\n== /etc/postfix/hc\n{rules}"))
    assert [each.why for each in judged.untold] == ["pattern-not-read"]
    assert [each.params["problem"] for each in judged.findings] == ["bad-pattern"]


@pytest.mark.parametrize(
    "spec", ["inline:{ a = b }", "unionmap:static:x", "static:", "pipemap:{static:x,inline:{a}}"]
)
def test_a_table_that_no_postfix_opens_is_named(spec: str) -> None:
    judged = linted(record_of(f"{BEGIN}transport_maps = hash:/etc/postfix/x,\n  {spec}\n"))
    found = [each for each in judged.findings if each.name == "value-not-understood"]
    assert [each.evidence[0].where.rpartition(":")[2] for each in found] == ["4"]


def test_a_copy_from_elsewhere_says_nothing_of_what_is_not_in_it() -> None:
    example = BEGIN + (
        "virtual_alias_maps = hash:/etc/postfix/virtual\nalias_maps = hash:/etc/aliases\n"
        "smtpd_tls_security_level = may\nsmtpd_tls_chain_files = /etc/ssl/mail.pem\n"
    )
    record = record_of(example, here=False)
    assert [each.name for each in linted(record).findings] == []
    assert {each.why for each in linted(record).untold} == {"table-not-in-copy", "certificate-not-in-copy"}


def test_every_file_is_read_once() -> None:
    read: Counter[str] = Counter()

    class Counting(MemoryHost):
        def read(self, path: str) -> FileSeen:
            read[path] += path.startswith("/etc/postfix/")
            return super().read(path)

        def look(self, path: str) -> FileSeen:
            return super().read(path)

    tables = "".join(
        f"{name} = texthash:/etc/postfix/t\n" for name in ("virtual_alias_maps", "canonical_maps", "transport_maps")
    )
    files = files_of(f"{BEGIN}{tables}== master.cf\n{MASTER}== /etc/postfix/t\na@x.test b@x.test\n")
    linted(read_configurations(Counting(files), NOW, {"myhostname": "mail.example.com"}, "/etc/postfix"))
    assert read["/etc/postfix/main.cf"] == read["/etc/postfix/master.cf"] == 1
    assert read["/etc/postfix/t"] == 1


@pytest.mark.parametrize(
    ("lines", "name", "there"),
    [
        ("ssl = required", "value-not-understood", False),
        ("ssl = perhaps", "value-not-understood", True),
        ("service imap-login {\n  inet_listener imaps {\n    ssl = required\n  }\n}", "value-not-understood", True),
        ("mail_max_userip_connections = 20", "dovecot-setting-unknown", False),
        ("plugin {\n  anything_at_all = 1\n}", "dovecot-setting-unknown", False),
        ("servise imap {\n}", "dovecot-setting-unknown", True),
        ("service imap {\n  prozess_limit = 1\n}", "dovecot-setting-unknown", True),
        ("ssl_min_protocol = TLSv1", "tls-settings-weak", True),
        ("ssl_cipher_list = HIGH:!RC4:!aNULL", "tls-settings-weak", False),
        ("ssl_cipher_list = ALL:RC4", "tls-settings-weak", True),
        ("ssl = no", "tls-disabled", True),
        ("disable_plaintext_auth = no", "login-in-clear-allowed", True),
        ("}", "dovecot-config-broken", True),
        ("!include /dev/zero", "dovecot-config-broken", True),
        ("!include_try /nowhere/*.conf", "dovecot-config-broken", False),
    ],
)
def test_a_line_of_dovecot_conf(lines: str, name: str, there: bool) -> None:
    device = "== /dev/zero state other\n"
    example = f"== dovecot.conf\npassdb {{\n  driver = pam\n}}\n{lines}\n{device}"
    assert (name in names(example)) == there


@pytest.mark.parametrize(
    ("lines", "name", "there"),
    [
        ("ssl_server_cert_file = /x\nssl_server_key_file = /x", "setting-dropped", False),
        ("ssl_cert = </x", "setting-dropped", True),
        ("auth_allow_cleartext = yes", "login-in-clear-allowed", True),
        ("service imap {\n  process_limit = 1\n}", "dovecot-setting-unknown", False),
        ("service imap {\n  service_count = 1\n}", "setting-dropped", True),
        ("passdb {\n  driver = pam\n}", "dovecot-config-broken", True),
        ("namespace inbox {\n  mailbox Trash {\n    auto = create\n    autoexpunge = 30d\n  }\n}",
         "dovecot-setting-unknown", False),
    ],
)  # fmt: skip
def test_a_line_of_dovecot_24(lines: str, name: str, there: bool) -> None:
    example = f"== dovecot.conf\ndovecot_config_version = 2.4.0\npassdb pam {{\n}}\n{lines}\n"
    assert (name in names(example)) == there
