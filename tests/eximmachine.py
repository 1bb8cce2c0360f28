"""A machine in memory with a sound Exim: of one file, or made of Debian's sources, small ones of the same form."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from configurations import a_file, files_of
from mailproof.model.configuration import FileSeen, FileState
from mailproof.parse.exim.debian import GENERATED, LOCAL_MACROS, MAILNAME, SETTINGS, SPLIT, STARTED, TEMPLATE
from mailproof.script.authority import Authority
from remedied import generated

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MAIN = "/etc/exim4/exim4.conf"
PASSWD = "root:x:0:0::/root:/bin/sh\nDebian-exim:x:105:109::/var/spool/exim4:/usr/sbin/nologin\n"
GROUP = "root:x:0:\nmail:x:8:\nDebian-exim:x:109:\nsasl:x:45:other\nssl-cert:x:110:Debian-exim\n"
SOUND = """primary_hostname = mail.example.com
domainlist local_domains = @ : example.com
hostlist relay_from_hosts = 127.0.0.1 : ::::1
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
tls_certificate = /etc/ssl/mail/mail.pem
tls_privatekey = /etc/ssl/mail/mail.key
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = acl_check_rcpt
begin acl
acl_check_rcpt:
  accept hosts = +relay_from_hosts
  accept authenticated = *
  require message = relay not permitted
          domains = +local_domains
  accept
begin routers
out:
  driver = manualroute
  domains = ! +local_domains
  route_list = * smart.example.net::587 byname
  transport = remote
box:
  driver = accept
  domains = +local_domains
  transport = box
begin transports
remote:
  driver = smtp
  hosts_try_auth = <; ${lookup{$host}nwildlsearch{/etc/exim4/passwd.client}{$host_address}}
box:
  driver = appendfile
  file = /var/mail/$local_part_data
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${lookup{$auth2}lsearch{/etc/exim4/passwd}{yes}{no}}
"""
# In the form of Debian's: what is asked for comes before what asks, with a default for most.
PARTS = {
    "main/01_listmacrosdefs": """.ifndef CONFDIR
CONFDIR = /etc/exim4
.endif
UPEX4CmacrosUPEX4C = 1
domainlist local_domains = MAIN_LOCAL_DOMAINS
domainlist relay_to_domains = MAIN_RELAY_TO_DOMAINS
hostlist relay_from_hosts = MAIN_RELAY_NETS
qualify_domain = ETC_MAILNAME
.ifdef MAIN_LOCAL_INTERFACES
local_interfaces = MAIN_LOCAL_INTERFACES
.endif
primary_hostname = mail.example.com
daemon_smtp_ports = smtp : 465 : 587
tls_on_connect_ports = 465
""",
    "main/02_options": """# ACLs
.ifndef MAIN_ACL_CHECK_RCPT
MAIN_ACL_CHECK_RCPT = acl_check_rcpt
.endif
acl_smtp_rcpt = MAIN_ACL_CHECK_RCPT
.ifdef MESSAGE_SIZE_LIMIT
message_size_limit = MESSAGE_SIZE_LIMIT
.endif
""",
    "main/03_tlsoptions": """.ifdef MAIN_TLS_ENABLE
.ifndef MAIN_TLS_ADVERTISE_HOSTS
MAIN_TLS_ADVERTISE_HOSTS = *
.endif
tls_advertise_hosts = MAIN_TLS_ADVERTISE_HOSTS
.ifndef MAIN_TLS_CERTIFICATE
MAIN_TLS_CERTIFICATE = CONFDIR/exim.crt
.endif
tls_certificate = MAIN_TLS_CERTIFICATE
.ifndef MAIN_TLS_PRIVATEKEY
MAIN_TLS_PRIVATEKEY = CONFDIR/exim.key
.endif
tls_privatekey = MAIN_TLS_PRIVATEKEY
.endif
""",
    "acl/30_check_rcpt": """begin acl
acl_check_rcpt:

  # handed on for those that we know
  accept
    hosts = +relay_from_hosts
    control = submission/sender_retain

  accept
    authenticated = *

  require
    message = relay not permitted
    domains = +local_domains : +relay_to_domains

  accept
""",
    "router/200_primary": """begin routers
.ifdef DCconfig_internet
dnslookup:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
  no_more
.endif
.ifdef DCconfig_smarthost DCconfig_satellite
smarthost:
  driver = manualroute
  domains = ! +local_domains
  transport = remote_smtp_smarthost
  route_list = * DCsmarthost byname
  no_more
.endif
""",
    "router/900_local_user": """local_user:
  driver = accept
  domains = +local_domains
  check_local_user
  transport = LOCAL_DELIVERY
