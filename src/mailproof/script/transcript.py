"""A recorded session as a script: what a real server said becomes a test, in text that people can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mailproof.model.transcript import Transcript, Turn, TurnKind

_WHO = {TurnKind.SENT: "C", TurnKind.RECEIVED: "S"}


def to_script(transcripts: Iterable[Transcript]) -> str:
    """The text of a script with a section for each transcript; `[secret]` in a client's line becomes `~`."""
    made: Counter[tuple[str, str]] = Counter()
    lines: list[str] = []
    for transcript in transcripts:
        if transcript.purpose == "resolve":
            continue
        key = (transcript.endpoint, transcript.purpose)
        made[key] += 1
        lines.append(f"@ {transcript.endpoint} {transcript.purpose} {made[key]}")
        for turn in transcript.turns:
            lines += _lines(turn)
    return "\n".join(lines) + "\n"


def _lines(turn: Turn) -> list[str]:
    if turn.kind is TurnKind.EVENT:
        return _event(turn.text)
    who = _WHO[turn.kind]
    text = turn.text.replace("[secret]", "~") if turn.kind is TurnKind.SENT else turn.text
    pieces = text.split("\\r\\n")
    whole, rest = pieces[:-1], pieces[-1]
    return [f"{who}: {piece}".rstrip() for piece in whole] + ([f"{who}| {rest}"] if rest else [])


def _event(sentence: str) -> list[str]:
    """Events of a connection that a script knows too; the others stay as comments."""
    if sentence.startswith("TLS began"):
        return ["* tls"]
    if sentence.startswith("closed by the peer"):
        return ["* eof"]
    return [f"# {sentence}"]
