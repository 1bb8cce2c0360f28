"""Which program a server says it is, and by which name it calls its host."""

from __future__ import annotations

import re

# As the programs write themselves.
PRODUCTS = (
    "Postfix|Exim|Sendmail|OpenSMTPD|qmail|Haraka|Stalwart|Courier(?:-IMAP)?|Cyrus|Dovecot|UW IMAP|Zimbra|MDaemon|"
    "MailEnable|hMailServer|Kerio Connect|IceWarp|CommuniGate Pro|Axigen|GroupWise|Lotus Domino|Domino|MailSite|"
    "SurgeMail|SmarterMail|Mercury|ArGoSoft|Microsoft Exchange|Microsoft ESMTP MAIL Service|"
    "Maddy|James|OpenXchange|PowerMTA|Momentum|Merak"
)
# In the pattern of a greeting no name of a host is taken for a program: `exim.example.com ESMTP`.
_NAMED = re.compile(rf"(?<![\w.-])({PRODUCTS})(?![\w-]|\.\w)", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?=[ \n]|\Z)")


def software(text: str) -> str:
    """The program that a greeting names, in lower case; empty where it names none that is known."""
    found = _NAMED.search(text)
    return found[1].lower() if found else ""


def announced_host(text: str) -> str:
    """The first word of a greeting or of an answer to EHLO (RFC 5321 section 4.2), in lower case; or empty."""
    found = _HOST.match(text)
    return found[0].lower() if found else ""
