"""Which part of a fact can tell a cause, and which row of the table of messages it means."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mailproof.catalog.log_messages import log_messages
from mailproof.model.explained import Side
from mailproof.model.log import Delivered, Expired, Fact, LoginFailed, Refused, Sieved, Trouble
from mailproof.model.log_connection import Answered, Certificated, Dropped, Hid, NoConnection, TlsFailed
from mailproof.model.log_filter import DkimSaid, Greylisted, ListedAt, Scanned
from mailproof.model.log_service import ServiceChanged
from mailproof.parse.bounce.statements import statement
from mailproof.parse.sides import AT_OUR_DOOR, OF_THE_RECIPIENT, side_of
from mailproof.parse.undelivered import VAGUE, reply_meaning
from mailproof.run.explaining.pages import page_of

UNKNOWN = "unknown-trouble"

_CONTENT = ("header", "body", "mime", "nested", "END-OF-MESSAGE")
_REFUSING = ("reject", "discard", "hold", "hangup", "abort", "defer", "quarantine")
# What is done with a message in place of refusing it.
_DONE = {"discard": "discard", "hold": "hold", "quarantine": "hold"}
_GOOD = ("sent", "deliverable", "SOFTBOUNCE")
_BLOCKING = ("Blocked ", "reject", "soft reject", "greylist")


# Postfix, then Exim, of what the next server answered.
_QUOTED = re.compile(
    r"(?<= said: )[45]\d\d[ -]|(?:SMTP error from remote mail server after .{3,400}?: )(?=[45]\d\d[ -])"
)
_REFUSAL = re.compile(r"(?:END-OF-MESSAGE |header |body )?[45]\d\d[ -]")
# Rows whose words are about a client of this server.
_AT_THE_DOOR = AT_OUR_DOOR | OF_THE_RECIPIENT | {"greylisted"}
# Rows that say the same as a refusal does.
_SAME: dict[str, tuple[str, ...]] = {
    "login-required": ("next-hop-needs-login",),
    "helo-required": ("ehlo-required-first",),
    "tls-required": ("tls-required", "tls-required-elsewhere"),
    "sender-not-owned": ("sender-refused-by-relay",),
    "limited": ("sender-reputation-low",),
    "client-blocklisted": ("sender-reputation-low",),
    "message-unauthenticated": ("message-unauthenticated",),
    "mailbox-full": ("mailbox-full",),
    "recipient-unknown": ("delivery-user-unknown",),
    "mail-loop": ("mail-forwarding-loop",),
}


class Meaning(NamedTuple):
    name: str
    rank: int
    """As of `LogCause`."""
    page: str
    params: dict[str, str]


def told(fact: Fact) -> str | None:
    """The part of a fact that can tell a cause; None for what is as it should be."""
    match fact:
        case Trouble():
            return fact.text
        case Refused():
            if fact.action not in _REFUSING:
                return None
            said = f"{fact.stage} {fact.reply}" if fact.stage in _CONTENT else fact.reply
            return f"{_DONE[fact.action]}: {said}" if fact.action in _DONE else said
        case Delivered():
            # Courier has said in the line before what the status comes from.
            return None if fact.status in _GOOD or fact.reason.startswith("status: ") else fact.reason or fact.status
        case LoginFailed():
            return fact.reason
        case Expired():
            return f"{fact.status}, returned to sender"
        case NoConnection():
            return f"connect to {fact.server}: {fact.reason}"
        case TlsFailed():
            return f"SSL_{'accept' if fact.incoming else 'connect'} error at {fact.peer}: {fact.reason}"
        case Certificated():
            return f"certificate verification failed for {fact.peer}: {fact.reason}"
        case Dropped():
            return f"{fact.why} after {fact.stage} from {fact.client}"
        case _:
            return _of_others(fact)


def _of_others(fact: Fact) -> str | None:
    match fact:
        case Answered(why="reported") if not fact.reply.startswith("2"):
            return fact.reply
        case Hid(what="PIX workarounds"):
            return f"enabling PIX workarounds: {fact.names} for {fact.peer}"
        case ServiceChanged(what="stopped") if fact.signal:
            return f"terminating on signal {fact.signal}"
        case Greylisted(action="greylist"):
            return f"Greylisted: {fact.reason}"
        case Scanned():
            return f"END-OF-MESSAGE {fact.verdict}" if fact.verdict.startswith(_BLOCKING) else None
        case Sieved(action="failed"):
            return fact.detail
        case ListedAt() if fact.answer.startswith("127.255.255."):
            return f"listed by domain {fact.zone} as {fact.answer}"
        case DkimSaid(result="failed" | "bad signature"):
            return f"DKIM {fact.result}: {fact.detail or fact.domain}"
        case _:
            return None


@lru_cache(maxsize=4096)
def meant(text: str) -> Meaning:
    """The first row of the table whose pattern is found in it; `unknown-trouble` where there is none.

    What another server answered means what `parse.refusal` makes of it, where the row does not say that already.
    """
    row = _row(text)
    return _answered_elsewhere(text, row) or (_answered_here(text) if row.name == UNKNOWN else None) or row


def _answered_here(text: str) -> Meaning | None:
    """A refusal of this server in words of a policy service or a filter that no row has."""
    if _REFUSAL.match(text) is None:
        return None
    said = statement(text)
    name = reply_meaning(said, said.step) if said.code else ""
    row = next((each for each in log_messages() if each.name == name), None)
    return Meaning(row.name, row.rank, row.page, {}) if row is not None and name in _AT_THE_DOOR else None


def _answered_elsewhere(text: str, row: Meaning) -> Meaning | None:
    quoted = _QUOTED.search(text)
    if quoted is None or "SASL authentication failed" in text[: quoted.start()]:
        return None
    said = statement(text[quoted.start() :])
    if not said.code:
        return None
    refusal = reply_meaning(said, said.step)
    if not refusal or refusal in VAGUE or row.name in _SAME.get(refusal, ()):
        return None
    name = "delivery-bounced" if said.code[0] == "5" else "delivery-deferred"
    # What is to be mended at the server that sends, this one, keeps its mail from all who ask the same.
    rank = 2 if side_of(refusal) is Side.YOURS else 4
    return Meaning(name, rank, page_of(refusal) or name, {"refusal": refusal})


def _row(text: str) -> Meaning:
    for row in log_messages():
        if found := row.pattern.search(text):
            params = {key: value for key, value in found.groupdict().items() if value}
            return Meaning(row.name, row.rank, row.page, params)
    return Meaning(UNKNOWN, 4, "", {})
