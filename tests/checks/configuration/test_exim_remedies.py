"""A remedy for Exim, applied to the files that it is for, makes the finding go away, and brings no other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest
from mailrecord import attempt, reply

from configurations import MemoryHost, a_file, linted
from eximmachine import MAIN, NOW, SOUND, debian, folder, machine, part
from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.diagnose.judge import judge
from mailproof.model.attempt import Job, Trouble
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.connection import Connection, Greeting
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.finding import Severity
from mailproof.model.machine import Daemon, Listener, MachineSeen
from mailproof.model.record import Attempt, Record
from mailproof.model.remedy import Remedy, hunks
from mailproof.model.report import Judged
from mailproof.parse.exim.debian import GENERATED, LOCAL_MACROS, SETTINGS, SPLIT, STARTED, TEMPLATE
from mailproof.run.lint import read_configurations
from mailproof.script.authority import Authority
from remedied import applied, generated, mended

Files = dict[str, FileSeen]
INSIDE = "${if eq{$tls_in_cipher}{}{}{*}}"
REFUSED = attempt(Connection("192.0.2.7:4000", 0.0, trouble=Trouble.REFUSED), scheme="submission")
UNKNOWN = attempt(
    EnvelopeTried(
        EnvelopePurpose.MAILBOX, "a@x.test", "bob@other.example", False,
        reply("250 OK", 1), reply("550 relay not permitted", 2),
    ),
    scheme="smtp",
)  # fmt: skip
SLOW = attempt(Greeting(5.0, reply("220 mx.test ESMTP", 1)), scheme="smtp")
_SSH = Listener("0.0.0.0", 22, ("sshd",), (7,), 0, 100, "sshd")
DOWN = Attempt(
    Job.MACHINE,
    observations=(
        MachineSeen(
            ("192.0.2.25",), (_SSH,), "", (Daemon("exim", "/run/exim4/exim.pid", running=False, known=False),)
        ),
    ),
)


def record(files: Files, *wire: Attempt) -> Record:
    found = read_configurations(MemoryHost(files), NOW, {}, exim_conf=GENERATED if GENERATED in files else MAIN)
    return msgspec.structs.replace(found, attempts=(*found.attempts, *wire))


def judged(files: Files, *wire: Attempt) -> tuple[Judged, ...]:
    if not wire:
        return linted(record(files)).findings
    return judge(record(files, *wire), load_profile("default"), all_checks("exim", "certificate")).findings


def changed(files: Files, path: str, old: str, new: str) -> Files:
    text = files[path].data.decode()
    assert old in text, (path, old)
    return files | {path: msgspec.structs.replace(files[path], data=text.replace(old, new).encode())}


def assert_mends(files: Files, name: str, *wire: Attempt) -> Remedy:
    """The finding's remedy, after it was applied to a copy."""
    before = judged(files, *wire)
    found = [each for each in before if each.name == name]
    assert found, {each.name for each in before}
    assert found[0].remedy is not None, f"{name} has no remedy"
    remedy = found[0].remedy
    told = "\n".join((*hunks(remedy), *remedy.then))
    after = judged(mended(files, remedy), *wire)
    own = {str(sorted(each.params.items())) for each in after if each.name == name}
    assert str(sorted(found[0].params.items())) not in own, told
    new = {each.name for each in after if each.severity is not Severity.INFO} - {each.name for each in before}
    assert not new, f"{told}\nbrings {new}"
    return remedy


