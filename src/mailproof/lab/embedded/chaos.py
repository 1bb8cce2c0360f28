"""Faults that mean nothing: a step that is refused, answered late or cut off, for who tests a client.

The steps are those of Mailpit's chaos and of Postfix's smtp-sink(1), and their like in POP3, IMAP and ManageSieve.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.lab.embedded.occasion import ALWAYS, Occasion


class Step(StrEnum):
    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    MESSAGE = "message"
    """After the dot."""
    LIST = "list"
    """Looking into the mailbox: STAT, LIST, UIDL; SELECT, EXAMINE, STATUS."""
    FETCH = "fetch"
    QUIT = "quit"


_VERBS: dict[Step, tuple[str, ...]] = {
    Step.EHLO: ("EHLO", "HELO", "LHLO", "CAPA", "CAPABILITY"),
    Step.STARTTLS: ("STARTTLS", "STLS"),
    Step.AUTH: ("AUTH", "PASS", "LOGIN", "AUTHENTICATE"),
    Step.MAIL: ("MAIL",),
    Step.RCPT: ("RCPT",),
    # Not BDAT: the bytes of a chunk come whatever the answer is.
    Step.DATA: ("DATA",),
    Step.LIST: ("STAT", "LIST", "UIDL", "SELECT", "EXAMINE", "STATUS"),
    Step.FETCH: ("RETR", "TOP", "FETCH", "UID FETCH"),
    Step.QUIT: ("QUIT", "LOGOUT"),
}

STEP_OF: dict[str, Step] = {verb: step for step, verbs in _VERBS.items() for verb in verbs}
"""By the command, in upper case."""


class Disturbance(msgspec.Struct, frozen=True):
    step: Step
    code: int = 0
    """Of SMTP's refusal, from 400 to 599, which the other protocols say in their own words; 0 for no refusal."""
    hang_up: bool = False
    """No answer, and the end of the connection."""
    occasion: Occasion = ALWAYS
