"""Can the mailbox be opened after the login?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.survey import place, uncounted, url
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Greeting
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.retrieval import MailboxOpened
from mailproof.parse.login_refusal import MAILBOX_LOCKED

NAME = "mailbox-opened"
NEEDS = (MailboxOpened, LoginTried, Greeting)
# Dovecot says on POP3 that the mailbox cannot be opened behind the answer to the login, asked or not, and hangs up.
_UNREAD = (Explains("not-delivered", Scope.SERVER), Explains("closed-unexpectedly"), Explains("unexpected-reply"))
KINDS = (
    FindingKind(
        "mailbox-not-opened",
        Layer.RETRIEVAL,
        params=("mailbox", "reply"),
        gathered=("reply",),  # POP3 and IMAP word one refusal in their own ways
        explains=_UNREAD,
        references=("RFC 9051 section 6.3.3", "RFC 1939 section 5", "Dovecot manual: mail_location"),
    ),
    FindingKind(
        "mailbox-in-use",
        Layer.RETRIEVAL,
        params=("reply",),
        gathered=("reply",),
        explains=_UNREAD,
        references=("RFC 2449 section 8.1.1", "RFC 5530 section 3", "RFC 1939 section 4"),
    ),
    FindingKind(
        "mailbox-locked",
        Layer.RETRIEVAL,
        params=("reply",),
        gathered=("reply",),
        explains=_UNREAD,
        references=("RFC 1939 section 4", "Dovecot manual: mbox locking"),
    ),
    FindingKind(
        "retrieval-connection-limit",
        Layer.RETRIEVAL,
        params=("reply",),
        gathered=("reply",),
        explains=(*_UNREAD, Explains("greeting-refused")),
        references=("RFC 5530 section 3", "Dovecot manual: mail_max_userip_connections"),
    ),
)

_REFUSALS = (ReplyClass.TRANSIENT, ReplyClass.PERMANENT)
_IN_USE_CODES = ("IN-USE", "INUSE")
# Dovecot `Mailbox is locked`, qpopper `mailbox lock busy! Is another session active?`, Courier and others alike.
# Dovecot `Timeout while waiting for lock`, UW and qpopper of a lock file that nobody takes away.
_STALE = re.compile(
    r"waiting for lock|lock ?file|stale lock|(cannot|could not|unable to) (get|obtain) .*lock", re.IGNORECASE
)
# Dovecot `Maximum number of connections from user+IP exceeded`, Gmail `Too many simultaneous connections`, Cyrus
# `Too many open connections`.
_LIMIT = re.compile(r"maximum number of connections|too many (\w+ )?connections", re.IGNORECASE)
_LOCKED = re.compile(MAILBOX_LOCKED, re.IGNORECASE)
_IN_USE = re.compile(r"\block(ed)?\b|\bin use\b|another (session|process|client)", re.IGNORECASE)

_Refused = tuple[Sighting[MailboxOpened] | Sighting[LoginTried] | Sighting[Greeting], Reply, str]


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for opened in record.seen(MailboxOpened):
        reply = opened.fact.reply
        if reply.kind is ReplyClass.POSITIVE and not uncounted(opened) and (evidence := opened.evidence(reply.turn)):
            yield Passed(NAME, evidence, url(opened))
    told: set[tuple[str, str | None]] = set()
    for sighting, reply, name in _refusals(record):
        if (name, url(sighting)) in told or not (evidence := sighting.evidence(reply.turn)):
            continue
        told.add((name, url(sighting)))
        params: dict[str, Param] = {"reply": reply.line}
        if isinstance(sighting.fact, MailboxOpened) and name == "mailbox-not-opened":
            params["mailbox"] = sighting.fact.mailbox
        yield Finding(name, evidence, **place(sighting), params=params)


def _refusals(record: Record) -> Iterator[_Refused]:
    for opened in record.seen(MailboxOpened):
        reply = opened.fact.reply
        if reply.kind is not ReplyClass.POSITIVE:
            yield opened, reply, _of_the_session(reply) or "mailbox-not-opened"
    for greeting in record.seen(Greeting):
        # Courier (MAXPERIP) and Cyrus count before the login, and turn away at the greeting.
        said, where = greeting.fact.reply, greeting.attempt.endpoint
        if said is None or said.kind not in _REFUSALS or where is None or not where.scheme.is_retrieval:
            continue
        if _LIMIT.search(said.text):
            yield greeting, said, "retrieval-connection-limit"
    for tried in record.seen(LoginTried):
        # POP3 locks the mailbox with the login, which was good then (RFC 2449 section 8.1.1).
        answer = tried.fact.reply
        if answer is None or answer.kind is ReplyClass.POSITIVE:
            continue
        endpoint = tried.attempt.endpoint
        if endpoint is not None and not endpoint.scheme.is_retrieval:
            continue
        name = _of_the_session(answer)
        certain = answer.enhanced in _IN_USE_CODES or bool(_LOCKED.search(answer.text))
        if name is not None and (name != "mailbox-in-use" or certain):
            yield tried, answer, name


def _of_the_session(reply: Reply) -> str | None:
    """What keeps this session from a mailbox that is there; None where the reply says nothing of the kind."""
    if _LIMIT.search(reply.text):
        return "retrieval-connection-limit"
    if _STALE.search(reply.text):
        return "mailbox-locked"
    if reply.enhanced in _IN_USE_CODES or _IN_USE.search(reply.text):
        return "mailbox-in-use"
    return None
