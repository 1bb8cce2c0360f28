"""What the checks of a server's files share."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice

from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Finding, Param, Untold

MISSING = "No such file or directory"
"""As the system says it (ENOENT)."""


def fault(name: str, /, *shown: Evidence, **params: Param) -> Finding:
    """A finding of the whole server, with the lines that show it."""
    evidence = dict.fromkeys(Evidence(each.kind, sayable(each.where), sayable(each.text)) for each in shown)
    return Finding(name, tuple(evidence), params={key: _sayable(value) for key, value in params.items()})


def not_told(name: str, why: str, /, *, asked: bool = False, **params: str) -> Untold:
    """What the files do not tell. `asked`: something is there, and we could not look at it."""
    return Untold(name, why, asked=asked, params={key: sayable(value) for key, value in params.items()})


# Per check: who has more of a kind has a file of another kind.
_MOST = 200


def bounded(name: str, /, *answers: Iterable[Answer]) -> list[Answer]:
    """The first of them, in their order; where there are more, that is said."""
    found = list(islice(chain(*answers), _MOST + 1))
    if len(found) > _MOST:
        found[_MOST:] = [not_told(name, "too-many-alike", n=str(_MOST))]
    return found


def sayable(text: str) -> str:
    """A byte of a file that is no UTF-8 has its replacement character here; JSON has no word for it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _sayable(value: Param) -> Param:
    if isinstance(value, tuple):
        return tuple(map(sayable, value))
    return sayable(value) if isinstance(value, str) else value
