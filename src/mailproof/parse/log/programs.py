"""Which mail server, filter or helper a line is of, by its tag."""

from __future__ import annotations

from functools import lru_cache

# In the daemon_directory and command_directory of Postfix. `syslog_name` can be anything before the slash.
POSTFIX = frozenset(
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
    **dict.fromkeys(
        (
            *("courierd", "courieresmtpd", "courieresmtp", "courierlocal", "courierdsn", "courieruucp", "courierfax"),
            *("couriertcpd", "courierfilter", "authdaemond", "esmtpd", "esmtpd-ssl", "esmtpd-msa"),
            *("imapd", "imapd-ssl", "pop3d", "pop3d-ssl", "imaplogin", "courierpop3login"),
        ),
        "courier",
    ),
    # Debian's have `cyrus/` before them (syslog_prefix), others do not.
    **dict.fromkeys(("imap", "imaps", "pop3", "pop3s", "lmtp", "lmtpunix", "sieve", "timsieved"), "cyrus"),
}
PLAIN_WORDS = frozenset(("imap", "imaps", "pop3", "pop3s", "lmtp", "sieve", "imapd", "pop3d", "esmtpd"))
"""Tags that are words of every day: without a time and a process before them, they are no line of a log."""


@lru_cache(maxsize=1024)
def family(tag: str) -> str:
    """postfix, dovecot, exim, sendmail, opensmtpd, cyrus, courier, or a filter: opendkim, rspamd, amavis, postgrey,
    milter-greylist; empty else.

    `pam` stands for lines that may be PAM's of Dovecot: their text tells.
    """
    # postfix-local is Plesk's, and says only that it runs.
    if tag.startswith("postfix") and tag != "postfix-local":
        return "postgrey" if tag == "postfix/postgrey" else "postfix"
    if tag == "dovecot":
        return "dovecot"
    if tag.startswith("cyrus/"):
        return "cyrus"
    instance, slash, program = tag.rpartition("/")
    if slash and instance and program in POSTFIX:
        return "postfix"
    if tag.startswith("sm-"):
        return "sendmail"
    return _OTHERS.get(tag, "dovecot" if tag.startswith("dovecot") and tag != "dovecot-auth" else "")
