"""What an answer means, for who sees it for the first time. A note is a name; its words are in the catalogue."""

from __future__ import annotations

import re

import msgspec

from mailproof.model.attempt import Step
from mailproof.model.escape import to_text
from mailproof.model.reply import ReplyClass
from mailproof.model.talk import TalkProtocol
from mailproof.parse.login_refusal import login_refusal_kind
from mailproof.parse.refusal import is_bare_reject, refusal_kind
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.talk.heard import HeardLine, LineKind
from mailproof.parse.talk.offers import mechanisms_in, offers
from mailproof.parse.talk.verbs import VERBS

P = TalkProtocol


class Note(msgspec.Struct, frozen=True):
    name: str
    """Key of the catalogue's section `notes`."""
    params: dict[str, str] = {}
    finding: str = ""
    """Name of the finding that the refusal is; empty if it is none."""


class Context(msgspec.Struct, frozen=True):
    protocol: TalkProtocol
    asked: str = ""
    """The line that is answered, empty for what comes unasked; `.` for a message."""
    offered: tuple[str, ...] = ()
    """What the answer itself offers, where it lists anything."""
    tls: bool = False
    logged_in: bool = False
    mail: bool = False
    """A message is begun: the server has taken a MAIL FROM."""


_LOGIN = re.compile(r"(?:\S+ )?(?:AUTH|AUTHENTICATE|LOGIN|PASS|APOP|AUTHINFO)\b", re.IGNORECASE)
_QUEUED = re.compile(r"\b(?:queued as|queued|id=|message accepted)[ :=]*([A-Za-z0-9.-]{6,})", re.IGNORECASE)
_STAT = re.compile(r"(\d+) (\d+)")
# What is asked of a mailbox or its scripts, and is not answered before a login: RFC 1939 section 5, RFC 9051
# section 6.3, RFC 5804 section 2.
_OF_A_USER = {
    P.POP3: re.compile(r"STAT|LIST|RETR|DELE|NOOP|RSET|TOP|UIDL"),
    P.IMAP: re.compile(
        r"SELECT|EXAMINE|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|LIST|LSUB|NAMESPACE|STATUS|APPEND|IDLE|CLOSE|"
        r"UNSELECT|EXPUNGE|SEARCH|FETCH|STORE|COPY|MOVE|UID"
    ),
    P.SIEVE: re.compile(r"HAVESPACE|PUTSCRIPT|LISTSCRIPTS|SETACTIVE|GETSCRIPT|DELETESCRIPT|RENAMESCRIPT|CHECKSCRIPT"),
}
# What a check judges in its context, and which has no page of its own.
WITHOUT_FINDING = (
    RefusalKind.CLIENT_REJECTED,
    RefusalKind.SENDER_NOT_LOGGED_IN,
    RefusalKind.RECIPIENT_DOMAIN_UNKNOWN,
    RefusalKind.NEEDS_SMTPUTF8,
    RefusalKind.MAILBOX_DISABLED,
    RefusalKind.UNROUTABLE,
    RefusalKind.LIMITED,
)
_STEPS = {"MAIL": Step.MAIL, "RCPT": Step.RCPT, "DATA": Step.DATA, ".": Step.DATA}
# What is refused once MAIL FROM was said: RFC 5321 section 4.1.4, RFC 4954 section 4.
_NOT_WITHIN_A_MESSAGE = ("MAIL", "AUTH", "STARTTLS", "XCLIENT")
_PROMPTS = {"username": "asks-user", "user name": "asks-user", "password": "asks-password"}


def is_login(asked: str) -> bool:
    """Whether a line that is answered belongs to a login."""
    return _LOGIN.match(asked) is not None


def notes_on(heard: HeardLine, context: Context) -> tuple[Note, ...]:
    """What to say under an answer; nothing where it speaks for itself."""
    if heard.kind is LineKind.CHALLENGE:
        return (_challenge(heard) if is_login(context.asked) else Note("go-on"),)
    if heard.status in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT):
        return (_refused(heard, context),)
    verb = _verb(context)
    if context.protocol in (P.SMTP, P.LMTP):
        return _smtp(heard, context, verb)
    if _LOGIN.match(context.asked):
        return (Note("logged-in"),)
    if context.offered:
        return _offered(context)
    if context.protocol is P.POP3:
        return _pop3(heard, verb)
    return ()