PLAIN = (
    ("tls_certificate = ", "tls_advertise_hosts = :\ntls_certificate = ", "tls-disabled",
     ["-tls_advertise_hosts = :", "+tls_advertise_hosts = *"]),
    ("tls_on_connect_ports = 465\n", "", "tls-wrappermode-missing", ["+tls_on_connect_ports = 465"]),
    ("tls_on_connect_ports = 465", "tls_on_connect_ports = 587", "tls-wrappermode-missing",
     ["-tls_on_connect_ports = 587", "+tls_on_connect_ports = 465"]),
    ("tls_on_connect_ports = 465", "tls_on_connect_ports = 465 : 587", "tls-wrappermode-misplaced",
     ["-tls_on_connect_ports = 465 : 587", "+tls_on_connect_ports = 465"]),
    ("25 : 465 : 587", "25 : 465", "service-disabled",
     ["-daemon_smtp_ports = 25 : 465", "+daemon_smtp_ports = 25 : 465 : 587"]),
    ("25 : 465 : 587\ntls_on_connect_ports = 465", "<; 25 ; 587", "service-disabled",
     ["-daemon_smtp_ports = <; 25 ; 587", "+daemon_smtp_ports = <; 25 ; 587 ; 465", "+tls_on_connect_ports = 465"]),
    (f"auth_advertise_hosts = {INSIDE}", "auth_advertise_hosts = :", "sasl-disabled",
     ["-auth_advertise_hosts = :", f"+auth_advertise_hosts = {INSIDE}"]),
    ("  server_condition = ",
     "  server_advertise_condition = \\\n    ${if eq{$tls_in_cipher}{}}\n  server_condition = ",
     "sasl-disabled", ["-  server_advertise_condition = \\", "-    ${if eq{$tls_in_cipher}{}}",
                       f"+  server_advertise_condition = {INSIDE}"]),
    (f"auth_advertise_hosts = {INSIDE}\n", "", "login-in-clear-allowed", [f"+auth_advertise_hosts = {INSIDE}"]),
    (f"auth_advertise_hosts = {INSIDE}", "auth_advertise_hosts = *", "login-in-clear-allowed",
     ["-auth_advertise_hosts = *", f"+auth_advertise_hosts = {INSIDE}"]),
    ("127.0.0.1 : ::::1", "127.0.0.1 : ::::1 : 0.0.0.0/0", "open-relay-by-mynetworks",
     ["-hostlist relay_from_hosts = 127.0.0.1 : ::::1 : 0.0.0.0/0",
      "+hostlist relay_from_hosts = 127.0.0.1 : ::::1"]),
    ("127.0.0.1 : ::::1", "*", "open-relay-by-mynetworks",
     ["-hostlist relay_from_hosts = *", "+hostlist relay_from_hosts = 127.0.0.1 : ::::1"]),
    ("hostlist relay_from_hosts = 127.0.0.1 : ::::1\n",
     "NETS = 127.0.0.1 : \\\n # all\n  *\nhostlist relay_from_hosts = NETS\n",
     "open-relay-by-mynetworks", ["-NETS = 127.0.0.1 : \\", "+NETS = 127.0.0.1", "-  *"]),
    ("hosts = +relay_from_hosts", "hosts = *", "open-relay-by-mynetworks", ["-  accept hosts = *"]),
    ("  require message", "  accept\n  require message", "open-relay-by-restriction", ["-  accept"]),
    ("  require message", "  accept senders = *@example.com\n         control = submission\n  require message",
     "open-relay-by-access-rule", ["-  accept senders = *@example.com", "-         control = submission"]),
    ("@ : example.com", "@ : * : example.com", "open-relay-by-restriction",
     ["-domainlist local_domains = @ : * : example.com", "+domainlist local_domains = @ : example.com"]),
    ("acl_smtp_rcpt = acl_check_rcpt", "acl_smtp_rcpt = acl_chek_rcpt", "exim-name-undefined",
     ["-acl_smtp_rcpt = acl_chek_rcpt", "+acl_smtp_rcpt = acl_check_rcpt"]),
    ("hosts = +relay_from_hosts", "hosts = +relay_form_hosts", "exim-name-undefined",
     ["-  accept hosts = +relay_form_hosts", "+  accept hosts = +relay_from_hosts"]),
    ("file = /var/mail/$local_part_data", "file = /var/mail/$local_part", "exim-tainted-data", []),
    ("  domains = +local_domains\n  transport = box\nbegin transports",
     "  domains = +local_domains\n  check_local_user\n  transport = box\nbegin transports", "", []),
    ("::587 byname", "::465 byname", "next-hop-tls-mode-wrong", ["+  protocol = smtps"]),
    ("  driver = accept\n", "  driver = acept\n", "exim-config-broken", ["-  driver = acept", "+  driver = accept"]),
    ("tls_certificate =", "tls_certifcate =", "exim-config-broken",
     ["-tls_certifcate = /etc/ssl/mail/mail.pem", "+tls_certificate = /etc/ssl/mail/mail.pem"]),
    ("  require message", "  requir message", "exim-config-broken",
     ["-  requir message = relay not permitted", "+  require message = relay not permitted"]),
    ("daemon_smtp_ports = 25", "daemon_smtp_ports 25", "exim-config-broken",
     ["-daemon_smtp_ports 25 : 465 : 587", "+daemon_smtp_ports = 25 : 465 : 587"]),
    ("acl_smtp_rcpt = acl_check_rcpt\n", "acl_smtp_rcpt = acl_check_rcpt\nacl_smtp_rcpt = acl_check_rcpt\n",
     "exim-config-broken", ["-acl_smtp_rcpt = acl_check_rcpt"]),
    ("127.0.0.1 : ::::1", "127.0.0.1 : 192.0.2.0/24, 10.0.0.0/8", "exim-list-item-wrong",
     ["-hostlist relay_from_hosts = 127.0.0.1 : 192.0.2.0/24, 10.0.0.0/8",
      "+hostlist relay_from_hosts = 127.0.0.1 : 192.0.2.0/24 : 10.0.0.0/8"]),
    ("127.0.0.1 : ::::1", "127.0.0.1 : ::1 : 2001:db8::/48", "exim-list-item-wrong",
     ["-hostlist relay_from_hosts = 127.0.0.1 : ::1 : 2001:db8::/48",
      "+hostlist relay_from_hosts = 127.0.0.1 : ::::1 : 2001::db8::::/48"]),
    ("127.0.0.1 : ::::1", "<; 127.0.0.1 ; ::1 ; 192.0.2.0/255.255.255.0", "exim-list-item-wrong",
     ["-hostlist relay_from_hosts = <; 127.0.0.1 ; ::1 ; 192.0.2.0/255.255.255.0",
      "+hostlist relay_from_hosts = <; 127.0.0.1 ; ::1 ; 192.0.2.0/24"]),
    ("127.0.0.1 : ::::1", "192.168.7.* : !10.1.*", "exim-list-item-wrong",
     ["-hostlist relay_from_hosts = 192.168.7.* : !10.1.*",
      "+hostlist relay_from_hosts = 192.168.7.0/24 : !10.1.*"]),
    ("127.0.0.1 : ::::1", "127.0.0.1 : 192.0.2", "exim-list-item-wrong", []),
    # What these would be when mended has everybody in it.
    ("127.0.0.1 : ::::1", "127.0.0.1 : 192.0.2.1/0.0.0.0", "exim-list-item-wrong", []),
    ("127.0.0.1 : ::::1", "127.0.0.1 : 0.0.0.0/0.0.0.0", "exim-list-item-wrong", []),
    ("127.0.0.1 : ::::1", "127.0.0.1 : 128.0.0.0/128.0.0.0", "exim-list-item-wrong", []),
    ("127.0.0.1 : ::::1", "192.0.2.0/24, 0.0.0.0/0", "exim-list-item-wrong", []),
    ("127.0.0.1 : ::::1", "127.0.0.1 : ::/0", "exim-list-item-wrong", []),
    ("127.0.0.1 : ::::1", "127.0.0.1 : 2000::/3", "exim-list-item-wrong", []),
    ("@ : example.com", "@ : .example.com", "exim-list-item-wrong", []),
    ("@ : example.com", "@ : me@example.com", "exim-list-item-wrong", []),
    ("@ : example.com", "@ : example.com example.net", "exim-list-item-wrong",
     ["-domainlist local_domains = @ : example.com example.net",
      "+domainlist local_domains = @ : example.com : example.net"]),
    ("          domains = +local_domains\n  accept", "          domains = a.test,+local_domains\n  accept", "", []),
    ("acl_smtp_rcpt = acl_check_rcpt\n",
     ".ifdef RCPT\nacl_smtp_rcpt = RCPT\n.else\nacl_smtp_rcpt = acl_check_rcpt\n.endif\nRCPT = acl_check_rcpt\n",
     "exim-macro-without-effect", ["-RCPT = acl_check_rcpt", "+RCPT = acl_check_rcpt"]),
    ("acl_smtp_rcpt = acl_check_rcpt\n",
     "SIZE_LIMITT = 9M\n.ifdef SIZE_LIMIT\nmessage_size_limit = SIZE_LIMIT\n.endif\nacl_smtp_rcpt = acl_check_rcpt\n",
     "exim-macro-without-effect", ["-SIZE_LIMITT = 9M", "+SIZE_LIMIT = 9M"]),
    ("primary_hostname", "message_logs = on\nprimary_hostname", "exim-config-broken",
     ["-message_logs = on", "+message_logs = yes"]),
)  # fmt: skip
"""What is changed in the sound one, what is found then, and the lines of its diff; none where several are right."""


