"""The mail that `greylist eval` and `greylist probe` are asked about: taken as it is typed, or refused."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.greylist import GreylistMail

_YES_OR_NO = {"yes": True, "no": False}
_BRACKETS = re.compile(r"<(.*)>|\[(.*)\]")


def mail_of(terminal: Terminal, wish: dict[str, Any]) -> GreylistMail:
    """Of the options. Raises Complaint for one that is missing, or cannot be meant as it is written."""
    for option in ("client", "sender", "recipient"):
        if wish[option] is None:
            raise Complaint(terminal.say("cli.greylist-mail"))
    return GreylistMail(
        _client(terminal, wish["client"]),
        address(terminal, "--from", wish["sender"]),
        address(terminal, "--rcpt", wish["recipient"], may_be_empty=False),
        _name(terminal, "--host", wish["host"]),
        _name(terminal, "--helo", wish["helo"]),
        wish["auth"] or "",
        wish["tls_subject"] or "",
        wish["spf"],
        recipients=wish["recipients"],
        at=_at(terminal, wish["at"]),
        answers=_answers(terminal, wish["answers"]),
    )


def _client(terminal: Terminal, text: str) -> str:
    """An IP address, in the brackets of a literal too."""
    bare = _bare(text)
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        raise Complaint(terminal.say("cli.greylist-client", value=text)) from None
    return bare


def address(terminal: Terminal, option: str, text: str, *, may_be_empty: bool = True) -> str:
    """A path of an envelope, without its angle brackets. Raises Complaint for what is none, and never mends it."""
    bare = _bare(text)
    if not bare and not may_be_empty:
        raise Complaint(terminal.say("cli.greylist-no-address", option=option))
    if not _plain(bare) or set(bare) & set("<>"):
        raise Complaint(terminal.say("cli.greylist-blank", option=option, value=text))
    return bare


def _name(terminal: Terminal, option: str, text: str | None) -> str | None:
    if text is not None and not _plain(text):
        raise Complaint(terminal.say("cli.greylist-blank", option=option, value=text))
    return text


def _bare(text: str) -> str:
    match = _BRACKETS.fullmatch(text)
    return text if match is None else match[1] or match[2] or ""


def _plain(text: str) -> bool:
    """Without blanks and controls: neither an address of an envelope nor a name has them (RFC 5321 section 4.1.2, but
    for what stands in quotation marks, where milter-greylist has `_` for them)."""
    return not any(char.isspace() or not char.isprintable() for char in re.sub(r'"[ !-~]*"', "", text))


def _answers(terminal: Terminal, texts: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    answers = tuple(_answer(terminal, text) for text in texts)
    for clause, said in answers:
        if (clause, not said) in answers:
            raise Complaint(terminal.say("cli.greylist-two-answers", value=clause))
    return answers


def _answer(terminal: Terminal, text: str) -> tuple[str, bool]:
    clause, equals, said = text.rpartition("=")
    if not equals or said not in _YES_OR_NO or not clause.strip():
        raise Complaint(terminal.say("cli.greylist-answer", value=text))
    return " ".join(clause.split()), _YES_OR_NO[said]


def _at(terminal: Terminal, text: str | None) -> tuple[int, int, int, int, int]:
    try:
        when = datetime.now() if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise Complaint(terminal.say("cli.greylist-at", value=str(text))) from None
    return when.minute, when.hour, when.day, when.month, when.isoweekday() % 7