""",
    "transport/30_mail_spool": """begin transports
mail_spool:
  driver = appendfile
  file = /var/mail/$local_part_data
""",
    "transport/30_remote_smtp": """remote_smtp:
  driver = smtp
remote_smtp_smarthost:
  driver = smtp
  hosts_try_auth = <; ${if exists{CONFDIR/passwd.client}\\
        {${lookup{$host}nwildlsearch{CONFDIR/passwd.client}{$host_address}}}\\
        {}\\
      }
.ifdef REMOTE_SMTP_SMARTHOST_PROTOCOL
  protocol = REMOTE_SMTP_SMARTHOST_PROTOCOL
.endif
""",
    "auth/30_examples": """begin authenticators
plain_server:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${lookup{$auth2}lsearch{CONFDIR/passwd}{yes}{no}}
  .ifndef AUTH_SERVER_ALLOW_NOTLS_PASSWORDS
  server_advertise_condition = ${if eq{$tls_in_cipher}{}{}{*}}
  .endif
""",
}
MACROS = "# of one's own\nMAIN_TLS_ENABLE = yes\n"
ASKED = """# by debconf
dc_eximconfig_configtype='internet'
dc_other_hostnames='example.com'
dc_local_interfaces=''
dc_readhost=''
dc_relay_domains=''
dc_relay_nets=''
dc_smarthost=''
dc_use_split_config='SPLIT'
dc_hide_mailname=''
dc_localdelivery='mail_spool'
"""


def machine(authority: Authority) -> dict[str, FileSeen]:
    """With one file, on which nothing is wrong."""
    pem = _issued(authority, "/etc/ssl/mail/mail.pem", "/etc/ssl/mail/mail.key")
    named = [
        a_file(MAIN, SOUND.encode()),
        pem["/etc/ssl/mail/mail.pem"],
        msgspec.structs.replace(pem["/etc/ssl/mail/mail.key"], mode=0o640, group="ssl-cert"),
        folder("/etc/ssl"),
        folder("/etc/ssl/mail"),
    ]
    return _machine({each.path: each for each in named})


def debian(authority: Authority, split: bool = False) -> dict[str, FileSeen]:
    """Made of Debian's sources, on which nothing is wrong."""
    pem = _issued(authority, "/etc/exim4/exim.crt", "/etc/exim4/exim.key")
    key = msgspec.structs.replace(pem["/etc/exim4/exim.key"], mode=0o640, group="Debian-exim")
    texts = {part(name): text for name, text in PARTS.items()}
    texts |= {
        SETTINGS: ASKED.replace("SPLIT", "true" if split else "false"),
        MAILNAME: "mail.example.com\n",
        STARTED: "QUEUERUNNER='combined'\nQUEUEINTERVAL='30m'\n",
        TEMPLATE: "".join(PARTS.values()),
        f"{SPLIT}/main/000_localmacros" if split else LOCAL_MACROS: MACROS,
    }
    files = _machine({path: a_file(path, text.encode()) for path, text in texts.items()} | pem | {key.path: key})
    return files | {GENERATED: generated(files)}


def part(name: str) -> str:
    """`acl/30_check_rcpt` as Debian's packages name it."""
    number, _, rest = name.partition("_")
    return f"{SPLIT}/{number}_exim4-config_{rest}"


def folder(path: str, mode: int = 0o755, owner: str = "root", group: str = "root") -> FileSeen:
    return FileSeen(path, path, FileState.DIRECTORY, mode=mode, owner=owner, group=group)


def _issued(authority: Authority, certificate: str, key: str) -> dict[str, FileSeen]:
    pair = "== {} {} good:mail.example.com\n"
    return files_of(pair.format(certificate, "chain") + pair.format(key, "key"), authority)


def _machine(files: dict[str, FileSeen]) -> dict[str, FileSeen]:
    named = [
        a_file("/etc/passwd", PASSWD.encode()),
        a_file("/etc/group", GROUP.encode()),
        msgspec.structs.replace(a_file("/etc/exim4/passwd", b"a:b\n", mode=0o640), group="Debian-exim"),
        msgspec.structs.replace(
            a_file("/etc/exim4/passwd.client", b"# host:user:password\n*.example.net:me:word\n", mode=0o640),
            group="Debian-exim",
        ),
        *(folder(each) for each in ("/etc", "/etc/exim4", "/var", "/var/spool", "/var/log")),
        folder("/var/spool/exim4", 0o750, "Debian-exim", "Debian-exim"),
        folder("/var/log/exim4", 0o2750, "Debian-exim", "adm"),
    ]
    return {each.path: each for each in named} | files
