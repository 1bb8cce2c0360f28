"""Which finding explains which: the arrows that the kinds declare, as far as they hold where the findings stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailproof.model.endpoint import Scheme
from mailproof.model.evidence import EvidenceKind
from mailproof.model.finding import Explains, Finding, FindingKind, Layer, Scope

LAYER_ORDER = tuple(Layer)


def scheme_of(url: str | None) -> str | None:
    """`submission` of `submission://mx.test`, `lmtp` of `lmtp+unix:///path`; None for the whole server."""
    return None if url is None else url.partition("://")[0].partition("+")[0]


def usable(kinds: Iterable[FindingKind]) -> dict[str, tuple[Explains, ...]]:
    """The arrows of these kinds among each other, by the name of the cause, without any that closes a circle.

    Two faults that could explain each other would both vanish from the causes. The arrow from the earlier layer
    stays: the path is walked in that order.
    """
    present = sorted(kinds, key=lambda kind: (LAYER_ORDER.index(kind.layer), kind.name))
    names = {kind.name for kind in present}
    leads: dict[str, list[Explains]] = {name: [] for name in names}
    for kind in present:
        for arrow in kind.explains:
            if arrow.name in names and not _reaches(leads, arrow.name, kind.name):
                leads[kind.name].append(arrow)
    return {name: tuple(arrows) for name, arrows in leads.items()}


def holds(arrow: Explains, cause: Finding, consequence: Finding) -> bool:
    """Whether the consequence stands near enough to the cause."""
    if arrow.name != consequence.name or any(consequence.params.get(name) != value for name, value in arrow.only):
        return False
    if any(cause.params.get(name) != value for name, value in arrow.when):
        return False
    if arrow.scope is Scope.SERVER or _is_of_files(cause):
        return True
    if arrow.scope is Scope.ADDRESS:
        return bool(cause.address) and cause.address == consequence.address
    if arrow.scope is Scope.SERVICE:
        return _protocol(cause.endpoint) == _protocol(consequence.endpoint)
    return cause.endpoint == consequence.endpoint and (
        cause.address == consequence.address or not cause.address or not consequence.address
    )


def _is_of_files(cause: Finding) -> bool:
    """What is wrong in the server's files is wrong wherever it is met."""
    return cause.endpoint is None and cause.evidence[0].kind in (EvidenceKind.CONFIG, EvidenceKind.FILE)


def _protocol(url: str | None) -> str | None:
    scheme = scheme_of(url)
    return None if scheme is None else Scheme(scheme).protocol


def _reaches(leads: Mapping[str, list[Explains]], start: str, goal: str) -> bool:
    waiting, been = [start], set[str]()
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in been:
            been.add(name)
            waiting.extend(arrow.name for arrow in leads[name])
    return False
