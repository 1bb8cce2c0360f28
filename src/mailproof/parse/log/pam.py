"""What PAM writes for a login at Dovecot: `pam_unix(dovecot:auth): …` behind `dovecot-auth` (1.x) or `auth` (2.x)."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LoginFailed, LogLine

_PAM = re.compile(r"(pam_[a-z0-9_]+)\((\S+?):[a-z]+\): (.*)")
_RHOST = re.compile(r"\brhost=(\S*)")
_USER = re.compile(r" user=(\S+)|information about user (\S+)|ruser=(\S+)")


def pam_fact(line: LogLine) -> Fact | None:
    """A failed login; None for what is not PAM's."""
    found = _PAM.match(line.text)
    if found is None:
        return None
    user, host = _USER.search(found[3]), _RHOST.search(found[3])
    name = next(filter(None, user.groups()), "") if user else ""
    return LoginFailed(name, host[1].removeprefix("::ffff:") if host else "", f"{found[1]}: {found[3]}")
