"""How far a job came: an attempt is not a result."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Job(StrEnum):
    """What a connection is made for. Closed."""

    RESOLVE = "resolve"
    """Names, before any connection."""
    SURVEY = "survey"
    """What anybody can see."""
    LOOK = "look"
    """A second look at a port that stays silent: does it wait for TLS?"""
    CLEAR = "clear"
    """Whether port 25 takes mail without TLS."""
    VERIFY = "verify"
    """Whether VRFY or EXPN tells who has a mailbox."""
    IMPERSONATE = "impersonate"
    """Whether somebody else's address is taken as the sender: from a stranger, or from a user who has logged in."""
    UIDL = "uidl"
    """Whether POP3 calls the messages of a mailbox the same at every look."""
    VERSION = "version"
    """Whether an older version of TLS is spoken."""
    MACHINE = "machine"
    """No connection: the sockets and the packet filter of this machine are looked at."""
    LOG = "log"
    """No connection: what the server wrote into its log meanwhile."""
    LOGIN = "login"
    SEND = "send"
    """A message sent by hand."""
    DELIVER = "deliver"
    """Handing a message in without a login, as another mail server would."""
    FETCH = "fetch"
    INJECT = "inject"
    """Whether a command that came with STARTTLS, in clear, is carried out inside TLS."""
    HIDDEN_LOGIN = "hidden-login"
    """Whether a login is taken where it is not offered."""
    ERRORS = "errors"
    """Whether wrong commands come to an end."""
    LONG_LINE = "long-line"
    """What becomes of one line that is far too long."""
    RECIPIENTS = "recipients"
    """How many recipients a message may have."""
    EXAMINE = "examine"
    """Files that are read, where nothing is connected to."""
    CONFIGURATION = "configuration"
    """No connection: the server's own files are read."""
    SENDING_SIDE = "sending-side"
    """No connection: DNS is asked who sends, where that is doubted."""
    REFERENCE = "reference"
    """Whether anything gets out of this network: a host that is known to answer, dialled and no more."""


INTRUSIVE = (Job.INJECT, Job.HIDDEN_LOGIN, Job.ERRORS, Job.LONG_LINE, Job.RECIPIENTS)
"""Jobs that could disturb a server, and are only done where they are asked for."""


class Step(StrEnum):
    """The steps of a conversation, in the order of the protocol. Closed: reports and metrics rely on it."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    GREETING = "greeting"
    XCLIENT = "xclient"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    CAPABILITY = "capability"
    AUTH = "auth"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    SELECT = "select"
    SEARCH = "search"
    LIST = "list"
    FETCH = "fetch"
    QUIT = "quit"


class Status(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


class Trouble(StrEnum):
    """Why a step failed below the protocol, or without an answer that the protocol knows. Closed."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    CLOSED = "closed"
    """The peer closed in good order, but too early."""
    TLS_FAILED = "tls-failed"
    NOT_THE_PROTOCOL = "not-the-protocol"
    """Bytes came that are no reply of the protocol."""
    TOO_MUCH = "too-much"
    """More was sent than any limit allows."""
    REJECTED = "rejected"
    """The peer answered with a refusal; the reply says why."""
    NOT_FOUND = "not-found"
    """A name without an answer in DNS."""
    LOCAL = "local"
    """This machine could not: no route, no such source address, no permission."""
    PROXY = "proxy"
    """The proxy on the way did not make the connection, for a reason of its own or one that it does not tell."""


class StepTaken(msgspec.Struct, frozen=True):
    step: Step
    status: Status
    seconds: float = 0.0
    trouble: Trouble | None = None
    detail: str = ""
    """Words of the operating system, of OpenSSL or of the peer; redacted, not translated."""


class Skipped(msgspec.Struct, frozen=True):
    """Something that was not tried, and why."""

    what: str
    """Name of what was not tested: the name of a check (`login-accepted`) or a step."""
    why: str
    """A reason of the catalogue (`reasons` in en.toml, ja.toml): `no-credentials`, `tls-not-verified` …"""
    endpoint: str | None = None
    asked: bool = False
    """The user asked for it; then the verdict can be no better than `unknown`."""
    params: dict[str, str] = {}
