"""Entries of master.cf that are not there, as Postfix's own master.cf has them."""

from __future__ import annotations

from mailproof.checks.mending import Changes
from mailproof.checks.postfix.configured import Configured
from mailproof.checks.postfix.mending import service_there

_NAMES = {"smtp": ("smtp", "25"), "submission": ("submission", "587"), "submissions": ("submissions", "smtps", "465")}
_OF_PORT = {25: "smtp", 587: "submission", 465: "submissions"}
_OPTIONS = {
    "smtp": (),
    "submission": ("smtpd_tls_security_level=encrypt", "smtpd_sasl_auth_enable=yes"),
    "submissions": ("smtpd_tls_wrappermode=yes", "smtpd_sasl_auth_enable=yes"),
}
# Wakeup, limit of processes, command (conf/master.cf of Postfix).
_ENTRIES = {
    "tlsmgr": ("-", "1000?", "1", "tlsmgr"),
    "cleanup": ("n", "-", "0", "cleanup"),
    "qmgr": ("n", "300", "1", "qmgr"),
    "rewrite": ("-", "-", "-", "trivial-rewrite"),
    "bounce": ("-", "-", "0", "bounce"),
    "defer": ("-", "-", "0", "bounce"),
    "proxymap": ("-", "-", "-", "proxymap"),
}


def entry_of(configured: Configured, name: str) -> Changes:
    """A service without which Postfix does not work; its chroot as the others have it, but for what lies outside."""
    unprivileged, wakeup, limit, command = _ENTRIES[name]
    chroot = "n" if name in ("qmgr", "proxymap") else _chroot(configured)
    return service_there(
        configured, (name,), "unix", [f"{name} unix {unprivileged} - {chroot} {wakeup} {limit} {command}"]
    )


def passed_to_smtpd(configured: Configured) -> Changes:
    """The smtpd to which postscreen(8) hands its clients on."""
    return service_there(configured, ("smtpd",), "pass", [f"smtpd pass - - {_chroot(configured)} - - smtpd"])


def port_opened(configured: Configured, role: str) -> Changes:
    """A service for a role: `smtp`, `submission` or `submissions`."""
    options = (f"  -o syslog_name=postfix/{role}",) if role != "smtp" else ()
    entry = (
        f"{role} inet n - {_chroot(configured)} - - smtpd",
        *options,
        *(f"  -o {each}" for each in _OPTIONS[role]),
    )
    return service_there(configured, _NAMES[role], "inet", entry)


def port_served(configured: Configured, port: int) -> Changes:
    """The same for the number of a port; None for another one than of these."""
    role = _OF_PORT.get(port)
    return None if role is None else port_opened(configured, role)


def _chroot(configured: Configured) -> str:
    """The column of chroot as the servers have it, or the service that stands first."""
    fields = [each.service.fields for each in (*configured.servers, *configured.daemons)]
    return fields[0][2] if fields else "n"
