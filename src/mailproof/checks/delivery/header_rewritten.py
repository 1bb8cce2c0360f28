"""Where the server rewrites the sender of the envelope, does it rewrite the header too?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import parseaddr

from mailproof.checks.survey import place, url
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.retrieval import Retrieved

NAME = "header-rewritten-too"
NEEDS = (Submitted, Retrieved)
KINDS = (
    FindingKind(
        "header-not-rewritten",
        Layer.DELIVERY,
        params=("sender", "envelope"),
        references=(
            "postconf(5) local_header_rewrite_clients",
            "postconf(5) sender_canonical_maps",
            "Postfix ADDRESS_REWRITING_README",
        ),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    senders = {seen.fact.token: seen.fact.sender for seen in record.seen(Submitted)}
    for found in record.seen(Retrieved):
        sender, evidence = senders.get(found.fact.token, ""), found.evidence()
        path = _address(found.fact.headers, "Return-Path")
        author = _address(found.fact.headers, "From")
        if not (found.fact.found and evidence and sender and path and author):
            continue
        local = sender.rpartition("@")[0].lower()
        if path.lower() == sender.lower():
            continue  # nothing is rewritten
        if author.lower() != sender.lower():
            yield Passed(NAME, evidence, url(found))
        # A return path that still holds the name is made for bounces alone: BATV, VERP, SRS.
        elif local not in path.lower():
            yield Finding(
                "header-not-rewritten", evidence, **place(found), params={"sender": sender, "envelope": path}
            )


def _address(lines: Sequence[str], field: str) -> str:
    """Of the first header field with this name; empty if there is none, or it is the null path."""
    start = f"{field.lower()}:"
    value = next((line.partition(":")[2] for line in lines if line.lower().startswith(start)), "")
    return parseaddr(value)[1]
