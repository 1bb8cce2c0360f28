"""Typed facts, each with the turns that show it. What a check judges; never a judgement."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.attempt import Job, Step, Trouble
from mailproof.model.configuration import CertificateFile, DovecotFiles, EximFiles, PostfixFiles
from mailproof.model.dns import DnsAnswer as DnsAnswer
from mailproof.model.dns import DnsStatus as DnsStatus
from mailproof.model.ese import EseCheckpoint, EseDatabase, EseLog, EsePages
from mailproof.model.followed import Followed
from mailproof.model.lookups import LookupsSeen
from mailproof.model.machine import MachineSeen
from mailproof.model.observed import Observation
from mailproof.model.server_log import LogRead, LogSaid, LogStored
from mailproof.model.space import SpaceSeen
from mailproof.model.tls import Certificate, ChainError, Protection, TlsVersion


class ReplyClass(StrEnum):
    """What a reply amounts to, over all protocols."""

    POSITIVE = "positive"
    """2yz, +OK, OK."""
    INTERMEDIATE = "intermediate"
    """3yz, a `+` continuation."""
    TRANSIENT = "transient"
    """4yz; NO [UNAVAILABLE], -ERR [SYS/TEMP]."""
    PERMANENT = "permanent"
    """5yz, -ERR, NO, BAD."""
    INVALID = "invalid"
    """Not a reply of the protocol."""


class Reply(msgspec.Struct, frozen=True):
    """A server's answer, redacted."""

    kind: ReplyClass
    code: str
    """`250`, `+OK`, `NO`; empty for something that is no reply."""
    text: str
    """All lines joined by newlines, without codes and line ends, unsafe characters escaped."""
    enhanced: str = ""
    """RFC 3463 status (`5.7.1`), or the response code of POP3 and IMAP (`AUTHENTICATIONFAILED`)."""
    turn: int = 0
    """Index into the turns of its transcript."""
    seconds: float = 0.0
    """From the command, or from the connection for a greeting, to the end of the reply."""

    @property
    def line(self) -> str:
        """The last line as a person would have seen it, code and all."""
        last = self.text.rsplit("\n", 1)[-1]
        return " ".join(part for part in (self.code, last) if part)


class Connection(Observation, frozen=True):
    """A TCP (or Unix socket) connection, made or not."""

    remote: str
    seconds: float
    local: str = ""
    """Our own end; with a proxy, toward that one."""
    trouble: Trouble | None = None
    """None if it was made."""
    detail: str = ""
    turns: tuple[int, ...] = ()
    proxy: str = ""
    """URL of the proxy that it goes through; empty for none."""
    outer: str = ""
    """The address from which the proxy connects; empty where it does not tell."""

    @property
    def client(self) -> str:
        """The address that the server sees; empty for a Unix socket, and where only the proxy knows."""
        return self.outer if self.proxy else self.local


class ProxyOutcome(StrEnum):
    """What came of asking a proxy."""

    CONNECTED = "connected"
    NOT_REACHED = "not-reached"
    """The proxy itself did not take the connection."""
    NO_PROXY = "no-proxy"
    """What answers there does not speak the protocol."""
    LOGIN = "login"
    """It wants a login, or did not accept this one."""
    RULES = "rules"
    """It does not allow this connection."""
    UNSAID = "unsaid"
    """It made none and does not say why."""
    TARGET = "target"
    """It tried and met what `Connection` tells."""


class ProxyAsked(Observation, frozen=True):
    """A proxy asked for a connection to the endpoint (SOCKS5, HTTP CONNECT)."""

    proxy: str
    """Its URL, without a login."""
    outcome: ProxyOutcome
    words: str = ""
    """What it said, or what dialling it met."""
    outer: str = ""
    turns: tuple[int, ...] = ()