@pytest.mark.parametrize(("old", "new", "name", "lines"), PLAIN, ids=[f"{n}-{row[2]}" for n, row in enumerate(PLAIN)])
def test_one_file(authority: Authority, old: str, new: str, name: str, lines: list[str], tmp_path: Path) -> None:
    files = changed(machine(authority), MAIN, old, new)
    if not lines:
        assert [each.remedy for each in judged(files) if each.name == name] == ([None] if name else [])
        return
    remedy = assert_mends(files, name)
    assert sorted(each for each in hunks(remedy) if each[:2] not in ("--", "++", "@@")) == sorted(lines)
    assert remedy.then == ("exim4 -bV", "systemctl reload exim4")
    # patch(1) takes it as it is shown.
    copy = tmp_path / "copy"
    copy.write_bytes(files[MAIN].data)
    shown = "".join(f"    {line}\n" for line in hunks(remedy))
    told = subprocess.run(["patch", str(copy)], input=shown, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + shown
    assert copy.read_bytes() == applied(files[MAIN].data, list(remedy.changes))


def test_a_name_of_a_user_that_was_looked_up_is_a_path(authority: Authority) -> None:
    files = changed(machine(authority), MAIN, "$local_part_data", "$local_part")
    files = changed(files, MAIN, "  transport = box\nbegin", "  check_local_user\n  transport = box\nbegin")
    remedy = assert_mends(files, "exim-tainted-data")
    assert "+  file = /var/mail/$local_part_data" in hunks(remedy)


@pytest.mark.parametrize(
    ("path", "change", "name", "then"),
    [
        ("/etc/ssl/mail/mail.key", {"mode": 0o600, "group": "root"}, "certificate-file-unreadable",
         ["chgrp Debian-exim /etc/ssl/mail/mail.key", "chmod g+r /etc/ssl/mail/mail.key"]),
        ("/etc/ssl/mail/mail.key", {"mode": 0o600}, "certificate-file-unreadable",
         ["chmod g+r /etc/ssl/mail/mail.key"]),
        ("/etc/ssl/mail/mail.key", {"group": "sasl"}, "certificate-file-unreadable", ["adduser Debian-exim sasl"]),
        ("/etc/ssl/mail/mail.key", {"group": "dovecot"}, "certificate-file-unreadable", []),
        ("/etc/ssl/mail", {"mode": 0o700}, "certificate-file-unreadable", []),
        ("/etc/ssl/mail/mail.key", {"state": FileState.MISSING, "data": b""}, "certificate-file-missing", []),
        ("/etc/exim4/passwd", {"mode": 0o600}, "credentials-lookup-failed", ["chmod g+r /etc/exim4/passwd"]),
        ("/var/spool/exim4", {"owner": "root", "group": "root"}, "queue-permission",
         ["chown -R Debian-exim:Debian-exim /var/spool/exim4"]),
        ("/var/log/exim4", {"owner": "root"}, "exim-log-not-writable", ["chown Debian-exim /var/log/exim4"]),
        ("/var/log/exim4", {"mode": 0o500}, "exim-log-not-writable", ["chmod u+rwx /var/log/exim4"]),
        ("/var/log", {"mode": 0o700}, "exim-log-not-writable", []),
    ],
)  # fmt: skip
def test_what_its_user_may_not_use(
    authority: Authority, path: str, change: dict[str, object], name: str, then: list[str]
) -> None:
    files = machine(authority)
    files[path] = msgspec.structs.replace(files[path], **change)
    if not then:
        assert {each.remedy for each in judged(files) if each.name == name} == {None}
        return
    remedy = assert_mends(files, name)
    assert remedy.changes == ()
    assert list(remedy.then[:-2]) == then
    verb = "restart" if then[0].startswith("adduser") or name == "exim-log-not-writable" else "reload"
    assert remedy.then[-1] == f"systemctl {verb} exim4"


def test_a_folder_of_logs_that_is_not_there(authority: Authority) -> None:
    files = changed(
        machine(authority), MAIN, "primary_hostname", "log_file_path = /var/log/mx/%slog\nprimary_hostname"
    )
    remedy = assert_mends(files, "exim-log-not-writable")
    assert remedy.then[0] == "install -d -o Debian-exim -g adm -m 2750 /var/log/mx"


def test_logs_are_given_to_it_one_by_one(authority: Authority) -> None:
    files = machine(authority)
    files["/var/log/exim4"] = msgspec.structs.replace(files["/var/log/exim4"], owner="root", mode=0o755)
    files["/var/log/exim4/mainlog"] = a_file("/var/log/exim4/mainlog", b"", mode=0o640)
    assert assert_mends(files, "exim-log-not-writable").then[:2] == (
        "chown Debian-exim /var/log/exim4", "chown Debian-exim /var/log/exim4/mainlog",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("spool_directory = /var/spool", "queue-permission"),
        ("spool_directory = /srv/mail", "queue-permission"),
        ("log_file_path = /var/log/exim-%slog", "exim-log-not-writable"),
        ("log_file_path = /srv/mail/%slog", "exim-log-not-writable"),
    ],
)
def test_a_folder_of_others_too_is_not_given_to_it(authority: Authority, line: str, name: str) -> None:
    files = changed(machine(authority), MAIN, "primary_hostname", f"{line}\nprimary_hostname")
    files |= {each: folder(each) for each in ("/srv", "/srv/mail")}
    assert [each.remedy for each in judged(files) if each.name == name] == [None]


