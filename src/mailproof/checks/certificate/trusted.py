"""Does the chain lead to a root that is trusted?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.certificate.shown import evidence, handshakes, mark
from mailproof.checks.survey import place, surveyed, url
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.tls import Certificate, ChainError, TlsHandshake

NAME = "certificate-trusted"
NEEDS = (TlsHandshake,)
_REFERENCES = ("RFC 5280 section 6", "RFC 8446 section 4.4.2", "openssl-verification-options(1)")
KINDS = (
    FindingKind(
        "certificate-self-signed",
        Layer.TLS,
        params=("subject", "id", "seen"),
        gathered=("id",),
        # What an installer makes names the machine as it was called then, if anything.
        explains=(Explains("certificate-name-mismatch"),),
        references=_REFERENCES,
    ),
    FindingKind(
        "certificate-untrusted-root",
        Layer.TLS,
        params=("subject", "root", "problem", "id", "seen"),
        gathered=("id",),
        references=_REFERENCES,
    ),
    FindingKind(
        "certificate-purpose-wrong",
        Layer.TLS,
        params=("subject", "id"),
        gathered=("id",),
        references=("RFC 5280 section 4.2.1.12", *_REFERENCES),
    ),
    FindingKind(
        "certificate-chain-incomplete",
        Layer.TLS,
        params=("subject", "issuer", "id", "seen"),
        gathered=("id",),
        references=(*_REFERENCES, "postconf(5) smtpd_tls_chain_files"),
    ),
)

# X509_V_ERR_…: UNABLE_TO_GET_ISSUER_CERT, DEPTH_ZERO_SELF_SIGNED_CERT, SELF_SIGNED_CERT_IN_CHAIN,
# UNABLE_TO_GET_ISSUER_CERT_LOCALLY, UNABLE_TO_VERIFY_LEAF_SIGNATURE, CERT_UNTRUSTED
_NO_ISSUER = frozenset({2, 18, 19, 20, 21, 27})
# X509_V_ERR_INVALID_PURPOSE, which says nothing about the root.
_PURPOSE = 26
# Judged elsewhere: dates (9, 10), keys and signatures too weak (66, 67, 68), the name (62, 64).
_ELSEWHERE = frozenset({9, 10, 62, 64, 66, 67, 68})


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in handshakes(record):
        leaf = sighting.fact.chain[0]
        params: dict[str, Param] = {"subject": leaf.subject, "id": mark(leaf)}
        shown = evidence(sighting, leaf)
        problems = [error for error in sighting.fact.errors if error.code not in _ELSEWHERE]
        if any(error.code == _PURPOSE for error in problems):
            yield Finding("certificate-purpose-wrong", shown, **place(sighting), params=params)
            problems = [error for error in problems if error.code != _PURPOSE]
            if not problems:
                continue
        if not problems:
            yield Passed(NAME, shown, url(sighting))
            continue
        name, more = _without_trust(sighting.fact.chain, problems)
        yield Finding(name, shown, **place(sighting), params={**params, **more})
    for made in surveyed(record, TlsHandshake):
        if made.fact.trouble is None and not made.fact.chain and made.fact.unreadable:
            yield Untold(NAME, "certificate-unreadable", url(made), asked=True)


def _without_trust(chain: tuple[Certificate, ...], problems: list[ChainError]) -> tuple[str, dict[str, Param]]:
    leaf, top = chain[0], top_of(chain)
    if any(problem.code in _NO_ISSUER for problem in problems):
        if leaf.self_signed:
            return "certificate-self-signed", {}
        if top is leaf:
            return "certificate-chain-incomplete", {"issuer": leaf.issuer}
    return "certificate-untrusted-root", {"root": top.issuer, "problem": problems[0].text}


def top_of(chain: tuple[Certificate, ...]) -> Certificate:
    """The last certificate that can be reached from the leaf by issuers that were sent, in whatever order."""
    at, left = chain[0], list(chain[1:])
    while not at.self_signed:
        issuer = next((c for c in left if c.subject == at.issuer and c.subject != at.subject), None)
        if issuer is None:
            break
        left.remove(issuer)
        at = issuer
    return at
