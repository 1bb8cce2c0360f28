"""Which limit a server names when it has had enough of a client, in SMTP, POP3 and IMAP."""

from __future__ import annotations

from enum import StrEnum

from mailproof.model.observation import Reply, ReplyClass
from mailproof.parse.meanings import Row, Table


class Limit(StrEnum):
    ERRORS = "too-many-errors"
    AUTH_RATE = "auth-rate-limited"
    CONNECTION_RATE = "connection-rate-limited"
    CONNECTIONS = "too-many-connections"
    """Says so; Postfix has the same words for too many at once and too many in a minute."""
    PIPELINING = "pipelining-refused"


_ROWS: tuple[Row[Limit], ...] = (
    # Postfix smtpd(8) `improper use of SMTP command pipelining`, Exim `SMTP synchronization error`.
    Row(Limit.PIPELINING, words=r"improper use of .*pipelining|smtp (protocol )?synchroni[sz]ation error"),
    # Postfix `too many errors`, Exim `Too many syntax or protocol errors`, sendmail `Too many bad commands`.
    Row(Limit.ERRORS, words=r"too many (\w+ (or \w+ )?)?(errors|commands)\b(?<!auth commands)"),
    # Postfix `too many AUTH commands from`, Gmail 454 `Too many login attempts`.
    Row(Limit.AUTH_RATE, words=r"too many (failed )?(auth|login|authentication)\w* (commands|attempts|failures)"),
    # sendmail 421 4.3.2 `Connection rate limit exceeded`.
    Row(Limit.CONNECTION_RATE, words=r"connection rate|too (many|frequent) connections? (in|within|per|too fast)"),
    # Postfix, Exim `Too many concurrent SMTP connections`, sendmail `Too many open connections`, Exchange
    # `maximum number of concurrent (server) connections has exceeded a limit`.
    Row(
        Limit.CONNECTIONS,
        words=r"too many (concurrent |simultaneous |open )?(smtp )?(connections|sessions)"
        r"|concurrent (\w+ )?connections? (has exceeded|limit)",
    ),
)
_TABLE = Table(_ROWS)


def limit(reply: Reply | None) -> Limit | None:
    """The limit that a refusal names; None for any other reply."""
    if reply is None or reply.kind not in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT):
        return None
    return _TABLE.kind(reply.code, reply.enhanced, reply.text)
