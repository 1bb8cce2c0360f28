"""Which mail server, filter or helper a line is of, by its tag."""

from __future__ import annotations

from functools import lru_cache

# In the daemon_directory and command_directory of Postfix. `syslog_name` can be anything before the slash.
_POSTFIX = frozenset(
    (
        *("anvil", "bounce", "cleanup", "discard", "dnsblog", "error", "flush", "lmtp", "local", "master", "nqmgr"),
        *("oqmgr", "pickup", "pipe", "postalias", "postcat", "postconf", "postdrop", "postfix-script", "postkick"),
        *("postfix-tls-script", "postlog", "postlogd", "postmap", "postmulti", "post-install", "postqueue"),
        *("postscreen", "postsuper", "postfix-wrapper", "proxymap", "qmgr", "qmqpd", "scache", "sendmail", "showq"),
        *("smtp", "smtpd", "spawn", "tlsmgr", "tlsproxy", "trivial-rewrite", "verify", "virtual"),
    )
)
_OTHERS = {
    **dict.fromkeys(("exim", "exim4"), "exim"),
    **dict.fromkeys(("sendmail", "newaliases"), "sendmail"),
    **dict.fromkeys(("amavis", "amavisd", "amavisd-new"), "amavis"),
    "smtpd": "opensmtpd",
    "opendkim": "opendkim",
    "opendmarc": "opendkim",
    "rspamd": "rspamd",
    "rspamd_proxy": "rspamd",
    "postgrey": "postgrey",
    "milter-greylist": "milter-greylist",
    "dovecot-auth": "pam",
    "auth": "pam",
}


@lru_cache(maxsize=1024)
def family(tag: str) -> str:
    """postfix, dovecot, exim, sendmail, opensmtpd, opendkim, rspamd, amavis, postgrey, milter-greylist; empty else.

    `pam` stands for lines that may be PAM's of Dovecot: their text tells.
    """
    if tag.startswith("postfix"):
        return "postgrey" if tag.startswith("postfix/postgrey") else "postfix"
    if tag == "dovecot":
        return "dovecot"
    instance, slash, program = tag.rpartition("/")
    if slash and instance and program in _POSTFIX:
        return "postfix"
    if tag.startswith("sm-"):
        return "sendmail"
    return _OTHERS.get(tag, "dovecot" if tag.startswith("dovecot") and tag != "dovecot-auth" else "")