class Greeting(Observation, frozen=True):
    """What came first, unasked."""

    seconds: float
    """From the connection, or from the end of the handshake with implicit TLS."""
    reply: Reply | None = None
    trouble: Trouble | None = None
    """TIMEOUT, CLOSED, RESET; NOT_THE_PROTOCOL where `reply` holds something else."""
    turns: tuple[int, ...] = ()


class Stage(StrEnum):
    CLEAR = "clear"
    TLS = "tls"
    LOGGED_IN = "logged-in"


class Capability(msgspec.Struct, frozen=True):
    name: str
    """In upper case: `SIZE`, `AUTH`, `LOGINDISABLED`; for IMAP `AUTH=PLAIN` is name AUTH, parameter PLAIN."""
    params: tuple[str, ...] = ()
    legacy: bool = False
    """Offered as `AUTH=` in an EHLO reply, for clients of before RFC 2554."""


class Capabilities(Observation, frozen=True):
    """The answer to EHLO, LHLO, CAPA or CAPABILITY."""

    stage: Stage
    verb: str
    reply: Reply
    offered: tuple[Capability, ...] = ()
    turns: tuple[int, ...] = ()

    def get(self, name: str) -> Capability | None:
        """The capability of this name that is not the legacy form, or None."""
        return next((c for c in self.offered if c.name == name and not c.legacy), None)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms offered, in upper case, in the server's order, the legacy line included once."""
        names: dict[str, None] = {}
        for capability in self.offered:
            if capability.name in ("AUTH", "SASL"):
                names.update((param.upper(), None) for param in capability.params)
        return tuple(names)


class StartTls(Observation, frozen=True):
    """The agreement to start TLS inside a clear-text session."""

    command: str
    """`STARTTLS` or `STLS`."""
    offered: bool
    reply: Reply | None = None
    """None if it was not tried."""
    turns: tuple[int, ...] = ()


class TlsHandshake(Observation, frozen=True):
    """One handshake at OpenSSL's security level 0, so that weak servers can be looked at too."""

    name: str
    """Presented as SNI and wanted in the certificate."""
    seconds: float
    version: str = ""
    cipher: str = ""
    """As agreed on, also where the handshake failed after that."""
    group: str = ""
    chain: tuple[Certificate, ...] = ()
    """As sent, the server's own first; empty if that one cannot be read."""
    unreadable: int = 0
    """Certificates among them that cannot be read; they are not in `chain`."""
    errors: tuple[ChainError, ...] = ()
    """What OpenSSL has against the chain with the trusted roots of this run; the name is not its business."""
    trouble: Trouble | None = None
    """None if the handshake ended well."""
    alert: str = ""
    """Alert sent by the server, in the words of RFC 8446: `handshake_failure`, `protocol_version` …"""
    detail: str = ""
    """OpenSSL's own words."""
    clear_text: str = ""
    """What came in clear before the first TLS record (CVE-2011-0411), or instead of TLS; escaped."""
    turns: tuple[int, ...] = ()


class TlsVersionTried(Observation, frozen=True):
    """A handshake that offered nothing newer than `maximum`."""

    maximum: TlsVersion
    accepted: str = ""
    """The version agreed on; empty if there was no agreement."""
    trouble: Trouble | None = None
    """None if there was; TLS_FAILED with an alert is a refusal, anything else tells nothing of versions."""
    alert: str = ""
    detail: str = ""
    turns: tuple[int, ...] = ()


class LoginTried(Observation, frozen=True):
    """One attempt to log in with the credentials of this run."""

    mechanism: str
    """SASL name, or `USER`, `APOP`, `LOGIN` for the commands of POP3 and IMAP (then `command` is true)."""
    reply: Reply | None
    """The last one; None if the server hung up or never answered."""
    protection: Protection
    user: str = ""
    sent: bool = True
    """A secret, or a proof of it, went out: whatever came of it, fail2ban has counted it."""
    command: bool = False
    initial_response: bool = False
    trouble: Trouble | None = None
    error: str = ""
    """What the mechanism itself objected to: a wrong server signature, a challenge that does not parse; or the
    decoded error challenge of XOAUTH2 and OAUTHBEARER."""
    against: str = ""
    """What of that is against the mechanism itself, in words; empty where the server keeps to it."""
    turns: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.reply is not None and self.reply.kind is ReplyClass.POSITIVE and not self.error


