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
from mailproof.parse.limits import MAIL_RATE_WORDS
from mailproof.parse.meanings import Row, Table, plain_words
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.statuses import status_meaning

_K = RefusalKind

_ROWS: tuple[Row[RefusalKind], ...] = (
    # Statuses that say it all (IANA registry of SMTP enhanced status codes).
    Row(_K.NEEDS_SMTPUTF8, status=r"[45]\.6\.7"),
    # Microsoft 365 of an account that may not send any more; anywhere else 5.1.8 is the sender's domain.
    Row(_K.SENDER_REJECTED, status=r"5\.1\.8", words=r"bad outbound sender"),
    Row(_K.SENDER_DOMAIN_UNKNOWN, status=r"[45]\.1\.8"),
    Row(_K.SENDER_REJECTED, status=r"[45]\.1\.7|5\.7\.27"),
    Row(_K.RECIPIENT_DOMAIN_UNKNOWN, status=r"[45]\.1\.2|5\.1\.10", words=r"domain|host|null ?mx|does not accept"),
    Row(_K.RECIPIENT_DOMAIN_UNKNOWN, code="556"),
    Row(_K.CLIENT_NAME_MISSING, status=r"[45]\.7\.25"),
    # Microsoft 365: 5.7.509 is DMARC, 5.7.515 the level of authentication it wants of senders in bulk.
    Row(_K.MESSAGE_UNAUTHENTICATED, status=r"[45]\.7\.(2[0-469]|509|515)"),
    Row(_K.CONFIG_PROBLEM, status=r"[45]\.3\.5"),
    Row(_K.DISK_FULL, status=r"4\.3\.1"),
    # postscreen's deep protocol tests end in 4.3.2: a new client is put off once, as by a greylist.
    Row(_K.GREYLISTED, code="450", status=r"4\.3\.2", words=r"service currently unavailable"),
    Row(_K.MESSAGE_TOO_BIG, status=r"5\.3\.4|5\.2\.3"),
    Row(_K.MAILBOX_FULL, status=r"[45]\.2\.2"),
    # Postfix cleanup(8) `Alias expansion error`, sendmail `aliasing/forwarding loop broken`. 5.4.6 says less.
    Row(_K.ALIAS_LOOP, words=r"alias expansion error|aliasing/forwarding loop|alias(es)? loop"),
    Row(
        _K.MAIL_LOOP,
        words=r"too many hops|hop count exceeded|mail (is )?loop|routing loop|loops? back to myself|points back to",
    ),
    # Exchange's own: 5.7.54 and 5.7.64 are relaying, 5.7.57 and 5.7.60 a login's rights, 5.4.1 an unknown mailbox.
    Row(_K.RELAY_DENIED, status=r"5\.7\.(54|64)"),
    Row(_K.LOGIN_REQUIRED, status=r"5\.7\.57"),
    Row(_K.SENDER_NOT_OWNED, status=r"5\.7\.60|5\.2\.252"),
    Row(_K.RECIPIENT_UNKNOWN, status=r"5\.4\.1", words=r"recipient address rejected"),
    # And Microsoft 365's: banned addresses (606 to 649), traffic not taken from here (708), senders (511, 750).
    Row(_K.CLIENT_BLOCKLISTED, status=r"5\.7\.(6[0-4]\d|708)"),
    Row(_K.SENDER_REJECTED, status=r"5\.7\.(511|750)"),
    Row(_K.TLS_REQUIRED, status=r"[45]\.7\.66"),
    # Too much mail: before greylisting and lists, for these also say `try again later` and name an address.
    Row(_K.LIMITED, status=r"[45]\.7\.(28|500|650|705)|5\.1\.90"),
    # Exchange, of a group that takes mail from within the organisation, or from some senders, alone.
    Row(_K.RECIPIENT_REJECTED, status=r"5\.7\.(12[04]|13[3-6])"),
    Row(_K.RECIPIENT_REJECTED, words=r"resolver\.rst\.(authrequired|notauthorized|restricted)"),
    # Words of relaying. They come under 5.7.1, under no status at all, and now and then under a wrong one.
    Row(
        _K.RELAY_DENIED,
        words=r"relay(ing)? (access |mail )?(is )?(denied|not (permitted|allowed)|prohibited|forbidden)"
        r"|unable to relay|(do not|don't|does not|cannot|not permitted to|not allowed to|will not) relay"
        r"|rcpthosts|relaying to .* (denied|prohibited)|not a (valid )?relay|no relaying|relay not"
        r"|delivery is not allowed to this address|invalid credentials for relay|not configured to relay",
    ),
    Row(
        _K.TLS_REQUIRED,
        words=r"must issue a starttls|starttls (command )?(is )?(first|required)|tls (is )?required"
        r"|tls 1\.[01] .*not supported",
    ),
    # A greylist says so, or for how long: not a list (`blocked using`), nor a limit.
    Row(_K.GREYLISTED, code="4", words=r"gr[ea]y-?list"),
    Row(_K.LIMITED, words=MAIL_RATE_WORDS),
    Row(
        _K.CLIENT_BLOCKLISTED,
        words=r"blocked using|block[- ]?list|black[- ]?list|\bdnsbl\b|\brbl\b|spamhaus|spamcop|barracuda"
        r"|poor reputation|is listed (in|at|on|by)|listed (by|at)\b|banned sending ip|permanently deferred"
        r"|ipcheck\.proofpoint|connections will not be accepted from",
    ),
    Row(
        _K.GREYLISTED,
        code="4",
        words=r"try again in \d+ (seconds|minutes)|come back (in|later)|first contact|retry later, see",
    ),
    Row(
        _K.HELO_REQUIRED,
        words=r"(send|polite people say|say) (helo|ehlo|hello)|(helo|ehlo)(/ehlo| or ehlo| or helo)? (is )?required"
        r"|(helo|ehlo|hello) first",
    ),
    Row(
        _K.HELO_REJECTED,
        words=r"helo command rejected|(invalid|bad|illegal|syntactically invalid) (helo|ehlo)|invalid domain name\Z"
        r"|(helo|ehlo) (name |argument |hostname )?(is )?(invalid|bad|illegal|forged|bogus)",
    ),
    Row(_K.SENDER_NOT_LOGGED_IN, words=r"sender address rejected: not logged in\Z"),
    Row(
        _K.SENDER_NOT_OWNED,
        words=r"not owned by user|not logged in as owner|sendas|not (allowed|authori[sz]ed|permitted) to send as"
        r"|from address is not one of your addresses"  # iCloud
        r"|sender address .* not (allowed|permitted|owned)|must match .*(user|login|authenticated)",
    ),
    Row(_K.SENDER_DOMAIN_UNKNOWN, words=r"sender address rejected: (domain|malformed dns)|domain of sender address"),
    Row(
        _K.SENDER_REJECTED,
        words=r"sender (address )?(rejected|denied|verify (failed|callout)|verification failed)"
        r"|(rejected|bad|invalid|banned) sender|syntactically invalid sender"
        r"|badmailfrom|required for sender address",
    ),
    Row(_K.MESSAGE_UNAUTHENTICATED, words=r"\b(spf|dkim|dmarc)\b|unauthenticated email"),
    # The recipient.
    Row(_K.RECIPIENT_LOOKUP_FAILED, code="4", words=r"unverified address|(recipient verify )?callout"),
    Row(_K.RECIPIENT_UNKNOWN, status=r"[45]\.1\.[16]"),
    Row(
        _K.RECIPIENT_UNKNOWN,
        code="55",
        words=r"(user|mailbox|recipient|address|account)( address)? (is )?(unknown|not found|does(n't| not) exist)"
        r"|(unknown|no such) (user|mailbox|recipient|local)|unrouteable address|no mailbox here|user unknown"
        r"|recipient not found|\Ainvalid recipient: <>\Z|mailbox unavailable|mailbox unknown"
        r"|doesn't have an? \S+ account|does not exist here",
    ),
    Row(_K.RECIPIENT_UNKNOWN, code="551", status=r"|5\.1\.6"),  # RFC 5321 section 3.4: user not local
    Row(
        _K.MAILBOX_DISABLED,
        words=r"(mailbox|account|user)( that you tried to reach)? (is )?"
        r"(disabled|inactive|suspended|locked|frozen|blocked)",
    ),
    Row(
        _K.RECIPIENT_DOMAIN_UNKNOWN,
        # The last is SoftBank's, of a domain alone.
        words=r"(find|locate) the recipient domain|recipient address rejected: domain|domain does not exist"
        r"|\A[\w-]+(\.[\w-]+)+ does not exist\Z",
    ),
    Row(
        _K.UNROUTABLE,
        code="4",
        words=r"dns (lookup )?(failure|error)|(host|name) (lookup|resolution) failed|no route to",
    ),
    # OpenSMTPD says this of a user that neither its tables nor the system know.
    Row(_K.RECIPIENT_UNKNOWN, status=r"5\.2\.4", words=r"mailing list expansion problem"),
    Row(
        _K.RECIPIENT_LOOKUP_FAILED, code="4", words=r"temporary lookup failure|lookup (failed|error)|lookup deferred"
    ),
    Row(
        _K.MAILBOX_FULL,
        # docomo has `Too much mail data`, Gmail `out of storage space`.
        words=r"mailbox (is )?full|exceeded storage allocation|quota exceeded|too much mail data|out of storage space"
        r"|(over|exceed(s|ed)?)( the| its| storage)? quota",
    ),
    Row(
        _K.MESSAGE_TOO_BIG,
        code="5",
        words=r"(message|mail)( size| file)? (exceeds|is too (big|large)|too (big|large))|size limit|databytes",
    ),
    # The server's own trouble.
    Row(
        _K.DISK_FULL,
        code="4",
        words=r"insufficient ((system )?storage|disk space|system resources)|no space|out of (disk )?space"
        r"|space shortage",
    ),
    Row(_K.QUEUE_WRITE_ERROR, code="4", words=r"queue file write error|write error or disk full"),
    Row(_K.CONFIG_PROBLEM, words=r"server configuration (problem|error)|unexpected failure|system config error"),
    Row(
        _K.LIMITED,
        words=r"too (many|much)|rate limit|concurrency limit|improper use of .*pipelining|synchroni[sz]ation error",
    ),
    # Who may talk here.
    Row(_K.LOGIN_REQUIRED, words=r"authenticat\w* (is )?(required|needed)|(must|please|not) (authenticate|log ?in)"),
    Row(_K.LOGIN_REQUIRED, words=r"must issue an auth command|permissions? to submit|unauthenticated senders"),
    Row(_K.LOGIN_REQUIRED, words=r"(client|you are|user) (was )?not authenticated|auth(orization)? (is )?required"),
    Row(_K.CLIENT_NAME_MISSING, words=r"cannot find your (reverse )?hostname|no (ptr|reverse dns)|reverse dns"),
    Row(_K.RECIPIENT_REJECTED, words=r"recipient( address)? (rejected|refused|denied|blocked)"),
    Row(_K.CLIENT_REJECTED, words=r"client host rejected|client was not|access denied"),
    # What stands in the message.
    Row(
        _K.CONTENT_REJECTED,
        words=r"\bspam\b|unsolicited|\bvirus|infected|malware|content (rejected|filter|presents)|security issue"
        r"|line length|malformed|not accepted for policy reasons|local policy|message filtered"
        r"|(rejected|denied|refused) (for|by|due to) ([a-z]+ )?polic|multiple addresses in from",
    ),
)

