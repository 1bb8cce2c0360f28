"""What the checks of a server's files share."""

from __future__ import annotations

from mailproof.model.evidence import Evidence
from mailproof.model.finding import Finding, Param, Untold

MISSING = "No such file or directory"
"""As the system says it (ENOENT)."""


def fault(name: str, /, *shown: Evidence, **params: Param) -> Finding:
    """A finding of the whole server, with the lines that show it."""
    evidence = dict.fromkeys(Evidence(each.kind, sayable(each.where), sayable(each.text)) for each in shown)
    return Finding(name, tuple(evidence), params={key: _sayable(value) for key, value in params.items()})


def not_told(name: str, why: str, /, *, asked: bool = False, **params: str) -> Untold:
    """What the files do not tell. `asked`: something is there, and we could not look at it."""
    return Untold(name, why, asked=asked, params={key: sayable(value) for key, value in params.items()})


def sayable(text: str) -> str:
    """A byte of a file that is no UTF-8 has its replacement character here; JSON has no word for it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _sayable(value: Param) -> Param:
    if isinstance(value, tuple):
        return tuple(map(sayable, value))
    return sayable(value) if isinstance(value, str) else value
