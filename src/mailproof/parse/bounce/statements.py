"""What a server said, taken out of the sentence that a program wrote around it."""

from __future__ import annotations

import re

from mailproof.model.attempt import Step
from mailproof.model.bounce import Statement
from mailproof.parse.meanings import LONGEST

# RFC 5321 section 4.2: replies of a refusal. Behind the code a blank or a hyphen, perhaps a status.
_REPLY = re.compile(
    r"(?<![\w.+/:-])(?:smtp;\s?|#)?'?([45](?:[0-5]\d|71))(?:[ :,-]{1,3}|$)'?"
    r"(?:#?([245]\.\d{1,3}\.\d{1,3})(?![\d.])[ :-]{0,2})?",
    re.IGNORECASE,
)
# The code again at the beginning of each further line; in Postfix's notices they have become one.
_AGAIN = re.compile(r"(?:(?<=\s)|\A)[45]\d\d[- ](?:[45]\.\d{1,3}\.\d{1,3}(?![\d.]))?[ ]?")
_ENHANCED = re.compile(r"(?<![\w.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_BEHIND = re.compile(r"\(#([45]\.\d{1,3}\.\d{1,3})(?: - chkuser)?\)")
_TRAILER = re.compile(r"\s*\((?:in reply to [^()]{3,60}|state \d+)\)\s*$", re.IGNORECASE)
_HOST = re.compile(
    r"(?:\bhost |while talking to |Remote-MTA: dns; ?|by the server for the recipient domain \S+ by |\bserver )"
    r"([A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]+)(?<!\.)",
)
_ADDRESS_BEFORE = re.compile(
    r"([A-Za-z0-9][\w.-]{2,80})? ?[\[(]?(\d{1,3}(?:\.\d{1,3}){3})[\])]? (?:did not like|does not like)"
)

_STEPS: tuple[tuple[re.Pattern[str], Step], ...] = (
    # A login at the next server (Postfix smtp_sasl_auth): `SASL authentication failed; server … said: 535`.
    (re.compile(r"SASL authentication failed|in reply to AUTH", re.IGNORECASE), Step.AUTH),
    (
        re.compile(
            r"in reply to MAIL|after (?:pipelined )?(?:sending )?MAIL FROM|like our MAIL FROM|does not like sender"
            r"|>>> MAIL From|MAIL FROM response|MAIL FROM:\S* [45]\d\d",
            re.IGNORECASE,
        ),
        Step.MAIL,
    ),
    (
        re.compile(
            r"in reply to RCPT|after (?:pipelined )?(?:sending )?RCPT TO|like our RCPT TO|does not like recipient"
            r"|>>> RCPT To|RCPT TO response|\[RCPT_TO\]|RCPT TO [45]\d\d",
            re.IGNORECASE,
        ),
        Step.RCPT,
    ),
    (
        re.compile(
            r"in reply to (?:end of )?DATA|after (?:end of data|DATA|sending data block)|like our (?:final )?DATA"
            r"|after I sent the message|>>> DATA|\[END OF DATA\]|DATA closing|\[DATA\]",
            re.IGNORECASE,
        ),
        Step.DATA,
    ),
)


def statement(text: str, server: str = "") -> Statement:
    """The reply in a sentence, with its code, status and step; or the sentence itself, where there is none."""
    text = flat(text[:LONGEST])
    step = step_in(text)
    if not server and (named := _HOST.search(text) or _ADDRESS_BEFORE.search(text)):
        server = named[1] or named[2]
    found = _REPLY.search(text)
    if found is None:
        known = _ENHANCED.search(text)
        return Statement(text, enhanced=known[1] if known else "", step=step, server=server)
    said = _TRAILER.sub("", text[found.end() :])
    said = flat(_AGAIN.sub("", said))
    behind = _BEHIND.search(said)
    enhanced = found[2] or (behind[1] if behind else "") or _leading(said)
    return Statement(said, found[1], enhanced, step, server)


def step_in(text: str) -> Step | None:
    """The command that a sentence says was refused. The last that is named: what came before was accepted."""
    last: tuple[int, Step] | None = None
    for pattern, step in _STEPS:
        for found in pattern.finditer(text):
            if last is None or found.start() > last[0]:
                last = (found.start(), step)
    return last[1] if last else None


def flat(text: str) -> str:
    """As one line."""
    return " ".join(text.split())


def _leading(said: str) -> str:
    found = _ENHANCED.match(said)
    return found[1] if found else ""
