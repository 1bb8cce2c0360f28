"""Why a server could not deliver, in words of its own: it did not come so far that another answered it.

What another answered is a refusal (`parse.refusal`). Some of these mean the same as one; then the name is the same.
"""

from __future__ import annotations

import re
from enum import StrEnum

from mailproof.parse.meanings import Row, Table


class Hindrance(StrEnum):
    DOMAIN_UNKNOWN = "recipient-domain-unknown"
    LOOKUP_FAILED = "name-lookup-failed"
    """DNS did not answer, or not with an answer."""
    NOT_REACHED = "server-not-reached"
    CONNECTION_LOST = "connection-lost"
    EXPIRED = "delivery-expired"
    """Tried for days, and no more is said."""
    TLS_FAILED = "tls-not-agreed"
    LOGIN_FAILED = "relay-login-failed"
    """At the server that mail is handed on to."""
    RECIPIENT_UNKNOWN = "recipient-unknown"
    MAILBOX_FULL = "mailbox-full"
    MAILBOX_DISABLED = "mailbox-disabled"
    MESSAGE_TOO_BIG = "message-too-big"
    NEEDS_SMTPUTF8 = "needs-smtputf8"
    UNROUTABLE = "unroutable"
    LOOP = "mail-loop"
    DELIVERY_FAILED = "delivery-program-failed"
    """The program or the file that should take it on this machine."""
    CONFIG_PROBLEM = "server-config-problem"
    SENDER_NOT_PERMITTED = "sender-not-permitted"
    """Whoever is not a member, or outside of the organisation, may not write there."""
    CONTENT_REJECTED = "content-rejected"
    FORWARDING_DENIED = "forwarding-denied"
    """The sender's own organisation lets nothing be forwarded to the outside by itself."""


_K = Hindrance


def _any(*phrases: str) -> str:
    return "|".join(phrases)


