"""When two findings are one fault, and what the one finding then says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailproof.model.finding import FindingKind, Param


def identity(kind: FindingKind, params: Mapping[str, Param]) -> tuple[tuple[str, Param], ...]:
    """The parameters that tell one fault from another.

    Not those that the kind gathers, and no measured number: a greeting that is slow at two ports is slow once.
    """
    telling = ((name, value) for name, value in params.items() if name not in kind.gathered)
    return tuple(sorted((name, value) for name, value in telling if not isinstance(value, float)))


def together(params: Sequence[Mapping[str, Param]]) -> dict[str, Param]:
    """The parameters of findings that are one fault: the greatest number, a list of texts."""
    out: dict[str, Param] = {}
    for name in params[0]:
        values = list(dict.fromkeys(each[name] for each in params))
        numbers = [value for value in values if isinstance(value, float)]
        texts = [text for value in values for text in (value if isinstance(value, tuple) else (str(value),))]
        if len(values) == 1:
            out[name] = values[0]
        elif len(numbers) == len(values):
            out[name] = max(numbers)
        else:
            out[name] = tuple(dict.fromkeys(texts))
    return out
