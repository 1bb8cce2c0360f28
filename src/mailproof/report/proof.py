"""Evidence as the lines that a person would have seen in a session by hand."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.model.escape import for_eyes
from mailproof.model.evidence import Evidence, EvidenceKind


def shown_lines(evidence: Iterable[Evidence], verbose: bool) -> list[str]:
    """`C: …`, `S: …` and `* …` for turns, with where they stand if `verbose`; place and text for anything else.

    A line that was seen at several endpoints is shown once, unless `verbose` wants all of them.
    """
    lines: list[str] = []
    for piece in evidence:
        text = piece.text.split("\n")
        if piece.kind is EvidenceKind.TURN:
            text = [for_eyes(line) for line in text]
            shown = [f"[{piece.where}]", *text] if verbose else text
        else:
            shown = [f"{piece.where}: {text[0]}", *text[1:]]
        lines.extend(line for line in shown if verbose or line not in lines)
    return lines