_ROWS: tuple[Row[Hindrance], ...] = (
    Row(_K.FORWARDING_DENIED, words=r"does not allow external forwarding"),  # Microsoft 365
    # Postfix `SASL authentication failed; server … said: 535`, `no mechanism available`.
    Row(_K.LOGIN_FAILED, words=_any(r"sasl authentication failed", r"offered no (supported|compatible) auth")),
    Row(
        _K.LOOP,
        words=_any(
            r"loops? back to (myself|itself)",  # Postfix
            r"mail forwarding loop",
            r"points (back )?to (local host|\S+\Z|\S+ )",  # sendmail; Exim `lowest numbered MX record points …`
            r"too many hops|hop ?count exceeded",
            r"routing loop|loop detected|message is looping",  # Exchange 5.4.6; qmail
        ),
    ),
    # Postfix says `Host not found` of a name that is not there, and `Host not found, try again` where DNS fails.
    Row(
        _K.LOOKUP_FAILED,
        words=_any(
            r"host not found, try again",
            r"host name lookup failure|host lookup did not complete",  # sendmail, Exim
            r"cname[_ ]lookup[_ ]failed",  # qmail
            r"dns (lookup|query) failed|dns server (did not|returned)|temporar\w* (dns|name|resolv)|servfail",
        ),
    ),
    Row(
        _K.DOMAIN_UNKNOWN,
        words=_any(
            r"host not found|host unknown|unknown (mail )?host|no such (host|domain)|host \S+ not found",
            r"(domain|host)( name)? (\S+ )?(does not|doesn't|did not) (exist|resolve)|domain( name)? not found",
            r"couldn't find (any host|a mail exchanger)|domain \S+ couldn't be found",
            r"nonexistent domain|non-?existent hosts",
            r"name or service not known|dnsdomaindoesnotexist|infodomainnonexistent",
            r"null ?mx|does not accept mail|no smtp service|mx 0 \.",
            r"no (valid )?mx\b|has no (mail exchanger|mx)|dns type 'mx' lookup of",
            "ドメイン.{0,40}(見つかりません|存在しません)",
        ),
    ),
    Row(
        _K.TLS_FAILED,
        words=_any(
            r"tls is required, but|cannot start tls|server does not support tls|requires? tls\b",
            r"(starttls|tls) (handshake|negotiation|session).*(fail|error)",
            r"server certificate (not|could)|certificate verif|starttls is required to send",
            r"(failed|domain failed) dane validation|tlsa-invalid|dnssec-invalid|certificate-(expired|host-mismatch)",
        ),
    ),
    Row(
        _K.NOT_REACHED,
        words=_any(
            r"connection (timed? ?out|refused)|operation timed? ?out|timed out",
            r"no route to host|network is unreachable|network error|(server|host) (is )?unreachable",
            r"(could not|couldn't|cannot|unable to|failed to) (connect|dial)|connect\w* (failed|failure)",
            r"no answer from host|not responding|did not respond|did not accept our requests to connect",
            r"hosts? .*(been failing|is down)|wasn't able to establish",
            "応答(が|は)ありません|接続できません",
        ),
    ),
    Row(
        _K.CONNECTION_LOST,
        words=_any(
            r"lost connection|connection (was )?(dropped|lost|closed|reset|died)|closed (the )?connection",
            r"remote server (closed|disconnected)|conversation with|read error|broken pipe",
        ),
    ),
    # What a machine says of mailboxes of its own.
    Row(
        _K.MAILBOX_FULL,
        words=_any(
            r"\bquota\b|(mail|in)box (is )?full|mailbox (has exceeded|size limit)|exceeded (the|its) storage",
            r"number of messages in recipient's mailbox exceeded",
            "メールボックスが(一杯|いっぱい)|容量(を|が)超",
        ),
    ),
    Row(_K.NEEDS_SMTPUTF8, words=r"smtputf8"),
    Row(
        _K.MESSAGE_TOO_BIG,
        words=_any(
            r"(message|mail|file)( size)? (is )?(too (big|large)|exceeds)|size limit|maximum (message )?size",
            r"sendsizelimit|recipsizelimit",
            "サイズ.{0,20}(超|大きすぎ)",
        ),
    ),
    Row(
        _K.MAILBOX_DISABLED,
        words=r"(account|mailbox|user)(\(s\))?( account)? (is |has been )?"
        r"(disabled|locked|suspended|inactive|temporarily limited)",
    ),
    Row(
        _K.SENDER_NOT_PERMITTED,
        words=_any(
            r"not permitted to (send|post)|authrequired|not a member|permission to post|restricted (recipient|group)",
            r"only accepts (messages|mail)|doesn't have permission|not authori[sz]ed to send (to|mail)",
            "アクセス許可がありません|送信が許可されて|投稿する権限がない",
        ),
    ),
    Row(
        _K.RECIPIENT_UNKNOWN,
        words=_any(
            r"unknown (user|recipient|local)|(user|addressee) unknown",
            r"no such (user|mailbox|recipient|person|address)",
            r"no mailbox here|user (\S+ )?(not found|does(n't| not) exist)|invalid (address|recipient)",
            r"recip(ient)?( name)?( is)? ?not ?(found|recogni[sz]ed)|not listed in .*directory|not a known user",
            r"address( you entered)? (was|is|could)n't( be)? found|account that you tried to reach does not exist",
            "(ユーザー|アドレス|宛先).{0,60}(登録されていません|存在しません|見つかりません|見つかりませんでした)",
        ),
    ),
    Row(
        _K.DELIVERY_FAILED,
        words=_any(
            r"command (died|output|time limit)|local delivery (failed|error)|maildir delivery|mailer error",
            r"(cannot|can't|unable to) (update|open|create|append|lock|write|chdir|switch)|permission denied",
            r"\A(pipe to \||save to /)",
            r"child (process|crashed)|transport returned|return(ed)? (code|status)|exit (status|code)|no space left",
        ),
    ),
    Row(
        _K.UNROUTABLE,
        words=r"unroute?able|unable to route|cannot route|mail transport unavailable|no (transport|router)\b",
    ),
    Row(_K.CONFIG_PROBLEM, words=r"(local |server )?configuration (error|problem)|config error|misconfigured"),
    Row(
        _K.CONTENT_REJECTED,
        words=r"\b(spam|virus|malware)\b|message (was |has been )?(blocked|rejected)|blocked by (policy|a rule)",
    ),
    # Last, for these stand beside a reason.
    Row(
        _K.EXPIRED,
        words=_any(
            r"expired|retry time(out)?|too old|in the queue too long|(give|gave|given|giving) up|undelivered after",
            r"not delivered within|could not be delivered for|not going to try again",
            "再試行|期限",
        ),
    ),
    # RFC 3463 section 3.5, where there are no words, or none that are known.
    Row(_K.NOT_REACHED, status=r"[45]\.4\.1"),
    Row(_K.CONNECTION_LOST, status=r"[45]\.4\.2"),
    Row(_K.LOOKUP_FAILED, status=r"4\.4\.3"),
    Row(_K.DOMAIN_UNKNOWN, status=r"5\.4\.310|5\.1\.2"),
    Row(_K.LOOP, status=r"[45]\.4\.(6|14)"),
    Row(_K.EXPIRED, status=r"[45]\.4\.7"),
)
_TABLE = Table(_ROWS)
# Microsoft 365: its own network (300 to 399), the certificate of the next server (320 to 329), forwarding (520).
_OF_ITSELF = re.compile(r"[45]\.(4\.3\d\d|7\.32\d|7\.520)")
# RFC 3463 section 3.5: no answer, a bad connection, no directory, expired. As a refusal they say little.
_OF_THE_NETWORK = re.compile(r"[45]\.4\.[1-7]")


def hindrance(text: str, code: str = "", enhanced: str = "") -> Hindrance | None:
    """What the words of a server about its own attempt mean; None where they are not known."""
    return _TABLE.kind(code, enhanced, text)


def said_of_itself(enhanced: str, text: str) -> Hindrance | None:
    """What a server says of its own attempt in the form of a reply, so that it looks as if another had refused.

    `550 5.4.316 Message expired, connection refused` is Microsoft 365's of a server that it did not reach.
    """
    return hindrance(text, "", enhanced) if _OF_ITSELF.fullmatch(enhanced) else None


def of_the_network(enhanced: str, text: str) -> Hindrance | None:
    """As `said_of_itself`, for a reply whose meaning as a refusal is vague: `421 4.4.2 Connection dropped`."""
    return hindrance(text, "", enhanced) if _OF_THE_NETWORK.fullmatch(enhanced) else None