# RFC 5321 section 4.2.3, RFC 4954 section 6: where neither status nor words say more.
_CODES: tuple[Row[RefusalKind], ...] = (
    Row(_K.LOGIN_REQUIRED, code="530"),
    Row(_K.DISK_FULL, code="452", status=r"|4\.3\.\d"),
    Row(_K.MESSAGE_TOO_BIG, code="552", status=r"|5\.3\.\d"),
    Row(_K.HELO_REQUIRED, code="503", status=r"5\.5\.1|", words=r"\b(helo|ehlo)\b"),
    Row(
        _K.SERVICE_UNAVAILABLE,
        code="4",
        words=r"service (is )?(currently )?(un|not )available|try (again|later)|temporar",
    ),
)
_TABLE = Table(_ROWS)
# Where a vague word stands beside one of these, it is about mail.
_OF_MAIL = re.compile(
    r"\b(e?mails?|messages?|recipients?|senders?|smtp|mailbox|connections?|client|sent|from your|deferred)\b",
    re.I,
)
_NO_RULE = re.compile(r"invalid recipient: <>")
_BARE = Table(_CODES)

# Of MAIL nothing but the sender has been said.
_AT_MAIL = {
    _K.RECIPIENT_UNKNOWN: _K.SENDER_REJECTED,
    _K.RECIPIENT_REJECTED: _K.SENDER_REJECTED,
    _K.RECIPIENT_DOMAIN_UNKNOWN: _K.SENDER_DOMAIN_UNKNOWN,
    _K.MAILBOX_DISABLED: _K.SENDER_REJECTED,
}
# qmail and its kin write the status behind the words: `sorry, no mailbox here by that name. (#5.1.1)`.
_BEHIND = re.compile(r"\(#([245]\.[0-9]{1,3}\.[0-9]{1,3})\)")


def no_rule_matches(reply: Reply) -> bool:
    """OpenSMTPD's words for a recipient that no rule of its own takes, neither to keep nor to carry on.

    SoftBank says the same of a mailbox that does not exist; of a recipient elsewhere it is a refused relay.
    """
    return reply.code == "550" and _NO_RULE.fullmatch(plain_words(reply.text)) is not None


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
