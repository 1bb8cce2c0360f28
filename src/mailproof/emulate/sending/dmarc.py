"""DMARC (RFC 9989): the policy of the author's domain, found by the tree walk, and who is aligned with it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mailproof.emulate.sending.questions import Course, Question, is_trouble, texts
from mailproof.parse.tags import DmarcRecord, is_dmarc, read_dmarc

# Section 4.10: no more than eight queries; of a longer name the walk goes on with seven labels.
_MOST_QUERIES = 8
_LONGEST = 7


class DmarcFound(msgspec.Struct, frozen=True):
    domain: str
    """Where the record that counts was found; empty where there is none."""
    organisation: str
    """The organisational domain of the author's."""
    record: str = ""
    policy: str = ""
    """none, quarantine or reject, for this domain; empty where there is no record."""
    strict_dkim: bool = False
    strict_spf: bool = False
    trouble: bool = False
    """DNS could not tell."""


def dmarc(author: str) -> Course[DmarcFound]:
    """The policy for the domain in the From field (section 4.10.1)."""
    author = author.lower().rstrip(".")
    walked, trouble = yield from _walk(author)
    organisation = _organisation(author, walked)
    # The author's own, else that of its organisation, else that of the public suffix (section 4.10.1).
    own = next((each for each in walked if each[0] == author), None)
    of_organisation = next((each for each in walked if each[0] == organisation), None)
    found = own or of_organisation or next((each for each in walked if each[2].psd == "y"), None)
    if found is None:
        return DmarcFound("", organisation, trouble=trouble)
    domain, text, record = found
    policy = record.policy if domain == author else record.subdomain_policy or record.policy
    return DmarcFound(domain, organisation, text, policy, record.strict_dkim, record.strict_spf)


def organisation_of(domain: str) -> Course[str]:
    """The organisational domain, to hold two domains beside each other (section 4.10.2)."""
    domain = domain.lower().rstrip(".")
    walked, _ = yield from _walk(domain)
    return _organisation(domain, walked)


def _walk(domain: str) -> Course[tuple[list[tuple[str, str, DmarcRecord]], bool]]:
    found: list[tuple[str, str, DmarcRecord]] = []
    trouble = False
    for name in _names(domain):
        answer = yield Question(f"_dmarc.{name}", "TXT")
        trouble = trouble or is_trouble(answer)
        records = [text for text in texts(answer) if is_dmarc(text)]
        if len(records) != 1 or (record := read_dmarc(records[0])) is None:
            continue  # several count as none
        found.append((name, records[0], record))
        if record.psd in ("n", "y"):
            break
    return found, trouble


def _names(domain: str) -> Iterable[str]:
    """The domain itself, then what is above it, as far as one label."""
    labels = domain.split(".")
    names = [domain]
    above = labels[1:] if len(labels) <= _MOST_QUERIES else labels[-_LONGEST:]
    names += [".".join(above[at:]) for at in range(len(above))]
    return names[:_MOST_QUERIES]


def _organisation(domain: str, walked: list[tuple[str, str, DmarcRecord]]) -> str:
    """Section 4.10.2: one that says so; below a public suffix that says so; else the shortest that has a record."""
    for name, _, record in walked:
        if record.psd == "n":
            return name
        if record.psd == "y" and name != domain:
            labels = domain.split(".")
            return ".".join(labels[-(name.count(".") + 2) :])
    return walked[-1][0] if walked else domain


def aligned(identifier: str, author: str, *, strict: bool, organisations: tuple[str, str]) -> bool:
    """Whether a domain that was vouched for is the author's, or of the same organisation (section 4.4)."""
    if identifier.lower().rstrip(".") == author.lower().rstrip("."):
        return True
    return not strict and bool(identifier) and organisations[0] == organisations[1]
