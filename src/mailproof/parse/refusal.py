"""What a refusal means: one closed set of meanings for the replies of Postfix, Exim, Sendmail, Exchange and others.

RFC 3463 status codes first, words second: a specific status (5.1.1) says what is wrong in every language, a
general one (5.7.1, 4.3.0) is read together with the words the programs are known to use, and only then do the
code and a general status alone decide.
"""

from __future__ import annotations

from enum import StrEnum

from mailproof.model.observation import Reply, ReplyClass
from mailproof.parse.meanings import Row, Table


class RefusalKind(StrEnum):
    RELAY_DENIED = "relay-denied"
    LOGIN_REQUIRED = "login-required"
    CLIENT_REJECTED = "client-rejected"
    """The client as such, without a blocklist: on a submission port, that nobody has logged in."""
    CLIENT_BLOCKLISTED = "client-blocklisted"
    CLIENT_NAME_MISSING = "client-name-missing"
    MESSAGE_UNAUTHENTICATED = "message-unauthenticated"
    TLS_REQUIRED = "tls-required"
    HELO_REQUIRED = "helo-required"
    HELO_REJECTED = "helo-rejected"
    SENDER_REJECTED = "sender-rejected"
    SENDER_DOMAIN_UNKNOWN = "sender-domain-unknown"
    SENDER_NOT_OWNED = "sender-not-owned"
    SENDER_NOT_LOGGED_IN = "sender-not-logged-in"
    """The sender belongs to a user, and nobody has logged in: sound, it keeps strangers from using the name."""
    RECIPIENT_UNKNOWN = "recipient-unknown"
    RECIPIENT_LOOKUP_FAILED = "recipient-lookup-failed"
    RECIPIENT_REJECTED = "recipient-rejected"
    """By an access table or a policy that does not say more."""
    RECIPIENT_DOMAIN_UNKNOWN = "recipient-domain-unknown"
    """No DNS, or a null MX (RFC 7505): the domain takes no mail."""
    MAILBOX_FULL = "mailbox-full"
    MESSAGE_TOO_BIG = "message-too-big"
    GREYLISTED = "greylisted"
    CONFIG_PROBLEM = "server-config-problem"
    DISK_FULL = "queue-disk-full"
    QUEUE_WRITE_ERROR = "queue-write-error"
    ALIAS_LOOP = "alias-loop"
    NEEDS_SMTPUTF8 = "needs-smtputf8"
    """An address that is not ASCII, which was not announced as such (RFC 6531): the client's own mistake."""
    LIMITED = "limited"
    """Too much, too fast or too often, says the server."""
    SERVICE_UNAVAILABLE = "temporary-reject"
    OTHER = "other"


_K = RefusalKind