@pytest.mark.parametrize(
    ("new", "wire", "name", "lines"),
    [
        ("local_interfaces = <; 127.0.0.1 ; ::1\n", REFUSED, "listening-elsewhere",
         ["-local_interfaces = <; 127.0.0.1 ; ::1", "+local_interfaces = <; ::0 ; 0.0.0.0"]),
        ("local_interfaces = 198.51.100.9\n", REFUSED, "listening-elsewhere", []),
        ("", UNKNOWN, "domain-not-configured",
         ["-domainlist local_domains = @ : example.com",
          "+domainlist local_domains = @ : example.com : other.example"]),
        ("rfc1413_hosts = *\nrfc1413_query_timeout = 5s\n", SLOW, "tarpit",
         ["-rfc1413_query_timeout = 5s", "+rfc1413_query_timeout = 0s"]),
        ("acl_smtp_connect = accept delay = 5s\n", SLOW, "", []),
    ],
)  # fmt: skip
def test_what_is_seen_from_outside(
    authority: Authority, new: str, wire: Attempt, name: str, lines: list[str]
) -> None:
    files = changed(machine(authority), MAIN, "primary_hostname", f"{new}primary_hostname")
    if not lines:
        assert [each.remedy for each in judged(files, wire) if each.name == name] == ([None] if name else [])
        return
    found = [each for each in judged(files, wire) if each.name == name]
    assert found[0].remedy is not None
    assert [each for each in hunks(found[0].remedy) if each[:2] not in ("--", "++", "@@")] == lines
    if name != "tarpit":  # which is told by what was seen, and this record stays
        assert_mends(files, name, wire)


