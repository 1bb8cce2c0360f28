"""What a refusal means: one closed set of meanings for the replies of Postfix, Exim, Sendmail, Exchange and others.

RFC 3463 status codes first, words second: a specific status (5.1.1) says what is wrong in every language, a
general one (5.7.1, 4.3.0) is read together with the words the programs are known to use, and only then do the
registry of statuses and the code alone decide. To MAIL, what would be about the recipient is about the sender.
"""

from __future__ import annotations

import re
from enum import Enum

from mailproof.model.attempt import Step
from mailproof.model.reply import Reply, ReplyClass
from mailproof.parse.meanings import Table, plain_words
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refusal_rows import CODES, ROWS
from mailproof.parse.statuses import status_meaning

_K = RefusalKind
_TABLE = Table(ROWS)
# Where a vague word stands beside one of these, it is about mail.
_OF_MAIL = re.compile(
    r"\b(e?mails?|messages?|recipients?|senders?|smtp|mailbox|connect(?:s|ions?)|client|sent|sending"
    r"|from your|deferred|credits exceeded)\b|\Aspam detected\W*\Z",
    re.I,
)
_NO_RULE = re.compile(r"invalid recipient: <>")
_BARE = Table(CODES)
_BARE_REJECT = re.compile(r"\b(?:host|address|command) rejected: Access denied\b")

# Of MAIL nothing but the sender has been said.
_AT_MAIL = {
    _K.RECIPIENT_UNKNOWN: _K.SENDER_REJECTED,
    _K.RECIPIENT_REJECTED: _K.SENDER_REJECTED,
    _K.RECIPIENT_DOMAIN_UNKNOWN: _K.SENDER_DOMAIN_UNKNOWN,
    _K.MAILBOX_DISABLED: _K.SENDER_REJECTED,
}
# qmail and its kin write the status behind the words: `sorry, no mailbox here by that name. (#5.1.1)`.
_BEHIND = re.compile(r"\(#([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: - chkuser)?\)")


def no_rule_matches(reply: Reply) -> bool:
    """OpenSMTPD's words for a recipient that no rule of its own takes, neither to keep nor to carry on.

    SoftBank says the same of a mailbox that does not exist; of a recipient elsewhere it is a refused relay.
    """
    return reply.code == "550" and _NO_RULE.fullmatch(plain_words(reply.text)) is not None


def is_bare_reject(text: str) -> bool:
    """Postfix's words for a restriction that is no more than `reject` (postconf(5)).

    With it the restrictions of a service for users end: `permit_sasl_authenticated, reject` of master.cf. A table
    with a bare REJECT says the same.
    """
    return _BARE_REJECT.search(text) is not None


def refusal_kind(code: str, enhanced: str, text: str, step: Step | None = None) -> RefusalKind:
    """What a refusal to MAIL, RCPT, DATA or the message means.

    `code` is the three digits, `enhanced` the RFC 3463 status or "", `text` all lines with or without statuses;
    `step` is what was refused, where that is known.
    """
    if not enhanced and (behind := _BEHIND.search(text)):
        enhanced = behind[1]
    kind = (
        _TABLE.kind(code, enhanced, text)
        or status_meaning(enhanced)
        or _BARE.kind(code, enhanced, text)
        or RefusalKind.OTHER
    )
    return _AT_MAIL.get(kind, kind) if step is Step.MAIL else kind


class Words(Enum):
    """How much a text has to say before it is taken for a refusal."""

    IN_SESSION = "in-session"
    """It is an answer to a command."""
    ALONE = "alone"
    """It may be no reply at all: `452 Main Street`, `550 spam sandwiches`."""


# These words stand in many a text that is no reply.
_VAGUE = frozenset({_K.LIMITED, _K.CONTENT_REJECTED, _K.SERVICE_UNAVAILABLE})


def refusal_in_words(
    code: str, enhanced: str, text: str, step: Step | None = None, heard: Words = Words.ALONE
) -> RefusalKind | None:
    """As `refusal_kind`, by status and words: the code alone does not tell. None where they do not either."""
    if not enhanced and (behind := _BEHIND.search(text)):
        enhanced = behind[1]
    kind = _TABLE.kind(code, enhanced, text) or status_meaning(enhanced)
    if kind is None and (heard is Words.IN_SESSION or enhanced):
        kind = _BARE.kind(code, enhanced, text)
    if kind is None or (heard is Words.ALONE and not enhanced and kind in _VAGUE and not _OF_MAIL.search(text)):
        return None
    return _AT_MAIL.get(kind, kind) if step is Step.MAIL else kind


def refusal(reply: Reply | None, step: Step | None = None) -> RefusalKind | None:
    """What `reply` to `step` means if it is a refusal; None if there is none, or it is no refusal."""
    if reply is None or reply.kind not in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT):
        return None
    return refusal_kind(reply.code, reply.enhanced, reply.text, step)