_ROWS: tuple[Row[RefusalKind], ...] = (
    # Statuses that say it all (IANA registry of SMTP enhanced status codes).
    Row(_K.NEEDS_SMTPUTF8, status=r"[45]\.6\.7"),
    Row(_K.SENDER_DOMAIN_UNKNOWN, status=r"[45]\.1\.8"),
    Row(_K.SENDER_REJECTED, status=r"[45]\.1\.7|5\.7\.27"),
    Row(_K.RECIPIENT_DOMAIN_UNKNOWN, status=r"[45]\.1\.2|5\.1\.10", words=r"domain|host|null ?mx|does not accept"),
    Row(_K.RECIPIENT_DOMAIN_UNKNOWN, code="556"),
    Row(_K.CLIENT_NAME_MISSING, status=r"[45]\.7\.25"),
    Row(_K.MESSAGE_UNAUTHENTICATED, status=r"[45]\.7\.(2[0-46]|30)"),
    Row(_K.CONFIG_PROBLEM, status=r"[45]\.3\.5"),
    Row(_K.DISK_FULL, status=r"4\.3\.1"),
    # postscreen's deep protocol tests end in 4.3.2: a new client is put off once, as by a greylist.
    Row(_K.GREYLISTED, code="450", status=r"4\.3\.2", words=r"service currently unavailable"),
    Row(_K.MESSAGE_TOO_BIG, status=r"5\.3\.4|5\.2\.3"),
    Row(_K.MAILBOX_FULL, status=r"[45]\.2\.2"),
    # Postfix cleanup(8) `Alias expansion error`, sendmail `aliasing/forwarding loop broken`. 5.4.6 says less.
    Row(_K.ALIAS_LOOP, words=r"alias expansion error|aliasing/forwarding loop|alias(es)? loop"),
    # Exchange's own: 5.7.54 and 5.7.64 are relaying, 5.7.57 and 5.7.60 a login's rights, 5.4.1 an unknown mailbox.
    Row(_K.RELAY_DENIED, status=r"5\.7\.(54|64)"),
    Row(_K.LOGIN_REQUIRED, status=r"5\.7\.57"),
    Row(_K.SENDER_NOT_OWNED, status=r"5\.7\.60"),
    Row(_K.RECIPIENT_UNKNOWN, status=r"5\.4\.1", words=r"recipient address rejected"),
    # Words of relaying. They come under 5.7.1, under no status at all, and now and then under a wrong one.
    Row(
        _K.RELAY_DENIED,
        words=r"relay(ing)? (access |mail )?(is )?(denied|not (permitted|allowed)|prohibited|forbidden)"
        r"|unable to relay|(do not|don't|does not|cannot|not permitted to|not allowed to|will not) relay"
        r"|rcpthosts|relaying to .* (denied|prohibited)|not a (valid )?relay|no relaying|relay not"
        r"|delivery is not allowed to this address"
        r"|\Ainvalid recipient: <>\Z",  # OpenSMTPD, where no rule matches
    ),
    Row(
        _K.TLS_REQUIRED, words=r"must issue a starttls|starttls (command )?(is )?(first|required)|tls (is )?required"
    ),
    Row(
        _K.GREYLISTED,
        code="4",
        words=r"gr[ea]y-?list|try again in \d+ (seconds|minutes)|come back in|first contact|retry later, see",
    ),
    Row(
        _K.CLIENT_BLOCKLISTED,
        words=r"blocked using|block-?list|black-?list|\bdnsbl\b|\brbl\b|spamhaus|barracuda|poor reputation"
        r"|is listed (in|at|on|by)|listed by",
    ),
    Row(
        _K.HELO_REQUIRED,
        words=r"(send|polite people say|say) (helo|ehlo|hello)|(helo|ehlo)(/ehlo| or ehlo| or helo)? (is )?required"
        r"|(helo|ehlo|hello) first",
    ),
    Row(_K.HELO_REJECTED, words=r"helo command rejected|(invalid|bad|illegal|syntactically invalid) (helo|ehlo)"),
    Row(_K.SENDER_NOT_LOGGED_IN, words=r"sender address rejected: not logged in\Z"),
    Row(
        _K.SENDER_NOT_OWNED,
        words=r"not owned by user|not logged in as owner|sendas|not (allowed|authori[sz]ed|permitted) to send as"
        r"|sender address .* not (allowed|permitted|owned)|must match .*(user|login|authenticated)",
    ),
    Row(_K.SENDER_DOMAIN_UNKNOWN, words=r"sender address rejected: (domain|malformed dns)|domain of sender"),
    Row(
        _K.SENDER_REJECTED,
        words=r"sender (address )?(rejected|denied|verify failed|verification failed)|(rejected|bad|invalid) sender"
        r"|syntactically invalid sender",
    ),
    # The recipient.
    Row(_K.RECIPIENT_LOOKUP_FAILED, code="4", words=r"unverified address|callout"),
    Row(_K.RECIPIENT_UNKNOWN, status=r"[45]\.1\.[16]"),
    Row(
        _K.RECIPIENT_UNKNOWN,
        code="55",
        words=r"(user|mailbox|recipient|address|account)( address)? (is )?(unknown|not found|does(n't| not) exist)"
        r"|(unknown|no such) (user|mailbox|recipient|local)|unrouteable address|no mailbox here|user unknown"
        r"|recipient not found|mailbox unavailable",
    ),
    # OpenSMTPD says this of a user that neither its tables nor the system know.
    Row(_K.RECIPIENT_UNKNOWN, status=r"5\.2\.4", words=r"mailing list expansion problem"),
    Row(
        _K.RECIPIENT_LOOKUP_FAILED, code="4", words=r"temporary lookup failure|lookup (failed|error)|lookup deferred"
    ),
    Row(
        _K.MAILBOX_FULL,
        words=r"mailbox (is )?full|exceeded storage allocation|quota exceeded"
        r"|(over|exceed(s|ed)?)( the| its| storage)? quota",
    ),
    Row(_K.MESSAGE_TOO_BIG, code="5", words=r"(message|mail)( size| file)? (exceeds|too (big|large))|size limit"),
    # The server's own trouble.
    Row(_K.DISK_FULL, code="4", words=r"insufficient (system )?storage|no space|out of (disk )?space"),
    Row(_K.QUEUE_WRITE_ERROR, code="4", words=r"queue file write error"),
    Row(_K.CONFIG_PROBLEM, words=r"server configuration (problem|error)|unexpected failure"),
    Row(_K.LIMITED, words=r"too (many|much)|rate limit|concurrency limit|improper use of .*pipelining"),
    # Who may talk here.
    Row(_K.LOGIN_REQUIRED, words=r"authenticat\w* (is )?(required|needed)|(must|please|not) (authenticate|log ?in)"),
    Row(_K.LOGIN_REQUIRED, words=r"(client|you are|user) (was )?not authenticated|auth(orization)? (is )?required"),
    Row(_K.CLIENT_NAME_MISSING, words=r"cannot find your (reverse )?hostname|no (ptr|reverse dns)|reverse dns"),
    Row(_K.RECIPIENT_REJECTED, words=r"recipient( address)? (rejected|refused|denied|blocked)"),
    Row(_K.CLIENT_REJECTED, words=r"client host rejected|client was not|access denied"),
    # Codes and general statuses alone (RFC 5321 section 4.2.3, RFC 4954 section 6).
    Row(_K.LOGIN_REQUIRED, code="530"),
    Row(_K.DISK_FULL, code="452", status=r"|4\.3\.\d"),
    Row(_K.MESSAGE_TOO_BIG, code="552", status=r"|5\.3\.\d"),
    Row(_K.HELO_REQUIRED, code="503", status=r"5\.5\.1|", words=r"\b(helo|ehlo)\b"),
    Row(_K.SERVICE_UNAVAILABLE, code="4", words=r"service (is )?(currently )?unavailable|try again|temporar"),
)
_TABLE = Table(_ROWS)


def refusal_kind(code: str, enhanced: str, text: str) -> RefusalKind:
    """What a refusal to MAIL, RCPT, DATA or the message means.

    `code` is the three digits, `enhanced` the RFC 3463 status or "", `text` all lines with or without statuses.
    """
    return _TABLE.kind(code, enhanced, text) or RefusalKind.OTHER


def refusal(reply: Reply | None) -> RefusalKind | None:
    """What `reply` means if it is a refusal; None if there is none, or it is no refusal."""
    if reply is None or reply.kind not in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT):
        return None
    return refusal_kind(reply.code, reply.enhanced, reply.text)
