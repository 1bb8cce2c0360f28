"""What is told to be changed for what Dovecot's log complains of, and where nothing is told."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import attempt

from configurations import files_of, record_of_files
from mailproof.checks.log.mending import mended
from mailproof.model.record import Record
from mailproof.model.server_log import LogQuote, LogRead, LogSaid
from remedied import mended as changed

CONF = "/etc/dovecot/dovecot.conf"
NO_CONTEXT = "dovecot: imap-login: Error: Failed to initialize SSL server context: "
PLUGIN = "dovecot: imap(b@e.test): Error: Plugin '{}' not found from directory /usr/lib/dovecot/modules"
NAMESPACE = "dovecot: imap(b@e.test)<1><a>: Error: namespace configuration error: inbox=yes namespace missing"
PREFETCH = "dovecot: auth: Error: prefetch(b@e.test): userdb lookup not possible with only userdb prefetch"
NOT_TRUSTED = "dovecot: imap-login: Warning: haproxy: Client not trusted (rip=192.0.2.7)"
NO_HEADER = (
    "dovecot: imap-login: Error: haproxy: Client disconnected: Failed to read valid HAproxy data (rip=192.0.2.7)"
)


def said(conf: str, name: str, text: str, users: str = "") -> tuple[Record, dict[str, object]]:
    files = files_of((f"== /etc/dovecot/users\n{users}" if users else "") + f"== dovecot.conf\n{conf}")
    told = LogSaid(name, 2, {}, (LogQuote("dovecot.log, line 1", text),), 1)
    record = record_of_files(dict(files))
    own = attempt(LogRead(("dovecot.log",), 1, 1), told, job="log")
    return msgspec.structs.replace(record, attempts=(*record.attempts, own)), dict(files)


def after(conf: str, name: str, text: str, users: str = "") -> str:
    """dovecot.conf as the remedy leaves it; empty where there is none."""
    record, files = said(conf, name, text, users)
    remedy = mended(record, name)
    if remedy is None:
        return ""
    assert remedy.then == ("doveadm reload",)
    return changed(files, remedy)[CONF].data.decode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("conf", "text", "wanted"),
    [
        ("ssl_min_protocol = TLS1.2\n", "Unknown ssl_min_protocol setting 'TLS1.2'", "ssl_min_protocol = TLSv1.2\n"),
        ("ssl_min_protocol = tls1_3\n", "Unknown ssl_min_protocol setting 'tls1_3'", "ssl_min_protocol = TLSv1.3\n"),
        # What is obsolete is not put back.
        ("ssl_min_protocol = TLS1.0\n", "Unknown ssl_min_protocol setting 'TLS1.0'", "ssl_min_protocol = TLSv1.2\n"),
        ("ssl = yes\nssl_cipher_list = X\n", "Can't set cipher list to 'X' (ssl_cipher_list setting)", "ssl = yes\n"),
        ("ssl = yes\nssl_cipher_suites = X\n", "Can't set ciphersuites to 'X': error:0A0000B9", "ssl = yes\n"),
        ("ssl = yes\nssl_curve_list = X\n", "Can't set curve list to 'X' (ssl_curve_list setting)", "ssl = yes\n"),
        ("ssl = yes\nssl_dh = </dh.pem\n", "Can't load DH parameters (ssl_dh setting): e: too small", "ssl = yes\n"),
        # It has been mended meanwhile, it goes on in the next line, or it is the key.
        ("ssl_min_protocol = TLSv1.2\n", "Unknown ssl_min_protocol setting 'TLS1.2'", ""),
        ("ssl_cipher_list = X:\\\n  Y\n", "Can't set cipher list to 'X:Y' (ssl_cipher_list setting): e", ""),
        ("ssl_key = </k.pem\n", "Couldn't parse private SSL key (ssl_key setting): maybe ssl_key_password", ""),
    ],
)  # fmt: skip
def test_tls(conf: str, text: str, wanted: str) -> None:
    assert after(conf, "tls-context-broken", NO_CONTEXT + text) == wanted


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("quotta", "quota"),
        ("qouta", "quota"),
        ("imap_qota", "imap_quota"),
        ("mail_kog", "mail_log"),
        # It may be what protects mailboxes, and not be installed: nothing is taken away, and nothing is guessed.
        ("acl", ""),
        ("acls", ""),
        ("quota", ""),
        ("our_own_plugin", ""),
        ("fts_xapian", ""),
    ],
)
def test_a_plugin(word: str, meant: str) -> None:
    conf = "mail_plugins = $mail_plugins {}\nprotocol imap {{\n  mail_plugins = $mail_plugins {} notify\n}}\n"
    wanted = conf.format(meant, meant) if meant else ""
    assert after(conf.format(word, word), "mailbox-setup-broken", PLUGIN.format(word)) == wanted


@pytest.mark.parametrize(
    ("conf", "wanted"),
    [
        ("namespace inbox {\n  prefix =\n}\n", "namespace inbox {\n  inbox = yes\n  prefix =\n}\n"),
        ("namespace inbox {\n  inbox = no\n}\n", "namespace inbox {\n  inbox = yes\n}\n"),
        (
            "namespace inbox {\n  separator = /\n}\nnamespace all {\n  type = shared\n}\n",
            "namespace inbox {\n  inbox = yes\n  separator = /\n}\nnamespace all {\n  type = shared\n}\n",
        ),
        # Of two that are his own, either may be it; what is shared or hidden is not.
        ("namespace a {\n  prefix =\n}\nnamespace b {\n  prefix = b/\n}\n", ""),
        ("namespace all {\n  type = public\n  prefix = public/\n}\n", ""),
        ("namespace old {\n  hidden = yes\n}\n", ""),
        ("namespace old {\n  prefix = INBOX.\n}\n", ""),
    ],
)  # fmt: skip
def test_the_namespace_of_inbox(conf: str, wanted: str) -> None:
    assert after(conf, "mailbox-setup-broken", NAMESPACE) == wanted


PASSDB = "passdb {\n  driver = passwd-file\n  args = scheme=PLAIN username_format=%u /etc/dovecot/users\n}\n"
USERDB = "userdb {\n  driver = prefetch\n}\n"
ADDED = "userdb {\n  driver = passwd-file\n  args = username_format=%u /etc/dovecot/users\n}\n"
WITH_UID = "bob:{PLAIN}x::::::userdb_uid=vmail userdb_gid=vmail\nalice:{PLAIN}x:500:500::/home/alice::\n"


@pytest.mark.parametrize(
    ("conf", "users", "added"),
    [
        (PASSDB + USERDB, WITH_UID, True),
        ("mail_uid = vmail\n" + PASSDB + USERDB, "bob:{PLAIN}x\n", True),
        # Whose mailboxes these are, the file does not say; or it is not the only one.
        (PASSDB + USERDB, WITH_UID + "carol:{PLAIN}x\n", False),
        (PASSDB + USERDB, "", False),
        (PASSDB + PASSDB + USERDB, WITH_UID, False),
        (PASSDB + USERDB + USERDB, WITH_UID, False),
        (PASSDB.replace("passwd-file", "sql") + USERDB, WITH_UID, False),
    ],
)
def test_prefetch_alone(conf: str, users: str, added: bool) -> None:
    assert after(conf, "userdb-missing", PREFETCH, users) == (conf + ADDED if added else "")
    other = "dovecot: auth: Error: passwd-file(b@e.test): user not found from userdb"
    assert after(conf, "userdb-missing", other, users) == ""


LISTENER = "service imap-login {\n  inet_listener imaps {\n    haproxy = yes\n  }\n}\n"
OTHER = LISTENER.replace("imap", "pop3")


@pytest.mark.parametrize(
    ("conf", "text", "wanted"),
    [
        (LISTENER + OTHER, NOT_TRUSTED, LISTENER.replace("yes", "no") + OTHER),
        # A proxy is trusted, and comes by this port: without the header, everybody would have its address.
        (f"haproxy_trusted_networks = 192.0.2.99\n{LISTENER}", NOT_TRUSTED, ""),
        (f"haproxy_trusted_networks = 192.0.2.0/24\n{LISTENER}", NO_HEADER, ""),
    ],
)
def test_a_proxy_header(conf: str, text: str, wanted: str) -> None:
    assert after(conf, "proxy-header-missing", text) == wanted


@pytest.mark.parametrize("line", ["!include /etc/dovecot/conf.d/none.conf\n", "service imap-login {\n"])
def test_what_could_not_be_read_may_say_otherwise(line: str) -> None:
    assert after(LISTENER + line, "proxy-header-missing", NOT_TRUSTED) == ""
    namespace = "namespace inbox {\n  prefix =\n}\n"
    assert after(namespace + line, "mailbox-setup-broken", NAMESPACE) == ""


def test_postfix_behind_a_proxy_is_not_told_to_do_without() -> None:
    """Who relays for its own networks would take the proxy, and all who come by it, for one of them."""
    files = files_of("== main.cf\ncompatibility_level = 3.6\nsmtpd_upstream_proxy_protocol = haproxy\n")
    text = "postfix/smtpd: warning: haproxy read: timeout error"
    told = LogSaid("proxy-header-missing", 2, {}, (LogQuote("mail.log, line 1", text),), 1)
    record = record_of_files(files)
    seen = msgspec.structs.replace(record, attempts=(*record.attempts, attempt(told, job="log")))
    assert mended(seen, "proxy-header-missing") is None
