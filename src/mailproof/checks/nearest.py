"""What a word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

# The comparison letter by letter is slow; those that share the most pieces are enough to be compared so.
_COMPARED = 12


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like it; of two that do, the first. Empty where nothing is known."""
    own = _pieces(word.lower()[:100])
    index = _index(tuple(known))
    likely = sorted(index, key=lambda each: -len(own & index[each]) / (len(own) + len(index[each])))[:_COMPARED]
    return max(likely, key=lambda each: SequenceMatcher(None, word, each).ratio(), default="")


# Letters of both in common: one of ten differs.
_ALIKE = 0.9


def misspelt(word: str, near: str) -> bool:
    """Whether a word is so like another that nothing else can have been meant."""
    return bool(near) and SequenceMatcher(None, word.lower()[:200], near.lower()).ratio() >= _ALIKE


@lru_cache(maxsize=4)  # the same few lists, for every word that is unknown
def _index(known: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    return {each: _pieces(each) for each in known}


def _pieces(word: str) -> frozenset[str]:
    """Pairs of letters, its ends included."""
    ends = f"^{word}$"
    return frozenset(ends[at : at + 2] for at in range(len(ends) - 1))
