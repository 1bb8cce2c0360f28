"""The stage at which a session by hand ends, in the numbers of the contract (swaks has the same)."""

from __future__ import annotations

from enum import IntEnum

from mailproof.model.talk import TalkProtocol


class Stage(IntEnum):
    """Exit codes. Closed."""

    OPEN = 0
    USAGE = 1
    CONNECT = 2
    CLOSED = 6
    """The server hung up where it should not."""
    GREETING = 21
    EHLO = 22
    MAIL = 23
    RCPT = 24
    DATA = 25
    MESSAGE = 26
    QUIT = 27
    LOGIN = 28
    TLS = 29
    EHLO_IN_TLS = 32
    MAILBOX = 40
    """Another command; in POP3, IMAP and ManageSieve one of the mailbox."""


_STAGES = {
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "LHLO": Stage.EHLO,
    "MAIL": Stage.MAIL,
    "RCPT": Stage.RCPT,
    "DATA": Stage.DATA,
    "BDAT": Stage.DATA,
    ".": Stage.MESSAGE,
    "QUIT": Stage.QUIT,
    "LOGOUT": Stage.QUIT,
    "STARTTLS": Stage.TLS,
    "STLS": Stage.TLS,
    "AUTH": Stage.LOGIN,
    "AUTHENTICATE": Stage.LOGIN,
    "LOGIN": Stage.LOGIN,
    "USER": Stage.LOGIN,
    "PASS": Stage.LOGIN,
    "APOP": Stage.LOGIN,
    "AUTHINFO": Stage.LOGIN,
}


def stage_of(protocol: TalkProtocol, asked: str, *, tls: bool) -> Stage:
    """The stage that an answer to this line belongs to; an empty line is the greeting."""
    words = asked.upper().split()
    if protocol is TalkProtocol.IMAP and len(words) > 1:
        words = words[1:]
    if not words:
        return Stage.GREETING
    if protocol is TalkProtocol.FTP and words[0] == "AUTH":
        return Stage.TLS
    stage = _STAGES.get(words[0], Stage.MAILBOX)
    return Stage.EHLO_IN_TLS if stage is Stage.EHLO and tls else stage
