"""Does what the server says it can agree with itself: line with line, and before TLS with inside it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.survey import alongside, place, surveyed, url
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass

NAME = "capabilities-consistent"
NEEDS = (Capabilities,)
KINDS = (
    FindingKind(
        "capabilities-contradict",
        Layer.REACH,
        params=("what",),
        gathered=("what",),
        references=("RFC 3207 section 4.2", "RFC 2595 section 4", "RFC 1870 section 4", "RFC 4954 section 4"),
    ),
)
_UPGRADES = frozenset({"STARTTLS", "STLS"})
_SMTP = frozenset({Protocol.SMTP, Protocol.LMTP})


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    done: set[int] = set()
    for sighting in surveyed(record, Capabilities):
        endpoint = sighting.attempt.endpoint
        if id(sighting.attempt) in done or endpoint is None:
            continue
        done.add(id(sighting.attempt))
        lists = [s for s in alongside(sighting, record, Capabilities) if s.fact.reply.kind is ReplyClass.POSITIVE]
        what: dict[str, None] = {}
        where: list[Sighting[Capabilities]] = []
        for said in lists:
            names = dict.fromkeys(_in_itself(said.fact, endpoint.scheme.protocol))
            if names:
                what.update(names)
                where.append(said)
        if moved := list(_across(lists)):
            what.update(dict.fromkeys(moved))
            where = lists
        evidence = tuple(piece for said in where or lists for piece in said.evidence(said.fact.reply.turn))
        if not evidence:
            continue
        if what:
            yield Finding("capabilities-contradict", evidence, **place(sighting), params={"what": tuple(what)})
        else:
            yield Passed(NAME, evidence, url(sighting))


def _in_itself(fact: Capabilities, protocol: Protocol) -> Iterator[str]:
    """Names of what one list says in two ways, or must not say where it does."""
    if fact.stage is not Stage.CLEAR:
        yield from (capability.name for capability in fact.offered if capability.name in _UPGRADES)
    if protocol not in _SMTP:
        return  # IMAP has a word for each mechanism
    named: dict[str, tuple[str, ...]] = {}
    for capability in fact.offered:
        if not capability.legacy and named.setdefault(capability.name, capability.params) != capability.params:
            yield capability.name
    proper, legacy = (_mechanisms(fact.offered, legacy=legacy) for legacy in (False, True))
    if proper and legacy and proper != legacy:
        yield "AUTH"


def _mechanisms(offered: Iterable[Capability], *, legacy: bool) -> frozenset[str]:
    words = (c.params for c in offered if c.name == "AUTH" and c.legacy is legacy)
    return frozenset(param.upper() for params in words for param in params)


def _across(lists: Iterable[Sighting[Capabilities]]) -> Iterator[str]:
    """Names of what is said otherwise before TLS than inside it, and may not be."""
    clear = next((s.fact for s in lists if s.fact.stage is Stage.CLEAR), None)
    inside = next((s.fact for s in lists if s.fact.stage is Stage.TLS), None)
    if clear is None or inside is None:
        return
    before, after = clear.get("SIZE"), inside.get("SIZE")
    if before is not None and after is not None and before.params != after.params:
        yield "SIZE"
    if clear.mechanisms and not inside.mechanisms:
        yield "AUTH"
