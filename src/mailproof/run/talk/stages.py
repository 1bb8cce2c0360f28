"""The stage that a command typed by hand belongs to."""

from __future__ import annotations

from mailproof.model.talk import TalkProtocol
from mailproof.run.hand.stages import Stage

_STAGES = {
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "LHLO": Stage.EHLO,
    "XCLIENT": Stage.XCLIENT,
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