def test_one_that_does_not_run_is_started(authority: Authority) -> None:
    dialled = attempt(Connection("192.0.2.7:4000", 0.0, trouble=Trouble.REFUSED), scheme="smtp")
    (found,) = (each for each in judged(machine(authority), dialled, DOWN) if each.name == "exim-not-running")
    assert found.remedy == Remedy((), ("systemctl start exim4",))


OF_DEBIAN = (
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='192.0.2.0/24 ; *'", "open-relay-by-mynetworks",
     ["-dc_relay_nets='192.0.2.0/24 ; *'", "+dc_relay_nets='192.0.2.0/24'"]),
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='192.0.2.0/24, 10.0.0.0/8'", "exim-list-item-wrong",
     ["-dc_relay_nets='192.0.2.0/24, 10.0.0.0/8'", "+dc_relay_nets='192.0.2.0/24 : 10.0.0.0/8'"]),
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='2001:db8::/48'", "exim-list-item-wrong",
     ["-dc_relay_nets='2001:db8::/48'", "+dc_relay_nets='2001::db8::::/48'"]),
    (SETTINGS, "'internet'", "'internets'", "exim-config-type-unknown",
     ["-dc_eximconfig_configtype='internets'", "+dc_eximconfig_configtype='internet'"]),
    (SETTINGS, "'internet'", "'none'", "exim-config-type-unknown", []),
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='*'", "open-relay-by-mynetworks",
     ["-dc_relay_nets='*'", "+dc_relay_nets=''"]),
    (SETTINGS, "dc_relay_domains=''", "dc_relay_domains=*", "open-relay-by-restriction",
     ["-dc_relay_domains=*", "+dc_relay_domains=''"]),
    (SETTINGS, "'example.com'", "'example.com ; *'", "open-relay-by-restriction",
     ["-dc_other_hostnames='example.com ; *'", "+dc_other_hostnames='example.com'"]),
    ("acl/30_check_rcpt", "  require\n    message", "  accept\n\n  require\n    message", "open-relay-by-restriction",
     ["-  accept"]),
    ("main/02_options", "= acl_check_rcpt", "= acl_check_rctp", "exim-name-undefined",
     ["-MAIN_ACL_CHECK_RCPT = acl_check_rctp", "+MAIN_ACL_CHECK_RCPT = acl_check_rcpt"]),
    ("main/01_listmacrosdefs", "smtp : 465 : 587", "smtp : 465", "service-disabled",
     ["-daemon_smtp_ports = smtp : 465", "+daemon_smtp_ports = smtp : 465 : 587"]),
    ("macros", "MAIN_TLS_ENABLE = yes", "", "tls-no-certificate", ["+MAIN_TLS_ENABLE = yes"]),
    ("macros", "MAIN_TLS_ENABLE = yes", "MAIN_TLS_ENABLE = yes\nMAIN_TLS_ADVERTISE_HOSTS =", "tls-disabled",
     ["-MAIN_TLS_ADVERTISE_HOSTS =", "+MAIN_TLS_ADVERTISE_HOSTS = *"]),
    ("macros", "MAIN_TLS_ENABLE = yes", "MAIN_TLS_ENABLE = yes\nAUTH_SERVER_ALLOW_NOTLS_PASSWORDS = yes",
     "login-in-clear-allowed", ["-AUTH_SERVER_ALLOW_NOTLS_PASSWORDS = yes"]),
    ("main/01_listmacrosdefs", "tls_on_connect_ports = 465\n", "", "tls-wrappermode-missing",
     ["+tls_on_connect_ports = 465"]),
    ("transport/30_mail_spool", "$local_part_data", "$local_part", "exim-tainted-data",
     ["-  file = /var/mail/$local_part", "+  file = /var/mail/$local_part_data"]),
    ("auth/30_examples", "  public_name", "  publik_name", "exim-config-broken", []),
    ("acl/30_check_rcpt", "    authenticated = *", "    authentcated = *", "exim-config-broken",
     ["-    authentcated = *", "+    authenticated = *"]),
    (STARTED, "='combined'", "='combined'\nSMTPLISTENEROPTIONS='-oX 25:10025 -oP /run/exim4/exim.pid'",
     "service-disabled", ["-SMTPLISTENEROPTIONS='-oX 25:10025 -oP /run/exim4/exim.pid'",
                          "+SMTPLISTENEROPTIONS='-oX 25:10025:587 -oP /run/exim4/exim.pid'"]),
)  # fmt: skip
"""By the file of Debian's that is changed, before Exim's is made of them."""


