"""A session as a script that can be played again: logins as `* auth`, what differs each time as `~`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailproof.model.transcript import SECRET, Transcript, Turn, TurnKind

# Queue ids, the time and number with which many servers greet, and how long Dovecot took.
_VOLATILE = (
    (re.compile(r"(queued as|id=)\s*\S+", re.IGNORECASE), r"\1 ~"),
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ?\d.*"), "~"),
    (re.compile(r"\(\d+\.\d+ \+ [^()]*secs\)"), "(~)"),
    (re.compile(r"<\d+\.[^<>\s]+@[^<>\s]+>"), "<~>"),
)
_AUTH = re.compile(r"(?:\S+ )?(?:AUTH|AUTHENTICATE)(?: +\"?([A-Za-z0-9-]+))?", re.IGNORECASE)
_BY_COMMAND = re.compile(r"(?:\S+ LOGIN|PASS|APOP)\b", re.IGNORECASE)
_CHALLENGE = re.compile(r"(?:334\b|\+(?: |\\r)|\"|\{\d)")


def script_of(transcript: Transcript) -> str:
    """The text of a script with one section, as `talk --script` and `--script -` read it."""
    lines = [f"@ {transcript.endpoint} talk"]
    turns = list(transcript.turns)
    while turns:
        turn = turns.pop(0)
        if turn.kind is TurnKind.SENT and (login := _login_in(turn)):
            lines.append(login)
            _skip_exchange(turns)
        else:
            lines += _lines(turn)
    return "\n".join(lines) + "\n"


def _login_in(turn: Turn) -> str:
    """`* auth MECHANISM` for the line that begins a login; empty for another."""
    if match := _AUTH.match(turn.text):
        return f"* auth {(match[1] or '').upper()}".rstrip()
    return "* auth" if _BY_COMMAND.match(turn.text) and SECRET in turn.text else ""


def _skip_exchange(turns: list[Turn]) -> None:
    """The challenges, the answers to them, and the end of it: `* auth` stands for all."""
    while turns:
        turn = turns.pop(0)
        if turn.kind is TurnKind.RECEIVED and not _CHALLENGE.match(turn.text):
            return


def _lines(turn: Turn) -> Iterator[str]:
    if turn.kind is TurnKind.EVENT:
        yield _event(turn.text)
        return
    who = "C" if turn.kind is TurnKind.SENT else "S"
    *whole, rest = turn.text.split("\\r\\n")
    for piece in whole:
        yield f"{who}: {_steady(piece) if who == 'S' else piece}".rstrip()
    if rest:
        yield f"{who}| {rest}"


def _steady(text: str) -> str:
    for pattern, stand_in in _VOLATILE:
        text = pattern.sub(stand_in, text)
    return text


def _event(sentence: str) -> str:
    if sentence.startswith("TLS began"):
        return "* tls"
    return "* eof" if sentence.startswith("closed by the peer") else f"# {sentence}"
