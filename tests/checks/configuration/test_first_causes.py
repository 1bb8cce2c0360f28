"""Causes that administrators meet, in the lines of files and logs: which is named, and what follows from it."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import attempt, reply

from configurations import MASTER, MemoryHost, a_file, files_of, linted, record_of
from mailproof.catalog.log_messages import log_messages
from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.checks.log.said import check as log_clean
from mailproof.diagnose.arrows import holds
from mailproof.diagnose.judge import judge
from mailproof.host.interface import Host
from mailproof.model.attempt import Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.configuration import Pair
from mailproof.model.connection import Connection
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Explains, Finding, Scope
from mailproof.model.machine import Listener, MachineSeen
from mailproof.model.observation import AnyObservation
from mailproof.model.record import Attempt, Record
from mailproof.model.server_log import LogQuote, LogRead, LogSaid
from mailproof.model.tls import Protection
from mailproof.parse.pem import read_pem
from mailproof.probes.certificate_files import Wish, certificate_files
from mailproof.run.log.telling import meant
from mailproof.script.authority import Authority

BEGIN = "== main.cf\ncompatibility_level = 3.6\nmyhostname = mail.example.com\n"
READ = LogRead(("mail.log",), 9, 9)
KEY, CHAIN = "key good:mail.example.com", "chain good:mail.example.com"


def names(example: str) -> list[str]:
    return [each.name for each in linted(record_of(example, Authority())).causes]


def said(*lines: str) -> list[LogSaid]:
    """What a log means by these messages."""
    told = [(line, meant(line)) for line in lines]
    return [
        LogSaid(each.name, each.rank, dict(each.params), (LogQuote(f"mail.log, line {number}", line),), 1)
        for number, (line, each) in enumerate(told, 1)
    ]


def causes(*attempts: Attempt, beside: Record | None = None) -> list[str]:
    base = beside or record_of("== dovecot.conf\nprotocols = imap\n")
    seen = msgspec.structs.replace(base, attempts=(*base.attempts, *attempts))
    judged = judge(
        seen, load_profile(), all_checks("log", "login", "reach", "delivery", "relay", "postfix", "machine")
    )
    return [each.name for each in judged.causes]


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ("transport_maps = inline:{example.com=[192.0.2.9]:26}", "transport-without-service"),
        ("transport_maps = inline:{example.com=inner.example.net}", "transport-without-service"),
        ("virtual_transport = [192.0.2.9]:24", "transport-without-service"),
        ("transport_maps = inline:{a.test=smtp:[192.0.2.9]:26, b.test=:[192.0.2.9], c.test=:}", ""),
        ("daemon_directory = /usr/libexec/postfix", "postfix-config-broken"),
        ("daemon_directory = /usr/libexec/postfix\n== /usr/libexec/postfix state directory", ""),
        ("myorigin = /etc/mailname", "postfix-config-broken"),
        ("myorigin = /etc/mailname\n== /etc/mailname\nexample.com", ""),
        ("address_verify_map = btree:/var/lib/nosuch/verify", "lookup-table-missing"),
        ("address_verify_map = btree:/var/lib/postfix/verify", ""),
        ("smtpd_tls_protocols = !SSLv2, !SSLv3, TLS1.2", "value-not-understood"),
        ("smtpd_tls_mandatory_protocols = >=TLSv1.2, <=tlsv1.3\nsmtp_tls_protocols = >=0303:!SSLv2", ""),
        ("smtpd_tls_mandatory_ciphers = hihg", "value-not-understood"),
        ("smtpd_tls_mandatory_ciphers = HIGH\nsmtp_tls_ciphers =", ""),
        ("smtpd_recipient_restrictions = permit_mynetworks # our own, reject", "comment-in-value"),
        ("smtpd_tls_ciphers = high # not low", "comment-in-value"),
        ("smtpd_tls_protocols = >=TLSv1.2 # not TLS1.1", "comment-in-value"),
        (f"smtpd_tls_chain_files = /k, /c\nsmtpd_tls_auth_only = yes\n== /k {KEY}\n== /c {CHAIN}", ""),
        (f"smtpd_tls_chain_files = /c, /k\nsmtpd_tls_auth_only = yes\n== /k {KEY}\n== /c {CHAIN}",
         "certificate-key-mismatch"),
    ],
)  # fmt: skip
def test_what_a_line_of_main_cf_breaks(lines: str, first: str) -> None:
    assert (names(f"{BEGIN}{lines}\n") or [""])[0] == first


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ("ssl_ca = </etc/ssl/ca.pem", ["dovecot-config-broken"]),
        ("ssl_ca = </etc/ssl/ca.pem\n== /etc/ssl/ca.pem\n", []),
        ("local_name a.test {\n  ssl_ca = </etc/ssl/%d.pem\n}", []),
        ("ssl_cert = </etc/ssl/c.pem\nssl_key = </etc/ssl/c.pem", ["certificate-file-missing"]),
    ],
)
def test_a_value_that_is_the_contents_of_a_file(lines: str, first: list[str]) -> None:
    example = f"== dovecot.conf\npassdb {{\n  driver = pam\n}}\n{lines}\n"
    assert names(example)[:1] == first


@pytest.mark.parametrize(
    ("next_hop", "chroot", "found"),
    [
        ("/run/dovecot/lmtp", "y", ["socket-outside-chroot"]),
        ("/run/dovecot/lmtp", "n", []),
        ("private/dovecot-lmtp", "y", []),
        ("/var/spool/postfix/private/dovecot-lmtp", "y", ["socket-outside-chroot"]),
    ],
)
def test_a_delivery_agent_outside_of_the_chroot(next_hop: str, chroot: str, found: list[str]) -> None:
    master = MASTER.replace("lmtp unix - - n", f"lmtp unix - - {chroot}")
    example = f"{BEGIN}virtual_transport = lmtp:unix:{next_hop}\n== master.cf\n{master}"
    judged = linted(record_of(example)).findings
    assert [each.name for each in judged if each.name == "socket-outside-chroot"] == found
    (mended,) = [each.remedy for each in judged if each.name == "socket-outside-chroot"] or [None]
    assert (mended is not None) == (bool(found) and next_hop.startswith("/var/spool"))


SCREEN = MASTER.replace("smtp inet n - n - - smtpd", "smtp inet n - n - 1 postscreen", 1)


@pytest.mark.parametrize(("more", "missing"), [("", ["smtpd"]), ("smtpd pass - - n - - smtpd\n", [])])
def test_a_postscreen_that_has_nobody_to_hand_on_to(more: str, missing: list[str]) -> None:
    found = linted(record_of(f"{BEGIN}== master.cf\n{SCREEN}{more}")).findings
    assert [each.params["service"] for each in found if each.name == "service-missing"] == missing


@pytest.mark.parametrize("form", ["PKCS #8", "header"])
def test_a_key_under_a_passphrase_is_none_for_postfix(form: str) -> None:
    issued = files_of(f"== /k {KEY}\n== /c {CHAIN}", Authority())
    locked = {
        "PKCS #8": b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nTUFJTA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "header": b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nTUFJTA==\n"
        b"-----END RSA PRIVATE KEY-----\n",
    }[form]
    assert read_pem(locked).locked_keys == 1
    host: Host = MemoryHost({"/c": issued["/c"], "/k": a_file("/k", locked, mode=0o600)})
    wish = Wish("smtpd_tls_cert_file", "main.cf", 1, "", "/c", "smtpd_tls_key_file", 2, "", "/k")
    of_postfix, of_dovecot = certificate_files(
        host, [wish, msgspec.structs.replace(wish, key_parameter="ssl_key")], here=True
    )
    assert (of_postfix.pair, of_dovecot.pair) == (Pair.LOCKED, Pair.LOCKED)
    found = [
        [each.name for each in linted(msgspec.structs.replace(record_of(BEGIN), attempts=(attempt(fact),))).findings]
        for fact in (of_postfix, of_dovecot)
    ]
    assert ["certificate-file-unreadable" in each for each in found] == [True, False]


LISTENS = Listener("127.0.0.1", 25, ("master",), (7,), 0, 100, "LISTEN 0 100 127.0.0.1:25")


def refused(*schemes: str) -> list[Attempt]:
    return [
        attempt(Connection("192.0.2.25:1", 0.0, trouble=Trouble.REFUSED, turns=(0,)), scheme=each) for each in schemes
    ]


@pytest.mark.parametrize(
    ("main", "listeners", "first"),
    [
        ("", (), "postfix-not-running"),
        ("", (LISTENS,), "listening-elsewhere"),
        ("inet_interfaces = 203.0.113.9, 127.0.0.1\n", (), "postfix-config-broken"),
        ("inet_interfaces = 192.0.2.25, [::1], all\n", (), "postfix-not-running"),
    ],
)
def test_why_no_port_of_postfix_answers(main: str, listeners: tuple[Listener, ...], first: str) -> None:
    machine = attempt(MachineSeen(("192.0.2.25",), listeners, ""), job="machine")
    beside = record_of(BEGIN + main)
    assert causes(machine, *refused("smtp"), beside=beside)[:1] == [first]


@pytest.mark.parametrize(
    ("lines", "log", "found"),
    [
        ("smtpd_recipient_restrictions = permit_mynetworks # ours", [], ["comment-in-value"]),
        ("smtpd_recipient_restrictions = permit_mynetworks # ours", ['warning: unknown smtpd restriction: "#"'],
         ["comment-in-value"]),
        ("smtpd_helo_required = yes # ours", [], ["server-config-problem", "comment-in-value"]),
    ],
)  # fmt: skip
def test_a_comment_behind_restrictions_refuses_each_recipient(lines: str, log: list[str], found: list[str]) -> None:
    refused = reply("451 4.3.5 Server configuration error", 1)
    tried = EnvelopeTried(EnvelopePurpose.MAILBOX, "a@b.test", "c@d.test", reply("250 2.1.0 Ok"), refused)
    seen = attempt(tried, scheme="smtp"), attempt(READ, *said(*log), job="log")
    assert causes(*seen, beside=record_of(f"{BEGIN}{lines}\n")) == found


OWN = "postfix/smtpd: warning: connect to private/anvil: Permission denied"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["connect to private/anvil: Permission denied"], ["queue-permission"]),
        (["connect #1 to subsystem private/rewrite: Permission denied"], ["queue-permission"]),
        (["connect to private/dovecot-lmtp: Permission denied"], ["delivery-socket-permission"]),
        (["cannot connect to service private/smtpd: No such file or directory"], ["service-missing"]),
        (["connect to private/anvil: No such file or directory"], ["service-missing"]),
        (["fatal: smtpd_sasl_mechanism_filter discards all mechanisms in 'PLAIN LOGIN'"], ["sasl-no-mechanisms"]),
        (["fatal: get_service_attr: unknown username: vmail"], ["postfix-config-broken"]),
        (['fatal: proxymap service is not configured for table "hash:/etc/postfix/x"'], ["postfix-config-broken"]),
        (['warning: host[192.0.2.7]: invalid cipher grade: "hihg"'], ["tls-context-broken"]),
        (["cannot open entropy device /dev/urandom0: No such file or directory"], ["postfix-config-broken"]),
        (["warning: connect to proxy filter 127.0.0.1:10025: Connection refused"], ["content-filter-down"]),
        (["Fatal: passwd-file userdb: Invalid uid: vmail",
          "Error: service(auth): command startup failed, throttling for 2.000 secs"], ["dovecot-config-broken"]),
        (["pop3: Error: dovecot/pop3: error while loading shared libraries: libdovecot.so.0: failed to map segment",
          "Error: service(pop3): command startup failed, throttling for 2.000 secs"], ["mailbox-setup-broken"]),
        (["imap: Error: service(imap): child 12 returned error 83 (Out of memory)"], ["mailbox-setup-broken"]),
        (["error: open database /etc/postfix/vmailbox: No such file or directory"], ["lookup-table-missing"]),
        (["error: open database /etc/postfix/vmailbox.lmdb: No such file or directory"], ["lookup-table-not-built"]),
        (['Invalid TLS protocol list "TLS1.2": disabling TLS support'], ["tls-context-broken"]),
        (["table hash:/etc/postfix/sni.db: key mail.example.com: malformed BASE64 value: /etc/ssl/mail.key"],
         ["lookup-table-not-built"]),
        (["invalid transport name: 127.0.0.1 in Milter service: 127.0.0.1:8891"], ["milter-socket-unreachable"]),
        (["Fatal: sql /etc/dovecot/sql.conf.ext: Can't open configuration file /etc/dovecot/sql.conf.ext: No such",
          "Error: service(auth): command startup failed, throttling for 2.000 secs",
          "fatal: no SASL authentication mechanisms"], ["credentials-lookup-failed"]),
        (["Fatal: Unknown authentication mechanism 'KERBEROS'",
          "Error: service(auth): command startup failed, throttling for 2.000 secs",
          "fatal: no SASL authentication mechanisms"], ["dovecot-config-broken"]),
        (["Error: service(auth): command startup failed, throttling for 2.000 secs",
          "fatal: no SASL authentication mechanisms"], ["auth-server-gone"]),
        (["Mail access for users with GID 8 not permitted (see first_valid_gid in config file, gid from userdb)"],
         ["mail-uid-not-allowed"]),
        (["Failed to initialize user: Mail access for users with UID 8 not permitted (see last_valid_uid in config)"],
         ["mail-uid-not-allowed"]),
        (["rcpt bob@example.com: Mailbox INBOX: open(/m/bob/dovecot-uidlist) failed: Permission denied"],
         ["mailbox-not-writable"]),
        (["Error: static(bob@example.com): passdb doesn't support lookups, can't verify user's existence"],
         ["userdb-missing"]),
    ],
)  # fmt: skip
def test_what_lines_of_a_log_come_from(lines: list[str], found: list[str]) -> None:
    assert causes(attempt(READ, *said(*lines), job="log")) == found


def test_each_of_these_names_is_a_row_of_the_table() -> None:
    rows = {row.name for row in log_messages()}
    assert {each.name for each in said(OWN)} <= rows


THROTTLED = "warning: /usr/lib/postfix/sbin/smtpd: bad command startup -- throttling"


@pytest.mark.parametrize(
    ("program", "more", "found"),
    [("smtpd", [THROTTLED], ["postfix-config-broken"]), ("smtpd", [], []), ("postqueue", [THROTTLED], [])],
)
def test_a_program_that_ends_each_time_by_what_nobody_has_read_before(
    program: str, more: list[str], found: list[str]
) -> None:
    params = {"program": program}
    fatal = LogSaid("unknown-trouble", 1, params, (LogQuote("mail.log, line 1", "fatal: the moon is full"),), 1)
    assert causes(attempt(READ, fatal, *said(*more), job="log")) == found


def test_the_last_words_of_an_auth_process_that_ends_each_time() -> None:
    words = "dovecot: auth: Fatal: the moon is full"
    fatal = LogSaid("unknown-trouble", 1, {"program": "dovecot"}, (LogQuote("dovecot.log, line 1", words),), 1)
    ends = said("master: Error: service(auth): command startup failed, throttling for 2.000 secs")
    seen = attempt(READ, fatal, *ends, job="log")
    (cause,) = judge(msgspec.structs.replace(record_of(BEGIN), attempts=(seen,)), load_profile()).causes
    assert (cause.name, words in {each.text for each in cause.evidence}) == ("auth-server-gone", True)


UNKNOWN = "passwd-file(bob@example.com,192.0.2.7): unknown user"
MISMATCH = "passwd-file(bob@example.com,192.0.2.7): Password mismatch"


@pytest.mark.parametrize(
    ("code", "lines", "found"),
    [
        ("235", [UNKNOWN], []),
        ("535", [UNKNOWN], ["user-unknown"]),
        ("535", [UNKNOWN, MISMATCH], ["password-wrong"]),
    ],
)
def test_of_several_stores_one_may_not_know_the_user(code: str, lines: list[str], found: list[str]) -> None:
    tried = LoginTried("PLAIN", reply(f"{code} 5.7.8 x"), Protection.VERIFIED, "bob@example.com")
    facts: list[AnyObservation] = [READ, tried, *said(*lines)]
    assert causes(attempt(*facts)) == found
    assert bool(found) == any(hasattr(each, "params") for each in log_clean(attempt_record(facts), load_profile()))


def attempt_record(facts: list[AnyObservation]) -> Record:
    base = record_of("== dovecot.conf\nprotocols = imap\n")
    return msgspec.structs.replace(base, attempts=(attempt(*facts),))


@pytest.mark.parametrize(("network", "explained"), [("192.0.2.17/24", True), ("192.0.2.0/24", False)])
def test_networks_that_cannot_be_read_put_every_recipient_off(network: str, explained: bool) -> None:

    shown = (Evidence(EvidenceKind.CONFIG, "main.cf:3", network),)
    arrow = Explains("recipient-lookup-failed", Scope.SERVER, when=(("parameter", "mynetworks"),))
    cause = Finding("value-not-understood", shown, params={"parameter": "mynetworks" if explained else "relayhost"})
    assert holds(arrow, cause, Finding("recipient-lookup-failed", shown)) is explained