class EnvelopePurpose(StrEnum):
    OUTSIDE = "outside"
    """A recipient elsewhere: is mail relayed?"""
    MAILBOX = "mailbox"
    """A mailbox that should exist on this server."""
    UNKNOWN = "unknown"
    """A local part of this server's domain that cannot exist."""


class EnvelopeTried(Observation, frozen=True):
    """MAIL FROM and RCPT TO, ended before DATA."""

    purpose: EnvelopePurpose
    sender: str
    recipient: str
    logged_in: bool
    mail: Reply | None = None
    rcpt: Reply | None = None
    client: str = ""
    """The address the server takes us for: our own, or that of an accepted XCLIENT."""
    turns: tuple[int, ...] = ()


class SenderClaimed(Observation, frozen=True):
    """MAIL with an address that is somebody else's, and RCPT to one of the server's own; ended before DATA."""

    sender: str
    recipient: str
    mail: Reply
    rcpt: Reply | None = None
    """None where MAIL was refused."""
    user: str = ""
    """Who is logged in; empty for a stranger."""
    client: str = ""
    """The address the server takes us for: our own, or that of an accepted XCLIENT."""
    turns: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.rcpt is not None and self.rcpt.kind is ReplyClass.POSITIVE


class UserAsked(Observation, frozen=True):
    """VRFY or EXPN (RFC 5321 section 3.5): is there such a user?"""

    command: str
    purpose: EnvelopePurpose
    address: str
    reply: Reply
    turns: tuple[int, ...] = ()


class Injected(Observation, frozen=True):
    """A command in clear, in the same packet as STARTTLS (CVE-2011-0411)."""

    command: str
    reply: Reply
    """To STARTTLS or STLS."""
    inside: Reply | None = None
    """What was said inside TLS without being asked for there."""
    turns: tuple[int, ...] = ()


class LoginProbed(Observation, frozen=True):
    """A mechanism named where none may be named, with nothing secret behind it."""

    stage: Stage
    """CLEAR: before TLS, where no login is offered. LOGGED_IN: after a login that was accepted."""
    mechanism: str
    reply: Reply
    """A challenge says that the login would be taken."""
    turns: tuple[int, ...] = ()
    client: str = ""
    """The address we came from, with its port."""


class Strained(Observation, frozen=True):
    """Too much of something, on purpose."""

    job: Job
    said: int
    """Wrong commands, bytes of the line, or recipients that were to be named."""
    answered: int
    """Answers that came; of recipients, those that were accepted."""
    hung_up: bool = False
    reply: Reply | None = None
    """The first to the long line, the last one else."""
    turns: tuple[int, ...] = ()


class XclientTried(Observation, frozen=True):
    """XCLIENT (Postfix XCLIENT_README): who the server was asked to take us for."""

    attributes: tuple[str, ...]
    offered: bool
    reply: Reply | None = None
    turns: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    """Names of attributes that the server does not offer; then it was not asked."""


class Submitted(Observation, frozen=True):
    """A message handed in: what the server said at the end of its data."""

    sender: str
    recipient: str
    token: str
    """Unique text in the Message-ID by which it is found again."""
    mail: Reply | None = None
    rcpt: Reply | None = None
    data: Reply | None = None
    """To DATA."""
    final: Reply | None = None
    """After the dot."""
    queue_id: str = ""
    size: int = 0
    logged_in: bool = False
    turns: tuple[int, ...] = ()
    client: str = ""
    """The address the server takes us for: our own, or that of an accepted XCLIENT."""


class Signature(msgspec.Struct, frozen=True):
    """Of DKIM (RFC 6376 section 3.5): where its key is published."""

    domain: str
    selector: str


