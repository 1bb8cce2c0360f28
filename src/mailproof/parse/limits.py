"""Which limit a server names when it has had enough of a client, in SMTP, POP3 and IMAP."""

from __future__ import annotations

from enum import StrEnum

from mailproof.model.reply import Reply, ReplyClass
from mailproof.parse.meanings import Row, Table


class Limit(StrEnum):
    ERRORS = "too-many-errors"
    AUTH_RATE = "auth-rate-limited"
    CONNECTION_RATE = "connection-rate-limited"
    CONNECTIONS = "too-many-connections"
    """Says so; Postfix has the same words for too many at once and too many in a minute."""
    PIPELINING = "pipelining-refused"
    MAIL_RATE = "mail-rate-limited"


MAIL_RATE_WORDS = (
    # Postfix smtpd_client_message_rate_limit, smtpd_client_recipient_rate_limit.
    r"too much mail(?! data)|too many (messages|recipients) (from|in|per)"
    # Exim's ratelimit as its specification words it, rspamd `Ratelimit "…" exceeded`, cbpolicyd.
    r"|rate[- ]?limit|(sending|message|mail|submission|hourly|daily) (rate|quota)|relay limit exceeded"
    r"|(daily|hourly)( \w+)?( sending)? (limit|quota)|reached your (daily|hourly) limit"
    # Gmail 4.2.1, 4.7.28; Yahoo TSS04; Microsoft 365 4.7.500 `Server busy`, 5.7.705 `tenant has exceeded threshold`.
    r"|unusual rate of|receiving e?mail (too quickly|at a rate)|unexpected volume"
    r"|\bmessages? from .*temporarily deferred|throttl|(submission|recipient) rate|exceeded (the )?(\w+ )?threshold"
)
"""What servers say of too much mail, too fast; `parse.refusal` reads them too."""


_ROWS: tuple[Row[Limit], ...] = (
    # Postfix smtpd(8) `improper use of SMTP command pipelining`, Exim `SMTP synchronization error`.
    Row(Limit.PIPELINING, words=r"improper use of .*pipelining|smtp (protocol )?synchroni[sz]ation error"),
    # Postfix `too many errors`, Exim `Too many syntax or protocol errors`, sendmail `Too many bad commands`.
    Row(Limit.ERRORS, words=r"too many (\w+ (or \w+ )?)?(errors|commands)\b(?<!auth commands)"),
    # Postfix `too many AUTH commands`, Gmail `Too many login attempts`, Yahoo `[LIMIT] LOGIN Rate limit hit`.
    Row(
        Limit.AUTH_RATE,
        words=r"too many (failed )?(auth|login|authentication)\w* (commands|attempts|failures)|log-?in rate[- ]limit",
    ),
    # sendmail 421 4.3.2 `Connection rate limit exceeded`.
    Row(Limit.CONNECTION_RATE, words=r"connection rate|too (many|frequent) connections? (in|within|per|too fast)"),
    # Postfix, Exim `Too many concurrent SMTP connections`, sendmail `Too many open connections`, Exchange
    # `maximum number of concurrent (server) connections has exceeded a limit`.
    Row(
        Limit.CONNECTIONS,
        words=r"too many (concurrent |simultaneous |open )?(smtp )?(connections|sessions)"
        r"|concurrent (\w+ )?connections? (has exceeded|limit)",
    ),
    Row(Limit.MAIL_RATE, status=r"[45]\.7\.(28|500|508|650|70[0-7]|709|7[1-4]\d)|5\.1\.90|[45]\.2\.12[12]"),
    Row(Limit.MAIL_RATE, words=MAIL_RATE_WORDS),
)
_TABLE = Table(_ROWS)


def limit(reply: Reply | None) -> Limit | None:
    """The limit that a refusal names; None for any other reply."""
    if reply is None or reply.kind not in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT):
        return None
    return _TABLE.kind(reply.code, reply.enhanced, reply.text)
