"""Which program's file reads a line."""

from __future__ import annotations

from collections.abc import Callable

from mailproof.model.log import Fact, LogLine
from mailproof.parse.log.amavis import amavis_fact
from mailproof.parse.log.courier import courier_fact
from mailproof.parse.log.cyrus import cyrus_fact
from mailproof.parse.log.dovecot import dovecot_fact
from mailproof.parse.log.exim import exim_fact
from mailproof.parse.log.milter_greylist import milter_greylist_fact
from mailproof.parse.log.opendkim import opendkim_fact
from mailproof.parse.log.opensmtpd import opensmtpd_fact
from mailproof.parse.log.pam import pam_fact
from mailproof.parse.log.postfix import postfix_fact
from mailproof.parse.log.postgrey import postgrey_fact
from mailproof.parse.log.programs import family
from mailproof.parse.log.rspamd import rspamd_fact
from mailproof.parse.log.sendmail import sendmail_fact


def _login_fact(line: LogLine) -> Fact | None:
    return pam_fact(line) or dovecot_fact(line)


_READERS: dict[str, Callable[[LogLine], Fact | None]] = {
    "postfix": postfix_fact,
    "dovecot": _login_fact,
    "pam": _login_fact,
    "exim": exim_fact,
    "sendmail": sendmail_fact,
    "opensmtpd": opensmtpd_fact,
    "cyrus": cyrus_fact,
    "courier": courier_fact,
    "opendkim": opendkim_fact,
    "rspamd": rspamd_fact,
    "amavis": amavis_fact,
    "postgrey": postgrey_fact,
    "milter-greylist": milter_greylist_fact,
}


def is_mail(line: LogLine) -> bool:
    """Whether a mail server, or a filter beside it, wrote the line."""
    name = family(line.tag)
    return bool(name) and (name != "pam" or "dovecot" in line.text)


def fact_of(line: LogLine) -> Fact | None:
    """The fact in a line of a mail server; None for one that is not known yet. Never raises."""
    reader = _READERS.get(family(line.tag))
    return reader(line) if reader is not None else None
