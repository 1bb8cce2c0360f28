"""What a word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like it; of two that do, the first."""
    best, found = 0.0, ""
    matcher = SequenceMatcher()
    matcher.set_seq2(word)
    for each in known:
        # Twice the shorter length is the most that ratio() can come to.
        if 2 * min(len(each), len(word)) <= best * (len(each) + len(word)):
            continue
        matcher.set_seq1(each)
        if matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, found = ratio, each
    return found