@pytest.mark.parametrize("split", [False, True], ids=["template", "split"])
@pytest.mark.parametrize(
    ("file", "old", "new", "name", "lines"), OF_DEBIAN, ids=[f"{n}-{row[3]}" for n, row in enumerate(OF_DEBIAN)]
)
def test_what_debian_makes_it_of(
    authority: Authority, split: bool, file: str, old: str, new: str, name: str, lines: list[str]
) -> None:
    files = debian(authority, split)
    macros = f"{SPLIT}/main/000_localmacros" if split else LOCAL_MACROS
    path = macros if file == "macros" else file if file.startswith("/") else part(file) if split else TEMPLATE
    files = changed(files, path, old, new)
    files[GENERATED] = generated(files)
    if not lines:
        assert {each.remedy for each in judged(files) if each.name == name} == {None}
        return
    remedy = assert_mends(files, name)
    assert [each for each in hunks(remedy) if each[:2] not in ("--", "++", "@@")] == lines
    assert {each.file for each in remedy.changes} == {macros if "+tls_on" in lines[0] else path}
    verb = "restart" if path == STARTED else "reload"
    assert remedy.then == ("update-exim4.conf", f"systemctl {verb} exim4")


@pytest.mark.parametrize("split", [False, True], ids=["template", "split"])
def test_the_sound_one_of_debian_is_sound(authority: Authority, split: bool) -> None:
    assert [(each.name, each.evidence) for each in judged(debian(authority, split))] == []


