"""Does the proxy let the connections through?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, surveyed, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.proxy import ProxyAsked, ProxyOutcome
from mailproof.model.record import Record

NAME = "proxy-passes"
NEEDS = (ProxyAsked,)
KINDS = (
    FindingKind(
        "proxy-not-reached",
        Layer.REACH,
        params=("proxy", "detail"),
        references=("RFC 1928 section 3", "RFC 9110 section 9.3.6", "RFC 9112 section 3.2.3"),
    ),
    FindingKind(
        "proxy-refused",
        Layer.REACH,
        params=("proxy", "detail"),
        references=("RFC 1928 section 6", "RFC 1929 section 2", "RFC 9110 section 15.5.8", "RFC 9209 section 2.3"),
    ),
)

_PASSED = (ProxyOutcome.CONNECTED, ProxyOutcome.TARGET)
_NOT_REACHED = (ProxyOutcome.NOT_REACHED, ProxyOutcome.NO_PROXY)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in surveyed(record, ProxyAsked):
        asked = sighting.fact
        if asked.outcome in _PASSED:
            yield Passed(NAME, sighting.evidence(), url(sighting))
            continue
        fault = "proxy-not-reached" if asked.outcome in _NOT_REACHED else "proxy-refused"
        params = {"proxy": asked.proxy, "detail": asked.words}
        yield Finding(fault, sighting.evidence(), **place(sighting), params={**params})
