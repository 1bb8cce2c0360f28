"""What the files and the machine of a server say of what was seen from outside."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from mailrecord import answers, attempt, record, reply

from configurations import MemoryHost, a_file, record_of
from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.checks.dovecot import login_names, passdbs
from mailproof.checks.postfix import login_hidden, ports_served, waits
from mailproof.diagnose.judge import Judgement, judge
from mailproof.host.here import Here
from mailproof.model.attempt import Step, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.connection import Connection, Greeting, Interrupted
from mailproof.model.finding import Severity
from mailproof.model.record import Attempt, Record
from mailproof.model.server_log import LogQuote, LogSaid
from mailproof.model.tls import Protection
from mailproof.probes.machine import machine_seen
from mailproof.report.build import build, message

MASTER = "== master.cf\nsmtp inet n - n - - smtpd\n127.0.0.1:465 inet n - n - - smtpd\n"
SERVICE_OF_NSS = "== master.cf\nmymail inet n - n - - smtpd\n"
USERS = """== dovecot.conf
passdb {
  driver = passwd-file
  args = /etc/dovecot/users
}
== /etc/dovecot/users
alice:{PLAIN}wonder
bob@example.com:{PLAIN}wonder
"""


def beside(example: str, *attempts: Attempt) -> Record:
    record = record_of(example)
    return msgspec.structs.replace(record, attempts=(*record.attempts, *attempts))


@pytest.mark.parametrize(
    ("master", "scheme", "trouble", "said"),
    [
        (MASTER, "submission", Trouble.REFUSED, ["service-disabled"]),
        (MASTER, "submissions", None, ["+port-in-master-cf"]),
        (MASTER, "submission", Trouble.TIMEOUT, []),
        (MASTER, "imap", Trouble.REFUSED, []),
        # Its port is what this machine's /etc/services says, and that is not read.
        (SERVICE_OF_NSS, "submission", Trouble.REFUSED, []),
    ],
)
def test_a_port_that_master_cf_does_not_serve(master: str, scheme: str, trouble: Trouble, said: list[str]) -> None:
    dialled = attempt(Connection("192.0.2.25:587", 0.0, trouble=trouble), scheme=scheme)
    assert answers(ports_served.check, beside(master, dialled)) == said


def test_who_dialled_a_port_is_not_told_of_logins_that_nobody_set_up() -> None:
    dialled = attempt(Connection("192.0.2.25:587", 0.0, trouble=Trouble.REFUSED), scheme="submission")
    seen = beside(MASTER, dialled)
    report = build(seen, judge(seen, load_profile(), all_checks("postfix", "reach")), load_profile())
    (told,) = (message(each, "en") for each in report.findings if each.name == "service-disabled")
    assert "Logins" not in told and "587" in told


@pytest.mark.parametrize(
    ("user", "code", "said"),
    [
        ("alice@example.com", "535", ["user-name-has-domain"]),
        ("bob", "535", ["user-name-lacks-domain"]),
        ("alice", "535", ["+login-name-in-store"]),
        ("mallory", "535", []),
        ("alice@example.com", "454", []),
    ],
)
def test_a_name_that_is_an_account_in_another_form(user: str, code: str, said: list[str]) -> None:
    tried = LoginTried("PLAIN", reply(f"{code} 5.7.8 no"), Protection.VERIFIED, user)
    assert answers(login_names.check, beside(USERS, attempt(tried))) == said


def test_a_name_that_dovecot_rewrites_is_not_looked_for() -> None:
    tried = LoginTried("PLAIN", reply("535 5.7.8 no"), Protection.VERIFIED, "alice@example.com")
    example = USERS.replace("passdb {", "auth_username_format = %n\npassdb {")
    assert answers(login_names.check, beside(example, attempt(tried))) == []


def test_what_cannot_be_seen_of_a_machine_is_told() -> None:
    seen = machine_seen(MemoryHost({}), ["192.0.2.25"])
    assert (seen.listeners, seen.packet_filter) == (None, None)
    assert seen.unread == ("ss -ltnp", "nft list ruleset")
    known = {daemon.name: daemon.running for daemon in seen.daemons}
    assert known == dict.fromkeys(("postfix", "dovecot", "exim"), False)


def test_the_rules_of_a_machine_without_nft_are_those_of_iptables() -> None:
    host = MemoryHost({}, {"ss -H -ltnp": "", "iptables-save": "*filter", "ip6tables-save": "*filter6"})
    assert machine_seen(host, []).packet_filter == "*filter\n# ip6tables\n*filter6"


PROC = FileSeen("/proc/1", "/proc/1", FileState.DIRECTORY)


@pytest.mark.parametrize(("number", "running"), [(b"            4711\n", False), (b"1\n", True)])
def test_a_daemon_runs_if_its_number_does(number: bytes, running: bool) -> None:
    path = "/run/postfix.pid"
    host = MemoryHost({path: a_file(path, number), "/proc/1": PROC})
    (daemon,) = machine_seen(host, [], {"postfix": path}).daemons
    assert (daemon.name, daemon.running) == ("postfix", running)


def test_without_proc_nobody_knows_whether_a_daemon_runs() -> None:
    """FreeBSD has none, and hidepid hides those of others."""
    host = MemoryHost({"/run/postfix.pid": a_file("/run/postfix.pid", b"4711\n")})
    assert machine_seen(host, [], {"postfix": "/run/postfix.pid"}).daemons[0].running is None


def test_the_addresses_of_a_machine_are_those_that_lead_to_it_and_those_that_it_tells() -> None:
    told = {"ifconfig -a": "inet 192.0.2.25 netmask 0xffffff00\ninet 127.0.0.1 netmask 0xff000000\n"}
    assert machine_seen(MemoryHost({}, told), ["198.51.100.1"]).addresses == ("198.51.100.1", "192.0.2.25")
    told |= {"ip -o addr": "2: eth0    inet 10.0.0.5/24 scope global eth0"}
    assert machine_seen(MemoryHost({}, told), []).addresses == ("10.0.0.5",)


def test_this_machine_answers_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Here().answer(("uname", "-n")) is None
    for prints in ("echo x", "echo x; exit 1"):
        (tmp_path / "uname").write_text(f"#!/bin/sh\n{prints}\n")
        (tmp_path / "uname").chmod(0o755)
        assert Here().answer(("uname", "-n")) == (None if "exit" in prints else "x\n")


DENIED = USERS.replace(
    "passdb {", "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/denied\n  deny = yes\n}\npassdb {", 1
)


@pytest.mark.parametrize(
    ("user", "said"), [("alice", ["user-disabled"]), ("bob@example.com", ["+login-name-in-store"])]
)
def test_a_name_in_a_passdb_that_denies(user: str, said: list[str]) -> None:
    tried = LoginTried("PLAIN", reply("535 5.7.8 no"), Protection.VERIFIED, user)
    seen = beside(f"{DENIED}== /etc/dovecot/denied\nalice\n", attempt(tried))
    assert answers(login_names.check, seen) == said


LISTENERS = """== dovecot.conf
protocols = imap pop3
passdb {{
  driver = pam
}}
ssl = {ssl}
service pop3-login {{
  inet_listener pop3 {{
    port = {port}
  }}
}}
"""


def judged(example: str, *attempts: Attempt) -> Judgement:
    return judge(beside(example, *attempts), load_profile(), all_checks("dovecot", "postfix", "login", "reach"))


def closed(*schemes: str) -> list[Attempt]:
    return [
        attempt(Connection("192.0.2.25:1", 0.0, trouble=Trouble.REFUSED, turns=(0,)), scheme=each) for each in schemes
    ]


@pytest.mark.parametrize(
    ("ssl", "port", "schemes", "causes"),
    [
        ("yes", 0, ("pop3", "smtp"), [("port-closed", ("smtp",)), ("dovecot-listener-off", ("pop3",))]),
        ("yes", 0, ("smtp",), [("port-closed", ("smtp",))]),
        ("yes", 110, ("pop3",), [("port-closed", ("pop3",))]),
        ("no", 110, ("pop3s", "imaps", "smtp"), [("port-closed", ("smtp",)), ("tls-disabled", ())]),
        ("yes", 110, ("imaps",), [("port-closed", ("imaps",))]),
    ],
)
def test_a_port_that_dovecot_does_not_open(
    ssl: str, port: int, schemes: tuple[str, ...], causes: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = judged(LISTENERS.format(ssl=ssl, port=port), *closed(*schemes))
    said = [(each.name, tuple(url.partition("://")[0] for url in each.endpoints)) for each in found.causes]
    assert sorted(said) == sorted(causes)


HIDING = """== main.cf
compatibility_level = 3.6
smtpd_sasl_exceptions_networks = !192.0.2.9, 192.0.2.0/24
== master.cf
submission inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
"""


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("192.0.2.7:41652", ["sasl-hidden-from-client"]),
        ("192.0.2.9:41652", ["+login-shown-to-client"]),
        ("198.51.100.7:41652", ["+login-shown-to-client"]),
    ],
)
def test_a_login_that_is_hidden_from_the_client(client: str, said: list[str]) -> None:
    dialled = attempt(Connection("192.0.2.25:587", 0.0, local=client), scheme="submission")
    assert answers(login_hidden.check, beside(HIDING, dialled)) == said


def test_where_nobody_has_dialled_it_is_only_worth_knowing() -> None:
    (found,) = [each for each in judged(HIDING).findings if each.name == "sasl-hidden-from-client"]
    assert (found.severity, found.params["seen"]) == (Severity.INFO, "file")


WAITING = """== main.cf
compatibility_level = 3.6
smtpd_client_restrictions = permit_mynetworks, sleep 5
{}== master.cf
smtp inet n - n - - smtpd
"""
EARLY = "smtpd_delay_reject = no\n"


@pytest.mark.parametrize(
    ("more", "seconds", "silent", "said"),
    [
        (EARLY, 5.1, False, ["tarpit"]),
        (EARLY, 0.1, False, []),
        (EARLY, 30.0, False, []),  # that has another reason
        ("", 5.1, False, []),
        ("", 0.1, True, ["tarpit"]),
    ],
)
def test_a_wait_in_a_list_of_restrictions(more: str, seconds: float, silent: bool, said: list[str]) -> None:
    greeted = attempt(
        Greeting(seconds, reply("220 mx.test ESMTP")),
        *([Interrupted(Step.RCPT, Trouble.TIMEOUT, "RCPT TO")] if silent else []),
        scheme="smtp",
    )
    assert answers(waits.check, beside(WAITING.format(more), greeted)) == said


HASHED = USERS.replace("args = /etc", "args = scheme=PLAIN /etc").replace("{PLAIN}wonder", "$6$salt$hash")


@pytest.mark.parametrize(
    ("store", "user", "said"),
    [
        (HASHED, "alice", ["password-scheme-missing"]),
        (HASHED.replace("$6$", "{CRYPT}$6$"), "alice", ["+dovecot-logins-checkable"]),
        (HASHED.replace("scheme=PLAIN ", ""), "alice", ["+dovecot-logins-checkable"]),  # CRYPT, as it is unless set
        # That another account is stored so is not why this one was refused.
        (HASHED.replace("alice:$6$salt$hash", "alice:wonder"), "alice", ["+dovecot-logins-checkable"]),
    ],
)
def test_a_hash_that_is_taken_for_the_password_itself(store: str, user: str, said: list[str]) -> None:
    tried = LoginTried("PLAIN", reply("535 5.7.8 no"), Protection.VERIFIED, user)
    assert answers(passdbs.check, beside(store, attempt(tried))) == said


@pytest.mark.parametrize(("path", "said"), [("users.new", ["credentials-lookup-failed"]), ("%d/users", [])])
def test_a_list_of_accounts_that_is_not_there(path: str, said: list[str]) -> None:
    """One whose name depends on the user cannot be told to be missing."""
    example = USERS.partition("== /etc/dovecot/users")[0].replace("dovecot/users", f"dovecot/{path}")
    assert [name for name in answers(passdbs.check, beside(example)) if not name.startswith("+")] == said


def test_a_token_that_is_held_against_passwords_is_no_wrong_password() -> None:
    error = '{"status":"invalid_token","scope":"mail"}'
    tried = LoginTried(
        "XOAUTH2", reply("535 5.7.8 no", turn=5), Protection.VERIFIED, "alice", error=error, turns=(5,)
    )
    line = LogQuote("dovecot.log, line 1", "dovecot: auth: Info: passwd-file(alice,192.0.2.7): Password mismatch")
    told = LogSaid("password-wrong", 3, {}, (line,), 1, turns=(5,))
    found = judge(record(attempt(tried, told)), load_profile(), all_checks("login", "log"))
    assert [cause.name for cause in found.causes] == ["token-expired"]
