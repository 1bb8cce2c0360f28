"""check_host() of SPF (RFC 7208 section 4): may this address send for this domain?"""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Sequence
from enum import StrEnum

import msgspec

from mailproof.emulate.sending.questions import (
    Address,
    Course,
    Question,
    addresses,
    is_trouble,
    reverse_name,
    texts,
)
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.parse.spf import QUERYING, Mechanism, SpfRecord, SpfSyntaxError, expanded, is_spf, read_spf

# RFC 7208 section 4.6.4.
_MOST_LOOKUPS = 10
_MOST_VOID = 2
_MOST_NAMES = 10


class SpfOutcome(StrEnum):
    """Section 2.6, in the words of Authentication-Results (RFC 8601 section 2.7.2)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class SpfResult(msgspec.Struct, frozen=True):
    outcome: SpfOutcome
    record: str = ""
    """Of the domain that was asked for first; empty where it has none."""
    term: str = ""
    """That decided, or that is wrong."""
    lookups: int = 0
    """Terms that asked DNS."""


_BY_QUALIFIER = {
    "+": SpfOutcome.PASS,
    "-": SpfOutcome.FAIL,
    "~": SpfOutcome.SOFTFAIL,
    "?": SpfOutcome.NEUTRAL,
}


class _Ended(Exception):
    def __init__(self, outcome: SpfOutcome, term: str) -> None:
        super().__init__(outcome)
        self.outcome, self.term = outcome, term


class _Check:
    """One evaluation, with its includes: the limits are of all of it."""

    def __init__(self, client: Address, sender: str, helo: str) -> None:
        self.client, self.sender, self.helo = client, sender, helo
        self.lookups = self.void = 0
        self.record = ""

    def host(self, domain: str, term: str = "") -> Course[tuple[SpfOutcome, str]]:
        """The outcome for a domain, and the term that made it. Raises _Ended."""
        answer = yield Question(domain, "TXT")
        if is_trouble(answer):
            raise _Ended(SpfOutcome.TEMPERROR, term or domain)
        found = [text for text in texts(answer) if is_spf(text)]
        if not found:
            return SpfOutcome.NONE, ""
        self.record = self.record or found[0]
        if len(found) > 1:
            raise _Ended(SpfOutcome.PERMERROR, f"{len(found)} records")
        try:
            record = read_spf(found[0])
        except SpfSyntaxError as error:
            raise _Ended(SpfOutcome.PERMERROR, str(error)) from None
        return (yield from self._terms(record, domain))

    def _terms(self, record: SpfRecord, domain: str) -> Course[tuple[SpfOutcome, str]]:
        for mechanism in record.mechanisms:
            if mechanism.name in QUERYING:
                self._count(mechanism.text)
            if (yield from self._matches(mechanism, domain)):
                return _BY_QUALIFIER[mechanism.qualifier], mechanism.text
        if record.redirect and not any(each.name == "all" for each in record.mechanisms):
            term = f"redirect={record.redirect}"
            self._count(term)
            outcome, by = yield from self.host((yield from self._expand(record.redirect, domain)), term)
            if outcome is SpfOutcome.NONE:
                raise _Ended(SpfOutcome.PERMERROR, term)
            return outcome, by
        return SpfOutcome.NEUTRAL, ""

    def _matches(self, mechanism: Mechanism, domain: str) -> Course[bool]:
        if mechanism.name == "all":
            return True
        if mechanism.network is not None:
            return self._is_in(mechanism.network)
        target = (yield from self._expand(mechanism.domain, domain)) if mechanism.domain else domain
        if mechanism.name == "include":
            outcome, _ = yield from self.host(target, mechanism.text)
            if outcome is SpfOutcome.NONE:
                raise _Ended(SpfOutcome.PERMERROR, mechanism.text)
            return outcome is SpfOutcome.PASS
        if mechanism.name == "exists":
            answer = yield from self._ask(Question(target, "A"), mechanism)
            return bool(answer.answers)
        if mechanism.name == "a":
            return (yield from self._is_host(target, mechanism))
        if mechanism.name == "mx":
            answer = yield from self._ask(Question(target, "MX"), mechanism)
            names = [text.rpartition(" ")[2].rstrip(".") for text in answer.answers]
            if len(names) > _MOST_NAMES:
                raise _Ended(SpfOutcome.PERMERROR, mechanism.text)
            for name in filter(None, names):
                if (yield from self._is_host(name, mechanism)):
                    return True
            return False
        return (yield from self._is_named(target, mechanism))

    def _is_host(self, name: str, mechanism: Mechanism) -> Course[bool]:
        answer = yield from self._ask(Question(name, "A" if self.client.version == 4 else "AAAA"), mechanism)
        mask = mechanism.masks[self.client.version == 6]
        return any(
            self._is_in(ipaddress.ip_network(f"{each}/{mask}", strict=False))
            for each in addresses(answer)
            if each.version == self.client.version
        )

    def _is_named(self, target: str, mechanism: Mechanism) -> Course[bool]:
        """`ptr` (section 5.5)."""
        answer = yield Question(reverse_name(self.client), "PTR")
        self._count_void(answer, mechanism)
        return bool((yield from self._name_below(answer, target)))

    def _name_below(self, answer: DnsAnswer, target: str) -> Course[str]:
        """A name of the client that leads back to it, the target itself first; any where `target` is empty.

        Trouble is none, and ten are looked at.
        """
        names = [text.rstrip(".") for text in answer.answers][:_MOST_NAMES]
        wanted = target.lower().rstrip(".")
        below = [name for name in names if not wanted or f".{name.lower()}".endswith(f".{wanted}")]
        for name in sorted(below, key=lambda each: each.lower() != wanted):
            forward = yield Question(name, "A" if self.client.version == 4 else "AAAA")
            if self.client in addresses(forward):
                return name
        return ""

    def _ask(self, question: Question, mechanism: Mechanism) -> Generator[Question, DnsAnswer, DnsAnswer]:
        answer = yield question
        if is_trouble(answer):
            raise _Ended(SpfOutcome.TEMPERROR, mechanism.text)
        self._count_void(answer, mechanism)
        return answer

    def _count(self, term: str) -> None:
        self.lookups += 1
        if self.lookups > _MOST_LOOKUPS:
            raise _Ended(SpfOutcome.PERMERROR, term)

    def _count_void(self, answer: DnsAnswer, mechanism: Mechanism) -> None:
        if answer.status in (DnsStatus.NO_DATA, DnsStatus.NO_SUCH_NAME):
            self.void += 1
            if self.void > _MOST_VOID:
                raise _Ended(SpfOutcome.PERMERROR, mechanism.text)

    def _is_in(self, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
        return self.client.version == network.version and self.client in network

    def _expand(self, text: str, domain: str) -> Course[str]:
        local, _, of = self.sender.rpartition("@")
        four = self.client.version == 4
        dotted = str(self.client) if four else ".".join(self.client.exploded.replace(":", ""))
        values = {"s": self.sender, "l": local, "o": of, "d": domain, "i": dotted, "h": self.helo}
        values |= {"v": "in-addr" if four else "ip6", "p": "unknown"}
        if "%{p" in text.lower():  # section 7.3: of the domain, else below it, else any
            answer = yield Question(reverse_name(self.client), "PTR")
            name = (yield from self._name_below(answer, domain)) or (yield from self._name_below(answer, ""))
            values["p"] = name or "unknown"
        return expanded(text, values)


def check_host(client: Address, domain: str, sender: str, helo: str) -> Course[SpfResult]:
    """`sender` is that of MAIL; for a bounce `postmaster@` and the name in EHLO (section 2.4)."""
    client = getattr(client, "ipv4_mapped", None) or client
    check = _Check(client, sender if sender.rpartition("@")[0] else f"postmaster@{sender.rpartition('@')[2]}", helo)
    if not _is_domain(domain):
        return SpfResult(SpfOutcome.NONE)
    try:
        outcome, term = yield from check.host(domain)
    except _Ended as end:
        outcome, term = end.outcome, end.term
    return SpfResult(outcome, check.record, term, check.lookups)


def _is_domain(domain: str) -> bool:
    """Section 4.3: a name of several labels, none too long; no literal."""
    labels: Sequence[str] = domain.rstrip(".").split(".")
    return (
        len(labels) > 1 and len(domain) <= 253 and all(0 < len(label) <= 63 for label in labels) and "[" not in domain
    )
