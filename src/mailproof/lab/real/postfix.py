"""The healthy configuration of the private Postfix, and the directories that it wants to find."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

DAEMONS = Path("/usr/lib/postfix/sbin")
"""Where Debian's package has them; postconf(5) daemon_directory."""

# Directories of the user postfix below queue_directory (postfix-files).
_QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold"),
    *("incoming", "private", "saved", "trace"),
)

Options = Mapping[str, str | None]


class Service(msgspec.Struct, frozen=True):
    """A line of master.cf (master(5)) with its -o options."""

    name: str
    type: str
    command: str
    private: str = "-"
    wakeup: str = "-"
    limit: str = "-"
    options: tuple[tuple[str, str], ...] = ()
    key: str = ""
    """What tests call it: the scheme for a service with a port, else its name."""
    unprivileged: str = "-"
    chroot: str = "n"

    def with_options(self, changes: Options) -> Service:
        """With these options set, or taken away where the value is None."""
        options = dict(self.options)
        for name, value in changes.items():
            if value is None:
                options.pop(name, None)
            else:
                options[name] = value
        return msgspec.structs.replace(self, options=tuple(options.items()))

    def __str__(self) -> str:
        head = (
            self.name,
            self.type,
            self.private,
            self.unprivileged,
            self.chroot,
            self.wakeup,
            self.limit,
            self.command,
        )
        return "\n".join([" ".join(head), *(_option(name, value) for name, value in self.options)])


def main_parameters(root: Path, log: Path, chain: Path, key: Path) -> dict[str, str]:
    """main.cf by parameter (postconf(5)), for a server that lives below `root`."""
    postfix, dovecot = root / "postfix", root / "dovecot"
    return {
        "compatibility_level": "3.6",
        "queue_directory": f"{postfix}/spool",
        "data_directory": f"{postfix}/data",
        "daemon_directory": str(DAEMONS),
        "command_directory": "/usr/sbin",
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "maillog_file": str(log),
        "maillog_file_prefixes": f"{log.parent}, /var, /dev/stdout",
        "inet_interfaces": "loopback-only",
        "inet_protocols": "ipv4",
        "myhostname": "mail.example.test",
        "mydomain": "example.test",
        "myorigin": "$mydomain",
        "mydestination": "localhost",
        "alias_maps": "",
        "alias_database": "",
        "local_recipient_maps": "",
        "biff": "no",
        "notify_classes": "",
        "recipient_delimiter": "+",
        # Not 127.0.0.1: a client on this machine is to meet what an outsider meets.
        "mynetworks": "127.0.0.9/32",
        "smtpd_authorized_xclient_hosts": "127.0.0.200",
        "virtual_mailbox_domains": "example.test",
        "virtual_mailbox_maps": f"texthash:{postfix}/etc/virtual_mailboxes",
        "virtual_transport": f"lmtp:unix:{dovecot}/run/lmtp-postfix",
        # Nothing leaves this machine: no name is looked up, and mail for elsewhere is accepted and thrown away.
        "default_transport": "discard:mail for elsewhere goes nowhere",
        "smtp_dns_support_level": "disabled",
        "smtp_host_lookup": "native",
        "smtpd_peername_lookup": "no",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"{dovecot}/run/auth-postfix",
        "smtpd_sasl_auth_enable": "no",
        "smtpd_tls_auth_only": "yes",
        "smtpd_tls_security_level": "may",
        "smtpd_tls_cert_file": str(chain),
        "smtpd_tls_key_file": str(key),
        # The default is >=TLSv1, and with an ECDSA key Debian's OpenSSL does agree to TLS 1.1 (RFC 8996).
        "smtpd_tls_protocols": ">=TLSv1.2",
        "smtpd_tls_mandatory_protocols": ">=TLSv1.2",
        "smtpd_tls_loglevel": "1",
        "smtpd_tls_received_header": "yes",
        "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
        "disable_vrfy_command": "yes",
    }


def master_services(ports: Mapping[str, int]) -> list[Service]:
    """master.cf: the three services with a port, and Postfix's own as Debian has them."""
    users = (
        ("smtpd_sasl_auth_enable", "yes"),
        ("smtpd_client_restrictions", "permit_sasl_authenticated,reject"),
    )
    submission = (("syslog_name", "postfix/submission"), ("smtpd_tls_security_level", "encrypt"), *users)
    submissions = (("syslog_name", "postfix/submissions"), ("smtpd_tls_wrappermode", "yes"), *users)
    return [
        _smtpd("smtp", ports, ()),
        _smtpd("submission", ports, submission),
        _smtpd("submissions", ports, submissions),
        _unix("pickup", "pickup", "n", "60", "1"),
        _unix("cleanup", "cleanup", "n", limit="0"),
        _unix("qmgr", "qmgr", "n", "300", "1"),
        _unix("tlsmgr", "tlsmgr", wakeup="1000?", limit="1"),
        _unix("rewrite", "trivial-rewrite"),
        _unix("bounce", "bounce", limit="0"),
        _unix("defer", "bounce", limit="0"),
        _unix("trace", "bounce", limit="0"),
        _unix("verify", "verify", limit="1"),
        _unix("flush", "flush", "n", "1000?", "0"),
        _unix("proxymap", "proxymap"),
        _unix("proxywrite", "proxymap", limit="1"),
        _unix("smtp", "smtp"),
        _unix("relay", "smtp"),
        _unix("showq", "showq", "n"),
        _unix("error", "error"),
        _unix("retry", "error"),
        _unix("discard", "discard"),
        msgspec.structs.replace(_unix("local", "local"), unprivileged="n"),
        msgspec.structs.replace(_unix("virtual", "virtual"), unprivileged="n"),
        _unix("lmtp", "lmtp"),
        _unix("anvil", "anvil", limit="1"),
        _unix("scache", "scache", limit="1"),
        msgspec.structs.replace(_unix("postlog", "postlogd", "n", limit="1"), type="unix-dgram"),
    ]


def make_directories(root: Path) -> None:
    """Queue and data directories with the owners and modes that postfix-script(1) would give them."""
    spool, data = root / "postfix" / "spool", root / "postfix" / "data"
    spool.mkdir(parents=True)
    for name in _QUEUES:
        _owned(spool / name, 0o700)
    _owned(spool / "public", 0o2710, "postdrop")
    _owned(spool / "maildrop", 0o1730, "postdrop")
    (spool / "pid").mkdir()
    _owned(data, 0o700)


def _option(name: str, value: str) -> str:
    # A value with spaces needs the braces of Postfix 3.0 (master(5)).
    return f"  -o {{ {name} = {value} }}" if " " in value else f"  -o {name}={value}"


def _owned(path: Path, mode: int, group: str | None = None) -> None:
    path.mkdir()
    if group is None:
        shutil.chown(path, "postfix")
    else:
        shutil.chown(path, "postfix", group)
    path.chmod(mode)


def _smtpd(scheme: str, ports: Mapping[str, int], options: Iterable[tuple[str, str]]) -> Service:
    return Service(f"127.0.0.1:{ports[scheme]}", "inet", "smtpd", "n", options=tuple(options), key=scheme)


def _unix(name: str, command: str, private: str = "-", wakeup: str = "-", limit: str = "-") -> Service:
    return Service(name, "unix", command, private, wakeup, limit, key=f"{name} unix")