class SendingSide(Observation, frozen=True):
    """Who sent a message that was refused or taken for junk, and what DNS has of that; at the endpoint it went to."""

    client: str
    """The address by which the server knows us, without a port; empty where only a NAT knows it."""
    helo: str
    sender: str
    """Of MAIL."""
    author: str
    """The domain of the From field; that of the sender where no message was made."""
    signatures: tuple[Signature, ...] = ()
    answers: tuple[DnsAnswer, ...] = ()
    """Each question once, in the order in which they were asked."""


class MailboxOpened(Observation, frozen=True):
    """The mailbox of who logged in: EXAMINE INBOX, or STAT."""

    reply: Reply
    mailbox: str = "INBOX"
    messages: int | None = None
    """None where the server does not tell."""
    turns: tuple[int, ...] = ()


class NamedMessage(msgspec.Struct, frozen=True):
    """One message of a POP3 mailbox."""

    number: int
    uid: str
    """Escaped."""
    octets: int | None = None
    """None where LIST did not tell."""
    header: str = ""
    """SHA-256 of its header, hexadecimal; empty where it was not looked at."""


class UidsListed(Observation, frozen=True):
    """What POP3 calls the messages (UIDL, RFC 1939 section 7), at one look: by its order, the newest last."""

    user: str
    reply: Reply
    """To UIDL; a refusal where the server has none."""
    messages: tuple[NamedMessage, ...] = ()
    """All of a small mailbox, the newest of a large one."""
    turns: tuple[int, ...] = ()


class Retrieved(Observation, frozen=True):
    """A mailbox searched for a submitted message."""

    token: str
    found: bool
    messages: int
    """In the mailbox when it was last looked at."""
    seconds: float
    """From the end of submission to the message, or to giving up."""
    mailbox: str = "INBOX"
    """In which it was found."""
    special_use: str = ""
    """Of that mailbox (RFC 6154), in lower case: `\\junk`."""
    headers: tuple[str, ...] = ()
    """Header lines of the found message, escaped and redacted."""
    trouble: Trouble | None = None
    reply: Reply | None = None
    turns: tuple[int, ...] = ()


class IdleOutcome(StrEnum):
    """What came of listening for new mail."""

    TOLD = "told"
    """The server told of a message while we listened."""
    LATE = "late"
    """It told only when we said that we had listened enough."""
    SILENT = "silent"
    REFUSED = "refused"
    """It offers IDLE and does not let us."""
    ENDED = "ended"
    """It ended by itself what only the client ends."""


class Idled(Observation, frozen=True):
    """IDLE (RFC 2177), while a message was waited for."""

    outcome: IdleOutcome
    seconds: float
    """We listened so long."""
    found: bool = False
    """A search right after it found the message."""
    reply: Reply | None = None
    turns: tuple[int, ...] = ()


class Interrupted(Observation, frozen=True):
    """A conversation that did not come to its end."""

    step: Step
    trouble: Trouble
    waiting_for: str = ""
    """The command that was not answered, without its arguments."""
    seconds: float = 0.0
    reply: Reply | None = None
    """A 421 or the like that came before the end."""
    turns: tuple[int, ...] = ()


AnyObservation = (
    DnsAnswer
    | Connection
    | ProxyAsked
    | Greeting
    | Capabilities
    | StartTls
    | TlsHandshake
    | TlsVersionTried
    | LoginTried
    | EnvelopeTried
    | SenderClaimed
    | UserAsked
    | Injected
    | LoginProbed
    | Strained
    | XclientTried
    | Submitted
    | SendingSide
    | MailboxOpened
    | UidsListed
    | Retrieved
    | Idled
    | Interrupted
    | EseDatabase
    | EseLog
    | EseCheckpoint
    | EsePages
    | LogRead
    | LogSaid
    | LogStored
    | Followed
    | LookupsSeen
    | SpaceSeen
    | MachineSeen
    | PostfixFiles
    | DovecotFiles
    | EximFiles
    | CertificateFile
)
