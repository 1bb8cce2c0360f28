"""Every command that is ever run on a server's machine. All of them read, and change nothing."""

from __future__ import annotations

from collections.abc import Sequence

SLOT = "@"
"""In the place of a word that is told when the command is run."""

_UNITS = ("postfix*", "dovecot*", "exim*", "sendmail*", "opensmtpd*", "opendkim*", "opendmarc*", "rspamd*", "amavis*")
_FILTERS = ("postgrey*", "milter-greylist*")
JOURNAL = (
    *("journalctl", "-o", "json", "--all", "--no-pager"),
    *(part for unit in (*_UNITS, *_FILTERS) for part in ("-u", unit)),
)
"""The lines of mail servers and filters in journald."""

JOURNAL_END = (*JOURNAL, "--show-cursor", "-n", SLOT)
JOURNAL_AFTER = (*JOURNAL, "--after-cursor", SLOT)
JOURNAL_SINCE = (*JOURNAL, "--since", SLOT)

READING: tuple[tuple[str, ...], ...] = (
    ("uname", "-n"),
    ("ip", "-o", "addr"),
    ("ifconfig", "-a"),
    ("ss", "-H", "-ltnp"),
    ("ss", "-H", "-tnpi", "dport", "=", SLOT),
    ("ss", "-H", "-xap", "src", SLOT),
    ("df", "-Pk", SLOT),
    ("df", "-Pi", SLOT),
    ("getent", "hosts", SLOT),
    ("getent", "ahostsv4", SLOT),
    ("nft", "list", "ruleset"),
    ("iptables-save",),
    ("ip6tables-save",),
    ("ipset", "save"),
    ("firewall-cmd", "--list-all-zones"),
    ("postconf", "-h", "maillog_file"),
    ("doveconf", "-h", "log_path"),
    ("doveconf", "-h", "info_log_path"),
    ("exim4", "-bP", "config_file"),
    ("exim4", "-bP", "macros"),
    ("exim", "-bP", "config_file"),
    ("exim", "-bP", "macros"),
    ("postqueue", "-j"),
    ("postqueue", "-c", SLOT, "-j"),
    ("exim4", "-bp"),
    ("exim4", "-Mvl", SLOT),
    ("exim", "-bp"),
    ("exim", "-Mvl", SLOT),
    JOURNAL_END,
    JOURNAL_AFTER,
    JOURNAL_SINCE,
)


def form_of(command: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The row of READING that a command is, and the words in its slots.

    Raises ValueError for any other: whoever wants to ask something new adds it to the table.
    """
    for form in READING:
        if len(form) == len(command) and all(part in (SLOT, word) for part, word in zip(form, command, strict=True)):
            return form, [word for part, word in zip(form, command, strict=True) if part == SLOT]
    raise ValueError(f"not in host.commands.READING: {' '.join(command)}")
