"""A remedy for Exim, applied to the files that it is for, makes the finding go away, and brings no other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest
from eximremedied import DOWN, INSIDE, REFUSED, SLOW, UNKNOWN, assert_mends, changed, judged
from mailrecord import attempt

from configurations import a_file
from eximmachine import MAIN, folder, machine
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import FileState
from mailproof.model.connection import Connection
from mailproof.model.record import Attempt
from mailproof.model.remedy import Remedy, hunks
from mailproof.script.authority import Authority
from remedied import applied

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