def test_a_file_of_ones_own_is_made_where_there_is_none(authority: Authority) -> None:
    files = debian(authority, split=True)
    del files[f"{SPLIT}/main/000_localmacros"]
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, "tls-no-certificate")
    path = f"{SPLIT}/main/000_localmacros"
    assert hunks(remedy) == [f"--- {path}", f"+++ {path}", "@@ -0,0 +1 @@", "+MAIN_TLS_ENABLE = yes"]


def test_a_file_of_ones_own_that_is_empty_is_filled(authority: Authority) -> None:
    files = debian(authority)
    files[LOCAL_MACROS] = a_file(LOCAL_MACROS, b"")
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, "tls-no-certificate")
    assert hunks(remedy)[2:] == ["@@ -0,0 +1 @@", "+MAIN_TLS_ENABLE = yes"]


@pytest.mark.parametrize(
    ("split", "path", "text", "found"),
    [
        (True, LOCAL_MACROS, b"MAIN_TLS_ENABLE = yes\n", True),
        (True, LOCAL_MACROS, b"# nothing\n\n", False),
        (False, f"{SPLIT}/main/000_localmacros", b"MAIN_TLS_ENABLE = yes\n", True),
        (False, f"{SPLIT}/router/mmm_mail4root", b"mail4root:\n", False),
        (False, f"{SPLIT}/main/01_exim4-config_listmacrosdefs", b"x = 1\n", False),
    ],
)
def test_a_file_of_ones_own_in_the_place_that_does_not_count(
    authority: Authority, split: bool, path: str, text: bytes, found: bool
) -> None:
    """Made on the day on which the package came, as all of a new server."""
    files = debian(authority, split)
    for name in [each for each in files if not split and each.startswith(f"{SPLIT}/")]:
        del files[name]
    files[path] = a_file(path, text)
    files[GENERATED] = generated(files)
    told = [each for each in judged(files) if each.name == "exim-config-without-effect"]
    assert [each.params["file"] for each in told] == ([path] if found else [])
    assert [each.remedy for each in told] == ([None] if found else [])


def test_what_debian_would_not_make_is_named_before_what_it_did_not(authority: Authority) -> None:
    """The configuration of yesterday is sound, and the change of today is none that Exim can read."""
    files = changed(debian(authority), TEMPLATE, "  accept\n    authenticated", "  acept\n    authenticated")
    found = {each.name: each for each in judged(files)}
    assert found["exim-config-outdated"].explained_by == ("exim-config-broken",)
    assert found["exim-config-outdated"].remedy is None
    assert any(piece.where.startswith(f"{TEMPLATE}:") for piece in found["exim-config-broken"].evidence)
    remedy = assert_mends(files, "exim-config-broken")
    assert [each for each in hunks(remedy) if each[:2] not in ("--", "++", "@@")] == ["-  acept", "+  accept"]
    assert not {each.name for each in judged(mended(files, remedy))} & {"exim-config-broken", "exim-config-outdated"}


