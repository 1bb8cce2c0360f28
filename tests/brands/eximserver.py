"""Exim 4.96 (Debian's exim4-daemon-light) with TLS, and PLAIN inside it."""

from __future__ import annotations

from unpacked import ACCOUNTS, Brand, Place

CONFIGURATION = """
exim_user = mail
exim_group = mail
spool_directory = {d}/spool
log_file_path = {d}/mail/%slog
pid_file_path = {d}/run/exim.pid
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


def configure(place: Place) -> str:
    user, password = next(iter(ACCOUNTS.items()))
    text = CONFIGURATION.format(d=place.directory, user=user, password=password, **place.ports)
    place.write("exim.conf", place.changed(text))
    d = place.directory
    return f"chown -R mail:mail {d}/spool {d}/mail {d}/run {d}/key.pem\nexec /usr/sbin/exim4 -C {d}/exim.conf -bdf\n"


EXIM = Brand(
    "exim",
    "usr/sbin/exim4",
    ("smtp", "submission", "submissions"),
    users=("Debian-exim",),
    configure=configure,
    logs=("mail/mainlog", "mail/rejectlog"),
)
