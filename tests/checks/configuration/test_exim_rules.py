"""What is wrong in a configuration of Exim's, rule by rule; each beside what is right."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from mailrecord import answers, attempt, reply

import mailproof.parse.exim as exim
from configurations import MemoryHost, a_file, linted
from eximmachine import MAIN, NOW, SOUND, folder, machine
from mailproof.catalog.pages import load
from mailproof.checks.exim import own_domains, ports_served, started, verification, waits, wrappermode
from mailproof.model.attempt import Job, Trouble
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.connection import Connection, Greeting
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.machine import Daemon, Listener, MachineSeen
from mailproof.model.record import Attempt, Record
from mailproof.probes.exim_files import usual_exim
from mailproof.run.lint import read_configurations
from mailproof.script.authority import Authority

_HANDED_ON = SOUND[SOUND.index("  driver = manualroute") : SOUND.index("  transport = remote")]


@pytest.fixture
def every(authority: Authority) -> dict[str, FileSeen]:
    """A machine on which nothing is wrong."""
    return machine(authority)


def record(every: dict[str, FileSeen]) -> Record:
    return read_configurations(MemoryHost(every), NOW, {}, exim_conf=MAIN)


def names(every: dict[str, FileSeen]) -> set[str]:
    return {finding.name for finding in linted(record(every)).findings}


def test_the_sound_one_is_sound(every: dict[str, FileSeen]) -> None:
    judged = linted(record(every))
    assert [(each.name, each.evidence) for each in judged.findings] == []
    assert {each.name for each in judged.passed} >= {
        "exim-config-readable", "exim-tls-set-up", "exim-keys-readable", "exim-logins-offered",
        "exim-relay-protected", "exim-names-defined", "exim-tables-there", "exim-mail-goes-out",
        "exim-paths-untainted", "exim-limits-agree",
        "exim-writes-its-files", "exim-smarthost-set-up", "exim-tls-begins-where-expected", "certificate-files-sound",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("tls_certificate = ", "tls_advertise_hosts =\ntls_certificate = ", {"tls-disabled"}),
        ("tls_certificate = /etc/ssl/mail/mail.pem\ntls_privatekey = /etc/ssl/mail/mail.key\n", "",
         {"tls-no-certificate"}),
        ("tls_on_connect_ports = 465\n", "", {"tls-wrappermode-missing"}),
        ("tls_on_connect_ports = 465", "tls_on_connect_ports = 465 : 587", {"tls-wrappermode-misplaced"}),
        ("25 : 465 : 587", "25 : 465", {"service-disabled"}),
        (SOUND[SOUND.index("begin authenticators"):], "", {"sasl-disabled"}),
        ("  server_condition = ", "  client_send = ", {"sasl-disabled"}),
        ("auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}", "auth_advertise_hosts = :", {"sasl-disabled"}),
        ("  server_condition = ", "  server_advertise_condition = ${if eq{$tls_in_cipher}{}}\n  server_condition = ",
         {"sasl-disabled"}),
        ("auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}\n", "", {"login-in-clear-allowed"}),
        ("127.0.0.1 : ::::1", "*", {"open-relay-by-mynetworks"}),
        ("  require message", "  accept\n  require message", {"open-relay-by-restriction"}),
        ("@ : example.com", "*", {"open-relay-by-restriction"}),
        ("acl_smtp_rcpt = acl_check_rcpt", "acl_smtp_rcpt = acl_chek_rcpt", {"exim-name-undefined"}),
        ("hosts = +relay_from_hosts", "hosts = +relay_form_hosts", {"exim-name-undefined"}),
        ("transport = remote", "transport = remote_smtp", {"exim-name-undefined"}),
        ("* smart.example.net::587 byname", "* byname", {"smarthost-not-named"}),
        ("::587 byname", "::465 byname", {"next-hop-tls-mode-wrong"}),
        ("smart.example.net", "smart.elsewhere.test", {"relay-password-key-never-matches"}),
        ("127.0.0.1 : ::::1", "127.0.0.1 : 192.0.2.300 : lsearch;/etc/exim4/passwd", {"exim-list-item-wrong"}),
        ("127.0.0.1 : ::::1", "127.0.0.1 : ::::1 : net-iplsearch;/etc/exim4/passwd : *.example.com : h.example.com",
         set()),
        ("@ : example.com", "@ : *.example.com : ^.*[.]example[.]net : partial-lsearch;/etc/exim4/passwd : b-c.test",
         set()),
        ("$local_part_data", "$local_part", {"exim-tainted-data"}),
        ("  file = /var/mail", "  quota = 10M\n  file = /var/mail", {"mailbox-limit-below-message-limit"}),
        ("  driver = accept\n", "  driver = acept\n", {"exim-config-broken"}),
        ("lsearch{/etc/exim4/passwd}", "lsearch{/etc/exim4/users}", {"credentials-lookup-failed"}),
        ("domains = +local_domains\n  transport = box", "domains = lsearch;/etc/exim4/domains\n  transport = box",
         {"lookup-table-missing"}),
        (_HANDED_ON, "  driver = redirect\n  domains = ! +local_domains\n  data = :fail: no\n",
         {"outgoing-mail-disabled"}),
    ],
)  # fmt: skip
def test_a_change_of_a_sound_one(every: dict[str, FileSeen], old: str, new: str, found: set[str]) -> None:
    assert old in SOUND
    every[MAIN] = a_file(MAIN, SOUND.replace(old, new).encode())
    assert names(every) == found


@pytest.mark.parametrize(
    ("path", "change", "found"),
    [
        ("/etc/ssl/mail/mail.key", {"mode": 0o600}, {"certificate-file-unreadable"}),
        ("/etc/ssl/mail", {"mode": 0o700}, {"certificate-file-unreadable"}),
        ("/etc/ssl/mail/mail.key", {"state": FileState.MISSING, "data": b""}, {"certificate-file-missing"}),
        ("/etc/exim4/passwd", {"mode": 0o600}, {"credentials-lookup-failed"}),
        ("/var/spool/exim4", {"owner": "root", "group": "root"}, {"queue-permission"}),
        ("/var/log/exim4", {"owner": "root"}, {"exim-log-not-writable"}),
    ],
)
def test_what_its_user_may_not_use(
    every: dict[str, FileSeen], path: str, change: dict[str, object], found: set[str]
) -> None:
    every[path] = msgspec.structs.replace(every[path], **change)
    assert names(every) == found


@pytest.mark.parametrize(
    ("path", "logs", "found"),
    [
        ("/var/log/exim-%slog", {"main": ("Debian-exim", FileState.FILE), "panic": ("Debian-exim", FileState.FILE)},
         set()),
        ("/var/log/exim-%slog", {"main": ("Debian-exim", FileState.FILE)}, set()),
        ("/var/log/exim-%slog", {"main": ("root", FileState.FILE)}, {"exim-log-not-writable"}),
        ("/var/log/exim-%slog", {"main": ("Debian-exim", FileState.FILE), "panic": ("root", FileState.FILE)},
         {"exim-log-not-writable"}),
        ("/var/log/exim-%slog", {}, {"exim-log-not-writable"}),
        ("/var/log/exim-%slog", {"main": ("", FileState.UNREADABLE)}, set()),
        ("/var/log/exim-%slog-%D", {}, set()),
    ],
)  # fmt: skip
def test_logs_that_are_there_are_written_on_in_a_folder_of_others(
    every: dict[str, FileSeen], path: str, logs: dict[str, tuple[str, FileState]], found: set[str]
) -> None:
    every[MAIN] = a_file(MAIN, f"log_file_path = {path}\n{SOUND}".encode())
    for log, (owner, state) in logs.items():
        name = path.replace("%s", log)
        every[name] = msgspec.structs.replace(a_file(name, b"", mode=0o640), owner=owner, state=state)
    assert names(every) == found


@pytest.mark.parametrize(
    ("text", "port", "found"),
    [
        (b"# host:user:password\n", "587", {"smarthost-login-missing"}),
        (b"", "465", {"smarthost-login-missing", "next-hop-tls-mode-wrong"}),
        (b"# host:user:password\n", "25", set()),
        (b"*:me:word\n", "587", set()),
        (None, "587", {"smarthost-login-missing", "lookup-table-missing"}),
    ],
)
def test_the_login_at_the_smarthost(
    every: dict[str, FileSeen], text: bytes | None, port: str, found: set[str]
) -> None:
    path = "/etc/exim4/passwd.client"
    if text is None:
        del every[path]
    else:
        every[path] = msgspec.structs.replace(every[path], data=text)
    every[MAIN] = a_file(MAIN, SOUND.replace("::587", f"::{port}").encode())
    assert names(every) == found


def test_a_user_that_is_not_known_is_nobody_who_is_kept_out(every: dict[str, FileSeen]) -> None:
    every["/etc/passwd"] = a_file("/etc/passwd", b"root:x:0:0::/root:/bin/sh\n")
    every["/etc/ssl/mail/mail.key"] = msgspec.structs.replace(every["/etc/ssl/mail/mail.key"], mode=0o600)
    assert names(every) == set()


@pytest.mark.parametrize(
    ("server", "files_", "found"),
    [
        ("server_socket = /run/dovecot/auth-client", {}, "sasl-socket-missing"),
        ("server_socket = /run/dovecot/auth-client", {"/run/dovecot/auth-client": 0o600}, "sasl-socket-permission"),
        ("server_socket = /run/dovecot/auth-client", {"/run/dovecot/auth-client": 0o666}, ""),
    ],
)
def test_the_socket_that_logins_are_asked_at(
    every: dict[str, FileSeen], server: str, files_: dict[str, int], found: str
) -> None:
    start = SOUND.index("begin authenticators")
    text = f"{SOUND[:start]}begin authenticators\nd:\n  driver = dovecot\n  public_name = PLAIN\n  {server}\n"
    every[MAIN] = a_file(MAIN, text.encode())
    for path in ("/run", "/run/dovecot"):
        every[path] = folder(path)
    for path, mode in files_.items():
        every[path] = FileSeen(path, path, FileState.SOCKET, mode=mode, owner="root", group="root")
    assert names(every) == ({found} if found else set())


@pytest.mark.parametrize(
    ("recipient", "code", "said"),
    [
        ("bob@other.example", "550", ["domain-not-configured"]),
        ("bob@example.com", "550", ["+exim-domain-taken"]),
        ("bob@example.com", "250", ["+exim-domain-taken"]),
        ("bob@other.example", "250", []),
    ],
)
def test_the_domain_of_a_mailbox(every: dict[str, FileSeen], recipient: str, code: str, said: list[str]) -> None:
    tried = EnvelopeTried(
        EnvelopePurpose.MAILBOX,
        "a@x.test",
        recipient,
        False,
        reply("250 OK", 1),
        reply(f"{code} relay not permitted", 2),
    )
    found = record(every)
    found = msgspec.structs.replace(found, attempts=(*found.attempts, attempt(tried, scheme="smtp")))
    assert answers(own_domains.check, found) == said


@pytest.mark.parametrize(
    ("more", "default", "scheme", "trouble", "said"),
    [
        ("", "", "submission", Trouble.REFUSED, []),
        ("local_interfaces = <; 127.0.0.1 ; ::1\n", "", "submission", Trouble.REFUSED, ["listening-elsewhere"]),
        ("local_interfaces = 192.0.2.25\n", "", "submission", Trouble.REFUSED, []),
        ("", "QUEUERUNNER='queueonly'\n", "submission", Trouble.REFUSED, ["service-disabled"]),
        (
            "",
            "SMTPLISTENEROPTIONS='-oX 25:10025 -oP /run/exim.pid'\n",
            "submission",
            Trouble.REFUSED,
            ["service-disabled"],
        ),
        ("", "", "submission", None, ["+exim-port-configured"]),
        ("", "", "imap", Trouble.REFUSED, []),
    ],
)
def test_a_port_that_does_not_answer(
    every: dict[str, FileSeen], more: str, default: str, scheme: str, trouble: Trouble | None, said: list[str]
) -> None:
    every[MAIN] = a_file(MAIN, (more + SOUND).encode())
    every["/etc/default/exim4"] = a_file("/etc/default/exim4", default.encode())
    dialled = attempt(Connection("192.0.2.7:4000", 0.0, trouble=trouble), scheme=scheme)
    found = record(every)
    found = msgspec.structs.replace(found, attempts=(*found.attempts, dialled))
    left_out = ["service-disabled"] * 2 if "-oX" in default else []
    assert answers(ports_served.check, found) == said + left_out


@pytest.mark.parametrize(("at_once", "said"), [("", ["tls-wrappermode-missing"]), ("465", [])])
def test_a_port_of_ones_own(every: dict[str, FileSeen], at_once: str, said: list[str]) -> None:
    """Where another port is for TLS at once, it may be the client that has the port wrong."""
    ports = f"25 : 10465{' : 465' if at_once else ''}\ntls_on_connect_ports = {at_once}"
    text = SOUND.replace("25 : 465 : 587\ntls_on_connect_ports = 465", ports)
    every[MAIN] = a_file(MAIN, text.encode())
    dialled = attempt(Connection("192.0.2.7:4000", 0.0), scheme="submissions")
    endpoint = msgspec.structs.replace(dialled.endpoint, port=10465)
    dialled = msgspec.structs.replace(dialled, endpoint=endpoint)
    found = record(every)
    found = msgspec.structs.replace(found, attempts=(*found.attempts, dialled))
    assert answers(wrappermode.check, found) == (said or ["+exim-tls-begins-where-expected"])


def test_which_file_this_machines_exim_reads() -> None:
    made, program = a_file("/var/lib/exim4/config.autogenerated", b""), a_file("/usr/sbin/exim4", b"")
    told = {"exim4 -bP config_file": "/srv/exim.conf\n"}
    assert usual_exim(MemoryHost({made.path: made}, told)) == "", "what a removed package left"
    assert usual_exim(MemoryHost({program.path: program})) == ""
    # Where its configuration is broken it tells nothing.
    assert usual_exim(MemoryHost({made.path: made, program.path: program})) == made.path
    assert usual_exim(MemoryHost({made.path: made, program.path: program}, told)) == "/srv/exim.conf"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_trouble_of_the_reader_has_its_words(lang: str) -> None:
    texts = [path.read_text("utf-8") for path in Path(exim.__path__[0]).glob("*.py")]
    names = {name for text in texts for name in re.findall(r'trouble\(\s*"([a-z-]+)"', text)} | {"option-unknown"}
    told = {value for (name, value) in load("exim-config-broken", lang).values if name == "problem"}
    assert len(names) > 35
    assert names <= told


def running(*programs: str, address: str = "192.0.2.25", port: int = 25) -> MachineSeen:
    listeners = tuple(Listener("0.0.0.0", port, (each,), (7,), 0, 100, each) for each in programs)
    daemon = Daemon("exim", "/run/exim4/exim.pid", running=False, known=False)
    return MachineSeen((address,), listeners, "", (daemon,))


@pytest.mark.parametrize(
    ("machine", "trouble", "said"),
    [
        (running("sshd", port=22), Trouble.REFUSED, ["exim-not-running"]),
        (running("sshd", "exim4", port=26), Trouble.REFUSED, ["+exim-runs"]),
        (running("sshd", port=22, address="192.0.2.26"), Trouble.REFUSED, []),
        (running("sshd", port=22), Trouble.TIMEOUT, []),
        (running(), Trouble.REFUSED, []),
    ],
)
def test_it_does_not_run(every: dict[str, FileSeen], machine: MachineSeen, trouble: Trouble, said: list[str]) -> None:
    found = record(every)
    dialled = attempt(Connection("192.0.2.7:4000", 0.0, trouble=trouble), scheme="smtp")
    seen = Attempt(Job.MACHINE, observations=(machine,))
    found = msgspec.structs.replace(found, attempts=(*found.attempts, dialled, seen))
    assert answers(started.check, found) == said


@pytest.mark.parametrize(
    ("line", "answer", "said"),
    [
        ("  deny !verify = sender/callout", "550 Sender verify failed", ["client-verification-refuses"]),
        ("  require verify = sender/callout=5s,defer_ok", "451 Could not complete sender verify callout",
         ["client-verification-refuses"]),
        ("  require verify = reverse_host_lookup", "550 Administrative prohibition", ["client-verification-refuses"]),
        ("  deny !verify = helo\n       message = who are you", "550 who are you", ["client-verification-refuses"]),
        ("  require verify = sender", "550 Sender verify failed", []),
        ("  require verify = recipient", "550 Unknown user", []),
        ("  require verify = sender/callout", "250 OK", []),
    ],
)  # fmt: skip
def test_a_verification_that_refuses(every: dict[str, FileSeen], line: str, answer: str, said: list[str]) -> None:
    every[MAIN] = a_file(MAIN, SOUND.replace("acl_check_rcpt:\n", f"acl_check_rcpt:\n{line}\n").encode())
    tried = EnvelopeTried(
        EnvelopePurpose.MAILBOX, "a@x.test", "b@example.com", False, reply("250 OK", 1), reply(answer, 2)
    )
    found = record(every)
    found = msgspec.structs.replace(found, attempts=(*found.attempts, attempt(tried, scheme="smtp")))
    assert answers(verification.check, found) == said


@pytest.mark.parametrize(
    ("acl", "seconds", "said"),
    [
        ("  accept delay = 5s", 5.1, ["tarpit"]),
        ("  accept delay = 5s", 0.1, []),
        ("  accept", 5.1, []),
        ("  warn hosts = 10.0.0.0/8\n       delay = 5s\n  accept", 5.1, []),
    ],
)
def test_a_wait_before_the_greeting(every: dict[str, FileSeen], acl: str, seconds: float, said: list[str]) -> None:
    text = SOUND.replace("begin acl\n", f"acl_smtp_connect = acl_connect\nbegin acl\nacl_connect:\n{acl}\n")
    every[MAIN] = a_file(MAIN, text.encode())
    found = record(every)
    greeted = attempt(Greeting(seconds, reply("220 mx.test ESMTP", 1)), scheme="smtp")
    found = msgspec.structs.replace(found, attempts=(*found.attempts, greeted))
    assert answers(waits.check, found) == said


def test_an_ident_lookup_is_a_wait_too(every: dict[str, FileSeen]) -> None:
    every[MAIN] = a_file(MAIN, ("rfc1413_hosts = *\nrfc1413_query_timeout = 5s\n" + SOUND).encode())
    found = record(every)
    greeted = attempt(Greeting(5.0, reply("220 mx.test ESMTP", 1)), scheme="smtp")
    found = msgspec.structs.replace(found, attempts=(*found.attempts, greeted))
    assert answers(waits.check, found) == ["tarpit"]