def test_without_a_certificate_it_is_not_known_which(authority: Authority) -> None:
    files = changed(debian(authority), LOCAL_MACROS, "MAIN_TLS_ENABLE = yes", "")
    del files["/etc/exim4/exim.key"]
    files[GENERATED] = generated(files)
    assert [each.remedy for each in judged(files) if each.name == "tls-no-certificate"] == [None]


def test_what_was_changed_and_not_made_is_made(authority: Authority) -> None:
    files = changed(debian(authority), SETTINGS, "dc_relay_domains=''", "dc_relay_domains='d.example'")
    remedy = assert_mends(files, "exim-config-outdated")
    assert (remedy.changes, remedy.then) == ((), ("update-exim4.conf", "systemctl reload exim4"))


def test_mail_that_only_waits(authority: Authority) -> None:
    files = changed(debian(authority), STARTED, "'combined'", "'no'")
    files = changed(files, LOCAL_MACROS, "MAIN_TLS_ENABLE", "queue_only = true\nMAIN_TLS_ENABLE")
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, "delivery-deferred")
    assert "+QUEUERUNNER='combined'" in hunks(remedy)
    assert remedy.then[-1] == "systemctl restart exim4"


@pytest.mark.parametrize(
    ("old", "new", "wire", "name", "line"),
    [
        ("dc_local_interfaces=''", "dc_local_interfaces='127.0.0.1 ; ::1'", REFUSED, "listening-elsewhere",
         "+dc_local_interfaces=''"),
        ("", "", UNKNOWN, "domain-not-configured", "+dc_other_hostnames='example.com : other.example'"),
        ("'example.com'", "'a.example;b.example'", UNKNOWN, "domain-not-configured",
         "+dc_other_hostnames='a.example ; b.example ; other.example'"),
        ("'example.com'", "''", UNKNOWN, "domain-not-configured", "+dc_other_hostnames='other.example'"),
    ],
)  # fmt: skip
def test_settings_of_debian_as_they_are_seen_from_outside(
    authority: Authority, old: str, new: str, wire: Attempt, name: str, line: str
) -> None:
    files = changed(debian(authority), SETTINGS, old, new)
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, name, wire)
    assert line in hunks(remedy)
    assert {each.file for each in remedy.changes} == {SETTINGS}


def test_one_that_listens_to_nobody(authority: Authority) -> None:
    files = changed(debian(authority), STARTED, "'combined'", "'queueonly'")
    remedy = assert_mends(files, "service-disabled", REFUSED)
    assert "+QUEUERUNNER='combined'" in hunks(remedy)


def test_the_commands_are_those_of_its_place(authority: Authority) -> None:
    """A server that is set up elsewhere is told by the file of its process number."""
    files = machine(authority)
    text = SOUND.replace("127.0.0.1 : ::::1", "*")
    own = "/usr/local/etc/exim/configure"
    for more, then in (
        ("", "systemctl reload exim"),
        ("pid_file_path = /run/exim pid\n", "kill -HUP \"$(cat '/run/exim pid')\""),
    ):
        files[own] = a_file(own, (more + text).encode())
        found = read_configurations(MemoryHost(files), NOW, {}, exim_conf=own)
        (item,) = (each for each in linted(found).findings if each.name == "open-relay-by-mynetworks")
        assert item.remedy is not None
        assert item.remedy.then == (f"exim -C {own} -bV", then)
    copy = {"copy/exim.conf": a_file("copy/exim.conf", text.encode())}
    found = read_configurations(MemoryHost(copy), NOW, {}, exim_conf="copy/exim.conf")
    (item,) = (each for each in linted(found).findings if each.name == "open-relay-by-mynetworks")
    assert item.remedy is not None and item.remedy.then == ("exim -bV", "systemctl reload exim")
