"""What would mend the TLS settings of Postfix's servers."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.checks.mending import Changes
from mailproof.checks.postfix.configured import Configured, Daemon
from mailproof.checks.postfix.mending import mend, option_set, value_set
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.parameters import Setting

_LEVEL = "smtpd_tls_security_level"


def switched_on(configured: Configured, daemon: Daemon, certified: bool) -> Remedy | None:
    """TLS, offered or asked for; None without a certificate, for then something else is to be done first."""
    if not certified or not any(each.name == "tlsmgr" for each in configured.services):
        return None
    setting = daemon.main.setting(_LEVEL)
    wanted = "encrypt" if setting.file == "master.cf" and daemon.role != "smtp" else "may"
    return mend(value_set(configured, setting, wanted))


def offered_to_all(configured: Configured, daemon: Daemon) -> Remedy | None:
    """TLS that is no condition at port 25; where users submit mail it stays one."""
    setting = daemon.main.setting(_LEVEL)
    return mend(value_set(configured, setting, "may"), *_kept(configured, setting))


def _kept(configured: Configured, setting: Setting) -> Iterator[Changes]:
    for each in configured.servers if setting.file != "master.cf" else ():
        if each.role == "submission" and _LEVEL not in each.service.options:
            yield option_set(configured, each, _LEVEL, setting.value)


def versions_of_today(configured: Configured, setting: Setting) -> Remedy | None:
    """TLS 1.2 and later, in the form that the value has: `>=` is known from Postfix 3.6 on."""
    by_bound = ">=" in setting.value or "<=" in setting.value
    return mend(value_set(configured, setting, ">=TLSv1.2" if by_bound else "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"))


def ciphers_of_today(configured: Configured, setting: Setting) -> Remedy | None:
    """The grade that is Postfix's own default."""
    return mend(value_set(configured, setting, "medium"))


def logins_inside_tls(configured: Configured, daemon: Daemon, level: str) -> Remedy | None:
    """None where there is no TLS that a login could be inside of."""
    return mend(value_set(configured, daemon.main.setting("smtpd_tls_auth_only"), "yes")) if level == "may" else None


def logins_kept_inside(configured: Configured, daemon: Daemon, level: str) -> Changes:
    """What a service needs beside where users log in and TLS does not begin at once; None where it has no TLS."""
    if daemon.on("smtpd_tls_auth_only") or level in ("encrypt", "verify", "secure", "fingerprint"):
        return ()
    return option_set(configured, daemon, "smtpd_tls_auth_only", "yes") if level == "may" else None
