"""What a server says otherwise than its protocol has it: bytes that a sound composer never makes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from enum import StrEnum


class Oddity(StrEnum):
    BARE_LF = "bare-lf"
    """The greeting ends in LF alone."""
    CONTROL_BYTE = "control-byte"
    """The greeting rings the bell."""
    SHIFT_JIS = "shift-jis"
    """The greeting is in no character set that the protocol knows."""
    LONG_LINE = "long-line"
    """The greeting is one line of 3000 bytes."""
    TWICE = "twice"
    """The server greets twice."""
    STRAY_LINE = "stray-line"
    """A sentence stands between the lines of a list of capabilities."""
    CODE_CHANGED = "code-changed"
    """The lines of a list of capabilities have different codes."""
    CUT_OFF = "cut-off"
    """The server hangs up in the middle of its list of capabilities."""
    WRONG_LITERAL = "wrong-literal"
    """A literal of 99999999999 bytes is announced."""
    PLAIN_CHALLENGE = "plain-challenge"
    """The challenges of a login are not in base64."""
    OFFERS_TLS_TWICE = "offers-tls-twice"
    """STARTTLS is offered inside TLS too."""
    BEFORE_TLS = "before-tls"
    """Something more is said between the agreement to start TLS and TLS."""


_TAILS = {
    Oddity.CONTROL_BYTE: b"\x07",
    Oddity.SHIFT_JIS: b" \x83\x81\x81\x5b\x83\x8b",
    Oddity.LONG_LINE: b" " + b"x" * 3000,
}


def odd_greeting(oddities: Sequence[Oddity], data: bytes) -> bytes:
    """The greeting as a server with these oddities says it."""
    tails = b"".join(_TAILS[oddity] for oddity in oddities if oddity in _TAILS)
    said = data.removesuffix(b"\r\n") + tails + b"\r\n"
    if Oddity.BARE_LF in oddities:
        said = said.replace(b"\r\n", b"\n")
    return said * 2 if Oddity.TWICE in oddities else said


def odd_list(oddities: Sequence[Oddity], data: bytes) -> bytes:
    """The list of capabilities likewise; one that is cut off ends the session."""
    first, end, rest = data.partition(b"\r\n")
    if Oddity.CODE_CHANGED in oddities:
        rest = b"220" + rest[3:]
    if Oddity.STRAY_LINE in oddities:
        rest = b"Welcome to our mail service\r\n" + rest
    said = first + end + rest
    if Oddity.WRONG_LITERAL in oddities:
        said = b"* ID {99999999999}\r\n" + said
    return said[: len(said) // 2] if Oddity.CUT_OFF in oddities else said


def odd_challenge(oddities: Sequence[Oddity], composed: bytes, data: bytes) -> bytes:
    """A challenge as it was composed of `data`, or without its base64."""
    return composed.replace(base64.b64encode(data), data) if Oddity.PLAIN_CHALLENGE in oddities else composed
