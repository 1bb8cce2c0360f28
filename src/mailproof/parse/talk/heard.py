"""A server's lines, sorted: the last line of an answer, a challenge, a part of something longer."""

from __future__ import annotations

import base64
import binascii
import re
from enum import StrEnum

import msgspec

from mailproof.model.escape import to_text
from mailproof.model.reply import ReplyClass
from mailproof.model.talk import TalkProtocol


class LineKind(StrEnum):
    FINAL = "final"
    """The answer is complete."""
    CHALLENGE = "challenge"
    """A SASL exchange waits for the client."""
    PART = "part"
    """More of the answer follows, or it belongs to none."""


class HeardLine(msgspec.Struct, frozen=True):
    kind: LineKind
    status: ReplyClass = ReplyClass.INVALID
    code: str = ""
    """`250`, `+OK`, `NO`; empty where the protocol has none."""
    enhanced: str = ""
    """RFC 3463 status, or the response code in brackets."""
    text: str = ""
    """What stands behind the code, escaped."""
    challenge: bytes | None = None
    """Decoded; None where it is no base64."""


P = TalkProtocol
_DIGITS = (P.SMTP, P.LMTP, P.FTP, P.NNTP)
_CLASSES = {"1": ReplyClass.POSITIVE, "2": ReplyClass.POSITIVE, "3": ReplyClass.INTERMEDIATE}
_CLASSES |= {"4": ReplyClass.TRANSIENT, "5": ReplyClass.PERMANENT}
_REPLY = re.compile(r"([1-5]\d\d)([ -]|\Z)(?:([245]\.\d{1,3}\.\d{1,3})(?: |\Z))?(.*)", re.DOTALL)
_POP3 = re.compile(r"(\+OK|-ERR)\b ?(?:\[([^\]]*)\] ?)?(.*)", re.DOTALL)
_TAGGED = re.compile(r"(?!\*)(\S+) (OK|NO|BAD)\b ?(?:\[([^\]]*)\] ?)?(.*)", re.DOTALL | re.IGNORECASE)
_SIEVE = re.compile(r"(OK|NO|BYE)\b ?(?:\(([^)]*)\) ?)?(.*)", re.DOTALL | re.IGNORECASE)
_IRC = re.compile(r"(?::\S+ )?(\d{3}) (.*)", re.DOTALL)
_LITERAL = re.compile(r"\{(\d{1,9})\+?\}\Z")

_BODIES = {
    P.POP3: re.compile(r"(?:RETR|TOP|CAPA)\b|(?:LIST|UIDL)\s*\Z", re.IGNORECASE),
    P.NNTP: re.compile(
        r"(?:ARTICLE|HEAD|BODY|CAPABILITIES|LIST|HELP|OVER|XOVER|HDR|NEWNEWS|NEWGROUPS|LISTGROUP)\b", re.IGNORECASE
    ),
}
"""Commands whose positive answer goes on to a line with a single dot."""


