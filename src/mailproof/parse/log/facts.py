"""Which program's file reads a line."""

from __future__ import annotations

from mailproof.model.log import Fact, LogLine
from mailproof.parse.log.dovecot import dovecot_fact
from mailproof.parse.log.pam import pam_fact
from mailproof.parse.log.postfix import postfix_fact

_AUTH = ("dovecot-auth", "auth")


def is_mail(line: LogLine) -> bool:
    """Whether a program of Postfix or Dovecot wrote it."""
    return line.tag.startswith(("postfix", "dovecot")) or (line.program in _AUTH and "dovecot" in line.text)


def fact_of(line: LogLine) -> Fact | None:
    """The fact in a line of a mail server; None for one that is not known yet. Never raises."""
    if line.tag.startswith("postfix"):
        return postfix_fact(line)
    return pam_fact(line) or dovecot_fact(line)
