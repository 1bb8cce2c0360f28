"""The healthy configuration of the private Dovecot 2.3."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

LIBEXEC = Path("/usr/lib/dovecot")
"""Where Debian's package has its daemons."""

# Owner of the mailboxes: an account that every Debian has from the start (base-passwd), so none need be made.
MAIL_OWNER = "mail"

MECHANISMS = "plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256"


def configuration(root: Path, log: Path, ports: Mapping[str, int], chain: Path, key: Path) -> str:
    """dovecot.conf for a server that lives below `root`.

    Two things differ from a server in use, so that tests do not wait: there is no delay after a failed login, and
    no growing penalty for the address that it came from (anvil-auth-penalty).
    """
    home = root / "dovecot"
    return f"""\
base_dir = {home}/run
state_dir = {home}/state
instance_name = {root.name}
protocols = imap pop3 lmtp sieve
listen = 127.0.0.1
hostname = mail.example.test
log_path = {log}
log_timestamp = "%b %d %H:%M:%S "
auth_verbose = yes
auth_mechanisms = {MECHANISMS}
auth_failure_delay = 0
disable_plaintext_auth = yes
ssl = yes
ssl_cert = <{chain}
ssl_key = <{key}
mail_location = maildir:{home}/mail/%u
mail_uid = {MAIL_OWNER}
mail_gid = {MAIL_OWNER}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {home}/users
  default_fields = uid={MAIL_OWNER} gid={MAIL_OWNER} home={home}/home/%u
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
}}
protocol lmtp {{
  mail_plugins = sieve
  postmaster_address = postmaster@example.test
}}
service imap-login {{
  inet_listener imap {{
    port = {ports["imap"]}
  }}
  inet_listener imaps {{
    port = {ports["imaps"]}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {ports["pop3"]}
  }}
  inet_listener pop3s {{
    port = {ports["pop3s"]}
    ssl = yes
  }}
}}
service managesieve-login {{
  inet_listener sieve {{
    port = {ports["sieve"]}
  }}
}}
service lmtp {{
  unix_listener lmtp-postfix {{
    mode = 0600
    user = postfix
    group = postfix
  }}
}}
service auth {{
  unix_listener auth-postfix {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def make_directories(root: Path) -> None:
    """Where mail and home directories of the accounts go; Dovecot makes the rest."""
    home = root / "dovecot"
    home.mkdir()
    for name in ("mail", "home"):
        (home / name).mkdir()
        shutil.chown(home / name, MAIL_OWNER, MAIL_OWNER)


def users_file(accounts: Mapping[str, str]) -> str:
    """A passwd-file with the passwords in clear, as CRAM-MD5, DIGEST-MD5 and both SCRAM can only be offered so."""
    return "".join(f"{name}:{_stored(password)}::::::\n" for name, password in accounts.items())


def _stored(password: str) -> str:
    """In hexadecimal where the colons of the file would cut it."""
    return f"{{PLAIN.HEX}}{password.encode().hex()}" if set(password) & set(": \t") else f"{{PLAIN}}{password}"


def with_addresses(text: str, root: Path) -> str:
    """dovecot.conf for logins that are no addresses: who gets mail is in a file of its own, `addresses_file`."""
    users = f"userdb {{\n  driver = passwd-file\n  args = username_format=%u {root}/dovecot/"
    return text.replace(f"{users}users\n", f"{users}addresses\n")


def addresses_file(root: Path, logins: Iterable[str], addresses_of: Mapping[str, str]) -> str:
    """All logins, and beside the bare ones their addresses, of which the mail lies where the login reads it.

    They are in no passdb: to log in with such an address is to be unknown.
    """
    home = root / "dovecot"
    lines = [f"{login}::::::" for login in logins]
    # user:password:uid:gid:gecos:home:shell:extra
    lines += [
        f"{address}:::::{home}/home/{login}::userdb_mail=maildir:{home}/mail/{login}"
        for login, address in addresses_of.items()
    ]
    return "".join(f"{line}\n" for line in lines)