class Replies:
    """Reads lines as they come; `asked` says which command they answer. Any lines give an answer."""

    def __init__(self, protocol: TalkProtocol) -> None:
        self._protocol = protocol
        self._asked = ""
        self._in_body = False
        self._literal = 0
        self._challenge_follows = False

    def asked(self, line: str) -> None:
        self._asked = line

    def line(self, data: bytes) -> HeardLine:
        """`data` without its line end."""
        if self._literal > 0:
            self._literal -= len(data) + 2
            return HeardLine(LineKind.PART)
        if self._in_body:
            self._in_body = data != b"."
            return HeardLine(LineKind.PART if self._in_body else LineKind.FINAL, ReplyClass.POSITIVE, "+OK")
        text = to_text(data)
        if self._protocol in _DIGITS:
            return self._digits(text)
        if self._protocol is P.POP3:
            return self._pop3(text)
        if self._protocol is P.IMAP:
            return self._imap(text)
        if self._protocol is P.SIEVE:
            return self._sieve(text)
        if self._protocol is P.IRC and (match := _IRC.match(text)):
            return HeardLine(LineKind.FINAL, _irc_class(match[1]), match[1], text=match[2])
        if self._protocol in (P.XMPP, P.XMPP_SERVER):
            return HeardLine(LineKind.FINAL, ReplyClass.POSITIVE, text=text)
        return HeardLine(LineKind.PART, text=text)

    def _digits(self, text: str) -> HeardLine:
        match = _REPLY.match(text)
        if match is None:
            return HeardLine(LineKind.PART, text=text)
        code, mark, enhanced, rest = match[1], match[2], match[3] or "", match[4]
        status = _CLASSES[code[0]]
        if mark == "-":
            return HeardLine(LineKind.PART, status, code, enhanced, rest)
        bodies = _BODIES.get(self._protocol)
        if bodies is not None and bodies.match(self._asked) and status is ReplyClass.POSITIVE and code != "211":
            self._in_body = True
            return HeardLine(LineKind.PART, status, code, enhanced, rest)
        if code == "334" and self._protocol in (P.SMTP, P.LMTP):
            return HeardLine(LineKind.CHALLENGE, status, code, "", rest, decoded(rest))
        return HeardLine(LineKind.FINAL, status, code, enhanced, rest)

    def _pop3(self, text: str) -> HeardLine:
        if text == "+" or text.startswith("+ "):
            return HeardLine(LineKind.CHALLENGE, ReplyClass.INTERMEDIATE, "+", "", text[2:], decoded(text[2:]))
        match = _POP3.match(text)
        if match is None:
            return HeardLine(LineKind.PART, text=text)
        status = ReplyClass.POSITIVE if match[1] == "+OK" else ReplyClass.PERMANENT
        if status is ReplyClass.POSITIVE and _BODIES[P.POP3].match(self._asked):
            self._in_body = True
            return HeardLine(LineKind.PART, status, match[1], match[2] or "", match[3])
        return HeardLine(LineKind.FINAL, status, match[1], match[2] or "", match[3])

    def _imap(self, text: str) -> HeardLine:
        if literal := _LITERAL.search(text):
            self._literal = int(literal[1])
            return HeardLine(LineKind.PART, text=text)
        if text == "+" or text.startswith("+ "):
            return HeardLine(LineKind.CHALLENGE, ReplyClass.INTERMEDIATE, "+", "", text[2:], decoded(text[2:]))
        match = _TAGGED.match(text)
        if match is None:
            return HeardLine(LineKind.PART, text=text)
        word = match[2].upper()
        return HeardLine(LineKind.FINAL, _word_class(word), word, match[3] or "", match[4])

    def _sieve(self, text: str) -> HeardLine:
        in_exchange = self._asked.upper().startswith("AUTHENTICATE")
        if self._challenge_follows or (in_exchange and text.startswith('"')):
            self._challenge_follows = False
            inner = text.strip('"')
            return HeardLine(LineKind.CHALLENGE, ReplyClass.INTERMEDIATE, "", "", inner, decoded(inner))
        if in_exchange and _LITERAL.match(text):
            self._challenge_follows = True
            return HeardLine(LineKind.PART, text=text)
        match = _SIEVE.match(text)
        if match is None:
            return HeardLine(LineKind.PART, text=text)
        word = match[1].upper()
        return HeardLine(LineKind.FINAL, _word_class(word), word, match[2] or "", match[3].strip('"'))


def decoded(text: str) -> bytes | None:
    """A challenge out of base64; None for what is none."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def _word_class(word: str) -> ReplyClass:
    return ReplyClass.POSITIVE if word == "OK" else ReplyClass.PERMANENT


def _irc_class(code: str) -> ReplyClass:
    return ReplyClass.PERMANENT if code[0] in "45" or code == "691" else ReplyClass.POSITIVE
