"""A private, healthy Exim from an unpacked package, over which the tests put a check."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from mailproof.lab.real.ports import ClaimedPorts, listening_ports
from mailproof.lab.real.processes import Daemon, end
from mailproof.script.authority import Authority, CertificateKind

TREE = Path(__file__).resolve().parents[2] / ".venv" / "brands" / "exim"
ACCOUNTS = {"alice@example.test": "looking-glass-1871", "bob@example.test": "can-we-fix-it-1999"}

CONFIGURATION = """
exim_path = /usr/sbin/exim4
exim_user = mail
exim_group = mail
spool_directory = {d}/spool
log_file_path = {d}/log/%slog
pid_file_path = {d}/exim.pid
notifier_socket =
primary_hostname = mail.example.test
qualify_domain = example.test
daemon_smtp_ports = {smtp} : {submissions} : {submission}
local_interfaces = 127.0.0.1
tls_on_connect_ports = {submissions}
tls_advertise_hosts = *
tls_certificate = {d}/chain.pem
tls_privatekey = {d}/key.pem
deliver_drop_privilege = true
rfc1413_query_timeout = 0s
host_lookup =
domainlist local_domains = example.test
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_mail = ${{if eq{{$received_port}}{{{smtp}}}{{accept}}{{acl_login}}}}
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = accept
keep_environment =
begin acl
acl_login:
  accept authenticated = *
  deny message = authentication required
acl_rcpt:
  accept authenticated = *
  require message = relay not permitted
          domains = +local_domains
  require verify = recipient
  accept
begin routers
r_local:
  driver = accept
  domains = +local_domains
  local_parts = alice : bob
  transport = t_maildir
  cannot_route_message = Unknown user
r_out:
  driver = accept
  domains = ! +local_domains
  transport = t_nowhere
begin transports
t_nowhere:
  driver = appendfile
  file = /dev/null
  user = mail
t_maildir:
  driver = appendfile
  directory = {d}/mail/$local_part_data
  maildir_format
  user = mail
  group = mail
  create_directory
begin retry
* * F,2h,15m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


@contextmanager
def exim() -> Iterator[SimpleNamespace]:
    """It listens; what a check needs to know of it: `urls`, `ca_file`, `name`, `accounts`."""
    directory = Path(tempfile.mkdtemp(prefix="mailproof-exim-", dir="/var/tmp"))
    directory.chmod(0o755)
    authority = Authority("Lab")
    authority.write(authority.issue(CertificateKind.GOOD, "mail.example.test", datetime.now(UTC)), directory)
    root = authority.write_root(directory)
    for name in ("spool", "log", "mail"):
        (directory / name).mkdir()
    user, password = next(iter(ACCOUNTS.items()))
    with ClaimedPorts(("smtp", "submission", "submissions")) as claims:
        text = CONFIGURATION.format(d=directory, user=user, password=password, **claims.numbers)
        (directory / "exim.conf").write_text(text, "utf-8")
        for path in (directory, *directory.rglob("*")):
            shutil.chown(path, "mail", "mail")
        shutil.chown(directory / "exim.conf", "root", "root")
        # The program wants its package's user and group to exist: it gets lists of its own.
        for name, entry in (("passwd", "x:63999:8::/nonexistent:/usr/sbin/nologin"), ("group", "x:63999:")):
            known = Path("/etc", name).read_text("utf-8")
            (directory / name).write_text(f"{known}Debian-exim:{entry}\n", "utf-8")
        # Exim executes itself as root again: only files laid over /usr bring its libraries along.
        laid = (
            f"mount -t overlay overlay -o lowerdir={TREE}/usr:/usr /usr"
            f" && mount --bind {directory}/passwd /etc/passwd && mount --bind {directory}/group /etc/group"
            f" && exec /usr/sbin/exim4 -C {directory}/exim.conf -bdf"
        )
        command = ["unshare", "-m", "--propagation", "private", "sh", "-c", laid]
        daemon = Daemon(command, {"PATH": os.environ["PATH"]}, directory / "output")
        try:
            until = datetime.now(UTC).timestamp() + 20
            while not set(claims.numbers.values()) <= listening_ports():
                assert daemon.status is None, (directory / "output").read_text()
                assert datetime.now(UTC).timestamp() < until, "Exim does not listen"
            urls = {scheme: f"{scheme}://127.0.0.1:{port}" for scheme, port in claims.numbers.items()}
            yield SimpleNamespace(urls=urls, ca_file=root, name="mail.example.test", accounts=ACCOUNTS)
        finally:
            end([daemon], str(directory))
            with suppress(OSError):
                shutil.rmtree(directory)


def runs() -> bool:
    """Whether its package is unpacked here and this user may lay it over /usr."""
    probe = ["unshare", "-m", "--propagation", "private", "mount", "-t", "overlay", "overlay"]
    if os.geteuid() != 0 or not (TREE / "usr/sbin/exim4").exists() or not shutil.which("unshare"):
        return False
    laid = subprocess.run([*probe, "-o", f"lowerdir={TREE}/usr:/usr", "/usr"], capture_output=True, check=False)
    return laid.returncode == 0