def _verb(context: Context) -> str:
    words = context.asked.upper().split()
    at = 1 if context.protocol is P.IMAP and len(words) > 1 else 0
    return words[at] if words else ""


def _tagged(context: Context) -> bool:
    """Whether something stands before the command, which a server of IMAP takes for its tag."""
    words = context.asked.upper().split()
    return len(words) > 1 and words[0] not in VERBS[P.IMAP]


def _challenge(heard: HeardLine) -> Note:
    if heard.challenge is None:
        return Note("challenge-no-base64") if heard.text.strip() else Note("challenge-empty")
    words = to_text(heard.challenge)
    prompt = words.strip().rstrip(":\0").lower()
    if prompt in _PROMPTS:
        return Note(_PROMPTS[prompt])
    return Note("challenge", {"text": words}) if words else Note("challenge-empty")


def _smtp(heard: HeardLine, context: Context, verb: str) -> tuple[Note, ...]:
    if heard.code == "235":
        return (Note("logged-in"),)
    if heard.code == "354":
        return (Note("message-now"),)
    if heard.code == "221":
        return () if verb == "QUIT" else (Note("closing-unasked"),)
    if verb == "." and heard.code == "250":
        queued = _QUEUED.search(heard.text)
        return (Note("queued", {"id": queued[1]}) if queued else Note("taken"),)
    if verb in ("EHLO", "LHLO"):
        return _offered(context)
    if verb == "HELO":
        return (Note("helo-lists-nothing"),)
    if verb == "RCPT" and heard.code in ("250", "251"):
        return (Note("recipient-taken"),)
    return ()


def _offered(context: Context) -> tuple[Note, ...]:
    mechanisms = mechanisms_in(context.offered)
    upgrade = any(offers(context.offered, name) for name in ("STARTTLS", "STLS"))
    if mechanisms:
        return (Note("login-by", {"mechanisms": ", ".join(mechanisms)}),)
    if offers(context.offered, "LOGINDISABLED") or (upgrade and not context.tls):
        return (Note("login-after-tls"),)
    return ()


def _pop3(heard: HeardLine, verb: str) -> tuple[Note, ...]:
    if verb == "USER":
        return (Note("pass-next"),)
    if verb == "STAT" and (found := _STAT.match(heard.text)):
        name = "mailbox-holds-one" if found[1] == "1" else "mailbox-holds"
        return (Note(name, {"n": found[1], "octets": found[2]}),)
    if verb == "DELE":
        return (Note("deleted-at-quit"),)
    return ()


def _refused(heard: HeardLine, context: Context) -> Note:
    if heard.code == "503" and context.mail and _verb(context) in _NOT_WITHIN_A_MESSAGE:
        return Note("message-begun")
    if _LOGIN.match(context.asked) and heard.code != "BAD":
        name = str(login_refusal_kind(heard.code, heard.enhanced, heard.text))
        return Note("refused", finding="" if name == "other" else name)
    if heard.code == "421":
        return Note("closing")
    kind = refusal_kind(heard.code, heard.enhanced, heard.text, _STEPS.get(_verb(context)))
    if kind is RefusalKind.RELAY_DENIED and not context.logged_in:
        return Note("relay-after-login")
    if is_bare_reject(heard.text) and not context.logged_in:
        return Note(f"kind-{RefusalKind.CLIENT_REJECTED}")
    if kind in WITHOUT_FINDING:
        return Note(f"kind-{kind}")
    if kind is not RefusalKind.OTHER and context.protocol in (P.SMTP, P.LMTP):
        return Note("refused", finding=str(kind))
    of_a_user = _OF_A_USER.get(context.protocol)
    if not context.logged_in and of_a_user is not None and of_a_user.fullmatch(_verb(context)):
        return Note("not-logged-in")
    if heard.code == "BAD" and not _tagged(context):
        return Note("code-bad-tag")
    if heard.code in ("500", "501", "502", "503", "504", "BAD"):
        return Note(f"code-{heard.code.lower()}")
    return Note("try-later" if heard.status is ReplyClass.TRANSIENT else "refused")
